"""What neural networks are built from: softmax and its logarithm, rectifiers, the cross-entropies.

Comes after the special functions, where sigmoid, softplus and relu are. `softmax` and `logsoftmax`
are ops, since they take off the largest element first; the rest is written with other ops.

>>> import tutor.tensor as T
>>> T.nnet.softmax(T.dmatrix("x")).ndim
2
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import DTypeError, ShapeError, caller
from tutor.graph import Apply, Notation, Op, Variable, apply, as_tensor_variable
from tutor.operators import public
from tutor.ops.arguments import one_axis
from tutor.ops.arithmetic import cast
from tutor.ops.creation import arange
from tutor.ops.elementwise import DISCRETE, unbroadcast
from tutor.ops.functions import exp, expm1, log
from tutor.ops.logic import clip, eq, maximum, minimum, switch
from tutor.ops.reductions import argmax, sum
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle
from tutor.ops.sizes import shape
from tutor.ops.special import relu as rectified
from tutor.ops.special import softplus
from tutor.ops.statistics import mean
from tutor.types import TensorType, float_of


class Softmax(Op):
    """exp(x) divided by its sum along an axis: positive numbers that add up to 1."""

    __props__ = ("axis",)
    name, doc = "softmax", "exp(x) / sum(exp(x)) along an axis: positive numbers that add up to 1."

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def make_node(self, x: Variable) -> Apply:
        return apply(self, [x], TensorType(float_of(x.dtype), x.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"{self.name}({names[0]}, {self.axis}, {node.outputs[0].dtype!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        y, g = outputs[0], cotangents[0]
        gx = y * (g - sum(g * y, axis=self.axis, keepdims=True))
        return [unbroadcast(gx, inputs[0])]

    def notation(self, node: Apply) -> Notation:
        latex = rf"\operatorname{{{{{self.name}}}}}\left({{0}}\right)"
        return Notation(f"{self.name}({{0}})", latex)


class LogSoftmax(Softmax):
    """The logarithm of the softmax, which never sees a 0."""

    name, doc = "logsoftmax", "log(softmax(x)), exact also where the softmax is 0."

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        g = cotangents[0]
        gx = g - exp(outputs[0]) * sum(g, axis=self.axis, keepdims=True)
        return [unbroadcast(gx, inputs[0])]


def _along(op: type[Softmax], x: Any, axis: Any) -> Variable:
    x = as_tensor_variable(x)
    if x.ndim == 0 or x.dtype.startswith("complex"):
        raise DTypeError(f"{op.name} is for vectors and matrices of real numbers, and {x!r} is "
                         f"{x.type}.", where=(("written at", caller()),),
                         fix="Pass a vector or a matrix.")
    if x.ndim == 1:
        x = dimshuffle(x, "x", 0)
    result: Variable = op(one_axis(axis, x.ndim, op.name))(x)
    return result


@public
def softmax(x: Any, axis: int = -1) -> Variable:
    """exp(x) divided by its sum, row by row. A vector is taken for one row: the result is a matrix.

    So it is in Theano (`Softmax.make_node` in theano/tensor/nnet/nnet.py pads a vector at the
    left).

    >>> softmax([0.0, 0.0]).eval()
    array([[0.5, 0.5]])
    """
    return _along(Softmax, x, axis)


@public
def logsoftmax(x: Any, axis: int = -1) -> Variable:
    """The logarithm of `softmax(x)`, without overflow and without log(0)."""
    return _along(LogSoftmax, x, axis)


@public
def softmax_with_bias(x: Any, b: Any) -> Variable:
    """`softmax(x + b)`: a matrix, and a vector that is added to each row."""
    return softmax(as_tensor_variable(x) + as_tensor_variable(b))


@public
def softmax_graph(x: Any) -> Variable:
    """The softmax written out in exp, sum and division."""
    e = exp(x)
    return e / sum(e, axis=-1, keepdims=True)


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


@public
def binary_crossentropy(output: Any, target: Any) -> Variable:
    """-(t log p + (1 - t) log(1 - p)) for each element: p the predicted probability, t the
    target.
    """
    output, target = as_tensor_variable(output), weakly(target)
    return -(target * log(output) + (1 - target) * log(1 - output))


@public
def sigmoid_binary_crossentropy(output: Any, target: Any) -> Variable:
    """`binary_crossentropy` of sigmoid(output), computed without ever taking log(0)."""
    output, target = as_tensor_variable(output), weakly(target)
    return target * softplus(-output) + (1 - target) * softplus(output)


@public
def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Variable:
    """-log of the probability given to the truth, for each row.

    `coding_dist` is a matrix of probabilities, a row an example; `true_dist` a matrix of the same
    form (one-hot, or any distribution), or an integer vector with the number of each right column.

    >>> categorical_crossentropy([[0.5, 0.5]], [1]).eval()
    array([0.69314718])
    """
    p, t = as_tensor_variable(coding_dist), as_tensor_variable(true_dist)
    if t.ndim == p.ndim and p.ndim:
        return -sum(t * log(p), axis=p.ndim - 1)
    if t.ndim == p.ndim - 1 and p.ndim == 2:
        if t.dtype not in DISCRETE:
            raise DTypeError(f"the targets {t!r} are {t.dtype}: numbers of columns are integers.",
                             where=(("made at", t.origin),),
                             fix="T.cast(targets, 'int64'), or pass probabilities.")
        return -log(p)[arange(shape(t)[0]), t]
    raise ShapeError(f"targets of {t.ndim} dimensions do not go with predictions of {p.ndim}.",
                     where=(("written at", caller()),),
                     fix="Pass a matrix of probabilities, or a vector of integers.")


@public
def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Variable:
    """`categorical_crossentropy` with integer targets."""
    return categorical_crossentropy(coding_dist, true_one_of_n)


@public
def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> tuple[Variable, Variable]:
    """The cross-entropy of softmax(x) with integer targets, row by row, and softmax(x)."""
    p = softmax(x)
    return categorical_crossentropy(p, y_idx), p


@public
def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x + b) with integer targets, softmax(x + b), and its largest."""
    p = softmax_with_bias(x, b)
    return [categorical_crossentropy(p, y_idx), p, argmax(p, axis=-1)]


