"""A watched array as a picture: a heat map, a cell for each number; or, where asked, its images.

Comes after the plot. Both are on a scale centred at zero, which is drawn under them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.core.variables import SharedVariable
from tutor.live import scene
from tutor.live.axes import cut, number
from tutor.live.plot import BOTTOM, TOP
from tutor.live.scene import Layer, Mark
from tutor.pictures import pixels

Box = tuple[float, float, float, float]
MOST = 200  # rows or columns of a heat map; of more, some are left out
THIN = 12.0  # pixels that it is wide and high at least
BAR = (120.0, 8.0)  # pixels of the scale


class SheetPanel:
    """The cells or the images of a variable, and their scale."""

    def __init__(self, variable: SharedVariable, images: bool, left: float, right: float) -> None:
        self.variable, self.images, self.left, self.right = variable, images, left, right

    def layers(self) -> list[Layer]:
        """The sheet, its size in words, its scale."""
        values = np.asarray(self.variable.container.value)
        scale, name = scale_of(values), cut(self.variable.name or "weights", 20)
        size = " × ".join(map(str, values.shape))
        said = f"{name} as images" if self.images else f"{name}, {size}"
        for word, every in zip(("row", "column"), _steps(values), strict=False):
            said += f", 1 {word} in {every}" if every > 1 and not self.images else ""
        bad = int(values.size - np.isfinite(values).sum())
        said += f", {bad} not finite" if bad else ""
        head = scene.text("head", self.left, TOP - 12, said)
        box = (self.left, TOP, self.right - self.left, BOTTOM - TOP - 10)
        return [Layer((head, self.sheet(values, box, scale), *self._scale(scale)))]

    def sheet(self, values: Any, box: Box, scale: float, low: bool = False) -> Mark:
        """Values at the top left of a box (or `low`, in the middle), as large as they fit."""
        x, y, width, height = box
        shades = self._tiled(values, scale, width, height) if self.images else _cells(values, scale)
        rows, columns = shades.shape
        zoom = min(width / columns, height / rows)
        size = round(max(columns * zoom, THIN), 1), round(max(rows * zoom, THIN), 1)
        if low:
            x, y = round(x + (width - size[0]) / 2, 1), round(y + height - size[1], 1)
        return scene.image(x, y, *size, pixels.address(pixels.png(shades, pixels.DIVERGING)))

    def _tiled(self, values: Any, scale: float, width: float, height: float) -> NDArray[np.uint8]:
        images = images_of(values)
        assert images is not None, "asked of arrays that are images only"
        count, tall, wide = images.shape
        columns = min(range(1, count + 1),
                      key=lambda n: -_zoom(n, count, tall, wide, width, height))
        return pixels.tiled(_shades(images, scale), columns)

    def _scale(self, scale: float) -> list[Mark]:
        (width, height), top = BAR, BOTTOM + 8
        shades = np.tile(np.arange(pixels.GAP), (round(pixels.GAP * height / width), 1))
        bar = scene.image(self.left, top, width, height,
                          pixels.address(pixels.png(shades, pixels.DIVERGING)))
        marks = [bar]
        for share, value in ((0.0, -scale), (0.5, 0.0), (1.0, scale)):
            look = ("tick", "tick mid", "tick end")[round(2 * share)]
            marks.append(scene.text(look, self.left + share * width, top + 22, number(value, 2)))
        return marks


def images_of(values: Any) -> NDArray[np.float64] | None:
    """Values as images (n, h, w): columns whose length is a square; or what has 3 or 4 dimensions,
    of which the last two are an image's."""
    array = np.asarray(values, dtype=float)
    if array.ndim in (3, 4) and array.size:
        return array.reshape(-1, *array.shape[-2:])
    return pixels.as_images(array)


def scale_of(values: Any) -> float:
    """The largest number that is shown, without its sign."""
    found = np.abs(np.asarray(values, dtype=float))
    return float(np.max(found, where=np.isfinite(found), initial=0.0))


def _cells(values: Any, scale: float) -> NDArray[np.uint8]:
    """A colour for each number of a matrix, or of a vector, which is a row."""
    rows, columns = _steps(values)
    array = np.atleast_2d(np.asarray(values, dtype=float))
    return _shades(array[::rows, ::columns], scale)


def _steps(values: Any) -> list[int]:
    """How many rows and columns go by from one that is shown to the next."""
    return [-(-n // MOST) for n in np.atleast_2d(values).shape]


def _shades(array: Any, scale: float) -> NDArray[np.uint8]:
    """Numbers that are not finite have no colour."""
    shades = pixels.shades(array, scale, True)
    shades[~np.isfinite(array)] = pixels.GAP
    return shades


def _zoom(columns: int, count: int, tall: int, wide: int, width: float, height: float) -> float:
    rows = math.ceil(count / columns)
    full = count / (rows * columns)  # rather no row with holes
    return full * min(width / (columns * (wide + 1)), height / (rows * (tall + 1)))
