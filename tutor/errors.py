"""The errors a learner can meet, under the name by which programs catch them.

Those of the core, and those that only the layers above it raise.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any

from numpy.linalg import LinAlgError

from tutor.core.errors import *  # noqa: F403
from tutor.core.errors import BadValueError, NotHereError, Origin, TutorError, is_inside
from tutor.core.op import tell
from tutor.core.seams import seams


def pickled(error: TutorError) -> tuple[Any, ...]:
    """What a pickle says of an error: the words, the places among them."""
    where = tuple([(role, str(origin)) for role, origin in error.where if origin is not None])
    words = {"where": where, "fix": error.fix, "more": error.more, "formula": error.formula}
    return type(error), (error.what,), words


def message(error: TutorError) -> tuple[Any, ...]:
    """The `args` of an error: its whole message."""
    return (str(error),)


def reword(error: TutorError, told: tuple[Any, ...]) -> None:
    """Set the `args` of an error: what a program writes there is what it says from then on."""
    error.what, error.more = (str(told[0]) if told else ""), "\n".join(map(str, told[1:]))
    error.where, error.fix, error.formula = (), "", ""


tell(TutorError, __reduce__=pickled, args=property(message, reword))


class FailedAssertionError(BadValueError, AssertionError):
    """What a program asserts of values does not hold."""


class UnfitValueError(BadValueError, TypeError):
    """A value is not what an op works on, which is found as it runs; a `TypeError` too."""


class SingularMatrixError(TutorError, LinAlgError):
    """A matrix has no inverse, or is not positive definite; also NumPy's `LinAlgError`."""


class MissingPackageError(TutorError, ImportError):
    """Something needs a package that is not installed here."""


class NanGuardError(TutorError, AssertionError):
    """A nan, an infinity or a large number came up where it was asked to be an error."""


class DebugModeError(TutorError):
    """An op or a rewriting does not keep its promise; found by running in DebugMode."""


class NotCompiledWarning(UserWarning):
    """A function runs an operation at a time where it was to be compiled as one."""


class NullTypeGradError(TutorError, TypeError):
    """A gradient is undefined where it was asked for."""


class UpdateError(TutorError, TypeError):
    """An update does not fit the shared variable it is for."""


class AbsentNameError(NotHereError):
    """A name that is not here. Most programs only ask whether it is: the place, and the fix, for
    which the nearest name is searched, are found when they are first read."""

    def __init__(self, what: str = "", *, search: Callable[[], str] = str) -> None:
        Exception.__init__(self, what)
        self.what, self.more, self.search = what, "", search

    def __getattr__(self, name: str) -> Any:
        if name == "where":
            last = [Origin(step.tb_frame.f_code, step.tb_lasti)
                    for step in outside(self.__traceback__)[-1:]]
            self.where = tuple(("written at", place) for place in last)
            return self.where
        if name == "fix":
            found = self.search()
            self.fix = found if seams.reworded is None else seams.reworded(found)
            return self.fix
        raise AttributeError(name)

    def __reduce__(self) -> tuple[Any, ...]:
        return NotHereError, *pickled(self)[1:]


def steps(traceback: TracebackType | None) -> list[TracebackType]:
    """The steps of a traceback, the outermost first."""
    found = []
    while traceback is not None:
        found.append(traceback)
        traceback = traceback.tb_next
    return found


def outside(traceback: TracebackType | None) -> list[TracebackType]:
    """The steps of a traceback that are outside this package."""
    return [step for step in steps(traceback)
            if not is_inside(step.tb_frame.f_code.co_filename)]


AbsentNameError.__name__ = AbsentNameError.__qualname__ = "NotHereError"
