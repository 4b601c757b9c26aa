"""Shared variables: symbols with a value that lives between calls.

All functions that use a shared variable read and write the same container, so a new value is seen
by functions that were made before.

>>> c = shared(0.5, "c")
>>> c.set_value(2); (c * 2).eval()
array(4.)
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from tutor.core.errors import DTypeError, TutorError, caller, describe
from tutor.core.graph import Node, Variable, quoted
from tutor.core.seams import old
from tutor.core.types import NAMES, TensorType, Type
from tutor.core.variables import Operators

FEW = 100  # numbers


class Container(Node):
    """The place of one value, which every function that uses it holds. `value` is set as it is;
    what is set through `data` is checked.

    `held`, `now` and `raw` are the same as `value`. The first is the slot itself, whatever a
    subclass makes of the others; the others of several containers are read at one moment.
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

    def __getattr__(self, name: str) -> Any:
        """What programs written for Theano ask of containers."""
        if old.attribute is None or name.startswith("__"):
            raise AttributeError(f"a container has no attribute {name!r}")
        return old.attribute(self, name)

    def __repr__(self) -> str:
        return f"<{self.value!r}>"


Container.held = Container.now = Container.raw = Container.__dict__["value"]


class SharedVariable(Variable, Operators):
    """A symbol whose value lives between calls; made by `shared`.

    Its type is fixed, and `set_value` keeps to it. `default_update`, once set, is the new value
    that every function using the variable gives it, if not told otherwise.

    >>> c = shared(0.5, "c")
    >>> c.set_value(2); c.get_value()
    array(2.)
    """

    default_update: Variable
    #: The value it was made with, where that is a few numbers: what it can be started from again.
    start: Any = None

    def __init__(self, name: str | None, type: Type, value: Any, strict: bool = False,
                 allow_downcast: bool | None = None, container: Container | None = None) -> None:
        super().__init__(type, name=name)
        if container is None:
            value = type.filter(value, strict, allow_downcast)
            container = Container(type, value, name, strict, allow_downcast)
            if isinstance(value, np.ndarray) and value.size <= FEW:
                self.start = value.copy()
        self.container = container

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """A copy of the value; with `borrow=True` the value itself."""
        value = self.container.value
        return value if borrow else copied(value)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Store a value of this type (any shape); a copy, unless `borrow=True`.

        A value of another kind or number of dimensions is a `DTypeError`, and the old value stays.
        """
        container = self.container
        if isinstance(new_value, Variable):
            here, formula = self.name or "s", quoted(new_value)
            raise DTypeError(
                f"{here} holds a value, and {formula} is a symbol.",
                where=(("written at", caller()), (f"{here} made at", self.origin)),
                fix=f"To change the value once: {here}.set_value({here}.get_value() + 1). At every "
                f"call of a function: function(…, updates={{{here}: {formula}}}).")
        try:
            new = self.type.filter(new_value, container.strict, container.allow_downcast)
        except TutorError as problem:
            raise type(problem)(f"{self.name or 'this shared variable'} {problem.what}",
                                where=(("made at", self.origin),), fix=problem.fix) from None
        container.value = copied(new) if new is new_value and not borrow else new

    def zero(self, borrow: bool = False) -> None:
        """Set every number to 0; with `borrow=True` in the array itself."""
        if borrow:
            self.container.value[...] = 0
        else:
            self.container.value = 0 * self.container.value

    def clone(self, name: str | None = None) -> SharedVariable:
        """Another symbol for the same value."""
        twin = type(self)(name or self.name, self.type, None, container=self.container)
        twin.tag.__dict__.update(self.tag.__dict__)
        return twin


def copied(value: Any) -> Any:
    """A copy of a value, of whatever kind."""
    return value.copy() if type(value) is np.ndarray else deepcopy(value)


def shared(value: Any, name: str | None = None, borrow: bool = False, broadcastable: Any = None
           ) -> SharedVariable:
    """A variable with a value that lives between calls and is changed by `updates` or `set_value`.

    `value` is a number or an array, and gives the type: its dtype and number of dimensions. The
    shape may change later, but for dimensions that `broadcastable` says have size 1. The value is
    copied unless `borrow=True`. Anything else is a `DTypeError`.

    >>> shared(0).type
    TensorType(int64, scalar)
    """
    check_shared(value, name)
    number = not isinstance(value, np.ndarray)
    array = value if borrow and not number else np.array(value)
    if array.dtype not in NAMES or (number and array.ndim):
        raise DTypeError(f"a shared variable holds a number or an array, not {describe(value)}.",
                         fix="Pass numpy.array(value).")
    pattern = (False,) * array.ndim if broadcastable is None or number else tuple(broadcastable)
    type_ = TensorType(NAMES[array.dtype], pattern)
    return type_.shared(name, type_, array)


def check_shared(value: Any, name: Any) -> None:
    """A shared variable holds a value, no symbol, and its name is a string."""
    if isinstance(value, Variable):
        raise DTypeError(f"a shared variable holds a value, and {quoted(value)} is a symbol.",
                         where=(("made at", value.origin),), fix="Pass a number or an array.")
    if name is not None and not isinstance(name, str):
        raise DTypeError(f"a name is a string, not {describe(name)}.",
                         fix='Write shared(value, "name").')


Type.shared = SharedVariable
