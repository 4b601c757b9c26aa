"""Ops that keep digits where the plain formulas lose them; rewriting puts them in.

Comes after the reductions. `same_shape` is here too: it keeps the comparison of shapes that an
operation made, where the operation itself is no longer needed.

>>> print(log1mexp(-1e-20).eval())
-46.051701859880914
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arguments import axes_of
from tutor.core.arrays import Reduction, spread_back
from tutor.core.elementwise import eq, exp
from tutor.core.graph import Apply, Variable, as_tensor_variable
from tutor.core.op import Notation, call, public
from tutor.core.row import VIEW, Elementwise, Row
from tutor.core.types import TensorType, float_of
from tutor.ops.examples import example, like
from tutor.ops.functions import of_something
from tutor.ops.kernels import SHARED, alike, is_middling, largest
from tutor.ops.sums import shared_by, sum
from tutor.threads import shared_out

__all__ = ["logsumexp"]


def _log1mexp(x: Any) -> Any:
    """log(1 - exp(x)): by expm1 where exp(x) is near 1, by log1p where it is small."""
    near = np.greater(x, -0.6931471805599453)
    return np.where(near, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))[()]


log1mexp = Elementwise(
    "log1mexp", "log1mexp({0})", accepts="f", domain=(-3.0, -0.1),
    latex=r"\log\left(1 - e^{{{0}}}\right)", grad=lambda x, y, g: -g * exp(x - y),
    reference=lambda x: np.log1p(-np.exp(x)), poles=True, zero_sign="lost",
    kernels={"log1mexp": _log1mexp},
    doc="log(1 - exp(x)) for negative x, precise near 0 and far from it.")


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
    top = np.maximum.reduce(y, axis, keepdims=True, initial=-np.inf)
    if is_middling(y, top):
        return np.log(np.add.reduce(np.exp(y, out=work), axis, keepdims=True))
    top = np.where(np.isfinite(top), top, np.zeros_like(top))
    np.exp(np.subtract(y, top, out=work), out=work)
    return np.log(np.add.reduce(work, axis, keepdims=True)) + top


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


@public
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """log(sum(exp(x))) over an axis, several, or all, without overflow.

    >>> print(logsumexp([1000.0, 1000.0]).eval())
    1000.6931471805599
    """
    x = as_tensor_variable(x)
    return LogSumExp(axes_of(axis, x.ndim, "logsumexp"), keepdims)(x)


def softmax_parts(x: Any, axis: int, dtype: str, scale: Any = None) -> Any:
    """softmax(x), the largest element taken off first, and the logarithm of the sum of the rest;
    the softmax times `scale`, if there is one. The rows of a large matrix are shared out over
    threads."""
    if x.size < SHARED or x.ndim != 2 or axis != 1:
        return softmax_of_rows(x, axis, scale, np.empty(x.shape, dtype))
    y = np.empty(x.shape, dtype)
    top, total = (np.empty((len(x), 1), dtype) for _ in range(2))

    def some(rows: Sequence[Any]) -> None:
        for i in rows:
            own = scale if scale is None or len(scale) == 1 else scale[i]
            _, top[i], total[i] = softmax_of_rows(x[i], axis, own, y[i])

    step = max(1, SHARED // x.shape[1])
    shared_out(some, [slice(i, i + step) for i in range(0, len(x), step)])
    return y, top, total


def softmax_of_rows(x: Any, axis: int, scale: Any, out: Any) -> tuple[Any, Any, Any]:
    """`softmax_parts` into an array that is there. Of a large array nothing is taken off where the
    exponentials are of a middling size without that: it would be one more pass."""
    top = largest(x, axis)
    as_it_is = is_middling(x, top)
    np.exp(x if as_it_is else np.subtract(x, top, out=out), out=out)
    total = np.add.reduce(out, axis=axis, keepdims=True)
    if scale is None:
        np.divide(out, total, out=out)
    else:
        np.multiply(out, np.divide(scale, total), out=out)
    if as_it_is:
        np.multiply(total, np.exp(-top), out=total)
    return out, top, np.log(total, out=total)


class SoftmaxParts(Row):
    """The softmax, and the two numbers a row that its logarithm needs.

    These are the largest x, and log of the sum of the exponentials without it: log(softmax(x)) is
    (x - largest) - log of the sum. With a `scale`, which does not vary along the axis, the softmax
    comes multiplied by it.
    """

    axis: int
    sizes_follow = makes_arrays = True
    zero_sign, calls, name = "kept", (softmax_parts,), "softmax_parts"

    def types(self, x: Variable, *scale: Variable) -> list[Any]:
        row = TensorType(x.dtype, [one or i == self.axis for i, one in enumerate(x.broadcastable)])
        return [x.type, row, row]

    def source(self, node: Apply, names: Sequence[str]) -> str:
        words = [names[0], str(self.axis), repr(node.outputs[0].dtype), *names[1:]]
        return f"softmax_parts({', '.join(words)})"

    def vjp(self, x: Variable, *rest: Variable) -> list[Any]:
        *scale, p, largest, _, gp, gm, gs = rest
        more = []
        if scale:
            p = self(x)[0]
            more = [sum(gp * p, axis=self.axis, keepdims=True)]
            gp = gp * scale[0]
        first = shared_by(eq(x, largest), gm - gs, (self.axis,))
        return [first + p * (gp + gs - sum(gp * p, axis=self.axis, keepdims=True)), *more]


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



def _enter_examples() -> None:
    def summed(x: Any, axis: Any, keepdims: bool) -> Any:
        return np.log(np.exp(x * 1.0).sum(axis=axis, keepdims=keepdims))

    def parts(x: Any) -> Any:
        e, top = np.exp(x), x.max(1, keepdims=True)
        return (e / e.sum(1, keepdims=True), top,
                np.log(np.exp(x - top).sum(1, keepdims=True)))

    for axis in (None, 1, (0, 2)):
        for kept in (False, True):
            like(logsumexp, summed, (2, 3, 2), axis=axis, keepdims=kept, kinds="biuf")
    for i in (0, 1, 2):
        example("softmax_parts", lambda x, i=i: SoftmaxParts(1)(x)[i], lambda x, i=i: parts(x)[i],
                (2, 3), kinds="f")
    example("softmax_parts scaled", lambda x, s: SoftmaxParts(1)(x, s.dimshuffle(0, "x"))[0],
            lambda x, s: parts(x)[0] * s[:, None], (2, 3), (2,), kinds="f")
    example("same_shape", SameShape(), lambda x, y: x, (2, 3), (3,), differentiable=False)


_enter_examples()
