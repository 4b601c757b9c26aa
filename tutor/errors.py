"""The errors a learner can meet, under the name by which programs catch them.

Those of the core, and those that only the layers above it raise.
"""

from numpy.linalg import LinAlgError

from tutor.core.errors import *  # noqa: F403
from tutor.core.errors import BadValueError, TutorError


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
