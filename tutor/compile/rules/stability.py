"""Rules that keep digits: the same formulas, where the plain ones overflow, cancel, or see log 0.

A replacement is never further from the true value than what it replaces, and finite wherever that
is. `softmaxes.py` and `sigmoids.py` have those that must look further.
"""

from __future__ import annotations

from tutor.compile.rules.rule import ASSUMES, ROUNDING, STABLE, Rule, never_negative
from tutor.ops.logarithms import logarithm

STABILITY = (
    Rule("log1p", "log(1 + x)", "log1p(x)",
         "log1p keeps the digits of a small x, which 1 + x drops.", STABLE, kinds="fc"),
    Rule("log1p of negative", "log(1 - x)", "log1p(-x)", "log1p keeps the digits of a small x.",
         STABLE),
    Rule("expm1", "exp(x) - 1", "expm1(x)", "expm1 keeps the digits that exp(x) - 1 cancels.",
         STABLE, kinds="fc"),
    Rule("expm1 of sum", "exp(x) + -1", "expm1(x)",
         "expm1 keeps the digits that exp(x) - 1 cancels.", STABLE, kinds="fc"),
    Rule("minus expm1", "1 - exp(x)", "-expm1(x)",
         "expm1 keeps the digits that 1 - exp(x) cancels.", STABLE, kinds="fc"),
    Rule("softplus", "log1p(exp(x))", "softplus(x)",
         "softplus does not overflow where exp(x) does.", STABLE),
    Rule("log1mexp", "log1p(-exp(x))", "log1mexp(x)",
         "log(1 - exp(x)) keeps its digits on both sides of log 1/2.", STABLE),
    Rule("log of minus expm1", "log(-expm1(x))", "log1mexp(x)",
         "log(1 - exp(x)) keeps its digits on both sides of log 1/2.", STABLE),
    Rule("sigmoid", "reciprocal(1 + exp(x))", "sigmoid(-x)",
         "1 / (1 + exp(x)) is the sigmoid of -x.", STABLE),
    Rule("sigmoid by tanh", "0.5 * (1 + tanh(x))", "sigmoid(2 * x)",
         "The tanh cancels where the sigmoid is small.", STABLE),
    Rule("sigmoid by half tanh", "0.5 + 0.5 * tanh(x)", "sigmoid(2 * x)",
         "The tanh cancels where the sigmoid is small.", STABLE),
    Rule("one minus sigmoid", "1 - sigmoid(x)", "sigmoid(-x)",
         "sigmoid(-x) keeps the digits that 1 - sigmoid(x) cancels.", STABLE),
    Rule("log sigmoid", "log(sigmoid(x))", "-softplus(-x)",
         "The logarithm never sees a 0: log(sigmoid(x)) is -softplus(-x).", STABLE),
    Rule("log1p sigmoid", "log1p(-sigmoid(x))", "-softplus(x)",
         "log(1 - sigmoid(x)) is -softplus(x).", STABLE),
    Rule("exp of minus softplus", "exp(-softplus(x))", "sigmoid(-x)",
         "The exponential undoes the logarithm.", ROUNDING),
    Rule("log of exponentials", "log log2 log10 log1p", "",
         "Exponents are added and compared, and no exponential overflows.", STABLE,
         apply=logarithm),
    Rule("log of sqrt", "log(sqrt(x))", "0.5 * log(x)", "The root halves the logarithm.", ROUNDING),
    Rule("sqrt of square", "sqrt(sqr(x))", "abs(x)", "The square may overflow, its root does not.",
         STABLE),
    Rule("square of sqrt", "sqr(sqrt(x))", "x", "The square undoes the root of a number that is "
         "never negative.", ROUNDING, when=lambda x, **_: never_negative(x)),
    Rule("square of any sqrt", "sqr(sqrt(x))", "x", "The square undoes the root.", ASSUMES),
    Rule("exp of log", "exp(log(x))", "x", "The exponential undoes the logarithm.", ASSUMES),
)
