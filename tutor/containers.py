"""Where values live: what functions, shared variables and updates read and write.

>>> from tutor.core.types import TensorType
>>> Container(TensorType("float64", ()), 2.0, "c")
<2.0>
"""

from __future__ import annotations

from typing import Any

from tutor.core.errors import DTypeError
from tutor.core.graph import Node
from tutor.core.seams import Asked
from tutor.core.types import Type


class Cell(Node, Asked):
    """The place of one value, which every function that uses it reads and writes."""

    __slots__ = ("__weakref__", "value")

    def __init__(self, value: Any = None) -> None:
        self.value = value


class Container(Cell):
    """The place of one value, which every function that uses it holds. `value` is set as it is;
    what is set through `data` is checked.

    `held`, `now` and `raw` are the same as `value`. The first is the slot itself, whatever a
    subclass makes of the others; the others of several containers are read at one moment.
    """

    held: Any
    now: Any
    raw: Any

    __slots__ = ("_storage", "allow_downcast", "name", "readonly", "sharding", "strict", "type")

    def __init__(self, type: Type, value: Any = None, name: str | None = None,
                 strict: bool = False, allow_downcast: bool | None = None) -> None:
        super().__init__(value)
        self.type, self.name, self.readonly = type, name, False
        self.strict, self.allow_downcast = strict, allow_downcast
        self.sharding: Any = None  # how JAX spreads the value over devices

    @property
    def data(self) -> Any:
        """The value itself, not a copy; None where there is none."""
        return self.value

    @data.setter
    def data(self, new: Any) -> None:
        if self.readonly:
            raise DTypeError(f"the value of {self.name or 'this'} cannot be set.",
                             fix="Set the value of what it is read from.")
        if new is not None:
            new = self.type.filter(new, self.strict, self.allow_downcast)
        self.value = new

    def __repr__(self) -> str:
        return f"<{self.value!r}>"


Container.held = Container.now = Container.raw = Cell.__dict__["value"]
