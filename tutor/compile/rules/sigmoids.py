"""Rules about the sigmoid, in whatever way it was written, and about what its gradient multiplies.

Comes after products. In the end sigmoid(x) and sigmoid(-x) stand alone, and nothing overflows or
cancels where they are 0 or 1.
"""

from __future__ import annotations

from tutor.compile.rules.agreement import covers
from tutor.compile.rules.products import FACTORED, edited, is_float, is_positive, product, split
from tutor.compile.rules.rule import STABLE, Rule, number_in
from tutor.graph import Apply, Constant, Variable
from tutor.ops.arithmetic import cast
from tutor.ops.special import sigmoid


def sigmoid_quotient(node: Apply) -> Variable | None:
    """exp(x) / (1 + exp(x)) is sigmoid(x), and 1 / (1 + exp(x)) is sigmoid(-x)."""
    if not is_float(node):
        return None
    v = node.outputs[0]
    _, up, down = product(v)
    for below in down:
        x = _one_plus_exp(below)
        if x is None:
            continue
        above = next((u for u in up if _is_of(u, "exp", x)), None)
        x = cast(x, v.dtype)
        if above is None:
            rest = edited(v, {(below, True): None})
            return sigmoid(-x) if number_in(rest) == 1 else rest * sigmoid(-x)
        return edited(v, {(below, True): None, (above, False): sigmoid(x)})
    return None


def _is_of(v: Variable, name: str, x: Variable) -> bool:
    """Whether v is the function of this name of x."""
    return v.owner is not None and v.owner.op.name == name and v.owner.inputs[0] is x


def exp_of_sigmoid(node: Apply) -> Variable | None:
    """exp(x) · sigmoid(-x) is sigmoid(x): exp(x) / (1 + exp(x)), without the overflow."""
    if not is_float(node):
        return None
    v = node.outputs[0]
    up = [u for u in product(v).up if u.owner is not None]
    for s in up:
        x = s.owner.inputs[0]  # type: ignore[union-attr]
        if s.owner.op.name != "sigmoid" or x.dtype != v.dtype:  # type: ignore[union-attr]
            continue  # the negative of an integer may wrap around
        for e in up:
            y = e.owner.inputs[0]  # type: ignore[union-attr]
            if _is_of(e, "exp", y) and (_is_of(y, "neg", x) or _is_of(x, "neg", y)):
                return edited(v, {(e, False): None, (s, False): sigmoid(y)})
    return None


def _one_plus_exp(v: Variable) -> Variable | None:
    """The x in 1 + exp(x)."""
    node = v.owner
    if node is None or node.op.name != "add":
        return None
    for one, e in (node.inputs, node.inputs[::-1]):
        if (
            number_in(one) == 1
            and e.owner is not None
            and e.owner.op.name == "exp"
        ):
            return e.owner.inputs[0]
    return None


def one_minus_sigmoid(node: Apply) -> Variable | None:
    """a - a·sigmoid(x) is a·sigmoid(-x), also where a is a product."""
    first, second = node.inputs
    if isinstance(first, Constant) or not is_float(node):
        return None
    if not (_near_sigmoid(first) or _near_sigmoid(second)):
        return None
    for a, b in ((first, second), (second, first)):
        s = _factor_more(a, b)
        if s is None or _negative(a) == _negative(b, node.op.name == "sub"):
            continue
        old = node.outputs[0]
        x = cast(s.owner.inputs[0], old.dtype)  # type: ignore[union-attr]
        new = _without_common(a) * sigmoid(-x)
        new = -new if a is second and node.op.name == "sub" else new
        if new.broadcastable == old.broadcastable and covers(new, old):
            return new
    return None


def _near_sigmoid(v: Variable) -> bool:
    """Whether a sigmoid is among the first operands of a product: a look that costs little."""
    level = [v]
    for _ in range(3):
        owners = [u.owner for u in level if u.owner is not None]
        if any(owner.op.name == "sigmoid" for owner in owners):
            return True
        level = [u for owner in owners if owner.op.name in FACTORED for u in owner.inputs]
    return False


def _negative(v: Variable, taken_away: bool = False) -> bool:
    return product(v).negative != taken_away


def _common(v: Variable) -> list[Variable]:
    """The positive factors that stand above and below the line of a product."""
    _, up, down = product(v)
    return [u for u in down if u in up and is_positive(u)][:1]


def _without_common(v: Variable) -> Variable:
    for u in _common(v):
        return edited(v, {(u, True): None, (u, False): None})
    return v


def _factor_more(a: Variable, b: Variable) -> Variable | None:
    """The sigmoid by which b is a product of more factors than a; None where it is not so."""
    up, down = list(product(a).up), list(product(a).down)
    for u in _common(a):
        up.remove(u)
        down.remove(u)
    more, below = list(product(b).up), list(product(b).down)
    for part, whole in ((up, more), (down, below)):
        for u in part:
            twin = next((v for v in whole if v is u or _same_constant(u, v)), None)
            if twin is None and number_in(u) != 1:
                return None
            if twin is not None:
                whole.remove(twin)
    if below or len(more) != 1 or more[0].owner is None or more[0].owner.op.name != "sigmoid":
        return None
    return more[0]


