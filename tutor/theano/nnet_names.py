"""Names of Theano's `tensor.nnet`: functions that are others combined, as cross-entropies of a
softmax and its gradients by name, and classes of ops, made with settings and called.

>>> [v.eval() for v in crossentropy_softmax_1hot([[0.0, 0.0]], [1])]
[array([0.69314718]), array([[0.5, 0.5]])]
>>> Prepend_scalar_constant_to_each_row(1)(T.zeros((1, 2))).eval()
array([[1., 0., 0.]])
"""

from __future__ import annotations

import warnings
from typing import Any

import tutor.tensor as T
from tutor.core.errors import BadValueError, ShapeError
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.ops import convolution, fourier
from tutor.ops.losses import categorical_crossentropy
from tutor.ops.softmax import softmax
from tutor.signatures import answering
from tutor.tensor import nnet
from tutor.theano.op_names import classes, named


@answering
def softmax_with_bias(x: Any, b: Any) -> Variable:
    """`softmax(x + b)`: a matrix, and a vector that is added to each row."""
    return softmax(as_tensor_variable(x) + as_tensor_variable(b))


@answering
def softmax_grad(dy: Any, sm: Any) -> Variable:
    """The cotangent of x from that of y = softmax(x) and y itself, row by row."""
    g, y = as_tensor_variable(dy), as_tensor_variable(sm)
    return (g - T.sum(g * y, axis=-1, keepdims=True)) * y


@answering
def softmax_graph(c: Any) -> Variable:
    """The softmax written out in exp, sum and division."""
    e = T.exp(as_tensor_variable(c))
    return e / T.sum(e, axis=-1, keepdims=True)


@answering
def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Variable:
    """`categorical_crossentropy` with integer targets."""
    p, t = as_tensor_variable(coding_dist), as_tensor_variable(true_one_of_n)
    if p.ndim != 2 or t.ndim != 1:
        raise ShapeError(f"predictions are a matrix and targets a vector, and these are {p.type} "
                         f"and {t.type}.", fix="Pass the number of the right column for each row.")
    return categorical_crossentropy(p, t)


@answering
def crossentropy_softmax_1hot_with_bias_dx(dy: Any, sm: Any, y_idx: Any, **_: Any) -> Variable:
    """The cotangent of x from `dy`, that of its cross-entropy, and `sm`, its softmax.

    >>> crossentropy_softmax_1hot_with_bias_dx([2.0], [[0.25, 0.75]], [1]).eval()
    array([[ 0.5, -0.5]])
    """
    g, p, t = map(as_tensor_variable, (dy, sm, y_idx))
    less = T.inc_subtensor(p[T.arange(p.shape[0]), t], T.cast(-1, p.dtype))
    return less * (g.dimshuffle(0, "x") if g.ndim else g)


@answering
def crossentropy_categorical_1hot_grad(g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Variable:
    """The cotangent of probabilities from that of their cross-entropy with integer targets."""
    g, p, t = map(as_tensor_variable, (g_y, coding_dist, true_one_of_n))
    rows = T.arange(p.shape[0])
    return T.set_subtensor(p.zeros_like()[rows, t], T.cast(-g / p[rows, t], p.dtype))


@answering
def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x) with integer targets, row by row, and softmax(x)."""
    p = softmax(x)
    return [crossentropy_categorical_1hot(p, y_idx), p]


@answering
def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x + b) with integer targets, row by row, and softmax(x + b)."""
    return crossentropy_softmax_1hot(as_tensor_variable(x) + as_tensor_variable(b), y_idx)


@answering
def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Variable]:
    """The cross-entropy of softmax(x + b) with integer targets, softmax(x + b), and the number of
    its largest column.
    """
    loss, p = crossentropy_softmax_1hot_with_bias(x, b, y_idx)
    return [loss, p, T.cast(T.argmax(p, axis=-1), as_tensor_variable(y_idx).dtype)]


@answering
def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any) -> tuple[Variable, ...]:
    """The cross-entropy, softmax(x), its largest number in each row, and where that is."""
    loss, p = crossentropy_softmax_1hot(x, y_idx)
    return loss, p, T.max(p, axis=-1), T.argmax(p, axis=-1)


@answering
def crossentropy_softmax_max_and_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any
                                                       ) -> tuple[Variable, ...]:
    """`crossentropy_softmax_max_and_argmax_1hot` of x + b."""
    return crossentropy_softmax_max_and_argmax_1hot(
        as_tensor_variable(x) + as_tensor_variable(b), y_idx)


@answering
def prepend_scalar_to_each_row(val: Any, mat: Any) -> Variable:
    """A matrix with a column of `val` before it.

    >>> prepend_scalar_to_each_row(9.0, [[1.0], [2.0]]).eval()
    array([[9., 1.],
           [9., 2.]])
    """
    x = as_tensor_variable(mat)
    if x.ndim != 2:
        raise ShapeError(f"a column is put before a matrix, and {quoted(x)} is {x.type}.",
                         fix="Pass a matrix.")
    wide = T.concatenate([x[:, :1], x], axis=1)
    return T.set_subtensor(wide[:, 0], T.cast(as_tensor_variable(val), x.dtype))


