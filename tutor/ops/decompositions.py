"""Factors of a matrix, eigenvalues and singular values: cholesky, qr, svd, eig, eigh, eigvalsh.

Comes after the linear algebra of one matrix. Cholesky, eigh and eigvalsh look at one triangle of
the matrix only, so their gradients are on that triangle, as in Theano.

>>> cholesky([[4.0, 0.0], [0.0, 9.0]]).eval()
array([[2., 0.],
       [0., 3.]])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.graph import Apply, Notation, Op, Variable, apply
from tutor.ops.arguments import chosen, truth
from tutor.ops.complexes import conj, imag, real
from tutor.ops.creation import identity_like
from tutor.ops.diagonals import diag, diagonal, tril, triu
from tutor.ops.elementwise import switch
from tutor.ops.linalg import dot
from tutor.ops.logic import eq, isnan, le
from tutor.ops.matrices import OfMatrix, adjoint, float_matrix, matrix, matrix_dot
from tutor.ops.reductions import any as any_of
from tutor.ops.reductions import max as max_of
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle, fitted
from tutor.ops.solving import solve_lower_triangular, solve_upper_triangular
from tutor.ops.specified import Assert
from tutor.signatures import answering
from tutor.types import TensorType


def real_of(dtype: str) -> str:
    """The dtype of the absolute values."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


class Cholesky(OfMatrix):
    """The triangular root of a positive definite matrix: lower, L with L Lᴴ = x, or upper.

    `on_error="nan"` gives nan, in place of an error, for a matrix that is not positive definite.
    """

    __props__ = ("lower", "on_error")
    name, doc = "cholesky", "The triangular root of a positive definite matrix: L Lᴴ = x."

    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        self.lower = truth(lower, "lower")
        self.on_error = chosen(on_error, ("raise", "nan"), "on_error")

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"cholesky({names[0]}, {self.lower}, {self.on_error == 'nan'})"

    def cotangent(self, x: Variable, y: Variable, g: Variable) -> Variable:
        """Murray's symbolic expression (Differentiation of the Cholesky decomposition, 2016)."""
        fine = None
        if self.on_error == "nan":
            fine = eq(any_of(isnan(y)), False)
            y, g = switch(fine, y, identity_like(y)), switch(fine, g, 1)
        if not self.lower:
            y, g = adjoint(y), adjoint(g)
        inner = halved(dot(adjoint(y), g))
        turned = adjoint(y)
        s = solve_upper_triangular(turned, adjoint(solve_upper_triangular(turned, adjoint(inner))))
        both = s + adjoint(s)
        one = halved(both)
        if not self.lower:
            one = adjoint(halved(adjoint(both)))
        return one if fine is None else switch(fine, one, np.nan)


def halved(x: Variable) -> Variable:
    """The lower triangle, with half of the diagonal."""
    return tril(x) - diag(diagonal(x) / 2)


