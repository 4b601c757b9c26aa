"""`theano.tensor.nnet.nnet`: the softmax family, rectifiers and cross-entropies."""

from tutor.ops.losses import (
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
    prepend_0_to_each_row,
    prepend_1_to_each_row,
    prepend_scalar_to_each_row,
    sigmoid_binary_crossentropy,
)
from tutor.ops.nnet import (
    LogSoftmax,
    Softmax,
    elu,
    logsoftmax,
    relu,
    selu,
    softmax,
    softmax_grad,
    softmax_graph,
    softmax_with_bias,
    softsign,
)
from tutor.ops.special import sigmoid, softplus
from tutor.ops.structured import h_softmax, sparse_block_dot

softmax_op, logsoftmax_op = softmax, logsoftmax

__all__ = [
    "LogSoftmax", "Softmax", "binary_crossentropy", "categorical_crossentropy", "confusion_matrix",
    "crossentropy_categorical_1hot", "crossentropy_categorical_1hot_grad",
    "crossentropy_softmax_1hot", "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_1hot_with_bias_dx", "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias", "elu", "h_softmax", "logsoftmax",
    "logsoftmax_op", "prepend_0_to_each_row", "prepend_1_to_each_row",
    "prepend_scalar_to_each_row", "relu", "selu", "sigmoid", "sigmoid_binary_crossentropy",
    "softmax", "softmax_grad", "softmax_graph", "softmax_op", "softmax_with_bias", "softplus",
    "softsign", "sparse_block_dot",
]
