"""Small NumPy functions about sizes: what must agree before NumPy could stretch it, and parts.

Comes before the kernels. Plain arrays in, and out.

>>> [part.tolist() for part in parts_of(np.arange(3), (1, 2), 0)]
[[0], [1, 2]]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.indexing import ShapesDifferError, of_sizes


def summed_to(g: Any, like: Any) -> Any:
    """g summed over the dimensions in which `like` has size 1."""
    axes = tuple([i for i, (n, m) in enumerate(zip(g.shape, like.shape, strict=True)) if n != m])
    return g.sum(axis=axes, keepdims=True, dtype=g.dtype) if axes else g


def spread_over(g: Any, like: Any) -> Any:
    """g stretched over the shape of `like`, as a new array."""
    return np.array(np.broadcast_to(g, like.shape))


def contracted(subscripts: str, *operands: Any) -> Any:
    """numpy.einsum, as a new array, of operands in which each letter has one size."""
    sizes: dict[str, int] = {}
    for letters, x in zip(subscripts.partition("->")[0].split(","), operands, strict=True):
        for letter, n in zip(letters, np.shape(x), strict=True):
            if sizes.setdefault(letter, n) != n:
                raise ShapesDifferError(f"the index {letter} has the sizes {sizes[letter]} and {n}")
    if len(operands) == 1:
        return np.array(np.einsum(subscripts, *operands))
    return np.einsum(subscripts, *operands, optimize=True)


def crossed(x: Any, y: Any, axis: int, axes: tuple[int, ...]) -> Any:
    """The cross product of vectors of 3 elements along an axis, with equal sizes along `axes`."""
    if x.shape[axis] != 3 or y.shape[axis] != 3:
        raise ValueError(f"vectors of lengths {x.shape[axis]} and {y.shape[axis]} have no cross "
                         "product: it is of 3 elements")
    of_sizes(x, np.shape(y), tuple(i for i in axes if i != axis))
    return np.cross(x, y, axis=axis)


def parts_of(x: Any, sizes: Any, axis: int) -> tuple[Any, ...]:
    """Views of x along an axis, of sizes that must add up to its own."""
    wanted, there = [int(size) for size in sizes], x.shape[axis]
    if min(wanted) < 0 or sum(wanted) != there:
        raise ValueError(f"parts of sizes {wanted} do not make up dimension {axis}, of size "
                         f"{there}")
    before, start, parts = (slice(None),) * axis, 0, []
    for size in wanted:
        parts.append(x[(*before, slice(start, start + size))])
        start += size
    return tuple(parts)
