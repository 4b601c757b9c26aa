"""What a model says about every point of the plane, and where it changes its mind.

Comes after the model and the plot. The prediction is evaluated on a grid, now or as it was after
any step; the data that is trained on lies over it, a colour for each class.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.core.errors import ArgumentError
from tutor.live import scene
from tutor.live.axes import Axis
from tutor.live.history import values_after
from tutor.live.isolines import isolines
from tutor.live.model import Model
from tutor.live.plot import BOTTOM, TOP, Frame
from tutor.live.scene import Layer
from tutor.pictures import pixels

COLUMNS, ROWS = 61, 38
SHOWN = 400  # points of the data that are drawn
WAY = 40  # points of the way of a centre
SURE = 1 - 1e-15  # nearly 1
COLOURS = 6  # classes after these begin again with the first
PALE = np.array([(0, 90, 160), (200, 80, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0),
                 (86, 180, 233)], np.uint8)  # as circle.case0 … in planes.css


class Prediction:
    """What a model predicts for points of the plane, as classes."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.of: Any = None  # what it was drawn over last
        self.known = np.empty(0)
        self.look()
        self.margins(self.points)

    def look(self) -> None:
        """Have the points that pictures are drawn over now; classes that were seen stay known."""
        seen = self.model.training.batches.seen
        if seen is self.of:
            return
        self.of = seen
        self.points, labels = _data(self.model)
        self.labelled = labels is not None
        if labels is None:  # of a score for each class the largest is meant, else the value itself
            said = self.model.said(self.points)
            labels = np.eye(said.shape[1]) if said.size > len(said) else said
        known, truth = _classes(labels)
        self.known = np.union1d(self.known, known) if self.labelled else known
        self.truth = np.searchsorted(self.known, known)[truth]

    def classes(self, step: int | None = None) -> NDArray[np.int64]:
        """The class of each point of the data: the true one, or if nobody knows, the predicted."""
        if self.labelled:
            return self.truth
        found: NDArray[np.int64] = self.margins(self.points, step).argmax(axis=1)
        return found

    def margins(self, points: Any, step: int | None = None) -> NDArray[np.float64]:
        """By how much each class, (n, classes), is ahead of the next: positive where it wins."""
        said = self.model.said(points, step)
        if said.size == len(points):
            # One number for each point: its class is the one whose label is nearest.
            said = -abs(said.reshape(-1, 1) - self.known)
        first = np.sort(said, axis=1)
        others = np.where(said == first[:, -1:], first[:, -2:-1], first[:, -1:])
        margins: NDArray[np.float64] = said - others
        return margins

    def right(self) -> int:
        """How many points of the data are on their side."""
        return int((self.margins(self.points).argmax(axis=1) == self.truth).sum())


