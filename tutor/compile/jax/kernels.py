"""What stands for the kernels of ops under JAX: the same numbers, said with JAX's own functions.

What slides over images is in `windows.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tutor.ops.contractions import contracted
from tutor.ops.fitting import of_sizes
from tutor.ops.linalg import same_batches
from tutor.ops.matrices import LARGEST_NORM, pade

SMALL_PART = 8  # of an array so much larger a part is changed alone


def softmax(x: Any, axis: int, dtype: str) -> Any:
    return jax.nn.softmax(x.astype(dtype), axis)


def log_softmax(x: Any, axis: int, dtype: str) -> Any:
    return jax.nn.log_softmax(x.astype(dtype), axis)


def softmax_parts(x: Any, axis: int, dtype: str, scale: Any = None) -> tuple[Any, Any, Any]:
    x = x.astype(dtype)
    top = jnp.max(x, axis, keepdims=True)
    shifted = jnp.exp(x - top)
    total = jnp.sum(shifted, axis, keepdims=True)
    y = shifted / total if scale is None else shifted * (scale / total)
    return y, top, jnp.log(total)


def logsumexp(x: Any, axis: tuple[int, ...] | None, keepdims: bool, dtype: str) -> Any:
    x = jnp.asarray(x, dtype)
    top = jnp.max(x, axis, keepdims=True, initial=-np.inf)
    top = jnp.where(jnp.isfinite(top), top, jnp.zeros_like(top))
    total = jnp.log(jnp.sum(jnp.exp(x - top), axis, keepdims=True)) + top
    return total if keepdims else total.squeeze(axis)


def xlogy(x: Any, y: Any) -> Any:
    none = jnp.equal(x, 0)
    return jnp.where(none, jnp.zeros_like(x), x * jnp.log(jnp.where(none, 1, y)))


def relu_back(x: Any, g: Any) -> Any:
    return jnp.where(x > 0, g, jnp.where(x == 0, g / 2, jnp.zeros_like(g)))


def log1mexp(x: Any) -> Any:
    return jnp.where(x > -np.log(2), jnp.log(-jnp.expm1(x)), jnp.log1p(-jnp.exp(x)))


def fill(x: Any, y: Any, dtype: str) -> Any:
    return jnp.full(np.broadcast_shapes(np.shape(x), np.shape(y)), y, dtype)


def complex_of(x: Any, y: Any, dtype: str) -> Any:
    x, y = jnp.broadcast_arrays(x, y)
    return lax.complex(*[v.astype(np.dtype(dtype).type(0).real.dtype) for v in (x, y)])


def half_away(x: Any) -> Any:
    whole = jnp.trunc(x)
    return whole + jnp.copysign((jnp.abs(x - whole) >= 0.5).astype(x.dtype), x)


def floor_divide(x: Any, y: Any) -> Any:
    found = jnp.floor_divide(x, y)
    whole = jnp.issubdtype(found.dtype, jnp.integer)
    return jnp.where(jnp.equal(y, 0), 0, found).astype(found.dtype) if whole else found


def set_diagonal(x: Any, y: Any, offset: int, axis1: int, axis2: int, axes: Any = ()) -> Any:
    n = np.diagonal(np.empty((x.shape[axis1], x.shape[axis2])), offset).shape[0]
    place: list[Any] = [slice(None)] * x.ndim
    place[axis1] = np.arange(n) + max(0, -offset)
    place[axis2] = np.arange(n) + max(0, offset)
    moved = jnp.moveaxis(x, (axis1, axis2), (0, 1))
    of_sizes(y, (*moved.shape[2:], n), axes)
    rows = jnp.moveaxis(jnp.asarray(y), -1, 0) if np.ndim(y) else y
    new = moved.at[place[axis1], place[axis2]].set(rows)
    return jnp.moveaxis(new, (0, 1), (axis1, axis2))


def along_axis_add(x: Any, index: Any, y: Any, axis: int) -> Any:
    places = [np.arange(n if m > 1 else m).reshape((-1,) + (1,) * (x.ndim - 1 - i))
              for i, (n, m) in enumerate(zip(index.shape, x.shape, strict=True))]
    places[axis] = index
    return jnp.asarray(x).at[tuple(places)].add(y)


def set_at(x: Any, index: Any, y: Any) -> Any:
    x = jnp.asarray(x)
    where = _ranges(x.shape, index)
    if where is None:
        return x.at[index].set(y)
    part = _part(x, index, y, where)
    if all(len(r) == 1 or r.step == 1 for r in where):
        return lax.dynamic_update_slice(x, part, [r.start for r in where])
    chosen = _padded(jnp.ones(part.shape, bool), x.shape, where)
    return jnp.where(chosen, _padded(part, x.shape, where), x)


def inc_at(x: Any, index: Any, y: Any) -> Any:
    x = jnp.asarray(x)
    where = _ranges(x.shape, index)
    if where is None or x.dtype == bool:
        return x.at[index].add(y)
    part = _part(x, index, y, where)
    if part.size * SMALL_PART < x.size:
        return set_at(x, index, x[index] + part.reshape(x[index].shape))
    return x + _padded(part, x.shape, where)


def _ranges(shape: Sequence[int], index: Any) -> list[range] | None:
    """The positions along each axis that an index of numbers and slices names, all known while
    tracing; None for others. Of these XLA needs no scatter, which it runs as a loop."""
    entries = index if isinstance(index, tuple) else (index,)
    if not all(e is None or e is Ellipsis or (isinstance(e, slice | int | np.integer)
               and not isinstance(e, bool)) for e in entries):
        return None
    np.broadcast_to(0, shape)[index]  # an IndexError as NumPy's
    entries = tuple(e for e in entries if e is not None)
    full = (slice(None),) * (len(shape) - sum(e is not Ellipsis for e in entries))
    at = entries.index(Ellipsis) if Ellipsis in entries else len(entries)
    named = zip((*entries[:at], *full, *entries[at + 1:]), shape, strict=True)
    found = [range(n)[e] if isinstance(e, slice) else range(n)[e:][:1] for e, n in named]
    return found if all(found) else None


def _part(x: Any, index: Any, y: Any, where: Sequence[range]) -> Any:
    """What is written at these positions, one axis each."""
    y = jnp.broadcast_to(jnp.asarray(y, x.dtype), np.broadcast_to(0, x.shape)[index].shape)
    return y.reshape([len(r) for r in where])


def _padded(part: Any, shape: Sequence[int], where: Sequence[range]) -> Any:
    """An array of this shape with a part at these positions, and elsewhere what changes nothing
    when it is added: -0."""
    part = lax.rev(part, [i for i, r in enumerate(where) if r.step < 0])
    ups = [r if r.step > 0 else r[::-1] for r in where]
    nothing = -np.zeros((), part.dtype) if part.dtype != bool else np.False_
    return lax.pad(part, nothing, [(r[0], n - 1 - r[-1], r.step - 1)
                                   for r, n in zip(ups, shape, strict=True)])


def einsum(subscripts: str, *operands: Any) -> Any:
    ones = [np.broadcast_to(np.ones((), v.dtype), np.shape(v)) for v in operands]
    contracted(subscripts, *ones)  # the sizes agree
    return jnp.einsum(subscripts, *operands)


def cross(x: Any, y: Any, axis: int, axes: tuple[int, ...]) -> Any:
    return jnp.cross(x, of_sizes(y, x.shape, axes), axis=axis)


def matmul(x: Any, y: Any, axes: tuple[int, ...]) -> Any:
    same_batches(x, y, axes)
    return jnp.matmul(x, y)


def spread_over(g: Any, like: Any) -> Any:
    return jnp.broadcast_to(g, like.shape)


def recurrence(g: Any, x: Any, axis: int, backwards: bool) -> Any:
    s = jnp.asarray(g, jnp.result_type(g, x))
    s, x = (jnp.moveaxis(v, axis, 0) for v in jnp.broadcast_arrays(s, x))
    if backwards:
        x = jnp.concatenate([x[1:], x[:1]])

    def joined(before: Any, after: Any) -> Any:
        return before[0] * after[0], after[1] + after[0] * before[1]

    found = lax.associative_scan(joined, (x.astype(s.dtype), s), reverse=backwards)[1]
    return jnp.moveaxis(found, 0, axis)


def solve_triangle(a: Any, b: Any, lower: bool) -> Any:
    _fitting(a, b)
    return jax.scipy.linalg.solve_triangular(a, b, lower=lower)


def solve(a: Any, b: Any) -> Any:
    _fitting(a, b)
    return jnp.linalg.solve(a, b) if a.ndim > 2 or b.ndim > 2 else solve_turned(a, b, 0)


def solve_turned(a: Any, b: Any, trans: int = 1) -> Any:
    """The x with a.T @ x = b: the elimination is that of a, which XLA does once."""
    _fitting(a, b)
    return jax.scipy.linalg.lu_solve(jax.scipy.linalg.lu_factor(a), b, trans)


def _fitting(a: Any, b: Any) -> None:
    rows = b.shape[-2] if b.ndim > 1 else len(b)
    if a.shape[-2] != a.shape[-1] or a.shape[-1] != rows:
        raise ValueError(f"a system of shape {a.shape} does not go with a right side {b.shape}")


def regular(a: Any, triangle: bool) -> Any:
    """Whether a system of this matrix, or of this triangle of it, can be solved."""
    u = a if triangle else jax.scipy.linalg.lu_factor(a)[0]
    return jnp.all(jnp.diagonal(u, axis1=-2, axis2=-1) != 0)


def expm(x: Any) -> Any:
    """The algorithm of the op itself; what is traced may be squared as often as it has to be."""
    if x.shape[0] != x.shape[1]:
        raise ValueError(f"a matrix of shape {x.shape} is not square")
    if not x.size:
        return x
    work = x.astype(jnp.result_type(x, np.float64))
    norm = jnp.abs(work).sum(axis=0).max()
    times = jnp.ceil(jnp.log2(norm / LARGEST_NORM))
    times = jnp.where(jnp.isfinite(times), jnp.maximum(times, 0), 0)
    work = work / 2.0**times
    result = jnp.linalg.solve(*pade(work, jnp.eye(len(work), dtype=work.dtype)))
    result = lax.fori_loop(0, times.astype(int), lambda i, result: result @ result, result)
    return result.astype(x.dtype)


def real_fourier(x: Any, sizes: Any) -> Any:
    z = jnp.fft.rfftn(x, tuple(map(int, sizes)), axes=tuple(range(1, x.ndim)))
    return jnp.stack([z.real, z.imag], axis=-1).astype(x.dtype)


def real_from_fourier(x: Any, sizes: Any) -> Any:
    sizes = tuple(map(int, sizes))
    z = jnp.fft.irfftn(x[..., 0] + 1j * x[..., 1], sizes, axes=tuple(range(1, x.ndim - 1)))
    return (z * np.prod(sizes)).astype(x.dtype)


def sort(x: Any, axis: int, **kind: Any) -> Any:
    return jnp.sort(x, axis)


def argsort(x: Any, axis: int, **kind: Any) -> Any:
    return jnp.argsort(x, axis)


def top_positions(x: Any, k: Any, axis: int, dtype: str) -> Any:
    size, many = x.shape[axis], abs(int(k))
    if not 0 < many <= size:
        raise ValueError(f"of {size} elements the {k} largest cannot be taken")
    last = jnp.moveaxis(x, axis, -1)
    if jnp.issubdtype(x.dtype, jnp.complexfloating):
        order = jnp.flip(jnp.argsort(jnp.flip(last, -1), -1), -1)
        found = jnp.argsort(last, -1) if k < 0 else size - 1 - order
    else:
        found = lax.top_k(_rank(last, k > 0), many)[1]
    return jnp.moveaxis(found[..., :many], -1, axis).astype(dtype)


def _rank(x: Any, largest: bool) -> Any:
    """Numbers in the order of x, or the other one; those of zeros are equal, as those of what is no
    number, which come last. Of float32 XLA has the largest without a sort."""
    if largest and x.dtype == "float32":
        return _canonical(x)
    if x.dtype == bool or jnp.issubdtype(x.dtype, jnp.integer):
        small = x.dtype.itemsize < 4
        x = x.astype("int32") if small else x ^ (0 if largest else -1)
        return (x if largest else -x).astype("float32") if small else x
    bits = f"int{8 * x.dtype.itemsize}"
    rank = lax.bitcast_convert_type(_canonical(x), bits)
    rank = jnp.where(rank < 0, rank ^ np.iinfo(bits).max, rank)
    return rank if largest else ~rank


def _canonical(x: Any) -> Any:
    return jnp.where(jnp.isnan(x), jnp.nan, jnp.where(x == 0, 0, x)).astype(x.dtype)


def eigh(x: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors, of the matrix that one triangle says."""
    return jnp.linalg.eigh(_symmetric(x, UPLO))


def eigvalsh(x: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of the same."""
    return jnp.linalg.eigvalsh(_symmetric(x, UPLO))


def _symmetric(x: Any, triangle: str) -> Any:
    below = jnp.tril(x if triangle == "L" else jnp.swapaxes(x, -1, -2).conj(), -1)
    middle = jnp.eye(x.shape[-1], dtype=bool)
    return jnp.where(middle, x.real, below + jnp.swapaxes(below, -1, -2).conj())
