"""The numbers of pooling: windows over the last dimensions, taken one axis after the other.

The largest, or the sum, of a window is found row by row and then column by column, so a window of
3 × 3 takes 6 passes, not 9.

>>> pool(np.arange(4.0).reshape(1, 4), (1, 2), (1, 2), (0, 0), True, "max")
array([[1., 3.]])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, prod
from typing import Any

import numpy as np

from tutor.memory import empty
from tutor.ops.selecting import WORDS
from tutor.strides import order_of
from tutor.threads import evenly, shared_out

Sizes = Sequence[int]
PIECE = 2**19  # numbers taken at a time: what is made of them stays in the cache
SHARED = 2**22  # numbers that are worth waking a thread for: below, two wait for each other


class Windows:
    """How windows lie over the last dimensions: padding, sizes, how many numbers each has."""

    def __init__(self, sizes: Sizes, window: Sizes, step: Sizes, pad: Sizes, ignore_border: bool
                 ) -> None:
        n = len(window)
        if not (len(step) == len(pad) == n) or min(window) < 1 or min(step) < 1:
            raise ValueError(f"windows {tuple(window)} in steps {tuple(step)} cannot be pooled")
        if any(pad) and not ignore_border:
            raise ValueError("a border of zeros goes with ignore_border=True only")
        self.window, self.step, self.pad, self.sizes = window, step, pad, sizes
        self.padded = [s + 2 * p for s, p in zip(sizes[-n:], pad, strict=True)]
        self.out = [self.count(*axis, ignore_border)
                    for axis in zip(self.padded, window, step, strict=True)]
        # Windows that stick out at the end, and what lies behind the last one, are evened out.
        self.full = [max((o - 1) * s + w, p) for o, s, w, p in
                     zip(self.out, step, window, self.padded, strict=True)]
        self.inside: Any = (..., *[slice(p, p + s) for p, s in zip(pad, sizes[-n:], strict=True)])

    @staticmethod
    def count(size: int, window: int, step: int, ignore_border: bool) -> int:
        """How many windows lie along one dimension."""
        if ignore_border:
            return max(0, (size - window) // step + 1)
        if step >= window:
            return (size - 1) // step + 1
        return max(0, (size - 1 - window + step) // step) + 1

    def wide(self, x: Any, filler: Any) -> Any:
        """x with the padding, and whole windows at its end."""
        if list(self.full) == list(x.shape[-len(self.full):]):
            return x
        wide = np.full_like(x, filler, shape=(*x.shape[:-len(self.full)], *self.full))
        wide[self.inside] = x
        return wide

    def parts(self, axis: int, offset: int) -> Any:
        """The elements at one offset in all windows along an axis (counted from the first)."""
        start, step, n = offset, self.step[axis], self.out[axis]
        behind = len(self.window) - 1 - axis
        stop = start + (n - 1) * step + 1 if n else start
        return (..., slice(start, stop, step), *[slice(None)] * behind)

    def places(self) -> Iterator[Any]:
        """The elements at each place in all windows."""
        for place in np.ndindex(*self.window):
            yield (..., *[self.parts(i, p)[1] for i, p in enumerate(place)])

    def rows(self) -> Iterator[Any]:
        """The elements of windows side by side in whole rows, at each place along the other axes.
        """
        row = slice(0, self.out[-1] * self.window[-1])
        for place in np.ndindex(*self.window[:-1]):
            yield (..., *[self.parts(i, p)[1] for i, p in enumerate(place)], row)

    def counts(self, with_padding: bool) -> Any:
        """How many numbers each window holds, as an array of the output's last sizes."""
        total: Any = np.ones(())
        for size, p, w, s, n in zip(self.padded, self.pad, self.window, self.step, self.out,
                                    strict=True):
            low, high = (0, size) if with_padding else (p, size - p)
            starts = np.arange(n) * s
            total = total[..., None] * (np.minimum(starts + w, high) - np.maximum(starts, low))
        return total


