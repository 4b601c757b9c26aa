"""Theano's functions of convolution: `conv2d`, `conv3d`, their cotangents, what is made of them.

Comes after the op `Convolution`; every function here checks its arguments and applies it. In
Theano's own modules they are `nnet.conv2d`, `nnet.abstract_conv.*`, and, with the older arguments,
`nnet.conv.conv2d` (here `old_conv2d`) and `signal.conv.conv2d` (here `signal_conv2d`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.checking import whole
from tutor.core.arrays import dimshuffle, shape
from tutor.core.errors import ShapeError
from tutor.core.graph import Variable, as_tensor_variable
from tutor.ops.convolution import (
    border_of,
    convolved,
    filters_cotangent,
    images_cotangent,
    steps_of,
)
from tutor.ops.examples import each, example, like
from tutor.ops.shape import reshape

__all__ = [
    "causal_conv1d", "conv2d", "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights",
    "conv2d_transpose", "conv3d", "conv3d_grad_wrt_inputs", "conv3d_grad_wrt_weights",
    "get_conv_output_shape", "separable_conv2d", "separable_conv3d",
]  # fmt: skip


def conv2d(input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None,
           border_mode: Any = "valid", subsample: Any = (1, 1), filter_flip: bool = True,
           filter_dilation: Any = (1, 1), num_groups: int = 1, unshared: bool = False) -> Variable:
    """Filters slid over images: (batch, channels, rows, columns) with (filters, channels, rows,
    columns) gives (batch, filters, rows, columns).

    `border_mode` says what surrounds the images: "valid" nothing, "full" zeros as wide as a filter
    less one, "half" half as wide as a filter, or so many zeros as a number says (one for rows and
    one for columns in a tuple, or pairs of numbers before and after). `subsample` is the step,
    `filter_dilation` the distance of a filter's elements; `filter_flip` turns filters round, as a
    convolution does. `input_shape` and `filter_shape` are checked when values arrive. Raises
    ShapeError for another number of dimensions, and, when it runs, where channels differ or a
    filter is larger than its image; BadValueError for another border_mode.

    >>> import tutor.tensor as T
    >>> conv2d(T.ones((1, 1, 4, 4)), T.ones((2, 1, 3, 3)), border_mode="half").shape.eval()
    array([1, 2, 4, 4])
    """
    return convolved(2, input, filters, input_shape, filter_shape, border_mode, subsample,
                     filter_flip, filter_dilation, num_groups, unshared)


def conv3d(input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None,
           border_mode: Any = "valid", subsample: Any = (1, 1, 1), filter_flip: bool = True,
           filter_dilation: Any = (1, 1, 1), num_groups: int = 1) -> Variable:
    """`conv2d` over three sizes: (batch, channels, depth, rows, columns). Raises ShapeError and
    BadValueError as `conv2d` does.

    >>> import tutor.tensor as T
    >>> conv3d(T.ones((1, 1, 4, 4, 4)), T.ones((2, 1, 3, 3, 3))).shape.eval()
    array([1, 2, 2, 2, 2])
    """
    return convolved(3, input, filters, input_shape, filter_shape, border_mode, subsample,
                     filter_flip, filter_dilation, num_groups)


def conv2d_grad_wrt_inputs(output_grad: Any, filters: Any, input_shape: Any,
                           filter_shape: Any = None, border_mode: Any = "valid",
                           subsample: Any = (1, 1), filter_flip: bool = True,
                           filter_dilation: Any = (1, 1), num_groups: int = 1,
                           unshared: bool = False) -> Variable:
    """The gradient of a cost with respect to the images, from that with respect to the output of
    `conv2d`.

    >>> import tutor.tensor as T
    >>> ones = T.ones((1, 1, 2, 2))
    >>> conv2d_grad_wrt_inputs(ones, ones, (1, 1, 3, 3)).eval()[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    return images_cotangent(2, output_grad, filters, input_shape, filter_shape, border_mode,
                            subsample, filter_flip, filter_dilation, num_groups, unshared)


def conv2d_grad_wrt_weights(input: Any, output_grad: Any, filter_shape: Any,
                            input_shape: Any = None, border_mode: Any = "valid",
                            subsample: Any = (1, 1), filter_flip: bool = True,
                            filter_dilation: Any = (1, 1), num_groups: int = 1,
                            unshared: bool = False) -> Variable:
    """The gradient of a cost with respect to the filters, from that with respect to the output of
    `conv2d`.

    >>> import tutor.tensor as T
    >>> images, ones = T.ones((1, 1, 3, 3)), T.ones((1, 1, 2, 2))
    >>> conv2d_grad_wrt_weights(images, ones, (1, 1, 2, 2)).eval()[0, 0]
    array([[4., 4.],
           [4., 4.]])
    """
    return filters_cotangent(2, input, output_grad, filter_shape, input_shape, border_mode,
                             subsample, filter_flip, filter_dilation, num_groups, unshared)


def conv3d_grad_wrt_inputs(output_grad: Any, filters: Any, input_shape: Any,
                           filter_shape: Any = None, border_mode: Any = "valid",
                           subsample: Any = (1, 1, 1), filter_flip: bool = True,
                           filter_dilation: Any = (1, 1, 1), num_groups: int = 1) -> Variable:
    """`conv2d_grad_wrt_inputs` over three sizes."""
    return images_cotangent(3, output_grad, filters, input_shape, filter_shape, border_mode,
                            subsample, filter_flip, filter_dilation, num_groups)


def conv3d_grad_wrt_weights(input: Any, output_grad: Any, filter_shape: Any,
                            input_shape: Any = None, border_mode: Any = "valid",
                            subsample: Any = (1, 1, 1), filter_flip: bool = True,
                            filter_dilation: Any = (1, 1, 1), num_groups: int = 1) -> Variable:
    """`conv2d_grad_wrt_weights` over three sizes."""
    return filters_cotangent(3, input, output_grad, filter_shape, input_shape, border_mode,
                             subsample, filter_flip, filter_dilation, num_groups)


def conv2d_transpose(input: Any, filters: Any, output_shape: Any, filter_shape: Any = None,
                     border_mode: Any = "valid", input_dilation: Any = (1, 1),
                     filter_flip: bool = True, filter_dilation: Any = (1, 1), num_groups: int = 1,
                     unshared: bool = False) -> Variable:
    """A convolution the other way: the images of `output_shape` whose `conv2d` has the form of
    `input` (`input_dilation` is the step of that convolution). Raises ShapeError, when it runs,
    where no image of `output_shape` has an output of that form.

    >>> import tutor.tensor as T
    >>> conv2d_transpose(T.ones((1, 2, 2, 2)), T.ones((2, 1, 3, 3)), (None, 1, 4, 4)).shape.eval()
    array([1, 1, 4, 4])
    """
    return images_cotangent(2, input, filters, output_shape, filter_shape, border_mode,
                            input_dilation, filter_flip, filter_dilation, num_groups, unshared)


def _separable(ndim: int, x: Any, depthwise: Any, pointwise: Any, channels: int,
               shapes: tuple[Any, Any, Any], *chosen: Any) -> Variable:
    first = convolved(ndim, x, depthwise, shapes[0], shapes[1], *chosen, channels)
    one = (1,) * ndim
    return convolved(ndim, first, pointwise, None, shapes[2], "valid", one, chosen[2], one, 1)


def separable_conv2d(input: Any, depthwise_filters: Any, pointwise_filters: Any, num_channels: int,
                     input_shape: Any = None, depthwise_filter_shape: Any = None,
                     pointwise_filter_shape: Any = None, border_mode: Any = "valid",
                     subsample: Any = (1, 1), filter_flip: bool = True,
                     filter_dilation: Any = (1, 1)) -> Variable:
    """A convolution of each channel by itself, then one with filters of size 1 across channels.

    >>> import tutor.tensor as T
    >>> images, deep, across = T.ones((1, 2, 3, 3)), T.ones((2, 1, 2, 2)), T.ones((5, 2, 1, 1))
    >>> separable_conv2d(images, deep, across, 2).shape.eval()
    array([1, 5, 2, 2])
    """
    shapes = (input_shape, depthwise_filter_shape, pointwise_filter_shape)
    return _separable(2, input, depthwise_filters, pointwise_filters, num_channels, shapes,
                      border_mode, subsample, filter_flip, filter_dilation)


def separable_conv3d(input: Any, depthwise_filters: Any, pointwise_filters: Any, num_channels: int,
                     input_shape: Any = None, depthwise_filter_shape: Any = None,
                     pointwise_filter_shape: Any = None, border_mode: Any = "valid",
                     subsample: Any = (1, 1, 1), filter_flip: bool = True,
                     filter_dilation: Any = (1, 1, 1)) -> Variable:
    """`separable_conv2d` over three sizes."""
    shapes = (input_shape, depthwise_filter_shape, pointwise_filter_shape)
    return _separable(3, input, depthwise_filters, pointwise_filters, num_channels, shapes,
                      border_mode, subsample, filter_flip, filter_dilation)


def causal_conv1d(input: Any, filters: Any, filter_shape: Any, input_shape: Any = None,
                  subsample: Any = 1, filter_flip: bool = True, filter_dilation: Any = 1,
                  num_groups: int = 1, unshared: bool = False) -> Variable:
    """A convolution over time, (batch, channels, time), that sees the past only: the output at a
    time depends on the input up to it. Raises ShapeError for another number of dimensions.

    >>> causal_conv1d([[[1.0, 2.0, 3.0]]], [[[1.0, 1.0]]], (1, 1, 2)).eval()
    array([[[1., 3., 5.]]])
    """
    step, far = whole(subsample, "subsample"), whole(filter_dilation, "filter_dilation")
    if not isinstance(filter_shape, (tuple, list)) or len(filter_shape) != 3:
        raise ShapeError(f"filter_shape is (filters, channels, time), and it is {filter_shape!r}.",
                         fix="Pass three numbers.")
    past = (whole(filter_shape[2], "the last size of filter_shape") - 1) * far
    return convolved(1, input, filters, input_shape, filter_shape, ((past, 0),), (step,),
                     filter_flip, (far,), num_groups, unshared)


def signal_conv2d(input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None,
                  border_mode: str = "valid", subsample: Any = (1, 1), **kargs: Any) -> Variable:
    """Each image (rows, columns), or each of several, convolved with each filter.

    The result has a dimension for the images, if they are 3-d, and one for the filters, if these
    are.

    >>> import tutor.tensor as T
    >>> signal_conv2d(T.dmatrix("image"), T.dtensor3("filters")).ndim
    3
    """
    x, w = as_tensor_variable(input), as_tensor_variable(filters)
    if x.ndim not in (2, 3) or w.ndim not in (2, 3):
        raise ShapeError("images and filters have 2 dimensions, or 3 if they are several, and "
                         f"these are {x.type} and {w.type}.", fix="T.nnet.conv2d takes 4.")
    images = dimshuffle(x, "x", "x", 0, 1) if x.ndim == 2 else dimshuffle(x, 0, "x", 1, 2)
    kernels = dimshuffle(w, "x", "x", 0, 1) if w.ndim == 2 else dimshuffle(w, 0, "x", 1, 2)
    y = convolved(2, images, kernels, None, None, border_mode, subsample, True, (1, 1), 1)
    kept = [i for i, v in enumerate((x, w)) if v.ndim == 3] + [2, 3]
    sizes = shape(y)
    return y if len(kept) == 4 else reshape(y, [sizes[i] for i in kept])


def get_conv_output_shape(image_shape: Any, kernel_shape: Any, border_mode: Any, subsample: Any,
                          filter_dilation: Any = None) -> tuple[Any, ...]:
    """The shape that a convolution puts out: numbers, symbols, or None for what is not known.

    >>> get_conv_output_shape((1, 3, 8, None), (5, 3, 3, 3), "half", (2, 2))
    (1, 5, 4, None)
    """
    if not all(isinstance(s, (tuple, list)) and len(s) > 2 for s in (image_shape, kernel_shape)):
        raise ShapeError("shapes are tuples: how many, channels, and the sizes.",
                         fix="Write (None, 3, 28, 28).")
    ndim = len(image_shape) - 2
    subsample = steps_of(subsample, ndim, "subsample")
    dilation = (1,) * ndim if filter_dilation is None else filter_dilation
    border = border_of(border_mode, ndim)
    sizes = [get_conv_shape_1axis(image_shape[i + 2], kernel_shape[i + 2],
                                  border if isinstance(border, str) else border[i], subsample[i],
                                  dilation[i]) for i in range(ndim)]
    return (image_shape[0], kernel_shape[0], *sizes)


def get_conv_shape_1axis(image_shape: Any, kernel_shape: Any, border_mode: Any, subsample: Any,
                         dilation: Any = 1) -> Any:
    """The size that a convolution puts out along one axis.

    >>> get_conv_shape_1axis(8, 3, "valid", 1)
    6
    """
    if any(v is None for v in (image_shape, kernel_shape, subsample, dilation)):
        return None
    extent = (kernel_shape - 1) * dilation + 1
    before, after = {"valid": (0, 0), "full": (extent - 1,) * 2, "half": (extent // 2,) * 2}[
        border_mode] if isinstance(border_mode, str) else (
            border_mode if isinstance(border_mode, tuple) else (border_mode,) * 2)
    return (image_shape + before + after - extent) // subsample + 1


def _scipy_like(x: Any, w: Any) -> Any:
    """A full convolution of two matrices, from its definition."""
    y = np.zeros([a + b - 1 for a, b in zip(x.shape, w.shape, strict=True)])
    for i, j in np.ndindex(*w.shape):
        y[i:i + x.shape[0], j:j + x.shape[1]] += w[i, j] * x
    return y


like(lambda x, w: signal_conv2d(x, w, border_mode="full"), lambda x, w: _scipy_like(x, w)
     if w.ndim == 2 else np.stack([_scipy_like(x, f) for f in w]), each(
         ((3, 4), (2, 3)), ((3, 4), (2, 2, 3))), name="conv2d", kinds="uif")
example("conv3d", lambda x, w: conv3d(x, w, border_mode=(0, 1, 0)),
        lambda x, w: np.stack([_scipy_like(x[0, 0, 0], w[0, 0, 0])[:, 1:-1]])[None, None],
        (1, 1, 1, 3, 4), (1, 1, 1, 2, 2), kinds="if")
like(causal_conv1d, lambda x, w, filter_shape: np.convolve(x[0, 0], w[0, 0])[None, None, :-1],
     (1, 1, 4), (1, 1, 2), filter_shape=(1, 1, 2), kinds="if")
example("conv2d_transpose", lambda x, w: conv2d_transpose(
            x, w, (None, None, 4, 5), filter_flip=False, border_mode="valid"),
        lambda x, w: _scipy_like(x[0, 0], w[0, 0])[None, None], (1, 1, 3, 4), (1, 1, 2, 2),
        kinds="if")
like(separable_conv2d, lambda x, d, p, num_channels: np.einsum(
    "bchw,c,kc->bkhw", x, d[:, 0, 0, 0], p[:, :, 0, 0]), (1, 2, 2, 3), (2, 1, 1, 1), (3, 2, 1, 1),
    num_channels=2, kinds="if")
