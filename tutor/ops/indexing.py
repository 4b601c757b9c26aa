"""Writing at an index: `set_subtensor`, `inc_subtensor`, through views too; and `take`.

>>> import tutor.tensor as T
>>> v = T.dvector("v")
>>> set_subtensor(v[0], 9).eval({v: [1, 2, 3]})
array([9., 2., 3.])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arguments import chosen, one_axis, truth
from tutor.core.arithmetic import cast, eq
from tutor.core.arrays import DimShuffle, dimshuffle, fitted, patternbroadcast, shape, zeros_like
from tutor.core.elementwise import switch
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable
from tutor.core.indexing import IncSubtensor, Subtensor, getitem, unsure, written
from tutor.core.indices import WHOLE, Template
from tutor.core.reductions import reduce
from tutor.core.seams import old
from tutor.ops.creation import ARange, SummedTo, alloc, arange
from tutor.ops.examples import each, example, like
from tutor.ops.logic import clip
from tutor.ops.shape import Reshape, flatten, reshape

__all__ = ["inc_subtensor", "set_subtensor", "take"]


class AdvancedIncSubtensor(IncSubtensor):
    """`IncSubtensor` at arrays of positions, which may name an element twice; and in programs run
    as Theano's, of values that stretch when they arrive."""

    __props__ = ("index", "mode", "stretches")

    def __init__(self, index: Template, mode: str, stretches: bool = False) -> None:
        super().__init__(index, mode)
        self.stretches = stretches

    def at(self, index: Template) -> IncSubtensor:
        return AdvancedIncSubtensor(index, self.mode, self.stretches)

    def part(self, node: Apply, names: Sequence[str]) -> str:
        return names[1] if self.stretches else super().part(node, names)

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x, y, *indices = inputs
        gx, gy, *rest = super().L_op(inputs, outputs, cotangents)
        if self.mode == "set" and self.index.advanced and not _all_different(indices):
            part = Subtensor(self.index)(cotangents[0], *indices)
            part = switch(self._stays(x, part, indices), part, 0)
            gy = fitted((part, y))[0]
        if self.stretches and unsure(y):
            gy = SummedTo()(gy, y)
        return [gx, gy, *rest]

    def _stays(self, x: Variable, part: Variable, indices: list[Variable]) -> Variable:
        """Whether what is written is what stays, where an element is written more than once: each
        writes its number, and sees whether that is read again."""
        sizes = shape(part)
        numbers = arange(reduce("prod", sizes))
        numbers = reshape(numbers, sizes, ndim=part.ndim)
        written = IncSubtensor(self.index, "set")(
            zeros_like(x, dtype="int64"), numbers, *indices)
        return eq(Subtensor(self.index)(written, *indices), numbers)


def _all_different(indices: list[Variable]) -> bool:
    """Whether it is known that no element is named twice by one array of positions, a mask, or
    arrays with a range among them."""
    arrays: list[Any] = [v for v in indices if v.ndim]
    if any(v.dtype == "bool" for v in arrays):
        return len(arrays) == 1
    if any(v.owner is not None and isinstance(v.owner.op, ARange) for v in arrays):
        return all(v.ndim == 1 for v in arrays)
    known = len(arrays) == 1 and isinstance(arrays[0], Constant)
    return known and bool((data := arrays[0].data).size == len({*data.ravel().tolist()})
                          and ((data >= 0).all() or (data < 0).all()))


