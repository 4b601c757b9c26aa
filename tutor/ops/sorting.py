"""Order: sort, argsort, take_along_axis, searchsorted, topk.

Comes after the ops that rearrange and index.

>>> import tutor.tensor as T
>>> T.sort([3.0, 1.0, 2.0]).eval()
array([1., 2., 3.])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tutor.core.arrays import one_axis
from tutor.core.elementwise import and_, eq, ge, lt, switch
from tutor.core.errors import DTypeError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable
from tutor.core.op import Row
from tutor.core.types import DISCRETE, TensorType, checked_dtype
from tutor.ops.advanced import add_at
from tutor.ops.checks import Assert
from tutor.ops.examples import each, like
from tutor.ops.shape import alike, flatten, one_size, open_at, unlike

__all__ = [
    "argsort", "argtopk", "searchsorted", "sort", "take_along_axis", "topk", "topk_and_argtopk",
]  # fmt: skip

Kind = Literal["quicksort", "mergesort", "heapsort", "stable"]


class Selection(Row):
    """The base of ops without a gradient that answer with positions or counts."""

    zero_sign, wrt = "lost", ()


class Sort(Row):
    """The elements along an axis, smallest first."""

    axis: int
    kind: Kind = "quicksort"
    zero_sign, subgradient, moves = "kept", "equals in the order they stand in", True
    name, numpy = "sort", "sort({0}, axis={axis}, kind={kind!r})"

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        order = ArgSort(self.axis, "stable")
        return take_along_axis(g, order(order(x)), self.axis)


class ArgSort(Selection):
    """The positions that put the elements along an axis in order."""

    axis: int
    kind: Kind = "quicksort"
    name, numpy = "argsort", "argsort({0}, axis={axis}, kind={kind!r})"

    def types(self, x: Variable) -> TensorType:
        return TensorType("int64", x.broadcastable)


class TakeAlongAxis(Row):
    """Of each line along an axis, the elements at the positions in the same line of another."""

    axis: int
    zero_sign, wrt = "kept", (0,)
    moves = chooses = True
    name, calls = "take_along_axis", (alike,)

    def types(self, x: Variable, index: Variable) -> TensorType:
        pairs = zip(x.broadcastable, index.broadcastable, strict=True)
        return TensorType(x.dtype, [b if i == self.axis else a and b
                                    for i, (a, b) in enumerate(pairs)])

    def source(self, node: Apply, names: Sequence[str]) -> str:
        pairs = zip(*[v.broadcastable for v in node.inputs], strict=True)
        axes = tuple(i for i, ones in enumerate(pairs) if i != self.axis and not any(ones))
        x = f"alike({names[0]}, ({names[1]}, {axes}))" if axes else names[0]
        return f"take_along_axis({x}, {names[1]}, {self.axis})"

    def vjp(self, x: Variable, index: Variable, y: Variable, g: Variable) -> Variable:
        return AddAlongAxis(self.axis)(x.zeros_like(), index, g)


def _along_axis_add(x: Any, index: Any, y: Any, axis: int) -> Any:
    """A copy of x with y added at the positions `index` along an axis, twice where named twice."""
    places = [np.arange(n if m > 1 else m).reshape((-1,) + (1,) * (x.ndim - 1 - i))
              for i, (n, m) in enumerate(zip(index.shape, x.shape, strict=True))]
    places[axis] = index
    return add_at(x, tuple(places), y)


class AddAlongAxis(Row):
    """x with y added at positions along an axis; where a position is named twice, twice."""

    axis: int
    zero_sign, moves, wrt = "kept", True, (0, 2)
    name, numpy = "add_along_axis", "along_axis_add({all}, {axis})"
    calls = (_along_axis_add,)

    def vjp(self, x: Variable, index: Variable, y: Variable, z: Variable, g: Variable) -> Any:
        return g, TakeAlongAxis(self.axis)(g, index)


class SearchSorted(Selection):
    """Where numbers would have to stand in a sorted vector."""

    side: Literal["left", "right"]
    name = "searchsorted"

    def types(self, x: Variable, v: Variable, *sorter: Variable) -> TensorType:
        return TensorType("int64", v.broadcastable)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        sorter = f", {names[2]}" if len(names) > 2 else ""
        return f"searchsorted({names[0]}, {names[1]}, {self.side!r}{sorter})"


def _top_positions(x: Any, k: Any, axis: int, dtype: str) -> Any:
    """The positions of the k largest elements along an axis, largest first; smallest for -k."""
    size, many = x.shape[axis], abs(int(k))
    if not 0 < many <= size:
        raise ValueError(f"of {size} elements the {k} largest cannot be taken")
    order = np.argsort(x, axis=axis, kind="stable")
    if k > 0:  # of equal elements the first, as the largest of all is
        mirrored = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
        order = size - 1 - np.flip(mirrored, axis)
    return np.take(order, range(many), axis).astype(dtype)


class TopK(Selection):
    """The positions of the k largest elements, largest first; of the -k smallest for k below 0."""

    axis: int
    dtype: str
    takes_numbers = True
    name, numpy = "argtopk", "top_positions({all}, {axis}, {dtype!r})"
    calls = (_top_positions,)

    def types(self, x: Variable, k: Variable) -> TensorType:
        return TensorType(self.dtype, open_at(x, self.axis))


def _sorted(op: type[Sort] | type[ArgSort], x: Any, axis: Any, kind: Any, order: Any) -> Variable:
    x = as_tensor_variable(x)
    if order is not None:
        raise DTypeError("tensors have no fields to sort by.", fix="Leave order out.")
    if axis is None:
        x, axis = flatten(x), 0
    if isinstance(axis, Variable) and not isinstance(axis, Constant):
        return _at_run_time(op, x, axis, kind)
    made = op(one_axis(axis, x.ndim, op.name), kind)
    return made(x)


def _at_run_time(op: type[Sort] | type[ArgSort], x: Variable, axis: Variable, kind: str) -> Any:
    """In order along an axis that is known when values arrive: that of all the results."""
    n = one_axis(-1, x.ndim, op.name) + 1
    inside = and_(ge(axis, -n), lt(axis, n))
    place = Assert(f"{op.name}: there is no such axis in {n} dimensions")(axis, inside) % n
    result = _sorted(op, x, 0, kind, None)
    for i in range(1, n):
        result = switch(eq(place, i), _sorted(op, x, i, kind, None), result)
    return result


def sort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Variable:
    """The elements along an axis (of the flattened a, if None; may be a symbol), smallest first.
    Raises BadAxisError for an axis that a does not have, BadValueError for another kind.

    >>> sort([3, 1, 2]).eval()
    array([1, 2, 3])
    """
    return _sorted(Sort, a, axis, kind, order)


def argsort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Variable:
    """The positions that put the elements along an axis in order. Raises BadAxisError for an axis
    that a does not have, BadValueError for another kind.

    >>> argsort([3.0, 1.0, 2.0]).eval()
    array([1, 2, 0])
    """
    return _sorted(ArgSort, a, axis, kind, order)


def take_along_axis(x: Any, indices: Any, axis: int) -> Variable:
    """From each line of x along an axis, the elements at the positions in the same line of
    `indices`. Raises DTypeError for positions of another number of dimensions, and BadIndexError,
    when it runs, for one that is not there.

    >>> take_along_axis([[5, 6], [7, 8]], [[1], [0]], 1).eval()
    array([[6],
           [7]])
    """
    x, index = as_tensor_variable(x), as_tensor_variable(indices)
    if index.dtype not in DISCRETE or index.dtype == "bool" or index.ndim != x.ndim:
        raise unlike("positions are integers with as many dimensions as x", index,
                     "Pass the result of argsort or argmax(keepdims=True).", DTypeError)
    return TakeAlongAxis(one_axis(axis, x.ndim, "take_along_axis"))(x, index)


def searchsorted(x: Any, v: Any, side: Any = "left", sorter: Any = None) -> Variable:
    """Where the numbers v would have to stand in the sorted vector x. Raises ShapeError where x is
    no vector, BadValueError for another side.

    >>> searchsorted([1, 3, 5], 4).eval()
    array(2)
    """
    x, v = as_tensor_variable(x), as_tensor_variable(v)
    if x.ndim != 1:
        raise unlike("searchsorted looks into a vector", x, "Flatten it and sort it.")
    extra = [] if sorter is None else [as_tensor_variable(sorter)]
    for places in extra:
        if places.ndim != 1:
            raise unlike("a sorter is a vector", places, "Pass argsort(x).")
        if places.dtype not in DISCRETE:
            raise unlike("a sorter holds positions", places, "Pass argsort(x).", DTypeError)
    return SearchSorted(side)(x, v, *extra)


def _ready(x: Any, axis: Any, idx_dtype: Any) -> tuple[Variable, int, str]:
    x = as_tensor_variable(x)
    if axis is None:
        x, axis = flatten(x), 0
    dtype = checked_dtype(idx_dtype)
    if dtype not in DISCRETE or dtype == "bool" or x.dtype.startswith("complex"):
        raise DTypeError(f"the largest of {x.type} cannot be counted in {dtype}.",
                         fix="Pass real numbers, and idx_dtype='int64'.")
    return x, one_axis(axis, x.ndim, "topk"), dtype


def topk_and_argtopk(x: Any, kth: Any, axis: int | None = -1, sorted: bool = True,
                     idx_dtype: Any = "int64") -> list[Variable]:
    """The `kth` largest elements along an axis (of the flattened x, if None), largest first, and
    their positions; the smallest ones, smallest first, where `kth` is negative. Raises BadAxisError
    for an axis that x does not have, and BadValueError, when it runs, for more elements than there
    are.

    >>> [v.eval() for v in topk_and_argtopk([1, 9, 5], 2)]
    [array([9, 5]), array([1, 2])]
    """
    x, axis, dtype = _ready(x, axis, idx_dtype)
    found: Variable = TopK(axis, dtype)(x, as_tensor_variable(one_size(kth)))
    return [take_along_axis(x, found, axis), found]


def topk(x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: Any = "int64"
         ) -> Variable:
    """The `kth` largest elements along an axis (see `topk_and_argtopk`). Raises what
    `topk_and_argtopk` raises: BadAxisError, BadValueError.

    >>> topk([1, 9, 5], 2).eval()
    array([9, 5])
    """
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[0]


def argtopk(x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: Any = "int64"
            ) -> Variable:
    """The positions of the `kth` largest elements along an axis (see `topk_and_argtopk`). Raises
    what `topk_and_argtopk` raises: BadAxisError, BadValueError.

    >>> argtopk([1, 9, 5], 2).eval()
    array([1, 2])
    """
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[1]


like(sort, (3, 4), axis=each(0, 1, None))
like(argsort, (3, 4), axis=each(0, 1, None), kind="stable", differentiable=False)
like(sort, lambda x, a: np.sort(x, int(a)), (3, 4), -2)
like(argsort, lambda x, a, kind: np.argsort(x, int(a), kind), (3, 4), 1, kind="stable",
     differentiable=False)
like(take_along_axis, (2, 3), [[0, 0, 2, 1], [1, 1, 1, 0]], axis=1)
like(searchsorted, [1, 2, 2, 3], [[2, 0], [4, 3]], side=each("left", "right"),
     differentiable=False, kinds="iuf")
like(topk, lambda x, kth, axis: np.sort(x, 0)[::-1][:2] if kth > 0 else np.sort(x, 0)[:2], (3, 4),
     kth=each(2, -2), axis=0, kinds="biuf")
like(argtopk, lambda x, kth: np.argsort(-x, 1, "stable")[:, :kth], (3, 4), kth=2,
     differentiable=False, kinds="f")
