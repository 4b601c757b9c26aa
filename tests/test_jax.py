"""`mode="jax"` gives what the default mode gives, over the whole registry of ops."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.ops.elementwise import ELEMENTWISE
from tutor.ops.registry import EXAMPLES
from tutor.types import TensorType

CASES = [(name, i) for name, entries in EXAMPLES.items() for i in range(len(entries))]
HERE = importlib.util.find_spec("jax") is not None
needs_jax = pytest.mark.skipif(not HERE, reason="JAX is not installed here")


def both(inputs, outputs, *values):
    found = [tutor.function(inputs, outputs, mode=mode, on_unused_input="ignore")(*values)
             for mode in (None, "jax")]
    for a, b in zip(*found, strict=True):
        assert (type(b), b.dtype, b.shape) == (np.ndarray, a.dtype, a.shape)
        np.testing.assert_allclose(b, a, rtol=1e-5 if a.dtype.itemsize <= 4 else 1e-9, atol=1e-9)


@needs_jax
@pytest.mark.parametrize("name", list(ELEMENTWISE))
def test_every_elementwise_op(name):
    op = ELEMENTWISE[name]
    dtype = next(d for d in ("float64", "int64", "complex128", "bool")
                 if np.dtype(d).kind in op.accepts)
    rng = np.random.default_rng(0)
    values = [rng.uniform(*op.domain, (4, 3)) for _ in range(op.nin)]
    if np.dtype(dtype).kind in "ib":
        values = [np.rint(np.abs(v)).astype(dtype) for v in values]
    inputs = [TensorType(dtype, (False, False))() for _ in values]
    both(inputs, [op(*inputs)], *values)


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
def test_results_as_large_as_the_values_say():
    x = T.dvector("x")
    both([x], [x[T.gt(x, 0)], T.nonzero(x)[0]], np.array([1.0, -2, 0, 3]))


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
    with pytest.raises(ImportError, match=r"theano-tutor\[jax\]"):
        tutor.function([x], x * 2, mode="jax")
