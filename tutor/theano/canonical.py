"""A slice in the form that always goes forwards, inside of what it is taken from.

Comes after the ops that choose and compare; parts of an index may be variables.

>>> form, direction = get_canonical_form_slice(slice(None, None, -2), 6)
>>> [v.eval().tolist() for v in (form.start, form.stop, form.step)], direction
([1, 6, 2], -1)
"""

from __future__ import annotations

from typing import Any

import tutor.tensor as T
from tutor.core.graph import Constant, Variable, as_tensor_variable


def get_canonical_form_slice(theslice: Any, length: Any) -> tuple[Any, Any]:
    """An index into `length` elements as a slice and a direction, or as a position and 1.

    The slice has a start and a stop from 0 to the length and a step above 0; what it takes, turned
    round where the direction is -1, is what the index takes. Of a step that is a variable the
    direction is one, too.
    """
    n = as_tensor_variable(length)
    if not isinstance(theslice, slice):
        i = as_tensor_variable(theslice)
        return T.switch(i < 0, i + n, i), 1
    step = as_tensor_variable(1 if theslice.step is None else theslice.step)
    sign = _sign(step)
    size = step if sign == 1 else abs(step)
    forwards, backwards = _forwards(theslice, n), _backwards(theslice, n, size)
    if isinstance(sign, int):
        start, stop = forwards if sign == 1 else backwards
        return slice(start, stop, size), sign
    start, stop = [T.switch(step > 0, a, b) for a, b in zip(forwards, backwards, strict=True)]
    return slice(start, stop, size), sign


def _sign(step: Variable) -> Any:
    if isinstance(step, Constant):
        return 1 if step.data > 0 else -1
    return T.switch(step > 0, 1, -1)


def _inside(part: Any, otherwise: Any, n: Variable, low: Any, high: Any) -> Variable:
    """A bound of a slice, counted from the front and kept between two others."""
    if part is None:
        return as_tensor_variable(otherwise)
    v = as_tensor_variable(part)
    counted = T.switch(v < 0, v + n, v)
    return T.maximum(low, T.minimum(high, counted))


def _forwards(theslice: slice, n: Variable) -> tuple[Variable, Variable]:
    return _inside(theslice.start, 0, n, 0, n), _inside(theslice.stop, n, n, 0, n)


def _backwards(theslice: slice, n: Variable, size: Variable) -> tuple[Variable, Variable]:
    """From the last element that it takes to the first."""
    start = _inside(theslice.start, n - 1, n, -1, n - 1)
    stop = _inside(theslice.stop, -1, n, -1, n - 1)
    more = T.floor_div(T.maximum(start - stop - 1, 0), size)
    empty = start <= stop
    first = T.switch(empty, 0, start - more * size)
    return first, T.switch(empty, 0, start + 1)
