"""`function`: from an expression to something you can call; `interpret`: what an expression means.

A graph is run node by node, as it was written; every mode agrees with that.

>>> import tutor.core as T
>>> x = T.dscalar("x")
>>> function([x], x * 2)(3)
array(6.)
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tutor.core.arithmetic import cast
from tutor.core.arrays import patternbroadcast
from tutor.core.dtypes import describe, plural, promote
from tutor.core.errors import (
    ArgumentError,
    BadValueError,
    DTypeError,
    MissingInputError,
    NullTypeGradError,
    TutorError,
    UnusedInputError,
    UpdateError,
    caller,
)
from tutor.core.graph import Constant, Variable, as_tensor_variable, quoted
from tutor.core.interpret import interpret
from tutor.core.seams import seams
from tutor.core.shared import SharedVariable
from tutor.core.types import DisconnectedType, NullType, TensorType
from tutor.core.walk import ancestors, graph_inputs, rebuild


class GivenTwiceError(BadValueError, UnusedInputError):
    """A variable stands twice among the inputs."""


class GivenInputError(BadValueError, RuntimeError):
    """A variable is an input and in the givens too."""


class GivensDependError(BadValueError, AssertionError):
    """What is given for one variable uses another one that is replaced later."""


def inputs_of(given: Any) -> list[Variable]:
    """The inputs of a function, each named once, none of them a constant or a shared variable."""
    if not isinstance(given, (list, tuple)):
        raise DTypeError(f"the inputs of a function are a list, and got {quoted(given)}.",
                         where=(("written at", caller()),),
                         fix="Write function([x], ...), also for a single input.")
    seen: set[Variable] = set()
    for v in given:
        if not isinstance(v, Variable) or isinstance(v, Constant):
            raise DTypeError(f"an input is a variable, and {quoted(v)} is none.",
                             fix="Pass the variables themselves.")
        if isinstance(v, SharedVariable):
            raise DTypeError(f"Cannot use a shared variable ({quoted(v)}) as explicit input: "
                             "its value is there already.",
                             where=((f"{quoted(v, 40)} made at", v.origin),),
                             fix="Leave it out, or replace it with givens={b: x}.")
        if v in seen:
            raise GivenTwiceError(f"{quoted(v)} is given twice as an input.",
                                  where=((f"{quoted(v, 40)} made at", v.origin),),
                                  fix="Name each variable once; two T.dscalar() are two variables.")
        seen.add(v)
    return list(given)


def output_of(v: Any) -> Variable:
    if isinstance(getattr(v, "type", None), (NullType, DisconnectedType)):
        why = getattr(v.type, "why_null", "the cost does not depend on the variable.")
        raise NullTypeGradError(
            f"an output is a gradient that is not there: {why}", fix="Leave it out."
        )
    if isinstance(v, Variable):
        return v
    try:
        return as_tensor_variable(v)
    except TutorError:
        raise DTypeError(
            f"an output is an expression of variables, and {describe(v)} is none.",
            where=(("written at", caller()),),
            fix="Pass the variable that holds the result.",
        ) from None


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
        v = converted(new, old, "givens", DTypeError) if strict else as_it_is(new, old)
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
    v = converted(new, target, "updates", UpdateError)
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


def converted(new: Any, old: Variable, what: str, error: type[TutorError]) -> Variable:
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
    v: Variable = cast(new, old.dtype)
    return patternbroadcast(v, old.broadcastable)


def check_inputs(
    inputs: list[Variable],
    run: list[Variable],
    on_unused: str,
    states: set[Variable],
    outputs: list[Variable],
) -> None:
    """Everything the results need is there, and every input is needed."""
    needed = graph_inputs(run, stop=inputs)
    known = set(inputs)
    for v in needed:
        if v not in known and not isinstance(v, (Constant, SharedVariable)):
            twin = next((u for u in inputs if u.name == v.name and v.name), None)
            hint = (
                f"There are two variables named {v.name}: this one, and the input made at "
                f"{twin.origin}. "
                "Use the same one in both places."
                if twin is not None
                else "Add it to the inputs: "
                f"function([{', '.join(map(repr, [*inputs, v]))}], ...), or to the givens."
            )
            wanted = v in ancestors(run[: len(outputs)], stop=inputs)
            raise MissingInputError(
                f"{'the output' if wanted else 'a new value in updates'} needs {quoted(v)}, "
                "which is no input.",
                where=((f"{quoted(v, 40)} made at", v.origin),),
                fix=hint,
            )
    unused = known.difference(needed, states)
    if unused:  # or computed from others, or there by form alone
        unused.difference_update(ancestors(run, stop=inputs))
    if unused:
        unused -= _hidden([*ancestors(run, stop=inputs), *ancestors(outputs)])
    for v in filter(unused.__contains__, inputs):
        message = UnusedInputError(
            f"the input {quoted(v)} has no influence on any output.",
            where=((f"{quoted(v, 40)} made at", v.origin),),
            fix='Leave it out of the inputs, or pass on_unused_input="ignore".',
        )
        if on_unused == "raise":
            raise message
        if on_unused == "warn":
            warnings.warn(str(message), stacklevel=4)


def _hidden(variables: Iterable[Variable]) -> set[Variable]:
    """What constants depend on by form: the derivative of 2x is 2, and yet a function of x."""
    found: set[Variable] = set()
    waiting = list(variables)
    while waiting:
        like = getattr(waiting.pop(), "like", None)
        if like is not None and like not in found:
            more = ancestors([like])
            found.update(more)
            waiting += more
    return found


class Function:
    """A function of values; made by `function`.

    `inputs`, `outputs` and `updates` are the expressions as they were given, `results` those of the
    outputs and updates with the givens in place and as the passes rewrote them.
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable],
                 updates: Mapping[SharedVariable, Variable], results: Sequence[Variable],
                 single: bool, name: str | None) -> None:
        self.inputs, self.outputs, self.updates = list(inputs), list(outputs), dict(updates)
        self.name, self.single = name or "f", single
        self.results = list(results)
        for rewrite in seams.passes:
            self.results = rewrite(self.results, self.inputs)

    def __call__(self, *args: Any) -> Any:
        """The values of the outputs; then the updates are stored, all of them or none."""
        signature = f"{self.name}({', '.join(v.name or str(v.type) for v in self.inputs)})"
        if len(args) != len(self.inputs):
            raise ArgumentError(f"{signature} takes {plural(len(self.inputs), 'argument')} and got "
                                f"{len(args)}.", fix=f"Call {signature}.")
        given = {}
        for v, value in zip(self.inputs, args, strict=True):
            try:
                given[v] = v.type.filter(value)
            except TutorError as problem:
                raise ArgumentError(f"argument {quoted(v)} of {signature} {problem.what}",
                                    where=((f"{quoted(v, 40)} made at", v.origin),),
                                    fix=problem.fix) from None
        values = [np.array(value) for value in interpret(self.results, given)]
        n = len(self.outputs)
        for shared, new in zip(self.updates, values[n:], strict=True):
            shared.container.value = new
        return values[0] if self.single else values[:n]

    def __repr__(self) -> str:
        return f"<function {self.name}>"


