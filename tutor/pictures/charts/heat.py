"""Arrays as heat maps: a cell for each number, with a scale, numbered rows and columns.

Comes after the axes. Three and four dimensions are small multiples: images side by side, which are
the last two. Where there is no number a cell is hatched: nan with lines one way, infinity crossed.
Of a large array some rows and columns are left out, but nothing that is not finite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.pictures import pixels
from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import Frame, number, ticks
from tutor.pictures.charts.chart import Box, Layer, Mark, Panel, Scene

MOST = 200  # rows or columns of a heat map; of more, some are left out
TILES = 144  # images side by side
THIN = 12.0  # pixels that it is wide and high at least
LARGE, STRETCH = 34.0, 4.0  # pixels of a cell, at most; how much longer than wide one may be
BAR = (120.0, 8.0)  # pixels of the scale
SIGNS = (14, 42, 70, 98)  # where the scale has bars, as what is negative
UNDER, LETTER = 14.0, 7.0  # pixels under an array for its columns' numbers; of a digit
ALONE = Box(52.0, 36.0, 360.0, 316.0)  # of an array that is all there is to see

Array = NDArray[Any]


class Sheet:
    """An array (real numbers) as a picture. `images` shows a matrix by its columns, as images whose
    side is the root; `scale` is the size that is drawn darkest, by default the largest there is."""

    def __init__(self, values: Any, name: str, images: bool = False, scale: float | None = None,
                 centred: bool = True) -> None:
        self.values, self.name = np.asarray(values, dtype=float), name
        tiles = images_of(self.values) if images or self.values.ndim > 2 else None
        self.many = tiles is not None
        self.shape = self.values.shape if tiles is None or self.values.ndim > 2 else tiles.shape
        self.tiles = np.atleast_2d(self.values)[None] if tiles is None else tiles
        self.left_out = max(0, len(self.tiles) - TILES)
        self.tiles = self.tiles[:TILES]
        finite = np.abs(self.values[np.isfinite(self.values)])
        self.scale = scale if scale is not None else float(finite.max(initial=0.0))
        self.centred = centred

    @property
    def every(self) -> tuple[int, int]:
        """The strides of rows and columns that are shown."""
        rows, columns = (-(-n // MOST) for n in self.tiles.shape[-2:])
        return rows, columns

    @cached_property
    def seen(self) -> Array:
        """The numbers that are shown, (images, rows, columns); of those beside one that are left
        out, the first that is not finite stands for it."""
        rows, columns = self.every
        found = self.tiles[:, ::rows, ::columns].copy()
        if (rows, columns) != (1, 1):
            for image, row, column in np.argwhere(~np.isfinite(self.tiles))[::-1]:
                found[image, row // rows, column // columns] = self.tiles[image, row, column]
        return found

    def across(self, width: float, height: float) -> int:
        """How many images stand in a row, so that they are as large as they can be."""
        count, tall, wide = self.seen.shape
        # The channels of a filter stay side by side.
        group = int(self.values.shape[1]) if self.values.ndim == 4 else 1

        def zoom(columns: int) -> float:
            rows = math.ceil(count / columns)
            full = count / (rows * columns)  # rather no row with holes
            return full * min(width / (columns * (wide + 1)), height / (rows * (tall + 1)))

        return max(range(group, max(count, group) + 1, group), key=zoom)

    def coloured(self, width: float, height: float) -> tuple[Array, Array]:
        """The number of the colour of each cell, images side by side, and the colours."""
        across = self.across(width, height)
        broken = np.where(np.isnan(self.seen), 1, np.where(np.isinf(self.seen), 2, 0))
        parts = [pixels.tiled(part.astype(np.uint8), across) for part in
                 (pixels.shades(self.seen, self.scale, self.centred), broken)]
        parts[1][parts[1] == pixels.GAP] = 0
        palette = pixels.DIVERGING if self.centred else pixels.INK
        if parts[1].any():
            return pixels.hatched(parts[0], parts[1], palette)
        below = pixels.tiled((self.seen < 0).astype(np.uint8), across)
        return pixels.barred(parts[0], below == 1), palette

    def cells(self, width: float, height: float) -> tuple[int, int]:
        """Rows and columns of all cells, with the gaps between images."""
        count, tall, wide = self.seen.shape
        across = self.across(width, height)
        return math.ceil(count / across) * (tall + 1) - 1, across * (wide + 1) - 1

    def image(self, box: Box, low: bool = False) -> Mark:
        """The cells at the top left of a box (or `low`, in the middle), as large as they fit."""
        x, y, width, height = box.placed
        rows, columns = self.cells(width, height)
        drawn = pixels.png(*self.coloured(width, height))
        zoom = [min(width / columns, LARGE), min(height / rows, LARGE)]
        most = min(zoom) * (1 if self.many else STRETCH)
        size = (round(max(columns * min(zoom[0], most), THIN), 1),
                round(max(rows * min(zoom[1], most), THIN), 1))
        if low:
            x, y = round(x + (width - size[0]) / 2, 1), round(y + height - size[1], 1)
        return chart.image(x, y, *size, pixels.address(drawn))

    def layers(self, box: Box) -> list[Layer]:
        """The size in words over the box, the cells in it, the scale under it."""
        head = chart.text("head", box.left, box.top - 12, self.title())
        image = self.image(self._inner(box))
        return [Layer((head, image, *self._numbers(image), *self._scale(box)))]

    def title(self) -> str:
        """The name and the size in words; what is left out, and what is not finite."""
        size = " × ".join(map(str, self.values.shape))
        images = self.many and self.values.ndim < 3
        said = f"{self.name} as images" if images else ", ".join(filter(None, (self.name, size)))
        for word, every in zip(("row", "column"), self.every, strict=True):
            said += f", 1 {word} in {every}" if every > 1 else ""
        said += f", {TILES} of {TILES + self.left_out}" if self.left_out else ""
        bad = ((np.isnan(self.values).sum(), "nan"), (np.isinf(self.values).sum(), "inf"))
        return said + "".join(f", {count} {word}" for count, word in bad if count)

    def reading(self, box: Box) -> dict[str, Any]:
        """The cells as `reading.js` takes them."""
        inner = self._inner(box)
        image = self.image(inner)
        rows, columns = self.cells(*inner.placed[2:])
        return {"kind": "cells", "box": image.points, "rows": rows, "columns": columns,
                "tile": self.seen.shape[1:], "every": self.every,
                "shape": self.shape, "name": self.name, "values": plain_numbers(self.seen)}

    def _inner(self, box: Box) -> Box:
        """Where the cells are: over the numbers of columns."""
        return box._replace(bottom=box.bottom - UNDER)

    def _numbers(self, image: Mark) -> list[Mark]:
        """Numbers of rows and columns, or of the first image in each row."""
        x, y, width, height = image.points
        count, tall, wide = self.seen.shape
        across = self.across(width, height)
        marks = []
        if self.many:
            pitch = height / math.ceil(count / across)
            skip = max(1, math.ceil(13 / pitch))
            for row in range(0, math.ceil(count / across), skip):
                first = row * across // (self.values.shape[1] if self.values.ndim == 4 else 1)
                marks.append(chart.text("tick end", x - 7, y + (row + 0.5) * pitch + 4, str(first)))
            return marks
        for i in _some(tall, self.every[0], height, 13.0) if self.values.ndim > 1 else []:
            at = y + (i / self.every[0] + 0.5) * height / tall
            marks.append(chart.text("tick end", x - 7, round(at + 4, 1), str(i)))
        digits = LETTER * len(str(wide * self.every[1])) + 6
        for j in _some(wide, self.every[1], width, digits):
            at = x + (j / self.every[1] + 0.5) * width / wide
            marks.append(chart.text("tick mid", round(at, 1), y + height + 14, str(j)))
        return marks

    def _scale(self, box: Box) -> list[Mark]:
        (width, height), left, top = BAR, box.left, box.bottom + 12
        shades = np.tile(np.arange(pixels.GAP), (round(pixels.GAP * height / width), 1))
        palette = pixels.DIVERGING if self.centred else pixels.INK
        for start in SIGNS if self.centred else ():
            ink = pixels.MIDDLE if start < pixels.DARK else 0
            shades[len(shades) // 2 - 1:len(shades) // 2 + 1, start:start + 14] = ink
        marks = [chart.image(left, top, width, height,
                             pixels.address(pixels.png(shades, palette)))]
        ends = ("tick", 0.0), ("tick mid", 0.5), ("tick end", 1.0)
        for look, share in ends[::1 if self.centred else 2]:
            value = (2 * share - 1) * self.scale if self.centred else share * self.scale
            marks.append(chart.text(look, left + share * width, top + 21, number(value, 2)))
        if not np.isfinite(self.values).all():
            marks.append(chart.text("tick", left + width + 24, top + 9,
                                    "hatched: nan; crossed: infinite"))
        return marks

    def scene(self, words: str) -> Scene:
        """The array by itself."""
        height = int(ALONE.bottom) + 40
        image = self.image(self._inner(ALONE))
        spare = self._inner(ALONE).bottom - image.points[1] - image.points[3]
        box = ALONE._replace(bottom=ALONE.bottom - spare)
        panel = Panel(380, round(height - spare), tuple(self.layers(box)), self.reading(box))
        return Scene([panel], words)


def _some(count: int, every: int, length: float, room: float) -> Sequence[int]:
    """Numbers of rows or columns to write, as many as there is room for; the first is 0."""
    if count == 1:
        return [0]
    about = max(1, int(length / room))
    if count <= about:
        return range(0, count * every, every)
    found = ticks(0, (count - 1) * every, min(about, 8))
    return [int(i) for i in found if i == int(i)]


def images_of(values: Any) -> NDArray[np.float64] | None:
    """Values as images (n, h, w): columns whose length is a square; or what has 3 or 4 dimensions,
    of which the last two are an image's."""
    array = np.asarray(values, dtype=float)
    if array.ndim in (3, 4) and array.size:
        return array.reshape(-1, *array.shape[-2:])
    return pixels.as_images(array)


def plain_numbers(values: Any) -> list[float | str]:
    """Numbers in four digits as a script reads them; those that are not finite as words.

    >>> plain_numbers([1 / 3, -np.inf, np.nan])
    [0.3333, '−inf', 'nan']
    """
    return [float(f"{v:.4g}") if math.isfinite(v) else f"{v}".replace("-", "−")
            for v in np.asarray(values, dtype=float).ravel().tolist()]


def plane_reading(heights: Any, frame: Frame, names: Sequence[str]) -> dict[str, Any]:
    """What a pointer reads of heights (rows, columns) over a plane, the first row the lowest; the
    names are those of both axes and of the height."""
    rows, columns = heights.shape
    x, y = frame
    return {"kind": "cells", "box": frame.box.placed, "rows": rows, "columns": columns,
            "values": plain_numbers(heights[::-1]), "name": names[2],
            "axes": [x.said(names[0]), y.said(names[1])]}
