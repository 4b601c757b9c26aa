"""Positions as numbers: flat ones and those by dimensions, permutations, one-hot rows.

Comes after sorting.

>>> [v.eval() for v in unravel_index(5, (3, 4))]
[array(1), array(1)]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tutor.checking import truth, whole
from tutor.core.arrays import shape
from tutor.core.elementwise import broadcast_pattern, cast, fill
from tutor.core.errors import DTypeError, ShapeError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, quoted
from tutor.core.types import DISCRETE, TensorType, checked_dtype
from tutor.notation import call, said
from tutor.ops.creation import arange, zeros
from tutor.ops.examples import each, example, like
from tutor.ops.indexing import set_subtensor
from tutor.ops.shape import lifted, one_size, shape_parts, unlike
from tutor.ops.sorting import Selection, take_along_axis

__all__ = [
    "default", "inverse_permutation", "permute_row_elements", "ravel_multi_index", "to_one_hot",
    "unravel_index",
]  # fmt: skip


class UnravelIndex(Selection):
    """Flat positions as positions in each dimension of a shape."""

    ndim: int
    order: Literal["C", "F"] = "C"
    name = "unravel_index"

    def types(self, indices: Variable, dims: Variable) -> list[TensorType]:
        return [TensorType("int64", indices.broadcastable)] * self.ndim

    def source(self, node: Apply, names: Sequence[str]) -> str:
        one = "[0]" if self.ndim == 1 else ""
        return f"unravel_index({names[0]}, {names[1]}, {self.order!r}){one}"


class RavelMultiIndex(Selection):
    """Positions in each dimension of a shape as flat ones."""

    mode: Literal["raise", "wrap", "clip"] = "raise"
    order: Literal["C", "F"] = "C"
    name = "ravel_multi_index"

    def types(self, *inputs: Variable) -> TensorType:
        return TensorType("int64", broadcast_pattern([v.broadcastable for v in inputs[:-1]]))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return (f"array(ravel_multi_index(({', '.join(names[:-1])},), {names[-1]}, {self.mode!r}, "
                f"{self.order!r}))")


class InversePermutation(Selection):
    """The permutation that undoes another."""

    name, numpy = "inverse_permutation", "argsort({0}, axis=-1).astype({dtype!r})"


def whole_numbers(value: Any, what: str) -> Variable:
    """A tensor of integers."""
    v = as_tensor_variable(value)
    if v.dtype not in DISCRETE or v.dtype == "bool":
        raise unlike(f"{what} are integers", v, "T.cast(x, 'int64')", DTypeError)
    return v


def unravel_index(indices: Any, dims: Any, order: Any = "C", ndim: int | None = None) -> Any:
    """Flat positions as positions in each dimension of a shape: a tuple, a tensor for each. Raises
    DTypeError for what are no integers, and BadValueError, when it runs, for a position outside.

    >>> [v.eval() for v in unravel_index([2, 7], (3, 4))]
    [array([0, 1]), array([2, 3])]
    """
    flat = whole_numbers(indices, "positions")
    sizes, vector = shape_parts(dims, None if ndim is None else whole(ndim, "ndim"))
    if not sizes:
        raise ShapeError("how many dimensions there are is not known.", fix="Pass dims as a tuple.")
    op = UnravelIndex(len(sizes), order)
    return tuple(op.make_node(flat, vector).outputs)


def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C"
                      ) -> Variable:
    """Positions in each dimension of a shape, a tuple of tensors, as flat positions. Raises
    BadValueError, when it runs, for a position outside, unless `mode` is "wrap" or "clip".

    >>> ravel_multi_index(([0, 1], [2, 3]), (3, 4)).eval()
    array([2, 7])
    """
    if not isinstance(multi_index, (tuple, list)) or not multi_index:
        raise DTypeError(f"positions are a tuple of tensors, and they are {quoted(multi_index)}.",
                         fix="Pass one for each dimension.")
    parts = [whole_numbers(v, "positions") for v in multi_index]
    sizes, vector = shape_parts(dims, len(parts))
    if sizes is None or len(sizes) != len(parts):
        raise ShapeError(f"positions in {len(parts)} dimensions do not go with {quoted(dims)}.",
                         fix="Pass as many sizes.")
    return RavelMultiIndex(mode, order)(*parts, vector)


def inverse_permutation(perm: Any) -> Variable:
    """The permutation that undoes another (of each row, for a matrix). Raises DTypeError for what
    are no integers.

    >>> inverse_permutation([2, 0, 1]).eval()
    array([1, 2, 0])
    """
    p = whole_numbers(perm, "permutations")
    if p.ndim not in (1, 2):
        raise unlike("a permutation is a vector, or rows of them", p, "Reshape it.")
    return InversePermutation()(p)


def permute_row_elements(x: Any, y: Any, inverse: Any = 0) -> Variable:
    """The elements of each row of x in the order of the same row of y; with `inverse`, back. Raises
    DTypeError for what are no integers, and BadIndexError, when it runs, for a place that is not
    there.

    >>> permute_row_elements([5.0, 6.0, 7.0], [2, 0, 1]).eval()
    array([7., 5., 6.])
    """
    x, p = as_tensor_variable(x), whole_numbers(y, "permutations")
    if not x.ndim or not p.ndim:
        raise ShapeError("the elements of rows are permuted, and a scalar has none.",
                         fix="Pass vectors or matrices.")
    if truth(inverse.data.item() if isinstance(inverse, Constant) else inverse, "inverse"):
        p = InversePermutation()(p)
    ndim = max(x.ndim, p.ndim)
    x, p = lifted(x, ndim), lifted(p, ndim)
    if x.broadcastable != p.broadcastable:
        x, p = fill(p, x), fill(x, p)
    return take_along_axis(x, p, ndim - 1)


def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Variable:
    """A row of zeros for each number in a vector, with a 1 in the column of that number. Raises
    ShapeError for what is no vector, DTypeError for what are no integers, and BadIndexError, when
    it runs, for a number that has no column.

    >>> to_one_hot([1, 0], 3).eval()
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    columns = whole_numbers(y, "classes")
    if columns.ndim != 1:
        raise unlike("classes are a vector", columns, "Flatten them.")
    n = shape(columns)[0]
    rows = zeros((n, one_size(nb_class)), checked_dtype(dtype))
    hot = set_subtensor(rows[arange(n), columns], cast(as_tensor_variable(1), rows.dtype))
    count = as_tensor_variable(nb_class)
    return said(hot, "to_one_hot", (call("to_one_hot", 2, sign=r"\operatorname{{onehot}}"),
                                    (columns, count)))


def default(x: Any, default: Any) -> Variable:
    """x, or `default` where x is None.

    >>> default(None, 2.0)
    2
    """
    return as_tensor_variable(default if x is None else x)


like(unravel_index, [[0, 5], [7, 11]], then=((3, 4), "F"), part=each(0, 1), differentiable=False)
example("ravel_multi_index", lambda i, j: ravel_multi_index((i, j), (3, 4), "wrap"),
        lambda i, j: np.ravel_multi_index((i, j), (3, 4), "wrap"), [0, 5], [1, 2],
        differentiable=False)
like(inverse_permutation, lambda p: np.argsort(p, axis=-1), [[2, 0, 1], [0, 2, 1]],
     differentiable=False)
like(permute_row_elements, lambda x, p, inverse: x[:, np.argsort(p) if inverse else p], (2, 3),
     [2, 0, 1], inverse=each(0, 1))
like(to_one_hot, lambda y, nb_class: np.eye(nb_class)[y], [1, 0, 2], nb_class=3,
     differentiable=False)
