"""The loss as a function of two numbers: two watched scalars, or a watched vector of two.

Comes after the landscape, and is the same for a plane: the numbers are replaced by inputs in the
loss and in their updates, so that the loss can be evaluated anywhere while the run stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.compile.function import function
from tutor.errors import TutorError
from tutor.gradient import grad
from tutor.graph import Variable, graph_inputs, rebuild
from tutor.graph.shared import SharedVariable
from tutor.live.history import values_after
from tutor.live.training import Training

FINE, COARSE = (61, 41), (41, 27)  # columns and rows: once, and anew for every frame
TRIES = 60  # steps in search of the valley
FLAT = 0.001  # of the way down: a step that gains less ends the search
SHORT = 1e-3  # of a number: a step to see how the slope changes; float32 has few digits
Point = tuple[float, float]


class Spot(NamedTuple):
    """A point of the plane: where, how high, how steep both ways, where the next step leads."""

    at: Point
    loss: float
    slope: Point | None
    next: Point


class Surface:
    """The loss of a run over the plane of two watched numbers, everything else as it is."""

    def __init__(self, training: Training, variables: Sequence[SharedVariable]) -> None:
        self.training, self.variables = training, list(variables)
        f = training.f
        values: list[Variable] = [v.type(v.name) for v in variables]
        following = [training.changes.get(v, v) for v in variables]
        replaced: dict[Variable, Variable] = dict(zip(variables, values, strict=True))
        cost, *after = rebuild([f._request.run_outputs[0], *following], replaced)
        inputs = [*values, *f.inputs]
        self.alone = not (set(training.changes) - set(variables)) & set(graph_inputs([cost]))
        self._loss = function(inputs, cost, on_unused_input="ignore", no_default_updates=True)
        slopes = _slopes(cost, values)
        self._spot = function(inputs, [cost, *after, *slopes], on_unused_input="ignore",
                              no_default_updates=True)

    @property
    def names(self) -> tuple[str, str]:
        """What the two numbers are called."""
        if len(self.variables) == 2:
            first, second = (v.name or f"value {i}" for i, v in enumerate(self.variables, 1))
            return first, second
        name = self.variables[0].name or "value"
        return f"{name}[0]", f"{name}[1]"

    def point(self, values: Sequence[Any]) -> Point:
        """The point that values of the variables are."""
        flat = [float(number) for value in values for number in np.ravel(value)]
        return flat[0], flat[1]

    def values(self, at: Point) -> list[Any]:
        """The values of the variables at a point."""
        parts = at if len(self.variables) == 2 else [at]
        return [np.asarray(part, v.dtype) for part, v in zip(parts, self.variables, strict=True)]

    def start(self, at: Point) -> dict[SharedVariable, Any]:
        """What to begin with, to begin at a point."""
        return dict(zip(self.variables, self.values(at), strict=True))

    def loss(self, at: Point) -> float:
        """The loss if the numbers were these."""
        return float(self._loss(*self.values(at), *self._arguments()))

    def here(self, at: Point | None = None) -> Spot:
        """The spot the numbers are at (or would be at)."""
        if at is None:
            at = self.point([v.container.value for v in self.variables])
        loss, *more = self._spot(*self.values(at), *self._arguments())
        n = len(self.variables)
        slope = self.point(more[n:]) if len(more) > n else None
        return Spot(at, float(loss), slope, self.point(more[:n]))

    def beginning(self) -> Point:
        """The point where the run starts."""
        return self.point([self.training.start.get(v, v.container.value) for v in self.variables])

    def path(self, steps: Sequence[int]) -> list[Point]:
        """The points after these steps."""
        history = self.training.history
        columns = [values_after(history, v, steps) for v in self.variables]
        pairs = zip(*columns, strict=True) if len(columns) == 2 else columns[0]
        return [(float(a), float(b)) for a, b in pairs]

    def grid(self, x: Point, y: Point) -> NDArray[np.float64]:
        """The loss over a rectangle, (rows, columns), the first row the lowest."""
        columns, rows = FINE if self.alone else COARSE
        return np.array([[self.loss((a, b)) for a in np.linspace(*x, columns).tolist()]
                         for b in np.linspace(*y, rows).tolist()])

    def extent(self) -> tuple[Point, Point]:
        """The ends of both axes: the valley in the middle, and the start well inside."""
        start = self.beginning()
        low = self._valley(start)
        sizes = [abs(a - b) for a, b in zip(start, low, strict=True)]
        largest = max(sizes) or max(1.0, *map(abs, start))
        halves = [1.3 * max(size, 0.3 * largest) for size in sizes]
        x, y = ((at - half, at + half) for at, half in zip(low, halves, strict=True))
        return x, y

    def _valley(self, start: Point) -> Point:
        """A low point near the start: downhill by Newton's method, as far as it can be trusted.

        K. Levenberg, A method for the solution of certain non-linear problems in least squares,
        1944: a multiple of the unit matrix is added, the more, the less the last step gained.
        """
        spot = self.here(start)
        first, careful = spot.loss, 1.0
        for _ in range(TRIES):
            bend = self._bend(spot)
            if bend is None:
                break
            steep = float(np.abs(bend).max()) or 1.0
            step = np.linalg.lstsq(bend + careful * steep * np.eye(2), np.array(spot.slope))[0]
            there = self.here((spot.at[0] - float(step[0]), spot.at[1] - float(step[1])))
            if not there.loss < spot.loss:
                careful *= 4
                continue
            careful, gained, spot = careful / 4, spot.loss - there.loss, there
            if gained < FLAT * (first - spot.loss):
                break
        return spot.at

    def _bend(self, spot: Spot) -> NDArray[np.float64] | None:
        """How the slope changes with each number, (2, 2), or None where that is not known."""
        slopes = [spot.slope]
        little = SHORT * max(1.0, math.hypot(*spot.at))
        for dx, dy in ((little, 0.0), (0.0, little)):
            slopes.append(self.here((spot.at[0] + dx, spot.at[1] + dy)).slope)
        found = np.array([slope or (math.nan, math.nan) for slope in slopes])
        bend: NDArray[np.float64] = (found[1:] - found[0]) / little
        return (bend + bend.T) / 2 if np.isfinite(bend).all() else None

    def _arguments(self) -> Any:
        return self.training.arguments(self.training.steps)


def _slopes(cost: Variable, values: list[Variable]) -> list[Variable]:
    try:
        return list(grad(cost, values, disconnected_inputs="ignore"))
    except TutorError:
        return []
