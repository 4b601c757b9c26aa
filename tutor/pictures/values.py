"""The value of every variable of a graph, as it was written, also where an operation fails.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> y = T.log(x - 1)
>>> found = Evaluator([y])({x: 1.0})
>>> found.values[y], found.suspect is y.owner
(array(-inf), True)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor import quiet
from tutor.compile.function import function
from tutor.compile.watching import MonitorMode
from tutor.core.errors import ArgumentError, DTypeError, TutorError
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs, toposort
from tutor.misfits import describe


class Evaluation(NamedTuple):
    """Values by variable; the error where there was one; the node that it, or a nan, began at."""

    values: dict[Variable, Any]
    problem: Exception | None
    suspect: Apply | None


class Evaluator:
    """Tells what all variables that some outputs are made of are, for values of the inputs."""

    def __init__(self, outputs: Sequence[Variable]) -> None:
        self.outputs, leaves = list(outputs), graph_inputs(outputs)
        self.known = [v for v in leaves if isinstance(v, (Constant, SharedVariable))]
        self.inputs = [v for v in leaves if not isinstance(v, (Constant, SharedVariable))]
        self.values: dict[Variable, Any] = {}
        self.running: list[Apply] = []
        self.f = function(self.inputs, self.outputs,
                          MonitorMode(self._before, self._after, optimizer=None),
                          no_default_updates=True, on_unused_input="ignore")

    def _before(self, i: int, node: Apply, fn: Any) -> None:
        self.running.append(node)

    def _after(self, i: int, node: Apply, fn: Any) -> None:
        self.values.update((v, np.array(cell[0]) if isinstance(cell[0], np.ndarray) else cell[0])
                           for v, cell in zip(node.outputs, fn.outputs, strict=True))

    def __call__(self, given: Mapping[Variable, Any]) -> Evaluation:
        """All values; up to the operation that failed, if one does."""
        self.values = values = {v: given[v] for v in self.inputs}
        values |= {v: v.data if isinstance(v, Constant) else v.get_value() for v in self.known}
        running: list[Apply] = []
        self.running = running
        kept = [*quiet.noted]
        try:
            self.f(*[given[v] for v in self.inputs])
        except Exception as problem:
            return Evaluation(values, problem, failed(self.outputs, running, values))
        finally:
            quiet.noted[:] = kept
        return Evaluation(values, None, next((n for n in running if begins(n, values)), None))


def failed(outputs: Sequence[Variable], running: Sequence[Apply],
           values: Mapping[Variable, Any]) -> Apply | None:
    """The node that could not be computed: the last that began, or the one after it, if the shapes
    of its operands were compared before it could begin."""
    if running and running[-1].outputs[0] not in values:
        return running[-1]
    nodes = toposort(outputs)
    after = nodes[nodes.index(running[-1]) + 1:] if running else nodes
    return next((n for n in after if all(v in values for v in n.inputs)), None)


def begins(node: Apply, values: Mapping[Variable, Any]) -> bool:
    """Whether nan or infinity comes out of a node and none went in."""
    return any(broken(values.get(v)) for v in node.outputs) and not any(
        broken(values.get(v)) for v in node.inputs)


def broken(value: Any) -> bool:
    """Whether there is a nan or an infinity in a value."""
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fc" \
        and not bool(np.isfinite(value).all())


def checked(outputs: Sequence[Variable], given: Any) -> dict[Variable, Any]:
    """The values of the inputs of a graph, each as its type needs it; by variable or by name."""
    free = [v for v in graph_inputs(outputs) if not isinstance(v, (Constant, SharedVariable))]
    if not isinstance(given, Mapping):
        raise DTypeError(f"values gives each input its value, and {describe(given)} does not.",
                         fix=f"Write values={{{', '.join(f'{quoted(v)}: …' for v in free[:3])}}}.")
    by_name = {v.name: v for v in free if v.name is not None}
    found: dict[Variable, Any] = {}
    for key, value in given.items():
        if isinstance(key, str) and sum(v.name == key for v in free) > 1:
            raise ArgumentError(f"several inputs are called {key}.",
                                fix="Give their values by the variables themselves.")
        v = by_name.get(key) if isinstance(key, str) else key
        if isinstance(v, SharedVariable):
            raise ArgumentError(f"{quoted(v)} is shared: its value is there already.",
                                fix=f"Set it before: {quoted(v)}.set_value(…).")
        if not isinstance(v, Variable) or v not in free:
            name = key if isinstance(key, str) and key else quoted(key)
            raise ArgumentError(f"{name} is no input of the expression.", fix=_needed(free))
        try:
            found[v] = v.type.filter(value, False, None)
        except TutorError as problem:
            raise ArgumentError(f"the value of {quoted(v)} {problem.what}",
                                where=((f"{quoted(v, 40)} made at", v.origin),),
                                fix=problem.fix) from None
    missing = [v for v in free if v not in found]
    if missing:
        has = "has" if len(missing) == 1 else "have"
        raise ArgumentError(f"{', '.join(map(quoted, missing))} {has} no value.", fix=_needed(free))
    return found


def _needed(free: Sequence[Variable]) -> str:
    """What `values` must have."""
    if not free:
        return "It has no inputs: leave values out."
    return f"Pass values={{{', '.join(f'{quoted(v, 40)}: …' for v in free)}}}."
