"""What the points of a race move over: the curve of one number, or the contours of two.

Comes after the planes. Only where all runs have the same loss are their points on
one ground; who leaves it is not followed far, so that the others stay in sight.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.errors import TutorError
from tutor.core.variables import SharedVariable
from tutor.live import scene
from tutor.live.axes import Axis, cut
from tutor.live.beside import is_number, same
from tutor.live.history import values_after
from tutor.live.landscape import Landscape
from tutor.live.panels import trail
from tutor.live.planes import ContourPanel, Way
from tutor.live.plot import BOTTOM, NARROW, TOP, Extent, Frame, Traced
from tutor.live.scene import Layer, Mark
from tutor.live.surface import Point, Surface
from tutor.live.training import Training

LEFT = (52.0, 356.0)
HUES, DASHES = 6, 6  # in race.css; the first six runs differ in both, 36 in one
TRAIL = 12
APART = 12.0  # pixels between two numbers
WAY = 120  # points of a way over the contours
FOLLOW = 1.0  # times its first width the landscape may grow to either side


def look(i: int) -> str:
    """The classes of the line of the run with this number."""
    return f"lane hue{i % HUES} dash{(i + i // HUES) % DASHES}"


class Contours:
    """The loss over two numbers as lines of equal height, and the ways of all runs through them."""

    def __init__(self, surfaces: list[Surface]) -> None:
        self.surfaces = surfaces
        self.forget()

    def forget(self, moved: bool = False) -> None:
        """Begin again, after a reset; where only the start moved, the lines stay."""
        if not moved:
            self.panel = ContourPanel(self.surfaces[0], *LEFT)
        self.ways = [Way(surface, WAY) for surface in self.surfaces]
        self.traced = [Traced(way) for way in self.ways]
        for surface in self.surfaces:
            start = surface.begin()
            self.panel.look(surface.here(start)._replace(next=start))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Where in the scene the start can be taken by hand."""
        return self.panel.box

    def starts(self, x: float, y: float) -> list[dict[SharedVariable, Any]]:
        """What each run has to begin with, to begin at a place of the scene."""
        at = self.panel.at_pixel(x, y)
        return [surface.start(at) for surface in self.surfaces]

    def look(self) -> list[float]:
        """The heights that the axis of the loss has to reach for its sake: none."""
        return []

    def layers(self, y: Axis) -> list[Layer]:
        """The lines, the ways, the points with their numbers."""
        frame, names = self.panel._frame(), self.surfaces[0].names
        whose = self.surfaces[0].training.batches.whose
        grid = frame.layers(names[0], f"{whose} over {cut(names[0], 16)} and {cut(names[1], 16)}")
        up = scene.text("name end", LEFT[0] - 7, TOP - 1, cut(names[1], NARROW))
        for way in self.ways:
            way.follow()
        lines = [traced.place(frame) for traced in self.traced]
        here = [way.rest[0] for way in self.ways]
        return [grid, Layer((up,)), self.panel.layer(frame), *_ways(frame, lines, here, True)]

    def moment(self, step: int, x: tuple[float, float], y: Axis) -> list[Layer]:
        """A small frame of the strip, with its caption."""
        frame = Frame(self.panel._frame().x._replace(start=x[0], end=x[1]),
                      self.panel._frame().y._replace(start=y.start, end=y.end))
        lasts = [min(step, surface.training.steps) for surface in self.surfaces]
        ways = [surface.path(sorted({round(last * k / WAY) for k in range(WAY + 1)}))
                for surface, last in zip(self.surfaces, lasts, strict=True)]
        lines, here = [frame.place(way) for way in ways], [way[-1] for way in ways]
        return [_caption(step, x, y), frame.inside(*self.panel.marks(frame, False)),
                *_ways(frame, lines, here, False)]


def _ways(frame: Frame, lines: list[list[float]], here: list[Point], numbered: bool) -> list[Layer]:
    drawn = [scene.line(look(i), line) for i, line in enumerate(lines)]
    return [frame.inside(*drawn), frame.inside(*points(frame, here, numbered))]


