"""Ops on whole arrays: shapes, dimensions in another order, sums and means, products.

Dimensions that have size 1 by their type stay known as such through every op here. The gradient of
a product is a product with a transpose: a derivative reads like the formula in a book.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce as folded
from typing import Any, NamedTuple

import numpy as np

from tutor.core.elementwise import cast, conj, fill, mul, reals
from tutor.core.errors import BadAxisError, ShapeError, caller, plural
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, constant, quoted
from tutor.core.op import VIEW, Row
from tutor.core.seams import seams
from tutor.core.types import DISCRETE, TensorType, checked_dtype, promote


class Shape(Row):
    """The sizes of all dimensions, as an int64 vector."""

    name, numpy, wrt = "shape", "array({0}.shape, dtype='int64')", ()

    def types(self, x: Variable) -> TensorType:
        return TensorType("int64", (x.ndim == 1,))


def shape(x: Any) -> Variable:
    """The sizes of x, as an int64 vector: `x.shape[0]` is the symbol of its length."""
    return Shape()(x)


def size_along(x: Variable, axis: Any) -> Variable:
    """How many elements a reduction over this axis takes in, as an expression."""
    axes = axes_of(axis, x.ndim, "mean")
    if axes is None or len(axes) == x.ndim > 1:
        return reduce("prod", shape(x)) if x.ndim > 1 else shape(x)[0] if x.ndim else ONE
    return folded(mul, [shape(x)[i] for i in axes]) if axes else ONE


ONE = constant(1, dtype="int64")


class DimShuffle(Row):
    """The dimensions in another order; "x" is a new one of size 1."""

    order: tuple[Any, ...]
    name, view_map = "dimshuffle", VIEW

    def types(self, x: Variable) -> TensorType:
        return TensorType(x.dtype, [o == "x" or x.broadcastable[o] for o in self.order])

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
            text += f".squeeze({tuple(dropped) if len(dropped) > 1 else dropped[0]})"
        rank = sorted(self.kept)
        turned = tuple(rank.index(o) for o in self.kept)
        if turned != tuple(range(len(turned))):
            text += f".transpose({turned})"
        if "x" in self.order:
            text += f"[{', '.join('None' if o == 'x' else ':' for o in self.order)}]"
        return text

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        places = {o: i for i, o in enumerate(self.order)}
        return dimshuffle(g, [places.get(i, "x") for i in range(x.ndim)])


def dimshuffle(x: Any, *order: Any) -> Variable:
    """The dimensions of x in another order; `"x"` is a new one of size 1, which stretches, and a
    dimension that is left out must be known to have size 1.

    >>> import tutor.tensor as T
    >>> dimshuffle(T.dmatrix("m"), 1, "x", 0).broadcastable
    (False, True, False)
    """
    x = as_tensor_variable(x)
    if len(order) == 1 and isinstance(order[0], (list, tuple)):
        order = tuple(order[0])
    op = DimShuffle(tuple("x" if isinstance(o, str) and o == "x" else
                          one_axis(o, x.ndim, "dimshuffle") for o in order))
    if len(set(op.kept)) != len(op.kept):
        raise ShapeError(f"dimshuffle{op.order} names a dimension twice.",
                         fix="Name each dimension once.")
    for i in set(range(x.ndim)) - set(op.kept):
        if not x.broadcastable[i]:
            raise ShapeError(
                f"dimshuffle{op.order} leaves out dimension {i} of {quoted(x)}, whose size is not "
                "known to be 1.", where=(("written at", caller()), ("made at", x.origin)),
                fix="Name it, or take a sum over it first.")
    return x if op.order == tuple(range(x.ndim)) else op(x)


def transpose(x: Any, *axes: int) -> Variable:
    """x with its dimensions turned around, or in the order of `axes`."""
    x = as_tensor_variable(x)
    turned = dimshuffle(x, *(axes or range(x.ndim)[::-1]))
    if x.name and turned is not x and not axes:
        turned._said = f"{x.name}.T"
    return turned


def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Variable:
    """A tensor of the shape (and dtype, unless given) of a, filled with one value."""
    a = as_tensor_variable(a)
    dtype = checked_dtype(dtype, a.dtype)
    known = not isinstance(fill_value, Variable)
    value = constant(fill_value, dtype=dtype) if known else cast(fill_value, dtype)
    if a.ndim == 0 and isinstance(value, Constant) and value.ndim == 0:
        value.like = a
    return value if a.ndim == 0 and value.ndim == 0 else fill(a, value)


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Variable:
    """Zeros of the shape and dtype of a variable."""
    return full_like(model, 0, dtype)


def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Variable:
    """Ones of the shape and dtype of a variable."""
    return full_like(model, 1, dtype)


class Kind(NamedTuple):
    """What one reduction is, and its facts."""

    numpy: str  # its name there
    dtype: Callable[[str], str]  # that of the result
    grad: Callable[..., Variable | None] | None  # of x, the result, its cotangent and the op
    latex: str
    label: str
    doc: str
    folds: str = ""  # the ufunc that takes the results of parts together
    result_sign: str = ""  # see tutor/facts.py
    chooses: bool = False  # whether some elements count, and others do not


def accumulator(dtype: str) -> str:
    """int64 for signed integers and bool, uint64 for unsigned ones; floats stay."""
    return {"b": "int64", "i": "int64", "u": "uint64"}.get(np.dtype(dtype).kind, dtype)


def spread_back(v: Variable, x: Variable, op: Reduction) -> Variable:
    """A reduced value with the reduced dimensions back, of size 1, so that it stretches over x."""
    axes = op.axes(x)
    if op.keepdims or axes == tuple(range(len(axes))):  # what is left is aligned at the right
        return v
    places = iter(range(v.ndim))
    return dimshuffle(v, ["x" if i in axes else next(places) for i in range(x.ndim)])


KINDS = {
    "sum": Kind("add.reduce", accumulator, lambda x, y, g, op: fill(x, spread_back(g, x, op)),
                r"\sum", "Σ", "The sum over an axis, several, or all.", "add", "kept or 0"),
    "prod": Kind("multiply.reduce", accumulator, None, r"\prod", "Π",
                 "The product over an axis, several, or all."),
}  #: a layer has further rows, and the gradient of a product


class Reduction(Row):
    """One of `KINDS` over `axis` (None: all; a sorted tuple), with or without `keepdims`."""

    kind: str
    axis: tuple[int, ...] | None = None
    keepdims: bool = False

    def __init__(self, kind: str, axis: tuple[int, ...] | None = None, keepdims: bool = False
                 ) -> None:
        self.kind, self.axis, self.keepdims = kind, axis, keepdims
        self.name, self.doc = kind, KINDS[kind].doc

    def axes(self, x: Variable) -> tuple[int, ...]:
        """The axes it reduces in x, all of them where the axis is None."""
        return tuple(range(x.ndim)) if self.axis is None else self.axis

    def types(self, x: Variable) -> TensorType:
        axes = self.axes(x)
        pattern = [one or i in axes for i, one in enumerate(x.broadcastable)
                   if self.keepdims or i not in axes]
        return TensorType(KINDS[self.kind].dtype(x.dtype), pattern)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        x, out = node.inputs[0], node.outputs[0]
        axes = None if self.axis is None or len(self.axis) == x.ndim else self.axis
        axis = axes[0] if axes and len(axes) == 1 else axes
        adds = self.kind in ("sum", "prod")
        wide = "float32" if adds and out.dtype == "float16" else out.dtype
        dtype = f", dtype={wide!r}" if adds and x.dtype != wide else ""
        narrowed = f".astype({out.dtype!r})" if wide != out.dtype else ""
        kept = ", keepdims=True" if self.keepdims else ""
        return f"{KINDS[self.kind].numpy}({names[0]}, axis={axis}{dtype}{kept}){narrowed}"

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable | None:
        grad = KINDS[self.kind].grad
        return None if x.dtype in DISCRETE or grad is None else grad(x, y, g, self)


def reduce(kind: str, x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The reduction `kind` of x as an expression."""
    x = as_tensor_variable(x)
    axes = axes_of(axis, x.ndim, kind)
    nothing = axes == () or (x.ndim == 0 and axes is None)
    same = nothing and x.dtype == KINDS[kind].dtype(x.dtype)
    return x if same else Reduction(kind, axes, bool(keepdims))(x)


