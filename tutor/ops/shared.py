"""Shared variables by what they hold: `shared` tries what is here before what the core has.

>>> import numpy as np
>>> shared(np.array([1, 2, 3]), "b").get_value()
array([1, 2, 3])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.core.errors import DTypeError, NotHereError, TutorError, describe
from tutor.core.shared import SharedVariable as CoreSharedVariable
from tutor.core.shared import check_shared, copied
from tutor.core.types import NAMES, TensorType, Type, generic
from tutor.ops.variables import Operators
from tutor.refusals import OF_VALUES
from tutor.signatures import answering, answering_all


class RandomStateType(Type):
    """The type of `numpy.random.RandomState`: where random draws start from."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The state itself; anything else is a `DTypeError`."""
        if type(value) is not np.random.RandomState:
            raise DTypeError(
                f"needs a numpy.random.RandomState and got {describe(value)}.",
                fix="Pass numpy.random.RandomState(seed).",
            )
        return value

    def __repr__(self) -> str:
        return "RandomStateType"


random_state_type = RandomStateType()


@answering_all
class SharedVariable(CoreSharedVariable, Operators):
    """A shared variable with all operators and methods."""

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


@answering
def shared(value: Any, name: str | None = None, strict: bool = False,
           allow_downcast: bool | None = None, sharding: Any = None, **kwargs: Any
           ) -> CoreSharedVariable:
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
    check_shared(value, name)
    unknown = sorted(set(kwargs) - {"borrow", "broadcastable", "target"})
    for constructor in reversed(CONSTRUCTORS):
        try:
            if unknown and constructor.__module__.startswith("tutor."):
                continue
            made = constructor(value, name, strict, allow_downcast, **kwargs)
            made.container.sharding = sharding
            return made
        except TypeError as problem:
            if isinstance(problem, TutorError):
                raise
    raise DTypeError(f"shared does not know {', '.join(unknown)}.",
                     fix="It takes value, name, strict, allow_downcast, borrow and broadcastable.")


def _generic(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
             borrow: bool = False, **_: Any) -> CoreSharedVariable:
    """Anything at all."""
    return generic.shared(name, generic, value if borrow else copied(value))


def _tensor(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
            borrow: bool = False, broadcastable: Any = None, target: Any = None
            ) -> CoreSharedVariable:
    """An array of numbers, or one number."""
    number = not isinstance(value, np.ndarray)
    if number and not isinstance(value, (np.number, int, float, complex)):
        raise TypeError
    array = value if borrow and not number else np.array(value)
    if array.dtype not in NAMES:  # an integer of more than 64 bits
        raise TypeError
    pattern = (False,) * array.ndim if broadcastable is None or number else tuple(broadcastable)
    type_ = TensorType(NAMES[array.dtype], pattern)
    kind = ScalarSharedVariable if number else TensorSharedVariable
    return kind(name, type_, array, strict, allow_downcast)


@answering
def shared_constructor(constructor: Callable[..., Any], remove: bool = False) -> Any:
    """Let `shared` try this function first; one that is not for a value raises `TypeError`."""
    if remove:
        CONSTRUCTORS.remove(constructor)
    else:
        CONSTRUCTORS.append(constructor)
    return constructor


def _random_state(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
                  borrow: bool = False, **_: Any) -> CoreSharedVariable:
    """The state of a random number generator."""
    if not isinstance(value, np.random.RandomState):
        raise TypeError
    return RandomStateSharedVariable(name, random_state_type, value if borrow else copied(value),
                                     strict, allow_downcast)


CONSTRUCTORS: list[Callable[..., CoreSharedVariable]] = [_generic, _tensor, _random_state]
Type.shared, TensorType.shared = SharedVariable, TensorSharedVariable
setattr(shared, "constructors", CONSTRUCTORS)  # noqa: B010 - where programs look, unknown to mypy
