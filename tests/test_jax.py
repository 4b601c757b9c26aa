"""`mode="jax"` gives what the default mode gives, over the whole registry of ops."""

import dis
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time

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

CASES = [(name, i) for name, entries in EXAMPLES.items() for i in range(len(entries))]
HERE = importlib.util.find_spec("jax") is not None
pytestmark = pytest.mark.filterwarnings("ignore::tutor.errors.NotCompiledWarning")
needs_jax = pytest.mark.skipif(not HERE, reason="JAX is not installed here")


def both(inputs, outputs, *values):
    found = [tutor.function(inputs, outputs, mode=mode, on_unused_input="ignore")(*values)
             for mode in (None, "jax")]
    for a, b in zip(*found, strict=True):
        assert (type(b), b.dtype, b.shape) == (np.ndarray, a.dtype, a.shape)
        np.testing.assert_allclose(b, a, rtol=1e-5 if a.dtype.itemsize <= 4 else 1e-9, atol=1e-9)


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
@pytest.mark.parametrize(("name", "i"), CASES)
def test_every_example(name, i):
    entry = EXAMPLES[name][i]
    values = [np.asarray(v) for v in entry.values]
    inputs = [TensorType(v.dtype.name, (False,) * v.ndim)() for v in values]
    out = entry.build(*inputs)
    outputs = list(out) if isinstance(out, (list, tuple)) else [out]
    if entry.differentiable and len(outputs) == 1:
        wrt = [v for v in inputs if v.dtype == "float64"]
        outputs += tutor.grad(T.sum(outputs[0]), wrt)
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
@pytest.mark.parametrize("solve", ["solve_lower_triangular", "solve_upper_triangular"])
def test_a_triangle_that_is_singular_is_an_error_that_changes_nothing(solve):
    a, c = T.dmatrix("a"), tutor.shared(1.0, "c")
    x = getattr(T.slinalg, solve)(a, np.ones(3))
    f = tutor.function([a], [x.sum(), tutor.grad(x.sum(), a)], updates={c: c + 1}, mode="jax")
    assert np.isfinite(f(np.eye(3))[0]) and f.program.traceable
    with pytest.raises(SingularMatrixError, match=r"Singular matrix") as told:
        f(np.diag([1.0, 0, 2]))
    assert "test_jax.py, line" in str(told.value) and c.get_value() == 2


@needs_jax
def test_results_are_the_callers_to_write_to():
    x, w = T.dvector("x"), tutor.shared(np.arange(1e5), "w")
    y = w * x
    f = tutor.function([x], [y, y, y + 1, w, T.cast(x, "float64"), x[::-1]],
                       updates={w: y}, mode="jax")
    given = np.ones(10**5)
    results = f(given)
    for result in results:
        result += 1
    assert not any(np.shares_memory(a, b) for a in [given, w.get_value(borrow=True)]
                   for b in results)
    np.testing.assert_array_equal(w.get_value(), np.arange(1e5))
    np.testing.assert_array_equal(results[2], np.arange(1e5) + 2)
    np.testing.assert_array_equal(f(given)[0], np.arange(1e5))


