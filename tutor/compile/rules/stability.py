"""Rules that keep digits: the same formulas, where the plain ones overflow, cancel, or see log 0.

A replacement is never further from the true value than what it replaces, and finite wherever that
is. In the end sigmoid(x) and sigmoid(-x) stand alone, softmax takes the largest off first, and the
gradient of a cross-entropy is the probability less the truth, with no division by what may be 0.
"""

from __future__ import annotations

from typing import Any

from tutor.compile.rules.facts import is_positive, leaves, never_negative, number_in
from tutor.compile.rules.patterns import (
    ALL,
    ASSUMES,
    EXACT,
    REAL,
    ROUNDING,
    STABLE,
    Rule,
)
from tutor.compile.rules.products import Product, different, edited, product, split
from tutor.core.arrays import DimShuffle, Reduction, dimshuffle
from tutor.core.elementwise import cast, fill, neg, sigmoid, sub
from tutor.core.graph import Apply, Constant, Variable
from tutor.ops.logarithms import logarithm
from tutor.ops.softmax import Softmax, exp_of, summed_axis

STABILITY = (
    Rule("log1p", "log(1 + x)", "log1p(x)",
         "log1p keeps the digits of a small x, which 1 + x drops.", STABLE, kinds="fc"),
    Rule("log1p of negative", "log(1 - x)", "log1p(-x)", "log1p keeps the digits of a small x.",
         STABLE),
    Rule("expm1", "exp(x) - 1 | exp(x) + -1", "expm1(x)",
         "expm1 keeps the digits that exp(x) - 1 cancels.", STABLE, kinds="fc"),
    Rule("minus expm1", "1 - exp(x)", "-expm1(x)",
         "expm1 keeps the digits that 1 - exp(x) cancels.", STABLE, kinds="fc"),
    Rule("softplus", "log1p(exp(x))", "softplus(x)",
         "softplus does not overflow where exp(x) does.", STABLE),
    Rule("log1mexp", "log1p(-exp(x)) | log(-expm1(x))", "log1mexp(x)",
         "log(1 - exp(x)) keeps its digits on both sides of log 1/2.", STABLE),
    Rule("sigmoid", "reciprocal(1 + exp(x))", "sigmoid(-x)",
         "1 / (1 + exp(x)) is the sigmoid of -x.", STABLE),
    Rule("sigmoid by tanh", "1 + tanh(x) | 1 - tanh(x) | tanh(x) - 1 | 0.5 + 0.5 * tanh(x) | "
         "0.5 - 0.5 * tanh(x)", "2 * sigmoid(2 * x) | 2 * sigmoid(-2 * x) | -2 * sigmoid(-2 * x) | "
         "sigmoid(2 * x) | sigmoid(-2 * x)", "The tanh cancels where the sigmoid is small.",
         STABLE),
    Rule("one minus sigmoid", "1 - sigmoid(x)", "sigmoid(-x)",
         "sigmoid(-x) keeps the digits that 1 - sigmoid(x) cancels.", STABLE),
    Rule("log sigmoid", "log(sigmoid(x))", "-softplus(-x)",
         "The logarithm never sees a 0: log(sigmoid(x)) is -softplus(-x).", STABLE),
    Rule("log1p sigmoid", "log1p(-sigmoid(x))", "-softplus(x)",
         "log(1 - sigmoid(x)) is -softplus(x).", STABLE),
    Rule("exp of minus softplus", "exp(-softplus(x))", "sigmoid(-x)",
         "The exponential undoes the logarithm.", ROUNDING),
    Rule("log of exponentials", "(log|log2|log10|log1p)(x)", lambda node, x: logarithm(node),
         "Exponents are added and compared, and no exponential overflows.", STABLE, kinds=ALL),
    Rule("log of sqrt", "log(sqrt(x))", "0.5 * log(x)", "The root halves the logarithm.", ROUNDING),
    Rule("sqrt of square", "sqrt(sqr(x))", "abs(x)", "The square may overflow, its root does not.",
         STABLE),
    Rule("square of sqrt", "sqr(sqrt(x))", "x", "The square undoes the root of a number that is "
         "never negative.", ROUNDING, when=lambda x, **_: never_negative(x), at=(("x", "abs(x)"),)),
    Rule("square of any sqrt", "sqr(sqrt(x))", "x", "The square undoes the root.", ASSUMES),
    Rule("exp of log", "exp(log(x))", "x", "The exponential undoes the logarithm.", ASSUMES),
)


