"""Rules about shapes that need a look at the op's parameters: fills, transposes, sizes, casts.

Each function takes a node whose inputs are rewritten already and gives a replacement, or None.
"""

from __future__ import annotations

from typing import Any

from tutor.graph import Apply, Constant, Variable
from tutor.operators import FUNCTIONS
from tutor.ops.arithmetic import Cast
from tutor.ops.elementwise import Elementwise
from tutor.ops.indexing import Span, Subtensor
from tutor.ops.reductions import Reduction
from tutor.ops.shape import DimShuffle, MakeVector, Reshape, Shape, ShapeI, dimshuffle
from tutor.rewrite.rules import EXACT, Rule


def fill_of(v: Variable) -> tuple[Variable, Variable] | None:
    """Of a filled variable, what it has the shape of, and the value it is filled with."""
    if v.owner is None or v.owner.op.name != "fill":
        return None
    shaped, value = v.owner.inputs
    return shaped, value


def without_fill(node: Apply) -> Variable | None:
    """An operand that is only stretched needs no array where another has the shape already."""
    pattern = node.outputs[0].broadcastable
    inputs = list(node.inputs)
    if node.op.name == "fill" or all(
        fill_of(v) is not None or v.broadcastable != pattern for v in inputs
    ):
        return None
    for i, v in enumerate(inputs):
        filled = fill_of(v)
        if filled is not None:
            inputs[i] = filled[1]
    return node.op(*inputs)


def outer_fill(node: Apply) -> Variable | None:
    """What is computed from filled scalars alone is computed once, and filled then."""
    if node.op.name == "fill":
        return None
    shaped: Variable | None = None
    values = []
    for v in node.inputs:
        filled = fill_of(v)
        if filled is not None and filled[1].ndim == 0:
            shaped = filled[0] if v.broadcastable == node.outputs[0].broadcastable else shaped
            values.append(filled[1])
        elif v.ndim == 0:
            values.append(v)
        else:
            return None
    if shaped is None or shaped.broadcastable != node.outputs[0].broadcastable:
        return None
    return FUNCTIONS["fill"](shaped, node.op(*values))


def trivial_fill(node: Apply) -> Variable | None:
    """fill(x, y) is y where x adds nothing: x is a scalar, or filled itself."""
    x, y = node.inputs
    if x.ndim == 0:
        return y
    filled = fill_of(x)
    if filled is None or filled[0].broadcastable != x.broadcastable:
        return None
    return node.op(filled[0], y)


def sum_of_fill(node: Apply) -> Variable | None:
    """The sum over a filled scalar is the scalar times how many there are."""
    filled, op, dtype = fill_of(node.inputs[0]), node.op, node.outputs[0].dtype
    if filled is None or not isinstance(op, Reduction) or op.axis is not None or op.keepdims:
        return None
    shaped, value = filled
    if value.ndim or value.dtype != dtype or dtype not in ("float32", "float64"):
        return None
    if shaped.broadcastable != node.inputs[0].broadcastable:
        return None
    return value * FUNCTIONS["cast"](FUNCTIONS["size"](shaped), dtype)


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
    """The size of an elementwise result is the size of an operand that has it: nothing need be
    computed.
    """
    v, i = node.inputs[0], node.op.i  # type: ignore[attr-defined]
    if v.broadcastable[i]:
        return FUNCTIONS["constant"](1, dtype="int64") if "constant" in FUNCTIONS else None
    if v.owner is None or not isinstance(v.owner.op, (Elementwise, Cast)):
        return None
    for u in v.owner.inputs:
        place = i - v.ndim + u.ndim
        if place >= 0 and not u.broadcastable[place]:
            result: Variable = ShapeI(place)(u)
            return result
    return None


def trivial_reshape(node: Apply) -> Variable | None:
    """A reshape of a reshape is the last one; a reshape of a vector to a vector is nothing."""
    x, shape = node.inputs
    if x.ndim == 1 and isinstance(shape, Constant) and shape.data.tolist() == [-1]:
        return x
    if x.owner is not None and isinstance(x.owner.op, Reshape):
        result: Variable = node.op(x.owner.inputs[0], shape)
        return result
    return None


def whole_slice(node: Apply) -> Variable | None:
    """x[:] is x."""
    index = node.op.index  # type: ignore[attr-defined]
    return node.inputs[0] if all(e == Span(None, None, None) for e in index.entries) else None


def cast_of_cast(node: Apply) -> Variable | None:
    """A cast to a wider type and back is no cast."""
    inner = node.inputs[0].owner
    if inner is not None and isinstance(inner.op, Cast):
        x = inner.inputs[0]
        if x.dtype == node.op.dtype and (x.dtype, inner.op.dtype) in WIDER:  # type: ignore[attr-defined]
            return x
    return None


WIDER = {
    ("float32", "float64"),
    ("int32", "int64"),
    ("int32", "float64"),
    ("int8", "int64"),
    ("int16", "int64"),
    ("bool", "int64"),
    ("bool", "float64"),
    ("int8", "float64"),
    ("float16", "float32"),
}

SHAPES = (
    Rule(
        "trivial fill",
        "fill",
        "",
        "A value that needs no stretching stays as it is.",
        EXACT,
        apply=trivial_fill,
    ),
    Rule(
        "sum of fill",
        "sum",
        "",
        "n times the same number is n · number.",
        "rounding",
        apply=sum_of_fill,
        needs="fill",
    ),
    Rule(
        "dimshuffle twice",
        "dimshuffle",
        "",
        "Two rearrangements are one.",
        EXACT,
        apply=merged_dimshuffle,
    ),
    Rule(
        "size",
        "subtensor",
        "",
        "One size is read without making a vector of all.",
        EXACT,
        apply=size_of,
    ),
    Rule(
        "size of elementwise",
        "shape_i",
        "",
        "An elementwise result has the size of its operands.",
        EXACT,
        apply=size_through,
    ),
    Rule(
        "reshape twice", "reshape", "", "Only the last shape counts.", EXACT, apply=trivial_reshape
    ),
    Rule(
        "gradient mark",
        "consider_constant zero_grad undefined_grad disconnected_grad grad_clip grad_scale",
        "",
        "It is about derivatives, and these are written down by now.",
        EXACT,
        apply=lambda node: node.inputs[0],
    ),
    Rule("whole slice", "subtensor", "", "x[:] is x.", EXACT, apply=whole_slice),
    Rule(
        "cast back",
        "cast",
        "",
        "To a wider dtype and back loses nothing.",
        EXACT,
        apply=cast_of_cast,
    ),
)
EVERYWHERE = (
    Rule(
        "without fill",
        "elementwise",
        "",
        "NumPy stretches a number by itself; no array is filled.",
        EXACT,
        apply=without_fill,
        needs="fill",
    ),
    Rule(
        "fill last",
        "elementwise",
        "",
        "The same number for all elements is computed once.",
        EXACT,
        apply=outer_fill,
        needs="fill",
    ),
)
