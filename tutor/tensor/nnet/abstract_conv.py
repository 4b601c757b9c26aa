"""`theano.tensor.nnet.abstract_conv`: convolution, its cotangents, and what is made of them."""

from tutor.ops.convolution import Convolution as AbstractConv
from tutor.ops.convolution import ConvolutionFilters as AbstractConv_gradWeights
from tutor.ops.convolution import ConvolutionImages as AbstractConv_gradInputs
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

__all__ = [
    "AbstractConv", "AbstractConv_gradInputs", "AbstractConv_gradWeights", "bilinear_kernel_1D",
    "bilinear_kernel_2D", "bilinear_upsampling", "causal_conv1d", "conv2d",
    "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights", "conv3d", "conv3d_grad_wrt_inputs",
    "conv3d_grad_wrt_weights", "frac_bilinear_upsampling", "get_conv_output_shape",
    "get_conv_shape_1axis", "separable_conv2d", "separable_conv3d",
]
