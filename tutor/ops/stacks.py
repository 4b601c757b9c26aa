"""Tensors joined and stacked, with all that T's functions take; how long vectors are known to be.

Comes after the core, which joins along an axis.

>>> import tutor.tensor as T
>>> T.stack([T.dvector("a"), T.dvector("b")]).type
TensorType(float64, matrix)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arrays import Shape, dimshuffle, one_axis, shape
from tutor.core.elementwise import Cast, cast
from tutor.core.errors import DTypeError, ShapeError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, quoted
from tutor.core.indexing import Join, Slot, Span, Subtensor
from tutor.core.indexing import concatenate as joined
from tutor.core.op import Row
from tutor.core.seams import seams
from tutor.core.types import TensorType, promote
from tutor.notation import Notation
from tutor.ops.examples import example

__all__ = ["concatenate", "join", "stack"]


class MakeVector(Row):
    """Scalars as the elements of a vector."""

    dtype: str
    takes_numbers, tensors, moves = True, 0, True
    name, symbol, zero_sign = "make_vector", "[ , ]", "kept"
    numpy = "array([{all}], dtype={dtype!r})"

    def operands(self, *scalars: Variable) -> list[Variable]:
        return [cast(s, self.dtype) for s in scalars]

    def types(self, *scalars: Variable) -> TensorType:
        return TensorType(self.dtype, (len(scalars) == 1,))

    def vjp(self, *variables: Variable) -> list[Variable]:
        return [variables[-1][i] for i in range(len(variables) - 2)]

    def notation(self, node: Apply) -> Notation:
        arguments = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
        return Notation(f"[{arguments}]", rf"\left[{arguments}\right]")


def vector_length(v: Variable) -> int | None:
    """How many elements a vector has, where its expression tells."""
    node = v.owner
    op: Any = None if node is None else node.op
    if isinstance(v, Constant):
        return int(v.data.shape[0])
    if node is None:
        return 1 if v.broadcastable == (True,) else None
    found: int | None = None
    if isinstance(op, MakeVector):
        return len(node.inputs)
    if isinstance(op, Shape):
        return node.inputs[0].ndim
    if isinstance(op, Cast):
        return vector_length(node.inputs[0])
    if isinstance(op, Subtensor):
        found = _length_of_part(op, node.inputs[0])
    if isinstance(op, Join):
        lengths = [vector_length(u) for u in node.inputs]
        found = None if None in lengths else int(np.sum(lengths))  # type: ignore[arg-type]
    return 1 if found is None and v.broadcastable == (True,) else found


def _length_of_part(op: Subtensor, x: Variable) -> int | None:
    """The length of a slice of a vector of known length."""
    length = vector_length(x) if x.ndim == 1 else None
    entry = op.index.entries[0] if len(op.index.entries) == 1 else None
    if length is None or not isinstance(entry, Span) or any(isinstance(p, Slot) for p in entry):
        return None
    return len(range(length)[slice(*entry)])


def concatenate(tensor_list: Sequence[Any], axis: int | None = 0) -> Variable:
    """Tensors joined along an axis that they have (flattened, if it is None); all other sizes must
    agree.

    >>> import tutor.tensor as T
    >>> concatenate([T.dvector("a"), T.dvector("b")]).ndim
    1
    """
    if not isinstance(tensor_list, (list, tuple)) or not tensor_list:
        raise DTypeError(f"concatenate takes a list of tensors, and got {quoted(tensor_list)}.",
                         fix="Write concatenate([a, b], axis=0).")
    variables = [as_tensor_variable(t) for t in tensor_list]
    if axis is None:
        variables, axis = [v.flatten() for v in variables], 0
    ndims = {v.ndim for v in variables}
    if len(ndims) > 1 or ndims == {0}:
        raise ShapeError("joined tensors have the same number of dimensions, at least 1, and these "
                         f"have {', '.join(str(v.ndim) for v in variables)}.",
                         fix="stack makes a new dimension; dimshuffle adds one of size 1.")
    return joined(variables, axis)


def join(axis: int, *tensors: Any) -> Variable:
    """`concatenate` with the axis first."""
    return concatenate(tensors, axis)


def stack(*tensors: Any, axis: int = 0, **named: Any) -> Variable:
    """Tensors of equal shapes as the slices of one with a new dimension.

    >>> import tutor.tensor as T
    >>> stack([T.dscalar("a"), T.dscalar("b")]).type
    TensorType(float64, vector)
    """
    if set(named) == {"tensors"} and not tensors:
        tensors = (named["tensors"],)
    elif named:
        raise DTypeError(f"stack does not know {', '.join(named)}.",
                         fix="Write stack([a, b], axis=0).")
    parts: Sequence[Any] = tensors
    if tensors and isinstance(tensors[0], (list, tuple)) and len(tensors) < 3:
        parts, axis = tensors[0], tensors[1] if len(tensors) == 2 else axis
    if not parts:
        raise DTypeError("stack takes at least one tensor.", fix="Write stack([a, b]).")
    variables = [as_tensor_variable(t) for t in parts]
    ndim = variables[0].ndim
    if any(v.ndim != ndim for v in variables):
        raise ShapeError("stacked tensors have the same number of dimensions, and these have "
                         f"{', '.join(str(v.ndim) for v in variables)}.",
                         fix="concatenate joins along an axis.")
    place = one_axis(axis, ndim + 1, "stack")
    if ndim == 0:
        return MakeVector(promote(*[v.dtype for v in variables]))(*variables)
    order = [*range(place), "x", *range(place, ndim)]
    return concatenate([dimshuffle(v, order) for v in variables], place)


def size_of_join(node: Apply, i: int) -> Variable:
    """The size of a dimension: of the axis the sum of the parts, else that of the first."""
    sizes = [shape(v)[i] for v in node.inputs]
    total = sizes[0]
    for size in sizes[1:] if i == node.op.axis else ():
        total = total + size
    return total


seams.stack = stack
example("concatenate", lambda x, y: concatenate([x, y], 1), lambda x, y: np.hstack([x, y]),
        (2, 3), (2, 2))
example("concatenate", lambda x: concatenate([x, [1, 2]]), lambda x: np.append(x, [1, 2]), (3,))
example("stack", lambda x, y: stack([x, y], axis=-1), lambda x, y: np.stack([x, y], axis=-1),
        (2, 3), (2, 3))
example("stack", lambda x, y: stack([x, y, 1]), lambda x, y: np.stack([x, y, x * 0 + 1]), (), ())
example("make_vector", lambda x, y: MakeVector("float64")(x, y),
        lambda x, y: np.array([x, y]) * 1.0, (), (), kinds="biuf")
