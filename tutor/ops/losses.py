"""What networks are built from: activations, the cross-entropies, the confusion matrix.

Comes after the softmax; all are written with other ops. Probabilities are rows; the truth is rows
too, or the number of the right column for each.

>>> categorical_crossentropy([[0.5, 0.5]], [1]).eval()
array([0.69314718])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.arrays import dimshuffle, shape
from tutor.core.elementwise import cast, eq, log, minimum, switch
from tutor.core.errors import DTypeError, ShapeError
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.core.types import DISCRETE, float_of
from tutor.ops.creation import arange
from tutor.ops.examples import example, like
from tutor.ops.finding import unique
from tutor.ops.functions import expm1
from tutor.ops.logic import clip
from tutor.ops.softmax import softmax
from tutor.ops.special import relu as rectified
from tutor.ops.special import softplus
from tutor.ops.stacks import concatenate
from tutor.ops.sums import mean, sum

__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "confusion_matrix", "elu", "hard_sigmoid",
    "relu", "selu", "sigmoid_binary_crossentropy", "softsign", "ultra_fast_sigmoid",
]  # fmt: skip


def relu(x: Any, alpha: Any = 0) -> Variable:
    """x where it is positive, `alpha * x` elsewhere (`alpha` may be a symbol, one for each unit,
    say).

    At 0 the slope counts as the mean of both sides, as in Theano. Raises DTypeError for complex
    numbers.

    >>> relu([-1.0, 2.0]).eval(), relu([-1.0, 2.0], 0.5).eval()
    (array([0., 2.]), array([-0.5,  2. ]))
    """
    x = as_tensor_variable(x)
    if isinstance(alpha, (int, float)) and alpha == 0:
        return rectified(x)
    alpha = weakly(alpha)
    return (1 + alpha) * 0.5 * x + (1 - alpha) * 0.5 * abs(x)


def elu(x: Any, alpha: Any = 1) -> Variable:
    """x where it is positive, `alpha * (exp(x) - 1)` elsewhere (Clevert et al., 2015). Raises
    DTypeError for complex numbers.

    >>> elu([-1.0, 2.0]).eval()
    array([-0.63212056,  2.        ])
    """
    x = as_float(x)
    return switch(x > 0, x, alpha * expm1(minimum(x, 0)))


def selu(x: Any) -> Variable:
    """The scaled `elu` that keeps mean 0 and variance 1 (Klambauer et al., 2017). Raises DTypeError
    for complex numbers.

    >>> selu([-1.0, 2.0]).eval()
    array([-1.11133074,  2.10140197])
    """
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def softsign(x: Any) -> Variable:
    """x / (1 + |x|).

    >>> softsign([-1.0, 3.0]).eval()
    array([-0.5 ,  0.75])
    """
    x = as_float(x)
    return x / (1 + abs(x))


def hard_sigmoid(x: Any) -> Variable:
    """The sigmoid as three straight lines: 0.2 x + 0.5, held between 0 and 1. Raises DTypeError for
    complex numbers.

    >>> hard_sigmoid([-9.0, 0.0, 1.0]).eval()
    array([0. , 0.5, 0.7])
    """
    return clip(as_float(x) * 0.2 + 0.5, 0, 1)


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


def binary_crossentropy(output: Any, target: Any) -> Variable:
    """-(t log p + (1 - t) log(1 - p)) for each element: p the predicted probability, t the
    target.

    >>> binary_crossentropy([0.5, 0.25], [1.0, 0.0]).eval()
    array([0.69314718, 0.28768207])
    """
    output, target = as_tensor_variable(output), weakly(target)
    return -(target * log(output) + (1 - target) * log(1 - output))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Variable:
    """`binary_crossentropy` of sigmoid(output), computed without ever taking log(0).

    >>> sigmoid_binary_crossentropy([0.0, -800.0], [1.0, 0.0]).eval()
    array([0.69314718, 0.        ])
    """
    output, target = as_tensor_variable(output), weakly(target)
    return target * softplus(-output) + (1 - target) * softplus(output)


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Variable:
    """-log of the probability given to the truth, for each row.

    `coding_dist` is a matrix of probabilities, a row an example; `true_dist` a matrix of the same
    form (one-hot, or any distribution), or an integer vector with the number of each right column.
    Raises ShapeError for targets of too many dimensions, and BadIndexError, when it runs, for a
    column that is not there.

    >>> categorical_crossentropy([[0.5, 0.5]], [1]).eval()
    array([0.69314718])
    """
    p, t = as_tensor_variable(coding_dist), as_tensor_variable(true_dist)
    if t.ndim == p.ndim and p.ndim:
        return -sum(t * log(p), axis=p.ndim - 1)
    if t.ndim == p.ndim - 1 and p.ndim == 2:
        if t.dtype not in DISCRETE:
            raise DTypeError(f"the targets {quoted(t)} are {t.dtype}: numbers of columns are "
                             "integers.",
                             where=(("made at", t.origin),),
                             fix="T.cast(targets, 'int64'), or pass probabilities.")
        return -log(p)[arange(shape(t)[0]), t]
    raise ShapeError(f"targets of {t.ndim} dimensions do not go with predictions of {p.ndim}.",
                     fix="Pass a matrix of probabilities, or a vector of integers.")


def confusion_matrix(actual: Any, pred: Any) -> list[Variable]:
    """How often each class was taken for each: a matrix of counts, and the classes in order. Raises
    ShapeError for what are no vectors.

    >>> confusion_matrix([0, 1, 1], [0, 1, 0])[0].eval()
    array([[1, 0],
           [1, 1]])
    """
    a, p = as_tensor_variable(actual), as_tensor_variable(pred)
    if a.ndim != 1 or p.ndim != 1:
        raise ShapeError(f"classes are vectors, and these are {a.type} and {p.type}.",
                         fix="Flatten them.")
    order = unique(concatenate([a, p]))
    one_hot = [cast(eq(dimshuffle(v, 0, "x"), dimshuffle(order, "x", 0)), "int64") for v in (a, p)]
    return [one_hot[0].T @ one_hot[1], order]


def _soft(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


like(relu, lambda x, alpha: np.where(x > 0, x, alpha * x), (2, 3), alpha=0.1, name="leaky relu",
     kinds="biuf")
like(elu, lambda x: np.where(x > 0, x, np.expm1(x)), (2, 3))
like(softsign, lambda x: x / (1 + abs(x)), (2, 3))
like(hard_sigmoid, lambda x: np.clip(0.2 * x + 0.5, 0, 1), (2, 3))
example("categorical_crossentropy", lambda x: mean(categorical_crossentropy(
    softmax(x), [1, 0])), lambda x: -np.log(_soft(x))[[0, 1], [1, 0]].mean(), (2, 3))
example("categorical_crossentropy", lambda x, t: categorical_crossentropy(
    softmax(x), softmax(t)), lambda x, t: -(_soft(t) * np.log(_soft(x))).sum(1), (2, 3), (2, 3))
like(sigmoid_binary_crossentropy, lambda x, target: np.log1p(np.exp(x)) - target * x, (4,),
     target=0.3, kinds="if")
like(confusion_matrix, lambda a, p: [np.array([[1, 1], [0, 1]])], [0, 0, 1], [0, 1, 1], part=0,
     differentiable=False)
