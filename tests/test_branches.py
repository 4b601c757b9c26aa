"""A branch that is not taken sends back exactly nothing, nor does an element that is left out,
whatever its local derivative is.

Each row is an expression, a point where something under a choice has an infinite derivative or none
at all, and what its first and second derivative are: in every mode, backwards and forwards.
"""

from collections.abc import Callable

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.debugmode import DebugMode
from tutor.core.graph import Variable
from tutor.ifelse import ifelse

x, v, m = T.dscalar("x"), T.dvector("v"), T.dmatrix("m")
MODES = ["FAST_RUN", "FAST_COMPILE", DebugMode(check_isfinite=False)]
inf, nan = np.inf, np.nan


def norms(m: Variable) -> Variable:
    squares = T.sum(m**2, axis=1)
    return T.switch(squares > 0, T.sqrt(squares), 0)


def looped(choice: Callable[..., Variable]) -> Variable:
    """A product of roots, without those of what is not positive."""
    start = T.constant(1.0, dtype="float64")
    states, _ = tutor.scan(lambda a, s: choice(a > 0, T.sqrt(a) * s, s), v, start)
    return states[-1]


def missing(m: Variable) -> Variable:
    """A regression in which what is missing does not count, with its weights under the choice."""
    error = T.dot(m, T.exp(v)) - 1
    return T.sum(T.switch(T.isnan(error), 0, error**2))


