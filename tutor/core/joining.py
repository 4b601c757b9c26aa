"""Tensors joined along an axis that they have, or stacked along a new one.

>>> import tutor.core as T
>>> stack([T.dscalar("a"), T.dscalar("b")]).type
TensorType(float64, vector)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arguments import one_axis
from tutor.core.arrays import MakeVector, dimshuffle, shape, vector_length
from tutor.core.elementwise import cast
from tutor.core.errors import DTypeError, ShapeError, caller
from tutor.core.graph import Apply, Variable, apply, as_tensor_variable, quoted
from tutor.core.op import Notation, Op, public
from tutor.core.row import rebroadcast
from tutor.core.seams import seams
from tutor.core.types import DISCRETE, TensorType, promote


class Join(Op):
    """Tensors joined along an axis."""

    zero_sign = "kept"
    moves = True
    __props__ = ("axis",)
    name, doc = "join", "Tensors joined along an axis that they have."

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def make_node(self, *tensors: Variable) -> Apply:
        dtype = promote(*[t.dtype for t in tensors])
        pattern = [any(column) for column in zip(*[t.broadcastable for t in tensors], strict=True)]
        pattern[self.axis] = pattern[self.axis] and len(tensors) == 1
        return apply(self, [cast(t, dtype) for t in tensors], TensorType(dtype, pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"concatenate(({', '.join(names)},), axis={self.axis})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        start: Any = 0
        results: list[Any] = []
        for v in inputs:
            stop = start + shape(v)[self.axis]
            part = cotangents[0][(slice(None),) * self.axis + (slice(start, stop),)]
            results.append(None if v.dtype in DISCRETE else rebroadcast(part, v.broadcastable))
            start = stop
        return results

    def notation(self, node: Apply) -> Notation:
        arguments = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
        return Notation(f"join({self.axis}, {arguments})",
                        rf"\operatorname{{{{join}}}}_{{{{{self.axis}}}}}\left({arguments}\right)")

    def label(self, node: Apply) -> str:
        return f"join axis {self.axis}"

    def size_of(self, node: Apply, i: int) -> Variable:
        """The size of a dimension: of the axis the sum of the parts, else that of the first."""
        sizes = [shape(v)[i] for v in node.inputs]
        total = sizes[0]
        for size in sizes[1:] if i == self.axis else ():
            total = total + size
        return total

    def static_length(self, node: Apply) -> int | None:
        """The length of a vector joined of vectors of known lengths."""
        lengths = [vector_length(v) for v in node.inputs]
        return None if None in lengths else int(np.sum(lengths))  # type: ignore[arg-type]


@public
def concatenate(tensor_list: Sequence[Any], axis: int | None = 0) -> Variable:
    """Tensors joined along an axis that they have (flattened, if it is None); all other sizes must
    agree.

    >>> import tutor.tensor as T
    >>> concatenate([T.dvector("a"), T.dvector("b")]).ndim
    1
    """
    if not isinstance(tensor_list, (list, tuple)) or not tensor_list:
        raise DTypeError(f"concatenate takes a list of tensors, and got {quoted(tensor_list)}.",
                         where=(("written at", caller()),),
                         fix="Write concatenate([a, b], axis=0).")
    variables = [as_tensor_variable(t) for t in tensor_list]
    if axis is None:
        variables, axis = [v.flatten() for v in variables], 0
    ndims = {v.ndim for v in variables}
    if len(ndims) > 1 or ndims == {0}:
        raise ShapeError("joined tensors have the same number of dimensions, at least 1, and these "
                         f"have {', '.join(str(v.ndim) for v in variables)}.",
                         where=(("written at", caller()),),
                         fix="stack makes a new dimension; dimshuffle adds one of size 1.")
    result: Variable = Join(one_axis(axis, variables[0].ndim, "concatenate"))(*variables)
    return result


@public
def join(axis: int, *tensors: Any) -> Variable:
    """`concatenate` with the axis first."""
    return concatenate(tensors, axis)


@public
def stack(*tensors: Any, axis: int = 0, **named: Any) -> Variable:
    """Tensors of equal shapes as the slices of one with a new dimension.

    >>> import tutor.tensor as T
    >>> stack([T.dscalar("a"), T.dscalar("b")]).type
    TensorType(float64, vector)
    """
    if set(named) == {"tensors"} and not tensors:
        tensors = (named["tensors"],)
    elif named:
        raise DTypeError(f"stack does not know {', '.join(named)}.",
                         where=(("written at", caller()),), fix="Write stack([a, b], axis=0).")
    parts: Sequence[Any] = tensors
    if tensors and isinstance(tensors[0], (list, tuple)) and len(tensors) < 3:
        parts, axis = tensors[0], tensors[1] if len(tensors) == 2 else axis
    if not parts:
        raise DTypeError("stack takes at least one tensor.", where=(("written at", caller()),),
                         fix="Write stack([a, b]).")
    variables = [as_tensor_variable(t) for t in parts]
    ndim = variables[0].ndim
    if any(v.ndim != ndim for v in variables):
        raise ShapeError("stacked tensors have the same number of dimensions, and these have "
                         f"{', '.join(str(v.ndim) for v in variables)}.",
                         where=(("written at", caller()),), fix="concatenate joins along an axis.")
    place = one_axis(axis, ndim + 1, "stack")
    if ndim == 0:
        made: Variable = MakeVector(promote(*[v.dtype for v in variables]))(*variables)
        return made
    order = [*range(place), "x", *range(place, ndim)]
    return concatenate([dimshuffle(v, order) for v in variables], place)


seams.stack = stack
