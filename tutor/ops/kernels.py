"""Small NumPy functions that the sources of ops call, where NumPy has no single function for it.

Plain arrays in, a new array out (or the input itself where nothing changes).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.errors import BadValueError
from tutor.core.indexing import of_sizes as of_sizes
from tutor.core.op import KERNELS


def __getattr__(name: str) -> Any:
    if name in KERNELS:
        return KERNELS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


SHARED = 65_536  # numbers that are worth waking a thread for
FEW, MIDDLING = 16_384, 20.0  # numbers that are worth a question; exponents that lose no digits


def first_steps(x: Any, n: Any) -> Any:
    """The first n elements of x, of which there have to be so many.

    >>> first_steps([5, 6, 7], 2)
    [5, 6]
    """
    if n > len(x) or n < 0:
        raise BadValueError(f"scan was asked for {n} steps, and a sequence has {len(x)}.",
                            fix="Pass a smaller n_steps, or leave it out.")
    return x[:n]


def largest(x: Any, axis: int) -> Any:
    """The largest elements along an axis, for taking off; of none 0."""
    if not x.shape[axis]:
        return x.sum(axis=axis, keepdims=True, dtype=x.dtype)
    return np.maximum.reduce(x, axis, keepdims=True)


def same_sizes(x: Any, y: Any, axes: tuple[int, ...]) -> None:
    """An error unless x and y agree in these sizes."""
    for axis in axes:
        if x.shape[axis] != y.shape[axis]:
            raise ValueError(
                f"sizes {x.shape[axis]} and {y.shape[axis]} in dimension {axis} differ")


def is_middling(x: Any, top: Any) -> bool:
    """Whether exp of a large array keeps its digits as it is; of a small one nobody asks."""
    return bool(x.size >= FEW and top.max() < MIDDLING and top.min() > -MIDDLING)


def alike(x: Any, *others: tuple[Any, tuple[int, ...]]) -> Any:
    """x itself, if its sizes along these axes are those of the others."""
    for y, axes in others:
        same_sizes(x, y, axes)
    return x


