"""`plot`: an expression over one input as a curve, over two as contours or as a surface.

Comes after the samples, which are all that is drawn: nothing is asked of a kernel afterwards. Along
a curve its tangent is dragged, or goes by the arrow keys; under it stands the derivative.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tutor.core.errors import ArgumentError, TutorError
from tutor.core.graph import Variable, quoted
from tutor.gradient import grad
from tutor.pictures import assets, html
from tutor.pictures.charts import chart, svg
from tutor.pictures.charts.axes import Frame, cut, legend, number, roomy
from tutor.pictures.charts.chart import Box, Layer, Mark, Panel, Scene
from tutor.pictures.charts.contours import contours, finer, plane
from tutor.pictures.charts.heat import plane_reading
from tutor.pictures.charts.sampling import Array, Asked, Span, asked, by_variable
from tutor.pictures.charts.surface import surface_layer
from tutor.pictures.computed import Computed, turnable
from tutor.signatures import answering

CURVE, STOPS = 241, 81  # places of a curve; those at which its tangent stands
PLANE, READ = (61, 49), 2  # columns and rows of a plane; every so-manyth is read by a pointer
TIMES = 3  # so many times as many of them, where slopes are known
ARROWS = (9, 7)  # of the gradient, across and up
HUES = 6  # in chart.css
WIDE = 380
SCRIPTS = [f"pictures/charts/{name}.js" for name in ("chart", "reading", "axes", "plot")]
UPPER, LOWER = Box(52.0, 58.0, 360.0, 226.0), Box(52.0, 276.0, 360.0, 402.0)
ALONE, SQUARE = Box(52.0, 58.0, 360.0, 246.0), Box(52.0, 58.0, 360.0, 306.0)
TANGENT = 62.0  # pixels to each side
REST = 0.7  # of the way along the axis: where the tangent stands at first
POLE = 4.0  # times the height that most of a curve has: so far an axis goes


class Plot:
    """An expression drawn over its inputs, which shows itself; made by `plot`.

    `x` are the places along each axis, and `heights` the values there, by the name of the
    expression: (n,), or (rows, columns) in a plane; `slopes` are those of the derivatives.
    """

    def __init__(self, what: Asked, wrt: Sequence[Variable], surface: bool) -> None:
        self.what, self.surface = what, surface
        outputs, counts = list(what.lines.values()), PLANE if len(what.spans) == 2 else (CURVE,)
        self.x = [span.places(n) for span, n in zip(what.spans, counts, strict=True)]
        places = np.meshgrid(*self.x)
        derived = [grad(y.sum(), v, disconnected_inputs="ignore") for y in outputs for v in wrt]
        self.drawn = [*outputs, *derived]
        found = what.at(self.drawn, [axis.ravel() for axis in places])
        found = found.reshape(-1, *places[0].shape)
        self.heights = dict(zip(what.lines, found, strict=False))
        count = len(wrt)
        self.slopes = {  # none where there is no value
            name: np.where(np.isfinite(found[i]), found[len(outputs) + i * count:][:count], np.nan)
            for i, name in enumerate(what.lines)} if wrt else {}

    def __repr__(self) -> str:
        spans = " and ".join(f"{s.name} from {number(s.low)} to {number(s.high)}"
                             for s in self.what.spans)
        told = [f"{name} {_range(y)}" for name, y in self.heights.items()]
        told += [f"its slope {_range(found)}" if len(self.slopes) == 1 else
                 f"the slope of {name} {_range(found)}" for name, found in self.slopes.items()]
        return f"<plot over {spans}: {', '.join(told)}>".replace("−", "-")

    @cached_property
    def scene(self) -> Scene:
        """The picture."""
        words = f"A {repr(self)[1:-1]}."
        if len(self.what.spans) == 1:
            return Scene([Curves(self).panel()], words)
        draw = self._surface if self.surface else self._contours
        return Scene([draw(name) for name in self.heights], words)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": svg.inline(self.scene, reads=True),
                "image/svg+xml": svg.standing_alone(self.scene)}

    def html(self, live: bool = False) -> str:
        """A page of its own; `live`, it computes: inputs and the ends of axes are changed in it."""
        still = svg.inline(self.scene, reads=not live)
        return self._computing(still) if live else html.document("A plot", still)

    def _computing(self, still: str) -> str:
        """The page that computes."""
        inputs, slots = self.what.over(self.drawn)
        fixed = inputs[len(self.what.spans):]
        begun = [np.full((1,) * v.ndim, span.low) for v, span in zip(
            inputs, self.what.spans, strict=False)]
        given = dict(zip(inputs, [*begun, *self.what.values.values()], strict=True))
        ids = {f"i{i}": v for i, v in enumerate(fixed) if turnable(v, given[v])}
        made = Computed(slots, given, ids)
        told = {"names": [*self.heights], "sloped": bool(self.slopes), "surface": self.surface,
                "turns": made.turns(), "axes": [
                    {"input": i, "name": span.name, "ends": [span.low, span.high]}
                    for i, span in enumerate(self.what.spans)]}
        body = f'<div class="tutor-before-plot">{still}</div>'
        return made.page("A plot", f'{body}<div class="tutor-turned tutor-explore"></div>', {},
                         told, assets.script(*SCRIPTS), assets.style(svg.SHEET))

    def _contours(self, name: str) -> Panel:
        """Lines of equal height, the plane between them the darker the higher."""
        (x, y), heights = self.what.spans, self.heights[name]
        frame = Frame.over(SQUARE, (x.low, x.high), (y.low, y.high))
        arrows = self._arrows(name, frame)
        axes = frame.layers(x.name, "")
        head = chart.text("head", SQUARE.left, 18, cut(name, 44))
        up = chart.text("name", 12, SQUARE.top - 12, cut(y.name, 44))
        drawn = plane(contours(self._fine(name)), frame)
        layers = (axes, frame.inside(*drawn, *arrows), Layer((head, up)))
        reading = plane_reading(heights[::READ, ::READ], frame, (x.name, y.name, cut(name, 16)))
        return Panel(WIDE, round(SQUARE.bottom) + 44, layers, reading)

    def _fine(self, name: str) -> Array:
        """The heights at more places, where slopes tell them: so no valley is broken."""
        slopes = self.slopes.get(name)
        if slopes is None:
            try:
                derived = grad(self.what.lines[name],
                               [span.variable for span in self.what.spans],
                               disconnected_inputs="ignore")
            except TutorError:
                return self.heights[name]
            slopes = self.what.at(derived, [axis.ravel() for axis in np.meshgrid(*self.x)])
            slopes = slopes.reshape(2, *self.heights[name].shape)
        (along, up), (x, y) = slopes, self.x
        return finer(self.heights[name], along, up, x, y, TIMES)

    def _arrows(self, name: str, frame: Frame) -> list[Mark]:
        """The gradient at some places: where it leads, and how long it is beside the longest."""
        if len(self.slopes.get(name, ())) != 2:
            return []
        marks = []
        columns, rows = (np.linspace(0, n - 1, count + 2).round().astype(int)[1:-1]
                         for n, count in zip(PLANE, ARROWS, strict=True))
        scale = np.array([(axis.end - axis.start) / (axis.high - axis.low) for axis in frame])
        slopes = self.slopes[name][:, rows[:, None], columns].reshape(2, -1).T * np.sign(scale)
        with np.errstate(all="ignore"):
            sizes = np.hypot(*slopes.T)
        longest = np.max(sizes, where=np.isfinite(sizes), initial=0.0)
        places = [(self.x[0][j], self.x[1][i]) for i in rows for j in columns]
        for place, slope, size in zip(places, slopes, sizes, strict=True):
            if not 0 < size < math.inf:
                continue
            x, y = frame.place([place])
            dx, dy = slope / size * (6 + 14 * math.sqrt(size / longest))
            marks.append(chart.line("tangent thin", chart.arrow(x, y, dx, dy, 0.3, 0.2)))
        return marks

    def _surface(self, name: str) -> Panel:
        """The heights as a surface, seen from above and the side."""
        x, y = self.what.spans
        layer = surface_layer(self.heights[name], (x.name, x.low, x.high), (y.name, y.low, y.high))
        head = chart.text("head", 16, 28, cut(name, 44))
        return Panel(WIDE, 330, (Layer((head,)), layer))


class Curves:
    """A plot over one input: the curves, their derivatives under them, and a tangent that moves."""

    def __init__(self, plot: Plot) -> None:
        self.plot, self.span, self.x = plot, plot.what.spans[0], plot.x[0]
        self.sloped = bool(plot.slopes)
        boxes = [UPPER, LOWER] if self.sloped else [ALONE]
        heights = [[*plot.heights.values()], [found[0] for found in plot.slopes.values()]]
        self.frames = [self._frame(box, lines) for box, lines in
                       zip(boxes, heights, strict=False)]

    def panel(self) -> Panel:
        """The picture, with a stop of the tangent at every other place."""
        plot, derivative = self.plot, f"derivative with respect to {self.span.name}"
        upper, *lower = self.frames
        names = [*plot.heights]
        layers = [upper.layers("" if lower else self.span.name, self._title(names))]
        layers.append(upper.inside(*self._lines(upper, [*plot.heights.values()])))
        if lower:
            slopes = [found[0] for found in plot.slopes.values()]
            layers += [lower[0].layers(self.span.name, cut(derivative, 44)),
                       lower[0].inside(*self._lines(lower[0], slopes))]
        looks = [self._look(i) for i in range(len(names))]
        layers += [Layer(tuple(legend(names, looks, upper.box)))] if len(names) > 1 else []
        reading = self._stops()
        moving = [Mark(kind, f"{style} moving", tuple(points[:2] if kind == "text" else points),
                       points[2] if kind == "text" else "")
                  for (kind, style), points in zip(reading["marks"], reading["stops"][
                      reading["rest"]], strict=True)]
        height = round((lower or [upper])[-1].y.start) + 44
        return Panel(WIDE, height, (*layers, Layer(tuple(moving))), reading)

    def _title(self, names: list[str]) -> str:
        return cut(names[0], 44) if len(names) == 1 else ""

    def _frame(self, box: Box, lines: Sequence[Array]) -> Frame:
        finite = np.concatenate([y[np.isfinite(y)] for y in lines] or [np.zeros(1)])
        low, high = (0.0, 1.0) if not finite.size else (float(finite.min()), float(finite.max()))
        if finite.size > 8:  # a pole does not take all of the axis
            a, b = np.quantile(finite, (0.05, 0.95)).tolist()
            room = POLE * (b - a)
            low, high = (max(low, a - room), min(high, b + room)) if room > 0 else (low, high)
        return Frame.over(box, (self.span.low, self.span.high), roomy(low, high))

    def _lines(self, frame: Frame, lines: Sequence[Array]) -> list[Mark]:
        """Each curve, from gap to gap: where it is not finite, or jumps."""
        marks = []
        tall = 2 * (frame.y.high - frame.y.low)
        for i, y in enumerate(lines):
            with np.errstate(invalid="ignore"):
                leaps = (np.abs(np.diff(y)) > tall) | _jumps(y, tall / 50)
            gaps = np.flatnonzero(~np.isfinite(y[1:]) | ~np.isfinite(y[:-1]) | leaps) + 1
            for part in np.split(np.column_stack([self.x, y]), gaps):
                if np.isfinite(part[:, 1]).all() and len(part) > 1:
                    marks.append(chart.line(self._look(i), frame.place(part)))
        return marks

    def _look(self, i: int) -> str:
        return f"lane hue{i % HUES} dash{i % HUES}"

    def _stops(self) -> dict[str, Any]:
        """What moves, at each of its stops."""
        every = (CURVE - 1) // (STOPS - 1)
        stops, words = zip(*(self._stop(i) for i in range(0, CURVE, every)), strict=True)
        box = Box(UPPER.left, UPPER.top, UPPER.right, self.frames[-1].y.start)
        return {"kind": "stops", "box": box.placed, "marks": self._kinds(), "stops": stops,
                "at": [self.frames[0].x(float(v)) for v in self.x[::every]], "words": words,
                "rest": round(REST * (STOPS - 1))}

    def _kinds(self) -> list[tuple[str, str]]:
        lines = range(len(self.plot.heights))
        several = len(self.plot.heights) > 1
        kinds = [*[("line", "guide")] * len(self.frames), ("text", "head")]
        for i in lines:
            kinds += [("line", f"steep hue{i % HUES}" if several else "tangent")] * self.sloped
            kinds += [("dots", f"hue{i % HUES}" if several else "now")] * len(self.frames)
        return [*kinds, ("text", "head point"), *([("text", "head slope")] * self.sloped)]

    def _stop(self, i: int) -> tuple[list[Any], str]:
        """The points of each mark at a place, and what they say."""
        at = float(self.x[i])
        x = self.frames[0].x(at)
        found: list[Any] = [[x, frame.y.end, x, frame.y.start] for frame in self.frames]
        found.append([UPPER.left, 18.0, f"{cut(self.span.name, 8)} = {number(at)}"])
        heights, slopes = [], []
        for name, y in self.plot.heights.items():
            height = float(y[i])
            heights.append(number(height))
            if self.sloped:
                slope = float(self.plot.slopes[name][0][i])
                slopes.append(number(slope))
                found.append(self._tangent(at, height, slope))
            found.append(self._dot(self.frames[0], at, height))
            if self.sloped:
                found.append(self._dot(self.frames[1], at, slope))
        several = len(heights) > 1
        said = ["" if several else f"value {heights[0]}"]
        said += ["" if several else f"slope {slopes[0]}"] if self.sloped else []
        found += [[left, 18.0, words] for left, words in zip((155.0, 262.0), said, strict=False)]
        told = [f"{name} {height}" for name, height in zip(self.plot.heights, heights, strict=True)]
        told += [f"slope {slope}" for slope in slopes]
        return found, f"{self.span.name} = {number(at)}: {', '.join(told)}"

    def _dot(self, frame: Frame, at: float, height: float) -> list[float]:
        inside = frame.y.low <= height <= frame.y.high
        return frame.place([(at, height)]) if inside else []

    def _tangent(self, at: float, height: float, slope: float) -> list[float]:
        """So many pixels to each side, as far as they are in the frame."""
        frame = self.frames[0]
        if not (self._dot(frame, at, height) and math.isfinite(slope)):
            return []
        x, y = frame.x(at), frame.y(height)
        across, up = ((axis.end - axis.start) / (axis.high - axis.low) for axis in frame)
        steep = max(-1e6, min(1e6, slope * up / across))
        long = TANGENT / math.hypot(1.0, steep)
        ends = []
        for side in (-1.0, 1.0):
            share = long
            edge = frame.x.start if side < 0 else frame.x.end
            share = min(share, abs(edge - x))
            if steep:
                edge = frame.y.end if side * steep < 0 else frame.y.start
                share = min(share, abs((edge - y) / steep))
            ends += [round(x + side * share, 1), round(y + side * share * steep, 1)]
        return ends


@answering
def plot(y: Any, /, *spans: Any, wrt: Any = None, surface: bool = False, **named: Any) -> Plot:
    """Draw an expression over one input, or over two.

    `y` is a scalar expression, or several in a list or a dict from names. What varies has an
    interval, by its name, after the variable, or in a dict: `plot(y, x=(-3, 3))`,
    `plot(y, x, (-3, 3))`, `plot(y, {x: (-3, 3)})`; a shared variable may vary too. Other inputs
    have a value there: `plot(y, x=(-3, 3), a=2.0)`.
    A vector varies where the expression is elementwise.

    Over one input, `wrt` draws the derivative under the curve, and a tangent to drag. Over two, the
    picture has contours, with `wrt=[x1, x2]` the arrows of the gradient, or it is a `surface`.

    Raises ArgumentError for an input that has neither an interval nor a value, BadValueError for
    what is no interval, DTypeError for an expression that is no real number at each place.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> plot(x ** 2, x=(-3, 3), wrt=x)
    <plot over x from -3 to 3: x ** 2 from 0 to 9, its slope from -6 to 6>
    """
    what = asked(y, by_variable(spans), named)
    return Plot(what, _checked_wrt(wrt, what.spans), surface)


def _checked_wrt(wrt: Any, spans: Sequence[Span]) -> list[Variable]:
    """The variables of derivatives: those that vary."""
    if wrt is None:
        return []
    listed = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    varying = [span.variable for span in spans]
    found = [next((v for v in varying if v is one or v.name == one), None) for one in listed]
    if None in found or len(found) != len(varying):
        names = ", ".join(map(str, varying))
        raise ArgumentError(f"the derivative is drawn with respect to what varies, {names}, and "
                            f"wrt is {quoted(wrt)}.",
                            fix=f"Write wrt={names if len(varying) == 1 else f'[{names}]'}.")
    return varying


def _jumps(y: Array, least: float) -> Any:
    """Between which places a curve jumps: by far more than on both sides of them. (A place may lie
    in the midst of the jump, as 0 does for the slope of abs: so the steps after next are asked.)"""
    steps = np.pad(np.abs(np.diff(y)), 2)
    return (steps[2:-2] > least) & (steps[2:-2] > 8 * np.maximum(steps[:-4], steps[4:]))


def _range(values: Array) -> str:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "nowhere finite"
    return f"from {number(float(finite.min()), 3)} to {number(float(finite.max()), 3)}"
