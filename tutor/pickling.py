"""Graphs in pickles and deep copies, flat: a graph of 50,000 nodes is no deeper than one of two.

A variable that is computed is pickled as the list of all nodes it depends on, the first ones first.
When a node comes up, those it needs are known to the pickler already, so nothing nests.

>>> import pickle, tutor.tensor as T; x = T.dscalar("x")
>>> pickle.loads(pickle.dumps(T.exp(x) * 2))
exp(x) * 2
"""

from __future__ import annotations

from copyreg import __newobj__  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from tutor.containers import Container
from tutor.core.elementwise import ELEMENTWISE, Elementwise
from tutor.core.graph import Apply, Node, Variable
from tutor.core.op import tell
from tutor.hooks import hooks

LEFT_OUT = ("_made_at", "_functions", "_leaves", "owner", "index")
UNSAID = ("_made_at", "_functions", "_leaves", "start")


def pickled(thing: Any) -> tuple[Any, ...]:
    """The state of a variable, a node or a container in a pickle.

    A variable with an owner is every node it depends on, and its place. A node is its operands by
    the nodes that compute them, and its outputs in full, which are there before anything is known
    of them: notes on one may lead to another.
    """
    if isinstance(thing, Container):
        told = (thing.type, None, thing.name, thing.strict, thing.allow_downcast)
        return type(thing), told, (thing.value, thing.readonly)
    if isinstance(thing, Apply):
        inputs = [v if v.owner is None else (v.owner, v.index) for v in thing.inputs]
        kept = [{k: w for k, w in v.__dict__.items() if k not in LEFT_OUT} for v in thing.outputs]
        kinds = tuple([type(v) for v in thing.outputs])
        tag = getattr(thing, "_tag", None)
        return new_node, (type(thing), kinds), (thing.op, inputs, kept, tag)
    if thing.owner is not None:
        return output_of, (_needed([thing.owner]), thing.index)
    state = {k: v for k, v in thing.__dict__.items() if k not in UNSAID}
    return __newobj__, (type(thing),), state


def restored(thing: Any, state: Any) -> None:
    """Give a new thing what a pickle says of it."""
    if isinstance(thing, Apply):
        _restore(thing, *state)
        return
    state = state if hooks.state is None else hooks.state(thing, state)
    if isinstance(thing, Container):
        thing.value, thing.readonly = state
    else:
        thing.__dict__.update(state)


def _restore(node: Any, op: Any, inputs: list[Any], kept: list[Any], tag: Any) -> None:
    """Give a new node what a pickle says of it."""
    node.op, node.origin = op, None
    node.inputs = [v[0].outputs[v[1]] if isinstance(v, tuple) else v for v in inputs]
    for v, known in zip(node.outputs, kept, strict=True):
        v.__dict__.update(known)
    if tag is not None:
        node._tag = tag


def output_of(nodes: list[Apply], index: int) -> Variable:
    """An output of the last of these nodes."""
    return nodes[-1].outputs[index]


class Output(NamedTuple):
    """A variable by its place among the outputs of a node."""

    node: Apply
    place: int


def flattened(*parts: Any) -> tuple[list[Apply], list[Any]]:
    """The nodes that compute the variables in these lists and dicts, the first ones first, and the
    parts with the outputs of nodes by their places: so each node is listed once, and not again for
    every variable."""
    wanted: list[Apply | None] = []

    def flat(part: Any) -> Any:
        if isinstance(part, Variable) and part.owner is not None:
            wanted.append(part.owner)
            return Output(part.owner, part.index or 0)
        if isinstance(part, dict):
            return {key: flat(value) for key, value in part.items()}
        return [flat(value) for value in part] if type(part) is list else part

    found = [[flat(field) for field in part] for part in parts]
    return _needed(wanted), found


def unflattened(part: Any) -> Any:
    """A part of what was flattened, with the variables in their places."""
    if type(part) is Output:
        return part.node.outputs[part.place]
    if isinstance(part, dict):
        return {key: unflattened(value) for key, value in part.items()}
    return [unflattened(value) for value in part] if type(part) is list else part


def new_node(of: type[Apply], kinds: tuple[type[Variable], ...]) -> Apply:
    """A node of which only the classes of its outputs are known."""
    node = of.__new__(of)
    node.outputs = [kind.__new__(kind) for kind in kinds]
    for index, v in enumerate(node.outputs):
        v.__dict__.update(owner=node, index=index)
    return node


def _needed(nodes: list[Apply | None]) -> list[Apply]:
    """These nodes and those that they depend on, also through what constants are derivatives of."""
    order: list[Apply] = []
    seen: set[Apply | None] = {None}
    stack: list[Any] = [*reversed(nodes)]
    while stack:
        node = stack.pop()
        if type(node) is list:
            order.append(node[0])
        elif node not in seen:
            seen.add(node)
            stack.append([node])
            for u in (*node.inputs, *node.outputs):
                like = getattr(u, "like", None)
                stack += [w.owner for w in (u, like) if w is not None and w.owner not in seen]
    return order


def by_name(name: str) -> Elementwise:
    """The elementwise op of this name, of which there is one."""
    return ELEMENTWISE[name]


tell(Node, __reduce_ex__=lambda self, protocol: pickled(self), __setstate__=restored)
tell(Elementwise, __reduce__=lambda self: (by_name, (self.name,)))
