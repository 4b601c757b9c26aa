"""Values, dtypes and errors at the edges where ops once went their own way: small integers that
wrap round, sizes that turn out to be 1, infinities, complex linear algebra. Each holds in every
mode."""

import math
import re

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.test_ops import check_gradient, real_cost, variables, weighted
from tutor.core.errors import BadIndexError, BadValueError, ShapeError
from tutor.ops.decompositions import Cholesky
from tutor.theano import bound
from tutor.theano.mrg import MRG_RandomStreams

MODES = ("FAST_RUN", "FAST_COMPILE", tutor.DebugMode(check_isfinite=False))
inf, nan = np.inf, np.nan
x20, bites = np.full(5000, 20, "float16"), np.array([100, 27], "int8")
small = np.array([200, 100, 7], "uint8")
tall = np.arange(24.0).reshape(2, 3, 4)


def in_every_mode(build, *values):
    """The value of an expression of inputs with these values, the same in every mode."""
    arrays = [np.asarray(v) for v in values]
    inputs = [T.TensorType(a.dtype.name, (False,) * a.ndim)(f"x{i}") for i, a in enumerate(arrays)]
    out = build(*inputs)
    found = [tutor.function(inputs, out, mode=mode)(*arrays) for mode in MODES]
    for got in found:
        assert out.type.is_super(got), f"{out.type} is declared, and {got!r} came"
        np.testing.assert_array_equal(got, found[0])
    return found[0]


