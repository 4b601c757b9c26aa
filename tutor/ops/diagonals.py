"""Diagonals and triangles of matrices: `diag`, `diagonal`, `trace`, `tril`, `triu`.

To take a diagonal and to set it are each other's gradient.

>>> import tutor.tensor as T
>>> T.diag(T.dvector("v")).type, T.diag(T.dmatrix("m")).type
(TensorType(float64, matrix), TensorType(float64, vector))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import ShapeError
from tutor.graph import Apply, Constant, Notation, Op, Variable, apply, as_tensor_variable
from tutor.operators import public, quoted
from tutor.ops.arguments import one_axis, whole
from tutor.ops.arithmetic import cast
from tutor.ops.creation import alloc, arange
from tutor.ops.elementwise import switch, unbroadcast
from tutor.ops.indexing import like_dtype, set_subtensor
from tutor.ops.logic import eq, ge, le
from tutor.ops.reductions import sum
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle, patternbroadcast
from tutor.ops.specified import specify_shape
from tutor.ops.stretching import unsure
from tutor.types import TensorType


class Diagonal(Op):
    """The diagonal over two axes, as the last dimension of what is left."""

    zero_sign = "kept"
    moves = chooses = True
    __props__ = ("offset", "axis1", "axis2")
    name, doc = "diagonal", "The diagonal over two axes, which becomes the last dimension."

    def __init__(self, offset: int, axis1: int, axis2: int) -> None:
        self.offset, self.axis1, self.axis2 = offset, axis1, axis2

    def make_node(self, x: Variable) -> Apply:
        rest = [one for i, one in enumerate(x.broadcastable) if i not in (self.axis1, self.axis2)]
        return apply(self, [x], TensorType(x.dtype, [*rest, False]))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"{names[0]}.diagonal({self.offset}, {self.axis1}, {self.axis2}).copy()"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [SetDiagonal(*self._props())(inputs[0].zeros_like(), cotangents[0])]

    def notation(self, node: Apply) -> Notation:
        offset = f", {self.offset}" if self.offset else ""
        return Notation(f"diagonal({{0}}{offset})",
                        rf"\operatorname{{{{diag}}}}\left({{0}}{offset}\right)")


class SetDiagonal(Op):
    """x with a diagonal replaced by y, whose last dimension runs along it."""

    zero_sign = "kept"
    moves = chooses = True
    __props__ = ("offset", "axis1", "axis2")
    name, doc = "set_diagonal", "x with a diagonal over two axes replaced by y."

    def __init__(self, offset: int, axis1: int, axis2: int) -> None:
        self.offset, self.axis1, self.axis2 = offset, axis1, axis2

    def make_node(self, x: Variable, y: Variable) -> Apply:
        return apply(self, [x, y], x.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        place = f"{self.offset}, {self.axis1}, {self.axis2}"
        axes = unsure(node.inputs[1])
        checked = f", {axes}" if axes else ""
        return f"set_diagonal({names[0]}, {names[1]}, {place}{checked})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        (_, y), g = inputs, cotangents[0]
        gx = SetDiagonal(*self._props())(g, y.zeros_like())
        return [gx, unbroadcast(Diagonal(*self._props())(g), y)]


class AllocDiag(Op):
    """A square matrix with a vector on its k-th diagonal and zeros elsewhere."""

    zero_sign = "kept"
    moves = True
    __props__ = ("offset",)
    name, doc = "diag", "A square matrix with a vector on a diagonal and zeros elsewhere."

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset

    def make_node(self, v: Variable) -> Apply:
        return apply(self, [v], TensorType(v.dtype, (False, False)))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"diag({names[0]}, {self.offset})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        g = Diagonal(self.offset, 0, 1)(cotangents[0])
        return [patternbroadcast(g, inputs[0].broadcastable)]


class Triangle(Op):
    """What is on and below (`tril`) or above (`triu`) the k-th diagonal, and zeros elsewhere."""

    zero_sign = "kept"
    moves = chooses = True
    __props__ = ("name", "k")

    def __init__(self, name: str, k: int = 0) -> None:
        self.name, self.k = name, k
        words = "below" if name == "tril" else "above"
        self.doc = f"What stands on and {words} a diagonal, and zeros elsewhere."

    def make_node(self, x: Variable) -> Apply:
        return apply(self, [x], x.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"{self.name}({names[0]}, {self.k})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [Triangle(self.name, self.k)(cotangents[0])]


def _matrix(x: Any, name: str) -> Variable:
    x = as_tensor_variable(x)
    if x.ndim < 2:
        raise ShapeError(f"{name} is for matrices, and {quoted(x)} is {x.type}.",
                         fix="Pass a matrix.")
    return x


@public
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """The diagonal of a matrix, `offset` places above the main one; or over two axes of a tensor.

    >>> diagonal([[1, 2], [3, 4]]).eval()
    array([1, 4])
    """
    x = _matrix(a, "diagonal")
    axes = [one_axis(axis, x.ndim, "diagonal") for axis in (axis1, axis2)]
    if axes[0] == axes[1]:
        raise ShapeError("a diagonal runs over two different axes.", fix="Pass axis1=0, axis2=1.")
    return Diagonal(whole(offset, "offset"), *axes)(x)


@public
def diag(v: Any, k: int = 0) -> Variable:
    """Of a vector, the matrix with it on the k-th diagonal; of a matrix, that diagonal.

    >>> diag([1, 2]).eval()
    array([[1, 0],
           [0, 2]])
    """
    x = as_tensor_variable(v)
    if x.ndim != 1:
        return diagonal(_matrix(x, "diag"), k)
    return AllocDiag(whole(k, "k"))(x)


@public
def alloc_diag(v: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """The matrix with a vector on its diagonal and zeros elsewhere.

    Of a tensor, its last dimension becomes the diagonal over `axis1` and `axis2`.

    >>> alloc_diag([[1, 2], [3, 4]], axis1=1, axis2=2).eval()[1]
    array([[3, 0],
           [0, 4]])
    """
    x = as_tensor_variable(v)
    if x.ndim == 0:
        raise ShapeError(f"alloc_diag takes a vector, and {quoted(x)} is {x.type}.",
                         fix="Pass a vector.")
    if x.ndim == 1:
        return diag(x, offset)
    k, n = whole(offset, "offset"), x.ndim
    first, second = sorted(one_axis(axis, n + 1, "alloc_diag") for axis in (axis1, axis2))
    size = x.shape[n - 1] + abs(k)
    empty = alloc(cast(0, x.dtype), *[x.shape[i] for i in range(n - 1)], size, size)
    order = list(range(n - 1))
    order.insert(first, n - 1)
    order.insert(second, n)
    return dimshuffle(SetDiagonal(k, n - 1, n)(empty, x), order)


@public
def trace(a: Any) -> Variable:
    """The sum of the diagonal of a matrix.

    >>> trace([[1, 2], [3, 4]]).eval()
    array(5)
    """
    return sum(diagonal(a), axis=-1)


@public
def tril(m: Any, k: Any = 0) -> Variable:
    """What stands on and below the k-th diagonal of a matrix; zeros above it."""
    return _triangle("tril", m, k)


@public
def triu(m: Any, k: Any = 0) -> Variable:
    """What stands on and above the k-th diagonal of a matrix; zeros below it."""
    return _triangle("triu", m, k)


def _symbolic(v: Any) -> bool:
    return isinstance(v, Variable) and not isinstance(v, Constant)


def _places(x: Variable) -> Variable:
    """For each element of a matrix, how far above the main diagonal it stands."""
    rows, columns = arange(x.shape[-2]), arange(x.shape[-1])
    return dimshuffle(columns, "x", 0) - dimshuffle(rows, 0, "x")


def _triangle(name: str, m: Any, k: Any) -> Variable:
    x = _matrix(m, name)
    if _symbolic(k):
        return switch((le if name == "tril" else ge)(_places(x), k), x, cast(0, x.dtype))
    return Triangle(name, whole(k, "k"))(x)


@public
def fill_diagonal(a: Any, val: Any) -> Variable:
    """The matrix a with every element of its main diagonal replaced by `val`; of a tensor of more
    dimensions, all of one size, the elements a[i, i, i, …].

    >>> fill_diagonal([[1, 2], [3, 4]], 9).eval()
    array([[9, 2],
           [3, 9]])
    """
    x = _matrix(a, "fill_diagonal")
    if x.ndim == 2:
        return fill_diagonal_offset(x, val, 0)
    x = specify_shape(x, [x.shape[0]] * x.ndim)
    return set_subtensor(x[(arange(x.shape[0]),) * x.ndim], like_dtype(val, x.dtype))


@public
def fill_diagonal_offset(a: Any, val: Any, offset: Any) -> Variable:
    """The matrix a with a diagonal, `offset` places above the main one, replaced by `val`."""
    x = _matrix(a, "fill_diagonal_offset")
    if x.ndim != 2:
        raise ShapeError(f"fill_diagonal_offset is for matrices, and {quoted(x)} is {x.type}.",
                         fix="Pass a matrix, or use fill_diagonal.")
    y = like_dtype(val, x.dtype)
    if _symbolic(offset):
        return switch(eq(_places(x), offset), y, x)
    return SetDiagonal(whole(offset, "offset"), 0, 1)(x, y)


for _k in (0, 1, -1):
    example("diag", lambda v, k=_k: diag(v, k), lambda v, k=_k: np.diag(v, k), (3,))
    example("diagonal", lambda x, k=_k: diag(x, k), lambda x, k=_k: np.diag(x, k), (2, 3))
    example("tril", lambda x, k=_k: tril(x, k), lambda x, k=_k: np.tril(x, k), (2, 3))
    example("triu", lambda x, k=_k: triu(x, k), lambda x, k=_k: np.triu(x, k), (2, 3))
    example("tril", lambda x, k: tril(x, k), lambda x, k: np.tril(x, int(k)), (2, 3), _k)
    example("triu", lambda x, k: triu(x, k), lambda x, k: np.triu(x, int(k)), (2, 3), _k)
    example("fill_diagonal", fill_diagonal_offset,
            lambda x, y, k: np.where(np.eye(3, 4, int(k)), y, x), (3, 4), (), _k)
    example("diag", lambda x, k=_k: alloc_diag(x, k, 1, 2),
            lambda x, k=_k: np.stack([np.diag(row, k) for row in x]), (2, 3))
example("diagonal", lambda x: diagonal(x, 1, 2, 0), lambda x: np.diagonal(x, 1, 2, 0), (3, 2, 4))
example("trace", trace, np.trace, (3, 3))
example("set_diagonal", lambda x, y: fill_diagonal_offset(x, y, -1),
        lambda x, y: np.where(np.eye(3, 4, -1), y, x), (3, 4), ())
example("fill_diagonal", fill_diagonal, lambda x, y: np.where(
    np.arange(9).reshape(3, 3, 1) * 3 + np.arange(3) == np.arange(3).reshape(3, 1, 1) * 13, y, x),
    (3, 3, 3), ())
example("fill_diagonal", fill_diagonal, lambda x, y: np.where(np.eye(3, 4), y, x), (3, 4), ())
