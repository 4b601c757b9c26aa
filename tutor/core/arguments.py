"""Arguments that are numbers and not symbols, as axes and counts: checked, with errors that help.

>>> axes_of((-1, 0), 3, "sum"), one_axis(-1, 3, "max")
((0, 2), 2)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tutor.core.errors import BadAxisError, BadValueError, DTypeError, caller
from tutor.core.graph import Constant, quoted

MOST_DIMENSIONS = 64  # NumPy's own limit


def whole(value: Any, what: str) -> int:
    """A whole number (a Python or NumPy integer, or a constant one); no bool, no float, no
    symbol.
    """
    if isinstance(value, Constant) and getattr(value, "ndim", 1) == 0:
        value = value.data[()]
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise DTypeError(f"{what} is a whole number, and it is {quoted(value)}.",
                         where=(("written at", caller()),), fix="Pass an int, such as 0 or -1.")
    return int(value)


def truth(value: Any, what: str) -> bool:
    """A setting that is on or off: True, False, or one of the whole numbers 0 and 1."""
    if isinstance(value, (bool, int, np.bool_, np.integer)) and value in (0, 1):
        return bool(value)
    raise DTypeError(f"{what} is True or False, and it is {quoted(value)}.",
                     where=(("written at", caller()),), fix=f"Write {what}=True.")


def dimensions(value: Any, what: str) -> int:
    """How many dimensions, from 0 to as many as NumPy's arrays can have."""
    number = whole(value, what)
    if not 0 <= number <= MOST_DIMENSIONS:
        raise BadValueError(f"{what} cannot be {number}.", where=(("written at", caller()),),
                            fix=f"Pass a number from 0 to {MOST_DIMENSIONS}.")
    return number


def axes_of(axis: Any, ndim: int, what: str) -> tuple[int, ...] | None:
    """An axis argument as None (all) or a sorted tuple of axes counted from 0."""
    if axis is None:
        return None
    if isinstance(axis, Constant):
        axis = axis.data
    if isinstance(axis, np.ndarray):
        axis = axis.tolist()
    axes = list(axis) if isinstance(axis, (tuple, list, range)) else [axis]
    normal = sorted({one_axis(a, ndim, what) for a in axes})
    if len(normal) != len(axes):
        raise BadAxisError(f"axis={axis!r} of {what} names an axis twice.",
                           where=(("written at", caller()),), fix="Name each axis once.")
    return tuple(normal)


def one_axis(axis: Any, ndim: int, what: str) -> int:
    """One axis, counted from 0; a `BadAxisError` where there is no such axis."""
    number = whole(axis, f"the axis of {what}")
    if not -ndim <= number < ndim:
        fix = f"Choose an axis from {-ndim} to {ndim - 1}." if ndim else "A scalar has no axis."
        raise BadAxisError(
            f"{what}: there is no axis {number} in {ndim} dimension{'s' * (ndim != 1)}.",
            where=(("written at", caller()),), fix=fix)
    return number % ndim


def chosen(value: Any, choices: Iterable[Any], what: str) -> Any:
    """The value, if it is among the choices; else a `BadValueError` that lists them."""
    choices = list(choices)
    if not isinstance(value, (str, int, type(None))) or value not in choices:
        raise BadValueError(f"{what} cannot be {quoted(value)}.", where=(("written at", caller()),),
                           fix=f"Choose one of {', '.join(map(repr, choices))}.")
    return value
