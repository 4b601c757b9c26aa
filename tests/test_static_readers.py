"""What editors and type checkers see: all that is there, with its type, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import jedi
import pytest

import tutor
import tutor.tensor as T
from tests.stubs import STUBS
from tests.test_public_names import LISTED

ROOT = Path(__file__).resolve().parents[1]
HEAD = """import tutor
import tutor.tensor as T
x = T.dscalar("x")
X = T.dmatrix("X")
w = tutor.shared(0.0, "w")
"""
EXPRESSIONS = {
    "x": "Variable", "x * 2": "Variable", "2 / x": "Variable", "x > 0": "Variable",
    "-x ** 2": "Variable", "X.T": "Variable", "X[0, :]": "Variable", "X.shape[0]": "Variable",
    "X.sum(axis=0)": "Variable", "X @ X": "Variable", "x.exp()": "Variable",
    "X.reshape((2, 3))": "Variable", "x.astype('int32')": "Variable", "w + x": "Variable",
    "w": "SharedVariable", "T.exp(x)": "Variable", "T.dot(X, X)": "Variable",
    "T.mean(X)": "Variable", "T.switch(x > 0, x, -x)": "Variable",
    "T.concatenate([X, X])": "Variable", "T.nnet.sigmoid(X)": "Variable",
    "T.grad(x ** 2, x)": "Variable", "T.grad(x * w, [x, w])": "Sequence[Variable]",
    "T.jacobian(X[0], X)": "Variable", "T.dscalars('a', 'b')": "list[Variable]",
    "T.constant(2.5)": "Constant", "tutor.function([x], x * 2)": "Function",
    "tutor.live.Descent": "type[Descent]", "tutor.show(x, wrt=x)": "Shown",
    "tutor.show.bundle(x)": "dict[str, Any]", "tutor.tree.pp(x)": "str",
    "tutor.scope('a')": "scope",
}  # fmt: skip
WRONG = "tutor.notthere\nT.notthere\nT.tanh(1, 2)\n"


@pytest.mark.parametrize("path", STUBS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_stub_lists_the_names_there_are(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == STUBS[path](), "write it: python -m tests.stubs"


def test_pyright_knows_ordinary_expressions_all_names_and_what_is_wrong(
    tmp_path: Path,
) -> None:
    file = tmp_path / "learner.py"
    lines = [f"reveal_type({text})\n" for text in EXPRESSIONS] + [f"T.{n}\n" for n in T.__all__]
    file.write_text(HEAD + "".join(lines) + WRONG, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, file],
        capture_output=True, text=True, cwd=ROOT)  # fmt: skip
    if not done.stdout.startswith("{"):
        pytest.skip("pyright is not to be had: it fetches itself when it first runs")
    found = json.loads(done.stdout)["generalDiagnostics"]
    told = [d["message"] for d in found if d["severity"] == "information"]
    assert told == [f'Type of "{text}" is "{kind}"'
                    for text, kind in EXPRESSIONS.items()]
    errors = [(d["rule"], d["message"]) for d in found if d["severity"] == "error"]
    assert [rule for rule, _ in errors] == ["reportAttributeAccessIssue"] * 2 + ["reportCallIssue"]
    assert all("notthere" in message for _, message in errors[:2])
    assert "1 positional argument" in errors[2][1]


def written(place: str) -> str:
    """What is written to see the names of a place of the list of public names."""
    module, _, name = place.partition(":")
    return f"import {module}\n{module}.{name}." if name else f"import {module}\n{module}."


@pytest.mark.parametrize(("code", "names"), [
    *((written(place), names) for place, names in LISTED.items()
      if not place.startswith(("theano", "tutor.config"))),
    ("T.", T.__all__),
    ("x.", [n for n in dir(T.dscalar("x")) if n[0] != "_"]),
    ("(x * 2).", [n for n in dir(T.dscalar("x") * 2) if n[0] != "_"]),
    ("T.grad(x ** 2, x).", [n for n in dir(T.dscalar("x")) if n[0] != "_"]),
    ("T.grad(x * w, [x, w])[0].", [n for n in dir(T.dscalar("x")) if n[0] != "_"]),
    ("T.dscalars('a', 'b')[0].", [n for n in dir(T.dscalar("x")) if n[0] != "_"]),
    ("w.", [n for n in dir(tutor.shared(0.0)) if n[0] != "_"]),
    ("tutor.function([x], x).", [n for n in dir(tutor.Function) if n[0] != "_"]),
])  # fmt: skip
def test_jedi_completes_every_public_name(code: str, names: list[str]) -> None:
    completed = {c.name for c in jedi.Script(HEAD + code).complete()}
    assert set(names) <= completed
