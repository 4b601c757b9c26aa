"""Derivatives where they are easily untrue: at zeros, at ties, at singular matrices, of nothing.

Tables of an expression, a point, and its derivatives; the net over all ops is in
`test_derivatives_of_ops.py`, choices between branches in `test_branches.py`.
"""

from functools import partial

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.graph import Variable
from tutor.errors import FailedAssertionError
from tutor.ops.decompositions import Cholesky
from tutor.tensor import nlinalg, slinalg

x, t, v, e, m, h = *T.dscalars("x", "t"), *T.dvectors("v", "e"), *T.dmatrices("m", "h")
MODES = ["FAST_RUN", "FAST_COMPILE"]
rng = np.random.RandomState(7)


def slopes(cost: Variable, at: object, times: int, mode: str = "FAST_RUN") -> np.ndarray:
    w = {0: x, 1: v, 2: m}[np.ndim(at)]
    for _ in range(times):
        cost = tutor.grad(cost if cost.ndim == 0 else cost.sum(), w, disconnected_inputs="ignore")
    return tutor.function([w], cost, mode=mode, on_unused_input="ignore")(at)


POWERS = [
    ((x - 3) ** 2, 3, [0, 2, 0, 0]), (x**0, 0, [0, 0]), (x**0.0, 0, [0, 0]), (5 * x**1, 0, [5, 0]),
    (5 * x**1.0, 0, [5, 0, 0]), (5 * x**2.0, 0, [0, 10, 0]), (x ** T.constant(2), 0, [0, 2, 0]),
    (x ** T.constant(np.int8(1)), 0, [1, 0]), (x ** T.constant(np.uint8(1)), 0, [1, 0, 0]),
    (sum(c * x**k for k, c in enumerate([7.0, 5, 3, 2])), 0, [5, 6, 12, 0]),
    (sum(c * x ** float(k) for k, c in enumerate([7.0, 5, 3, 2])), 0, [5, 6, 12, 0]),
    ((x ** T.constant([0, 1, 2])).sum(), 0, [1, 2, 0]),
    ((x ** T.arange(4.0)).sum(), 0, [1, 2, 6, 0]),
    ((x ** T.arange(4)).sum(), 0, [1, 2, 6, 0]),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("y", "at", "wanted"), POWERS, ids=str)
def test_the_derivative_of_a_power_with_exponent_0_is_0(
    y: Variable, at: float, wanted: list[float], mode: str
) -> None:
    assert [float(slopes(y, at, n, mode)) for n in range(1, len(wanted) + 1)] == wanted


@pytest.mark.parametrize("exponent", [e, T.constant([0.0, 1, 2, 3]), T.constant([0, 1, 2, 3])])
def test_hessians_of_powers_at_0(exponent: Variable) -> None:
    cost = (v**exponent).sum()
    f = tutor.function([v, e], [T.grad(cost, v), T.hessian(cost, v)], on_unused_input="ignore")
    first, second = f(np.zeros(4), np.arange(4.0))
    assert first.tolist() == [0, 1, 0, 0]
    assert second.tolist() == np.diag([0, 0, 2, 0]).tolist()


def test_a_power_by_its_exponent_too() -> None:
    """Its mixed derivative x^(y-1) (1 + y log x) is 1/x where y is 0; at x = 0, 0 both ways."""
    y = T.dscalar("y")
    first, other = T.grad(x**y, [x, y])
    f = tutor.function([x, y], [first, other, T.grad(first, y), T.grad(other, x)])
    np.testing.assert_allclose(f(2, 0), [0, np.log(2), 0.5, 0.5])
    np.testing.assert_allclose([f(0, 0), f(0, 1), f(0, 2)], [[0] * 4, [1, 0, 0, 0], [0] * 4])


PRODUCTS = [
    (T.prod(v), [0.0, 2, 3], [6, 0, 0], [[0, 3, 2], [3, 0, 0], [2, 0, 0]]),
    (T.prod(v), [0.0, 2, 0], [0, 0, 0], [[0, 0, 2], [0, 0, 0], [2, 0, 0]]),
    (T.prod(v), [5.0], [1], [[0]]),
    (T.prod(v[:0]), [5.0], [0], [[0]]),
    (T.cumprod(v)[2], [0.0, 2, 3], [6, 0, 0], [[0, 3, 2], [3, 0, 0], [2, 0, 0]]),
    (T.cumprod(v).sum(), [0.0, 2], [3, 0], [[0, 1], [1, 0]]),
    (T.prod(v.dimshuffle("x", 0, "x"), axis=(0, 1)).sum(), [0.0, 2], [2, 0], [[0, 1], [1, 0]]),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("y", "at", "first", "second"), PRODUCTS, ids=str)
