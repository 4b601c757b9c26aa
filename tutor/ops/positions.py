"""Positions as numbers: flat ones and those by dimensions, permutations, one-hot rows, covariance.

Comes after indexing and the linear algebra.

>>> [v.eval() for v in unravel_index(5, (3, 4))]
[array(1), array(1)]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import DTypeError, ShapeError
from tutor.graph import Apply, Constant, Variable, apply, as_tensor_variable, call, said
from tutor.operators import public, quoted
from tutor.ops.arguments import chosen, truth, whole
from tutor.ops.arithmetic import cast, fill
from tutor.ops.complexes import conj
from tutor.ops.creation import arange, zeros
from tutor.ops.elementwise import DISCRETE, broadcast_pattern
from tutor.ops.indexing import set_subtensor
from tutor.ops.joining import concatenate
from tutor.ops.linalg import dot
from tutor.ops.logic import maximum
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle, squeeze
from tutor.ops.sizes import one_size, shape, shape_parts
from tutor.ops.sorting import Selection, take_along_axis
from tutor.ops.statistics import mean
from tutor.types import TensorType, checked_dtype, promote


class UnravelIndex(Selection):
    """Flat positions as positions in each dimension of a shape."""

    __props__ = ("ndim", "order")
    name, doc = "unravel_index", "Flat positions as positions in each dimension of a shape."

    def __init__(self, ndim: int, order: str = "C") -> None:
        self.ndim, self.order = ndim, order

    def make_node(self, indices: Variable, dims: Variable) -> Apply:
        out = TensorType("int64", indices.broadcastable)
        return apply(self, [indices, dims], *[out] * self.ndim)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        one = "[0]" if self.ndim == 1 else ""
        return f"unravel_index({names[0]}, {names[1]}, {self.order!r}){one}"


class RavelMultiIndex(Selection):
    """Positions in each dimension of a shape as flat ones."""

    __props__ = ("mode", "order")
    name, doc = "ravel_multi_index", "Positions in each dimension of a shape as flat ones."

    def __init__(self, mode: str = "raise", order: str = "C") -> None:
        self.mode, self.order = mode, order

    def make_node(self, *inputs: Variable) -> Apply:
        pattern = broadcast_pattern([v.broadcastable for v in inputs[:-1]])
        return apply(self, inputs, TensorType("int64", pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return (f"array(ravel_multi_index(({', '.join(names[:-1])},), {names[-1]}, {self.mode!r}, "
                f"{self.order!r}))")


class InversePermutation(Selection):
    """The permutation that undoes another, of the rows of a matrix one each."""

    __props__ = ()
    name, doc = "inverse_permutation", "The permutation that undoes another."

    def make_node(self, p: Variable) -> Apply:
        return apply(self, [p], TensorType(p.dtype, p.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"argsort({names[0]}, axis=-1).astype({node.outputs[0].dtype!r})"


def whole_numbers(value: Any, what: str) -> Variable:
    """A tensor of integers."""
    v = as_tensor_variable(value)
    if v.dtype not in DISCRETE or v.dtype == "bool":
        raise DTypeError(f"{what} are integers, and {quoted(v)} is {v.type}.",
                         fix="T.cast(x, 'int64')")
    return v


@public
def unravel_index(indices: Any, dims: Any, order: str = "C", ndim: int | None = None) -> Any:
    """Flat positions as positions in each dimension of a shape: a tuple, a tensor for each."""
    flat = whole_numbers(indices, "positions")
    sizes, vector = shape_parts(dims, None if ndim is None else whole(ndim, "ndim"))
    if not sizes:
        raise ShapeError("how many dimensions there are is not known.", fix="Pass dims as a tuple.")
    op = UnravelIndex(len(sizes), chosen(order, ("C", "F"), "order"))
    return tuple(op.make_node(flat, vector).outputs)


@public
def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C"
                      ) -> Variable:
    """Positions in each dimension of a shape, a tuple of tensors, as flat positions.

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
    op = RavelMultiIndex(chosen(mode, ("raise", "wrap", "clip"), "mode"),
                         chosen(order, ("C", "F"), "order"))
    return op(*parts, vector)


@public
def inverse_permutation(perm: Any) -> Variable:
    """The permutation that undoes another (of each row, for a matrix).

    >>> inverse_permutation([2, 0, 1]).eval()
    array([1, 2, 0])
    """
    p = whole_numbers(perm, "permutations")
    if p.ndim not in (1, 2):
        raise ShapeError(f"a permutation is a vector, or rows of them, and {quoted(p)} is "
                         f"{p.type}.", fix="Reshape it.")
    return InversePermutation()(p)