@pytest.mark.parametrize(("build", "wanted", "values"), [
    (lambda: T.arange(-100, 100), np.arange(-100, 100), ()),
    (lambda: T.arange(-64, 64), np.arange(-64, 64), ()),
    (lambda: T.arange(-100, 100, 0.5), np.arange(-100, 100, 0.5), ()),
    (lambda n: T.arange(-n, n), np.arange(-100, 100), (np.int8(100),)),
    (lambda n: T.arange(n, 0, -1), np.arange(200, 0, -1), (np.uint8(200),)),
    (lambda: T.mgrid[-100:100], np.mgrid[-100:100], ()),
    (lambda: T.ogrid[-100:100, 0:2][0], np.ogrid[-100:100, 0:2][0], ()),
    (lambda: T.tri(100, 100, -95), np.tri(100, 100, -95), ()),
    (lambda: T.eye(100, 100, -95), np.eye(100, 100, -95), ()),
    (lambda: T.bartlett(100), np.bartlett(100), ()),
    (lambda n: T.bartlett(n), np.bartlett(127), (np.int8(127),)),
    (lambda x: T.sum(x, dtype=np.str_("int32")), 307, (small,)),  # a name out of an array
    (lambda x: x.astype(np.str_("float32")) + 0.5, small + 0.5, (small,)),
    (T.cumsum, np.cumsum(small), (small,)), (T.cumprod, np.cumprod(small), (small,)),
    (lambda x: T.median(x, axis=0), [-inf, inf, 2],
     ([[-inf, 1, 2], [-inf, inf, 2], [0, inf, 1], [1, 0, 3]],)),
    (lambda x: T.quantile(x, 0.25), -inf, ([-inf, -inf, 0],)),
    (lambda x: T.ptp(x, 0, keepdims=True), [[2, 3]], ([[1, 4], [3, 1]],)),
    (T.mean, 20, (x20,)), (T.var, 0, (x20,)), (T.std, 0, (x20,)),
    (lambda x: T.mean(x, axis=0, keepdims=True), [[20]], (x20[:, None],)),
    (lambda x: T.sum(x, axis=0), [5000], (np.ones((5000, 1), "float16"),)),
    (T.nnet.softmax, [[nan] * 3, [0, 1, 0]], ([[inf, 1, 0], [-inf, 1, -inf]],)),
    (T.nnet.logsoftmax, [[nan] * 3, [-inf, 0, -inf]], ([[inf, 1, 0], [-inf, 1, -inf]],)),
    (lambda x: T.fill_diagonal(x, 7), np.where(np.eye(2)[:, :, None] * np.eye(2)[:, None], 7.0, 0),
     (np.zeros((2, 2, 2)),)),
    (T.nlinalg.det, np.linalg.det([[1, 2], [3, 5]]), ([[1, 2], [3, 5]],)),
    (T.nlinalg.matrix_inverse, np.linalg.inv([[1, 2], [3, 4]]), ([[1, 2], [3, 4]],)),
    (T.nlinalg.pinv, np.linalg.pinv([[1, 2], [3, 4]]), ([[1, 2], [3, 4]],)),
    (lambda x: T.nlinalg.svd(x, compute_uv=0), [3, 2], (np.array([[3, 0], [0, 2]], "int8"),)),
    (T.slinalg.cholesky, [[2, 0], [0, 3]], (np.array([[4, 0], [0, 9]], "uint8"),)),
    (lambda x: T.nlinalg.eigh(x)[0], [1, 2], (np.array([[2, 0], [0, 1]], "int16"),)),
    (lambda x: T.nlinalg.det(x), 4, (np.array([[2, 0], [0, 2]], "float16"),)),
    (lambda x: x[:, 0, ..., [0, 1]], tall[:, 0, ..., [0, 1]], (tall,)),
    (lambda x: x[[0, 1], ..., 0, 0], tall[[0, 1], ..., 0, 0], (tall,)),
    (lambda x: T.polygamma(0, x), [-1.9635100260214235, 0.7031566406452432], ([0.5, -1.5],)),
    (lambda x: T.polygamma([1, 2, 3], x), [8.934802200544679, -0.8287966442343199,
                                            193.40909103400242], ([-0.5, -0.5, -0.5],)),
    (lambda x: T.tri_gamma(x), [inf, inf], ([0.0, -1.0],)),
    (lambda: T.full((2,), True), [True, True], ()), (lambda: T.full((2,), 2), [2, 2], ()),
    (lambda: T.full((2,), 2.5), [2.5, 2.5], ()),
    (lambda x: T.full((2,), x), np.full(2, np.float32(2)), (np.float32(2),)),
    (lambda x: T.roll(x, (1, 2), axis=(0, 1)), np.roll(tall, (1, 2), (0, 1)), (tall,)),
    (lambda x: T.roll(x, 1, axis=(0, -1)), np.roll(tall, 1, (0, -1)), (tall,)),
    (lambda x: T.roll(x, (1, 2)), np.roll(tall, (1, 2)), (tall,)),
    (lambda x: T.moveaxis(x, [0, 1], [-1, -2]), np.moveaxis(tall, [0, 1], [-1, -2]), (tall,)),
    (lambda x: T.expand_dims(x, (0, -2)), tall[None, :, :, None], (tall,)),
    (lambda x: T.concatenate([x, x[0]], axis=None), np.concatenate([tall, tall[0]], axis=None),
     (tall,)),
    (T.cov, np.cov([1.0, 2, 4]), ([1.0, 2, 4],)), (T.cov, nan, ([1.0],)),
    (T.nnet.softmax, np.zeros((2, 0)), (np.zeros((2, 0)),)),
    (T.nnet.logsoftmax, np.zeros((2, 0)), (np.zeros((2, 0)),)),
    (T.norm, np.linalg.norm([100, -128]), (np.array([100, -128], "int8"),)),
    (lambda x: T.norm(x, 1), 228, (np.array([100, -128], "int8"),)),
    (T.nlinalg.norm, np.linalg.norm([200, 9]), (np.array([200, 9], "uint8"),)),
    (lambda x: T.isclose(x, True), [True, False], ([True, False],)),
    (lambda x: x & 1, [1, 0], (np.array([2**63 + 1, 2], "uint64"),)),
    (lambda x: x << 1, [2, 4], (np.array([1, 2], "uint64"),)),
])
def test_the_value_is_numpys(build, wanted, values):
    got = in_every_mode(build, *values)
    np.testing.assert_allclose(got, wanted, rtol=3e-7 if got.dtype == "float32" else 1e-12)


