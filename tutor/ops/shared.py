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

from tutor.containers import Container
from tutor.core.errors import DTypeError, NotHereError, TutorError, caller, shortened
from tutor.core.graph import Variable, made_at, quoted
from tutor.core.seams import seams
from tutor.core.types import NAMES, TensorType, Type
from tutor.core.variables import SharedVariable as CoreSharedVariable
from tutor.misfits import describe
from tutor.ops.refusals import OF_VALUES
from tutor.ops.variables import Operators
from tutor.signatures import answering, answering_all


class GenericType(Type):
    """Any Python object at all: the type of values the engine carries but does not look into."""

    def __repr__(self) -> str:
        return "Generic"


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


generic, random_state_type = GenericType(), RandomStateType()


def kept_as_it_is(v: Any) -> TutorError:
    """The error for a variable that is no tensor, as one that keeps a list."""
    if not isinstance(v, CoreSharedVariable):
        return DTypeError(f"{quoted(v)} is {v.type}, and no tensor.", fix="Use a tensor variable.",
                          where=(("written at", caller()), *made_at(v)))
    value = v.container.value
    array = f"numpy.array({value!r})" if isinstance(value, (list, tuple)) else "0.0"
    fix = f"Make it of a number or an array: shared({shortened(array, 80)})."
    if "different lengths" in describe(value):
        fix = "Rows of different lengths do not make an array: make each a shared variable."
    return DTypeError(f"a shared variable keeps {describe(value)} as it is: that is no tensor.",
                      where=(("written at", caller()), *made_at(v)), fix=fix)


seams.no_tensor = kept_as_it_is


def copied(value: Any) -> Any:
    """A copy of a value, of whatever kind."""
    return value.copy() if type(value) is np.ndarray else deepcopy(value)


FEW = 100  # numbers


@answering_all
class SharedVariable(CoreSharedVariable, Operators):
    """A shared variable with all operators and methods. `default_update`, once set, is the new
    value that every function using the variable gives it, if not told otherwise.
    """

    default_update: Variable
    _FIXED = Operators._FIXED | {*OF_VALUES}
    #: The value it was made with, where that is a few numbers: what it can be started from again.
    start: Any = None

    def __init__(self, name: str | None, type: Type, value: Any, strict: bool = False,
                 allow_downcast: bool | None = None, container: Container | None = None) -> None:
        Variable.__init__(self, type, name=name)
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
        twin.noted_as(self)
        return twin

    def __getattr__(self, name: str) -> Any:
        """Asked where there is no such attribute: the value is behind a call."""
        if name in OF_VALUES:
            raise NotHereError(f"a shared variable has no attribute {name!r}.",
                               fix="s.get_value() is its value, s.set_value(…) gives it another.")
        return super().__getattr__(name)

    def _cannot_set(self, name: str, value: Any) -> TutorError:
        """The value is behind a call too."""
        if name not in OF_VALUES:
            return super()._cannot_set(name, value)
        here = self.name or "s"
        return DTypeError(f"{here}.{name} cannot be set to {quoted(value)}: the value is stored by "
                          "a call.", where=(("written at", caller()), ("made at", self.origin)),
                          fix=f"Write {here}.set_value({quoted(value, 40)}).")


class TensorSharedVariable(SharedVariable):
    """A shared variable that holds an array."""


class ScalarSharedVariable(TensorSharedVariable):
    """A shared variable made from one number: an array without dimensions."""


class RandomStateSharedVariable(SharedVariable):
    """A shared variable that holds the state of a random number generator."""


@answering
def shared(value: Any, name: str | None = None, strict: bool = False,
           allow_downcast: bool | None = None, sharding: Any = None, **kwargs: Any
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


def check_shared(value: Any, name: Any) -> None:
    """A shared variable holds a value, no symbol, and its name is a string."""
    if isinstance(value, Variable):
        raise DTypeError(f"a shared variable holds a value, and {quoted(value)} is a symbol.",
                         where=(("made at", value.origin),), fix="Pass a number or an array.")
    if name is not None and not isinstance(name, str):
        raise DTypeError(f"a name is a string, not {describe(name)}.",
                         fix='Write shared(value, "name").')


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


CONSTRUCTORS: list[Callable[..., Any]] = [_generic, _tensor, _random_state]
Type.shared, TensorType.shared = SharedVariable, TensorSharedVariable
setattr(shared, "constructors", CONSTRUCTORS)  # noqa: B010 - where programs look, unknown to mypy
