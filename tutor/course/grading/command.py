"""`tutor grade`: its grammar, and what it prints while a class is graded."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tutor.core.errors import BadValueError, plural
from tutor.course.copies import writing
from tutor.course.exercises import EXERCISES, by_notebook
from tutor.course.grading.archive import unpacked
from tutor.course.grading.collect import Submission, collect, meant
from tutor.course.grading.marks import Mark, marks
from tutor.course.grading.names import named
from tutor.course.grading.report import page, shown, values
from tutor.course.grading.sandbox import Limits, Sandbox, processors
from tutor.pictures.atomic import write_whole

STOPPED = 130  # the exit status of what was interrupted
EXAMPLES = ("tutor grade class/                    # a column for each exercise that was answered",
            "tutor grade class/ --exercises 05 07  # out of the exercises of notebooks 05 and 07",
            "tutor grade class/ --exercises 05-1 --out marks/")


def add(command: argparse.ArgumentParser) -> None:
    """Build the grammar of `tutor grade`."""
    whole, usual = positive(int), Limits()
    command.add_argument("folder", type=Path, metavar="FOLDER", help="what the class handed in")
    command.add_argument("--exercises", nargs="+", metavar="NAME", default=[],
                         help="exercises (05-1) or notebooks (05) that are asked for")
    command.add_argument("--out", type=Path, default=Path(), metavar="DIR",
                         help="where grades.csv and grades.html go (default: this folder)")
    command.add_argument("--seconds", type=positive(float), default=usual.seconds, metavar="N",
                         help="for a notebook (default: %(default)g)")
    command.add_argument("--memory", type=whole, default=usual.memory >> 20, metavar="MB",
                         help="for a notebook (default: %(default)s)")
    command.add_argument("--jobs", type=whole, default=len(processors()), metavar="N",
                         help="learners at a time (default: one a processor)")
    command.add_argument("--variants", action="store_true",
                         help="by the numbers of each learner, drawn from the name handed in")


def positive(kind: type[int] | type[float]) -> Any:
    """A reader of numbers greater than 0."""
    def number(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(0)
        if not 0 < value < 1e6:
            raise argparse.ArgumentTypeError(f"{text!r} is no number between 0 and a million.")
        return value
    return number


def chosen(asked: Sequence[str]) -> list[str]:
    """The exercises that are meant by names of exercises and of notebooks.

    >>> chosen(["05", "07-1"])[-2:]
    ['05-3', '07-1']
    """
    books, found = by_notebook(), []
    for word in asked:
        names = [word] if word in EXERCISES else books.get(word) or books.get(word.zfill(2))
        if names is None:
            raise BadValueError(
                f"there is no exercise and no notebook {word!r}.",
                fix=f"Choose of {', '.join(sorted(books))}, or an exercise such as 05-1.")
        found += names
    return [*dict.fromkeys(found)]


def grade(args: argparse.Namespace) -> int:
    """Grade the notebooks of a class.

    FOLDER holds a folder of each learner, or a notebook of each; a zip file of it, such as Moodle
    gives, is unpacked first. Every notebook runs in a process of its own, with limits; what it
    passes to check("05-1", answer) leaves it as data and is judged in another process, where its
    code never ran. The last answer to an exercise counts, and what a notebook says about itself
    counts for nothing. A progress.json in a learner's folder is judged too, where no notebook
    answers.
    """
    names = chosen(args.exercises) or [*EXERCISES]
    with unpacked(args.folder) as folder:
        return graded(args, folder, names)


def graded(args: argparse.Namespace, folder: Path, names: Sequence[str]) -> int:
    """Grade what lies in a folder, and write the marks."""
    asked = {name.partition("-")[0] for name in names}
    submissions = [meant(one, by_notebook(), asked) for one in collect(folder)]
    with writing(f"marks cannot be written to {args.out}", "Name a folder of your own with --out."):
        args.out.mkdir(parents=True, exist_ok=True)
    try:
        found, unheld, stopped = ran(args, submissions, names)
    except KeyboardInterrupt:
        found = []
    if not found:
        print("It was stopped before anybody was graded.", file=sys.stderr)
        return STOPPED
    columns = shown(found, bool(args.exercises))
    written = {"grades.csv": values(found, columns),
               "grades.html": page(found, columns, bool(args.exercises), unheld)}
    for file, text in written.items():
        write_whole(args.out / file, text.encode("utf-8", "backslashreplace"))
    left = f" of {len(submissions)}: it was stopped" if stopped else ""
    print(f"{plural(len(found), 'learner')}{left}: {args.out / 'grades.csv'}, "
          f"{args.out / 'grades.html'}")
    return STOPPED if stopped else 0


def ran(args: argparse.Namespace, submissions: Sequence[Submission], names: Sequence[str]
        ) -> tuple[list[Mark], list[str], bool]:
    """The marks of a class, what was not held on this machine, and whether it was stopped."""
    limits = Limits(args.seconds, args.memory << 20, variants=args.variants)
    with tempfile.TemporaryDirectory(prefix="tutor-grade-", ignore_cleanup_errors=True) as name:
        sandbox = Sandbox(Path(name).resolve(), limits)
        for words in sandbox.open:
            print(f"Not held on this machine: {words}.")
        if sandbox.open:
            print("On Linux, installing bubblewrap (`apt install bubblewrap`) holds it.")
        found = marks(submissions, sandbox, names, args.jobs, tell, Count(submissions))
        return found, sandbox.open, sandbox.running.stopped


def tell(one: Mark) -> None:
    """Print a learner's points."""
    print(f"{one.points:4d}  {one.learner}", flush=True)


class Count:
    """Says on standard error which notebooks ran, and how many of how many."""

    def __init__(self, submissions: Sequence[Submission]) -> None:
        self.all, self.done = sum(len(one.notebooks) for one in submissions), 0

    def __call__(self, learner: str, notebook: str, seconds: float) -> None:
        self.done += 1
        print(f"{self.done:4d} of {self.all}: {learner}, {named(notebook)} ran for "
              f"{seconds:.1f} s", file=sys.stderr, flush=True)