class Valley:
    """One landscape that all runs move over: the points of all, and where they came from."""

    def __init__(self, landscapes: list[Landscape]) -> None:
        self.landscapes = landscapes
        self.ends: tuple[float, float] | None = None
        self.points: list[tuple[float, float]] = []
        self.drawn: tuple[Frame, Mark] | None = None
        self.stamp: list[Any] | None = None
        self.forget()

    def forget(self, moved: bool = False) -> None:
        """Begin again, after a reset; where only the start moved, the curve stays."""
        if moved:
            return
        self.x = Extent(*self.landscapes[0].extent())
        for landscape in self.landscapes[1:]:
            self.x.hold(float(landscape.beginning()[0]))
        width = self.x.high - self.x.low
        self.limits = self.x.low - FOLLOW * width, self.x.high + FOLLOW * width

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Where in the scene the start can be taken by hand."""
        return LEFT[0], TOP, LEFT[1] - LEFT[0], BOTTOM - TOP

    def starts(self, x: float, y: float) -> list[dict[SharedVariable, Any]]:
        """What each run has to begin with, to begin at a place of the scene."""
        at = Axis(*(self.ends or (0.0, 1.0)), *LEFT).at(x)
        return [landscape.start(at) for landscape in self.landscapes]

    def look(self) -> list[float]:
        """Reach as far as the points are, within reason; the heights that are seen."""
        for landscape in self.landscapes:
            at = float(landscape.variable.container.value)
            if not self.x.low <= at <= self.x.high and (
                    self.limits[0] < at < self.limits[1]):
                room = 0.15 * abs(at - self.x.low)
                self.x.hold(at - room if at < self.x.low else at + room)
        stamp = self.landscapes[0].stamp()
        if self.ends != (self.x.low, self.x.high) or not same(stamp, self.stamp):
            self.ends, self.stamp = (self.x.low, self.x.high), stamp
            self.points, self.drawn = self.landscapes[0].curve(*self.ends), None
        return [loss for _, loss in self.points]

    def layers(self, y: Axis) -> list[Layer]:
        """The curve, the trails, the points with their numbers."""
        frame = Frame(Axis(*(self.ends or (0.0, 1.0)), *LEFT), y)
        if self.drawn is None or self.drawn[0] != frame:
            self.drawn = frame, scene.line("grey", frame.place(self.points))
        marks = [self.drawn[1]]
        for i, landscape in enumerate(self.landscapes):
            marks.append(scene.dots(f"trail hue{i % HUES}", frame.place(trail(landscape, TRAIL))))
        here = [self._at(i, None) for i in range(len(self.landscapes))]
        name = self.landscapes[0].variable.name or "value"
        whose = self.landscapes[0].training.batches.whose
        grid = frame.layers(name, f"{whose} as a function of {name}")
        return [grid, frame.inside(*marks), frame.inside(*points(frame, here, True))]

    def moment(self, step: int, x: tuple[float, float], y: Axis) -> list[Layer]:
        """A small frame of the strip, with its caption."""
        frame = Frame(Axis(*(self.ends or (0.0, 1.0)), *x), y)
        here = [self._at(i, step) for i in range(len(self.landscapes))]
        curve = scene.line("grey", frame.place(self.points[::3]))
        drawn = frame.inside(curve, *points(frame, here, False))
        return [_caption(step, x, y), drawn]

    def _at(self, i: int, step: int | None) -> tuple[float, float]:
        """Where a run was after a step, or is now."""
        landscape = self.landscapes[i]
        training, at = landscape.training, float(landscape.now()[0])
        if step is not None and step < training.steps:
            at = float(values_after(training.history, landscape.variable, [step])[0])
        return at, landscape.loss(at)


def points(frame: Frame, here: list[tuple[float, float]], numbered: bool) -> list[Mark]:
    """A dot for each run, with its number over it."""
    flats = [frame.place([at] if frame.x.low <= at[0] <= frame.x.high else []) for at in here]
    spots = _spots({i: (flat[0], flat[1] - 9) for i, flat in enumerate(flats) if flat}, frame.x)
    marks: list[Mark] = []
    for i, flat in enumerate(flats):
        marks.append(scene.dots(f"now hue{i % HUES}", flat))
        if numbered:
            x, y = spots.get(i, (frame.x.start, TOP))
            words = str(i + 1) if flat else ""
            marks.append(scene.text(f"head mid hue{i % HUES}", round(x, 1), round(y, 1), words))
    return marks


def _spots(wanted: dict[int, Point], x: Axis) -> dict[int, Point]:
    """Where numbers stand: those that would meet in a row over all of them, from left to right."""
    rows: list[dict[int, Point]] = []
    for i, (a, b) in wanted.items():
        row = {i: (a, b)}
        while meeting := [other for other in rows if _meet(row, other)]:
            rows = [other for other in rows if other not in meeting]
            row = _row([*row, *(k for other in meeting for k in other)], wanted, x)
        rows.append(row)
    return {i: place for row in rows for i, place in row.items()}


def _meet(one: dict[int, Point], other: dict[int, Point]) -> bool:
    return any(abs(a - c) < APART and abs(b - d) < APART
               for a, b in one.values() for c, d in other.values())


def _row(members: list[int], wanted: dict[int, Point], x: Axis) -> dict[int, Point]:
    """Numbers side by side, as far as there is room over the middle of their points."""
    half = APART * (len(members) - 1) / 2
    middle = sum(wanted[i][0] for i in members) / len(members)
    left = max(min(middle, x.end - half), x.start + half) - half
    y = min(wanted[i][1] for i in members)
    ordered = sorted(members, key=lambda i: (wanted[i][0], i))
    return {i: (left + APART * n, y) for n, i in enumerate(ordered)}


def _caption(step: int, x: tuple[float, float], y: Axis) -> Layer:
    edge = scene.line("frame", (x[0], y.start, x[1], y.start))
    return Layer((edge, scene.text("tick mid", round(sum(x) / 2, 1), y.start + 20, f"step {step}")))


def common(trainings: list[Training]) -> Valley | Contours | None:
    """The ground that all runs share: each watches one number or two, of the same loss."""
    found: list[Any] = []
    for training in trainings:
        watch = training.watch
        if not watch or not all(is_number(v) for v in watch):
            return None
        try:
            if [v.ndim for v in watch] == [0]:
                found.append(Landscape(training, watch[0]))
            elif [v.ndim for v in watch] == [0, 0] or watch[0].container.value.shape == (2,):
                found.append(Surface(training, watch))
            else:
                return None
        except TutorError:
            return None
    first = found[0]
    if not all(type(one) is type(first) and one.alone for one in found):
        return None
    flat = isinstance(first, Surface)
    low, high = np.array(first.extent() if flat else [first.extent()]).T
    places = [tuple(at) for at in np.linspace(low, high, 5).tolist()]
    losses = np.array([[one.loss(at if flat else at[0]) for at in places] for one in found])
    if not np.allclose(losses, losses[0], rtol=1e-6, equal_nan=True):
        return None
    return Contours(found) if flat else Valley(found)
