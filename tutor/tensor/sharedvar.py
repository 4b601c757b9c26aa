"""`theano.tensor.sharedvar`: variables that hold an array between calls."""

from tutor.graph.shared import SharedVariable, shared

TensorSharedVariable = ScalarSharedVariable = SharedVariable
tensor_constructor = scalar_constructor = shared

__all__ = ["ScalarSharedVariable", "SharedVariable", "TensorSharedVariable", "scalar_constructor",
           "tensor_constructor"]
