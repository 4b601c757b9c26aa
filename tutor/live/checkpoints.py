"""Checkpoints of a run: to draw earlier steps once more, and to look into the last of them.

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
from tutor.live.history import Snapshots

if TYPE_CHECKING:
    from tutor.live.training import Training

MOMENTS = 200  # that are kept; an even number
BYTES = 2**26  # that they may take
SMALL = 2**20  # bytes that may be copied at every step
FRAMES = 240  # at most, of a run whose every step is known


class Moments(Snapshots):
    """Checkpoints of everything that is trained and not known for every step, at 0, s, 2 s, …

    `due` is the next step after which to take it.
    """

    def __init__(self, variables: Sequence[SharedVariable]) -> None:
        self.variables = tuple(variables)
        size = sum(getattr(v.container.value, "nbytes", 4096) for v in self.variables)
        super().__init__(min(MOMENTS, max(8, BYTES // max(1, size) // 2 * 2)))
        self.due = 0 if self.variables else sys.maxsize
        self.small = size <= SMALL and all(isinstance(v.container.value, np.ndarray)
                                           for v in self.variables)
        self.newest: tuple[int, list[Any]] | None = None
        self.look(0)

    def look(self, step: int) -> None:
        """Take the values as they are after so many steps, if they are due."""
        if step >= self.due:
            self.add(step, [v.get_value() for v in self.variables])
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
    """A context in which the shared variables of a run `go` to what they were; then they come back.

    `training` is the run as it was there; `steps` are those that can be gone to.
    """

    def __init__(self, training: Training) -> None:
        self.present = training
        self.training = copy.copy(training)
        self.steps = sorted({*_drawable(training), training.steps})
        rates = [training.rate] if training.rate is not None else []
        self.variables = [*dict.fromkeys([*training.changes, *training.watch, *rates])]

    def __enter__(self) -> Past:
        self.values = {v: v.container.value for v in self.variables}
        return self

    def __exit__(self, *error: Any) -> None:
        self._set(self.values)

    def go(self, step: int) -> None:
        """Be where the run was after so many steps, or at the last it made."""
        present, was = self.present, self.training
        history, varying = present.history, present.batches.varying
        step = min(step, present.steps)
        last = step == present.steps
        was.problem = present.problem if last else None
        was.history = history.upto(step)
        was.ahead = history if varying and not last else None
        was.recorded = None if last or present.batches.steady else (
            history.losses[step] if history.losses.knows(step) else math.nan)
        self._set(self.values if last else self.at(step))

    def at(self, step: int) -> dict[SharedVariable, Any]:
        """The values that are known of this step, or the last before it."""
        moments, history = self.present.moments, self.present.history
        found: dict[SharedVariable, Any] = dict(
            zip(moments.variables, moments.known(step)[1], strict=True))
        for track in history.numbers:
            found[track.variable] = np.array(track[step], track.container.value.dtype)
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
    numbers = training.history.numbers
    known = numbers[-1].steps() if numbers else training.history.steps()
    wanted = [round(i * training.steps / FRAMES) for i in range(FRAMES + 1)]
    places = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    found: list[int] = known[places].tolist() if len(known) else [0]
    return found