def softmax_by_hand(node: Apply, e: Variable, x: Variable, total: Variable, **_: Any
                    ) -> Variable | None:
    """exp(x) / sum(exp(x)) along an axis is softmax(x), also among other factors."""
    v, axis = node.outputs[0], summed_axis(total, e)
    if axis is None or e.broadcastable[axis] or x.dtype != v.dtype:
        return None
    new = edited(v, {(total, True): None, (e, False): Softmax(axis)(x)})
    rest = leaves(v) - leaves(total)  # whose shape is one of e anyhow
    return new if leaves(new) >= rest else None


def turned_quotient(node: Apply, q: Any, shaped: Variable | None = None) -> Variable | None:
    """A quotient by sum(exp(x)), stretched: its parts are stretched, for the softmax to be seen."""
    order, inner = node.op.order, q.owner
    total = inner.inputs[-1]
    sums = total.owner
    if sums is None or not isinstance(sums.op, Reduction) or exp_of(sums.inputs[0]) is None:
        return None
    if total.type is not q.type or any(v.ndim not in (0, total.ndim) for v in inner.inputs):
        return None
    turned: Variable = inner.op(*[dimshuffle(v, *order) if v.ndim else v for v in inner.inputs])
    if shaped is None:
        return turned
    return fill(dimshuffle(shaped, *order), turned) if q.type is shaped.type else None


SOFTMAXES = (
    Rule("softmax", "_ * (e := exp(x)) / total", softmax_by_hand,
         "softmax takes the largest off first, so that exp cannot overflow.", STABLE, kinds=REAL),
    Rule("turned quotient", "dimshuffle(q := (true_div|reciprocal)(...)) | "
         "dimshuffle(fill(shaped, (q := (true_div|reciprocal)(...))))", turned_quotient,
         "The parts of a quotient are stretched as it is.", EXACT, kinds=ALL),
)


def softmax_gradient(node: Apply, p: Variable, total: Any) -> Variable | None:
    """p · (b·a/p + c·sum(p · a/p)) is b·a + c·p·sum(a): what `Softmax.L_op` makes of a/p."""
    inner, old = total.owner, node.outputs[0]
    for first in (0, 1):
        g, s = inner.inputs[first], inner.inputs[1 - first]
        sums = _cancelled_sum(g, s, p)
        if sums is not None:
            mine, rest = edited(g, {(p, True): None}), sums * p
            new: Variable = inner.op(*(mine, rest) if first == 0 else (rest, mine))
            # the sum of old has its own shape, and inside of it what is outside is compared again
            return new if leaves(new) >= leaves(old) - leaves(s) else None
    return None


def _cancelled_sum(g: Variable, s: Variable, p: Variable) -> Variable | None:
    """If s is a multiple of sum(g · p), where g is something divided by p: s, without that
    division.
    """
    below = product(g)
    if p not in below.down or not below.up:
        return None
    _, up, down, _ = product(s)
    sums = [v for v in up if not isinstance(v, Constant)]
    node = sums[0].owner if len(sums) == 1 and not down else None
    if node is not None and isinstance(node.op, DimShuffle):
        inner = _cancelled_sum(g, node.inputs[0], p)
        return None if inner is None else edited(s, {(sums[0], False): node.op(inner)})
    if node is None or not isinstance(node.op, Reduction) or node.op.kind != "sum":
        return None
    inside = product(node.inputs[0])
    if any((*different(inside.up, [*below.up, p]), *different(inside.down, below.down))):
        return None
    new = edited(g, {(p, True): None})
    new = new if inside.negative == below.negative else -new
    if new.broadcastable != node.inputs[0].broadcastable:
        return None
    return edited(s, {(sums[0], False): node.op(new)})


LOSSES = (
    Rule("exp of logsoftmax", "exp(inner := logsoftmax(x))",
         lambda node, inner, x: Softmax(inner.owner.op.axis)(x),
         "The exponential undoes the logarithm.", EXACT, kinds=ALL),
    Rule("softmax gradient", "p * (total := (add|sub)(..., _ / p, ...))", softmax_gradient,
         "A division by the factor in front cancels, also where that is 0.", STABLE, kinds=REAL,
         when=lambda p, **_: is_positive(p)),
)


