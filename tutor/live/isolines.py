"""Lines of equal height in a grid of numbers: each cell is crossed on two of its sides, or on none.

Stands by itself. The pieces of all cells are joined into lines, so that a ring is one line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Side = tuple[int, int, int]  # row, column, and 0 for the side to the right or 1 for the one down


def isolines(values: Any, level: float) -> list[NDArray[np.float64]]:
    """Lines of points (column, row) where values (rows, columns) would be `level`.

    >>> [line.tolist() for line in isolines([[0, 2], [0, 2]], 1)]
    [[[0.5, 0.0], [0.5, 1.0]]]
    """
    grid = np.asarray(values, dtype=float)
    with np.errstate(invalid="ignore"):
        high = grid > level
    finite = np.isfinite(grid)
    corners = [high[:-1, :-1], high[:-1, 1:], high[1:, :-1], high[1:, 1:]]
    whole = finite[:-1, :-1] & finite[:-1, 1:] & finite[1:, :-1] & finite[1:, 1:]
    count = sum(corner.astype(int) for corner in corners)
    near: dict[Side, list[Side]] = {}
    for i, j in np.argwhere(whole & (count > 0) & (count < 4)).tolist():
        for a, b in _pieces(grid, high, i, j, level):
            near.setdefault(a, []).append(b)
            near.setdefault(b, []).append(a)
    return [np.array([_crossing(grid, side, level) for side in line]) for line in _joined(near)]


def _pieces(grid: Any, high: Any, i: int, j: int, level: float) -> list[tuple[Side, Side]]:
    """The pairs of sides of a cell that a line joins."""
    top, left, bottom, right = (i, j, 0), (i, j, 1), (i + 1, j, 0), (i, j + 1, 1)
    crossed = [side for side, differs in (
        (top, high[i, j] != high[i, j + 1]), (right, high[i, j + 1] != high[i + 1, j + 1]),
        (bottom, high[i + 1, j] != high[i + 1, j + 1]), (left, high[i, j] != high[i + 1, j]),
    ) if differs]
    if len(crossed) == 2:
        return [(crossed[0], crossed[1])]
    # A saddle: the middle says which two corners hang together.
    if (grid[i:i + 2, j:j + 2].mean() > level) == high[i, j]:
        return [(top, right), (left, bottom)]
    return [(top, left), (right, bottom)]


def _joined(near: dict[Side, list[Side]]) -> list[list[Side]]:
    """The lines: first those with ends, then the rings."""
    lines: list[list[Side]] = []
    seen: set[Side] = set()
    for start in sorted(near, key=lambda side: (len(near[side]), side)):
        if start in seen:
            continue
        line, at = [start], start
        seen.add(start)
        while following := [side for side in near[at] if side not in seen]:
            at = following[0]
            seen.add(at)
            line.append(at)
        if len(line) > 2 and start in near[at]:
            line.append(start)
        lines.append(line)
    return lines


def _crossing(grid: Any, side: Side, level: float) -> tuple[float, float]:
    """Where on a side the height is the level, as column and row."""
    i, j, down = side
    a, b = float(grid[i, j]), float(grid[i + down, j + 1 - down])
    share = (level - a) / (b - a)
    return j + share * (1 - down), i + share * down
