"""A curve through points: what a model of one number predicts, over the data it is trained on.

Comes after the model and the plot. The curve moves as the parameters do, and thin lines say how far
each point is from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.core.errors import ArgumentError
from tutor.live import scene
from tutor.live.axes import Axis
from tutor.live.model import Model
from tutor.live.plot import BOTTOM, TOP, Extent, Frame
from tutor.live.scene import Layer, Mark

PLACES = 121  # of the curve
SHOWN = 300  # points of the data that are drawn
THREADS = 60  # of them, that have a line to the curve


class FitPanel:
    """The points, the curve, and the distances between them."""

    def __init__(self, model: Model, left: float, right: float) -> None:
        self.model, self.left, self.right = model, left, right
        self.shape = (-1, 1)[:model.symbol.ndim]
        self.of: Any = None  # what it was drawn over last
        self.across, self.y = Extent(), Extent()
        self._look()
        self._said(self.x, None)

    def _look(self) -> None:
        """Have the points that pictures are drawn over now; reach as far as they do, and did."""
        seen = self.model.training.batches.seen
        if seen is self.of:
            return
        self.of = seen
        x, t = _points(self.model)
        order = np.argsort(x, kind="stable")
        every = -(-len(order) // SHOWN)
        self.x, self.t = x[order][::every], t[order][::every]
        self.across.hold(float(x.min()), float(x.max()))
        self.y.hold(*self.t.tolist())
        room = 0.05 * (self.across.high - self.across.low) or 1.0
        self.low, self.high = self.across.low - room, self.across.high + room
        self.places = np.linspace(self.low, self.high, PLACES)

    def layers(self) -> list[Layer]:
        """The frame, the curve, the points."""
        self._look()
        frame = self._frame(self.left, self.right, BOTTOM, TOP)
        name, batches = self.model.symbol.name or "x", self.model.training.batches
        data = "the data" if batches.steady else f"batch {batches.step}"
        axes = frame.layers(name, f"predicted, and {data}")
        return [axes, frame.inside(*self._marks(frame, None, True))]

    def moment(self, step: int, left: float, right: float,
               ends: tuple[float, float]) -> tuple[str, list[Layer]]:
        """A small picture of the curve after a step; it says no more."""
        frame = self._frame(left, right, *ends)
        edge = scene.line("frame", (left, ends[1], left, ends[0], right, ends[0]))
        return "", [Layer((edge,)), frame.inside(*self._marks(frame, step, False))]

    def _frame(self, left: float, right: float, bottom: float, top: float) -> Frame:
        return Frame(Axis(self.low, self.high, left, right), Axis(*self.y.ends(), bottom, top))

    def _marks(self, frame: Frame, step: int | None, threads: bool) -> list[Mark]:
        marks = []
        if threads and len(self.x) <= THREADS:
            ends = zip(self.x, self.t, self._said(self.x, step), strict=True)
            marks = [scene.line("guide", frame.place([(x, t), (x, said)])) for x, t, said in ends]
        curve = np.column_stack([self.places, self._said(self.places, step)])
        every = 1 if threads else max(1, len(self.x) // 40)
        points = np.column_stack([self.x, self.t])[::every]
        return [*marks, scene.line("curve", frame.place(curve)),
                scene.dots("case case1", frame.place(points))]

    def _said(self, places: NDArray[Any], step: int | None) -> NDArray[np.float64]:
        said = self.model.said(places.reshape(self.shape), step)
        if said.size != len(places):
            raise ArgumentError(f"predict gives {said.shape} for {len(places)} points, and not one "
                                "number for each.", fix="Pass what is compared with the data.")
        return said.reshape(-1)


def _points(model: Model) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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
