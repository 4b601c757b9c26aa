"""Sums and products up to each place along an axis.

>>> cumprod([1, 2, 3]).eval()
array([1, 2, 6])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.graph import Apply, Notation, Op, Variable, apply, as_tensor_variable, call
from tutor.operators import public
from tutor.ops.arguments import chosen, one_axis
from tutor.ops.complexes import conj
from tutor.ops.creation import full_like
from tutor.ops.elementwise import DISCRETE
from tutor.ops.joining import concatenate
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle, fitted, flatten, patternbroadcast, reshape
from tutor.ops.sizes import shape
from tutor.types import TensorType, promote


class Cumulative(Op):
    """Sums or products of the elements up to each place along an axis."""

    zero_sign = "kept"
    __props__ = ("kind", "axis")

    def __init__(self, kind: str, axis: int) -> None:
        self.kind, self.axis, self.name = chosen(kind, ("sum", "prod"), "kind"), axis, f"cum{kind}"
        self.doc = f"The {'sum' if kind == 'sum' else 'product'} of the elements up to each place."

    def make_node(self, x: Variable) -> Apply:
        dtype = "int64" if x.dtype == "bool" else x.dtype
        return apply(self, [x], TensorType(dtype, x.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"{self.name}({names[0]}, axis={self.axis}, dtype={node.outputs[0].dtype!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x, g = inputs[0], cotangents[0]
        if x.dtype in DISCRETE:
            return [None]
        if self.kind == "sum":
            backwards = (slice(None),) * self.axis + (slice(None, None, -1),)
            return [Cumulative("sum", self.axis)(g[backwards])[backwards]]
        before = shifted(outputs[0], self.axis, 1)
        return [conj(before) * Recurrence(self.axis, True)(g, conj(x))]

    @property
    def moves(self) -> bool:  # type: ignore[override]
        """Sums hand on what arrives."""
        return self.kind == "sum"

    def notation(self, node: Apply) -> Notation:
        return call(self.name, 1, [("axis", self.axis)])


class Recurrence(Op):
    """s with s[i] = g[i] + x[i] s[i-1] along an axis; or `backwards`, s[i] = g[i] + x[i+1] s[i+1].

    Both are each other's gradient, and that of a cumulative product: right to any order, zeros or
    not, since nothing is divided.
    """

    __props__ = ("axis", "backwards")
    name, doc = "recurrence", "s with s[i] = g[i] + x[i] s[i-1] along an axis."

    def __init__(self, axis: int, backwards: bool = False) -> None:
        self.axis, self.backwards = axis, backwards

    def make_node(self, g: Variable, x: Variable) -> Apply:
        return apply(self, [g, x], TensorType(promote(g.dtype, x.dtype), x.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"recurrence({', '.join(names)}, {self.axis}, {self.backwards})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        (g, x), s = inputs, outputs[0]
        back = Recurrence(self.axis, not self.backwards)(cotangents[0], conj(x))
        if self.backwards:
            return fitted((back, g), (shifted(back, self.axis) * conj(s), x))
        return fitted((back, g), (back * conj(shifted(s, self.axis)), x))


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
    others = patternbroadcast(others, turned.broadcastable)
    return dimshuffle(others, [order.index(i) for i in range(x.ndim)])


def _cumulative(kind: str, x: Any, axis: Any) -> Variable:
    x = as_tensor_variable(x)
    if axis is None or x.ndim == 0:
        x, axis = flatten(x), 0
    return Cumulative(kind, one_axis(axis, x.ndim, f"cum{kind}"))(x)


@public
def cumsum(x: Any, axis: int | None = None) -> Variable:
    """The sum of the elements up to each place along an axis (of the flattened x, if None).

    >>> cumsum([1, 2, 3]).eval()
    array([1, 3, 6])
    """
    return _cumulative("sum", x, axis)


@public
def cumprod(x: Any, axis: int | None = None) -> Variable:
    """The product of the elements up to each place along an axis (of the flattened x, if None).

    >>> cumprod([1, 2, 3]).eval()
    array([1, 2, 6])
    """
    return _cumulative("prod", x, axis)


def _recurred(g: Any, x: Any, backwards: bool) -> Any:
    """The definition, one column after the other."""
    s = np.array(g, np.result_type(g, x))
    for i in range(s.shape[1] - 2, -1, -1) if backwards else range(1, s.shape[1]):
        s[:, i] += x[:, i + 1] * s[:, i + 1] if backwards else x[:, i] * s[:, i - 1]
    return s


for _axis in (None, 0, 1):
    example("cumsum", lambda x, a=_axis: cumsum(x, a), lambda x, a=_axis: np.cumsum(x, a), (2, 3))
    example("cumprod", lambda x, a=_axis: cumprod(x, a), lambda x, a=_axis: np.cumprod(x, a),
            (2, 3))
for _back in (False, True):
    example("recurrence", lambda g, x, b=_back: Recurrence(1, b)(g, x),
            lambda g, x, b=_back: _recurred(g, x, b), (2, 5), (2, 5))
for _zeros in ([2.0, 0.0, 3.0, 4.0], [0.0, 2.0, 0.0, 3.0]):
    example("cumprod", cumprod, np.cumprod, _zeros)
