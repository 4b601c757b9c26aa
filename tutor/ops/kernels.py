"""Small NumPy functions that the sources of ops call, where NumPy has no single function for it.

Plain arrays in, a new array out (or the input itself where nothing changes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.errors import BadValueError
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

__all__ = [
    "ShapesDifferError", "contracted", "crossed", "fitting", "of_sizes", "parts_of", "spread_over",
    "summed_to",
]  # fmt: skip

#: The functions that expressions of ops call, by the names these have in them: each op hands over
#: its own (`Op.kernels`).
KERNELS: dict[str, Callable[..., Any]] = {}


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


