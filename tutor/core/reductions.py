"""Reductions: sum, mean, max, min, any, all.

`Reduction` is one op with an axis and `keepdims`; a row of `KINDS` says what NumPy calls it, which
dtype it accumulates in, and its gradient.

>>> import tutor.core as T
>>> T.sum(T.dmatrix("m"), axis=0).type
TensorType(float64, vector)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.core.arguments import axes_of
from tutor.core.arithmetic import and_, cast, eq, fill
from tutor.core.arrays import dimshuffle, shape
from tutor.core.elementwise import switch
from tutor.core.errors import DTypeError, NotHereError, caller
from tutor.core.examples import example
from tutor.core.graph import Apply, Variable, apply, as_tensor_variable, constant, quoted, said
from tutor.core.joining import stack
from tutor.core.op import Notation, Op, call, public
from tutor.core.types import DISCRETE, TensorType, checked_dtype, promote


class Kind(NamedTuple):
    """What one reduction is: NumPy's name, dtype rule, gradient, mathematics, documentation."""

    numpy: str
    dtype: Callable[[str], str]
    grad: Callable[..., Variable | None]
    latex: str
    label: str
    doc: str
    folds: str = ""
    result_sign: str = ""


def accumulator(dtype: str) -> str:
    """int64 for signed integers and bool, uint64 for unsigned ones; floats stay."""
    kind = np.dtype(dtype).kind
    return {"b": "int64", "i": "int64", "u": "uint64"}.get(kind, dtype)


def spread_back(v: Variable, x: Variable, op: Reduction) -> Variable:
    """A reduced value with the reduced dimensions back, of size 1, so that it stretches over x."""
    axes = op.axes(x)
    if op.keepdims or axes == tuple(range(len(axes))):  # what is left is aligned at the right
        return v
    places = iter(range(v.ndim))
    order = ["x" if i in axes else next(places) for i in range(x.ndim)]
    result: Variable = dimshuffle(v, order)
    return result


def _sum_grad(x: Variable, y: Variable, g: Variable, op: Reduction) -> Variable:
    result: Variable = fill(x, spread_back(g, x, op))
    return result


def _extremum_grad(x: Variable, y: Variable, g: Variable, op: Reduction) -> Variable:
    """The cotangent goes to the extreme elements, in equal parts where several are equal."""
    return shared_by(eq(spread_back(y, x, op), x), spread_back(g, x, op), op.axes(x))


def shared_by(ties: Variable, g: Variable, axes: tuple[int, ...]) -> Variable:
    """g in equal parts to the elements that are tied along the axes, and 0 to the others."""
    count = Reduction("sum", axes, True)(ties)
    result: Variable = switch(ties, g / cast(count, g.dtype), 0)
    return result


def _not_here(x: Variable, y: Variable, g: Variable, op: Reduction) -> None:
    raise NotHereError(f"the gradient of {op.name} is not in the core.", fix="import tutor.tensor.")


KINDS = {
    "sum": Kind("add.reduce", accumulator, _sum_grad, r"\sum", "Σ",
                "The sum over an axis, several, or all.", "add", "kept or 0"),
    "prod": Kind("multiply.reduce", accumulator, _not_here, r"\prod", "Π",
                 "The product over an axis, several, or all."),
    "max": Kind("maximum.reduce", str, _extremum_grad, r"\max", "max",
                "The largest element along an axis, several, or all.", "maximum", "kept"),
    "min": Kind("minimum.reduce", str, _extremum_grad, r"\min", "min",
                "The smallest element along an axis, several, or all.", "minimum"),
    "any": Kind("logical_or.reduce", lambda d: "bool", _not_here, r"\bigvee", "any",
                "Whether any element is true."),
    "all": Kind("logical_and.reduce", lambda d: "bool", _not_here, r"\bigwedge", "all",
                "Whether all elements are true."),
}  #: a layer has further rows


