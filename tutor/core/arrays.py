"""Ops that rearrange: shapes, dimensions in another order, tensors joined, zeros like another.

Dimensions that have size 1 by their type stay known as such through every op here, so that
broadcasting is decided when the graph is built.

>>> import tutor.core as T
>>> T.dvector("v").dimshuffle("x", 0).type
TensorType(float64, row)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arguments import one_axis
from tutor.core.elementwise import Cast, cast, fill
from tutor.core.errors import ShapeError, caller
from tutor.core.graph import (
    Apply,
    Constant,
    Variable,
    apply,
    as_tensor_variable,
    constant,
    quoted,
    said,
)
from tutor.core.op import Notation, Op, public
from tutor.core.types import DISCRETE, TensorType, checked_dtype


class Shape(Op):
    """The sizes of all dimensions, as an int64 vector."""

    reads = slice(0)
    zero_sign = "lost"
    __props__ = ()
    name, doc = "shape", "The sizes of all dimensions, as an int64 vector."

    def make_node(self, x: Variable) -> Apply:
        return apply(self, [x], TensorType("int64", (x.ndim == 1,)))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"array({names[0]}.shape, dtype='int64')"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False]]


class MakeVector(Op):
    """Scalars as the elements of a vector."""

    zero_sign = "kept"
    moves = True
    __props__ = ("dtype",)
    takes_numbers, tensors = True, 0
    name, doc = "make_vector", "Scalars as the elements of a vector."

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def make_node(self, *scalars: Variable) -> Apply:
        parts = [cast(s, self.dtype) for s in scalars]
        return apply(self, parts, TensorType(self.dtype, (len(scalars) == 1,)))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"array([{', '.join(names)}], dtype={self.dtype!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [cotangents[0][i] if v.dtype not in DISCRETE else None for i, v in enumerate(inputs)]

    def notation(self, node: Apply) -> Notation:
        arguments = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
        return Notation(f"[{arguments}]", rf"\left[{arguments}\right]")

    def label(self, node: Apply) -> str:
        return "[ , ]"


def vector_length(v: Variable) -> int | None:
    """How many elements a vector has, where its expression tells."""
    node = v.owner
    if isinstance(v, Constant):
        return int(v.data.shape[0])
    if node is not None and isinstance(node.op, MakeVector):
        return len(node.inputs)
    if node is not None and isinstance(node.op, Shape):
        return node.inputs[0].ndim
    if node is not None and isinstance(node.op, Cast):
        return vector_length(node.inputs[0])
    length = getattr(node.op, "static_length", None) if node is not None else None
    found: int | None = length(node) if length is not None else None
    return 1 if found is None and v.broadcastable == (True,) else found


@public
def shape(x: Any) -> Variable:
    """The sizes of x, as an int64 vector: `x.shape[0]` is the symbol of its length."""
    result: Variable = Shape()(as_tensor_variable(x))
    return result


class DimShuffle(Op):
    """The dimensions in another order, with new ones of size 1 (`"x"`) and without some of size
    1.
    """

    sizes_follow = whole_view = True
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


def filled_with(number: Any, dtype: str) -> Variable:
    if isinstance(number, Variable):
        return cast(number, dtype)
    return constant(number, dtype=dtype)


@public
def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Variable:
    """A tensor of the shape (and dtype, unless given) of a, filled with one value."""
    a = as_tensor_variable(a)
    value = filled_with(fill_value, checked_dtype(dtype, a.dtype))
    if a.ndim == 0 and isinstance(value, Constant) and value.ndim == 0:
        value.like = a
        return value
    result: Variable = value if a.ndim == 0 and value.ndim == 0 else fill(a, value)
    return result


@public
def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Variable:
    """Zeros of the shape and dtype of a variable."""
    return full_like(model, 0, dtype)


@public
def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Variable:
    """Ones of the shape and dtype of a variable."""
    return full_like(model, 1, dtype)
