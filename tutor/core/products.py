"""Products of vectors and matrices: `dot` and `outer`.

The gradient of a dot is a dot with a transpose: a derivative reads like the formula in a book.

>>> import tutor.core as T
>>> T.dot(T.dmatrix("m"), T.dvector("v")).ndim
1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arithmetic import conj
from tutor.core.arrays import dimshuffle, fitted, transpose
from tutor.core.errors import ShapeError, caller
from tutor.core.examples import example
from tutor.core.graph import (
    Apply,
    Variable,
    apply,
    as_tensor_variable,
)
from tutor.core.op import Notation, Op, public
from tutor.core.seams import seams
from tutor.core.types import TensorType, promote

COLUMNS = "In a product the columns of the first must be as many as the rows of the second."


class Dot(Op):
    """The product of matrices and vectors: rows of the first with columns of the second."""

    sizes_follow = makes_arrays = True
    folds = "add"
    shape_advice = COLUMNS
    zero_sign = "kept"
    rule = "matrix product"
    multilinear = mixes = takes_out = True
    prompt = 2
    __props__ = ()
    name, doc = "dot", "The product of matrices and vectors."

    def make_node(self, x: Variable, y: Variable) -> Apply:
        pattern = x.broadcastable[:-1] + y.broadcastable[1:]
        return apply(self, [x, y], TensorType(promote(x.dtype, y.dtype), pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"dot({names[0]}, {names[1]})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        (x, y), g = inputs, cotangents[0]
        a, b = conj(x), conj(y)
        if x.ndim == 1 and y.ndim == 1:
            gx, gy = g * b, g * a
        elif x.ndim == 1:
            gx, gy = dot(b, g), outer(a, g)
        elif y.ndim == 1:
            gx, gy = outer(g, b), dot(transpose(a), g)
        else:
            gx, gy = dot(g, transpose(b)), dot(transpose(a), g)
        return fitted((gx, x), (gy, y))

    def needed(self, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
        """Of the first the rows, of the second the columns, of which any result is needed."""
        x, y = node.inputs
        if mask is None:
            return [None, None]
        rows = mask if y.ndim == 1 else mask.any(axis=-1)
        columns = mask if x.ndim == 1 else mask.any(axis=0)
        return [dimshuffle(rows, [0, "x"]) if x.ndim == 2 else rows,
                dimshuffle(columns, ["x", 0]) if y.ndim == 2 else columns]

    def notation(self, node: Apply) -> Notation:
        return Notation("dot({0}, {1})", r"{0} \, {1}", 7.5, (7.5, 8))


class Outer(Op):
    """Every element of one vector times every element of another."""

    sizes_follow = True
    zero_sign = "kept"
    multilinear = True
    __props__ = ()
    name, doc = "outer", "Every element of x times every element of y, as a matrix."

    def make_node(self, x: Variable, y: Variable) -> Apply:
        pattern = x.broadcastable + y.broadcastable
        return apply(self, [x, y], TensorType(promote(x.dtype, y.dtype), pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"multiply.outer({names[0]}, {names[1]})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        (x, y), g = inputs, cotangents[0]
        return fitted((dot(g, conj(y)), x), (dot(conj(x), g), y))

    def notation(self, node: Apply) -> Notation:
        return Notation("outer({0}, {1})", r"{0} \otimes {1}", 7, (8, 8))

    def label(self, node: Apply) -> str:
        return "⊗"


@public
def dot(a: Any, b: Any) -> Variable:
    """The product of a and b: of two vectors their inner product, of matrices the matrix product.

    A scalar multiplies. With more than two dimensions it sums over the last of a and the last but
    one of b, as NumPy does.

    >>> import tutor.core as T
    >>> dot(T.drow("r"), T.dcol("c")).type
    TensorType(float64, (True, True))
    """
    x, y = as_tensor_variable(a), as_tensor_variable(b)
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    last = y.ndim - 2 if y.ndim > 1 else 0
    _check_inner(x, y, x.ndim - 1, last, "dot")
    if x.ndim <= 2 and y.ndim <= 2:
        return Dot()(x, y)
    return seams.contract(x, y, [[x.ndim - 1], [last]])


def _check_inner(x: Variable, y: Variable, i: int, j: int, name: str) -> None:
    """An error where both sizes are known from constants, and differ."""
    sizes = [v.data.shape[k] if hasattr(v, "data") else None for v, k in ((x, i), (y, j))]
    if None not in sizes and sizes[0] != sizes[1]:
        raise ShapeError(f"{name} of shapes {x.data.shape} and {y.data.shape}: {sizes[0]} and "
                         f"{sizes[1]} do not match.", where=(("written at", caller()),),
                         fix="The columns of the first are as many as the rows of the second.")


@public
def outer(x: Any, y: Any) -> Variable:
    """Every element of x times every element of y, as a matrix (both are flattened first).

    >>> outer([1.0, 2.0], [10.0, 20.0]).eval()
    array([[10., 20.],
           [20., 40.]])
    """
    vectors = [v if v.ndim == 1 else v.flatten() for v in map(as_tensor_variable, (x, y))]
    result: Variable = Outer()(*vectors)
    return result


example("outer", outer, np.outer, (2,), (3,))
example("outer", outer, np.outer, (2, 2), ())
