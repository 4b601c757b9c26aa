"""What programs import of cuDNN and its kin: the same convolutions and pooling, on the processor.

>>> import tutor.tensor as T
>>> dnn_conv(T.ones((1, 1, 4, 4)), T.ones((1, 1, 3, 3)), border_mode=1).shape.eval()
array([1, 1, 4, 4])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tutor.graph import Variable, as_tensor_variable
from tutor.ops.convolutions import (
    conv2d,
    conv2d_grad_wrt_inputs,
    conv2d_grad_wrt_weights,
    conv3d,
    conv3d_grad_wrt_inputs,
    conv3d_grad_wrt_weights,
)
from tutor.ops.creation import alloc, empty
from tutor.ops.functions import exp, log
from tutor.ops.normalization import batch_normalization_test, batch_normalization_train
from tutor.ops.pooling import pool_2d, pool_3d

dnn_batch_normalization_train = batch_normalization_train
dnn_batch_normalization_test = batch_normalization_test


class Convolving(NamedTuple):
    """How images and filters meet, as cuDNN says it: "conv" turns the filters, "cross" does not."""

    border_mode: Any = "valid"
    subsample: Any = (1, 1)
    dilation: Any = (1, 1)
    conv_mode: str = "conv"

    def settings(self) -> dict[str, Any]:
        """The arguments of `conv2d` that mean the same."""
        return {"border_mode": self.border_mode, "subsample": self.subsample,
                "filter_dilation": self.dilation, "filter_flip": self.conv_mode == "conv"}


def dnn_conv(img: Any, kerns: Any, border_mode: Any = "valid", subsample: Any = (1, 1),
             dilation: Any = (1, 1), conv_mode: str = "conv", *tuning: Any, num_groups: int = 1,
             **more: Any) -> Variable:
    """`conv2d`; what tuned cuDNN means nothing here."""
    how = Convolving(border_mode, subsample, dilation, conv_mode)
    return conv2d(img, kerns, num_groups=num_groups, **how.settings())


def dnn_conv3d(img: Any, kerns: Any, border_mode: Any = "valid", subsample: Any = (1, 1, 1),
               dilation: Any = (1, 1, 1), conv_mode: str = "conv", *tuning: Any,
               num_groups: int = 1, **more: Any) -> Variable:
    """`conv3d`."""
    how = Convolving(border_mode, subsample, dilation, conv_mode)
    return conv3d(img, kerns, num_groups=num_groups, **how.settings())


def _gradient(compute: Callable[..., Variable], ndim: int, inputs_first: bool
              ) -> Callable[..., Variable]:
    """`dnn_gradinput` and `dnn_gradweight`: what meets, and the shape of what is looked for."""
    def gradient(first: Any, topgrad: Any, shape: Any, border_mode: Any = "valid",
                 subsample: Any = (1,) * ndim, dilation: Any = (1,) * ndim,
                 conv_mode: str = "conv", *tuning: Any, **more: Any) -> Variable:
        how = Convolving(border_mode, subsample, dilation, conv_mode)
        pair = (first, topgrad) if inputs_first else (topgrad, first)
        return compute(*pair, _sizes(shape, ndim + 2), **how.settings())
    return gradient


def _sizes(shape: Any, n: int) -> Any:
    """A shape, which may be one symbol, as a list of its sizes."""
    return [shape[i] for i in range(n)]


dnn_gradinput = _gradient(conv2d_grad_wrt_inputs, 2, False)
dnn_gradinput3d = _gradient(conv3d_grad_wrt_inputs, 3, False)
dnn_gradweight = _gradient(conv2d_grad_wrt_weights, 2, True)
dnn_gradweight3d = _gradient(conv3d_grad_wrt_weights, 3, True)


def dnn_pool(img: Any, ws: Any, stride: Any = None, mode: str = "max", pad: Any = None) -> Variable:
    """`pool_2d` or `pool_3d`, by the length of `ws`; windows that stick out are left off.

    >>> import tutor.tensor as T
    >>> dnn_pool(T.ones((1, 1, 5, 5)), (2, 2)).shape.eval()
    array([1, 1, 4, 4])
    """
    n = len(ws)
    mode = "max" if mode == "max_deterministic" else mode
    pool = pool_2d if n == 2 else pool_3d
    found: Variable = pool(img, ws, ignore_border=True, stride=stride or (1,) * n,
                           pad=pad or (0,) * n, mode=mode)
    return found


def GpuDnnConvDesc(border_mode: Any, subsample: Any = (1, 1), dilation: Any = (1, 1),
                   conv_mode: str = "conv", *tuning: Any, **more: Any
                   ) -> Callable[..., Convolving]:
    """What is called on the shapes of images and filters, and says how they meet."""
    how = Convolving(border_mode, subsample, dilation, conv_mode)
    return lambda *shapes: how


def GpuDnnConv(**tuning: Any) -> Callable[..., Variable]:
    """What convolves images and filters as a `GpuDnnConvDesc` says."""
    return lambda img, kerns, out, how, *scales: conv2d(img, kerns, **how.settings())


def GpuDnnConvGradI(**tuning: Any) -> Callable[..., Variable]:
    """What gives images, of the shape of `out`, from filters and the gradient of the output."""
    return lambda kerns, topgrad, out, how, *scales: conv2d_grad_wrt_inputs(
        topgrad, kerns, _sizes(as_tensor_variable(out).shape, 4), **how.settings())


def GpuDnnConvGradW(**tuning: Any) -> Callable[..., Variable]:
    """What gives filters, of the shape of `out`, from images and the gradient of the output."""
    return lambda img, topgrad, out, how, *scales: conv2d_grad_wrt_weights(
        img, topgrad, _sizes(as_tensor_variable(out).shape, 4), **how.settings())


def GpuDnnPool(mode: str = "max") -> Callable[..., Variable]:
    """What pools images over windows."""
    return lambda img, ws, stride=None, pad=None: dnn_pool(img, ws, stride, mode, pad)


def GpuDnnSoftmax(*settings: Any) -> Callable[[Any], Variable]:
    """The softmax: over the channels, which is all of a row, or over the whole of an image."""
    logs = "log" in settings
    over = -1 if "instance" in settings else 1

    def softmax(x: Any) -> Variable:
        x = as_tensor_variable(x)
        axis = tuple(range(1, x.ndim)) if over == -1 else over
        shifted = x - x.max(axis=axis, keepdims=True)
        total = exp(shifted).sum(axis=axis, keepdims=True)
        found: Variable = shifted - log(total)
        return found if logs else exp(found)
    return softmax


def GpuCorrMM(border_mode: Any = "valid", subsample: Any = (1, 1), filter_dilation: Any = (1, 1),
              *tuning: Any, **more: Any) -> Callable[..., Variable]:
    """What slides filters over images without turning them round."""
    pad = more.get("pad", (0, 0))
    mode = pad if border_mode == "valid" and tuple(pad) != (0, 0) else border_mode
    return lambda img, kerns: conv2d(img, kerns, border_mode=mode, subsample=subsample,
                                     filter_dilation=filter_dilation, filter_flip=False)


def conv2d_fft(input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None,
               border_mode: Any = "valid", pad_last_dim: bool = False) -> Variable:
    """`conv2d`."""
    return conv2d(input, filters, image_shape, filter_shape, border_mode)


gpu_alloc = alloc


def gpu_alloc_empty(*shape: Any) -> Any:
    """`T.alloc_empty` of floats; with a context and a dtype, as of later versions, their maker."""
    if len(shape) == 2 and (shape[0] is None or isinstance(shape[1], str)):
        return lambda *sizes: empty(sizes, shape[1])
    return empty(shape, "float32")


def GpuAllocEmpty(dtype: str = "float32", context_name: Any = None) -> Callable[..., Variable]:
    """What gives arrays of a shape, with anything in them."""
    made: Callable[..., Variable] = gpu_alloc_empty(context_name, dtype)
    return made
