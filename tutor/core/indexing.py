"""Parts of arrays: `x[index]`, x with a part set or increased, parts joined; and their gradients.

An index is data: entries in Python's own form, in which each symbolic part is a numbered `Slot`.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import Any, Literal, NamedTuple

import numpy as np

from tutor.core.arrays import one_axis, shape, zeros_like
from tutor.core.elementwise import cast
from tutor.core.errors import BadIndexError, DTypeError, caller, plural
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, made_at, quoted
from tutor.core.op import VIEW, Row
from tutor.core.types import DISCRETE, TensorType, promote


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

    def source(self, names: Sequence[str]) -> str:
        """The index as Python writes it between brackets, with these names for the slots."""
        return ", ".join(_text(e, names) for e in self.entries) or "()"

    def as_tuple(self, names: Sequence[str]) -> str:
        """The index as a tuple, with these names for the slots."""
        return f"({''.join(_text(e, names, True) + ', ' for e in self.entries)})"

    @property
    def advanced(self) -> bool:
        """Whether arrays take part: the result is a copy, elements may be taken twice."""
        return any(isinstance(e, Slot) and e.ndim > 0 for e in self.entries)


def _text(entry: Any, names: Sequence[str], spelled: bool = False) -> str:
    """An entry as it stands between brackets, or spelled as a value."""
    if isinstance(entry, Slot):
        return names[entry.number]
    if not isinstance(entry, Span):
        return "..." if entry is Ellipsis else repr(entry)
    parts = [None if p is None else _text(p, names) for p in entry]
    if spelled:
        return f"slice({', '.join(map(str, parts))})"
    return ":".join([p or "" for p in (parts if entry.step is not None else parts[:2])])


def template_of(x: Variable, index: Any) -> tuple[Template, list[Variable]]:
    """The template of an index of numbers, integer scalars and slices, and what is in its slots."""
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) > x.ndim:
        raise too_many(x, len(parts))
    inputs: list[Variable] = []
    return Template(tuple(entry(p if isinstance(p, slice) else position(p), inputs)
                          for p in parts)), inputs


def too_many(x: Variable, used: int) -> BadIndexError:
    return BadIndexError(
        f"{quoted(x)} has {plural(x.ndim, 'dimension')} and is indexed in {used}.",
        where=(("written at", caller()), *made_at(x)),
        fix="Use fewer indices." if x.ndim else "A scalar has no elements to choose from.")


def position(part: Any, arrays: bool = False) -> Any:
    """A part of an index as a number, or a variable of integers (an array perhaps, or of bools)."""
    if isinstance(part, (int, np.integer)) and not isinstance(part, bool):
        return int(part)
    v = None if isinstance(part, str) else as_tensor_variable(part)
    fits = v is not None and v.dtype in DISCRETE and (arrays if v.ndim else v.dtype != "bool")
    if v is None or not fits:
        raise DTypeError(f"{quoted(part)} cannot index: positions are integers, or an array of "
                         "bools.", fix="Use an integer, a slice, or T.cast(x, 'int64').")
    return int(v.data) if isinstance(v, Constant) and v.ndim == 0 else v


def entry(part: Any, inputs: list[Variable]) -> Entry:
    """One part of an index as an entry; what is symbolic goes to `inputs`."""
    if isinstance(part, slice):
        return Span(*[_bound(p, inputs) for p in (part.start, part.stop, part.step)])
    if not isinstance(part, Variable):
        return part
    inputs.append(part)
    return Slot(len(inputs) - 1, part.ndim, part.dtype)


def _bound(given: Any, inputs: list[Variable]) -> Any:
    """A bound of a slice: nothing, a number, or an integer scalar."""
    return None if given is None else entry(position(given), inputs)


def keeps_one(span: Span) -> bool:
    """Whether a slice of one element surely keeps it, whatever its symbols turn out to be."""
    start, stop, step = span
    if isinstance(start, Slot) or isinstance(stop, Slot):
        return False
    steps = (1, -1) if isinstance(step, Slot) else (step,)
    return all(len(range(1)[start:stop:way]) == 1 for way in steps)


def set_at(x: Any, index: Any, y: Any, inplace: bool = False) -> Any:
    """A copy of x (or, `inplace`, x itself) with x[index] set to y."""
    x = x if inplace else np.array(x)
    x[index] = y
    return x


def inc_at(x: Any, index: Any, y: Any, inplace: bool = False) -> Any:
    """A copy of x (or, `inplace`, x itself) with x[index] increased by y."""
    x = x if inplace else np.array(x)
    x[index] += y
    return x


class Subtensor(Row):
    """The elements of x at an index."""

    index: Template
    name, wrt, view_map = "subtensor", (0,), VIEW

    def types(self, x: Variable, *indices: Variable) -> TensorType:
        pattern: list[bool] = []
        rest = list(x.broadcastable)
        for e in self.index.entries:
            if e is None:
                pattern.append(True)
            elif e is not Ellipsis:
                one = rest.pop(0)
                pattern += [one and keeps_one(e)] if isinstance(e, Span) else []
        return TensorType(x.dtype, [*pattern, *rest])

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"{names[0]}[{self.index.source(names[1:])}]"

    def writing(self, mode: Any) -> IncSubtensor:
        """The op that writes at this index."""
        return IncSubtensor(self.index, mode)

    def vjp(self, x: Variable, *rest: Variable) -> Variable:
        *indices, _, g = rest
        return self.writing("inc")(zeros_like(x), g, *indices)


class IncSubtensor(Row):
    """x with x[index] set to y (`"set"`), or increased by y (`"inc"`); x itself stays as it is."""

    index: Template
    mode: Literal["set", "inc"]
    wrt, calls = (0, 1), (set_at, inc_at)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.name = f"{self.mode}_subtensor"
        words = "replaced" if self.mode == "set" else "increased"
        self.doc = f"x with the elements at an index {words} by y."

    def reading(self) -> Subtensor:
        """The op that reads at this index."""
        return Subtensor(self.index)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        index = self.index.as_tuple(names[2:])
        return f"{self.mode}_at({names[0]}, {index}, {names[1]})"

    def vjp(self, x: Variable, y: Variable, *rest: Variable) -> tuple[Variable, Variable]:
        *indices, _, g = rest
        read, kept = self.reading(), g
        if self.mode == "set":
            kept = read.writing("set")(g, np.zeros((), g.dtype), *indices)
        return kept, read(g, *indices)


def getitem(x: Any, index: Any) -> Variable:
    """`x[index]`, as `Subtensor`; integer scalars may stand in the place of numbers."""
    x = as_tensor_variable(x)
    template, inputs = template_of(x, index)
    return Subtensor(template)(x, *inputs)


def with_part(part: Any, y: Variable, mode: str) -> Variable:
    """x with x[index], which is the part, set to y (`"set"`) or increased by it (`"inc"`)."""
    base, *indices = part.owner.inputs
    return IncSubtensor(part.owner.op.index, mode)(base, y, *indices)


class Join(Row):
    """Tensors joined along an axis that they have."""

    axis: int
    name, numpy = "join", "concatenate(({all},), axis={axis})"

    def operands(self, *tensors: Variable) -> list[Variable]:
        dtype = promote(*[t.dtype for t in tensors])
        return [cast(t, dtype) for t in tensors]

    def types(self, *tensors: Variable) -> TensorType:
        pattern = [any(column) for column in zip(*[t.broadcastable for t in tensors], strict=True)]
        pattern[self.axis] = pattern[self.axis] and len(tensors) == 1
        return TensorType(tensors[0].dtype, pattern)

    def vjp(self, *variables: Variable) -> list[Variable]:
        start: Any = 0
        *parts, _, g = variables
        found = []
        for v in parts:
            stop = start + shape(v)[self.axis]
            found.append(g[(slice(None),) * self.axis + (slice(start, stop),)])
            start = stop
        return found


def concatenate(tensor_list: Sequence[Any], axis: int = 0) -> Variable:
    """Tensors joined along an axis that they have; all other sizes must agree."""
    variables = [as_tensor_variable(t) for t in tensor_list]
    return Join(one_axis(axis, variables[0].ndim, "concatenate"))(*variables)
