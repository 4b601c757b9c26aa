"""What a run has been through: the loss of every step, and the watched values around it.

Comes first in this room. Of a very long run, and of large watched arrays, so many values are kept
as fit into memory; the first and the newest always stay.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.core.errors import BadValueError
from tutor.core.variables import SharedVariable
from tutor.live.thinning import ROOM, Series
from tutor.pictures.glance import RECORDED

BYTES = 2**26  # of arrays kept for each watched variable
OBJECT = 128  # of them, what an array takes beside its numbers
RATES = 2**12  # changes of the rate that are kept


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
        RECORDED.update((track.variable, track.series) for track in self.tracks
                        if isinstance(track, Numbers))
        self.rates: list[tuple[int, Any]] = []  # of learning, each with the step it began at

    def __len__(self) -> int:
        return len(self.losses)

    @property
    def loss(self) -> NDArray[np.float64]:
        """The loss that each step returned, (n,)."""
        return self.losses.values()

    def __getitem__(self, variable: SharedVariable | str) -> NDArray[Any]:
        """The values of a watched variable, (n + 1, *shape), the start first."""
        return self.track(variable).values()

    def steps(self, variable: SharedVariable | str | None = None) -> NDArray[np.int64]:
        """The number of steps after which each value of `history[variable]` was taken; without a
        variable the steps whose loss is in `history.loss`, the first being 0."""
        return self.losses.steps() if variable is None else self.track(variable).steps()

    def track(self, variable: SharedVariable | str) -> Numbers | Arrays:
        """What is kept of one watched variable (or of the one with this name)."""
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
        """Let go of what is too much."""
        self.losses.thin()
        for track in self.tracks:
            if isinstance(track, Numbers):
                track.series.thin()

    def rate_at(self, step: int) -> Any:
        """The learning rate that a step was made with, the first being 0."""
        return self.rates[bisect_right(self.rates, step, key=lambda pair: pair[0]) - 1][1]

    def upto(self, step: int) -> History:
        """The history as it was after so many steps."""
        past = copy.copy(self)
        past.losses = self.losses.upto(step)
        past.tracks = [track.upto(step) for track in self.tracks]
        return past

    def __repr__(self) -> str:
        names = "".join(f", {v}" for v in self.watch)
        return f"<history of {len(self)} step{'s' * (len(self) != 1)}: loss{names}>"


class Numbers:
    """The values of a scalar, after every step."""

    def __init__(self, variable: SharedVariable) -> None:
        self.variable, self.container = variable, variable.container
        self.series = Series([self.container.value], evenly=True)

    def renew(self) -> None:
        """The newest value is the one that the variable has now."""
        self.series.new[-1] = self.container.value

    def values(self) -> NDArray[Any]:
        """All values, (n + 1,), in the variable's dtype."""
        return self.series.values().astype(self.variable.dtype)

    def steps(self) -> NDArray[np.int64]:
        """0 to n."""
        return self.series.steps()

    def near(self, steps: Sequence[int]) -> list[float]:
        """The values after these steps, or the nearest that are kept."""
        return [self.series[step] for step in steps]

    def upto(self, step: int) -> Numbers:
        """The values as they were after so many steps."""
        past = copy.copy(self)
        past.series = self.series.upto(step + 1)
        return past


class Arrays:
    """The values of an array, after every `stride`-th step, and the newest."""

    def __init__(self, variable: SharedVariable) -> None:
        self.variable = variable
        self.kept: list[NDArray[Any]] = []
        self.at: list[int] = []
        self.stride = 1
        self.count = -1
        size = variable.container.value.nbytes + OBJECT
        self.room = min(max(8, BYTES // size), ROOM)
        self.add()

    def add(self) -> None:
        """Take the value that the variable has now."""
        self.count += 1
        if len(self.at) > 1 and self.at[-1] % self.stride:  # it was only kept as the newest
            self.kept.pop()
            self.at.pop()
        if len(self.kept) >= self.room:
            self.stride *= 2
            self.kept = self.kept[::2]
            self.at = self.at[::2]
        self.kept.append(self.variable.container.value.copy())
        self.at.append(self.count)

    def renew(self) -> None:
        """The newest value is the one that the variable has now."""
        value = self.variable.container.value
        if not np.array_equal(self.kept[-1], value, equal_nan=True):
            self.kept[-1] = value.copy()

    def values(self) -> NDArray[Any]:
        """The values kept, (k, *shape); of values whose shape changed, an array of objects."""
        if all(value.shape == self.kept[0].shape for value in self.kept):
            return np.array(self.kept)
        ragged = np.empty(len(self.kept), dtype=object)
        ragged[:] = self.kept
        return ragged

    def steps(self) -> NDArray[np.int64]:
        """The number of steps after which each was taken."""
        return np.array(self.at)

    def near(self, steps: Sequence[int]) -> list[NDArray[Any]]:
        """The values after these steps, or the nearest that are kept."""
        if self.stride == 1:
            return [self.kept[step] for step in steps]
        at = self.steps()
        return [self.kept[int(np.abs(at - step).argmin())] for step in steps]

    def upto(self, step: int) -> Arrays:
        """The values kept of so many steps."""
        past, count = copy.copy(self), bisect_right(self.at, step)
        past.kept, past.at = self.kept[:count], self.at[:count]
        return past


def values_after(history: History, variable: SharedVariable, steps: Sequence[int]) -> list[Any]:
    """The values of a watched variable after these steps, or the nearest that are kept."""
    return history.track(variable).near(steps)
