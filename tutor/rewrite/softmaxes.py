"""Rules about softmax and log-sum-exp written by hand: sums of exponentials, and quotients by them.

Comes after products. The ops that they become take off the largest argument first.
"""

from __future__ import annotations

from tutor.graph import Apply, Variable
from tutor.ops.arithmetic import fill
from tutor.ops.nnet import Softmax
from tutor.ops.reductions import Reduction
from tutor.ops.shape import DimShuffle, dimshuffle
from tutor.rewrite.agreement import leaves
from tutor.rewrite.products import edited, is_float, product
from tutor.rewrite.rules import EXACT, STABLE, Rule
from tutor.rewrite.sigmoids import both_orders, operands


def exp_of(v: Variable) -> Variable | None:
    """The x of an exp(x)."""
    return v.owner.inputs[0] if v.owner is not None and v.owner.op.name == "exp" else None


def summed_axis(total: Variable, e: Variable) -> int | None:
    """The one axis over which `total` is the sum of e, standing beside e with size 1 there."""
    node = total.owner
    if node is None:
        return None
    if e.ndim == 1 and _sum_of_all(total, e):
        return 0
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
    """exp(x) / sum(exp(x)) along an axis is softmax(x), also among other factors."""
    if not is_float(node):
        return None
    v = node.outputs[0]
    _, up, down = product(v)
    for total in down:
        for e in up:
            x = exp_of(e)
            axis = None if x is None else summed_axis(total, e)
            if x is None or axis is None or e.broadcastable[axis] or x.dtype != v.dtype:
                continue
            new = edited(v, {(total, True): None, (e, False): Softmax(axis)(x)})
            rest = leaves(v) - leaves(total)  # whose shape is one of e anyhow
            if new.broadcastable == v.broadcastable and leaves(new) >= rest:
                return new
    return None


def turned_quotient(node: Apply) -> Variable | None:
    """A quotient by sum(exp(x)), stretched: its parts are stretched, for the softmax to be seen."""
    v, order = node.inputs[0], node.op.order  # type: ignore[attr-defined]
    shaped, value = operands(v, "fill")
    if shaped is not None and value is not None and value.type is shaped.type is v.type:
        inside = turned_quotient(dimshuffle(value, *order).owner)  # type: ignore[arg-type]
        return None if inside is None else fill(dimshuffle(shaped, *order), inside)
    inner = v.owner
    if inner is None or inner.op.name not in ("true_div", "reciprocal"):
        return None
    total = inner.inputs[-1]
    sums = total.owner
    if sums is None or not isinstance(sums.op, Reduction) or exp_of(sums.inputs[0]) is None:
        return None
    if total.type is not inner.outputs[0].type:
        return None
    parts = [v if v.ndim == 0 else dimshuffle(v, *order) for v in inner.inputs
             if v.ndim in (0, total.ndim)]
    return inner.op(*parts) if len(parts) == len(inner.inputs) else None


def slope_by_hand(node: Apply) -> Variable | None:
    """The derivative of p = exp(x) / sum(exp(x)) by the quotient rule is p·(g - sum(g·p))."""
    for (plain, e), (spread, f) in both_orders(node):
        g, s = operands(plain, "true_div")
        less = operands(spread, "fill")[1]
        while less is not None and less.owner is not None and less.owner.op.name == "dimshuffle":
            less = less.owner.inputs[0]
        sums = None if less is None else less.owner
        if g is None or s is None or sums is None or not isinstance(sums.op, Reduction):
            continue
        product_, same = operands(sums.inputs[0], "true_div")
        minus, p = operands(product_, "mul")
        top, bottom = operands(p, "true_div")
        if same is not s or bottom is not s or operands(minus, "neg")[0] is not g:
            continue
        x, axis = exp_of(e), _axis_of_sums(s, e)
        if x is None or axis is None or exp_of(f) is not x or top is None or exp_of(top) is not x:
            continue
        soft = Softmax(axis)(x)
        mean: Variable = Reduction("sum", (axis,), True)(g * soft)
        result: Variable = soft * (g - mean)
        return result
    return None


def _axis_of_sums(s: Variable, e: Variable) -> int | None:
    """The axis of `summed_axis`, for a sum of the same exponential written once more."""
    inner = s.owner.inputs[0].owner if s.owner is not None and isinstance(
        s.owner.op, DimShuffle) else s.owner
    if inner is None or not isinstance(inner.op, Reduction):
        return None
    twin = inner.inputs[0]
    return summed_axis(s, twin) if exp_of(twin) is not None and exp_of(twin) is exp_of(e) else None


def _sum_of_all(total: Variable, e: Variable) -> bool:
    """Whether a scalar is the sum of a vector."""
    node = total.owner
    return (total.ndim == 0 and node is not None and node.inputs[0] is e
            and isinstance(node.op, Reduction) and node.op.kind == "sum")


SOFTMAXES = (
    Rule("softmax", "true_div mul", "", "softmax takes the largest off first, so that exp cannot "
         "overflow.", STABLE, apply=softmax_by_hand, needs="divisor"),
    Rule("turned quotient", "dimshuffle", "", "The parts of a quotient are stretched as it is.",
         EXACT, apply=turned_quotient, needs="true_div reciprocal fill"),
    Rule("slope of softmax", "add mul", "",
         "The derivative of the softmax by the quotient rule overflows; written as one it does "
         "not.", STABLE, apply=slope_by_hand, given=True, needs="exp mul"),
)
