"""The tables of rules: pattern, replacement, a sentence why, and what licenses it.

Licences: `exact` (the same bits, but for the sign of a zero) · `rounding` (equal up to rounding) ·
`stable` (nearer to the true value where the original overflows or cancels) · `assumes` (true only
under the assumption named; off unless asked for). Rows with a function are in `products.py`,
`shapes.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tutor.graph import Apply, Variable

EXACT, ROUNDING, STABLE, ASSUMES = "exact", "rounding", "stable", "assumes"


class Rule(NamedTuple):
    """A row: `pattern` becomes `replacement`, where `when` (a function of the matched parts)
    allows it.

    A row with `apply` computes the replacement of a node by a function, or None; then `pattern`
    lists the ops it is for ("elementwise": all such), and `needs` the ops one of which must have
    made an operand, and `every` those that must have made all ("scaled": a number times something).
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


def is_float(x: Any, **_: Any) -> bool:
    """Whether x is a real float: rules about rounding say nothing of integers, which wrap
    around.
    """
    return bool(x.dtype in ("float32", "float64", "float16"))


ARITHMETIC = (
    Rule("mul by one", "x * 1", "x", "A factor of 1 changes nothing."),
    Rule("div by one", "x / 1", "x", "A divisor of 1 changes nothing.", when=is_float),
    Rule("add zero", "x + 0", "x", "Adding 0 changes nothing."),
    Rule("sub zero", "x - 0", "x", "Subtracting 0 changes nothing."),
    Rule("double negative", "-(-x)", "x", "The negative of the negative is the number itself."),
    Rule("add negative", "x + -y", "x - y", "Adding a negative is subtracting."),
    Rule("sub negative", "x - -y", "x + y", "Subtracting a negative is adding."),
    Rule("mul by minus one", "x * -1", "-x", "A factor of -1 changes the sign.", when=is_float),
    Rule(
        "sign of difference",
        "-(x - y)",
        "y - x",
        "The negative of a difference is the difference the other way round.",
    ),
    Rule(
        "sign of both",
        "-x - y",
        "-(x + y)",
        "Two numbers taken away are their sum taken away.",
    ),
    Rule(
        "sign of factor", "(-x) * y", "-(x * y)", "The sign of a factor is the sign of the product."
    ),
    Rule(
        "sign of dividend",
        "(-x) / y",
        "-(x / y)",
        "The sign of the dividend is the sign of the quotient.",
    ),
    Rule(
        "sign of divisor",
        "x / (-y)",
        "-(x / y)",
        "The sign of the divisor is the sign of the quotient.",
        when=is_float,
    ),
    Rule("zero minus", "0 - x", "-x", "Zero minus a number is its negative.", when=is_float),
    Rule("power one", "x ** 1", "x", "The first power is the number itself."),
    Rule("power zero", "x ** 0", "fill(x, 1)", "Every number to the power 0 is 1, nan too."),
    Rule(
        "power two",
        "x ** 2",
        "sqr(x)",
        "A square is one product, and a power is a logarithm and an exponential.",
    ),
    Rule("power three", "x ** 3", "x * sqr(x)", "A cube is two products.", ROUNDING, when=is_float),
    Rule("power minus one", "x ** -1", "reciprocal(x)", "x to the power -1 is 1/x.", when=is_float),
    Rule(
        "power minus two",
        "x ** -2",
        "reciprocal(sqr(x))",
        "A square and a quotient are faster than a power.",
        ROUNDING,
        when=is_float,
    ),
    Rule(
        "square of absolute", "sqr(abs(x))", "sqr(x)", "The square forgets the sign.", when=is_float
    ),
    Rule("one over", "1 / x", "reciprocal(x)", "One over x has an op of its own.", when=is_float),
    Rule("identity", "identity(x)", "x", "A copy of a value that nobody changes is that value."),
    Rule("real of real", "real(x)", "x", "A real number is its own real part.", when=is_float),
    Rule("sub itself", "x - x", "fill(x, 0)", "x - x is 0.", ASSUMES),
    Rule("div itself", "x / x", "fill(x, 1)", "x / x is 1.", ASSUMES),
    Rule("mul by zero", "x * 0", "fill(x, 0)", "A product with 0 is 0.", ASSUMES),
)

STABILITY = (
    Rule(
        "log1p",
        "log(1 + x)",
        "log1p(x)",
        "log1p keeps the digits of a small x, which 1 + x drops.",
        STABLE,
    ),
    Rule(
        "log1p of negative",
        "log(1 - x)",
        "log1p(-x)",
        "log1p keeps the digits of a small x.",
        STABLE,
    ),
    Rule(
        "expm1", "exp(x) - 1", "expm1(x)", "expm1 keeps the digits that exp(x) - 1 cancels.", STABLE
    ),
    Rule(
        "minus expm1",
        "1 - exp(x)",
        "-expm1(x)",
        "expm1 keeps the digits that 1 - exp(x) cancels.",
        STABLE,
    ),
    Rule(
        "softplus",
        "log1p(exp(x))",
        "softplus(x)",
        "softplus does not overflow where exp(x) does.",
        STABLE,
    ),
    Rule(
        "sigmoid",
        "reciprocal(1 + exp(x))",
        "sigmoid(-x)",
        "1 / (1 + exp(x)) is the sigmoid of -x.",
        STABLE,
    ),
    Rule(
        "one minus sigmoid",
        "1 - sigmoid(x)",
        "sigmoid(-x)",
        "sigmoid(-x) keeps the digits that 1 - sigmoid(x) cancels.",
        STABLE,
    ),
    Rule(
        "log sigmoid",
        "log(sigmoid(x))",
        "-softplus(-x)",
        "The logarithm never sees a 0: log(sigmoid(x)) is -softplus(-x).",
        STABLE,
    ),
    Rule(
        "log1p sigmoid",
        "log1p(-sigmoid(x))",
        "-softplus(x)",
        "log(1 - sigmoid(x)) is -softplus(x).",
        STABLE,
    ),
    Rule(
        "log softmax", "log(softmax(x))", "logsoftmax(x)", "The logarithm never sees a 0.", STABLE
    ),
    Rule("log exp", "log(exp(x))", "x", "The logarithm undoes exp, and exp may overflow.", STABLE),
    Rule("log of product", "log(exp(x) * y)", "x + log(y)", "The logarithm undoes exp.", ASSUMES),
    Rule("log of sqrt", "log(sqrt(x))", "log(x) / 2", "The root halves the logarithm.", ROUNDING),
)

REDUCTIONS = (
    Rule(
        "sum of negative", "sum(-x)", "-sum(x)", "One sign at the end in place of one an element."
    ),
    Rule(
        "sum of double",
        "sum(x * y)",
        "y * sum(x)",
        "A factor that is the same for all goes outside.",
        ROUNDING,
        when=lambda x, y, **_: (
            y.ndim == 0 and x.ndim > 0 and is_float(x) and is_float(y) and x.dtype == y.dtype
        ),
    ),
    Rule(
        "sum of quotient",
        "sum(x / y)",
        "sum(x) / y",
        "A divisor that is the same for all goes outside.",
        ROUNDING,
        when=lambda x, y, **_: (
            y.ndim == 0 and x.ndim > 0 and is_float(x) and is_float(y) and x.dtype == y.dtype
        ),
    ),
)

PATTERNS = (*ARITHMETIC, *STABILITY, *REDUCTIONS)
