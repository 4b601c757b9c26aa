"""What `function` is given, checked: inputs, outputs, givens and updates, with errors that say what
to write; and the whole of it, a `Request`. An argument is written as a variable, an `In`, or one of
Theano's shortcuts in a tuple; `as_input` makes an `In` of each.

>>> import tutor.tensor as T; x = T.dscalar("x")
>>> as_input((x, 3.0)).value, as_input(((x, x + 1), 0.0))
(3.0, In(x -> x + 1))
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tutor.compile.mode import Mode
from tutor.containers import Cell
from tutor.core.elementwise import cast
from tutor.core.errors import (
    BadValueError,
    DTypeError,
    TutorError,
    UnusedInputError,
    caller,
)
from tutor.core.graph import Constant, Variable, as_tensor_variable, made_at, quoted
from tutor.core.op import rebroadcast
from tutor.core.types import TensorType, promote
from tutor.core.variables import SharedVariable
from tutor.core.walk import ancestors, rebuild
from tutor.errors import NullTypeGradError, UpdateError
from tutor.misfits import describe
from tutor.ops.undefined import DisconnectedType, NullType


class In:
    """An argument with all that can be said about it.

    `value` is its default. Without `update`, a value given at a call holds for that call; with
    `update`, an expression of the same type, the argument is a state: it keeps what it was given or
    set to, and after each call becomes the update. `value` may be the container of another function
    (`g.container[s]`) or a shared variable: then both have the same value, and it is `implicit`,
    that is, no argument of a call. `strict` refuses what is not already an array of the type;
    `allow_downcast` accepts a loss. `borrow` lets an output that is `Out(..., borrow=True)` share
    memory with the argument, and `mutable` lets the function write over it (which none here does).
    With `autoname` the name is that of the variable, where none is given.

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
        _check_argument(variable, name, update)
        self.variable, self.value, self.update, self.shared = variable, value, update, shared
        self.name = variable.name if autoname and name is None else name
        self.mutable = update is not None if mutable is None else mutable
        self.borrow = mutable if borrow is None else borrow
        self.strict, self.allow_downcast = strict, allow_downcast
        self.implicit = isinstance(value, (Cell, SharedVariable)) if implicit is None else implicit
        if mutable and not self.borrow:
            raise MutableNotBorrowedError(
                f"{quoted(variable)} is mutable, so it may be written over, and borrow=False "
                "forbids it.",
                fix="Leave out borrow=False, or mutable=True.",
            )
        if self.implicit and value is None:
            raise DTypeError(f"{quoted(variable)} is implicit, and has no value to take.",
                             fix="Pass value= as well.")

    def __repr__(self) -> str:
        arrow = "" if self.update is None else f" -> {self.update!r}"
        return f"In({self.variable}{arrow})"


class Param(In):
    """The old name of `In`: `default` is its `value`."""

    def __init__(self, variable: Variable, default: Any = None, name: str | None = None,
                 mutable: bool = False, strict: bool = False, allow_downcast: bool | None = None,
                 implicit: bool | None = None, borrow: bool | None = None) -> None:
        warnings.warn("Param is the old name of In: write In(x, value=N) for Param(x, default=N)",
                      stacklevel=2)
        super().__init__(variable, name, default, None, mutable, strict, allow_downcast, True,
                         implicit, borrow)


class Out:
    """A result; with `borrow=True` it may share memory with arguments, constants or shared values.

    >>> import tutor.tensor as T
    >>> Out(T.dscalar("x"))
    Out(x,False)
    """

    def __init__(self, variable: Variable, borrow: bool = False) -> None:
        self.variable, self.borrow = variable, borrow

    def __repr__(self) -> str:
        return f"Out({self.variable},{self.borrow})"


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


class MutableNotBorrowedError(BadValueError, AssertionError):
    """An input may be written over and must not be shared with an output, which is no choice."""


class GivenTwiceError(BadValueError, UnusedInputError):
    """A variable stands twice among the inputs."""


class GivenInputError(BadValueError, RuntimeError):
    """A variable is an input and in the givens too."""


class GivensDependError(BadValueError, AssertionError):
    """What is given for one variable uses another one that is replaced later."""


