"""Factors, eigenvalues, singular values and norms of a matrix, or of each in a stack.

Cholesky, eigh and eigvalsh look at one triangle only, so their gradients are on it, as in Theano.

>>> cholesky([[4.0, 0.0], [0.0, 9.0]]).eval()
array([[2., 0.],
       [0., 3.]])
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from tutor.checking import axes_of, truth
from tutor.core.arrays import dimshuffle, one_axis
from tutor.core.elementwise import cast, conj, eq, le, neq, reals, switch
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.graph import Apply, Variable, as_tensor_variable
from tutor.core.types import DISCRETE, TensorType
from tutor.ops.axes import moveaxis
from tutor.ops.checks import Assert
from tutor.ops.creation import identity_like
from tutor.ops.diagonals import matrix, tril, triu
from tutor.ops.examples import each, like
from tutor.ops.functions import imag, real
from tutor.ops.linalg import matmul
from tutor.ops.logic import isnan
from tutor.ops.matrices import (
    OfMatrix,
    adjoint,
    diagonals,
    float_matrix,
    from_diagonals,
    matrix_dot,
)
from tutor.ops.shape import kept, unlike
from tutor.ops.solving import solve_lower_triangular, solve_upper_triangular
from tutor.ops.statistics import root, squared_size
from tutor.ops.sums import any as any_of
from tutor.ops.sums import max, min, sum
from tutor.ops.sums import max as max_of

__all__ = ["cholesky", "norm"]


def vectors(x: Variable) -> TensorType:
    """The type of real vectors, one for each matrix of a stack."""
    return TensorType(reals(x.dtype), (*x.broadcastable[:-2], False))


def factors(x: Variable) -> TensorType:
    """The type of matrices, one for each of a stack."""
    return TensorType(x.dtype, (*x.broadcastable[:-2], False, False))


def _cholesky(x: Any, lower: bool, or_nan: bool) -> Any:
    """The triangular root of positive definite matrices; nan where there is none, if `or_nan`."""
    try:
        return np.linalg.cholesky(x, upper=not lower)
    except np.linalg.LinAlgError:
        if not or_nan:
            raise
        return np.full(x.shape, np.nan, x.dtype)


class Cholesky(OfMatrix):
    """The triangular root of a positive definite matrix: L Lᴴ = x.

    L is lower, or upper with Lᴴ L = x. `on_error="nan"` gives nan, in place of an error, for a
    matrix that is not positive definite.

    Raises ShapeError for what is no matrix, and SingularMatrixError, when it runs, for one that is
    not positive definite.

    >>> cholesky([[4.0, 2.0], [2.0, 5.0]]).eval()
    array([[2., 0.],
           [1., 2.]])
    """

    lower: bool = True
    on_error: Literal["raise", "nan"] = "raise"
    name, calls = "cholesky", (_cholesky,)

    def source(self, node: Apply, names: Any) -> str:
        return f"cholesky({names[0]}, {self.lower}, {self.on_error == 'nan'})"

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        """Murray's symbolic expression (Differentiation of the Cholesky decomposition, 2016)."""
        fine = None
        if self.on_error == "nan":
            fine = eq(any_of(isnan(y)), False)
            y, g = switch(fine, y, identity_like(y)), switch(fine, g, 1)
        if not self.lower:
            y, g = adjoint(y), adjoint(g)
        inner, yh = halved(matmul(adjoint(y), g)), adjoint(y)
        s = solve_upper_triangular(yh, adjoint(solve_upper_triangular(yh, adjoint(inner))))
        both = s + adjoint(s)
        one = halved(both) if self.lower else adjoint(halved(adjoint(both)))
        return one if fine is None else switch(fine, one, np.nan)


def halved(x: Variable) -> Variable:
    """The lower triangle, with half of the diagonal."""
    return tril(x) - from_diagonals(diagonals(x) / 2)


