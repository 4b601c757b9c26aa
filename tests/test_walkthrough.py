"""Every snippet of the walkthrough, as one script with `import tutor as theano`, gives its
value.
"""

import numpy
import pytest

import tutor as theano
import tutor.tensor as T


def same(value, expected):
    """Equal in value, dtype and shape: what the prompt would print."""
    assert type(value) is numpy.ndarray
    assert repr(value) == repr(expected)


def test_1_variables_are_typed_symbols():
    x = T.lscalar("x")
    m = T.dmatrix()
    assert (x.name, m.name) == ("x", None)
    assert repr(x.type) == "TensorType(int64, scalar)"
    assert T.dscalar("x").type is T.dscalar
    x, y = T.dscalars("x", "y")
    assert (x.name, y.name) == ("x", "y")


@pytest.mark.parametrize(
    "prefix, dtype",
    [
        ("b", "int8"),
        ("w", "int16"),
        ("i", "int32"),
        ("l", "int64"),
        ("f", "float32"),
        ("d", "float64"),
        ("c", "complex64"),
        ("z", "complex128"),
        ("", "float64"),
    ],
)
@pytest.mark.parametrize(
    "shape, plural, pattern",
    [
        ("scalar", "scalars", ()),
        ("vector", "vectors", (False,)),
        ("row", "rows", (True, False)),
        ("col", "cols", (False, True)),
        ("matrix", "matrices", (False, False)),
        *[(f"tensor{n}", f"tensor{n}s", (False,) * n) for n in range(3, 8)],
    ],
)
def test_1_every_constructor_and_its_plural(prefix, dtype, shape, plural, pattern):
    x = getattr(T, prefix + shape)("x")
    assert (x.dtype, x.broadcastable, x.ndim, x.name) == (dtype, pattern, len(pattern), "x")
    a, b = getattr(T, prefix + plural)("a", "b")
    assert a.type is b.type is x.type
    assert a.name == "a"
    assert len(getattr(T, prefix + plural)(3)) == 3


def test_2_what_symbols_compute_is_a_symbol():
    x = T.lscalar("x")
    assert (x * 2).type is T.lscalar
    assert T.exp(x).type is T.dscalar


def test_3_function():
    x = T.lscalar("x")
    y = x * 2
    same(theano.function([x], x * 2)(3), numpy.array(6))
    same(theano.function([x], y)(3), numpy.array(6))


def test_4_givens():
    x, y, c = T.dscalar(), T.dscalar(), T.dscalar()
    ff = theano.function([c], x * 2 + y, givens=[(x, c * 10), (y, 5)])
    same(ff(2), numpy.array(45.0))
    same(theano.function([c], x * 2 + y, givens={x: c * 10, y: 5})(2), numpy.array(45.0))


def test_5_grad():
    x, y = T.dscalars("x", "y")
    z = (x + 2 * y) ** 2
    gx = T.grad(z, x)
    gy = T.grad(z, y)
    same(theano.function([x, y], gy)(1, 2), numpy.array(20.0))
    same(theano.function([x, y], gx)(1, 2), numpy.array(10.0))
    same(theano.function([x, y], T.grad(gy, y))(1, 2), numpy.array(8.0))


def test_6_shared():
    x = T.dscalar("x")
    b = theano.shared(numpy.array([1, 2, 3, 4, 5]))
    f = theano.function([x], b * x)
    same(f(2), numpy.array([2.0, 4.0, 6.0, 8.0, 10.0]))
    same(b.get_value(), numpy.array([1, 2, 3, 4, 5]))
    b.set_value([10, 11, 12])
    same(f(2), numpy.array([20.0, 22.0, 24.0]))


def test_7_updates():
    c = theano.shared(0)
    f = theano.function([], c, updates={c: c + 1})
    assert repr((f(), f(), f())) == "(array(0), array(1), array(2))"


def test_8_gradient_descent():
    x = T.dvector("x")
    c = theano.shared(0.0)
    y = T.sum((x - c) ** 2)
    gc = T.grad(y, c)
    d2 = theano.function([x], y, updates={c: c - 0.05 * gc})
    for expected in (
        "(array(55.), array(1.5))",
        "(array(21.25), array(2.25))",
        "(array(12.8125), array(2.625))",
    ):
        assert repr((d2([1, 2, 3, 4, 5]), c.get_value())) == expected


def test_9_logistic_regression_as_the_tutorial_writes_it():
    rng = numpy.random.RandomState(0)
    data, target = rng.randn(400, 784), rng.randint(size=400, low=0, high=2)
    x, y = T.matrix("x"), T.vector("y")
    w, b = theano.shared(rng.randn(784), name="w"), theano.shared(0.0, name="b")
    p_1 = 1 / (1 + T.exp(-T.dot(x, w) - b))
    prediction = p_1 > 0.5
    xent = -y * T.log(p_1) - (1 - y) * T.log(1 - p_1)
    cost = xent.mean() + 0.01 * (w**2).sum()
    gw, gb = T.grad(cost, [w, b])
    train = theano.function(
        inputs=[x, y], outputs=[prediction, xent], updates=((w, w - 0.1 * gw), (b, b - 0.1 * gb))
    )
    predict = theano.function(inputs=[x], outputs=prediction)
    w_, b_ = w.get_value(), 0.0
    for _ in range(30):
        _, error = train(data, target)
        p = 1 / (1 + numpy.exp(-(data @ w_ + b_)))
        w_, b_ = (
            w_ - 0.1 * (data.T @ (p - target) / 400 + 0.02 * w_),
            b_ - 0.1 * (p - target).mean(),
        )
        assert numpy.isfinite(error).all()
    numpy.testing.assert_allclose(w.get_value(), w_, rtol=1e-9)
    numpy.testing.assert_allclose(b.get_value(), b_, rtol=1e-9)
    for _ in range(300):
        train(data, target)
    assert (predict(data) == target).mean() > 0.99
