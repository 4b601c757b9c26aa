"""Ops that put tensors together: join, stack.

Comes after the ops that rearrange and index.

>>> import tutor.tensor as T
>>> T.stack([T.dvector("a"), T.dvector("b")]).type
TensorType(float64, matrix)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import DTypeError, ShapeError, caller
from tutor.graph import Apply, Constant, Notation, Op, Variable, apply, as_tensor_variable
from tutor.operators import public, quoted
from tutor.ops.arguments import one_axis
from tutor.ops.arithmetic import cast
from tutor.ops.elementwise import DISCRETE
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle, flatten, patternbroadcast
from tutor.ops.sizes import MakeVector, shape, vector_length
from tutor.seams import seams
from tutor.types import TensorType, promote


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
            results.append(None if v.dtype in DISCRETE else patternbroadcast(part, v.broadcastable))
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
                         fix="Write concatenate([a, b], axis=0).")
    variables = [as_tensor_variable(t) for t in tensor_list]
    if axis is None:
        variables, axis = [flatten(v) for v in variables], 0
    ndims = {v.ndim for v in variables}
    if len(ndims) > 1 or ndims == {0}:
        raise ShapeError("joined tensors have the same number of dimensions, at least 1, and "
                         f"these have {', '.join(str(v.ndim) for v in variables)}.",
                         fix="stack makes a new dimension; dimshuffle adds one of size 1.")
    return Join(one_axis(axis, variables[0].ndim, "concatenate"))(*variables)


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
                         fix="Write stack([a, b], axis=0).")
    parts: Sequence[Any] = tensors
    if tensors and isinstance(tensors[0], (list, tuple)) and len(tensors) < 3:
        parts, axis = tensors[0], tensors[1] if len(tensors) == 2 else axis
    if not parts:
        raise DTypeError("stack takes at least one tensor.", fix="Write stack([a, b]).")
    variables = [as_tensor_variable(t) for t in parts]
    ndim = variables[0].ndim
    if any(v.ndim != ndim for v in variables):
        raise ShapeError("stacked tensors have the same number of dimensions, and these have "
                         f"{', '.join(str(v.ndim) for v in variables)}.",
                         fix="concatenate joins along an axis.")
    place = one_axis(axis, ndim + 1, "stack")
    if ndim == 0:
        return MakeVector(promote(*[v.dtype for v in variables]))(*variables)
    order = [*range(place), "x", *range(place, ndim)]
    return concatenate([dimshuffle(v, order) for v in variables], place)


seams.stack = stack


@public
def stacklists(arg: Any) -> Variable:
    """Nested lists of scalars or tensors as one tensor.

    >>> stacklists([[1, 2], [3, 4]]).ndim
    2
    """
    if isinstance(arg, (list, tuple)):
        return stack([stacklists(part) for part in arg])
    return as_tensor_variable(arg)


@public
def horizontal_stack(*args: Any) -> Variable:
    """Matrices side by side."""
    return _matrices("horizontal_stack", args, 1)


@public
def vertical_stack(*args: Any) -> Variable:
    """Matrices below one another."""
    return _matrices("vertical_stack", args, 0)


def _matrices(name: str, tensors: Sequence[Any], axis: int) -> Variable:
    variables = [as_tensor_variable(t) for t in tensors]
    if len(variables) < 2 or any(v.ndim != 2 for v in variables):
        raise ShapeError(f"{name} takes two matrices or more, and got "
                         f"{', '.join(str(v.type) for v in variables) or 'nothing'}.",
                         fix="stack joins vectors as rows.")
    return concatenate(variables, axis)


@public
def unpack(x: Variable) -> list[Variable]:
    """The slices of x along its first dimension, where their number is known."""
    length = vector_length(x) if x.ndim == 1 else None
    if isinstance(x, Constant) and x.ndim:
        length = len(x.data)
    if length is None:
        raise DTypeError(f"{quoted(x)} is a symbol: how many elements it has is known only when "
                         "values arrive.",
                         where=(("written at", caller()), ("made at", x.origin)),
                         fix="T.sum(x) adds its elements; x[0], x[1], … are single ones.")
    return [x[i] for i in range(length)]


example("concatenate", lambda x, y: concatenate([x, y], 1),
        lambda x, y: np.concatenate([x, y], 1), (2, 3), (2, 2))
example("concatenate", lambda x: concatenate([x, [1, 2]]),
        lambda x: np.concatenate([x, [1, 2]]), (3,))
example("stack", lambda x, y: stack([x, y], axis=-1), lambda x, y: np.stack([x, y], axis=-1),
        (2, 3), (2, 3))
example("stack", lambda x, y: stack([x, y, 1]), lambda x, y: np.stack([x, y, x * 0 + 1]), (), ())
example("stacklists", lambda x, y: stacklists([[x, y], [y, x]]),
        lambda x, y: np.array([[x, y], [y, x]]), (2,), (2,))
example("horizontal_stack", horizontal_stack, lambda x, y: np.hstack([x, y]), (2, 1), (2, 3))
example("vertical_stack", vertical_stack, lambda x, y: np.vstack([x, y]), (1, 3), (2, 3))
example("unpack", lambda x: unpack(x.shape)[1], lambda x: np.array(x.shape[1]), (2, 3),
        differentiable=False)
