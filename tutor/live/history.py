"""The history of a run: the loss of every step, and the watched values around it.

Comes first in this room. Of a very long run, and of large arrays, so many values are kept as fit
into memory; the first and the newest always stay. Where numbers are let go, the smallest and the
largest of each stretch of steps stay: a spike of one step is still seen among a million.
"""

from __future__ import annotations

import copy
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tutor.core.errors import BadValueError
from tutor.core.variables import SharedVariable
from tutor.pictures.summary import RECORDED

NEAR = 2**14  # steps at each end of a run of which nothing is let go
ROOM = 2**17  # numbers that are kept; up to so many steps, all
BYTES = 2**26  # of arrays kept for each watched variable
OBJECT = 128  # of them, what an array takes beside its numbers
RATES = 2**12  # changes of the rate that are kept
LARGEST = 1e300  # that is drawn
RECENT = 200  # numbers that show whether they jump
FEW = 32  # numbers that are found one by one
NONE = np.empty((0, 2))  # points

Steps = NDArray[np.int64]
Values = NDArray[np.float64]


class History:
    """`loss` (n,) of n steps; of each watched variable the start, and its value after each step.

    So `history[c][k]` is where step k began, and `history.loss[k]` is the loss there. Of more than
    100,000 steps some are let go, none near the two ends: `steps` says which there are.
    """

    def __init__(self, watch: Sequence[SharedVariable]) -> None:
        self.watch = tuple(watch)
        self.losses = Series()
        self.tracks: list[Numbers | Arrays] = [
            Numbers(v) if v.ndim == 0 else Arrays(v) for v in self.watch]
        RECORDED.update((track.variable, track) for track in self.numbers)
        self.rates: list[tuple[int, Any]] = []  # of learning, each with the step it began at

    def __len__(self) -> int:
        return len(self.losses)

    @property
    def loss(self) -> Values:
        """The loss that each step returned, (n,)."""
        return self.losses.values()

    @property
    def numbers(self) -> list[Numbers]:
        """The tracks of the watched scalars."""
        return [track for track in self.tracks if isinstance(track, Numbers)]

    def __getitem__(self, variable: SharedVariable | str) -> NDArray[Any]:
        """The values of a watched variable, (n + 1, *shape), the start first."""
        return self.track(variable).taken()

    def steps(self, variable: SharedVariable | str | None = None) -> Steps:
        """The number of steps after which each value of `history[variable]` was taken; without a
        variable the steps whose loss is in `history.loss`, the first being 0."""
        return self.losses.steps() if variable is None else self.track(variable).steps()

    def after(self, variable: SharedVariable, steps: Sequence[int]) -> list[Any]:
        """The values of a watched variable after these steps, or the nearest that are kept."""
        return self.track(variable).near(steps)

    def track(self, variable: SharedVariable | str) -> Numbers | Arrays:
        """The track of one watched variable (or of the one with this name)."""
        for watched, track in zip(self.watch, self.tracks, strict=True):
            if watched is variable or (isinstance(variable, str) and watched.name == variable):
                return track
        names = ", ".join(str(v) for v in self.watch) or "nothing"
        raise BadValueError(f"{variable} is not watched: this run watches {names}.",
                           fix="Name it when the run is made: Descent(f, data, watch=[c]).")

    def begin(self, rate: Any) -> None:
        """The next step begins where the watched variables are, and with this rate (or None)."""
        for track in self.tracks:
            track.renew()
        if rate is None or (self.rates and self.rates[-1][1] == rate):
            return
        self.rates.append((len(self), np.array(rate)))
        if len(self.rates) > RATES:
            del self.rates[1:-1:2]

    def thin(self) -> None:
        """Downsample what is too long."""
        for series in (self.losses, *self.numbers):
            series.thin()

    def rate_at(self, step: int) -> Any:
        """The learning rate that a step was made with, the first being 0."""
        return self.rates[bisect_right(self.rates, step, key=lambda pair: pair[0]) - 1][1]

    def upto(self, step: int) -> History:
        """The history as it was after so many steps."""
        past = copy.copy(self)
        past.losses = self.losses.upto(step)
        past.tracks = [track.upto(step + 1) for track in self.tracks]
        return past

    def __repr__(self) -> str:
        names = "".join(f", {v}" for v in self.watch)
        return f"<history of {len(self)} step{'s' * (len(self) != 1)}: loss{names}>"


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
        self.drawn: dict[int, tuple[int, int, Values, Values]] = {}  # by the width of stretches
        self.reached: dict[tuple[float, float], tuple[int, list[float]]] = {}  # of so many steps

    def __len__(self) -> int:
        return self.begin + len(self.new)

    def __getitem__(self, step: int) -> float:
        """The number of a step (negative: from the end), or of the nearest that is kept."""
        step += len(self) if step < 0 else 0
        if step >= self.begin or not len(self.at):
            return self.new[step - self.begin]
        return float(self.old[nearest(self.at, step)])

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

    def near(self, steps: Sequence[int]) -> list[float]:
        """The numbers of these steps, or the next that are kept."""
        if len(steps) < FEW:
            return [self[step] for step in steps]
        places = np.minimum(np.searchsorted(known := self.steps(), steps), len(known) - 1)
        found: list[float] = self.values()[places].tolist()
        return found

    def knows(self, step: int) -> bool:
        """Say whether the number of this very step is kept."""
        return step >= self.begin or bool(self.at[nearest(self.at, step)] == step)

    def curve(self, limit: int = 300) -> Values:
        """Downsample to about so many points (step, number), among them the extremes of each
        stretch of steps, the first and the last.

        >>> Series([5, 1, 2, 9, 3]).curve(4).tolist()
        [[0.0, 5.0], [1.0, 1.0], [2.0, 2.0], [3.0, 9.0], [4.0, 3.0]]
        """
        width = 2
        while 2 * (len(self) // width) > limit:
            width *= 2
        looked, whole, done, rest = self.drawn.get(width, (0, 0, NONE, NONE))
        if looked == len(self):
            return np.concatenate([done, rest])
        points = np.stack([self.steps(whole), self.values(whole)], axis=1)
        stay = extremes(points[:, 0] // width, points[:, 1])
        stay[-1:] = True
        stay[:whole == 0] = True
        rest, whole = points[stay], len(self) // width * width
        settled = int(np.searchsorted(rest[:, 0], whole))
        # Of stretches that are whole the points stay, and are not looked for again.
        done, rest = np.concatenate([done, rest[:settled]]), rest[settled:]
        self.drawn[width] = len(self), whole, done, rest
        return np.concatenate([done, rest])

    def smoothed(self, limit: int = 24) -> Values:
        """Means of stretches of steps, as points (step, number), at most so many.

        >>> Series([5, 1, 2, 8]).smoothed(2).tolist()
        [[0.5, 3.0], [2.5, 5.0]]
        """
        width = 1
        while len(self) > limit * width:
            width *= 2
        points = np.stack([self.steps(), self.values()], axis=1)
        points = points[np.isfinite(points[:, 1])]
        stretch = (points[:, 0] // width).astype(int)
        count = np.maximum(np.bincount(stretch), 1)
        means = np.stack([np.bincount(stretch, column) / count for column in points.T], axis=1)
        return means[np.unique(stretch)]

    def jumps(self) -> bool:
        """Say whether the numbers go up and down rather than one way, beyond what is steady.

        >>> Series([1, 5, 6, 2, 1, 7] * 10).jumps(), Series(range(60)).jumps()
        (True, False)
        """
        change, ends = np.diff(self.new[-RECENT:]), self.ends()
        if len(change) < 2 or not ends or np.abs(change).mean() <= 0.005 * (ends[1] - ends[0]):
            return False
        turns = np.mean(np.sign(change[1:]) * np.sign(change[:-1]) < 0)
        return bool(0.4 < turns < 0.9)  # one that turns at every step is no noise

    def ends(self, low: float = -LARGEST, high: float = LARGEST) -> list[float]:
        """The smallest and the largest number between two, or nothing where there is none."""
        steps, found = self.reached.get((low, high), (-1, []))
        if steps != len(self):
            values = self.curve()[:, 1]
            inside = values[(low <= values) & (values <= high)]
            found = [float(inside.min()), float(inside.max())] if inside.size else []
            self.reached[low, high] = len(self), found
        return found

    def thin(self) -> None:
        """Downsample where there are too many."""
        if len(self.new) + len(self.old) <= ROOM:
            return
        count = len(self.new) - NEAR
        steps, values = self.steps()[:-NEAR], self.values()[:-NEAR]
        self.new, self.begin = self.new[count:], self.begin + count
        while True:
            stay = steps < NEAR
            stay |= (steps % self.width == 0 if self.evenly else
                     extremes(steps // self.width, values))
            if stay.sum() <= ROOM // 2:
                break
            self.width *= 2
        self.at, self.old = steps[stay], values[stay]

    def upto(self, steps: int) -> Self:
        """The numbers of the first so many steps."""
        past = copy.copy(self)
        past.new = self.new[:max(steps - self.begin, 0)]
        past.begin = min(self.begin, steps)
        place = np.searchsorted(self.at, steps)
        past.at, past.old = self.at[:place], self.old[:place]
        past.drawn, past.reached = {}, {}
        return past


def extremes(stretch: NDArray[Any], values: Values) -> NDArray[np.bool_]:
    """Mark the smallest and the largest of each stretch, given its number for each; of equal ones
    the first and the last. Stretches go upwards; nan counts as large.

    >>> extremes(np.array([0, 0, 0, 1, 1, 1]), np.array([1., 3, 2, 4, 4, 4]))
    array([ True,  True, False,  True, False,  True])
    """
    order = np.lexsort((np.where(np.isnan(values), np.inf, values), stretch))
    begins = np.flatnonzero(np.diff(stretch, prepend=-1))
    found = np.zeros(len(values), bool)
    found[order[begins]] = found[order[np.append(begins[1:], len(order))[:len(begins)] - 1]] = True
    return found


def nearest(at: Sequence[int] | Steps, step: int) -> int:
    """The index of the number that is nearest to a step; `at` goes upwards."""
    right = min(bisect_left(at, step), len(at) - 1)
    left = max(right - 1, 0)
    return left if step - at[left] < at[right] - step else right


class Numbers(Series):
    """The values of a scalar, the start first and then one after every step."""

    def __init__(self, variable: SharedVariable) -> None:
        self.variable, self.container = variable, variable.container
        super().__init__([self.container.value], evenly=True)

    def renew(self) -> None:
        """The newest value is the one that the variable has now."""
        self.new[-1] = self.container.value

    def taken(self) -> NDArray[Any]:
        """The values, (n + 1,), in the variable's dtype."""
        return self.values().astype(self.variable.dtype)


class Snapshots:
    """Values at steps 0, s, 2 s, … and the newest; s doubles when there is no more room."""

    def __init__(self, room: int) -> None:
        self.room, self.stride = room, 1
        self.at: list[int] = []
        self.kept: list[Any] = []

    def add(self, step: int, value: Any) -> None:
        """Take what there is after so many steps."""
        if len(self.at) > 1 and self.at[-1] % self.stride:  # it was only kept as the newest
            self.kept.pop()
            self.at.pop()
        if len(self.kept) >= self.room:
            self.stride *= 2
            self.at, self.kept = self.at[::2], self.kept[::2]
        self.at.append(step)
        self.kept.append(value)


class Arrays(Snapshots):
    """The values of an array, at steps so far apart that they fit into memory, and the newest."""

    def __init__(self, variable: SharedVariable) -> None:
        self.variable, self.container = variable, variable.container
        self.count = -1
        size = self.container.value.nbytes + OBJECT
        super().__init__(min(max(8, BYTES // size), ROOM))
        self.take()

    def take(self) -> None:
        """Take the value that the variable has now."""
        self.count += 1
        self.add(self.count, self.container.value.copy())

    def renew(self) -> None:
        """The newest value is the one that the variable has now."""
        value = self.container.value
        if not np.array_equal(self.kept[-1], value, equal_nan=True):
            self.kept[-1] = value.copy()

    def taken(self) -> NDArray[Any]:
        """The values kept, (k, *shape); of values whose shape changed, an array of objects."""
        if all(value.shape == self.kept[0].shape for value in self.kept):
            return np.array(self.kept)
        ragged = np.empty(len(self.kept), dtype=object)
        ragged[:] = self.kept
        return ragged

    def steps(self) -> Steps:
        """The number of steps after which each was taken."""
        return np.array(self.at)

    def near(self, steps: Sequence[int]) -> list[NDArray[Any]]:
        """The values after these steps, or the nearest that are kept."""
        return [self.kept[nearest(self.at, step)] for step in steps]

    def upto(self, steps: int) -> Arrays:
        """The values kept of those after the first so many."""
        past, count = copy.copy(self), bisect_left(self.at, steps)
        past.at, past.kept = self.at[:count], self.kept[:count]
        return past
