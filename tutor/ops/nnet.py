"""The softmax and its logarithm, which take off the largest element first, and how they are
recognized where programs write them out.

Comes after the reductions; `losses.py` has activations and losses, which are made of other ops.

>>> import tutor.tensor as T
>>> T.nnet.softmax(T.dmatrix("x")).ndim
2
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from tutor.core.arguments import one_axis
from tutor.core.arrays import DimShuffle, Reduction, dimshuffle
from tutor.core.elementwise import exp
from tutor.core.errors import DTypeError
from tutor.core.graph import Apply, Variable, as_tensor_variable, quoted, written_at
from tutor.core.op import Notation, call, public
from tutor.core.row import Row
from tutor.core.types import TensorType, float_of
from tutor.ops.examples import example, like
from tutor.ops.kernels import SHARED, largest
from tutor.ops.known import is_same_graph
from tutor.ops.stable import softmax_parts
from tutor.ops.sums import any as any_of
from tutor.ops.sums import sum

__all__ = ["logsoftmax", "softmax"]


def _softmax(x: Any, axis: int, dtype: str) -> Any:
    """exp(x) / sum(exp(x)) along an axis; the largest element is taken off first."""
    if x.size >= SHARED and x.ndim == 2 and axis == 1 and x.dtype == dtype:
        return softmax_parts(x, axis, dtype)[0]
    y = np.subtract(x, largest(x, axis), dtype=dtype)
    np.exp(y, out=y)
    y /= np.add.reduce(y, axis, keepdims=True)
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
    return v.owner.inputs[0] if v.owner is not None and v.owner.op.name == "exp" else None


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
    if node.op.name != "true_div" or not stop.isdisjoint(node.inputs):
        return None
    e, total = node.inputs
    x, axis = exp_of(e), summed_axis(total, e)
    if x is None or axis is None or x.type is not node.outputs[0].type or e.broadcastable[axis]:
        return None
    with written_at(node.origin):
        result: Variable = Softmax(axis)(x)
    return result


@public
def softmax(c: Any, axis: int = -1) -> Variable:
    """exp(c) divided by its sum, row by row. A vector is taken for one row: the result is a matrix.

    So it is in Theano (`Softmax.make_node` in theano/tensor/nnet/nnet.py pads a vector at the
    left).

    Raises DTypeError for a scalar and for complex numbers.

    >>> softmax([0.0, 0.0]).eval()
    array([[0.5, 0.5]])
    """
    return _along(Softmax, c, axis)


@public
def logsoftmax(c: Any, axis: int = -1) -> Variable:
    """The logarithm of `softmax(c)`, without overflow and without log(0).

    Raises DTypeError for a scalar and for complex numbers.

    >>> logsoftmax([0.0, 800.0]).eval()
    array([[-800.,    0.]])
    """
    return _along(LogSoftmax, c, axis)


def _enter_examples() -> None:
    def soft(x: Any, axis: int = -1) -> Any:
        e = np.exp(x - x.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    like(softmax, soft, (2, 3))
    like(softmax, soft, (2, 3), axis=0)
    example("softmax", softmax, lambda x: soft(x)[None], (3,))
    example("logsoftmax", logsoftmax, lambda x: np.log(soft(x)), (2, 3))


_enter_examples()
