"""`Container`: the place of one value, which every function that uses it holds.

Shared variables, and arguments of functions that keep a value, have one. `storage` shows it as a
list of one element, as Theano keeps it.
>>> from tutor.types import TensorType
>>> place = Container(TensorType("float64", ()), None); place.data = 3; place.storage
[array(3.)]
"""

from __future__ import annotations

import os
from _thread import RLock
from collections.abc import Iterator
from typing import Any

from tutor.compat import compat
from tutor.errors import DTypeError
from tutor.types import Type


class Container:
    """A value of a type. `value` is set as it is; what is set through `data` is checked.

    `held`, `now` and `raw` are the same. The first is the slot itself, whatever a subclass makes of
    the others; the others of several containers are read at one moment (see `BeingWritten`).
    """

    held: Any
    now: Any
    raw: Any

    __slots__ = ("__weakref__", "_storage", "allow_downcast", "name", "readonly", "sharding",
                 "spare", "strict", "type", "value")

    def __init__(self, type: Type, value: Any = None, name: str | None = None,
                 strict: bool = False, allow_downcast: bool | None = None) -> None:
        self.type, self.value, self.name = type, value, name
        self.strict, self.allow_downcast, self.readonly = strict, allow_downcast, False
        self.spare: Any = None  # an old value, whose memory the next one may take
        self.sharding: Any = None  # how JAX spreads the value over devices
        self._storage: Storage | None = None

    @property
    def storage(self) -> list[Any]:
        """The value in a list; to set its element sets the value."""
        if self._storage is None:
            self._storage = Storage(self)
        return self._storage

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

    def __reduce__(self) -> tuple[Any, ...]:
        told = (self.type, None, self.name, self.strict, self.allow_downcast)
        return Container, told, (self.value, self.readonly)

    def __setstate__(self, state: Any) -> None:
        self.value, self.readonly = state if compat.state is None else compat.state(self, state)

    def __repr__(self) -> str:
        return f"<{self.value!r}>"


Container.held = Container.now = Container.raw = Container.__dict__["value"]
writing = RLock()  # held while arrays of containers are written over
if hasattr(os, "register_at_fork"):  # no process begins with an array that is half written
    os.register_at_fork(before=writing.acquire, after_in_parent=writing.release,
                        after_in_child=writing.release)


class MovedError(Exception):
    """A value changed while several were read: they are all read once more."""


class BeingWritten(Container):
    """A container while its array is written over: whoever asks for the value waits until it is
    whole. A container becomes one for that time, so that reading costs nothing at any other."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The value, when it is there."""
        with writing:
            return self.held if type(self) is BeingWritten else self.value

    @value.setter
    def value(self, new: Any) -> None:
        self.held = new

    @property
    def now(self) -> Any:
        """The value is there no earlier than after those that were read before."""
        with writing:
            if type(self) is not BeingWritten:
                raise MovedError
            return self.held  # asked for by the thread that writes, before it does

    raw = now


class Storage(list[Any]):
    """The value of a container as a list of one element."""

    def __init__(self, container: Container) -> None:
        super().__init__([None])
        self.container = container

    def __getitem__(self, place: Any) -> Any:
        return [self.container.value][place]

    def __setitem__(self, place: Any, value: Any) -> None:
        held = [self.container.value]
        held[place] = value
        (self.container.value,) = held

    def __iter__(self) -> Iterator[Any]:
        return iter([self.container.value])

    def __eq__(self, other: object) -> bool:
        return [self.container.value] == other

    def __repr__(self) -> str:
        return f"[{self.container.value!r}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return _storage, (self.container,)


def _storage(container: Container) -> list[Any]:
    return container.storage
