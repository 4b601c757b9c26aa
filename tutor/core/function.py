"""`function`: from an expression to something you can call.

Arguments are checked, givens put in place, `seams.passes` run; each call interprets the graph.
`tutor.function`, in `compile/`, asks the same and compiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tutor.core.elementwise import cast
from tutor.core.errors import ArgumentError, DTypeError, MissingInputError, TutorError, plural
from tutor.core.graph import Constant, Variable, as_tensor_variable, made_at, quoted
from tutor.core.op import rebroadcast
from tutor.core.seams import seams
from tutor.core.types import TensorType, promote
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs, interpret, rebuild


class Function:
    """A function of values. `inputs`, `outputs` and `updates` are the expressions as they were
    given, `results` those of outputs and updates with the givens in place, rewritten by passes."""

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable],
                 updates: Mapping[SharedVariable, Variable], results: Sequence[Variable],
                 single: bool, name: str | None) -> None:
        self.inputs, self.outputs, self.updates = list(inputs), list(outputs), dict(updates)
        self.name, self.single, self.results = name or "f", single, list(results)
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
                                    where=made_at(v), fix=problem.fix) from None
        values = [np.array(value) for value in interpret(self.results, given)]
        n = len(self.outputs)
        for v, new in zip(self.updates, values[n:], strict=True):
            v.container.value = new
        return values[0] if self.single else values[:n]


def function(inputs: Sequence[Variable], outputs: Any = None, updates: Any = None,
             givens: Any = None, name: str | None = None) -> Function:
    """Make a function of the inputs from an expression, a list of them, or none.

    `updates` (a dict or a list of pairs) gives shared variables new values, computed from the old
    ones and stored together at the end; `givens` puts expressions or values in the place of
    variables, where what comes first holds in what follows. Outputs that need a variable that is no
    input are a `MissingInputError`, what does not fit is a `TypeError`.
    """
    if not isinstance(inputs, (list, tuple)) or not all(isinstance(v, Variable) for v in inputs) \
            or len({*inputs}) < len(inputs):
        raise DTypeError("the inputs of a function are a list of variables, each once, and got "
                         f"{quoted(inputs)}.",
                         fix="Write function([x], ...), also for a single input.")
    single = outputs is not None and not isinstance(outputs, (list, tuple))
    results = [as_tensor_variable(v) for v in listed(outputs)]
    new_values = {v: converted(new, v, "updates")
                  for v, new in paired(updates, "updates", SharedVariable).items()}
    replaced: dict[Variable, Variable] = {}
    for v, new in paired(givens, "givens", Variable).items():
        replaced[v] = rebuild([converted(new, v, "givens")], replaced)[0]
    run = rebuild([*results, *new_values.values()], replaced)
    for v in graph_inputs(run, stop=inputs):
        if v not in inputs and not isinstance(v, (Constant, SharedVariable)):
            raise MissingInputError(f"{quoted(run[0])} needs {quoted(v)}, which is no input.",
                                    where=made_at(v), fix="Add it to the inputs, or the givens.")
    return Function(inputs, results, new_values, run, single, name)


def listed(value: Any) -> list[Any]:
    """An argument that may be one thing, several, or none, as a list."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def paired(given: Any, what: str, kind: type) -> dict[Any, Any]:
    """New values by variables of a kind, given as a dict or as a list of pairs."""
    pairs = [*given.items()] if isinstance(given, Mapping) else listed(given)
    if not all(isinstance(p, (list, tuple)) and len(p) == 2 and isinstance(p[0], kind)
               for p in pairs) or len(found := dict(pairs)) < len(pairs):
        raise DTypeError(f"{what} give each {kind.__name__} one new value, and got "
                         f"{quoted(given)}.", fix="Write {v: new}, or [(v, new), (w, other)].")
    return found


def converted(new: Any, old: Variable, what: str) -> Variable:
    """A value or expression for the place of `old`: of its type, or made so without loss."""
    if not isinstance(new, Variable):
        return Constant(old.type, old.type.filter(new))
    if new.type is old.type:
        return new
    if not isinstance(new.type, TensorType) or new.ndim != old.ndim or (
            promote(new.dtype, old.dtype) != old.dtype):
        raise DTypeError(f"{quoted(old)} is {old.type}, and {quoted(new)} in {what} {new.type}.",
                         where=(*made_at(old), ("its new value made at", new.origin)),
                         fix=f"T.cast(value, {old.dtype!r}) gives it the dtype.")
    return rebroadcast(cast(new, old.dtype), old.broadcastable)


def evaluate(v: Variable, values: Mapping[Any, Any]) -> Any:
    """`v.eval({x: 3})`: the value of an expression when its inputs have these values."""
    return function(list(values), v)(*values.values())


seams.evaluate = evaluate