# expression, point, slope, its slope along ones
OF_A_NUMBER = [
    (T.switch(x < 7, x, T.sqrt(x - 7)), 5, 1, 0),
    (T.where(x < 7, x, T.log(x - 7)), 5, 1, 0),
    (T.where(T.lt(x, 7) * 1, x**2, T.arcsin(x)), 5, 10, 2),
    (T.switch(T.neq(x, 0), T.sin(x) / x, 1), 0, 0, 0),
    (T.switch(x > 0, x * T.log(x), 0), 0, 0, 0),
    (T.switch(x > 0, x, T.exp(-x) - 1), 1000, 1, 0),
    (T.switch(x > 0, x, 2 * (T.exp(x) - 1)), 1000, 1, 0),
    (T.switch(x > 0, T.sqrt(T.switch(x > 1, x - 1, x)), x), 0, 1, 0),
    (T.switch(x > 0, T.exp(-1 / x), 0), 0, 0, 0),
    (T.switch(x > 0, x ** T.sqrt(x), 1), 0, 0, 0),
    (T.sqr(T.switch(x > 0, T.sqrt(x), x)), -3, -6, 2),
    (T.maximum(T.log(x), -5) * x, 0, -5, 0),
    (T.maximum(-5, T.log(x)) * x, 0, -5, 0),
    (T.minimum(T.exp(x), 7) * x, 1000, 7, 0),
    (T.clip(1 / x, -7, 7) * x, 0, 7, 0),
    (T.nnet.relu(T.log(x)) + x**2, 0, 0, 2),
    (T.max(T.stack([T.log(x), x, 7 * x - 1])), 0, 1, 0),
    (T.min(T.stack([T.exp(x), x + 1])), 1000, 1, 0),
    (T.floor(T.sqrt(x)) + x**2, 0, 0, 2),
    (T.sgn(T.log(x)) * x, 0, -1, 0),
    (ifelse(x < 7, x, T.sqrt(x - 7)), 5, 1, 0),
    (ifelse(x < 7, x**2, T.sqrt(x - 7)) + ifelse(x < 6, x, T.sqrt(x - 7)), 5, 11, 2),
    (T.switch(T.neq(x, 0), T.nlinalg.matrix_inverse(T.fill_diagonal(T.eye(2), x))[0, 0], x), 3,
     -1 / 9, 2 / 27),
]
root, half = T.sqrt(x), 0.5**0.5
far = T.sqrt(x - 7)
OF_A_NUMBER += [
    (ifelse(x < 7, x**2, far) + T.switch(x < 6, x, far), 5, 11, 2),
    (ifelse(x > 0, T.clip(x, -1, 2), x), 5, 0, 0),
    (ifelse(x > 0, T.clip(x * x, -1, 9), T.maximum(x, -2) * x), -1, -2, 2),
    (ifelse(x < 9, ifelse(x < 6, T.switch(x > 0, root, 0) + x, x), T.clip(x, 0, 1)), 0, 1, 0),
    (T.switch(x < 9, T.switch(x > 0, T.log(x), 0), 0), 0, 0, 0),
    (T.switch(x > 0, T.switch(x < 9, T.log(x), 0), 0), 0, 0, 0),
    (T.switch(x > 1, root, 0) + T.switch(x > 0, root, 0), 0.5, half, -half),
    (T.switch(x > 0, root, 0) + T.switch(x > 1, root, 0), 0.5, half, -half),
    (T.switch(x > 1, root, 0) + root, 0.5, half, -half),
    (root + T.switch(x > 1, root, 0), 0.5, half, -half),
    (T.cbrt(T.floor(x)) + x, 0.5, 1, 0),
]
SOME = T.constant(np.array([[1.0, 0], [0, 0]]))
OF_A_VECTOR = [
    (looped(T.switch), [0.0, 4, -1, 9], [0, 0.75, 0, 1 / 3], None),
    (looped(ifelse), [0.0, 4, -1, 9], [0, 0.75, 0, 1 / 3], None),
    (T.sum(T.switch(v > 0, T.log(v), 0)), [0.0, 2], [0, 0.5], [0, -0.25]),
    (T.sum(T.switch(v[0] > 0, T.log(v), v)), [0.0, 2], [1, 1], [0, 0]),
    (T.sum(T.switch(v > 0, T.log(v)[::-1], 0)), [2.0, 0, 3], [1 / 2, 0, 1 / 3], None),
    (T.sum(T.switch(v.dimshuffle(0, "x") > 0, T.log(v.dimshuffle(0, "x")) * v, 0)), [0.0, 2],
     [np.log(2), np.log(2) + 1], [0.5, 1.0]),
    (T.max(T.log(v)), [0.0, 2], [0, 0.5], [0, -0.25]),
    (T.sum(T.switch(SOME > 0, T.log(v), 0)), [2.0, 0], [0.5, 0], [-0.25, 0]),
    (T.sum(T.switch(v > 0, T.log(T.concatenate([v, v])[1:3]), 0)), [0.0, 2], None, None),
    (T.switch(T.prod(v) > 0, T.log(T.prod(v)), 0), [0.0, 2], [0, 0], [0, 0]),
    ((1 / v)[1], [0.0, 2], [0, -1 / 4], [0, 1 / 4]),
    (T.sum(T.log(v)[1:]), [0.0, 2, 4], [0, 1 / 2, 1 / 4], [0, -1 / 4, -1 / 16]),
    (T.sum(T.take(1 / v, [1, 1])), [0.0, 2], [0, -1 / 2], [0, 1 / 2]),
    (T.sum((1 / v)[T.neq(v, 0).nonzero()]), [0.0, 2], [0, -1 / 4], None),
    (T.sum(T.set_subtensor((1 / v)[0], 5)), [0.0, 2], [0, -1 / 4], None),
    (T.sqrt(v)[0] + T.sqrt(v)[2], [4.0, 0, 1], [1 / 4, 0, 1 / 2], None),
    (T.switch(v[1] > 9, T.nlinalg.matrix_inverse(T.outer(v, v)).sum(), v[0]), [0.0, 2], None, None),
]
OF_A_VECTOR = [row for row in OF_A_VECTOR if row[2] is not None]
OF_A_MATRIX = [
    (T.sum(norms(m)), [[0.0, 0], [3, 4]], [[0, 0], [0.6, 0.8]]),
    (T.sum(T.switch(T.sum(m**2, axis=0, keepdims=True) > 0, m / T.sqrt(T.sum(m**2, axis=0)), 0)),
     [[0.0, 3], [0, 4]], [[0, 4 / 125], [0, -3 / 125]]),
    (T.sum(T.switch(T.sum(m, axis=1) > 0, T.log(T.prod(m, axis=1)), 0)), [[0.0, 0], [2, 4]],
     [[0, 0], [0.5, 0.25]]),
    (T.sum(T.switch(T.sum(m, axis=1) > 0, T.sum(T.log(m), axis=1), 0)), [[0.0, 0], [2, 4]],
     [[0, 0], [0.5, 0.25]]),
    (T.sum(T.switch(T.isnan(m), 0, m**2)), [[nan, 2.0]], [[0, 4]]),
    (T.sum(T.switch(T.isinf(m).any(axis=1, keepdims=True), 0, T.nnet.softmax(m) * [1, 2])),
     [[-inf, -inf], [0.0, 0]], [[0, 0], [-0.25, 0.25]]),
    (T.sum(T.switch(m.T > 0, T.sqrt(m.T), 0)), [[0.0, 4]], [[0, 0.25]]),
    (T.sum(T.diagonal(1 / m)), [[1.0, 0], [0, 2]], [[-1, 0], [0, -0.25]]),
    (T.nlinalg.trace(T.log(m)), [[1.0, 0], [0, 2]], [[1, 0], [0, 0.5]]),
    (T.sum(T.tril(T.log(m))), [[1.0, 0], [4, 2]], [[1, 0], [0.25, 0.5]]),
    (T.sum(T.log(m)[[0, 1], [1, 0]]), [[0.0, 4], [2, 0]], [[0, 0.25], [0.5, 0]]),
    (T.sum(T.take_along_axis(1 / m, T.constant([[0], [1]]), 1)), [[1.0, 0], [0, 2]],
     [[-1, 0], [0, -0.25]]),
    (T.sum(T.switch(T.isnan(T.dot(m, [1.0, 1])), 0, T.dot(m, [1.0, 1]))), [[nan, 1.0], [1, 1]],
     [[0, 0], [1, 1]]),
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("cost", "at", "slope", "bend"), OF_A_NUMBER + OF_A_VECTOR, ids=str)
def test_what_is_not_taken_sends_nothing_back(
    cost: Variable, at: object, slope: object, bend: object, mode: str
) -> None:
    w = x if np.ndim(at) == 0 else v
    g = tutor.grad(cost, w)
    along = T.Rop(cost, w, T.ones_like(w))
    second = tutor.grad(g.sum(), w, disconnected_inputs="ignore")
    f = tutor.function([w], [g, along, second], mode=mode, on_unused_input="ignore")
    with np.errstate(all="ignore"):
        found, forwards, curved = f(at)
    np.testing.assert_allclose(found, slope, atol=1e-12)
    np.testing.assert_allclose(forwards, np.sum(slope), atol=1e-12)
    if bend is not None:
        np.testing.assert_allclose(curved, bend, atol=1e-12)


