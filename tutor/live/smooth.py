"""A grid of heights made finer: between two crossings a cubic curve with the slopes of both.

Stands by itself. C. Hermite, Sur la formule d'interpolation de Lagrange, 1878. A valley that is
narrower than the cells of the grid is seen by its slopes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float64]


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
