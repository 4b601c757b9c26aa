"""Systems of linear equations, of one matrix or of each in a stack: solve and its triangular kin,
least squares; inverses and systems of tensors, and products in blocks.

Comes after the linear algebra of one matrix.

>>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).eval()
array([1. , 0.5])
"""

from __future__ import annotations

from functools import reduce
from operator import mul
from typing import Any, Literal

import numpy as np

from tutor.checking import whole
from tutor.core.arrays import dimshuffle, one_axis, shape
from tutor.core.elementwise import broadcast_pattern, cast, conj
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.graph import Apply, Variable, as_tensor_variable
from tutor.core.op import Row
from tutor.core.types import TensorType, promote
from tutor.ops.diagonals import tril, triu
from tutor.ops.examples import each, like
from tutor.ops.fitting import of_sizes
from tutor.ops.linalg import matmul, outer
from tutor.ops.matrices import adjoint, float_matrix, lapack, matrix_inverse
from tutor.ops.shape import reshape, unlike

__all__ = ["solve"]

HALVED = 64  # unknowns: a triangle of more is solved in two halves


def _solve(a: Any, b: Any) -> Any:
    """The x with a @ x = b, for a vector b or the columns of a matrix."""
    return np.linalg.solve(a, b[:, None])[:, 0] if b.ndim == 1 else np.linalg.solve(a, b)


def _solve_triangle(a: Any, b: Any, lower: bool) -> Any:
    """The same for one triangle of a: it goes to LAPACK the right way round, so that elimination
    has nothing to do; what is left is the substitution that one would do by hand.

    >>> _solve_triangle(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([2.0, 3.0]), True)
    array([1., 2.])
    """
    rows = b.shape[-2] if b.ndim > 1 else len(b)
    if a.shape[-2] != a.shape[-1] or a.shape[-1] != rows:
        raise ValueError(f"a system of shape {a.shape} does not go with a right side {b.shape}")
    if rows > HALVED:
        return _solve_halves(_solve_triangle, a, b, lower)
    if not lower:
        return _solve(np.triu(a), b)
    turn = (slice(None, None, -1),) if b.ndim == 1 else (..., slice(None, None, -1), slice(None))
    return _solve(np.tril(a)[..., ::-1, ::-1], b[turn])[turn]


def _solve_halves(solve: Any, a: Any, b: Any, lower: bool) -> Any:
    """One half of the unknowns, and what they leave of the right side for the other: most of it is
    products of matrices. In double precision, so that their rounding is not seen in single."""
    if b.ndim == 1:
        return solve(a, b[:, None], lower)[:, 0]
    dtype = np.result_type(a, b)
    if dtype.name in ("float32", "complex64"):
        wide = np.result_type(dtype, "float64")
        return solve(a.astype(wide), b.astype(wide), lower).astype(dtype)
    half = b.shape[-2] // 2
    first, last = slice(half), slice(half, None)
    if not lower:
        first, last = last, first
    x = solve(a[..., first, first], b[..., first, :], lower)
    y = solve(a[..., last, last], b[..., last, :] - a[..., last, first] @ x, lower)
    return np.concatenate([x, y] if lower else [y, x], axis=-2)


Structure = Literal["general", "symmetric", "lower_triangular", "upper_triangular", "hermitian",
                    "banded", "diagonal", "toeplitz"]
TURNED = {"lower_triangular": "upper_triangular", "upper_triangular": "lower_triangular"}


class Solve(Row):
    """The x with A x = b.

    b is a vector or the columns of a matrix; of a triangular A one triangle is looked at.

    Raises ShapeError where A is no matrix, and, when it runs, where sizes do not match;
    SingularMatrixError where there is no single solution.

    >>> solve([[2.0]], [4.0]).eval()
    array([2.])
    """

    A_structure: Structure = "general"
    name = "solve"
    calls = (_solve, _solve_triangle, of_sizes)

    def __init__(self, A_structure: Any = "general", lower: bool = False,
                 overwrite_A: bool = False, overwrite_b: bool = False) -> None:
        super().__init__(A_structure)
        self.lower = A_structure == "lower_triangular"

    def operands(self, A: Any, b: Any) -> list[Variable]:
        A, b = float_matrix(A, self.name), as_tensor_variable(b)
        if b.ndim == 0 or (b.ndim == 1 and A.ndim > 2):
            raise unlike("the right side of a system is a vector or a matrix", b, "Reshape it.")
        dtype = lapack(A.dtype, b.dtype)
        return [cast(A, dtype), cast(b, dtype)]

    def types(self, A: Variable, b: Variable) -> TensorType:
        lead = broadcast_pattern([A.broadcastable[:-2], b.broadcastable[:-2]])
        return TensorType(b.dtype, (*lead, *b.broadcastable[-2:]))

    def source(self, node: Apply, names: Any) -> str:
        (A, b), (a, right) = node.inputs, names
        axes = tuple(-i for i in range(3, min(A.ndim, b.ndim) + 1)
                     if not A.broadcastable[-i] and not b.broadcastable[-i])
        right = f"of_sizes({right}, {a}.shape, {axes})" if axes else right
        if self.A_structure in TURNED:
            return f"solve_triangle({a}, {right}, {self.lower})"
        return f"solve({a}, {right})"

    def vjp(self, A: Variable, b: Variable, x: Variable, g: Variable) -> Any:
        gb = Solve(TURNED.get(self.A_structure, self.A_structure))(adjoint(A), g)
        gA = -outer(gb, conj(x)) if b.ndim == 1 else -matmul(gb, adjoint(x))
        if self.A_structure in TURNED:
            gA = tril(gA) if self.lower else triu(gA)
        return gA, gb


