"""Advanced indexing: `x[index]` with arrays of positions, masks, `None` and `...`, as in NumPy.

Comes after the core, which indexes by numbers, integer scalars and slices of these.

>>> import tutor.tensor as T
>>> T.dtensor3()[..., [0, 1], None].ndim
4
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arrays import dimshuffle
from tutor.core.errors import BadIndexError
from tutor.core.graph import Variable, as_tensor_variable
from tutor.core.indexing import WHOLE, Subtensor, Template, entry, position, too_many
from tutor.core.op import public


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
        return dimshuffle(x, *["x" if e is None else next(places) for e in entries], *places)
    return Subtensor(template)(x, *inputs)


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
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    empty = isinstance(part, (list, tuple)) and not len(part)
    return position(np.zeros(0, dtype="int64") if empty else part)


def _chooses(parts: Sequence[Any]) -> bool:
    """Whether numbers or arrays are among parts of an index."""
    return any(isinstance(p, (int, Variable)) for p in parts)


def _takes(part: Any) -> int:
    """How many dimensions one part of an index uses up."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, Variable) and part.dtype == "bool" else 1
