"""The k largest elements along an axis, and where they stand.

Comes after sorting. The positions are an op; the values are taken at them, and so is the gradient.

>>> topk([3, 1, 2], 2).eval()
array([3, 2])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import DTypeError
from tutor.graph import Apply, Variable, apply, as_tensor_variable
from tutor.operators import public
from tutor.ops.arguments import one_axis
from tutor.ops.elementwise import DISCRETE
from tutor.ops.registry import example
from tutor.ops.shape import flatten
from tutor.ops.sizes import one_size
from tutor.ops.sorting import Selection, take_along_axis
from tutor.types import TensorType, checked_dtype


class TopK(Selection):
    """The positions of the k largest elements along an axis, largest first; of the -k smallest,
    smallest first, for a negative k.
    """

    __props__ = ("axis", "dtype")
    takes_numbers = True
    name, doc = "argtopk", "The positions of the k largest elements along an axis."

    def __init__(self, axis: int, dtype: str) -> None:
        self.axis, self.dtype = axis, dtype

    def make_node(self, x: Variable, k: Variable) -> Apply:
        pattern = [one and i != self.axis for i, one in enumerate(x.broadcastable)]
        return apply(self, [x, k], TensorType(self.dtype, pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"top_positions({names[0]}, {names[1]}, {self.axis}, {self.dtype!r})"


def _ready(x: Any, axis: Any, idx_dtype: Any) -> tuple[Variable, int, str]:
    x = as_tensor_variable(x)
    if axis is None:
        x, axis = flatten(x), 0
    dtype = checked_dtype(idx_dtype)
    if dtype not in DISCRETE or dtype == "bool" or x.dtype.startswith("complex"):
        raise DTypeError(f"the largest of {x.type} cannot be counted in {dtype}.",
                         fix="Pass real numbers, and idx_dtype='int64'.")
    return x, one_axis(axis, x.ndim, "topk"), dtype


@public
def topk_and_argtopk(x: Any, kth: Any, axis: int | None = -1, sorted: bool = True,
                     idx_dtype: Any = "int64") -> list[Variable]:
    """The `kth` largest elements along an axis (of the flattened x, if None), largest first, and
    their positions; the smallest ones, smallest first, where `kth` is negative.
    """
    x, axis, dtype = _ready(x, axis, idx_dtype)
    found: Variable = TopK(axis, dtype)(x, as_tensor_variable(one_size(kth)))
    return [take_along_axis(x, found, axis), found]


@public
def topk(x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: Any = "int64"
         ) -> Variable:
    """The `kth` largest elements along an axis (see `topk_and_argtopk`)."""
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[0]


@public
def argtopk(x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: Any = "int64"
            ) -> Variable:
    """The positions of the `kth` largest elements along an axis (see `topk_and_argtopk`)."""
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[1]


example("topk", lambda x: topk(x, 2, 0), lambda x: np.sort(x, 0)[::-1][:2], (3, 4), kinds="biuf")
example("topk", lambda x: topk(x, -2, 0), lambda x: np.sort(x, 0)[:2], (3, 4), kinds="biuf")
example("argtopk", lambda x: argtopk(x, 2), lambda x: np.argsort(-x, 1, "stable")[:, :2], (3, 4),
        differentiable=False, kinds="f")
