"""Rules about products: a chain of products and quotients, seen as factors above and below the
line.

What stands on both sides cancels where it cannot be 0, so that `(y / p) · p` never divides by a p
that has underflowed; constants are combined; a factor goes into a sum where it cancels there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tutor.graph import Apply, Constant, Variable
from tutor.operators import FUNCTIONS
from tutor.rewrite.rules import ROUNDING, STABLE, Rule

LONGEST = 8  # factors looked at: the cost of a rule does not grow with the length of a chain
POSITIVE = frozenset(("exp", "exp2", "sigmoid", "softmax", "softplus", "cosh"))


class Product(NamedTuple):
    """A product: a number, factors above the line and below it."""

    number: float
    up: list[Variable]
    down: list[Variable]

    def expression(self) -> Variable:
        """The product as an expression: numbers and scalars first, then what is above, then
        below.
        """
        ups = sorted(self.up, key=lambda v: v.ndim > 0)
        result: Variable | None = None
        for v in ups:
            result = v if result is None else result * v
        if result is None:
            result = (
                FUNCTIONS["constant"](self.number, dtype=self.down[0].dtype) if self.down else None
            )
            assert result is not None
        elif self.number == -1:
            result = -result
        elif self.number != 1:
            result = _scaled(self.number, ups)
        for v in self.down:
            result = result / v
        return result


def _scaled(number: float, ups: list[Variable]) -> Variable:
    """The number goes to the scalars, so that arrays are multiplied once."""
    result: Variable = number * ups[0]
    for v in ups[1:]:
        result = result * v
    return result


@lru_cache(maxsize=4)  # the rules below ask for the same node one after the other
def product(v: Variable) -> Product:
    """The factors of a variable, as far as `LONGEST` allows."""
    number, seen = 1.0, 0
    up: list[Variable] = []
    down: list[Variable] = []
    stack = [(v, False)]
    while stack:
        u, below = stack.pop()
        seen += 1
        node = u.owner
        name = node.op.name if node is not None else ""
        if isinstance(u, Constant) and u.ndim == 0 and float(u.data) != 0:
            number = number / float(u.data) if below else number * float(u.data)
        elif (
            node is None
            or name not in ("mul", "true_div", "neg", "reciprocal")
            or seen > LONGEST
            or u.dtype != v.dtype
        ):
            (down if below else up).append(u)
        elif name == "mul":
            stack += [(node.inputs[1], below), (node.inputs[0], below)]
        elif name == "true_div":
            stack += [(node.inputs[1], not below), (node.inputs[0], below)]
        elif name == "neg":
            number = -number
            stack.append((node.inputs[0], below))
        else:
            stack.append((node.inputs[0], not below))
    return Product(number, up, down)


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
    if node.op.name in POSITIVE:
        return True
    if node.op.name in ("add", "mul", "true_div"):
        return all(is_positive(u, depth - 1) for u in node.inputs)
    return node.op.name in ("sqrt", "reciprocal", "fill") and is_positive(
        node.inputs[-1], depth - 1
    )


def _float(node: Apply) -> bool:
    return node.outputs[0].dtype in ("float32", "float64")


def cancelled(node: Apply) -> Variable | None:
    """Factors that stand above and below the line, and cannot be 0, go."""
    if not _float(node):
        return None
    number, up, down = product(node.outputs[0])
    common = [v for v in down if v in up and is_positive(v)]
    if not common:
        return None
    up, down = list(up), list(down)
    for v in common:
        if v in up:
            up.remove(v)
            down.remove(v)
    if not up and not down:
        return None
    return Product(number, up, down).expression()


def one_number(node: Apply) -> Variable | None:
    """Two numbers in a product, or a number and a sign, are one number in front."""
    if not _float(node) or any(v.dtype != node.outputs[0].dtype for v in node.inputs):
        return None
    a, x = _split(node.inputs[0])
    if a is None:
        return None
    if node.op.name == "neg":
        return None if x is None else _times(-a, x)
    b, y = _split(node.inputs[1])
    if b is None or (x is None and y is None):
        return None
    dividing = node.op.name == "true_div"
    number = a / b if dividing else a * b
    if not 1e-30 < abs(number) < 1e30:
        return None
    if y is None:
        return None if x is None else _times(number, x)
    if x is None:
        return _times(number, FUNCTIONS["reciprocal"](y) if dividing else y)
    return _times(number, x / y if dividing else x * y)


def _times(number: float, v: Variable) -> Variable:
    return v if number == 1 else -v if number == -1 else number * v


def _split(v: Variable) -> tuple[float | None, Variable | None]:
    """The number in front of a product, and the rest; either may be None."""
    if isinstance(v, Constant):
        return (float(v.data), None) if v.ndim == 0 and v.data != 0 else (None, v)
    node = v.owner
    if node is not None and node.op.name == "mul":
        for number, rest in (node.inputs, node.inputs[::-1]):
            if (
                isinstance(number, Constant)
                and number.ndim == 0
                and number.data != 0
                and rest.dtype == v.dtype
            ):
                return float(number.data), rest
    return None, v


def signed(node: Apply) -> Variable | None:
    """x - (-2)·y is x + 2·y, and x + (-2)·y is x - 2·y."""
    x, y = node.inputs
    inner = y.owner
    if not _float(node) or inner is None or inner.op.name != "mul":
        return None
    number = inner.inputs[0]
    if (
        not isinstance(number, Constant)
        or number.ndim
        or not number.data < 0
        or y.dtype != node.outputs[0].dtype
    ):
        return None
    positive = -float(number.data) * inner.inputs[1]
    return x + positive if node.op.name == "sub" else x - positive


def sigmoid_quotient(node: Apply) -> Variable | None:
    """exp(x) / (1 + exp(x)) is sigmoid(x), and 1 / (1 + exp(x)) is sigmoid(-x)."""
    if not _float(node):
        return None
    number, up, down = product(node.outputs[0])
    for below in down:
        argument = _one_plus_exp(below)
        if argument is None:
            continue
        above = next(
            (
                v
                for v in up
                if v.owner is not None
                and v.owner.op.name == "exp"
                and v.owner.inputs[0] is argument
            ),
            None,
        )
        new = (
            FUNCTIONS["sigmoid"](argument) if above is not None else FUNCTIONS["sigmoid"](-argument)
        )
        return Product(
            number,
            exchanged(up, above, new) if above is not None else [*up, new],
            exchanged(down, below),
        ).expression()
    return None


def exp_of_sigmoid(node: Apply) -> Variable | None:
    """exp(x) · sigmoid(-x) is sigmoid(x): exp(x) / (1 + exp(x)), without the overflow."""
    if not _float(node):
        return None
    number, up, down = product(node.outputs[0])
    for e in up:
        if e.owner is None or e.owner.op.name != "exp":
            continue
        x = e.owner.inputs[0]
        s = next(
            (
                v
                for v in up
                if v.owner is not None
                and v.owner.op.name == "sigmoid"
                and _opposite(v.owner.inputs[0], x)
            ),
            None,
        )
        if s is not None:
            up = exchanged(exchanged(up, s, FUNCTIONS["sigmoid"](x)), e)
            return Product(number, up, down).expression()
    return None


def exchanged(
    factors: list[Variable], old: Variable, new: Variable | None = None
) -> list[Variable]:
    """The factors with one occurrence of `old` exchanged for `new`, or taken out; a factor may be
    there twice."""
    place = next(i for i, v in enumerate(factors) if v is old)
    return [*factors[:place], *([] if new is None else [new]), *factors[place + 1 :]]


def _opposite(a: Variable, b: Variable) -> bool:
    """Whether one is the negative of the other."""
    return any(
        u.owner is not None and u.owner.op.name == "neg" and u.owner.inputs[0] is v
        for u, v in ((a, b), (b, a))
    )


def _one_plus_exp(v: Variable) -> Variable | None:
    """The x in 1 + exp(x)."""
    node = v.owner
    if node is None or node.op.name != "add":
        return None
    for one, e in (node.inputs, node.inputs[::-1]):
        if (
            isinstance(one, Constant)
            and one.ndim == 0
            and one.data == 1
            and e.owner is not None
            and e.owner.op.name == "exp"
        ):
            return e.owner.inputs[0]
    return None


def distributed(node: Apply) -> Variable | None:
    """A factor goes into a sum in which a term is divided by it: (a/p + b) · p is a + b·p."""
    if not _float(node):
        return None
    number, up, down = product(node.outputs[0])
    for total in up:
        inner = total.owner
        if inner is None or inner.op.name not in ("add", "sub"):
            continue
        below = [v for term in inner.inputs for v in product(term).down]
        factor = next((v for v in up if v is not total and v in below and is_positive(v)), None)
        if factor is None:
            continue
        new = inner.op(*[term * factor for term in inner.inputs])
        rest = list(up)
        rest.remove(factor)
        rest[rest.index(total)] = new
        return Product(number, rest, down).expression()
    return None


QUOTIENTS = (
    Rule(
        "sigmoid quotient",
        "mul true_div",
        "",
        "exp(x) / (1 + exp(x)) overflows where the sigmoid does not.",
        STABLE,
        apply=sigmoid_quotient,
    ),
    Rule(
        "cancel",
        "mul true_div",
        "",
        "A factor above and below the line, which is never 0, cancels.",
        STABLE,
        apply=cancelled,
    ),
    Rule(
        "distribute",
        "mul true_div",
        "",
        "The factor cancels a divisor in a term of the sum.",
        STABLE,
        apply=distributed,
    ),
)
PRODUCTS = (
    Rule(
        "exp times sigmoid",
        "mul",
        "",
        "exp(x) · sigmoid(-x) overflows where sigmoid(x) does not.",
        STABLE,
        apply=exp_of_sigmoid,
        needs="exp sigmoid",
    ),
    Rule(
        "one number",
        "mul true_div neg",
        "",
        "Two numbers in a product are one number.",
        ROUNDING,
        apply=one_number,
        every="constant scaled",
    ),
    Rule(
        "sign of term",
        "add sub",
        "",
        "Subtracting a negative multiple is adding a positive one.",
        apply=signed,
        needs="scaled",
    ),
)
