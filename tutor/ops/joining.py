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

from tutor.core.arguments import one_axis
from tutor.core.arrays import dimshuffle, shape
from tutor.core.errors import DTypeError, ShapeError, caller
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, quoted
from tutor.core.indexing import concatenate as joined
from tutor.core.op import public
from tutor.core.seams import seams
from tutor.core.types import promote
from tutor.ops.examples import example
from tutor.ops.sizes import MakeVector, vector_length

__all__ = ["concatenate", "horizontal_stack", "join", "stack", "stacklists", "vertical_stack"]

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
        variables, axis = [v.flatten() for v in variables], 0
    ndims = {v.ndim for v in variables}
    if len(ndims) > 1 or ndims == {0}:
        raise ShapeError("joined tensors have the same number of dimensions, at least 1, and these "
                         f"have {', '.join(str(v.ndim) for v in variables)}.",
                         fix="stack makes a new dimension; dimshuffle adds one of size 1.")
    return joined(variables, axis)


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
    """Matrices side by side.

    Raises ShapeError for what are not two matrices or more.

    >>> horizontal_stack([[1], [2]], [[3], [4]]).eval()
    array([[1, 3],
           [2, 4]])
    """
    return _matrices("horizontal_stack", args, 1)


@public
def vertical_stack(*args: Any) -> Variable:
    """Matrices below one another.

    Raises ShapeError for what are not two matrices or more.

    >>> vertical_stack([[1, 2]], [[3, 4]]).eval()
    array([[1, 2],
           [3, 4]])
    """
    return _matrices("vertical_stack", args, 0)


def _matrices(name: str, tensors: Sequence[Any], axis: int) -> Variable:
    variables = [as_tensor_variable(t) for t in tensors]
    if len(variables) < 2 or any(v.ndim != 2 for v in variables):
        raise ShapeError(f"{name} takes two matrices or more, and got "
                         f"{', '.join(str(v.type) for v in variables) or 'nothing'}.",
                         fix="stack joins vectors as rows.")
    return concatenate(variables, axis)


def size_of_join(node: Apply, i: int) -> Variable:
    """The size of a dimension: of the axis the sum of the parts, else that of the first."""
    sizes = [shape(v)[i] for v in node.inputs]
    total = sizes[0]
    for size in sizes[1:] if i == node.op.axis else ():
        total = total + size
    return total


@public
def unpack(x: Variable) -> list[Variable]:
    """The slices of x along its first dimension, where their number is known."""
    length = vector_length(x) if x.ndim == 1 else None
    if isinstance(x, Constant) and x.ndim:
        length = len(x.data)
    if length is None:
        raise DTypeError(f"{quoted(x)} is a symbol: how many elements it has is known only when "
                         "values arrive.", where=(("written at", caller()), ("made at", x.origin)),
                         fix="T.sum(x) adds its elements; x[0], x[1], … are single ones.")
    return [x[i] for i in range(length)]


example("concatenate", lambda x, y: concatenate([x, y], 1), lambda x, y: np.hstack([x, y]),
        (2, 3), (2, 2))
example("concatenate", lambda x: concatenate([x, [1, 2]]), lambda x: np.append(x, [1, 2]), (3,))
example("stack", lambda x, y: stack([x, y], axis=-1), lambda x, y: np.stack([x, y], axis=-1),
        (2, 3), (2, 3))
example("stack", lambda x, y: stack([x, y, 1]), lambda x, y: np.stack([x, y, x * 0 + 1]), (), ())
example("stacklists", lambda x, y: stacklists([[x, y], [y, x]]),
        lambda x, y: np.array([[x, y], [y, x]]), (2,), (2,))
example("horizontal_stack", horizontal_stack, lambda x, y: np.hstack([x, y]), (2, 1), (2, 3))
example("vertical_stack", vertical_stack, lambda x, y: np.vstack([x, y]), (1, 3), (2, 3))
example("unpack", lambda x: unpack(x.shape)[1], lambda x: np.array(x.shape[1]), (2, 3),
        differentiable=False)

seams.stack = stack
