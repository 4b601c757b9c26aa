"""Advanced indexing: `x[index]` with arrays of positions, masks, `None` and `...`, as in NumPy.

Comes after the core, which indexes by numbers, integer scalars and slices of these.

>>> import tutor.tensor as T
>>> T.dtensor3()[..., [0, 1], None].ndim
4
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from tutor.core.arrays import dimshuffle, reduce, shape, zeros_like
from tutor.core.elementwise import eq, switch
from tutor.core.errors import BadIndexError, DTypeError
from tutor.core.graph import Apply, Constant, Variable, Variables, as_tensor_variable, quoted
from tutor.core.indexing import (
    WHOLE,
    IncSubtensor,
    Slot,
    Span,
    Subtensor,
    Template,
    entry,
    keeps_one,
    position,
    too_many,
)
from tutor.core.op import fitted
from tutor.core.types import TensorType
from tutor.ops.creation import ARange, SummedTo, arange
from tutor.ops.fitting import part, unsure
from tutor.ops.shape import reshape

MANY = 8192  # numbers: fewer are as quickly added one by one
ROUND = 2048  # numbers that are added one by one while a turn begins


def add_at(x: Any, index: Any, y: Any, inplace: bool = False) -> Any:
    """`inc_at`, in which an element is increased as often as the index names it."""
    x = x if inplace else np.array(x)
    where, rows = increased_rows(x, index, y)
    if rows is None:
        np.add.at(x, index, y)
    else:
        x[where] = rows
    return x


def increased_rows(x: Any, index: Any, y: Any) -> tuple[Any, Any]:
    """The rows that `add_at` changes, each once, and what they become: whole rows are added, those
    that are named once more in a further turn. None for the second where that gains nothing.

    >>> increased_rows(np.zeros((3, 5000)), (np.array([2, -1]),), np.ones((2, 5000)))[1].mean()
    np.float64(2.0)
    """
    places = index[0] if isinstance(index, tuple) and len(index) == 1 else index
    if not isinstance(places, np.ndarray) or places.dtype.kind not in "iu" or np.ndim(x) < 2:
        return index, None
    n = len(x)
    if places.size * x[:1].size < MANY or not -n <= places.min() <= places.max() < n:
        return index, None
    y = np.broadcast_to(y, (*places.shape, *x.shape[1:])).reshape(-1, *x.shape[1:])
    places = np.where(places < 0, places + n, places).ravel()
    order = places.argsort(kind="stable")
    first = np.flatnonzero(np.diff(places[order], prepend=-1))
    times = np.diff(first, append=len(places))
    if times.max() * ROUND > y.size:
        return index, None
    where = places[order[first]]
    rows = x[where]
    for turn in range(times.max()):
        again = np.flatnonzero(times > turn)
        rows[again] += y[order[first[again] + turn]]
    return where, rows


class AdvancedSubtensor(Subtensor):
    """The elements of x at an index.

    Arrays take part in it, and the result is a copy.
    """

    view_map = {}  # noqa: RUF012

    def types(self, x: Variable, *indices: Variable) -> TensorType:
        return TensorType(x.dtype, result_pattern(self.index, indices, x.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        # A constant vector arrives as a tuple, which inside of brackets would be several indices.
        lists = [f"[{name[1:-1]}]" if name[0] == "(" and v.ndim else name
                 for name, v in zip(names[1:], node.inputs[1:], strict=True)]
        return super().source(node, [names[0], *lists])

    def writing(self, mode: Any) -> IncSubtensor:
        return AdvancedIncSubtensor(self.index, mode)


class AdvancedIncSubtensor(IncSubtensor):
    """`IncSubtensor` at arrays of positions, which may name an element twice; and in programs run
    as Theano's, of values that stretch when they arrive."""

    stretches: bool = False
    calls: ClassVar[Any] = (*IncSubtensor.calls, add_at)

    def at(self, index: Template) -> IncSubtensor:
        return AdvancedIncSubtensor(index, self.mode, self.stretches)

    def reading(self) -> Subtensor:
        return AdvancedSubtensor(self.index) if self.index.advanced else Subtensor(self.index)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        """A copy, changed: elements that are taken twice are increased twice."""
        text = super().source(node, names)
        twice = self.mode == "inc" and self.index.advanced
        return text.replace("inc_at(", "add_at(", 1) if twice else text

    def part(self, node: Apply, names: Sequence[str]) -> str:
        return names[1] if self.stretches else part(self, node, names)

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        x, y, *indices = inputs
        gx, gy, *rest = super().L_op(inputs, outputs, cotangents)
        if self.mode == "set" and self.index.advanced and not _all_different(indices):
            part = self.reading()(cotangents[0], *indices)
            part = switch(self._stays(x, part, indices), part, 0)
            gy = fitted(part, y)
        if self.stretches and unsure(y):
            gy = SummedTo()(gy, y)
        return [gx, gy, *rest]

    def _stays(self, x: Variable, part: Variable, indices: list[Variable]) -> Variable:
        """Whether what is written is what stays, where an element is written more than once: each
        writes its number, and sees whether that is read again."""
        sizes = shape(part)
        numbers = arange(reduce("prod", sizes))
        numbers = reshape(numbers, sizes, ndim=part.ndim)
        read = self.reading()
        written = read.writing("set")(zeros_like(x, dtype="int64"), numbers, *indices)
        return eq(read(written, *indices), numbers)


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


