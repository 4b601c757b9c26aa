"""Numbers by step: all of a short run, of a long one as many as fit; and few enough for a curve.

Stands by itself. Where numbers are let go, the smallest and the largest of each stretch of steps
stay, so that a spike of one step is still seen among a million; the first and the last always do.
"""

from __future__ import annotations

import copy
import math
from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

LARGEST = 1e300  # that is drawn
NEAR = 2**14  # steps at each end of a run of which nothing is let go
ROOM = 2**17  # numbers that are kept; up to so many steps, all
Steps = NDArray[np.int64]
Values = NDArray[np.float64]


class Series:
    """A number for each step, of which at most `ROOM` are kept: the nearer to an end, the more.

    `evenly` keeps those of every so-manyth step, without looking which are extreme. `new` holds
    those of the last steps, all of them, and is appended to; `thin` is called now and then.

    >>> series = Series([5, 1, 2])
    >>> len(series), series[0], series[-1], series.steps(), series.values()
    (3, 5.0, 2.0, array([0, 1, 2]), array([5., 1., 2.]))
    """

    def __init__(self, values: Iterable[float] = (), evenly: bool = False) -> None:
        self.new = array("d", values)
        self.begin = 0  # the step of the first of them
        self.evenly, self.width = evenly, 1
        self.old, self.at = np.empty(0), np.empty(0, np.int64)

    def __len__(self) -> int:
        return self.begin + len(self.new)

    def __getitem__(self, step: int) -> float:
        """The number of a step (negative: from the end), or of the nearest that is kept."""
        if step < 0:
            step += len(self)
        if step >= self.begin or not len(self.at):
            return self.new[step - self.begin]
        right = min(int(np.searchsorted(self.at, step)), len(self.at) - 1)
        left = max(right - 1, 0)
        nearest = left if step - self.at[left] < self.at[right] - step else right
        return float(self.old[nearest])

    def __array__(self, dtype: object = None, copy: bool | None = None) -> Values:
        return self.values()

    def steps(self, since: int = 0) -> Steps:
        """The steps whose numbers are kept, from one on."""
        return np.concatenate([self.at[np.searchsorted(self.at, since):],
                               np.arange(max(since, self.begin), len(self))])

    def values(self, since: int = 0) -> Values:
        """The numbers of these steps."""
        return np.concatenate([self.old[np.searchsorted(self.at, since):],
                               np.array(self.new[max(since - self.begin, 0):])])

    def knows(self, step: int) -> bool:
        """Whether the number of this very step is kept."""
        place = int(np.searchsorted(self.at, step))
        return step >= self.begin or (place < len(self.at) and self.at[place] == step)

    def thin(self) -> None:
        """Let numbers go where there are too many."""
        if len(self.new) + len(self.old) <= ROOM:
            return
        count = len(self.new) - NEAR
        steps = np.concatenate([self.at, np.arange(self.begin, self.begin + count)])
        values = np.concatenate([self.old, np.array(self.new[:count])])
        self.new, self.begin = self.new[count:], self.begin + count
        while True:
            stay = steps < NEAR
            stay |= steps % self.width == 0 if self.evenly else extremes(steps, values, self.width)
            if stay.sum() <= ROOM // 2:
                break
            self.width *= 2
        self.at, self.old = steps[stay], values[stay]

    def upto(self, steps: int) -> Series:
        """The numbers of the first so many steps."""
        past = copy.copy(self)
        past.new = self.new[:max(steps - self.begin, 0)]
        past.begin = min(self.begin, steps)
        place = np.searchsorted(self.at, steps)
        past.at, past.old = self.at[:place], self.old[:place]
        return past


def extremes(steps: Steps, values: Values, width: int) -> NDArray[np.bool_]:
    """Which are the smallest or the largest of their stretch of so many steps; of equal ones, the
    first and the last. Steps go upwards; nan counts as large.

    >>> extremes(np.arange(6), np.array([1., 3, 2, 4, 4, 4]), 3)
    array([ True,  True, False,  True, False,  True])
    """
    stretch = steps // width
    order = np.lexsort((np.nan_to_num(values, nan=np.inf), stretch))
    begins = np.flatnonzero(np.diff(stretch, prepend=-1))
    found = np.zeros(len(steps), bool)
    found[order[begins]] = found[order[np.append(begins[1:], len(order))[:len(begins)] - 1]] = True
    return found


class Thinned:
    """A curve of at most about `limit` points through a series that grows.

    >>> thin = Thinned(4)
    >>> thin.follow(Series([5, 1, 2, 9, 3]))
    >>> thin.points()
    [(0, 5.0), (1, 1.0), (2, 2.0), (3, 9.0), (4, 3.0)]
    """

    def __init__(self, limit: int = 300) -> None:
        self.limit = limit
        self.stride = 2
        self.looked = 0
        self.done: list[tuple[int, float]] = []  # of each whole stretch the extremes, in order
        self.rest: list[tuple[int, float]] = []
        self.steps, self.values = np.empty(0, np.int64), np.empty(0)  # of the stretch that is not
        self.low, self.high = math.inf, -math.inf  # of all that are finite

    def follow(self, series: Series) -> None:
        """Look at what was added to the series since the last time."""
        if len(series) == self.looked:
            return
        steps, values = series.steps(self.looked), series.values(self.looked)
        self.looked = len(series)
        finite = values[np.isfinite(values)]
        if finite.size:
            self.low = min(self.low, float(finite.min()))
            self.high = max(self.high, float(finite.max()))
        self.steps, self.values = np.append(self.steps, steps), np.append(self.values, values)
        self._settle()
        while len(self.done) > self.limit:
            self._coarser()
        self.rest = _picked(self.steps, self.values, 2 * self.stride)
        if len(steps) and (self.rest or self.done)[-1][0] != steps[-1]:
            self.rest.append((int(steps[-1]), float(values[-1])))

    def points(self) -> list[tuple[int, float]]:
        """The points, in order of steps; the first and the last of all are among them."""
        return self.done + self.rest

    def ends(self, low: float = -LARGEST, high: float = LARGEST) -> list[float]:
        """The smallest and the largest value between two, or nothing where there is none."""
        if low <= self.low <= self.high <= high:
            return [self.low, self.high]
        inside = [value for _, value in self.points() if low <= value <= high]
        return [min(inside), max(inside)] if inside else []

    def _settle(self) -> None:
        """Move the stretches that are whole to those that are done."""
        whole = int(np.searchsorted(self.steps, self.looked // self.stride * self.stride))
        self.done += _picked(self.steps[:whole], self.values[:whole], self.stride)
        self.steps, self.values = self.steps[whole:], self.values[whole:]

    def _coarser(self) -> None:
        """Join stretches in pairs; an odd one at the end is looked at again as it becomes whole."""
        self.stride *= 2
        steps = np.array([step for step, _ in self.done])
        values = np.array([value for _, value in self.done])
        self.steps, self.values = np.append(steps, self.steps), np.append(values, self.values)
        self.done = []
        self._settle()


def _picked(steps: Steps, values: Values, width: int) -> list[tuple[int, float]]:
    """The extremes of each stretch, and the very first of a run."""
    stay = extremes(steps, values, width) | (steps == 0)
    return [*zip(steps[stay].tolist(), values[stay].tolist(), strict=True)]
