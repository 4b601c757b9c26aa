"""A plot: two axes with their grid, and what is drawn between them.

Comes after the scene. Most frames of a run look like the one before, so what stays is kept: the
grid as long as its axes stand still, and of a growing curve all but its end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from tutor.live import scene
from tutor.live.axes import Axis, cut, roomy
from tutor.live.scene import Layer, Mark
from tutor.live.thinning import LARGEST as LARGEST

TOP, BOTTOM = 58.0, 246.0  # of every plot
MARGIN = 7.0  # around a plot, for marks that stand on its edge
LETTER = 6.7  # pixels, of a bold one
SLOT, NARROW = 19, 6  # characters: of what is read off at the top, and left of an axis
LEAST = 5e-324  # on a logarithmic axis
FEW = 8  # points


class Frame(NamedTuple):
    """Two axes and the rectangle between them."""

    x: Axis
    y: Axis

    def layers(self, x_name: str, y_name: str, about: int = 5) -> Layer:
        """The grid with its numbers and the names of the axes."""
        return _grid(self, x_name, y_name, about)

    def place(self, points: Any) -> list[float]:
        """The pixels of points, x, y, x, y, …; those that are not finite are left out."""
        if len(points) <= FEW:  # sooner than NumPy, and with its rounding
            return [pixel for pair in points if abs(pair[0]) < LARGEST and abs(pair[1]) < LARGEST
                    for pixel in (self.x.rounded(pair[0]), self.y.rounded(pair[1]))]
        pairs = np.array(points, dtype=float).reshape(-1, 2)
        with np.errstate(invalid="ignore"):
            pairs = pairs[(abs(pairs) < LARGEST).all(axis=1)]
        placed = np.stack([self.x.along(pairs[:, 0]), self.y.along(pairs[:, 1])], axis=1)
        flat: list[float] = placed.ravel().tolist()
        return flat

    def inside(self, *marks: Mark) -> Layer:
        """Marks that are cut off at the edge of the plot."""
        x, y = self.x.start - MARGIN, self.y.end - MARGIN
        size = self.x.end - self.x.start + 2 * MARGIN, self.y.start - self.y.end + 2 * MARGIN
        return Layer(marks, (x, y, *size))


@lru_cache(maxsize=64)
def _grid(frame: Frame, x_name: str, y_name: str, about: int) -> Layer:
    """Kept, as most frames of a run have the grid of the one before."""
    (left, right), (bottom, top) = frame.x[2:4], frame.y[2:4]
    marks, most = [], int((right - left + 20) / LETTER)  # characters
    for y, label in frame.y.ticks():
        marks.append(scene.line("grid", (left, y, right, y)))
        marks.append(scene.text("tick end", left - 7, y + 4, label))
    for x, label in frame.x.ticks(about):
        marks.append(scene.line("grid", (x, bottom, x, top)))
        marks.append(scene.text("tick mid", x, bottom + 16, label))
    marks.append(scene.line("frame", (left, top, left, bottom, right, bottom)))
    marks.append(scene.text("name mid", (left + right) / 2, bottom + 34, cut(x_name, most)))
    marks.append(scene.text("head", left, top - 12, cut(y_name, most)))
    return Layer(tuple(marks))


class Traced:
    """The line of a growing curve; as long as its axes stand still, only what is new is placed.

    A curve has points that are `done`, which changes with its `stride` or grows, and the `rest`.
    """

    def __init__(self, thinned: Any) -> None:
        self.thinned = thinned
        self.drawn: tuple[Frame, int] | None = None
        self.flat: list[float] = []
        self.count = 0

    def place(self, frame: Frame) -> list[float]:
        """The pixels of the curve so far."""
        thinned = self.thinned
        if self.drawn != (frame, thinned.stride):
            self.drawn = frame, thinned.stride
            self.flat, self.count = [], 0
        self.flat += frame.place(thinned.done[self.count:])
        self.count = len(thinned.done)
        return self.flat + frame.place(thinned.rest)


class Extent:
    """The ends of an axis, which grow when a value lies outside and never shrink."""

    def __init__(self, low: float = math.inf, high: float = -math.inf) -> None:
        self.low, self.high = low, high

    def hold(self, *values: float) -> None:
        """Reach as far as these values; those beyond what can be drawn are passed over."""
        for value in values:
            if abs(value) < LARGEST:
                self.low, self.high = min(self.low, value), max(self.high, value)

    def axis(self) -> Axis:
        """The axis upwards."""
        return Axis(*self.ends(), BOTTOM, TOP)

    def ends(self) -> tuple[float, float]:
        """Round ends, even where there are no values yet."""
        return roomy(self.low, self.high) if self.low <= self.high else (0.0, 1.0)


def logarithmic(values: Sequence[float]) -> Axis:
    """The axis upwards of whole powers of ten around these values, which are positive."""
    logs = [math.log10(value) for value in values] or [0.0]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    return Axis(low, max(high, low + 1), BOTTOM, TOP, log=True)