@public
def confusion_matrix(actual: Any, pred: Any) -> list[Variable]:
    """How often each class was taken for each: the counts, and the classes, 0 up to the largest."""
    a, p = as_tensor_variable(actual), as_tensor_variable(pred)
    order = arange(maximum(a.max(), p.max()) + 1)
    rows, columns = (cast(eq(dimshuffle(v, "x", 0), dimshuffle(order, 0, "x")), "int64")
                     for v in (a, p))
    return [rows @ columns.T, order]


def _softmax(x: Any, axis: int = -1) -> Any:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


example("softmax", softmax, _softmax, (2, 3))
example("softmax", softmax, lambda x: _softmax(x)[None], (3,))
example("softmax", lambda x: softmax(x, axis=0), lambda x: _softmax(x, 0), (2, 3))
example("logsoftmax", logsoftmax, lambda x: np.log(_softmax(x)), (2, 3))
example("softmax_graph", softmax_graph, _softmax, (2, 3))
example("leaky relu", lambda x: relu(x, 0.1), lambda x: np.where(x > 0, x, 0.1 * x), (2, 3),
        kinds="biuf")
example("elu", elu, lambda x: np.where(x > 0, x, np.expm1(x)), (2, 3))
example("softsign", softsign, lambda x: x / (1 + abs(x)), (2, 3))
example("hard_sigmoid", hard_sigmoid, lambda x: np.clip(0.2 * x + 0.5, 0, 1), (2, 3))
example("categorical_crossentropy", lambda x: mean(categorical_crossentropy(softmax(x), [1, 0])),
        lambda x: -np.log(_softmax(x))[[0, 1], [1, 0]].mean(), (2, 3))
example("categorical_crossentropy", lambda x, t: categorical_crossentropy(softmax(x), softmax(t)),
        lambda x, t: -(_softmax(t) * np.log(_softmax(x))).sum(1), (2, 3), (2, 3))
example("sigmoid_binary_crossentropy", lambda x: sigmoid_binary_crossentropy(x, 0.3),
        lambda x: np.log1p(np.exp(x)) - 0.3 * x, (4,), kinds="if")
example("confusion_matrix", lambda a, p: confusion_matrix(a, p)[0],
        lambda a, p: np.array([[1, 1], [0, 1]]), [0, 0, 1], [0, 1, 1], differentiable=False)
