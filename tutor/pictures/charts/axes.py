"""Numbers on axes: as they are read, as ticks, as pixels, and the frame around a plot.

Comes after the marks. Coordinates are pixels, rounded to a tenth, so that a picture is the same
wherever it is made.

>>> ticks(0, 86)
[0, 20, 40, 60, 80]
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from tutor.pictures.charts.chart import Box, Layer, Mark, line, text

LARGEST, LEAST = 1e300, 5e-324  # numbers that are drawn; the latter on a logarithmic axis
MARGIN = 7.0  # pixels around a plot, for marks that stand on its edge
LETTER = 7.3  # pixels, of a bold one
SLOT, NARROW = 18, 5  # characters: of what is read off at the top, and left of an axis
FEW = 8  # points
OFFSIDE = 5.0  # times its length beyond its ends an axis goes on, so that no coordinate is huge


Ends = tuple[float, float]  # of an axis

# Numbers as they are read


def cut(words: str, most: int) -> str:
    """The beginning of what is longer than so many characters.

    >>> cut("weights", 7), cut("weights", 5)
    ('weights', 'weig…')
    """
    return words if len(words) <= most else f"{words[:max(1, most - 1)]}…"


def equation(name: str | None, value: float, most: int, digits: int = 4) -> str:
    """A name and its value in so many characters: of a long name the beginning.

    >>> equation("c", 2.5, 12), equation("bias_of_a_layer", 2.5, 12)
    ('c = 2.5', 'bias_… = 2.5')
    """
    said = number(value, digits)
    return f"{cut(name or 'value', most - len(said) - 3)} = {said}"


def number(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, as it is read.

    >>> number(-0.1 - 0.2), number(12345678.0), number(1e-7), number(float("inf"))
    ('−0.3', '1.235e7', '1e−7', '∞')
    """
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    said = f"{value:.{digits}g}"
    if "e" in said:
        mantissa, exponent = said.split("e")
        said = f"{mantissa}e{int(exponent)}"
    return said.replace("-", "−") if float(value) else "0"


def round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, … that is at least as large.

    >>> round_up(11), round_up(0.3), round_up(50)
    (20, 0.5, 50)
    """
    power = 10.0 ** math.floor(math.log10(value))
    return _clean(next(step * power for step in (1, 2, 5, 10, 20)
                       if step * power >= value * (1 - 1e-9)))


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers between two, about so many."""
    if not high > low or not math.isfinite(high - low):
        return []
    step = round_up((high - low) / (about + 1))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [_clean(i * step) for i in range(first, last + 1)]


@lru_cache(maxsize=64)
def roomy(low: float, high: float) -> Ends:
    """The ends of an axis for these values: round, and 0 where 0 is near.

    >>> roomy(10, 86), roomy(0.61, 0.69)
    ((0, 90), (0.61, 0.69))
    """
    if not math.isfinite(high - low):
        return low, high
    if high <= low:
        pad = abs(low) * 0.1 or 1.0
        return low - pad, high + pad
    if 0 < low < 0.4 * high:
        low = 0.0
    step = round_up((high - low) / 10)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return _clean(first * step), _clean(last * step)


def _clean(value: float) -> float:
    """Without the last digits that rounding left, and whole numbers as such."""
    value = float(f"{value:.10g}")
    return int(value) if value == int(value) and abs(value) < 1e15 else value


# Axes, and a plot between them


class Axis(NamedTuple):
    """A scale from numbers to pixels; of a logarithmic one, `low` and `high` are exponents."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value, rounded: what lies half way between two falls to the same side on
        every machine, whatever the last digit of the value is there."""
        return round(self.exactly(value) + 1e-6, 1)

    def exactly(self, value: float) -> float:
        """The same before it is rounded."""
        if self.log:
            value = float(np.log10(value)) if value > 0 else self.low - 1
        share = (value - self.low) / (self.high - self.low)
        share = min(max(share, -OFFSIDE), 1 + OFFSIDE) if share == share else 1 + OFFSIDE
        return self.start + share * (self.end - self.start)

    def at(self, pixel: float) -> float:
        """The value at a pixel, or at the end beyond which that is, as a person would say it."""
        share = min(max((pixel - self.start) / (self.end - self.start), 0.0), 1.0)
        digits = 2 - math.floor(math.log10(self.high - self.low))
        return round(self.low + share * (self.high - self.low), digits)

    def said(self, name: str) -> tuple[str, float, float, float, float, bool]:
        """The axis as `reading.js` takes it."""
        return name, self.low, self.high, self.start, self.end, self.log

    def ticks(self, about: int = 4) -> list[tuple[float, str]]:
        """Ticks as pixels and labels."""
        if not self.log:
            return [(self(v), number(v, 6)) for v in ticks(self.low, self.high, about)]
        first, last = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
        powers = range(first, last + 1, max(1, math.ceil((last - first) / 6)))
        return [(self(10.0 ** v), f"1e{number(v)}" if abs(v) > 3 else number(10.0 ** v))
                for v in powers]