def _least_squares(x: Any, y: Any, rcond: Any, dtype: str) -> Any:
    """numpy.linalg.lstsq with arrays for all four results."""
    found = np.linalg.lstsq(x, y, None if rcond < 0 else float(rcond))
    return (found[0].astype(dtype), found[1].astype("float64").reshape(-1),
            np.array(found[2], "int64"), found[3].astype("float64"))


class LeastSquares(Row):
    """The x with the smallest |A x - b|, and what is known about it.

    That is the squared distances, the rank, and the singular values.
    """

    name, numpy = "lstsq", "least_squares({all}, {dtype!r})"
    calls = (_least_squares,)

    def operands(self, x: Any, y: Any, rcond: Any) -> list[Variable]:
        y = as_tensor_variable(y)
        return [float_matrix(x, self.name, 2), cast(y, lapack(y.dtype)), as_tensor_variable(rcond)]

    def types(self, x: Variable, y: Variable, rcond: Variable) -> list[TensorType]:
        real = TensorType("float64", (False,))
        return [TensorType(promote(x.dtype, y.dtype, "float64"), (False,) * y.ndim), real,
                TensorType("int64", ()), real]

    def vjp(self, *variables: Any) -> Any:
        raise NotImplementedError("lstsq has no gradient; that of dot(pinv(A), b) is defined")


lstsq = LeastSquares
solve, solve_symmetric = Solve(), Solve("symmetric")
solve_lower_triangular, solve_upper_triangular = (
    Solve("lower_triangular", lower=True), Solve("upper_triangular"))


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Variable:
    """The tensor x with a x = b, summed over all dimensions of x: the last ones of a (to which
    `axes` are moved first). Raises ShapeError, when it runs, for what is not square.

    >>> import tutor.tensor as T
    >>> tensorsolve(T.dtensor4("a"), T.dmatrix("b")).ndim
    2
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if axes is not None:
        given = axes if isinstance(axes, (tuple, list)) else [axes]
        last = [one_axis(i, a.ndim, "tensorsolve") for i in given]
        a = dimshuffle(a, [i for i in range(a.ndim) if i not in last] + last)
    sizes = [shape(a)[i] for i in range(b.ndim, a.ndim)]
    flat = reshape(b, (-1,))
    x = solve(reshape(a, (shape(flat)[0], -1)), flat)
    return reshape(x, sizes)


def kron(a: Any, b: Any) -> Variable:
    """The Kronecker product: b, in blocks, times each element of a.

    >>> kron([[1, 2]], [[1, 1]]).eval()
    array([[1, 1, 2, 2]])
    """
    x, y = as_tensor_variable(a), as_tensor_variable(b)
    if x.ndim + y.ndim <= 2:
        raise DTypeError("the dimensions of the factors of kron add up to 3 or more, and these are "
                         f"{x.type} and {y.type}.", fix="Use outer for vectors.")
    sizes = [*[shape(x)[i] for i in range(x.ndim)], *[shape(y)[i] for i in range(y.ndim)]]
    every = reshape(outer(x, y), sizes)
    if every.ndim == 3:
        return reshape(dimshuffle(every, 1, 0, 2), (-1,))
    blocks = dimshuffle(every, 0, 2, 1, *range(3, every.ndim))
    return reshape(blocks, (sizes[0] * sizes[2], sizes[1] * sizes[3], *sizes[4:]))


def tensorinv(a: Any, ind: int = 2) -> Variable:
    """The inverse of a tensor that is a square matrix when its first `ind` dimensions are taken
    together, and the others. Raises BadValueError where `ind` is not between 0 and the number of
    dimensions, and ShapeError, when it runs, for what is not square.

    >>> import tutor.tensor as T
    >>> tensorinv(T.dtensor4("a")).ndim
    4
    """
    x, ind = as_tensor_variable(a), whole(ind, "ind")
    if not 0 < ind < x.ndim:
        raise BadValueError(f"ind cannot be {ind} for {x.ndim} dimensions.", fix="Pass 1 or more.")
    sizes = [shape(x)[i] for i in range(x.ndim)]
    square = reshape(x, (reduce(mul, sizes[:ind]), -1))
    return reshape(matrix_inverse(square), (*sizes[ind:], *sizes[:ind]))


_SQUARE = np.array([[2.0, 0.3, 0.1], [-0.4, 1.5, 0.2], [0.6, -0.1, 1.1]])
_SQUARES = np.stack([_SQUARE, _SQUARE.T])
like(solve, lambda a, b: np.linalg.inv(a) @ b, each(
    (_SQUARE, (3,)), (_SQUARE, (3, 2)), (_SQUARES, (3, 2)), (_SQUARES, (2, 3, 1))), kinds="fc")
like(solve_lower_triangular, lambda a, b: np.linalg.inv(np.tril(a)) @ b, each(
    (_SQUARE, (3,)), (_SQUARE, (3, 2)), (_SQUARES, (3, 2))), kinds="fc")
like(solve_upper_triangular, lambda a, b: np.linalg.inv(np.triu(a)) @ b, each(
    (_SQUARE, (3,)), (_SQUARE, (3, 2)), (_SQUARES, (3, 2))), kinds="fc")
like(LeastSquares(), np.linalg.lstsq, (3, 2), (3, 2), then=(-1,), part=0, kinds="f",
     differentiable=False)
like(tensorsolve, _SQUARE, (3,), axes=(0,), kinds="fc")
like(tensorinv, _SQUARE.reshape(3, 3, 1), ind=1, kinds="fc")
like(kron, (2, 3), (2, 2))
like(kron, lambda x, y: np.kron(x, y).reshape(-1), (2,), (2, 3))
