"""Linear algebra of a matrix, or of each in a stack: inverses, determinants, powers, exponential.

Comes after the products and diagonals; `solving.py` has systems of equations, and
`decompositions.py` factors and eigenvalues. Gradients of complex matrices use conjugate transposes.

>>> matrix_inverse([[4.0]]).eval()
array([[0.25]])
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from tutor.checking import whole
from tutor.core.arrays import dimshuffle, dot, shape
from tutor.core.elementwise import cast, conj, reals
from tutor.core.errors import DTypeError
from tutor.core.graph import Variable, as_tensor_variable
from tutor.core.op import Row
from tutor.core.types import DISCRETE, TensorType, promote
from tutor.ops.advanced import getitem
from tutor.ops.creation import eye
from tutor.ops.diagonals import alloc_diag, diagonal, matrix
from tutor.ops.examples import each, like
from tutor.ops.functions import complex, imag
from tutor.ops.linalg import matmul, turned
from tutor.ops.stacks import concatenate
from tutor.ops.sums import sum

__all__ = ["det", "slogdet"]


def float_matrix(x: Any, name: str, most: int | None = None) -> Variable:
    """The argument as a matrix of the floats that LAPACK computes in: those of integers float64."""
    x = matrix(x, name, most)
    return cast(x, lapack(x.dtype))


def lapack(*dtypes: str) -> str:
    """The dtype in which LAPACK computes with these."""
    dtype = promote(*dtypes)
    return {"float16": "float32"}.get(dtype, "float64" if dtype in DISCRETE else dtype)


def adjoint(x: Variable) -> Variable:
    """The conjugate transpose; of a real matrix its transpose."""
    return turned(conj(x))


def identity_of(x: Variable) -> Variable:
    """The identity matrix of the size and dtype of the matrices in x."""
    return eye(shape(x)[x.ndim - 2], shape(x)[x.ndim - 1], dtype=x.dtype)


def diagonals(x: Variable) -> Variable:
    """The diagonal of each matrix."""
    return diagonal(x, 0, x.ndim - 2, x.ndim - 1)


def from_diagonals(v: Variable) -> Variable:
    """The diagonal matrix of each vector."""
    return alloc_diag(v, 0, v.ndim - 1, v.ndim)


def over_matrices(v: Variable) -> Variable:
    """Numbers, one for each matrix of a stack, as they broadcast over these."""
    return dimshuffle(v, [*range(v.ndim), "x", "x"]) if v.ndim else v


class OfMatrix(Row):
    """The base of ops of one matrix, or of each in a stack."""

    def operands(self, x: Any) -> list[Variable]:
        return [float_matrix(x, self.name)]


class MatrixInverse(OfMatrix):
    """The inverse of a square matrix.

    Raises ShapeError for what is no matrix, and, when it runs, for one that is not square;
    SingularMatrixError for one without an inverse.
    """

    name, numpy = "matrix_inverse", "linalg.inv({0})"
    latex, needs = "{0}^{{-1}}", (10,)

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return -matrix_dot(adjoint(y), g, adjoint(y))


class MatrixPinv(OfMatrix):
    """The pseudo-inverse, which solves least squares. Raises ShapeError for what is no matrix."""

    name, numpy = "pinv", "linalg.pinv({0})"
    latex, needs = "{0}^{{+}}", (10,)

    def types(self, x: Variable) -> TensorType:
        return TensorType(x.dtype, (*x.broadcastable[:-2], *x.broadcastable[:-3:-1]))

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        """Golub and Pereyra's rule (1973) for matrices of constant rank."""
        left, right = matmul(x, y), matmul(y, x)
        yh, gh = adjoint(y), adjoint(g)
        total = (-matrix_dot(y, gh, y) + matrix_dot(y, yh, g, identity_of(left) - left)
                 + matrix_dot(identity_of(right) - right, g, yh, y))
        return adjoint(total)


class Det(OfMatrix):
    """The determinant of a square matrix.

    Its gradient is the matrix of cofactors, singular or not.

    Raises ShapeError for what is no matrix, and, when it runs, for one that is not square.

    >>> det([[2.0, 0.0], [0.0, 3.0]]).eval()
    array(6.)
    """

    name, numpy, latex = "det", "linalg.det({0})", r"\det\left({0}\right)"

    def types(self, x: Variable) -> TensorType:
        return TensorType(x.dtype, x.broadcastable[:-2])

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return over_matrices(g) * conj(cofactors(x))


class SlogDet(OfMatrix):
    """The sign of the determinant, and the logarithm of its absolute value."""

    name, numpy = "slogdet", "tuple(linalg.slogdet({0}))"

    def types(self, x: Variable) -> list[TensorType]:
        lead = x.broadcastable[:-2]
        return [TensorType(x.dtype, lead), TensorType(reals(x.dtype), lead)]

    def vjp(self, x: Variable, sign: Variable, log: Variable, gs: Variable, gl: Variable
            ) -> Variable:
        g: Any = gl
        if sign.dtype.startswith("complex"):
            g = complex(gl, -imag(conj(gs) * sign))
        return over_matrices(g) * adjoint(matrix_inverse(x))


