"""Gradients that are not there: the types of cotangents that have no value.

>>> from tutor.core.graph import Variable
>>> isinstance(DisconnectedType()(), Variable), NullType("a sort has none").why_null
(True, 'a sort has none')
"""

from typing import Any

from tutor.core.errors import DTypeError
from tutor.core.types import Type


class GradientType(Type):
    """The type of a gradient that is no tensor; all of one class are equal."""

    why_null = "nothing is connected here."

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise DTypeError(f"this has no value: {self.why_null}", fix="Leave it out, or ask for "
                         'return_disconnected="zero".')

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return type(self).__name__


class DisconnectedType(GradientType):
    """The type of a gradient that is not there: the cost does not depend on the variable."""


class NullType(GradientType):
    """The type of a gradient that is not defined; `why_null` says why."""

    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null


disconnected_type = DisconnectedType()