def test_products_with_zeros(
    y: Variable, at: list[float], first: list[float], second: list[list[float]], mode: str
) -> None:
    f = tutor.function([v], [T.grad(y, v), T.hessian(y, v)], mode=mode)
    assert [g.tolist() for g in f(at)] == [first, second]
    assert slopes((T.prod(v) ** 2) if len(at) == 1 else T.prod(v), at, 3).shape == np.shape(at)


def test_products_along_axes_with_zeros_by_differences() -> None:
    at = rng.normal(size=(3, 4))
    at[0, 1] = at[2, 1] = at[1, 2] = 0
    for axis in (0, 1, (0, 1), None):
        y = (T.prod(m, axis=axis) ** 2 + T.prod(m, axis=axis)).sum()
        tutor.gradient.verify_grad(lambda a, y=y: tutor.clone(y, {m: a}), [at], rng=rng)
        slope = (T.grad(y, m) * T.cos(m)).sum()
        tutor.gradient.verify_grad(lambda a, s=slope: tutor.clone(s, {m: a}), [at], rng=rng)


TIES = [
    (T.max(T.stack([x, x])), 1, 1), (T.min(T.stack([x, x, x])), 1, 1),
    (T.max(T.stack([x, 2 - x])), 1, 0), (T.max(v), [2.0, 2, 1], [0.5, 0.5, 0]),
    (T.min(v), [2.0, 2, 3], [0.5, 0.5, 0]), (T.ptp(v), [2.0, 2, 1], [0.5, 0.5, -1]),
    (T.max(m, axis=0).sum(), [[1.0, 2], [1, 3]], [[0.5, 0], [0.5, 1]]),
    (T.max(m, axis=1, keepdims=True).sum(), [[1.0, 2], [3, 3]], [[0, 1], [0.5, 0.5]]),
    (v.norm(np.inf), [2.0, -2], [0.5, -0.5]), (T.maximum(x, x), 1, 1), (T.minimum(x, 2 - x), 1, 1),
    (T.largest(x, x, x), 1, 1), (T.signal.pool.pool_2d(m, (2, 2), True).sum(), np.ones((2, 2)),
                                 np.full((2, 2), 0.25)),
    (T.signal.pool.pool_2d(m, (1, 2), True, (1, 1)).sum(), np.ones((1, 3)), [[0.5, 1, 0.5]]),
    (T.sort(v)[-1], [2.0, 2], [0, 1]), (T.topk(v, 1)[0], [2.0, 2], [1, 0]),
    (T.clip(x, -1, 1), 1, 1), (T.clip(x, -1, 1), -1, 1), (abs(x), 0, 0), (T.nnet.relu(x), 0, 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("y", "at", "wanted"), TIES, ids=str)
def test_what_ties_shares_and_forwards_is_as_backwards(
    y: Variable, at: object, wanted: object
) -> None:
    w = {0: x, 1: v, 2: m}[np.ndim(at)]
    ways = np.asarray(rng.normal(size=np.shape(at)))
    way = T.constant(ways)
    for mode in MODES:
        g = T.grad(y, w)
        second = T.grad((g * way).sum(), w, disconnected_inputs="ignore")
        f = tutor.function([w], [g, T.Rop(y, w, way), second], mode=mode, on_unused_input="ignore")
        slope, forwards, bend = f(at)
        np.testing.assert_allclose(slope, wanted)
        np.testing.assert_allclose(forwards, (slope * ways).sum())
        np.testing.assert_array_equal(bend, np.zeros(np.shape(at)))


def test_the_largest_of_a_window_with_ties_keeps_its_value() -> None:
    y = T.signal.pool.max_pool_2d_same_size(m, (1, 2))
    assert y.eval({m: [[1.0, 1, -2, -1, 0, 0]]}).tolist() == [[1, 1, 0, -1, 0, 0]]


ROOTS = [
    (v.norm(2), [0.0, 0], [0, 0]), (v.norm(2), [3.0, 4], [0.6, 0.8]),
    (T.nlinalg.norm(v, None), [0.0, 0], [0, 0]), (T.std(v), [2.0, 2], [0, 0]),
    (T.hypot(v[0], v[1]), [0.0, 0], [0, 0]), (T.xlogy0(v[0], v[1]), [0.0, 2], [np.log(2), 0]),
    (T.arctan2(v[0], v[1]), [1e-170, 1e-170], [5e169, -5e169]),
    (T.arctan2(v[0], v[1]), [3e200, 4e200], [4 / 25e200, -3 / 25e200]),
    (T.angle(T.complex(v[1], v[0])), [1e-170, 1e-170], [5e169, -5e169]),
    (T.copysign(v[0], v[1]), [0.0, 1], [0, 0]), (abs(T.complex(v[0], v[1])), [0.0, 0], [0, 0]),
    (T.xlogy0(v[0], v[1]), [0.0, 0], [-np.inf, 0]),
    (T.clip(v[0], v[1], v[2]), [0.0, 1, 2], [0, 1, 0]),
    (T.clip(v[0], v[1], v[2]), [3.0, 1, 2], [0, 0, 1]),
    (T.clip(v[0], v[1], v[2]), [1.5, 1, 2], [1, 0, 0]),
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("y", "at", "wanted"), ROOTS, ids=str)
def test_slopes_at_the_ends_of_the_numbers(
    y: Variable, at: list[float], wanted: list[float], mode: str
) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(slopes(y, at, 1, mode), wanted)


@pytest.mark.parametrize("mode", [*MODES, "DebugMode"])
def test_a_loop_of_no_step_gives_its_start_or_nothing(mode: str) -> None:
    f = partial(tutor.function, [v, x], mode=mode, on_unused_input="ignore")
    for fold in (tutor.foldl, tutor.foldr, tutor.reduce):
        end, _ = fold(lambda a, s: a * s, v, x)
        both = fold(lambda a, s, r: [a * s, r + a], v, [x, 2 * x])[0]
        assert f([end, T.grad(end, x), T.Rop(end, x, x)])([], 3) == [3, 1, 3]
        assert f([end, T.grad(end, x)])([2, 5], 3) == [30, 10]
        assert f([T.grad(end, v)])([], 3)[0].shape == (0,)
        assert f(both)([], 3) == [3, 6]
        assert f(both)([2, 5], 3) == [30, 13]
    states, _ = tutor.scan(lambda a, s: a * s, v, x)
    for last in (states[-1], T.grad(states[-1], x), T.grad(states[-1] ** 2, v), states[-1] + x):
        with pytest.raises(IndexError):
            f(last)([], 3)
    assert f(states[-1])([2], 3) == 6


def test_a_sequence_longer_than_the_loop_gets_nothing_behind_it() -> None:
    states, _ = tutor.scan(lambda a, s: a * s, v, x, n_steps=3)
    g = tutor.function([v, x], T.grad(states[-1], v))([2, 3, 4, 5, 6], 1)
    assert g.tolist() == [12, 8, 6, 0, 0]


def test_known_gradients_one_above_the_other_are_complete_as_they_are() -> None:
    y = T.dscalar("y")
    inner = 2 * x
    outer = inner * y
    known = {inner: T.constant(3.0), outer: T.constant(6.0)}
    g = T.grad(None, [x, y], known_grads=known)
    assert tutor.function([x, y], g, on_unused_input="ignore")(1, 5) == [6, 12]


def test_names_survive_a_clone() -> None:
    y = T.exp(x)
    y.name = "y"
    z = y + 1
    z.name = "z"
    again = tutor.clone(z, {x: t})
    assert (again.name, again.owner.inputs[0].name) == ("z", "y")


WRITTEN = [
    (lambda a, b: T.set_subtensor(a[[0, 0]], b), (3,), (2,), [0, 1]),
    (lambda a, b: T.set_subtensor(a[[0, -3]], b), (3,), (2,), [0, 1]),
    (lambda a, b: T.set_subtensor(a[[2, 0, 2, 1]], b), (3,), (4,), [0, 1, 1, 1]),
    (lambda a, b: T.inc_subtensor(a[[0, 0]], b), (3,), (2,), [1, 1]),
    (lambda a, b: T.set_subtensor(a[[1, 1], 0], b), (2, 2), (2,), [0, 1]),
    (lambda a, b: T.set_subtensor(a[[1, 1]], b), (2, 2), (2,), [1, 1]),
    (lambda a, b: T.set_subtensor(a[T.arange(2), [1, 1]], b), (2, 2), (2,), [1, 1]),
    (lambda a, b: T.set_subtensor(a[[0, 0]], b), (3,), (), 1),
]


@pytest.mark.parametrize(("write", "whole", "part", "wanted"), WRITTEN)
def test_only_what_stays_of_what_is_written_gets_a_gradient(write, whole, part, wanted) -> None:
    a, b = (T.TensorType("float64", (False,) * len(s))() for s in (whole, part))
    out = write(a, b)
    for mode in MODES:
        f = tutor.function([a, b], T.grad(out.sum(), b), mode=mode, on_unused_input="ignore")
        assert f(np.ones(whole), np.ones(part)).tolist() == wanted
    tutor.gradient.verify_grad(write, [rng.random_sample(whole), rng.random_sample(part)], rng=rng)


SINGULAR = [np.zeros((2, 2)), np.arange(1.0, 10).reshape(3, 3) / 10, np.zeros((3, 3)),
            np.array([[1.0, 2, 3], [2, 4, 6], [1, 1, 1]]),
            np.diag([1.0, 0, 0]), np.ones((1, 1)), np.diag([1.0, 2, 0, 3]), np.eye(3) * 1e-5]


def test_cofactors_of_what_is_nearly_singular() -> None:
    slope = tutor.function([m], T.grad(nlinalg.det(m), m))
    np.testing.assert_allclose(slope(np.eye(2) * 1e-200), np.eye(2) * 1e-200, rtol=1e-12)
    np.testing.assert_allclose(slope(np.diag([1, 1e-310])), np.diag([1e-310, 1]), rtol=1e-12)
    turn = np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 2 - 7)[0]
    at = turn @ np.diag([1, 1, 1e-15]) @ turn[::-1]
    wanted = np.cross(at[[1, 2, 0]], at[[2, 0, 1]])
    np.testing.assert_allclose(slope(at), wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("at", SINGULAR, ids=str)
def test_the_determinant_of_a_singular_matrix_has_cofactors(at: np.ndarray) -> None:
    det = nlinalg.det(m)
    f = tutor.function([m, h], [T.grad(det, m), T.Rop(T.grad(det, m), m, h), T.Rop(det, m, h)])
    way = rng.normal(size=at.shape)
    cofactors, change, along = f(at, way)
    wanted = [[(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(at, i, 0), j, 1))
               for j in range(len(at))] for i in range(len(at))]  # fmt: skip
    np.testing.assert_allclose(cofactors, wanted, atol=1e-12)
    np.testing.assert_allclose(along, (cofactors * way).sum(), atol=1e-12)
    near = [f(at + s * way, way)[0] for s in (1e-5, -1e-5)]
    np.testing.assert_allclose(change, (near[0] - near[1]) / 2e-5, atol=1e-8)


