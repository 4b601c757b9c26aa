"""Shared variables: symbols with a value that lives between calls.

All functions that use a shared variable read and write the same storage, so a new value is seen by
functions that were compiled before.

>>> import numpy as np
>>> shared(np.array([1, 2, 3]), "b").get_value()
array([1, 2, 3])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.errors import DTypeError, NotHereError, TutorError, caller
from tutor.graph.container import Container
from tutor.graph.nodes import Variable
from tutor.operators import quoted
from tutor.ops.variables import Operators
from tutor.refusals import OF_VALUES
from tutor.signatures import answering
from tutor.types import NAMES, TensorType, Type, describe, generic, random_state_type

FEW = 100  # numbers


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

    def __init__(
        self,
        name: str | None,
        type: Type,
        value: Any,
        strict: bool = False,
        allow_downcast: bool | None = None,
        container: Container | None = None,
    ) -> None:
        super().__init__(type, name=name)
        if container is None:
            value = type.filter(value, strict, allow_downcast)
            container = Container(type, value, name, strict, allow_downcast)
            if isinstance(value, np.ndarray) and value.size <= FEW:
                self.start = value.copy()
        self.container = container

    @answering
    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """A copy of the value; with `borrow=True` the value itself."""
        value = self.container.value
        return value if borrow else _copied(value)

    @answering
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
            raise type(problem)(
                f"{self.name or 'this shared variable'} {problem.what}",
                where=(("made at", self.origin),),
                fix=problem.fix,
            ) from None
        container.value = _copied(new) if new is new_value and not borrow else new

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

    def __getattr__(self, name: str) -> Any:
        """Asked where there is no such attribute: the value is behind a call."""
        if name in OF_VALUES:
            raise NotHereError(f"a shared variable has no attribute {name!r}.",
                               fix="s.get_value() is its value, s.set_value(…) gives it another.")
        return super().__getattr__(name)



class TensorSharedVariable(SharedVariable):
    """A shared variable that holds an array."""


class ScalarSharedVariable(TensorSharedVariable):
    """A shared variable made from one number: an array without dimensions."""


class RandomStateSharedVariable(SharedVariable):
    """A shared variable that holds the state of a random number generator."""


def _copied(value: Any) -> Any:
    if type(value) is np.ndarray:
        return value.copy()
    from copy import deepcopy  # loads where a value is no array

    return deepcopy(value)


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    sharding: Any = None,
    **kwargs: Any,
) -> SharedVariable:
    """A variable with a value that lives between calls and is changed by `updates` or `set_value`.

    `value` is a number or an array, and gives the type: its dtype and number of dimensions. The
    shape may change later, but for dimensions that `broadcastable` says have size 1. The value is
    copied unless `borrow=True`. `strict` refuses later values that are no such array already;
    `allow_downcast` accepts that they lose precision. A list, a dict or another object is kept as
    it is (its type is `generic`), and is no tensor. `sharding` (a `jax.sharding.Sharding`) says how
    functions of `mode="jax"` spread the value over devices. A symbol is a `DTypeError`.

    >>> shared(0).type, shared([1, 2]).type
    (TensorType(int64, scalar), Generic)
    """
    if isinstance(value, Variable):
        raise DTypeError(
            f"a shared variable holds a value, and {quoted(value)} is a symbol.",
            where=(("made at", value.origin),),
            fix="Pass a number or an array.",
        )
    if name is not None and not isinstance(name, str):
        raise DTypeError(
            f"a name is a string, not {describe(name)}.", fix='Write shared(value, "name").'
        )
    unknown = sorted(set(kwargs) - {"borrow", "broadcastable", "target"})
    for constructor in reversed(CONSTRUCTORS):
        try:
            if unknown and constructor in OWN:
                continue
            made = constructor(value, name, strict, allow_downcast, **kwargs)
            made.container.sharding = sharding
            return made
        except TypeError as problem:
            if isinstance(problem, TutorError):
                raise
    raise DTypeError(
        f"shared does not know {', '.join(unknown)}.",
        where=(("written at", caller()),),
        fix="It takes value, name, strict, allow_downcast, borrow and broadcastable.",
    )


@answering
def shared_constructor(constructor: Callable[..., Any], remove: bool = False) -> Any:
    """Let `shared` try this function first; one that is not for a value raises `TypeError`."""
    if remove:
        CONSTRUCTORS.remove(constructor)
    else:
        CONSTRUCTORS.append(constructor)
    return constructor


def _generic(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
             borrow: bool = False, **_: Any) -> SharedVariable:
    """Anything at all."""
    return SharedVariable(name, generic, value if borrow else _copied(value))


def _tensor(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
            borrow: bool = False, broadcastable: Any = None, target: Any = None) -> SharedVariable:
    """An array of numbers."""
    if not isinstance(value, np.ndarray) or value.dtype not in NAMES:
        raise TypeError
    pattern = (False,) * value.ndim if broadcastable is None else tuple(broadcastable)
    array = value if borrow else np.array(value)
    type_ = TensorType(NAMES[array.dtype], pattern)
    return TensorSharedVariable(name, type_, array, strict, allow_downcast)


def _scalar(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
            borrow: bool = False, target: Any = None, **_: Any) -> SharedVariable:
    """One number."""
    if not isinstance(value, (np.number, int, float, complex)):
        raise TypeError
    array = np.array(value)
    if array.dtype not in NAMES:  # an integer of more than 64 bits
        raise TypeError
    return ScalarSharedVariable(name, TensorType(NAMES[array.dtype], ()), array, strict,
                                allow_downcast)


def _random_state(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
                  borrow: bool = False, **_: Any) -> SharedVariable:
    """The state of a random number generator."""
    if not isinstance(value, np.random.RandomState):
        raise TypeError
    state = value if borrow else _copied(value)
    return RandomStateSharedVariable(name, random_state_type, state, strict, allow_downcast)


OWN: tuple[Callable[..., SharedVariable], ...] = (_generic, _tensor, _scalar, _random_state)
CONSTRUCTORS: list[Callable[..., SharedVariable]] = list(OWN)
shared = answering(shared)
setattr(shared, "constructors", CONSTRUCTORS)  # noqa: B010 - where programs look, unknown to mypy