@pytest.mark.parametrize(("build", "dtype"), [
    (lambda: T.full((2,), True), "bool"), (lambda: T.full((2,), 2), "int64"),
    (lambda: T.full((2,), 2.5), "float64"), (lambda: T.full((2,), 1j), "complex128"),
    (lambda: T.full((2,), T.fscalar()), "float32"), (lambda: T.zeros((2,)), "float64"),
    (lambda: T.nlinalg.det(T.lmatrix()), "float64"),
    (lambda: T.slinalg.expm(T.bmatrix()), "float64"),
    (lambda: T.nlinalg.svd(T.bmatrix())[1], "float64"),
    (lambda: T.slinalg.cholesky(T.tensor("uint8", (False, False))), "float64"),
    (lambda: T.slinalg.solve(T.bmatrix(), T.fvector()), "float64"),
    (lambda: T.nlinalg.matrix_inverse(T.tensor("float16", (False, False))), "float32"),
    (lambda: T.mean(T.tensor("float16", (False,))), "float16")])
def test_the_dtype_is_declared_as_numpy_has_it(build, dtype):
    assert build().dtype == dtype


def test_writing_through_an_ellipsis_of_no_length():
    for index in [(slice(None), 0, ..., [0, 1]), ([0, 1], ..., 0, 0),
                  (0, slice(None), ..., [0, 1])]:
        y = np.arange(1.0, 1 + tall[index].size).reshape(tall[index].shape)
        wanted = tall.copy()
        wanted[index] = y
        got = in_every_mode(lambda x, y, i=index: T.set_subtensor(x[i], y), tall, y)
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize(("start", "stop", "step"), [
    (0, 2, -1), (None, None, -1), (0, None, -1), (-1, None, None), (None, -1, None),
    (1, None, None), (None, 0, -1), (-2, 1, 1), (0, 1, 5)])
def test_a_slice_of_a_dimension_of_size_1_says_so_where_it_is_so(start, stop, step):
    r = T.drow("r")
    out = r[start:stop:step]
    got = tutor.function([r], out)(np.ones((1, 3)))
    assert out.broadcastable[0] == (got.shape[0] == 1)


def test_the_third_derivative_of_gammaln_left_of_0():
    x = T.dscalar("x")
    third = T.grad(T.grad(T.grad(T.gammaln(x), x), x), x)
    np.testing.assert_allclose(tutor.function([x], third)(-0.5), -0.8287966442343199, rtol=1e-12)


@pytest.mark.parametrize(("dtype", "few"), [("float64", 4), ("float32", 2)])
@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_the_error_function_is_right_in_the_last_digits(name, dtype, few):
    edges = [0.84375, 1.25, 1 / 0.35, 0.921875, 4, 6, 27.5, 1e30, inf]
    x = np.array([*np.linspace(-7, 7, 3001), *edges, *np.negative(edges), -0.0, nan], dtype)
    got = tutor.function([], getattr(T, name)(tutor.shared(x)))()
    np.testing.assert_array_max_ulp(got, [getattr(math, name)(v) for v in x], few, dtype)
    assert np.signbit(got[-2]) == (name == "erf")


v, m, t = T.dvector("v"), T.dmatrix("m"), T.dtensor3("t")
STRETCHED = [
    lambda: T.alloc(v, 3, 5), lambda: T.full((3, 5), v), lambda: T.set_subtensor(m[0], v),
    lambda: T.inc_subtensor(m[1:], v), lambda: T.set_subtensor(m[[0, 2]], v),
    lambda: T.inc_subtensor(m[[0, 2], [1, 1]], v), lambda: T.alloc(v, 3, 5) + m,
    lambda: T.alloc(v, 3, 5).sum() + m.sum(), lambda: T.set_subtensor(m[0].flatten(), v),
    lambda: T.batched_dot(m, T.alloc(v, 3))]
