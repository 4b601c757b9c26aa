"""The panels of a run from the inside: a row for each, by name.

Comes after what they show. Histograms have the start as a line behind the bars of now.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError
from tutor.live.inside import ACROSS, LINE, UP, Inside, Layer
from tutor.live.lanes import look_of
from tutor.live.panels import BOX, SIZE, Panel, Reads
from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import Extent, Frame, around, cut, legend, logarithmic
from tutor.pictures.charts.chart import Box
from tutor.pictures.charts.contours import contours, finer, plane
from tutor.pictures.charts.heat import Sheet, plane_reading

THIRD, PLOT = (253, 196), Box(40.0, 34.0, 243.0, 158.0)  # of a small panel, and of its plot
TIMES = 4  # so many times as many places of a plane, between those whose loss is known
BINS, SAMPLE = 24, 20_000  # of a histogram; numbers that are counted


class InsidePanel(Panel):
    """A panel of what is computed beside a run: it is drawn anew when that is."""

    size = SIZE

    def __init__(self, inside: Inside, name: str = "") -> None:
        self.inside, self.name = inside, name
        self.part: tuple[str, int] = "", 0  # of a run, and its place among those of the part
        self.seen, self.kept = -1, chart.Panel(*self.size, ())

    def panel(self, heights: Any, read: bool, *under: chart.Layer) -> chart.Panel:
        """The panel; in it nothing is read off at the top."""
        if self.seen != self.inside.count:
            clock = time.perf_counter()
            layers = tuple(self.layers(heights))
            self.seen, self.kept = self.inside.count, chart.Panel(*self.size, layers)
            self.inside.took += time.perf_counter() - clock
        return self.kept._replace(reading=self.reading(heights) if read else None)


class Histogram(InsidePanel):
    """How many numbers lie where: now as bars, at the start as a line."""

    size = THIRD

    def __init__(self, inside: Inside, name: str, values: Callable[[], tuple[Any, Any]]) -> None:
        super().__init__(inside, name)
        self.values, self.across = values, Extent()

    def layers(self, heights: Any) -> list[chart.Layer]:
        """The bars over their axis."""
        first, now = (_sample(one) for one in self.values())
        for some in (first, now):
            self.across.hold(*([float(some.min()), float(some.max())] if some.size else []))
        low, high = self.across.ends()
        counts = [np.histogram(some, BINS, (low, high))[0] / max(1, some.size)
                  for some in (first, now)]
        top = max(float(max(counts[0].max(), counts[1].max())), 1e-9)
        frame = Frame.over(PLOT, (low, high), (0, top))
        edges = np.linspace(low, high, BINS + 1)
        rings = [frame.place([(a, 0), (a, n), (b, n), (b, 0)])
                 for a, b, n in zip(edges, edges[1:], counts[1].tolist(), strict=False) if n]
        before = [(x, n) for a, b, n in zip(edges, edges[1:], counts[0].tolist(), strict=False)
                  for x in (a, b)]
        ticks = [chart.text("tick mid", x, PLOT.bottom + 16, said)
                 for x, said in frame.x.ticks(3)]
        base = chart.line("frame", (PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom))
        head = chart.text("head", PLOT.left, 22.0, cut(self.name, 28))
        return [chart.Layer((head, chart.area("bars", rings),
                             chart.line("before", frame.place(before)), base, *ticks))]


class Norms(InsidePanel):
    """The norm of the gradient of each weight, by step, on a logarithmic axis."""

    def layers(self, heights: Any) -> list[chart.Layer]:
        """A curve for each layer."""
        steps, norms, _ = self.inside.times
        self.frame = self._frame(steps, norms)
        curves = [chart.line(look_of(i), self.frame.place(
            [point for point in zip(steps, column.tolist(), strict=True) if point[1] > 0]))
            for i, column in enumerate(norms.T)]
        names = [layer.name for layer in self.inside.layers]
        looks = [look_of(i) for i in range(len(names))]
        head = chart.text("head", BOX.left, 18.0, "norm of the gradient (logarithmic)")
        return [self.frame.layers("step", "", min(5, max(0, steps[-1] - 1))),
                self.frame.inside(*curves),
                chart.Layer((head, *legend(names, looks, BOX)))]

    def _frame(self, steps: Sequence[int], norms: Any) -> Frame:
        seen = norms[np.isfinite(norms) & (norms > 0)]
        ends = logarithmic([float(seen.min()), float(seen.max())] if seen.size else [])
        return Frame.over(BOX, (0, max(1, steps[-1])), ends, log=True)

    def reading(self, heights: Any) -> Reads:
        """The norms at the checkpoint under a pointer."""
        names = [layer.name for layer in self.inside.layers]
        return self.frame.reading("polyline.lane:not(.key)", names, "step", "norm")


class Cells(InsidePanel):
    """An array as it is now: filters, feature maps, or any expression."""

    def __init__(self, inside: Inside, name: str, value: Callable[[], Any]) -> None:
        super().__init__(inside, name)
        self.value = value

    def _sheet(self) -> Sheet:
        return Sheet(self.value(), cut(self.name, 24))

    def layers(self, heights: Any) -> list[chart.Layer]:
        """The cells with their scale."""
        return self._sheet().layers(BOX)

    def reading(self, heights: Any) -> Reads:
        """The number of the cell under a pointer."""
        return self._sheet().reading(BOX)


class Way(InsidePanel):
    """The loss along the line from the start to where it is, and on."""

    def layers(self, heights: Any) -> list[chart.Layer]:
        """The curve, with both ends."""
        points = self.inside.line()
        self.frame = Frame.over(BOX, (float(LINE[0]), float(LINE[-1])), around(points[:, 1]))
        at = [(share, float(np.interp(share, *points.T))) for share in (0.0, 1.0)]
        return [self.frame.layers("from the start (0) to now (1)", "loss along a line"),
                self.frame.inside(chart.line("curve", self.frame.place(points)),
                                  chart.dots("start", self.frame.place(at[:1])),
                                  chart.dots("now", self.frame.place(at[1:])))]

    def reading(self, heights: Any) -> Reads:
        """The loss at a share of the way."""
        return self.frame.reading("polyline.curve", ["loss"], "share", "loss")


class Surroundings(InsidePanel):
    """The loss over a plane through the start and where it is, with the way between them."""

    def layers(self, heights: Any) -> list[chart.Layer]:
        """Contours, and the way seen from above."""
        self.heights, points = self.inside.plane()
        self.frame = Frame.over(BOX, (float(ACROSS[0]), float(ACROSS[-1])),
                                (float(UP[0]), float(UP[-1])))
        slopes = np.gradient(self.heights, UP, ACROSS)
        smooth = finer(self.heights, slopes[1], slopes[0], ACROSS, UP, TIMES)
        marks = plane(contours(smooth), self.frame)
        way = self.frame.place(points)
        return [self.frame.layers("from the start (0) to now (1)", "loss over a plane"),
                self.frame.inside(*marks, chart.line("path", way), chart.dots("start", way[:2]),
                                  chart.dots("now", way[-2:]))]

    def reading(self, heights: Any) -> Reads:
        """The loss at a place of the plane."""
        return plane_reading(self.heights, self.frame, ("along", "across", "loss"))


def _sample(values: Any) -> Any:
    """Some of the numbers, those that are finite."""
    flat = np.ravel(values).astype(float)
    flat = flat[::max(1, math.ceil(flat.size / SAMPLE))]
    return flat[np.isfinite(flat)]


def _weights(inside: Inside, layer: Layer) -> tuple[Any, Any]:
    return inside.training.start[layer.weight], layer.weight.container.value


def _feature(inside: Inside, layer: Layer) -> Any:
    return inside.active(layer)[1][0]


def _value(layer: Layer) -> Any:
    return layer.weight.container.value


def _convolutions(inside: Inside) -> list[Layer]:
    return [layer for layer in inside.layers if layer.weight.ndim == 4]


#: Each part of a run by name: its panels, as far as there is something to see.
PARTS: dict[str, Callable[[Inside], Sequence[InsidePanel]]] = {
    "activations": lambda inside: [
        Histogram(inside, f"{layer.name}: activations", partial(inside.active, layer))
        for layer in inside.layers],
    "weights": lambda inside: [
        Histogram(inside, f"{layer.name}: weights", partial(_weights, inside, layer))
        for layer in inside.layers],
    "gradients": lambda inside: [Norms(inside)] if inside.layers else [],
    "filters": lambda inside: [
        Cells(inside, layer.name, partial(_value, layer)) for layer in _convolutions(inside)],
    "features": lambda inside: [
        Cells(inside, f"{layer.name}: first example", partial(_feature, inside, layer))
        for layer in _convolutions(inside)],
    "line": lambda inside: [Way(inside)],
    "plane": lambda inside: [Surroundings(inside)],
}
ALL = [name for name in PARTS if name != "plane"]  # which takes many evaluations of the loss


def parts_of(inside: Inside, wanted: Any) -> list[InsidePanel]:
    """The panels that are asked for: all with True, or by name."""
    names = ALL if wanted is True else [wanted] if isinstance(wanted, str) else list(wanted or ())
    wrong = [name for name in names if name not in PARTS]
    if wrong:
        raise BadValueError(f"there is nothing inside that is called {wrong[0]!r}.",
                            fix=f"Choose {', '.join(PARTS)}; or all but the plane: inside=True.")
    shown = [Cells(inside, name, partial(inside.expression, name)) for name in inside.shown]
    made: dict[str, Sequence[InsidePanel]] = {name: PARTS[name](inside) for name in names}
    made["shown"] = shown
    for name, panels in made.items():
        for place, panel in enumerate(panels):
            panel.part = name, place
    found = [panel for name in names for panel in made[name]]
    # Panels of a size stand together.
    return [*shown, *sorted(found, key=lambda panel: isinstance(panel, Histogram))]
