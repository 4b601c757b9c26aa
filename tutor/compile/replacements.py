"""Givens and updates, checked: what stands for what, and what shared variables become.

Comes before the checks of a whole request. Whatever a learner gives for a variable is brought to
its type here, or refused with the variable, the line that made it, and the fix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tutor.errors import BadValueError, DTypeError, TutorError, UpdateError
from tutor.graph import (
    Constant,
    Variable,
    ancestors,
    as_tensor_variable,
    graph_inputs,
    rebuild,
)
from tutor.operators import quoted
from tutor.ops.arithmetic import cast as cast_of
from tutor.ops.shape import patternbroadcast
from tutor.ops.shared import SharedVariable
from tutor.types import TensorType, describe, promote


class GivenInputError(BadValueError, RuntimeError):
    """A variable is an input and in the givens too."""


class GivensDependError(BadValueError, AssertionError):
    """What is given for one variable uses another one that is replaced later."""


def pairs(what: str, given: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(given, Variable) or not isinstance(given or (), Iterable):
        named = quoted(given) if isinstance(given, Variable) and given.owner is None else "c"
        raise DTypeError(
            f"{what} is a dict or a list of pairs, and got {quoted(given)}.",
            fix=f"Write {what}={{{named}: …}} or {what}=[({named}, …)].",
        )
    if not given:
        return []
    found = list(given.items()) if isinstance(given, Mapping) else list(given)
    seen: set[Any] = set()
    for pair in found:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise DTypeError(
                f"{what} is a dict or a list of pairs, and {quoted(pair)} is no pair.",
                fix=f"Write {what}={{c: c + 1}} or {what}=[(c, c + 1)].",
            )
        if not isinstance(pair[0], Variable):
            raise DTypeError(
                f"{what} is for variables, and {describe(pair[0])} is none.",
                fix="Pass the variable itself.",
            )
        if pair[0] in seen:
            raise BadValueError(
                f"{pair[0]} stands twice in {what}.",
                where=((f"{pair[0]} made at", pair[0].origin),),
                fix="Give each variable one new value.",
            )
        seen.add(pair[0])
    return [(k, v) for k, v in found]


def checked_givens(
    givens: Any, inputs: Sequence[Variable], strict: bool
) -> dict[Variable, Variable]:
    """What stands for each variable; in a list, what comes first holds in what follows.

    Without `strict` the replacement may be of another type.
    """
    replacements: dict[Variable, Variable] = {}
    used: set[Variable] = set()
    for old, new in pairs("givens", givens):
        if old in inputs:
            raise GivenInputError(
                f"{quoted(old)} is both an input and given a value.",
                where=((f"{quoted(old, 40)} made at", old.origin),),
                fix="Leave it out of the inputs, or out of the givens.",
            )
        if old in used:
            raise GivensDependError(
                f"{quoted(old)} is replaced, and what was given for another variable before uses "
                "it.",
                where=((f"{quoted(old, 40)} made at", old.origin),),
                fix="Put it first in a list of givens, or use T.clone for one replacement.",
            )
        v = fitted(new, old, "givens", DTypeError) if strict else as_it_is(new, old)
        if len(givens) > 1:
            used.update(ancestors([v]))
            v = rebuild([v], replacements)[0]
        replacements[old] = v
    return replacements


def as_it_is(new: Any, old: Variable) -> Variable:
    if isinstance(new, Variable):
        return new
    return as_tensor_variable(new) if isinstance(old.type, TensorType) else Constant(old.type, new)


def checked_updates(updates: Any) -> dict[SharedVariable, Variable]:
    found = {}
    for target, new in pairs("updates", updates):
        if not isinstance(target, SharedVariable):
            raise UpdateError(
                f"{quoted(target)} is not shared, so it keeps no value that could be updated.",
                where=((f"{quoted(target, 40)} made at", target.origin),),
                fix="Make it with shared(value).",
            )
        found[target] = as_update(new, target)
    return found


def as_update(new: Any, target: SharedVariable) -> Variable:
    """The new value of a shared variable, which has its very type, as in Theano."""
    v = fitted(new, target, "updates", UpdateError)
    if not isinstance(new, Variable) or v is new:
        return v
    cast = new.dtype != target.dtype
    raise UpdateError(
        f"{quoted(target)} is {target.type}, and {quoted(new)} in updates is {new.type}.",
        where=((f"{quoted(target, 40)} made at", target.origin),
               ("its new value made at", new.origin)),
        fix=f"T.cast(value, {target.dtype!r}) gives it the dtype." if cast
        else "T.unbroadcast(value, axis) says that a size need not be 1.",
    )


def fitted(new: Any, old: Variable, what: str, error: type[TutorError]) -> Variable:
    """A value or expression for the place of `old`: of its type, or one that becomes it without
    loss.
    """
    where = (
        (f"{quoted(old, 40)} made at", old.origin),
        ("its new value made at", getattr(new, "origin", None)),
    )
    if not isinstance(old.type, TensorType):
        return new if isinstance(new, Variable) else Constant(old.type, new)
    if not isinstance(new, Variable):
        try:
            return Constant(old.type, old.type.filter(new))
        except TutorError as problem:
            raise error(
                f"the value for {quoted(old)} in {what} does not fit: it {problem.what}",
                where=where,
                fix=problem.fix,
            ) from None
    if new.type is old.type:
        return new
    if not isinstance(new.type, TensorType) or new.ndim != old.ndim:
        raise error(
            f"{quoted(old)} is a {old.type.shape_name}, and {quoted(new)} in {what} is {new.type}.",
            where=where,
            fix="Give it an expression with as many dimensions.",
        )
    if new.dtype != old.dtype and promote(new.dtype, old.dtype) != old.dtype:
        raise error(
            f"{quoted(old)} is {old.dtype}, and {quoted(new)} in {what} is {new.dtype}: "
            "storing it would lose something.",
            where=where,
            fix=f"T.cast(value, {old.dtype!r}), or make {quoted(old)} a {new.dtype} from the "
            "start.",
        )
    if any(one and not was for one, was in zip(old.broadcastable, new.broadcastable, strict=True)):
        raise error(
            f"{quoted(old)} has the pattern {old.broadcastable} (True: size 1), and {quoted(new)} "
            f"in {what} {new.broadcastable}.",
            where=where,
            fix="T.addbroadcast(value, axis) says that a size is 1.",
        )
    v: Variable = cast_of(new, old.dtype)
    return patternbroadcast(v, old.broadcastable)


def add_default_updates(
    updates: dict[SharedVariable, Variable],
    run: Sequence[Variable],
    without: Any,
    replacements: Mapping[Variable, Variable],
    inputs: Iterable[Variable] = (),
) -> None:
    """Shared variables that bring an update of their own (random streams do) are updated too.

    Those count that the results are made of, and those that their updates are made of in turn;
    nothing above the inputs does.
    """
    if without is True:
        return
    if without is not False and not isinstance(without, (list, tuple, set, frozenset)):
        raise DTypeError(
            f"no_default_updates is True, False or a list of variables, and not {quoted(without)}.",
            fix="Write no_default_updates=[v.rng].",
        )
    passed = set(without or ())
    stop, waiting = set(inputs), list(run)
    while waiting:
        found = [v for v in graph_inputs(waiting, stop) if isinstance(v, SharedVariable)]
        waiting = []
        for v in found:
            new = getattr(v, "default_update", None)
            if new is not None and v not in updates and v not in passed:
                updates[v] = rebuild([as_update(new, v)], replacements)[0]
                waiting.append(updates[v])