REFUSED = [
    lambda: T.fill(m, v), lambda: T.switch(m > 0, m, v), lambda: T.clip(m, v, 2.0),
    lambda: T.fill_diagonal(m, v), lambda: T.repeat(m, T.cast(v, "int64"), axis=0),
    lambda: T.take_along_axis(m, T.cast(v, "int64").dimshuffle(0, "x"), 1),
    lambda: T.batched_dot(m.dimshuffle(0, 1, "x"), v.dimshuffle(0, "x", "x")),
    lambda: T.join(0, m, v.dimshuffle("x", 0))]


@pytest.mark.parametrize("build", [*STRETCHED, *REFUSED])
def test_a_size_that_turns_out_to_be_1_does_not_stretch(build):
    for mode in MODES:
        f = tutor.function([m, v], build(), mode=mode, on_unused_input="ignore")
        with pytest.raises(ShapeError, match=r"v|⟨|m"):
            f(np.ones((3, 5)), [1.0])


@pytest.mark.parametrize("build", STRETCHED)
def test_in_a_program_of_theanos_it_stretches_and_its_gradient_has_its_own_shape(build):
    with bound():
        out = build()
    cost = weighted(out**2)
    x, ones = np.arange(1.0, 16).reshape(3, 5), np.array([1.7])
    check_gradient([m, v], cost + 0 * m.sum(), [x, ones], order=1)
    given = {m: x, v: ones} if m in tutor.core.walk.graph_inputs([out]) else {v: ones}
    assert out.eval(given).size > 0


root = np.array([[2.0, 0.3j, 0.1], [-0.4, 1.5, 0.2j], [0.6j, -0.1, 1.1]])
hermitian = root @ root.conj().T
b = root[:, :2] + 0.3


def first_pair(u, s, vh):
    return T.dot(u[:, :1], vh[:1])


@pytest.mark.parametrize(("cost", "x"), [
    (lambda x: real_cost(T.slinalg.cholesky(x)), hermitian),
    (lambda x: real_cost(Cholesky(lower=False)(x)), hermitian),
    (lambda x: weighted(T.nlinalg.eigh(x)[0]), hermitian),
    (lambda x: weighted(abs(T.nlinalg.eigh(x)[1]) ** 2), hermitian),
    (lambda x: weighted(abs(T.nlinalg.eigh(x, "U")[1]) ** 2), hermitian),
    (lambda x: weighted(T.nlinalg.svd(x, compute_uv=0)), b),
    (lambda x: weighted(abs(T.nlinalg.svd(x, 0)[0]) ** 2), b),
    (lambda x: real_cost(first_pair(*T.nlinalg.svd(x, 0))), b),
    (lambda x: real_cost(T.nlinalg.qr(x)[0]), b), (lambda x: real_cost(T.nlinalg.qr(x)[1]), b)])
def test_gradients_of_complex_factors_are_those_of_differences(cost, x):
    inputs = variables([x])
    check_gradient(inputs, cost(*inputs), [x], order=1)


@pytest.mark.parametrize(("vectors", "x"), [
    (lambda x: T.nlinalg.eigh(x)[1], hermitian), (lambda x: T.nlinalg.svd(x, 0)[0], b),
    (lambda x: T.nlinalg.svd(x, 0)[2], b)])
def test_a_cost_that_depends_on_an_arbitrary_phase_is_refused(vectors, x):
    z = T.zmatrix("z")
    slope = tutor.function([z], T.grad(real_cost(vectors(z)), z))
    with pytest.raises(AssertionError, match="phases of complex"):
        slope(x)


p, n, k = T.dscalar("p"), T.lscalar("n"), T.dtensor4("k")
rng = T.shared_randomstreams.RandomStreams(1)
ones = np.ones


