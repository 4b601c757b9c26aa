"""The loss as a function of two numbers: two watched scalars, or a watched vector of two.

Comes after the landscape, and is the same for a plane. The loss and its slopes at the crossings of
a grid say what it is between them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.core.variables import SharedVariable
from tutor.live.beside import Ground
from tutor.live.history import values_after
from tutor.live.smooth import finer
from tutor.live.training import Training

FINE, COARSE = (41, 27), (29, 19)  # columns and rows: once, and anew for every frame
TIMES = 6  # so many times as many, where the slopes are known
TRIES = 60  # steps in search of the valley
FLAT = 0.01  # of the way down: a step that gains less hardly falls
CLOSE = 0.001  # of the way: a step that is shorter has arrived
SOON = 12  # steps, after one that hardly fell, that may lead anywhere
SURE = 0.1  # of the bends: with less added, a step is as long as Newton's
TINY = 1e-12  # of the largest bend: less is none
NEAR, BEYOND = 1.3, 0.8  # of the way to the valley: seen on this side of it, and on the other
SHORT = 1e-3  # of a number: a step to see how the slope changes; float32 has few digits
FAR = 1e6  # times the size of the start: who falls further falls for ever
LEVEL = 1e-3  # of the slope at the start: where it is less, the plane is level
PROBES = 17  # rows and columns of a first look at where the loss is a number
Point = tuple[float, float]


class Spot(NamedTuple):
    """A point of the plane: where, how high, how steep both ways, where the next step leads."""

    at: Point
    loss: float
    slope: Point | None
    next: Point


class Surface(Ground):
    """The loss of a run over the plane of two watched numbers, everything else as it is."""

    def __init__(self, training: Training, variables: Sequence[SharedVariable]) -> None:
        super().__init__(training, variables)
        self.dtypes = [v.type.numpy_dtype for v in self._cost.inputs[:len(self.variables)]]

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
        return [np.asarray(part, dtype) for part, dtype in zip(parts, self.dtypes, strict=True)]

    def start(self, at: Point) -> dict[SharedVariable, Any]:
        """What to begin with, to begin at a point."""
        return self.start_of(self.values(at))

    def loss(self, at: Point) -> float:
        """The loss if the numbers were these."""
        return self.cost(self.values(at))

    def here(self, at: Point | None = None) -> Spot:
        """The spot the numbers are at (or would be at)."""
        values = self.now() if at is None else self.values(at)
        return self._spot(values, self.following(values))

    def after(self, step: int) -> Spot:
        """The spot they were at after a step, seen as everything else is now."""
        if step >= self.training.steps:
            return self.here()
        at, following = self.path([step, step + 1])
        return self._spot(self.values(at), self.values(following))

    def _spot(self, values: Sequence[Any], following: Sequence[Any]) -> Spot:
        loss, slope = self.look(values)
        return Spot(self.point(values), loss, self.point(slope) if slope else None,
                    self.point(following))

    def begin(self) -> Point:
        """The point where the run starts."""
        return self.point(self.beginning())

    def path(self, steps: Sequence[int]) -> list[Point]:
        """The points after these steps."""
        history = self.training.history
        columns = [values_after(history, v, steps) for v in self.variables]
        pairs = zip(*columns, strict=True) if len(columns) == 2 else columns[0]
        return [(float(a), float(b)) for a, b in pairs]

    def grid(self, x: Point, y: Point) -> NDArray[np.float64]:
        """The loss over a rectangle, (rows, columns), the first row the lowest."""
        columns, rows = FINE if self.alone else COARSE
        across, up = np.linspace(*x, columns), np.linspace(*y, rows)
        looks = [[self.look(self.values((a, b))) for a in across.tolist()] for b in up.tolist()]
        heights = np.array([[loss for loss, _ in row] for row in looks])
        if not self.sloped:
            return heights
        slopes = np.array([[self.point(slope) for _, slope in row] for row in looks])
        return finer(heights, slopes[..., 0], slopes[..., 1], across, up, TIMES)

    def extent(self) -> tuple[Point, Point]:
        """The ends of both axes: the valley, or where it is level, in the middle, and the start
        well inside; nothing of where the loss is no number."""
        start = self.begin()
        spot = self.here(start)
        low = self._valley(spot) or self._level(spot) or start
        sizes = [abs(a - b) for a, b in zip(start, low, strict=True)]
        largest = max(sizes) or max(1.0, *map(abs, start))
        wide = self._width(low, spot.loss)
        ends = []
        for at, to, size, width in zip(start, low, sizes, wide, strict=True):
            half = max(size, min(0.3 * largest, width))
            beyond = BEYOND if size == half else NEAR
            sides = (NEAR, beyond) if at < to else (beyond, NEAR)
            ends.append((to - sides[0] * half, to + sides[1] * half))
        return self._known(*ends)

    def _valley(self, start: Spot) -> Point | None:
        """A low point near the start, if there is one: downhill by Newton's method, as far as it
        can be trusted. Where a valley falls ever less, that is where it has almost ceased to fall.

        D. Marquardt, An algorithm for least-squares estimation of nonlinear parameters, 1963: a
        multiple of the diagonal is added, the more, the less the last step gained.
        """
        spot, careful = start, 1.0
        seen: Point | None = None
        since, near = 0, math.inf  # tries since then, and how far it was
        for _ in range(TRIES):
            since += seen is not None
            bend = self._bend(spot)
            if bend is None:
                break
            step = _downhill(bend, spot.slope, careful)
            there = self._look_at((spot.at[0] - step[0], spot.at[1] - step[1]))
            if not there.loss < spot.loss:
                careful *= 4
                continue
            careful, gained, spot = careful / 4, spot.loss - there.loss, there
            way = math.dist(start.at, spot.at)
            if careful < SURE and math.hypot(*step) < CLOSE * way:
                return spot.at if since < SOON or way < 10 * near else seen
            if way > FAR * max(1.0, *map(abs, start.at)):
                return seen
            if seen is None and gained < FLAT * (start.loss - spot.loss):
                seen, near = spot.at, way
        return seen or spot.at

    def _level(self, start: Spot) -> Point | None:
        """A place near the start where the slope is 0, by Newton's method: a saddle's middle."""
        spot, reach = start, 10 * max(1.0, *map(abs, start.at))
        for _ in range(TRIES):
            bend = self._bend(spot)
            if bend is None or not np.abs(bend).max():
                return None
            step = np.linalg.lstsq(bend, np.array(spot.slope))[0]
            spot = self._look_at((spot.at[0] - float(step[0]), spot.at[1] - float(step[1])))
            if spot.slope is None or not math.dist(spot.at, start.at) < reach:
                return None
            if math.hypot(*spot.slope) <= LEVEL * math.hypot(*(start.slope or (0.0, 0.0))):
                return spot.at
        return None

    def _width(self, low: Point, height: float) -> list[float]:
        """How far along each axis from a low point the loss is about as high as given."""
        spot = self._look_at(low)
        bend = self._bend(spot)
        rise = height - spot.loss
        if bend is None or not rise > 0:
            return [math.inf, math.inf]
        return [math.sqrt(2 * rise / b) if b > 0 else math.inf for b in np.diag(bend).tolist()]

    def _known(self, x: Point, y: Point) -> tuple[Point, Point]:
        """The part of a rectangle in which the loss is a number, and a little around it."""
        across, up = np.linspace(*x, PROBES), np.linspace(*y, PROBES)
        finite = np.isfinite([[self.loss((a, b)) for a in across.tolist()] for b in up.tolist()])
        if finite.all() or not finite.any():
            return x, y
        ends = []
        for places, there in ((across, finite.any(axis=0)), (up, finite.any(axis=1))):
            first, last = np.flatnonzero(there)[[0, -1]]
            ends.append((float(places[max(first - 1, 0)]),
                         float(places[min(last + 1, PROBES - 1)])))
        return ends[0], ends[1]

    def _bend(self, spot: Spot) -> NDArray[np.float64] | None:
        """How the slope changes with each number, (2, 2), or None where that is not known."""
        slopes = [spot.slope]
        little = SHORT * max(1.0, math.hypot(*spot.at))
        for dx, dy in ((little, 0.0), (0.0, little)):
            slopes.append(self._look_at((spot.at[0] + dx, spot.at[1] + dy)).slope)
        found = np.array([slope or (math.nan, math.nan) for slope in slopes])
        bend: NDArray[np.float64] = (found[1:] - found[0]) / little
        return (bend + bend.T) / 2 if np.isfinite(bend).all() else None

    def _look_at(self, at: Point) -> Spot:
        """A spot of which nobody asks where the next step leads."""
        values = self.values(at)
        return self._spot(values, values)


def _downhill(bend: NDArray[np.float64], slope: Point | None, careful: float) -> Point:
    """Newton's step against the slope, bends taken as upward and by so much sharper."""
    size = np.abs(bend).max(axis=1)
    scale = np.sqrt(np.maximum(size, TINY * size.max()) if size.any() else np.ones(2))
    bends, ways = np.linalg.eigh(bend / np.outer(scale, scale))
    along = ways.T @ (np.array(slope) / scale) / (np.abs(bends) + careful)
    dx, dy = (ways @ along / scale).tolist()
    return dx, dy
