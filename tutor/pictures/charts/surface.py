"""Heights over a plane as a surface, drawn from the back to the front.

Comes after the axes. Each quadrangle has one of ten tones, by its height; those that are nearer
hide those behind them, as painters work.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import cut, number
from tutor.pictures.charts.chart import Layer, Mark

TURN, TILT = math.radians(35), math.radians(28)  # of who looks, around and above
MIDDLE, SIZE = (190.0, 178.0), 205.0  # pixels: of the middle, and of a side
HIGH = 0.62  # of a side, that the heights take
TONES = 10
COLUMNS = 24  # of quadrangles
Named = tuple[str, float, float]


def surface_layer(heights: NDArray[np.float64], x: Named, y: Named) -> Layer:
    """The surface (rows, columns) over a rectangle whose sides have names and ends."""
    every = max(1, math.ceil((heights.shape[1] - 1) / COLUMNS))
    seen = heights[::every, ::every]
    finite = seen[np.isfinite(seen)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    share = (seen - low) / ((high - low) or 1.0)
    rows, columns = seen.shape
    a, b = np.meshgrid(np.linspace(-0.5, 0.5, columns), np.linspace(-0.5, 0.5, rows))
    across, down = _placed(a, b, share)
    quads = []
    for i in range(rows - 1):
        for j in range(columns - 1):
            corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]
            middle = float(np.mean([share[c] for c in corners]))
            if not math.isfinite(middle):
                continue
            ring = [round(float(v[c]), 1) for c in corners for v in (across, down)]
            tone = min(int(middle * TONES), TONES - 1)
            quads.append((_depth(a[i, j], b[i, j]), chart.area(f"sheet sheet{tone}", [ring])))
    quads.sort(key=lambda pair: pair[0])
    return Layer((*_sides(x, y, low, high), *(mark for _, mark in quads)))


def _placed(a: NDArray[np.float64], b: NDArray[np.float64], share: NDArray[np.float64]
            ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pixels of places, whose height is a share of the whole."""
    across = a * math.cos(TURN) - b * math.sin(TURN)
    away = a * math.sin(TURN) + b * math.cos(TURN)
    up = (share - 0.5) * HIGH * math.cos(TILT) + away * math.sin(TILT)
    return MIDDLE[0] + SIZE * across, MIDDLE[1] - SIZE * up


def _depth(a: float, b: float) -> float:
    """The nearer, the larger."""
    return -float(a * math.sin(TURN) + b * math.cos(TURN))


def _sides(x: Named, y: Named, low: float, high: float) -> list[Mark]:
    """The edges of the floor, with names and ends; the edge of heights at the left."""
    def spot(a: float, b: float, c: float) -> tuple[float, float]:
        across, down = _placed(*(np.array(v) for v in (a, b, c)))
        return round(float(across), 1), round(float(down), 1)

    near, right, far = spot(-0.5, -0.5, 0), spot(0.5, -0.5, 0), spot(0.5, 0.5, 0)
    left, top = spot(-0.5, 0.5, 0), spot(-0.5, 0.5, 1)
    marks = [chart.line("frame", (*left, *near, *right)),
             chart.line("grid", (*left, *far, *right)), chart.line("frame", (*left, *top))]
    for (name, first, last), end, aside in ((x, right, 8), (y, left, -8)):
        said = ((0.1, number(first), "tick mid"), (0.5, cut(name, 8), "name mid"),
                (0.95, number(last), "tick mid"))
        for place, words, look in said:
            at = [p + place * (q - p) for p, q in zip(near, end, strict=True)]
            marks.append(chart.text(look, round(at[0] + aside, 1), round(at[1] + 18, 1), words))
    marks += [chart.text("tick end", left[0] - 7, left[1] + 4, number(low, 3)),
              chart.text("tick end", top[0] - 7, top[1] + 4, number(high, 3))]
    return marks
