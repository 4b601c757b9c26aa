"""Dimensions moved and flipped; slices again, or at other places: repeat, tile, roll, pad.

Comes after joining and indexing.

>>> import tutor.tensor as T
>>> moveaxis(T.dtensor3("t"), [0, 1], [-1, -2]).ndim, tile([1, 2], 2).eval()
(3, array([1, 2, 1, 2]))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.checking import axes_of, chosen, whole
from tutor.core.arrays import dimshuffle, one_axis, shape
from tutor.core.arrays import transpose as core_transpose
from tutor.core.elementwise import maximum, minimum
from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.core.graph import Apply, Variable, as_tensor_variable, quoted
from tutor.core.op import Row, rebroadcast
from tutor.core.types import DISCRETE, TensorType
from tutor.ops.creation import arange, full
from tutor.ops.examples import each, like
from tutor.ops.fitting import of_sizes, unsure
from tutor.ops.indexing import inc_subtensor, set_subtensor, take
from tutor.ops.logic import clip
from tutor.ops.shape import flatten, lifted, one_size, open_at, reshape, shape_parts

__all__ = [
    "flip", "fliplr", "flipud", "moveaxis", "pad", "repeat", "roll", "rollaxis", "shape_padaxis",
    "swapaxes", "tile", "transpose",
]  # fmt: skip


def _listed(v: Any) -> list[Any]:
    """One thing, or several in a tuple or list, as a list."""
    return list(v) if isinstance(v, (tuple, list)) else [v]


def _several(axes: Any, ndim: int, what: str) -> list[int]:
    """One axis or a list of them, each another, as a list."""
    found = [one_axis(axis, ndim, what) for axis in _listed(axes)]
    if len({*found}) != len(found):
        raise ShapeError(f"axes of {what} are named twice in {axes!r}.", fix="Name each axis once.")
    return found


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
    axes = (*order, *(axes if several else [] if axes is None else [axes]))
    x = as_tensor_variable(x)
    if axes and len(axes) != x.ndim:
        raise ShapeError(f"transpose of {quoted(x)} needs {x.ndim} axes and got {axes}.",
                         fix="Name each axis once.")
    return core_transpose(x, *axes)


def swapaxes(y: Any, axis1: int, axis2: int) -> Variable:
    """y with two dimensions exchanged. Raises BadAxisError for a dimension that y does not have.

    >>> swapaxes([[1, 2, 3]], 0, 1).eval().tolist()
    [[1], [2], [3]]
    """
    x = as_tensor_variable(y)
    order = list(range(x.ndim))
    a, b = (one_axis(axis, x.ndim, "swapaxes") for axis in (axis1, axis2))
    order[a], order[b] = b, a
    return dimshuffle(x, order)


def moveaxis(x: Any, source: Any, destination: Any) -> Variable:
    """x with one dimension, or several, moved to other places. Raises BadAxisError for a dimension
    that x does not have.

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


def rollaxis(x: Any, axis: int, start: int = 0) -> Variable:
    """x with one dimension moved before the dimension `start`. Raises BadAxisError for a dimension
    that x does not have.

    >>> import tutor.tensor as T
    >>> rollaxis(T.dtensor3("x").dimshuffle(0, 1, 2, "x"), 3).broadcastable
    (True, False, False, False)
    """
    x = as_tensor_variable(x)
    a, before = one_axis(axis, x.ndim, "rollaxis"), whole(start, "start")
    before = before + x.ndim if before < 0 else before
    return moveaxis(x, a, before - 1 if a < before else before)


def shape_padaxis(t: Any, axis: Any) -> Variable:
    """x with a new dimension of size 1 at this place (of the result), or at several. Raises
    BadAxisError for a place that the result does not have.

    >>> shape_padaxis([1, 2], 1).eval().tolist()
    [[1], [2]]
    """
    x = as_tensor_variable(t)
    ndim = x.ndim + len(_listed(axis))
    new, old = _several(axis, ndim, "shape_padaxis"), iter(range(x.ndim))
    return dimshuffle(x, ["x" if i in new else next(old) for i in range(ndim)])


def flip(m: Any, axis: Any = None) -> Variable:
    """The elements backwards along an axis, several, or all.

    >>> flip([1, 2, 3]).eval()
    array([3, 2, 1])
    """
    x = as_tensor_variable(m)
    axes = axes_of(axis, x.ndim, "flip")
    turned = range(x.ndim) if axes is None else axes
    return x[tuple(slice(None, None, -1) if i in turned else slice(None) for i in range(x.ndim))]


