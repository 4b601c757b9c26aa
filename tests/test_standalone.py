"""Programs that `tutor.save(f, "model.py")` writes run without this package, with its numbers."""

import re
import subprocess
import sys
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.errors import BadValueError, DTypeError
from tutor.ops.examples import EXAMPLES

BLOCKED = """\
import sys, numpy as np
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tutor":
            raise ImportError("tutor is blocked")
sys.meta_path.insert(0, Blocked())
"""
ALONE = BLOCKED + """\
sys.path.insert(0, {folder!r})
import model
given = np.load({folder!r} + "/given.npz")
for _ in range({times}):
    found = model.{name}(*[given[f"arr_{{i}}"] for i in range(len(given.files))])
np.savez({folder!r} + "/found.npz", *(found if isinstance(found, (list, tuple)) else [found]))
"""


def run(f: Any, folder: Path, *values: Any, times: int = 1, name: str = "f") -> list[Any]:
    """What the program that is written for `f` gives, in a process without this package."""
    tutor.save(f, folder / "model.py")
    np.savez(folder / "given.npz", *values)
    script = ALONE.format(folder=str(folder), times=times, name=name)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert not done.returncode, done.stderr + (folder / "model.py").read_text()
    with np.load(folder / "found.npz") as found:
        return [found[name] for name in found.files]


def imported(f: Any, folder: Path) -> Any:
    """The namespace of the program, here."""
    path = Path(tutor.save(f, folder / "model.py"))
    assert not re.search(r"^\s*(from|import) tutor", path.read_text(), re.MULTILINE)
    space: dict[str, Any] = {"__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), space)
    return space


def test_training_goes_on_in_the_program(tmp_path: Path) -> None:
    rng = np.random.RandomState(0)
    data = rng.randn(20, 5), rng.randint(0, 3, 20).astype("int32")
    x, y = T.dmatrix("x"), T.ivector("y")
    w, b = tutor.shared(rng.randn(5, 3), "w"), tutor.shared(np.zeros(3), "b")
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(x, w) + b), y).mean()
    updates = [(v, v - 0.5 * g) for v, g in zip([w, b], tutor.grad(cost, [w, b]), strict=True)]
    train = tutor.function([x, y], cost, updates=updates, name="train")
    (last,) = run(train, tmp_path, *data, times=4, name="train")
    np.testing.assert_allclose(last, [train(*data) for _ in range(4)][-1], rtol=1e-12)


def test_a_loop_and_its_gradient_run_in_the_program(tmp_path: Path) -> None:
    v, w = T.dvector("v"), tutor.shared(0.5, "w")
    h = tutor.scan(lambda a, s: T.tanh(a + w * s), v, T.zeros_like(v[0]))[0]
    f = tutor.function([v], [h, T.grad(h[-1], v), T.grad(h.sum(), w)], name="f")
    value = np.array([0.3, -1.0, 2.0])
    for ours, theirs in zip(f(value), run(f, tmp_path, value), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12)
    m = T.dmatrix("m")
    rows = tutor.map(lambda row: T.outer(row, row[1:]), m)[0]
    f = imported(tutor.function([m], rows, mode="FAST_COMPILE"), tmp_path)["f"]
    assert f(np.ones((0, 3))).shape == (0, 3, 2) and f(np.ones((2, 3))).shape == (2, 3, 2)


def test_the_form_of_results_is_that_of_the_function(tmp_path: Path) -> None:
    x = T.dscalar("x")
    made = imported(tutor.function([x], {"double": x * 2, "half": x / 2}, name="both"), tmp_path)
    assert made["both"](3) == {"double": 6, "half": 1.5}
    assert imported(x ** 2, tmp_path)["f"](3) == 9


