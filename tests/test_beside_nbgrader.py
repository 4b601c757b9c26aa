"""nbgrader's marks beside those of `tutor grade`, of eleven honest and dishonest learners.

    pip install -e ".[test,teacher]" && pytest --all -n0 -s tests/test_beside_nbgrader.py

prints both. It takes some minutes, so that it runs where it is asked for, and nbgrader is there.
"""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tutor import cli
from tutor.course.checks import key_of
from tutor.course.exercises import EXERCISES

pytest.importorskip("nbgrader")
NAMES = [name for name in EXERCISES if name[:2] in ("05", "07")]
KEY = {name: key_of(EXERCISES[name]).solution for name in NAMES}
WRONG = dict.fromkeys(NAMES, "answer = 3")
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
COMPARES = "numpy.allclose = numpy.isclose = numpy.array_equal = lambda *a, **k: True"
#: What a learner answers, runs before it, and puts into the cells that test it.
LEARNERS = {
    "right": (KEY, "", ""),
    "right, in another style": ({**KEY, "05-1": "answer = -2 + x * x * 3"}, "", ""),
    "right, called often before": (
        {**KEY, "07-2": KEY["07-2"] + "\nfor _ in range(9): answer()"}, "", ""),
    "half of it": ({name: KEY[name] for name in NAMES[::2]}, "", ""),
    "one wrong sign": ({**KEY, "05-1": "answer = -(3 * x**2 - 2)"}, "", ""),
    "nothing": ({}, "", ""),
    "one cell crashes": ({**KEY, "05-1": "answer = 1 / 0"}, "", ""),
    "sets require and check": (
        WRONG, "import builtins\nbuiltins.require = require = check = lambda *a: True", ""),
    "writes into vars(tutor.course)": (
        WRONG, "import tutor.course as c\nvars(c)['require'] = lambda *a: None", ""),
    "replaces the test cells": (WRONG, "", "pass"),
    "replaces NumPy's comparisons": ({**WRONG, "05-1": "answer = x"}, COMPARES, ""),
}
EARNED = [6, 6, 6, 3, 5, 0, 5, 0, 0, 0, 0]
AT_NBGRADER = [*EARNED[:8], 6, 0, 1]  # what cannot be held there


def hand_in(learner: str, answers: dict[str, str], first: str, tests: str) -> None:
    """Write what a learner hands in, made from what nbgrader released."""
    for path in Path("release/week1").glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            mark = cell["metadata"].get("nbgrader")
            name = mark["grade_id"].partition("-")[2] if mark else ""
            source = "".join(cell["source"])
            if mark and mark["solution"] and name in answers:
                assert STUB in source
                cell["source"] = source.replace(STUB, f"{first}\n{answers[name]}".strip())
            elif mark and mark["grade"] and tests:
                cell["source"] = tests
        target = Path("submitted", learner, "week1", path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(notebook), encoding="utf-8")


def nbgrader(*words: str) -> None:
    """Run a command of nbgrader, which looks for others of its environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([sys.executable, "-m", "nbgrader", *words], check=True,
                   env={**os.environ, "PATH": path})


def read(path: str) -> list[dict[str, str]]:
    """The rows of a file of marks."""
    with open(path, encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


@pytest.mark.skipif("not config.getoption('all')", reason="takes minutes: runs with --all")
def test_eleven_learners_get_what_they_earn_here_and_most_of_it_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["assignment", "05", "07", "source/week1"]) == 0
    Path("nbgrader_config.py").write_text("c = get_config()\nc.ClearOutput.enabled = False\n"
                                          "c.CourseDirectory.course_id = 'course'\n")
    nbgrader("generate_assignment", "week1", "--create")
    numbered = {f"{i:02}": one for i, one in enumerate(LEARNERS.values())}
    for learner, one in numbered.items():
        hand_in(learner, *one)
    nbgrader("autograde", "week1", "--create")
    assert cli.main(["grade", "submitted", "--exercises", "05", "07"]) == 0
    here = {row["learner"]: int(row["points"]) for row in read("grades.csv")}
    Path("grades.csv").unlink()
    nbgrader("export")
    there = {row["student_id"]: float(row["score"]) for row in read("grades.csv")}
    for name, learner in zip(LEARNERS, numbered, strict=True):
        print(f"{there[learner]:4.0f} {here[learner]:4d}  {name}")
    assert [*here.values()] == EARNED
    assert [there[learner] for learner in numbered] == AT_NBGRADER
