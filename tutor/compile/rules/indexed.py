"""Rules about indexing: gradients of parts are written into the whole they are added to.

The gradient of x[i] is a whole array of zeros in which one part is not 0. Added to something, the
part alone is added.
"""

from __future__ import annotations

from tutor.compile.rules.agreement import covers, leaves
from tutor.compile.rules.fills import fill_of
from tutor.compile.rules.rule import EXACT, ROUNDING, Rule, number_in
from tutor.graph import Apply, Variable, constant
from tutor.ops.creation import Alloc, alloc
from tutor.ops.indexing import IncSubtensor, Slot, Subtensor, inc_subtensor
from tutor.ops.reductions import Reduction
from tutor.ops.shape import dimshuffle
from tutor.ops.sizes import shape


def into_zeros(v: Variable) -> list[Apply]:
    """The nodes that add parts to zeros, one on the other, the last of them that of v; none where
    v is something else.
    """
    found: list[Apply] = []
    while v.owner is not None and isinstance(v.owner.op, IncSubtensor) and v.owner.op.mode == "inc":
        found.append(v.owner)
        v = v.owner.inputs[0]
    filled, node = fill_of(v), v.owner
    zero = filled[1] if filled is not None else None
    if node is not None and isinstance(node.op, Alloc):
        zero = node.inputs[0]
    return found[::-1] if number_in(zero) == 0 else []


def added_to(node: Apply) -> Variable | None:
    """zeros with parts, added to x (or x taken from them), is x (or -x) with the parts added."""
    subtracts = node.op.name == "sub"
    for parts, x in (node.inputs,) if subtracts else (node.inputs, node.inputs[::-1]):
        found = into_zeros(parts)
        if not found or x.type is not parts.type or not covers(_base(x), found[0].inputs[0]):
            continue
        if len(found) > 1 and into_zeros(x):
            continue  # the other order adds less
        result = negative(x) if subtracts else x
        for inner in found:
            result = inner.op(result, *inner.inputs[1:])
        return result
    return None


def _base(v: Variable) -> Variable:
    """What parts were added to: it has the shape of the result."""
    while v.owner is not None and isinstance(v.owner.op, IncSubtensor):
        v = v.owner.inputs[0]
    return v


def negative(x: Variable) -> Variable:
    """-x, by the sign of its smaller factor where it is a product."""
    if x.owner is not None and x.owner.op.name == "mul":
        a, b = x.owner.inputs
        if a.broadcastable != b.broadcastable and x.broadcastable in (a.broadcastable,
                                                                      b.broadcastable):
            return (-a) * b if x.broadcastable == b.broadcastable else a * (-b)
    return -x


def part_of_filled(node: Apply) -> Variable | None:
    """x[i] += a filled array is x[i] += its value, where the array has the shape of something[i].
    """
    x, y, *indices = node.inputs
    filled, index = fill_of(y), node.op.index  # type: ignore[attr-defined]
    if filled is None or filled[1].ndim or not all(isinstance(e, Slot) for e in index.entries):
        return None
    found = list(leaves(filled[0]))
    inner = found[0].owner if len(found) == 1 else None
    same = inner is not None and isinstance(inner.op, Subtensor) and inner.op.index == index
    if inner is None or not same or inner.inputs[1:] != indices or y.ndim != found[0].ndim:
        return None
    result: Variable = node.op(x, filled[1], *indices)
    return result


def sum_of_part(node: Apply) -> Variable | None:
    """The sums along one of two dimensions of zeros with some elements set: zeros with the sums."""
    found, op = into_zeros(node.inputs[0]), node.op
    if len(found) != 1 or not isinstance(op, Reduction) or op.axis not in ((0,), (1,)):
        return None
    inner = found[0]
    zeros, y, *indices = inner.inputs
    entries = inner.op.index.entries  # type: ignore[attr-defined]
    positions = all(isinstance(e, Slot) and e.ndim == 1 and e.dtype != "bool" for e in entries)
    if zeros.ndim != 2 or len(entries) != 2 or not positions or any(zeros.broadcastable):
        return None
    if zeros.dtype != node.outputs[0].dtype:
        return None
    kept = 1 - op.axis[0]
    size = shape(zeros)[kept]
    empty = alloc(constant(0, dtype=zeros.dtype), size)
    sums = inc_subtensor(empty[indices[kept]], y)
    result: Variable = dimshuffle(sums, *((0, "x") if kept == 0 else ("x", 0))) \
        if op.keepdims else sums
    return result


INDEXED = (
    Rule("part filled", "inc_subtensor set_subtensor", "",
         "NumPy stretches a number by itself; no array is filled.", EXACT, apply=part_of_filled,
         needs="fill"),
    Rule("sum of part", "sum", "", "The sums of few elements are added to zeros, one by one.",
         ROUNDING, apply=sum_of_part, needs="inc_subtensor", zero=True),
    Rule("part added", "add sub", "", "What is 0 elsewhere is added to the part alone.", ROUNDING,
         apply=added_to, needs="inc_subtensor", zero=True),
)
