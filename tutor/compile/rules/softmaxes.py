"""Rules about softmax and log-sum-exp written by hand: sums of exponentials, and quotients by them.

Comes after products. The ops that they become take off the largest argument first.
"""

from __future__ import annotations

from tutor.compile.rules.agreement import leaves
from tutor.compile.rules.products import edited, is_float, product
from tutor.compile.rules.rule import EXACT, STABLE, Rule
from tutor.compile.rules.sigmoids import operands
from tutor.graph import Apply, Variable
from tutor.ops.arithmetic import fill
from tutor.ops.nnet import Softmax, exp_of, summed_axis
from tutor.ops.reductions import Reduction
from tutor.ops.shape import dimshuffle


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


SOFTMAXES = (
    Rule("softmax", "true_div mul", "", "softmax takes the largest off first, so that exp cannot "
         "overflow.", STABLE, apply=softmax_by_hand, needs="divisor"),
    Rule("turned quotient", "dimshuffle", "", "The parts of a quotient are stretched as it is.",
         EXACT, apply=turned_quotient, needs="true_div reciprocal fill"),
)
