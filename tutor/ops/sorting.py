"""Order: sort, argsort, take_along_axis, searchsorted.

Comes after the ops that rearrange and index.

>>> import tutor.tensor as T
>>> T.sort([3.0, 1.0, 2.0]).eval()
array([1., 2., 3.])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import DTypeError, ShapeError
from tutor.graph import Apply, Constant, Op, Variable, apply, as_tensor_variable
from tutor.operators import public, quoted
from tutor.ops.arguments import chosen, one_axis
from tutor.ops.elementwise import DISCRETE, switch
from tutor.ops.logic import and_, eq, ge, lt
from tutor.ops.registry import example
from tutor.ops.shape import flatten, patternbroadcast
from tutor.ops.specified import Assert
from tutor.types import TensorType

KINDS = ("quicksort", "mergesort", "heapsort", "stable")


class Selection(Op):
    """The base of ops without a gradient that answer with positions or counts."""

    zero_sign = "lost"
    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] * len(node.outputs) for _ in node.inputs]


class Sort(Op):
    """The elements along an axis in order."""

    zero_sign = "kept"
    moves = True
    __props__ = ("axis", "kind")
    kinks = "equals in the order they stand in"
    name, doc = "sort", "The elements along an axis, smallest first."

    def __init__(self, axis: int, kind: str = "quicksort") -> None:
        self.axis, self.kind = axis, kind

    def make_node(self, x: Variable) -> Apply:
        return apply(self, [x], x.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"sort({names[0]}, axis={self.axis}, kind={self.kind!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        if inputs[0].dtype in DISCRETE:
            return [None]
        order = ArgSort(self.axis, "stable")
        return [take_along_axis(cotangents[0], order(order(inputs[0])), self.axis)]


class ArgSort(Selection):
    """The positions along an axis that put its elements in order."""

    __props__ = ("axis", "kind")
    name, doc = "argsort", "The positions that put the elements along an axis in order."

    def __init__(self, axis: int, kind: str = "quicksort") -> None:
        self.axis, self.kind = axis, kind

    def make_node(self, x: Variable) -> Apply:
        return apply(self, [x], TensorType("int64", x.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"argsort({names[0]}, axis={self.axis}, kind={self.kind!r})"


class TakeAlongAxis(Op):
    """From each line along an axis the elements at the positions in the same line of another
    tensor.
    """

    zero_sign = "kept"
    moves = chooses = True
    __props__ = ("axis",)
    name, doc = "take_along_axis", "Of each line along an axis, the elements at its own positions."

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def make_node(self, x: Variable, index: Variable) -> Apply:
        pairs = zip(x.broadcastable, index.broadcastable, strict=True)
        pattern = [b if i == self.axis else a and b for i, (a, b) in enumerate(pairs)]
        return apply(self, [x, index], TensorType(x.dtype, pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        pairs = zip(*[v.broadcastable for v in node.inputs], strict=True)
        axes = tuple(i for i, ones in enumerate(pairs) if i != self.axis and not any(ones))
        x = f"alike({names[0]}, ({names[1]}, {axes}))" if axes else names[0]
        return f"take_along_axis({x}, {names[1]}, {self.axis})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x, index = inputs
        return [AddAlongAxis(self.axis)(x.zeros_like(), index, cotangents[0]), None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]


class AddAlongAxis(Op):
    """x with y added at positions along an axis, twice where a position is named twice."""

    zero_sign = "kept"
    moves = True
    __props__ = ("axis",)
    name, doc = "add_along_axis", "x with y added at positions along an axis."

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def make_node(self, x: Variable, index: Variable, y: Variable) -> Apply:
        return apply(self, [x, index, y], x.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"along_axis_add({', '.join(names)}, {self.axis})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        g = cotangents[0]
        return [g, None, patternbroadcast(TakeAlongAxis(self.axis)(g, inputs[1]),
                                          inputs[2].broadcastable)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [True]]


class SearchSorted(Selection):
    """Where numbers would have to stand in a sorted vector."""

    __props__ = ("side",)
    name, doc = "searchsorted", "Where numbers would have to stand in a sorted vector."

    def __init__(self, side: str) -> None:
        self.side = side

    def make_node(self, x: Variable, v: Variable, *sorter: Variable) -> Apply:
        return apply(self, [x, v, *sorter], TensorType("int64", v.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        sorter = f", {names[2]}" if len(names) > 2 else ""
        return f"searchsorted({names[0]}, {names[1]}, {self.side!r}{sorter})"


def _sorted(op: type[Sort] | type[ArgSort], x: Any, axis: Any, kind: str, order: Any) -> Variable:
    x = as_tensor_variable(x)
    if order is not None:
        raise DTypeError("tensors have no fields to sort by.", fix="Leave order out.")
    if axis is None:
        x, axis = flatten(x), 0
    if isinstance(axis, Variable) and not isinstance(axis, Constant):
        return _at_run_time(op, x, axis, kind)
    made = op(one_axis(axis, x.ndim, op.name), chosen(kind, KINDS, "the kind of sort"))
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


@public
def sort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Variable:
    """The elements along an axis (of the flattened a, if None; may be a symbol), smallest first."""
    return _sorted(Sort, a, axis, kind, order)


@public
def argsort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Variable:
    """The positions that put the elements along an axis in order.

    >>> argsort([3.0, 1.0, 2.0]).eval()
    array([1, 2, 0])
    """
    return _sorted(ArgSort, a, axis, kind, order)


@public
def take_along_axis(x: Any, indices: Any, axis: int) -> Variable:
    """From each line of x along an axis, the elements at the positions in the same line of
    `indices`.

    >>> take_along_axis([[5, 6], [7, 8]], [[1], [0]], 1).eval()
    array([[6],
           [7]])
    """
    x, index = as_tensor_variable(x), as_tensor_variable(indices)
    if index.dtype not in DISCRETE or index.dtype == "bool" or index.ndim != x.ndim:
        raise DTypeError("positions are integers with as many dimensions as x, and "
                         f"{quoted(index)} is {index.type}.",
                         fix="Pass the result of argsort or argmax(keepdims=True).")
    return TakeAlongAxis(one_axis(axis, x.ndim, "take_along_axis"))(x, index)


@public
def searchsorted(x: Any, v: Any, side: str = "left", sorter: Any = None) -> Variable:
    """Where the numbers v would have to stand in the sorted vector x.

    >>> searchsorted([1, 3, 5], 4).eval()
    array(2)
    """
    x, v = as_tensor_variable(x), as_tensor_variable(v)
    if x.ndim != 1:
        raise ShapeError(f"searchsorted looks into a vector, and {quoted(x)} is {x.type}.",
                         fix="Flatten it and sort it.")
    extra = [] if sorter is None else [as_tensor_variable(sorter)]
    for places in extra:
        if places.ndim != 1:
            raise ShapeError(f"a sorter is a vector, and {quoted(places)} is {places.type}.",
                             fix="Pass argsort(x).")
        if places.dtype not in DISCRETE:
            raise DTypeError(f"a sorter holds positions, and {quoted(places)} is {places.type}.",
                             fix="Pass argsort(x).")
    return SearchSorted(chosen(side, ("left", "right"), "side"))(x, v, *extra)


for _axis in (0, 1, None):
    example("sort", lambda x, a=_axis: sort(x, a), lambda x, a=_axis: np.sort(x, a), (3, 4))
    example("argsort", lambda x, a=_axis: argsort(x, a, "stable"),
            lambda x, a=_axis: np.argsort(x, a, "stable"), (3, 4), differentiable=False)
example("sort", lambda x, a: sort(x, a), lambda x, a: np.sort(x, int(a)), (3, 4), -2)
example("argsort", lambda x, a: argsort(x, a, "stable"),
        lambda x, a: np.argsort(x, int(a), "stable"), (3, 4), 1, differentiable=False)

example("take_along_axis", lambda x, i: take_along_axis(x, i, 1),
        lambda x, i: np.take_along_axis(x, i, 1), (2, 3), [[0, 0, 2, 1], [1, 1, 1, 0]])

for _side in ("left", "right"):
    example("searchsorted", lambda x, v, s=_side: searchsorted(x, v, s),
            lambda x, v, s=_side: np.searchsorted(x, v, s), [1, 2, 2, 3], [[2, 0], [4, 3]],
            differentiable=False, kinds="iuf")
