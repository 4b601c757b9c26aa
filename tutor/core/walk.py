"""Walks over the graph: in order, with parts replaced, with values (`interpret`), and as text.

No walk recurses, so a chain of 100,000 nodes is an ordinary graph. `rebuild` is the one walk behind
givens, cloning, rewriting and scan; `interpret` is what an expression means, and every mode agrees
with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError, ShapeError, ShapesDifferError, TutorError, shortened
from tutor.core.graph import Apply, Constant, Variable, applied, quoted, written_at
from tutor.core.seams import seams
from tutor.core.types import TensorType


def toposort(outputs: Iterable[Variable], stop: Iterable[Variable] = ()) -> list[Apply]:
    """The nodes that compute the outputs, each after those it needs; nothing above `stop`."""
    blocked = stop if isinstance(stop, (set, dict)) else {v for v in stop if v.owner is not None}
    order: list[Apply] = []
    seen: set[Apply | None] = {None}
    open_: list[Apply] = []  # nodes whose inputs are under way
    stack: list[Any] = [v.owner for v in outputs if v.owner is not None and v not in blocked][::-1]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        if node is None:  # the inputs of the last node that was opened are done
            order.append(open_.pop())
        elif node not in seen:
            seen.add(node)
            open_.append(node)
            push(None)
            for v in reversed(node.inputs):
                owner = v.owner
                if owner not in seen and not (blocked and v in blocked):
                    push(owner)
    return order


def ancestors(outputs: Iterable[Variable], stop: Iterable[Variable] = ()) -> list[Variable]:
    """All variables the outputs are made of, themselves included, inputs first."""
    outputs = list(outputs)
    parts = [part for node in toposort(outputs, stop) for part in (node.inputs, node.outputs)]
    return list(dict.fromkeys(chain(*parts, outputs)))


def graph_inputs(outputs: Iterable[Variable], stop: Iterable[Variable] = ()) -> list[Variable]:
    """The variables without an owner (constants too) that the outputs are made of."""
    return [v for v in ancestors(outputs, stop) if v.owner is None]


def rebuild(outputs: Sequence[Variable], replace: Mapping[Variable, Variable],
            make: Callable[[Apply, list[Variable]], Sequence[Variable] | None] | None = None,
            ) -> list[Variable]:
    """The outputs with variables replaced, and only what depends on these made anew.

    `make(node, inputs)` gives the new outputs of a node with these inputs. Where it gives None, or
    there is none, the op is applied again to inputs that changed.
    """
    if not replace and make is None:
        return list(outputs)
    known: dict[Variable, Variable] = dict(replace)
    for node in toposort(outputs, stop=replace) if replace else toposort(outputs):
        inputs = [known.get(v, v) for v in node.inputs]
        made = None if make is None else make(node, inputs)
        if made is None:
            if inputs == node.inputs:
                continue
            made = remake(node, inputs).outputs
        for was, v in zip(node.outputs, made, strict=True):
            if was not in known:
                known[was] = v
                if v.name is None and was.name is not None and v.owner is not None:
                    v.name = was.name
    return [known.get(v, v) for v in outputs]


def remake(node: Apply, inputs: list[Variable]) -> Apply:
    """The same op on other inputs, written at the same place; the types follow the inputs."""
    for v, was in zip(inputs, node.inputs, strict=True):
        if v.type is not was.type and v.type != was.type:
            with written_at(node.origin):
                return node.op.make_node(*inputs)
    return applied(node.op, inputs, [v.type for v in node.outputs], node.origin)


def changing(read: Sequence[Variable], results: Sequence[Variable]) -> set[Variable]:
    """What differs from step to step: what is made of these variables, and what is drawn."""
    found = set(read)
    for node in toposort(results):
        if node.op.draws or not found.isdisjoint(node.inputs):
            found.update(node.outputs)
    return found


def closed(results: Sequence[Variable], own: Sequence[Variable]
           ) -> tuple[list[Variable], dict[Variable, Variable]]:
    """The results of a step over inner variables alone, and the outer expressions of those that are
    new: what is the same in every step is computed outside."""
    differing = changing(own, results)
    read = {v for node in toposort(results) if node.outputs[0] in differing for v in node.inputs}
    read.update(results)
    inner = {v: v.type(v.name) for v in ancestors(results)
             if v in read and v not in differing and not isinstance(v, Constant)}
    return rebuild(results, inner), {new: v for v, new in inner.items()}


def interpret(outputs: Sequence[Variable], given: Mapping[Variable, Any]) -> list[Any]:
    """The values of `outputs` where those of `given` are known; arrays, as their types say.

    A value is computed when it is first asked for, by the NumPy expression of its op. Of an
    `ifelse` the branch that is not taken is not looked at.
    """
    values = dict(given)
    wanted = list(reversed(outputs))
    while wanted:
        v = wanted[-1]
        if v in values:
            wanted.pop()
        elif v.owner is None:
            values[v] = v.data if isinstance(v, Constant) else v.container.value
        else:
            missing = [u for u in v.owner.op.required(v.owner, values) if u not in values]
            wanted.extend(reversed(missing))
            if not missing:
                values.update(zip(v.owner.outputs, computed(v.owner, values), strict=True))
    return [values[v] for v in outputs]


def computed(node: Apply, values: Mapping[Variable, Any]) -> list[Any]:
    """The results of a node, each an array of the dtype that its type says."""
    operands = [values.get(v) for v in node.inputs]
    try:
        compare_shapes(node, values)
        with np.errstate(all="ignore"):
            found = node.op.compute(node, operands)
    except Exception as problem:
        raise seams.explained(problem, node, operands) from problem
    return [np.asarray(value, v.dtype) if isinstance(v.type, TensorType) else value
            for v, value in zip(node.outputs, found, strict=True)]


def compare_shapes(node: Apply, values: Mapping[Variable, Any]) -> None:
    """Raise where a dimension merely happens to be 1: only those stretch whose type says so."""
    full = [v for v in node.inputs if node.op.elementwise and False in v.broadcastable]
    for a, b in pairwise(full):
        for axis in range(-min(a.ndim, b.ndim), 0):
            if not (a.broadcastable[axis] or b.broadcastable[axis]) and (
                    values[a].shape[axis] != values[b].shape[axis]):
                raise ShapesDifferError


def explained(problem: Exception, node: Apply, operands: Sequence[Any]) -> Exception:
    """The error to raise in the place of one that came up in a node: with its formula and line."""
    if isinstance(problem, TutorError):
        return problem
    kind = ShapeError if isinstance(problem, ValueError) else BadValueError
    shapes = " and ".join(str(np.shape(value)) for value in operands)
    why = str(problem) or "the sizes differ"
    return kind(f"{quoted(node.outputs[0])} cannot be computed: {why} (of shapes {shapes}).",
                where=(("written at", node.origin),))


MOST = 40  # operations in a formula


def in_text(v: Any, longest: int | None = None) -> str:
    """The formula on one line: the operations nearest to the result, and `…` for the rest."""
    parts, inside = [v], []  # of each part, by their numbers, those that it is made of
    for part in parts:  # which grow on the way, the nearest first
        leaf = part.owner is None or (part.name and part is not v) or len(parts) > MOST
        made_of = [] if leaf else part.owner.inputs
        inside.append(range(len(parts), len(parts) + len(made_of)))
        parts += made_of
    texts: dict[int, tuple[str, float]] = {}  # each with how strongly it binds
    for number in reversed(range(len(parts))):
        part, made_of = parts[number], [texts[i] for i in inside[number]]
        texts[number] = _applied(part, made_of) if made_of else (_alone(part), 10)
    return texts[0][0] if longest is None else shortened(texts[0][0], longest)


def _applied(v: Any, arguments: list[tuple[str, float]]) -> tuple[str, float]:
    """An operation on arguments that are written already, and how strongly the whole binds."""
    op = v.owner.op
    needs = [*op.needs, *[0] * len(arguments)]
    texts = [text if level >= need else f"({text})"
             for (text, level), need in zip(arguments, needs, strict=False)]
    text = op.formula(v.owner, texts)
    return (f"{text}[{v.index}]", 10) if len(v.owner.outputs) > 1 else (text, op.level)


def _alone(v: Any) -> str:
    """A variable by its name, its value or its type."""
    if v.name is not None or v.owner is not None:
        return v.name or "…"
    if not hasattr(v, "data"):
        return f"<{v.type}>"
    return f"array{np.shape(v.data)}" if np.ndim(v.data) else str(v.data).removesuffix(".0")


seams.explained, seams.formula = explained, in_text
