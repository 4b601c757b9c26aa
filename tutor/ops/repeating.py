"""Slices again and again, or at other places: repeat, tile, roll, pad.

Comes after joining.

>>> tile([1, 2], 2).eval(), roll([1, 2, 3], 1).eval()
(array([1, 2, 1, 2]), array([3, 1, 2]))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arguments import chosen, one_axis, whole
from tutor.core.arrays import dimshuffle, shape
from tutor.core.elementwise import maximum, minimum
from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.core.graph import Apply, Variable, as_tensor_variable, quoted
from tutor.core.indexing import of_sizes, unsure
from tutor.core.op import public
from tutor.core.row import Row, rebroadcast
from tutor.core.types import DISCRETE, TensorType
from tutor.ops.creation import arange, full
from tutor.ops.examples import like
from tutor.ops.indexing import inc_subtensor, set_subtensor, take
from tutor.ops.logic import clip
from tutor.ops.shape import flatten, reshape
from tutor.ops.sizes import one_size, shape_parts

__all__ = ["pad", "repeat", "roll", "tile"]


class Repeat(Row):
    """Each slice along an axis several times, one after the other."""

    axis: int
    zero_sign, wrt = "kept", (0,)
    moves = takes_numbers = True
    name, calls = "repeat", (of_sizes,)

    def types(self, x: Variable, repeats: Variable) -> TensorType:
        return TensorType(x.dtype, [one and i != self.axis
                                    for i, one in enumerate(x.broadcastable)])

    def source(self, node: Apply, names: Sequence[str]) -> str:
        axes, (x, repeats) = unsure(node.inputs[1]), names
        repeats = f"of_sizes({repeats}, ({x}.shape[{self.axis}],), {axes})" if axes else repeats
        return f"repeat({x}, {repeats}, axis={self.axis})"

    def vjp(self, x: Variable, repeats: Variable, y: Variable, g: Variable) -> Variable:
        places = Repeat(0)(arange(shape(x)[self.axis]), repeats)
        return inc_subtensor(x.zeros_like()[(*[slice(None)] * self.axis, places)], g)


class Tile(Row):
    """Copies of a tensor side by side, so many along each dimension."""

    ndim: int
    zero_sign, wrt = "kept", (0,)
    moves = takes_numbers = True
    name, numpy = "tile", "tile({all})"

    def types(self, x: Variable, reps: Variable) -> TensorType:
        return TensorType(x.dtype, (False,) * self.ndim)

    def vjp(self, x: Variable, reps: Variable, y: Variable, g: Variable) -> Variable:
        sizes = [size for i in range(self.ndim) for size in (reps[i], shape(x)[i])]
        return reshape(g, sizes).sum(axis=tuple(range(0, 2 * self.ndim, 2)))


class Roll(Row):
    """The elements moved round along an axis."""

    axis: int
    zero_sign, wrt = "kept", (0,)
    moves = takes_numbers = True
    name, numpy = "roll", "roll({all}, axis={axis})"

    def vjp(self, x: Variable, shift: Variable, y: Variable, g: Variable) -> Variable:
        return roll(g, -shift, self.axis)


@public
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Variable:
    """Each element (each slice along an axis) several times; `repeats` is one number or one for
    each.

    Raises BadAxisError for an axis that x does not have.

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


@public
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
    sizes = [1] * (total - len(sizes)) + sizes
    wide = dimshuffle(x, [*["x"] * (total - x.ndim), *range(x.ndim)])
    if not total:
        return x
    return Tile(total)(wide, shape_parts(sizes)[1])


@public
def roll(x: Any, shift: Any, axis: Any = None) -> Variable:
    """The elements moved by `shift` places along an axis (of the flattened x, if None), round and
    round; along several axes by one shift, or by one for each.

    Raises BadAxisError for an axis that x does not have.

    >>> roll([1, 2, 3], 1).eval()
    array([3, 1, 2])
    """
    x = as_tensor_variable(x)
    if isinstance(shift, (tuple, list)) or isinstance(axis, (tuple, list)):
        for along, places in _shifts(shift, axis):
            x = roll(x, places, along)
        return x
    places = as_tensor_variable(one_size(shift))
    if axis is None:
        flat = roll(flatten(x), shift, 0) if x.ndim != 1 else None
        if flat is not None:
            return rebroadcast(reshape(flat, shape(x)), x.broadcastable)
    return Roll(one_axis(0 if axis is None else axis, x.ndim, "roll"))(x, places)


def _shifts(shift: Any, axis: Any) -> list[tuple[Any, Any]]:
    """Pairs of an axis and a shift, of which one may go with several of the other."""
    axes, shifts = (list(v) if isinstance(v, (tuple, list)) else [v] for v in (axis, shift))
    if len(axes) != len(shifts) and 1 not in (len(axes), len(shifts)):
        raise ShapeError(f"roll got {len(shifts)} shifts for {len(axes)} axes.",
                         fix="Pass one shift for each axis.")
    n = max(len(axes), len(shifts)) if axes and shifts else 0
    return list(zip((axes * n)[:n], (shifts * n)[:n], strict=True))


@public
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
    parts = list(given) if isinstance(given, (tuple, list)) else [given]
    nested = any(isinstance(part, (tuple, list)) for part in parts)
    pairs = parts if nested else [parts]
    pairs = pairs * ndim if len(pairs) == 1 else pairs
    pairs = [[*part] if isinstance(part, (tuple, list)) else [part] for part in pairs]
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


def _enter_examples() -> None:
    for mode in ("constant", "edge", "reflect", "symmetric", "wrap"):
        for width in (1, (2, 0), ((1, 2), (0, 5))):
            like(pad, np.pad, (2, 3), pad_width=width, mode=mode)
    like(pad, np.pad, (2,), pad_width=(1, 2), constant_values=3)
    for axis in (None, 0, 1):
        like(repeat, np.repeat, (2, 3), repeats=2, axis=axis)
        like(roll, np.roll, (2, 3), shift=2, axis=axis)
    like(roll, np.roll, (2, 3), shift=(1, -2), axis=(0, 1))
    like(repeat, np.repeat, (2, 3), [2, 0, 1], axis=1)
    like(tile, np.tile, (3,), then=((2, 2),))
    like(tile, np.tile, (2, 2), reps=3)


_enter_examples()
