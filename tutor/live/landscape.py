"""The loss as a function of one parameter: the curve that a run walks on, its slope, the next step.

Comes after training. The shared variable is replaced by an input in the loss and in its update, so
the curve can be evaluated anywhere while the run stays where it is.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tutor.compile.function import function
from tutor.errors import TutorError
from tutor.gradient import grad
from tutor.graph import Variable, graph_inputs, rebuild
from tutor.graph.shared import SharedVariable
from tutor.live.training import Training

POINTS = 120
DOUBLINGS = 40
FLAT = 0.05  # of the way down: when looking twice as far gains less, the valley has been seen


class Place(NamedTuple):
    """A point of the landscape: where, how high, how steep, and where the next step leads."""

    at: float
    loss: float
    slope: float | None
    next: float
    next_loss: float


class Landscape:
    """The loss of a run along one watched scalar, everything else as it is."""

    def __init__(self, training: Training, variable: SharedVariable) -> None:
        self.training, self.variable = training, variable
        f = training.f
        value: Variable = variable.type(variable.name)
        wanted = [f._request.run_outputs[0], training.changes.get(variable, variable)]
        cost, following = rebuild(wanted, {variable: value})
        inputs = [value, *f.inputs]
        self.alone = not (set(training.changes) - {variable}) & set(graph_inputs([cost]))
        self._loss = function(inputs, cost, on_unused_input="ignore", no_default_updates=True)
        outputs = [cost, following, *_slope(cost, value)]
        self._place = function(inputs, outputs, on_unused_input="ignore", no_default_updates=True)

    def start(self, at: float) -> dict[SharedVariable, Any]:
        """What to begin with, to begin at a value."""
        return {self.variable: self._value(at)}

    def loss(self, at: float) -> float:
        """The loss if the parameter had this value."""
        return float(self._loss(self._value(at), *self._arguments()))

    def here(self, at: float | None = None) -> Place:
        """The place the parameter is at (or would be at)."""
        if at is None:
            at = float(self.variable.container.value)
        loss, following, *slope = map(float, self._place(self._value(at), *self._arguments()))
        return Place(at, loss, slope[0] if slope else None, following, self.loss(following))

    def curve(self, low: float, high: float) -> list[tuple[float, float]]:
        """Points of the curve between two values; where it is not finite there is none."""
        width = high - low
        points = [low + width * i / POINTS for i in range(POINTS + 1)]
        losses = [self.loss(at) for at in points]
        return [(a, b) for a, b in zip(points, losses, strict=True) if math.isfinite(b)]

    def extent(self) -> tuple[float, float]:
        """From the start over the valley to as high on the other side, with some room."""
        start = self.training.start.get(self.variable, self.variable.container.value)
        place = self.here(float(start))
        stride = place.next - place.at
        if not math.isfinite(stride) or stride == 0:
            stride = max(1.0, abs(place.at))
            return place.at - stride, place.at + stride
        far = self._other_side(place, stride)
        low, high = sorted((place.at, far))
        room = 0.12 * (high - low)
        return low - room, high + room

    def _other_side(self, place: Place, stride: float) -> float:
        """Where the curve is as high again as here, looking twice as far each time."""
        before, far = place.loss, place.at
        for doubling in range(DOUBLINGS):
            far = place.at + stride * 2 ** doubling
            loss = self.loss(far)
            flat = doubling and 0 <= before - loss < FLAT * (place.loss - loss)
            if flat or not loss < place.loss:
                break
            before = loss
        return far

    def _value(self, at: float) -> Any:
        return self.variable.type.numpy_dtype.type(at)  # type: ignore[attr-defined]

    def _arguments(self) -> Any:
        return self.training.arguments(self.training.steps)


def _slope(cost: Variable, value: Variable) -> list[Variable]:
    try:
        return [grad(cost, value, disconnected_inputs="ignore")]
    except TutorError:
        return []