class Eigh(Op):
    """Eigenvalues, smallest first, and eigenvectors, as columns, of a symmetric matrix (complex:
    Hermitian), of which one triangle is looked at: "L" or "U".
    """

    __props__ = ("UPLO",)
    name, doc = "eigh", "Eigenvalues and eigenvectors of a symmetric matrix."

    def __init__(self, UPLO: str = "L") -> None:
        self.UPLO = chosen(UPLO, ("L", "U"), "UPLO")

    def make_node(self, x: Any) -> Apply:
        x = float_matrix(x, self.name)
        return apply(self, [x], TensorType(real_of(x.dtype), (False,)),
                     TensorType(x.dtype, (False, False)))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"linalg.eigh({names[0]}, {self.UPLO!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        """V (diag(gw) + F ∘ Vᴴ gv) Vᴴ with F = 1 / (wⱼ - wᵢ); equal eigenvalues count as apart."""
        (x,), (w, v), (gw, gv) = inputs, outputs, cotangents
        apart = dimshuffle(w, "x", 0) - dimshuffle(w, 0, "x")
        same = eq(apart, 0)
        f = switch(same, 0, 1 / switch(same, 1, apart))
        turn = dot(adjoint(v), gv)
        middle = diag(gw) + f * turn
        if v.dtype.startswith("complex"):
            middle = settled(middle, diagonal(turn))
        g = matrix_dot(v, middle, adjoint(v))
        below, above = tril(g, -1), triu(g, 1)
        one = below + adjoint(above) if self.UPLO == "L" else above + adjoint(below)
        return fitted((one + diag(real(diagonal(g))), x))


def settled(g: Variable, turns: Variable) -> Variable:
    """g; an error where the cost depends on the phases of complex vectors, which are any: where it
    changes as they are turned."""
    size = max_of(abs(turns))
    return Assert("the cost depends on the phases of complex eigenvectors or singular vectors, "
                  "which nothing settles: it has no derivative")(
        g, le(max_of(abs(imag(turns))), 1e-6 * (1 + size)))


class Eig(Op):
    """Eigenvalues and eigenvectors, as columns, of a square matrix; of a real matrix real ones, and
    an error where one is not.
    """

    __props__ = ()
    name, doc = "eig", "Eigenvalues and right eigenvectors of a square matrix."

    def make_node(self, x: Any) -> Apply:
        x = float_matrix(x, self.name)
        return apply(self, [x], TensorType(x.dtype, (False,)), TensorType(x.dtype, (False, False)))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"eig_as({names[0]}, {node.outputs[0].dtype!r})"

    def grad(self, inputs: list[Variable], output_gradients: list[Variable]) -> Sequence[Any]:
        raise NotImplementedError("eig has no gradient; eigh, for symmetric matrices, has one")


class QRFull(Op):
    """Q with orthonormal columns and R, an upper triangle, whose product is x."""

    __props__ = ("mode",)
    name, doc = "qr", "Q, with orthonormal columns, and R, an upper triangle: Q R = x."

    def __init__(self, mode: str) -> None:
        self.mode = chosen(mode, ("reduced", "complete", "r", "raw"), "mode")

    def make_node(self, x: Any) -> Apply:
        x = float_matrix(x, self.name)
        dtype = x.dtype
        whole = TensorType(dtype, (False, False))
        if self.mode == "r":
            return apply(self, [x], whole)
        return apply(self, [x], whole, TensorType(dtype, (False,) * (1 + (self.mode != "raw"))))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"linalg.qr({names[0]}, {self.mode!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        """For a matrix with at least as many rows as columns (Walter and Lehmann, 2013)."""
        if self.mode != "reduced":
            raise NotImplementedError(f"qr in mode {self.mode!r} has no gradient; 'reduced' has")
        (x,), (q, r), (gq, gr) = inputs, outputs, cotangents
        m = dot(r, adjoint(gr)) - dot(adjoint(gq), q)
        below = tril(m, -1)
        full = below + adjoint(below) + diag(real(diagonal(m)))
        return fitted((adjoint(solve_upper_triangular(r, adjoint(gq + dot(q, full)))), x))


class SVD(Op):
    """U, s and Vᴴ with U diag(s) Vᴴ = x: singular values s, largest first."""

    __props__ = ("full_matrices", "compute_uv")
    name, doc = "svd", "U, s and Vᴴ with U diag(s) Vᴴ = x; or the singular values s alone."

    def __init__(self, full_matrices: bool = True, compute_uv: bool = True) -> None:
        self.full_matrices = truth(full_matrices, "full_matrices")
        self.compute_uv = truth(compute_uv, "compute_uv")

    def make_node(self, x: Any) -> Apply:
        x = float_matrix(x, self.name)
        sizes = TensorType(real_of(x.dtype), (False,))
        unit = TensorType(x.dtype, (False, False))
        return apply(self, [x], unit, sizes, unit) if self.compute_uv else apply(self, [x], sizes)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"linalg.svd({names[0]}, {self.full_matrices}, {self.compute_uv})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        """As of real matrices with different singular values (Townsend, 2016)."""
        (x,) = inputs
        if not self.compute_uv:
            u, _, v = SVD(False)(x)
            return fitted((matrix_dot(u, diag(cotangents[0]), v), x))
        if self.full_matrices:
            raise NotImplementedError("svd has a gradient for full_matrices=False")
        (u, s, vh), (gu, gs, gvh) = outputs, cotangents
        v, gv = adjoint(vh), adjoint(gvh)
        squares = s * s
        apart = dimshuffle(squares, "x", 0) - dimshuffle(squares, 0, "x")
        f = switch(eq(apart, 0), 0, 1 / switch(eq(apart, 0), 1, apart))
        columns, rows = dimshuffle(s, "x", 0), dimshuffle(s, 0, "x")
        uu, vv = dot(adjoint(u), gu), dot(adjoint(v), gv)
        middle = (f * (uu - adjoint(uu)) * columns + rows * (f * (vv - adjoint(vv))) + diag(gs))
        left, right = gu - dot(u, uu), gv - dot(v, vv)
        if u.dtype.startswith("complex"):
            phases = diagonal(vv) - conj(diagonal(vv))
            middle = settled(middle, diagonal(uu) + diagonal(vv)) - diag(phases / 2 / s)
        return fitted((matrix_dot(u, middle, vh) + dot(left / columns, vh)
                       + dot(u / columns, adjoint(right)), x))

    def notation(self, node: Apply) -> Notation:
        return Notation("svd({0})", r"\operatorname{{svd}}\left({0}\right)")


cholesky, eig = Cholesky(), Eig()


@answering
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues, smallest first, and eigenvectors, as columns, of a symmetric matrix.

    >>> eigh([[2.0, 0.0], [0.0, 1.0]])[0].eval()
    array([1., 2.])
    """
    return Eigh(UPLO)(a)