def _turned_svd(x: Any) -> tuple[Any, ...]:
    """U, s and V with x = U diag(s) V, and det(U) det(V)."""
    u, s, vh = np.linalg.svd(x)
    return u, s, vh, np.linalg.det(u) * np.linalg.det(vh)


def _products(s: Any, without: int) -> Any:
    """The products of all numbers but one; or but two, for each pair (0 for a pair of equals)."""
    n = len(s)
    rest = np.repeat(s[None], n, 0)
    np.fill_diagonal(rest, 1)
    if without == 1:
        return rest.prod(-1)
    pairs = np.repeat(rest[:, None], n, 1)
    pairs[:, range(n), range(n)] = 1
    found = pairs.prod(-1)
    np.fill_diagonal(found, 0)
    return found


def _cofactors(x: Any) -> Any:
    """det(x) times the inverse, transposed; where x is singular, or one of these is beyond all
    floats, from its singular values."""
    if x.ndim > 2:
        return np.array([_cofactors(m) for m in x], x.dtype).reshape(x.shape)
    try:
        det, inverse = np.linalg.det(x), np.linalg.inv(x)
        if det != 0 and np.isfinite(inverse).all():
            return det * inverse.T
    except np.linalg.LinAlgError:
        if x.shape[0] != x.shape[1]:
            raise
    u, s, vh, turn = _turned_svd(x)
    return turn * (u.conj() * _products(s, 1)) @ vh.conj()


class Cofactors(OfMatrix):
    """The derivative of the determinant by each element of the matrix."""

    name, numpy, calls = "cofactors", "cofactors({0})", (_cofactors,)

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return conj(CofactorSlope()(x, conj(g)))


def _cofactor_slope(x: Any, h: Any) -> Any:
    """With x = U diag(s) V and K = Uᴴ h Vᴴ, what the cofactors of diag(s) do along K, turned
    back."""
    if x.ndim > 2:
        return np.array([_cofactor_slope(*pair) for pair in zip(x, h, strict=True)])
    u, s, vh, turn = _turned_svd(x)
    k = u.conj().T @ h @ vh.conj().T
    pairs = _products(s, 2)
    slope = -k.T * pairs
    np.fill_diagonal(slope, pairs @ k.diagonal())
    return turn * (u.conj() @ slope @ vh.conj()).astype(np.result_type(x, h))


class CofactorSlope(Row):
    """How the cofactors of a matrix change as it moves along another.

    Its derivative by x, the third one of the determinant, holds for matrices that have an inverse.
    """

    name, numpy = "cofactor_slope", "cofactor_slope({all})"
    calls = (_cofactor_slope,)

    def operands(self, x: Variable, h: Variable) -> list[Variable]:
        return [cast(v, lapack(x.dtype, h.dtype)) for v in (x, h)]

    def vjp(self, x: Variable, h: Variable, y: Variable, g: Variable) -> Any:
        """The slope is det(x) (tr(Bh) B - B h B)ᵀ with B the inverse, and symmetric in h and g; so
        is its derivative, here by x."""
        g = conj(g)
        b = matrix_inverse(x)
        bh, bg = matmul(b, h), matmul(b, g)
        th, tg = (over_matrices(sum(diagonals(v), axis=-1)) for v in (bh, bg))
        both = matmul(bh, bg) + matmul(bg, bh)
        apart = over_matrices(sum(diagonals(matmul(bh, bg)), axis=-1))
        inner = (th * tg - apart) * b - matmul(tg * bh + th * bg - both, b)
        return conj(over_matrices(det(x)) * turned(inner)), conj(self(x, g))


# Coefficients of the (13, 13) Padé approximant of exp, and the norm up to which it is exact to
# double precision: Higham, The scaling and squaring method for the matrix exponential revisited.
PADE = [1.0]
for _k in range(1, 14):
    PADE.append(PADE[-1] * (14 - _k) / (_k * (27 - _k)))
LARGEST_NORM = 5.371920351148152


def pade(x: Any, identity: Any) -> tuple[Any, Any]:
    """What stands below and above the line of the approximant; of arrays of any library."""
    square, power = x @ x, identity
    even, odd = PADE[0] * power, PADE[1] * power
    for k in range(2, 14, 2):
        power = power @ square
        even, odd = even + PADE[k] * power, odd + PADE[k + 1] * power
    odd = x @ odd
    return even - odd, even + odd


def _expm(x: Any) -> Any:
    """Halve the matrix until it is small, approximate, square as often."""
    if x.shape[0] != x.shape[1]:
        raise ValueError(f"a matrix of shape {x.shape} is not square")
    if not x.size:
        return x.copy()
    work = x.astype(np.result_type(x, np.float64))
    norm = np.abs(work).sum(axis=0).max()
    times = max(0, int(np.ceil(np.log2(norm / LARGEST_NORM)))) if 0 < norm < np.inf else 0
    work = work / 2.0**times
    result = np.linalg.solve(*pade(work, np.eye(len(work), dtype=work.dtype)))
    for _ in range(times):
        result = result @ result
    return result.astype(x.dtype)


