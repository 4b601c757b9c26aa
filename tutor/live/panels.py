"""The panels a run is seen in: the loss by step, the landscape, watched values.

Comes after the landscape and the plot. A panel remembers how far its axes reach, so that they grow
when they must and otherwise stand still; apart from that it is a function of the run.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tutor.core.variables import SharedVariable
from tutor.live import scene
from tutor.live.axes import Axis, cut, equation, number, roomy
from tutor.live.beside import same
from tutor.live.history import values_after
from tutor.live.landscape import Landscape, Place
from tutor.live.plot import BOTTOM, LARGEST, LEAST, TOP, Extent, Frame, Traced, logarithmic
from tutor.live.scene import Layer, Mark
from tutor.live.thinning import Thinned
from tutor.live.training import Training

TRAIL = 24
FOLLOW = 30  # times its first width a landscape may grow; who runs away further leaves it
RUNAWAY = 1e4  # times the first loss: from here on only a logarithmic axis shows anything
TANGENT = 62.0
WIDEST = 46  # characters of a line under a panel


class LossPanel:
    """The loss of every step; `log` puts it on a logarithmic axis."""

    def __init__(self, training: Training, left: float, right: float) -> None:
        self.training, self.left, self.right = training, left, right
        self.log = False  # as the learner chose
        self.forget()

    def forget(self) -> None:
        """Begin again, after a reset."""
        self.thinned, self.last = Thinned(), 10.0
        self.traced = Traced(self.thinned)

    def ends(self) -> list[float]:
        """The smallest and the largest loss, if there is any."""
        self.thinned.follow(self.training.history.losses)
        return self.thinned.ends()

    @property
    def logarithmic(self) -> bool:
        """Whether the axis is logarithmic: by choice, or because the run runs away."""
        return self.log or self.runaway

    @property
    def runaway(self) -> bool:
        """Whether the loss has grown beyond all measure."""
        ends, losses = self.ends(), self.training.history.losses
        return bool(ends) and ends[1] > RUNAWAY * abs(losses[0]) > 0

    def layers(self, y: Extent, now: float) -> tuple[Frame, list[Layer]]:
        """The frame, and the layers to draw: the curve, and the loss at this moment."""
        steps = self.training.steps
        here = [(steps, now)]
        self.last = max(self.last, roomy(0, steps)[1])
        logarithmic = self.logarithmic
        axis = self._logarithmic(here) if logarithmic else y.axis()
        frame = Frame(Axis(0, self.last, self.left, self.right), axis)
        flat, end = self.traced.place(frame), frame.place(here)
        # Over fixed data it is not what the steps returned, which was over their batches.
        line = flat if self.training.batches.on is not None else flat + end
        drawn = frame.inside(scene.line("curve", line), scene.dots("now", end or flat[-2:]))
        return frame, [frame.layers("step", self._name(logarithmic)), drawn]

    def _name(self, logarithmic: bool) -> str:
        """Whose loss it is."""
        batches = self.training.batches
        name = "loss of each batch" if batches.varying else "loss"
        if batches.on is not None:
            name += ", now on fixed data"
        long = "log" if batches.on is not None else "logarithmic"  # as there is room
        return f"{name} ({long})" if logarithmic else name

    def _logarithmic(self, here: list[tuple[int, float]]) -> Axis:
        now = [loss for _, loss in here if LEAST <= loss <= LARGEST]
        return logarithmic([*self.thinned.ends(LEAST), *now])


class LandscapePanel:
    """The loss over one parameter: the point, its tangent, its next step, its last ones."""

    def __init__(self, landscape: Landscape, left: float, right: float) -> None:
        self.landscape, self.left, self.right = landscape, left, right
        self.training = landscape.training
        self.x = Extent(*landscape.extent())
        self.limit = FOLLOW * (self.x.high - self.x.low)
        self.seen = 0
        self.ends: tuple[float, float] | None = None
        self.points: list[tuple[float, float]] = []
        self.heights: list[float] = []
        self.drawn: tuple[Frame, Mark] | None = None
        self.stamp: list[Any] | None = None

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Where in the scene it is."""
        return self.left, TOP, self.right - self.left, BOTTOM - TOP

    def at_pixel(self, x: float, y: float) -> float:
        """The value at a place of the scene, as a person would set it."""
        return Axis(*(self.ends or (0.0, 1.0)), self.left, self.right).at(x)

    def look(self, place: Place) -> None:
        """Reach as far as the point has been and will be, within reason; see the curve there."""
        track = self.training.history.track(self.landscape.variable)
        values = track.series.values(self.seen)  # type: ignore[union-attr]
        self.seen = self.training.steps + 1
        outside = values[(values < self.x.low) | (values > self.x.high)]
        for at in (*outside.tolist(), place.at, place.next):
            if not self.x.low <= at <= self.x.high and abs(at) < self.limit:
                room = 0.15 * abs(at - self.x.low)
                self.x.hold(at - room if at < self.x.low else at + room)
        ends = (self.x.low, self.x.high)
        stamp = self.landscape.stamp()
        if self.ends != ends or not same(stamp, self.stamp):
            self.ends, self.points, self.drawn = ends, self.landscape.curve(*ends), None
            self.stamp = stamp
            seen = [loss for _, loss in self.points]
            self.heights = [min(seen), max(seen)] if seen else []

    def layers(self, y: Axis, place: Place) -> tuple[Frame, list[Layer]]:
        """The frame, and the layers to draw."""
        low, high = self.ends or (0.0, 1.0)
        frame = Frame(Axis(low, high, self.left, self.right), y)
        if self.drawn is None or self.drawn[0] != frame:
            self.drawn = frame, scene.line("curve", frame.place(self.points))
        marks = [self.drawn[1]]
        marks.append(scene.dots("trail", frame.place(trail(self.landscape, TRAIL))))
        marks += moving(frame, place)
        name = self.landscape.variable.name or "value"
        gone = "" if low <= place.at <= high else f"{cut(name, 24)} is out of the picture"
        said = Layer((scene.text("mid point", (self.left + self.right) / 2, TOP + 16, gone),))
        drawn = frame.inside(*marks)
        title = f"{self.training.batches.whose} as a function of {name}"
        return frame, [frame.layers(name, title), drawn, said]


