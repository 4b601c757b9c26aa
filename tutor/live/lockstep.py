"""One training, or several that step together: all stand at the same step whenever somebody looks.

Comes after training. Steps are made in turns so short that the clock is looked at in time; who
diverges drops out, and the others go on.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from tutor.core.variables import SharedVariable
from tutor.live.checkpoints import FRAMES, Past
from tutor.live.training import DivergedError, Training

TURN = 0.001  # seconds, about, that a turn of all takes
LONGEST = 1024  # steps of a turn


class Together:
    """Trainings by name: `advance` them all, `reset` them, ask how far they are."""

    def __init__(self, trainings: Mapping[str, Training]) -> None:
        self.trainings = dict(trainings)
        self.lock = threading.RLock()
        self.turn = 1
        rates = {training.rate for training in self.trainings.values()}
        self.rate = rates.pop() if len(rates) == 1 else None

    def __getstate__(self) -> dict[str, Any]:
        """A copy, or one that comes out of a pickle, has a lock of its own."""
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.lock = threading.RLock()

    @property
    def running(self) -> list[Training]:
        """Those that have not dropped out."""
        return [training for training in self.trainings.values() if training.problem is None]

    @property
    def steps(self) -> int:
        """The number of steps made, by those that got furthest."""
        return max(training.steps for training in self.trainings.values())

    @property
    def problem(self) -> DivergedError | None:
        """The last that went wrong, when nobody is left."""
        if self.running:
            return None
        return max(self.trainings.values(), key=lambda training: training.steps).problem

    def advance(self, steps: int, until: float = math.inf) -> int:
        """Make so many steps of each that is left, fewer when the clock passes `until`; return how
        many were made. When nobody is left, that is the error of the last."""
        begun = self.steps
        last = begun + steps
        while self.steps < last and self.problem is None:
            clock = time.perf_counter()
            self._everyone(min(self.steps + self.turn, last))
            now = time.perf_counter()
            self.turn = min(2 * self.turn, LONGEST) if now - clock < TURN else 1 + self.turn // 4
            if now >= until:
                break
        if self.problem is not None and steps:
            raise self.problem
        return self.steps - begun

    def _everyone(self, step: int) -> None:
        """Each makes the steps it lacks; also who was interrupted, or was ahead, is there then."""
        for training in self.running:
            with suppress(DivergedError):  # it is told under the picture; the others go on
                training.advance(step - training.steps)

    def state(self) -> list[Any]:
        """The values that pictures show, the very objects."""
        return [value for training in self.trainings.values() for value in training.state()]

    def reset(self) -> None:
        """Reset all."""
        for training in self.trainings.values():
            training.reset()

    @contextmanager
    def past(self) -> Iterator[tuple[Together, list[Past]]]:
        """Give all as they were, at the step that each `Past` goes to."""
        with self.lock, ExitStack() as stack:
            pasts = {name: stack.enter_context(Past(training))
                     for name, training in self.trainings.items()}
            yield (Together({name: past.training for name, past in pasts.items()}),
                   [*pasts.values()])


def drawable(pasts: list[Past]) -> list[int]:
    """The steps that all can be drawn at once more; a few hundred at most."""
    steps = sorted({step for past in pasts for step in past.steps})
    if len(steps) <= FRAMES + 1 or len(pasts) == 1:
        return steps
    return [steps[round(i * (len(steps) - 1) / FRAMES)] for i in range(FRAMES + 1)]


def span_of(rate: SharedVariable) -> tuple[float, float] | None:
    """The ends of the slider of a learning rate: powers of ten, well around the value; None where
    that is not positive."""
    value = float(rate.container.value)
    if not 0 < value < math.inf:
        return None
    return 10.0 ** math.floor(math.log10(value) - 1), 10.0 ** math.ceil(math.log10(value) + 1)
