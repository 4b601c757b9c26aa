"""`tutor.tensor.nnet`: what neural networks are built from; public names only.

>>> import tutor.tensor as T
>>> T.nnet.relu(T.dvector("x")).ndim
1
"""

from tutor.core.arithmetic import sigmoid
from tutor.names import naming_the_nearest
from tutor.ops.convolutions import (
    causal_conv1d,
    conv2d,
    conv2d_grad_wrt_inputs,
    conv2d_grad_wrt_weights,
    conv2d_transpose,
    conv3d,
    conv3d_grad_wrt_inputs,
    conv3d_grad_wrt_weights,
    get_conv_output_shape,
    separable_conv2d,
    separable_conv3d,
)
from tutor.ops.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    confusion_matrix,
    elu,
    hard_sigmoid,
    relu,
    selu,
    sigmoid_binary_crossentropy,
    softsign,
    ultra_fast_sigmoid,
)
from tutor.ops.neighbours import images2neibs, neibs2images
from tutor.ops.nnet import logsoftmax, softmax
from tutor.ops.normalization import (
    batch_normalization,
    batch_normalization_test,
    batch_normalization_train,
)
from tutor.ops.special import softplus
from tutor.ops.structured import (
    bilinear_kernel_1D,
    bilinear_kernel_2D,
    bilinear_upsampling,
    frac_bilinear_upsampling,
    h_softmax,
    sparse_block_dot,
)
from tutor.signatures import answering_module
from tutor.tensor.absent import IN_NNET

__all__ = [
    "batch_normalization", "batch_normalization_test", "batch_normalization_train",
    "bilinear_kernel_1D", "bilinear_kernel_2D", "bilinear_upsampling", "binary_crossentropy",
    "categorical_crossentropy", "causal_conv1d", "confusion_matrix", "conv2d",
    "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights", "conv2d_transpose", "conv3d",
    "conv3d_grad_wrt_inputs", "conv3d_grad_wrt_weights", "elu", "frac_bilinear_upsampling",
    "get_conv_output_shape", "h_softmax", "hard_sigmoid", "images2neibs", "logsoftmax",
    "neibs2images", "relu", "selu", "separable_conv2d", "separable_conv3d", "sigmoid",
    "sigmoid_binary_crossentropy", "softmax", "softplus", "softsign", "sparse_block_dot",
    "ultra_fast_sigmoid",
]

__getattr__ = naming_the_nearest("tutor.tensor.nnet", "T.nnet.", __all__, IN_NNET)
answering_module(globals())
