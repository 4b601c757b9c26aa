"""Names for what is not here: graphics processors and sparse matrices, which programs ask after,
and cuDNN's convolutions and pooling, which are the same on the processor.

>>> cuda_available, dnn_available(), isinstance(T.dmatrix().type, DeviceType)
(False, False, False)
>>> dnn_conv(T.ones((1, 1, 4, 4)), T.ones((1, 1, 3, 3)), border_mode=1).shape.eval()
array([1, 1, 4, 4])
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import tutor.tensor as T
from tutor.core.graph import Variable, as_tensor_variable
from tutor.tensor import nnet
from tutor.tensor.signal.pool import pool_2d, pool_3d
from tutor.theano.places import aliases

cuda_available = cuda_enabled = pygpu_activated = enable_sparse = False
_reported: set[str] = set()
__getattr__ = aliases("devices")


class DeviceType:
    """The type of an array on a device, or of a sparse matrix: no variable has it."""


class DeviceVariable:
    """A variable whose value is on a device, or sparse: none is one."""


def dnn_available(context_name: str | None = None) -> bool:
    """False: cuDNN cannot be used."""
    return False


def use(device: str, *args: Any, **kwargs: Any) -> None:
    """Say, once a device, that the program runs on the processor instead."""
    if device not in _reported and not str(device).startswith("cpu"):
        _reported.add(device)
        print(f"tutor: no {device} here; this program runs on the CPU.", file=sys.stderr)


def stays(value: Any, *context: Any) -> Any:
    """`value` as a variable: what moves arrays to a device and back is nothing here.

    >>> x = T.dmatrix()
    >>> stays(x) is x
    True
    """
    return as_tensor_variable(value)


def as_sparse_or_tensor_variable(value: Any, name: str | None = None) -> Any:
    """`value` as a variable, which is dense."""
    return as_tensor_variable(value, name)


def _is_sparse_variable(value: Any) -> bool:
    return False


def _is_dense_variable(value: Any) -> bool:
    return True


def _settings(border_mode: Any = "valid", subsample: Any = None, dilation: Any = None,
              conv_mode: str = "conv", *tuning: Any, rank: int = 2, **more: Any) -> dict[str, Any]:
    """The arguments of `conv2d` that mean the same: "conv" turns the filters, "cross" does not."""
    return {"border_mode": border_mode, "subsample": subsample or (1,) * rank,
            "filter_dilation": dilation or (1,) * rank, "filter_flip": conv_mode == "conv"}


def dnn_conv(img: Any, kerns: Any, *settings: Any, num_groups: int = 1, **more: Any) -> Variable:
    """`conv2d`, of volumes `conv3d`; what tuned cuDNN means nothing here."""
    rank = as_tensor_variable(kerns).ndim - 2
    return (nnet.conv3d if rank == 3 else nnet.conv2d)(
        img, kerns, num_groups=num_groups, **_settings(*settings, rank=rank, **more))


def dnn_gradinput(kerns: Any, topgrad: Any, img_shp: Any, *settings: Any, **more: Any) -> Variable:
    """The cotangent of images, or volumes, of this shape."""
    rank = as_tensor_variable(kerns).ndim - 2
    return (nnet.conv3d_grad_wrt_inputs if rank == 3 else nnet.conv2d_grad_wrt_inputs)(
        topgrad, kerns, _sizes(img_shp, rank + 2), **_settings(*settings, rank=rank, **more))


def dnn_gradweight(img: Any, topgrad: Any, kerns_shp: Any, *settings: Any, **more: Any) -> Variable:
    """The cotangent of filters of this shape."""
    rank = as_tensor_variable(img).ndim - 2
    return (nnet.conv3d_grad_wrt_weights if rank == 3 else nnet.conv2d_grad_wrt_weights)(
        img, topgrad, _sizes(kerns_shp, rank + 2), **_settings(*settings, rank=rank, **more))


def _sizes(shape: Any, n: int) -> Any:
    """A shape, which may be one symbol, as a list of its sizes."""
    return [shape[i] for i in range(n)]


def dnn_pool(img: Any, ws: Any, stride: Any = None, mode: str = "max", pad: Any = None) -> Variable:
    """`pool_2d` or `pool_3d`, by the length of `ws`; windows that stick out are left off.

    >>> dnn_pool(T.ones((1, 1, 5, 5)), (2, 2)).shape.eval()
    array([1, 1, 4, 4])
    """
    n = len(ws)
    return (pool_2d if n == 2 else pool_3d)(
        img, ws, ignore_border=True, stride=stride or (1,) * n, pad=pad or (0,) * n,
        mode=mode.removesuffix("_deterministic"))


def GpuDnnConvDesc(*settings: Any, **more: Any) -> Callable[..., Sequence[Any]]:
    """A function of the shapes of images and filters, which says how they meet."""
    return lambda *shapes: (settings, more)


def GpuDnnConv(**tuning: Any) -> Callable[..., Variable]:
    """A function that convolves images and filters as a `GpuDnnConvDesc` says."""
    return lambda img, kerns, out, how, *scales: dnn_conv(img, kerns, *how[0], **how[1])


def GpuDnnConvGradI(**tuning: Any) -> Callable[..., Variable]:
    """A function to images, of the shape of `out`, from filters and the cotangent of the output."""
    return lambda kerns, topgrad, out, how, *scales: dnn_gradinput(
        kerns, topgrad, as_tensor_variable(out).shape, *how[0], **how[1])


def GpuDnnConvGradW(**tuning: Any) -> Callable[..., Variable]:
    """A function to filters, of the shape of `out`, from images and the cotangent of the output."""
    return lambda img, topgrad, out, how, *scales: dnn_gradweight(
        img, topgrad, as_tensor_variable(out).shape, *how[0], **how[1])


def GpuDnnPool(mode: str = "max") -> Callable[..., Variable]:
    """A function that pools images over windows."""
    return lambda img, ws, stride=None, pad=None: dnn_pool(img, ws, stride, mode, pad)


def GpuDnnSoftmax(*settings: Any) -> Callable[[Any], Variable]:
    """The softmax: over the channels, which is all of a row, or over the whole of an image."""
    def softmax(x: Any) -> Variable:
        x = as_tensor_variable(x)
        axis = tuple(range(1, x.ndim)) if "instance" in settings else 1
        shifted = x - x.max(axis=axis, keepdims=True)
        found: Variable = shifted - T.log(T.exp(shifted).sum(axis=axis, keepdims=True))
        return found if "log" in settings else T.exp(found)
    return softmax


def GpuCorrMM(border_mode: Any = "valid", subsample: Any = (1, 1), filter_dilation: Any = (1, 1),
              *tuning: Any, pad: Any = (0, 0), **more: Any) -> Callable[..., Variable]:
    """A function that slides filters over images without turning them round."""
    mode = pad if border_mode == "valid" and tuple(pad) != (0, 0) else border_mode
    return lambda img, kerns: nnet.conv2d(img, kerns, border_mode=mode, subsample=subsample,
                                          filter_dilation=filter_dilation, filter_flip=False)


def conv2d_fft(input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None,
               border_mode: Any = "valid", pad_last_dim: bool = False) -> Variable:
    """`conv2d`."""
    return nnet.conv2d(input, filters, image_shape, filter_shape, border_mode)


def gpu_alloc_empty(*shape: Any) -> Any:
    """`T.alloc_empty` of floats; with a context and a dtype, as of later versions, their maker."""
    if len(shape) == 2 and (shape[0] is None or isinstance(shape[1], str)):
        return lambda *sizes: T.empty(sizes, shape[1])
    return T.empty(shape, "float32")


def GpuAllocEmpty(dtype: str = "float32", context_name: Any = None) -> Callable[..., Variable]:
    """A function that gives arrays of a shape, with anything in them."""
    return gpu_alloc_empty(context_name, dtype)
