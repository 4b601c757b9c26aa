"""Knowledge of a graph before values arrive: constants, sizes of 1, lengths of vectors.

Comes after the ops that rearrange and make tensors, which are looked through here.

>>> int(get_scalar_constant_value(as_tensor_variable(2) + 1)), get_vector_length([1, 2, 3])
(3, 3)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tutor.checking import truth, whole
from tutor.core.arrays import DimShuffle, Shape
from tutor.core.elementwise import Cast, Elementwise, fill
from tutor.core.errors import BadValueError, TutorError, caller
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, quoted
from tutor.core.indexing import Join, Subtensor
from tutor.core.op import Rebroadcast
from tutor.ops.creation import Alloc
from tutor.ops.shape import Reshape, ShapeI
from tutor.ops.stacks import MakeVector, vector_length

__all__ = [
    "NotScalarConstantError", "extract_constant", "get_scalar_constant_value",
    "get_vector_length", "transfer",
]  # fmt: skip

THROUGH = (Alloc, DimShuffle, Rebroadcast, Reshape)  # the value they have is that of their input


class NotScalarConstantError(TutorError):
    """A variable is not known to have one value before the graph runs."""


def get_scalar_constant_value(orig_v: Any, elemwise: bool = True,
                              only_process_constants: bool = False, max_recur: int = 10) -> Any:
    """The value of a variable that has the same one whatever the inputs are, as a 0-d array. Raises
    `NotScalarConstantError` where it is not known to. `elemwise` computes elementwise ops too;
    `only_process_constants` looks at constants alone; `max_recur` nodes are followed.

    >>> import tutor.tensor as T
    >>> get_scalar_constant_value(T.constant(2) * 3)
    array(6, dtype=int8)
    """
    if orig_v is not None and not isinstance(orig_v, (Variable, list, tuple)):
        orig_v = as_tensor_variable(orig_v)
    follow = not truth(only_process_constants, "only_process_constants")
    found = _value(orig_v, truth(elemwise, "elemwise"), follow, whole(max_recur, "max_recur"))
    if found is None:
        raise NotScalarConstantError(f"{orig_v} has no value that is known beforehand.",
                                     where=(("asked at", caller()),),
                                     fix="Pass a number, or compile the expression.")
    return np.array(found)


def _value(v: Any, elemwise: bool, follow: bool, left: int) -> Any:
    """The value of a scalar constant, or None."""
    if isinstance(v, Constant):
        data = getattr(v, "data", None)
        return data if isinstance(data, np.ndarray) and data.ndim == 0 else None
    node = getattr(v, "owner", None)
    if node is None or not follow or left <= 0:
        return None

    def inside(u: Variable) -> Any:
        return _value(u, elemwise, follow, left - 1)

    op = node.op
    if isinstance(op, THROUGH):
        return inside(node.inputs[0])
    if op is fill and elemwise:
        return inside(node.inputs[1])
    if isinstance(op, ShapeI):
        return np.array(1, "int64") if node.inputs[0].broadcastable[op.i] else None
    if isinstance(op, Cast) or (isinstance(op, Elementwise) and elemwise):
        values = [inside(u) for u in node.inputs]
        with np.errstate(all="ignore"):
            return None if any(v is None for v in values) else np.asarray(
                op.compute(node, values)[0])
    return inside_element(node, inside) if isinstance(op, Subtensor) else None


def inside_element(node: Apply, inside: Any) -> Any:
    """The value of x[i], with a number i, where x is a constant, a shape, or made of scalars."""
    x, entries = node.inputs[0], node.op.index.entries
    if not all(isinstance(e, int) for e in entries):
        return None
    if isinstance(x, Constant):
        return np.asarray(x.data[entries]) if len(entries) == x.ndim else None
    if x.owner is None or len(entries) != 1:
        return None
    i, parts = entries[0], x.owner.inputs
    if isinstance(x.owner.op, Shape) and -parts[0].ndim <= i < parts[0].ndim:
        return np.array(1, "int64") if parts[0].broadcastable[i] else None
    if isinstance(x.owner.op, MakeVector) and -len(parts) <= i < len(parts):
        return inside(parts[i])
    if isinstance(x.owner.op, Join):
        for part in parts if i >= 0 else ():
            length = vector_length(part)
            if length is None:
                return None
            if i < length:
                return inside(part[i])
            i -= length
    return None


def extract_constant(x: Any, elemwise: bool = True, only_process_constants: bool = False) -> Any:
    """The value of a scalar constant; x itself where there is none.

    >>> import tutor.tensor as T
    >>> extract_constant(T.constant(3) * 2)
    array(6, dtype=int8)
    """
    try:
        return get_scalar_constant_value(x, elemwise, only_process_constants)
    except NotScalarConstantError:
        return x


def transfer(var: Any, target: str) -> Variable:
    """The variable itself: all of them live in this machine's memory (`target="cpu"`). Raises
    BadValueError for another target.

    >>> transfer(2.5, "cpu")
    2.5
    """
    v = as_tensor_variable(var)
    if not isinstance(target, str) or target != "cpu":
        raise BadValueError(f"there is no {target!r} to move {quoted(v)} to.",
                            fix="Pass 'cpu', or compile with mode='jax' for other devices.")
    return v


def get_vector_length(v: Any) -> int:
    """How many elements a vector has, where its expression tells; else a `ValueError`.

    >>> import tutor.tensor as T
    >>> get_vector_length(T.stack([T.dscalar(), T.dscalar()]))
    2
    """
    vector = as_tensor_variable(v)
    length = vector_length(vector) if vector.ndim == 1 else None
    if length is None:
        raise BadValueError(f"the length of {quoted(vector)} is not known before values arrive.",
                            where=(("asked at", caller()),), fix="Pass a list of scalars.")
    return length


def is_same_graph(var1: Variable, var2: Variable,
                  givens: Mapping[Variable, Variable] | Iterable[Any] | None = None,
                  debug: bool = False) -> bool:
    """Whether two variables are the same operations on the same variables.

    With `givens`, after these replacements.
    """
    same: dict[tuple[Variable, Variable], bool] = {}
    given = dict(givens or {})
    stack = [(given.get(var1, var1), given.get(var2, var2))]
    while stack:
        a, b = pair = stack.pop()
        if a is b or pair in same:
            continue
        same[pair] = True
        if isinstance(a, Constant) and isinstance(b, Constant):
            if a.signature() != b.signature():
                return False
        elif a.owner is None or b.owner is None or a.index != b.index or a.owner.op != b.owner.op \
                or len(a.owner.inputs) != len(b.owner.inputs):
            return False
        else:
            stack += [(given.get(u, u), given.get(v, v))
                      for u, v in zip(a.owner.inputs, b.owner.inputs, strict=True)]
    return True
