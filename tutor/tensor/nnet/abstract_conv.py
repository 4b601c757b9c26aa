"""`theano.tensor.nnet.abstract_conv`: convolution, its cotangents, and what is made of them."""

from typing import Any

from tutor.ops.convolution import Convolution as AbstractConv
from tutor.ops.convolution import ConvolutionFilters as AbstractConv_gradWeights
from tutor.ops.convolution import ConvolutionImages as AbstractConv_gradInputs
from tutor.ops.convolution import convolved
from tutor.ops.convolutions import abstract_conv2d as conv2d
from tutor.ops.convolutions import (
    causal_conv1d,
    conv2d_grad_wrt_inputs,
    conv2d_grad_wrt_weights,
    conv3d,
    conv3d_grad_wrt_inputs,
    conv3d_grad_wrt_weights,
    get_conv_output_shape,
    get_conv_shape_1axis,
    separable_conv2d,
    separable_conv3d,
)
from tutor.ops.structured import (
    bilinear_kernel_1D,
    bilinear_kernel_2D,
    bilinear_upsampling,
    frac_bilinear_upsampling,
)
from tutor.tensor.named import named


def _slid(rank: int) -> Any:
    """The class of a convolution over so many sizes: Theano's settings, then images, filters."""
    def make(imshp: Any = None, kshp: Any = None, border_mode: Any = "valid",
             subsample: Any = (1,) * rank, filter_flip: bool = True,
             filter_dilation: Any = (1,) * rank, num_groups: int = 1,
             unshared: bool = False) -> Any:
        return lambda img, kern: convolved(rank, img, kern, imshp, kshp, border_mode, subsample,
                                           filter_flip, filter_dilation, num_groups, unshared)
    return named(f"AbstractConv{rank}d", AbstractConv, make,
                 f"Filters slid over images, over {rank} sizes.",
                 lambda op: type(op) is AbstractConv and len(op.step) == rank)


AbstractConv2d, AbstractConv3d = _slid(2), _slid(3)

__all__ = [
    "AbstractConv", "AbstractConv2d", "AbstractConv3d", "AbstractConv_gradInputs",
    "AbstractConv_gradWeights", "bilinear_kernel_1D", "bilinear_kernel_2D",
    "bilinear_upsampling", "causal_conv1d", "conv2d",
    "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights", "conv3d", "conv3d_grad_wrt_inputs",
    "conv3d_grad_wrt_weights", "frac_bilinear_upsampling", "get_conv_output_shape",
    "get_conv_shape_1axis", "separable_conv2d", "separable_conv3d",
]
