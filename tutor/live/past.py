"""What a run was like at earlier steps: to draw them once more, and to look into the last of them.

Comes after the history. Watched scalars are known for every step; everything else that is trained
is kept at some, evenly spaced, ever further apart as the run gets longer.
"""

from __future__ import annotations

import copy
import math
import sys
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.core.variables import SharedVariable
from tutor.live.history import Numbers

if TYPE_CHECKING:
    from tutor.live.training import Training

MOMENTS = 200  # that are kept; an even number
BYTES = 2**26  # that they may take
SMALL = 2**20  # bytes that may be copied at every step
FRAMES = 240  # at most, of a run whose every step is known


class Moments:
    """Everything that is trained and not known for every step, at steps 0, s, 2 s, …

    `due` is the next step after which to take it; s doubles when there is no more room.
    """

    def __init__(self, variables: Sequence[SharedVariable]) -> None:
        self.variables = tuple(variables)
        size = sum(getattr(v.container.value, "nbytes", 4096) for v in self.variables)
        self.room = min(MOMENTS, max(8, BYTES // max(1, size) // 2 * 2))
        self.stride = 1
        self.at: list[int] = []
        self.kept: list[list[Any]] = []
        self.due = 0 if self.variables else sys.maxsize
        self.small = size <= SMALL and all(isinstance(v.container.value, np.ndarray)
                                           for v in self.variables)
        self.newest: tuple[int, list[Any]] | None = None
        self.look(0)

    def look(self, step: int) -> None:
        """Take the values as they are after so many steps, if they are due."""
        if step < self.due:
            return
        if len(self.at) >= self.room:
            self.stride *= 2
            self.at, self.kept = self.at[::2], self.kept[::2]
        self.at.append(step)
        self.kept.append([v.get_value() for v in self.variables])
        self.due = (step // self.stride + 1) * self.stride

    def keep(self, step: int) -> None:
        """Know this step too, until the next: for steps that cannot be made again."""
        if self.variables and self.small:
            self.newest = step, [v.container.value.copy() for v in self.variables]

    def known(self, step: int) -> tuple[int, list[Any]]:
        """The last step, up to this, after which everything is known, and the values there."""
        if self.newest is not None and self.newest[0] == step:
            return self.newest
        if not self.variables:
            return step, []
        place = bisect_right(self.at, step) - 1
        return self.at[place], self.kept[place]


class Past:
    """Inside `with`, the shared variables of a run can `go` to what they were, and then come back.

    `training` is the run as it was there; `steps` are those that can be gone to.
    """

    def __init__(self, training: Training) -> None:
        self.present = training
        self.training = copy.copy(training)
        self.steps = sorted({*_drawable(training), training.steps})
        rates = [training.rate] if training.rate is not None else []
        self.variables = [*dict.fromkeys([*training.changes, *training.watch, *rates])]

    def __enter__(self) -> Past:
        self.present.lock.acquire()
        self.values = [v.container.value for v in self.variables]
        return self

    def __exit__(self, *error: Any) -> None:
        self._set(dict(zip(self.variables, self.values, strict=True)))
        self.present.lock.release()

    def go(self, step: int) -> None:
        """Be where the run was after so many steps, or at the last it made."""
        present = self.present
        step = min(step, present.steps)
        last = step == present.steps
        self.training.problem = present.problem if last else None
        self.training.history = present.history.upto(step)
        self.training.ahead = None if last or not present.batches.varying else present.history
        self.training.recorded = None if last or present.batches.steady else (
            present.history.losses[step] if present.history.losses.knows(step) else math.nan)
        self._set(dict(zip(self.variables, self.values, strict=True)) if last else self.at(step))

    def at(self, step: int) -> dict[SharedVariable, Any]:
        """The values that are known of this step, or the last before it."""
        moments, history = self.present.moments, self.present.history
        _, kept = moments.known(step)
        found: dict[SharedVariable, Any] = dict(zip(moments.variables, kept, strict=True))
        for track in history.tracks:
            if isinstance(track, Numbers):
                kind = track.variable.container.value.dtype
                found[track.variable] = np.array(track.series[step], dtype=kind)
        if self.present.rate is not None:
            found.setdefault(self.present.rate, history.rate_at(step))
        return found

    def _set(self, values: dict[SharedVariable, Any]) -> None:
        for v, value in values.items():
            v.container.value = value


def _drawable(training: Training) -> list[int]:
    """The steps that can be drawn once more, the first among them; a few hundred at most."""
    if training.moments.variables:
        return training.moments.at
    known, last = training.history.steps(), training.steps
    for track in training.history.tracks:
        if isinstance(track, Numbers):
            known = track.steps()
    wanted = np.array([round(i * last / FRAMES) for i in range(FRAMES + 1)])
    places = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    found: list[int] = known[places].tolist() if len(known) else [0]
    return found


class PastRace:
    """The same of several runs that are in the same step."""

    def __init__(self, pasts: Sequence[Past], training: Any) -> None:
        self.pasts, self.training = pasts, training
        steps = sorted({step for past in pasts for step in past.steps})
        if len(steps) > FRAMES:
            steps = [steps[round(i * (len(steps) - 1) / FRAMES)] for i in range(FRAMES + 1)]
        self.steps = steps

    def __enter__(self) -> PastRace:
        for past in self.pasts:
            past.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        for past in self.pasts:
            past.__exit__()

    def go(self, step: int) -> None:
        """Be where all were after so many steps; who had dropped out is where that was."""
        for past in self.pasts:
            past.go(step)