def _write(part: Any, y: Any, mode: str) -> Variable:
    node = part.owner if isinstance(part, Variable) else None
    if node is not None and isinstance(node.op, DimShuffle):
        inner, order = node.inputs[0], node.op.order
        if node.op.kept == tuple(range(inner.ndim)):  # x[i][None], x[None]: only new dimensions
            y = as_tensor_variable(y)
            y = dimshuffle(y, *["x"] * (len(order) - y.ndim), *range(y.ndim))
            pattern = [b or o == "x" for b, o in zip(y.broadcastable, order, strict=True)]
            places = [order.index(i) for i in range(inner.ndim)]
            y = dimshuffle(patternbroadcast(y, pattern), places)
            indexed = inner.owner is not None and isinstance(inner.owner.op, Subtensor)
            everything = Subtensor(Template((WHOLE,) * inner.ndim))
            return _write(inner if indexed else everything(inner), y, mode)
    if node is not None and isinstance(node.op, Reshape):  # x[i].flatten(): y under x[i]'s shape
        inner, y = node.inputs[0], as_tensor_variable(y)
        if y.ndim:
            whole = alloc(y, *[part.shape[i] for i in range(part.ndim)])
            y = patternbroadcast(reshape(whole, inner.shape, ndim=inner.ndim), inner.broadcastable)
        return _write(inner, y, mode)
    stretches = old.stretches
    return written(part, y, mode, lambda index, mode: AdvancedIncSubtensor(index, mode, stretches)
                   if index.advanced or stretches else IncSubtensor(index, mode))


def set_subtensor(x: Any, y: Any, inplace: bool = False,
                  tolerate_inplace_aliasing: bool = False) -> Variable:
    """The whole of v with v[index] replaced by y: `set_subtensor(v[index], y)`. Raises DTypeError
    where the first argument is no x[index], or y has more dimensions.

    >>> import tutor.tensor as T
    >>> v = T.dvector("v")
    >>> set_subtensor(v[0], 9).eval({v: [1, 2, 3]})
    array([9., 2., 3.])
    """
    return _write(x, y, "set")


def inc_subtensor(x: Any, y: Any, inplace: bool = False, set_instead_of_inc: bool = False,
                  tolerate_inplace_aliasing: bool = False) -> Variable:
    """The whole of v with v[index] increased by y: `inc_subtensor(v[index], y)`.

    An element that an array index names twice is increased twice. Raises DTypeError where the first
    argument is no x[index], or y has more dimensions.

    >>> import tutor.tensor as T
    >>> x = T.dvector("x")
    >>> inc_subtensor(x[:2], 10).eval({x: [1, 2, 3]})
    array([11., 12.,  3.])
    """
    return _write(x, y, "set" if truth(set_instead_of_inc, "set_instead_of_inc") else "inc")


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Variable:
    """The slices of a at these positions along an axis (of the flattened a where the axis is None).

    `mode` says what becomes of positions outside: "raise", "wrap" (round and round) or "clip".

    >>> take([10, 20, 30], [0, 2]).eval()
    array([10, 30])
    """
    x, places = as_tensor_variable(a), as_tensor_variable(indices)
    if axis is None:
        x, axis = flatten(x), 0
    axis = one_axis(axis, x.ndim, "take")
    size = x.shape[axis]
    if chosen(mode, ("raise", "wrap", "clip"), "mode") == "wrap":
        places = places % size
    elif mode == "clip":
        places = clip(cast(places, "int64"), 0, size - 1)
    return getitem(x, (*[slice(None)] * axis, places))


def _numpy_write(x: Any, index: Any, y: Any, mode: str) -> Any:
    x = x.copy()
    if mode == "set":
        x[index] = y
    else:
        np.add.at(x, index, y)
    return x


for _mode, _function in (("set", set_subtensor), ("inc", inc_subtensor)):
    for _index, *_shapes in (
            ((0, slice(1, None)), (2, 3), (2,)), ((slice(None), 1), (2, 3), ()),
            (([1, 0],), (2, 3), (2, 3)), ((slice(None),), (2, 3), (3,))):
        example(f"{_mode}_subtensor", lambda x, y, f=_function, i=_index: f(x[i], y),
                lambda x, y, i=_index, m=_mode: _numpy_write(x, i, y, m), *_shapes)
example("inc_subtensor", lambda x, y: inc_subtensor(x[[0, 0, 1]], y),
        lambda x, y: _numpy_write(x, ([0, 0, 1],), y, "inc"), (2, 3), (3, 3), kinds="iufc")
like(take, (2, 3), [[2, 0], [0, 1]], axis=1, mode=each("raise", "wrap", "clip"))
