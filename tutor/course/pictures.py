"""Arrays shown as rows of small images: digits as ink on paper, weights around zero.

Comes after the widgets, whose pixels and scenes it uses. What is returned shows itself, the same on
every machine, and needs no plotting library.

>>> images([[[0, 1], [1, 0]]])
<1 image of 2 x 2 pixels, from 0 (white) to 1 (black)>
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.core.graph import quoted
from tutor.pictures import pixels
from tutor.pictures.charts import chart, svg
from tutor.pictures.charts.axes import number
from tutor.signatures import answering

WIDTH, ROOM, SQUARE = 760, 24, 20  # pixels: of the whole, around labels, of a number at most


class Images:
    """Images (n, h, w), shown in rows of `columns`; made by `images`."""

    def __init__(self, values: NDArray[np.float64], columns: int, labels: Sequence[Any] | None,
                 centred: bool, scale: float, sides: Sequence[Sequence[str]]) -> None:
        self.values, self.labels = values, None if labels is None else [str(one) for one in labels]
        self.sides = sides
        self.columns = max(1, min(columns, len(values)))
        self.centred, self.scale = centred, scale

    def __repr__(self) -> str:
        count, height, width = self.values.shape
        return (f"<{count} image{'s' * (count != 1)} of {height} x {width} pixels, "
                f"{self.legend.replace('−', '-')}>")

    @property
    def legend(self) -> str:
        """What the colours mean."""
        top = number(self.scale, 3)
        if self.centred:
            return f"from −{top} (blue) over 0 (white) to {top} (orange)"
        return f"from 0 (white) to {top} (black)"

    def scene(self) -> chart.Scene:
        """The images with their labels, as a scene."""
        count, tall, wide = self.values.shape
        left = under = ROOM * bool(self.sides)
        room = (WIDTH - 8) // self.columns - 8 - left
        cell = min(SQUARE * wide, room // wide * wide or room)
        high = round(cell * tall / wide)
        step = high + under + (ROOM if self.labels else 8)
        palette = pixels.DIVERGING if self.centred else pixels.INK
        coloured = pixels.shades(self.values, self.scale, self.centred)
        marks = []
        for i, one in enumerate(coloured):
            x, y = 4 + left + i % self.columns * (cell + 8 + left), 4 + i // self.columns * step
            marks.append(chart.image(x, y, cell, high, pixels.address(pixels.png(one, palette))))
            marks += self._named(chart.Box(x, y, x + cell, y + high))
            if self.labels and i < len(self.labels):
                marks.append(chart.text("tick mid", x + cell / 2, y + high + under + 15,
                                        self.labels[i]))
        bottom = 4 + math.ceil(count / self.columns) * step
        marks.append(chart.text("tick", 4, bottom + 14, self.legend))
        panel = chart.Panel(WIDTH, bottom + 24, (chart.Layer(tuple(marks)),))
        return chart.Scene([panel], repr(self)[1:-1] + ".")

    def _named(self, box: chart.Box) -> list[chart.Mark]:
        """The names of an image's rows, left of it, and of its columns, under it."""
        if not self.sides:
            return []
        (rows, columns), (x, y, width, height) = self.sides, box.placed
        high, wide = height / len(rows), width / len(columns)
        return [*(chart.text("tick end", x - 6, y + (i + 0.5) * high + 4, name)
                  for i, name in enumerate(rows)),
                *(chart.text("tick mid", x + (j + 0.5) * wide, y + height + 14, name)
                  for j, name in enumerate(columns))]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        drawn = self.scene()
        return {"text/plain": repr(self), "text/html": svg.inline(drawn),
                "image/svg+xml": svg.standing_alone(drawn)}


@answering
def images(array: Any, columns: int = 10, labels: Sequence[Any] | None = None,
           scale: float | None = None, sides: Sequence[Sequence[str]] = ()) -> Images:
    """Show an array as images: (n, h, w), or (h·h, n) weights by column, or (n, h·h) data by row.

    Values below zero give colours around zero, from −scale to scale; else it is ink from 0 to scale
    (by default the largest size there is). `labels` stand under the images, and `sides`, the names
    of rows and of columns, at each of them. An array that is no images, or could be read in two
    ways, is a `ShapeError` (a `ValueError`).

    >>> from tutor.course.digits import digits
    >>> images(digits().images[:20], labels=digits().y[:20])
    <20 images of 8 x 8 pixels, from 0 (white) to 1 (black)>
    """
    try:
        values = _three(np.asarray(array, dtype=float))
    except (TypeError, ValueError) as problem:
        if isinstance(problem, ShapeError):
            raise
        raise DTypeError(f"images are made of numbers, and {quoted(array)} is not.",
                         fix="Pass an array (n, height, width), or w.get_value().") from None
    if isinstance(columns, bool) or not isinstance(columns, (int, np.integer)) or columns < 1:
        raise BadValueError(f"columns is {quoted(columns)}: so many images stand in a row.",
                            fix="Pass a whole number from 1 up.")
    if scale is not None and not (isinstance(scale, (int, float, np.number)) and 0 < scale < 1e300):
        raise BadValueError(f"scale is {quoted(scale)}: it is the size that is drawn darkest.",
                            fix="Pass a number above 0, or leave it out.")
    if labels is not None and (isinstance(labels, (str, dict)) or not np.iterable(labels)):
        raise DTypeError(f"labels are a list with a label for each image, not {quoted(labels)}.",
                         fix="Write labels=digits.y[:20].")
    asked, texts = values.shape[1:], np.iterable(sides) and all(map(np.iterable, sides))
    if not texts or (sides and asked != tuple(map(len, sides))):
        raise BadValueError(f"sides is {quoted(sides)}: the names of {asked[0]} rows, and of "
                            f"{asked[1]} columns.", fix='Write sides=("abc", "abc").')
    size = float(np.max(np.abs(values))) if scale is None else float(scale)
    return Images(values, columns, labels, bool((values < 0).any()), size, sides)


def _three(array: NDArray[np.float64]) -> NDArray[np.float64]:
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim == 2:
        squares = [n > 1 and math.isqrt(n) ** 2 == n for n in array.shape]
        if squares == [False, True]:
            array = array.T
        if squares[0] != squares[1]:
            side = math.isqrt(len(array))
            array = array.T.reshape(-1, side, side)
    if array.ndim != 3 or not array.size:
        raise ShapeError(f"an array of shape {array.shape} is not clearly one of images.",
                         fix="Pass (n, height, width): images(x.reshape(-1, 8, 8)).")
    return array
