"""Small NumPy functions that the sources of ops call, where NumPy has no single function for it.

Plain arrays in, a new array out (or the input itself where nothing changes).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.later import by_name, loaded
from tutor.ops.approximations import (
    erf,
    erfc,
    erfcinv,
    erfinv,
    gamma,
    gammaln,
    polygamma,
    psi,
    tri_gamma,
)
from tutor.ops.shape_kernels import (
    ShapesDifferError,
    contracted,
    crossed,
    fitting,
    of_sizes,
    parts_of,
    spread_over,
    summed_to,
)
from tutor.threads import shared_out

__all__ = [
    "ShapesDifferError", "contracted", "crossed", "erf", "erfc", "erfcinv", "erfinv", "fitting",
    "gamma", "gammaln", "of_sizes", "parts_of", "polygamma", "psi", "spread_over", "summed_to",
    "tri_gamma",
]  # fmt: skip

#: Those that load when an op first needs them.
LATER = by_name({
    "tutor.ops.convolving": "correlation filters_from from_neighbours images_from to_neighbours",
    "tutor.ops.factoring": "cholesky cofactor_slope cofactors eig_as expm least_squares solve "
                           "solve_triangle",
    "tutor.ops.loop_kernels": "first_steps",
    "tutor.ops.pooled": "pool pool_back pool_back_max pool_pick",
    "tutor.ops.random_kernels": "draw twin",
})


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = loaded(name, LATER)
    return found


SHARED = 65_536  # numbers that are worth waking a thread for
FEW, MIDDLING = 16_384, 20.0  # numbers that are worth a question; exponents that lose no digits


def fill(x: Any, y: Any, dtype: str) -> Any:
    """y, stretched to the shape that x and y have together, as a new array."""
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    return np.full(shape, y, dtype=dtype)


def set_at(x: Any, index: Any, y: Any, here: bool = False) -> Any:
    """A copy of x (or, `here`, x itself) with x[index] set to y."""
    x = x if here else np.array(x)
    x[index] = y
    return x


def inc_at(x: Any, index: Any, y: Any, here: bool = False) -> Any:
    """A copy of x (or, `here`, x itself) with x[index] increased by y."""
    x = x if here else np.array(x)
    x[index] += y
    return x


def add_at(x: Any, index: Any, y: Any, here: bool = False) -> Any:
    """A copy of x (or, `here`, x itself) with x[index] increased by y, an element as often as the
    index names it."""
    x = x if here else np.array(x)
    np.add.at(x, index, y)
    return x


def with_ones(x: Any, axes: tuple[int, ...]) -> Any:
    """x itself, if its size is 1 along these axes."""
    for axis in axes:
        if x.shape[axis] != 1:
            raise ValueError(
                f"dimension {axis} was said to have size 1, and the shape is {x.shape}")
    return x


def half_away(x: Any) -> Any:
    """x rounded to whole numbers, halves away from zero."""
    whole = np.trunc(x)
    return whole + np.copysign(np.abs(x - whole) >= 0.5, x)


def complex_of(x: Any, y: Any, dtype: str) -> Any:
    """x + iy, part by part, so that an infinite part leaves the other as it is."""
    z = np.empty(np.broadcast_shapes(np.shape(x), np.shape(y)), dtype)
    z.real, z.imag = x, y
    return z[()]


def angle_of(x: Any) -> Any:
    """The angle of complex numbers; of real ones 0 or π."""
    return np.arctan2(np.imag(x), np.real(x), dtype="float64")


def polar(r: Any, angle: Any, dtype: str) -> Any:
    """r·exp(i·angle)."""
    part = np.dtype(dtype).type(0).real.dtype
    cos, sin = np.cos(angle, dtype=part), np.sin(angle, dtype=part)
    return complex_of(r * cos, r * sin, dtype)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)); where exp overflows, the 0 that is right."""
    y = np.exp(np.negative(x))
    y += 1
    return np.reciprocal(y)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)) from the exponential that does not overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def largest(x: Any, axis: int) -> Any:
    """The largest elements along an axis, for taking off; of none 0."""
    if not x.shape[axis]:
        return x.sum(axis=axis, keepdims=True, dtype=x.dtype)
    return np.maximum.reduce(x, axis, keepdims=True)


def xlogy(x: Any, y: Any) -> Any:
    """x log y, and 0 where x is 0."""
    dtype = np.result_type(x, y)
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    return np.where(np.equal(x, 0), np.zeros_like(x), x * np.log(np.where(np.equal(x, 0), 1, y)))


