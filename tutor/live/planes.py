"""Panels whose two axes are numbers of the same kind: the contours of a loss over two parameters.

Comes after the surface and the panels. The lines are computed once and kept as long as they hold;
what moves from frame to frame is the path, the point, its arrow and the next step.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tutor.live import scene
from tutor.live.axes import Axis, cut, equation, number, roomy
from tutor.live.beside import same
from tutor.live.isolines import isolines
from tutor.live.panels import FOLLOW, TRAIL
from tutor.live.plot import BOTTOM, NARROW, SLOT, TOP, Extent, Frame, Traced
from tutor.live.scene import Layer, Mark
from tutor.live.surface import Point, Spot, Surface

LEVELS = 9
QUANTILES = (0, 0.02, 0.1, 0.5, 0.9, 1)
WALL = 10.0  # times the height that most of the plane has: so far above it, lines are drawn
OFF = 0.15  # pixels that a line may be beside itself
PATH = 400  # points of a path that are drawn, at most twice as many
ARROW = 42.0  # pixels
SQUARE = 5.0  # how much one axis may be stretched to have the scale of the other


class Way:
    """The path of a run in few points: after every `stride`-th step, and the newest."""

    def __init__(self, surface: Surface, most: int = PATH) -> None:
        self.surface, self.most = surface, most
        self.stride = 1
        self.done: list[Point] = []
        self.rest: list[Point] = []

    def follow(self) -> list[Point]:
        """Go on to where the run is; return what is new."""
        steps = self.surface.training.steps
        stride = 2 ** max(0, math.ceil(math.log2(max(1, steps) / self.most)))
        if stride != self.stride:
            self.stride, self.done = stride, self.done[::stride // self.stride]
        new = self.surface.path(range(len(self.done) * stride, steps, stride))
        self.done += new
        self.rest = self.surface.path([steps])
        return new + self.rest


class ContourPanel:
    """The loss over two numbers as lines of equal height, and the way through them."""

    def __init__(self, surface: Surface, left: float, right: float) -> None:
        self.surface, self.left, self.right = surface, left, right
        x, y = _square(*surface.extent(), (right - left) / (BOTTOM - TOP))
        self.x, self.y = Extent(*x), Extent(*y)
        self.limits = [FOLLOW * (end.high - end.low) for end in (self.x, self.y)]
        self.drawn: tuple[Any, ...] | None = None
        self.stamp: list[Any] | None = None
        self.heights: list[tuple[float, list[Any]]] = []
        self.lines: tuple[Frame, Layer] | None = None
        self.forget()
        self.steep = _size(surface.here(surface.begin()).slope)

    def forget(self) -> None:
        """Begin the way again, after a reset."""
        self.way = Way(self.surface)
        self.traced = Traced(self.way)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Where in the scene it is."""
        return self.left, TOP, self.right - self.left, BOTTOM - TOP

    def at_pixel(self, x: float, y: float) -> Point:
        """The point at a place of the scene, as a person would set it."""
        frame = self._frame()
        return frame.x.at(x), frame.y.at(y)

    def look(self, spot: Spot) -> None:
        """Reach as far as the point is and will be, within reason; see the heights there."""
        for at in (*self.way.follow(), spot.next):
            for axis, value, limit in zip((self.x, self.y), at, self.limits, strict=True):
                if not axis.low <= value <= axis.high and abs(value) < limit:
                    room = 0.15 * abs(value - axis.low)
                    axis.hold(value - room if value < axis.low else value + room)
        ends = (self.x.low, self.x.high, self.y.low, self.y.high)
        stamp = self.surface.stamp()
        if self.drawn != ends or not same(stamp, self.stamp):
            self.drawn, self.stamp, self.lines = ends, stamp, None
            self.heights = _contours(self.surface.grid(ends[:2], ends[2:]))

    def layers(self, spot: Spot) -> list[Layer]:
        """The frame, the lines, and what moves."""
        frame, names = self._frame(), self.surface.names
        steps = self.surface.training.steps
        trail = self.surface.path(range(max(0, steps - TRAIL), steps))
        way = self.traced.place(frame)
        marks = [scene.line("path", way), scene.dots("trail", frame.place(trail)),
                 *self._moving(frame, spot, ARROW), scene.dots("start", way[:2])]
        whose = self.surface.training.batches.whose
        axes = frame.layers(names[0], f"{whose} over {cut(names[0], 16)} and {cut(names[1], 16)}")
        up = scene.text("name end", self.left - 7, TOP - 1, cut(names[1], NARROW))
        inside = self.x.low <= spot.at[0] <= self.x.high and self.y.low <= spot.at[1] <= self.y.high
        gone = "" if inside else "the point is out of the picture"
        said = Layer((up, scene.text("mid point", (self.left + self.right) / 2, TOP + 16, gone)))
        return [axes, self.layer(frame), frame.inside(*marks), said]

    def moment(self, step: int, left: float, right: float, ends: Point) -> tuple[str, list[Layer]]:
        """A small picture of the way so far, and what it says below."""
        frame = Frame(Axis(self.x.low, self.x.high, left, right),
                      Axis(self.y.low, self.y.high, *ends))
        path = self.surface.path([round(step * i / 40) for i in range(41)] if step else [0])
        spot = self.surface.after(step)
        marks = [scene.line("path", frame.place(path)), *self._moving(frame, spot, 18.0)]
        edge = scene.line("frame", (left, ends[1], left, ends[0], right, ends[0]))
        lines = frame.inside(*self.marks(frame, False))
        return f"loss {number(spot.loss, 3)}", [Layer((edge,)), lines, frame.inside(*marks)]

    def head(self, spot: Spot) -> list[str]:
        """What is read off the point."""
        return [equation(name, number(value), SLOT) for name, value in
                zip(self.surface.names, spot.at, strict=True)]

    def _frame(self) -> Frame:
        return Frame(Axis(self.x.low, self.x.high, self.left, self.right),
                     Axis(self.y.low, self.y.high, BOTTOM, TOP))

    def layer(self, frame: Frame) -> Layer:
        """The lines of equal height; kept as long as they and their axes are the same."""
        if self.lines is None or self.lines[0] != frame:
            self.lines = frame, frame.inside(*self.marks(frame, True))
        return self.lines[1]

    def marks(self, frame: Frame, named: bool) -> list[Mark]:
        """The lines of equal height; beside every third of them, its height."""
        marks = []
        for i, (level, lines) in enumerate(self.heights):
            placed = [_fewer(frame.place(_at_shares(frame, line))) for line in lines]
            marks += [scene.line("contour", points) for points in placed]
            if named and i % 3 == 1 and placed:
                longest = max(placed, key=len)
                pairs = list(zip(longest[::2], longest[1::2], strict=True))
                inside = [(x, y) for x, y in pairs if self.left + 24 < x < self.right - 24]
                if inside:
                    x, y = min(inside, key=lambda pair: abs(pair[1] - TOP - 24))
                    marks.append(scene.text("height mid", x, y + 3, number(level, 2)))
        return marks

    def _moving(self, frame: Frame, spot: Spot, length: float) -> list[Mark]:
        """The way downhill, the next step and the point; always so many marks, even if empty."""
        if not all(map(math.isfinite, (*spot.at, spot.loss))):
            return [scene.line("tangent", ()), scene.line("walk", ()), scene.dots("next", ()),
                    scene.dots("now", ())]
        now, there = frame.place([spot.at]), frame.place([spot.next])
        # Shorter where it is flatter, but seen over many powers of ten.
        length *= min(1.0, (_size(spot.slope) / (self.steep or 1.0)) ** 0.25)
        return [scene.line("tangent", _arrow(frame, spot, length)),
                scene.line("walk", [*now, *there] if there else ()), scene.dots("next", there),
                scene.dots("now", now)]


