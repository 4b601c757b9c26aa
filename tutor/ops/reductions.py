"""Reductions: sum, product, extrema and their positions, any, all.

Comes after the elementwise ops. `Reduction` is one op with an axis and `keepdims`; a row in the
table below says what NumPy calls it, which dtype it accumulates in, and its gradient.

>>> import tutor.tensor as T
>>> T.sum(T.dmatrix("m"), axis=0).type
TensorType(float64, vector)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.errors import DTypeError, caller
from tutor.graph import Apply, Notation, Op, Variable, apply, as_tensor_variable
from tutor.operators import public, quoted
from tutor.ops.arguments import axes_of
from tutor.ops.arithmetic import cast, fill
from tutor.ops.complexes import conj
from tutor.ops.cumulative import product_of_others
from tutor.ops.elementwise import DISCRETE, switch
from tutor.ops.logic import and_, eq
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle, flatten
from tutor.types import TensorType, checked_dtype, promote


class Kind(NamedTuple):
    """What one reduction is: NumPy's name, dtype rule, gradient, mathematics, documentation."""

    numpy: str
    dtype: Callable[[str], str]
    grad: Callable[..., Variable | None]
    latex: str
    label: str
    doc: str


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


def _prod_grad(x: Variable, y: Variable, g: Variable, op: Reduction) -> Variable:
    """The product of the others: of those before and of those behind, also where some are 0."""
    result: Variable = spread_back(g, x, op) * conj(product_of_others(x, op.axes(x)))
    return result


def _extremum_grad(x: Variable, y: Variable, g: Variable, op: Reduction) -> Variable:
    """The cotangent goes to the extreme elements, in equal parts where several are equal."""
    return shared_by(eq(spread_back(y, x, op), x), spread_back(g, x, op), op.axes(x))


def shared_by(ties: Variable, g: Variable, axes: tuple[int, ...]) -> Variable:
    """g in equal parts to the elements that are tied along the axes, and 0 to the others."""
    count = Reduction("sum", axes, True)(ties)
    result: Variable = switch(ties, g / cast(count, g.dtype), 0)
    return result


def _none(x: Variable, y: Variable, g: Variable, op: Reduction) -> Variable | None:
    return None


KINDS = {
    "sum": Kind("add.reduce", accumulator, _sum_grad, r"\sum", "Σ",
                "The sum over an axis, several, or all."),
    "prod": Kind("multiply.reduce", accumulator, _prod_grad, r"\prod", "Π",
                 "The product over an axis, several, or all."),
    "max": Kind("maximum.reduce", str, _extremum_grad, r"\max", "max",
                "The largest element along an axis, several, or all."),
    "min": Kind("minimum.reduce", str, _extremum_grad, r"\min", "min",
                "The smallest element along an axis, several, or all."),
    "any": Kind("logical_or.reduce", lambda d: "bool", _none, r"\bigvee", "any",
                "Whether any element is true."),
    "all": Kind("logical_and.reduce", lambda d: "bool", _none, r"\bigwedge", "all",
                "Whether all elements are true."),
    "argmax": Kind("argmax", lambda d: "int64", _none, r"\operatorname{{argmax}}", "argmax",
                   "The position of the largest element (the first of equals)."),
    "argmin": Kind("argmin", lambda d: "int64", _none, r"\operatorname{{argmin}}", "argmin",
                   "The position of the smallest element (the first of equals)."),
}
POSITIONS, ORDERED = ("argmax", "argmin"), ("max", "min", "argmax", "argmin")