@answering
def prepend_0_to_each_row(mat: Any) -> Variable:
    """A matrix with a column of zeros before it."""
    return prepend_scalar_to_each_row(0, mat)


@answering
def prepend_1_to_each_row(mat: Any) -> Variable:
    """A matrix with a column of ones before it."""
    return prepend_scalar_to_each_row(1, mat)


def conv2d(input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None,
           border_mode: Any = "valid", subsample: Any = (1, 1), filter_flip: bool = True,
           image_shape: Any = None, filter_dilation: Any = (1, 1), num_groups: int = 1,
           unshared: bool = False, **kwargs: Any) -> Variable:
    """`T.nnet.conv2d`, with an argument by an older name, and others that tuned C code."""
    if kwargs:
        warnings.warn(f"conv2d makes no use of {', '.join(kwargs)}.", stacklevel=2)
    if image_shape is not None:
        if input_shape is not None:
            raise BadValueError("input_shape and image_shape are the same argument.",
                                fix="Pass input_shape only.")
        warnings.warn("image_shape is the older name of input_shape.", stacklevel=2)
        input_shape = image_shape
    return nnet.conv2d(input, filters, input_shape, filter_shape, border_mode, subsample,
                       filter_flip, filter_dilation, num_groups, unshared)


def old_conv2d(input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None,
               border_mode: str = "valid", subsample: Any = (1, 1), **tuning: Any) -> Variable:
    """`conv2d` as `theano.tensor.nnet.conv` had it; what tuned its C code means nothing here."""
    return nnet.conv2d(input, filters, image_shape, filter_shape, border_mode, subsample)


def conv3d2d(signals: Any, filters: Any, signals_shape: Any = None, filters_shape: Any = None,
             border_mode: Any = "valid") -> Variable:
    """A convolution over time and space of (batch, time, channels, rows, columns) with (filters,
    time, channels, rows, columns).
    """
    x, w = as_tensor_variable(signals), as_tensor_variable(filters)
    if x.ndim != 5 or w.ndim != 5:
        raise ShapeError(f"signals and filters have 5 dimensions, and these are {x.type} and "
                         f"{w.type}.", fix="Reshape them.")
    modes = border_mode if isinstance(border_mode, tuple) else (border_mode,) * 3
    if len(set(modes)) > 1:
        raise BadValueError(f"border_mode cannot be {border_mode!r}.", fix="Pass 'valid'.")
    sizes, more = [None if s is None else [s[i] for i in (0, 2, 1, 3, 4)]
                   for s in (signals_shape, filters_shape)]
    y = nnet.conv3d(x.dimshuffle(0, 2, 1, 3, 4), w.dimshuffle(0, 2, 1, 3, 4), sizes, more, modes[0])
    return y.dimshuffle(0, 2, 1, 3, 4)


__getattr__ = classes("nnet_names")
irfft_op, rfft_op = fourier.IRFFT(), fourier.RFFT()
Prepend_scalar_constant_to_each_row = named(
    "Prepend_scalar_constant_to_each_row", (),
    lambda val=0: lambda mat: prepend_scalar_to_each_row(val, mat))

AbstractConv = convolution.Convolution
AbstractConv_gradInputs = convolution.ConvolutionImages
AbstractConv_gradWeights = convolution.ConvolutionFilters


def _convolution(kind: Any, name: str, rank: int) -> Any:
    """The class over so many sizes: Theano's settings, then two operands and the sizes wanted."""
    def make(imshp: Any = None, kshp: Any = None, border_mode: Any = "valid",
             subsample: Any = (1,) * rank, filter_flip: bool = True,
             filter_dilation: Any = (1,) * rank, num_groups: int = 1,
             unshared: bool = False) -> Any:
        op = kind(*convolution.settings(rank, border_mode, subsample, filter_flip,
                                        filter_dilation, num_groups, unshared))
        known = {AbstractConv: (imshp, kshp), AbstractConv_gradInputs: (kshp, None),
                 AbstractConv_gradWeights: (imshp, None)}[kind]

        def run(a: Any, b: Any, shape: Any = None, add_assert_shape: bool = True) -> Variable:
            sizes = [shape[i] for i in range(rank)] if shape is not None else []
            pair = [convolution.operand(v, rank, f"the {place} of two operands", known_shape) for
                    v, place, known_shape in zip((a, b), ("first", "second"), known, strict=True)]
            return op(*pair, *[as_tensor_variable(n).astype("int64") for n in sizes])
        return run
    return named(name, kind, make, lambda op: type(op) is kind and len(op.step) == rank)


AbstractConv2d, AbstractConv3d = [
    _convolution(AbstractConv, f"AbstractConv{n}d", n) for n in (2, 3)]
AbstractConv2d_gradInputs, AbstractConv3d_gradInputs = [
    _convolution(AbstractConv_gradInputs, f"AbstractConv{n}d_gradInputs", n) for n in (2, 3)]
AbstractConv2d_gradWeights, AbstractConv3d_gradWeights = [
    _convolution(AbstractConv_gradWeights, f"AbstractConv{n}d_gradWeights", n) for n in (2, 3)]
