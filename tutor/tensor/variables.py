"""`theano.tensor.var` (here `T.var` is the variance): the classes of variables."""

from tutor.ops.variables import Operators, TensorConstant, TensorVariable

_tensor_py_operators = Operators

__all__ = ["TensorConstant", "TensorVariable", "_tensor_py_operators"]
