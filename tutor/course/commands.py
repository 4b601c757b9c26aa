"""The commands around a learner's copy: update, reset, doctor, progress.

The `tutor` command hangs them in with the folders it knows.
"""

from __future__ import annotations

import argparse
import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tutor.core.errors import BadValueError
from tutor.course import copies, record
from tutor.course.checks import printable
from tutor.course.doctor import findings
from tutor.course.exercises import EXERCISES, by_notebook
from tutor.course.site.pages import Notebook

VERSION = importlib.metadata.version("theano-tutor")
Folders = Callable[[], Path]
WORDS = {
    "new": "", "replaced": "", "kept": "yours, edited; the new one is {}",
    "ran": "its text was as it came; as you left it, it is {}",
    "gone": "the course has it no more; it is {}",
    "left": "yours; the course has it no more"}


def add(made: Callable[..., argparse.ArgumentParser], folder: Any, course: Folders, usual: Folders
        ) -> None:
    """Build the grammars, each begun by `made`; `course` gives the installed notebooks, `usual` the
    usual copy."""
    examples = {update: "tutor update", reset: "tutor reset 08", doctor: "tutor doctor",
                progress: "tutor progress --folder ~/tutor-course"}
    for run, example in examples.items():
        command = made(run.__name__, run, example)
        if run is reset:
            command.add_argument("notebooks", nargs="+", metavar="NOTEBOOK",
                                 help="its number, such as 08")
        command.add_argument("--folder", type=folder, default=argparse.SUPPRESS, metavar="DIR",
                             help="your copy (default: this folder, if it is one, else that of "
                                  "`tutor`)")
        command.set_defaults(course=course, usual=usual)


def copy_of(args: argparse.Namespace) -> Path:
    """The copy that is meant: the one that is named, the current folder, or the usual one."""
    if args.folder is not None:
        return Path(args.folder)
    here = Path.cwd()
    return here if (here / copies.RECORD).is_file() else Path(args.usual())


def existing(args: argparse.Namespace) -> Path:
    """The copy that is meant, or the error that there is none."""
    found = copy_of(args)
    if next(found.glob("*.ipynb"), None) is None:
        raise BadValueError(f"there is no copy of the course in {found}.",
                            fix=f"Make one: tutor copy {found}. Or name yours with --folder.")
    if found.resolve() == args.course().resolve():
        raise BadValueError(f"{found} is the course itself, and no copy of it.",
                            fix="git pull brings what is new there.")
    return found


def update(args: argparse.Namespace) -> int:
    """Bring your copy of the course to the installed version.

    A notebook that is as it came is replaced. One that you edited stays, and the new one is laid
    beside it as NAME.new.ipynb. One that you ran and did not edit is replaced as well; as it was,
    it goes into the folder `earlier`. Nothing that you wrote is written over, and progress.json is
    not touched.
    """
    copy, course = existing(args), args.course()
    with copies.writing(f"{copy} cannot be brought up to date",
                        "Make it writable, or make room; then do it again."):
        done = copies.update(course, copy, VERSION)
    width = max((len(one.name) for one in done), default=0)
    for one in done:
        words = WORDS[one.kind].format(one.beside)
        kind = "replaced" if one.kind == "ran" else one.kind
        print(printable(f"{kind:8}  {one.name:{width}}  {words}".rstrip()))
    print(f"{copy} is up to date with tutor {VERSION}.")
    return 0


def reset(args: argparse.Namespace) -> int:
    """Take a notebook anew, as it came; yours is kept.

    It lies beside it, as NAME.yours.ipynb.
    """
    copy, course = existing(args), args.course()
    for name in copies.chosen(course, args.notebooks):
        with copies.writing(f"{name} cannot be written to {copy}",
                            "Make the folder writable, or make room."):
            kept = copies.reset(course, copy, name, VERSION)
        print(f"{name} is as it came." if kept is None else
              f"{name} is fresh." + (f" Yours is {kept}." if kept else ""))
    print("progress.json stays as it is.")
    return 0


def doctor(args: argparse.Namespace) -> int:
    """Say what this machine lacks for the course, and how to mend it.

    Looked at are Python, packages, the kernel, widgets, a browser, folders, the port, and whether
    your copy is up to date.
    """
    good = True
    for one in findings(args.course(), copy_of(args)):
        good = good and one.good
        print(printable(f"{'✓' if one.good else '✗'} {one.what}"), flush=True)
        if not one.good:
            print(printable(f"    Fix: {one.mend}"))
    print("All is there." if good else "Something is lacking.")
    return 0 if good else 1


def progress(args: argparse.Namespace) -> int:
    """Show which exercises are solved.

    They are those that progress.json in your copy of the course records.
    """
    copy = copy_of(args)
    if not copy.is_dir():
        raise BadValueError(f"there is no folder {copy}.", fix="Name yours with --folder.")
    rows = record.readable(copy / record.FILE)
    if rows is None:
        raise BadValueError(f"{copy / record.FILE} cannot be read: it is no file of progress.",
                            fix="Put a copy of it back, or move it away and begin anew.")
    solved = {name for name, row in rows.items() if row["solved"] is True} & {*EXERCISES}
    titles = {book.number: f"{book.number} {book.title}" for book in
              map(Notebook, args.course().glob("[0-9]*.ipynb"))}
    width = max(map(len, titles.values()), default=0)
    for book, names in by_notebook().items():
        marks = " ".join("✓" if name in solved else "·" for name in names)
        print(printable(f"{titles.get(book, book):{width}}  {marks}"))
    print(f"{len(solved)} of {len(EXERCISES)} exercises solved, by {copy / record.FILE}.")
    return 0
