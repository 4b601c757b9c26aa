"""Dimensions moved by their numbers: swapaxes, moveaxis, rollaxis, new ones of size 1, and flips.

Comes after `dimshuffle` and indexing, of which all are made.

>>> import tutor.tensor as T
>>> moveaxis(T.dtensor3("t"), [0, 1], [-1, -2]).ndim
3
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.arguments import axes_of, one_axis, whole
from tutor.core.arrays import dimshuffle
from tutor.core.arrays import transpose as core_transpose
from tutor.core.errors import ShapeError
from tutor.core.graph import Variable, as_tensor_variable
from tutor.core.op import FUNCTIONS, public
from tutor.ops.examples import like

__all__ = ["flip", "fliplr", "flipud", "moveaxis", "rollaxis", "shape_padaxis", "swapaxes",
           "transpose"]


def _several(axes: Any, ndim: int, what: str) -> list[int]:
    """One axis or a list of them, each another, as a list."""
    given = list(axes) if isinstance(axes, (tuple, list)) else [axes]
    found = [one_axis(axis, ndim, what) for axis in given]
    if len({*found}) != len(found):
        raise ShapeError(f"axes of {what} are named twice in {axes!r}.", fix="Name each axis once.")
    return found


@public
def transpose(x: Any, *order: Any, axes: Any = None) -> Variable:
    """x with its dimensions turned around, or in the order of `axes`, one list or the numbers.

    >>> import tutor.tensor as T
    >>> transpose(T.drow("r")).type
    TensorType(float64, col)
    """
    if len(order) == 1 and (order[0] is None or isinstance(order[0], (list, tuple, range))):
        axes, order = order[0], ()
    axes = axes.ravel().tolist() if isinstance(axes, np.ndarray) else axes
    several = isinstance(axes, (list, tuple, range))
    return core_transpose(x, *order, *(axes if several else [] if axes is None else [axes]))


@public
def swapaxes(y: Any, axis1: int, axis2: int) -> Variable:
    """y with two dimensions exchanged.

    Raises BadAxisError for a dimension that y does not have.

    >>> swapaxes([[1, 2, 3]], 0, 1).eval()
    array([[1],
           [2],
           [3]])
    """
    x = as_tensor_variable(y)
    order = list(range(x.ndim))
    a, b = (one_axis(axis, x.ndim, "swapaxes") for axis in (axis1, axis2))
    order[a], order[b] = order[b], order[a]
    return dimshuffle(x, order)


@public
def moveaxis(x: Any, source: Any, destination: Any) -> Variable:
    """x with one dimension, or several, moved to other places.

    Raises BadAxisError for a dimension that x does not have.

    >>> import tutor.tensor as T
    >>> moveaxis(T.tensor("float64", (True, False, False)), 0, -1).broadcastable
    (False, False, True)
    """
    x = as_tensor_variable(x)
    moved, places = (_several(axes, x.ndim, "moveaxis") for axes in (source, destination))
    if len(moved) != len(places):
        raise ShapeError(f"moveaxis moves {len(moved)} axes, and got {len(places)} places.",
                         fix="Pass a place for each axis.")
    order = [i for i in range(x.ndim) if i not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return dimshuffle(x, order)


@public
def rollaxis(x: Any, axis: int, start: int = 0) -> Variable:
    """x with one dimension moved before the dimension `start`.

    Raises BadAxisError for a dimension that x does not have.

    >>> import tutor.tensor as T
    >>> rollaxis(T.dtensor3("x").dimshuffle(0, 1, 2, "x"), 3).broadcastable
    (True, False, False, False)
    """
    x = as_tensor_variable(x)
    a, before = one_axis(axis, x.ndim, "rollaxis"), whole(start, "start")
    before = before + x.ndim if before < 0 else before
    return moveaxis(x, a, before - 1 if a < before else before)


@public
def shape_padaxis(t: Any, axis: Any) -> Variable:
    """x with a new dimension of size 1 at this place (of the result), or at several.

    Raises BadAxisError for a place that the result does not have.

    >>> shape_padaxis([1, 2], 1).eval()
    array([[1],
           [2]])
    """
    x = as_tensor_variable(t)
    ndim = x.ndim + (len(axis) if isinstance(axis, (tuple, list)) else 1)
    new, old = _several(axis, ndim, "shape_padaxis"), iter(range(x.ndim))
    return dimshuffle(x, ["x" if i in new else next(old) for i in range(ndim)])


FUNCTIONS["expand_dims"] = shape_padaxis


@public
def flip(m: Any, axis: Any = None) -> Variable:
    """The elements backwards along an axis, several, or all.

    >>> flip([1, 2, 3]).eval()
    array([3, 2, 1])
    """
    x = as_tensor_variable(m)
    axes = axes_of(axis, x.ndim, "flip")
    turned = range(x.ndim) if axes is None else axes
    return x[tuple(slice(None, None, -1) if i in turned else slice(None) for i in range(x.ndim))]


@public
def flipud(m: Any) -> Variable:
    """The rows upside down."""
    return flip(m, 0)


@public
def fliplr(m: Any) -> Variable:
    """Each row backwards."""
    return flip(m, 1)


def _enter_examples() -> None:
    like(swapaxes, np.swapaxes, (2, 3, 4), then=(0, -1))
    like(moveaxis, np.moveaxis, (2, 3, 4), then=(0, 2))
    like(moveaxis, np.moveaxis, (2, 3, 4), then=([0, 1], [-1, -2]))
    like(rollaxis, np.rollaxis, (2, 3, 4), axis=2, start=1)
    like(rollaxis, np.rollaxis, (2, 3, 4), axis=0, start=3)
    like(shape_padaxis, np.expand_dims, (2, 3), then=(-1,))
    like(shape_padaxis, np.expand_dims, (3,), then=((0, -1),))
    for axis in (None, 0, (0, 2)):
        like(flip, np.flip, (2, 3, 2), axis=axis)
    like(flipud, np.flipud, (2, 3))
    like(fliplr, np.fliplr, (2, 3))


_enter_examples()
