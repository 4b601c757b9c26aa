"""The core stands alone: the walkthrough runs where every other room is blocked."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tutor.core.elementwise import mul
from tutor.core.seams import Seams
from tutor.core.types import TensorType

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "tutor" / "core"
FILES = sorted(CORE.glob("*.py"))
ALONE = f"""\
import sys, types

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("tutor.") and name.split(".")[1] != "core":
            raise ImportError(f"{{name}} is blocked")

sys.meta_path.insert(0, Blocked())
package = sys.modules["tutor"] = types.ModuleType("tutor")
package.__path__ = [{str(ROOT / "tutor")!r}]
import numpy
import tutor.core as T
"""
WALKTHROUGH = """\
# 1
x = T.lscalar("x")
assert repr(x.type) == "TensorType(int64, scalar)" and T.dscalar("x").type is T.dscalar
x, y = T.dscalars("x", "y")
# 2
x = T.lscalar("x")
y = x * 2
assert str(y) == "x * 2" and T.exp(x).dtype == "float64"
# 3
assert repr(T.function([x], y)(3)) == "array(6)"
# 4
x, y, c = T.dscalar(), T.dscalar(), T.dscalar()
ff = T.function([c], x * 2 + y, givens=[(x, c * 10), (y, 5)])
assert repr(ff(2)) == "array(45.)"
# 5
x, y = T.dscalars("x", "y")
gx, gy = T.grad((x + 2 * y) ** 2, [x, y])
assert repr(T.function([x, y], gy)(1, 2)) == "array(20.)"
assert repr(T.function([x, y], gx)(1, 2)) == "array(10.)"
assert repr(T.grad(gy, y).eval({x: 1, y: 2})) == "array(8.)"
# 6
x = T.dscalar("x")
b = T.shared(numpy.array([1, 2, 3, 4, 5]))
f = T.function([x], b * x)
assert f(2).tolist() == [2, 4, 6, 8, 10] and b.get_value().tolist() == [1, 2, 3, 4, 5]
b.set_value([10, 11, 12])
assert f(2).tolist() == [20, 22, 24]
# 7
c = T.shared(0)
f = T.function([], c, updates={c: c + 1})
assert (f(), f(), f()) == (0, 1, 2)
# 8
x, c = T.dvector("x"), T.shared(0.0)
y = T.sum((x - c) ** 2)
d2 = T.function([x], y, updates={c: c - 0.05 * T.grad(y, c)})
found = [(float(d2([1, 2, 3, 4, 5])), float(c.get_value())) for _ in range(3)]
assert found == [(55, 1.5), (21.25, 2.25), (12.8125, 2.625)], found
"""
LOGISTIC = """\
# 9: log(sigmoid(x)) and log(1 - sigmoid(x)) by one rule, before running and before differentiating
from tutor.core.graph import Apply
from tutor.core.seams import seams

def softplus(x):
    return T.maximum(x, 0) + T.log(1 + T.exp(-abs(x)))

def stable(node):
    inside = node.inputs[0].owner if node.op is T.log else None
    if inside is not None and inside.op is T.sigmoid:
        return -softplus(-inside.inputs[0])
    if inside is not None and inside.op is T.sub and inside.inputs[1].owner is not None \\
            and inside.inputs[1].owner.op is T.sigmoid:
        return -softplus(inside.inputs[1].owner.inputs[0])

def make(node, inputs):
    again = Apply(node.op, inputs, [v.type() for v in node.outputs])
    found = stable(again)
    return again.outputs if found is None else [found]

seams.passes = (lambda outputs, inputs: T.rebuild(outputs, {}, make),)

rng = numpy.random.RandomState(0)
N, features = 400, 784
D = rng.randn(N, features), rng.randint(0, 2, N)
x, y = T.dmatrix("x"), T.lvector("y")
w, b = T.shared(rng.randn(features), "w"), T.shared(0.0, "b")
p = T.sigmoid(T.dot(x, w) + b)
xent = -y * T.log(p) - (1 - y) * T.log(1 - p)
cost = xent.mean() + 0.01 * (w ** 2).sum()
gw, gb = T.grad(T.rebuild([cost], {}, make)[0], [w, b])
train = T.function([x, y], [p > 0.5, xent], updates=[(w, w - 0.1 * gw), (b, b - 0.1 * gb)])
predict = T.function([x], p > 0.5)
losses = [float(train(*D)[1].mean()) for _ in range(60)]
assert numpy.isfinite(losses).all() and losses[-1] < losses[0] * 0.6, losses[::10]
assert (predict(D[0]) == D[1]).mean() > 0.6
print("done")
"""


LOOPS = """\
# products of a sequence, and their derivatives
x = T.dvector("x")
products, _ = T.scan(lambda v, before: before * v, x, 1.0)
assert T.function([x], products)([1, 2, 3, 4]).tolist() == [1, 2, 6, 24]
assert T.function([x], T.grad(products[-1], x))([1, 2, 3, 4]).tolist() == [24, 12, 8, 6]
assert T.function([x], products)([]).shape == (0,)
# A**k, and its derivatives of any order
A, k = T.dvector("A"), T.lscalar("k")
powers, _ = T.scan(lambda before, A: before * A, None, T.ones_like(A), A, k)
y = powers[-1]
for expected in ([0, 1, 8, 27], [0, 3, 12, 27], [0, 6, 12, 18], [6] * 4, [0] * 4):
    assert T.function([A, k], y)([0, 1, 2, 3], 3).tolist() == expected
    y = T.grad(T.sum(y), A)
