"""Indexing: `x[index]`, and x with `x[index]` set or increased; each is the other's gradient.

An index is data: entries in Python's own form, in which each symbolic part is a numbered `Slot`.

>>> import tutor.core as T
>>> T.dmatrix("m")[0, 1:].ndim
1
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tutor.core.arguments import chosen
from tutor.core.arithmetic import cast
from tutor.core.arrays import dimshuffle, fitted, vector_length
from tutor.core.errors import DTypeError, ShapesDifferError, caller
from tutor.core.examples import example
from tutor.core.graph import Apply, Constant, Variable, apply, as_tensor_variable, constant, quoted
from tutor.core.indices import WHOLE, Slot, Span, Template, result_pattern, template_of
from tutor.core.op import Notation, Op, public
from tutor.core.types import DISCRETE, TensorType


def unsure(v: Variable) -> tuple[int, ...]:
    """The axes of v, counted from the last, that are not known to have size 1."""
    return tuple([i - v.ndim for i, one in enumerate(v.broadcastable) if not one])


def of_sizes(x: Any, sizes: Sequence[Any], axes: tuple[int, ...]) -> Any:
    """x itself, if it has these sizes along these axes, counted from the last."""
    there = np.shape(x)
    for axis in axes:
        if there[axis] != sizes[axis]:
            raise ShapesDifferError(f"a dimension of size {there[axis]} does not stretch to "
                                    f"{sizes[axis]}")
    return x


def fitting(y: Any, x: Any, index: Any, axes: tuple[int, ...]) -> Any:
    """y itself, if it has the sizes of x[index] along these axes."""
    sizes = y.shape if type(y) is np.ndarray else np.shape(y)
    return of_sizes(y, x[index].shape, axes) if 1 in sizes else y


def set_at(x: Any, index: Any, y: Any, here: bool = False) -> Any:
    """A copy of x (or, `here`, x itself) with x[index] set to y."""
    x = x if here else np.array(x)
    x[index] = y
    return x


def inc_at(x: Any, index: Any, y: Any, here: bool = False) -> Any:
    """A copy of x (or, `here`, x itself) with x[index] increased by y."""
    x = x if here else np.array(x)
    x[index] += y
    return x


def add_at(x: Any, index: Any, y: Any, here: bool = False) -> Any:
    """A copy of x (or, `here`, x itself) with x[index] increased by y, an element as often as the
    index names it."""
    x = x if here else np.array(x)
    np.add.at(x, index, y)
    return x


def _short(v: Variable) -> str:
    """An index as a label shows it."""
    return v.name if v.name and len(v.name) < 9 else "·"


class Subtensor(Op):
    """x[index]: a view for numbers and slices, a copy for arrays."""

    rule = "indexing"
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
    rule = "indexing"
    zero_sign = "kept"
    moves = True
    __props__: tuple[str, ...] | None = ("index", "mode")
    kernels = {"set_at": set_at, "inc_at": inc_at, "add_at": add_at, "fitting": fitting}  # noqa: RUF012
    takes_numbers = True

    def __init__(self, index: Template, mode: str) -> None:
        self.index, self.mode = index, chosen(mode, ("set", "inc"), "mode")
        self.chooses = mode == "set"
        self.name = f"{mode}_subtensor"
        words = "replaced" if mode == "set" else "increased"
        self.doc = f"x with the elements at an index {words} by y."

    def make_node(self, x: Variable, y: Variable, *indices: Variable) -> Apply:
        return apply(self, [x, y, *indices], x.type)

    def at(self, index: Template) -> IncSubtensor:
        """The same at another index."""
        return IncSubtensor(index, self.mode)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        """A copy, changed: elements that are taken twice are increased twice."""
        how = "add_at" if self.mode == "inc" and self.index.advanced else f"{self.mode}_at"
        return f"{how}({names[0]}, {self.index.as_tuple(names[2:])}, {self.part(node, names)})"

    def part(self, node: Apply, names: Sequence[str]) -> str:
        """What is written, which has the shape of the part where that is not known to stretch."""
        axes = unsure(node.inputs[1])
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
        return [*fitted((gx, x), (part, y)), *[None] * len(indices)]

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


def written(part: Any, y: Any, mode: str, make: Callable[[Template, str], Op] = IncSubtensor
            ) -> Variable:
    """x with x[index], which is the part, set to y or increased by it."""
    node = part.owner if isinstance(part, Variable) else None
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
    return make(node.op.index, mode)(base, y, *indices)


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
