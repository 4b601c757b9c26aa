"""Rules about products: a chain of products and quotients, seen as factors above and below the
line.

What stands on both sides cancels where it cannot be 0, so that `(y / p) · p` never divides by a p
that has underflowed. The order of the factors stays: another one could overflow on the way.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tutor.compile.rules.agreement import covers
from tutor.compile.rules.rule import EXACT, ROUNDING, STABLE, Rule, number_in
from tutor.graph import Apply, Constant, Variable, constant
from tutor.ops.arithmetic import cast, inv

LONGEST = 8  # factors looked at: the cost of a rule does not grow with the length of a chain
FACTORED = frozenset(("mul", "true_div", "neg", "reciprocal", "sqr"))


class Product(NamedTuple):
    """A product: its sign, factors above the line and below it."""

    negative: bool
    up: list[Variable]
    down: list[Variable]


@lru_cache(maxsize=4)  # the rules below ask for the same node one after the other
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


def is_positive(v: Variable, depth: int = 3) -> bool:
    """Whether a variable is larger than 0 for every argument, as mathematics has it.

    >>> import tutor.tensor as T
    >>> is_positive(1 + T.exp(T.dscalar("x")))
    True
    """
    node = v.owner
    if isinstance(v, Constant):
        return v.data.size < 100 and bool((v.data > 0).all())
    if node is None or depth == 0:
        return False
    op = node.op
    return op.result_sign == "positive" or (
        op.result_sign == "kept" and all(is_positive(u, depth - 1) for u in node.inputs[op.reads]))


def is_float(node: Apply) -> bool:
    """Whether a node computes real floats of a size that rules may reorder."""
    return node.outputs[0].dtype in ("float32", "float64")


def _arguments(p: Variable) -> set[Variable]:
    """A factor, and what it is a function of: where that is nan, so is the factor."""
    found, level = {p}, [p]
    for _ in range(3):
        level = [u for v in level if v.owner is not None for u in v.owner.inputs
                 if not isinstance(u, Constant)]
        found.update(level)
    return found


def _depends(factors: list[Variable], p: Variable) -> bool:
    """Whether a factor is nan where p is, as far as a short look tells: without one, cancelling
    p would hide a nan.
    """
    wanted, level = _arguments(p), list(factors)
    for _ in range(4):
        if not wanted.isdisjoint(level):
            return True
        level = [u for v in level if v.owner is not None for u in v.owner.inputs]
    return False


def cancelled(node: Apply) -> Variable | None:
    """A factor that stands above and below the line, and cannot be 0, goes."""
    if not is_float(node):
        return None
    whole = product(node.outputs[0])
    for p in whole.down:
        if p in whole.up and is_positive(p):
            up, down = list(whole.up), list(whole.down)
            up.remove(p)
            down.remove(p)
            if _depends([*up, *down], p):
                new = edited(node.outputs[0], {(p, True): None, (p, False): None})
                return _of_shape(new, node)
    return None


def _of_shape(new: Variable, node: Apply) -> Variable | None:
    """The new variable, if it is stretched as the old one was, over shapes that are compared."""
    old = node.outputs[0]
    return new if new.broadcastable == old.broadcastable and covers(new, old) else None


def one_number(node: Apply) -> Variable | None:
    """Two numbers in a product, or a number and a sign, are one number in front."""
    if not is_float(node) or any(v.dtype != node.outputs[0].dtype for v in node.inputs):
        return None
    a, x = split(node.inputs[0])
    if node.op.name == "neg":
        return None if a is None or x is None else _times(-a, x)
    b, y = split(node.inputs[1])
    if a is None or b is None or (x is None) == (y is None):
        return None
    dividing = node.op.name == "true_div"
    number = a / b if dividing else a * b
    if not 1e-30 < abs(number) < 1e30:
        return None
    if y is None:
        assert x is not None
        return _times(number, x)
    return number / y if dividing else _times(number, y)


def _times(number: float, v: Variable) -> Variable:
    return v if number == 1 else -v if number == -1 else number * v


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


def by_power_of_two(node: Apply) -> Variable | None:
    """x / 4 is x · 0.25, to the last bit."""
    x, c = node.inputs
    number = number_in(c)
    if number is None or not is_float(node) or abs(number) not in POWERS_OF_TWO:
        return None
    return cast(x, node.outputs[0].dtype) * (1 / number)


POWERS_OF_TWO = frozenset(2.0**n for n in range(1, 31))


def signed(node: Apply) -> Variable | None:
    """x - (-2)·y is x + 2·y, and x + (-2)·y is x - 2·y."""
    x, y = node.inputs
    inner = y.owner
    if not is_float(node) or inner is None or inner.op.name != "mul":
        return None
    number = number_in(inner.inputs[0])
    if number is None or not number < 0 or y.dtype != node.outputs[0].dtype:
        return None
    positive = -number * cast(inner.inputs[1], y.dtype)
    return x + positive if node.op.name == "sub" else x - positive


def distributed(node: Apply) -> Variable | None:
    """A factor goes into a sum, or a choice, in which a term is divided by it: (a/p + b) · p is
    a + b·p."""
    if not is_float(node):
        return None
    v = node.outputs[0]
    up = product(v).up
    for total in up:
        inner = total.owner
        if inner is None or inner.op.name not in ("add", "sub", "switch"):
            continue
        terms = inner.inputs[-2:]
        below = [product(term).down for term in terms]
        p = next((u for u in up if u is not total and is_positive(u)
                  and any(u in down for down in below)), None)
        if p is None or all(p in down for down in below):
            continue
        parts = [edited(term, {(p, True): None}) if p in down else term * p
                 for term, down in zip(terms, below, strict=True)]
        new = inner.op(*inner.inputs[:-2], *parts)
        return _of_shape(edited(v, {(p, False): None, (total, False): new}), node)
    return None


def decayed(node: Apply) -> Variable | None:
    """x - k·(c·x + y) is (1 - k·c)·x - k·y: a step of descent with a weight that decays."""
    x, (k, inner) = node.inputs[0], split(node.inputs[1])
    total = inner.owner if inner is not None else None
    if not is_float(node) or k is None or total is None or total.op.name not in ("add", "sub"):
        return None
    (c, same), rest, sign = split(total.inputs[0]), total.inputs[1], total.op.name
    if same is not x and sign == "add":
        (c, same), rest = split(total.inputs[1]), total.inputs[0]
    if same is not x or c is None or not 0 < abs(k * c) < 1 or abs(k) > 1:
        return None
    adding = node.op.name == "add"
    kept, more = (1 + k * c if adding else 1 - k * c) * x, k * rest
    new = kept + more if adding == (sign == "add") else kept - more
    return _of_shape(new, node)


PRODUCTS = (
    Rule("cancel", "mul true_div", "",
         "A factor above and below the line, which is never 0, cancels.", STABLE,
         apply=cancelled, needs="divisor"),
    Rule("distribute", "mul true_div", "", "The factor cancels a divisor in a term of the sum.",
         STABLE, apply=distributed, needs="divisor"),
    Rule("div by power of two", "true_div", "",
         "The reciprocal of a power of two is exact, and a product is faster.", EXACT,
         apply=by_power_of_two, needs="constant"),
    Rule("one number", "mul true_div neg", "", "Two numbers in a product are one number.", ROUNDING,
         apply=one_number, every="constant scaled"),
    Rule("sign of term", "add sub", "",
         "Subtracting a negative multiple is adding a positive one.", EXACT, apply=signed,
         needs="scaled"),
    Rule("decay", "add sub", "", "A multiple of x added to x is one multiple of x.", ROUNDING,
         apply=decayed, needs="scaled"),
)
