"""`theano.tensor.sharedvar`: variables that hold an array between calls."""

from tutor.ops.shared import SharedVariable, shared

TensorSharedVariable = ScalarSharedVariable = SharedVariable
tensor_constructor = scalar_constructor = shared

__all__ = ["ScalarSharedVariable", "SharedVariable", "TensorSharedVariable", "scalar_constructor",
           "tensor_constructor"]
