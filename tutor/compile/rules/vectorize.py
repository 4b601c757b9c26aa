"""Vectorization: operations of a step that go by sequences alone, done for all steps at once.

Comes before the pass over loops. Lifted, a variable has the steps as its first dimension.

>>> import tutor.tensor as T
>>> x, w, xs = T.dvector("x"), T.dmatrix("w"), T.dmatrix("xs")
>>> lifted_node(T.dot(x, w).owner, {x: xs}, {w: w})
dot(xs, w)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tutor.core.arrays import DimShuffle, Dot, Reduction, dimshuffle, dot, transpose
from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import Cast, Elementwise
from tutor.core.graph import Apply, Variable, written_at
from tutor.core.indexing import WHOLE, IncSubtensor, Slot, Subtensor, Template
from tutor.core.op import rebroadcast
from tutor.core.types import TensorType
from tutor.ops.creation import alloc, arange
from tutor.ops.indexing import inc_subtensor, set_subtensor
from tutor.ops.shape import reshape

Lifted = Mapping[Variable, Variable]


def lifted_node(node: Apply, lifted: Lifted, outer: Lifted) -> Variable | None:
    """The output of a node for all steps, from its operands for all steps (`lifted`) and those
    that are the same in each (`outer`); None where it cannot be had, or would need more memory."""
    lift = LIFTS.get(type(node.op))
    if lift is None or len(node.outputs) != 1:
        return None
    out = node.outputs[0]
    with written_at(node.origin):
        found = lift(node, lifted, outer)
    if found is None or found.type is not TensorType(out.dtype, (False, *out.broadcastable)):
        return None
    return found


def _elementwise(node: Apply, lifted: Lifted, outer: Lifted) -> Variable | None:
    """The same operation, the operands aligned behind the dimension of the steps."""
    out, operands = node.outputs[0], []
    if not any(v in lifted and v.broadcastable == out.broadcastable for v in node.inputs):
        return None  # it is stretched in each step: all steps together may not fit
    for v in node.inputs:
        if v not in lifted:
            operands.append(outer[v])
            continue
        new = ["x"] * (out.ndim - v.ndim)
        order = [0, *new, *range(1, v.ndim + 1)]
        operands.append(dimshuffle(lifted[v], order) if new else lifted[v])
    return node.op(*operands)


def _dimshuffle(node: Apply, lifted: Lifted, outer: Lifted) -> Variable | None:
    order = [0, *["x" if o == "x" else o + 1 for o in node.op.order]]
    return dimshuffle(lifted[node.inputs[0]], order)


def _reduction(node: Apply, lifted: Lifted, outer: Lifted) -> Variable | None:
    op, v = node.op, node.inputs[0]
    if not isinstance(op, Reduction) or op.kind not in ("sum", "prod", "max", "min", "all", "any"):
        return None
    axes = tuple(i + 1 for i in op.axes(v))
    return Reduction(op.kind, axes, op.keepdims)(lifted[v])


def _subtensor(node: Apply, lifted: Lifted, outer: Lifted) -> Variable | None:
    """The same part of each element."""
    x, *indices = node.inputs
    index = node.op.index
    if index.advanced or any(v not in outer for v in indices):
        return None
    part = Subtensor(Template((WHOLE, *index.entries)))
    return part(lifted[x], *[outer[v] for v in indices])


def _inc_subtensor(node: Apply, lifted: Lifted, outer: Lifted) -> Variable | None:
    """The same part of each element, replaced or increased."""
    x, y, *indices = node.inputs
    op = node.op
    assert isinstance(op, IncSubtensor)
    if op.index.advanced or x not in lifted or any(v not in outer for v in indices):
        return None
    ndim = Subtensor(op.index).make_node(x, *indices).outputs[0].ndim
    part = lifted.get(y, outer.get(y))
    assert part is not None
    if y in lifted and y.ndim < ndim:
        part = dimshuffle(part, [0, *["x"] * (ndim - y.ndim), *range(1, y.ndim + 1)])
    new = op.at(Template((WHOLE, *op.index.entries)))
    return new(lifted[x], part, *[outer[v] for v in indices])


def stretched_node(node: Apply, steps: Variable, lifted: Lifted, outer: Lifted
                   ) -> Variable | None:
    """The same for a part that is replaced or increased in an array that is the same in each step,
    as the 1 in the zeros that a row of a Jacobian begins with: the array is there for each step."""
    op = node.op
    if not isinstance(op, IncSubtensor) or node.inputs[0] not in outer or op.index.advanced:
        return None
    x, y, *indices = node.inputs
    sizes = [1 if one else shape_of(outer[x])[i] for i, one in enumerate(x.broadcastable)]
    rows = alloc(outer[x], steps, *sizes)
    if not any(v in lifted for v in indices):
        return _inc_subtensor(node, {**lifted, x: rows}, outer)
    if x.ndim > 1 or y.ndim or len(indices) != 1 or not isinstance(op.index.entries[0], Slot):
        return None
    part = rows[arange(steps), lifted[indices[0]]]
    change = inc_subtensor if op.mode == "inc" else set_subtensor
    return change(part, lifted.get(y, outer.get(y)))


def _dot(node: Apply, lifted: Lifted, outer: Lifted) -> Variable | None:
    """One product of matrices, in which the steps are further rows."""
    a, b = node.inputs
    if a in lifted and b in outer:
        return _rows(lifted[a], outer[b]) if a.ndim < 3 and b.ndim < 3 else None
    if a in outer and b in lifted and b.ndim == 1:
        turned = outer[a] if a.ndim == 1 else transpose(outer[a])
        return _rows(lifted[b], turned)
    return None


def _rows(rows: Variable, w: Variable) -> Variable:
    product: Variable = dot(flat(rows), w)
    if rows.ndim == 3:
        shape = shape_of(rows)
        sizes = [shape[0], shape[1], *([shape_of(w)[1]] if w.ndim == 2 else [])]
        product = reshape(product, sizes, ndim=w.ndim + 1)
        columns = w.broadcastable[1:] if w.ndim == 2 else ()
        pattern = (False, rows.broadcastable[1], *columns)
        product = rebroadcast(product, pattern)
    return product


def flat(v: Variable) -> Variable:
    """The rows of the matrices of all steps, one below the other."""
    if v.ndim < 3:
        return v
    shape = shape_of(v)
    return reshape(v, [shape[0] * shape[1], shape[2]], ndim=2)


LIFTS: dict[type, Callable[[Apply, Lifted, Lifted], Variable | None]] = {
    Elementwise: _elementwise,
    Cast: _elementwise,
    DimShuffle: _dimshuffle,
    Reduction: _reduction,
    Subtensor: _subtensor,
    IncSubtensor: _inc_subtensor,
    Dot: _dot,
}


def is_last(index: Any) -> bool:
    """Whether an index begins with -1: it reads the last element."""
    first = index.entries[0] if index.entries else None
    return type(first) is int and first == -1


def without_first(index: Any) -> Template:
    """An index of the elements, from one of the whole whose first entry is a number."""
    return Template(tuple(index.entries[1:]))


def terms_of(total: Variable, uses: Mapping[Variable, int]) -> list[Variable]:
    """The terms of a sum of sums, which nothing else needs on the way."""
    terms: list[Variable] = []
    queue: list[Variable] = [total]
    while queue:
        v = queue.pop()
        adds = v.owner is not None and v.owner.op.adds and v.dtype in ("float32", "float64")
        if adds and (v is total or uses.get(v, 0) == 1):
            queue += v.owner.inputs[::-1]  # type: ignore[union-attr]
        else:
            terms.append(v)
    return terms
