"""`theano.tensor.nnet.abstract_conv`: convolution, its cotangents, and what is made of them."""

from typing import Any

from tutor.graph import Variable, as_tensor_variable
from tutor.ops.convolution import Convolution as AbstractConv
from tutor.ops.convolution import ConvolutionFilters as AbstractConv_gradWeights
from tutor.ops.convolution import ConvolutionImages as AbstractConv_gradInputs
from tutor.ops.convolution import operand, settings
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


def _slid(kind: Any, name: str, rank: int) -> Any:
    """The class over so many sizes: Theano's settings, then two operands and the sizes wanted."""
    def make(imshp: Any = None, kshp: Any = None, border_mode: Any = "valid",
             subsample: Any = (1,) * rank, filter_flip: bool = True,
             filter_dilation: Any = (1,) * rank, num_groups: int = 1,
             unshared: bool = False) -> Any:
        op = kind(*settings(rank, border_mode, subsample, filter_flip, filter_dilation, num_groups,
                            unshared))
        known = {AbstractConv: (imshp, kshp), AbstractConv_gradInputs: (kshp, None),
                 AbstractConv_gradWeights: (imshp, None)}[kind]

        def run(a: Any, b: Any, shape: Any = None, add_assert_shape: bool = True) -> Variable:
            sizes = [shape[i] for i in range(rank)] if shape is not None else []
            result: Variable = op(operand(a, rank, "the first of two operands", known[0]),
                                  operand(b, rank, "the second of two operands", known[1]),
                                  *[as_tensor_variable(n).astype("int64") for n in sizes])
            return result
        return run
    return named(name, kind, make, f"{kind.__doc__.partition('.')[0]}, over {rank} sizes.",
                 lambda op: type(op) is kind and len(op.step) == rank)


AbstractConv2d = _slid(AbstractConv, "AbstractConv2d", 2)
AbstractConv2d_gradInputs = _slid(AbstractConv_gradInputs, "AbstractConv2d_gradInputs", 2)
AbstractConv2d_gradWeights = _slid(AbstractConv_gradWeights, "AbstractConv2d_gradWeights", 2)
AbstractConv3d = _slid(AbstractConv, "AbstractConv3d", 3)
AbstractConv3d_gradInputs = _slid(AbstractConv_gradInputs, "AbstractConv3d_gradInputs", 3)
AbstractConv3d_gradWeights = _slid(AbstractConv_gradWeights, "AbstractConv3d_gradWeights", 3)

__all__ = [
    "AbstractConv", "AbstractConv2d", "AbstractConv2d_gradInputs", "AbstractConv2d_gradWeights",
    "AbstractConv3d", "AbstractConv3d_gradInputs", "AbstractConv3d_gradWeights",
    "AbstractConv_gradInputs", "AbstractConv_gradWeights", "bilinear_kernel_1D",
    "bilinear_kernel_2D",
    "bilinear_upsampling", "causal_conv1d", "conv2d",
    "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights", "conv3d", "conv3d_grad_wrt_inputs",
    "conv3d_grad_wrt_weights", "frac_bilinear_upsampling", "get_conv_output_shape",
    "get_conv_shape_1axis", "separable_conv2d", "separable_conv3d",
]
