"""What `function` is asked for, checked and brought into one form before anything is compiled.

Comes after shared variables. Every mistake in a call of `function` is found here, once, and said
with the variable, the line that made it, and the fix.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tutor.compile.io import In, Out, as_input
from tutor.compile.mode import Mode, get_mode
from tutor.compile.replacements import add_default_updates, checked_givens, checked_updates
from tutor.config import CHOICES, config
from tutor.errors import (
    BadValueError,
    DTypeError,
    MissingInputError,
    NullTypeGradError,
    TutorError,
    UnusedInputError,
    caller,
)
from tutor.graph import Constant, Variable, ancestors, as_tensor_variable, graph_inputs, rebuild
from tutor.graph.nulls import DisconnectedType, NullType
from tutor.operators import quoted
from tutor.ops.shared import SharedVariable
from tutor.types import describe


class GivenTwiceError(BadValueError, UnusedInputError):
    """A variable stands twice among the inputs."""


class OutputKeyError(DTypeError, AssertionError):
    """A key in a dict of outputs is no string."""


class Request(NamedTuple):
    """What to compile: as it was written (`outputs`, `updates`, `states`), and with the givens in
    place (`run_…`). `states` are the new values of inputs that keep one.

    `form` is None for a single output, a list of keys for a dict, and a tuple for a list.
    """

    arguments: list[In]
    outputs: list[Variable]
    updates: dict[SharedVariable, Variable]
    states: dict[Variable, Variable]
    run_outputs: list[Variable]
    run_updates: dict[SharedVariable, Variable]
    run_states: dict[Variable, Variable]
    borrowed: list[bool]  # whether each output may share memory
    form: Any
    mode: Mode

    @property
    def inputs(self) -> list[Variable]:
        """The variables of the arguments."""
        return [a.variable for a in self.arguments]


def checked_request(
    inputs: Any,
    outputs: Any,
    updates: Any,
    givens: Any,
    no_default_updates: Any = False,
    mode: Any = None,
    name: Any = None,
    allow_downcast: bool | None = None,
    on_unused_input: str | None = None,
    rebuild_strict: bool = True,
) -> Request:
    """The request in one form; raises the errors that `function` documents."""
    arguments = _arguments(inputs, allow_downcast)
    variables = [a.variable for a in arguments]
    results, borrowed, form = _outputs(outputs)
    replacements = checked_givens(givens, variables, rebuild_strict)
    new_values = checked_updates(updates)
    if name is not None and not isinstance(name, str):
        raise DTypeError(
            f"the name of a function is a string, not {describe(name)}.", fix='Write name="train".'
        )
    chosen = get_mode(mode)
    unused = _choice("on_unused_input", on_unused_input or config.on_unused_input)
    states = {a.variable: a.update for a in arguments if a.update is not None}
    ends = {v: v for v in variables if v.owner is not None}
    run = rebuild([*results, *states.values(), *new_values.values()], ends | replacements)
    add_default_updates(new_values, run, no_default_updates, replacements, variables)
    n, m = len(results), len(results) + len(states)
    run += list(new_values.values())[len(run) - m :]
    _check_inputs(variables, run, unused, set(states), results)
    return Request(
        arguments,
        results,
        new_values,
        states,
        run[:n],
        dict(zip(new_values, run[m:], strict=True)),
        dict(zip(states, run[n:m], strict=True)),
        borrowed,
        form,
        chosen,
    )


def _choice(setting: str, value: Any) -> Any:
    if value not in CHOICES[setting]:
        raise BadValueError(
            f"{setting} cannot be {value!r}.",
            fix=f"Choose one of {', '.join(map(repr, CHOICES[setting]))}.",
        )
    return value


def _arguments(inputs: Any, allow_downcast: bool | None) -> list[In]:
    if not isinstance(inputs, (list, tuple)):
        raise DTypeError(
            f"the inputs of a function are a list, and got {quoted(inputs)}.",
            where=(("written at", caller()),),
            fix="Write function([x], ...), also for a single input.",
        )
    found = [as_input(given, allow_downcast) for given in inputs]
    seen: set[Variable] = set()
    for v in [a.variable for a in found]:
        if isinstance(v, SharedVariable):
            raise DTypeError(
                f"Cannot use a shared variable ({quoted(v)}) as explicit input: "
                "its value is there already.",
                where=((f"{quoted(v, 40)} made at", v.origin),),
                fix="Leave it out, or replace it with givens={b: x}.",
            )
        if v in seen:
            raise GivenTwiceError(
                f"{quoted(v)} is given twice as an input.",
                where=((f"{quoted(v, 40)} made at", v.origin),),
                fix="Name each variable once; two T.dscalar() are two variables.",
            )
        seen.add(v)
    return found


def _outputs(outputs: Any) -> tuple[list[Variable], list[bool], Any]:
    """The results as variables, whether each may be borrowed, and the form they come back in."""
    keys: Any = None
    if outputs is None:
        return [], [], ()
    if isinstance(outputs, Variable):
        return [_output(outputs)], [False], None
    if isinstance(outputs, Mapping):
        for key in outputs:
            if not isinstance(key, str):
                raise OutputKeyError(
                    f"the keys of outputs are strings, and {key!r} is none.",
                    fix='Write {"cost": y}.',
                )
        keys = sorted(outputs)
        outputs = [outputs[k] for k in keys]
    form = keys if keys is not None else () if isinstance(outputs, (list, tuple)) else None
    given = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    borrowed = [isinstance(v, Out) and bool(v.borrow) for v in given]
    return [_output(v.variable if isinstance(v, Out) else v) for v in given], borrowed, form


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


def _check_inputs(
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
