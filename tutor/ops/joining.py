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

from tutor.core.arrays import vector_length
from tutor.core.errors import DTypeError, ShapeError, caller
from tutor.core.graph import Constant, Variable, as_tensor_variable, quoted
from tutor.core.joining import concatenate, stack
from tutor.core.op import public
from tutor.core.seams import seams
from tutor.ops.examples import example

__all__ = ["horizontal_stack", "stacklists", "vertical_stack"]

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


example("stacklists", lambda x, y: stacklists([[x, y], [y, x]]),
        lambda x, y: np.array([[x, y], [y, x]]), (2,), (2,))
example("horizontal_stack", horizontal_stack, lambda x, y: np.hstack([x, y]), (2, 1), (2, 3))
example("vertical_stack", vertical_stack, lambda x, y: np.vstack([x, y]), (1, 3), (2, 3))
example("unpack", lambda x: unpack(x.shape)[1], lambda x: np.array(x.shape[1]), (2, 3),
        differentiable=False)