@pytest.mark.parametrize(("build", "given", "error", "words"), [
    (lambda: T.split(v, [1, 1], 2), {v: ones(3)}, ShapeError, r"\[1, 1\].*size 3"),
    (lambda: T.split(v, T.stack([n, -n]), 2), {v: ones(1), n: 2}, ShapeError, r"\[2, -2\].*size 1"),
    (lambda: [T.nlinalg.eig(m)[0]], {m: [[0, 1], [-1, 0]]}, ValueError,
     "eigenvalue 0.1j .*complex"),
    (lambda: [rng.binomial((2,), p=p)], {p: 1.5}, BadValueError, r"p is 1\.5"),
    (lambda: [rng.binomial((2,), p=1.5)], {}, BadValueError, r"1\.5"),
    (lambda: [rng.normal((2,), std=p)], {p: -2.0}, BadValueError, r"p is -2\.0"),
    (lambda: [rng.uniform((n,))], {n: -2}, ShapeError, r"-2"),
    (lambda: [v[::n]], {v: ones(2), n: 0}, BadValueError, r"n is 0"),
    (lambda: [T.arange(0, 5, n)], {n: 0}, BadValueError, r"n is 0"),
    (lambda: [n ** -1], {n: 2}, BadValueError, r"n is 2.*-1"),
    (lambda: [T.nlinalg.det(m)], {m: ones((2, 3))}, ShapeError, r"square.*\(2, 3\)"),
    (lambda: [T.nlinalg.matrix_inverse(m)], {m: ones((2, 3))}, ShapeError, r"square.*\(2, 3\)"),
    (lambda: [T.nnet.conv2d(k, k[:, :, :, :2])], {k: ones((1, 1, 2, 2))}, None, ""),
    (lambda: [T.nnet.conv2d(k, T.ones((1, 1, 3, 3)))], {k: ones((1, 1, 2, 2))}, ShapeError,
     r"\(3, 3\) is larger than the image of size \(2, 2\)"),
    (lambda: [T.repeat(v, n)], {v: ones(1), n: -1}, ShapeError, r"n is -1"),
    (lambda: [T.zeros((n,))], {n: -3}, ShapeError, r"n is -3"),
    (lambda: [T.unravel_index(n, (2, 3))[0]], {n: 20}, BadValueError, r"n is 20"),
    (lambda: [T.batched_dot(t, t[1:])], {t: ones((2, 3, 3))}, ShapeError, r"2 and 1 matrices"),
    (lambda: [T.batched_dot(t, t[:, 1:])], {t: ones((2, 3, 3))}, ShapeError,
     r"columns of the first")])
def test_an_error_names_what_is_wrong_and_quotes_it(build, given, error, words):
    outputs = build()
    for mode in MODES[:2]:
        f = tutor.function(list(given), outputs, mode=mode)
        if error is None:
            f(*given.values())
            continue
        with pytest.raises(error, match=words):
            f(*given.values())


@pytest.mark.parametrize(("make", "error", "words"), [
    (lambda: v[::0], BadIndexError, "steps of 0"), (lambda: T.arange(0, 5, 0), BadValueError, "0"),
    (lambda: T.split(v, [2, -1]), BadValueError, r"-1"),
    (lambda: MRG_RandomStreams(1).binomial((2,), p=1.5), BadValueError, "1.5"),
    (lambda: MRG_RandomStreams(1).normal((2,), std=-1.0), BadValueError, "-1")])
