"""Lines of equal height in a grid of numbers, as `contourpy` finds them.

Stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from contourpy import contour_generator
from numpy.typing import NDArray


def isolines(values: Any, level: float) -> list[NDArray[np.float64]]:
    """Lines of points (column, row) where values (rows, columns) would be `level`; where there are
    no numbers, there is no line.

    >>> [line.tolist() for line in isolines([[0, 2], [0, 2]], 1)]
    [[[0.5, 1.0], [0.5, 0.0]]]
    """
    grid = np.ma.masked_invalid(np.asarray(values, dtype=float))
    found: Any = contour_generator(z=grid, corner_mask=False).lines(level)
    return list(found)