def sum(input: Any, axis: Any = None, *, keepdims: bool = False) -> Variable:
    """The sum over an axis, several, or all (None); with `keepdims` these stay, as 1."""
    return reduce("sum", input, axis, keepdims)


def mean(input: Any, axis: Any = None, *, keepdims: bool = False) -> Variable:
    """The mean over an axis, several, or all; of integers a float64."""
    x = as_tensor_variable(input)
    x = cast(x, "float64") if x.dtype in DISCRETE else x
    count = cast(size_along(x, axis), reals(x.dtype))
    return sum(x, axis, keepdims=keepdims) / count


class Dot(Row):
    """The product of matrices and vectors."""

    name, numpy = "dot", "dot({0}, {1})"

    def types(self, x: Variable, y: Variable) -> TensorType:
        pattern = x.broadcastable[:-1] + y.broadcastable[1:]
        return TensorType(promote(x.dtype, y.dtype), pattern)

    def vjp(self, x: Variable, y: Variable, z: Variable, g: Variable) -> tuple[Variable, Variable]:
        a, b = conj(x), conj(y)
        if x.ndim == 1:
            return (g * b, g * a) if y.ndim == 1 else (dot(b, g), outer(a, g))
        return outer(g, b) if y.ndim == 1 else dot(g, transpose(b)), dot(transpose(a), g)