class Reduction(Op):
    """One of `KINDS` over `axis` (None: all; a sorted tuple), with or without `keepdims`."""

    sizes_follow = makes_arrays = True
    prompt = 1
    zero_sign = "kept"
    __props__ = ("kind", "axis", "keepdims")

    def __init__(self, kind: str, axis: tuple[int, ...] | None = None,
                 keepdims: bool = False) -> None:
        self.kind, self.axis, self.keepdims = kind, axis, keepdims
        self.name, self.doc = kind, KINDS[kind].doc
        self.carries = kind == "sum"
        self.folds = {"sum": "add", "max": "maximum", "min": "minimum"}.get(kind, "")
        self.result_sign = {"sum": "kept or 0", "max": "kept"}.get(kind, "")
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
        if self.kind in POSITIONS:
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
    if kind in ORDERED and x.dtype.startswith("complex"):
        raise DTypeError(f"{quoted(x)} is complex: its elements have no order.",
                         where=(("written at", caller()),), fix="Use abs(x).")
    axes = axes_of(axis, x.ndim, kind)
    nothing = axes == () or (x.ndim == 0 and axes is None)
    if nothing and kind not in POSITIONS and x.dtype == KINDS[kind].dtype(x.dtype):
        return x
    if kind in POSITIONS and axes is not None and len(axes) != 1:
        return _position(kind, x, axes, keepdims)
    result: Variable = Reduction(kind, axes, bool(keepdims))(x)
    return result


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


def _position(kind: str, x: Variable, axes: tuple[int, ...], keepdims: bool) -> Variable:
    """The position of an extreme element over several axes, counted as if they were one."""
    if len(axes) == x.ndim:
        return reduce(kind, x, None, keepdims)
    rest = [i for i in range(x.ndim) if i not in axes]
    front = dimshuffle(x, [*rest, *axes])
    flat = flatten(front, len(rest) + 1)
    found: Variable = Reduction(kind, (len(rest),))(flat)
    if not keepdims:
        return found
    places = iter(range(len(rest)))
    kept: Variable = dimshuffle(
        found, ["x" if i in axes else next(places) for i in range(x.ndim)])
    return kept


def _documented(function: Callable[..., Variable], kind: str) -> Callable[..., Variable]:
    function.__name__ = function.__qualname__ = kind
    function.__doc__ = (
        f"{KINDS[kind].doc}\n\n    `axis` is None for all, a number"
        f", or a tuple of them; with `keepdims` the reduced "
        f"dimensions stay,\n    with size 1.\n\n    >>> import tutor.tensor as T\n"
        f"    >>> T.{kind}(T.dmatrix(), axis=0).ndim\n    1\n    ")
    return public(function)


def _adding(kind: str) -> Callable[..., Variable]:
    def function(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False,
                 acc_dtype: Any = None, no_zeros_in_input: bool = False) -> Variable:
        return reduce(kind, input, axis, keepdims, dtype, acc_dtype)
    return _documented(function, kind)


def _choosing(kind: str) -> Callable[..., Variable]:
    def function(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
        return reduce(kind, x, axis, keepdims)
    return _documented(function, kind)


sum, prod = _adding("sum"), _adding("prod")
max, min, any, all = _choosing("max"), _choosing("min"), _choosing("any"), _choosing("all")
argmax, argmin = _choosing("argmax"), _choosing("argmin")


@public
def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Variable]:
    """The largest element along an axis, and its position."""
    return [max(a, axis, keepdims), argmax(a, axis, keepdims)]


def _enter_examples() -> None:
    for kind in KINDS:
        reference = {"max": np.max, "min": np.min}.get(kind) or getattr(np, kind)
        for axis in (None, 0, -1) if kind in POSITIONS else (None, 0, -1, (0, 2)):
            for kept in (False, True):
                example(kind, lambda x, k=kind, a=axis, d=kept: reduce(k, x, a, d),
                        lambda x, r=reference, a=axis, d=kept: r(x, axis=a, keepdims=d),
                        (2, 3, 4), differentiable=kind in ("sum", "prod", "max", "min"))
    example("prod", prod, np.prod, [0.0, 2.0, 3.0])
    example("prod", lambda x: prod(x, axis=1), lambda x: np.prod(x, axis=1),
            [[0.0, 2.0], [3.0, 0.5], [0.0, 0.0]])
    example("max_and_argmax", lambda x: max_and_argmax(x, axis=0)[1],
            lambda x: np.argmax(x, axis=0), (2, 3), differentiable=False)


_enter_examples()