@pytest.mark.parametrize("name", ["np", "print", "sum", "PARAMETERS", "lambda", "exp", "v1", "μ"])
def test_a_variable_may_have_any_name(name: str, tmp_path: Path) -> None:
    x, w = T.dvector(name), tutor.shared(2.0, name)
    f = tutor.function([x], T.exp(x).sum() * w, name=name)
    made = imported(f, tmp_path)
    function = next(v for k, v in reversed(made.items()) if callable(v) and k not in ("Path",))
    np.testing.assert_allclose(function([1.0, 2.0]), f([1.0, 2.0]), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_op_gives_the_same_in_a_program(name: str, tmp_path: Path) -> None:
    for example in EXAMPLES[name]:
        values = example.values
        symbols = [T.TensorType(v.dtype.name, (False,) * v.ndim)(f"x{k}")
                   for k, v in enumerate(values)]
        out = example.build(*symbols)
        f = tutor.function(symbols, out if isinstance(out, T.Variable) else list(out),
                           on_unused_input="ignore", name="f")
        ours, theirs = f(*values), imported(f, tmp_path)["f"](*values)
        for a, b in zip(*[r if isinstance(r, list) else [r] for r in (ours, theirs)], strict=True):
            assert np.asarray(a).dtype == b.dtype and np.shape(a) == b.shape
            np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", [n for n, op in ELEMENTWISE.items() if "f" in op.accepts])
def test_an_elementwise_op_does(name: str, tmp_path: Path) -> None:
    op = ELEMENTWISE[name]
    for size in (), (3,), (40_000,):
        symbols = [T.TensorType("float64", (False,) * len(size))() for _ in range(op.nin)]
        values = [np.linspace(0.1 * (i + 1), 0.9, prod(size)).reshape(size) for i in range(op.nin)]
        f = tutor.function(symbols, op(*symbols), name="f", on_unused_input="ignore")
        found = imported(f, tmp_path)["f"](*values)
        np.testing.assert_allclose(found, f(*values), rtol=1e-12, equal_nan=True)


def test_a_table_that_is_made_once_is_made_once_in_the_program_too(tmp_path: Path) -> None:
    x = T.dvector("x")
    space = imported(tutor.function([x], T.erf(x), name="f"), tmp_path)
    space["f"](np.linspace(-3, 3, 50_000))
    assert space["_steps"].cache_info().misses == 1


def test_what_would_be_lost_is_refused(tmp_path: Path) -> None:
    i = T.ivector("i")
    f = imported(tutor.function([i], i * 2), tmp_path)["f"]
    assert f([1, 2]).tolist() == [2, 4]
    for wrong in ([1.5, 2], [[1, 2]], 3, [2**40]):
        with pytest.raises(TypeError, match="int32 of 1 dimensions"):
            f(wrong)
    x, state = T.dscalar("x"), T.dscalar("state")
    adding = tutor.function([x, tutor.In(state, value=0.0, update=state + x)], state)
    with pytest.raises(BadValueError, match="keeps a state"):
        tutor.save(adding, tmp_path / "adding.py")
    assert not (tmp_path / "adding.py").exists()


def test_a_program_leaves_parameters_saved_beside_it_alone(tmp_path: Path) -> None:
    w, best = tutor.shared(1.0, "w"), tutor.shared(2.0, "best")
    tutor.save([w, best], tmp_path / "model.npz")
    tutor.save(tutor.function([], w), tmp_path / "model.py")
    tutor.load(tmp_path / "model.npz", [w, best])


def test_what_is_written_in_python_is_refused(tmp_path: Path) -> None:
    @tutor.as_op([T.dscalar], [T.dscalar])
    def mine(x: Any) -> Any:
        return x

    x = T.dscalar("x")
    with pytest.raises(BadValueError, match="has no NumPy expression"):
        tutor.save(tutor.function([x], mine(x)), tmp_path / "model.py")
    assert not list(tmp_path.iterdir())


def test_parameters_come_back(tmp_path: Path) -> None:
    w, b = tutor.shared(np.ones((2, 3)), "w"), tutor.shared(np.float32(0.5), "b")
    path = tutor.save([w, b], tmp_path / "model.npz")
    w.set_value(np.zeros((5, 5)))
    b.set_value(np.float32(9))
    tutor.load(path, [b, w])
    assert w.get_value().tolist() == np.ones((2, 3)).tolist() and b.get_value() == 0.5


def test_parameters_are_set_all_or_none(tmp_path: Path) -> None:
    w, b = tutor.shared(np.ones(2), "w"), tutor.shared(1.0, "b")
    path = tutor.save([w, b], tmp_path / "model.npz")
    v, c = tutor.shared(np.zeros(2), "w"), tutor.shared(np.zeros(3), "b")
    with pytest.raises(DTypeError, match="b is"):
        tutor.load(path, [v, c])
    assert v.get_value().tolist() == [0, 0]
    with pytest.raises(BadValueError, match="no parameter q"):
        tutor.load(path, [v, tutor.shared(1.0, "q")])


def test_a_file_with_code_is_not_run(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", w=np.array([print], dtype=object))
    with pytest.raises(BadValueError, match="no file of parameters"):
        tutor.load(tmp_path / "evil.npz", [tutor.shared(1.0, "w")])
    (tmp_path / "text.npz").write_text("w = 1")
    with pytest.raises(BadValueError, match="no file of parameters"):
        tutor.load(tmp_path / "text.npz", [tutor.shared(1.0, "w")])