def _size(slope: Point | None) -> float:
    return math.hypot(*slope) if slope is not None and all(map(math.isfinite, slope)) else 0.0


def _arrow(frame: Frame, spot: Spot, length: float) -> list[float]:
    """Against the gradient, so many pixels long."""
    x, y = frame.x(spot.at[0]), frame.y(spot.at[1])
    if spot.slope is None or not all(map(math.isfinite, spot.slope)):
        return []
    scales = [(axis.end - axis.start) / (axis.high - axis.low) for axis in frame]
    dx, dy = (-slope * scale for slope, scale in zip(spot.slope, scales, strict=True))
    size = math.hypot(dx, dy)
    if not 0 < size < math.inf:
        return []
    dx, dy = dx / size, dy / size
    tip, side = (x + length * dx, y + length * dy), 0.16 * length
    back = [(tip[0] - 2 * side * dx + s * side * dy, tip[1] - 2 * side * dy - s * side * dx)
            for s in (1, -1)]
    points = (x, y, *tip, *back[0], *tip, *back[1])
    return [round(v, 1) for v in points]


def _contours(grid: Any) -> list[tuple[float, list[Any]]]:
    """Levels and their lines; the levels lie so that half of them are over half of the plane."""
    finite = grid[np.isfinite(grid)]
    if not finite.size or finite.max() <= finite.min():
        return []
    low, lowest, lower, middle, upper, high = np.quantile(finite, QUANTILES).tolist()
    # A wall or a hole at the edge does not take all the lines.
    low, high = max(low, lower - WALL * (upper - lower)), min(high, upper + WALL * (upper - lower))
    if not low < high:
        low, high = float(finite.min()), float(finite.max())
    # Half of the lines are over half of the plane, and the lowest has some room within.
    half, least = (max((found - low) / (high - low), 1e-9) for found in (middle, lowest))
    power = max(min(math.log(half) / math.log(0.5), math.log(least) / -math.log(LEVELS + 1)), 1.0)
    # The lines are found in what makes a bowl a cone: between two points of that it is straight.
    straight = np.clip((grid - low) / (high - low), 0, None) ** (1 / power)
    rows, columns = grid.shape
    found = []
    for share in (i / (LEVELS + 1) for i in range(1, LEVELS + 1)):
        lines = [line / (columns - 1, rows - 1) for line in isolines(straight, share)]
        found.append((low + (high - low) * share ** power, lines))
    return found