# a state that goes through a network, and its derivatives by finite differences
rows, h, w, u = T.dmatrix("rows"), T.dvector("h"), T.dmatrix("w"), T.dmatrix("u")
states, _ = T.scan(lambda row, h: T.tanh(T.dot(row, w) + T.dot(h, u)), rows, h)
given = [rows, h, w, u]
loss = T.function(given, T.sum(states ** 2))
slopes = T.function(given, T.grad(T.sum(states ** 2), given))
rng = numpy.random.RandomState(0)
values = [rng.randn(*shape) for shape in ((4, 3), (2,), (3, 2), (2, 2))]
for value, slope in zip(values, slopes(*values)):
    for at in numpy.ndindex(value.shape):
        ends = []
        for change in (1e-6, -2e-6):
            value[at] += change
            ends.append(float(loss(*values)))
        value[at] += 1e-6
        assert abs((ends[0] - ends[1]) / 2e-6 - slope[at]) < 1e-7
# a shared variable that each step changes, results that are not carried on, and an end
total = T.shared(0.0, "total")
(seen, twice), updates = T.scan(lambda v: [total, v * 2, {total: total + v}, T.until(v > 2)], x)
f = T.function([x], [seen, twice], updates=updates)
assert [found.tolist() for found in f([1, 2, 3, 4])] == [[0, 1, 3], [2, 4, 6]]
assert total.get_value() == 6
# what does not fit
for wrong in (lambda: T.scan(lambda s: s * 1.5, None, 1, n_steps=3),
              lambda: T.scan(lambda v: v, T.dscalar("q")), lambda: T.scan(lambda: k),
              lambda: T.scan(lambda v, s: [s, v], x, [0.0]),
              lambda: T.function([3], x), lambda: T.function([x, x], x), lambda: T.function(x, x),
              lambda: T.function([x], x, updates={x: x}),
              lambda: T.function([x], x, updates=[(total, 1.0), (total, 2.0)]),
              lambda: T.function([x], T.scan(lambda v: v, x, n_steps=9)[0])([1, 2])):
    try:
        wrong()
    except (TypeError, ValueError) as error:
        assert "Fix:" in str(error), error
    else:
        raise AssertionError("no error")
print("done")
"""


def test_the_core_is_read_in_a_day() -> None:
    assert len(FILES) <= 14
    assert sum(path.read_text(encoding="utf-8").count("\n") for path in FILES) <= 3000


@pytest.mark.parametrize(("dtype", "most"), [("float64", 4), ("int64", 5)])
def test_x_times_2_is_a_matter_of_few_files_and_twenty_functions(dtype: str, most: int,
                                                                 monkeypatch: Any) -> None:
    x, seen = TensorType(dtype, ())("x"), set()
    monkeypatch.setattr(mul, "_types", {})

    def note(frame: Any, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(CORE.parent)):
            seen.add((code.co_filename, code.co_qualname))

    sys.setprofile(note)
    try:
        x * 2
    finally:
        sys.setprofile(None)
    assert len({file for file, _ in seen}) <= most and len(seen) <= 20


def run(*parts: str) -> str:
    program = "\n".join([ALONE, *parts])
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_walkthrough_runs_with_every_other_room_blocked() -> None:
    assert run(WALKTHROUGH, LOGISTIC).strip() == "done"


def test_loops_run_and_are_differentiated_with_every_other_room_blocked() -> None:
    assert run(LOOPS).strip() == "done"


def test_an_error_names_the_line_with_every_other_room_blocked() -> None:
    program = """\
x = T.dvector("x")
for wrong in (lambda: T.function([x], x.sum() * 2)([[1.0]]), lambda: T.grad(x, x),
              lambda: T.function([], x), lambda: bool(x), lambda: T.function([x], x[7])([1.0])):
    try:
        wrong()
    except Exception as error:
        assert type(error).__module__ == "tutor.core.errors" and "Fix:" in str(error) or \\
            "written at" in str(error), error
    else:
        raise AssertionError("no error")"""
    run(program)


def test_each_seam_is_set_where_the_table_of_seams_says() -> None:
    told = dict(re.findall(r"^    (\w+) .*  (\S+\.py)$", Seams.__doc__ or "", re.MULTILINE))
    assert {"passes", *told} == {"scopes", *Seams.__annotations__}
    for seam, place in told.items():
        text = (ROOT / "tutor" / place).read_text(encoding="utf-8")
        assert re.search(rf"seams\.{seam}\b.* = ", text), (seam, place)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_the_core_imports_numpy_and_the_core_alone(path: Path) -> None:
    source = path.read_text(encoding="utf-8")  # without what only editors and type checkers read
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else \
            [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            top = name.partition(".")[0]
            inside = top == "tutor" and name.startswith("tutor.core")
            assert inside or top == "numpy" or top in sys.stdlib_module_names, name
