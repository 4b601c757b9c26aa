"""A graph run node by node, as it was written: what the language means; every mode agrees with it.

Comes after the table; `mode="interpret"` runs it. Nothing is rewritten, planned or written over: a
value is computed when it is first asked for, by the NumPy expression of its op.

>>> import tutor.tensor as T; x = T.dscalar("x")
>>> interpret([x * 2 + 1], {x: np.asarray(3.0)})
[array(7.)]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from types import CodeType
from typing import Any

import numpy as np

from tutor.compile.builders import OpFromGraph
from tutor.compile.explain import explained
from tutor.compile.performing import performer
from tutor.compile.scope import Scope, names_in
from tutor.compile.shape_checks import stretching
from tutor.compile.table import OneCall
from tutor.graph import Apply, Constant, Variable
from tutor.loops.loop import Loop
from tutor.ops import kernels
from tutor.ops.control import IfElse
from tutor.ops.shape_kernels import ShapesDifferError
from tutor.types import TensorType

Values = dict[Variable, Any]


def interpret(outputs: Sequence[Variable], given: Mapping[Variable, Any]) -> list[Any]:
    """The values of `outputs` where those of `given` are known; arrays, as their types say.

    Of an `ifelse` the branch that is not taken is not looked at. An operation that fails raises the
    error that compiled functions raise.
    """
    values: Values = dict(given)
    wanted = list(reversed(outputs))
    while wanted:
        v = wanted[-1]
        if v in values:
            wanted.pop()
        elif v.owner is None:
            values[v] = v.data if isinstance(v, Constant) else v.container.value
        else:
            missing = [u for u in needed(v.owner, values) if u not in values]
            wanted.extend(reversed(missing))
            if not missing:
                values.update(zip(v.owner.outputs, computed(v.owner, values), strict=True))
    return [values[v] for v in outputs]


def needed(node: Apply, values: Values) -> Sequence[Variable]:
    """The operands that a node needs, as far as is known."""
    op = node.op
    if not isinstance(op, IfElse):
        return node.inputs
    condition = node.inputs[0]
    if condition not in values:
        return [condition]
    taken = bool(values[condition])
    return [v for i, v in enumerate(node.inputs) if op.branch(i) in (None, taken)]


def computed(node: Apply, values: Values) -> list[Any]:
    """The results of a node, each an array of the dtype that its type says."""
    try:
        compare_shapes(node, values)
        found = computing(node)({f"x{i}": values.get(v) for i, v in enumerate(node.inputs)})
    except Exception as problem:
        raise explained(problem, node, values) from problem
    return [np.asarray(value, v.dtype) if isinstance(v.type, TensorType) else value
            for v, value in zip(node.outputs, found, strict=True)]


def compare_shapes(node: Apply, values: Values) -> None:
    """Raise where a dimension merely happens to be 1: only those stretch whose type says so."""
    for a, b in pairwise(stretching(node)):
        for axis in range(-min(a.ndim, b.ndim), 0):
            if not (a.broadcastable[axis] or b.broadcastable[axis]) and (
                    values[a].shape[axis] != values[b].shape[axis]):
                raise ShapesDifferError


def computing(node: Apply) -> Callable[[dict[str, Any]], Sequence[Any]]:
    """What gives the results of a node from its operands, which are called x0, x1, …"""
    op, names = node.op, [f"x{i}" for i in range(len(node.inputs))]
    text = op.source(node, names)
    if isinstance(op, Loop):
        return lambda scope: looped(op, *[scope[name] for name in names])
    if isinstance(op, OpFromGraph):
        return lambda scope: interpret(op.local_outputs, {
            v: scope[name] for v, name in zip(op.local_inputs, names, strict=True)})
    if text is None:
        run = performer(node)
        return lambda scope: run(*[scope[name] for name in names])
    code, functions = code_of(text)
    if len(node.outputs) == 1:
        return lambda scope: [eval(code, functions | scope)]
    return lambda scope: eval(code, functions | scope)


@cache
def code_of(text: str) -> tuple[CodeType, dict[str, Any]]:
    """The expression of an op, compiled once for all nodes that share it, and what it names: the
    functions of the kernels, and NumPy's."""
    code = compile(text, "<op>", "eval")
    names = names_in(text)
    rooms = {name: kernels if hasattr(kernels, name) else np for name in names}
    return code, {name: getattr(room, name) for name, room in rooms.items() if hasattr(room, name)}


def looped(loop: Loop, n_steps: Any, *values: Any) -> list[Any]:
    """The results of a loop: its inner graph interpreted once a step."""
    m, n = loop.sequences, len(loop.states)
    sequences, initial, constants = values[:m], values[m : m + n], values[m + n :]
    steps = loop.ready(n_steps, sequences)
    past = [list(value) if s.history or s.depth > 1 else [value]
            for s, value in zip(loop.states, initial, strict=True)]
    starts = [len(rows) for rows in past]
    kept: list[list[Any]] = [*past, *[[] for _ in loop.results[n:]]]
    for t in range(steps):
        reads = [past[i][starts[i] + t + tap] for i, tap in loop.taps()]
        elements = [np.asarray(s[t]) for s in sequences]
        found = interpret(loop.outputs, dict(zip(loop.inputs, [*elements, *reads, *constants],
                                                 strict=True)))
        for rows, value in zip(kept, found, strict=False):
            rows.append(value)
        if any(map(bool, found[len(loop.results) :])):
            break
    results = []
    for i, (v, rows, whole) in enumerate(zip(loop.results, kept, loop.kept, strict=True)):
        rows = rows[starts[i] :] if i < n and whole else rows
        shape = initial[i].shape[1:] if i < n and whole else (0,) * getattr(v, "ndim", 0)
        results.append(rows[-1] if not whole else np.stack(rows) if rows else
                       np.empty((0, *shape), v.dtype))
    return results


class Interpreted(OneCall):
    """A program of one line, which interprets the graph."""

    word, lines = "interpret", Scope.lines

    def run(self, *leaves: Any) -> list[Any]:
        """The values of the results, in order."""
        return interpret(self.results, dict(zip(self.leaves, leaves, strict=True)))

    def own(self, v: Variable, stored: bool) -> str:
        """A copy of a result: nothing that was given is written over, and nothing given out twice.
        """
        return f"array({self.name(v)})" if isinstance(v.type, TensorType) else self.name(v)
