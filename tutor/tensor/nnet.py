"""`tutor.tensor.nnet`: what neural networks are built from; public names only.

>>> import tutor.tensor as T
>>> T.nnet.relu(T.dvector("x")).ndim
1
"""

from tutor.core.elementwise import sigmoid
from tutor.names import naming_the_nearest
from tutor.ops.convolutions import *
from tutor.ops.layers import *
from tutor.ops.losses import *
from tutor.ops.neighbours import *
from tutor.ops.softmax import logsoftmax, softmax
from tutor.ops.special import softplus
from tutor.signatures import answering_module
from tutor.tensor.absent import instead_in_nnet

__all__ = sorted(name for name, found in globals().items() if getattr(
    found, "__module__", "").startswith(("tutor.core.", "tutor.ops.")))

__getattr__ = naming_the_nearest("tutor.tensor.nnet", "T.nnet.", __all__, instead_in_nnet)
answering_module(globals())
