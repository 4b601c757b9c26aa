"""Which nodes can run together in blocks: elementwise ones over values of one shape.

Comes before the source. A full operand of an elementwise operation has the shape of its result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tutor.graph import Apply, Variable
from tutor.types import TensorType

MOST_NODES = 2000  # graphs of more nodes are long, not large: looking for groups costs more


class Group(NamedTuple):
    """Nodes that run together: what comes in from outside, and what is needed outside."""

    nodes: list[Apply]
    leaves: list[Variable]
    results: list[Variable]
    shape: Variable  # a leaf that has the shape of all

    @property
    def pays(self) -> bool:
        """Whether running in blocks can be faster: several operations, or a costly one."""
        return len(self.nodes) > 1 or not self.nodes[0].op.cheap


def read_by(node: Apply) -> Sequence[Variable]:
    """The operands whose numbers an op looks at; of the others it needs the shape alone."""
    return node.inputs[node.op.reads]


def is_full(v: Variable, pattern: tuple[bool, ...]) -> bool:
    """Whether an operand has the shape of a result of this pattern, stretching nowhere."""
    return isinstance(v.type, TensorType) and v.broadcastable == pattern


def can_join(node: Apply) -> bool:
    """Whether a node is elementwise with a dimension of unknown size and a full operand."""
    if not node.op.elementwise or len(node.outputs) != 1:
        return False
    pattern = node.outputs[0].broadcastable
    return not all(pattern) and any(is_full(v, pattern) for v in node.inputs)


def folds(node: Apply) -> bool:
    """Whether a node takes whole arrays of one shape together to one number."""
    out = node.outputs[0]
    return bool(node.op.folds) and not out.ndim and all(v.dtype == out.dtype for v in node.inputs)


class Grouping:
    """One pass over the nodes in order: groups stay open until something outside needs them."""

    def __init__(self, results: Sequence[Variable]) -> None:
        self.roots: dict[Variable, Variable] = {}
        self.open: dict[Variable, list[Apply]] = {}  # root of the shape -> nodes
        self.home: dict[Variable, Variable] = {}  # variable of an open group -> that root
        self.parts: list[Apply | Group] = []
        self.needed = set(results)

    def root(self, v: Variable) -> Variable:
        """The variable that stands for all of this shape."""
        while v in self.roots:
            v = self.roots[v]
        return v

    def place(self, node: Apply) -> None:
        """Put a node into an open group, or behind all that it needs."""
        key = self._key(node)
        for v in node.inputs:
            home = self.home.get(v)
            if home is not None and (key is None or home is not key):
                self.close(home)
        if key is None:
            self.parts.append(node)
            return
        self.open.setdefault(key, []).append(node)
        for v in node.outputs:
            self.home[v] = key

    def _key(self, node: Apply) -> Variable | None:
        """The shape of the group a node belongs to; None where it is in none."""
        if folds(node):
            homes = {self.home.get(v) for v in node.inputs} - {None}
            roots = {self.root(v) for v in node.inputs}
            return homes.pop() if len(roots) == 1 and homes == roots else None
        if not can_join(node):
            return None
        pattern = node.outputs[0].broadcastable
        full = [self.root(v) for v in (*node.inputs, *node.outputs) if is_full(v, pattern)]
        key = next((r for r in full if r in self.open), full[0])
        for r in full:
            if r is not key:  # two open groups turn out to have one shape, and to be one
                moved = self.open.pop(r, [])
                if moved:
                    self.open[key] = [*self.open.get(key, []), *moved]
                    self.home |= {v: key for other in moved for v in other.outputs}
                self.roots[r] = key
        return key

    def close(self, key: Variable) -> None:
        """End a group: nothing joins it any more."""
        nodes = self.open.pop(key, [])
        for node in nodes:
            for v in node.outputs:
                self.home.pop(v, None)
        if nodes:
            self.parts.append(Group(nodes, [], [], key))

    def finished(self) -> list[Apply | Group]:
        """All parts in order, groups with their leaves and results."""
        for key in list(self.open):
            self.close(key)
        nodes = [node for p in self.parts for node in (p.nodes if isinstance(p, Group) else [p])]
        users = Counter(v for node in nodes for v in node.inputs)
        return [self._complete(p, users) if isinstance(p, Group) else p for p in self.parts]

    def _complete(self, group: Group, users: Counter[Variable]) -> Group:
        made = {v for node in group.nodes for v in node.outputs}
        inside: dict[Variable, int] = {}
        leaves: dict[Variable, None] = {}
        for node in group.nodes:
            for v in node.inputs:
                inside[v] = inside.get(v, 0) + 1
                if v not in made:
                    leaves[v] = None
        results = [v for node in group.nodes for v in node.outputs
                   if v in self.needed or users[v] > inside.get(v, 0)]
        root = self.root(group.shape)
        shape = next(v for v in leaves if self.root(v) is root and v.ndim == root.ndim)
        return Group(group.nodes, list(leaves), results, shape)


def grouped(nodes: Sequence[Apply], results: Sequence[Variable]) -> list[Apply | Group]:
    """The nodes in an order in which they can run, those that can run together as groups.

    >>> import tutor.tensor as T
    >>> from tutor.graph import toposort
    >>> y = T.exp(-T.dvector("x") ** 2)
    >>> [len(group.nodes) for group in grouped(toposort([y]), [y])]
    [3]
    """
    if len(nodes) > MOST_NODES:
        return list(nodes)
    grouping = Grouping(results)
    for node in nodes:
        grouping.place(node)
    return grouping.finished()
