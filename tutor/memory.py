"""Memory for large arrays, taken again when nobody holds it any longer.

Comes before the numbers of ops and the programs of functions. A fresh array costs the operating
system as long as some passes over it. What is kept is taken only while nothing else refers to it.

>>> empty((200, 200), "float64").shape
(200, 200)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from sys import getrefcount
from typing import Any

import numpy as np

SMALLEST, LARGEST = 2**16, 2**26  # bytes: NumPy's own allocation is as fast below
MOST = 8  # blocks of one size
KEPT = 2**28  # bytes of all blocks


def _alone() -> int:
    array = np.empty(1)
    return getrefcount(array)


ALONE = _alone()  # the count of an array that one local name refers to
_blocks: dict[int, list[Any]] = {}  # by their bytes, those of the size that was new last behind


def empty(shape: Sequence[int], dtype: Any) -> Any:
    """An array whose elements are not set, in a block that an array had before, if one is free."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if not SMALLEST <= size <= LARGEST:
        return np.empty(shape, dtype)
    blocks = _blocks.setdefault(size, [])
    for block in blocks:
        if getrefcount(block) == ALONE + 1:
            return np.ndarray(shape, dtype, block)
    block = np.empty(size, "uint8")
    blocks.append(block)
    del blocks[:-MOST]
    kept = sum(n * len(of) for n, of in [*_blocks.items()])
    for n in [*_blocks]:
        if kept <= KEPT:
            break
        kept -= n * len(_blocks.pop(n, ()))
    return np.ndarray(shape, dtype, block)


def zeros(shape: Sequence[int], dtype: Any) -> Any:
    """The same with all elements 0."""
    made = empty(shape, dtype)
    made[...] = 0
    return made


def forget() -> None:
    """Give back what nobody holds."""
    _blocks.clear()


class Pool:
    """The arrays that a function keeps between its calls, by the place in its program.

    >>> pool = Pool()
    >>> held = pool.take(0, (200, 200), "float64")
    >>> held is pool.take(0, (200, 200), "float64")
    False
    """

    def __init__(self) -> None:
        self.arrays: dict[Any, tuple[Any, ...]] = {}

    def take(self, place: Any, shape: tuple[int, ...], dtype: Any, largest: float = LARGEST) -> Any:
        """An array of this shape: of the last two that were here one that nobody holds now. There
        are two where the last is held until the next comes, as a shared variable does."""
        kept = self.arrays.get(place, ())
        for array in kept:
            if getrefcount(array) == ALONE + 1 and array.shape == shape:
                return array
        array = np.empty(shape, dtype)
        if SMALLEST <= array.nbytes <= largest:
            self.arrays[place] = array, *kept[:1]
        return array

    def clear(self) -> None:
        """Give all memory back."""
        self.arrays.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return Pool, ()