class Expm(OfMatrix):
    """The exponential of a square matrix: I + x + x²/2! + ..."""

    name, numpy, calls = "expm", "expm({0})", (_expm,)

    def operands(self, x: Any) -> list[Variable]:
        return [float_matrix(x, self.name, 2)]

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        """The upper right of the exponential of [[xᴴ, g], [0, xᴴ]] (Najfeld and Havel, 1995)."""
        n, xh = shape(x)[0], adjoint(x)
        both = concatenate([concatenate([xh, g], 1), concatenate([g.zeros_like(), xh], 1)], 0)
        return getitem(expm(both), (slice(None, n), slice(n, None)))


matrix_inverse, pinv, det, expm = MatrixInverse(), MatrixPinv(), Det(), Expm()
cofactors = Cofactors()


def slogdet(a: Any) -> Any:
    """The sign of the determinant, and the logarithm of its absolute value, which is finite where
    the determinant itself is beyond all floats.

    >>> [v.eval() for v in slogdet([[0.0, 2.0], [2.0, 0.0]])]
    [array(-1.), array(1.38629436)]
    """
    return SlogDet()(a)


def matrix_dot(*args: Any) -> Variable:
    """The product of several matrices, from left to right. Raises ShapeError, when it runs, where
    sizes do not match.

    >>> matrix_dot([[2.0]], [[3.0]], [[4.0]]).eval()
    array([[24.]])
    """
    if not args:
        raise DTypeError("matrix_dot takes at least one matrix.", fix="Write matrix_dot(a, b, c).")
    if any(v.ndim > 2 for v in map(as_tensor_variable, args)):
        return reduce(matmul, args)
    return reduce(dot, args[1:], as_tensor_variable(args[0]))


def matrix_power(M: Any, n: int) -> Variable:
    """A square matrix times itself, n factors in all; for n = 0 the identity. Raises DTypeError
    where n is no whole number, and ShapeError, when it runs, for a matrix that is not square.

    >>> matrix_power([[1, 1], [0, 1]], 5).eval()
    array([[1, 5],
           [0, 1]])
    """
    x, n = matrix(M, "matrix_power"), whole(n, "n")
    if n < 0:
        return matrix_power(matrix_inverse(x), -n)
    power: Variable | None = None
    while n:  # x, x², x⁴, …: those that n is the sum of
        if n % 2:
            power = x if power is None else matmul(power, x)
        n //= 2
        x = matmul(x, x) if n else x
    if power is None:
        return identity_of(x) if x.ndim == 2 else x.zeros_like() + identity_of(x)
    return power


def _minors(x: Any) -> Any:
    """Cofactors by their definition."""
    if x.ndim > 2:
        return np.stack([_minors(m) for m in x])
    found = np.empty_like(x)
    for i, j in np.ndindex(*x.shape):
        minor = np.delete(np.delete(x, i, 0), j, 1)
        found[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    return found


def _slope(x: Any, h: Any) -> Any:
    """How cofactors, quadratic in a matrix of three rows, change, by central differences."""
    return (_minors(x + h / 2) - _minors(x - h / 2)).astype(x.dtype)


def _series(x: Any) -> Any:
    total, term = np.eye(len(x), dtype=x.dtype), np.eye(len(x), dtype=x.dtype)
    for n in range(1, 60):
        term = term @ x / n
        total = total + term
    return total


_SQUARE = np.array([[2.0, 0.3, 0.1], [-0.4, 1.5, 0.2], [0.6, -0.1, 1.1]])
_FLAT = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 1.0, 1.0]])
_BOTH = np.stack([_SQUARE, _SQUARE.T + np.eye(3)])
like(matrix_inverse, np.linalg.inv, each((_SQUARE,), (_BOTH,)), kinds="fc")
like(pinv, each((_SQUARE,), (_BOTH,), ((3, 2),)), kinds="fc")
like(slogdet, each((_SQUARE,), (_BOTH,)), part=each(0, 1), kinds="fc")
like(det, each((_SQUARE,), (_BOTH,), (_FLAT,)), kinds="fc")
like(expm, _series, _SQUARE, kinds="fc")
for _at in (_SQUARE, _FLAT, _BOTH):
    like(cofactors, _minors, _at, kinds="fc", differentiable=_at is not _FLAT)
    like(CofactorSlope(), _slope, _at, _at.shape, kinds="f", differentiable=_at is not _FLAT)
like(matrix_power, each(((2, 2),), ((3, 2, 2),)), n=0, kinds="ifc", differentiable=False)
like(matrix_power, each(((2, 2),), ((3, 2, 2),)), n=each(1, 2, 3), kinds="ifc")
like(matrix_dot, lambda x, y, z: x @ y @ z, (2, 3), (3, 2), (2, 2))
