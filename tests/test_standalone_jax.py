"""Programs of JAX that `tutor.save` writes run without this package, with its numbers."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import BadValueError
from tutor.ops.examples import EXAMPLES

from .test_standalone import BLOCKED

pytestmark = pytest.mark.skipif(importlib.util.find_spec("jax") is None,
                                reason="JAX is not installed here")
#: What NumPy alone can do, and what asks for values to know a size.
NUMPYS = {"assert", "bincount", "cholesky", "cofactor_slope", "cofactors", "confusion_matrix",
          "eig", "eigvalsh", "flatnonzero", "images2neibs", "lstsq", "nonzero", "nonzero_values",
          "unique", "unravel_index"}
SIZES = {"arange", "bartlett", "eye", "full", "mgrid", "ogrid", "ones", "subtensor", "tri", "zeros"}
TIMES = 2  # calls: the second goes on from what the first one left
ALONE = BLOCKED + """\
import pathlib, importlib.util
for folder in sorted(pathlib.Path({folder!r}).iterdir()):
    spec = importlib.util.spec_from_file_location(folder.name, folder / "model.py")
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)
    with np.load(folder / "given.npz") as given, np.load(folder / "wanted.npz") as wanted:
        try:
            for _ in range({times}):
                found = model.f(*[given[f"arr_{{i}}"] for i in range(len(given.files))])
        except (TypeError, IndexError) as problem:
            assert "trace" in str(problem).lower(), problem
            print(folder.name, "is not traced")
            continue
        found = found if isinstance(found, list) else [found]
        for i, a in enumerate(found):
            b = wanted[f"arr_{{i}}"]
            tight = 1e-10 if a.dtype.itemsize == 8 else 1e-5
            if a.dtype != b.dtype or not np.allclose(a, b, tight, 1e-12, equal_nan=True):
                print(folder.name, a, b)
"""


def write(folder: Path, symbols: Any, out: Any, updates: Any, *values: Any) -> None:
    """A program of JAX, what it is given, and what NumPy gives when it is called again."""
    folder.mkdir()
    f, g = (tutor.function(symbols, out, updates=updates, on_unused_input="ignore", mode=mode)
            for mode in ("jax", None))
    tutor.save(f, folder / "model.py")
    np.savez(folder / "given.npz", *values)
    wanted = [g(*values) for _ in range(TIMES)][-1]
    np.savez(folder / "wanted.npz", *(wanted if isinstance(wanted, list) else [wanted]))


def wrong(folder: Path) -> str:
    """What the programs of a folder give that they should not, in one process of their own."""
    done = subprocess.run([sys.executable, "-c", ALONE.format(folder=str(folder), times=TIMES)],
                          capture_output=True, text=True)
    assert not done.returncode, done.stderr[-2000:]
    return done.stdout


def test_models_train_on_in_a_program(tmp_path: Path) -> None:
    rng = np.random.RandomState(0)
    x, y = T.dmatrix("x"), T.ivector("y")
    w, b = tutor.shared(rng.randn(5, 3), "w"), tutor.shared(np.zeros(3), "b")
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(x, w) + b), y).mean()
    updates = [(v, v - 0.5 * g) for v, g in zip([w, b], tutor.grad(cost, [w, b]), strict=True)]
    write(tmp_path / "softmax", [x, y], cost, updates,
          rng.randn(20, 5), rng.randint(0, 3, 20).astype("int32"))
    images, f = T.ftensor4("images"), tutor.shared(rng.randn(4, 1, 3, 3).astype("float32"), "f")
    maps = T.signal.pool.pool_2d(T.nnet.relu(T.nnet.conv2d(images, f)), (2, 2), ignore_border=True)
    loss = T.sqr(maps).mean()
    step = [(f, f - np.float32(0.1) * tutor.grad(loss, f))]
    write(tmp_path / "convolution", [images], loss, step,
          rng.randn(6, 1, 8, 8).astype("float32"))
    s, u = T.dmatrix("s"), tutor.shared(rng.randn(4, 4), "u")
    h, _ = tutor.scan(lambda a, before: T.tanh(T.dot(before, u) + a), s, T.zeros(4))
    end = T.sqr(h[-1]).sum()
    write(tmp_path / "loop", [s], [end, h], [(u, u - tutor.grad(end, u))], rng.randn(7, 4))
    assert wrong(tmp_path) == ""
    text = (tmp_path / "convolution" / "model.py").read_text()
    assert "conv_general_dilated" in text and "tutor" not in text.partition("\n")[2]


def test_an_op_gives_the_same_in_a_program(tmp_path: Path) -> None:
    refused = set()
    for name, entries in sorted(EXAMPLES.items()):
        values = entries[0].values
        symbols = [T.TensorType(v.dtype.name, (False,) * v.ndim)(f"x{k}")
                   for k, v in enumerate(values)]
        out = entries[0].build(*symbols)
        out = out if isinstance(out, T.Variable) else list(out)
        try:
            write(tmp_path / name, symbols, out, None, *values)
        except BadValueError as problem:
            assert "NumPy" in str(problem) or "JAX has no public" in str(problem)
            refused.add(name)
            (tmp_path / name).rmdir()
    assert refused == NUMPYS
    told = wrong(tmp_path).splitlines()
    assert {line.partition(" ")[0] for line in told if line.endswith("is not traced")} == SIZES
    assert [line for line in told if not line.endswith("is not traced")] == []


def test_what_numpy_alone_can_do_is_refused(tmp_path: Path) -> None:
    x = T.dmatrix("x")
    with pytest.raises(BadValueError, match="NumPy alone"):
        tutor.save(tutor.function([x], T.nlinalg.eig(x)[0], mode="jax"), tmp_path / "model.py")
    assert not list(tmp_path.iterdir())
