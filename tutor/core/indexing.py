"""Indexing: `x[index]`, and x with `x[index]` set or increased; each is the other's gradient.

An index is data: entries in Python's own form, in which each symbolic part is a numbered `Slot`.

>>> import tutor.core as T
>>> T.dmatrix("m")[0, 1:].ndim
1
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import Any, NamedTuple

import numpy as np

from tutor.core.arithmetic import cast
from tutor.core.arrays import chosen, dimshuffle, fitted, vector_length
from tutor.core.errors import BadIndexError, DTypeError, caller
from tutor.core.graph import Apply, Constant, Variable, apply, as_tensor_variable, constant, quoted
from tutor.core.op import Notation, Op, example, public
from tutor.core.types import DISCRETE, TensorType


class Slot(NamedTuple):
    """The place of an input of the node in an index: its number, dimensions and dtype."""

    number: int
    ndim: int
    dtype: str


class Span(NamedTuple):
    """A slice whose parts may be slots (a slice itself cannot be hashed)."""

    start: Any
    stop: Any
    step: Any


Entry = Slot | Span | int | EllipsisType | None
WHOLE = Span(None, None, None)


class Template(NamedTuple):
    """An index without its symbols: entries, one for each position."""

    entries: tuple[Entry, ...]

    def written(self, names: Sequence[str]) -> str:
        """The index as Python writes it between brackets, with these names for the slots."""
        return ", ".join(_bracketed(e, names) for e in self.entries) or "()"

    def as_tuple(self, names: Sequence[str]) -> str:
        """The index as a tuple, with these names for the slots."""
        return f"({''.join(_spelled(e, names) + ', ' for e in self.entries)})"

    @property
    def advanced(self) -> bool:
        """Whether arrays take part, so that the result is a copy and elements may be taken
        twice.
        """
        return any(isinstance(e, Slot) and e.ndim > 0 for e in self.entries)


def _bracketed(entry: Any, names: Sequence[str]) -> str:
    if isinstance(entry, Slot):
        return names[entry.number]
    if isinstance(entry, Span):
        parts = ["" if p is None else _bracketed(p, names) for p in entry]
        return ":".join(parts if entry.step is not None else parts[:2])
    return "..." if entry is Ellipsis else repr(entry)


def _spelled(entry: Any, names: Sequence[str]) -> str:
    if isinstance(entry, Span):
        return f"slice({', '.join('None' if p is None else _bracketed(p, names) for p in entry)})"
    return _bracketed(entry, names)


def template_of(x: Variable, index: Any) -> tuple[Template, list[Variable]]:
    """The template of an index into x, and the variables in its slots; errors where it cannot
    index.
    """
    # A list with a slice in it was a tuple to Theano.
    several = isinstance(index, list) and any(isinstance(part, slice) for part in index)
    parts = list(index) if several or isinstance(index, tuple) else [index]
    ellipses = [n for n, p in enumerate(parts) if p is Ellipsis]
    if len(ellipses) > 1:
        raise BadIndexError("an index has at most one ellipsis (...).",
                            where=(("written at", caller()),), fix="Leave one.")
    parts = [p if p is Ellipsis else _part(p) for p in parts]
    used = sum(map(_takes, parts))
    if used > x.ndim:
        raise BadIndexError(
            f"{quoted(x)} has {x.ndim} dimension{'s' * (x.ndim != 1)} and is indexed in {used}.",
            where=(("written at", caller()), (f"{quoted(x, 40)} made at", x.origin)),
            fix="Use fewer indices." if x.ndim else "A scalar has no elements to choose from.")
    if ellipses:
        at = ellipses[0]
        between = _chooses(parts[:at]) and _chooses(parts[at:])
        if used < x.ndim or not between:  # an empty one parts arrays that stand on its two sides
            parts[at:at + 1] = [slice(None)] * (x.ndim - used)
    inputs: list[Variable] = []
    return Template(tuple(_entry(p, inputs) for p in parts)), inputs


def _part(part: Any) -> Any:
    """One part of an index as None, a slice, a number, or a variable of integers or bools."""
    if part is None or isinstance(part, slice):
        return part
    if isinstance(part, (int, np.integer)) and not isinstance(part, bool):
        return int(part)
    if isinstance(part, (list, tuple)) and not len(part):
        part = np.zeros(0, dtype="int64")
    v = as_tensor_variable(part) if not isinstance(part, str) else None
    if v is None or v.dtype not in DISCRETE or (v.dtype == "bool" and v.ndim == 0):
        raise DTypeError(f"{quoted(part)} cannot index: positions are integers, or an array of "
                         "bools.",
                         where=(("written at", caller()),),
                         fix="Use an integer, a slice, or T.cast(x, 'int64').")
    return int(v.data) if isinstance(v, Constant) and v.ndim == 0 else v


def _chooses(parts: Sequence[Any]) -> bool:
    """Whether numbers or arrays are among parts of an index."""
    return any(isinstance(p, (int, Variable)) for p in parts)


def _takes(part: Any) -> int:
    """How many dimensions one part of an index uses up."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, Variable) and part.dtype == "bool" else 1


