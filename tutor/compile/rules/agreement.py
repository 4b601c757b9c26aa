"""Which shapes an expression compares when it is computed, so that no rewrite drops a comparison.

Its *leaves* are the operands that keep no shape of others; their sizes are made sure to agree.

>>> import tutor.tensor as T
>>> sorted(map(str, leaves(T.exp(T.dvector("x")) + T.dvector("y") * 2)))
['x', 'y']
"""

from __future__ import annotations

from collections.abc import Iterable

from tutor.graph import Apply, Variable, written_at
from tutor.ops.stable import SameShape, same_shape
from tutor.types import TensorType

Leaves = frozenset[Variable]
NONE: Leaves = frozenset()
MOST = 12  # leaves: an expression of more counts as a leaf itself


def leaves(v: Variable) -> Leaves:
    """The leaves of a variable: itself where it is not elementwise, none where it is a number."""
    if v._leaves is not None:
        return v._leaves
    stack = [v]
    while stack:
        u = stack[-1]
        waiting = [w for w in _operands(u) if w._leaves is None]
        if waiting:
            stack += waiting
        else:
            stack.pop()
            u._leaves = _joined(u)
    return v._leaves or NONE


def _operands(v: Variable) -> list[Variable]:
    """The operands whose shapes a variable takes on; none where it is a leaf."""
    node = v.owner
    return node.inputs if node is not None and node.op.keeps_shape else []


def _joined(v: Variable) -> Leaves:
    """The leaves of a variable whose operands have theirs."""
    if not isinstance(v.type, TensorType) or all(v.broadcastable):
        return NONE
    operands = _operands(v)
    if not operands:
        return frozenset((v,))
    parts = {u._leaves or NONE for u in operands}
    parts.discard(NONE)
    if len(parts) == 1:
        only: Leaves = parts.pop()
        return only
    joined = NONE.union(*parts)
    return joined if len(joined) <= MOST else frozenset((v,))


def covers(v: Variable, *others: Variable) -> bool:
    """Whether computing v compares all the shapes that computing the others does."""
    wanted = [leaves(u) for u in others]
    return all(not part for part in wanted) or leaves(v).issuperset(NONE.union(*wanted))


def stand_in(v: Variable) -> Variable | None:
    """A variable of the shape of v that need not be computed, where v is elementwise: a leaf, once
    it is compared with the others.
    """
    node: Apply | None = v.owner
    if node is None or not node.op.keeps_shape or isinstance(node.op, SameShape):
        return None
    found = _in_order(v, leaves(v))
    whole = first_whole(found, v.broadcastable)
    if whole is None or v in found:
        return None
    if len(found) == 1:
        return whole
    others = [u for u in found if u is not whole]
    with written_at(node.origin):  # where shapes that differ would have met
        result: Variable = same_shape(whole, *others)
    return result


def first_whole(found: Iterable[Variable], pattern: tuple[bool, ...]) -> Variable | None:
    """A leaf that has the pattern of all, if there is one; the best known of several."""
    whole = [u for u in found if u.broadcastable == pattern]
    return min(whole, key=lambda u: (u.owner is not None, str(u.name)), default=None)


def _in_order(v: Variable, found: Leaves) -> list[Variable]:
    """Leaves in the order in which they stand in the expression, the same every time."""
    order: dict[Variable, None] = {}
    stack, seen = [v], set()
    while stack:
        u = stack.pop()
        if u in found:
            order[u] = None
        elif u not in seen and leaves(u):
            seen.add(u)
            stack += _operands(u)[::-1]
    return list(order)
