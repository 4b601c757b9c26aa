"""Marks: what each learner handed in is run, then judged, several learners at a time."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tutor.course.exercises import EXERCISES
from tutor.course.grading.asking import Judges
from tutor.course.grading.collect import Submission
from tutor.course.grading.judge import Verdict, said
from tutor.course.grading.running import StoppedError
from tutor.course.grading.sandbox import ANSWERS, Ran, Sandbox, folder_for


class Mark(NamedTuple):
    """What a learner, by the name that is shown, gets: verdicts by exercise, and remarks."""

    learner: str
    verdicts: dict[str, Verdict]
    remarks: list[str]

    @property
    def points(self) -> int:
        """The points of the exercises that are right."""
        return sum(EXERCISES[name].points for name, one in self.verdicts.items()
                   if one.grade == "right")


Tell = Callable[[str, str, float], None]
ALTOGETHER = 5  # times the seconds of a notebook: what all of a learner's may take


def mark(submission: Submission, sandbox: Sandbox, judges: Judges, names: Sequence[str],
         ran_one: Tell) -> Mark:
    """The mark of one learner; files of progress come first, then notebooks by name. Each notebook
    is told when it ran: its learner, its name, seconds."""
    lines = b"".join(map(of_progress, submission.progress))
    remarks, left = [*submission.left], sandbox.limits.seconds * ALTOGETHER
    for notebook in submission.notebooks:
        begun = time.monotonic()
        ran = Ran(b"", "It did not run: those before it took too long.")
        if left > 0:
            ran = in_a_copy(submission, notebook, sandbox)
        seconds = time.monotonic() - begun
        left -= seconds
        ran_one(submission.shown, notebook.name, seconds)
        heading = {"notebook": notebook.name} if len(submission.notebooks) > 1 else {}
        lines += b"\n" + json.dumps(heading).encode() + b"\n" + ran.answers
        remarks += [f"{said(notebook.name)}: {ran.ended}{at(ran.answers)}"] if ran.ended else []
    verdicts, told = judges.judge(lines, names, sandbox.limits.judging,
                                  submission.learner if sandbox.limits.variants else "")
    return Mark(submission.shown, verdicts, [*remarks, *told])


def at(answers: bytes) -> str:
    """The cell that a notebook said last that it begins.

    >>> at(b'{"cell": 1}\\n{"cell": 2}\\n')
    ' It was in cell 2.'
    """
    begun = re.findall(rb'^\{"cell": (\d{1,6})\}$', answers, re.MULTILINE)
    return f" It was in cell {int(begun[-1])}." if begun else ""


def in_a_copy(submission: Submission, notebook: Path, sandbox: Sandbox) -> Ran:
    """What becomes of a notebook in a folder of its own; one that cannot be copied is told."""
    with folder_for(sandbox.scratch) as folder:
        try:
            name_inside = working_copy(submission, notebook, folder)
        except OSError as problem:  # a file that is closed, a disk that is full: others go on
            return Ran(b"", f"It could not be run: {problem.strerror}.")
        return sandbox.ran(folder, name_inside)


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
          tell: Callable[[Mark], None], ran_one: Tell) -> list[Mark]:
    """The marks of a class, `jobs` learners at a time; each is told when it is done.

    Where it is interrupted, all that runs is ended, and the marks that were done are returned.
    """
    found: dict[str, Mark] = {}

    def one(submission: Submission) -> None:
        try:
            done = mark(submission, sandbox, judges, names, ran_one)
        except StoppedError:
            return
        except OSError as problem:  # a disk that is full: the others go on
            missing = dict.fromkeys(names, Verdict("missing"))
            done = Mark(submission.shown, missing, [f"It could not be run: {problem.strerror}"])
        found[done.learner] = done
        tell(done)

    with Judges(sandbox.running) as judges, ThreadPoolExecutor(jobs) as pool:
        try:
            for future in [pool.submit(one, each) for each in submissions]:
                future.result()
        except KeyboardInterrupt:
            sandbox.running.stop()
            pool.shutdown(cancel_futures=True)
    return [found[each.shown] for each in submissions if each.shown in found]
