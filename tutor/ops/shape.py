"""Ops that rearrange: sizes, dimshuffle, reshape, broadcast patterns, and what is made from them.

Comes after the reductions. Dimensions that have size 1 by their type stay known as such through
every op here, so that broadcasting is decided when the graph is built.

>>> import tutor.tensor as T
>>> T.dvector("v").dimshuffle("x", 0).type
TensorType(float64, row)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arguments import axes_of, dimensions, truth, whole
from tutor.core.arrays import dimshuffle, shape
from tutor.core.errors import DTypeError, ShapeError
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.core.op import public
from tutor.core.row import VIEW, Row, rebroadcast
from tutor.core.types import TensorType
from tutor.ops.examples import example
from tutor.ops.sizes import is_one, shape_parts

__all__ = [
    "addbroadcast", "flatten", "patternbroadcast", "ravel", "reshape", "shape_padleft",
    "shape_padright", "squeeze", "unbroadcast",
]  # fmt: skip


class Reshape(Row):
    """The same elements under another shape; -1 stands for what remains.

    They stand in the same order.
    """

    ndim: int
    pattern: tuple[bool, ...] | None = None
    zero_sign, wrt, view_map = "kept", (0,), VIEW
    moves = takes_numbers = True
    name, numpy = "reshape", "reshape({all})"
    text, latex = "reshape({0}, {1})", r"\operatorname{{reshape}}\left({0}, {1}\right)"

    def __init__(self, ndim: int, pattern: tuple[bool, ...] | None = None) -> None:
        super().__init__(ndim, pattern or (False,) * ndim)

    def types(self, x: Variable, shape: Variable) -> TensorType:
        return TensorType(x.dtype, self.pattern or ())

    def vjp(self, x: Variable, sizes: Variable, y: Variable, g: Variable) -> Variable:
        return Reshape(x.ndim, x.broadcastable)(g, shape(x))


@public
def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Variable:
    """x with another broadcast pattern; a dimension said to be 1 is checked when values arrive."""
    x = as_tensor_variable(x)
    if not isinstance(broadcastable, (list, tuple)):
        raise DTypeError(f"a broadcast pattern is a list of bools, and it is {broadcastable!r}.",
                         fix="Write (True, False) for a row.")
    pattern = tuple([truth(b, "an entry of a broadcast pattern") for b in broadcastable])
    if len(pattern) != x.ndim:
        raise ShapeError(f"the pattern {pattern} has not the {x.ndim} dimensions of {quoted(x)}.",
                         fix="Give one bool for each.")
    return rebroadcast(x, pattern)


@public
def shape_padleft(t: Any, n_ones: int = 1) -> Variable:
    """x with `n_ones` new dimensions of size 1 at the left."""
    x = as_tensor_variable(t)
    return dimshuffle(x, [*["x"] * dimensions(n_ones, "n_ones"), *range(x.ndim)])


@public
def shape_padright(t: Any, n_ones: int = 1) -> Variable:
    """x with `n_ones` new dimensions of size 1 at the right.

    Raises BadValueError for a negative number.

    >>> shape_padright([1, 2]).eval()
    array([[1],
           [2]])
    """
    x = as_tensor_variable(t)
    return dimshuffle(x, [*range(x.ndim), *["x"] * dimensions(n_ones, "n_ones")])


@public
def squeeze(x: Any, axis: Any = None) -> Variable:
    """x without its dimensions of size 1 (those its type knows), or without those of `axis`.

    >>> import tutor.tensor as T
    >>> squeeze(T.drow("r")).type
    TensorType(float64, vector)
    """
    x = as_tensor_variable(x)
    axes = axes_of(axis, x.ndim, "squeeze")
    gone = [i for i, one in enumerate(x.broadcastable) if one] if axes is None else list(axes)
    x = rebroadcast(x, [b or i in gone for i, b in enumerate(x.broadcastable)])
    return dimshuffle(x, [i for i in range(x.ndim) if i not in gone])


@public
def addbroadcast(x: Any, *axes: int) -> Variable:
    """x with these dimensions declared to have size 1, so that they stretch.

    Raises BadAxisError for a dimension that x does not have, and ShapeError, when it runs, where
    its size is not 1.

    >>> import tutor.tensor as T
    >>> addbroadcast(T.dmatrix("m"), 0).type
    TensorType(float64, row)
    """
    x = as_tensor_variable(x)
    ones = axes_of(axes, x.ndim, "addbroadcast") or ()
    return rebroadcast(x, [b or i in ones for i, b in enumerate(x.broadcastable)])


@public
def unbroadcast(x: Any, *axes: int) -> Variable:
    """x with these dimensions no longer known to have size 1.

    Raises BadAxisError for a dimension that x does not have.

    >>> import tutor.tensor as T
    >>> unbroadcast(T.drow("r"), 0).type
    TensorType(float64, matrix)
    """
    x = as_tensor_variable(x)
    free = axes_of(axes, x.ndim, "unbroadcast") or ()
    return rebroadcast(x, [b and i not in free for i, b in enumerate(x.broadcastable)])


@public
def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Variable:
    """The elements of x, in their order, under another shape; one size may be -1: what remains.

    `newshape` is a tuple of numbers and scalars, or a symbolic vector (then `ndim` says how long
    it is).

    Raises ShapeError for a shape with -1 twice, and, when it runs, for one of another number of
    elements.

    >>> import tutor.tensor as T
    >>> reshape(T.dvector("v"), (2, -1)).type
    TensorType(float64, matrix)
    """
    x = as_tensor_variable(x)
    ndim = None if ndim is None else whole(ndim, "ndim")
    sizes, vector = shape_parts(newshape, ndim)
    if sizes is None:
        raise ShapeError(f"how many dimensions {vector} describes is not known.",
                         fix="Say ndim=: x.reshape(shape, ndim=2).")
    numbers = [s for s in sizes if isinstance(s, int)]
    if numbers.count(-1) > 1 or any(s < -1 for s in numbers):
        raise ShapeError(f"the shape {tuple(sizes)} is not possible.",
                         fix="One size may be -1; all others are 0 or more.")
    if ndim is not None and ndim != len(sizes):
        raise ShapeError(f"the shape {quoted(newshape)} has {len(sizes)} sizes, and ndim is "
                         f"{ndim}.", fix="Pass all sizes as one tuple: x.reshape((2, 3)).")
    ones = tuple(map(is_one, sizes))
    return Reshape(len(sizes), ones)(x, vector)


@public
def flatten(x: Any, ndim: int = 1, outdim: int | None = None) -> Variable:
    """x with its last dimensions joined, so that `ndim` remain.

    Raises ShapeError for more dimensions than there are.

    >>> import tutor.tensor as T
    >>> flatten(T.dtensor3("t"), 2).ndim
    2
    """
    x, ndim = as_tensor_variable(x), whole(ndim if outdim is None else outdim, "ndim")
    if not 1 <= ndim <= max(x.ndim, 1):
        raise ShapeError(f"{quoted(x)} of {x.ndim} dimensions cannot be flattened to {ndim}.",
                         fix=f"Pass 1 up to {max(x.ndim, 1)}.")
    if x.ndim == ndim:
        return x
    flat = reshape(x, [*[shape(x)[i] for i in range(ndim - 1)], -1])
    return rebroadcast(flat, [*x.broadcastable[:ndim - 1], all(x.broadcastable[ndim - 1:])])


@public
def ravel(x: Any) -> Variable:
    """All elements of x as a vector.

    >>> ravel([[1, 2], [3, 4]]).eval()
    array([1, 2, 3, 4])
    """
    return flatten(x)


example("squeeze", lambda x: squeeze(x, 1), lambda x: x[:, 0], (2, 1, 3))
example("reshape", lambda x: reshape(x, (3, -1)), lambda x: x.reshape(3, -1), (2, 3))
example("reshape", lambda x: reshape(x, ()), lambda x: x.reshape(()), (1, 1))
example("flatten", lambda x: flatten(x, 2), lambda x: x.reshape(2, -1), (2, 3, 2))
example("flatten", flatten, np.ravel, ())
example("rebroadcast", lambda x: addbroadcast(x, 0) * 2, lambda x: x * 2, (1, 3))
example("rebroadcast", lambda x: unbroadcast(addbroadcast(x, 0), 0), lambda x: x, (1, 3))
