"""Facts of variables, from those that ops tell: which shapes computing one compares, of what sign
it is, and where the sign of a zero can be seen. The *leaves* of an expression are the operands that
keep no shape of others; their sizes are made sure to agree, and no rewrite may drop a comparison.

>>> import tutor.tensor as T
>>> sorted(map(str, leaves(T.exp(T.dvector("x")) + T.dvector("y") * 2)))
['x', 'y']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tutor.core.arrays import DimShuffle, Reduction
from tutor.core.graph import Apply, Constant, Variable, written_at
from tutor.core.types import DISCRETE, TensorType
from tutor.ops.shape import SameShape, same_shape

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
        waiting = [w for w in (*_operands(u), *_reduced(u)) if w._leaves is None]
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


def _reduced(v: Variable) -> list[Variable]:
    """What a variable has all its sizes of, at the same places from the right: the operand of a sum
    that was put back to where it meets it."""
    if v.owner is None or not isinstance(v.owner.op, (DimShuffle, Reduction)):
        return []
    u, places = v, [i for i, one in enumerate(v.broadcastable) if not one]
    wanted = [i - v.ndim for i in places]
    while u.owner is not None and isinstance(u.type, TensorType):
        through = [place_in(u.owner, i) for i in places]
        if not through or None in through:
            return []
        u, places = u.owner.inputs[0], [i for i in through if i is not None]
        if [i - u.ndim for i in places] == wanted:
            return [u]
    return []


def place_in(node: Apply, i: int) -> int | None:
    """Which dimension of its first input dimension i of a node's output is."""
    op = node.op
    if isinstance(op, DimShuffle):
        return op.order[i]
    if isinstance(op, Reduction) and op.kind in ("sum", "prod", "any", "all"):
        axes = op.axes(node.inputs[0])
        return i if op.keepdims else [j for j in range(node.inputs[0].ndim) if j not in axes][i]
    return None


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
        return parts.pop()
    joined = NONE.union(*parts)
    fit = [u for u in joined for whole in _reduced(u)
           if whole._leaves and joined.issuperset(whole._leaves)]
    joined = joined.difference(fit)  # a sum of what it meets needs no comparison
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


def number_in(v: Variable | None) -> float | None:
    """The value of a real constant without dimensions; None of all else."""
    if not isinstance(v, Constant) or v.ndim or v.dtype.startswith("complex"):
        return None
    return float(v.data)


def is_number(v: Variable) -> bool:
    """Whether a variable is a constant without dimensions."""
    return isinstance(v, Constant) and v.ndim == 0


def is_same(u: Variable, v: Variable) -> bool:
    """Whether two are one variable, or constants of one value."""
    return u is v or (isinstance(u, Constant) and isinstance(v, Constant)
                      and u.signature() == v.signature())


def is_positive(v: Variable, depth: int = 3) -> bool:
    """Whether a variable is larger than 0 for every argument, as mathematics has it.

    >>> import tutor.tensor as T
    >>> is_positive(1 + T.exp(T.dscalar("x")))
    True
    """
    if isinstance(v, Constant):
        return v.data.size < 100 and bool((v.data > 0).all())
    node = v.owner
    return node is not None and depth > 0 and (node.op.result_sign == "positive" or (
        node.op.result_sign == "kept"
        and all(is_positive(u, depth - 1) for u in node.inputs[node.op.reads])))


def never_negative(v: Variable, depth: int = 4) -> bool:
    """Whether a variable is 0 or more, or nan, for every argument.

    >>> import tutor.tensor as T
    >>> x = T.dvector("x")
    >>> never_negative(T.sum(T.sqr(x)) + abs(x)), never_negative(x + 1)
    (True, False)
    """
    if isinstance(v, Constant):
        return v.data.size < 100 and bool((v.data >= 0).all())
    node = v.owner
    if node is None or not depth or not v.dtype.startswith("float"):
        return False
    sign = node.op.result_sign
    return sign in ("positive", "not negative") or (sign != "" and all(
        never_negative(u, depth - 1) for u in node.inputs[node.op.reads]))


def signs_seen(nodes: Iterable[Apply]) -> set[Variable]:
    """The variables of which something in the graph sees the sign of a zero: 1/0 and 1/-0 differ.

    >>> import tutor.tensor as T; x = T.dvector("x")
    >>> signs_seen([(1 / x).owner]) == {x}, signs_seen([T.exp(x).owner])
    (True, set())
    """
    stack = [v for node in nodes for v in _seeing(node, ("seen",))]
    seen: set[Variable] = set()
    while stack:
        v = stack.pop()
        if v in seen or getattr(v.type, "dtype", "bool") in DISCRETE:
            continue
        seen.add(v)
        if v.owner is not None:
            stack += _seeing(v.owner, ("seen", "kept"))
    return seen


def _seeing(node: Apply, words: Sequence[str]) -> Sequence[Variable]:
    """The operands of which the sign of a zero becomes this."""
    told = node.op.zero_sign
    if any(getattr(v.type, "dtype", "").startswith("complex") for v in node.outputs):
        told = "seen"  # of a complex number it says on which side of a cut that is
    elif callable(told):
        told = told(*node.inputs)
    if isinstance(told, str):
        return node.inputs if told in words else ()
    return [v for v, word in zip(node.inputs, told, strict=True) if word in words]