def _same_constant(u: Variable, v: Variable) -> bool:
    """Whether both are constants of one value."""
    return isinstance(u, Constant) and isinstance(v, Constant) and u.signature() == v.signature()


def slope_of_tanh(node: Apply) -> Variable | None:
    """1 - tanh(w)² is 4·sigmoid(x)·sigmoid(-x) for x = 2·w, where something is divided by one of
    these: the gradient of a logarithm of (1 + tanh(w)) / 2 is.
    """
    if not is_float(node):
        return None
    v = node.outputs[0]
    _, up, down = product(v)
    for slope in up:
        w = _argument_of_slope(slope)
        if w is None or w.dtype != v.dtype:
            continue
        terms = [t for u in up if u.owner is not None
                 and u.owner.op.name in ("add", "sub", "switch") for t in u.owner.inputs[-2:]]
        for s in (*down, *[u for term in terms for u in product(term).down]):
            x = s.owner.inputs[0] if s.owner is not None and s.owner.op.name == "sigmoid" else None
            if x is not None and _is_double(x, w):
                return edited(v, {(slope, False): 4 * sigmoid(x) * sigmoid(-x)})
    return None


def _is_double(x: Variable, w: Variable) -> bool:
    """Whether x is 2·w or -2·w."""
    if x.owner is not None and x.owner.op.name == "neg":
        x = x.owner.inputs[0]
    number, inside = split(w)
    twice = 2 * (1 if number is None else number)
    return split(x) == (twice, inside) or (twice == 1 and x is inside)


def _argument_of_slope(v: Variable) -> Variable | None:
    """The w of 1 - tanh(w)²."""
    node = v.owner
    if node is None or node.op.name != "sub" or number_in(node.inputs[0]) != 1:
        return None
    square = node.inputs[1].owner
    inner = square.inputs[0].owner if square is not None and square.op.name == "sqr" else None
    return inner.inputs[0] if inner is not None and inner.op.name == "tanh" else None


Parts = tuple[tuple[Variable, Variable], tuple[Variable, Variable]]


def both_orders(node: Apply) -> list[Parts]:
    """What two terms multiply: (a, e), (b, f) for a·e + b·f, and for (a + b)·e; each first."""
    if node.op.name == "mul":
        inner, e = node.inputs[0].owner, node.inputs[1]
        added = inner is not None and inner.op.name == "add"
        parts = [(v, e) for v in inner.inputs] if inner is not None and added else []
    else:
        parts = [(v.owner.inputs[0], v.owner.inputs[1]) for v in node.inputs
                 if v.owner is not None and v.owner.op.name == "mul"]
    if len(parts) != 2 or parts[0][1].type is not parts[1][1].type:
        return []
    return [(parts[0], parts[1]), (parts[1], parts[0])]


def operands(v: Variable | None, name: str) -> tuple[Variable | None, Variable | None]:
    """The first and the last operand, if a variable was made by the op of this name."""
    if v is None or v.owner is None or v.owner.op.name != name:
        return None, None
    return v.owner.inputs[0], v.owner.inputs[-1]


def quotient_rule(node: Apply) -> Variable | None:
    """g/q·e - (g·p)/q·e for p = e/q, e = exp(x) and q = 1 + e: the derivative of the sigmoid by
    the quotient rule, which is g·p·(1 - p).
    """
    for (plain, e), (less, f) in both_orders(node):
        g, q = operands(plain, "true_div")
        product_, same = operands(less, "true_div")
        minus, p = operands(product_, "mul")
        if q is None or q is not same or operands(minus, "neg")[0] is not g or g is None:
            continue
        top, bottom = operands(p, "true_div")
        x = _one_plus_exp(q)
        if bottom is q and x is not None and all(
                v is not None and _is_of(v, "exp", x) for v in (e, f, top)):
            return g * p * (1 - p) if p is not None else None
    return None


SIGMOIDS = (
    Rule("slope of quotient", "add mul", "",
         "The derivative of the sigmoid by the quotient rule cancels; as a product it does not.",
         STABLE, apply=quotient_rule, given=True, needs="exp mul"),
    Rule("sigmoid quotient", "mul true_div", "",
         "exp(x) / (1 + exp(x)) overflows where the sigmoid does not.", STABLE,
         apply=sigmoid_quotient, needs="divisor"),
    Rule("exp times sigmoid", "mul", "", "exp(x) · sigmoid(-x) overflows where sigmoid(x) does "
         "not.", STABLE, apply=exp_of_sigmoid, needs="exp sigmoid"),
    Rule("one minus sigmoid factored", "sub add", "",
         "a·sigmoid(-x) keeps the digits that a - a·sigmoid(x) cancels.", STABLE,
         apply=one_minus_sigmoid, needs="sigmoid mul sqr neg scaled true_div"),
    Rule("slope of tanh", "mul true_div", "",
         "1 - tanh(w)² and sigmoid(2·w) have a factor in common, which may be 0.", STABLE,
         apply=slope_of_tanh, needs="divisor"),
)
