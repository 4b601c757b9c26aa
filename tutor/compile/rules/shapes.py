"""Rules about shapes: arrays filled with one value, transposes, sizes, reshapes, casts, parts.

Gradients of sums are full of filled arrays: what is computed from one is computed from its value,
and filled then, if nothing else has the shape. The gradient of x[i] is zeros with one part: added
to something, the part alone is added. No rule hides an error that the original would have met, but
that the shape of a join which cannot be is the shape it would have, as in Theano.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.compile.rules.facts import covers, leaves, number_in, place_in, stand_in
from tutor.compile.rules.patterns import ALL, EXACT, REAL, ROUNDING, Rule
from tutor.core.arrays import Reduction, Shape, dimshuffle, shape
from tutor.core.elementwise import cast, fill, mul, sub
from tutor.core.graph import Apply, Constant, Variable, constant
from tutor.core.indexing import IncSubtensor, Join, Slot, Span, Subtensor
from tutor.ops.creation import Alloc, alloc
from tutor.ops.indexing import inc_subtensor
from tutor.ops.shape import Reshape, ShapeI
from tutor.ops.stacks import MakeVector, size_of_join
from tutor.ops.sums import size


def fill_of(v: Variable) -> tuple[Variable, Variable] | None:
    """Of a filled variable, what it has the shape of, and the value it is filled with."""
    if v.owner is None or v.owner.op is not fill:
        return None
    shaped, value = v.owner.inputs
    return shaped, value


def fill_last(node: Apply, **_: Any) -> Variable | None:
    """An operation on filled arrays is one on the values, filled then if need be."""
    if node.op is fill:
        return None
    pattern = node.outputs[0].broadcastable
    shapes: list[Variable] = []
    inputs = []
    for v in node.inputs:
        filled = fill_of(v)
        inputs.append(v if filled is None else filled[1])
        if filled is not None:
            shapes.append(filled[0])
    if not shapes:
        return None
    inner: Variable = node.op(*inputs)
    if inner.broadcastable == pattern and covers(inner, *shapes):
        return inner
    full = [s for s in shapes if s.broadcastable == pattern]
    if not full:
        return None
    shaped = next((s for s in full if covers(s, *shapes)), None)
    return fill(shaped, inner) if shaped is not None else None


def shape_alone(node: Apply, x: Variable, y: Variable) -> Variable | None:
    """Where only the shape of an expression matters, it need not be computed."""
    other = stand_in(x)
    return None if other is None else fill(other, y)


def sum_of_fill(node: Apply, x: Variable, y: Variable) -> Variable | None:
    """The sum over a filled number is the number times how many there are."""
    op, whole, dtype = node.op, node.inputs[0], node.outputs[0].dtype
    if not isinstance(op, Reduction) or op.keepdims or x.broadcastable != whole.broadcastable:
        return None
    every, number = op.axis is None or len(op.axis) == whole.ndim, number_in(y)
    if not every or y.dtype != dtype or dtype not in ("float32", "float64"):
        return None
    if number is None or not abs(number) < 1e30:
        return None  # 0 times how many there are is 0
    return y * cast(size(x), dtype)


FILLS = (
    Rule("trivial fill", "fill(x, y) | fill(x, fill(a, y)) | fill(fill(a, b), y)",
         "y | fill(x, y) | fill(a, y)", "A value that needs no stretching stays as it is.", EXACT,
         kinds=ALL, compares=True),
    Rule("fill by shape", "fill(x, y)", shape_alone,
         "Only the shape matters, so the values are not computed.", EXACT, kinds=ALL),
    Rule("sum of fill", "sum(fill(x, y))", sum_of_fill, "n times the same number is n · number.",
         ROUNDING, kinds=ALL),
    Rule("fill last", "elementwise(..., fill(x, y), ...)", fill_last,
         "The same number for all elements is computed once.", EXACT, kinds=ALL),
)


def merged_dimshuffle(node: Apply, inner: Any, x: Variable) -> Variable:
    """Two rearrangements are one, or none."""
    first, then = inner.owner.op.order, node.op.order
    return dimshuffle(x, ["x" if o == "x" else first[o] for o in then])


def size_of(node: Apply, v: Any, x: Variable | None = None) -> Variable | None:
    """x.shape[i] needs no vector of all sizes; of a literal shape it is the element itself."""
    entries = node.op.index.entries
    n = len(v.owner.inputs) if x is None else x.ndim
    if len(entries) != 1 or not isinstance(entries[0], int) or not -n <= entries[0] < n:
        return None
    return v.owner.inputs[entries[0]] if x is None else ShapeI(entries[0] % n)(x)


def size_through(node: Apply, v: Variable) -> Variable | None:
    """The size of what is computed from x by itself is a size of x: nothing need be computed."""
    i = node.op.i
    if v.broadcastable[i]:
        return constant(1, dtype="int64")
    inner = v.owner
    if inner is None:
        return None
    if inner.op.keeps_shape:
        return _size_of_elementwise(v, i)
    if isinstance(inner.op, Join):
        return size_of_join(inner, i)
    place = place_in(inner, i)
    if place is None:
        return None
    return ShapeI(place)(inner.inputs[0])


def _size_of_elementwise(v: Variable, i: int) -> Variable | None:
    """The size of an operand that has it, where computing that compares all the shapes."""
    assert v.owner is not None
    for u in v.owner.inputs:
        place = i - v.ndim + u.ndim
        if place >= 0 and not u.broadcastable[place] and covers(u, v):
            return ShapeI(place)(u)
    other = stand_in(v)
    return None if other is None else ShapeI(i)(other)


def shape_through(node: Apply, v: Variable) -> Variable | None:
    """The sizes of an elementwise result are those of its operands; of a join, their sums."""
    inner = v.owner
    if inner is not None and isinstance(inner.op, Join):
        sizes = [size_of_join(inner, i) for i in range(v.ndim)]
        return MakeVector("int64")(*sizes)
    other = stand_in(v)
    return None if other is None else node.op(other)


def trivial_reshape(node: Apply, x: Variable, shape: Variable) -> Variable | None:
    """Of two reshapes only the last counts; a reshape to the shape that is there is nothing."""
    if x.ndim == 1 and _is_flat(shape):
        return x
    if shape.owner is not None and isinstance(shape.owner.op, Shape) and shape.owner.inputs[0] is x:
        return x
    inner = x.owner
    if inner is not None and isinstance(inner.op, Reshape) and _fits(inner):
        return node.op(inner.inputs[0], shape)
    return None


def _is_flat(shape: Variable) -> bool:
    """Whether a shape is [-1]: all elements as a vector, which is always possible."""
    return isinstance(shape, Constant) and shape.data.tolist() == [-1]


def _fits(node: Apply) -> bool:
    """Whether a reshape cannot fail: to a vector, or as only new dimensions of size 1."""
    x, shape = node.inputs
    return _is_flat(shape) or (
        isinstance(shape, Constant) and x.ndim == 1 and sorted(shape.data.tolist())[:1] == [-1]
        and all(n in (-1, 1) for n in shape.data.tolist()))


def whole_slice(node: Apply, x: Variable) -> Variable | None:
    """x[:] is x."""
    index = node.op.index
    return x if all(e == Span(None, None, None) for e in index.entries) else None


def cast_of_cast(node: Apply, inner: Any, x: Variable) -> Variable | None:
    """A cast to a wider type and on is one cast; a float64 has no room for all int64."""
    wider = np.can_cast(x.dtype, inner.dtype, "safe") and x.dtype not in ("int64", "uint64")
    return cast(x, node.outputs[0].dtype) if wider else None


def decided(node: Apply, c: Variable, x: Variable, y: Variable) -> Variable | None:
    """A switch whose condition is known, or whose branches are the same, is no choice."""
    if isinstance(c, Constant) and c.ndim == 0:
        return x if c.data else y
    return x if x is y else None


SHAPES = (
    Rule("gradient mark", "(consider_constant|zero_grad|undefined_grad|disconnected_grad|grad_clip|"
         "grad_scale)(x, ...)", "x",
         "It is about derivatives, and these are written down by now.", EXACT, kinds=ALL),
    Rule("dimshuffle twice", "dimshuffle(inner := dimshuffle(x))", merged_dimshuffle,
         "Two rearrangements are one.", EXACT, kinds=ALL),
    Rule("size", "subtensor(v := shape(x)) | subtensor(v := make_vector(...))", size_of,
         "One size is read without making a vector of all.", EXACT, kinds=ALL),
    Rule("size of computed", "shape_i(v)", size_through,
         "A result has the sizes of what it is computed from.", EXACT, kinds=ALL),
    Rule("shape of elementwise", "shape(v)", shape_through,
         "An elementwise result has the shape of its operands.", EXACT, kinds=ALL),
    Rule("reshape twice", "reshape(x, shape)", trivial_reshape,
         "Only the last shape counts.", EXACT, kinds=ALL),
    Rule("whole slice", "subtensor(x)", whole_slice, "x[:] is x.", EXACT, kinds=ALL),
    Rule("cast back", "cast(inner := cast(x))", cast_of_cast,
         "A wider dtype on the way loses nothing and adds nothing.", EXACT, kinds=ALL),
    Rule("decided switch", "switch(c, x, y)", decided,
         "A choice that is made already is no choice.", EXACT, kinds=ALL, compares=True),
)


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


def added_to(node: Apply, **_: Any) -> Variable | None:
    """zeros with parts, added to x (or taken from it, or it from them), is x (or -x) with the parts
    added (or taken away)."""
    for parts, x in (node.inputs, node.inputs[::-1]):
        found = into_zeros(parts)
        if not found or x.type is not parts.type or not covers(_base(x), found[0].inputs[0]):
            continue
        if len(found) > 1 and into_zeros(x):
            continue  # the other order adds less
        taken = node.op is sub and parts is node.inputs[1]
        result = negative(x) if node.op is sub and not taken else x
        for inner in found:
            y, *indices = inner.inputs[1:]
            result = inner.op(result, negative(y) if taken else y, *indices)
        return result
    return None


def scaled_part(node: Apply, **_: Any) -> Variable | None:
    """zeros with parts, times one number, is zeros with parts that are multiplied by it."""
    for scale, parts in (node.inputs, node.inputs[::-1]):
        found = into_zeros(parts)
        if found and not scale.ndim and parts.type is node.outputs[0].type:
            result: Variable = found[0].inputs[0]
            for inner in found:
                y, *indices = inner.inputs[1:]
                result = inner.op(result, mul(scale, y), *indices)
            return result
    return None


def _base(v: Variable) -> Variable:
    """What parts were added to: it has the shape of the result."""
    while v.owner is not None and isinstance(v.owner.op, IncSubtensor):
        v = v.owner.inputs[0]
    return v


def negative(x: Variable) -> Variable:
    """-x, by the sign of its smaller factor where it is a product."""
    if x.owner is not None and x.owner.op is mul:
        a, b = x.owner.inputs
        if a.broadcastable != b.broadcastable and x.broadcastable in (a.broadcastable,
                                                                      b.broadcastable):
            return (-a) * b if x.broadcastable == b.broadcastable else a * (-b)
    return -x


def part_of_filled(node: Apply, **_: Any) -> Variable | None:
    """x[i] += a filled array is x[i] += its value, where the array has the shape of something[i].
    """
    x, y, *indices = node.inputs
    filled, index = fill_of(y), node.op.index
    if filled is None or filled[1].ndim or not all(isinstance(e, Slot) for e in index.entries):
        return None
    found = list(leaves(filled[0]))
    inner = found[0].owner if len(found) == 1 else None
    same = inner is not None and isinstance(inner.op, Subtensor) and inner.op.index == index
    if inner is None or not same or inner.inputs[1:] != indices or y.ndim != found[0].ndim:
        return None
    return node.op(x, filled[1], *indices)


def sum_of_part(node: Apply, v: Variable) -> Variable | None:
    """The sums along one of two dimensions of zeros with some elements set: zeros with the sums."""
    found, op = into_zeros(v), node.op
    if len(found) != 1 or not isinstance(op, Reduction) or op.axis not in ((0,), (1,)):
        return None
    inner = found[0]
    zeros, y, *indices = inner.inputs
    entries = inner.op.index.entries
    positions = all(isinstance(e, Slot) and e.ndim == 1 and e.dtype != "bool" for e in entries)
    if zeros.ndim != 2 or len(entries) != 2 or not positions or any(zeros.broadcastable):
        return None
    if zeros.dtype != node.outputs[0].dtype:
        return None
    kept = 1 - op.axis[0]
    size = shape(zeros)[kept]
    empty = alloc(constant(0, dtype=zeros.dtype), size)
    sums = inc_subtensor(empty[indices[kept]], y)
    return dimshuffle(sums, *((0, "x") if kept == 0 else ("x", 0))) \
        if op.keepdims else sums


INDEXED = (
    Rule("part filled", "(inc_subtensor|set_subtensor)(x, fill(a, b), ...)", part_of_filled,
         "NumPy stretches a number by itself; no array is filled.", EXACT, kinds=ALL),
    Rule("sum of part", "sum(v := inc_subtensor(...))", sum_of_part,
         "The sums of few elements are added to zeros, one by one.", ROUNDING, kinds=ALL,
         zero=True),
    Rule("part scaled", "x * inc_subtensor(...)", scaled_part,
         "What is 0 elsewhere is multiplied where it is not.", ROUNDING, kinds=REAL, zero=True),
    Rule("part added", "x + inc_subtensor(...) | x - inc_subtensor(...) | inc_subtensor(...) - x",
         added_to, "What is 0 elsewhere is added to the part alone.", ROUNDING, kinds=ALL,
         zero=True),
)
