"""An index as data: entries in Python's own form, in which each symbolic part is a numbered `Slot`.

>>> import tutor.core as T
>>> template_of(T.dmatrix(), (T.lscalar(), slice(1, None)))[0].written(["i"])
'i, 1:'
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import Any, NamedTuple

import numpy as np

from tutor.core.errors import BadIndexError, DTypeError, caller
from tutor.core.graph import Constant, Variable, as_tensor_variable, quoted
from tutor.core.types import DISCRETE


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