def _check_argument(v: Any, name: Any, update: Any) -> None:
    if not isinstance(v, Variable):
        raise DTypeError(f"an input is a variable, and {describe(v)} is none.",
                         fix="Pass the variables themselves.")
    if isinstance(v, Constant):
        raise DTypeError(f"{v} is a constant, so it is no argument.",
                         fix="Make a variable: T.dscalar('x').")
    if name is not None and not isinstance(name, str):
        raise DTypeError(f"name must be a string, and it is {describe(name)}.", where=made_at(v),
                         fix='Write In(x, name="rate").')
    if update is not None and getattr(update, "type", None) is not v.type:
        raise DTypeError(f"{quoted(v)} is {v.type}, and its update {quoted(update)} is "
                         f"{getattr(update, 'type', 'no variable')}.", where=made_at(v),
                         fix="An update has the type of its variable: T.cast changes a dtype.")


def as_input(given: Any, allow_downcast: bool | None = None) -> In:
    """An entry of the list of inputs as an `In`.

    Shortcuts: `(x, value)`, `((x, update), value)`, and each with a name before it.
    """
    if isinstance(given, In):
        return given
    if not isinstance(given, (list, tuple)):
        return In(given, allow_downcast=allow_downcast)
    name, rest = (given[0], given[1:]) if given and isinstance(given[0], str) else (None, given)
    if len(rest) not in (1, 2):
        raise _no_shortcut(given)
    first, value = rest[0], rest[1] if len(rest) == 2 else None
    if isinstance(value, (Variable, In)):
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


def arguments_of(inputs: Any, allow_downcast: bool | None) -> list[In]:
    """The arguments of a function, each named once, none of them a constant or shared variable."""
    if not isinstance(inputs, (list, tuple)):
        raise DTypeError(f"the inputs of a function are a list, and got {quoted(inputs)}.",
                         fix="Write function([x], ...), also for a single input.")
    arguments = [as_input(given, allow_downcast) for given in inputs]
    seen: set[Variable] = set()
    for v in [a.variable for a in arguments]:
        if isinstance(v, SharedVariable):
            raise DTypeError(f"Cannot use a shared variable ({quoted(v)}) as explicit input: "
                             "its value is there already.", where=made_at(v),
                             fix="Leave it out. To call with other values, put a symbol of its "
                                 f"type in its place: givens={{{quoted(v)}: symbol}}.")
        if v in seen:
            raise GivenTwiceError(f"{quoted(v)} is given twice as an input.", where=made_at(v),
                                  fix="Name each variable once; two T.dscalar() are two variables.")
        seen.add(v)
    return arguments


def output_of(v: Any) -> Variable:
    """An output as a variable; an error where it is none, or a gradient that is not there."""
    if isinstance(getattr(v, "type", None), (NullType, DisconnectedType)):
        why = getattr(v.type, "why_null", "the cost does not depend on the variable.")
        raise NullTypeGradError(f"an output is a gradient that is not there: {why}",
                                fix="Leave it out.")
    try:
        return v if isinstance(v, Variable) else as_tensor_variable(v)
    except TutorError:
        raise DTypeError(f"an output is an expression of variables, and {describe(v)} is none.",
                         fix="Pass the variable that holds the result.") from None


def pairs(what: str, given: Any) -> Iterable[tuple[Any, Any]]:
    """The pairs of a dict or a list, of different variables and what is given for each."""
    if isinstance(given, Variable) or not isinstance(given or (), Iterable):
        named = quoted(given) if isinstance(given, Variable) and given.owner is None else "c"
        raise DTypeError(f"{what} is a dict or a list of pairs, and got {quoted(given)}.",
                         fix=f"Write {what}={{{named}: …}} or {what}=[({named}, …)].")
    found = list(given.items()) if isinstance(given, Mapping) else list(given or ())
    seen: set[Any] = set()
    for pair in found:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise DTypeError(f"{what} is a dict or a list of pairs, and {quoted(pair)} is no pair.",
                             fix=f"Write {what}={{c: c + 1}} or {what}=[(c, c + 1)].")
        if not isinstance(pair[0], Variable):
            raise DTypeError(f"{what} is for variables, and {describe(pair[0])} is none.",
                             fix="Pass the variable itself.")
        if pair[0] in seen:
            raise BadValueError(f"{pair[0]} appears twice in {what}.", where=made_at(pair[0]),
                                fix="Give each variable one new value.")
        seen.add(pair[0])
    return [(k, v) for k, v in found]