class BoundaryPanel:
    """The plane in the colours of the classes, their borders, and the data."""

    def __init__(self, prediction: Prediction, left: float, right: float) -> None:
        self.prediction, self.left, self.right = prediction, left, right
        self.least, self.most = np.full(2, np.inf), np.full(2, -np.inf)
        self._look()
        training = prediction.model.training
        # Without labels, what is learned may be points of the plane, too: the centres of clusters.
        self.centres = [v for v in training.watch if not prediction.labelled
                        and v.container.value.shape == (len(prediction.known), 2)]

    def _look(self) -> None:
        """Reach as far as the points do, and did."""
        self.prediction.look()
        points = self.prediction.points
        self.least = np.minimum(self.least, points.min(axis=0))
        self.most = np.maximum(self.most, points.max(axis=0))
        width = self.most - self.least
        room = np.where(width > 0, 0.08 * width, 1.0)
        self.low, self.high = self.least - room, self.most + room
        self.columns, self.rows = (np.linspace(a, b, n) for a, b, n in
                                   zip(self.low, self.high, (COLUMNS, ROWS), strict=True))
        self.every = -(-len(points) // SHOWN)

    def layers(self) -> list[Layer]:
        """The frame, the field with its borders, and the points."""
        self._look()
        frame = self._frame(self.left, self.right, BOTTOM, TOP)
        batches = self.prediction.model.training.batches
        said = "predicted" if batches.steady else f"predicted, batch {batches.step}"
        if self.prediction.labelled:
            right, of = self.prediction.right(), len(self.prediction.points)
            said += f": {right} of {of} points on their side"
        axes = frame.layers("x1", said)
        up = Layer((scene.text("name end", self.left - 7, TOP - 1, "x2"),))
        return [*self._field(frame, None), axes, up, self._points(frame, self.every, None)]

    def moment(self, step: int, left: float, right: float,
               ends: tuple[float, float]) -> tuple[str, list[Layer]]:
        """A small picture of the borders after a step; it says no more."""
        frame = self._frame(left, right, *ends)
        return "", [*self._field(frame, step), self._points(frame, 4 * self.every, step)]

    def _frame(self, left: float, right: float, bottom: float, top: float) -> Frame:
        return Frame(Axis(float(self.low[0]), float(self.high[0]), left, right),
                     Axis(float(self.low[1]), float(self.high[1]), bottom, top))

    def _field(self, frame: Frame, step: int | None) -> list[Layer]:
        x, y = np.meshgrid(self.columns, self.rows)
        margins = self.prediction.margins(np.column_stack([x.ravel(), y.ravel()]), step)
        if abs(margins).max() <= 1:
            # Of probabilities the logarithm of the odds: where that is straight the border is, too.
            margins = np.arctanh(np.clip(margins, -SURE, SURE))
        wins = (margins.argmax(axis=1) % COLOURS).reshape(x.shape)[::-1]
        left, right, bottom, top = frame.x.start, frame.x.end, frame.y.start, frame.y.end
        source = pixels.address(pixels.png(wins, PALE))
        # Half a cell wider on each side, as the grid has its numbers in the middle of cells.
        dx, dy = (right - left) / (COLUMNS - 1) / 2, (bottom - top) / (ROWS - 1) / 2
        size = (right - left + 2 * dx, bottom - top + 2 * dy)
        field = scene.image(left - dx, top - dy, *size, source)._replace(style="pixels field")
        kinds = range(margins.shape[1] if margins.shape[1] > 2 else 1)
        lines = [line for k in kinds for line in isolines(margins[:, k].reshape(x.shape), 0.0)]
        scale = (self.high - self.low) / (COLUMNS - 1, ROWS - 1)
        borders = [scene.line("border", frame.place(self.low + line * scale)) for line in lines]
        box = (left, top, right - left, bottom - top)
        return [Layer((field,), box), Layer(tuple(borders), box)]

    def _points(self, frame: Frame, every: int, step: int | None) -> Layer:
        points, classes = self.prediction.points[::every], self.prediction.classes(step)[::every]
        kinds = range(len(self.prediction.known))
        marks = [scene.dots(f"case case{k % COLOURS}", frame.place(points[classes == k]))
                 for k in kinds]
        for v in self.centres:
            history = self.prediction.model.training.history
            last = len(history) if step is None else step
            steps = sorted({round(last * i / WAY) for i in range(WAY + 1)})
            ways = np.stack([*values_after(history, v, steps[:-1]), v.container.value]
                            if step is None else values_after(history, v, steps), axis=1)
            marks += [scene.line("path", frame.place(way)) for way in ways]
            marks.append(scene.dots("centre", frame.place(ways[:, -1])))
        return frame.inside(*marks)


def _data(model: Model) -> tuple[Any, Any]:
    """The matrix with two columns among the data of the run, and if there is one for each row, the
    labels."""
    own, others = model.data()
    arrays = [a for a in (own, *others) if a is not None]
    points = next((a for a in arrays if a.ndim == 2 and a.shape[1] == 2 and len(a)), None)
    labels = next((a for a in arrays if a is not points and points is not None and a.ndim < 3
                   and len(a) == len(points)), None)
    if points is None:
        shapes = ", ".join(str(a.shape) for a in arrays) or "none"
        raise ArgumentError("a boundary is drawn over points of the plane, and this run has none "
                            f"in its data: the shapes there are {shapes}.",
                            fix="Pass a matrix with two columns, and a label for each row.")
    return points.astype(float), labels


def _classes(labels: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The labels there are, and the number of each point's; of rows, the largest entry's."""
    if labels.ndim == 2 and labels.shape[1] > 1:
        return np.arange(labels.shape[1], dtype=float), labels.argmax(axis=1)
    known, numbers = np.unique(labels.ravel().astype(float), return_inverse=True)
    if len(known) < 2:
        known = np.append(known, known + 1)
    return known, numbers.reshape(-1)
