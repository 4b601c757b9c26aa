"""`In` and `Out`: what `function` may be told about an argument or a result; and the whole of it.

Comes after shared variables. An argument can be written as a variable, an `In`, or one of Theano's
shortcuts in a tuple; `as_input` makes an `In` of each.

>>> import tutor.tensor as T; x = T.dscalar("x")
>>> as_input((x, 3.0)).value, as_input(((x, x + 1), 0.0))
(3.0, In(x -> x + 1))
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.mode import Mode
from tutor.containers import Cell
from tutor.core.errors import BadValueError, DTypeError, TutorError
from tutor.core.graph import Constant, Variable, made_at, quoted
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.misfits import describe


class MutableNotBorrowedError(BadValueError, AssertionError):
    """An input may be written over and must not be shared with an output, which is no choice."""


class SymbolicInput:
    """An argument as a symbol: its variable, name, update, and how values are taken.

    With `autoname` the name is that of the variable, where none is given.
    """

    def __init__(self, variable: Variable, name: str | None = None, update: Any = None,
                 mutable: bool | None = None, strict: bool = False,
                 allow_downcast: bool | None = None, autoname: bool = True,
                 implicit: bool = False) -> None:
        _check_variable(variable)
        if name is not None and not isinstance(name, str):
            raise DTypeError(f"name must be a string, and it is {describe(name)}.",
                             where=made_at(variable),
                             fix='Write In(x, name="rate").')
        if update is not None and getattr(update, "type", None) is not variable.type:
            raise DTypeError(
                f"{quoted(variable)} is {variable.type}, and its update {quoted(update)} is "
                f"{getattr(update, 'type', 'no variable')}.",
                where=made_at(variable),
                fix="An update has the type of its variable: T.cast changes a dtype.",
            )
        self.variable, self.update = variable, update
        self.name = variable.name if autoname and name is None else name
        self.mutable = update is not None if mutable is None else mutable
        self.strict, self.allow_downcast, self.implicit = strict, allow_downcast, implicit

    def __repr__(self) -> str:
        arrow = "" if self.update is None else f" -> {self.update!r}"
        return f"In({self.variable}{arrow})"

    __str__ = __repr__


class In(SymbolicInput):
    """An argument with all that can be said about it.

    `value` is its default. Without `update`, a value given at a call holds for that call; with
    `update`, an expression of the same type, the argument is a state: it keeps what it was given or
    set to, and after each call becomes the update. `value` may be the container of another function
    (`g.container[s]`) or a shared variable: then both have the same value, and it is `implicit`,
    that is, no argument of a call. `strict` refuses what is not already an array of the type;
    `allow_downcast` accepts a loss. `borrow` lets an output that is `Out(..., borrow=True)` share
    memory with the argument, and `mutable` lets the function write over it (which none here does).

    Raises DTypeError for what is no variable.

    >>> import tutor, tutor.tensor as T
    >>> x, total = T.dscalars("x", "total")
    >>> add = tutor.function([x, In(total, value=0.0, update=total + x)], total + x)
    >>> add(3), add(4), add[total]
    (array(3.), array(7.), array(7.))
    """

    def __init__(self, variable: Variable, name: str | None = None, value: Any = None,
                 update: Any = None, mutable: bool | None = None, strict: bool = False,
                 allow_downcast: bool | None = None, autoname: bool = True,
                 implicit: bool | None = None, borrow: bool | None = None,
                 shared: bool = False) -> None:
        if implicit is None:
            implicit = isinstance(value, (Cell, SharedVariable))
        super().__init__(variable, name, update, mutable, strict, allow_downcast, autoname,
                         implicit)
        self.borrow = mutable if borrow is None else borrow
        self.value, self.shared = value, shared
        if mutable and not self.borrow:
            raise MutableNotBorrowedError(
                f"{quoted(variable)} is mutable, so it may be written over, and borrow=False "
                "forbids it.",
                fix="Leave out borrow=False, or mutable=True.",
            )
        if implicit and value is None:
            raise DTypeError(f"{quoted(variable)} is implicit, and has no value to take.",
                             fix="Pass value= as well.")


class Param(In):
    """The old name of `In`: `default` is its `value`."""

    def __init__(self, variable: Variable, default: Any = None, name: str | None = None,
                 mutable: bool = False, strict: bool = False, allow_downcast: bool | None = None,
                 implicit: bool | None = None, borrow: bool | None = None) -> None:
        warnings.warn("Param is the old name of In: write In(x, value=N) for Param(x, default=N)",
                      stacklevel=2)
        super().__init__(variable, name, default, None, mutable, strict, allow_downcast, True,
                         implicit, borrow)


class SymbolicOutput:
    """A result; with `borrow=True` it may share memory with arguments, constants or shared values.

    >>> import tutor.tensor as T
    >>> Out(T.dscalar("x"))
    Out(x,False)
    """

    def __init__(self, variable: Variable, borrow: bool = False) -> None:
        self.variable, self.borrow = variable, borrow

    def __repr__(self) -> str:
        return f"Out({self.variable},{self.borrow})"


Out = SymbolicOutput


def _check_variable(v: Any) -> None:
    if not isinstance(v, Variable):
        raise DTypeError(f"an input is a variable, and {describe(v)} is none.",
                         fix="Pass the variables themselves.")
    if isinstance(v, Constant):
        raise DTypeError(
            f"{v} is a constant, so it is no argument.", fix="Make a variable: T.dscalar('x')."
        )


def as_input(given: Any, allow_downcast: bool | None = None) -> In:
    """An entry of the list of inputs as an `In`.

    Shortcuts: `(x, value)`, `((x, update), value)`, and each with a name before it.
    """
    if isinstance(given, In):
        return given
    if isinstance(given, SymbolicInput):
        return In(given.variable, given.name, None, given.update, given.mutable, given.strict,
                  given.allow_downcast)
    if not isinstance(given, (list, tuple)):
        return In(given, allow_downcast=allow_downcast)
    name, rest = (given[0], given[1:]) if given and isinstance(given[0], str) else (None, given)
    if len(rest) not in (1, 2):
        raise _no_shortcut(given)
    first, value = rest[0], rest[1] if len(rest) == 2 else None
    if isinstance(value, (Variable, SymbolicInput)):
        raise DTypeError(
            f"the value of {first} is the symbol {value}, in {quoted(given)}.",
            fix="Pass a number or an array; an update stands beside its variable: ((x, x + 1), 0).",
        )
    if isinstance(first, In):
        return In(first.variable, name or first.name, value if len(rest) == 2 else first.value,
                  first.update, first.mutable, first.strict, first.allow_downcast)
    update = None
    if isinstance(first, (list, tuple)):
        if len(first) != 2 or len(rest) != 2:
            raise _no_shortcut(given)
        first, update = first
    return In(first, name, value, update, allow_downcast=allow_downcast)


def _no_shortcut(given: Any) -> TutorError:
    return DTypeError(f"{quoted(given)} is no input.",
                      fix="Write a variable, In(x, value=3), (x, 3), or ((x, x + 1), 0).")


class Graph(NamedTuple):
    """A graph: inputs, outputs, and the new value of each shared variable and of each input that
    keeps one."""

    inputs: list[Variable]
    outputs: list[Variable]
    updates: dict[SharedVariable, Variable]
    states: dict[Variable, Variable]

    @property
    def results(self) -> list[Variable]:
        """All that is computed: outputs, then new values."""
        return [*self.outputs, *self.updates.values(), *self.states.values()]

    def made_of(self, results: Sequence[Variable], new: Mapping[Any, Any] = {}) -> Graph:
        """The same of other results, with new variables in the places of some that are read."""
        found = iter(results)
        return Graph([new.get(v, v) for v in self.inputs], [next(found) for _ in self.outputs],
                     {new.get(v, v): next(found) for v in self.updates},
                     {new.get(v, v): next(found) for v in self.states})


class Request(NamedTuple):
    """What to compile: the graph as it was written, and what is to run, with the givens in place.

    `form` is None for a single output, a list of keys for a dict, and a tuple for a list.
    """

    arguments: list[In]
    written: Graph
    run: Graph
    borrowed: list[bool]  # whether each output may share memory
    form: Any
    mode: Mode


EXACT = 2**53  # integers below this are floats
INTEGERS = {int}


def reader_of(t: TensorType) -> Callable[[Any], Any] | None:
    """What takes a number, or a list of them, or a list of such lists, in few steps: as an array
    where nothing can be lost by that, and otherwise as it came; None for types without such.

    >>> import tutor.tensor as T; read = reader_of(T.dvector)
    >>> read([1, 2.5]), read(["1"]), read([2**60 + 1])
    (array([1. , 2.5]), ['1'], [1152921504606846977])
    """
    dtype, floats = t.numpy_dtype, t.dtype == "float64"
    plain = ({float}, {float, int}) if floats else (INTEGERS,)

    def vector(value: Any) -> Any:
        if type(value) is list:
            kinds = {*map(type, value)}
            if kinds in plain or (kinds == INTEGERS and min(value) > -EXACT and max(value) < EXACT):
                try:
                    return np.array(value, dtype)
                except OverflowError:
                    pass
        return value

    def number(value: Any) -> Any:
        if floats and type(value) is float:
            return np.array(value)
        array = vector([value])
        return value if type(array) is list else array.reshape(())

    def matrix(value: Any) -> Any:
        if type(value) is not list or {*map(type, value)} != {list} or len({*map(len, value)}) > 1:
            return value
        array = vector([v for row in value for v in row])
        return value if type(array) is list else array.reshape(len(value), -1)

    if t.dtype not in ("float64", "int64") or t.ndim > 2 or any(t.broadcastable):
        return None
    return (number, vector, matrix)[t.ndim]
