"""Rules that keep digits: the same formulas, where the plain ones overflow, cancel, or see log 0.

A replacement is never further from the true value than what it replaces, and finite wherever that
is. Rows with a function find a sum over an axis in what they replace.
"""

from __future__ import annotations

from tutor.graph import Apply, Variable
from tutor.ops.nnet import Softmax
from tutor.ops.reductions import Reduction
from tutor.ops.shape import DimShuffle
from tutor.ops.stable import LogSumExp
from tutor.rewrite.rules import ASSUMES, ROUNDING, STABLE, Rule, never_negative

FUNCTIONS_OF_ONE = (
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
    Rule("logaddexp", "log(exp(x) + exp(y))", "logaddexp(x, y)",
         "The larger of both is taken out before exp can overflow.", STABLE),
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
    Rule("log exp", "log(exp(x))", "x", "The logarithm undoes exp, and exp may overflow.", STABLE),
    Rule("log of product", "log(exp(x) * y)", "x + log(y)",
         "The logarithm undoes exp, and exp may overflow.", STABLE,
         when=lambda y, **_: never_negative(y)),
    Rule("log of quotient", "log(exp(x) / y)", "x - log(y)",
         "The logarithm undoes exp, and exp may overflow.", STABLE,
         when=lambda y, **_: never_negative(y)),
    Rule("log of divided", "log(y / exp(x))", "log(y) - x",
         "The logarithm undoes exp, and exp may overflow.", STABLE,
         when=lambda y, **_: never_negative(y)),
    Rule("log of sqrt", "log(sqrt(x))", "0.5 * log(x)", "The root halves the logarithm.", ROUNDING),
    Rule("sqrt of square", "sqrt(sqr(x))", "abs(x)", "The square may overflow, its root does not.",
         STABLE),
    Rule("square of sqrt", "sqr(sqrt(x))", "x", "The square undoes the root of a number that is "
         "never negative.", ROUNDING, when=lambda x, **_: never_negative(x)),
    Rule("square of any sqrt", "sqr(sqrt(x))", "x", "The square undoes the root.", ASSUMES),
    Rule("exp of log", "exp(log(x))", "x", "The exponential undoes the logarithm.", ASSUMES),
)


def exp_of(v: Variable) -> Variable | None:
    """The x of an exp(x)."""
    return v.owner.inputs[0] if v.owner is not None and v.owner.op.name == "exp" else None


def log_sum_exp(node: Apply) -> Variable | None:
    """log(sum(exp(x))), with the largest x taken out."""
    total = node.inputs[0].owner
    if total is None or not isinstance(total.op, Reduction) or total.op.kind != "sum":
        return None
    x = exp_of(total.inputs[0])
    if x is None or x.dtype != node.outputs[0].dtype or x.dtype not in ("float32", "float64"):
        return None
    result: Variable = LogSumExp(total.op.axis, total.op.keepdims)(x)
    return result


def summed_axis(total: Variable, e: Variable) -> int | None:
    """The one axis over which `total` is the sum of e, standing beside e with size 1 there."""
    node = total.owner
    if node is None:
        return None
    order = node.op.order if isinstance(node.op, DimShuffle) else None
    inner = node if order is None else node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Reduction) or inner.inputs[0] is not e:
        return None
    axes = inner.op.axes(e)
    if inner.op.kind != "sum" or len(axes) != 1 or inner.op.keepdims == (order is not None):
        return None
    if order is None:
        return axes[0]
    places = iter(range(e.ndim - 1))
    wanted = tuple("x" if i == axes[0] else next(places) for i in range(e.ndim))
    return axes[0] if order == wanted else None


def softmax_by_hand(node: Apply) -> Variable | None:
    """exp(x) / sum(exp(x)) along an axis is softmax(x)."""
    e, total = node.inputs
    x = exp_of(e)
    if x is None or x.dtype != node.outputs[0].dtype or x.dtype not in ("float32", "float64"):
        return None
    axis = 0 if e.ndim == 1 and _sum_of_all(total, e) else summed_axis(total, e)
    if axis is None or e.broadcastable[axis]:
        return None
    result: Variable = Softmax(axis)(x)
    return result


def _sum_of_all(total: Variable, e: Variable) -> bool:
    """Whether a scalar is the sum of a vector."""
    node = total.owner
    return (total.ndim == 0 and node is not None and node.inputs[0] is e
            and isinstance(node.op, Reduction) and node.op.kind == "sum")


STABILITY = (
    *FUNCTIONS_OF_ONE,
    Rule("log sum exp", "log", "", "The largest is taken out before exp can overflow.", STABLE,
         apply=log_sum_exp, needs="sum"),
    Rule("softmax", "true_div", "", "softmax takes the largest off first, so that exp cannot "
         "overflow.", STABLE, apply=softmax_by_hand, needs="exp"),
)
