"""`tutor.tensor.nnet`: what neural networks are built from; public names only.

Theano's submodules are here under their own names: `abstract_conv`, `bn`, `conv`, `conv3d2d`,
`blocksparse`, `neighbours`, `nnet`, `sigm`.

>>> import tutor.tensor as T
>>> T.nnet.relu(T.dvector("x")).ndim
1
"""

from tutor.names import naming_the_nearest
from tutor.ops.convolutions import (
    abstract_conv2d,
    conv2d,
    conv2d_grad_wrt_inputs,
    conv2d_transpose,
    conv3d,
    separable_conv2d,
)
from tutor.ops.normalization import batch_normalization
from tutor.ops.special import sigmoid, softplus
from tutor.tensor.nnet import (
    abstract_conv,
    blocksparse,
    bn,
    conv,
    conv3d2d,
    neighbours,
    nnet,
    sigm,
)
from tutor.tensor.nnet.classes import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    Prepend_scalar_constant_to_each_row,
    Prepend_scalar_to_each_row,
    SoftmaxGrad,
    SoftmaxWithBias,
)
from tutor.tensor.nnet.nnet import (
    LogSoftmax,
    Softmax,
    binary_crossentropy,
    categorical_crossentropy,
    confusion_matrix,
    crossentropy_categorical_1hot,
    crossentropy_categorical_1hot_grad,
    crossentropy_softmax_1hot,
    crossentropy_softmax_1hot_with_bias,
    crossentropy_softmax_1hot_with_bias_dx,
    crossentropy_softmax_argmax_1hot_with_bias,
    crossentropy_softmax_max_and_argmax_1hot,
    crossentropy_softmax_max_and_argmax_1hot_with_bias,
    elu,
    h_softmax,
    logsoftmax,
    logsoftmax_op,
    prepend_0_to_each_row,
    prepend_1_to_each_row,
    prepend_scalar_to_each_row,
    relu,
    selu,
    sigmoid_binary_crossentropy,
    softmax,
    softmax_grad,
    softmax_graph,
    softmax_op,
    softmax_with_bias,
    softsign,
)
from tutor.tensor.nnet.sigm import hard_sigmoid, ultra_fast_sigmoid

sigmoid_inplace = sigmoid  # in place or not is for the compiler to decide

__all__ = [
    "CrossentropyCategorical1Hot", "CrossentropyCategorical1HotGrad",
    "CrossentropySoftmax1HotWithBiasDx", "CrossentropySoftmaxArgmax1HotWithBias", "LogSoftmax",
    "Prepend_scalar_constant_to_each_row", "Prepend_scalar_to_each_row", "Softmax", "SoftmaxGrad",
    "SoftmaxWithBias", "abstract_conv", "abstract_conv2d", "batch_normalization",
    "binary_crossentropy", "blocksparse", "bn", "categorical_crossentropy", "confusion_matrix",
    "conv", "conv2d", "conv2d_grad_wrt_inputs", "conv2d_transpose", "conv3d", "conv3d2d",
    "crossentropy_categorical_1hot", "crossentropy_categorical_1hot_grad",
    "crossentropy_softmax_1hot", "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_1hot_with_bias_dx", "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias", "elu", "h_softmax", "hard_sigmoid",
    "logsoftmax", "logsoftmax_op", "neighbours", "nnet", "prepend_0_to_each_row",
    "prepend_1_to_each_row", "prepend_scalar_to_each_row", "relu", "selu", "separable_conv2d",
    "sigm", "sigmoid", "sigmoid_binary_crossentropy", "sigmoid_inplace", "softmax", "softmax_grad",
    "softmax_graph", "softmax_op", "softmax_with_bias", "softplus", "softsign",
    "ultra_fast_sigmoid",
]

__getattr__ = naming_the_nearest("tutor.tensor.nnet", "T.nnet.", __all__)
