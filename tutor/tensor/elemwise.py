"""`theano.tensor.elemwise`: the classes of elementwise ops, reductions and dimshuffle, by name."""

from tutor.tensor.named import All, CAReduce, DimShuffle, Elemwise, Prod, ProdWithoutZeros, Sum
from tutor.tensor.named import Any_ as Any

__all__ = ["All", "Any", "CAReduce", "DimShuffle", "Elemwise", "Prod", "ProdWithoutZeros", "Sum"]
