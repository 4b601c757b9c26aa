"""How large things are: `shape`, `size`, and shapes given as arguments.

Comes after the reductions and before the ops that rearrange. A shape is an int64 vector; where its
length is known it can be taken apart when the graph is built.

>>> import tutor.tensor as T
>>> [size.type for size in T.dvector("v").shape][0]
TensorType(int64, scalar)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.arrays import Shape
from tutor.core.elementwise import Cast, cast
from tutor.core.errors import DTypeError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, constant, quoted
from tutor.core.indexing import Join, Slot, Span, Subtensor
from tutor.core.op import Notation
from tutor.core.row import Row
from tutor.core.types import DISCRETE, TensorType
from tutor.ops.examples import example


class ShapeI(Row):
    """The size of one dimension."""

    i: int
    reads, zero_sign, wrt = slice(0), "lost", ()
    name, numpy = "shape_i", "int64({0}.shape[{i}])"

    def types(self, x: Variable) -> TensorType:
        return TensorType("int64", ())

    def notation(self, node: Apply) -> Notation:
        latex = rf"\operatorname{{{{shape}}}}_{{{{{self.i}}}}}\left({{0}}\right)"
        return Notation(f"{{0}}.shape[{self.i}]", latex, 10, (10,))

    def label(self, node: Apply) -> str:
        return f"shape[{self.i}]"


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


def one_size(value: Any) -> int | Variable:
    """A size in a shape: a whole number, or the symbol of one."""
    v = as_tensor_variable(value)
    if v.ndim or v.dtype not in DISCRETE or v.dtype == "bool":
        raise DTypeError(f"a size is a whole number, and {quoted(value)} is {v.type}.",
                         fix="Pass integers.")
    return int(v.data) if isinstance(v, Constant) else v


def is_one(size: Any) -> bool:
    """Whether a size is known to be 1: the number, or that of a dimension that is so by its type.
    """
    node = getattr(size, "owner", None)
    if node is None:
        return bool(isinstance(size, int) and size == 1)
    if isinstance(node.op, ShapeI):
        return bool(node.inputs[0].broadcastable[node.op.i])
    whole = node.inputs[0].owner if node.op.name == "subtensor" else None
    entries: Any = node.op.index.entries if whole is not None else ()
    if whole is None or not isinstance(whole.op, Shape) or len(entries) != 1:
        return False
    x, i = whole.inputs[0], entries[0]
    return isinstance(i, int) and -x.ndim <= i < x.ndim and bool(x.broadcastable[i])


def shape_parts(value: Any, ndim: int | None = None) -> tuple[list[Any] | None, Variable]:
    """A shape argument as a list of sizes where its length is known, and as an int64 vector."""
    if (isinstance(value, Variable) and value.ndim == 0) or isinstance(value, (int, np.integer)):
        value = (value,)
    if isinstance(value, (tuple, list)):
        sizes = [one_size(s) for s in value]
        if not any(isinstance(s, Variable) for s in sizes):
            return list(sizes), constant(np.array(sizes, dtype="int64"), dtype="int64")
        return list(sizes), MakeVector("int64")(*[as_tensor_variable(s) for s in sizes])
    vector = as_tensor_variable(value)
    if vector.ndim != 1 or vector.dtype not in DISCRETE:
        raise DTypeError(f"a shape is a vector of whole numbers, and {quoted(value)} is "
                         f"{vector.type}.", fix="Pass a tuple of sizes.")
    if isinstance(vector, Constant):
        return [int(s) for s in vector.data], constant(vector.data, dtype="int64")
    length = ndim if ndim is not None else vector_length(vector)
    return (None if length is None else elements(vector, length)), cast(vector, "int64")


def elements(vector: Variable, length: int) -> list[Any]:
    """The elements of a vector of a known length: numbers where its expression says them.

    >>> import tutor.tensor as T
    >>> elements(T.stack([1, T.lscalar("n"), 3]), 3)
    [1, n, 3]
    """
    node = vector.owner
    if isinstance(vector, Constant):
        return [int(s) for s in vector.data]
    if node is not None and isinstance(node.op, Cast):
        return elements(node.inputs[0], length)
    if node is not None and isinstance(node.op, MakeVector):
        return [_whole(v) for v in node.inputs]
    if node is not None and node.op.name == "join":
        lengths = [vector_length(v) for v in node.inputs]
        parts = zip(node.inputs, lengths, strict=True)
        if None not in lengths:
            return [s for v, n in parts for s in elements(v, n or 0)]
    return [vector[i] for i in range(length)]


def _whole(v: Variable) -> Any:
    """An element of a vector: as the number it is, whatever it was cast to, or as its symbol."""
    inner = v.owner.inputs[0] if v.owner is not None and isinstance(v.owner.op, Cast) else v
    number = isinstance(inner, Constant) and inner.dtype in DISCRETE and inner.dtype != "bool"
    return int(inner.data) if number and isinstance(inner, Constant) else v


example("shape_i", lambda x: ShapeI(1)(x), lambda x: np.array(x.shape[1]), (2, 3),
        differentiable=False)
example("make_vector", lambda x, y: MakeVector("float64")(x, y),
        lambda x, y: np.array([x, y]) * 1.0, (), (), kinds="biuf")