def function(inputs: Sequence[Variable], outputs: Any = None, updates: Any = None,
             givens: Any = None, name: str | None = None, on_unused_input: str = "raise"
             ) -> Function:
    """Make a function of the inputs from an expression, a list of them, or none.

    `updates` (a dict or a list of pairs) gives shared variables new values, computed from the old
    ones and stored together at the end; `givens` puts expressions or values in the place of
    variables. Outputs that need a variable that is no input are a `MissingInputError`, an input
    without influence is an `UnusedInputError` (unless `on_unused_input` is "warn" or "ignore"),
    what does not fit a `TypeError`.

    >>> import tutor.core as T
    >>> x, y = T.dscalars("x", "y")
    >>> function([x, y], [x + y, x * y])(2, 3)
    [array(5.), array(6.)]
    """
    variables = inputs_of(inputs)
    single = isinstance(outputs, Variable)
    results = [output_of(v) for v in ([outputs] if single else list(outputs or ()))]
    new_values = checked_updates(updates)
    replacements = checked_givens(givens, variables, True)
    run = rebuild([*results, *new_values.values()], replacements)
    check_inputs(variables, run, on_unused_input, set(), results)
    return Function(variables, results, new_values, run, single, name)


def evaluate(v: Variable, values: Mapping[Any, Any]) -> Any:
    """`v.eval({x: 3})`: the value of an expression when its inputs have these values."""
    return function(list(values), v, on_unused_input="ignore")(*values.values())


seams.evaluate = evaluate