def test_a_third_derivative_of_a_determinant() -> None:
    g = T.grad(nlinalg.det(m), m)
    second = (T.grad((g * h).sum(), m) * h.T).sum()
    at, way = rng.normal(size=(2, 3, 3))
    tutor.gradient.verify_grad(lambda a: tutor.clone(second, {m: a, h: T.constant(way)}), [at],
                               rng=rng)  # fmt: skip


z = T.zmatrix("z")
R = T.constant(rng.normal(size=(3, 3)))


def first_factors(z: Variable) -> Variable:
    u, s, vh = nlinalg.svd(z, 0)
    return (T.real(T.outer(u[:, 0] * s[0], vh[0])) * R).sum() + abs(u[0, 1]) * s[1]


COMPLEX = [
    lambda z: (nlinalg.svd(z, 0, 0) * [1.0, 2, 3]).sum(), first_factors,
    lambda z: (abs(nlinalg.svd(z, 0)[0]) ** 2 * R).sum(),
    lambda z: (nlinalg.eigh(z)[0] * [1.0, 2, 3]).sum(),
    lambda z: (abs(nlinalg.eigh(z)[1]) ** 2 * R).sum(),
    lambda z: (T.imag(slinalg.cholesky(z)) * R).sum(),
    lambda z: (T.real(Cholesky(False)(z)) * R).sum(),
    lambda z: (T.real(nlinalg.qr(z)[0]) * R + T.imag(nlinalg.qr(z)[1]) * R).sum(),
    lambda z: abs(nlinalg.det(z)), lambda z: (T.imag(nlinalg.matrix_inverse(z)) * R).sum(),
    lambda z: (T.real(nlinalg.pinv(z)) * R).sum(), lambda z: (T.real(slinalg.expm(z)) * R).sum(),
    lambda z: abs(T.prod(z)), lambda z: (T.imag(T.cumprod(z, 0)) * R).sum(), lambda z: z.norm(2),
]  # fmt: skip