def test_what_is_known_to_be_wrong_is_said_where_it_is_written(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(("build", "reference", "values"), [
    (lambda x, y: T.einsum("ij,jk->ik", x, y), lambda x, y: x @ y, (ones((2, 3)), ones((3, 2)))),
    (lambda x: T.einsum("ii", x), np.trace, (np.arange(9.0).reshape(3, 3),)),
    (lambda x: T.einsum("...i->...", x), lambda x: x.sum(-1), (tall,)),
    (lambda x, y: T.cross(x, y), np.cross, ([1.0, 2, 3], [3.0, 1, 2])),
    (lambda x, y: T.kron(x, y), np.kron, ([1, 2], [[1, 2]])),
    (T.det, np.linalg.det, (np.array([[2.0, 1], [1, 3]]),)),
    (T.cholesky, np.linalg.cholesky, (np.array([[2.0, 1], [1, 3]]),)),
    (T.solve, np.linalg.solve, (np.array([[2.0, 1], [1, 3]]), [1.0, 2])),
    (lambda x, y: T.linspace(x, y, 5), lambda x, y: np.linspace(x, y, 5), (0.5, 2.0)),
    (lambda x: T.linspace(0, x, 5, dtype="int64"), lambda x: np.linspace(0, x, 5, dtype=int), (7,)),
    (lambda x: T.linspace(0, x, 5, False, True)[1], lambda x: x / 5, (7.0,)),
    (lambda x: T.interp(x, [0.0, 1.0, 4.0], [1.0, 3.0, -3.0], right=9.0), lambda x: np.interp(
        x, [0.0, 1.0, 4.0], [1.0, 3.0, -3.0], right=9.0), ([-1.0, 0, 0.5, 1, 4, 5],)),
    (lambda x: T.interp(x, [1.0], [7.0]), lambda x: np.interp(x, [1.0], [7.0]), ([0.0, 1, 2],)),
    (T.sinc, np.sinc, ([0.0, 1e-9, 2e-4, 4e-4, -1.0, 0.3],)),
    (lambda x: T.grad(T.grad(T.sinc(x), x), x), lambda x: -np.pi**2 / 3, (0.0,)),
    (lambda x: T.isin(x, []), lambda x: np.isin(x, []), ([1.0, 2.0],)),
    (T.trapezoid, np.trapezoid, (tall,)), (T.logspace, np.logspace, (0.0, 2.0)),
    (lambda n: T.linspace(0, 1, n), lambda n: np.linspace(0, 1, n), (np.int64(1),)),
    (lambda x: T.mgrid[0:2:5j, 0:3][0] + x, lambda x: np.mgrid[0:2:5j, 0:3][0] + x, (0.5,))])
def test_functions_that_users_of_numpy_expect_in_t(build, reference, values):
    np.testing.assert_allclose(in_every_mode(build, *values), reference(*map(np.asarray, values)))


@pytest.mark.parametrize(("make", "words"), [
    (lambda: T.einsum("ij,jk", m), "2 operands"), (lambda: T.einsum("i->i", m), "which has 2"),
    (lambda: T.einsum("ij->ik", m), "Name each dimension"), (lambda: T.einsum(m, m), "as a string"),
    (lambda: T.einsum("ij->ii", m), "at most once"), (lambda: T.cross(m, n), "vectors"),
    (lambda: T.cross(m, m).eval({m: ones((2, 2))}), "of 3 elements"),
    (lambda: T.einsum("ij,j", m, v).eval({m: ones((2, 3)), v: [1.0]}), "index j has the sizes 3"),
    (lambda: T.cross(m, t).eval({m: ones((1, 3)), t: ones((2, 2, 3))}), "does not stretch"),
    (lambda: T.linspace(0, 1, -1), "-1 numbers"), (lambda: T.trapz, r"T\.trapezoid"),
    (lambda: T.select([m > 0], []), "1 conditions and 0 choices"),
    (lambda: T.trapezoid(m, axis=2), "no axis 2")])
def test_what_they_refuse_says_why(make, words):
    with pytest.raises((ValueError, TypeError, AttributeError), match=words):
        make()


def test_what_is_not_in_t_is_not_in_the_table_of_what_to_write_in_its_place():
    from tutor.tensor.absent import instead

    assert not instead().keys() & {*T.__all__}
    for name, text in instead().items():
        for used in set(re.findall(r"T\.(\w+)", text)):
            assert used in T.__all__, f"{name}: there is no T.{used}"
