"""Losses of classifiers: the cross-entropies, alone and of a softmax, and the confusion matrix.

Comes after the activations. Probabilities are rows; the truth is rows too, or the number of the
right column for each.

>>> categorical_crossentropy([[0.5, 0.5]], [1]).eval()
array([0.69314718])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.errors import DTypeError, ShapeError, caller
from tutor.graph import Variable, as_tensor_variable
from tutor.operators import public, quoted
from tutor.ops.arithmetic import cast
from tutor.ops.creation import arange
from tutor.ops.elementwise import DISCRETE
from tutor.ops.finding import unique
from tutor.ops.functions import log
from tutor.ops.indexing import inc_subtensor, set_subtensor
from tutor.ops.joining import concatenate
from tutor.ops.logic import eq
from tutor.ops.nnet import softmax, softmax_with_bias, weakly
from tutor.ops.reductions import argmax, sum
from tutor.ops.reductions import max as largest_of
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle
from tutor.ops.sizes import shape
from tutor.ops.special import softplus
from tutor.ops.statistics import mean
from tutor.signatures import answering


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
                     where=(("written at", caller()),),
                     fix="Pass a matrix of probabilities, or a vector of integers.")


@public
def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Variable:
    """`categorical_crossentropy` with integer targets."""
    p, t = as_tensor_variable(coding_dist), as_tensor_variable(true_one_of_n)
    if p.ndim != 2 or t.ndim != 1:
        raise ShapeError(f"predictions are a matrix and targets a vector, and these are {p.type} "
                         f"and {t.type}.", where=(("written at", caller()),),
                         fix="Pass the number of the right column for each row.")
    return categorical_crossentropy(p, t)


@answering
def crossentropy_softmax_1hot_with_bias_dx(dy: Any, sm: Any, y_idx: Any, **_: Any) -> Variable:
    """What x gets from the cotangent `dy` of its cross-entropy, of which `sm` is the softmax.

    >>> crossentropy_softmax_1hot_with_bias_dx([2.0], [[0.25, 0.75]], [1]).eval()
    array([[ 0.5, -0.5]])
    """
    g, p, t = map(as_tensor_variable, (dy, sm, y_idx))
    rows = arange(shape(p)[0])
    return inc_subtensor(p[rows, t], cast(-1, p.dtype)) * (dimshuffle(g, 0, "x") if g.ndim else g)


@answering
def crossentropy_categorical_1hot_grad(g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Variable:
    """What probabilities get from the cotangent of their cross-entropy with integer targets."""
    g, p, t = map(as_tensor_variable, (g_y, coding_dist, true_one_of_n))
    rows = arange(shape(p)[0])
    return set_subtensor(p.zeros_like()[rows, t], cast(-g / p[rows, t], p.dtype))


@public
def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x + b) with integer targets, row by row, and softmax(x + b)."""
    p = softmax_with_bias(x, b)
    return [crossentropy_categorical_1hot(p, y_idx), p]


@public
def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x) with integer targets, row by row, and softmax(x)."""
    p = softmax(x)
    return [crossentropy_categorical_1hot(p, y_idx), p]


@public
def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x + b) with integer targets, softmax(x + b), and the number of
    its largest column.
    """
    loss, p = crossentropy_softmax_1hot_with_bias(x, b, y_idx)
    return [loss, p, cast(argmax(p, axis=-1), as_tensor_variable(y_idx).dtype)]


@public
def crossentropy_softmax_max_and_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any
                                                       ) -> tuple[Variable, ...]:
    """The cross-entropy, softmax(x + b), its largest number in each row, and where that is."""
    loss, p = crossentropy_softmax_1hot_with_bias(x, b, y_idx)
    return loss, p, largest_of(p, axis=-1), argmax(p, axis=-1)


@public
def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any) -> tuple[Variable, ...]:
    """`crossentropy_softmax_max_and_argmax_1hot_with_bias` with no bias."""
    loss, p = crossentropy_softmax_1hot(x, y_idx)
    return loss, p, largest_of(p, axis=-1), argmax(p, axis=-1)


def prepended(value: Any, mat: Any) -> Variable:
    """A matrix with a column of one value before it."""
    x = as_tensor_variable(mat)
    if x.ndim != 2:
        raise ShapeError(f"a column is put before a matrix, and {quoted(x)} is {x.type}.",
                         where=(("written at", caller()),), fix="Pass a matrix.")
    wide = concatenate([x[:, :1], x], axis=1)
    return set_subtensor(wide[:, 0], cast(as_tensor_variable(value), x.dtype))


@answering
def prepend_scalar_to_each_row(val: Any, mat: Any) -> Variable:
    """A matrix with a column of `val` before it.

    >>> prepend_scalar_to_each_row(9.0, [[1.0], [2.0]]).eval()
    array([[9., 1.],
           [9., 2.]])
    """
    return prepended(val, mat)


@answering
def prepend_0_to_each_row(mat: Any) -> Variable:
    """A matrix with a column of zeros before it."""
    return prepended(0, mat)


@answering
def prepend_1_to_each_row(mat: Any) -> Variable:
    """A matrix with a column of ones before it."""
    return prepended(1, mat)


@public
def confusion_matrix(actual: Any, pred: Any) -> list[Variable]:
    """How often each class was taken for each: a matrix of counts, and the classes in order."""
    a, p = as_tensor_variable(actual), as_tensor_variable(pred)
    if a.ndim != 1 or p.ndim != 1:
        raise ShapeError(f"classes are vectors, and these are {a.type} and {p.type}.",
                         where=(("written at", caller()),), fix="Flatten them.")
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
example("prepend_to_each_row", lambda x, v: prepend_scalar_to_each_row(v, x),
        lambda x, v: np.insert(x, 0, v, axis=1), (2, 3), (), kinds="f")
for _n in range(2):
    example("crossentropy_softmax_1hot", lambda x, b, n=_n: crossentropy_softmax_1hot_with_bias(
                x, b, [1, 0])[n],
            lambda x, b, n=_n: [-np.log(_softmax(x + b))[[0, 1], [1, 0]], _softmax(x + b)][n],
            (2, 3), (3,), kinds="f")
