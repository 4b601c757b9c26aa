"""`mode="jax"` gives what the default mode gives, over the whole registry of ops."""

import importlib.util

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.scope import names_in
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.op import Op
from tutor.core.types import TensorType
from tutor.core.walk import toposort
from tutor.errors import NotCompiledWarning, SingularMatrixError
from tutor.ops.examples import EXAMPLES
from tutor.tensor.shared_randomstreams import RandomStreams

HERE = importlib.util.find_spec("jax") is not None
pytestmark = pytest.mark.filterwarnings("ignore::tutor.errors.NotCompiledWarning")
needs_jax = pytest.mark.skipif(not HERE, reason="JAX is not installed here")


def both(inputs, outputs, *values):
    plain, f = [tutor.function(inputs, outputs, mode=mode, on_unused_input="ignore")
                for mode in (None, "jax")]
    for a, b in zip(plain(*values), f(*values), strict=True):
        assert (type(b), b.dtype, b.shape) == (np.ndarray, a.dtype, a.shape)
        np.testing.assert_allclose(b, a, rtol=1e-5 if a.dtype.itemsize <= 4 else 1e-9, atol=1e-9)
    return f


def classes(of=Op):
    for kind in of.__subclasses__():
        yield kind
        yield from classes(kind)


@needs_jax
def test_the_table_knows_every_op_with_a_kernel():
    from tutor.compile.jax import names

    ops = [op for op in ELEMENTWISE.values() if op.kernels]
    ops += [kind for kind in classes() if kind.__module__.startswith(("tutor.core", "tutor.ops"))
            and "kernels" in vars(kind) and kind.kernels]
    assert [op for op in ops if op not in names.KERNELS] == []
    assert all(names.KERNELS[kind].keys() >= kind.kernels.keys() for kind in names.KERNELS
               if isinstance(names.KERNELS[kind], dict))


@needs_jax
def test_every_function_that_is_in_no_table_is_a_function_of_jax():
    from tutor.compile.jax import names

    for entry in [entry for entries in EXAMPLES.values() for entry in entries]:
        out = entry.build(*[TensorType(v.dtype.name, (False,) * v.ndim)() for v in entry.values])
        for node in toposort(list(out) if isinstance(out, (list, tuple)) else [out]):
            text = node.op.source(node, [f"_{i}" for i in range(len(node.inputs))]) or ""
            for name in set(names_in(text)) - node.op.kernels.keys():
                function = getattr(np, name, None)
                assert function is None or function in names.NUMPY or hasattr(names.jnp, name)


@needs_jax
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example(name):
    inputs, outputs, values = [], [], []
    for entry in EXAMPLES[name]:  # one program for all, as what takes time here is to compile
        values += map(np.asarray, entry.values)
        own = [TensorType(np.asarray(v).dtype.name, (False,) * np.ndim(v))() for v in entry.values]
        out = entry.build(*own)
        outs = list(out) if isinstance(out, (list, tuple)) else [out]
        if entry.differentiable and len(outs) == 1:
            outs += tutor.grad(T.sum(outs[0]), [v for v in own if v.dtype == "float64"])
        inputs += own
        outputs += outs
    both(inputs, outputs, *values)


@needs_jax
def test_training_keeps_its_values_on_the_device():
    import jax

    x, w = T.dmatrix("x"), tutor.shared(np.full(3, 0.1), "w")  # 0.1: no float32 holds it
    cost = T.sqr(T.dot(x, w) - 1).mean()
    values = np.random.default_rng(0).normal(size=(5, 3))
    updates = {w: w - 0.1 * tutor.grad(cost, w)}
    step = tutor.function([x], cost, updates=updates, mode="jax")
    costs = [float(step(values)) for _ in range(20)]
    assert costs == sorted(costs, reverse=True)
    assert isinstance(w.container.on_device(), jax.Array)
    on_host = w.get_value()
    assert type(on_host) is np.ndarray
    w.set_value(np.full(3, 0.1))
    twin = tutor.function([x], cost, updates=updates)
    for _ in range(20):
        twin(values)
    np.testing.assert_allclose(w.get_value(), on_host, rtol=1e-12)


@needs_jax
@pytest.mark.parametrize("solve", [
    T.slinalg.solve_lower_triangular, T.slinalg.solve_upper_triangular, T.slinalg.solve,
    lambda a, b: T.dot(T.nlinalg.matrix_inverse(a), b)])
def test_a_matrix_that_is_singular_is_an_error_that_changes_nothing(solve):
    a, c = T.dmatrix("a"), tutor.shared(1.0, "c")
    x = solve(a, np.ones(3))
    f = tutor.function([a], [x.sum(), tutor.grad(x.sum(), a)], updates={c: c + 1}, mode="jax")
    assert np.isfinite(f(np.eye(3))[0]) and f.program.traceable
    with pytest.raises(SingularMatrixError, match=r"Singular matrix") as told:
        f(np.diag([1.0, 0, 2]))
    assert "test_jax.py, line" in str(told.value) and c.get_value() == 2


