"""The order in which the parts of a program run, and when each array is read for the last time.

Comes after the groups and before the source. What makes little of much (a sum, a product with the
transpose of an array) runs as soon as it can: the array is in the cache still, and what comes next
may be written over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tutor.compile.groups import Group, read_by
from tutor.graph import Apply, Variable
from tutor.ops.linalg import Dot
from tutor.ops.reductions import Reduction
from tutor.ops.shape import DimShuffle
from tutor.ops.stable import SameShape

Part = Apply | Group


def nodes_of(part: Part) -> Sequence[Apply]:
    """The nodes of a part."""
    return part.nodes if isinstance(part, Group) else (part,)


def early(parts: Sequence[Part]) -> list[Part]:
    """The parts in an order in which sums, products of matrices and views come as soon as what
    they read is there; sums before products, which push the rest out of the cache.

    >>> import tutor.tensor as T
    >>> from tutor.graph import toposort
    >>> x, w = T.dmatrices("x", "w")
    >>> a = T.dot(x, w)
    >>> found = toposort([T.dot(w.T, T.exp(a)), a.sum()])
    >>> [node.op.name for node in early([*found])]
    ['dimshuffle', 'dot', 'sum', 'exp', 'dot']
    """
    place: dict[Variable, int] = {}  # behind which of those that stay a variable is there
    kept: list[Part] = []
    behind: dict[int, list[Apply]] = {}
    for part in parts:
        if isinstance(part, Apply) and isinstance(part.op, (Dot, Reduction, DimShuffle)):
            at = max((place.get(v, -1) for v in part.inputs), default=-1)
            if at >= 0:
                _put(part, behind.setdefault(at, []))
                place |= dict.fromkeys(part.outputs, at)
                continue
        place |= {v: len(kept) for node in nodes_of(part) for v in node.outputs}
        kept.append(part)
    return [p for i, part in enumerate(kept) for p in (part, *behind.get(i, ()))]


def _put(node: Apply, others: list[Apply]) -> None:
    """Put a node behind others, but a sum or a view before the products that it does not need."""
    i = len(others)
    while i and not isinstance(node.op, Dot):
        before = others[i - 1]
        if not isinstance(before.op, Dot) or before.outputs[0] in node.inputs:
            break
        i -= 1
    others.insert(i, node)


class Lives:
    """Which part reads an array last, also through a view; never for what is seen outside."""

    def __init__(self, parts: Iterable[Part], outputs: Iterable[Variable]) -> None:
        self.roots: dict[Variable, Variable] = {}
        self.last: dict[Variable, float] = {}
        self.place: dict[Apply, int] = {}
        for i, node in enumerate(node for part in parts for node in nodes_of(part)):
            self.place[node] = i
            if isinstance(node.op, (DimShuffle, SameShape)):
                self.roots[node.outputs[0]] = self.root(node.inputs[0])
            for v in read_by(node):
                self.last[self.root(v)] = i
        for v in outputs:
            self.last[self.root(v)] = float("inf")

    def root(self, v: Variable) -> Variable:
        """What a view is a view of."""
        return self.roots.get(v, v)

    def end_in(self, v: Variable, nodes: Sequence[Apply]) -> bool:
        """Whether an array is read for the last time by these nodes, and by them as it is."""
        return (v not in self.roots and self.last.get(v, -1) <= self.place[nodes[-1]]
                and all(u is v for node in nodes for u in read_by(node) if self.root(u) is v))
