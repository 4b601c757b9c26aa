"""A model drawn over its data: a curve through points, or what it says of every point of a plane.

Comes after the chart and training. The prediction is a function of its input with the parameters as
they are, or were after any step; it is evaluated where there is no data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.compile.function import Function
from tutor.core.errors import ArgumentError
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs, rebuild
from tutor.live.panels import Panel
from tutor.live.training import Training
from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import SLOT, Extent, Frame, captioned, equation, number
from tutor.pictures.charts.chart import Box, Layer, Mark
from tutor.pictures.charts.contours import in_pixels, isolines, regions
from tutor.pictures.charts.heat import plane_reading

FIX = "Pass an expression of the points, or a function of them: predict=T.nnet.sigmoid(...)."
PLACES = 121  # of the curve
THREADS = 60  # points of the data that have a line to the curve
SHOWN = (300, 400)  # points of the data that are drawn, along a curve and in a plane
COLUMNS, ROWS = 61, 38  # of a plane, where the model is asked
WAY = 40  # points of the way of a centre
SURE = 1 - 1e-15  # nearly 1
COLOURS = 6  # classes after these begin again with the first
TONES = (0.0, 0.2, 0.4, 0.6, 0.8)  # of a margin in probability: each has a tone in chart.css

Array = NDArray[Any]


class Model:
    """The prediction for given points; `predict` is an expression, or a function."""

    def __init__(self, training: Training, predict: Any) -> None:
        self.training = training
        if isinstance(predict, Function) and predict.outputs:
            predict = predict._request.run.outputs[0]
        if not isinstance(predict, Variable):
            raise ArgumentError("predict is what a model says about points, and got "
                                f"{quoted(predict)}.", fix=FIX)
        used = graph_inputs([predict])
        self.expression = predict
        self.parameters = [v for v in used
                           if isinstance(v, SharedVariable) and v in training.changes]
        self.symbol = _symbol(used, self.parameters)
        wanted: list[Variable] = [v.type(v.name) for v in (self.symbol, *self.parameters)]
        replaced = dict(zip((self.symbol, *self.parameters), wanted, strict=True))
        (said,) = rebuild([predict], replaced)
        self._predict = training.beside(wanted, said)

    @property
    def of_numbers(self) -> bool:
        """Say whether an example is one number, and no point of the plane."""
        own, _ = self.data()
        return self.symbol.ndim == 1 or (own is not None and own.shape[1:] == (1,))

    @property
    def of_plane(self) -> bool:
        """Say whether the data has points of the plane."""
        own, others = self.data()
        return any(a is not None and a.ndim == 2 and a.shape[1] == 2 for a in (own, *others))

    def said(self, points: Array, step: int | None = None) -> NDArray[np.float64]:
        """Predict for each point, with the parameters of a step or of now; (n,) or (n, k)."""
        values = [v.container.value if step is None else
                  self.training.history.after(v, [step])[0] for v in self.parameters]
        said = np.asarray(self._predict(points.astype(self.symbol.dtype), *values), float)
        if said.shape[:1] != points.shape[:1] or said.ndim > 2:
            raise ArgumentError(f"predict gives {said.shape} for points of {points.shape}, and no "
                                "number or row of numbers for each.", fix=FIX)
        return said

    def data(self) -> tuple[Array | None, list[Array]]:
        """The data that the run has for its input, if it can be told, and all other arrays."""
        f = self.training.f
        arguments = dict(zip(f.inputs, self.training.batches.seen, strict=True))
        loss = graph_inputs([f._request.run.outputs[0]])
        arguments |= {v: v.get_value() for v in loss if isinstance(v, SharedVariable)
                      and v not in self.training.changes and isinstance(v.type, TensorType)}
        arrays = {v: np.asarray(value) for v, value in arguments.items() if np.ndim(value)}
        own = arrays.pop(self.symbol, None)
        return own, list(arrays.values())


def _symbol(used: Any, parameters: Any) -> Variable:
    """The input of a prediction: the only one it has, or the only data that it reads."""
    free = [v for v in used if not isinstance(v, (Constant, SharedVariable))]
    shared = [v for v in used if isinstance(v, SharedVariable) and v not in parameters
              and isinstance(v.type, TensorType) and v.ndim in (1, 2)]
    found: list[Variable] = [*(free or shared)]
    if len(found) != 1 or not 1 <= found[0].ndim <= 4:
        names = ", ".join(map(str, free or shared)) or "no input"
        raise ArgumentError(f"predict depends on {names}, and not on points alone.", fix=FIX)
    return found[0]


class Prediction(Panel):
    """A model over the data that pictures are drawn over now; its axes reach as far as the data do,
    and did."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.of: Any = None  # the data it was drawn over last
        self.axes = Extent(), Extent()
        self.look()

    def look(self) -> list[float]:
        """Take new data, where there are any."""
        seen = self.model.training.batches.seen
        if seen is not self.of:
            self.of = seen
            self._take()
        return super().look()

    def _take(self) -> None:
        raise NotImplementedError


