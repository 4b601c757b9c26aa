"""The tables of rules: pattern, replacement, a sentence why, and what licenses it.

Licences: `exact` (the same bits) · `rounding` (equal up to rounding) · `stable` (nearer to the true
value where the original overflows or cancels) · `assumes` (true only under the assumption named;
off unless asked for). Here are the rules of arithmetic; `stability.py`, `shapes.py`, `sums.py`,
`products.py` and `losses.py` hold the others, some of which compute their replacement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tutor.graph import Apply, Constant, Variable
from tutor.ops.elementwise import broadcast_pattern

EXACT, ROUNDING, STABLE, ASSUMES = "exact", "rounding", "stable", "assumes"


class Rule(NamedTuple):
    """A row: `pattern` becomes `replacement`, where `when` (a function of the matched parts)
    allows it.

    `kinds` are the kinds of numbers it is true for, as NumPy's letters; all that matches has one
    dtype. With `zero` it may change the sign of a zero, and is applied only where nothing (no
    division) could see that. A row with `apply` computes the replacement of a node by a function,
    or None; then `pattern` lists the ops it is for ("elementwise": all such), and `needs` the ops
    one of which must have made an operand, and `every` those that must have made all ("scaled": a
    number times something; "divisor": something with a division in it). With `given` it looks at
    nodes as they were given, before what they are computed from is rewritten; then `needs` are
    the ops of the last operand.
    """

    name: str
    pattern: str
    replacement: str
    why: str
    licence: str = EXACT
    when: Callable[..., bool] | None = None
    apply: Callable[[Apply], Variable | None] | None = None
    needs: str = ""
    every: str = ""
    kinds: str = "f"
    zero: bool = False
    given: bool = False


def never_negative(x: Variable, depth: int = 4) -> bool:
    """Whether x is 0 or more, or nan, for every argument.

    >>> import tutor.tensor as T
    >>> x = T.dvector("x")
    >>> never_negative(T.sum(x ** 2) + abs(x)), never_negative(x + 1)
    (False, False)
    >>> never_negative(T.sum(T.sqr(x)) + abs(x))
    True
    """
    node = x.owner
    if node is None or not depth:
        data = getattr(x, "data", None)
        return data is not None and data.size < 100 and bool((data >= 0).all())
    op = node.op
    return x.dtype.startswith("float") and (op.result_sign in ("positive", "not negative") or (
        op.result_sign != "" and all(never_negative(v, depth - 1) for v in node.inputs[op.reads])))


def whole(x: Variable, y: Variable, **_: Any) -> bool:
    """Whether x has the shape of a result of x and y: a sign of it costs what one of that costs."""
    return x.broadcastable == broadcast_pattern([x.broadcastable, y.broadcastable])


def number_in(v: Variable | None) -> float | None:
    """The value of a real constant without dimensions; None of all else."""
    if not isinstance(v, Constant) or v.ndim or v.dtype.startswith("complex"):
        return None
    return float(v.data)


def is_number(v: Variable) -> bool:
    """Whether a variable is a constant without dimensions."""
    return isinstance(v, Constant) and v.ndim == 0


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
    Rule("mul by minus one", "x * -1", "-x", "A factor of -1 changes the sign.", kinds="if"),
    Rule("div by minus one", "x / -1", "-x", "A divisor of -1 changes the sign."),
    Rule("sign of difference", "-(x - y)", "y - x",
         "The negative of a difference is the difference the other way round.", ROUNDING,
         zero=True, kinds="iuf"),
    Rule("sign of both", "-x - y", "-(x + y)", "Two numbers taken away are their sum taken away.",
         ROUNDING, zero=True, kinds="iuf"),
    Rule("sign of factor", "(-x) * y", "-(x * y)",
         "The sign of a factor is the sign of the product.", kinds="iuf", when=whole),
    Rule("sign of dividend", "(-x) / y", "-(x / y)",
         "The sign of the dividend is the sign of the quotient.", when=whole),
    Rule("sign of divisor", "y / (-x)", "-(y / x)",
         "The sign of the divisor is the sign of the quotient.", when=whole),
    Rule("sign of operand", "dot(x, -y)", "-dot(x, y)",
         "The sign of an operand is the sign of the product.", ROUNDING, zero=True),
    Rule("sign of first", "dot(-x, y)", "-dot(x, y)",
         "The sign of an operand is the sign of the product.", ROUNDING, zero=True),
    Rule("zero minus", "0 - x", "-x", "Zero minus a number is its negative.", ROUNDING,
         zero=True, kinds="iuf"),
    Rule("square of negative", "sqr(-x)", "sqr(x)", "The square forgets the sign.", kinds="iuf"),
    Rule("square of absolute", "sqr(abs(x))", "sqr(x)", "The square forgets the sign."),
    Rule("absolute of negative", "abs(-x)", "abs(x)", "The absolute value forgets the sign."),
    Rule("absolute of absolute", "abs(abs(x))", "abs(x)", "An absolute value has no sign left."),
    Rule("absolute of square", "abs(sqr(x))", "sqr(x)", "A square has no sign."),
    Rule("cosine of negative", "cos(-x)", "cos(x)", "The cosine forgets the sign."),
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
    Rule("one over", "1 / x", "reciprocal(x)", "One over x has an op of its own."),
    Rule("number over", "x * reciprocal(y)", "x / y", "A number times 1/y is that number over y.",
         ROUNDING, when=lambda x, y: is_number(x)),
    Rule("reciprocal twice", "x / reciprocal(y)", "x * y", "Dividing by 1/y is multiplying by y.",
         ASSUMES),
    Rule("identity", "identity(x)", "x", "A copy of a value that nobody changes is that value.",
         kinds="iufc"),
    Rule("real of real", "real(x)", "x", "A real number is its own real part."),
    Rule("conjugate of real", "conjugate(x)", "x", "A real number is its own conjugate."),
    Rule("larger of equals", "maximum(x, x)", "x", "The larger of x and x is x.", kinds="biuf"),
    Rule("smaller of equals", "minimum(x, x)", "x", "The smaller of x and x is x.", kinds="biuf"),
    Rule("and with itself", "and_(x, x)", "x", "x and x is x.", kinds="biu"),
    Rule("or with itself", "or_(x, x)", "x", "x or x is x.", kinds="biu"),
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
