"""Rules about shapes that need a look at the op's parameters: transposes, sizes, reshapes, casts,
and choices that are made already.

Each function takes a node whose inputs are rewritten already and gives a replacement, or None. No
rule hides an error that the original would have met, but that the shape of a join which cannot be
is the shape it would have, as in Theano.
"""

from __future__ import annotations

from typing import Any

from tutor.compile.rules.agreement import covers, stand_in
from tutor.compile.rules.rule import EXACT, Rule
from tutor.graph import Apply, Constant, Variable, constant
from tutor.ops.arithmetic import Cast
from tutor.ops.indexing import Span, Subtensor
from tutor.ops.joining import Join
from tutor.ops.reductions import Reduction
from tutor.ops.shape import DimShuffle, MakeVector, Reshape, Shape, ShapeI, dimshuffle


def merged_dimshuffle(node: Apply) -> Variable | None:
    """Two rearrangements are one, or none."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, DimShuffle):
        return None
    order: list[Any] = ["x" if o == "x" else inner.op.order[o] for o in node.op.order]  # type: ignore[attr-defined]
    return dimshuffle(inner.inputs[0], order)


def size_of(node: Apply) -> Variable | None:
    """x.shape[i] needs no vector of all sizes; of a literal shape it is the element itself."""
    x = node.inputs[0].owner
    if x is None or not isinstance(node.op, Subtensor) or len(node.op.index.entries) != 1:
        return None
    entry = node.op.index.entries[0]
    if not isinstance(entry, int):
        return None
    if isinstance(x.op, Shape) and -x.inputs[0].ndim <= entry < x.inputs[0].ndim:
        result: Variable = ShapeI(entry % x.inputs[0].ndim)(x.inputs[0])
        return result
    if isinstance(x.op, MakeVector) and -len(x.inputs) <= entry < len(x.inputs):
        return x.inputs[entry]
    return None


def size_through(node: Apply) -> Variable | None:
    """The size of what is computed from x by itself is a size of x: nothing need be computed."""
    v, i = node.inputs[0], node.op.i  # type: ignore[attr-defined]
    if v.broadcastable[i]:
        return constant(1, dtype="int64")
    inner = v.owner
    if inner is None:
        return None
    if inner.op.keeps_shape:
        return _size_of_elementwise(v, i)
    if isinstance(inner.op, Join):
        return inner.op.size_of(inner, i)
    place = _place_in(inner, i)
    if place is None:
        return None
    result: Variable = ShapeI(place)(inner.inputs[0])
    return result


def _size_of_elementwise(v: Variable, i: int) -> Variable | None:
    """The size of an operand that has it, where computing that compares all the shapes."""
    assert v.owner is not None
    for u in v.owner.inputs:
        place = i - v.ndim + u.ndim
        if place >= 0 and not u.broadcastable[place] and covers(u, v):
            result: Variable = ShapeI(place)(u)
            return result
    other = stand_in(v)
    return None if other is None else ShapeI(i)(other)


def _place_in(node: Apply, i: int) -> int | None:
    """Which dimension of its first input dimension i of a node's output is."""
    op = node.op
    if isinstance(op, DimShuffle):
        place: int = op.order[i]
        return place
    if isinstance(op, Reduction) and op.kind in ("sum", "prod", "any", "all"):
        axes = op.axes(node.inputs[0])
        return i if op.keepdims else [j for j in range(node.inputs[0].ndim) if j not in axes][i]
    return None


def shape_through(node: Apply) -> Variable | None:
    """The sizes of an elementwise result are those of its operands; of a join, their sums."""
    inner = node.inputs[0].owner
    if inner is not None and isinstance(inner.op, Join):
        sizes = [inner.op.size_of(inner, i) for i in range(node.inputs[0].ndim)]
        made: Variable = MakeVector("int64")(*sizes)
        return made
    other = stand_in(node.inputs[0])
    return None if other is None else node.op(other)


def trivial_reshape(node: Apply) -> Variable | None:
    """Of two reshapes only the last counts; a reshape to the shape that is there is nothing."""
    x, shape = node.inputs
    if x.ndim == 1 and _is_flat(shape):
        return x
    if shape.owner is not None and isinstance(shape.owner.op, Shape) and shape.owner.inputs[0] is x:
        return x
    inner = x.owner
    if inner is not None and isinstance(inner.op, Reshape) and _fits(inner):
        result: Variable = node.op(inner.inputs[0], shape)
        return result
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


def whole_slice(node: Apply) -> Variable | None:
    """x[:] is x."""
    index = node.op.index  # type: ignore[attr-defined]
    return node.inputs[0] if all(e == Span(None, None, None) for e in index.entries) else None


def cast_of_cast(node: Apply) -> Variable | None:
    """A cast to a wider type and on is one cast."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Cast):
        return None
    x, wanted = inner.inputs[0], node.outputs[0].dtype
    if (x.dtype, inner.op.dtype) not in WIDER:
        return None
    return x if x.dtype == wanted else node.op(x)


WIDER = {(a, b) for a, wider in {
    "bool": "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64",
    "int8": "int16 int32 int64 float32 float64", "int16": "int32 int64 float32 float64",
    "int32": "int64 float64", "uint8": "uint16 uint32 uint64 int16 int32 int64 float32 float64",
    "uint16": "uint32 uint64 int32 int64 float32 float64", "uint32": "uint64 int64 float64",
    "float16": "float32 float64", "float32": "float64", "complex64": "complex128",
}.items() for b in wider.split()}  # fmt: skip


def decided(node: Apply) -> Variable | None:
    """A switch whose condition is known, or whose branches are the same, is no choice."""
    condition, x, y = node.inputs
    if isinstance(condition, Constant) and condition.ndim == 0:
        x, y = (x, y) if condition.data else (y, x)
    elif x is not y:
        return None
    return x if x.broadcastable == node.outputs[0].broadcastable and covers(x, condition, y) \
        else None


def _row(name: str, op: str, why: str, apply: Any, needs: str = "") -> Rule:
    return Rule(name, op, "", why, EXACT, apply=apply, needs=needs)


SHAPES = (
    Rule(
        "gradient mark",
        "consider_constant zero_grad undefined_grad disconnected_grad grad_clip grad_scale",
        "",
        "It is about derivatives, and these are written down by now.",
        EXACT,
        apply=lambda node: node.inputs[0],
    ),
    _row("dimshuffle twice", "dimshuffle", "Two rearrangements are one.", merged_dimshuffle,
         "dimshuffle"),
    _row("size", "subtensor", "One size is read without making a vector of all.", size_of,
         "shape make_vector"),
    _row("size of computed", "shape_i", "A result has the sizes of what it is computed from.",
         size_through),
    _row("shape of elementwise", "shape", "An elementwise result has the shape of its operands.",
         shape_through),
    _row("reshape twice", "reshape", "Only the last shape counts.", trivial_reshape),
    _row("whole slice", "subtensor", "x[:] is x.", whole_slice),
    _row("cast back", "cast", "A wider dtype on the way loses nothing and adds nothing.",
         cast_of_cast, "cast"),
    _row("decided switch", "switch", "A choice that is made already is no choice.", decided),
)
