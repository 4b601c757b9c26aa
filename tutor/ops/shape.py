"""Sizes and shapes: as arguments, and changed by reshape, flatten, squeeze, broadcast patterns.

Comes after the reductions. Dimensions that have size 1 by their type stay known as such through
every op here, so that broadcasting is decided when the graph is built.

>>> import tutor.tensor as T
>>> [size.type for size in T.dvector("v").shape][0], T.dvector("v").dimshuffle("x", 0).type
(TensorType(int64, scalar), TensorType(float64, row))
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from tutor.checking import axes_of, dimensions, truth, whole
from tutor.core.arrays import Shape, dimshuffle, shape
from tutor.core.elementwise import Cast, cast
from tutor.core.errors import DTypeError, ShapeError, TutorError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, constant, quoted
from tutor.core.indexing import Join, Subtensor
from tutor.core.op import VIEW, Row, rebroadcast
from tutor.core.types import DISCRETE, TensorType
from tutor.notation import Notation
from tutor.ops.examples import example
from tutor.ops.stacks import MakeVector, vector_length

__all__ = [
    "addbroadcast", "flatten", "patternbroadcast", "ravel", "reshape", "shape_padleft",
    "shape_padright", "squeeze", "unbroadcast",
]  # fmt: skip


class ShapeI(Row):
    """The size of one dimension."""

    i: int
    reads, zero_sign, wrt = slice(0), "lost", ()
    name, numpy = "shape_i", "int64({0}.shape[{i}])"

    def types(self, x: Variable) -> TensorType:
        return TensorType("int64", ())

    def notation(self, node: Apply) -> Notation:
        latex = rf"\operatorname{{{{shape}}}}_{{{{{self.i}}}}}\left({{0}}\right)"
        return Notation(f"{{0}}.shape[{self.i}]", latex, 10, (10,))

    def label(self, node: Apply) -> str:
        return f"shape[{self.i}]"


def one_size(value: Any) -> int | Variable:
    """A size in a shape: a whole number, or the symbol of one."""
    v = as_tensor_variable(value)
    if v.ndim or v.dtype not in DISCRETE or v.dtype == "bool":
        raise DTypeError(f"a size is a whole number, and {quoted(value)} is {v.type}.",
                         fix="Pass integers.")
    return int(v.data) if isinstance(v, Constant) else v


def is_one(size: Any) -> bool:
    """Whether a size is known to be 1: as a number, or since its dimension is so by its type."""
    node = getattr(size, "owner", None)
    if node is None:
        return bool(isinstance(size, int) and size == 1)
    if isinstance(node.op, ShapeI):
        return bool(node.inputs[0].broadcastable[node.op.i])
    whole = node.inputs[0].owner if isinstance(node.op, Subtensor) else None
    entries: Any = node.op.index.entries if whole is not None else ()
    if whole is None or not isinstance(whole.op, Shape) or len(entries) != 1:
        return False
    x, i = whole.inputs[0], entries[0]
    return isinstance(i, int) and -x.ndim <= i < x.ndim and bool(x.broadcastable[i])


def shape_parts(value: Any, ndim: int | None = None) -> tuple[list[Any] | None, Variable]:
    """A shape argument as a list of sizes where its length is known, and as an int64 vector."""
    if (isinstance(value, Variable) and value.ndim == 0) or isinstance(value, (int, np.integer)):
        value = (value,)
    if isinstance(value, (tuple, list)):
        sizes = [one_size(s) for s in value]
        if not any(isinstance(s, Variable) for s in sizes):
            return list(sizes), constant(np.array(sizes, dtype="int64"), dtype="int64")
        return list(sizes), MakeVector("int64")(*[as_tensor_variable(s) for s in sizes])
    vector = as_tensor_variable(value)
    if vector.ndim != 1 or vector.dtype not in DISCRETE:
        raise DTypeError(f"a shape is a vector of whole numbers, and {quoted(value)} is "
                         f"{vector.type}.", fix="Pass a tuple of sizes.")
    if isinstance(vector, Constant):
        return [int(s) for s in vector.data], constant(vector.data, dtype="int64")
    length = ndim if ndim is not None else vector_length(vector)
    return (None if length is None else elements(vector, length)), cast(vector, "int64")


def elements(vector: Variable, length: int) -> list[Any]:
    """The elements of a vector of a known length: numbers where its expression says them.

    >>> import tutor.tensor as T
    >>> elements(T.stack([1, T.lscalar("n"), 3]), 3)
    [1, n, 3]
    """
    node = vector.owner
    if isinstance(vector, Constant):
        return [int(s) for s in vector.data]
    if node is not None and isinstance(node.op, Cast):
        return elements(node.inputs[0], length)
    if node is not None and isinstance(node.op, MakeVector):
        return [_whole(v) for v in node.inputs]
    if node is not None and isinstance(node.op, Join):
        lengths = [vector_length(v) for v in node.inputs]
        parts = zip(node.inputs, lengths, strict=True)
        if None not in lengths:
            return [s for v, n in parts for s in elements(v, n or 0)]
    return [vector[i] for i in range(length)]


def _whole(v: Variable) -> Any:
    """An element of a vector: as the number it is, whatever it was cast to, or as its symbol."""
    inner = v.owner.inputs[0] if v.owner is not None and isinstance(v.owner.op, Cast) else v
    number = isinstance(inner, Constant) and inner.dtype in DISCRETE and inner.dtype != "bool"
    return int(inner.data) if number and isinstance(inner, Constant) else v


def same_sizes(x: Any, y: Any, axes: tuple[int, ...]) -> None:
    """An error unless x and y agree in these sizes."""
    for axis in axes:
        if x.shape[axis] != y.shape[axis]:
            raise ValueError(
                f"sizes {x.shape[axis]} and {y.shape[axis]} in dimension {axis} differ")


def alike(x: Any, *others: tuple[Any, tuple[int, ...]]) -> Any:
    """x itself, if its sizes along these axes are those of the others."""
    for y, axes in others:
        same_sizes(x, y, axes)
    return x


class SameShape(Row):
    """x itself; an error where the shapes of the others do not fit it."""

    keeps_shape = sizes_follow = moves = whole_view = True
    reads, zero_sign, view_map, wrt = slice(1), "kept", VIEW, (0,)
    name, calls = "same_shape", (alike,)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        x, *others = node.inputs
        axes = [tuple([-i for i in range(1, v.ndim + 1)
                       if not v.broadcastable[-i] and not x.broadcastable[-i]]) for v in others]
        rest = "".join(f"({name}, {a}), " for name, a in zip(names[1:], axes, strict=True))
        return f"alike({names[0]}, {rest})"

    def vjp(self, x: Variable, *rest: Variable) -> Variable:
        return rest[-1]

    def notation(self, node: Apply) -> Notation:
        others = ", ".join(f"{{{i}}}" for i in range(1, len(node.inputs)))
        return Notation(f"{{0}} shaped as {others}", "{0}", 1, (2,) * len(node.inputs))


same_shape = SameShape()


class Reshape(Row):
    """The same elements under another shape; -1 stands for what remains."""

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


def unlike(claim: str, v: Variable, fix: str, kind: type[TutorError] = ShapeError) -> TutorError:
    """The error that a tensor is not as it has to be."""
    return kind(f"{claim}, and {quoted(v)} is {v.type}.", fix=fix)


def open_at(x: Variable, axis: int) -> list[bool]:
    """The broadcast pattern of x with any size along an axis."""
    return [one and i != axis for i, one in enumerate(x.broadcastable)]


def lifted(v: Variable, ndim: int) -> Variable:
    """v with new dimensions of size 1 at the left, so that it has `ndim` at least."""
    return dimshuffle(v, [*["x"] * (ndim - v.ndim), *range(v.ndim)]) if v.ndim < ndim else v


def kept(y: Variable, axes: Collection[int], ndim: int) -> Variable:
    """A reduction of `ndim` dimensions with size 1 where it was reduced; dimensions that it has
    beside these come first."""
    extra = y.ndim - (ndim - len(axes))
    places = iter(range(extra, y.ndim))
    return dimshuffle(y, [*range(extra), *["x" if i in axes else next(places)
                                           for i in range(ndim)]])


def joined_last(x: Variable, axes: Sequence[int]) -> Variable:
    """The dimensions of some axes as one, the last."""
    rest = [i for i in range(x.ndim) if i not in axes]
    moved = dimshuffle(x, [*rest, *axes])
    return moved if len(axes) == 1 else reshape(
        moved, [*[shape(x)[i] for i in rest], -1], ndim=len(rest) + 1)


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


def shape_padleft(t: Any, n_ones: int = 1) -> Variable:
    """x with `n_ones` new dimensions of size 1 at the left."""
    x = as_tensor_variable(t)
    return dimshuffle(x, [*["x"] * dimensions(n_ones, "n_ones"), *range(x.ndim)])


def shape_padright(t: Any, n_ones: int = 1) -> Variable:
    """x with `n_ones` new dimensions of size 1 at the right. Raises BadValueError for a negative
    number.

    >>> shape_padright([1, 2]).eval()
    array([[1],
           [2]])
    """
    x = as_tensor_variable(t)
    return dimshuffle(x, [*range(x.ndim), *["x"] * dimensions(n_ones, "n_ones")])


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


def addbroadcast(x: Any, *axes: int) -> Variable:
    """x with these dimensions declared to have size 1, so that they stretch. Raises BadAxisError
    for a dimension that x does not have, and ShapeError, when it runs, where its size is not 1.

    >>> import tutor.tensor as T
    >>> addbroadcast(T.dmatrix("m"), 0).type
    TensorType(float64, row)
    """
    x = as_tensor_variable(x)
    ones = axes_of(axes, x.ndim, "addbroadcast") or ()
    return rebroadcast(x, [b or i in ones for i, b in enumerate(x.broadcastable)])


def unbroadcast(x: Any, *axes: int) -> Variable:
    """x with these dimensions no longer known to have size 1. Raises BadAxisError for a dimension
    that x does not have.

    >>> import tutor.tensor as T
    >>> unbroadcast(T.drow("r"), 0).type
    TensorType(float64, matrix)
    """
    x = as_tensor_variable(x)
    free = axes_of(axes, x.ndim, "unbroadcast") or ()
    return rebroadcast(x, [b and i not in free for i, b in enumerate(x.broadcastable)])


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Variable:
    """The elements of x, in their order, under another shape; one size may be -1: what remains.

    `newshape` is a tuple of numbers and scalars, or a symbolic vector (then `ndim` says how long it
    is). Raises ShapeError for a shape with -1 twice, and, when it runs, for one of another number
    of elements.

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


