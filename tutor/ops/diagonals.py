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

from tutor.checking import whole
from tutor.core.arrays import dimshuffle, one_axis
from tutor.core.elementwise import cast, eq, ge, le, switch
from tutor.core.errors import ShapeError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable
from tutor.core.op import Row
from tutor.core.types import TensorType
from tutor.notation import Notation
from tutor.ops.checks import specify_shape
from tutor.ops.creation import alloc, arange
from tutor.ops.examples import each, like
from tutor.ops.fitting import of_sizes, unsure
from tutor.ops.indexing import like_dtype, set_subtensor
from tutor.ops.shape import unlike
from tutor.ops.sums import sum

__all__ = [
    "alloc_diag", "diag", "diagonal", "fill_diagonal", "fill_diagonal_offset", "trace", "tril",
    "triu",
]  # fmt: skip


class Diagonal(Row):
    """The diagonal over two axes, which becomes the last dimension."""

    offset: int
    axis1: int
    axis2: int
    zero_sign = "kept"
    moves = chooses = True
    name, numpy = "diagonal", "{0}.diagonal({offset}, {axis1}, {axis2}).copy()"

    def types(self, x: Variable) -> TensorType:
        rest = [one for i, one in enumerate(x.broadcastable) if i not in (self.axis1, self.axis2)]
        return TensorType(x.dtype, [*rest, False])

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return SetDiagonal(*self._props())(x.zeros_like(), g)

    def notation(self, node: Apply) -> Notation:
        offset = f", {self.offset}" if self.offset else ""
        return Notation(f"diagonal({{0}}{offset})",
                        rf"\operatorname{{{{diag}}}}\left({{0}}{offset}\right)")


def _set_diagonal(x: Any, y: Any, offset: int, axis1: int, axis2: int, axes: tuple[int, ...] = ()
                 ) -> Any:
    """A copy of x with a diagonal set to y (whose last dimension runs along it, and which has the
    sizes of the diagonal along `axes`)."""
    x = x.copy()
    front = np.moveaxis(x, (axis1, axis2), (-2, -1))
    rows = np.arange(max(0, min(x.shape[axis1] + min(offset, 0), x.shape[axis2] - max(offset, 0))))
    of_sizes(y, (*front.shape[:-2], len(rows)), axes)
    front[..., rows - min(offset, 0), rows + max(offset, 0)] = y
    return x


class SetDiagonal(Row):
    """x with a diagonal over two axes replaced by y, whose last dimension runs along it."""

    offset: int
    axis1: int
    axis2: int
    zero_sign = "kept"
    moves = chooses = True
    name, calls = "set_diagonal", (_set_diagonal,)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        words = [*names, *map(str, self._props())]
        axes = unsure(node.inputs[1])
        return f"set_diagonal({', '.join([*words, str(axes)] if axes else words)})"

    def vjp(self, x: Variable, y: Variable, z: Variable, g: Variable) -> Any:
        return self(g, y.zeros_like()), Diagonal(*self._props())(g)


class AllocDiag(Row):
    """A square matrix with a vector on a diagonal and zeros elsewhere."""

    offset: int = 0
    zero_sign, moves = "kept", True
    name, numpy = "diag", "diag({0}, {offset})"

    def types(self, v: Variable) -> TensorType:
        return TensorType(v.dtype, (False, False))

    def vjp(self, v: Variable, y: Variable, g: Variable) -> Variable:
        return Diagonal(self.offset, 0, 1)(g)


class Triangle(Row):
    """What is on and below (`tril`) or above (`triu`) the k-th diagonal, and zeros elsewhere."""

    name: str
    k: int = 0
    zero_sign = "kept"
    moves = chooses = True
    numpy = "{name}({0}, {k})"

    def __init__(self, name: str, k: int = 0) -> None:
        super().__init__(name, k)
        words = "below" if name == "tril" else "above"
        self.doc = f"What stands on and {words} a diagonal, and zeros elsewhere."

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return self(g)


def matrix(x: Any, name: str, most: int | None = None) -> Variable:
    """The argument as a matrix, or as a stack of `most` dimensions; an error where it is none."""
    x = as_tensor_variable(x)
    if x.ndim < 2 or (most is not None and x.ndim > most):
        raise unlike(f"{name} is for matrices", x, "Pass a matrix.")
    return x


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """The diagonal of a matrix, `offset` places above the main one; or over two axes of a tensor.
    Raises ShapeError for what has fewer than two dimensions.

    >>> diagonal([[1, 2], [3, 4]]).eval()
    array([1, 4])
    """
    x = matrix(a, "diagonal")
    axes = [one_axis(axis, x.ndim, "diagonal") for axis in (axis1, axis2)]
    if axes[0] == axes[1]:
        raise ShapeError("a diagonal runs over two different axes.", fix="Pass axis1=0, axis2=1.")
    return Diagonal(whole(offset, "offset"), *axes)(x)


def diag(v: Any, k: int = 0) -> Variable:
    """Of a vector, the matrix with it on the k-th diagonal; of a matrix, that diagonal.

    >>> diag([1, 2]).eval()
    array([[1, 0],
           [0, 2]])
    """
    x = as_tensor_variable(v)
    if x.ndim != 1:
        return diagonal(matrix(x, "diag"), k)
    return AllocDiag(whole(k, "k"))(x)


