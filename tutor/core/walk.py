"""Walks over the graph: `toposort`, `ancestors`, `rebuild`.

None recurses, so a chain of 100,000 nodes is an ordinary graph. `rebuild` is the one walk behind
givens, cloning, rewriting and scan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any

from tutor.core.graph import Apply, Variable, applied, written_at

REMEMBERED = 4  # walks at a time
_walks: ContextVar[dict[Any, list[Any]] | None] = ContextVar("walks", default=None)


def toposort(outputs: Iterable[Variable], stop: Iterable[Variable] = ()) -> list[Apply]:
    """The nodes that compute the outputs, each after those it needs; nothing above `stop`.

    >>> import tutor.core as T
    >>> x = T.dscalar("x")
    >>> [node.op.name for node in toposort([T.exp(x * 2) + x])]
    ['mul', 'exp', 'add']
    """
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


@contextmanager
def remembering() -> Iterator[None]:
    """Inside, each walk through a graph is made once: nobody changes a graph that is there."""
    token = _walks.set({})
    try:
        yield
    finally:
        _walks.reset(token)


def _remembered(walk: Callable[..., list[Any]], outputs: Iterable[Variable],
                stop: Iterable[Variable]) -> list[Any]:
    known = _walks.get()
    if known is None:
        return walk(list(outputs), stop)
    key = walk, tuple(outputs), frozenset([v for v in stop if v.owner is not None])
    found = known.pop(key, None) or walk(*key[1:])
    while len(known) >= REMEMBERED:
        del known[next(iter(known))]
    known[key] = found
    return [*found]


def order_of(outputs: Iterable[Variable], stop: Iterable[Variable] = ()) -> list[Apply]:
    """`toposort`, remembered where that is allowed; for whole graphs."""
    return _remembered(toposort, outputs, stop)


def ancestors(outputs: Iterable[Variable], stop: Iterable[Variable] = ()) -> list[Variable]:
    """All variables the outputs are made of, themselves included, inputs first."""
    outputs = list(outputs)
    parts = [part for node in order_of(outputs, stop) for part in (node.inputs, node.outputs)]
    return list(dict.fromkeys(chain(*parts, outputs)))


def graph_inputs(outputs: Iterable[Variable], stop: Iterable[Variable] = ()) -> list[Variable]:
    """The variables without an owner (constants too) that the outputs are made of."""
    return _remembered(_leaves, outputs, stop)


def _leaves(outputs: Sequence[Variable], stop: Iterable[Variable]) -> list[Variable]:
    read = [v for node in order_of(outputs, stop) for v in node.inputs if v.owner is None]
    return list(dict.fromkeys([*read, *[v for v in outputs if v.owner is None]]))


def rebuild(outputs: Sequence[Variable], replace: Mapping[Variable, Variable],
            make: Callable[[Apply, list[Variable]], Sequence[Variable]] | None = None,
            ) -> list[Variable]:
    """The outputs with variables replaced, and only what depends on these made anew.

    The one walk behind givens, `clone`, rewriting and scan. `make(node, inputs)` gives the new
    outputs of a node whose inputs changed; without it the op is applied again.

    >>> import tutor.core as T
    >>> x, y = T.dscalars("x", "y")
    >>> rebuild([x * 2], {x: y})[0].owner.inputs[0]
    y
    """
    if not replace and make is None:
        return list(outputs)
    known: dict[Variable, Variable] = dict(replace)
    for node in toposort(outputs, stop=replace) if replace else order_of(outputs):
        inputs = [known.get(v, v) for v in node.inputs]
        if make is None:
            if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
                continue
            made: Sequence[Variable] = remake(node, inputs).outputs
        else:
            made = make(node, inputs)
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
