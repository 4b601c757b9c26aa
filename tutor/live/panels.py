"""The panels a run is seen in beside a map: the loss by step, watched values, a watched array.

Comes after the chart. A panel remembers how far its axes reach, so that they grow when they must
and otherwise stand still; apart from that it is a function of the run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.core.shared import SharedVariable
from tutor.live import chart
from tutor.live.chart import (
    LARGEST,
    LEAST,
    Axis,
    Box,
    Extent,
    Frame,
    Layer,
    Mark,
    cut,
    equation,
    logarithmic,
    number,
    roomy,
)
from tutor.live.history import Numbers
from tutor.live.lanes import HUES, cross, look_of
from tutor.live.training import Training
from tutor.pictures import pixels

RUNAWAY = 1e4  # times the first loss: from here on only a logarithmic axis shows anything
NOISY = 50  # batches: from here on the mean of several losses is drawn over each
SPREAD = 1e3  # times the smallest loss: of such runs a linear axis shows the beginning alone
AWAY, AWAY_LOG = 3.0, 1e4  # times the largest first loss of a race: further away is out of sight
CURVE, CURVE_ALL, CURVE_SMALL = 300, 160, 80  # points of a curve; of each in a race; beside a value
WIDEST = 46  # characters of a line under a panel
MOST = 200  # rows or columns of a heat map; of more, some are left out
THIN = 12.0  # pixels that it is wide and high at least
BAR = (120.0, 8.0)  # pixels of the scale


class LossPanel:
    """The loss of every step; `log` puts it on a logarithmic axis."""

    box: Box

    def __init__(self, trainings: Iterable[Training]) -> None:
        self.trainings = list(trainings)
        self.log = False  # as the learner chose
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
        return [*seen, *(loss for loss in self.now if low <= loss <= high)]

    def layers(self, y: Extent) -> tuple[Frame, list[Layer]]:
        """The frame, and the layers to draw: the curves, and the losses at this moment."""
        self.last = max(self.last, roomy(0, max(t.steps for t in self.trainings))[1])
        log = self.log or self.runaway
        ends = logarithmic(self.heights(True)) if log else y.ends()
        frame = Frame(Axis(0, self.last, self.box.left, self.box.right),
                      Axis(*ends, self.box.bottom, self.box.top, log))
        return frame, [frame.layers("step", self._name(log)), *self.curves(frame)]

    def curves(self, frame: Frame) -> list[Layer]:
        """The curve, and the loss at this moment."""
        ((flat, end),), (training,) = self._placed(frame, CURVE), self.trainings
        lines = [chart.line("curve", flat)]
        if training.batches.varying and training.steps >= NOISY:
            smooth = frame.place(training.history.losses.smoothed())
            lines = [chart.line("curve raw", flat), chart.line("curve", smooth)]
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
        name += ", now on fixed data" if fixed else ""
        long = "log" if fixed else "logarithmic"  # as there is room
        return f"{name} ({long})" if log else name


class RaceLossPanel(LossPanel):
    """The losses of all runs; who runs away leaves the picture at its edge."""

    runaway = False

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
            crossed = cross(flat[-2], max(flat[-1], self.box.top)) if out and flat else ()
            curves.append(chart.line(look_of(i), flat))
            ends.append(chart.line(f"lane hue{i % HUES}", crossed))
            ends.append(chart.dots(f"hue{i % HUES}", () if out else end or flat[-2:]))
        return [frame.inside(*curves), frame.inside(*ends)]


class Panel:
    """A panel beside the loss that is no map: nobody drags a point there."""

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


class ValuesPanel(Panel):
    """Watched values as text, a line each, scalars with a small curve of their own."""

    moments = first = False

    def __init__(self, training: Training, box: Box) -> None:
        self.training, self.box = training, box

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
        points = track.series.curve(CURVE_SMALL)
        points = points[np.isfinite(points[:, 1])]
        if len(points) < 2:
            return []
        low, high = float(points[:, 1].min()), float(points[:, 1].max())
        frame = Frame(Axis(0, points[-1, 0], self.box.left + 160, self.box.right),
                      Axis(low, high if high > low else low + 1, y + 6, y - 18))
        return frame.place(points)


class SheetPanel(Panel):
    """A watched array: a heat map, a cell for each number; or, where asked, its images.

    Both are on a scale centred at zero, which is drawn under them.
    """

    first = False

    def __init__(self, training: Training, variable: SharedVariable, images: bool,
                 box: Box) -> None:
        self.training, self.variable = training, variable
        self.images, self.box = images, box

    def layers(self, heights: Any) -> list[Layer]:
        """The sheet, its size in words, its scale."""
        values = np.asarray(self.variable.container.value)
        scale, name = _scale_of(values), cut(self.variable.name or "weights", 20)
        size = " × ".join(map(str, values.shape))
        said = f"{name} as images" if self.images else f"{name}, {size}"
        for word, every in zip(("row", "column"), _steps(values), strict=False):
            said += f", 1 {word} in {every}" if every > 1 and not self.images else ""
        bad = int(values.size - np.isfinite(values).sum())
        said += f", {bad} not finite" if bad else ""
        head = chart.text("head", self.box.left, self.box.top - 12, said)
        sheet = self._sheet(values, self.box._replace(bottom=self.box.bottom - 10), scale)
        return [Layer((head, sheet, *self._scale(scale)))]

    def moment(self, step: int, box: Box, heights: Any) -> list[Layer]:
        """The array as it was after a step, or the nearest that is kept."""
        history, last = self.training.history, self.variable.container.value
        steps = history.steps(self.variable)
        at = int(steps[np.abs(steps - step).argmin()])
        then = last if at == steps[-1] else history.after(self.variable, [at])[0]
        below = chart.text("tick mid", box.middle, box.bottom + 20, f"step {at}")
        return [Layer((self._sheet(then, box, _scale_of(last), low=True), below))]

    def _sheet(self, values: Any, box: Box, scale: float, low: bool = False) -> Mark:
        """Values at the top left of a box (or `low`, in the middle), as large as they fit."""
        x, y, width, height = box.placed
        shades = self._tiled(values, scale, width, height) if self.images else _cells(values, scale)
        rows, columns = shades.shape
        zoom = min(width / columns, height / rows)
        size = round(max(columns * zoom, THIN), 1), round(max(rows * zoom, THIN), 1)
        if low:
            x, y = round(x + (width - size[0]) / 2, 1), round(y + height - size[1], 1)
        return chart.image(x, y, *size, pixels.address(pixels.png(shades, pixels.DIVERGING)))

    def _tiled(self, values: Any, scale: float, width: float, height: float) -> NDArray[np.uint8]:
        images = images_of(values)
        assert images is not None, "asked of arrays that are images only"
        count, tall, wide = images.shape

        def zoom(columns: int) -> float:
            rows = math.ceil(count / columns)
            full = count / (rows * columns)  # rather no row with holes
            return full * min(width / (columns * (wide + 1)), height / (rows * (tall + 1)))

        return pixels.tiled(_shades(images, scale), max(range(1, count + 1), key=zoom))

    def _scale(self, scale: float) -> list[Mark]:
        (width, height), left, top = BAR, self.box.left, self.box.bottom + 8
        shades = np.tile(np.arange(pixels.GAP), (round(pixels.GAP * height / width), 1))
        marks = [chart.image(left, top, width, height,
                             pixels.address(pixels.png(shades, pixels.DIVERGING)))]
        for look, share in (("tick", 0.0), ("tick mid", 0.5), ("tick end", 1.0)):
            words = number((2 * share - 1) * scale, 2)
            marks.append(chart.text(look, left + share * width, top + 22, words))
        return marks


def images_of(values: Any) -> NDArray[np.float64] | None:
    """Values as images (n, h, w): columns whose length is a square; or what has 3 or 4 dimensions,
    of which the last two are an image's."""
    array = np.asarray(values, dtype=float)
    if array.ndim in (3, 4) and array.size:
        return array.reshape(-1, *array.shape[-2:])
    return pixels.as_images(array)


def _scale_of(values: Any) -> float:
    """The largest number that is shown, without its sign."""
    found = np.abs(np.asarray(values, dtype=float))
    return float(np.max(found, where=np.isfinite(found), initial=0.0))


def _cells(values: Any, scale: float) -> NDArray[np.uint8]:
    """A colour for each number of a matrix, or of a vector, which is a row."""
    rows, columns = _steps(values)
    array = np.atleast_2d(np.asarray(values, dtype=float))
    return _shades(array[::rows, ::columns], scale)


def _steps(values: Any) -> list[int]:
    """The strides of rows and columns that are shown."""
    return [-(-n // MOST) for n in np.atleast_2d(values).shape]


def _shades(array: Any, scale: float) -> NDArray[np.uint8]:
    """Numbers that are not finite have no colour."""
    shades = pixels.shades(array, scale, True)
    shades[~np.isfinite(array)] = pixels.GAP
    return shades
