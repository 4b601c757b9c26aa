"""A value at a glance: numbers where they are few, else shape, range and a small picture.

Comes after the heat map. Arrays are shown as images on a scale centred at zero, or as ink where
nothing is negative; nan and infinities are counted.

>>> at_a_glance(np.array([1.0, np.nan] * 50)).words
'vector of 100, from 1 to 1, mean 1, 50 nan'
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from tutor.core.variables import SharedVariable
from tutor.formulas import value_text
from tutor.pictures import pixels
from tutor.pictures.charts.heat import Sheet

SHORT = 9  # characters beside a node
FEW = 12  # numbers that are shown one by one
SIDE = 72  # of the picture on the page
THIN = 10  # pixels that a strip is high, at least
WIDE, HIGH = 140.0, 28.0  # pixels of a sparkline
POINTS = 200  # of a sparkline

#: The values that a shared scalar had while somebody recorded them, a sequence or like one.
RECORDED: WeakKeyDictionary[SharedVariable, Any] = WeakKeyDictionary()


class Glance(NamedTuple):
    """A value in a few characters, in a line of words, and for a page."""

    short: str
    words: str
    html: str


def at_a_glance(value: Any) -> Glance:
    """What is said of a value."""
    if value is None:
        return Glance("", "not computed", "<i>not computed</i>")
    if not isinstance(value, (np.ndarray, np.generic)):
        text = value_text(value)[:60]
        return Glance(text[:SHORT], text, f"<code>{escape(text)}</code>")
    array = np.asarray(value)
    if array.ndim == 0:
        text = number(array.item())
        return Glance(text, text, f"<code>{escape(text)}</code>")
    if array.size <= FEW:
        text = rows(array)
        size = str(tuple(array.shape))
        return Glance(text if len(text) <= SHORT else size, text, f"<code>{escape(text)}</code>")
    words = summary(array)
    return Glance(str(tuple(array.shape)), words, f"{escape(words)}{image(array)}")


def number(value: Any) -> str:
    """A number in four digits.

    >>> number(3.0), number(1 / 3), number(float("nan")), number(True)
    ('3', '0.3333', 'nan', 'True')
    """
    if isinstance(value, (bool, str)):
        return str(value)
    if isinstance(value, complex):
        return f"{value:.4g}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def rows(array: Any) -> str:
    """A small array as nested lists.

    >>> rows(np.eye(2))
    '[[1, 0], [0, 1]]'
    """
    if array.ndim == 0:
        return number(array.item())
    return f"[{', '.join(rows(part) for part in array)}]"


def summary(array: Any) -> str:
    """Shape, range, mean, and how many are not finite."""
    shape = "×".join(map(str, array.shape))
    head = f"vector of {shape}" if array.ndim == 1 else f"{array.dtype} array, {shape}"
    if array.dtype.kind not in "iufb":
        return head
    return ", ".join([head, *spread(array)])


def spread(array: Any) -> list[str]:
    """The range and the mean of what is finite, and how many are not.

    >>> spread(np.array([1.0, 3.0, np.nan]))
    ['from 1 to 3', 'mean 2', '1 nan']
    """
    finite, parts = array[np.isfinite(array)], []
    if finite.size:
        with np.errstate(all="ignore"):
            mean = float(finite.mean(dtype=float))
        if not np.isfinite(mean):  # the sum is too large, not the mean
            mean = float((finite.astype(float) / finite.size).sum())
        parts = [f"from {number(float(finite.min()))} to {number(float(finite.max()))}",
                 f"mean {number(mean)}"]
    counts = ((np.isnan(array).sum(), "nan"), (np.isinf(array).sum(), "inf"))
    return parts + [f"{count} {word}" for count, word in counts if count]


def image(array: Any, side: int = SIDE) -> str:
    """An array of one to four dimensions as a picture with its scale in words; else nothing.

    Colours are blue below zero, white at zero, orange above; without negative values, ink. A vector
    is a strip; images, the last two of more dimensions, stand side by side.
    """
    if array.dtype.kind not in "iufb" or not 1 <= array.ndim <= 4:
        return ""
    if array.size <= FEW if array.ndim == 1 else min(array.shape[-2:]) < 3 or not array.size:
        return ""
    side *= 1 + (array.ndim != 2)
    sheet = Sheet(array, "", centred=bool((array < 0).any()))
    scale = number(sheet.scale)
    told = f"blue −{scale}, white 0, orange {scale}" if sheet.centred else f"white 0, black {scale}"
    if not np.isfinite(array).all():
        told += ", hatched nan or inf"
    source = pixels.address(pixels.png(*sheet.coloured(side, side)))
    height, width = sheet.cells(side, side)
    zoom = side / max(height, width)
    return (f'<br/><img class="tutor-value" alt="{escape(summary(array))}; {told}" '
            f'title="{told}" width="{max(round(width * zoom), 2)}" '
            f'height="{max(round(height * zoom), THIN)}" style="image-rendering:pixelated" '
            f'src="{source}"/> <small>{told}</small>')


def sparkline(values: Sequence[float]) -> str:
    """Numbers as a small curve, with the first and the last in words; nothing for fewer than two.

    >>> "from 1 to 4" in sparkline([1.0, 2.0, 4.0]), sparkline([1.0])
    (True, '')
    """
    every = max(1, -(-len(values) // POINTS))
    found = np.asarray(values, dtype=float)[::every]
    finite = found[np.isfinite(found)]
    if finite.size < 2:
        return ""
    found = found / (float(np.abs(finite).max()) or 1.0)  # so that no difference overflows
    finite = found[np.isfinite(found)]
    low, high = float(finite.min()), float(finite.max())
    across = np.linspace(2, WIDE - 2, len(found))
    down = HIGH - 3 - (found - low) / ((high - low) or 1.0) * (HIGH - 6)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True)
                      if np.isfinite(y))
    told = f"{len(values)} values, from {number(float(values[0]))} to {number(float(values[-1]))}"
    return (f'<svg width="{WIDE:g}" height="{HIGH:g}" role="img" aria-label="{told}">'
            f'<polyline points="{points}" fill="none" stroke="#0072b2" stroke-width="1.6"/></svg> '
            f"<small>{told}</small>")
