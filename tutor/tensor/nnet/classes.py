"""Theano's classes of ops of `tensor.nnet` that are functions here: made, then called.

>>> import tutor.tensor as T
>>> T.nnet.Prepend_scalar_constant_to_each_row(1)(T.zeros((1, 2))).eval()
array([[1., 0., 0.]])
"""

from tutor.ops import losses, nnet
from tutor.tensor.named import named

SoftmaxWithBias = named("SoftmaxWithBias", (), lambda: nnet.softmax_with_bias,
                        "The softmax of a matrix and a vector added to each row.")
SoftmaxGrad = named("SoftmaxGrad", (), lambda: nnet.softmax_grad,
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

__all__ = [
    "CrossentropyCategorical1Hot", "CrossentropyCategorical1HotGrad",
    "CrossentropySoftmax1HotWithBiasDx", "CrossentropySoftmaxArgmax1HotWithBias",
    "Prepend_scalar_constant_to_each_row", "Prepend_scalar_to_each_row", "SoftmaxGrad",
    "SoftmaxWithBias",
]
