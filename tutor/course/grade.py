"""Grades, in a process of their own: what learners kept in `progress.json` is checked once more.

    python -m tutor.course.grade class/*/progress.json

For each file and exercise a line says `right`, `wrong` or `missing`, after tabs, and why. What a
file says is solved counts for nothing: the answers are read and judged anew, by the key of this
installation, and nothing that a learner wrote runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tutor.course.exercises import EXERCISES
from tutor.course.grading.asking import Judges
from tutor.course.grading.marks import of_progress
from tutor.course.grading.running import Running
from tutor.course.grading.sandbox import Limits


def graded(path: Path) -> Iterator[tuple[str, str, str]]:
    """Each exercise, the grade of the answer that a file keeps, and what is wrong with it."""
    with Judges(Running()) as judges:
        verdicts, _ = judges.judge(of_progress(path), [*EXERCISES], Limits().judging)
    for name, (grade, why) in verdicts.items():
        yield name, grade, why


def main(argv: Sequence[str] | None = None) -> int:
    """Print the grades of the files that are named, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tutor.course.grade", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="progress.json")
    for path in parser.parse_args(argv).files:
        if not path.is_file():
            print(f"{path} is not there.", file=sys.stderr)
            return 1
        for name, grade, why in graded(path):
            print(path, name, grade, why, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
