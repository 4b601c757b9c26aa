"""Loops: `scan` against plain Python loops, its gradient against that of the unrolled loop."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.loops import until

RNG = np.random.RandomState(0)
X = RNG.randn(5, 3)


def value(outputs, *pairs, updates=None):
    inputs, values = [p[0] for p in pairs], [p[1] for p in pairs]
    return tutor.function(inputs, outputs, updates=updates, on_unused_input="ignore")(*values)


def test_powers_as_the_tutorial_writes_them():
    k, a = T.iscalar("k"), T.vector("a")
    result, updates = tutor.scan(
        fn=lambda prior, a: prior * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=k
    )
    power = tutor.function([a, k], result[-1], updates=updates)
    np.testing.assert_allclose(power(range(10), 4), np.arange(10.0) ** 4)


def test_polynomial_as_the_tutorial_writes_it():
    coefficients, x = T.vector("c"), T.scalar("x")
    parts, _ = tutor.scan(
        fn=lambda c, power, x: c * (x**power),
        outputs_info=None,
        sequences=[coefficients, T.arange(10000)],
        non_sequences=x,
    )
    assert value(parts.sum(), (coefficients, [1.0, 0, 2]), (x, 3.0)) == 19


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("taps", [[0], [-1, 0], [0, 2], [-2], [1]])
def test_taps_of_sequences(taps, backwards):
    x = T.dmatrix("x")
    found, _ = tutor.scan(
        lambda *slices: sum(10.0**i * s for i, s in enumerate(slices)),
        sequences={"input": x, "taps": taps},
        go_backwards=backwards,
    )
    low, high = min(0, *taps, 0), max(0, *taps, 0)
    steps = range(-low, len(X) - high)
    order = reversed(steps) if backwards else steps
    expected = [sum(10.0**i * X[t + tap] for i, tap in enumerate(taps)) for t in order]
    np.testing.assert_allclose(value(found, (x, X)), expected)


@pytest.mark.parametrize("taps", [[-1], [-2, -1], [-3], [-1, -3]])
def test_taps_of_states(taps):
    start = np.arange(1.0, 1 - min(taps) * 1.0)
    initial = T.constant(start[0]) if taps == [-1] else T.constant(start)
    found, _ = tutor.scan(
        lambda *earlier: sum((i + 1.0) * e for i, e in enumerate(earlier)),
        outputs_info=[{"initial": initial, "taps": taps}],
        n_steps=6,
    )
    history = list(start[:1] if taps == [-1] else start)
    for _ in range(6):
        history.append(sum((i + 1.0) * history[len(history) + k] for i, k in enumerate(taps)))
    np.testing.assert_allclose(found.eval(), history[-6:])


def test_several_results_some_carried_on():
    x = T.dvector("x")
    (total, square, last), _ = tutor.scan(
        lambda x, total, last: [total + x, x**2, last * 0 + x],
        sequences=x,
        outputs_info=[np.float64(0), None, T.constant(0.0, dtype="float64")],
    )
    a, b, c = value([total, square, last], (x, [1, 2, 3]))
    assert (a.tolist(), b.tolist(), c.tolist()) == ([1, 3, 6], [1, 4, 9], [1, 2, 3])


def test_it_stops_at_the_shortest_sequence_and_where_it_is_told():
    x, y = T.dvectors("x", "y")
    found, _ = tutor.scan(lambda a, b: a + b, sequences=[x, y])
    assert value(found, (x, [1, 2, 3]), (y, [1, 2])).tolist() == [2, 4]
    found, _ = tutor.scan(lambda b: (b * 2, until(b * 2 > 45)), outputs_info=1.0, n_steps=1024)
    assert found.eval().tolist() == [2, 4, 8, 16, 32, 64]


def test_no_step_at_all():
    x = T.dmatrix("x")
    found, _ = tutor.scan(lambda row, s: [s + row, T.outer(s, row[1:])], x, [T.zeros(3), None])
    for mode in ("FAST_RUN", "FAST_COMPILE", "interpret"):
        states, others = tutor.function([x], found, mode=mode)(np.zeros((0, 3)))
        assert states.shape == (0, 3) and others.shape == (0, 3, 2)
    found, _ = tutor.map(lambda row: T.slinalg.cholesky(T.outer(row, row)), x)
    assert value(found, (x, np.zeros((0, 3)))).shape == (0, 0, 0)  # of zeros there is none


def test_shared_variables_are_updated_by_the_loop():
    c = tutor.shared(0, "c")
    found, updates = tutor.scan(lambda: (c * 10, {c: c + 1}), n_steps=4)
    assert value(found, updates=updates).tolist() == [0, 10, 20, 30]
    assert c.get_value() == 4


def test_map_reduce_foldl_foldr():
    x = T.dvector("x")
    data = (x, [1.0, 2.0, 3.0])
    assert value(tutor.map(lambda v: v * 2, x)[0], data).tolist() == [2, 4, 6]
    assert value(tutor.reduce(lambda v, s: s + v, x, 0.0)[0], data) == 6
    assert value(tutor.foldl(lambda v, s: s * 10 + v, x, 0.0)[0], data) == 123
    assert value(tutor.foldr(lambda v, s: s * 10 + v, x, 0.0)[0], data) == 321


def network(x, h0, w, u):
    states, _ = tutor.scan(
        lambda row, h: T.tanh(T.dot(h, w) + T.dot(row, u)), sequences=x, outputs_info=h0
    )
    return states


def test_gradient_through_time_is_that_of_the_unrolled_loop():
    x, h0, w, u = T.dmatrix("x"), T.dvector("h"), T.dmatrix("w"), T.dmatrix("u")
    values = [X, RNG.randn(4), RNG.randn(4, 4), RNG.randn(3, 4)]
    cost = (network(x, h0, w, u) ** 2).sum()
    h, unrolled = h0, 0.0
    for t in range(len(X)):
        h = T.tanh(T.dot(h, w) + T.dot(x[t], u))
        unrolled = unrolled + (h**2).sum()
    given = [x, h0, w, u]
    for a, b in zip(
        value([cost, *T.grad(cost, given)], *zip(given, values, strict=True)),
        value([unrolled, *T.grad(unrolled, given)], *zip(given, values, strict=True)),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-9)


def test_second_derivatives():
    a, k = T.dscalar("a"), T.lscalar("k")
    powers, _ = tutor.scan(lambda s, a: s * a, outputs_info=1.0, non_sequences=a, n_steps=k)
    z = powers[-1]
    for expected in (32, 80, 160, 240):
        assert value(z, (a, 2.0), (k, 5)) == pytest.approx(expected)
        z = T.grad(z, a)


@pytest.mark.parametrize("taps", [[-2, -1], [-3, -1], [-2]])
def test_gradient_of_states_read_further_back(taps):
    start, x = T.dvector("start"), T.dvector("x")
    found, _ = tutor.scan(
        lambda x, *s: T.sin(sum(s)) * x,
        sequences=x,
        outputs_info=[{"initial": start, "taps": taps}],
    )
    cost = (found * T.arange(1, 5)).sum()
    values = [RNG.rand(-min(taps)), RNG.rand(4)]
    f = tutor.function([start, x], cost)
    for wrt, slope in zip(
        values, value(T.grad(cost, [start, x]), *zip([start, x], values, strict=True)), strict=True
    ):
        for i in range(len(wrt)):
            old = wrt[i]
            wrt[i] = old + 1e-6
            up = f(*values)
            wrt[i] = old - 1e-6
            down = f(*values)
            wrt[i] = old
            assert slope[i] == pytest.approx((up - down) / 2e-6, abs=1e-7)


def test_truncated_gradient_goes_back_so_many_steps():
    x, w = T.dvector("x"), T.dscalar("w")
    found, _ = tutor.scan(
        lambda x, s: s * w + x, sequences=x, outputs_info=0.0, truncate_gradient=2
    )
    slope = value(T.grad(found[-1], x), (x, [1.0, 1, 1, 1]), (w, 3.0))
    assert slope.tolist() == [0, 0, 3, 1]


def test_a_loop_in_a_loop():
    m = T.dmatrix("m")
    rows, _ = tutor.scan(
        lambda row: tutor.scan(lambda v, s: s + v**2, sequences=row, outputs_info=0.0)[0][-1],
        sequences=m,
    )
    np.testing.assert_allclose(value(rows, (m, X)), (X**2).sum(axis=1))
    np.testing.assert_allclose(value(T.grad(rows.sum(), m), (m, X)), 2 * X)


def test_what_does_not_change_is_computed_outside():
    x, m = T.dmatrix("x"), T.dmatrix("m")
    found, _ = tutor.scan(lambda row: T.dot(row, T.exp(m)), sequences=x)
    loop = found.owner.op
    assert "exp" not in {n.op.name for n in tutor.core.walk.toposort(loop.outputs)}


@pytest.mark.parametrize(
    "build, kind, words",
    [
        (lambda x: tutor.scan(lambda s: s, outputs_info=0.0), BadValueError, "how many steps"),
        (lambda x: tutor.scan(lambda v: v, sequences=T.dscalar("q")), DTypeError, "q is a scalar"),
        (
            lambda x: tutor.scan(lambda v, s: [s, v], sequences=x, outputs_info=[0.0]),
            BadValueError,
            "2 results",
        ),
        (
            lambda x: tutor.scan(lambda v, s: s + v, sequences=x, outputs_info=T.constant(0)),
            DTypeError,
            "keeps its type",
        ),
        (
            lambda x: tutor.scan(
                lambda s: s, outputs_info=[{"initial": x, "taps": [1]}], n_steps=2
            ),
            BadValueError,
            "taps",
        ),
        (lambda x: tutor.scan(lambda s: s, outputs_info=0.0, n_steps=1.5), DTypeError, "n_steps"),
    ],
)
def test_what_is_wrong(build, kind, words):
    with pytest.raises(kind, match=words):
        build(T.dvector("x"))


def test_an_error_inside_a_step_names_the_line():
    x, w = T.dmatrix("x"), T.dvector("w")
    found, _ = tutor.scan(lambda row: row * w, sequences=x)
    with pytest.raises(ShapeError, match="lambda row: row"):
        value(found, (x, X), (w, [1.0, 2.0]))
