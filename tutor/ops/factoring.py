"""The numbers of linear algebra that NumPy has no function for, or another form of.

Comes before the kernels. A triangular system goes to LAPACK the right way round, so that its
elimination has nothing to do: it is the substitution that one would do by hand.

>>> solve_triangle(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([2.0, 3.0]), True)
array([1., 2.])
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Coefficients of the (13, 13) Padé approximant of exp, and the norm up to which it is exact to
# double precision: Higham, The scaling and squaring method for the matrix exponential revisited.
PADE = [1.0]
for _k in range(1, 14):
    PADE.append(PADE[-1] * (14 - _k) / (_k * (27 - _k)))
LARGEST_NORM = 5.371920351148152


def expm(x: Any) -> Any:
    """The exponential of a matrix: halve it until it is small, approximate, square as often."""
    if x.shape[0] != x.shape[1]:
        raise ValueError(f"a matrix of shape {x.shape} is not square")
    if not x.size:
        return x.copy()
    work = x.astype(np.result_type(x, np.float64))
    dtype = x.dtype if x.dtype.kind in "fc" else work.dtype
    norm = np.abs(work).sum(axis=0).max()
    times = max(0, int(np.ceil(np.log2(norm / LARGEST_NORM)))) if 0 < norm < np.inf else 0
    work = work / 2.0**times
    square, power = work @ work, np.eye(len(work), dtype=work.dtype)
    even, odd = PADE[0] * power, PADE[1] * power
    for k in range(2, 14, 2):
        power = power @ square
        even, odd = even + PADE[k] * power, odd + PADE[k + 1] * power
    odd = work @ odd
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(times):
        result = result @ result
    return result.astype(dtype)


def cofactors(x: Any) -> Any:
    """The cofactors of a square matrix: det(x) times the inverse, transposed; where x is singular,
    or one of these is beyond all floats, from its singular values."""
    try:
        det, inverse = np.linalg.det(x), np.linalg.inv(x)
        if det != 0 and np.isfinite(inverse).all():
            return det * inverse.T
    except np.linalg.LinAlgError:
        if x.shape[0] != x.shape[1]:
            raise
    u, s, vh, turn = _turned(x)
    return turn * (u.conj() * _products(s, 1)) @ vh.conj()


def cofactor_slope(x: Any, h: Any) -> Any:
    """How the cofactors of x change as x moves along h: with x = U diag(s) V and K = Uᴴ h Vᴴ, what
    the cofactors of diag(s) do along K, turned back."""
    u, s, vh, turn = _turned(x)
    k = u.conj().T @ h @ vh.conj().T
    pairs = _products(s, 2)
    slope = -k.T * pairs
    np.fill_diagonal(slope, pairs @ k.diagonal())
    return turn * (u.conj() @ slope @ vh.conj()).astype(np.result_type(x, h))


def _turned(x: Any) -> tuple[Any, ...]:
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


def solve_triangle(a: Any, b: Any, lower: bool) -> Any:
    """The x with a @ x = b, for the lower or upper triangle of a."""
    if a.shape[0] != a.shape[1] or len(a) != len(b):
        raise ValueError(f"a system of shape {a.shape} does not go with a right side {b.shape}")
    if not lower:
        return solve(np.triu(a), b)
    return solve(np.tril(a)[::-1, ::-1], b[::-1])[::-1]


def solve(a: Any, b: Any) -> Any:
    """The x with a @ x = b, for a vector b or the columns of a matrix."""
    return np.linalg.solve(a, b[:, None])[:, 0] if b.ndim == 1 else np.linalg.solve(a, b)


def cholesky(x: Any, lower: bool, or_nan: bool) -> Any:
    """The triangular root of a positive definite matrix; nan where it is none, if `or_nan`."""
    try:
        return np.linalg.cholesky(x, upper=not lower)
    except np.linalg.LinAlgError:
        if not or_nan:
            raise
        return np.full(x.shape, np.nan, x.dtype)


def eig_as(x: Any, dtype: str) -> Any:
    """Eigenvalues and eigenvectors in this dtype; where it is real they must be."""
    values, vectors = np.linalg.eig(x)
    if np.dtype(dtype).kind != "c" and values.dtype.kind == "c":
        worst = values[np.argmax(np.abs(values.imag))]
        raise np.linalg.LinAlgError(f"the eigenvalue {worst:.6g} of this real matrix is complex")
    return values.astype(dtype), vectors.astype(dtype)


def least_squares(x: Any, y: Any, rcond: Any, dtype: str) -> Any:
    """numpy.linalg.lstsq with arrays for all four results."""
    found = np.linalg.lstsq(x, y, None if rcond < 0 else float(rcond))
    return (found[0].astype(dtype), found[1].astype("float64").reshape(-1),
            np.array(found[2], "int64"), found[3].astype("float64"))
