"""Cumulative sums and products; further reductions: products with their gradient, positions.

>>> import tutor.tensor as T
>>> cumprod([1, 2, 3]).eval(), T.argmax(T.dmatrix("m"), axis=0).type
(array([1, 2, 6]), TensorType(int64, vector))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tutor.checking import axes_of
from tutor.core.arrays import (
    KINDS,
    Kind,
    Reduction,
    accumulator,
    dimshuffle,
    full_like,
    one_axis,
    shape,
    spread_back,
)
from tutor.core.elementwise import conj, exp
from tutor.core.errors import DTypeError
from tutor.core.graph import Apply, Variable, as_tensor_variable, quoted
from tutor.core.op import Row, rebroadcast
from tutor.core.types import TensorType, float_of, promote
from tutor.notation import Notation, call
from tutor.ops.examples import each, like
from tutor.ops.functions import of_something
from tutor.ops.shape import flatten, joined_last, kept, reshape
from tutor.ops.stacks import concatenate
from tutor.ops.sums import along, reduce
from tutor.ops.sums import max as max_of
from tutor.threads import shared_out

__all__ = ["argmax", "argmin", "cumprod", "cumsum", "logsumexp", "max_and_argmax", "prod"]


SHARED = 65_536  # numbers that are worth waking a thread for
FEW, MIDDLING = 16_384, 20.0  # numbers that are worth a question; exponents that lose no digits


class Cumulative(Row):
    """The sum or the product of the elements up to each place along an axis."""

    kind: Literal["sum", "prod"]
    axis: int
    zero_sign = "kept"
    numpy = "cum{kind}({0}, axis={axis}, dtype={dtype!r})"

    def __init__(self, kind: Any, axis: int) -> None:
        super().__init__(kind, axis)
        self.name = f"cum{kind}"
        self.doc = f"The {'sum' if kind == 'sum' else 'product'} of the elements up to each place."

    def types(self, x: Variable) -> TensorType:
        return TensorType(accumulator(x.dtype), x.broadcastable)

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        if self.kind == "sum":
            backwards = (slice(None),) * self.axis + (slice(None, None, -1),)
            return self(g[backwards])[backwards]
        return conj(shifted(y, self.axis, 1)) * Recurrence(self.axis, True)(g, conj(x))

    @property
    def moves(self) -> bool:
        """Sums hand on what arrives."""
        return self.kind == "sum"

    def notation(self, node: Apply) -> Notation:
        return call(self.name, 1, [("axis", self.axis)])


def _recurrence(g: Any, x: Any, axis: int, backwards: bool) -> Any:
    """s with s[i] = g[i] + x[i] s[i-1]; or `backwards`, s[i] = g[i] + x[i+1] s[i+1]: in passes over
    all elements, each of which reaches twice as far back as the one before."""
    s, x = np.array(g, np.result_type(g, x)), np.array(x)
    s, x = (np.moveaxis(v, axis, 0) for v in np.broadcast_arrays(s, x))
    s, x = (s[::-1], np.concatenate([x[:1], x[:0:-1]])) if backwards else (s, x)
    s, x = s.copy(), x.copy()
    step = 1
    while step < len(s):
        s[step:] += x[step:] * s[:-step]
        x[step:] *= x[:-step]
        step *= 2
    return np.moveaxis(s[::-1] if backwards else s, 0, axis)


class Recurrence(Row):
    """s with s[i] = g[i] + x[i] s[i-1] along an axis.

    Or, `backwards`, s[i] = g[i] + x[i+1] s[i+1]. Both are each other's gradient, and that of a
    cumulative product: right to any order, zeros or not, since nothing is divided.
    """

    axis: int
    backwards: bool = False
    name, calls = "recurrence", (_recurrence,)
    numpy = "recurrence({all}, {axis}, {backwards})"

    def types(self, g: Variable, x: Variable) -> TensorType:
        return TensorType(promote(g.dtype, x.dtype), x.broadcastable)

    def vjp(self, g: Variable, x: Variable, s: Variable, h: Variable) -> Any:
        back = Recurrence(self.axis, not self.backwards)(h, conj(x))
        if self.backwards:
            return back, shifted(back, self.axis) * conj(s)
        return back, back * conj(shifted(s, self.axis))


def shifted(x: Variable, axis: int, first: int = 0) -> Variable:
    """x moved on by one place along an axis, with a number in the first."""
    front = (slice(None),) * axis
    start = x[(*front, slice(None, 1))]
    return concatenate([full_like(start, first), x[(*front, slice(None, -1))]], axis)


def product_of_others(x: Variable, axes: tuple[int, ...]) -> Variable:
    """For each element, the product of all others along the axes."""
    rest = [i for i in range(x.ndim) if i not in axes]
    n, order = len(rest), [*rest, *axes]
    flat, back = joined_last(x, axes), (slice(None),) * n + (slice(None, None, -1),)
    before, behind = (shifted(cumprod(v, n), n, 1) for v in (flat, flat[back]))
    turned = dimshuffle(x, order)
    others = reshape(before * behind[back], shape(turned), ndim=x.ndim)
    others = rebroadcast(others, turned.broadcastable)
    return dimshuffle(others, [order.index(i) for i in range(x.ndim)])


def _cumulative(kind: str, x: Any, axis: Any) -> Variable:
    x = as_tensor_variable(x)
    if axis is None or x.ndim == 0:
        x, axis = flatten(x), 0
    return Cumulative(kind, one_axis(axis, x.ndim, f"cum{kind}"))(x)


def cumsum(x: Any, axis: int | None = None) -> Variable:
    """The sum of the elements up to each place along an axis (of the flattened x, if None). Raises
    BadAxisError for an axis that x does not have.

    >>> cumsum([1, 2, 3]).eval()
    array([1, 3, 6])
    """
    return _cumulative("sum", x, axis)


def cumprod(x: Any, axis: int | None = None) -> Variable:
    """The product of the elements up to each place along an axis (of the flattened x, if None).
    Raises BadAxisError for an axis that x does not have.

    >>> cumprod([1, 2, 3]).eval()
    array([1, 2, 6])
    """
    return _cumulative("prod", x, axis)


def _prod_grad(x: Variable, y: Variable, g: Variable, op: Reduction) -> Variable:
    """The product of the others: of those before and of those behind, also where some are 0."""
    return spread_back(g, x, op) * conj(product_of_others(x, op.axes(x)))


KINDS["prod"] = KINDS["prod"]._replace(grad=_prod_grad)
for _name, _words in (("argmax", "largest"), ("argmin", "smallest")):
    KINDS[_name] = Kind(_name, lambda d: "int64", lambda x, y, g, op: None,
                        rf"\operatorname{{{{{_name}}}}}", _name,
                        f"The position of the {_words} element (the first of equals).")


def prod(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False,
         acc_dtype: Any = None, no_zeros_in_input: bool = False) -> Variable:
    """The product over an axis, several, or all (`axis` None); with `keepdims` the reduced
    dimensions stay, with size 1. Raises BadAxisError for an axis that is not there.

    >>> import tutor.tensor as T
    >>> T.prod(T.dmatrix("m"), axis=0).ndim
    1
    """
    return reduce("prod", input, axis, keepdims, dtype, acc_dtype)


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The position of the largest element (the first of equals), along an axis, several, or all.
    Raises BadAxisError for an axis that is not there, DTypeError for complex numbers.

    >>> argmax([1.0, 3.0, 2.0]).eval()
    array(1)
    """
    return _place("argmax", x, axis, keepdims)


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The position of the smallest element (the first of equals), along an axis, several, or all.
    Raises BadAxisError for an axis that is not there, DTypeError for complex numbers.

    >>> argmin([1.0, 3.0, 2.0]).eval()
    array(0)
    """
    return _place("argmin", x, axis, keepdims)


def _place(kind: str, x: Any, axis: Any, keepdims: bool) -> Variable:
    x = as_tensor_variable(x)
    if x.dtype.startswith("complex"):
        raise DTypeError(f"{quoted(x)} is complex: its elements have no order.", fix="Use abs(x).")
    axes = axes_of(axis, x.ndim, kind)
    if axes is not None and len(axes) != 1:
        return _position(kind, x, axes, keepdims)
    return Reduction(kind, axes, bool(keepdims))(x)


def _position(kind: str, x: Variable, axes: tuple[int, ...], keepdims: bool) -> Variable:
    """The position of an extreme element over several axes, counted as if they were one."""
    if len(axes) == x.ndim:
        return Reduction(kind, None, keepdims)(x)
    flat = joined_last(x, axes)
    found: Variable = Reduction(kind, (flat.ndim - 1,))(flat)
    return kept(found, axes, x.ndim) if keepdims else found


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Variable]:
    """The largest element along an axis, and its position. Raises what `max` raises: BadAxisError,
    DTypeError, ShapeError.

    >>> [v.eval() for v in max_and_argmax([3, 9, 5])]
    [array(9), array(1)]
    """
    return [max_of(a, axis, keepdims), argmax(a, axis, keepdims)]


def is_middling(x: Any, top: Any) -> bool:
    """Whether exp of a large array keeps its digits as it is; of a small one nobody asks."""
    return bool(x.size >= FEW and top.max() < MIDDLING and top.min() > -MIDDLING)


def _logsumexp(x: Any, axis: tuple[int, ...] | None, keepdims: bool, dtype: str) -> Any:
    """log(sum(exp(x))); an infinite largest element is left where it is. The rows of a large matrix
    are shared out over threads."""
    y = np.asarray(x, dtype=dtype)
    if y.size < SHARED or y.ndim != 2 or axis != (1,):
        total = _log_of_sums(y, axis, np.empty_like(y))
    else:
        total, step = np.empty((len(y), 1), dtype), max(1, SHARED // y.shape[1])

        def some(rows: Sequence[Any]) -> None:
            work = np.empty((step, y.shape[1]), dtype)
            for i in rows:
                total[i] = _log_of_sums(y[i], axis, work[: len(y[i])])

        shared_out(some, [slice(i, i + step) for i in range(0, len(y), step)])
    return total if keepdims else total.squeeze(axis)[()]


def _log_of_sums(y: Any, axis: tuple[int, ...] | None, work: Any) -> Any:
    """`logsumexp` with the dimensions kept, over an array for the exponentials."""
    top = along(np.maximum, y, axis, keepdims=True) if y.size else np.maximum.reduce(
        y, axis, keepdims=True, initial=-np.inf)
    if is_middling(y, top):
        return np.log(along(np.add, np.exp(y, out=work), axis, keepdims=True))
    top = np.where(np.isfinite(top), top, np.zeros_like(top))
    np.exp(np.subtract(y, top, out=work), out=work)
    return np.log(along(np.add, work, axis, keepdims=True)) + top


class LogSumExp(Row):
    """log(sum(exp(x))) over an axis, several, or all, without overflow.

    The largest is taken out before exp.
    """

    axis: tuple[int, ...] | None = None
    keepdims: bool = False
    zero_sign, calls = "lost", (_logsumexp,)
    name, numpy = "logsumexp", "logsumexp({0}, {axis}, {keepdims}, {dtype!r})"

    @property
    def sums(self) -> Reduction:
        """The sum over the same axes."""
        return Reduction("sum", self.axis, self.keepdims)

    def types(self, x: Variable) -> TensorType:
        return TensorType(float_of(x.dtype), self.sums(x).broadcastable)

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        share = exp(x - spread_back(of_something(y), x, self.sums))
        return share * spread_back(g, x, self.sums)

    def needed(self, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
        return [None if mask is None else spread_back(mask, node.inputs[0], self.sums)]

    def notation(self, node: Apply) -> Notation:
        axes = self.axis[0] if self.axis and len(self.axis) == 1 else self.axis
        told = [("axis", axes)] * (axes is not None) + [("keepdims", True)] * self.keepdims
        return call("logsumexp", 1, told)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """log(sum(exp(x))) over an axis, several, or all, without overflow.

    >>> print(logsumexp([1000.0, 1000.0]).eval())
    1000.6931471805599
    """
    x = as_tensor_variable(x)
    return LogSumExp(axes_of(axis, x.ndim, "logsumexp"), keepdims)(x)


def _summed(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.log(np.exp(x * 1.0).sum(axis=axis, keepdims=keepdims))


def _recurred(g: Any, x: Any, axis: int, backwards: bool) -> Any:
    """The definition, one column after the other."""
    s = np.array(g, np.result_type(g, x))
    for i in range(s.shape[1] - 2, -1, -1) if backwards else range(1, s.shape[1]):
        s[:, i] += x[:, i + 1] * s[:, i + 1] if backwards else x[:, i] * s[:, i - 1]
    return s


for _cumulative_op in (cumsum, cumprod):
    like(_cumulative_op, (2, 3), axis=each(None, 0, 1))
like(cumprod, each(([2.0, 0.0, 3.0, 4.0],), ([0.0, 2.0, 0.0, 3.0],)))
like(lambda g, x, axis, backwards: Recurrence(axis, backwards)(g, x), _recurred, (2, 5), (2, 5),
     axis=1, backwards=each(False, True), name="recurrence")
for _place_of in (argmax, argmin):
    like(_place_of, (2, 3, 4), axis=each(None, 0, -1), keepdims=each(False, True),
         differentiable=False)
like(prod, [0.0, 2.0, 3.0])
like(prod, [[0.0, 2.0], [3.0, 0.5], [0.0, 0.0]], axis=1)
like(max_and_argmax, lambda x, axis: [np.max(x, axis), np.argmax(x, axis)], (2, 3), axis=0, part=1,
     differentiable=False)
like(logsumexp, _summed, (2, 3, 2), axis=each(None, 1, (0, 2)), keepdims=each(False, True),
     kinds="biuf")
