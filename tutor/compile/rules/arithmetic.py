"""Algebraic simplification: sums, products and powers, signs and numbers; sums of many terms.

What stands above and below the line cancels where it cannot be 0, so that `(y / p) · p` never
divides by a p that has underflowed. A factor goes out of a sum only where that cannot overflow by
it where the terms did not.
"""

from __future__ import annotations

from typing import Any

from tutor.compile.rules.facts import is_positive, is_same, number_in
from tutor.compile.rules.patterns import (
    ALL,
    ASSUMES,
    EXACT,
    REAL,
    ROUNDING,
    STABLE,
    Rule,
)
from tutor.compile.rules.products import divisors, edited, split
from tutor.core.arrays import Reduction, dot
from tutor.core.elementwise import add, broadcast_pattern, cast, neg, sub, true_div
from tutor.core.graph import Apply, Constant, Variable
from tutor.ops.shape import reshape


def whole(x: Variable, y: Variable, **_: Any) -> bool:
    """Whether x has the shape of a result of x and y: a sign of it costs what one of that costs."""
    return x.broadcastable == broadcast_pattern([x.broadcastable, y.broadcastable])


ARITHMETIC = (
    Rule("mul by one", "x * 1", "x", "A factor of 1 changes nothing.", kinds="iuf"),
    Rule("div by one", "x / 1", "x", "A divisor of 1 changes nothing."),
    Rule("add zero", "x + 0", "x", "Adding 0 changes nothing.", kinds="iu"),
    Rule("add zero to float", "x + 0", "x", "Adding 0 changes nothing.", ROUNDING, zero=True,
         kinds="fc"),
    Rule("sub zero", "x - 0", "x", "Subtracting 0 changes nothing.", kinds="iufc"),
    Rule("double negative", "-(-x)", "x", "The negative of the negative is the number itself.",
         kinds="iufc"),
    Rule("add negative", "x + -y", "x - y", "Adding a negative is subtracting.", kinds="iufc"),
    Rule("sub negative", "x - -y", "x + y", "Subtracting a negative is adding.", kinds="iufc"),
    Rule("by minus one", "x * -1 | x / -1", "-x", "A factor or divisor of -1 changes the sign.",
         kinds="if"),
    Rule("sign of difference", "-(x - y)", "y - x",
         "The negative of a difference is the difference the other way round.", ROUNDING,
         zero=True, kinds="iuf"),
    Rule("sign of both", "-x - y", "-(x + y)", "Two numbers taken away are their sum taken away.",
         ROUNDING, zero=True, kinds="iuf"),
    Rule("sign of factor", "(-x) * y | (-x) / y | y / (-x)", "-(x * y) | -(x / y) | -(y / x)",
         "The sign of a factor or divisor is the sign of the whole.", kinds="iuf", when=whole),
    Rule("sign of operand", "dot(x, -y) | dot(-x, y)", "-dot(x, y)",
         "The sign of an operand is the sign of the product.", ROUNDING, zero=True),
    Rule("zero minus", "0 - x", "-x", "Zero minus a number is its negative.", ROUNDING,
         zero=True, kinds="iuf"),
    Rule("no sign", "sqr(-x) | sqr(abs(x)) | abs(-x) | abs(abs(x)) | abs(sqr(x)) | cos(-x)",
         "sqr(x) | sqr(x) | abs(x) | abs(x) | sqr(x) | cos(x)",
         "Squares, absolute values and cosines forget the sign."),
    Rule("no sign of integers", "sqr(-x) | sqr(abs(x)) | abs(abs(x))", "sqr(x) | sqr(x) | abs(x)",
         "Squares and absolute values forget the sign.", kinds="iu"),
    Rule("times itself", "x * x", "sqr(x)", "A number times itself is its square.", kinds="iuf"),
    Rule("power one", "x ** 1", "x", "The first power is the number itself.", kinds="iuf"),
    Rule("power zero", "x ** 0", "fill(x, 1)", "Every number to the power 0 is 1, nan too.",
         kinds="iuf"),
    Rule("power two", "x ** 2", "sqr(x)",
         "A square is one product, and a power is a logarithm and an exponential.", kinds="iufc"),
    Rule("power three", "x ** 3", "x * sqr(x)", "A cube is two products.", ROUNDING),
    Rule("power minus one", "x ** -1", "reciprocal(x)", "x to the power -1 is 1/x."),
    Rule("power minus two", "x ** -2", "sqr(reciprocal(x))",
         "A quotient and a square are faster than a power.", ROUNDING),
    Rule("power four", "x ** 4", "sqr(sqr(x))", "The square of a square is two products.",
         ROUNDING),
    Rule("one over", "1 / x", "reciprocal(x)", "One over x has an op of its own."),
    Rule("number over", "C * reciprocal(y)", "C / y", "A number times 1/y is that number over y.",
         ROUNDING, at=(("C", "2.5"),)),
    Rule("reciprocal twice", "x / reciprocal(y)", "x * y", "Dividing by 1/y is multiplying by y.",
         ASSUMES),
    Rule("identity", "identity(x)", "x", "A copy of a value that nobody changes is that value.",
         kinds="iufc"),
    Rule("real of real", "real(x)", "x", "A real number is its own real part."),
    Rule("slope of relu", "switch(ge(x, 0), g * switch(gt(x, 0), 1, 0.5), 0)", "relu_back(x, g)",
         "One pass over x and the cotangent, in place of five.", kinds=ALL,
         when=lambda x, g: x.dtype == g.dtype and x.dtype.startswith("float")),
    Rule("larger of equals", "maximum(x, x) | minimum(x, x)", "x",
         "The larger of x and x is x, and the smaller.", kinds="biuf"),
    Rule("and with itself", "and_(x, x) | or_(x, x)", "x", "x and x is x, and x or x.",
         kinds="biu"),
    Rule("not twice", "invert(invert(x))", "x", "Not not x is x.", kinds="biu"),
    Rule("integer minus itself", "x - x", "fill(x, 0)", "x - x is 0 for integers, which have no "
         "infinity.", kinds="iu"),
    Rule("integer times zero", "x * 0", "fill(x, 0)", "A product with 0 is 0 for integers.",
         kinds="iu"),
    Rule("sub itself", "x - x", "fill(x, 0)", "x - x is 0, unless x is infinite.", ASSUMES),
    Rule("div itself", "x / x", "fill(x, 1)", "x / x is 1, unless x is 0 or infinite.", ASSUMES),
    Rule("mul by zero", "x * 0", "fill(x, 0)", "A product with 0 is 0, unless x is infinite.",
         ASSUMES),
)


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


