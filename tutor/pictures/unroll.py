"""Loops unrolled: their last steps as graphs, one after the other, each of them a scope of its own.

What is computed stays the same: the steps before those that are drawn stay a loop. So that values
flow from state to state, and cotangents back, on edges as everywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tutor.core.errors import Origin
from tutor.core.graph import Apply, Constant, Variable, applied, constant, written_at
from tutor.core.indexing import Slot, Subtensor, concatenate
from tutor.core.scan import Loop
from tutor.core.walk import rebuild, remake, toposort
from tutor.ops.stacks import stack
from tutor.pictures.inside import names_in_loop
from tutor.pictures.values import Evaluator
from tutor.scopes import Scope


def unrolled(outputs: Sequence[Variable], given: Mapping[Variable, Any], most: int
             ) -> list[Variable]:
    """The outputs with the last steps of each loop, at most so many, in place of the loop.

    >>> import tutor, tutor.tensor as T
    >>> p, x = T.dscalars("p", "x")
    >>> powers, _ = tutor.scan(lambda p, x: p * x, None, p, x, n_steps=3)
    >>> unrolled([powers[-1]], {}, 3)
    [state2 * x]
    """
    nodes = [node for node in toposort(outputs) if isinstance(node.op, Loop)]
    if not nodes:
        return list(outputs)
    counts = dict(zip(nodes, taken(nodes, given), strict=True))
    rows: dict[Variable, list[Variable]] = {}  # of what a loop stacked: each step's

    def make(node: Apply, inputs: list[Variable]) -> Sequence[Variable]:
        row = row_of(node)
        if row is not None and inputs[0] in rows and -len(rows[inputs[0]]) <= row < 0:
            return [rows[inputs[0]][row]]
        if node not in counts or not counts[node]:
            same = all(a is b for a, b in zip(node.inputs, inputs, strict=True))
            return node.outputs if same else remake(node, inputs).outputs
        return steps(node, inputs, counts[node], most, rows)

    return rebuild(outputs, {}, make)


def taken(nodes: Sequence[Apply], given: Mapping[Variable, Any]) -> list[int]:
    """How many steps each loop takes; none, where that cannot be told."""
    loops: list[Any] = [node.op for node in nodes]
    told = [node.outputs[op.stacked.index(True)] if op.until and True in op.stacked
            else node.inputs[0]
            for node, op in zip(nodes, loops, strict=True)]
    found = Evaluator(told)(given).values
    return [0 if v not in found or (op.until and True not in op.stacked)
            else len(found[v]) if op.until else int(found[v])
            for v, op in zip(told, loops, strict=True)]


def row_of(node: Apply) -> int | None:
    """Which row an operation takes out, counted from the end: -1 for the last."""
    if not isinstance(node.op, Subtensor) or len(node.op.index.entries) != 1:
        return None
    entry = node.op.index.entries[0]
    if isinstance(entry, Slot) and isinstance(node.inputs[1], Constant) and not node.inputs[1].ndim:
        return int(node.inputs[1].data)
    return entry if isinstance(entry, int) else None


def steps(node: Apply, inputs: list[Variable], count: int, most: int,
          rows: dict[Variable, list[Variable]]) -> list[Variable]:
    """The results of a loop of so many steps, the last of them unrolled."""
    op: Any = node.op
    first = max(0, count - most)
    sequences, states, constants = (list(part) for part in op.split(inputs[1:]))
    before: list[Variable] = []
    with written_at(node.origin):
        if first:
            before = op.make_node(constant(np.int64(first)), *[s[:first] for s in sequences],
                                  *states, *constants).outputs
            states = [whole[-1] if kept else whole for whole, kept in zip(
                before, op.stacked[:op.states], strict=False)]
    made: list[list[Variable]] = []
    for t in range(first, count):
        origin = in_step(node.origin, Scope(f"step {t + 1}", scope_of(node.origin)))
        with written_at(origin):
            read = [*[s[t] for s in sequences], *states, *constants]
        results = one(op, dict(zip(op.inputs, read, strict=True)), origin)
        name(op, results, t + 1)
        states = results[:op.states]
        made.append(results)
    found = []
    with written_at(node.origin):
        for i, kept in enumerate(op.stacked):
            own = [results[i] for results in made]
            whole = own[-1] if not kept else stack(own)
            if kept and before:
                whole = concatenate([before[i], whole])
            if kept:
                rows[whole] = own
            found.append(whole)
    return found


def one(op: Loop, read: Mapping[Variable, Variable], origin: Origin | None) -> list[Variable]:
    """The results of one step, of what it reads."""

    def make(node: Apply, inputs: list[Variable]) -> Sequence[Variable]:
        same = remake(node, inputs)
        return applied(same.op, same.inputs, [v.type for v in same.outputs], origin).outputs

    return rebuild(op.results, read, make)


def scope_of(origin: Origin | None) -> Scope | None:
    """The scope of a place, where that is known."""
    return None if origin is None else origin.scope


def in_step(origin: Origin | None, scope: Scope) -> Origin | None:
    """The place of a loop, for one of its steps."""
    return None if origin is None else origin._replace(scope=scope)


def name(op: Loop, results: Sequence[Variable], t: int) -> None:
    """Call the states after a step by its number: h1, h2."""
    called = names_in_loop(op)
    for v, was in zip(results, op.results, strict=True):
        word = was.name or called.get(was, "").split("[")[0]
        if word and v.owner is not None:
            v.name = f"{word}_{t}" if word[-1].isdigit() else f"{word}{t}"