def flatten(x: Any, ndim: int = 1, outdim: int | None = None) -> Variable:
    """x with its last dimensions joined, so that `ndim` remain. Raises ShapeError for more
    dimensions than there are.

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


def ravel(x: Any) -> Variable:
    """All elements of x as a vector.

    >>> ravel([[1, 2], [3, 4]]).eval()
    array([1, 2, 3, 4])
    """
    return flatten(x)


example("shape_i", lambda x: ShapeI(1)(x), lambda x: np.array(x.shape[1]), (2, 3),
        differentiable=False)
example("squeeze", lambda x: squeeze(x, 1), lambda x: x[:, 0], (2, 1, 3))
example("reshape", lambda x: reshape(x, (3, -1)), lambda x: x.reshape(3, -1), (2, 3))
example("reshape", lambda x: reshape(x, ()), lambda x: x.reshape(()), (1, 1))
example("flatten", lambda x: flatten(x, 2), lambda x: x.reshape(2, -1), (2, 3, 2))
example("flatten", flatten, np.ravel, ())
example("rebroadcast", lambda x: addbroadcast(x, 0) * 2, lambda x: x * 2, (1, 3))
example("rebroadcast", lambda x: unbroadcast(addbroadcast(x, 0), 0), lambda x: x, (1, 3))
example("same_shape", SameShape(), lambda x, y: x, (2, 3), (3,), differentiable=False)