def _entry(part: Any, inputs: list[Variable]) -> Entry:
    """One part of an index as an entry; what is symbolic goes to `inputs`."""
    if isinstance(part, slice):
        if isinstance(part.step, int) and part.step == 0:
            raise BadIndexError(f"a slice in steps of 0, {part}, chooses nothing.",
                                where=(("written at", caller()),), fix="Choose another step.")
        return Span(*[_bound(p, inputs) for p in (part.start, part.stop, part.step)])
    if not isinstance(part, Variable):
        return part
    inputs.append(part)
    return Slot(len(inputs) - 1, part.ndim, part.dtype)


def _bound(given: Any, inputs: list[Variable]) -> Any:
    """A bound of a slice: nothing, a number, or an integer scalar."""
    part = _part(given)
    if isinstance(part, slice) or (isinstance(part, Variable) and part.ndim):
        raise DTypeError(f"the bounds of a slice are integer scalars, and one is {quoted(given)}.",
                         where=(("written at", caller()),),
                         fix="Use x[i] with an array to choose single elements.")
    return _entry(part, inputs)


def result_pattern(template: Template, indices: Sequence[Variable], pattern: tuple[bool, ...]
                   ) -> list[bool]:
    """The broadcast pattern of x[index], for x of this pattern.

    NumPy's rule: the dimensions of index arrays come where the first of them stands; first of all
    if something stands between them. Beside arrays, a number counts as one of them.
    """
    out: list[bool] = []
    places: list[int] = []
    advanced, axis, at = template.advanced, 0, 0
    for n, entry in enumerate(template.entries):
        if entry is None:
            out.append(True)
            continue
        if entry is Ellipsis:
            continue
        if isinstance(entry, Span):
            out.append(pattern[axis] and _keeps_one(entry))
        else:
            at = len(out) if not places else at
            places.append(n)
        axis += entry.ndim if isinstance(entry, Slot) and entry.dtype == "bool" else 1
    out += pattern[axis:]
    if advanced:
        at = at if places[-1] - places[0] + 1 == len(places) else 0
        out[at:at] = _index_pattern([v for v in indices if v.ndim])
    return out


def _keeps_one(span: Span) -> bool:
    """Whether a slice of one element surely keeps it, whatever its symbols turn out to be."""
    start, stop, step = span
    if isinstance(start, Slot) or isinstance(stop, Slot):
        return False
    steps = (1, -1) if isinstance(step, Slot) else (step,)
    return all(len(range(1)[start:stop:way]) == 1 for way in steps)


def _index_pattern(arrays: Sequence[Variable]) -> list[bool]:
    """The pattern of index arrays broadcast together; a mask is as good as a vector of
    positions.
    """
    patterns = [(False,) if v.dtype == "bool" else v.broadcastable for v in arrays]
    ndim = max(map(len, patterns))
    rows = [(True,) * (ndim - len(p)) + p for p in patterns]
    return [all(column) for column in zip(*rows, strict=True)]


def unsure(v: Variable) -> tuple[int, ...]:
    """The axes of v, counted from the last, that are not known to have size 1."""
    return tuple([i - v.ndim for i, one in enumerate(v.broadcastable) if not one])


class ShapesDifferError(ValueError):
    """Two operands have different sizes where both must agree."""


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
