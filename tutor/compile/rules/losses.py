"""Rules about classification losses: the gradient of a softmax, and what it shares with the loss.

With them the gradient of the cross-entropy is the softmax less the truth, computed as that: no
division by a probability that may be 0, and one exponential for both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tutor.compile.rules.agreement import covers
from tutor.compile.rules.products import edited, is_positive, product
from tutor.compile.rules.rule import EXACT, ROUNDING, STABLE, Rule
from tutor.graph import Apply, Constant, Variable, ancestors, order_of
from tutor.ops.indexing import Subtensor
from tutor.ops.nnet import LogSoftmax, Softmax
from tutor.ops.reductions import Reduction
from tutor.ops.shape import dimshuffle
from tutor.ops.sizes import ShapeI
from tutor.ops.stable import SameShape, SoftmaxParts, same_shape

PAIR = Rule("softmax once", "logsoftmax", "",
            "The softmax and its logarithm share their exponentials.", ROUNDING)

SCALED = Rule("softmax scaled", "mul", "",
              "A factor of each row goes into the divisor of its softmax.", ROUNDING)


def exp_of_logsoftmax(node: Apply) -> Variable | None:
    """exp(logsoftmax(x)) along the same axis."""
    inner = node.inputs[0].owner
    if inner is None or type(inner.op) is not LogSoftmax:
        return None
    result: Variable = Softmax(inner.op.axis)(inner.inputs[0])
    return result


def softmax_gradient(node: Apply) -> Variable | None:
    """p · (b·a/p + c·sum(p · a/p)) is b·a + c·p·sum(a): what `Softmax.L_op` makes of a/p."""
    if node.outputs[0].dtype not in ("float32", "float64"):
        return None
    for p, total in (node.inputs, node.inputs[::-1]):
        inner = total.owner
        if inner is None or inner.op.name not in ("add", "sub") or not is_positive(p):
            continue
        for first in (0, 1):
            g, s = inner.inputs[first], inner.inputs[1 - first]
            sums = _cancelled_sum(g, s, p)
            if sums is not None:
                mine, rest = edited(g, {(p, True): None}), sums * p
                new = inner.op(mine, rest) if first == 0 else inner.op(rest, mine)
                return new if covers(new, p, g) else None
    return None


def _cancelled_sum(g: Variable, s: Variable, p: Variable) -> Variable | None:
    """If s is a multiple of sum(g · p), where g is something divided by p: s, without that
    division.
    """
    below = product(g)
    if p not in below.down or not below.up:
        return None
    _, up, down = product(s)
    sums = [v for v in up if not isinstance(v, Constant)]
    node = sums[0].owner if len(sums) == 1 and not down else None
    if node is None or not isinstance(node.op, Reduction) or node.op.kind != "sum":
        return None
    inside = product(node.inputs[0])
    if _same(inside.up, [*below.up, p]) and _same(inside.down, below.down):
        new = edited(g, {(p, True): None})
        new = new if inside.negative == below.negative else -new
        if new.broadcastable != node.inputs[0].broadcastable:
            return None
        return edited(s, {(sums[0], False): node.op(new)})
    return None


def _same(some: list[Variable], others: list[Variable]) -> bool:
    """Whether these are the same factors, in whatever order."""
    return sorted(map(id, some)) == sorted(map(id, others))


def paired(outputs: Iterable[Variable]) -> dict[Variable, Variable]:
    """What to put in place of each softmax, and each logarithm of it, that have one argument."""
    nodes = order_of(outputs)
    plain = {(n.inputs[0], n.op.axis): n for n in nodes if type(n.op) is Softmax}
    found: dict[Variable, Variable] = {}
    for node in nodes:
        if type(node.op) is not LogSoftmax:
            continue
        x, axis = node.inputs[0], node.op.axis
        twin = plain.get((x, axis))
        if twin is None or x.type is not node.outputs[0].type:
            continue
        p, largest, log_sum = SoftmaxParts(axis)(x)
        found[twin.outputs[0]] = p
        for user in nodes:
            if node.outputs[0] in user.inputs and _picks(user, axis):
                index = user.inputs[1]
                m, z = (dimshuffle(v, 0)[index] for v in (largest, log_sum))
                picked = user.op(x, *user.inputs[1:])
                found[user.outputs[0]] = picked - m - z
                found |= _of_shape(nodes, user.outputs[0], picked)
        found[node.outputs[0]] = x - largest - log_sum
    return found


def _of_shape(nodes: Sequence[Apply], old: Variable, new: Variable) -> dict[Variable, Variable]:
    """What asks for the shape of a variable alone, asking another one for it."""
    found = {}
    for node in nodes:
        at = 0 if isinstance(node.op, ShapeI) else 1
        if old in node.inputs[at:] and isinstance(node.op, (ShapeI, SameShape)):
            found[node.outputs[0]] = node.op(
                *node.inputs[:at], *[new if v is old else v for v in node.inputs[at:]])
    return found


def scaled(outputs: Sequence[Variable]) -> dict[Variable, Variable]:
    """What to put in the place of each softmax that is only multiplied by one number a row."""
    nodes = order_of(outputs)
    uses = Counter([*outputs, *[v for node in nodes for v in node.inputs]])
    found: dict[Variable, Variable] = {}
    for node in nodes:
        for p, scale in (node.inputs, node.inputs[::-1]) if node.op.name == "mul" else ():
            made = p.owner
            if (made is None or not isinstance(made.op, SoftmaxParts) or p is not made.outputs[0]
                    or len(made.inputs) > 1 or uses[p] > 1 or not scale.broadcastable[made.op.axis]
                    or scale.dtype != p.dtype or p.type is not node.outputs[0].type
                    or not set(ancestors([scale])).isdisjoint(made.outputs)):
                continue
            x = made.inputs[0]
            new = made.op(x, same_shape(scale, x))
            found |= zip([node.outputs[0], *made.outputs[1:]], new, strict=True)
    return found


def _picks(node: Apply, axis: int) -> bool:
    """Whether a node takes single elements of a matrix, by two vectors of positions."""
    return (isinstance(node.op, Subtensor) and len(node.inputs) == 3 and axis == 1
            and node.inputs[0].ndim == 2 and node.outputs[0].ndim == 1
            and all(v.ndim == 1 and v.dtype != "bool" for v in node.inputs[1:]))


LOSSES = (
    Rule("exp of logsoftmax", "exp", "", "The exponential undoes the logarithm.", EXACT,
         apply=exp_of_logsoftmax, needs="logsoftmax"),
    Rule("softmax gradient", "mul", "", "A division by the factor in front cancels, also where "
         "that is 0.", STABLE, apply=softmax_gradient, needs="divisor"),
)
