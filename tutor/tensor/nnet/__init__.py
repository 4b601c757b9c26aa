"""`tutor.tensor.nnet`: what neural networks are built from; public names only.

>>> import tutor.tensor as T
>>> T.nnet.relu(T.dvector("x")).ndim
1
"""

from tutor.ops.convolutions import (
    abstract_conv2d,
    conv2d,
    conv2d_grad_wrt_inputs,
    conv2d_transpose,
    conv3d,
    separable_conv2d,
)
from tutor.ops.nnet import (
    binary_crossentropy,
    categorical_crossentropy,
    confusion_matrix,
    crossentropy_categorical_1hot,
    crossentropy_softmax_1hot,
    crossentropy_softmax_argmax_1hot_with_bias,
    elu,
    hard_sigmoid,
    logsoftmax,
    relu,
    selu,
    sigmoid_binary_crossentropy,
    softmax,
    softmax_graph,
    softmax_with_bias,
    softsign,
    ultra_fast_sigmoid,
)
from tutor.ops.special import sigmoid, softplus
from tutor.tensor.nnet import abstract_conv, conv

__all__ = [
    "abstract_conv",
    "abstract_conv2d",
    "binary_crossentropy",
    "categorical_crossentropy",
    "confusion_matrix",
    "conv",
    "conv2d",
    "conv2d_grad_wrt_inputs",
    "conv2d_transpose",
    "conv3d",
    "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "elu",
    "hard_sigmoid",
    "logsoftmax",
    "relu",
    "selu",
    "separable_conv2d",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_graph",
    "softmax_with_bias",
    "softplus",
    "softsign",
    "ultra_fast_sigmoid",
]