def softmax(x: Any, axis: int, dtype: str) -> Any:
    """exp(x) / sum(exp(x)) along an axis; the largest element is taken off first."""
    if x.size >= SHARED and x.ndim == 2 and axis == 1 and x.dtype == dtype:
        return softmax_parts(x, axis, dtype)[0]
    y = np.subtract(x, largest(x, axis), dtype=dtype)
    np.exp(y, out=y)
    y /= np.add.reduce(y, axis, keepdims=True)
    return y


def logsoftmax(x: Any, axis: int, dtype: str) -> Any:
    """The logarithm of softmax, without taking the logarithm of a 0."""
    y = np.subtract(x, largest(x, axis), dtype=dtype)
    y -= np.log(np.exp(y).sum(axis=axis, keepdims=True))
    return y


def same_sizes(x: Any, y: Any, axes: tuple[int, ...]) -> None:
    """An error unless x and y agree in these sizes."""
    for axis in axes:
        if x.shape[axis] != y.shape[axis]:
            raise ValueError(
                f"sizes {x.shape[axis]} and {y.shape[axis]} in dimension {axis} differ")


def matmuls(x: Any, y: Any, axes: tuple[int, ...]) -> Any:
    """Products of stacks of matrices, of which these leading sizes must agree."""
    for axis in axes:
        if x.shape[axis] != y.shape[axis]:
            raise ShapesDifferError(f"batches of {x.shape[axis]} and {y.shape[axis]} matrices "
                                    "cannot be multiplied one by one")
    return np.matmul(x, y)


def set_diagonal(x: Any, y: Any, offset: int, axis1: int, axis2: int, axes: tuple[int, ...] = ()
                 ) -> Any:
    """A copy of x with a diagonal set to y (whose last dimension runs along it, and which has the
    sizes of the diagonal along `axes`)."""
    x = x.copy()
    front = np.moveaxis(x, (axis1, axis2), (-2, -1))
    rows = np.arange(max(0, min(x.shape[axis1] + min(offset, 0), x.shape[axis2] - max(offset, 0))))
    of_sizes(y, (*front.shape[:-2], len(rows)), axes)
    front[..., rows - min(offset, 0), rows + max(offset, 0)] = y
    return x


def recurrence(g: Any, x: Any, axis: int, backwards: bool) -> Any:
    """s with s[i] = g[i] + x[i] s[i-1]; or `backwards`, s[i] = g[i] + x[i+1] s[i+1]: in passes over
    all elements, each of which reaches twice as far back as the one before."""
    s, x = np.array(g, np.result_type(g, x)), np.array(x)
    s, x = (np.moveaxis(v, axis, 0) for v in np.broadcast_arrays(s, x))
    s, x = (s[::-1], np.concatenate([x[:1], x[:0:-1]])) if backwards else (s, x)
    s, x = s.copy(), x.copy()
    step = 1
    while step < len(s):
        s[step:] += x[step:] * s[:-step]
        x[step:] *= x[:-step]
        step *= 2
    return np.moveaxis(s[::-1] if backwards else s, 0, axis)


def along_axis_add(x: Any, index: Any, y: Any, axis: int) -> Any:
    """A copy of x with y added at the positions `index` along an axis, twice where named twice."""
    places = [np.arange(n if m > 1 else m).reshape((-1,) + (1,) * (x.ndim - 1 - i))
              for i, (n, m) in enumerate(zip(index.shape, x.shape, strict=True))]
    places[axis] = index
    return add_at(x, tuple(places), y)


def unique_of(x: Any, wanted: tuple[bool, bool, bool], axis: int | None) -> Any:
    """numpy.unique, with flat positions in every version of NumPy."""
    index, inverse, counts = wanted
    found: Any = np.unique(x, index, inverse, counts, axis)  # type: ignore[call-overload]
    if not any(wanted):
        return found
    return (found[0], *[part.reshape(-1) for part in found[1:]])


def of_shape(x: Any, axes: tuple[int, ...], sizes: tuple[int, ...], what: str) -> Any:
    """x itself, if it has these sizes along these axes."""
    for axis, size in zip(axes, sizes, strict=True):
        if x.shape[axis] != size:
            raise AssertionError(f"{what}: dimension {axis} was said to have size {size}, and the "
                                 f"shape is {x.shape}")
    return x


def asserted(x: Any, conditions: tuple[Any, ...], message: str) -> Any:
    """x itself, if all the conditions hold."""
    if not all(conditions):
        raise AssertionError(message)
    return x


def log1mexp(x: Any) -> Any:
    """log(1 - exp(x)): by expm1 where exp(x) is near 1, by log1p where it is small."""
    near = np.greater(x, -0.6931471805599453)
    return np.where(near, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))[()]


