"""`theano.tensor.var` (here `T.var` is the variance): the classes of variables."""

from tutor.graph import Constant as TensorConstant
from tutor.graph import TensorVariable
from tutor.operators import Operators

_tensor_py_operators = Operators

__all__ = ["TensorConstant", "TensorVariable", "_tensor_py_operators"]