def alloc_diag(v: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """The matrix with a vector on its diagonal and zeros elsewhere.

    Of a tensor, its last dimension becomes the diagonal over `axis1` and `axis2`. Raises ShapeError
    for a scalar.

    >>> alloc_diag([[1, 2], [3, 4]], axis1=1, axis2=2).eval()[1]
    array([[3, 0],
           [0, 4]])
    """
    x = as_tensor_variable(v)
    if x.ndim == 0:
        raise unlike("alloc_diag takes a vector", x, "Pass a vector.")
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


def trace(a: Any) -> Variable:
    """The sum of the diagonal of a matrix. Raises ShapeError for what has fewer than two
    dimensions.

    >>> trace([[1, 2], [3, 4]]).eval()
    array(5)
    """
    return sum(diagonal(a), axis=-1)


def tril(m: Any, k: Any = 0) -> Variable:
    """What stands on and below the k-th diagonal of a matrix; zeros above it. Raises ShapeError for
    what has fewer than two dimensions.

    >>> tril([[1, 2], [3, 4]]).eval()
    array([[1, 0],
           [3, 4]])
    """
    return _triangle("tril", m, k)


def triu(m: Any, k: Any = 0) -> Variable:
    """What stands on and above the k-th diagonal of a matrix; zeros below it. Raises ShapeError for
    what has fewer than two dimensions.

    >>> triu([[1, 2], [3, 4]]).eval()
    array([[1, 2],
           [0, 4]])
    """
    return _triangle("triu", m, k)


def _symbolic(v: Any) -> bool:
    return isinstance(v, Variable) and not isinstance(v, Constant)


def _places(x: Variable) -> Variable:
    """For each element of a matrix, how far above the main diagonal it stands."""
    rows, columns = arange(x.shape[-2]), arange(x.shape[-1])
    return dimshuffle(columns, "x", 0) - dimshuffle(rows, 0, "x")


def _triangle(name: str, m: Any, k: Any) -> Variable:
    x = matrix(m, name)
    if _symbolic(k):
        return switch((le if name == "tril" else ge)(_places(x), k), x, cast(0, x.dtype))
    return Triangle(name, whole(k, "k"))(x)


def fill_diagonal(a: Any, val: Any) -> Variable:
    """The matrix a with every element of its main diagonal replaced by `val`; of a tensor of more
    dimensions, all of one size, the elements a[i, i, i, …]. Raises ShapeError for what has fewer
    than two dimensions.

    >>> fill_diagonal([[1, 2], [3, 4]], 9).eval()
    array([[9, 2],
           [3, 9]])
    """
    x = matrix(a, "fill_diagonal")
    if x.ndim == 2:
        return fill_diagonal_offset(x, val, 0)
    x = specify_shape(x, [x.shape[0]] * x.ndim)
    return set_subtensor(x[(arange(x.shape[0]),) * x.ndim], like_dtype(val, x.dtype))


def fill_diagonal_offset(a: Any, val: Any, offset: Any) -> Variable:
    """The matrix a with a diagonal, `offset` places above the main one, replaced by `val`. Raises
    ShapeError for what is no matrix.

    >>> fill_diagonal_offset([[1, 2], [3, 4]], 9, 1).eval()
    array([[1, 9],
           [3, 4]])
    """
    x = matrix(a, "fill_diagonal_offset")
    if x.ndim != 2:
        raise unlike("fill_diagonal_offset is for matrices", x,
                     "Pass a matrix, or use fill_diagonal.")
    y = like_dtype(val, x.dtype)
    if _symbolic(offset):
        return switch(eq(_places(x), offset), y, x)
    return SetDiagonal(whole(offset, "offset"), 0, 1)(x, y)


like(diag, each(((3,),), ((2, 3),)), k=each(0, 1, -1))
for _triangle_of, _numpys in ((tril, np.tril), (triu, np.triu)):
    like(_triangle_of, (2, 3), k=each(0, 1, -1))
    like(_triangle_of, lambda x, k, f=_numpys: f(x, int(k)), each(
        ((2, 3), 0), ((2, 3), 1), ((2, 3), -1)))
like(fill_diagonal_offset, lambda x, y, k: np.where(np.eye(3, 4, int(k)), y, x), each(
    ((3, 4), (), 0), ((3, 4), (), 1), ((3, 4), (), -1)))
like(fill_diagonal_offset, lambda x, y, offset: np.where(np.eye(3, 4, offset), y, x), (3, 4), (),
     offset=-1)
like(alloc_diag, lambda x, offset, axis1, axis2: np.stack([np.diag(row, offset) for row in x]),
     (2, 3), offset=each(0, 1, -1), axis1=1, axis2=2)
like(diagonal, (3, 2, 4), then=(1, 2, 0))
like(trace, (3, 3))
like(fill_diagonal, lambda x, y: np.where(np.eye(3, 4), y, x), (3, 4), ())
like(fill_diagonal, lambda x, y: np.where(
    np.arange(9).reshape(3, 3, 1) * 3 + np.arange(3) == np.arange(3).reshape(3, 1, 1) * 13, y, x),
    (3, 3, 3), ())