def apart(w: Variable) -> Variable:
    """1 / (wⱼ - wᵢ); 0 for equal numbers, which count as apart."""
    lead, n = range(w.ndim - 1), w.ndim - 1
    differences = dimshuffle(w, *lead, "x", n) - dimshuffle(w, *lead, n, "x")
    same = eq(differences, 0)
    return switch(same, 0, 1 / switch(same, 1, differences))


def settled(g: Variable, turns: Variable) -> Variable:
    """g; an error where the cost depends on the phases of complex vectors, which are any: where it
    changes as they are turned."""
    size = max_of(abs(turns))
    return Assert("the cost depends on the phases of complex eigenvectors or singular vectors, "
                  "which nothing settles: it has no derivative")(
        g, le(max_of(abs(imag(turns))), 1e-6 * (1 + size)))


class Eigh(OfMatrix):
    """Eigenvalues and eigenvectors of a symmetric matrix.

    Smallest first, and as columns; a complex matrix is Hermitian. One triangle is looked at: "L"
    or "U".
    """

    UPLO: Literal["L", "U"] = "L"
    name, numpy = "eigh", "linalg.eigh({0}, {UPLO!r})"

    def types(self, x: Variable) -> list[TensorType]:
        return [vectors(x), factors(x)]

    def vjp(self, x: Variable, w: Variable, v: Variable, gw: Variable, gv: Variable) -> Variable:
        """V (diag(gw) + F ∘ Vᴴ gv) Vᴴ with F = 1 / (wⱼ - wᵢ)."""
        turn = matmul(adjoint(v), gv)
        middle = from_diagonals(gw) + apart(w) * turn
        if v.dtype.startswith("complex"):
            middle = settled(middle, diagonals(turn))
        g = matrix_dot(v, middle, adjoint(v))
        below, above = tril(g, -1), triu(g, 1)
        one = below + adjoint(above) if self.UPLO == "L" else above + adjoint(below)
        return one + from_diagonals(real(diagonals(g)))


def _eig_as(x: Any, dtype: str) -> Any:
    """Eigenvalues and eigenvectors in this dtype; where it is real they must be."""
    values, vectors = np.linalg.eig(x)
    if np.dtype(dtype).kind != "c":
        if np.iscomplex(values).any():
            worst = values.flat[np.argmax(np.abs(values.imag))]
            raise np.linalg.LinAlgError(f"eigenvalue {worst:.6g} of this real matrix is complex")
        values, vectors = values.real, vectors.real  # NumPy 2.5 gives complex ones always
    return values.astype(dtype), vectors.astype(dtype)


class Eig(OfMatrix):
    """Eigenvalues and right eigenvectors of a square matrix.

    Of a real matrix real ones, and an error where one is not.

    Raises ShapeError for what is no matrix, and SingularMatrixError, when it runs, where an
    eigenvalue of a real matrix is complex.

    >>> eig([[2.0, 0.0], [0.0, 1.0]])[0].eval()
    array([2., 1.])
    """

    name, numpy, calls = "eig", "eig_as({0}, {dtype!r})", (_eig_as,)

    def types(self, x: Variable) -> list[TensorType]:
        values = TensorType(x.dtype, (*x.broadcastable[:-2], False))
        return [values, factors(x)]

    def vjp(self, *variables: Any) -> Any:
        raise NotImplementedError("eig has no gradient; eigh, for symmetric matrices, has one")


class QRFull(OfMatrix):
    """Q, with orthonormal columns, and R, an upper triangle: Q R = x."""

    mode: Literal["reduced", "complete", "r", "raw"]
    name, numpy = "qr", "linalg.qr({0}, {mode!r})"

    def operands(self, x: Any) -> list[Variable]:
        return [float_matrix(x, self.name, 2 if self.mode == "raw" else None)]

    def types(self, x: Variable) -> Any:
        if self.mode == "r":
            return factors(x)
        return [factors(x), factors(x) if self.mode != "raw" else TensorType(x.dtype, (False,))]

    def vjp(self, x: Variable, *variables: Variable) -> Variable:
        """For a matrix with at least as many rows as columns (Walter and Lehmann, 2013)."""
        if self.mode != "reduced":
            raise NotImplementedError(f"qr in mode {self.mode!r} has no gradient; 'reduced' has")
        q, r, gq, gr = variables
        m = matmul(r, adjoint(gr)) - matmul(adjoint(gq), q)
        below = tril(m, -1)
        full = below + adjoint(below) + from_diagonals(real(diagonals(m)))
        return adjoint(solve_upper_triangular(r, adjoint(gq + matmul(q, full))))


