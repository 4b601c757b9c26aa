"""What a gradient can be instead of a tensor: not there at all, or not defined.

An op's gradient may give a variable of `DisconnectedType` (the input has no influence) or of
`NullType` (the derivative does not exist, or nobody wrote it, and `why_null` says which).

>>> DisconnectedType(), NullType("log of a name")().type.why_null
(DisconnectedType, 'log of a name')
"""

from __future__ import annotations

from typing import Any

from tutor.errors import DTypeError
from tutor.types import Type


class DisconnectedType(Type):
    """The type of a gradient that is not there: the cost does not depend on the variable."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise DTypeError("nothing is connected here, so there is no value.",
                         fix='Ask for return_disconnected="zero".')  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return "DisconnectedType"


class NullType(Type):
    """The type of a gradient that is not defined; `why_null` says why."""

    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise DTypeError(f"this has no value: {self.why_null}",
                         fix="Leave it out of what is computed.")  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return "NullType"


disconnected_type = DisconnectedType()
