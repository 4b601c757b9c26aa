"""What neural networks are built from: softmax and its logarithm, rectifiers, the cross-entropies.

Comes after the special functions, where sigmoid, softplus and relu are. `softmax` and `logsoftmax`
are ops, since they take off the largest element first; the rest is written with other ops.

>>> import tutor.tensor as T
>>> T.nnet.softmax(T.dmatrix("x")).ndim
2
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from tutor.errors import DTypeError
from tutor.graph import Apply, Notation, Op, Variable, apply, as_tensor_variable, call, written_at
from tutor.graph.walk import is_same_graph
from tutor.operators import public, quoted
from tutor.ops.arguments import one_axis
from tutor.ops.arithmetic import cast
from tutor.ops.elementwise import switch, unbroadcast
from tutor.ops.functions import exp, expm1
from tutor.ops.logic import clip, minimum
from tutor.ops.reductions import Reduction, sum
from tutor.ops.reductions import any as any_of
from tutor.ops.registry import example
from tutor.ops.shape import DimShuffle, dimshuffle
from tutor.ops.special import relu as rectified
from tutor.types import TensorType, float_of


class Softmax(Op):
    """exp(x) divided by its sum along an axis: positive numbers that add up to 1."""

    keeps_shape = sizes_follow = True
    result_sign = "positive"
    zero_sign = "lost"
    mixes = True
    __props__ = ("axis",)
    name, doc = "softmax", "exp(x) / sum(exp(x)) along an axis: positive numbers that add up to 1."

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if x.ndim == 0 or x.dtype.startswith("complex"):
            raise DTypeError(f"{self.name} is for vectors and matrices of real numbers, and "
                             f"{quoted(x)} is {x.type}.", fix="Pass a vector or a matrix.")
        x = dimshuffle(x, "x", 0) if x.ndim == 1 and self.axis else x  # along 0 it stays a vector
        return apply(self, [x], TensorType(float_of(x.dtype), x.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"{self.name}({names[0]}, {self.axis}, {node.outputs[0].dtype!r})"

    def notation(self, node: Apply) -> Notation:
        last = self.axis in (-1, node.inputs[0].ndim - 1)
        return call(self.name, 1, [] if last else self.settings())

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        y, g = outputs[0], cotangents[0]
        gx = y * (g - sum(g * y, axis=self.axis, keepdims=True))
        return [unbroadcast(gx, inputs[0])]

    def needed(self, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
        return [None if mask is None else any_of(mask, axis=self.axis, keepdims=True)]


class LogSoftmax(Softmax):
    """The logarithm of the softmax, which never sees a 0."""

    result_sign = ""
    name, doc = "logsoftmax", "log(softmax(x)), exact also where the softmax is 0."

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        g = cotangents[0]
        gx = g - exp(outputs[0]) * sum(g, axis=self.axis, keepdims=True)
        return [unbroadcast(gx, inputs[0])]


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

    >>> softmax([0.0, 0.0]).eval()
    array([[0.5, 0.5]])
    """
    return _along(Softmax, c, axis)


@public
def logsoftmax(c: Any, axis: int = -1) -> Variable:
    """The logarithm of `softmax(c)`, without overflow and without log(0)."""
    return _along(LogSoftmax, c, axis)


@public
def relu(x: Any, alpha: Any = 0) -> Variable:
    """x where it is positive, `alpha * x` elsewhere (`alpha` may be a symbol, one for each unit,
    say).

    At 0 the slope counts as the mean of both sides, as in Theano.

    >>> relu([-1.0, 2.0]).eval(), relu([-1.0, 2.0], 0.5).eval()
    (array([0., 2.]), array([-0.5,  2. ]))
    """
    x = as_tensor_variable(x)
    if isinstance(alpha, (int, float)) and alpha == 0:
        return rectified(x)
    alpha = weakly(alpha)
    return (1 + alpha) * 0.5 * x + (1 - alpha) * 0.5 * abs(x)


@public
def elu(x: Any, alpha: Any = 1) -> Variable:
    """x where it is positive, `alpha * (exp(x) - 1)` elsewhere (Clevert et al., 2015).

    >>> elu([-1.0, 2.0]).eval()
    array([-0.63212056,  2.        ])
    """
    x = as_float(x)
    return switch(x > 0, x, alpha * expm1(minimum(x, 0)))


@public
def selu(x: Any) -> Variable:
    """The scaled `elu` that keeps mean 0 and variance 1 (Klambauer et al., 2017)."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


@public
def softsign(x: Any) -> Variable:
    """x / (1 + |x|)."""
    x = as_float(x)
    return x / (1 + abs(x))


@public
def hard_sigmoid(x: Any) -> Variable:
    """The sigmoid as three straight lines: 0.2 x + 0.5, held between 0 and 1.

    >>> hard_sigmoid([-9.0, 0.0, 1.0]).eval()
    array([0. , 0.5, 0.7])
    """
    return clip(as_float(x) * 0.2 + 0.5, 0, 1)


@public
def ultra_fast_sigmoid(x: Any) -> Variable:
    """The sigmoid to within 0.02, without exp: the rational and straight pieces of Theano's
    `UltraFastScalarSigmoid` (theano/tensor/nnet/sigm.py).

    >>> ultra_fast_sigmoid([-9.0, 0.0, 1.0]).eval().round(3)
    array([0.002, 0.5  , 0.75 ])
    """
    half = 0.5 * as_float(x)
    size = abs(half)
    straight = 0.935409070603099 + 0.0458812946797165 * (size - 1.7)
    z = switch(size < 1.7, 1.5 * size / (1 + size), switch(size < 3, straight, 0.99505475368673))
    return 0.5 * (switch(half >= 0, z, -z) + 1)


def as_float(x: Any) -> Variable:
    """A variable; an integer one as the float that holds it."""
    x = as_tensor_variable(x)
    return cast(x, float_of(x.dtype))


def weakly(value: Any) -> Any:
    """A Python number as it is, so that it takes the dtype of what it meets; else a variable."""
    return value if isinstance(value, (int, float)) else as_tensor_variable(value)


def _softmax(x: Any, axis: int = -1) -> Any:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


example("softmax", softmax, _softmax, (2, 3))
example("softmax", softmax, lambda x: _softmax(x)[None], (3,))
example("softmax", lambda x: softmax(x, axis=0), lambda x: _softmax(x, 0), (2, 3))
example("logsoftmax", logsoftmax, lambda x: np.log(_softmax(x)), (2, 3))
example("leaky relu", lambda x: relu(x, 0.1), lambda x: np.where(x > 0, x, 0.1 * x), (2, 3),
        kinds="biuf")
example("elu", elu, lambda x: np.where(x > 0, x, np.expm1(x)), (2, 3))
example("softsign", softsign, lambda x: x / (1 + abs(x)), (2, 3))
example("hard_sigmoid", hard_sigmoid, lambda x: np.clip(0.2 * x + 0.5, 0, 1), (2, 3))