def logsumexp(x: Any, axis: tuple[int, ...] | None, keepdims: bool, dtype: str) -> Any:
    """log(sum(exp(x))); an infinite largest element is left where it is. The rows of a large matrix
    are shared out over threads."""
    y = np.asarray(x, dtype=dtype)
    if y.size < SHARED or y.ndim != 2 or axis != (1,):
        total = _logsumexp(y, axis, np.empty_like(y))
    else:
        total, step = np.empty((len(y), 1), dtype), max(1, SHARED // y.shape[1])

        def some(rows: Sequence[Any]) -> None:
            work = np.empty((step, y.shape[1]), dtype)
            for i in rows:
                total[i] = _logsumexp(y[i], axis, work[: len(y[i])])

        shared_out(some, [slice(i, i + step) for i in range(0, len(y), step)])
    return total if keepdims else total.squeeze(axis)[()]


def _logsumexp(y: Any, axis: tuple[int, ...] | None, work: Any) -> Any:
    """`logsumexp` with the dimensions kept, over an array for the exponentials."""
    top = np.maximum.reduce(y, axis, keepdims=True, initial=-np.inf)
    if is_middling(y, top):
        return np.log(np.add.reduce(np.exp(y, out=work), axis, keepdims=True))
    top = np.where(np.isfinite(top), top, np.zeros_like(top))
    np.exp(np.subtract(y, top, out=work), out=work)
    return np.log(np.add.reduce(work, axis, keepdims=True)) + top


def is_middling(x: Any, top: Any) -> bool:
    """Whether exp of a large array keeps its digits as it is; of a small one nobody asks."""
    return bool(x.size >= FEW and top.max() < MIDDLING and top.min() > -MIDDLING)


def alike(x: Any, *others: tuple[Any, tuple[int, ...]]) -> Any:
    """x itself, if its sizes along these axes are those of the others."""
    for y, axes in others:
        same_sizes(x, y, axes)
    return x


def softmax_parts(x: Any, axis: int, dtype: str, scale: Any = None) -> Any:
    """softmax(x), the largest element taken off first, and the logarithm of the sum of the rest;
    the softmax times `scale`, if there is one. The rows of a large matrix are shared out over
    threads."""
    if x.size < SHARED or x.ndim != 2 or axis != 1:
        return _softmax_parts(x, axis, scale, np.empty(x.shape, dtype))
    y = np.empty(x.shape, dtype)
    top, total = (np.empty((len(x), 1), dtype) for _ in range(2))

    def some(rows: Sequence[Any]) -> None:
        for i in rows:
            own = scale if scale is None or len(scale) == 1 else scale[i]
            _, top[i], total[i] = _softmax_parts(x[i], axis, own, y[i])

    step = max(1, SHARED // x.shape[1])
    shared_out(some, [slice(i, i + step) for i in range(0, len(x), step)])
    return y, top, total


def _softmax_parts(x: Any, axis: int, scale: Any, out: Any) -> tuple[Any, Any, Any]:
    """`softmax_parts` into an array that is there. Of a large array nothing is taken off where the
    exponentials are of a middling size without that: it would be one more pass."""
    top = largest(x, axis)
    as_it_is = is_middling(x, top)
    np.exp(x if as_it_is else np.subtract(x, top, out=out), out=out)
    total = np.add.reduce(out, axis=axis, keepdims=True)
    if scale is None:
        np.divide(out, total, out=out)
    else:
        np.multiply(out, np.divide(scale, total), out=out)
    if as_it_is:
        np.multiply(total, np.exp(-top), out=total)
    return out, top, np.log(total, out=total)


def top_positions(x: Any, k: Any, axis: int, dtype: str) -> Any:
    """The positions of the k largest elements along an axis, largest first; smallest for -k."""
    size, many = x.shape[axis], abs(int(k))
    if not 0 < many <= size:
        raise ValueError(f"of {size} elements the {k} largest cannot be taken")
    order = np.argsort(x, axis=axis, kind="stable")
    if k > 0:  # of equal elements the first, as the largest of all is
        mirrored = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
        order = size - 1 - np.flip(mirrored, axis)
    return np.take(order, range(many), axis).astype(dtype)


def real_fourier(x: Any, sizes: Any) -> Any:
    """The transform of real numbers over all dimensions but the first, as pairs of x's dtype."""
    z = np.fft.rfftn(x, tuple(map(int, sizes)), axes=tuple(range(1, x.ndim)))
    return np.stack([z.real, z.imag], axis=-1).astype(x.dtype)


def real_from_fourier(x: Any, sizes: Any) -> Any:
    """The real numbers with a transform given as pairs, times how many there are."""
    sizes = tuple(map(int, sizes))
    z = np.fft.irfftn(x[..., 0] + 1j * x[..., 1], sizes, axes=tuple(range(1, x.ndim - 1)))
    return (z * np.prod(sizes)).astype(x.dtype)
