"""A long curve in few points: the smallest and the largest value of each stretch of steps.

Stands by itself. So a spike of one step is still seen among a million, and only what is new since
the last picture has to be looked at.
"""

from __future__ import annotations

import math
from array import array

import numpy as np

LARGEST = 1e300  # that is drawn

class Thinned:
    """At most about `limit` points of a growing list of numbers.

    >>> thin = Thinned(4)
    >>> thin.follow(array("d", [5, 1, 2, 9, 3]))
    >>> thin.points()
    [(0, 5.0), (1, 1.0), (2, 2.0), (3, 9.0), (4, 3.0)]
    """

    def __init__(self, limit: int = 300) -> None:
        self.limit = limit
        self.stride = 2
        self.looked = 0
        self.done: list[tuple[int, float]] = []  # two points for each whole stretch, in order
        self.rest: list[tuple[int, float]] = []
        self.low, self.high = math.inf, -math.inf  # of all that are finite

    def follow(self, values: array[float]) -> None:
        """Look at what was added to the list since the last time."""
        if len(values) == self.looked:
            return
        fresh = np.array(values[self.looked:])
        fresh = fresh[np.isfinite(fresh)]
        if fresh.size:
            self.low = min(self.low, float(fresh.min()))
            self.high = max(self.high, float(fresh.max()))
        self.looked = len(values)
        begin = len(self.done) // 2 * self.stride
        whole = (len(values) - begin) // self.stride
        new = np.array(values[begin:begin + whole * self.stride])
        self.done += _extremes(new, begin, self.stride)
        while len(self.done) > self.limit:
            self._coarser()
        self.rest = self._tail(values)

    def points(self) -> list[tuple[int, float]]:
        """The points, in order of steps."""
        return self.done + self.rest

    def ends(self, low: float = -LARGEST, high: float = LARGEST) -> list[float]:
        """The smallest and the largest value between two, or nothing where there is none."""
        if low <= self.low <= self.high <= high:
            return [self.low, self.high]
        inside = [value for _, value in self.points() if low <= value <= high]
        return [min(inside), max(inside)] if inside else []

    def _tail(self, values: array[float]) -> list[tuple[int, float]]:
        begin = len(self.done) // 2 * self.stride
        rest = np.array(values[begin:])
        if len(rest) <= 2:
            return [(begin + i, float(v)) for i, v in enumerate(rest)]
        points = _extremes(rest, begin, len(rest))
        last = (len(values) - 1, float(rest[-1]))
        return points if points[-1] == last else [*points, last]

    def _coarser(self) -> None:
        """Join stretches in pairs; an odd one at the end is looked at again as it becomes whole."""
        pairs = zip(self.done[::4], self.done[1::4], self.done[2::4], self.done[3::4], strict=False)
        joined: list[tuple[int, float]] = []
        for four in pairs:
            joined += sorted((min(four, key=lambda p: p[1]), max(four, key=lambda p: p[1])))
        self.done, self.stride = joined, self.stride * 2


def _extremes(values: np.ndarray[tuple[int], np.dtype[np.float64]], begin: int,
              stride: int) -> list[tuple[int, float]]:
    """Where the smallest and the largest value of each stretch stand, in order."""
    if not len(values):
        return []
    rows = np.nan_to_num(values.reshape(-1, stride), nan=np.inf)
    places = np.sort(np.stack([rows.argmin(1), rows.argmax(1)], axis=1), axis=1)
    at = places + stride * np.arange(len(rows))[:, None]
    # A flat stretch has its extremes in one place: its ends say the same.
    flat = at[:, 0] == at[:, 1]
    at[flat, 1] = at[flat, 0] + 1
    return [(begin + int(i), float(values[i])) for i in at.ravel()]
