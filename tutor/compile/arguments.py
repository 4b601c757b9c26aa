"""What `function` is given, checked: inputs, outputs, givens and updates, with errors that say what
to write.

>>> from tutor.core.variables import shared
>>> c = shared(0, "c"); checked_updates({c: c + 1})
{c: c + 1}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tutor.compile.io import In, as_input
from tutor.core.elementwise import cast
from tutor.core.errors import (
    BadValueError,
    DTypeError,
    MissingInputError,
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
from tutor.hooks import hooks
from tutor.misfits import describe
from tutor.ops.undefined import DisconnectedType, NullType


class GivenTwiceError(BadValueError, UnusedInputError):
    """A variable stands twice among the inputs."""


class GivenInputError(BadValueError, RuntimeError):
    """A variable is an input and in the givens too."""


class GivensDependError(BadValueError, AssertionError):
    """What is given for one variable uses another one that is replaced later."""


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


def check_parts(givens: Iterable[Variable], written: Sequence[Variable]) -> None:
    """An expression that is given a value is a part of what is computed: one that is written anew
    is another. Plain variables may be without influence, and all is in a program for Theano.
    """
    if hooks.unused_givens:
        return
    formulas = {v for v in givens if v.owner is not None}
    for v in formulas.difference(ancestors(written)) if formulas else ():
        raise UnusedInputError(
            f"{quoted(v)} is given a value, and is no part of what is computed: an expression that "
            "is written a second time is another one.", where=made_at(v),
            fix="Name it where it is first written, u = x * 2, build the outputs from u, and "
                "write givens={u: …}.")


def check_inputs(inputs: Sequence[Variable], leaves: Iterable[Variable],
                 outputs: Sequence[Variable]) -> None:
    """All that outputs and new values read must be there: an input, or something with a value."""
    for v in leaves:
        if v not in inputs and not isinstance(v, (Constant, SharedVariable)):
            raise _missing(v, inputs, v in ancestors(outputs, stop=inputs))


def _missing(v: Variable, inputs: Sequence[Variable], by_output: bool) -> MissingInputError:
    """The error for a variable that is no input; another of its name may be."""
    twin = next((u for u in inputs if u.name == v.name and v.name), None)
    fix = (f"Add it to the inputs: function([{', '.join(map(repr, [*inputs, v]))}], ...), or to "
           "the givens." if twin is None else
           f"There are two variables named {v.name}: this one, and the input made at "
           f"{twin.origin}. Use the same one in both places.")
    return MissingInputError(f"{'the output' if by_output else 'a new value in updates'} needs "
                             f"{quoted(v)}, which is no input.", where=made_at(v), fix=fix)
