"""The `tutor` command: it opens the course in JupyterLab.

JupyterLab is loaded only when it is to start. What is opened is a copy, since learners write into
their notebooks, and an upgrade or `git pull` would meet what they wrote.

>>> parser().parse_args(["--port", "9000"]).port
9000
"""

import argparse
import importlib
import importlib.metadata
import importlib.util
import inspect
import os
import shlex
import sqlite3
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tutor.core.errors import BadValueError, TutorError
from tutor.course import commands as around
from tutor.course import copies, site
from tutor.course.grading import command as grading
from tutor.names import installing
from tutor.pictures.atomic import write_whole
from tutor.theano.report import NoSuchModuleError, report, table
from tutor.theano.running import ProgramError, run

PACKAGE = Path(__file__).resolve().parent
FIRST = "00-start-here.ipynb"
OWN_COPY = "tutor-course"
CONNECTION = "tutor.course.prompt.PromptConnection"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv` (default: the process's own) and return its exit status."""
    args = parser().parse_args(argv)
    if args.run is not run_program:  # whose output is the program's
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # no character stops the command
                stream.reconfigure(errors="backslashreplace")
    try:
        return int(args.run(args))
    except (ProgramError, NoSuchModuleError) as error:
        print(error, file=sys.stderr)
        return 1
    except TutorError as error:  # the line it was written at is the command's own
        print(f"{error.what}\n  Fix: {error.fix}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """Build the command's grammar: a new subcommand is one more `add_parser` below."""
    top = argparse.ArgumentParser(
        prog="tutor",
        description="Open the course in JupyterLab.",
        epilog="Without a command, `tutor` opens the course.",
    )
    version = importlib.metadata.version("theano-tutor")
    top.add_argument("--version", action="version", version=f"tutor {version}")
    top.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    top.add_argument("--port", type=port,
                     help="serve on this port (default: 8888 or the next free)")
    top.add_argument("--folder", type=folder, help="open the copy of the course in this folder")
    add_language(top, default=None)
    top.set_defaults(run=open_course)

    made = partial(command, top.add_subparsers(title="commands", metavar="COMMAND"))
    copy = made("copy", copy_course)
    copy.add_argument("folder", type=folder, metavar="DIR", help="made when it is not there")
    add_language(copy, default=argparse.SUPPRESS)
    made("where", print_folder)
    around.add(made, folder, course_folder, usual_copy)
    grading.add(made("grade", grading.grade, *grading.EXAMPLES))
    add_assignment(made("assignment", write_assignment, "tutor assignment 05 07 source/week1"))
    site.add(made("site", site.write), course_folder)
    add_run(made("run", run_program))
    names = made("names", print_names)
    names.add_argument("modules", nargs="*", metavar="MODULE", help="default: the best known")
    names.add_argument("--missing", action="store_true", help="only those that are not here")
    names.add_argument("--differences", action="store_true", help="the README's table of these")
    return top


def command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], *examples: str
            ) -> argparse.ArgumentParser:
    """Begin the grammar of a command: its help is the docstring of what it runs."""
    about = inspect.getdoc(run) or ""
    first = about.splitlines()[0].rstrip(".")
    shown = "\n  ".join(["for example:", *examples]) if examples else None
    found: argparse.ArgumentParser = commands.add_parser(
        name, help=first[0].lower() + first[1:], description=about, epilog=shown,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    found.set_defaults(run=run)
    return found


def add_language(command: argparse.ArgumentParser, default: str | None) -> None:
    """Add the option that picks an edition: a folder of the course, such as `de`."""
    command.add_argument("--language", default=default, metavar="LANGUAGE",
                         help="open an edition in another language: de for German")


def add_assignment(command: argparse.ArgumentParser) -> None:
    """Build the grammar of `tutor assignment`."""
    command.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="its number, such as 05")
    command.add_argument("folder", type=folder, metavar="OUT", help="made when it is not there")
    command.add_argument("--variants", action="store_true",
                         help="let exercises ask each learner with numbers of their own")


def write_assignment(args: argparse.Namespace) -> int:
    """Write nbgrader's source notebooks.

    Each exercise gets its solution, which nbgrader takes out of what learners get, and a locked
    test that gives its points.
    """
    from tutor.course.assignment import assignment  # which needs what JupyterLab brings

    for name, points in assignment(course_folder(), args.notebooks, args.folder,
                                   args.variants):
        print(f"{points:4d} {'point' if points == 1 else 'points'}  {args.folder / name}")
    print("In nbgrader_config.py, `c.ClearOutput.enabled = False` keeps the pictures for learners.")
    return 0


def port(text: str) -> int:
    """Read the number of a port: from 1 to 65535."""
    if not (text.isdecimal() and 0 < int(text) < 2**16):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a port is from 1 to {2**16 - 1}.")
    return int(text)


def folder(text: str) -> Path:
    """Return the folder that is meant, with `~` for the learner's home; it need not be there.

    >>> folder("~/course") == Path.home() / "course"
    True
    """
    try:
        found = Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} names a home that is not there") from error
    if found.exists() and not found.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a file: name a folder")
    return found


def add_run(command: argparse.ArgumentParser) -> None:
    """Build the grammar of `tutor run`: Python's own, and what follows the program is its own."""
    command.usage = "tutor run [--traceback] [-m MODULE | -c CODE | SCRIPT] [ARGUMENT ...]"
    rest = argparse.REMAINDER
    command.add_argument("--traceback", action="store_true", help="show tutor's lines in errors")
    command.add_argument("-m", nargs=rest, metavar="", dest="module", help="run a module")
    command.add_argument("-c", nargs=rest, metavar="", dest="code", help="run Python code")
    command.add_argument("script", nargs=rest, metavar="", help=argparse.SUPPRESS)


def run_program(args: argparse.Namespace) -> int:
    """Run a program written for Theano.

    `import theano` is tutor for it alone.
    """
    kinds = {"module": args.module, "code": args.code, "script": args.script}
    given = [(kind, words) for kind, words in kinds.items() if words]
    if not given:
        raise BadValueError("there is no program to run.", fix="Name one:  tutor run train.py")
    kind, (what, *arguments) = given[0]
    return run(kind, what, arguments, whole=args.traceback)


def print_names(args: argparse.Namespace) -> int:
    """List Theano's names, and which of them are here."""
    print(table() if args.differences else report(args.modules, missing=args.missing))
    return 0


def open_course(args: argparse.Namespace) -> int:
    """Start JupyterLab on the course, in this process, until the learner ends it."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise BadValueError("JupyterLab is not installed here, and the course opens in it.",
                            fix=f"Install it:  {installing('lab')}")
    first = first_notebook(args.language)
    opened = learners_folder(args.folder)
    options = lab_options(opened, args.port, browser=not args.no_browser, first=first)
    quieten_lab()
    trust_course(opened)
    from jupyterlab.labapp import main as serve  # which takes a second to load

    serve(options)
    return 0


def copy_course(args: argparse.Namespace) -> int:
    """Copy the course into a folder of your own.

    What is there already is yours, and stays.
    """
    first_notebook(args.language)
    kept = copy_missing(course_folder(), args.folder)
    print(f"The course is in {args.folder.resolve()}")
    if kept:
        print(f"Kept as they were: {', '.join(kept)}")
    language = f"--language {args.language} " if args.language else ""
    print(f"Open it with:  tutor {language}--folder {shlex.quote(str(args.folder))}")
    return 0


def trust_course(folder: Path) -> None:
    """Let JupyterLab show the pictures the course was saved with: sign what is still as it came.

    Otherwise it strips SVG and mathematics until each cell has been run (nbformat's notary keeps
    the signatures in the learner's own data folder).
    """
    nbformat = importlib.import_module("nbformat")  # whose functions say no types
    notary = importlib.import_module("nbformat.sign").NotebookNotary()
    course = course_folder()
    for original in sorted([*course.glob("*.ipynb"), *course.glob("[a-z][a-z]/*.ipynb")]):
        copy = folder / original.relative_to(course)
        if copy.is_file() and copy.read_bytes() == original.read_bytes():
            try:
                notary.sign(nbformat.read(copy, as_version=4))
            except (OSError, sqlite3.Error) as error:  # a full home: it opens without pictures
                print(f"{copy.name} cannot be marked as trusted: {error}", file=sys.stderr)


def print_folder(args: argparse.Namespace) -> int:
    """Print the folder that holds the course."""
    print(course_folder())
    return 0


def course_folder() -> Path:
    """Return the installed notebooks: beside the package in a checkout, inside it in a wheel."""
    beside, inside = PACKAGE.parent / "notebooks", PACKAGE / "notebooks"
    folder = inside if inside.is_dir() else beside
    if not (folder / FIRST).is_file():
        raise BadValueError(f"this installation carries no notebooks: {folder} has no {FIRST}.",
                            fix="Install it anew:  pip install --force-reinstall theano-tutor")
    return folder


def usual_copy() -> Path:
    """Return the folder of the copy that is opened when none is named."""
    return Path.home() / OWN_COPY


def first_notebook(language: str | None) -> str:
    """Return where the course begins: in the folder of a language, when one is asked for."""
    known = sorted(path.parent.name for path in course_folder().glob(f"[a-z][a-z]/{FIRST}"))
    if language in (None, "en"):
        return FIRST
    if language not in known:
        raise BadValueError(f"there is no course in {language!r}.",
                            fix=f"Choose of {', '.join(['en', *known])}.")
    return f"{language}/{FIRST}"


def learners_folder(asked: Path | None) -> Path:
    """Return the folder to open: a copy, filled with what it misses of the course."""
    installed = course_folder()
    own = asked or usual_copy()
    if own.resolve() == installed.resolve():  # who writes the course asks for it
        return installed
    copy_missing(installed, own)
    newer = sum(one.kind not in ("kept", "left") for one in copies.changes(installed, own))
    if newer:
        print(f"{newer} of the files in {own} are newer in this version: `tutor update` brings "
              "them, and keeps what you wrote.")
    return own.resolve()


def copy_missing(source: Path, target: Path) -> list[str]:
    """Copy each file of `source` that `target` lacks, and return the names of those that differ."""
    kept = []
    with copies.writing(f"the course cannot be copied to {target}",
                        "Name a folder of your own, on a disk with room."):
        for name in copies.course_files(source):
            there, content = target / name, (source / name).read_bytes()
            if not there.exists():
                there.parent.mkdir(parents=True, exist_ok=True)
                write_whole(there, content)
            elif there.read_bytes() != content:
                kept.append(name)
        copies.remember(source, target, importlib.metadata.version("theano-tutor"))
    return kept


def lab_options(
    folder: Path, port: int | None, *, browser: bool, first: str = FIRST
) -> list[str]:
    """Return the arguments under which JupyterLab opens the first notebook of `folder`.

    >>> lab_options(Path("course"), None, browser=False)[:2]
    ['--ServerApp.root_dir=course', '--LabApp.default_url=/lab/tree/00-start-here.ipynb']
    """
    options = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{first}"]
    if not os.environ.get("JUPYTER_GATEWAY_URL"):  # whose connections are others
        options += [f"--ServerApp.kernel_websocket_connection_class={CONNECTION}"]
    if port is not None:
        options += [f"--ServerApp.port={port}"]
    if not browser:
        options += ["--no-browser"]
    # Root, in a container, is who a learner there is; the server listens on this machine alone.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options += ["--allow-root"]
    return options


def quieten_lab() -> None:
    """Let JupyterLab neither ask about news nor look for updates: a classroom may have no network.

    These are defaults only; what learners chose in JupyterLab's settings counts for more.
    """
    paths = [str(PACKAGE / "course"), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(paths)


if __name__ == "__main__":
    sys.exit(main())
