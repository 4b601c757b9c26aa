"""`theano.tensor.sort` (there both a module and, as `T.sort`, a function): order along an axis."""

from tutor.ops.sorting import argsort, sort
from tutor.ops.topk import argtopk, topk, topk_and_argtopk
from tutor.tensor.named import ArgSortOp, SortOp, TopKOp

__all__ = ["ArgSortOp", "SortOp", "TopKOp", "argsort", "argtopk", "sort", "topk",
           "topk_and_argtopk"]
