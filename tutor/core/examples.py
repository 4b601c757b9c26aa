"""Examples by which every op is tested: tests compare them with NumPy, and with finite differences.

>>> spread((2, 2)).shape
(2, 2)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Example(NamedTuple):
    """An expression of an op, its reference in NumPy, and the shapes or values of its inputs.

    A tuple stands for distinct numbers of that shape between `low` and `high`; anything else is a
    value itself. `kinds` are the dtypes the example makes sense for, as NumPy's letters.
    """

    build: Callable[..., Any]
    reference: Callable[..., Any]
    inputs: tuple[Any, ...]
    differentiable: bool = True
    kinds: str = "biufc"
    low: float = -2.0
    high: float = 2.0

    @property
    def values(self) -> list[np.ndarray[Any, Any]]:
        """The inputs as arrays."""
        return [spread(given, i, self.low, self.high) if isinstance(given, tuple)
                else np.asarray(given) for i, given in enumerate(self.inputs)]


EXAMPLES: dict[str, list[Example]] = {}


def example(name: str, build: Callable[..., Any], reference: Callable[..., Any], *inputs: Any,
            differentiable: bool = True, kinds: str = "biufc", low: float = -2.0,
            high: float = 2.0) -> None:
    """Enter an example of the op or function `name`."""
    EXAMPLES.setdefault(name, []).append(
        Example(build, reference, inputs, differentiable, kinds, low, high))


def spread(shape: tuple[int, ...], seed: int = 0, low: float = -2.0, high: float = 2.0
           ) -> np.ndarray[Any, Any]:
    """Distinct numbers between low and high in no order (no ties, none near an integer or zero).

    >>> spread((2, 2)).shape
    (2, 2)
    """
    count = int(np.prod(shape))
    steps = (np.arange(count) * 0.6180339887498949 + 0.137 + 0.311 * seed) % 1.0
    return (low + (high - low) * steps).reshape(shape)