@pytest.mark.parametrize("build", COMPLEX)
def test_gradients_of_complex_matrices_are_those_of_differences(build) -> None:
    half, way = (a + 1j * b for a, b in rng.normal(size=(2, 2, 3, 3)))
    at, cost = half @ half.conj().T + 3 * np.eye(3), build(z)
    g, f = tutor.function([z], tutor.grad(cost, z))(at), tutor.function([z], cost)
    near = (f(at + 1e-6 * way) - f(at - 1e-6 * way)) / 2e-6
    np.testing.assert_allclose((g.conj() * way).real.sum(), near, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("build", [
    lambda z: (T.real(nlinalg.eigh(z)[1]) * R).sum(),
    lambda z: (T.real(nlinalg.svd(z, 0)[0]) * R).sum(),
    lambda z: (T.imag(nlinalg.svd(z, 0)[2]) * R).sum()])  # fmt: skip
def test_what_depends_on_phases_is_refused(build) -> None:
    half = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    with pytest.raises(FailedAssertionError, match="phases"):
        tutor.function([z], tutor.grad(build(z), z))(half @ half.conj().T)


def test_derivatives_of_gamma_of_negative_numbers() -> None:
    np.testing.assert_allclose(slopes(T.gammaln(x), -0.5, 3), -0.8287966442343239)
    np.testing.assert_allclose(T.polygamma(0, x).eval({x: 2.5}), T.psi(x).eval({x: 2.5}))
    for n in range(4):
        f = tutor.function([x], T.polygamma(n, x))
        next_one = T.polygamma(n + 1, x).eval({x: -3.3})
        np.testing.assert_allclose((f(-3.3 + 1e-6) - f(-3.3 - 1e-6)) / 2e-6, next_one, rtol=1e-6)
    poles = tutor.function([x], [T.polygamma(n, x) for n in (0, 1, 2)])(-2.0)
    np.testing.assert_equal(poles, [np.nan, np.inf, np.nan])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("n", [9, 3000, 100_000])
def test_the_slope_of_relu_in_one_pass_is_that_of_its_steps(dtype, n):
    x, g = T.vector("x", dtype=dtype), T.vector("g", dtype=dtype)
    slope = tutor.grad((T.nnet.relu(x) * g).sum(), x)
    f, plain = tutor.function([x, g], slope), tutor.function([x, g], slope, mode="interpret")
    assert "relu_back" in f.source
    rng = np.random.default_rng(0)
    a, b = rng.integers(-3, 4, n).astype(dtype), rng.normal(size=n).astype(dtype)
    a[:6], b[:6] = [np.nan, -0.0, np.inf, -1, 1, 0], [1, 1, 1, np.inf, np.nan, -np.inf]
    for turn in 1, -1:  # what lies one way in memory, and what does not
        found = f(a[::turn], b[::turn])
        np.testing.assert_array_equal(found, plain(a[::turn], b[::turn]))
        assert found.dtype == dtype


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64"])
def test_the_slope_of_relu_written_of_integers_is_that_of_its_steps(dtype):
    x, g = T.vector("x", dtype=dtype), T.vector("g", dtype=dtype)
    slope = T.switch(T.ge(x, 0), g * T.switch(T.gt(x, 0), 1, 0.5), 0)
    a, b = np.array([0, 1, 2], dtype), np.array([3, 5, 120], dtype)
    np.testing.assert_array_equal(tutor.function([x, g], slope)(a, b), [1.5, 5, 120])