def one_minus_sigmoid(node: Apply, **_: Any) -> Variable | None:
    """a - a·sigmoid(x) is a·sigmoid(-x), also where a is a product."""
    taken, old = node.op is sub, node.outputs[0]
    for a, b in (node.inputs, node.inputs[::-1]):
        one, other = product(a), product(b)
        s = _factor_more(one, other)
        if s is None or s.owner is None or one.negative == (other.negative != taken):
            continue
        for p in [u for u in one.down if u in one.up and is_positive(u)][:1]:
            a = edited(a, {(p, True): None, (p, False): None})
        new = a * sigmoid(-cast(s.owner.inputs[0], old.dtype))
        return -new if taken and b is node.inputs[0] else new
    return None


def _factor_more(one: Product, other: Product) -> Variable | None:
    """The sigmoid that the second product has more than the first; None where it is not so."""
    up, more = different(one.up, other.up)
    down, below = different(one.down, other.down)
    left = [u for u in (*up, *down) if number_in(u) != 1
            and not (u in up and u in down and is_positive(u))]
    if left or below or len(more) != 1 or more[0].owner is None:
        return None
    return more[0] if more[0].owner.op is sigmoid else None


def slope_of_tanh(node: Apply, slope: Variable, x: Variable, **_: Any) -> Variable | None:
    """1 - tanh(w)² is 4·sigmoid(x)·sigmoid(-x) for x = 2·w, where something is divided by one of
    these: the gradient of a logarithm of (1 + tanh(w)) / 2 is.
    """
    return edited(node.outputs[0], {(slope, False): 4 * sigmoid(x) * sigmoid(-x)})


def _is_double(x: Variable, w: Variable) -> bool:
    """Whether x is 2·w or -2·w, which an integer that wraps around is not."""
    (number, inside), (other, same) = [
        split(v.owner.inputs[0] if v.owner is not None and v.owner.op is neg else v)
        for v in (w, x)]
    double = same is inside and abs(other or 1) == 2 * abs(number or 1)
    return double and x.dtype in ("float32", "float64")


SIGMOIDS = (
    Rule("slope of quotient",
         "g / (1 + exp(x)) * exp(x) + -g * (p := exp(x) / (1 + exp(x))) / (1 + exp(x)) * exp(x) | "
         "(g / (1 + exp(x)) + -g * (p := exp(x) / (1 + exp(x))) / (1 + exp(x))) * exp(x)",
         "g * p * (1 - p)",
         "The derivative of the sigmoid by the quotient rule cancels; as a product it does not.",
         STABLE, given=True),
    Rule("sigmoid quotient", "_ * exp(x) / (1 + exp(x)) | _ / (1 + exp(x))",
         "_ * sigmoid(x) | _ * sigmoid(-x)",
         "exp(x) / (1 + exp(x)) overflows where the sigmoid does not.", STABLE, kinds=REAL),
    Rule("exp times sigmoid", "_ * sigmoid(x) * exp(y := -x) | _ * sigmoid(-x) * exp(x)",
         "_ * sigmoid(y) | _ * sigmoid(x)",
         "exp(x) · sigmoid(-x) overflows where sigmoid(x) does not.", STABLE, kinds=REAL),
    Rule("one minus sigmoid factored", "(add|sub)(..., _ * sigmoid(x), ...)",
         one_minus_sigmoid, "a·sigmoid(-x) keeps the digits that a - a·sigmoid(x) cancels.", STABLE,
         kinds=REAL, compares=True),
    Rule("slope of tanh", "_ * (slope := 1 - sqr(tanh(w))) / sigmoid(x) | "
         "_ * (add|sub|switch)(..., _ / sigmoid(x), ...) * (slope := 1 - sqr(tanh(w)))",
         slope_of_tanh, "1 - tanh(w)² and sigmoid(2·w) have a factor in common, which may be 0.",
         STABLE, kinds=REAL, when=lambda w, x, **_: _is_double(x, w)),
    Rule("slope by cosh", "_ / cosh(w) / cosh(w) / sigmoid(x)", "_ * 4 * sigmoid(-x)",
         "1 / cosh(w)² and sigmoid(2·w) have a factor in common, which may be 0.", STABLE,
         kinds=REAL, when=lambda w, x, **_: _is_double(x, w), at=(("x", "-2 * w"),)),
)
