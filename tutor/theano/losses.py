"""Functions of Theano's `tensor.nnet` that are others combined: cross-entropies of a softmax, its
gradients by name, a column before a matrix.

>>> [v.eval() for v in crossentropy_softmax_1hot([[0.0, 0.0]], [1])]
[array([0.69314718]), array([[0.5, 0.5]])]
"""

from __future__ import annotations

from typing import Any

from tutor.errors import ShapeError, caller
from tutor.graph import Variable, as_tensor_variable
from tutor.operators import quoted
from tutor.ops.arithmetic import cast
from tutor.ops.creation import arange
from tutor.ops.functions import exp
from tutor.ops.indexing import inc_subtensor, set_subtensor
from tutor.ops.joining import concatenate
from tutor.ops.losses import categorical_crossentropy
from tutor.ops.nnet import softmax
from tutor.ops.reductions import argmax, sum
from tutor.ops.reductions import max as largest_of
from tutor.ops.shape import dimshuffle
from tutor.ops.sizes import shape
from tutor.signatures import answering


@answering
def softmax_with_bias(x: Any, b: Any) -> Variable:
    """`softmax(x + b)`: a matrix, and a vector that is added to each row."""
    return softmax(as_tensor_variable(x) + as_tensor_variable(b))


@answering
def softmax_grad(dy: Any, sm: Any) -> Variable:
    """The cotangent of x from that of y = softmax(x) and y itself, row by row."""
    g, y = as_tensor_variable(dy), as_tensor_variable(sm)
    return (g - sum(g * y, axis=-1, keepdims=True)) * y


@answering
def softmax_graph(c: Any) -> Variable:
    """The softmax written out in exp, sum and division."""
    e = exp(as_tensor_variable(c))
    return e / sum(e, axis=-1, keepdims=True)


@answering
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


@answering
def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x + b) with integer targets, row by row, and softmax(x + b)."""
    p = softmax_with_bias(x, b)
    return [crossentropy_categorical_1hot(p, y_idx), p]


@answering
def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x) with integer targets, row by row, and softmax(x)."""
    p = softmax(x)
    return [crossentropy_categorical_1hot(p, y_idx), p]


@answering
def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x + b) with integer targets, softmax(x + b), and the number of
    its largest column.
    """
    loss, p = crossentropy_softmax_1hot_with_bias(x, b, y_idx)
    return [loss, p, cast(argmax(p, axis=-1), as_tensor_variable(y_idx).dtype)]


@answering
def crossentropy_softmax_max_and_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any
                                                       ) -> tuple[Variable, ...]:
    """The cross-entropy, softmax(x + b), its largest number in each row, and where that is."""
    loss, p = crossentropy_softmax_1hot_with_bias(x, b, y_idx)
    return loss, p, largest_of(p, axis=-1), argmax(p, axis=-1)


@answering
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
