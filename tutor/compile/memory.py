"""Memory that is used again: large intermediates, and the old value of an updated shared variable.

A fresh array costs the operating system as long as a pass over it. One that is kept is taken only
while nothing else refers to it, so nobody ever sees one change.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from tutor.graph.container import Container

SMALLEST, LARGEST = 2**16, 2**26  # bytes: NumPy's own allocation is as fast below


def _alone() -> int:
    array = np.empty(1)
    return getrefcount(array)


ALONE = _alone()  # the count of an array that one local name refers to


class Pool:
    """The arrays that a function keeps between its calls, by the place in its program.

    >>> pool = Pool()
    >>> held = pool.take(0, (200, 200), "float64")
    >>> held is pool.take(0, (200, 200), "float64")
    False
    """

    def __init__(self) -> None:
        self.arrays: dict[Any, Any] = {}

    def take(self, place: Any, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array of this shape: the one that was here the last time, if nobody holds it now."""
        array = self.arrays.pop(place, None)
        if array is None or getrefcount(array) != ALONE or array.shape != shape:
            array = np.empty(shape, dtype)
        if SMALLEST <= array.nbytes <= LARGEST:
            self.arrays[place] = array
        return array

    def clear(self) -> None:
        """Give all memory back."""
        self.arrays.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return Pool, ()


def spare(container: Container, shape: tuple[int, ...], dtype: Any) -> Any:
    """An array for the next value of a shared variable: that of the value before the last."""
    array, container.spare = container.spare, container.value
    if array is None or array is container.spare or getrefcount(array) != ALONE:
        return np.empty(shape, dtype)
    return array if array.shape == shape and array.flags.carray else np.empty(shape, dtype)
