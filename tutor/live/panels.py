"""The panels a run is seen in beside a map: the loss by step, watched values, a watched array.

Comes after the chart and the heat map. A panel remembers how far its axes reach, so that they grow
when they must and otherwise stand still; apart from that it is a function of the run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tutor.core.variables import SharedVariable
from tutor.live.history import Numbers
from tutor.live.inside import Inside
from tutor.live.lanes import HUES, cross, look_of
from tutor.live.training import Training
from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import (
    LARGEST,
    LEAST,
    Axis,
    Extent,
    Frame,
    cut,
    equation,
    logarithmic,
    number,
    roomy,
)
from tutor.pictures.charts.chart import Box, Layer
from tutor.pictures.charts.heat import Sheet

BOX = Box(52.0, 58.0, 360.0, 246.0)  # of a plot in a panel
SIZE = (380, 286)  # of a panel
HEAD = 200.0, 126.0, 226.0  # where what is read off at the top goes on: of two, and of three
RUNAWAY = 1e4  # times the first loss: from here on only a logarithmic axis shows anything
NOISY = 50  # steps: from here on the mean of several losses is drawn over each, where they jump
SPREAD = 1e3  # times the smallest loss: of such runs a linear axis shows the beginning alone
AWAY, AWAY_LOG = 3.0, 1e4  # times the largest first loss of a race: further away is out of sight
CURVE, CURVE_ALL, CURVE_SMALL = 300, 160, 80  # points of a curve; of each in a race; beside a value
WIDEST = 42  # characters of a line under a panel

Reads = dict[str, Any] | None


class Panel:
    """A panel that is no map: nobody drags a point there."""

    box = BOX
    moments = True  # whether there are small pictures of earlier steps
    first = True  # whether it stands left of the loss

    def look(self) -> list[float]:
        """The heights that the axis of the loss has to reach for its sake: none."""
        return []

    def forget(self, moved: bool = False) -> None:
        """Begin again, after a reset: there is nothing to forget."""

    def head(self) -> list[tuple[str, str]]:
        """Text to read off at the top, each with its style."""
        return []

    def layers(self, heights: Any) -> list[Layer]:
        """What is seen, where the axis of the loss has these ends."""
        raise NotImplementedError

    def moment(self, step: int, box: Box, heights: Any) -> list[Layer]:
        """A small picture of how it was after a step."""
        raise NotImplementedError

    def reading(self, heights: Any) -> Reads:
        """What a pointer reads off it."""
        return None

    def panel(self, heights: Any, read: bool, *under: Layer) -> chart.Panel:
        """The panel with what is read off at its top, over other layers; `read` is whether a
        pointer finds something."""
        layers = headed(self.head(), *under, *self.layers(heights))
        return chart.Panel(*SIZE, layers, self.reading(heights) if read else None)


def headed(said: list[tuple[str, str]], *layers: Layer) -> tuple[Layer, ...]:
    """Layers under text that is read off at the top, each with its style."""
    places = [BOX.left, *(HEAD[1:] if len(said) > 2 else HEAD[:1])]
    marks = [chart.text(look, x, 18.0, words)
             for x, (look, words) in zip(places, said, strict=False)]
    return (Layer(tuple(marks)), *layers) if marks else layers


class LossPanel:
    """The loss of every step; `log` puts it on a logarithmic axis."""

    def __init__(self, trainings: Iterable[Training]) -> None:
        self.trainings = list(trainings)
        self.log = False  # as the learner chose
        self.inside: Inside | None = None  # what is held back, if anything is
        self.now: list[float] = []
        self.forget()

    def forget(self) -> None:
        """Begin again, after a reset."""
        self.last = 10.0

    def limit(self, log: bool = False) -> float:
        """The largest loss that is in the picture."""
        return LARGEST

    @property
    def runaway(self) -> bool:
        """Say whether the loss has grown beyond all measure."""
        losses = self.trainings[0].history.losses
        ends = losses.ends()
        return bool(ends) and ends[1] > RUNAWAY * abs(losses[0]) > 0

    @property
    def better_log(self) -> bool:
        """Say whether a logarithmic axis would show more of the loss than the linear one does."""
        heights = self.heights() or [0.0]
        return not (self.log or self.runaway) and max(heights) > SPREAD * min(heights) > 0

    def heights(self, log: bool = False) -> list[float]:
        """The losses that the axis has to reach."""
        high = self.limit(log)
        low = LEAST if log else -high
        seen = [end for t in self.trainings for end in t.history.losses.ends(low, high)]
        held = self.held()[1] if self.inside else []
        return [*seen, *(loss for loss in (*self.now, *held) if low <= loss <= high)]

    def held(self) -> tuple[list[int], list[float]]:
        """Steps, and the loss on what is held back after each."""
        if self.inside is None or self.inside.held is None:
            return [], []
        steps, _, losses = self.inside.times
        return steps, losses.tolist()

    def frame(self, y: Extent, ended: bool) -> Frame:
        """The axes: they end where the run has `ended`, or are as long as it may yet go on."""
        steps = max(t.steps for t in self.trainings)
        if steps > self.last:
            self.last = roomy(0, steps)[1]
        log = self.log or self.runaway
        ends = logarithmic(self.heights(True)) if log else y.ends()
        last = steps if ended and steps else self.last
        return Frame.over(BOX, (0, last), ends, log)

    def layers(self, frame: Frame) -> list[Layer]:
        """The axes, the curves, and the losses at this moment."""
        about = min(5, int(frame.x.high) - 1)  # of whole steps
        axes = frame.layers("step", self._name(frame.y.log), about)
        return [axes, *self.curves(frame)]

    def reading(self, frame: Frame) -> Reads:
        """The losses of the step under a pointer."""
        lines = "polyline.curve.raw" if self.noisy else "polyline.curve"
        return self._read(frame, f"{lines}, polyline.lane", ["loss", "held back"])

    def _read(self, frame: Frame, lines: str, names: list[str]) -> Reads:
        if not any(training.steps for training in self.trainings):
            return None
        return frame.reading(lines, names, "step", "loss")

    @property
    def noisy(self) -> bool:
        """Say whether the loss jumps so much that its mean tells more."""
        (training,) = self.trainings
        if training.steps < NOISY:
            return False
        return training.batches.varying or training.history.losses.jumps()

    def curves(self, frame: Frame) -> list[Layer]:
        """The curve, and the loss at this moment."""
        ((flat, end),), (training,) = self._placed(frame, CURVE), self.trainings
        lines, noisy = [chart.line("curve", flat)], self.noisy
        if noisy:
            smooth = frame.place(training.history.losses.smoothed())
            lines = [chart.line("curve raw", flat), chart.line("curve", smooth)]
        points = list(zip(*self.held(), strict=True))
        if points:
            lines.append(chart.line("lane hue1 dash1", frame.place(points)))
            lines.append(chart.text("head hue1", BOX.right - 68, BOX.top + 12, "held back"))
        return [frame.inside(*lines, chart.dots("now", end or flat[-2:]))]

    def _placed(self, frame: Frame, limit: int) -> list[tuple[list[float], list[float]]]:
        """Of each run the pixels of its curve, and of its end."""
        found = []
        for training, now in zip(self.trainings, self.now, strict=True):
            end = frame.place([(training.steps, now)] if training.problem is None or
                              len(self.trainings) == 1 else [])
            flat = frame.place(training.history.losses.curve(limit))
            # Over fixed data it is not what the steps returned, which was over their batches.
            found.append((flat + (end if training.batches.on is None else []), end))
        return found

    def _name(self, log: bool) -> str:
        """The name of the axis."""
        batches = [training.batches for training in self.trainings]
        name = "loss of each batch" if any(one.varying for one in batches) else "loss"
        fixed = batches[0].on is not None
        name += " (dot: fixed data)" if fixed else ""
        long = "log" if fixed else "logarithmic"  # as there is room
        return f"{name} ({long})" if log else name


class RaceLossPanel(LossPanel):
    """The losses of all runs; who runs away leaves the picture at its edge."""

    runaway = False

    def reading(self, frame: Frame) -> Reads:
        """The losses of all runs, by their numbers."""
        names = [f"{i + 1}:" for i in range(len(self.trainings))]
        return self._read(frame, "polyline.lane", names)

    def limit(self, log: bool = False) -> float:
        """A multiple of the largest loss at the start."""
        first = [t.history.losses[0] if t.steps else now
                 for t, now in zip(self.trainings, self.now, strict=True)]
        largest = max((abs(loss) for loss in first if math.isfinite(loss)), default=0.0)
        return largest * (AWAY_LOG if log else AWAY) or LARGEST

    def curves(self, frame: Frame) -> list[Layer]:
        """A curve for each run, at whose end is a dot, or a cross where it dropped out."""
        curves, ends = [], []
        for i, (flat, end) in enumerate(self._placed(frame, CURVE_ALL)):
            out = self.trainings[i].problem is not None
            crossed = cross(flat[-2], max(flat[-1], BOX.top)) if out and flat else ()
            curves.append(chart.line(look_of(i), flat))
            ends.append(chart.line(f"lane hue{i % HUES}", crossed))
            ends.append(chart.dots(f"hue{i % HUES}", () if out else end or flat[-2:]))
        return [frame.inside(*curves), frame.inside(*ends)]


class ValuesPanel(Panel):
    """Watched values as text, a line each, scalars with a small curve of their own."""

    moments = first = False

    def __init__(self, training: Training) -> None:
        self.training = training

    def layers(self, heights: Any) -> list[Layer]:
        """The names, the values, the small curves."""
        marks = [chart.text("head", self.box.left, self.box.top - 12, "watched")]
        for i, track in enumerate(self.training.history.tracks[:5]):
            y, value = self.box.top + 18 + 40 * i, track.container.value
            name, curve = track.variable.name, []
            if isinstance(track, Numbers):
                said, curve = equation(name, float(value), WIDEST), self._small_curve(track, y)
            else:
                said = f": {' × '.join(map(str, value.shape))} numbers, of length "
                said += number(float(np.linalg.norm(value)))
                said = cut(name or "value", WIDEST - len(said)) + said
            marks += [chart.text("plain", self.box.left, y, said), chart.line("curve", curve)]
        return [Layer(tuple(marks))]

    def _small_curve(self, track: Numbers, y: float) -> list[float]:
        points = track.curve(CURVE_SMALL)
        points = points[np.isfinite(points[:, 1])]
        if len(points) < 2:
            return []
        low, high = float(points[:, 1].min()), float(points[:, 1].max())
        frame = Frame(Axis(0, points[-1, 0], self.box.left + 160, self.box.right),
                      Axis(low, high if high > low else low + 1, y + 6, y - 18))
        return frame.place(points)


class SheetPanel(Panel):
    """A watched array: a heat map, a cell for each number; or, where asked, its images."""

    first = False

    def __init__(self, training: Training, variable: SharedVariable, images: bool) -> None:
        self.training, self.variable, self.images = training, variable, images

    def sheet(self) -> Sheet:
        """The array as it is now."""
        name = cut(self.variable.name or "weights", 20)
        return Sheet(self.variable.container.value, name, self.images)

    def layers(self, heights: Any) -> list[Layer]:
        """The array with its scale, its rows and columns numbered."""
        return self.sheet().layers(BOX)

    def reading(self, heights: Any) -> Reads:
        """The number of the cell under a pointer."""
        return self.sheet().reading(BOX)

    def moment(self, step: int, box: Box, heights: Any) -> list[Layer]:
        """The array as it was after a step, or the nearest that is kept."""
        history, last = self.training.history, self.variable.container.value
        steps = history.steps(self.variable)
        at = int(steps[np.abs(steps - step).argmin()])
        then = last if at == steps[-1] else history.after(self.variable, [at])[0]
        sheet = Sheet(then, "", self.images, self.sheet().scale)
        below = chart.text("tick mid", box.middle, box.bottom + 20, f"step {at}")
        return [Layer((sheet.image(box, low=True), below))]
