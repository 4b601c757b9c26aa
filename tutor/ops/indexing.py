"""Indexing: `x[...]` reads, `set_subtensor` and `inc_subtensor` write.

Comes after the shape ops. Writing makes a new symbol: the whole with one
part replaced. Reading and writing are each other's gradient.

>>> import tutor.tensor as T
>>> T.dmatrix("m")[0, 1:].ndim
1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import DTypeError, caller
from tutor.graph import Apply, Constant, Notation, Op, Variable, apply, as_tensor_variable, constant
from tutor.operators import public, quoted
from tutor.ops.arguments import chosen, one_axis, truth
from tutor.ops.arithmetic import cast
from tutor.ops.creation import alloc, arange, zeros_like
from tutor.ops.elementwise import DISCRETE, switch
from tutor.ops.indices import WHOLE, Slot, Span, Template, result_pattern, template_of
from tutor.ops.logic import eq
from tutor.ops.registry import example
from tutor.ops.shape import (
    DimShuffle,
    Reshape,
    dimshuffle,
    fitted,
    flatten,
    patternbroadcast,
    reshape,
)
from tutor.ops.sizes import shape, vector_length
from tutor.ops.stretching import SummedTo, stretch_at_run_time, unsure
from tutor.types import TensorType

__all__ = ["IncSubtensor", "Slot", "Span", "Subtensor", "Template", "getitem", "inc_subtensor",
           "like_dtype", "set_subtensor", "take"]


def _short(v: Variable) -> str:
    """An index as a label shows it."""
    return v.name if v.name and len(v.name) < 9 else "·"


class Subtensor(Op):
    """x[index]: a view for numbers and slices, a copy for arrays."""

    zero_sign = "kept"
    moves = chooses = True
    __props__ = ("index",)
    takes_numbers = True
    name, doc = "subtensor", "The elements of x at an index."

    def __init__(self, index: Template) -> None:
        self.index = index

    @property
    def view_map(self) -> dict[int, list[int]]:  # type: ignore[override]
        """A view of the first input, unless arrays take part."""
        return {} if self.index.advanced else {0: [0]}

    def make_node(self, x: Variable, *indices: Variable) -> Apply:
        pattern = result_pattern(self.index, indices, x.broadcastable)
        return apply(self, [x, *indices], TensorType(x.dtype, pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        # A constant vector arrives as a tuple, which inside of brackets would be several indices.
        lists = [f"[{name[1:-1]}]" if name[0] == "(" and v.ndim else name
                 for name, v in zip(names[1:], node.inputs[1:], strict=True)]
        return f"{names[0]}[{self.index.written(lists)}]"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x, *indices = inputs
        none = [None] * len(indices)
        if x.dtype in DISCRETE:
            return [None, *none]
        return [IncSubtensor(self.index, "inc")(x.zeros_like(), cotangents[0], *indices), *none]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]] + [[False]] * (len(node.inputs) - 1)

    def notation(self, node: Apply) -> Notation:
        index = self.index.written([f"{{{i}}}" for i in range(1, len(node.inputs))])
        needs = (10, *[0] * (len(node.inputs) - 1))
        return Notation(f"{{0}}[{index}]", rf"{{0}}\left[{index}\right]", 10, needs)

    def label(self, node: Apply) -> str:
        return f"[{self.index.written([_short(v) for v in node.inputs[1:]])}]"

    def static_length(self, node: Apply) -> int | None:
        """The length of a slice of a vector of known length."""
        length = vector_length(node.inputs[0]) if node.inputs[0].ndim == 1 else None
        entry = self.index.entries[0] if len(self.index.entries) == 1 else None
        if length is None or not isinstance(entry, Span) or any(isinstance(p, Slot) for p in entry):
            return None
        return len(range(length)[slice(*entry)])


class IncSubtensor(Op):
    """x with x[index] set to y (`"set"`), or increased by y (`"inc"`); x itself stays as it is."""

    makes_arrays = takes_here = True
    zero_sign = "kept"
    moves = True
    __props__ = ("index", "mode", "stretches")
    takes_numbers = True

    def __init__(self, index: Template, mode: str, stretches: bool = False) -> None:
        self.index, self.mode = index, chosen(mode, ("set", "inc"), "mode")
        self.stretches, self.chooses = stretches, mode == "set"
        self.name = f"{mode}_subtensor"
        words = "replaced" if mode == "set" else "increased"
        self.doc = f"x with the elements at an index {words} by y."

    def make_node(self, x: Variable, y: Variable, *indices: Variable) -> Apply:
        return apply(self, [x, y, *indices], x.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        """A copy, changed: elements that are taken twice are increased twice."""
        how = "add_at" if self.mode == "inc" and self.index.advanced else f"{self.mode}_at"
        return f"{how}({names[0]}, {self.index.as_tuple(names[2:])}, {self.part(node, names)})"

    def part(self, node: Apply, names: Sequence[str]) -> str:
        """What is written, which has the shape of the part where that is not known to stretch."""
        axes = () if self.stretches else unsure(node.inputs[1])
        if not axes:
            return names[1]
        return f"fitting({names[1]}, {names[0]}, {self.index.as_tuple(names[2:])}, {axes})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        (x, y, *indices), g = inputs, cotangents[0]
        part = Subtensor(self.index)(g, *indices)
        gx = g
        if self.mode == "set":
            gx = IncSubtensor(self.index, "set")(g, constant(0, dtype=g.dtype), *indices)
            if self.index.advanced and not _all_different(indices):
                part = switch(self._stays(x, part, indices), part, 0)
        found = fitted((gx, x), (part, y))
        if self.stretches and unsure(y):
            found[1] = SummedTo()(found[1], y)
        return [*found, *[None] * len(indices)]

    def _stays(self, x: Variable, part: Variable, indices: list[Variable]) -> Variable:
        """Whether what is written is what stays, where an element is written more than once: each
        writes its number, and sees whether that is read again."""
        sizes = shape(part)
        numbers = arange(sizes.prod())
        numbers = reshape(numbers, sizes, ndim=part.ndim)
        written = IncSubtensor(self.index, "set")(
            zeros_like(x, dtype="int64"), numbers, *indices)
        return eq(Subtensor(self.index)(written, *indices), numbers)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True]] + [[False]] * (len(node.inputs) - 2)

    def notation(self, node: Apply) -> Notation:
        index = self.index.written([f"{{{i}}}" for i in range(2, len(node.inputs))])
        sign = "=" if self.mode == "set" else "+="
        arrow = r"\leftarrow" if self.mode == "set" else r"\mathrel{{+}}="
        needs = (10, *[0] * (len(node.inputs) - 1))
        return Notation(f"{self.name}({{0}}[{index}] {sign} {{1}})",
                        rf"\left({{0}}\left[{index}\right] {arrow} {{1}}\right)", 10, needs)

    def label(self, node: Apply) -> str:
        index = self.index.written([_short(v) for v in node.inputs[2:]])
        return f"[{index}] {'=' if self.mode == 'set' else '+='}"


def _all_different(indices: list[Variable]) -> bool:
    """Whether it is known that no element is named twice by one array of positions, a mask, or
    arrays with a range among them."""
    arrays = [v for v in indices if v.ndim]
    if any(v.dtype == "bool" for v in arrays):
        return len(arrays) == 1
    if any(v.owner is not None and v.owner.op.name == "arange" for v in arrays):
        return all(v.ndim == 1 for v in arrays)
    known = len(arrays) == 1 and isinstance(arrays[0], Constant)
    return known and bool((data := arrays[0].data).size == len({*data.ravel().tolist()})
                          and ((data >= 0).all() or (data < 0).all()))


@public
def getitem(x: Any, index: Any) -> Variable:
    """`x[index]`, as `Subtensor`; symbols may stand anywhere in the index."""
    x = as_tensor_variable(x)
    template, inputs = template_of(x, index)
    entries = template.entries
    if not entries:
        return x
    if None in entries and all(e is None or e == WHOLE for e in entries):
        places = iter(range(x.ndim))
        order = ["x" if e is None else next(places) for e in entries]
        return dimshuffle(x, *order, *places)
    result: Variable = Subtensor(template)(x, *inputs)
    return result


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
    if node is None or not isinstance(node.op, Subtensor):
        raise DTypeError(f"{mode}_subtensor needs x[index] as its first argument, and got "
                         f"{quoted(part)}.", where=(("written at", caller()),),
                         fix=f"Write T.{mode}_subtensor(x[index], y).")
    base, *indices = node.inputs
    y = like_dtype(y, base.dtype)
    if y.ndim > part.ndim:
        raise DTypeError(f"a part of {part.ndim} dimensions cannot take {quoted(y)} of {y.ndim}.",
                         where=(("written at", caller()),),
                         fix="Sum or index y down to the dimensions of the part.")
    op = IncSubtensor(node.op.index, mode, stretch_at_run_time())
    result: Variable = op(base, y, *indices)
    return result


@public
def like_dtype(y: Any, dtype: str) -> Variable:
    """y as a variable of this dtype; an error where a cast would lose something."""
    if type(y) in (int, float) and np.dtype(dtype).kind in "fc":
        return constant(y, dtype=dtype)
    v = as_tensor_variable(y)
    fits = v.dtype == dtype or np.can_cast(v.dtype, dtype, "same_kind")
    if isinstance(v, Constant) and v.dtype in DISCRETE and dtype in DISCRETE:
        fits = np.array_equal(v.data.astype(dtype), v.data)
    if not fits:
        raise DTypeError(f"{quoted(v)} is {v.dtype} and would lose something as {dtype}.",
                         where=(("written at", caller()),),
                         fix=f"T.cast(y, {dtype!r}) if that is what you want.")
    return cast(v, dtype)


@public
def set_subtensor(x: Any, y: Any, inplace: bool = False,
                  tolerate_inplace_aliasing: bool = False) -> Variable:
    """The whole of v with v[index] replaced by y: `set_subtensor(v[index], y)`.

    >>> import tutor.tensor as T
    >>> v = T.dvector("v")
    >>> set_subtensor(v[0], 9).eval({v: [1, 2, 3]})
    array([9., 2., 3.])
    """
    return _write(x, y, "set")


@public
def inc_subtensor(x: Any, y: Any, inplace: bool = False, set_instead_of_inc: bool = False,
                  tolerate_inplace_aliasing: bool = False) -> Variable:
    """The whole of v with v[index] increased by y: `inc_subtensor(v[index], y)`.

    An element that an array index names twice is increased twice.
    """
    return _write(x, y, "set" if truth(set_instead_of_inc, "set_instead_of_inc") else "inc")


@public
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
        places = cast(places, "int64").clip(0, size - 1)
    return getitem(x, (*[slice(None)] * axis, places))


def _numpy_write(x: Any, index: Any, y: Any, mode: str) -> Any:
    x = x.copy()
    if mode == "set":
        x[index] = y
    else:
        np.add.at(x, index, y)
    return x


example("subtensor", lambda x: x[1], lambda x: x[1], (3, 2))
example("subtensor", lambda x: x[::-1, 1:, None], lambda x: x[::-1, 1:, None], (3, 4))
example("subtensor", lambda x: x[..., -1], lambda x: x[..., -1], (2, 3, 4))
example("subtensor", lambda x: x[:], lambda x: x, (2, 3))
example("subtensor", lambda x: x[[0, 2, 2]], lambda x: x[[0, 2, 2]], (3, 2))
example("subtensor", lambda x: x[[0, 1], :, [2, 2]], lambda x: x[[0, 1], :, [2, 2]], (2, 3, 4))
example("subtensor", lambda x: x[0, :, [2, 2]], lambda x: x[0, :, [2, 2]], (2, 3, 4))
example("subtensor", lambda x: x[:, [2, 2], None, 0], lambda x: x[:, [2, 2], None, 0], (2, 3, 4))
example("subtensor", lambda x: x[x > 0], lambda x: x[x > 0], (2, 3), kinds="iuf")
example("subtensor", lambda x, i: x[i:], lambda x, i: x[i:], (4,), 2)
example("subtensor", lambda x, i: x[i], lambda x, i: x[i], (4, 2), 2)
example("subtensor", lambda x, i: x[i, ::-1], lambda x, i: x[i, ::-1], (4, 2), [[3, 0], [0, 1]])
for _mode, _function in (("set", set_subtensor), ("inc", inc_subtensor)):
    for _index, *_shapes in (
            ((0, slice(1, None)), (2, 3), (2,)), ((slice(None), 1), (2, 3), ()),
            (([1, 0],), (2, 3), (2, 3)), ((slice(None),), (2, 3), (3,))):
        example(f"{_mode}_subtensor", lambda x, y, f=_function, i=_index: f(x[i], y),
                lambda x, y, i=_index, m=_mode: _numpy_write(x, i, y, m), *_shapes)
example("inc_subtensor", lambda x, y: inc_subtensor(x[[0, 0, 1]], y),
        lambda x, y: _numpy_write(x, ([0, 0, 1],), y, "inc"), (2, 3), (3, 3), kinds="iufc")
for _mode in ("raise", "wrap", "clip"):
    example("take", lambda x, i, m=_mode: take(x, i, 1, m),
            lambda x, i, m=_mode: np.take(x, i, 1, mode=m), (2, 3), [[2, 0], [0, 1]])
