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

from tutor.errors import DTypeError, ShapeError, caller
from tutor.graph import Apply, Notation, Op, Variable, apply, as_tensor_variable, said
from tutor.operators import public, quoted
from tutor.ops.arguments import axes_of, dimensions, one_axis, truth, whole
from tutor.ops.elementwise import unbroadcast as summed
from tutor.ops.registry import example
from tutor.ops.sizes import (
    MakeVector,
    Shape,
    ShapeI,
    is_one,
    shape,
    shape_parts,
    size,
    vector_length,
)
from tutor.types import TensorType

__all__ = ["MakeVector", "Shape", "ShapeI", "shape", "shape_parts", "size", "vector_length"]


class DimShuffle(Op):
    """The dimensions in another order, with new ones of size 1 (`"x"`) and without some of size
    1.
    """

    sizes_follow = carries = whole_view = True
    prompt = 1
    result_sign = "kept"
    zero_sign = "kept"
    moves = True
    __props__ = ("order",)
    name, doc = "dimshuffle", "The dimensions in another order; \"x\" is a new one of size 1."
    view_map = {0: [0]}  # noqa: RUF012

    def __init__(self, order: tuple[Any, ...]) -> None:
        self.order = order

    def make_node(self, x: Variable) -> Apply:
        pattern = [o == "x" or x.broadcastable[o] for o in self.order]
        return apply(self, [x], TensorType(x.dtype, pattern))

    @property
    def kept(self) -> tuple[int, ...]:
        """The dimensions of the input that are kept, in their new order."""
        return tuple(o for o in self.order if o != "x")

    def is_transpose(self, ndim: int) -> bool:
        """Whether it only turns the order of all dimensions around."""
        return self.order == tuple(range(ndim))[::-1]

    def source(self, node: Apply, names: Sequence[str]) -> str:
        ndim = node.inputs[0].ndim
        if self.is_transpose(ndim):
            return f"{names[0]}.T"
        text = f"asarray({names[0]})" if ndim == 0 else names[0]
        dropped = [i for i in range(ndim) if i not in self.kept]
        if dropped:
            axes = tuple(dropped) if len(dropped) > 1 else dropped[0]
            text = f"{text}.squeeze({axes})"
        rank = sorted(self.kept)
        turned = tuple(rank.index(o) for o in self.kept)
        if turned != tuple(range(len(turned))):
            text = f"{text}.transpose({turned})"
        if "x" in self.order:
            text += f"[{', '.join('None' if o == 'x' else ':' for o in self.order)}]"
        return text

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x, g = inputs[0], cotangents[0]
        back: list[Any] = ["x"] * x.ndim
        for i, o in enumerate(self.order):
            if o != "x":
                back[o] = i
        return [dimshuffle(g, back)]

    def notation(self, node: Apply) -> Notation:
        ndim = node.inputs[0].ndim
        if self.is_transpose(ndim):
            return Notation("{0}.T", r"{0}^{{\top}}", 10, (10,))
        text = f"{{0}}.dimshuffle({', '.join(map(repr, self.order))})"
        if self.kept == tuple(range(ndim)) and "x" in self.order:
            places = ", ".join(r"\mathrm{{None}}" if o == "x" else ":" for o in self.order)
            return Notation(text, rf"{{0}}\left[{places}\right]", 10, (10,))
        latex = rf"_{{{{\mathrm{{{{{','.join(map(str, self.order))}}}}}}}}}\left({{0}}\right)"
        return Notation(text, rf"\operatorname{{{{dimshuffle}}}}{latex}", 10, (10,))

    def label(self, node: Apply) -> str:
        if self.is_transpose(node.inputs[0].ndim):
            return "transpose"
        return f"dimshuffle {', '.join(map(str, self.order))}"


