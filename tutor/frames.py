"""Tracebacks as learners need them: their own lines, and none of this package's.

Comes after the errors. `install` asks IPython, where it runs, and plain Python to leave our frames
out; `config.exception_verbosity = "high"` brings them back. Nobody else's handler is replaced.
"""

from __future__ import annotations

import re
import sys
import textwrap
from types import TracebackType
from typing import Any

from tutor.config import config
from tutor.core.errors import RUNNERS, Origin, TutorError, is_inside
from tutor.core.op import tell
from tutor.core.seams import seams
from tutor.errors import outside, steps
from tutor.hooks import hooks

WIDTH = 96  # characters of a message on a line in a notebook
LEFT_OUT = 'Frames inside tutor are left out; config.exception_verbosity = "high" shows them.'


def trimmed(found: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of this package; the same one where there are no others.

    >>> import tutor.tensor as T
    >>> try:
    ...     T.dmatrix("x", "y")
    ... except TypeError as error:
    ...     [step.tb_frame.f_code.co_name for step in steps(trimmed(error.__traceback__))]
    ['<module>']
    """
    kept: TracebackType | None = None
    for step in reversed(outside(found)):
        kept = TracebackType(kept, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return kept or found


def wants_all() -> bool:
    """Return whether all frames are asked for."""
    return bool(config.exception_verbosity == "high")


def python_hook(kind: type[BaseException], error: BaseException,
                found: TracebackType | None) -> None:
    """The `sys.excepthook`: print an error that nobody caught."""
    error = in_words(error, found)
    kind = type(error)
    if not isinstance(error, TutorError) or wants_all():
        sys.__excepthook__(kind, error, found)
        return
    import traceback

    parts = traceback.format_exception(kind, error, trimmed(found), chain=False)
    print("".join(parts), end="", file=sys.stderr)


def ipython_handler(shell: Any, kind: type[BaseException], error: BaseException,
                    found: TracebackType | None, tb_offset: int | None = None) -> None:
    """The handler of IPython for an error in a cell."""
    error = in_words(error, found)
    kind = type(error)
    if hasattr(shell, "kernel") and getattr(error, "node", None) is not None:
        hooks.failed(error)
    short = found if wants_all() else trimmed(found)
    if short is not found and not isinstance(error, TutorError) and came_from_inside(found):
        error.add_note(LEFT_OUT)
    shell.showtraceback((kind, error, short), tb_offset=tb_offset, running_compiled_code=True)
    sys.last_traceback = found  # for %debug, which goes through all of it


def in_words(error: BaseException, found: TracebackType | None) -> BaseException:
    """The error, or a better one of a call whose keywords a compiled function does not take: it is
    Python that raises this one, before the function runs, so that a call costs no more for it.
    """
    if type(error) is not TypeError or found is None:
        return error
    last = steps(found)[-1]
    frame, origin = last.tb_frame, Origin(last.tb_frame.f_code, last.tb_lasti)
    called = (frame.f_globals | frame.f_locals).get(origin.segment.partition("(")[0].strip())
    better = hooks.unfit_call(called, error)
    if isinstance(better, TutorError):
        better.where = (("written at", origin),)
    return better.with_traceback(found)


def came_from_inside(found: TracebackType | None) -> bool:
    """Return whether it is this package that raised an error."""
    return steps(found)[-1:] != outside(found)[-1:]


def ipython_shell() -> Any:
    """The shell of IPython that this runs in; None outside of one."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def in_notebook() -> bool:
    """Return whether displayed objects reach a notebook."""
    return hasattr(ipython_shell(), "kernel")


def rendered(error: Any) -> list[str]:
    """The lines that IPython shows of an error of ours: the learner's own, and the message."""
    own = own_lines(error.__traceback__)
    lines = broken(f"{type(error).__name__}: {error}")
    above = {f"  {word} at: {line.strip()}" for line in own[-1:]  # the line just above
             for word in ("written", "called", "asked")}
    return ["Traceback (most recent call last):", *own,
            *[line for line in lines if line not in above]]


def broken(message: str) -> list[str]:
    """The lines of a message, those that are too long broken between words."""
    lines = []
    for line in message.split("\n"):
        code = (line.lstrip().startswith(("|", "in: ")) or "made at: " in line
                or "written at: " in line)
        lead = line[: len(line) - len(line.lstrip())]
        parts = textwrap.wrap(line.strip(), WIDTH, initial_indent=lead, subsequent_indent="    ",
                              break_long_words=False, break_on_hyphens=False)
        lines += [line] if code or len(line) <= WIDTH else parts
    return lines


def own_lines(traceback: TracebackType | None) -> list[str]:
    """The lines of a traceback that are the learner's: outside this package and outside IPython."""
    return [f"  {Origin(step.tb_frame.f_code, step.tb_lasti)}" for step in outside(traceback)
            if str(step.tb_frame.f_globals.get("__name__", "")).split(".")[0] not in RUNNERS]


def place(filename: str, line: int) -> str | None:
    """How a message calls a line of a notebook: `In [3], line 2`; None of a file."""
    numbers = getattr(getattr(ipython_shell(), "compile", None), "_filename_map", {})
    cell = numbers.get(filename)
    if isinstance(cell, int):
        return f"In [{cell}], line {line}"
    in_cell = "ipykernel" in filename or filename.startswith("<ipython")
    return f"a notebook cell, line {line}" if in_cell else None


def as_imported(text: str) -> str:
    """A text in which `tutor.` is what the learner's program, or notebook, calls this package.

    >>> import tutor as theano
    >>> as_imported("tutor.explore() steps through it.")
    'theano.explore() steps through it.'
    """
    if "tutor." not in text:
        return text
    frame: Any = sys._getframe(1)
    while frame is not None and is_inside(frame.f_code.co_filename):
        frame = frame.f_back
    runner = frame is None or str(frame.f_globals.get("__name__")).split(".")[0] in RUNNERS
    known = getattr(ipython_shell(), "user_ns", {}) if runner else frame.f_globals | frame.f_locals
    front = sys.modules.get("tutor")
    names = [name for name, value in known.items() if value is front]
    if not names or "tutor" in names:
        return text
    return re.sub(r"(?<![\w./'\"])tutor\.(?=[A-Za-z])", f"{names[0]}.", text)


def install() -> None:
    """Show short tracebacks from now on, and places and names as the learner's program has them."""
    seams.place, seams.reworded = place, as_imported
    tell(TutorError, _render_traceback_=rendered)
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = python_hook
    shell = ipython_shell()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((Exception,), ipython_handler)