@needs_jax
def test_a_step_writes_over_what_it_was_given_and_an_interrupt_finds_all_before_or_all_after():
    x = T.dvector("x")
    a, b, c = [tutor.shared(np.zeros(n), name) for n, name in ((20_000, "a"), (9_000, "b"),
                                                               (3, "c"))]
    step = tutor.function([x], a[0] + x[0], mode="jax", updates={
        a: T.inc_subtensor(a[:], x[0]), b: b + x[0], c: c + x[0]})
    seen = tutor.function([], [a.sum() / 20_000, b.mean(), c.mean()], mode="jax")
    one, place = np.ones(1), set()
    for _ in range(4):
        step(one)
        place.add(a.container.on_device().unsafe_buffer_pointer())
    assert len(place) <= 2  # the first is of the program that compiles
    count, left, last = 4, 0, {}

    def tracer(frame, event, arg):
        """Interrupt where Python looks for signals: after calls, and where a function begins."""
        nonlocal left
        frame.f_trace_opcodes = "tutor" in frame.f_code.co_filename
        if event == "opcode":
            left -= last.get(frame, "RESUME").startswith(("CALL", "RESUME", "JUMP_BACKWARD"))
            last[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if left == 0:
                left = -1
                raise KeyboardInterrupt
        return tracer

    for start in range(1, 10_000):
        left = start
        last.clear()
        sys.settrace(tracer)
        try:
            step(one)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        found = {float(v) for v in seen()}
        assert len(found) == 1 and found <= {count, count + 1}
        assert {*a.get_value(), *b.get_value(), *c.get_value()} == found
        (count,) = found
        if left > 0:
            break
    assert start > 20


@needs_jax
def test_threads_read_what_another_one_writes_over():
    a, b = tutor.shared(np.zeros(50_000), "a"), tutor.shared(np.zeros(40_000), "b")
    step = tutor.function([], [], mode="jax", updates={a: a + 1, b: b + 1})
    seen = tutor.function([], [a.min(), a.max(), b.min(), b.max()], mode="jax")
    over, wrong = threading.Event(), []

    def repeated(call):
        try:
            while not over.is_set():
                if len({float(v) for v in call()}) > 1:
                    wrong.append("torn")
        except Exception as problem:
            wrong.append(problem)

    threads = [threading.Thread(target=repeated, args=(call,)) for call in (
        seen, seen, lambda: a.get_value()[[0, -1]], lambda: step() or [])]
    for thread in threads:
        thread.start()
    time.sleep(1)
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == [] and a.get_value()[0] == b.get_value()[0] > 3


@needs_jax
def test_a_loop_and_its_gradient():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    h, _ = tutor.scan(lambda x_t, before: T.tanh(T.dot(before, w) + x_t), x, T.zeros(3))
    cost = T.sqr(h).sum()
    rng = np.random.default_rng(0)
    both([x, w], [cost, h, *tutor.grad(cost, [x, w])], rng.normal(size=(6, 3)),
         rng.normal(size=(3, 3)))


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
                  T.outer(i[0], f[0]), T.join(0, i, f), T.switch(T.gt(f, 0.5), i, f), i / f],
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
    fine = tutor.function([x], x + T.arange(2.0), mode="jax")
    assert fine(np.zeros(2)).tolist() == [0, 1] and fine.program.traceable


PROCESSES = """
import sys, numpy as np, jax
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(f"127.0.0.1:{sys.argv[1]}", 2, int(sys.argv[2]))
import tutor, tutor.tensor as T
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
mesh = Mesh(np.array(jax.devices()), ("rows",))
w = tutor.shared(np.arange(16.0), "w", sharding=NamedSharding(mesh, P("rows")))
f = tutor.function([], w * 3, updates={w: w * 2.0}, mode="jax")
np.testing.assert_array_equal(f(), 3 * np.arange(16.0))
assert not w.container.on_device().is_fully_addressable
np.testing.assert_array_equal(w.get_value(), 2 * np.arange(16.0))
"""


@needs_jax
def test_a_value_spread_over_two_processes_is_whole():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = [subprocess.Popen([sys.executable, "-c", PROCESSES, port, i], text=True,
                                stderr=subprocess.PIPE) for i in "01"]
    told = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], told


SHARDED = """
import numpy as np, jax, tutor, tutor.tensor as T
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
mesh = Mesh(np.array(jax.devices()), ("rows",))
w = tutor.shared(np.arange(16.0), "w", sharding=NamedSharding(mesh, P("rows")))
x = T.dmatrix("x"); x.tag.sharding = NamedSharding(mesh, P("rows", None))
f = tutor.function([x], T.dot(x, w), updates={w: w * 2.0}, mode="jax")
values = np.arange(128.0).reshape(8, 16)
np.testing.assert_allclose(f(values), values @ np.arange(16.0))
assert len(w.container.on_device().sharding.device_set) == 8
np.testing.assert_allclose(w.get_value(), 2 * np.arange(16.0))
"""


@needs_jax
def test_values_are_spread_over_eight_devices():
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    done = subprocess.run([sys.executable, "-c", SHARDED], env={**os.environ, **flags},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_jax_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    x = T.dscalar("x")
    with pytest.raises(ImportError, match=r"pip install .*\[jax\]"):
        tutor.function([x], x * 2, mode="jax")