class Outer(Row):
    """Every element of x times every element of y, as a matrix."""

    name, numpy = "outer", "multiply.outer({0}, {1})"

    def types(self, x: Variable, y: Variable) -> TensorType:
        return TensorType(promote(x.dtype, y.dtype), x.broadcastable + y.broadcastable)

    def vjp(self, x: Variable, y: Variable, z: Variable, g: Variable) -> tuple[Variable, Variable]:
        return dot(g, conj(y)), dot(conj(x), g)


def dot(a: Any, b: Any) -> Variable:
    """The product of a and b: of two vectors their inner product, of matrices the matrix product. A
    scalar multiplies; of more dimensions it sums over the last of a and the last but one of b.

    >>> import tutor.core as T
    >>> dot(T.drow("r"), T.dcol("c")).type
    TensorType(float64, (True, True))
    """
    x, y = as_tensor_variable(a), as_tensor_variable(b)
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    if isinstance(x, Constant) and isinstance(y, Constant):
        columns, rows = x.data.shape[-1], y.data.shape[-2:][0]
        if columns != rows:
            raise ShapeError(f"dot of shapes {x.data.shape} and {y.data.shape}: {columns} and "
                             f"{rows} do not match.",
                             fix="The columns of the first are as many as the rows of the second.")
    if x.ndim <= 2 and y.ndim <= 2:
        return Dot()(x, y)
    return seams.contract(x, y, [[x.ndim - 1], [max(y.ndim - 2, 0)]])


def outer(x: Any, y: Any) -> Variable:
    """Every element of x times every element of y, as a matrix."""
    return Outer()(x, y)


def axes_of(axis: Any, ndim: int, what: str) -> tuple[int, ...] | None:
    """An axis argument as None (all) or a sorted tuple of axes counted from 0."""
    several = axis if isinstance(axis, (tuple, list)) else [axis]
    return None if axis is None else tuple(sorted({one_axis(a, ndim, what) for a in several}))


def one_axis(axis: Any, ndim: int, what: str) -> int:
    """One axis, counted from 0; a `BadAxisError` where there is no such axis."""
    number = seams.whole(axis, f"the axis of {what}")
    if not -ndim <= number < ndim:
        fix = f"Choose an axis from {-ndim} to {ndim - 1}." if ndim else "A scalar has no axis."
        raise BadAxisError(f"{what}: there is no axis {number} in {plural(ndim, 'dimension')}.",
                           fix=fix)
    return number % ndim
