"""A chain of products and quotients, seen as factors above and below the line; patterns of some
of them (`_ * p / p`).

The order of the factors stays: another one could overflow on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from tutor.compile.rules.patterns import Found, build, is_same, matches, number_in
from tutor.core.elementwise import cast, fill, mul, neg, sqr, true_div
from tutor.core.graph import Apply, Variable, constant
from tutor.ops.functions import inv

REST = "_"  # the other factors of a product, in a pattern
LONGEST = 8  # factors looked at: the cost of a rule does not grow with the length of a chain
FACTORED = frozenset((mul, true_div, neg, inv, sqr))


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
        if node is None or seen > LONGEST or u.dtype != v.dtype or not _is_product(node):
            (down if below else up).append(u)
            continue
        negative ^= node.op is neg
        stack += [(w, below ^ turns) for w, turns in _operands(node)[::-1]]
    return Product(negative, up, down)


@lru_cache(maxsize=64)
def divisors(v: Variable) -> tuple[Variable, ...]:
    """The factors of a variable that stand below the line, mostly none."""
    return tuple(product(v).down) if v.owner is not None and _is_product(v.owner) else ()


def _is_product(node: Apply) -> bool:
    """Whether a node is a product, a quotient or the like, or one that is stretched."""
    return node.op in FACTORED or (node.op is fill and node.inputs[1].type is node.outputs[0].type)


def _operands(node: Apply) -> list[tuple[Variable, bool]]:
    """The operands that are its factors, and whether they change sides of the line."""
    if node.op is fill:
        return [(node.inputs[1], False)]
    operands = node.inputs * 2 if node.op is sqr else node.inputs
    return [*zip(operands, (node.op is inv, node.op is true_div), strict=False)]


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
    if node is None or not _is_product(node):
        return v
    factors = _operands(node)
    new = [_edited(u, below ^ turns, changes) for u, turns in factors]
    if all(a is b for a, (b, _) in zip(new, factors, strict=True)):
        return v
    a, b = new[0], new[-1]
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


class Chain(NamedTuple):
    """A pattern among the factors of a product: those above the line, and those below it."""

    up: list[Any]
    down: list[Any]


@cache
def chain(pattern: Any) -> Chain | None:
    """The factors of a pattern that leaves others beside them; None of other patterns."""
    up: list[Any] = []
    down: list[Any] = []
    stack = [(pattern, up)]
    while stack:
        tree, side = stack.pop()
        if side is up and isinstance(tree, tuple) and tree[0] in ("mul", "true_div") \
                and len(tree) == 3:
            stack += [(tree[2], up if tree[0] == "mul" else down), (tree[1], up)]
        else:
            side.append(tree)
    if REST not in up:
        return None
    up.remove(REST)
    return Chain(up, down)


def chain_matches(wanted: Chain, v: Variable, dtype: str | None) -> Iterator[Found]:
    """Each way in which factors of a product have the forms of a chain; `_()` is which these are,
    and `rest` the others.
    """
    _, up, down = product(v)
    if len(up) < len(wanted.up) or len(down) < len(wanted.down):
        return iter(())
    parts = [*[(p, True) for p in wanted.down], *[(p, False) for p in wanted.up]]
    return _factors(parts, up, down, dtype, {"_()": ()})


def _factors(wanted: list[tuple[Any, bool]], up: list[Variable], down: list[Variable],
             dtype: str | None, found: Found) -> Iterator[Found]:
    if not wanted:
        yield {**found, "rest": [*up, *down]}
        return
    (pattern, below), *more = wanted
    for i, u in enumerate(side := down if below else up):
        left = side[:i] + side[i + 1:]
        for then in matches(pattern, u, dtype, found):
            then = {**then, "_()": (*found["_()"], (u, below))}
            yield from _factors(more, up if below else left, left if below else down, dtype, then)


def exchanged(v: Variable, new: Chain, found: Found) -> Variable:
    """A product with the factors that were found exchanged for new ones."""
    changes: Changes = dict.fromkeys(found["_()"])
    factors = [build(p, found) for p in new.up]
    place = next((key for key in changes if not key[1]), None)
    if place is not None and factors:
        changes[place] = factors.pop(0)
    rest = edited(v, changes)
    for factor in factors:
        rest = factor if number_in(rest) == 1 else rest * factor
    return rest