@needs_jax
def test_a_loop_and_its_gradient():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    h, _ = tutor.scan(lambda x_t, before: T.tanh(T.dot(before, w) + x_t), x, T.zeros(3))
    cost = T.sqr(h).sum()
    rng = np.random.default_rng(0)
    both([x, w], [cost, h, *tutor.grad(cost, [x, w])], rng.normal(size=(6, 3)),
         rng.normal(size=(3, 3)))


@needs_jax
@pytest.mark.filterwarnings("error::tutor.errors.NotCompiledWarning")
def test_loops_read_what_is_turned_or_computed_of_sequences_and_know_sizes():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    (a, _), _ = tutor.scan(
        lambda u, v, a, b: [T.tanh(T.concatenate([u[:1], a[1:]]) + b), b * v],
        [x[::-1], (1 - x * w[0])[::-1]], [T.ones(3), T.ones(3)])
    slopes = tutor.grad(T.sqr(a).sum(), [x, w])
    twice = tutor.grad(sum(T.sqr(g).sum() for g in slopes), [x, w])
    rng = np.random.default_rng(0)
    both([x, w], [a[::-1], *slopes, *twice], rng.normal(size=(5, 3)), rng.normal(size=(3, 3)))


@needs_jax
@pytest.mark.parametrize("dtype", ["float32", "int8", "complex128", "bool"])
@pytest.mark.parametrize("index", [
    1, -1, (slice(1, 3), 0), (slice(None, None, -2), slice(1, None)), (Ellipsis, slice(4, 1, -1)),
    (slice(0, 2), None, slice(3, 4))], ids=str)
def test_parts_at_known_places_need_no_scatter(index, dtype):
    values = (np.arange(-12.0, 18) / 2).reshape(5, 6).astype(dtype)
    x, y = T.TensorType(dtype, (False, False))("x"), T.TensorType(dtype, ())("y")
    made = [T.set_subtensor(x[index], y)]
    if dtype != "bool":
        made += [T.inc_subtensor(x[index], y), T.inc_subtensor(T.zeros_like(x)[index], y)]
    f = both([x, y], made, values * np.array(-1, dtype), np.array(2, dtype))
    import jax

    with jax.enable_x64(True):
        assert "scatter" not in f.program.jitted.lower(values, np.array(2, dtype)).as_text()


