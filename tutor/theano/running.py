"""`tutor run`: a program written for Theano, run in this process with the name `theano` bound here.

The program is `__main__`: it has its own arguments, its own folder first on the path, its own exit
status. Its errors are shown without the frames of this engine, unless those are asked for. Its own
modules are found where Python finds them, and translated where they are old; nothing of that is
written to `__pycache__`, where a program that runs without this engine would find it.
"""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any

import numpy

from tutor.core.errors import PACKAGE, TutorError, is_inside
from tutor.errors import steps
from tutor.ops.variables import Operators
from tutor.theano.finder import answering, bound
from tutor.theano.gone_names import served
from tutor.theano.places import TABLES
from tutor.theano.python2 import compiled
from tutor.theano.text import text_of

HINT = "(tutor run --traceback … shows the engine's own lines too.)"
#: Functions of T's that Theano had not: `numpy.median(x)` of an old program is NumPy's own.
NOT_IN_THEANO = frozenset(TABLES["T"])


class ProgramError(Exception):
    """The program cannot be started; the message says how to mend it."""


def run(kind: str, what: str, arguments: Sequence[str], *, whole: bool = False) -> int:
    """Run a "script", a "module" or "code", and return its exit status.

    `what` is a path, a module's name, or the text; `whole` shows this engine's frames in errors.
    A program that is not there is a `ProgramError`.

    >>> run("code", "import sys, theano; print(theano.__name__); sys.exit(3)", [])
    theano
    3
    """
    folder = {"module": str(Path.cwd()), "code": ""}.get(kind) or str(Path(what).resolve().parent)
    first = "-c" if kind == "code" else what
    with bound(), _as_it_was(), _as_main("" if kind == "code" else folder) as main:
        sys.argv, hook = [first, *arguments], sys.excepthook
        try:
            exec(load(kind, what, main), main.__dict__)
        except ProgramError:
            raise
        except SystemExit as error:
            return _status(error.code)
        except BaseException as error:
            if sys.excepthook is not hook:  # one of the program's own
                sys.excepthook(type(error), error, error.__traceback__)
            else:
                report(error, whole=whole)
            return 130 if isinstance(error, KeyboardInterrupt) else 1
        finally:
            sys.excepthook = hook
            sys.stdout.flush()
            sys.stderr.flush()
    return 0


def load(kind: str, what: str, main: ModuleType) -> CodeType:
    """The program's code; what Python tells a program about itself is set in `main`."""
    if kind == "code":
        return compiled(what.encode(), "<string>")
    file = what
    if kind == "module":
        file, main.__package__ = _file_of_module(what)
        sys.argv[0] = file
    try:
        source = Path(file).read_bytes()
    except OSError as error:
        raise ProgramError(f"{file} cannot be read: {error.strerror}.") from None
    main.__file__ = file
    return compiled(source, file)


def _file_of_module(name: str) -> tuple[str, str]:
    """The file that `python -m name` runs, and the package it is in."""
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except ModuleNotFoundError as error:
        raise ProgramError(f"There is no module {name} here to run: {error}.") from error
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise ProgramError(f"There is no module {name} here to run.")
    return spec.origin, spec.name.rpartition(".")[0]


def report(error: BaseException, *, whole: bool) -> None:
    """Print an error with the program's own lines, and this engine's where `whole` says so."""
    if isinstance(error, KeyboardInterrupt):
        print("\nInterrupted.", file=sys.stderr)
        return
    # What an error of the engine was raised from is its business: its own words say all of it.
    alone = isinstance(error, TutorError) and not whole
    hidden = False
    for part in [] if whole else [error] if alone else _chain(error):
        hidden |= _without_ours(part)
    traceback.print_exception(error, chain=not alone)
    if hidden:
        print(HINT, file=sys.stderr)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it was raised from or in the course of."""
    waiting: list[BaseException | None] = [error]
    while waiting:
        part = waiting.pop()
        if part is not None:
            yield part
            waiting += [part.__cause__, part.__context__]


def _without_ours(error: BaseException) -> bool:
    """Leave out of a traceback what is no part of the program; True where it was the engine's."""
    kept, hidden = None, False
    for step in reversed(steps(error.__traceback__)):
        code = step.tb_frame.f_code
        if is_inside(code.co_filename):
            hidden |= code.co_name != "run"  # which is always the outermost
        elif not code.co_filename.startswith("<frozen importlib"):
            kept = TracebackType(kept, step.tb_frame, step.tb_lasti, step.tb_lineno)
    error.__traceback__ = kept
    return hidden


