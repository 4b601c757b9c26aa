"""What a race looks like: the losses in one panel, points on a landscape, a legend under them.

Comes after the panels. A colour, a dash and a number belong to each run; who runs away leaves the
picture at its edge, so that the others stay in sight, and who dropped out has a cross at its end.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tutor.errors import TutorError
from tutor.live import scene
from tutor.live.axes import Axis, number, round_up
from tutor.live.landscape import Landscape
from tutor.live.panels import BOTTOM, LARGEST, TOP, Extent, Frame
from tutor.live.scene import Layer, Mark, Scene
from tutor.live.thinning import Thinned
from tutor.live.training import Training

WIDTH, HEIGHT = 760, 286
LEFT, RIGHT = (52.0, 356.0), (448.0, 738.0)
HUES, DASHES = 6, 6  # in race.css; the first six runs differ in both, 36 in one
ROW = 22.0  # pixels of a line of the legend
TRAIL = 12
LONGEST = 24  # letters of a name in the legend
FRAMES, STRIP = 5, 122
AWAY = 3.0  # times the largest first loss: beyond it a loss is out of the picture
AWAY_LOG = 1e4
FOLLOW = 1.0  # times its first width the landscape may grow to either side


class RaceView:
    """The picture of runs by name that step together."""

    def __init__(self, together: Any) -> None:
        self.together = together
        self.trainings: dict[str, Training] = together.trainings
        self.valley = _common(list(self.trainings.values()))
        self.landscape = self.valley and self.valley.landscapes[0]
        self.loss = LossesPanel(self.trainings, *(RIGHT if self.valley else (LEFT[0], RIGHT[1])))
        self.y = Extent()

    def forget(self) -> None:
        """Begin again, after a reset."""
        self.y = Extent()
        self.loss.forget()
        self.valley = _common(list(self.trainings.values()))

    def now(self) -> Scene:
        """The scene at this moment."""
        steps = self.together.steps
        self.y.hold(*self.loss.heights())
        layers = [Layer((scene.text("head", LEFT[0], 18.0, f"step {steps}"),))]
        if self.valley:
            self.y.hold(*(loss for loss in self.valley.look() if loss <= self.loss.limit()))
            layers += self.valley.layers(Axis(*self.y.ends(), BOTTOM, TOP))
        layers += self.loss.layers(self.y)
        layers.append(self._legend())
        height = HEIGHT + 14 + int(ROW) * math.ceil(len(self.trainings) / 2)
        return Scene(WIDTH, height, tuple(layers), self.words())

    def still(self) -> Scene:
        """The scene with a strip of five moments, where there are steps and a landscape."""
        above, last = self.now(), self.together.steps
        if not last or not self.valley:
            return above
        moments = sorted({round(last * i / (FRAMES - 1)) for i in range(FRAMES)})
        wide = (RIGHT[1] - LEFT[0] - 4 * 16) / FRAMES
        layers = list(above.layers)
        for i, moment in enumerate(moments):
            left = round(LEFT[0] + i * (wide + 16), 1)
            x = left, round(left + wide, 1)
            y = Axis(*self.y.ends(), above.height + 92.0, above.height + 12.0)
            layers += self.valley.moment(moment, x, y)
        return above._replace(height=above.height + STRIP, layers=tuple(layers))

    def words(self) -> str:
        """The scene in words."""
        steps = self.together.steps
        said = [f"A race of {len(self.trainings)} runs after {steps} step{'s' * (steps != 1)}"]
        said += [f"{name}: {_told(training)}" for name, training in self.trainings.items()]
        return "; ".join(said) + "."

    def _legend(self) -> Layer:
        marks: list[Mark] = []
        for i, (name, training) in enumerate(self.trainings.items()):
            x, y = (LEFT[0], 404.0)[i % 2], HEIGHT + 18 + ROW * (i // 2)
            marks.append(scene.line(look(i), (x, y - 4, x + 36, y - 4)))
            marks.append(scene.text(f"head hue{i % HUES}", x + 44, y, str(i + 1)))
            marks.append(scene.text("plain", x + 62, y, f"{_short(name)}: {_told(training)}"))
        return Layer(tuple(marks))


def look(i: int) -> str:
    """The classes of the line of the run with this number."""
    return f"lane hue{i % HUES} dash{(i + i // HUES) % DASHES}"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[:LONGEST - 1]}…"


def _told(training: Training) -> str:
    """How a run stands, in a few words."""
    losses = training.history.losses
    if training.problem is not None:
        return f"out of range at step {len(losses)}"
    said = [f"loss {number(losses[-1])}"] if losses else []
    said += [f"{v.name or 'value'} = {number(float(v.container.value))}"
             for v in training.watch[:2] if v.ndim == 0]
    return ", ".join(said)


class LossesPanel:
    """The losses of all runs by step; `log` puts them on a logarithmic axis."""

    def __init__(self, trainings: dict[str, Training], left: float, right: float) -> None:
        self.trainings, self.left, self.right = list(trainings.values()), left, right
        self.log = False
        self.forget()

    def forget(self) -> None:
        """Begin again, after a reset."""
        self.thinned = [Thinned(160) for _ in self.trainings]
        self.last = 10.0

    def limit(self) -> float:
        """The largest loss that is in the picture."""
        first = [t.history.losses[0] for t in self.trainings if t.history.losses]
        largest = max((abs(loss) for loss in first if math.isfinite(loss)), default=0.0)
        return largest * (AWAY_LOG if self.log else AWAY) or LARGEST

    def heights(self) -> list[float]:
        """The losses that the axis has to reach."""
        limit = self.limit()
        for thinned, training in zip(self.thinned, self.trainings, strict=True):
            thinned.follow(training.history.losses)
        return [loss for thinned in self.thinned for _, loss in thinned.points()
                if abs(loss) <= limit]

    def layers(self, extent: Extent) -> list[Layer]:
        """The grid, and a curve for each run."""
        heights = self.heights()
        steps = max(len(training.history) for training in self.trainings)
        self.last = max(self.last, round_up(max(1, steps)))
        y = self._logarithmic(heights) if self.log else Axis(*extent.ends(), BOTTOM, TOP)
        frame = Frame(Axis(0, self.last, self.left, self.right), y)
        curves, ends = [], []
        for i, (thinned, training) in enumerate(zip(self.thinned, self.trainings, strict=True)):
            flat = _placed(frame, thinned.points())
            curves.append(scene.line(look(i), flat))
            here = (flat[-2], max(flat[-1], TOP)) if flat else ()
            out = training.problem is not None
            ends.append(scene.line(f"lane hue{i % HUES}", _cross(*here) if out and here else ()))
            ends.append(scene.dots(f"hue{i % HUES}", () if out else flat[-2:]))
        name = "loss (logarithmic)" if self.log else "loss"
        return [frame.layers("step", name), frame.inside(*curves), frame.inside(*ends)]

    def _logarithmic(self, heights: list[float]) -> Axis:
        logs = [math.log10(loss) for loss in heights if loss > 0] or [0.0]
        low, high = math.floor(min(logs)), math.ceil(max(logs))
        return Axis(low, max(high, low + 1), BOTTOM, TOP, log=True)


class ValleyPanel:
    """One landscape that all runs move over: the points of all, and where they came from."""

    def __init__(self, landscapes: list[Landscape]) -> None:
        self.landscapes = landscapes
        self.x = Extent(*landscapes[0].extent())
        for landscape in landscapes[1:]:
            v = landscape.variable
            self.x.hold(float(landscape.training.start.get(v, v.container.value)))
        width = self.x.high - self.x.low
        self.limits = self.x.low - FOLLOW * width, self.x.high + FOLLOW * width
        self.ends: tuple[float, float] | None = None
        self.points: list[tuple[float, float]] = []

    def look(self) -> list[float]:
        """Reach as far as the points are, within reason; the heights that are seen."""
        for landscape in self.landscapes:
            at = float(landscape.variable.container.value)
            if not self.x.low <= at <= self.x.high and (
                    self.limits[0] < at < self.limits[1]):
                room = 0.15 * abs(at - self.x.low)
                self.x.hold(at - room if at < self.x.low else at + room)
        if self.ends != (self.x.low, self.x.high):
            self.ends = self.x.low, self.x.high
            self.points = self.landscapes[0].curve(*self.ends)
        return [loss for _, loss in self.points]

    def layers(self, y: Axis) -> list[Layer]:
        """The curve, the trails, the points with their numbers."""
        frame = Frame(Axis(*(self.ends or (0.0, 1.0)), *LEFT), y)
        marks = [scene.line("grey", _placed(frame, self.points))]
        for i, landscape in enumerate(self.landscapes):
            history = landscape.training.history
            came = history.track(landscape.variable).kept[-TRAIL - 1:-1]
            trail = zip(map(float, came), history.losses[-TRAIL:], strict=True)
            marks.append(scene.dots(f"trail hue{i % HUES}", _placed(frame, trail)))
        here = [self._at(i, -1) for i in range(len(self.landscapes))]
        name = self.landscapes[0].variable.name or "value"
        grid = frame.layers(name, f"loss as a function of {name}")
        return [grid, frame.inside(*marks), frame.inside(*self._points(frame, here, True))]

    def moment(self, step: int, x: tuple[float, float], y: Axis) -> list[Layer]:
        """A small frame of the strip, with its caption."""
        frame = Frame(Axis(*(self.ends or (0.0, 1.0)), *x), y)
        edge = scene.line("frame", (x[0], y.start, x[1], y.start))
        caption = scene.text("tick mid", round(sum(x) / 2, 1), y.start + 20, f"step {step}")
        here = [self._at(i, step) for i in range(len(self.landscapes))]
        curve = scene.line("grey", _placed(frame, self.points[::3]))
        drawn = frame.inside(curve, *self._points(frame, here, False))
        return [Layer((edge, caption)), drawn]

    def _at(self, i: int, step: int) -> tuple[float, float]:
        """Where a run was after a step, or at its end."""
        landscape = self.landscapes[i]
        kept = landscape.training.history.track(landscape.variable).kept
        at = float(kept[min(step, len(kept) - 1)])
        return at, landscape.loss(at)

    def _points(self, frame: Frame, here: list[tuple[float, float]], numbered: bool) -> list[Mark]:
        """A dot for each run, with its number over it; numbers that would meet are stacked."""
        marks: list[Mark] = []
        taken: list[tuple[float, float]] = []
        for i, place in enumerate(here):
            inside = frame.x.low <= place[0] <= frame.x.high
            flat = _placed(frame, [place]) if inside else []
            marks.append(scene.dots(f"hue{i % HUES}", flat))
            if not numbered:
                continue
            x, y = (flat[0], flat[1] - 9) if flat else (frame.x.start, TOP)
            while any(abs(x - a) < 11 and abs(y - b) < 12 for a, b in taken):
                y -= 12
            taken += [(x, y)] if flat else []
            marks.append(scene.text(f"head mid hue{i % HUES}", x, round(y, 1),
                                    str(i + 1) if flat else ""))
        return marks


def _cross(x: float, y: float) -> tuple[float, ...]:
    ways = (x - 5, y - 5, x + 5, y + 5, x, y, x + 5, y - 5, x - 5, y + 5)
    return tuple(round(v, 1) for v in ways)


def _placed(frame: Frame, points: Any) -> list[float]:
    """The pixels of points; those that are not finite are left out."""
    finite = [pair for pair in points if abs(pair[1]) < LARGEST]
    pairs = np.array(finite, dtype=float).reshape(-1, 2)
    placed = np.stack([frame.x.along(pairs[:, 0]), frame.y.along(pairs[:, 1])], axis=1)
    flat: list[float] = placed.ravel().tolist()
    return flat


def _common(trainings: list[Training]) -> ValleyPanel | None:
    """The landscape that all runs share: each watches one number, and their losses are the same."""
    landscapes = []
    for training in trainings:
        v = training.watch[0] if len(training.watch) == 1 else None
        if v is None or v.ndim or not v.dtype.startswith("float"):
            return None
        try:
            landscapes.append(Landscape(training, v))
        except TutorError:
            return None
    low, high = landscapes[0].extent()
    places = np.linspace(low, high, 5)
    losses = np.array([[landscape.loss(at) for at in places] for landscape in landscapes])
    alone = all(landscape.alone for landscape in landscapes)
    same = np.allclose(losses, losses[0], rtol=1e-6, equal_nan=True)
    return ValleyPanel(landscapes) if alone and same else None