@needs_jax
def test_training_of_the_usual_losses_is_one_compiled_program():
    x, t, k = T.dmatrix("x"), T.dvector("t"), T.lvector("k")
    w, v = tutor.shared(np.full(3, 0.1), "w"), tutor.shared(np.full((3, 4), 0.1), "v")
    p = T.nnet.sigmoid(T.dot(x, w))
    yes = T.mean(-t * T.log(p) - (1 - t) * T.log(1 - p))
    classes = T.mean(T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(x, v)), k))
    values = np.random.default_rng(0).normal(size=(5, 3))
    for cost, label, weights, wanted in ((yes, t, w, np.array([0.0, 1, 1, 0, 1])),
                                         (classes, k, v, np.array([0, 3, 1, 1, 2]))):
        outputs = [cost, tutor.grad(cost, weights)]
        f = tutor.function([x, label], outputs, mode="jax")
        for a, b in zip(f(values, wanted), tutor.function([x, label], outputs)(values, wanted),
                        strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
        assert f.program.traceable


@needs_jax
@pytest.mark.parametrize("mode", ["max", "sum", "average_inc_pad", "average_exc_pad"])
@pytest.mark.parametrize("how", [{"ws": (2, 2), "ignore_border": True},
                                 {"ws": (3, 2), "stride": (1, 2), "ignore_border": False},
                                 {"ws": (2, 2), "pad": (1, 1), "ignore_border": True}])
def test_pooling_of_what_is_infinite_or_no_number(mode, how):
    x = T.dtensor4("x")
    y = T.signal.pool.pool_2d(x, mode=mode, **how)
    slope = tutor.grad(T.tanh(y).sum(), x)
    inf, nan = np.inf, np.nan
    both([x], [y, slope, tutor.grad(T.sqr(slope).sum(), x)], np.array(
        [[[[1, 1, inf, nan], [1, -inf, 2, 2], [-inf, -inf, 0, -0.0], [-inf, -inf, 3, 3]]]]))


@needs_jax
@pytest.mark.parametrize("axis", [0, 1])
def test_sums_of_exponentials_and_orders_of_what_is_infinite(axis):
    x = T.dmatrix("x")
    y = T.logsumexp(x, axis)
    both([x], [y, tutor.grad(y.sum(), x), T.sort(x, axis), T.argsort(x, axis)], np.array(
        [[np.inf, 1, 2], [np.nan, 0, 1], [-np.inf, -np.inf, -np.inf], [800, -800, 3]]))


@needs_jax
def test_results_as_large_as_the_values_say():
    x = T.dvector("x")
    both([x], [x[T.gt(x, 0)], T.nonzero(x)[0]], np.array([1.0, -2, 0, 3]))


DTYPES = ("float64 int64 complex128 bool int8 int16 int32 uint8 uint16 uint32 uint64 float16 "
          "float32 complex64").split()


def operands(op):
    """The dtypes of operands: the usual one, all alike, and pairs JAX makes something else of."""
    kinds = {"u": "i"}
    fit = [d for d in DTYPES if kinds.get(np.dtype(d).kind, np.dtype(d).kind) in op.accepts]
    mixed = [("int64", "float32"), ("float32", "int32"), ("uint64", "int8"), ("bool", "float16")]
    return [*[(d,) * op.nin for d in fit],
            *[(*pair, *pair[1:] * (op.nin - 2)) for pair in mixed * (op.nin > 1)]]


@needs_jax
@pytest.mark.parametrize("name", list(ELEMENTWISE))
def test_every_elementwise_op_in_every_dtype(name, sampled):
    op, inputs, outputs, values = ELEMENTWISE[name], [], [], []
    rng = np.random.default_rng(0)
    usual, *others = operands(op)
    for dtypes in [usual, *sampled(others, 4)]:
        mine = [TensorType(d, (False,))() for d in dtypes]
        try:
            outputs.append(op(*mine))
        except TypeError:  # the op is not for these
            continue
        inputs += mine
        drawn = [rng.uniform(*op.domain, 3) for _ in dtypes]
        values += [(np.rint(np.abs(v)) if np.dtype(d).kind in "ibu" else v).astype(d)
                   for v, d in zip(drawn, dtypes, strict=True)]
    plain, found = [tutor.function(inputs, outputs, mode=mode, on_unused_input="ignore")(*values)
                    for mode in ("FAST_COMPILE", "jax")]
    for v, a, b in zip(outputs, plain, found, strict=True):
        assert (type(b), b.dtype, b.shape) == (np.ndarray, v.dtype, a.shape) and a.dtype == v.dtype
        single = {a.dtype.name, *[u.dtype for u in v.owner.inputs]} & {"float32", "complex64"}
        near = {1: 0, 2: 2e-3}.get(a.dtype.itemsize, 1e-5 if single else 1e-9)
        np.testing.assert_allclose(b, a, rtol=near, atol=near)


@needs_jax
def test_products_compute_in_the_dtype_that_is_declared():
    i, f = T.lmatrix("i"), T.fmatrix("f")
    values = [2**53 - np.arange(9).reshape(3, 3) * 7 - 1, np.full((3, 3), 0.1, "float32")]
    both([i, f], [i * f, T.dot(i, f), T.dot(f[0], i), T.tensordot(i, f, 1), T.dot(f.T, f[1]),
                  T.outer(i[0], f[0]), T.join(0, i, f), T.switch(T.gt(f, 0.5), i, f), i / f,
                  i // (i - i[0]), i % (i - i[0])],
         *values)


@needs_jax
@pytest.mark.filterwarnings("error::tutor.errors.NotCompiledWarning")
def test_what_cannot_be_compiled_is_said_once_with_its_line():
    x, n = T.dvector("x"), T.lscalar("n")
    streams = RandomStreams(3)
    for inputs, y, arguments, told in (
        ([x], x[T.gt(x, 0)] * 2, [np.array([1.0, -2])], "onzero"),
        ([n], T.arange(n) * 2.0, [3], "arange"),
        ([x], x + streams.uniform((2,)), [np.zeros(2)], "uniform"),
        ([x, n], tutor.scan(lambda v: v * 2, None, x, n_steps=n)[0], [np.ones(2), 3], "scan"),
    ):
        f = tutor.function(inputs, y, mode="jax")
        with pytest.warns(NotCompiledWarning, match="an operation at a time") as told_of:
            f(*arguments)
        text = str(told_of[0].message)
        assert told in text and "test_jax.py, line" in text and told_of[0].filename == __file__
        f(*arguments)
    with pytest.raises(ValueError, match="shape"):
        tutor.function([x], x + T.arange(3.0), mode="jax")(np.ones(2))
    matrix = T.dmatrix("m")
    regular = T.slinalg.solve(matrix, x) + T.slinalg.cholesky(matrix)[0]
    assert tutor.function([matrix, x], regular, mode="jax")(np.eye(2), [1, 2]).tolist() == [2, 2]
    noted = T.slinalg.solve(matrix, x)[T.nonzero(x)[0]]
    with pytest.warns(NotCompiledWarning, match=r"in nonzero, written at: .*\]\. There"):
        tutor.function([matrix, x], noted, mode="jax")(np.eye(2), [1, 2])
    fine = tutor.function([x], x + T.arange(2.0), mode="jax")
    assert fine(np.zeros(2)).tolist() == [0, 1] and fine.program.traceable


def test_without_jax_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    x = T.dscalar("x")
    with pytest.raises(ImportError, match=r"pip install .*\[jax\]"):
        tutor.function([x], x * 2, mode="jax")