def _status(code: object) -> int:
    """The exit status of `sys.exit(code)`."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    print(code, file=sys.stderr)
    return 1


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Names that are gone are served; variables and NumPy's numbers print as they did."""
    refusal = Operators.__call__
    del Operators.__call__  # programs ask what is callable, and a symbol was not
    # 0.5 where NumPy 2 says np.float64(0.5)
    old: Any = {"legacy": "1.25"} if numpy.lib.NumpyVersion(numpy.__version__) >= "2.0.0" else {}
    theirs = answering(text=text_of, of_numpy=_by_numpy, left_to_numpy=NOT_IN_THEANO)
    with served(), theirs, numpy.printoptions(**old):
        try:
            yield
        finally:
            Operators.__call__ = refusal  # type: ignore[method-assign]


def _by_numpy(function: Any, args: Any, kwargs: Any) -> Any:
    """The result of NumPy's function, to which symbols are objects: NumPy asked nobody then."""
    return function._implementation(*args, **kwargs)


@contextmanager
def _as_main(folder: str) -> Iterator[ModuleType]:
    """Be the program's process: its `__main__`, its arguments, its path; all put back after."""
    main = ModuleType("__main__")
    before = sys.argv, sys.path[:], sys.modules["__main__"]
    finder = OldFinder()
    sys.path.insert(0, folder)
    sys.meta_path.insert(1, finder)
    sys.modules["__main__"] = main
    try:
        yield main
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"] = before
        sys.meta_path.remove(finder)
        _ended.append(main)


#: Programs that ended: what they left for the end of the process still finds its globals.
_ended: list[ModuleType] = []


_paths = sysconfig.get_paths()
#: Where modules are that came with Python or with this engine, and where others were installed.
PYTHONS = tuple({_paths["stdlib"], _paths["platstdlib"], PACKAGE.rstrip("/\\")})
INSTALLED = tuple({_paths["purelib"], _paths["platlib"]})
INSTALLERS = {"site-packages", "dist-packages"}  # and those of a user, or of another environment


class OldLoader(SourceFileLoader):
    """Loads a module from its source, which may be in Python 2."""

    def get_code(self, fullname: str) -> CodeType | None:
        """The module's code, compiled anew: what another Python cached is not translated."""
        return compiled(self.get_data(self.path), self.path)


class OldFinder(MetaPathFinder):
    """Finds what the path finder finds, and gives the program's own modules another loader."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of the program's own; others are left to the next finder."""
        if fullname.partition(".")[0] in sys.stdlib_module_names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        loader: Any = spec.loader if spec is not None else None
        if spec is None or type(loader) is not SourceFileLoader or not own(loader.path):
            return None
        spec.loader = OldLoader(loader.name, loader.path)
        spec.cached = None
        return spec


def own(path: str) -> bool:
    """Return whether a file is the program's: not Python's, this engine's, or installed.

    >>> import json
    >>> own(json.__file__), own("/home/me/model.py")
    (False, True)
    >>> own("/home/me/.local/lib/python3.11/site-packages/scipy/stats.py")
    False
    """
    if INSTALLERS & set(Path(path).parts):
        return False
    return not path.startswith((*PYTHONS, *INSTALLED))
