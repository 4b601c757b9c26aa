"""`grad`: values, forms, connections, constants, known cotangents, higher derivatives, errors."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import BadValueError, CostError, DisconnectedInputError, DTypeError

x, y = T.dscalars("x", "y")
v, m = T.dvector("v"), T.dmatrix("m")


def test_the_form_of_the_result_is_that_of_wrt():
    z = x * y
    assert isinstance(tutor.grad(z, x), tutor.Variable)
    assert isinstance(tutor.grad(z, [x, y]), list)
    assert isinstance(tutor.grad(z, (x, y)), tuple)
    assert tutor.grad(z, [x])[0].eval({y: 4}) == 4


def test_a_derivative_has_the_type_of_its_variable():
    row, number = T.drow("row"), T.fscalar("number")
    cost = ((m + row) * number).sum()
    for wrt in (m, row, number):
        assert tutor.grad(cost, wrt).type is wrt.type


def test_paths_are_summed():
    z = x * x + T.exp(x) * x
    assert tutor.grad(z, x).eval({x: 0.7}) == pytest.approx(1.4 + np.exp(0.7) * 1.7)


def test_higher_derivatives():
    z = x**5
    for order, expected in enumerate([80, 160, 240, 240, 120], start=1):
        z = tutor.grad(z, x)
        assert z.eval({x: 2}) == pytest.approx(expected), order


def test_an_inner_variable_can_be_wrt():
    inner = x * 2
    assert tutor.grad(inner**2, inner).eval({x: 3}) == 12


def test_constants_by_request():
    inner = T.exp(x)
    z = inner * x
    assert tutor.grad(z, x, consider_constant=[inner]).eval({x: 1}) == pytest.approx(np.e)
    assert tutor.grad(z, x).eval({x: 1}) == pytest.approx(2 * np.e)


def test_known_grads_start_in_the_middle():
    inner = x * 3
    assert tutor.grad(None, x, known_grads={inner: T.constant(5.0)}).eval({}) == 15


def test_what_the_cost_does_not_depend_on():
    with pytest.raises(DisconnectedInputError, match="does not depend on y") as raised:
        tutor.grad(x**2, y)
    assert isinstance(raised.value, ValueError)
    assert tutor.grad(x**2, y, disconnected_inputs="ignore").eval() == 0
    assert tutor.grad(x**2, y, disconnected_inputs="ignore", return_disconnected="None") is None
    with pytest.warns(UserWarning, match="does not depend on y"):
        tutor.grad(x**2, y, disconnected_inputs="warn")


def test_a_step_function_is_connected_and_flat():
    assert tutor.grad(T.floor(x) * 2, x).eval({x: 1.5}) == 0
    assert tutor.grad(T.switch(x > 0, 1.0, 2.0), x).eval({x: 1.5}) == 0
    assert tutor.grad((v * (v > 0)).sum(), v).eval({v: [-1, 2]}).tolist() == [0, 1]


@pytest.mark.parametrize(
    "build, kind, words",
    [
        (lambda: tutor.grad(v, v), CostError, "not a scalar"),
        (lambda: tutor.grad(T.lscalar("n") * 2, x), CostError, "int64"),
        (lambda: tutor.grad(T.zscalar("z"), x), CostError, "complex"),
        (lambda: tutor.grad(3.0, x), CostError, "symbol"),
        (lambda: tutor.grad(x, "x"), DTypeError, "symbol"),
        (lambda: tutor.grad(x, {x}), DTypeError, "symbol"),
        (lambda: tutor.grad(None, x), CostError, "neither"),
        (lambda: tutor.grad(None, x, known_grads={x: T.lscalar()}), DTypeError, "of floats"),
        (lambda: tutor.grad(x, y, return_disconnected="no"), BadValueError, "'disconnected'"),
        (lambda: tutor.grad(x, x, null_gradients="no"), BadValueError, "'return'"),
        (lambda: tutor.grad(x, x, disconnected_inputs="no"), BadValueError, "'ignore'"),
    ],
)
def test_what_is_wrong(build, kind, words):
    with pytest.raises(kind, match=words) as raised:
        build()
    assert "Fix" in str(raised.value)


def test_derivatives_are_named_after_what_they_are():
    z = x**2
    z.name = "z"
    assert tutor.grad(z, x).name == "(dz/dx)"


@pytest.mark.parametrize(
    "expression",
    [
        lambda a, b: T.dot(T.tanh(T.dot(a, b)), T.exp(b).T).sum(),
        lambda a, b: T.nnet.softmax(T.dot(a, b))[0, 1],
        lambda a, b: (a[1:] * a[:-1]).sum() * b.mean(),
        lambda a, b: T.sqrt(T.sqr(a).sum()) * b.prod(),
        lambda a, b: T.concatenate([a, b.T], axis=0).std(),
        lambda a, b: T.max(a, axis=0).sum() + T.min(b),
    ],
)
def test_finite_differences(expression):
    a, b = T.dmatrix("a"), T.dmatrix("b")
    rng = np.random.RandomState(0)
    values = [rng.rand(2, 3) + 0.5, rng.rand(3, 2) + 0.5]
    cost = expression(a, b)
    f = tutor.function([a, b], cost)
    slopes = tutor.function([a, b], tutor.grad(cost, [a, b]))(*values)
    for value, slope in zip(values, slopes, strict=True):
        for i in np.ndindex(*value.shape):
            old = value[i]
            value[i] = old + 1e-6
            up = f(*values)
            value[i] = old - 1e-6
            down = f(*values)
            value[i] = old
            assert slope[i] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-7)


def test_an_input_counts_as_used_where_a_derivative_has_its_form_only():
    slope = tutor.function([x], T.grad(2 * x, x))
    assert slope(7) == 2
    both = tutor.function([x, y], T.grad(3 * x - y, [x, y]))(1, 2)
    assert [float(g) for g in both] == [3, -1]
    assert tutor.function([x], T.zeros_like(x))(1) == 0
    with pytest.raises(tutor.errors.UnusedInputError, match="y"):
        tutor.function([x, y], T.grad(2 * x, x))