class Reshape(Op):
    """The same elements, in the same order, under another shape; a -1 in it is what remains."""

    zero_sign = "kept"
    moves = True
    __props__ = ("ndim", "pattern")
    takes_numbers = True
    name, doc = "reshape", "The same elements under another shape; -1 stands for what remains."
    view_map = {0: [0]}  # noqa: RUF012

    def __init__(self, ndim: int, pattern: tuple[bool, ...] | None = None) -> None:
        self.ndim, self.pattern = ndim, pattern or (False,) * ndim

    def make_node(self, x: Variable, shape: Variable) -> Apply:
        return apply(self, [x, shape], TensorType(x.dtype, self.pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"reshape({names[0]}, {names[1]})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x = inputs[0]
        return [Reshape(x.ndim, x.broadcastable)(cotangents[0], shape(x)), None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]

    def notation(self, node: Apply) -> Notation:
        return Notation("reshape({0}, {1})", r"\operatorname{{reshape}}\left({0}, {1}\right)")


class Rebroadcast(Op):
    """The same value under another broadcast pattern, checked at run time."""

    zero_sign = "kept"
    moves = True
    __props__ = ("pattern",)
    name, doc = "rebroadcast", "The same value with another broadcast pattern."
    view_map = {0: [0]}  # noqa: RUF012

    def __init__(self, pattern: tuple[bool, ...]) -> None:
        self.pattern = pattern

    def make_node(self, x: Variable) -> Apply:
        return apply(self, [x], TensorType(x.dtype, self.pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        patterns = zip(self.pattern, node.inputs[0].broadcastable, strict=True)
        new = tuple(i for i, (one, was) in enumerate(patterns) if one and not was)
        return f"with_ones({names[0]}, {new})" if new else names[0]

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [patternbroadcast(cotangents[0], inputs[0].broadcastable)]

    def notation(self, node: Apply) -> Notation:
        return Notation("{0}", "{0}", 10, (10,))


@public
def dimshuffle(x: Any, *order: Any) -> Variable:
    """The dimensions of x in another order; `"x"` is a new dimension of size 1, which stretches.

    A dimension that is left out must be known to have size 1.

    >>> import tutor.tensor as T
    >>> dimshuffle(T.dmatrix("m"), 1, "x", 0).broadcastable
    (False, True, False)
    """
    x = as_tensor_variable(x)
    if len(order) == 1 and isinstance(order[0], (list, tuple)):
        order = tuple(order[0])
    pattern = tuple("x" if isinstance(o, str) and o == "x" else one_axis(o, x.ndim, "dimshuffle")
                    for o in order)
    kept = [o for o in pattern if o != "x"]
    if len(set(kept)) != len(kept):
        raise ShapeError(f"dimshuffle{pattern} names a dimension twice.",
                         where=(("written at", caller()),), fix="Name each dimension once.")
    for i in set(range(x.ndim)) - set(kept):
        if not x.broadcastable[i]:
            raise ShapeError(
                f"dimshuffle{pattern} leaves out dimension {i} of {quoted(x)}, whose size is not "
                "known to be 1.",
                where=(("written at", caller()), (f"{quoted(x, 40)} made at", x.origin)),
                fix="Name it, or take a sum over it first.")
    if pattern == tuple(range(x.ndim)):
        return x
    result: Variable = DimShuffle(pattern)(x)
    return result


@public
def transpose(x: Any, *order: Any, axes: Any = None) -> Variable:
    """x with its dimensions turned around, or in the order of `axes`, one list or the numbers.

    >>> import tutor.tensor as T
    >>> transpose(T.drow("r")).type
    TensorType(float64, col)
    """
    x = as_tensor_variable(x)
    if len(order) == 1 and (order[0] is None or isinstance(order[0], (list, tuple, range))):
        axes, order = order[0], ()
    axes = axes.ravel().tolist() if isinstance(axes, np.ndarray) else axes
    axes = (*order, *(axes if isinstance(axes, (list, tuple, range)) else
                      [] if axes is None else [axes]))
    if axes and len(axes) != x.ndim:
        raise ShapeError(f"transpose of {quoted(x)} needs {x.ndim} axes and got {axes}.",
                         where=(("written at", caller()),), fix="Name each axis once.")
    turned = dimshuffle(x, *(axes or range(x.ndim)[::-1]))
    return turned if axes or turned is x or not x.name else said(turned, f"{x.name}.T")


@public
def shape_padleft(t: Any, n_ones: int = 1) -> Variable:
    """x with `n_ones` new dimensions of size 1 at the left."""
    x = as_tensor_variable(t)
    return dimshuffle(x, [*["x"] * dimensions(n_ones, "n_ones"), *range(x.ndim)])


@public
def shape_padright(t: Any, n_ones: int = 1) -> Variable:
    """x with `n_ones` new dimensions of size 1 at the right."""
    x = as_tensor_variable(t)
    return dimshuffle(x, [*range(x.ndim), *["x"] * dimensions(n_ones, "n_ones")])


@public
def squeeze(x: Any, axis: Any = None) -> Variable:
    """x without its dimensions of size 1 (those its type knows), or without those of `axis`."""
    x = as_tensor_variable(x)
    axes = axes_of(axis, x.ndim, "squeeze")
    gone = [i for i, one in enumerate(x.broadcastable) if one] if axes is None else list(axes)
    x = patternbroadcast(x, [b or i in gone for i, b in enumerate(x.broadcastable)])
    return dimshuffle(x, [i for i in range(x.ndim) if i not in gone])


@public
def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Variable:
    """x with another broadcast pattern; a dimension said to be 1 is checked when values arrive."""
    x = as_tensor_variable(x)
    if not isinstance(broadcastable, (list, tuple)):
        raise DTypeError(f"a broadcast pattern is a list of bools, and it is {broadcastable!r}.",
                         where=(("written at", caller()),), fix="Write (True, False) for a row.")
    pattern = tuple([truth(b, "an entry of a broadcast pattern") for b in broadcastable])
    if x.broadcastable == pattern:
        return x
    if len(pattern) != x.ndim:
        raise ShapeError(f"the pattern {pattern} has not the {x.ndim} dimensions of {quoted(x)}.",
                         where=(("written at", caller()),), fix="Give one bool for each.")
    result: Variable = Rebroadcast(pattern)(x)
    return result


def fitted(*pairs: tuple[Variable, Variable]) -> list[Variable | None]:
    """Cotangents in the dtype and broadcast pattern of the variables they belong to."""
    return [patternbroadcast(summed(g, v), v.broadcastable) for g, v in pairs]


@public
def addbroadcast(x: Any, *axes: int) -> Variable:
    """x with these dimensions declared to have size 1, so that they stretch."""
    x = as_tensor_variable(x)
    ones = axes_of(axes, x.ndim, "addbroadcast") or ()
    return patternbroadcast(x, [b or i in ones for i, b in enumerate(x.broadcastable)])


@public
def unbroadcast(x: Any, *axes: int) -> Variable:
    """x with these dimensions no longer known to have size 1."""
    x = as_tensor_variable(x)
    free = axes_of(axes, x.ndim, "unbroadcast") or ()
    return patternbroadcast(x, [b and i not in free for i, b in enumerate(x.broadcastable)])


@public
def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Variable:
    """The elements of x, in their order, under another shape; one size may be -1: what remains.

    `newshape` is a tuple of numbers and scalars, or a symbolic vector (then `ndim` says how long
    it is).

    >>> import tutor.tensor as T
    >>> reshape(T.dvector("v"), (2, -1)).type
    TensorType(float64, matrix)
    """
    x = as_tensor_variable(x)
    ndim = None if ndim is None else whole(ndim, "ndim")
    sizes, vector = shape_parts(newshape, ndim)
    if sizes is None:
        raise ShapeError(f"how many dimensions {vector} describes is not known.",
                         where=(("written at", caller()),),
                         fix="Say ndim=: x.reshape(shape, ndim=2).")
    numbers = [s for s in sizes if isinstance(s, int)]
    if numbers.count(-1) > 1 or any(s < -1 for s in numbers):
        raise ShapeError(f"the shape {tuple(sizes)} is not possible.",
                         where=(("written at", caller()),),
                         fix="One size may be -1; all others are 0 or more.")
    if ndim is not None and ndim != len(sizes):
        raise ShapeError(f"the shape {quoted(newshape)} has {len(sizes)} sizes, and ndim is "
                         f"{ndim}.",
                         where=(("written at", caller()),),
                         fix="Pass all sizes as one tuple: x.reshape((2, 3)).")
    ones = tuple(map(is_one, sizes))
    result: Variable = Reshape(len(sizes), ones)(x, vector)
    return result


@public
def flatten(x: Any, ndim: int = 1, outdim: int | None = None) -> Variable:
    """x with its last dimensions joined, so that `ndim` remain.

    >>> import tutor.tensor as T
    >>> flatten(T.dtensor3("t"), 2).ndim
    2
    """
    x, ndim = as_tensor_variable(x), whole(ndim if outdim is None else outdim, "ndim")
    if not 1 <= ndim <= max(x.ndim, 1):
        raise ShapeError(f"{quoted(x)} of {x.ndim} dimensions cannot be flattened to {ndim}.",
                         where=(("written at", caller()),), fix=f"Pass 1 up to {max(x.ndim, 1)}.")
    if x.ndim == ndim:
        return x
    flat = reshape(x, [*[shape(x)[i] for i in range(ndim - 1)], -1])
    return patternbroadcast(flat, [*x.broadcastable[:ndim - 1], all(x.broadcastable[ndim - 1:])])


@public
def ravel(x: Any) -> Variable:
    """All elements of x as a vector."""
    return flatten(x)


example("dimshuffle", lambda x: dimshuffle(x, 1, "x", 0), lambda x: x.T[:, None, :], (2, 3))
example("dimshuffle", lambda x: dimshuffle(x, "x", 0), lambda x: x[None], (3,))
example("dimshuffle", lambda x: dimshuffle(x, "x", "x"), lambda x: x[None, None], ())
example("transpose", transpose, np.transpose, (2, 3, 4))
example("transpose", lambda x: transpose(x, 0, 2, 1), lambda x: x.transpose(0, 2, 1), (2, 3, 4))
example("squeeze", lambda x: squeeze(x, 1), lambda x: x[:, 0], (2, 1, 3))
example("reshape", lambda x: reshape(x, (3, -1)), lambda x: x.reshape(3, -1), (2, 3))
example("reshape", lambda x: reshape(x, ()), lambda x: x.reshape(()), (1, 1))
example("flatten", lambda x: flatten(x, 2), lambda x: x.reshape(2, -1), (2, 3, 2))
example("flatten", flatten, np.ravel, ())
example("rebroadcast", lambda x: addbroadcast(x, 0) * 2, lambda x: x * 2, (1, 3))
example("rebroadcast", lambda x: unbroadcast(addbroadcast(x, 0), 0), lambda x: x, (1, 3))