def _fewer(points: list[float]) -> list[float]:
    """A line in pixels without the points that are hardly off the way between their neighbours."""
    line = np.array(points).reshape(-1, 2)
    while len(line) > 4:
        a, b, c = line[:-2:2], line[1:-1:2], line[2::2]
        across = (c - a)[:, ::-1] * (1, -1)
        off = np.abs(((b[:len(a)] - a) * across).sum(axis=1))
        stay = np.ones(len(line), bool)
        stay[1:-1:2] = off > OFF * np.maximum(np.hypot(*across.T), 1e-9)
        if stay.all():
            break
        line = line[stay]
    return [float(v) for v in line.ravel()]


def _at_shares(frame: Frame, line: Any) -> Any:
    """Points given as shares of both axes, as numbers on them."""
    lows = [axis.low for axis in frame]
    return lows + line * ([axis.high - axis.low for axis in frame])


def _square(x: Point, y: Point, shape: float) -> tuple[Point, Point]:
    """Both axes on one scale, where that does not stretch one of them too far."""
    ratio = (x[1] - x[0]) / (y[1] - y[0]) / shape
    if ratio < 1 / SQUARE or ratio > SQUARE:
        return roomy(*x), roomy(*y)
    if ratio < 1:
        return _wider(x, 1 / ratio), y
    return x, _wider(y, ratio)


def _wider(ends: Point, factor: float) -> Point:
    middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    return middle - factor * half, middle + factor * half
