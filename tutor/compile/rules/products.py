"""A chain of products and quotients, seen as factors above and below the line.

The order of the factors stays: another one could overflow on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tutor.compile.rules.rule import is_same, number_in
from tutor.core.elementwise import cast
from tutor.core.graph import Variable, constant
from tutor.ops.functions import inv

LONGEST = 8  # factors looked at: the cost of a rule does not grow with the length of a chain
FACTORED = frozenset(("mul", "true_div", "neg", "reciprocal", "sqr"))


class Product(NamedTuple):
    """A product: its sign, factors above the line and below it."""

    negative: bool
    up: list[Variable]
    down: list[Variable]


@lru_cache(maxsize=16)  # one rule after the other asks for the same nodes
def product(v: Variable) -> Product:
    """The factors of a variable, as far as `LONGEST` allows."""
    negative, seen = False, 0
    up: list[Variable] = []
    down: list[Variable] = []
    stack = [(v, False)]
    while stack:
        u, below = stack.pop()
        seen += 1
        node = u.owner
        name = node.op.name if node is not None else ""
        filled = node is not None and name == "fill" and node.inputs[1].type is u.type
        if (
            node is None
            or not (filled or name in FACTORED)
            or seen > LONGEST
            or u.dtype != v.dtype
        ):
            (down if below else up).append(u)
        elif filled:
            stack.append((node.inputs[1], below))
        elif name == "mul":
            stack += [(node.inputs[1], below), (node.inputs[0], below)]
        elif name == "true_div":
            stack += [(node.inputs[1], not below), (node.inputs[0], below)]
        elif name == "sqr":
            stack += [(node.inputs[0], below), (node.inputs[0], below)]
        elif name == "neg":
            negative = not negative
            stack.append((node.inputs[0], below))
        else:
            stack.append((node.inputs[0], not below))
    return Product(negative, up, down)


Changes = dict[tuple[Variable, bool], Variable | None]


def edited(v: Variable, changes: Changes) -> Variable:
    """A product with factors replaced, or left out (None), one occurrence each; the key says which
    factor, and whether it is the one below the line. All else is multiplied as it was.

    >>> import tutor.tensor as T
    >>> x, y, p = T.dscalars("x", "y", "p")
    >>> edited(x * (y / p), {(p, True): None})
    x * y
    """
    new = _edited(v, False, dict(changes))
    return constant(1, dtype=v.dtype) if new is None else new


def _edited(v: Variable, below: bool, changes: Changes) -> Variable | None:
    """`edited` for a part of a product; what was used of the changes is taken out of them."""
    if not changes:
        return v
    if (v, below) in changes:
        return changes.pop((v, below))
    node = v.owner
    name = node.op.name if node is not None else ""
    if node is not None and name == "fill" and node.inputs[1].type is v.type:
        inside = _edited(node.inputs[1], below, changes)
        return v if inside is node.inputs[1] else node.op(
            node.inputs[0], constant(1, dtype=v.dtype) if inside is None else inside)
    if node is None or name not in FACTORED:
        return v
    operands = node.inputs * 2 if name == "sqr" else node.inputs
    turns = [below, not below] if name == "true_div" else [below != (name == "reciprocal"), below]
    new = [_edited(u, turn, changes) for u, turn in zip(operands, turns, strict=False)]
    if all(a is b for a, b in zip(new, operands, strict=True)):
        return v
    a, b = new[0], new[-1]
    if name == "neg":
        return constant(-1, dtype=v.dtype) if a is None else -a
    if name == "reciprocal":
        return None if a is None else node.op(a)
    if name == "true_div" and b is not None:
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
    if node is not None and node.op.name == "mul":
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
