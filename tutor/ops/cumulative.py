"""Sums and products up to each place along an axis.

>>> cumprod([1, 2, 3]).eval()
array([1, 2, 6])
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from tutor.core.arguments import one_axis
from tutor.core.arrays import dimshuffle, full_like, shape
from tutor.core.elementwise import conj
from tutor.core.graph import Apply, Variable, as_tensor_variable
from tutor.core.op import Notation, call, public
from tutor.core.row import Row, rebroadcast
from tutor.core.types import TensorType, promote
from tutor.ops.examples import example, like
from tutor.ops.joining import concatenate
from tutor.ops.shape import flatten, reshape

__all__ = ["cumprod", "cumsum"]


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
        return TensorType("int64" if x.dtype == "bool" else x.dtype, x.broadcastable)

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        if self.kind == "sum":
            backwards = (slice(None),) * self.axis + (slice(None, None, -1),)
            return self(g[backwards])[backwards]
        return conj(shifted(y, self.axis, 1)) * Recurrence(self.axis, True)(g, conj(x))

    @property
    def moves(self) -> bool:  # type: ignore[override]
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
    order = [*rest, *axes]
    turned = dimshuffle(x, order)
    sizes = shape(turned)
    flat = reshape(turned, [*[sizes[i] for i in range(len(rest))], -1])
    n, back = len(rest), (slice(None),) * len(rest) + (slice(None, None, -1),)
    before, behind = (shifted(cumprod(v, n), n, 1) for v in (flat, flat[back]))
    others = reshape(before * behind[back], sizes, ndim=x.ndim)
    others = rebroadcast(others, turned.broadcastable)
    return dimshuffle(others, [order.index(i) for i in range(x.ndim)])


def _cumulative(kind: str, x: Any, axis: Any) -> Variable:
    x = as_tensor_variable(x)
    if axis is None or x.ndim == 0:
        x, axis = flatten(x), 0
    return Cumulative(kind, one_axis(axis, x.ndim, f"cum{kind}"))(x)


@public
def cumsum(x: Any, axis: int | None = None) -> Variable:
    """The sum of the elements up to each place along an axis (of the flattened x, if None).

    Raises BadAxisError for an axis that x does not have.

    >>> cumsum([1, 2, 3]).eval()
    array([1, 3, 6])
    """
    return _cumulative("sum", x, axis)


@public
def cumprod(x: Any, axis: int | None = None) -> Variable:
    """The product of the elements up to each place along an axis (of the flattened x, if None).

    Raises BadAxisError for an axis that x does not have.

    >>> cumprod([1, 2, 3]).eval()
    array([1, 2, 6])
    """
    return _cumulative("prod", x, axis)


def _enter_examples() -> None:
    def recurred(g: Any, x: Any, backwards: bool) -> Any:
        """The definition, one column after the other."""
        s = np.array(g, np.result_type(g, x))
        for i in range(s.shape[1] - 2, -1, -1) if backwards else range(1, s.shape[1]):
            s[:, i] += x[:, i + 1] * s[:, i + 1] if backwards else x[:, i] * s[:, i - 1]
        return s

    for axis in (None, 0, 1):
        like(cumsum, np.cumsum, (2, 3), axis=axis)
        like(cumprod, np.cumprod, (2, 3), axis=axis)
    for back in (False, True):
        example("recurrence", Recurrence(1, back), lambda g, x, b=back: recurred(g, x, b), (2, 5),
                (2, 5))
    for zeros in ([2.0, 0.0, 3.0, 4.0], [0.0, 2.0, 0.0, 3.0]):
        like(cumprod, np.cumprod, zeros)


_enter_examples()