@pytest.mark.parametrize("mode", MODES[:2])
@pytest.mark.parametrize(("cost", "at", "slope"), OF_A_MATRIX, ids=str)
def test_rows_columns_and_elements_that_are_not_taken(
    cost: Variable, at: object, slope: object, mode: str
) -> None:
    g = tutor.grad(cost, m)
    f = tutor.function([m], [g, T.Rop(g, m, T.ones_like(m))], mode=mode, on_unused_input="ignore")
    with np.errstate(all="ignore"):
        found, second = f(at)
    np.testing.assert_allclose(found, slope, atol=1e-12)
    assert np.isfinite(second).all()


def test_what_stretched_counts_once_for_each_copy_that_is_taken() -> None:
    row, choice = T.drow("row"), T.constant([[1.0, 0], [1, 0]])
    g = tutor.grad(T.sum(T.switch(choice > 0, T.log(T.sqrt(row)), 0)), row)
    np.testing.assert_allclose(g.eval({row: [[2, 0]]}), [[0.5, 0]], atol=1e-12)


def test_missing_data_leaves_the_gradient_of_the_rest() -> None:
    data, w = np.array([[nan, 1], [1, 2.0]]), np.array([0.1, 0.2])
    found = tutor.function([m, v], tutor.grad(missing(m), v))(data, w)
    expected = tutor.function([m, v], tutor.grad(missing(m), v))(data[1:], w)
    np.testing.assert_allclose(found, expected)


def test_where_nothing_can_be_infinite_a_gradient_is_as_short_as_before() -> None:
    W = T.dmatrix("W")
    z = T.dot(m, W)
    g = tutor.grad(T.sum(T.switch(z > 0, z, 0)), W)
    names = [node.op.name for node in tutor.core.walk.toposort([g])]
    assert names.count("switch") == 2  # the one of the network, and that of its gradient
    assert "any" not in names


@pytest.mark.parametrize("moved", [
    T.sqrt(T.nnet.relu(v)), T.arcsin(T.maximum(1, v)), T.arccosh(T.maximum(1, T.clip(-v, -1, 1))),
    T.log(T.switch(v > 0, v, 0)), T.sqrt(T.nnet.relu(v)[::-1].reshape((3, 1)) * 2),
    T.nnet.relu(v) ** 0.5 * v, T.sqrt(T.nnet.relu(v) * 3 + T.nnet.relu(-v - 9)),
    tutor.scan(lambda u: T.sqrt(T.nnet.relu(u)), v)[0]], ids=str)
def test_what_is_not_taken_moves_nothing(moved: Variable) -> None:
    d = T.constant(np.array([0.3, -1.0, 0.7]))
    tangent = T.Rop(moved, v, d)
    pulled = T.sum(T.grad(T.sum(moved), v) * d)
    f = tutor.function([v], [tangent.sum(), pulled, T.Rop(tangent, v, d).sum()])
    for at in ([-1.5, -2, -3], [-3, -4, 0.5]):
        forwards, backwards, bend = f(at)
        assert np.isfinite(bend) and np.isclose(forwards, backwards)


def test_the_tangent_of_ifelse_is_that_of_the_branch_that_is_taken() -> None:
    t = T.dscalar("t")
    y, z = ifelse(x > 0, [x**2, x], [-x, T.constant(2.0, dtype="float64")])
    for mode in MODES:
        f = tutor.function([x, t], T.Rop([y, z], x, t), mode=mode)
        assert [f(3, 1), f(-3, 1)] == [[6, 1], [-1, 0]]