def checked_givens(givens: Any, inputs: Sequence[Variable], strict: bool
                   ) -> dict[Variable, Variable]:
    """What stands for each variable; in a list, what comes first holds in what follows.

    Without `strict` the replacement may be of another type.
    """
    replacements: dict[Variable, Variable] = {}
    used: set[Variable] = set()
    for old, new in pairs("givens", givens):
        if old in inputs:
            raise GivenInputError(f"{quoted(old)} is both an input and given a value.",
                                  where=made_at(old),
                                  fix="Leave it out of the inputs, or out of the givens.")
        if old in used:
            raise GivensDependError(
                f"{quoted(old)} is replaced, and what was given for another variable before uses "
                "it.", where=made_at(old),
                fix="Put it first in a list of givens, or use T.clone for one replacement.")
        v = converted(new, old, "givens", DTypeError) if strict else as_it_is(new, old)
        if len(givens) > 1:
            used.update(ancestors([v]))
            v = rebuild([v], replacements)[0]
        replacements[old] = v
    return replacements


def as_it_is(new: Any, old: Variable) -> Variable:
    """A value or expression for the place of `old`, of whatever type."""
    if isinstance(new, Variable):
        return new
    return as_tensor_variable(new) if isinstance(old.type, TensorType) else Constant(old.type, new)


def checked_updates(updates: Any) -> dict[SharedVariable, Variable]:
    """The new values of shared variables, each of the type of its variable."""
    found = {}
    for target, new in pairs("updates", updates):
        if not isinstance(target, SharedVariable):
            raise UpdateError(
                f"{quoted(target)} is not shared, so it keeps no value that could be updated.",
                where=made_at(target), fix="Make it with shared(value).")
        found[target] = as_update(new, target)
    return found


def as_update(new: Any, target: SharedVariable) -> Variable:
    """The new value of a shared variable, which has its very type, as in Theano."""
    v = converted(new, target, "updates", UpdateError)
    if not isinstance(new, Variable) or v is new:
        return v
    raise UpdateError(
        f"{quoted(target)} is {target.type}, and {quoted(new)} in updates is {new.type}.",
        where=(*made_at(target), ("its new value made at", new.origin)),
        fix=f"T.cast(value, {target.dtype!r}) gives it the dtype." if new.dtype != target.dtype
        else "T.unbroadcast(value, axis) says that a size need not be 1.")


def converted(new: Any, old: Variable, what: str, error: type[TutorError]) -> Variable:
    """A value or expression for the place of `old`: of its type, or one that becomes it without
    loss.
    """
    def unfit(why: str, fix: str) -> TutorError:
        origin = caller() if _holds_symbols(new) else getattr(new, "origin", None)
        return error(why, fix=fix, where=(*made_at(old), ("its new value made at", origin)))

    if not isinstance(old.type, TensorType):
        return new if isinstance(new, Variable) else Constant(old.type, new)
    if not isinstance(new, Variable):
        try:
            return Constant(old.type, old.type.filter(new))
        except TutorError as problem:
            fix = _joined(new, old) if _holds_symbols(new) else problem.fix
            raise unfit(f"the value for {quoted(old)} in {what} does not fit: it {problem.what}",
                        fix) from None
    if new.type is old.type:
        return new
    if not isinstance(new.type, TensorType) or new.ndim != old.ndim:
        raise unfit(f"{quoted(old)} is a {old.type.shape_name}, and {quoted(new)} in {what} is "
                    f"{new.type}.", "Give it an expression with as many dimensions.")
    if new.dtype != old.dtype and promote(new.dtype, old.dtype) != old.dtype:
        raise unfit(f"{quoted(old)} is {old.dtype}, and {quoted(new)} in {what} is {new.dtype}: "
                    "storing it would lose something.", f"T.cast(value, {old.dtype!r}), or make "
                    f"{quoted(old)} a {new.dtype} from the start.")
    if any(one and not was for one, was in zip(old.broadcastable, new.broadcastable, strict=True)):
        raise unfit(f"{quoted(old)} has the pattern {old.broadcastable} (True: size 1), and "
                    f"{quoted(new)} in {what} {new.broadcastable}.",
                    "T.addbroadcast(value, axis) says that a size is 1.")
    return rebroadcast(cast(new, old.dtype), old.broadcastable)


def _joined(parts: Sequence[Any], old: Variable) -> str:
    """What is written for a list of symbols."""
    if old.ndim == 0:
        return "Give one expression: a scalar holds one number."
    nested = any(isinstance(part, (list, tuple)) for part in parts)
    return f"Write {'T.stacklists' if nested else 'T.stack'}({quoted(parts)})."


def _holds_symbols(value: Any) -> bool:
    """Whether there are symbols in a list, or in lists in it."""
    return isinstance(value, (list, tuple)) and any(
        isinstance(part, Variable) or _holds_symbols(part) for part in value)