class SVD(OfMatrix):
    """U, s and Vᴴ with U diag(s) Vᴴ = x; or the singular values s alone.

    The largest come first.
    """

    full_matrices: bool = True
    compute_uv: bool = True
    name, numpy = "svd", "linalg.svd({0}, {full_matrices}, {compute_uv})"
    text, latex = "svd({0})", r"\operatorname{{svd}}\left({0}\right)"

    def types(self, x: Variable) -> Any:
        return [factors(x), vectors(x), factors(x)] if self.compute_uv else vectors(x)

    def vjp(self, x: Variable, *variables: Variable) -> Variable:
        """As of real matrices with different singular values (Townsend, 2016)."""
        if not self.compute_uv:
            u, _, v = SVD(False)(x)
            return matrix_dot(u, from_diagonals(variables[1]), v)
        if self.full_matrices:
            raise NotImplementedError("svd has a gradient for full_matrices=False")
        u, s, vh, gu, gs, gvh = variables
        v, gv = adjoint(vh), adjoint(gvh)
        f, lead, n = apart(s * s), range(s.ndim - 1), s.ndim - 1
        columns, rows = dimshuffle(s, *lead, "x", n), dimshuffle(s, *lead, n, "x")
        uu, vv = matmul(adjoint(u), gu), matmul(adjoint(v), gv)
        middle = (f * (uu - adjoint(uu)) * columns + rows * (f * (vv - adjoint(vv)))
                  + from_diagonals(gs))
        left, right = gu - matmul(u, uu), gv - matmul(v, vv)
        if u.dtype.startswith("complex"):
            phases = diagonals(vv) - conj(diagonals(vv))
            middle = (settled(middle, diagonals(uu) + diagonals(vv))
                      - from_diagonals(phases / 2 / s))
        return (matrix_dot(u, middle, vh) + matmul(left / columns, vh)
                + matmul(u / columns, adjoint(right)))


cholesky, eig = Cholesky(), Eig()
def eigh(a: Any, UPLO: Any = "L") -> Any:
    """Eigenvalues, smallest first, and eigenvectors, as columns, of a symmetric matrix. Raises
    ShapeError for what is no matrix, and, when it runs, for one that is not square.

    >>> eigh([[2.0, 0.0], [0.0, 1.0]])[0].eval()
    array([1., 2.])
    """
    return Eigh(UPLO)(a)


def qr(a: Any, mode: Any = "reduced") -> Any:
    """Q with orthonormal columns and R, an upper triangle, whose product is a; in mode "r" only R.
    Raises ShapeError for what is no matrix, BadValueError for another mode.

    >>> import tutor.tensor as T
    >>> [v.ndim for v in qr(T.dmatrix("a"))]
    [2, 2]
    """
    return QRFull(mode)(a)


def svd(a: Any, full_matrices: Any = 1, compute_uv: Any = 1) -> Any:
    """U, s and Vᴴ with U diag(s) Vᴴ = a; the singular values s alone, if not `compute_uv`. Raises
    ShapeError for what is no matrix.

    >>> svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=0).eval()
    array([4., 3.])
    """
    return SVD(full_matrices, compute_uv)(a)


