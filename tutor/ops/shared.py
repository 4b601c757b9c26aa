"""Shared variables by what they hold: `shared` tries what is here before what the core has.

>>> import numpy as np
>>> shared(np.array([1, 2, 3]), "b").get_value()
array([1, 2, 3])
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from tutor.core.errors import DTypeError, NotHereError, describe
from tutor.core.shared import CONSTRUCTORS
from tutor.core.shared import SharedVariable as CoreSharedVariable
from tutor.core.shared import shared as core_shared
from tutor.core.types import NAMES, TensorType, Type
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
def shared_constructor(constructor: Callable[..., Any], remove: bool = False) -> Any:
    """Let `shared` try this function first; one that is not for a value raises `TypeError`."""
    if remove:
        CONSTRUCTORS.remove(constructor)
    else:
        CONSTRUCTORS.append(constructor)
    return constructor


def _scalar(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
            borrow: bool = False, target: Any = None, **_: Any) -> CoreSharedVariable:
    """One number."""
    if not isinstance(value, (np.number, int, float, complex)):
        raise TypeError
    array = np.array(value)
    if array.dtype not in NAMES:  # an integer of more than 64 bits
        raise TypeError
    return ScalarSharedVariable(name, TensorType(NAMES[array.dtype], ()), array, strict,
                                allow_downcast)


def _random_state(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
                  borrow: bool = False, **_: Any) -> CoreSharedVariable:
    """The state of a random number generator."""
    if not isinstance(value, np.random.RandomState):
        raise TypeError
    return RandomStateSharedVariable(name, random_state_type, value if borrow else deepcopy(value),
                                     strict, allow_downcast)


Type.shared, TensorType.shared = SharedVariable, TensorSharedVariable
CONSTRUCTORS += [_scalar, _random_state]
shared = answering(core_shared)
shared.__module__ = __name__  # where pickles look for it
setattr(shared, "constructors", CONSTRUCTORS)  # noqa: B010 - where programs look, unknown to mypy
