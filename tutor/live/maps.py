"""The loss over the one or two numbers that are trained, and the ways of runs through it.

Comes after the landscape. A map remembers how far its axes reach, so that they grow when they must
and otherwise stand still. Of one run it shows the slope and the next step; of a race the points of
all, each with its number, as far as they move over the same loss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tutor.live.landscape import Landscape, Place, Point, grid, same
from tutor.live.lanes import HUES, look_of, numbered
from tutor.live.panels import Panel
from tutor.live.valley import extent
from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import (
    NARROW,
    SLOT,
    Ends,
    Extent,
    Frame,
    captioned,
    cut,
    equation,
    number,
    roomy,
)
from tutor.pictures.charts.chart import Box, Layer, Mark
from tutor.pictures.charts.contours import contours, plane
from tutor.pictures.charts.heat import plane_reading

POINTS = 120  # of the curve over one number
FOLLOW, FOLLOW_ALL = 30.0, 1.0  # times its first width a map may grow to either side; in a race
TRAIL, TRAIL_ALL = 24, 12  # last places that have a dot of their own
TANGENT, ARROW = (62.0, 26.0), (42.0, 18.0)  # pixels of the slope, and in a small picture
PATH, PATH_ALL, SKETCH = 400, 120, 40  # points of a path, at most twice as many; of a small one
READ = 41  # rows or columns of which a pointer reads the loss
CAPTION = 21  # characters under a small picture
SQUARE = 5.0  # how much one axis may be stretched to have the scale of the other


class Curve(Panel):
    """The loss over one number: a curve, whose slope is a tangent."""

    slope_length = TANGENT
    whole_ways = False  # whether they are drawn, over the loss, in a layer of their own

    def __init__(self, landscapes: Sequence[Landscape], race: bool = False) -> None:
        self.landscapes, self.race = list(landscapes), race
        self.one = self.landscapes[0]
        self.forget()

    def forget(self, moved: bool = False) -> None:
        """Begin again, after a reset; where only the start moved, the loss and its axes stay."""
        self.seen = 0  # steps of the ways that the axes reach
        if moved:
            return
        self.axes = [Extent(*ends) for ends in self.extent()]
        times = FOLLOW_ALL if self.race else FOLLOW
        widths = [times * (axis.high - axis.low) for axis in self.axes]
        self.limits = [(axis.low - width, axis.high + width)
                       for axis, width in zip(self.axes, widths, strict=True)]
        for landscape in self.landscapes[1:]:
            self._reach([landscape.beginning()])
        self.stamp: list[Any] | None = None
        self.ends: list[Ends] = []
        self.drawn: tuple[Frame, list[Mark]] | None = None
        self.heights: list[float] = []

    def starts(self, x: float, y: float) -> list[dict[Any, Any]]:
        """The values that each run has to start with at a place of the scene."""
        frame = self.frame(self.box, (0.0, 1.0))
        at = tuple(axis.at(pixel) for axis, pixel, _ in zip(frame, (x, y), self.axes, strict=False))
        return [landscape.start(at) for landscape in self.landscapes]

    def look(self) -> list[float]:
        """Reach as far as the runs have been and will be, within reason; return the heights that
        the axis of the loss has to reach."""
        self.places = [landscape.here() for landscape in self.landscapes]
        for landscape, place in zip(self.landscapes, self.places, strict=True):
            if self.race and not self.whole_ways:  # who ran away and is back is not looked for
                self._reach([place.at])
            else:
                self._reach(landscape.way(PATH, self.seen))
        self._reach([] if self.race else [self.places[0].next])
        self.seen = self.one.training.steps
        ends, stamp = [(axis.low, axis.high) for axis in self.axes], self.one.stamp()
        if self.ends != ends or not same(stamp, self.stamp):
            self.ends, self.stamp, self.drawn = ends, stamp, None
            self.survey()
        return self.heights

    def _reach(self, points: Sequence[Point]) -> None:
        for at in points:
            for axis, value, (low, high) in zip(self.axes, at, self.limits, strict=True):
                if not axis.low <= value <= axis.high and low < value < high:
                    room = 0.15 * abs(value - axis.low)
                    axis.hold(value - room if value < axis.low else value + room)

    def layers(self, heights: Ends) -> list[Layer]:
        """The frame, the loss, and what moves over it; `heights` end the axis of the loss."""
        frame, above = self.frame(self.box, heights), self.above()
        if self.drawn is None or self.drawn[0] != frame:
            self.drawn = frame, self.background(frame, True)
        axes = frame.layers(self.one.names[0], self.title())
        drawn = self._over(frame, self.drawn[1], None)
        if self.race:
            return [axes, *([Layer(above)] if above else []), *drawn]
        inside = all(low <= value <= high for (low, high), value in
                     zip(self.ends, self.places[0].at, strict=True))
        gone = chart.text("mid point", (self.box.left + self.box.right) / 2, self.box.top + 16,
                          "" if inside else f"{self.point} is out of the picture")
        return [axes, *drawn, Layer((*above, gone))]

    def moment(self, step: int, box: Box, heights: Ends) -> list[Layer]:
        """A small picture of where the runs were after a step."""
        frame = self.frame(box, heights)
        caption = (captioned(box, f"step {step}") if self.race else
                   self.caption(box, step, self.one.after(step)))
        return [*caption, *self._over(frame, self.background(frame, False), step)]

    def _over(self, frame: Frame, behind: list[Mark], step: int | None) -> list[Layer]:
        """The ways and the points over the loss, now or as they were after a step."""
        places = self.places if step is None else [one.after(step) for one in self.landscapes]
        marks, small = self.ways(frame, step), step is not None
        marks += [] if self.race else self.moving(frame, places[0], small)
        layers = [behind, marks] if self.whole_ways else [[*behind, *marks]]
        if self.race:
            points = numbered(frame, [self.spot(place) for place in places], not small)
            layers = [[*behind, *points]] if small and not marks else [*layers, points]
        return [frame.inside(*one) for one in layers]

    def moving(self, frame: Frame, place: Place, small: bool) -> list[Mark]:
        """The slope, the next step and the point; always so many marks, even if empty."""
        now: list[float] = []
        slope, walk = now, now
        if all(map(math.isfinite, (*place.at, place.loss))):
            slope = self.slope(frame, place, self.slope_length[small])
            now, walk = self.walk(frame, place)
        return [chart.line("tangent", slope), chart.line("walk", [*now, *walk] if walk else []),
                chart.dots("next", walk[-2:]), chart.dots("now", now)]

    def extent(self) -> list[Ends]:
        """The ends of the axis."""
        return extent(self.one)

    def survey(self) -> None:
        """Find the curve between the ends of its axis; where it is not finite there is none."""
        ((low, high),) = self.ends
        at = [low + (high - low) * i / POINTS for i in range(POINTS + 1)]
        points = [(x, self.one.loss((x,))) for x in at]
        self.points = [point for point in points if math.isfinite(point[1])]
        self.heights = [loss for _, loss in self.points]

    def frame(self, box: Box, heights: Ends) -> Frame:
        """The axes in a box."""
        return Frame.over(box, (self.axes[0].low, self.axes[0].high), heights)

    def title(self) -> str:
        """The title of the plot."""
        return f"{self.one.training.batches.whose} as a function of {self.one.names[0]}"

    def above(self) -> tuple[Mark, ...]:
        """The name of the axis upwards: it is that of the loss."""
        return ()

    @property
    def point(self) -> str:
        """The name of the point, when it leaves the picture."""
        return cut(self.one.names[0], 24)

    def head(self) -> list[tuple[str, str]]:
        """Text to read off at the top, each with its style; of a race its legend says it."""
        if self.race:
            return []
        (place,) = self.places
        slope = f"slope {number(place.slope[0])}" if place.slope else ""
        return [("head point", equation(self.one.names[0], place.at[0], SLOT)),
                ("head slope", slope)]

    def reading(self, heights: Ends) -> dict[str, Any] | None:
        """The loss over the number under a pointer."""
        return self.frame(self.box, heights).reading(
            f"polyline.{'grey' if self.race else 'curve'}", ["loss"], self.one.names[0], "loss")

    def caption(self, box: Box, step: int, place: Place) -> list[Layer]:
        """The caption of a small picture."""
        begun = f"step {step}: "
        said = equation(self.one.names[0], place.at[0], CAPTION - len(begun), 3)
        return captioned(box, begun + said)

    def background(self, frame: Frame, whole: bool) -> list[Mark]:
        """The curve."""
        points = self.points[::1 if whole else 3]
        placed = frame.place(points) if whole or self.race else [
            pixel for x, y in points for pixel in (frame.x(x), frame.y(y))]
        return [chart.line("grey" if self.race else "curve", placed)]

    def ways(self, frame: Frame, step: int | None) -> list[Mark]:
        """The last places of each run, seen on the curve as it is now."""
        if step is not None:
            return []
        return [chart.dots(f"trail hue{i % HUES}" if self.race else "trail",
                           frame.place(landscape.trail(TRAIL_ALL if self.race else TRAIL)))
                for i, landscape in enumerate(self.landscapes)]

    def spot(self, place: Place) -> tuple[float, float]:
        """The coordinates of a place in the plot."""
        return place.at[0], place.loss

    def slope(self, frame: Frame, place: Place, length: float) -> list[float]:
        """The tangent, so many pixels to each side."""
        if not place.slope or not math.isfinite(place.slope[0]):
            return []
        x, y = frame.x(place.at[0]), frame.y(place.loss)
        across, up = _scales(frame)
        steep = max(-1e6, min(1e6, place.slope[0] * up / across))
        dx = length / math.hypot(1.0, steep)
        return [round(v, 1) for v in (x - dx, y - dx * steep, x + dx, y + dx * steep)]

    def walk(self, frame: Frame, place: Place) -> tuple[list[float], list[float]]:
        """The point, and the next step: along, and then to the height that is there."""
        x, y, there = frame.x(place.at[0]), frame.y(place.loss), frame.x(place.next[0])
        if not math.isfinite(place.next[0]):
            return [x, y], []
        return [x, y], [there, y, there, frame.y(self.one.loss(place.next))]


class Plane(Curve):
    """The loss over two numbers: lines of equal height, whose slope is an arrow downhill."""

    slope_length = ARROW
    whole_ways = True

    def forget(self, moved: bool = False) -> None:
        """Begin again; the arrow is as long as it can be where the run begins."""
        super().forget(moved)
        if not moved:
            self.steep = _size(self.one.slope_at(self.one.beginning()).slope)

    def extent(self) -> list[Ends]:
        """The ends of both axes, on one scale where that does not stretch one of them too far."""
        x, y = extent(self.one)
        _, _, width, height = self.box.placed
        ratio = (x[1] - x[0]) / (y[1] - y[0]) / (width / height)
        if ratio < 1 / SQUARE or ratio > SQUARE:
            return [roomy(*x), roomy(*y)]
        return [_wider(x, 1 / ratio), y] if ratio < 1 else [x, _wider(y, ratio)]

    def survey(self) -> None:
        """Find the lines between the ends of the axes, and what is higher than each."""
        self.surface = grid(self.one, *self.ends)
        self.contours = contours(self.surface)

    def frame(self, box: Box, heights: Ends) -> Frame:
        """The axes in a box."""
        x, y = self.axes
        return Frame.over(box, (x.low, x.high), (y.low, y.high))

    def title(self) -> str:
        """The title of the plot."""
        first, second = (cut(name, 16) for name in self.one.names)
        return f"{self.one.training.batches.whose} over {first} and {second}"

    def above(self) -> tuple[Mark, ...]:
        """The name of the axis upwards."""
        name = cut(self.one.names[1], NARROW)
        return (chart.text("name end", self.box.left - 7, self.box.top - 12, name),)

    point = "the point"

    def reading(self, heights: Ends) -> dict[str, Any] | None:
        """The loss at the place under a pointer, as far as it is known."""
        every = max(1, -(-max(self.surface.shape) // READ))
        frame = self.frame(self.box, heights)
        return plane_reading(self.surface[::every, ::every], frame, (*self.one.names, "loss"))

    def head(self) -> list[tuple[str, str]]:
        """Text to read off at the top, each with its style; of a race its legend says it."""
        return [] if self.race else [("head point", equation(name, value, SLOT)) for name, value in
                zip(self.one.names, self.places[0].at, strict=True)]

    def caption(self, box: Box, step: int, place: Place) -> list[Layer]:
        """The caption of a small picture."""
        words = f"step {step}: loss {number(place.loss, 3)}"
        return captioned(box, words, corner=True)

    def background(self, frame: Frame, whole: bool) -> list[Mark]:
        """The plane, the darker the higher; a large picture has the lines of equal height too."""
        return plane(self.contours, frame, whole)

    def ways(self, frame: Frame, step: int | None) -> list[Mark]:
        """The path of each run up to a step, or until now."""
        marks = []
        for i, landscape in enumerate(self.landscapes):
            last = landscape.training.steps
            way = landscape.way(PATH_ALL if self.race else PATH) if step is None else (
                landscape.path(self._sketched(min(step, last))))
            marks.append(chart.line(look_of(i) if self.race else "path", frame.place(way)))
        if step is None and not self.race:
            steps = self.one.training.steps
            newest = self.one.path(range(max(0, steps - TRAIL), steps))
            marks.append(chart.dots("trail", frame.place(newest)))
        return marks

    def _sketched(self, last: int) -> list[int]:
        """The steps that a path in a small picture goes through."""
        count = PATH_ALL if self.race else SKETCH
        steps = [round(last * i / count) for i in range(count + 1)] if last else [0]
        return sorted(set(steps)) if self.race else steps

    def moving(self, frame: Frame, place: Place, small: bool) -> list[Mark]:
        """The same, and a ring at the start."""
        marks = super().moving(frame, place, small)
        return marks if small else [*marks, chart.dots("start", frame.place(self.one.path([0])))]

    def spot(self, place: Place) -> tuple[float, float]:
        """The coordinates of a place in the plot."""
        return place.at[0], place.at[1]

    def slope(self, frame: Frame, place: Place, length: float) -> list[float]:
        """An arrow against the gradient: shorter where it is flatter, but seen over many powers of
        ten."""
        if _size(place.slope) == 0 or not place.slope:
            return []
        length *= min(1.0, (_size(place.slope) / (self.steep or 1.0)) ** 0.25)
        x, y = frame.x(place.at[0]), frame.y(place.at[1])
        dx, dy = (-slope * scale for slope, scale in
                  zip(place.slope, _scales(frame), strict=True))
        size = math.hypot(dx, dy)
        if not 0 < size < math.inf:
            return []
        return chart.arrow(x, y, length * dx / size, length * dy / size, 0.32, -0.16)

    def walk(self, frame: Frame, place: Place) -> tuple[list[float], list[float]]:
        """The point, and the next step."""
        return frame.place([place.at]), frame.place([place.next])


def _size(slope: Point | None) -> float:
    return math.hypot(*slope) if slope is not None and all(map(math.isfinite, slope)) else 0.0


def _scales(frame: Frame) -> list[float]:
    """Pixels for each unit of both axes."""
    return [(axis.end - axis.start) / (axis.high - axis.low) for axis in frame]


def _wider(ends: Ends, factor: float) -> Ends:
    middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    return middle - factor * half, middle + factor * half