def eigvalsh(a: Any, b: Any = None, lower: bool = True) -> Variable:
    """The eigenvalues of a symmetric matrix; with b, positive definite, the w of a v = w b v.
    Raises ShapeError for what is no matrix, and, when it runs, for one that is not square.

    >>> eigvalsh([[2.0, 0.0], [0.0, 1.0]], None).eval()
    array([1., 2.])
    """
    a, side = matrix(a, "eigvalsh"), "L" if truth(lower, "lower") else "U"
    if b is None or getattr(b, "data", b) is None:
        return eigh(a, side)[0]
    b = matrix(b, "eigvalsh")
    whole = tril(a) + adjoint(tril(a, -1)) if lower else triu(a) + adjoint(triu(a, 1))
    root = cholesky(b) if lower else adjoint(Cholesky(False)(b))
    half = solve_lower_triangular(root, whole)
    return eigh(solve_lower_triangular(root, adjoint(half)))[0]


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Variable:
    """The norm: Euclidean by default; `ord` 0, 1, 2, inf or any number, of the elements along the
    axis. Raises DTypeError where `ord` is no number.

    >>> norm([3.0, -4.0]).eval(), norm([3.0, -4.0], 1).eval()
    (array(5.), array(7.))
    """
    x = as_tensor_variable(x)
    if ord is not None and (isinstance(ord, bool) or not isinstance(ord, (int, float))):
        raise DTypeError(f"the order of a norm is a number, and it is {ord!r}.",
                         fix="Pass 1, 2 or float('inf'); T.nlinalg.norm takes 'fro' and 'nuc'.")
    if ord != 0 and x.dtype in DISCRETE:
        x = cast(x, "float64")  # small integers have squares that they do not hold
    if ord is None or ord == 2:
        return root(sum(squared_size(x), axis, keepdims=keepdims))
    size = abs(x)
    if abs(ord) == float("inf"):
        return (max if ord > 0 else min)(size, axis, keepdims)
    if ord == 0:
        return sum(neq(x, 0), axis, keepdims=keepdims)
    if ord == 1:
        return sum(size, axis, keepdims=keepdims)
    return root(sum(size**ord, axis, keepdims=keepdims), 1.0 / ord)


NAMED = {"inf": np.inf, "-inf": -np.inf}


def matrix_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Variable:
    """The norm of a vector (over one axis) or a matrix (over two): `ord` is None or, of a vector, 0
    or any number; of a matrix "fro", "nuc", 1, -1, 2, -2, "inf" or "-inf". Without an axis it is of
    all of x, which has one or two dimensions unless `ord` is None. Raises BadValueError for another
    order, ShapeError for one of a tensor of more dimensions.

    >>> matrix_norm([[3.0, 0.0], [0.0, 4.0]], "fro").eval()
    array(5.)
    """
    x = as_tensor_variable(x)
    order = NAMED.get(ord, ord) if isinstance(ord, str) else ord
    if not isinstance(order, (str, int, float, type(None))):
        raise BadValueError(f"the order of a norm cannot be {ord!r}.", fix="Pass 1, 2 or 'fro'.")
    axes = axes_of(axis, x.ndim, "norm")
    if axes is not None and not isinstance(axis, int):
        axes = tuple(one_axis(a, x.ndim, "norm") for a in axis)  # rows first, or columns
    if x.ndim == 0 or len(axes or ()) > 2 or (axes is None and x.ndim > 2 and ord is not None):
        raise unlike("a norm is of a vector or a matrix", x, "Flatten it, or name one axis or two.")
    if order is None or (isinstance(order, str) and order == "fro" and x.ndim > 1):
        return norm(x, None, axes, keepdims)
    if len(axes or range(x.ndim)) == 1:
        if isinstance(order, str):
            raise BadValueError(f"the order of the norm of a vector cannot be {ord!r}.",
                                fix="Choose None, 'inf', '-inf' or a number.")
        return norm(x, order, axes, keepdims)
    found = _of_matrices(moveaxis(x, axes or (0, 1), (-2, -1)), order)
    return kept(found, axes or (0, 1), x.ndim) if truth(keepdims, "keepdims") else found