def lowest(dtype: np.dtype[Any]) -> Any:
    """The number that is never the largest."""
    return {"f": -np.inf, "b": False}[dtype.kind] if dtype.kind in "fb" else np.iinfo(dtype).min


def gather(ufunc: Any, windows: Windows, wide: Any) -> Any:
    """The windows, each reduced to one number, axis by axis."""
    for axis, size in enumerate(windows.window):
        y = wide[windows.parts(axis, 0)]
        for offset in range(1, size):
            y = ufunc(y, wide[windows.parts(axis, offset)], out=y if offset > 1 else None)
        wide = y
    return wide


def in_pieces(work: Callable[..., Any], ndim: int, shape: Sequence[int], dtype: Any, *arrays: Any
              ) -> Any:
    """`work` on a few images at a time: an array of this shape, whose last dimensions are those of
    a window. It lies in memory as the first of the arrays does: (outer…, sizes…, inner…)."""
    x, lead = arrays[0], len(shape) - ndim
    order = order_of(x)
    first = min(map(order.index, range(lead, x.ndim)))
    outer, inner = order[:first], [i for i in order[first:] if i < lead]
    order = [*outer, *range(lead, x.ndim), *inner]

    def three(a: Any) -> Any:
        """An array as (outer, inner, sizes…)."""
        a = np.ascontiguousarray(a.transpose(order))
        end = first + ndim
        a = a.reshape(prod(a.shape[:first]), *a.shape[first:end], prod(a.shape[end:]))
        return a.transpose(0, 1 + ndim, *range(1, 1 + ndim))

    flat = [three(a) for a in arrays]
    made = empty([shape[i] for i in order], dtype).transpose(np.argsort(order))
    found = three(made)
    size = prod(flat[0].shape)
    step = max(1, ceil(len(found) / evenly(ceil(size / PIECE)))) if size > PIECE else len(found)

    def some(parts: Sequence[slice]) -> None:
        for part in parts:
            work(found[part], *[a[part] for a in flat])

    parts = [slice(i, i + step) for i in range(0, len(found), step or 1)]
    shared_out(some, parts, worth=size >= SHARED)
    return made


def pool(x: Any, window: Sizes, step: Sizes, pad: Sizes, ignore_border: bool, mode: str) -> Any:
    """The largest, the sum, or the mean of each window."""
    windows = Windows(x.shape, window, step, pad, ignore_border)
    largest_of, ndim = mode == "max", len(window)
    counts = None if mode in ("max", "sum") else windows.counts(mode == "average_inc_pad")

    def work(out: Any, x: Any) -> None:
        wide = windows.wide(x, lowest(x.dtype) if largest_of else 0)
        found = gather(np.maximum if largest_of else np.add, windows, wide)
        out[:] = found if counts is None else found / counts

    return in_pieces(work, ndim, (*x.shape[:-ndim], *windows.out), x.dtype, x)


def pool_back(like: Any, g: Any, window: Sizes, step: Sizes, pad: Sizes, ignore_border: bool,
              mode: str) -> Any:
    """The cotangent of x in a pooling by sum or mean; `like` has its shape."""
    windows = Windows(like.shape, window, step, pad, ignore_border)
    counts = None if mode == "sum" else windows.counts(mode == "average_inc_pad")

    def work(out: Any, g: Any) -> None:
        spread = g if counts is None else (g / counts).astype(g.dtype)
        shape = list(g.shape)
        for axis in reversed(range(len(window))):
            shape[axis - len(window)] = windows.full[axis]
            wide = np.zeros_like(g, shape=shape)
            for offset in range(window[axis]):
                wide[windows.parts(axis, offset)] += spread
            spread = wide
        out[:] = spread[windows.inside]

    return in_pieces(work, len(window), like.shape, g.dtype, g)


