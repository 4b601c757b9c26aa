"""The solved twin of the course: its notebooks with the solution in each exercise.

    python -m tutor.course.twin OUT [NOTEBOOK …]      # notebooks by number; all, without one

It is written into a folder of its own, apart from what learners work in. Each of its cells runs, in
order, and every exercise says that it is right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode

from tutor.core.errors import BadValueError
from tutor.course.assignment import asked, solution_of
from tutor.course.copies import chosen
from tutor.course.editions import COURSE, read, write
from tutor.course.record import OPEN


def solved(path: Path) -> NotebookNode:
    """The notebook of a file with the solutions of its exercises, and without outputs."""
    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if (name := asked(cell)) is not None:
            cell.source = cell.source.replace(OPEN, solution_of(name), 1)
        cell.update(outputs=[], execution_count=None)
    return notebook


def twin(course: Path, out: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write solved notebooks into a folder, and return their files; what is there is replaced."""
    found = [course / name for name in chosen(course, names)] or sorted(
        course.glob("[0-9][0-9]-*.ipynb"))
    if out.resolve() == course.resolve():
        raise BadValueError(f"{out} is the course itself.", fix="Name a folder of its own.")
    out.mkdir(parents=True, exist_ok=True)
    for path in found:
        write(solved(path), out / path.name)
    return [out / path.name for path in found]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the twin, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tutor.course.twin", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK")
    args = parser.parse_args(argv)
    course = next(folder for folder in COURSE if folder.is_dir())
    for path in twin(course, args.out, args.notebooks):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