class Reduction(Op):
    """One of `KINDS` over `axis` (None: all; a sorted tuple), with or without `keepdims`."""

    sizes_follow = makes_arrays = True
    prompt = 1
    zero_sign = "kept"
    __props__ = ("kind", "axis", "keepdims")

    def __init__(self, kind: str, axis: tuple[int, ...] | None = None,
                 keepdims: bool = False) -> None:
        self.kind, self.axis, self.keepdims = kind, axis, keepdims
        self.name, self.doc, self.rule = kind, KINDS[kind].doc, kind
        self.folds, self.result_sign = KINDS[kind].folds, KINDS[kind].result_sign
        self.kinks = "equal parts to equals" if self.chooses else ""

    @property
    def chooses(self) -> bool:
        """Whether some elements count, and others do not."""
        return self.kind in ("max", "min")

    def axes(self, x: Variable) -> tuple[int, ...]:
        """The axes it reduces in x, all of them where the axis is None."""
        return tuple(range(x.ndim)) if self.axis is None else self.axis

    def make_node(self, x: Any) -> Apply:
        axes = self.axes(x)
        pattern = [one or i in axes for i, one in enumerate(x.broadcastable)
                   if self.keepdims or i not in axes]
        return apply(self, [x], TensorType(KINDS[self.kind].dtype(x.dtype), pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        kept = ", keepdims=True" if self.keepdims else ""
        x, out = node.inputs[0], node.outputs[0]
        if KINDS[self.kind].numpy == self.kind:  # a position: no ufunc's
            axis = "" if self.axis is None else f", axis={self.axis[0]}"
            return f"{self.kind}({names[0]}{axis}{kept})"
        every = self.axis is None or len(self.axis) == x.ndim
        single = len(self.axis or ()) == 1 and self.axis
        axis = "None" if every else repr(single[0] if single else self.axis)
        adds = self.kind in ("sum", "prod")
        wide = "float32" if adds and out.dtype == "float16" else out.dtype
        dtype = f", dtype={wide!r}" if adds and x.dtype != wide else ""
        narrowed = f".astype({out.dtype!r})" if adds and wide != out.dtype else ""
        return f"{KINDS[self.kind].numpy}({names[0]}, axis={axis}{dtype}{kept}){narrowed}"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        if inputs[0].dtype in DISCRETE:
            return [None]
        return [KINDS[self.kind].grad(inputs[0], outputs[0], cotangents[0], self)]

    def needed(self, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
        x = node.inputs[0]
        spread = None if mask is None else spread_back(mask, x, self)
        if not self.chooses:
            return [spread]
        ties = eq(spread_back(node.outputs[0], x, self), x)
        return [ties if spread is None else and_(ties, spread)]

    def notation(self, node: Apply) -> Notation:
        axes = "" if self.axis is None else repr(
            self.axis[0] if len(self.axis) == 1 else self.axis)
        words = ["{0}", *[f"axis={axes}"] * bool(axes), *["keepdims=True"] * self.keepdims]
        kept = " kept" * self.keepdims
        under = rf"_{{{{\text{{{{axis {axes or 'all'}{kept}}}}}}}}}" if axes or kept else ""
        text, sign = f"{self.kind}({', '.join(words)})", KINDS[self.kind].latex
        if self.kind in ("sum", "prod"):
            return Notation(text, rf"{sign}{under} {{0}}", 8, (7,), 7)
        return Notation(text, rf"{sign}{under}\left({{0}}\right)", 10, (0,))

    def label(self, node: Apply) -> str:
        axis = "" if self.axis is None else f" axis {', '.join(map(str, self.axis))}"
        return KINDS[self.kind].label + axis


def reduce(kind: str, x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None,
           acc_dtype: Any = None) -> Variable:
    """The reduction `kind` of x as an expression."""
    x = as_tensor_variable(x)
    if acc_dtype is not None:
        return cast(reduce(kind, _accumulated(x, checked_dtype(acc_dtype)), axis, keepdims),
                    KINDS[kind].dtype(x.dtype) if dtype is None else dtype)
    if dtype is not None:
        return _with_dtype(kind, x, axis, keepdims, checked_dtype(dtype))
    if kind in ("max", "min") and x.dtype.startswith("complex"):
        raise DTypeError(f"{quoted(x)} is complex: its elements have no order.",
                         where=(("written at", caller()),), fix="Use abs(x).")
    axes = axes_of(axis, x.ndim, kind)
    nothing = axes == () or (x.ndim == 0 and axes is None)
    if nothing and x.dtype == KINDS[kind].dtype(x.dtype):
        return x
    return Reduction(kind, axes, bool(keepdims))(x)


def _accumulated(x: Variable, dtype: str) -> Variable:
    """x in the dtype that it is added up in, which must hold all that x does."""
    if promote(x.dtype, dtype) != dtype and not (x.dtype in DISCRETE and dtype not in DISCRETE):
        raise DTypeError(f"{quoted(x)} is {x.dtype}, and acc_dtype={dtype!r} would lose "
                         "something of it.",
                         where=(("written at", caller()),), fix="Leave acc_dtype out.")
    return cast(x, dtype)


def _with_dtype(kind: str, x: Variable, axis: Any, keepdims: bool, dtype: str) -> Variable:
    """A sum or product in a dtype; what it adds is not cast before where that would lose."""
    if np.dtype(dtype).kind in "fc" and x.dtype not in DISCRETE:
        x = cast(x, promote(x.dtype, dtype))
    return cast(reduce(kind, x, axis, keepdims), dtype)


@public
def sum(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False,
        acc_dtype: Any = None, no_zeros_in_input: bool = False) -> Variable:
    """The sum over an axis, several, or all (`axis` None); with `keepdims` the reduced dimensions
    stay, with size 1.

    >>> import tutor.core as T
    >>> T.sum(T.dmatrix("m"), axis=0).ndim
    1
    """
    return reduce("sum", input, axis, keepdims, dtype, acc_dtype)


@public
def max(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The largest element along an axis, several, or all."""
    return reduce("max", x, axis, keepdims)


@public
def min(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The smallest element along an axis, several, or all."""
    return reduce("min", x, axis, keepdims)


@public
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Whether any element is true, along an axis, several, or all."""
    return reduce("any", x, axis, keepdims)


@public
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Whether all elements are true, along an axis, several, or all."""
    return reduce("all", x, axis, keepdims)


@public
def size(x: Any) -> Variable:
    """How many elements x has."""
    x = as_tensor_variable(x)
    if x.ndim == 0:
        return constant(1, dtype="int64")
    return reduce("prod", shape(x)) if x.ndim > 1 else shape(x)[0]


def size_along(x: Variable, axis: Any) -> Variable:
    """How many elements a reduction over this axis takes in, as an expression."""
    axes = axes_of(axis, x.ndim, "mean")
    if axes is None or len(axes) == x.ndim:
        return size(x)
    sizes = shape(x)
    if len(axes) == 1:
        return sizes[axes[0]]
    if not axes:
        return constant(1, dtype="int64")
    return reduce("prod", stack([sizes[i] for i in axes]))


def count_along(x: Variable, axis: Any, dtype: str) -> Variable:
    real = {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)
    return cast(size_along(x, axis), real)


def wide(x: Variable) -> Variable:
    """x, of float16 as float32: a few thousand of them add up to more than float16 holds."""
    return cast(x, "float32") if x.dtype == "float16" else x


def in_papers(name: str, x: Variable, axis: Any, keepdims: Any, **more: Any) -> Any:
    """How papers write a statistic: by its name."""
    axes = axes_of(axis, x.ndim, name)
    where = [] if axes is None else [("axis", axes[0] if len(axes) == 1 else axes)]
    others = {"keepdims": keepdims, **more}.items()
    told = [(key, value) for key, value in others if isinstance(value, (int, str)) and value]
    return call(name, 1, where + told), (x,)


@public
def mean(input: Any, axis: Any = None, dtype: Any = None, op: bool = False,
         keepdims: bool = False, acc_dtype: Any = None) -> Variable:
    """The mean over an axis, several, or all; of integers a float64. That of float16 is computed in
    float32.

    >>> mean([1, 2]).eval()
    array(1.5)
    """
    x = as_tensor_variable(input)
    paper = in_papers("mean", x, axis, keepdims, dtype=dtype, acc_dtype=acc_dtype)
    if dtype is not None and checked_dtype(dtype) in DISCRETE:
        return said(sum(x, axis, dtype, keepdims) / count_along(x, axis, "float64"), "mean", paper)
    wanted = checked_dtype(dtype, x.dtype)
    wanted = "float64" if wanted in DISCRETE else wanted
    x = wide(cast(x, wanted) if wanted != "float16" else x)
    total = sum(x, axis, keepdims=keepdims, acc_dtype=acc_dtype)
    return said(cast(total / count_along(x, axis, x.dtype), wanted), "mean", paper)


for _kind, _reference in (("sum", np.sum), ("max", np.max), ("min", np.min), ("any", np.any),
                          ("all", np.all), ("prod", np.prod)):
    for _axis in (None, 0, -1, (0, 2)):
        for _kept in (False, True):
            example(_kind, lambda x, k=_kind, a=_axis, d=_kept: reduce(k, x, a, d),
                    lambda x, r=_reference, a=_axis, d=_kept: r(x, axis=a, keepdims=d),
                    (2, 3, 4), differentiable=_kind not in ("any", "all"))
example("size", size, np.size, (2, 3), differentiable=False)
