"""A chain of products and quotients, seen as factors above and below the line.

The order of the factors stays: another one could overflow on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from tutor.compile.rules.facts import is_same, number_in
from tutor.core.elementwise import cast, fill, mul, neg, sqr, true_div
from tutor.core.graph import Apply, Variable, constant
from tutor.core.op import Op
from tutor.ops.functions import inv

LONGEST = 8  # factors looked at: the cost of a rule does not grow with the length of a chain
#: Of each op that makes a product: which operands are its factors, and whether one changes sides.
SIDES: dict[Op, Sequence[tuple[int, bool]]] = {
    mul: ((0, False), (1, False)), true_div: ((0, False), (1, True)), neg: ((0, False),),
    inv: ((0, True),), sqr: ((0, False), (0, False)), fill: ((1, False),)}


class Product(NamedTuple):
    """A product: its sign, factors above the line and below it, and the nodes that make it."""

    negative: bool
    up: list[Variable]
    down: list[Variable]
    nodes: list[Apply]


@lru_cache(maxsize=256)  # one rule after the other asks for the same nodes, and for their operands
def product(v: Variable) -> Product:
    """The factors of a variable, as far as `LONGEST` allows."""
    up: list[Variable] = []
    down: list[Variable] = []
    nodes: list[Apply] = []
    stack, dtype, negative, seen = [(v, False)], v.dtype, False, 0
    while stack:
        u, below = stack.pop()
        seen += 1
        node = u.owner
        if seen <= LONGEST and node is not None and is_product(node) and u.dtype == dtype:
            nodes.append(node)
            negative ^= node.op is neg
            stack += [(node.inputs[i], below ^ turns) for i, turns in SIDES[node.op][::-1]]
        else:
            (down if below else up).append(u)
    return Product(negative, up, down, nodes)


def divisors(v: Variable) -> Sequence[Variable]:
    """The factors of a variable that stand below the line, mostly none."""
    return product(v).down if v.owner is not None and is_product(v.owner) else ()


def is_product(node: Apply) -> bool:
    """Whether a node is a product, a quotient or the like, or one that is stretched."""
    return node.op in SIDES and (
        node.op is not fill or node.inputs[1].type is node.outputs[0].type)


Change = tuple[tuple[Variable, bool], Variable | None]


def edited(v: Variable, changes: Mapping[tuple[Variable, bool], Variable | None]) -> Variable:
    """A product with factors replaced, or left out (None), one occurrence each; the key says which
    factor, and whether it is the one below the line. All else is multiplied as it was.

    >>> import tutor.tensor as T
    >>> x, y, p = T.dscalars("x", "y", "p")
    >>> edited(x * (y / p), {(p, True): None})
    x * y
    """
    return exchanged(v, [*changes.items()])


def exchanged(v: Variable, changes: list[Change]) -> Variable:
    """`edited` where a factor may be named as often as it occurs."""
    new = _edited(v, False, changes, product(v).nodes)
    return constant(1, dtype=v.dtype) if new is None else new


def _edited(v: Variable, below: bool, changes: list[Change], nodes: Collection[Apply]
            ) -> Variable | None:
    """`edited` for a part of a product that is made by `nodes`; what was used of the changes is
    taken out of them."""
    if not changes:
        return v
    for i, ((factor, side), new) in enumerate(changes):
        if side == below and is_same(factor, v):
            del changes[i]
            return new
    node = v.owner
    if node is None or node not in nodes:
        return v
    factors = [(node.inputs[i], turns) for i, turns in SIDES[node.op]]
    parts = [_edited(u, below ^ turns, changes, nodes) for u, turns in factors]
    if all(a is b for a, (b, _) in zip(parts, factors, strict=True)):
        return v
    a, b = parts[0], parts[-1]
    if node.op is fill:
        return fill(node.inputs[0], constant(1, dtype=v.dtype) if a is None else a)
    if node.op is neg:
        return constant(-1, dtype=v.dtype) if a is None else -a
    if node.op is inv:
        return None if a is None else inv(a)
    if node.op is true_div and b is not None:
        return inv(b) if a is None else a / b
    if a is None or b is None:  # what is left was computed with in this dtype
        left = b if a is None else a
        return None if left is None else cast(left, v.dtype)
    return a * b


def split(v: Variable) -> tuple[float | None, Variable | None]:
    """The number in front of a product, and the rest; either may be None."""
    alone = number_in(v)
    if alone:
        return alone, None
    node = v.owner
    if node is not None and node.op is mul:
        for first, rest in (node.inputs, node.inputs[::-1]):
            number = number_in(first)
            if number and rest.dtype == v.dtype:
                return number, rest
    return None, v


def different(some: Sequence[Variable], others: Sequence[Variable]
               ) -> tuple[list[Variable], list[Variable]]:
    """The factors that are not in both."""
    left, right = list(some), list(others)
    for v in some:
        twin = next((u for u in right if is_same(u, v)), None)
        if twin is not None:
            left.remove(v)
            right.remove(twin)
    return left, right