def distributed(node: Apply, total: Variable, p: Variable, **_: Any) -> Variable | None:
    """A factor goes into a sum, or a choice, in which a term is divided by it: (a/p + b) · p is
    a + b·p."""
    inner: Any = total.owner
    terms = inner.inputs[-2:]
    divided = [any(is_same(p, divisor) for divisor in divisors(term)) for term in terms]
    if sum(divided) != 1:
        return None
    parts = [edited(term, {(p, True): None}) if there else term * p
             for term, there in zip(terms, divided, strict=True)]
    new = inner.op(*inner.inputs[:-2], *parts)
    return edited(node.outputs[0], {(p, False): None, (total, False): new})


def one_number(node: Apply, **_: Any) -> Variable | None:
    """Two numbers in a product, or a number and a sign, are one number in front."""
    if any(v.dtype != node.outputs[0].dtype for v in node.inputs):
        return None
    a, x = split(node.inputs[0])
    if node.op is neg:
        return None if a is None or x is None else _times(-a, x)
    b, y = split(node.inputs[1])
    if a is None or b is None or (x is None) == (y is None):
        return None
    dividing = node.op is true_div
    number = a / b if dividing else a * b
    if not 1e-30 < abs(number) < 1e30:
        return None
    if y is None:
        assert x is not None
        return _times(number, x)
    return number / y if dividing else _times(number, y)


def _times(number: float, v: Variable) -> Variable:
    return v if number == 1 else -v if number == -1 else number * v


def by_power_of_two(node: Apply, x: Variable, C: Variable) -> Variable | None:
    """x / 4 is x · 0.25, to the last bit."""
    number = number_in(C)
    if number is None or abs(number) not in POWERS_OF_TWO:
        return None
    return cast(x, node.outputs[0].dtype) * (1 / number)


POWERS_OF_TWO = frozenset(2.0**n for n in range(1, 31))


def signed(node: Apply, x: Variable, C: Variable, y: Variable) -> Variable | None:
    """x - (-2)·y is x + 2·y, and x + (-2)·y is x - 2·y."""
    number = number_in(C)
    if number is None or not number < 0:
        return None
    positive = -number * cast(y, node.outputs[0].dtype)
    return x + positive if node.op is sub else x - positive