def _of_matrices(x: Variable, order: Any) -> Variable:
    """The norm of each matrix over the last two dimensions."""
    if x.dtype in DISCRETE:
        x = cast(x, "float64")
    if order in ("nuc", 2, -2):
        values = svd(x, compute_uv=0)
        return (sum if order == "nuc" else max if order > 0 else min)(values, axis=-1)
    if isinstance(order, str) or order not in (1, -1, np.inf, -np.inf):
        raise BadValueError(f"the order of the norm of a matrix cannot be {order!r}.",
                            fix="Choose None, 'fro', 'nuc', 1, -1, 2, -2, 'inf' or '-inf'.")
    sums = sum(abs(x), axis=-2 if abs(order) == 1 else -1)
    return (max if order > 0 else min)(sums, axis=-1)


def _norm(x: Any, ord: Any, axis: Any = None, keepdims: bool = False) -> Any:
    order = float(ord) if str(ord).endswith("inf") else ord
    found = np.linalg.norm(x, order, axis, keepdims)
    return np.int64(found) if ord == 0 else found


_SQUARE = np.array([[2.0, 0.3, 0.1], [-0.4, 1.5, 0.2], [0.6, -0.1, 1.1]])
_SPD = _SQUARE @ _SQUARE.T
_SPDS = np.stack([_SPD, _SPD + np.eye(3)])
like(Cholesky(), np.linalg.cholesky, each((_SPD,), (_SPDS,)), kinds="f")
like(Cholesky(False), lambda x: np.linalg.cholesky(x, upper=True), each((_SPD,), (_SPDS,)),
     kinds="f")
like(Cholesky(on_error="nan"), lambda x: np.full((2, 2), np.nan), [[1.0, 2.0], [2.0, 1.0]],
     kinds="f", differentiable=False)
like(eigh, each((_SPD,), (_SPDS,)), UPLO=each("L", "U"), part=0, kinds="f")
like(lambda x, side: eigh(x, side)[1] ** 2, lambda x, side: np.linalg.eigh(x, side)[1] ** 2,
     each((_SPD,), (_SPDS,)), side=each("L", "U"), name="eigh", kinds="f")
like(lambda x: eig(x)[0].sum(), lambda x: np.trace(x, axis1=-2, axis2=-1).sum(),
     each((_SPD,), (_SPDS,)), name="eig", kinds="f", differentiable=False)
like(qr, each(((3, 2),), ((2, 3, 2),)), part=each(0, 1), kinds="f")
like(qr, each(((3, 2),), ((2, 3, 2),)), mode="r", kinds="f", differentiable=False)
like(svd, each(((3, 2),), ((2, 3),), ((2, 3, 2),)), compute_uv=False, kinds="f")
for _part in range(3):
    like(lambda x, i: svd(x, 0)[i] ** 2, lambda x, i: np.linalg.svd(x, False)[i] ** 2,
         each(((3, 2),), ((2, 3),), ((2, 3, 2),)), i=_part, name="svd", kinds="f")
like(eigvalsh, lambda x, y: np.sort(np.linalg.eigvals(np.linalg.solve(
    y, np.tril(x) + np.tril(x, -1).T)).real), (3, 3), _SPD, kinds="f")
like(norm, (2, 3), ord=each(None, 1, 2, 3, np.inf, -np.inf), axis=1, kinds="fc")
like(norm, _norm, (3,), ord=0, differentiable=False)
for _order in ("fro", "inf", "-inf", 1, -1, "nuc", 2, -2):
    like(matrix_norm, _norm, (2, 3), ord=_order, kinds="f")
    like(matrix_norm, _norm, (2, 3, 2), ord=_order, axis=(2, 0), keepdims=True, kinds="f")
like(matrix_norm, _norm, (3,), ord=each(None, "inf", "-inf", 3, 1), kinds="f")
like(matrix_norm, _norm, [0.0, 2.0, 3.0], ord=0, differentiable=False, kinds="f")