def flipud(m: Any) -> Variable:
    """The rows upside down."""
    return flip(m, 0)


def fliplr(m: Any) -> Variable:
    """Each row backwards."""
    return flip(m, 1)


class Placed(Row):
    """The base of ops that put the elements of their first operand in other places."""

    zero_sign, wrt = "kept", (0,)
    moves = takes_numbers = True


class Repeat(Placed):
    """Each slice along an axis several times, one after the other."""

    axis: int
    name, calls = "repeat", (of_sizes,)

    def types(self, x: Variable, repeats: Variable) -> TensorType:
        return TensorType(x.dtype, open_at(x, self.axis))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        axes, (x, repeats) = unsure(node.inputs[1]), names
        repeats = f"of_sizes({repeats}, ({x}.shape[{self.axis}],), {axes})" if axes else repeats
        return f"repeat({x}, {repeats}, axis={self.axis})"

    def vjp(self, x: Variable, repeats: Variable, y: Variable, g: Variable) -> Variable:
        places = Repeat(0)(arange(shape(x)[self.axis]), repeats)
        return inc_subtensor(x.zeros_like()[(*[slice(None)] * self.axis, places)], g)


class Tile(Placed):
    """Copies of a tensor side by side, so many along each dimension."""

    ndim: int
    name, numpy = "tile", "tile({all})"

    def types(self, x: Variable, reps: Variable) -> TensorType:
        return TensorType(x.dtype, (False,) * self.ndim)

    def vjp(self, x: Variable, reps: Variable, y: Variable, g: Variable) -> Variable:
        sizes = [size for i in range(self.ndim) for size in (reps[i], shape(x)[i])]
        return reshape(g, sizes).sum(axis=tuple(range(0, 2 * self.ndim, 2)))


class Roll(Placed):
    """The elements moved round along an axis."""

    axis: int
    name, numpy = "roll", "roll({all}, axis={axis})"

    def vjp(self, x: Variable, shift: Variable, y: Variable, g: Variable) -> Variable:
        return roll(g, -shift, self.axis)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Variable:
    """Each element (each slice along an axis) several times; `repeats` is one number or one for
    each. Raises BadAxisError for an axis that x does not have.

    >>> repeat([1, 2], 2).eval()
    array([1, 1, 2, 2])
    """
    x, count = as_tensor_variable(x), as_tensor_variable(repeats)
    if count.dtype not in DISCRETE or count.ndim > 1:
        raise DTypeError("repeats is a whole number or a vector of them, and it is "
                         f"{quoted(repeats)}.", fix="Pass an int.")
    if axis is None:
        x, axis = flatten(x), 0
    return Repeat(one_axis(axis, x.ndim, "repeat"))(x, count)


def tile(x: Any, reps: Any, ndim: int | None = None) -> Variable:
    """Copies of x side by side: `reps` along the last dimension, or so many along each.

    >>> tile([1, 2], (2, 2)).eval()
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """
    x = as_tensor_variable(x)
    sizes, _ = shape_parts(reps, None if ndim is None else whole(ndim, "ndim"))
    if sizes is None:
        raise ShapeError("along how many dimensions to tile is not known.",
                         fix="Pass reps as a tuple.")
    total = max(len(sizes), x.ndim, ndim or 0)
    counts = shape_parts([1] * (total - len(sizes)) + sizes)[1]
    return Tile(total)(lifted(x, total), counts) if total else x


def roll(x: Any, shift: Any, axis: Any = None) -> Variable:
    """The elements moved by `shift` places along an axis (of the flattened x, if None), round and
    round; along several axes by one shift, or by one for each. Raises BadAxisError for an axis
    that x does not have.

    >>> roll([1, 2, 3], 1).eval()
    array([3, 1, 2])
    """
    x = as_tensor_variable(x)
    if isinstance(shift, (tuple, list)) or isinstance(axis, (tuple, list)):
        for along, places in _shifts(shift, axis):
            x = roll(x, places, along)
        return x
    places = as_tensor_variable(one_size(shift))
    if axis is None and x.ndim != 1:
        return rebroadcast(reshape(roll(flatten(x), shift, 0), shape(x)), x.broadcastable)
    return Roll(one_axis(0 if axis is None else axis, x.ndim, "roll"))(x, places)