class FitPanel(Prediction):
    """The points, the curve that the model draws through them, and the distances between them."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._said(self.x, None)

    def _take(self) -> None:
        x, t = _columns(self.model)
        order = np.argsort(x, kind="stable")
        every = -(-len(order) // SHOWN[0])
        self.x, self.t = x[order][::every], t[order][::every]
        across, up = self.axes
        across.hold(float(x.min()), float(x.max()))
        up.hold(*self.t.tolist())
        room = 0.05 * (across.high - across.low) or 1.0
        self.places = np.linspace(across.low - room, across.high + room, PLACES)

    def layers(self, heights: Any) -> list[Layer]:
        """The frame, the curve, the points."""
        frame, batches = self._frame(self.box), self.model.training.batches
        data = "the data" if batches.steady else f"batch {batches.step}"
        axes = frame.layers(self.model.symbol.name or "x", f"predicted, and {data}")
        return [axes, frame.inside(*self._marks(frame, None))]

    def moment(self, step: int, box: Box, heights: Any) -> list[Layer]:
        """A small picture of the curve after a step."""
        frame = self._frame(box)
        return [*captioned(box, f"step {step}", corner=True),
                frame.inside(*self._marks(frame, step))]

    def head(self) -> list[tuple[str, str]]:
        """The first two scalars of the model."""
        return [("head", equation(v.name, float(v.container.value), SLOT))
                for v in self.model.parameters if v.ndim == 0][:2]

    def _frame(self, box: Box) -> Frame:
        low, high = self.places[[0, -1]].tolist()
        return Frame.over(box, (low, high), self.axes[1].ends())

    def _marks(self, frame: Frame, step: int | None) -> list[Mark]:
        marks, every = [], 1 if step is None else max(1, len(self.x) // 40)
        if step is None and len(self.x) <= THREADS:
            ends = zip(self.x, self.t, self._said(self.x, step), strict=True)
            marks = [chart.line("guide", frame.place([(x, t), (x, said)])) for x, t, said in ends]
        curve = np.column_stack([self.places, self._said(self.places, step)])
        points = np.column_stack([self.x, self.t])[::every]
        return [*marks, chart.line("curve", frame.place(curve)),
                chart.dots("case case1", frame.place(points))]

    def _said(self, places: Array, step: int | None) -> NDArray[np.float64]:
        said = self.model.said(places.reshape((-1, 1)[:self.model.symbol.ndim]), step)
        if said.size != len(places):
            raise ArgumentError(f"predict gives {said.shape} for {len(places)} points, and not one "
                                "number for each.", fix="Pass what is compared with the data.")
        return said.reshape(-1)


class BoundaryPanel(Prediction):
    """The plane in the colours of the classes, their borders, and the data."""

    def __init__(self, model: Model) -> None:
        self.known = np.empty(0)  # classes: those that were seen stay known
        super().__init__(model)
        self.margins(self.points)
        # Without labels, what is learned may be points of the plane, too: the centres of clusters.
        self.centres = [v for v in model.training.watch if not self.labelled
                        and v.container.value.shape == (len(self.known), 2)]

    def _take(self) -> None:
        self.points, labels = _plane(self.model)
        self.labelled = labels is not None
        if labels is None:  # of a score for each class the largest is meant, else the value itself
            said = self.model.said(self.points)
            labels = np.eye(said.shape[1]) if said.size > len(said) else said
        known, truth = classes_of(labels)
        self.known = np.union1d(self.known, known) if self.labelled else known
        self.truth = np.searchsorted(self.known, known)[truth]
        for axis, values in zip(self.axes, self.points.T, strict=True):
            axis.hold(*values.tolist())

    def layers(self, heights: Any) -> list[Layer]:
        """The frame, the tones with their borders, and the points."""
        frame, batches = self.frame(self.box), self.model.training.batches
        said = "predicted" if batches.steady else f"predicted, batch {batches.step}"
        if self.labelled:
            said += f": {self.right()} of {len(self.points)} points on their side"
        up = Layer((chart.text("name end", self.box.left - 7, self.box.top - 12, "x2"),))
        return [*self._field(frame, None), frame.layers("x1", said), up, self._data(frame, 1, None)]

    def moment(self, step: int, box: Box, heights: Any) -> list[Layer]:
        """A small picture of the borders after a step."""
        frame = self.frame(box)
        below = chart.text("tick mid", box.middle, box.bottom + 20, f"step {step}")
        return [Layer((below,)), *self._field(frame, step), self._data(frame, 4, step)]

    def reading(self, heights: Any) -> dict[str, Any] | None:
        """The margin of the class that wins at the place under a pointer."""
        frame = self.frame(self.box)
        x, y = (np.linspace(axis.low, axis.high, n) for axis, n in
                zip(frame, (COLUMNS, ROWS), strict=True))
        places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        margins = self.margins(places)
        sure, wins = margins.max(axis=1).reshape(ROWS, COLUMNS), margins.argmax(axis=1)
        reading = plane_reading(sure, frame, ("x1", "x2", ""))
        classes = self.known[wins].reshape(ROWS, COLUMNS)[::-1].ravel().tolist()
        said = [f"class {number(float(k))} by {v if isinstance(v, str) else number(v, 3)}"
                for k, v in zip(classes, reading["values"], strict=True)]
        return {**reading, "values": said}

    def right(self) -> int:
        """Count the points of the data that are on their side."""
        return int((self.margins(self.points).argmax(axis=1) == self.truth).sum())

    def margins(self, points: Any, step: int | None = None) -> NDArray[np.float64]:
        """Margins of each class over the next, (n, classes): positive where it wins."""
        said = self.model.said(points, step)
        if said.size == len(points):
            # One number for each point: its class is the one whose label is nearest.
            said = -abs(said.reshape(-1, 1) - self.known)
        first = np.sort(said, axis=1)
        others = np.where(said == first[:, -1:], first[:, -2:-1], first[:, -1:])
        margins: NDArray[np.float64] = said - others
        return margins

    def frame(self, box: Box) -> Frame:
        """The axes in a box."""
        rooms = [0.08 * (axis.high - axis.low) or 1.0 for axis in self.axes]
        across, up = ((axis.low - room, axis.high + room)
                      for axis, room in zip(self.axes, rooms, strict=True))
        return Frame.over(box, across, up)

    def _field(self, frame: Frame, step: int | None) -> list[Layer]:
        low, high = np.array([axis[:2] for axis in frame]).T
        x, y = np.meshgrid(*(np.linspace(a, b, n) for a, b, n in
                             zip(low, high, (COLUMNS, ROWS), strict=True)))
        margins = self.margins(np.column_stack([x.ravel(), y.ravel()]), step)
        # Of probabilities half the logarithm of the odds: where that is straight, the border is.
        sure = abs(margins).max() <= 1
        heights = np.arctanh(np.clip(margins, -SURE, SURE)) if sure else margins
        kinds = range(margins.shape[1])
        grids = [heights[:, k].reshape(x.shape) for k in kinds]
        levels = np.arctanh(TONES) * (1 if sure else 2)
        rings = [some for grid in grids for some in regions(grid, levels.tolist())]
        edges = [line for k in kinds[:1 if len(kinds) == 2 else None]
                 for line in isolines(grids[k], 0.0)]
        ends = COLUMNS - 1, ROWS - 1
        *found, lines = in_pixels([[line / ends for line in some] for some in (*rings, edges)],
                                  frame)
        looks = [f"tone{i} class{k % COLOURS}" for k in kinds for i in range(len(levels))]
        tones = [chart.area(look, some) for look, some in zip(looks, found, strict=True)]
        borders = [chart.line("border", points) for points in lines]
        box = frame.box.placed
        return [Layer(tuple(tones), box), Layer(tuple(borders), box)]

    def _data(self, frame: Frame, every: int, step: int | None) -> Layer:
        """The points, in the colour of their class: the true one, or if nobody knows, the
        predicted; and the ways of what is learned and a point of the plane, too."""
        classes = self.truth if self.labelled else self.margins(self.points, step).argmax(axis=1)
        every *= -(-len(self.points) // SHOWN[1])
        points, classes = self.points[::every], classes[::every]
        marks = [chart.dots(f"case case{k % COLOURS}", frame.place(points[classes == k]))
                 for k in range(len(self.known))]
        for v in self.centres:
            history = self.model.training.history
            last = len(history) if step is None else step
            steps = sorted({round(last * i / WAY) for i in range(WAY + 1)})
            ways = np.stack(history.after(v, steps[:-1]) + (
                [v.container.value] if step is None else history.after(v, steps[-1:])), axis=1)
            marks += [chart.line("path", frame.place(way)) for way in ways]
            marks.append(chart.dots("centre", frame.place(ways[:, -1])))
        return frame.inside(*marks)


def _columns(model: Model) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The numbers that go in, and those that should come out."""
    own, others = model.data()
    columns = [a for a in others if a.size == len(a) and a.size and a.dtype.kind in "fiub"]
    if own is None and len(columns) > 1:
        own, columns = columns[0], columns[1:]
    target = next((a for a in columns if own is not None and len(a) == len(own)), None)
    if own is None or own.size != len(own) or not own.size or target is None:
        shapes = ", ".join(str(a.shape) for a in (own, *others) if a is not None) or "none"
        raise ArgumentError("a curve is drawn through points, and the data of this run has no such "
                            f"pair of columns: its shapes are {shapes}.",
                            fix="Pass the numbers that go in, and those that should come out.")
    return own.reshape(-1).astype(float), target.reshape(-1).astype(float)


def _plane(model: Model) -> tuple[Array, Array | None]:
    """The matrix with two columns among the data of the run, and if there is one for each row, the
    labels."""
    own, others = model.data()
    arrays = [a for a in (own, *others) if a is not None]
    points = next((a for a in arrays if a.ndim == 2 and a.shape[1] == 2 and len(a)), None)
    if points is None:
        shapes = ", ".join(str(a.shape) for a in arrays) or "none"
        raise ArgumentError("a boundary is drawn over points of the plane, and this run has none "
                            f"in its data: the shapes there are {shapes}.",
                            fix="Pass a matrix with two columns, and a label for each row.")
    labels = next((a for a in arrays if a is not points and a.ndim < 3
                   and len(a) == len(points)), None)
    return points.astype(float), labels


def classes_of(labels: Array) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The labels there are, and the number of each point's; of rows, the largest entry's."""
    if labels.ndim == 2 and labels.shape[1] > 1:
        return np.arange(labels.shape[1], dtype=float), labels.argmax(axis=1)
    known, numbers = np.unique(labels.ravel().astype(float), return_inverse=True)
    if len(known) < 2:
        known = np.append(known, known + 1)
    return known, numbers.reshape(-1)
