"""`theano.tensor.nnet.sigm`: the sigmoid, its approximations, and softplus."""

from tutor.ops.nnet import hard_sigmoid, ultra_fast_sigmoid
from tutor.ops.special import sigmoid, softplus

sigmoid_inplace, ultra_fast_sigmoid_inplace = sigmoid, ultra_fast_sigmoid

__all__ = [
    "hard_sigmoid", "sigmoid", "sigmoid_inplace", "softplus", "ultra_fast_sigmoid",
    "ultra_fast_sigmoid_inplace",
]
