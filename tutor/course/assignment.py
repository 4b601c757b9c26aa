"""nbgrader's source notebooks, made from the course: solutions, points, locked tests, outputs kept.

Each cell that asks `check("05-1", answer)` gets the solution of the key, which nbgrader takes out
of what learners get, and a locked cell after it that gives the points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tutor.core.errors import BadValueError
from tutor.course.checks import key_of
from tutor.course.copies import chosen, writing
from tutor.course.editions import read, text_of
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
    found = [course / name for name in chosen(course, names)]
    for path in found:
        if (out / path.name).exists():
            raise BadValueError(f"{out / path.name} is there already.",
                                fix="Name another folder, or move it away.")
    made = {path.name: source_of(path, variants) for path in found}
    with writing(f"{out} cannot be written", "Name a folder of your own."):
        out.mkdir(parents=True, exist_ok=True)
        for name, (text, _) in made.items():
            (out / name).write_text(text, encoding="utf-8", newline="\n")
    for name, (_, points) in made.items():
        yield name, points


def source_of(path: Path, variants: bool = False) -> tuple[str, int]:
    """The text of nbgrader's source of a notebook, and its points."""
    notebook = read(path)
    cells, points = [code_cell("who-learns", WHO)] if variants else [], 0
    for cell in notebook.cells:
        cells.append(cell)
        if (name := asked(cell)) is not None:
            cells.append(graded(cell, EXERCISES[name]))
            points += EXERCISES[name].points
    if not points:
        raise BadValueError(f"{path.name} has no exercises in it.",
                            fix="Name notebooks that have some: see tutor.course.progress().")
    notebook.cells = cells
    return text_of(notebook), points


def asked(cell: NotebookNode) -> str | None:
    """The exercise that a cell leaves open, if it does."""
    found = ASKS.search(cell.source) if cell.cell_type == "code" and OPEN in cell.source else None
    return found[1] if found and found[1] in EXERCISES else None


def graded(cell: NotebookNode, exercise: Exercise) -> NotebookNode:
    """The locked cell that tests another one, which gets its solution."""
    name = exercise.name
    cell.source = cell.source.replace(OPEN, SOLUTION.format(solution_of(name)), 1)
    cell.outputs, cell.execution_count = [], None
    cell.metadata.nbgrader = marked(f"answer-{name}", solution=True)
    return code_cell(f"test-{name}", TEST.format(name), nbgrader={
        **marked(f"test-{name}", solution=False), "points": exercise.points})


def solution_of(name: str) -> str:
    """The solution of an exercise, or the error that this copy has no key."""
    key = key_of(EXERCISES[name])
    if key is None:
        raise BadValueError("this copy of the course has no key.",
                            fix="Install the course as it was published.")
    return key.solution


def code_cell(id_: str, source: str, **metadata: Any) -> NotebookNode:
    """A cell of code that was not run."""
    new: Any = new_code_cell
    return new(source, id=id_, metadata=metadata)


def marked(name: str, solution: bool) -> dict[str, Any]:
    """What nbgrader has to know of a cell, by the third version of its schema."""
    return {"schema_version": 3, "grade_id": name, "solution": solution, "grade": not solution,
            "locked": not solution, "task": False}