@answering
def qr(a: Any, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and R, an upper triangle, whose product is a; in mode "r" only R.

    >>> import tutor.tensor as T
    >>> [v.ndim for v in qr(T.dmatrix("a"))]
    [2, 2]
    """
    return QRFull(mode)(a)


@answering
def svd(a: Any, full_matrices: Any = 1, compute_uv: Any = 1) -> Any:
    """U, s and Vᴴ with U diag(s) Vᴴ = a; the singular values s alone, if not `compute_uv`.

    >>> svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=0).eval()
    array([4., 3.])
    """
    return SVD(truth(full_matrices, "full_matrices"), truth(compute_uv, "compute_uv"))(a)


@answering
def eigvalsh(a: Any, b: Any = None, lower: bool = True) -> Variable:
    """The eigenvalues of a symmetric matrix; with b, positive definite, the w of a v = w b v.

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
    values = eigh(solve_lower_triangular(root, adjoint(half)))[0]
    return values


def _enter_examples() -> None:
    root = np.array([[2.0, 0.3, 0.1], [-0.4, 1.5, 0.2], [0.6, -0.1, 1.1]])
    spd = root @ root.T
    for lower in (True, False):
        example("cholesky", lambda x, n=lower: Cholesky(n)(x),
                lambda x, n=lower: np.linalg.cholesky(x, upper=not n), spd, kinds="f")
    example("cholesky", Cholesky(on_error="nan"), lambda x: np.full((2, 2), np.nan),
            [[1.0, 2.0], [2.0, 1.0]], kinds="f", differentiable=False)
    for side in "LU":
        example("eigh", lambda x, s=side: eigh(x, s)[0], lambda x, s=side: np.linalg.eigh(x, s)[0],
                spd, kinds="f")
        example("eigh", lambda x, s=side: eigh(x, s)[1] ** 2,
                lambda x, s=side: np.linalg.eigh(x, s)[1] ** 2, spd, kinds="f")
    example("eig", lambda x: eig(x)[0].sum(), np.trace, spd, kinds="f", differentiable=False)
    for at in range(2):
        example("qr", lambda x, i=at: qr(x)[i], lambda x, i=at: np.linalg.qr(x)[i], (3, 2),
                kinds="f")
    example("qr", lambda x: qr(x, "r"), lambda x: np.linalg.qr(x, "r"), (3, 2), kinds="f",
            differentiable=False)
    for shape in ((3, 2), (2, 3)):
        example("svd", lambda x: svd(x, compute_uv=0), lambda x: np.linalg.svd(x)[1], shape,
                kinds="f")
        for at in range(3):
            example("svd", lambda x, i=at: svd(x, 0)[i] ** 2,
                    lambda x, i=at: np.linalg.svd(x, full_matrices=False)[i] ** 2, shape, kinds="f")
    example("eigvalsh", lambda x, y: eigvalsh(x, y), lambda x, y: np.sort(
        np.linalg.eigvals(np.linalg.solve(y, np.tril(x) + np.tril(x, -1).T)).real),
        (3, 3), spd, kinds="f")


_enter_examples()