def trail(landscape: Landscape, most: int) -> list[tuple[float, float]]:
    """The last places before the present one, seen on the curve as it is now."""
    training = landscape.training
    steps = range(max(0, training.steps - most), training.steps)
    came = map(float, values_after(training.history, landscape.variable, steps))
    if landscape.alone and training.batches.on is None:
        return [*zip(came, map(training.history.losses.__getitem__, steps), strict=True)]
    return [(at, landscape.loss(at)) for at in came]


def moving(frame: Frame, place: Place, length: float = TANGENT) -> list[Mark]:
    """The tangent, the next step and the point itself; always so many marks, even if empty."""
    if not (math.isfinite(place.at) and math.isfinite(place.loss)):
        return [scene.line("tangent", ()), scene.line("walk", ()), scene.dots("next", ()),
                scene.dots("now", ())]
    x, y = frame.x(place.at), frame.y(place.loss)
    tangent: tuple[float, ...] = ()
    if place.slope is not None and math.isfinite(place.slope):
        per_x = (frame.x.end - frame.x.start) / (frame.x.high - frame.x.low)
        per_y = (frame.y.end - frame.y.start) / (frame.y.high - frame.y.low)
        dx = length / math.hypot(1.0, min(abs(place.slope * per_y / per_x), 1e6))
        dy = dx * max(-1e6, min(1e6, place.slope * per_y / per_x))
        tangent = tuple(round(v, 1) for v in (x - dx, y - dy, x + dx, y + dy))
    walk: tuple[float, ...] = ()
    if math.isfinite(place.next):
        there = frame.x(place.next)
        walk = (x, y, there, y, there, frame.y(place.next_loss))
    return [scene.line("tangent", tangent), scene.line("walk", walk),
            scene.dots("next", walk[4:]), scene.dots("now", (x, y))]


class ValuesPanel:
    """Watched values as text, a line each, scalars with a small curve of their own."""

    def __init__(self, training: Training, left: float, right: float) -> None:
        self.training, self.left, self.right = training, left, right
        self.thinned = {v: Thinned(80) for v in training.watch}

    def forget(self) -> None:
        """Begin again, after a reset."""
        self.thinned = {v: Thinned(80) for v in self.training.watch}

    def layers(self) -> list[Layer]:
        """The names, the values, the small curves."""
        marks = [scene.text("head", self.left, TOP - 12, "watched")]
        for i, v in enumerate(self.training.watch[:5]):
            y = TOP + 18 + 40 * i
            value = v.get_value(borrow=True)
            name, shape = v.name or "value", " × ".join(map(str, value.shape))
            said = equation(name, number(float(value)), WIDEST) if v.ndim == 0 else (
                f": {shape} numbers, of length {number(float(np.linalg.norm(value)))}")
            said = said if v.ndim == 0 else cut(name, WIDEST - len(said)) + said
            marks.append(scene.text("plain", self.left, y, said))
            marks.append(scene.line("curve", self._small_curve(v, y) if v.ndim == 0 else ()))
        return [Layer(tuple(marks))]

    def _small_curve(self, v: SharedVariable, y: float) -> list[float]:
        thinned = self.thinned[v]
        thinned.follow(self.training.history.track(v).series)  # type: ignore[union-attr]
        points = [(a, b) for a, b in thinned.points() if math.isfinite(b)]
        if len(points) < 2:
            return []
        low, high = min(b for _, b in points), max(b for _, b in points)
        frame = Frame(Axis(0, points[-1][0], self.left + 160, self.right),
                      Axis(low, high if high > low else low + 1, y + 6, y - 18))
        return frame.place(points)
