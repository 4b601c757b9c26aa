"""The solved twin of the course: its notebooks with the solution in each exercise.

    python -m tutor.course.twin OUT [NOTEBOOK …]      # notebooks by number; all, without one

It is written into a folder of its own, apart from what learners work in. Each of its cells runs, in
order, and every exercise says that it is right.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tutor.core.errors import BadValueError
from tutor.course.assignment import asked, one_of, solution_of
from tutor.course.editions import COURSE
from tutor.course.record import OPEN


def solved(path: Path) -> dict[str, Any]:
    """The notebook of a file with the solutions of its exercises, and without outputs."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        cell.update(outputs=[], execution_count=None)
        if (name := asked(cell)) is not None:
            source = "".join(cell["source"]).replace(OPEN, solution_of(name), 1)
            cell["source"] = source.splitlines(keepends=True)
    return notebook


def twin(course: Path, out: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write solved notebooks into a folder, and return their files; what is there is replaced."""
    chosen = [one_of(course, name) for name in names] or sorted(course.glob("[0-9][0-9]-*.ipynb"))
    if out.resolve() == course.resolve():
        raise BadValueError(f"{out} is the course itself.", fix="Name a folder of its own.")
    out.mkdir(parents=True, exist_ok=True)
    for path in chosen:
        text = json.dumps(solved(path), indent=1, ensure_ascii=False)
        (out / path.name).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return [out / path.name for path in chosen]


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
