"""The loss as a function of one parameter: the curve that a run walks on, its slope, the next step.

Comes after what is computed beside a run. How far the curve is drawn follows from the curve alone:
from the start over the valley to as high on the other side, where there is one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tutor.core.variables import SharedVariable
from tutor.live.beside import Ground
from tutor.live.history import values_after
from tutor.live.training import Training

POINTS = 120
DOUBLINGS = 40
ENDLESS = 16  # steps that are shown of a curve that falls for ever
FLAT = 0.05  # of the way down: when looking twice as far gains less, the valley has been seen


class Place(NamedTuple):
    """A point of the landscape: where, how high, how steep, and where the next step leads."""

    at: float
    loss: float
    slope: float | None
    next: float
    next_loss: float


class Landscape(Ground):
    """The loss of a run along one watched scalar, everything else as it is."""

    def __init__(self, training: Training, variable: SharedVariable) -> None:
        super().__init__(training, [variable])
        self.variable = variable

    def start(self, at: float) -> dict[SharedVariable, Any]:
        """What to begin with, to begin at a value."""
        return self.start_of([at])

    def loss(self, at: float) -> float:
        """The loss if the parameter had this value."""
        return self.cost([self._value(at)])

    def here(self, at: float | None = None) -> Place:
        """The place the parameter is at (or would be at)."""
        value = self.now()[0] if at is None else self._value(at)
        return self._place(float(value), float(self.following([value])[0]))

    def after(self, step: int) -> Place:
        """The place it was at after a step, seen as everything else is now."""
        if step >= self.training.steps:
            return self.here()
        at, following = values_after(self.training.history, self.variable, [step, step + 1])
        return self._place(float(at), float(following))

    def _place(self, at: float, following: float) -> Place:
        loss, slope = self.look([self._value(at)])
        return Place(at, loss, float(slope[0]) if slope else None, following, self.loss(following))

    def curve(self, low: float, high: float) -> list[tuple[float, float]]:
        """Points of the curve between two values; where it is not finite there is none."""
        width = high - low
        points = [low + width * i / POINTS for i in range(POINTS + 1)]
        losses = [self.loss(at) for at in points]
        return [(a, b) for a, b in zip(points, losses, strict=True) if math.isfinite(b)]

    def extent(self) -> tuple[float, float]:
        """From the start over the valley to as high on the other side, with some room."""
        place = self.here(float(self.beginning()[0]))
        stride = self._downhill(place)
        if stride == 0:
            stride = max(1.0, abs(place.at))
            return place.at - stride, place.at + stride
        far = self._other_side(place, stride)
        low, high = sorted((place.at, far))
        room = 0.12 * (high - low)
        return low - room, high + room

    def _downhill(self, place: Place) -> float:
        """A step from a place that leads down: as the next one does, or the other way, or shorter;
        0 where nothing does."""
        stride, size = place.next - place.at, max(1.0, abs(place.at))
        if not math.isfinite(stride) or stride == 0:
            stride = -math.copysign(size, place.slope) if place.slope else size
        for shorter in range(DOUBLINGS):
            for one in (stride / 2 ** shorter, -stride / 2 ** shorter):
                if self.loss(place.at + one) < place.loss:
                    return one
        return 0.0

    def _other_side(self, place: Place, stride: float) -> float:
        """Where the curve is as high again as here, looking twice as far each time."""
        before = place.loss
        for doubling in range(DOUBLINGS):
            far = place.at + stride * 2 ** doubling
            loss = self.loss(far)
            flat = doubling and 0 <= before - loss < FLAT * (place.loss - loss)
            if flat or not loss < place.loss:
                return far
            before = loss
        size = max(1.0, abs(place.at), ENDLESS * abs(stride))
        return place.at + math.copysign(size, stride)

    def _value(self, at: float) -> Any:
        return self._cost.inputs[0].type.numpy_dtype.type(at)