def result_pattern(template: Template, indices: Sequence[Variable], pattern: tuple[bool, ...]
                   ) -> list[bool]:
    """The broadcast pattern of x[index], for x of this pattern: NumPy's own rule, tried on an array
    with nothing in the dimensions that are not known to have size 1."""
    sizes: list[int] = []
    index: list[Any] = []
    for e in template.entries:
        if isinstance(e, Span):
            sizes.append(int(pattern[len(sizes)] and keeps_one(e)))
            index.append(slice(None))
        elif isinstance(e, Slot) and e.dtype == "bool":  # as good as positions in each dimension
            sizes += [1] * e.ndim
            index += [np.zeros(0, int)] * e.ndim
        elif isinstance(e, (Slot, int)):
            ones = indices[e.number].broadcastable if isinstance(e, Slot) else ()
            sizes.append(1)
            index.append(np.zeros([int(one) for one in ones], int) if ones else 0)
        else:
            index.append(e)
    sizes += map(int, pattern[len(sizes):])
    return [n == 1 for n in np.empty(sizes)[tuple(index)].shape]


def getitem(x: Any, index: Any) -> Variable:
    """`x[index]`, as `Subtensor`; symbols may stand anywhere in the index."""
    x = as_tensor_variable(x)
    template, inputs = template_of(x, index)
    entries = template.entries
    if None in entries and all(e is None or e == WHOLE for e in entries):
        places = iter(range(x.ndim))
        return dimshuffle(x, *["x" if e is None else next(places) for e in entries], *places)
    return (AdvancedSubtensor if template.advanced else Subtensor)(template)(x, *inputs)


def template_of(x: Variable, index: Any) -> tuple[Template, list[Variable]]:
    """The template of an index into x, and the variables in its slots; errors where it cannot
    index."""
    # A list with a slice in it was a tuple to Theano.
    several = isinstance(index, list) and any(isinstance(part, slice) for part in index)
    parts = list(index) if several or isinstance(index, tuple) else [index]
    ellipses = [n for n, p in enumerate(parts) if p is Ellipsis]
    if len(ellipses) > 1:
        raise BadIndexError("an index has at most one ellipsis (...).", fix="Leave one.")
    parts = list(map(_part, parts))
    used = sum(map(_takes, parts))
    if used > x.ndim:
        raise too_many(x, used)
    if ellipses:
        at = ellipses[0]
        between = _chooses(parts[:at]) and _chooses(parts[at:])
        if used < x.ndim or not between:  # an empty one parts arrays that stand on its two sides
            parts[at:at + 1] = [slice(None)] * (x.ndim - used)
    inputs: list[Variable] = []
    return Template(tuple(entry(p, inputs) for p in parts)), inputs


def _part(part: Any) -> Any:
    """One part of an index as None, `...`, a slice, a number, or a variable."""
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        return checked(part)
    empty = isinstance(part, (list, tuple)) and not len(part)
    return position(np.zeros(0, dtype="int64") if empty else part, arrays=True)


def checked(part: slice) -> slice:
    """A slice; an error where its step is 0 or a bound no integer scalar."""
    if isinstance(part.step, int) and part.step == 0:
        raise BadIndexError(f"a slice in steps of 0, {part}, chooses nothing.",
                            fix="Choose another step.")
    for bound in (part.start, part.stop, part.step):
        if isinstance(bound, (slice, list, tuple)) or getattr(bound, "ndim", None):
            raise DTypeError(
                f"the bounds of a slice are integer scalars, and one is {quoted(bound)}.",
                fix="Use x[i] with an array to choose single elements.")
    return part


def _chooses(parts: Sequence[Any]) -> bool:
    """Whether numbers or arrays are among parts of an index."""
    return any(isinstance(p, (int, Variable)) for p in parts)


def _takes(part: Any) -> int:
    """How many dimensions one part of an index uses up."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, Variable) and part.dtype == "bool" else 1
