"""Marks: what each learner handed in is run, then judged, several learners at a time."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tutor.course.exercises import EXERCISES
from tutor.course.grading.collect import Submission
from tutor.course.grading.judge import Verdict, judge
from tutor.course.grading.sandbox import ANSWERS, Sandbox


class Mark(NamedTuple):
    """What a learner gets: a verdict for each exercise, and remarks."""

    learner: str
    verdicts: dict[str, Verdict]
    remarks: list[str]

    @property
    def points(self) -> int:
        """The points of the exercises that are right."""
        return sum(EXERCISES[name].points for name, one in self.verdicts.items()
                   if one.grade == "right")


def mark(submission: Submission, sandbox: Sandbox, names: Sequence[str]) -> Mark:
    """The mark of one learner; files of progress come first, then notebooks by name."""
    lines = b"".join(map(of_progress, submission.progress))
    remarks = [*submission.left]
    for notebook in submission.notebooks:
        with tempfile.TemporaryDirectory(dir=sandbox.scratch, ignore_cleanup_errors=True) as name:
            folder = Path(name).resolve()
            name_inside = working_copy(submission, notebook, folder)
            ran = sandbox.ran(folder, name_inside)
        lines += b"\n" + ran.answers
        remarks += [f"{notebook.name}: {ran.ended}"] if ran.ended else []
    verdicts, told = judge(lines, names, sandbox.limits.judging)
    return Mark(submission.learner, verdicts, [*remarks, *told])


def working_copy(submission: Submission, notebook: Path, folder: Path) -> str:
    """Copy a notebook and the data that its learner handed in; return its name there."""
    for path in [notebook, *submission.data]:
        target = folder / path.relative_to(submission.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target, follow_symlinks=False)
    return str(notebook.relative_to(submission.folder))


def of_progress(path: Path) -> bytes:
    """The answers that a file of progress keeps, a line each; none where it is no such file."""
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read(ANSWERS))["exercises"]
        rows = [{"name": name, "answer": row["answer"]} for name, row in found.items()]
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return b'{"unread": "a file of progress"}\n'


def marks(submissions: Sequence[Submission], sandbox: Sandbox, names: Sequence[str], jobs: int,
          tell: Callable[[Mark], None]) -> list[Mark]:
    """The marks of a class, `jobs` learners at a time; each is told when it is done."""
    def one(submission: Submission) -> Mark:
        try:
            found = mark(submission, sandbox, names)
        except OSError as problem:  # a disk that is full: the others go on
            missing = dict.fromkeys(names, Verdict("missing"))
            found = Mark(submission.learner, missing, [f"It could not be run: {problem.strerror}"])
        tell(found)
        return found

    with ThreadPoolExecutor(jobs) as pool:
        return [*pool.map(one, submissions)]


def processors() -> int:
    """How many learners run at a time, unless it is said."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
