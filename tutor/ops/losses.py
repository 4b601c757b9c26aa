"""Losses of classifiers: the cross-entropies, alone and of a softmax, and the confusion matrix.

Comes after the activations. Probabilities are rows; the truth is rows too, or the number of the
right column for each.

>>> categorical_crossentropy([[0.5, 0.5]], [1]).eval()
array([0.69314718])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.errors import DTypeError, ShapeError
from tutor.graph import Variable, as_tensor_variable
from tutor.operators import public, quoted
from tutor.ops.arithmetic import cast
from tutor.ops.creation import arange
from tutor.ops.elementwise import DISCRETE
from tutor.ops.finding import unique
from tutor.ops.functions import log
from tutor.ops.joining import concatenate
from tutor.ops.logic import eq
from tutor.ops.nnet import softmax, weakly
from tutor.ops.reductions import sum
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle
from tutor.ops.sizes import shape
from tutor.ops.special import softplus
from tutor.ops.statistics import mean


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
            raise DTypeError(f"the targets {quoted(t)} are {t.dtype}: numbers of columns are "
                             "integers.",
                             where=(("made at", t.origin),),
                             fix="T.cast(targets, 'int64'), or pass probabilities.")
        return -log(p)[arange(shape(t)[0]), t]
    raise ShapeError(f"targets of {t.ndim} dimensions do not go with predictions of {p.ndim}.",
                     fix="Pass a matrix of probabilities, or a vector of integers.")


@public
def confusion_matrix(actual: Any, pred: Any) -> list[Variable]:
    """How often each class was taken for each: a matrix of counts, and the classes in order."""
    a, p = as_tensor_variable(actual), as_tensor_variable(pred)
    if a.ndim != 1 or p.ndim != 1:
        raise ShapeError(f"classes are vectors, and these are {a.type} and {p.type}.",
                         fix="Flatten them.")
    order = unique(concatenate([a, p]))
    one_hot = [cast(eq(dimshuffle(v, 0, "x"), dimshuffle(order, "x", 0)), "int64") for v in (a, p)]
    return [one_hot[0].T @ one_hot[1], order]


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


example("categorical_crossentropy", lambda x: mean(categorical_crossentropy(softmax(x), [1, 0])),
        lambda x: -np.log(_softmax(x))[[0, 1], [1, 0]].mean(), (2, 3))
example("categorical_crossentropy", lambda x, t: categorical_crossentropy(softmax(x), softmax(t)),
        lambda x, t: -(_softmax(t) * np.log(_softmax(x))).sum(1), (2, 3), (2, 3))
example("sigmoid_binary_crossentropy", lambda x: sigmoid_binary_crossentropy(x, 0.3),
        lambda x: np.log1p(np.exp(x)) - 0.3 * x, (4,), kinds="if")
example("confusion_matrix", lambda a, p: confusion_matrix(a, p)[0],
        lambda a, p: np.array([[1, 1], [0, 1]]), [0, 0, 1], [0, 1, 1], differentiable=False)
