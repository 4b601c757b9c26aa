"""The softmax, its logarithm, which take off the largest element first.

Comes after the reductions. `softmax_written` sees the softmax where programs write it out.

>>> import tutor.tensor as T
>>> T.nnet.softmax(T.dmatrix("x")).ndim
2
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from tutor.core.arrays import DimShuffle, Reduction, dimshuffle, one_axis
from tutor.core.elementwise import eq, exp, true_div
from tutor.core.errors import DTypeError
from tutor.core.graph import Apply, Variable, as_tensor_variable, quoted, written_at
from tutor.core.op import Row
from tutor.core.types import TensorType, float_of
from tutor.notation import Notation, call
from tutor.ops.examples import each, like
from tutor.ops.known import is_same_graph
from tutor.ops.reductions import SHARED, is_middling
from tutor.ops.sums import along, shared_by, sum
from tutor.ops.sums import any as any_of
from tutor.threads import shared_out


def largest(x: Any, axis: int) -> Any:
    """The largest elements along an axis, for taking off; of none 0."""
    if not x.shape[axis]:
        return x.sum(axis=axis, keepdims=True, dtype=x.dtype)
    return along(np.maximum, x, axis, keepdims=True)


def softmax_parts(x: Any, axis: int, dtype: str, scale: Any = None) -> Any:
    """softmax(x), the largest element taken off first, and the logarithm of the sum of the rest;
    the softmax times `scale`, if there is one. The rows of a large matrix are shared out over
    threads."""
    if 1 < axis == x.ndim - 1 and scale is None and x.flags.c_contiguous and x.size:
        parts = softmax_parts(x.reshape(-1, x.shape[-1]), 1, dtype)
        return tuple(part.reshape(*x.shape[:-1], -1) for part in parts)
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
    total = along(np.add, out, axis, keepdims=True)
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


def _softmax(x: Any, axis: int, dtype: str) -> Any:
    """exp(x) / sum(exp(x)) along an axis; the largest element is taken off first."""
    if x.size >= SHARED and axis == x.ndim - 1 > 0 and x.dtype == dtype:
        return softmax_parts(x, axis, dtype)[0]
    y = np.subtract(x, largest(x, axis), dtype=dtype)
    np.exp(y, out=y)
    y /= along(np.add, y, axis, keepdims=True)
    return y


class Softmax(Row):
    """exp(x) / sum(exp(x)) along an axis: positive numbers that add up to 1."""

    axis: int = -1
    keeps_shape = sizes_follow = mixes = True
    result_sign, zero_sign, calls = "positive", "lost", (_softmax,)
    name, numpy = "softmax", "softmax({0}, {axis}, {dtype!r})"

    def operands(self, x: Any) -> list[Variable]:
        x = as_tensor_variable(x)
        if x.ndim == 0 or x.dtype.startswith("complex"):
            raise DTypeError(f"{self.name} is for vectors and matrices of real numbers, and "
                             f"{quoted(x)} is {x.type}.", fix="Pass a vector or a matrix.")
        return [dimshuffle(x, "x", 0) if x.ndim == 1 and self.axis else x]  # along 0 as it is

    def types(self, x: Variable) -> TensorType:
        return TensorType(float_of(x.dtype), x.broadcastable)

    def notation(self, node: Apply) -> Notation:
        last = self.axis in (-1, node.inputs[0].ndim - 1)
        return call(self.name, 1, [] if last else self.settings())

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return y * (g - sum(g * y, axis=self.axis, keepdims=True))

    def needed(self, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
        return [None if mask is None else any_of(mask, axis=self.axis, keepdims=True)]


def _logsoftmax(x: Any, axis: int, dtype: str) -> Any:
    """The logarithm of softmax, without taking the logarithm of a 0."""
    y = np.subtract(x, largest(x, axis), dtype=dtype)
    y -= np.log(np.exp(y).sum(axis=axis, keepdims=True))
    return y


class LogSoftmax(Softmax):
    """log(softmax(x)), exact also where the softmax is 0."""

    result_sign, calls = "", (_logsoftmax,)
    name, numpy = "logsoftmax", "logsoftmax({0}, {axis}, {dtype!r})"

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return g - exp(y) * sum(g, axis=self.axis, keepdims=True)


def _along(op: type[Softmax], x: Any, axis: Any) -> Variable:
    x = as_tensor_variable(x)
    x = dimshuffle(x, "x", 0) if x.ndim == 1 else x  # one row
    return op(one_axis(axis, max(x.ndim, 2), op.name))(x)


def exp_of(v: Variable) -> Variable | None:
    """The x of an exp(x)."""
    return v.owner.inputs[0] if v.owner is not None and v.owner.op is exp else None


def _same_exp(e: Variable, f: Variable) -> bool:
    """Whether both are one exponential, or were written alike."""
    if e is f:
        return True
    x, y = exp_of(e), exp_of(f)
    return x is not None and y is not None and is_same_graph(x, y)


def summed_axis(total: Variable, e: Variable) -> int | None:
    """The one axis over which `total` is the sum of e (or of the same exponential written again),
    standing beside e with size 1 there."""
    node = total.owner
    if node is None:
        return None
    if _sum_of_first(total, e):
        return 0
    order = node.op.order if isinstance(node.op, DimShuffle) else None
    inner = node if order is None else node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Reduction) or not _same_exp(inner.inputs[0], e):
        return None
    axes = inner.op.axes(e)
    if inner.op.kind != "sum" or len(axes) != 1 or inner.op.keepdims == (order is not None):
        return None
    if order is None:
        return axes[0]
    places = iter(range(e.ndim - 1))
    wanted = tuple("x" if i == axes[0] else next(places) for i in range(e.ndim))
    return axes[0] if order == wanted else None


def _sum_of_first(total: Variable, e: Variable) -> bool:
    """Whether it is the sum over the first axis, which leaves the others where they are."""
    node = total.owner
    return (node is not None and isinstance(node.op, Reduction) and node.op.kind == "sum"
            and _same_exp(node.inputs[0], e) and node.op.axes(e) == (0,) and not node.op.keepdims)


def softmax_written(node: Apply, stop: Set[Variable]) -> Variable | None:
    """The softmax that a quotient exp(x) / sum(exp(x)) is; None where it is none, or where one of
    its parts is in `stop`."""
    if node.op is not true_div or not stop.isdisjoint(node.inputs):
        return None
    e, total = node.inputs
    x, axis = exp_of(e), summed_axis(total, e)
    if x is None or axis is None or x.type is not node.outputs[0].type or e.broadcastable[axis]:
        return None
    with written_at(node.origin):
        result: Variable = Softmax(axis)(x)
    return result


def softmax(c: Any, axis: int = -1) -> Variable:
    """exp(c) divided by its sum, row by row. A vector is taken for one row: the result is a matrix.

    So it is in Theano (`Softmax.make_node` in theano/tensor/nnet/nnet.py pads a vector at the
    left). Raises DTypeError for a scalar and for complex numbers.

    >>> softmax([0.0, 0.0]).eval()
    array([[0.5, 0.5]])
    """
    return _along(Softmax, c, axis)


def logsoftmax(c: Any, axis: int = -1) -> Variable:
    """The logarithm of `softmax(c)`, without overflow and without log(0). Raises DTypeError for a
    scalar and for complex numbers.

    >>> logsoftmax([0.0, 800.0]).eval()
    array([[-800.,    0.]])
    """
    return _along(LogSoftmax, c, axis)


def _parts(x: Any, scale: Any = None) -> Any:
    e, top = np.exp(x), x.max(1, keepdims=True)
    p = e / e.sum(1, keepdims=True)
    return (p if scale is None else p * scale[:, None], top,
            np.log(np.exp(x - top).sum(1, keepdims=True)))


def _soft(x: Any, axis: int = -1) -> Any:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


like(SoftmaxParts(1), _parts, (2, 3), part=each(0, 1, 2), kinds="f")
like(lambda x, s: SoftmaxParts(1)(x, s.dimshuffle(0, "x")), _parts, (2, 3), (2,), part=0,
     name="softmax_parts scaled", kinds="f")
like(softmax, _soft, (2, 3), axis=each(-1, 0))
like(softmax, lambda x: _soft(x)[None], (3,))
like(logsoftmax, lambda x: np.log(_soft(x)), (2, 3))
