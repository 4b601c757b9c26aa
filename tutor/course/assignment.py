"""nbgrader's source notebooks, made from the course: solutions, points, locked tests, outputs kept.

Each cell that asks `check("05-1", answer)` gets the solution of the key, which nbgrader takes out
of what learners get, and a locked cell after it that gives the points.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tutor.core.errors import BadValueError
from tutor.course.checks import key_of
from tutor.course.exercises import EXERCISES, Exercise
from tutor.course.record import OPEN

ASKS = re.compile(r'\bcheck\("([^"]+)", *answer\)')
SOLUTION = f"{OPEN}\n### BEGIN SOLUTION\n{{}}\n### END SOLUTION"
WHO = """\
from tutor.course import learner
learner()  # on a hub; elsewhere learner("ada"), as what you hand in is called"""
TEST = 'from tutor.course import require\nrequire("{}", answer)'


def assignment(course: Path, names: Sequence[str], out: Path, variants: bool = False
               ) -> Iterator[tuple[str, int]]:
    """Write the source notebooks of an assignment into a folder; give name and points of each. With
    `variants` they begin with a cell that asks who learns.

    `names` are notebooks by number or by file (`05`, `05-grad.ipynb`). What is there is not written
    over: a notebook that is no such one, or is there already, is a `BadValueError`, and nothing is
    written.
    """
    found = [one_of(course, name) for name in dict.fromkeys(names)]
    for path in found:
        if (out / path.name).exists():
            raise BadValueError(f"{out / path.name} is there already.",
                                fix="Name another folder, or move it away.")
    made = {path.name: source_of(path, variants) for path in found}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, (text, _) in made.items():
            (out / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:
        raise BadValueError(f"{out} cannot be written: {problem.strerror}.",
                            fix="Name a folder of your own.") from None
    for name, (_, points) in made.items():
        yield name, points


def one_of(course: Path, name: str) -> Path:
    """The notebook of the course that a number or a name means."""
    books = sorted(course.glob("*.ipynb"))
    for path in books:
        if name in (path.name, path.stem) or path.name.split("-")[0] in (name, name.zfill(2)):
            return path
    numbers = ", ".join(path.name.split("-")[0] for path in books)
    raise BadValueError(f"there is no notebook {name!r}.", fix=f"Choose of {numbers}.")


def source_of(path: Path, variants: bool = False) -> tuple[str, int]:
    """The text of nbgrader's source of a notebook, and its points."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells, points = [code_cell("who-learns", WHO)] if variants else [], 0
    for cell in notebook["cells"]:
        name = asked(cell)
        if name is None:
            cells.append(cell)
            continue
        cells += graded_cells(cell, EXERCISES[name])
        points += EXERCISES[name].points
    if not points:
        raise BadValueError(f"{path.name} has no exercises in it.",
                            fix="Name notebooks that have some: see tutor.course.progress().")
    text = json.dumps({**notebook, "cells": cells}, indent=1, ensure_ascii=False)
    return f"{text}\n", points


def asked(cell: dict[str, Any]) -> str | None:
    """The exercise that a cell leaves open, if it does."""
    source = "".join(cell["source"])
    found = ASKS.search(source) if cell["cell_type"] == "code" and OPEN in source else None
    return found[1] if found and found[1] in EXERCISES else None


def graded_cells(cell: dict[str, Any], exercise: Exercise) -> list[dict[str, Any]]:
    """The cell with its solution, and the locked cell that tests it."""
    name = exercise.name
    source = "".join(cell["source"]).replace(OPEN, SOLUTION.format(solution_of(name)), 1)
    answer = {**cell, "source": source.splitlines(keepends=True), "outputs": [],
              "execution_count": None,
              "metadata": {**cell["metadata"], "nbgrader": marked(f"answer-{name}", solution=True)}}
    test = code_cell(f"test-{name}", TEST.format(name), nbgrader={
        **marked(f"test-{name}", solution=False), "points": exercise.points})
    return [answer, test]


def solution_of(name: str) -> str:
    """The solution of an exercise, or the error that this copy has no key."""
    key = key_of(EXERCISES[name])
    if key is None:
        raise BadValueError("this copy of the course has no key.",
                            fix="Install the course as it was published.")
    return key.solution


def code_cell(id_: str, source: str, **metadata: Any) -> dict[str, Any]:
    """A cell of code that was not run."""
    return {"cell_type": "code", "id": id_, "execution_count": None, "outputs": [],
            "source": source.splitlines(keepends=True), "metadata": metadata}


def marked(name: str, solution: bool) -> dict[str, Any]:
    """What nbgrader has to know of a cell, by the third version of its schema."""
    return {"schema_version": 3, "grade_id": name, "solution": solution, "grade": not solution,
            "locked": not solution, "task": False}
