"""Theano's classes of ops of `tensor.nnet` by name: made with settings, then called on variables.

>>> import tutor.tensor as T
>>> Prepend_scalar_constant_to_each_row(1)(T.zeros((1, 2))).eval()
array([[1., 0., 0.]])
"""

from typing import Any

from tutor.graph import Variable, as_tensor_variable
from tutor.ops import convolution, fourier, nnet, pooling, special
from tutor.ops import losses as activations
from tutor.theano import losses
from tutor.theano.op_names import named

AbstractConv = convolution.Convolution
AbstractConv_gradInputs = convolution.ConvolutionImages
AbstractConv_gradWeights = convolution.ConvolutionFilters
AveragePoolGrad, MaxPoolGrad = pooling.PoolBack, pooling.PoolBackMax
DownsampleFactorMaxGradGrad = pooling.PoolPick
IRFFTOp, RFFTOp = fourier.IRFFT, fourier.RFFT
irfft_op, rfft_op = IRFFTOp(), RFFTOp()
Softmax, LogSoftmax = nnet.Softmax, nnet.LogSoftmax
# Ops that are functions; in place or not is for the compiler to decide.
softmax_op, logsoftmax_op = nnet.softmax, nnet.logsoftmax
sigmoid_inplace, ultra_fast_sigmoid_inplace = special.sigmoid, activations.ultra_fast_sigmoid

SoftmaxWithBias = named("SoftmaxWithBias", (), lambda: losses.softmax_with_bias,
                        "The softmax of a matrix and a vector added to each row.")
SoftmaxGrad = named("SoftmaxGrad", (), lambda: losses.softmax_grad,
                    "What x gets from the cotangent of its softmax.")
CrossentropySoftmaxArgmax1HotWithBias = named(
    "CrossentropySoftmaxArgmax1HotWithBias", (),
    lambda **_: losses.crossentropy_softmax_argmax_1hot_with_bias,
    "The cross-entropy of a softmax, the softmax, and its largest column.")
CrossentropySoftmax1HotWithBiasDx = named(
    "CrossentropySoftmax1HotWithBiasDx", (),
    lambda **_: losses.crossentropy_softmax_1hot_with_bias_dx,
    "What x gets from the cotangent of the cross-entropy of its softmax.")
CrossentropyCategorical1Hot = named(
    "CrossentropyCategorical1Hot", (), lambda: losses.crossentropy_categorical_1hot,
    "The cross-entropy with integer targets.")
CrossentropyCategorical1HotGrad = named(
    "CrossentropyCategorical1HotGrad", (), lambda: losses.crossentropy_categorical_1hot_grad,
    "What probabilities get from the cotangent of their cross-entropy.")
Prepend_scalar_constant_to_each_row = named(
    "Prepend_scalar_constant_to_each_row", (),
    lambda val=0: lambda mat: losses.prepended(val, mat), "A column of one number before a matrix.")
Prepend_scalar_to_each_row = named(
    "Prepend_scalar_to_each_row", (), lambda: losses.prepend_scalar_to_each_row,
    "A column of a scalar before a matrix.")


def _slid(kind: Any, name: str, rank: int) -> Any:
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
            result: Variable = op(*pair, *[as_tensor_variable(n).astype("int64") for n in sizes])
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