def _shifts(shift: Any, axis: Any) -> list[tuple[Any, Any]]:
    """Pairs of an axis and a shift, of which one may go with several of the other."""
    axes, shifts = _listed(axis), _listed(shift)
    if len(axes) != len(shifts) and 1 not in (len(axes), len(shifts)):
        raise ShapeError(f"roll got {len(shifts)} shifts for {len(axes)} axes.",
                         fix="Pass one shift for each axis.")
    n = max(len(axes), len(shifts)) if axes and shifts else 0
    return list(zip((axes * n)[:n], (shifts * n)[:n], strict=True))


def pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Variable:
    """The array with more elements before and behind, along each dimension: so many as `pad_width`
    says, a number, or (before, behind), for all or in a list for each.

    `mode` says which: "constant" a value, "edge" the outermost, "reflect" and "symmetric" a mirror
    image (without and with the outermost), "wrap" the other end.

    >>> pad([1, 2, 3], (1, 2)).eval(), pad([1, 2, 3], 2, "reflect").eval()
    (array([0, 1, 2, 3, 0, 0]), array([3, 2, 1, 2, 3, 2, 1]))
    """
    x = as_tensor_variable(array)
    chosen(mode, ("constant", "edge", "reflect", "symmetric", "wrap"), "mode")
    widths = _widths(pad_width, x.ndim)
    if mode == "constant":
        sizes = [n + shape(x)[i] + m for i, (n, m) in enumerate(widths)]
        inside = tuple(slice(n, n + shape(x)[i]) for i, (n, _) in enumerate(widths))
        return set_subtensor(full(sizes, constant_values, x.dtype)[inside], x) if x.ndim else x
    for i, (n, m) in enumerate(widths):
        x = take(x, _mirrored(arange(-n, shape(x)[i] + m), shape(x)[i], mode), axis=i)
    return x


def _widths(given: Any, ndim: int) -> list[tuple[Any, Any]]:
    """What comes before and behind, for each dimension."""
    parts = _listed(given)
    nested = any(isinstance(part, (tuple, list)) for part in parts)
    pairs = [*map(_listed, parts)] if nested else [parts]
    pairs = pairs * ndim if len(pairs) == 1 else pairs
    if len(pairs) != ndim or any(len(pair) not in (1, 2) for pair in pairs):
        raise ShapeError(f"pad_width cannot be {quoted(given)} for {ndim} dimensions.",
                         fix="Write (before, behind), or one such pair for each dimension.")
    for n in [n for pair in pairs for n in pair]:
        if not isinstance(n, Variable) and whole(n, "pad_width") < 0:
            raise BadValueError(f"a padding cannot be {n}.", fix="Pass numbers from 0 up.")
    return [(pair[0], pair[-1]) for pair in pairs]


def _mirrored(places: Any, n: Any, mode: str) -> Variable:
    """Positions beyond 0 … n-1 as those of what stands there."""
    if mode == "edge":
        return clip(places, 0, n - 1)
    if mode == "wrap":
        return places % n
    period = maximum(2 * n - 2, 1) if mode == "reflect" else 2 * n
    there = places % period
    return minimum(there, period - there if mode == "reflect" else period - 1 - there)


like(swapaxes, (2, 3, 4), then=(0, -1))
like(moveaxis, (2, 3, 4), source=0, destination=2)
like(moveaxis, (2, 3, 4), source=[0, 1], destination=[-1, -2])
like(rollaxis, (2, 3, 4), axis=2, start=1)
like(rollaxis, (2, 3, 4), axis=0, start=3)
like(shape_padaxis, np.expand_dims, (2, 3), axis=each(-1, (0, 1)))
like(flip, (2, 3, 2), axis=each(None, 0, (0, 2)))
like(flipud, (2, 3))
like(fliplr, (2, 3))
like(pad, (2, 3), pad_width=each(1, (2, 0), ((1, 2), (0, 5))),
     mode=each("constant", "edge", "reflect", "symmetric", "wrap"))
like(pad, (2,), pad_width=(1, 2), constant_values=3)
like(repeat, (2, 3), repeats=2, axis=each(None, 0, 1))
like(repeat, (2, 3), [2, 0, 1], axis=1)
like(roll, (2, 3), shift=2, axis=each(None, 0, 1))
like(roll, (2, 3), shift=(1, -2), axis=(0, 1))
like(tile, (3,), then=((2, 2),))
like(tile, (2, 2), reps=3)
