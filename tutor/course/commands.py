"""The commands around a learner's copy: update, reset, doctor, progress; their grammar and words.

The `tutor` command hangs them in with the folders it knows.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tutor.core.errors import BadValueError
from tutor.course import copies, record
from tutor.course.checks import printable
from tutor.course.doctor import findings
from tutor.course.exercises import EXERCISES

VERSION = importlib.metadata.version("theano-tutor")
Folders = Callable[[], Path]
WORDS = {
    "new": "", "replaced": "", "kept": "yours, edited; the new one is {}",
    "ran": "its text was as it came; as you left it, it is {}",
    "gone": "the course has it no more; it is {}",
    "left": "yours; the course has it no more"}
ABOUT = {
    "update": """\
Bring your copy of the course to the installed version.

A notebook that is as it came is replaced. One that you edited stays, and the new one is laid beside
it as NAME.new.ipynb. One that you ran and did not edit is replaced as well; as it was, it goes into
the folder `earlier`. Nothing that you wrote is written over, and progress.json is not touched.""",
    "reset": """\
Take a notebook anew, as it came; yours is kept beside it as NAME.yours.ipynb.""",
    "doctor": """\
Look at what the course needs of this machine, and say how to mend what it lacks: Python, packages,
the kernel, widgets, a browser, folders, the port, and whether your copy is up to date.""",
    "progress": """\
Show which exercises are solved, as progress.json in your copy of the course records them.""",
}
EXAMPLES = {"update": "tutor update", "reset": "tutor reset 08", "doctor": "tutor doctor",
            "progress": "tutor progress --folder ~/tutor-course"}
HELP = {"update": "bring your copy of the course to this version",
        "reset": "take a notebook anew; yours is kept", "doctor": "say what this machine lacks",
        "progress": "show which exercises are solved"}


def add(commands: Any, folder: Any, course: Folders, usual: Folders) -> None:
    """Build the grammars; `course` gives the installed notebooks, `usual` the usual copy."""
    runs = {"update": update, "reset": reset, "doctor": doctor, "progress": progress}
    for name, run in runs.items():
        command = commands.add_parser(
            name, help=HELP[name], description=ABOUT[name], epilog=f"example:  {EXAMPLES[name]}",
            formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == "reset":
            command.add_argument("notebooks", nargs="+", metavar="NOTEBOOK",
                                 help="its number, such as 08")
        command.add_argument("--folder", type=folder, default=argparse.SUPPRESS, metavar="DIR",
                             help="your copy (default: this folder, if it is one, else that of "
                                  "`tutor`)")
        command.set_defaults(run=run, course=course, usual=usual)


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
    """Bring a copy to the installed version, and say what became of each file."""
    copy, course = existing(args), args.course()
    try:
        done = copies.update(course, copy, VERSION)
    except OSError as problem:
        raise BadValueError(f"{copy} cannot be brought up to date: {problem.strerror}.",
                            fix="Make it writable, or make room; then do it again.") from None
    width = max((len(one.name) for one in done), default=0)
    for one in done:
        words = WORDS[one.kind].format(one.beside)
        kind = "replaced" if one.kind == "ran" else one.kind
        print(printable(f"{kind:8}  {one.name:{width}}  {words}".rstrip()))
    print(f"{copy} is up to date with tutor {VERSION}.")
    return 0


def reset(args: argparse.Namespace) -> int:
    """Take notebooks anew, and say where the old ones are."""
    copy, course = existing(args), args.course()
    for name in copies.chosen(course, args.notebooks):
        try:
            kept = copies.reset(course, copy, name, VERSION)
        except OSError as problem:
            raise BadValueError(f"{name} cannot be written to {copy}: {problem.strerror}.",
                                fix="Make the folder writable, or make room.") from None
        print(f"{name} is as it came." if kept is None else
              f"{name} is fresh." + (f" Yours is {kept}." if kept else ""))
    print("progress.json stays as it is.")
    return 0


def doctor(args: argparse.Namespace) -> int:
    """Print what was found, and return 1 where something has to be mended."""
    good = True
    for one in findings(args.course(), copy_of(args)):
        good = good and one.good
        print(printable(f"{'✓' if one.good else '✗'} {one.what}"), flush=True)
        if not one.good:
            print(printable(f"    Fix: {one.mend}"))
    print("All is there." if good else "Something is lacking.")
    return 0 if good else 1


def progress(args: argparse.Namespace) -> int:
    """Print a map of the exercises: a notebook a line, and what is solved."""
    copy = copy_of(args)
    if not copy.is_dir():
        raise BadValueError(f"there is no folder {copy}.", fix="Name yours with --folder.")
    rows = record.readable(copy / record.FILE)
    if rows is None:
        raise BadValueError(f"{copy / record.FILE} cannot be read: it is no file of progress.",
                            fix="Put a copy of it back, or move it away and begin anew.")
    solved = {name for name, row in rows.items() if row["solved"] is True} & {*EXERCISES}
    titles = title_of(args.course())
    books = dict.fromkeys(name.split("-")[0] for name in EXERCISES)
    width = max(len(titles.get(book, book)) for book in books)
    for book in books:
        names = [name for name in EXERCISES if name.split("-")[0] == book]
        marks = " ".join("✓" if name in solved else "·" for name in names)
        print(printable(f"{titles.get(book, book):{width}}  {marks}"))
    print(f"{len(solved)} of {len(EXERCISES)} exercises solved, by {copy / record.FILE}.")
    return 0


def title_of(course: Path) -> dict[str, str]:
    """The title of each notebook, by its number: the first line of its first cell."""
    found = {}
    for path in sorted(course.glob("[0-9]*.ipynb")):
        first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
        title = "".join(first["source"]).splitlines()[0].strip("# ").replace("`", "")
        book = path.name.split("-")[0]
        found[book] = title if title.startswith(book) else f"{book} {title}"
    return found
