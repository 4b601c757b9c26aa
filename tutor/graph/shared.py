"""Shared variables: symbols with a value that lives between calls.

All functions that use a shared variable read and write the same `Container`, so a new value is
seen by functions that were compiled before.

>>> shared([1, 2, 3], "b").get_value()
array([1, 2, 3])
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from tutor.errors import DTypeError, TutorError, caller
from tutor.graph.nodes import Variable
from tutor.types import TensorType, Type, describe, generic, random_state_type


class Container:
    """The place of one value; every function that uses it holds this object."""

    __slots__ = ("sharding", "spare", "type", "value")

    def __init__(self, type: Type, value: Any) -> None:
        self.type, self.value = type, value
        self.spare: Any = None  # an old value, whose memory the next one may take
        self.sharding: Any = None  # how JAX spreads the value over devices

    @property
    def storage(self) -> list[Any]:
        """The value in a list, as Theano keeps it."""
        return [self.value]

    @property
    def data(self) -> Any:
        """The value itself, not a copy."""
        return self.value


class SharedVariable(Variable):
    """A symbol whose value lives between calls; made by `shared`.

    >>> c = shared(0.5, "c")
    >>> c.set_value(2); c.get_value()
    array(2.)
    """

    def __init__(
        self,
        type: Type,
        value: Any,
        name: str | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        container: Container | None = None,
    ) -> None:
        super().__init__(type, name=name)
        if container is None:
            container = Container(type, type.filter(value, strict, allow_downcast))
        self.container = container
        self.default_update: Variable | None = None

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """A copy of the value; with `borrow=True` the value itself."""
        value = self.container.value
        if isinstance(value, np.ndarray):
            return value if borrow else value.copy()
        return value if borrow else copy.deepcopy(value)

    def set_value(self, value: Any, borrow: bool = False) -> None:
        """Store a value of this type (any shape); a copy, unless `borrow=True`.

        A value of another kind or number of dimensions is a `DTypeError`, and the old value stays.
        """
        try:
            array = self.type.filter(value)
        except TutorError as problem:
            raise type(problem)(
                f"{self.name or 'this shared variable'} {problem.what}",
                where=(("made at", self.origin),),
                fix=problem.fix,
            ) from None
        if array is value and not borrow:
            array = array.copy() if isinstance(array, np.ndarray) else copy.deepcopy(array)
        self.container.value = array

    def clone(self, name: str | None = None) -> SharedVariable:
        """Another symbol for the same value."""
        return SharedVariable(self.type, None, name or self.name, container=self.container)

    @property
    def value(self) -> Any:
        """Use `get_value()`."""
        raise AttributeError(
            "a shared variable has get_value() and set_value(value), and no .value"
        )

    def __str__(self) -> str:
        return self.name if self.name is not None else f"<{self.type}>"


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Any = None,
    target: str | None = None,
    sharding: Any = None,
    **kwargs: Any,
) -> SharedVariable:
    """A variable with a value that lives between calls and is changed by `updates` or `set_value`.

    `value` is a number or an array, and gives the type: its dtype and number of dimensions. The
    shape may change later, but for dimensions that `broadcastable` says have size 1. The value is
    copied unless `borrow=True`. `sharding` (a `jax.sharding.Sharding`) says how functions of
    `mode="jax"` spread the value over devices. A symbol, or something that is no array, is a
    `DTypeError`.

    >>> shared(0).type
    TensorType(int64, scalar)
    """
    if isinstance(value, Variable):
        raise DTypeError(
            f"a shared variable holds a value, and {value!r} is a symbol.",
            where=(("made at", value.origin),),
            fix="Pass a number or an array.",
        )
    if name is not None and not isinstance(name, str):
        raise DTypeError(
            f"a name is a string, not {describe(name)}.", fix='Write shared(value, "name").'
        )
    try:
        array = np.asarray(value)
    except ValueError as problem:
        raise DTypeError(
            f"{describe(value)} is no array: {problem}.",
            where=(("written at", caller()),),
            fix="Rows of equal lengths make an array.",
        ) from None
    if array.dtype.kind not in "biufc":
        kind = random_state_type if isinstance(value, np.random.RandomState) else generic
        return SharedVariable(kind, value if borrow else copy.deepcopy(value), name)
    pattern = (False,) * array.ndim if broadcastable is None else tuple(broadcastable)
    type_ = TensorType(array.dtype, pattern)
    if array is value and not borrow:
        array = array.copy()
    variable = SharedVariable(type_, array, name, strict, allow_downcast)
    variable.container.sharding = sharding
    return variable
