"""The style holds: ruff and mypy are green, and no file outgrows its reader.

What both tools are asked is in pyproject.toml.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*(ROOT / "tutor").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])
# Those in tests/programs are written as programs for Theano were, with the long functions of those.
OWN = [path for path in FILES if path.parent.name != "programs"]
# The conventions say about 350 and about 30: past these, a file or a function is two of something.
LINES = 400
CORE_LINES = 350
FUNCTION_LINES = 40


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "--output-format=concise", "."], ["mypy", "tutor"]],
    ids=lambda command: str(command[0]),
)
def test_the_checkers_are_green(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    length = path.read_text(encoding="utf-8").count("\n")
    most = CORE_LINES if path.parent.name == "core" else LINES
    assert length <= most, f"{relative(path)} has {length} lines: which two things is it?"


@pytest.mark.parametrize("path", OWN, ids=relative)
def test_a_function_is_short_enough_to_read(path: Path) -> None:
    """Count the lines of code; a docstring, which ought to be there, is not counted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and node.body[1:] else node.body[0]
            length = (node.end_lineno or 0) - first.lineno + 1
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"
