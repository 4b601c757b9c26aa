"""Lines of equal height in a grid of numbers, and the regions above them.

Comes after the axes. `contourpy` finds both; heights and slopes at the crossings of a coarse grid
say what is between them, by Hermite's cubic (Sur la formule d'interpolation de Lagrange, 1878), so
that a valley narrower than a cell is seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from contourpy import contour_generator
from numpy.typing import NDArray

from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import Frame, number
from tutor.pictures.charts.chart import Mark

Grid = NDArray[np.float64]
APART = (44.0, 18.0)  # pixels between two heights, across and down
LEVELS = 9  # each has a tone in chart.css
QUANTILES = (0, 0.02, 0.1, 0.5, 0.9, 1)
WALL = 10.0  # times the height that most of the plane has: so far above it, lines are drawn
OFF = 0.15  # pixels that a line may be beside itself


def finer(heights: Grid, along: Grid, up: Grid, x: Grid, y: Grid, times: int) -> Grid:
    """Heights (rows, columns) with the slopes along x and y there, at so many times as many places.

    >>> x = np.array([0.0, 1.0])
    >>> finer(np.array([x ** 2]), np.array([2 * x]), np.zeros((1, 2)), x, np.zeros(1), 4).tolist()
    [[0.0, 0.0625, 0.25, 0.5625, 1.0]]
    """
    with np.errstate(all="ignore"):
        twist = np.gradient(up, x, axis=1)
        low = np.min(heights, where=np.isfinite(heights), initial=np.inf)
        wide = _between(heights, along, x, times, low)
        slopes = _between(up, twist, x, times, -np.inf)
        return _between(wide.T, slopes.T, y, times, low).T


def _between(values: Grid, slopes: Grid, x: Grid, times: int, low: float) -> Grid:
    """Along the second axis; where a slope is no number, that of the straight line is taken.

    No slope is steeper than that of a parabola which comes down to `low` between the two.
    """
    if len(x) < 2:
        return values
    step = x[1] - x[0]
    a, b = values[:, :-1, None], values[:, 1:, None]
    most = 4 * (np.maximum(a, b) - low)
    left, right = (np.where(np.isfinite(s), np.clip(s * step, -most, most), b - a)
                   for s in (slopes[:, :-1, None], slopes[:, 1:, None]))
    t: Any = np.arange(times) / times
    inside = a + (b - a) * t * t * (3 - 2 * t) + t * (1 - t) * (left * (1 - t) - right * t)
    inside[:, :, 0] = values[:, :-1]
    return np.concatenate([inside.reshape(len(values), -1), values[:, -1:]], axis=1)


def isolines(values: Any, level: float) -> list[Grid]:
    """Lines of points (column, row) where values (rows, columns) would be `level`; where there are
    no numbers, there is no line.

    >>> [line.tolist() for line in isolines([[0, 2], [0, 2]], 1)]
    [[[0.5, 1.0], [0.5, 0.0]]]
    """
    found: Any = _generator(values).lines(level)
    return list(found)


def regions(values: Any, levels: Sequence[float]) -> list[list[Grid]]:
    """For each level the rings of points (column, row) around what is at least as high, and around
    holes in that.

    >>> [ring.tolist() for ring in regions([[0, 2], [0, 2]], [1])[0]]
    [[[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0], [0.5, 0.0]]]
    """
    generator = _generator(values)
    return [[points[begin:end] for points, offsets in zip(*generator.filled(level, np.inf),
                                                          strict=True)
             for begin, end in pairwise(offsets)] for level in levels]


def _generator(values: Any) -> Any:
    heights = np.asarray(values, dtype=float)
    finite = np.isfinite(heights)
    return contour_generator(z=heights if finite.all() else np.ma.array(heights, mask=~finite),
                             corner_mask=False)


class Contour(NamedTuple):
    """A level, its lines, and the rings around what is higher; points are shares of both axes."""

    level: float
    lines: list[Grid]
    rings: list[Grid]


def contours(heights: Grid) -> list[Contour]:
    """Levels, upwards, which lie so that half of them are over half of the plane."""
    finite = heights[np.isfinite(heights)]
    if not finite.size or finite.max() <= finite.min():
        return []
    low, lowest, lower, middle, upper, high = np.quantile(finite, QUANTILES).tolist()
    # A wall or a hole at the edge does not take all the lines.
    low, high = max(low, lower - WALL * (upper - lower)), min(high, upper + WALL * (upper - lower))
    if not low < high:
        low, high = float(finite.min()), float(finite.max())
    # Half of the lines are over half of the plane, and the lowest has some room within.
    half, least = (max((found - low) / (high - low), 1e-9) for found in (middle, lowest))
    power = max(min(math.log(half) / math.log(0.5), math.log(least) / -math.log(LEVELS + 1)), 1.0)
    # The lines are found in what makes a bowl a cone: between two points of that it is straight.
    straight = np.clip((heights - low) / (high - low), 0, None) ** (1 / power)
    ends = heights.shape[1] - 1, heights.shape[0] - 1
    shares = [i / (LEVELS + 1) for i in range(1, LEVELS + 1)]
    return [Contour(low + (high - low) * share ** power,
                    [line / ends for line in isolines(straight, share)],
                    [ring / ends for ring in rings])
            for share, rings in zip(shares, regions(straight, shares), strict=True)]


def plane(found: Sequence[Contour], frame: Frame, whole: bool = True) -> list[Mark]:
    """The plane between two axes, the darker the higher; where it is `whole` with the lines of
    equal height, and their heights wherever none lies on another."""
    rings = in_pixels([one.rings for one in found], frame)
    tones = [chart.area(f"band band{i}", some) for i, some in enumerate(rings)]
    if not whole:
        return tones
    edges = in_pixels([one.lines for one in found], frame)
    lines = [chart.line("contour", points) for some in edges for points in some]
    labels: list[Mark] = []
    for one, some in zip(found[1::2], edges[1::2], strict=True):
        spot = _free(max(some, key=len, default=[]), frame, labels)
        labels.append(chart.text("height mid", *(spot or (frame.x.start, frame.y.end)),
                                 number(float(f"{one.level:.2g}")) if spot else ""))
    return [*tones, *lines, *labels]


def in_pixels(groups: Sequence[Sequence[Grid]], frame: Frame) -> list[list[list[float]]]:
    """Groups of lines whose points are shares of both axes, as pixels x, y, x, y, …"""
    lines = [line for group in groups for line in group]
    if not lines:
        return [[] for _ in groups]
    x, y = frame
    sizes, corner = (x.end - x.start, y.end - y.start), (x.start, y.start)
    points = np.round(np.concatenate(lines) * sizes + corner, 1)
    found = iter(fewer(points, np.cumsum([len(line) for line in lines])))
    return [[next(found) for _ in group] for group in groups]


def _free(points: list[float], frame: Frame, taken: Sequence[Mark]) -> tuple[float, float] | None:
    """A point of a line, near the top, well inside and away from the texts that are there."""
    inside = [(x, y + 4) for x, y in zip(points[::2], points[1::2], strict=True)
              if frame.x.start + 24 < x < frame.x.end - 24
              and frame.y.end + 12 < y < frame.y.start - 10]
    free = [(x, y) for x, y in inside
            if all(abs(x - a) > APART[0] or abs(y - b) > APART[1]
                   for a, b in (mark.points for mark in taken if mark.text))]
    return min(free, key=lambda at: abs(at[1] - frame.y.end - 28), default=None)


def fewer(points: Grid, ends: Any) -> list[list[float]]:
    """Lines in pixels without the points that are hardly off the way between their neighbours. The
    points (n, 2) of all lines follow one another; `ends` are the indices after each."""
    edge = np.zeros(len(points), bool)  # the first and the last of each line
    edge[ends - 1] = edge[np.append(0, ends[:-1])] = True
    owner = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    while True:
        middle = np.flatnonzero(~edge)
        middle = middle[middle % 2 == 1]  # so that no two neighbours go at once
        if not len(middle):
            break
        a, b, c = points[middle - 1], points[middle], points[middle + 1]
        across = (c - a)[:, ::-1] * (1, -1)
        off = np.abs(((b - a) * across).sum(axis=1))
        gone = middle[off <= OFF * np.maximum(np.hypot(*across.T), 1e-9)]
        if not len(gone):
            break
        stay = np.ones(len(points), bool)
        stay[gone] = False
        points, edge, owner = points[stay], edge[stay], owner[stay]
    flat = points.ravel().tolist()
    places = np.searchsorted(owner, np.arange(len(ends) + 1)) * 2
    return [flat[i:j] for i, j in pairwise(places.tolist())]