def decayed(node: Apply, x: Variable, K: Variable, C: Variable, y: Variable, total: Any
            ) -> Variable | None:
    """x - k·(c·x + y) is (1 - k·c)·x - k·y: a step of descent with a weight that decays."""
    one, other = number_in(K), number_in(C)
    if one is None or other is None or not 0 < abs(one * other) < 1 or abs(one) > 1:
        return None
    adding = node.op is add
    kept, more = (1 + one * other if adding else 1 - one * other) * x, one * y
    return kept + more if adding == (total.owner.op is add) else kept - more


PRODUCTS = (
    Rule("cancel", "_ * p / p", "_",
         "A factor above and below the line, which is never 0, cancels.", STABLE, kinds=REAL,
         when=lambda p, rest: is_positive(p) and _depends(rest, p), compares=True,
         at=(("p", "exp(p)"), ("_", "p"))),
    Rule("distribute", "_ * (total := (add|sub|switch)(..., _ / p, ...)) * p", distributed,
         "The factor cancels a divisor in a term of the sum.", STABLE, kinds=REAL, compares=True,
         when=lambda p, **_: is_positive(p)),
    Rule("div by power of two", "x / C", by_power_of_two,
         "The reciprocal of a power of two is exact, and a product is faster.", EXACT, kinds=REAL),
    Rule("one number", "C * mul(...) | mul(...) * mul(...) | mul(...) / C | C / mul(...) | "
         "mul(...) / mul(...) | -mul(...)", one_number,
         "Two numbers in a product are one number.", ROUNDING, kinds=REAL),
    Rule("sign of term", "(add|sub)(x, C * y)", signed,
         "Subtracting a negative multiple is adding a positive one.", EXACT, kinds=REAL),
    Rule("decay", "(add|sub)(x, K * (total := (add|sub)(C * x, y)))", decayed,
         "A multiple of x added to x is one multiple of x.", ROUNDING, kinds=REAL, compares=True),
)

BLAS = ("float32", "float64")  # the dtypes of which it has an inner product


def enlarging(x: Variable, C: Variable) -> bool:
    """Whether a factor makes terms larger: then their sum overflows no earlier without it."""
    return x.ndim > 0 and 1 <= abs(number_in(C) or 0) < 1e30


def dividing_up(x: Variable, C: Variable) -> bool:
    """Whether a divisor makes terms larger."""
    return x.ndim > 0 and 1e-30 < abs(number_in(C) or 0) <= 1


def sum_of_products(node: Apply, a: Variable, b: Variable | None = None) -> Variable | None:
    """The sum of the products of two vectors is their inner product."""
    x, b = node.inputs[0], a if b is None else b
    whole = isinstance(node.op, Reduction) and not node.op.keepdims and x.broadcastable == (False,)
    if not whole or x.dtype not in BLAS or any(v.type is not x.type for v in (a, b)):
        return None
    return dot(a, b)


def sum_of_squares(node: Apply, x: Variable) -> Variable | None:
    """The sum of the squares of a whole array that is there already is an inner product too."""
    every = isinstance(node.op, Reduction) and not node.op.keepdims and (
        node.op.axis is None or len(node.op.axis) == x.ndim)
    if not every or x.owner is not None or x.ndim < 2 or x.dtype not in BLAS:
        return None
    flat = reshape(x, (-1,))
    return dot(flat, flat)


SUMS = (
    Rule("sum of negative", "sum(-x)", "-sum(x)", "One sign at the end in place of one an element.",
         ROUNDING, zero=True),
    Rule("sum of double", "sum(x * C)", "C * sum(x)",
         "A factor that is the same for all goes outside.", ROUNDING, when=enlarging, zero=True,
         at=(("C", "2.5"),)),
    Rule("sum of quotient", "sum(x / C)", "sum(x) / C",
         "A divisor that is the same for all goes outside.", ROUNDING, when=dividing_up, zero=True,
         at=(("C", "0.5"),)),
    Rule("sum of products", "sum(a * b) | sum(sqr(a))", sum_of_products,
         "The sum of products of vectors is their inner product.", ROUNDING, kinds=ALL, zero=True),
    Rule("sum of squares", "sum(sqr(x))", sum_of_squares,
         "The sum of squares is the inner product with itself.", ROUNDING, kinds=ALL),
)