@public
def permute_row_elements(x: Any, y: Any, inverse: Any = 0) -> Variable:
    """The elements of each row of x in the order of the same row of y; with `inverse`, back.

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
    x, p = (dimshuffle(v, [*["x"] * (ndim - v.ndim), *range(v.ndim)]) for v in (x, p))
    if x.broadcastable != p.broadcastable:
        x, p = fill(p, x), fill(x, p)
    return take_along_axis(x, p, ndim - 1)


@public
def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Variable:
    """A row of zeros for each number in a vector, with a 1 in the column of that number.

    >>> to_one_hot([1, 0], 3).eval()
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    columns = whole_numbers(y, "classes")
    if columns.ndim != 1:
        raise ShapeError(f"classes are a vector, and {quoted(columns)} is {columns.type}.",
                         fix="Flatten them.")
    n = shape(columns)[0]
    rows = zeros((n, one_size(nb_class)), checked_dtype(dtype))
    hot = set_subtensor(rows[arange(n), columns], cast(as_tensor_variable(1), rows.dtype))
    count = as_tensor_variable(nb_class)
    return said(hot, "to_one_hot", (call("to_one_hot", 2, sign=r"\operatorname{{onehot}}"),
                                    (columns, count)))


@public
def bartlett(M: Any) -> Variable:
    """The triangular window of M numbers that Bartlett smooths with.

    >>> bartlett(5).eval()
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    size = as_tensor_variable(one_size(M))
    across = cast(maximum(size - 1, 1), "float64")
    return 1 - cast(abs(arange(1 - size, size, 2)), "float64") / across


@public
def default(x: Any, default: Any) -> Variable:
    """x, or `default` where x is None."""
    return as_tensor_variable(default if x is None else x)


@public
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
        fweights: Any = None, aweights: Any = None) -> Variable:
    """The covariance of variables, each a row (a column, if not `rowvar`) of observations; of one
    variable its variance, a scalar.

    >>> cov([1.0, 3.0]).eval()
    array(2.)
    """
    if fweights is not None or aweights is not None:
        raise DTypeError("cov takes no weights here.", fix="Leave fweights and aweights out.")
    rows = [_as_rows(v, truth(rowvar, "rowvar")) for v in (m, *[y] * (y is not None))]
    x = concatenate(rows, axis=0) if len(rows) > 1 else rows[0]
    x = cast(x, promote(x.dtype, "float64"))
    fewer = (0 if truth(bias, "bias") else 1) if ddof is None else whole(ddof, "ddof")
    apart = x - mean(x, axis=1, keepdims=True)
    return squeeze(dot(apart, conj(apart).T) / cast(maximum(shape(x)[1] - fewer, 0), "float64"))


def _as_rows(v: Any, rowvar: bool) -> Variable:
    v = as_tensor_variable(v)
    if v.ndim > 2:
        raise ShapeError(f"cov takes vectors or matrices, and {quoted(v)} is {v.type}.",
                         fix="Reshape it.")
    wide = dimshuffle(v, [*["x"] * (2 - v.ndim), *range(v.ndim)])
    return wide.T if not rowvar and v.ndim == 2 else wide


_flat = [[0, 5], [7, 11]]
for _n in range(2):
    example("unravel_index", lambda i, n=_n: unravel_index(i, (3, 4), "F")[n],
            lambda i, n=_n: np.unravel_index(i, (3, 4), "F")[n], _flat, differentiable=False)
example("ravel_multi_index", lambda i, j: ravel_multi_index((i, j), (3, 4), "wrap"),
        lambda i, j: np.ravel_multi_index((i, j), (3, 4), "wrap"), [0, 5], [1, 2],
        differentiable=False)
example("inverse_permutation", inverse_permutation, lambda p: np.argsort(p, axis=-1),
        [[2, 0, 1], [0, 2, 1]], differentiable=False)
for _back in (0, 1):
    example("permute_row_elements", lambda x, p, b=_back: permute_row_elements(x, p, b),
            lambda x, p, b=_back: x[:, np.argsort(p) if b else p], (2, 3), [2, 0, 1])
example("to_one_hot", lambda y: to_one_hot(y, 3), lambda y: np.eye(3)[y], [1, 0, 2],
        differentiable=False)
example("bartlett", bartlett, np.bartlett, 5, differentiable=False)
example("bartlett", bartlett, np.bartlett, 1, differentiable=False)
example("cov", cov, lambda x: np.cov(x, dtype=np.result_type(x, np.float64)), (2, 4),
        kinds="fc")
example("cov", cov, lambda x: np.cov(x, dtype=np.result_type(x, np.float64)), (4,), kinds="fc")
example("cov", lambda x, y: cov(x, y, rowvar=False, ddof=0),
        lambda x, y: np.cov(x, y, rowvar=False, ddof=0, dtype=np.result_type(x, np.float64)),
        (4, 2), (4, 2), kinds="fc")
