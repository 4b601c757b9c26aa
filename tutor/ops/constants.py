"""Constants, and what becomes a variable, with as many dimensions as are asked for.

>>> constant([1, 2], ndim=2).type, as_tensor_variable([1, 2], ndim=2).eval()
(TensorType(int64, row), array([[1, 2]]))
"""

from __future__ import annotations

from typing import Any

from tutor.checking import dimensions
from tutor.core import graph
from tutor.core.errors import ShapeError
from tutor.core.graph import Constant, Variable
from tutor.core.types import TensorType
from tutor.misfits import describe

__all__ = ["as_tensor_variable", "constant"]


def constant(x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None
             ) -> Constant:
    """A constant tensor, of `ndim` dimensions if that is given: sizes of 1 come first. A Python
    number takes the smallest dtype that holds it, as in Theano. Raises DTypeError for what is no
    tensor, ShapeError where it has more dimensions.

    >>> constant(3), constant([1.0, 2.0]).type
    (3, TensorType(float64, vector))
    """
    made = graph.constant(x, name, dtype)
    if ndim is None:
        return made
    if made.ndim > dimensions(ndim, "ndim"):
        raise ShapeError(f"{describe(x)} has more than {ndim} dimensions.",
                         fix="Pass a larger ndim.")
    data = made.data.reshape((1,) * (ndim - made.ndim) + made.data.shape)
    return Constant(TensorType(made.dtype, [n == 1 for n in data.shape]), data, name)


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Variable:
    """x as a variable: variables as they are, numbers and arrays as constants, lists joined; with
    as many dimensions as `ndim` says. Raises DTypeError for what is no tensor, ShapeError where it
    has more dimensions.

    >>> as_tensor_variable(3).dtype
    'int8'
    """
    if ndim is None:
        return graph.as_tensor_variable(x, name)
    dimensions(ndim, "ndim")
    if not isinstance(x, (Variable, graph.Apply)) and not graph.holds_variable(x):
        return constant(x, name, ndim)
    v = graph.as_tensor_variable(x, name)
    if v.ndim > ndim:
        raise ShapeError(f"{v} has {v.ndim} dimensions, more than {ndim}.",
                         fix="Use reshape or flatten.")
    more = ndim - v.ndim
    return v.dimshuffle(["x"] * more + list(range(v.ndim))) if more else v
