"""What `function` is asked for, checked and brought into one form before anything is compiled.

Comes after shared variables. Every mistake in a call of `function` is found here, once, and said
with the variable, the line that made it, and the fix.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tutor.config import CHOICES, config
from tutor.errors import (
    BadValueError,
    DTypeError,
    MissingInputError,
    NullTypeGradError,
    TutorError,
    UnusedInputError,
    UpdateError,
    caller,
)
from tutor.graph import Constant, Variable, ancestors, as_tensor_variable, rebuild
from tutor.graph.nulls import DisconnectedType, NullType
from tutor.graph.shared import SharedVariable
from tutor.operators import FUNCTIONS
from tutor.types import TensorType, describe, promote


class Request(NamedTuple):
    """What to compile: as it was written (`outputs`, `updates`), and with the givens in place
    (`run_…`).

    `form` is None for a single output, a list of keys for a dict, and a tuple for a list.
    """

    inputs: list[Variable]
    outputs: list[Variable]
    updates: dict[SharedVariable, Variable]
    run_outputs: list[Variable]
    run_updates: dict[SharedVariable, Variable]
    form: Any
    mode: str
    allow_downcast: bool | None


def checked_request(
    inputs: Any,
    outputs: Any,
    updates: Any,
    givens: Any,
    no_default_updates: Any,
    mode: Any,
    name: Any,
    allow_downcast: bool | None,
    on_unused_input: str | None,
) -> Request:
    """The request in one form; raises the errors that `function` documents."""
    arguments = _inputs(inputs)
    results, form = _outputs(outputs)
    replacements = _givens(givens, arguments)
    new_values = _updates(updates)
    if name is not None and not isinstance(name, str):
        raise DTypeError(
            f"the name of a function is a string, not {describe(name)}.", fix='Write name="train".'
        )
    chosen = _choice("mode", mode if mode is not None else _usual_mode())
    unused = _choice("on_unused_input", on_unused_input or config.on_unused_input)
    run = rebuild([*results, *new_values.values()], replacements)
    _default_updates(new_values, run, no_default_updates, replacements)
    run_values = run[len(results) :]
    run_values += list(new_values.values())[len(run_values) :]
    run = [*run[: len(results)], *run_values]
    _check_inputs(arguments, run, results, unused)
    return Request(
        arguments,
        results,
        new_values,
        run[: len(results)],
        dict(zip(new_values, run_values, strict=True)),
        form,
        chosen,
        allow_downcast,
    )


def _usual_mode() -> str:
    """The mode where none is given: the configuration's, and its optimizer's."""
    quick = config.mode == "Mode" and config.optimizer in ("None", "fast_compile", "merge")
    return "FAST_COMPILE" if quick else config.mode


def _choice(setting: str, value: Any) -> Any:
    if value not in CHOICES[setting]:
        raise BadValueError(
            f"{setting} cannot be {value!r}.",
            fix=f"Choose one of {', '.join(map(repr, CHOICES[setting]))}.",
        )
    return value


def _inputs(inputs: Any) -> list[Variable]:
    if not isinstance(inputs, (list, tuple)):
        raise DTypeError(
            f"the inputs of a function are a list, and got {inputs!r}.",
            where=(("written at", caller()),),
            fix="Write function([x], ...), also for a single input.",
        )
    seen: set[Variable] = set()
    for v in inputs:
        if not isinstance(v, Variable):
            raise DTypeError(
                f"an input is a variable, and {describe(v)} is none.",
                fix="Pass the variables themselves.",
            )
        if isinstance(v, SharedVariable):
            raise DTypeError(
                f"{v} is a shared variable: its value is there already, so it is no argument.",
                where=((f"{v} made at", v.origin),),
                fix="Leave it out, or replace it with givens={b: x}.",
            )
        if isinstance(v, Constant):
            raise DTypeError(
                f"{v} is a constant, so it is no argument.", fix="Make a variable: T.dscalar('x')."
            )
        if v in seen:
            raise BadValueError(
                f"{v} is given twice as an input.",
                where=((f"{v} made at", v.origin),),
                fix="Name each variable once; two T.dscalar() are two variables.",
            )
        seen.add(v)
    return list(inputs)


def _outputs(outputs: Any) -> tuple[list[Variable], Any]:
    if outputs is None:
        return [], ()
    if isinstance(outputs, Mapping):
        for key in outputs:
            if not isinstance(key, str):
                raise DTypeError(
                    f"the keys of outputs are strings, and {key!r} is none.",
                    fix='Write {"cost": y}.',
                )
        keys = list(outputs)
        return [_output(outputs[k]) for k in keys], keys
    if isinstance(outputs, (list, tuple)):
        return [_output(v) for v in outputs], ()
    return [_output(outputs)], None


def _output(v: Any) -> Variable:
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


def _pairs(what: str, given: Any) -> Iterable[tuple[Any, Any]]:
    pairs = list(given.items()) if isinstance(given, Mapping) else list(given or ())
    seen: set[Any] = set()
    for pair in pairs:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise DTypeError(
                f"{what} is a dict or a list of pairs, and {pair!r} is no pair.",
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
    return [(k, v) for k, v in pairs]


def _givens(givens: Any, inputs: list[Variable]) -> dict[Variable, Variable]:
    replacements = {}
    for old, new in _pairs("givens", givens):
        if old in inputs:
            raise BadValueError(
                f"{old} is both an input and given a value.",
                where=((f"{old} made at", old.origin),),
                fix="Leave it out of the inputs, or out of the givens.",
            )
        replacements[old] = fitted(new, old, "givens", DTypeError)
    return replacements


def _updates(updates: Any) -> dict[SharedVariable, Variable]:
    found = {}
    for target, new in _pairs("updates", updates):
        if not isinstance(target, SharedVariable):
            raise UpdateError(
                f"{target!r} is not shared, so it keeps no value that could be updated.",
                where=((f"{target} made at", target.origin),),
                fix="Make it with shared(value).",
            )
        found[target] = fitted(new, target, "updates", UpdateError)
    return found


def fitted(new: Any, old: Variable, what: str, error: type[TutorError]) -> Variable:
    """A value or expression for the place of `old`: of its type, or one that becomes it without
    loss.
    """
    where = (
        (f"{old} made at", old.origin),
        ("its new value made at", getattr(new, "origin", None)),
    )
    if not isinstance(old.type, TensorType):
        return new if isinstance(new, Variable) else Constant(old.type, new)
    if not isinstance(new, Variable):
        try:
            return Constant(old.type, old.type.filter(new))
        except TutorError as problem:
            raise error(
                f"the value for {old} in {what} does not fit: it {problem.what}",
                where=where,
                fix=problem.fix,
            ) from None
    if new.type is old.type:
        return new
    if not isinstance(new.type, TensorType) or new.ndim != old.ndim:
        raise error(
            f"{old} is a {old.type.shape_name}, and {new!r} in {what} is {new.type}.",
            where=where,
            fix="Give it an expression with as many dimensions.",
        )
    if new.dtype != old.dtype and promote(new.dtype, old.dtype) != old.dtype:
        raise error(
            f"{old} is {old.dtype}, and {new!r} in {what} is {new.dtype}: "
            "storing it would lose something.",
            where=where,
            fix=f"T.cast(value, {old.dtype!r}), or make {old} a {new.dtype} from the start.",
        )
    if any(one and not was for one, was in zip(old.broadcastable, new.broadcastable, strict=True)):
        raise error(
            f"{old} has the pattern {old.broadcastable} (True: size 1), and {new!r} in {what} "
            f"{new.broadcastable}.",
            where=where,
            fix="T.addbroadcast(value, axis) says that a size is 1.",
        )
    v: Variable = FUNCTIONS["cast"](new, old.dtype)
    return FUNCTIONS["patternbroadcast"](v, old.broadcastable)


def _default_updates(
    updates: dict[SharedVariable, Variable],
    run: list[Variable],
    without: Any,
    replacements: Mapping[Variable, Variable],
) -> None:
    """Shared variables that bring an update of their own (random streams do) are updated too."""
    if without is True:
        return
    excluded = set(without) if isinstance(without, (list, tuple, set)) else set()
    queue = list(run)
    seen: set[Variable] = set()
    while queue:
        for v in ancestors(queue):
            if isinstance(v, SharedVariable) and v not in seen:
                seen.add(v)
                if v.default_update is not None and v not in updates and v not in excluded:
                    updates[v] = rebuild([v.default_update], replacements)[0]
        queue = [u for v, u in updates.items() if v in seen and u not in seen]
        seen.update(queue)


def _check_inputs(
    inputs: list[Variable], run: list[Variable], outputs: list[Variable], on_unused: str
) -> None:
    """Everything the results need is there, and every input is needed."""
    needed = ancestors(run, stop=inputs)
    known, reached = set(inputs), set(needed)
    for v in needed:
        if v.owner is None and v not in known and not isinstance(v, (Constant, SharedVariable)):
            twin = next((u for u in inputs if u.name == v.name and v.name), None)
            hint = (
                f"There are two variables named {v.name}: this one, and the input made at "
                f"{twin.origin}. "
                "Use the same one in both places."
                if twin is not None
                else f"Add it to the inputs: function([{', '.join(map(str, [*inputs, v]))}], ...), "
                "or to the givens."
            )
            raise MissingInputError(
                f"the output needs {v}, which is no input.",
                where=((f"{v} made at", v.origin),),
                fix=hint,
            )
    unused = [v for v in inputs if v not in reached]
    if unused:
        hidden = _hidden([*needed, *ancestors(outputs)])
        unused = [v for v in unused if v not in hidden]
    for v in unused:
        message = UnusedInputError(
            f"the input {v} has no influence on any output.",
            where=((f"{v} made at", v.origin),),
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