class Extent:
    """The ends of an axis, which grow when a value lies outside and never shrink."""

    def __init__(self, low: float = math.inf, high: float = -math.inf) -> None:
        self.low, self.high = low, high

    def hold(self, *values: float) -> None:
        """Reach as far as these values; those beyond what can be drawn are passed over."""
        inside = [value for value in values if abs(value) < LARGEST]
        self.low, self.high = min([self.low, *inside]), max([self.high, *inside])

    def ends(self) -> Ends:
        """Round ends, even where there are no values yet."""
        return roomy(self.low, self.high) if self.low <= self.high else (0.0, 1.0)


def around(values: Any) -> Ends:
    """Round ends around the finite numbers of an array; 0 and 1 where there are none."""
    finite = values[np.isfinite(values)]
    return roomy(float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def logarithmic(values: Sequence[float]) -> Ends:
    """Whole powers of ten around these values, which are positive, as exponents."""
    logs = [math.log10(value) for value in values] or [0.0]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    return low, max(high, low + 1)


class Frame(NamedTuple):
    """Two axes and the rectangle between them."""

    x: Axis
    y: Axis

    @classmethod
    def over(cls, box: Box, x: Ends, y: Ends, log: bool = False) -> Frame:
        """The axes of a box, between these ends; `log`, the upward one is logarithmic."""
        return cls(Axis(*x, box.left, box.right), Axis(*y, box.bottom, box.top, log))

    @property
    def box(self) -> Box:
        """The rectangle."""
        return Box(self.x.start, self.y.end, self.x.end, self.y.start)

    def layers(self, x_name: str, y_name: str, about: int = 5) -> Layer:
        """The grid with its numbers and the names of the axes."""
        return _grid(self, x_name, y_name, about)

    def place(self, points: Any) -> list[float]:
        """The pixels of points, x, y, x, y, …; those that are not finite are left out."""
        if len(points) <= FEW:  # sooner than NumPy, and with its rounding
            return [round(10 * pixel) / 10 for x, y in points
                    if abs(x) < LARGEST and abs(y) < LARGEST
                    for pixel in (self.x.exactly(x), self.y.exactly(y))]
        pairs = np.array(points, dtype=float).reshape(-1, 2)
        pairs = pairs[(abs(pairs) < LARGEST).all(axis=1)]
        low, high, start, end = np.array([axis[:4] for axis in self]).T
        with np.errstate(all="ignore"):
            for values, axis in zip(pairs.T, self, strict=True):
                if axis.log:
                    values[:] = np.where(values > 0, np.log10(values), axis.low - 1)
            share = np.minimum(np.maximum((pairs - low) / (high - low), -OFFSIDE), 1 + OFFSIDE)
            share[share != share] = 1 + OFFSIDE
            flat: list[float] = np.round(start + share * (end - start), 1).ravel().tolist()
        return flat

    def reading(self, lines: str, names: Sequence[str], x_name: str, y_name: str
                ) -> dict[str, Any]:
        """The points of curves as `reading.js` takes them: `lines` selects them, by their names."""
        return {"kind": "points", "box": self.box.placed, "lines": lines, "names": names,
                "x": self.x.said(x_name), "y": self.y.said(y_name)}

    def inside(self, *marks: Mark) -> Layer:
        """Marks that are cut off at the edge of the plot."""
        x, y = self.x.start - MARGIN, self.y.end - MARGIN
        size = self.x.end - self.x.start + 2 * MARGIN, self.y.start - self.y.end + 2 * MARGIN
        return Layer(marks, (x, y, *size))


def captioned(box: Box, words: str, corner: bool = False) -> list[Layer]:
    """The edge under a small picture, or that and the left one, and what stands below."""
    below = text("tick mid", box.middle, box.bottom + 20, words)
    if corner:
        sides = (box.left, box.top, box.left, box.bottom, box.right, box.bottom)
        return [Layer((below,)), Layer((line("frame", sides),))]
    return [Layer((line("frame", (box.left, box.bottom, box.right, box.bottom)), below))]


def legend(names: Sequence[str], looks: Sequence[str], box: Box) -> list[Mark]:
    """Names beside lines of their looks, in a row over a plot, as far as there is room."""
    marks, share = [], (box.right - box.left) / max(1, len(names))
    most = max(2, int((share - 26) / LETTER))
    for i, (name, look) in enumerate(zip(names, looks, strict=True)):
        x, hue = round(box.left + i * share, 1), re.sub("lane | dash.*", "", look)
        marks += [line(f"{look} key", (x, box.top - 16, x + 18, box.top - 16)),
                  text(f"head {hue}", x + 22, box.top - 12, cut(name, most))]
    return marks


@lru_cache(maxsize=64)
def _grid(frame: Frame, x_name: str, y_name: str, about: int) -> Layer:
    """Kept, as most frames of a run have the grid of the one before."""
    (left, right), (bottom, top) = frame.x[2:4], frame.y[2:4]
    marks, most = [], int((right - left + 20) / LETTER)  # characters
    for y, label in frame.y.ticks():
        marks.append(line("grid", (left, y, right, y)))
        marks.append(text("tick end", left - 7, y + 4, label))
    for x, label in frame.x.ticks(about):
        marks.append(line("grid", (x, bottom, x, top)))
        marks.append(text("tick mid", x, bottom + 16, label))
    marks.append(line("frame", (left, top, left, bottom, right, bottom)))
    marks.append(text("name mid", (left + right) / 2, bottom + 34, cut(x_name, most)))
    marks.append(text("head", left, top - 12, cut(y_name, most)))
    return Layer(tuple(marks))