def pool_back_max(x: Any, y: Any, g: Any, window: Sizes, step: Sizes, pad: Sizes,
                  ignore_border: bool) -> Any:
    """The cotangent of x in a pooling y by the largest: g in equal parts to all that are it."""
    windows = Windows(x.shape, window, step, pad, ignore_border)
    apart = all(s >= w for s, w in zip(step, window, strict=True))
    whole = apart and all(n * w == size for n, w, size in zip(windows.out, window, windows.full,
                                                              strict=True))

    def work(out: Any, x: Any, y: Any, g: Any) -> None:
        wide = windows.wide(x, lowest(x.dtype))
        total = out if whole and wide is x else np.zeros_like(wide, g.dtype)
        if apart and step[-1] == window[-1]:
            give_rows(windows, total, wide, y, g)
        else:
            chosen = largest(windows, wide, y)
            share = by_ties(g, chosen)
            for place, mask in chosen:
                if apart:
                    where(mask, share, total[place])
                else:
                    total[place] += where(mask, share)
        if total is not out:
            out[:] = total[windows.inside]

    return in_pieces(work, len(window), x.shape, g.dtype, x, y, g)


def give_rows(windows: Windows, total: Any, wide: Any, y: Any, g: Any) -> None:
    """Give g to the largest elements of each window, for whole rows of windows side by side."""
    size, most = windows.window[-1], spread(y, windows.window[-1])
    chosen = [(place, wide[place] == most) for place in windows.rows()]
    if sum(np.count_nonzero(mask) for _, mask in chosen) > np.count_nonzero(y == y):
        g = by_ties(g, [(place, mask[..., i::size]) for place, mask in chosen for i in range(size)])
    share = spread(g, size)
    for place, mask in chosen:
        where(mask, share, total[place])


def spread(v: Any, times: int) -> Any:
    """An array (outer, inner, sizes…) with each element so many times along the last size."""
    v = np.moveaxis(v, 1, -1)
    made = empty((*v.shape[:-1], times, v.shape[-1]), v.dtype)
    made[...] = v[..., None, :]
    return np.moveaxis(made.reshape(*v.shape[:-2], v.shape[-2] * times, v.shape[-1]), -1, 1)


def pool_pick(x: Any, y: Any, v: Any, window: Sizes, step: Sizes, pad: Sizes,
              ignore_border: bool) -> Any:
    """The mean, over each window, of the v that stand where x is the largest, y."""
    windows = Windows(x.shape, window, step, pad, ignore_border)

    def work(out: Any, x: Any, y: Any, v: Any) -> None:
        wide, values = windows.wide(x, lowest(x.dtype)), windows.wide(v, 0)
        chosen, total = largest(windows, wide, y), np.zeros_like(y, v.dtype)
        for place, mask in chosen:
            total += where(mask, values[place])
        out[:] = by_ties(total, chosen)

    return in_pieces(work, len(window), y.shape, v.dtype, x, y, v)


def largest(windows: Windows, wide: Any, y: Any) -> list[tuple[Any, Any]]:
    """For each place in the windows, its elements and where they are the largest of theirs, y."""
    return [(place, wide[place] == y) for place in windows.places()]


def where(mask: Any, values: Any, out: Any = None) -> Any:
    """The values where the mask holds, else 0: products of their bits, as 0 times inf is nan."""
    word = WORDS[values.dtype.itemsize]
    target = None if out is None else out.view(word)
    return np.multiply(mask.view("int8"), values.view(word), out=target).view(values.dtype)


def by_ties(values: Any, chosen: Sequence[tuple[Any, Any]]) -> Any:
    """A value for each window, divided by how many of its elements are the largest."""
    count = np.zeros_like(values, "uint8" if len(chosen) < 256 else "int32")
    for _, mask in chosen:
        count += mask.view("uint8")
    if count.max(initial=0) <= 1:
        return values
    return values / np.maximum(count, 1, dtype=values.dtype)
