"""Tracebacks as learners need them: their own lines, and none of this package's.

Comes after the errors. `install` asks IPython, where it runs, and plain Python to leave our frames
out; `config.exception_verbosity = "high"` brings them back. Nobody else's handler is replaced.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from tutor.config import config
from tutor.errors import TutorError, is_inside
from tutor.later import loaded

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
    for step in reversed(steps(found)):
        if not is_inside(step.tb_frame.f_code.co_filename):
            kept = TracebackType(kept, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return kept or found


def steps(found: TracebackType | None) -> list[TracebackType]:
    """The steps of a traceback, the outermost first."""
    listed = []
    while found is not None:
        listed.append(found)
        found = found.tb_next
    return listed


def wants_all() -> bool:
    """Whether all frames are asked for."""
    return bool(config.exception_verbosity == "high")


def python_hook(kind: type[BaseException], error: BaseException,
                found: TracebackType | None) -> None:
    """What plain Python calls for an error that nobody caught."""
    if not isinstance(error, TutorError) or wants_all():
        sys.__excepthook__(kind, error, found)
        return
    import traceback

    parts = traceback.format_exception(kind, error, trimmed(found), chain=False)
    print("".join(parts), end="", file=sys.stderr)


def ipython_handler(shell: Any, kind: type[BaseException], error: BaseException,
                    found: TracebackType | None, tb_offset: int | None = None) -> None:
    """What IPython calls for an error in a cell."""
    if hasattr(shell, "kernel") and getattr(error, "node", None) is not None:
        loaded("show_failure")(error)
    short = found if wants_all() else trimmed(found)
    if short is not found and not isinstance(error, TutorError) and came_from_inside(found):
        error.add_note(LEFT_OUT)
    shell.showtraceback((kind, error, short), tb_offset=tb_offset, running_compiled_code=True)
    sys.last_traceback = found  # for %debug, which goes through all of it


def came_from_inside(found: TracebackType | None) -> bool:
    """Whether it is this package that raised an error."""
    return is_inside(steps(found)[-1].tb_frame.f_code.co_filename)


def ipython_shell() -> Any:
    """The shell of IPython that this runs in; None outside of one."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def in_notebook() -> bool:
    """Whether what is displayed reaches a notebook."""
    return hasattr(ipython_shell(), "kernel")


def install() -> None:
    """Show short tracebacks from now on."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = python_hook
    shell = ipython_shell()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((Exception,), ipython_handler)
