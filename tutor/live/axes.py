"""Numbers on paper: how they are written, where the ticks of an axis stand, which pixel is which.

Comes before the scene. Everything is rounded to a tenth of a pixel, so that a picture is the same
wherever it is made.

>>> ticks(0, 86)
[0, 20, 40, 60, 80]
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STEPS = (1, 2, 5, 10)


def cut(text: str, most: int) -> str:
    """The beginning of what is longer than so many characters.

    >>> cut("weights", 7), cut("weights", 5)
    ('weights', 'weig…')
    """
    return text if len(text) <= most else f"{text[:max(1, most - 1)]}…"


def equation(name: str, value: str, most: int) -> str:
    """A name and its value in so many characters: of a long name the beginning.

    >>> equation("c", "2.5", 12), equation("bias_of_a_layer", "2.5", 12)
    ('c = 2.5', 'bias_… = 2.5')
    """
    return f"{cut(name, most - len(value) - 3)} = {value}"


def number(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, as it is read.

    >>> number(-0.1 - 0.2), number(12345678.0), number(1e-7), number(float("inf"))
    ('−0.3', '1.235e7', '1e−7', '∞')
    """
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−") if float(value) else "0"


def round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, … that is at least as large.

    >>> round_up(11), round_up(0.3), round_up(50)
    (20, 0.5, 50)
    """
    power = 10.0 ** math.floor(math.log10(value))
    for step in STEPS:
        if step * power >= value * (1 - 1e-9):
            return _clean(step * power)
    return _clean(10 * power)


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers between two, about so many."""
    if not high > low or not math.isfinite(high - low):
        return []
    step = round_up((high - low) / (about + 1))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [_clean(i * step) for i in range(first, last + 1)]


def decades(low: float, high: float) -> list[float]:
    """Powers of ten between two, as exponents: at most about six."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    every = max(1, math.ceil((last - first) / 6))
    return [float(i) for i in range(first, last + 1, every)]


def roomy(low: float, high: float) -> tuple[float, float]:
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


class Axis(NamedTuple):
    """A stretch of numbers laid on a stretch of pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value; far outside it stops, so that no coordinate is huge."""
        if self.log:
            value = math.log10(value) if value > 0 else self.low - 1
        share = (value - self.low) / (self.high - self.low)
        share = min(max(share, -5.0), 6.0) if share == share else 6.0
        return round(self.start + share * (self.end - self.start), 1)

    def at(self, pixel: float) -> float:
        """The value at a pixel, or at the end beyond which that is, as a person would say it."""
        share = min(max((pixel - self.start) / (self.end - self.start), 0.0), 1.0)
        digits = 2 - math.floor(math.log10(self.high - self.low))
        return round(self.low + share * (self.high - self.low), digits)

    def rounded(self, value: float) -> float:
        """The same with the rounding of `along`."""
        if self.log:
            value = float(np.log10(value)) if value > 0 else self.low - 1
        share = (value - self.low) / (self.high - self.low)
        share = min(max(share, -5.0), 6.0) if share == share else 6.0
        return round(10 * (self.start + share * (self.end - self.start))) / 10

    def along(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same for many values at once."""
        with np.errstate(all="ignore"):
            if self.log:
                values = np.where(values > 0, np.log10(values), self.low - 1)
            share = (values - self.low) / (self.high - self.low)
            share = np.where(np.isnan(share), 6.0, np.clip(share, -5.0, 6.0))
            pixels: NDArray[np.float64] = np.round(self.start + share * (self.end - self.start), 1)
            return pixels

    def ticks(self, about: int = 4) -> list[tuple[float, str]]:
        """Where the ticks are, in pixels, and what is written there."""
        if self.log:
            return [(self(10.0 ** v), f"1e{number(v)}" if abs(v) > 3 else number(10.0 ** v))
                    for v in decades(self.low, self.high)]
        return [(self(v), number(v, 6)) for v in ticks(self.low, self.high, about)]
