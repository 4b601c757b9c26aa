"""Tensors put together, and cut: split, stack and their kin, broadcast_to, meshgrid.

Comes after the ops that rearrange and make tensors.

>>> vstack([[1, 2], [3, 4]]).eval()
array([[1, 2],
       [3, 4]])
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tutor.checking import chosen, truth, whole
from tutor.core.arrays import dimshuffle, one_axis, shape
from tutor.core.elementwise import minimum, mul
from tutor.core.errors import BadValueError, DTypeError, ShapeError, caller
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, quoted
from tutor.core.op import Row
from tutor.core.types import TensorType
from tutor.notation import Notation
from tutor.ops.creation import alloc
from tutor.ops.examples import each, example, like
from tutor.ops.shape import lifted, open_at, shape_parts, unlike
from tutor.ops.stacks import concatenate, stack, vector_length

__all__ = [
    "append", "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_to",
    "column_stack", "dstack", "horizontal_stack", "hstack", "meshgrid", "split", "stacklists",
    "vertical_stack", "vstack",
]  # fmt: skip


def stacklists(arg: Any) -> Variable:
    """Nested lists of scalars or tensors as one tensor.

    >>> stacklists([[1, 2], [3, 4]]).ndim
    2
    """
    if isinstance(arg, (list, tuple)):
        return stack([stacklists(part) for part in arg])
    return as_tensor_variable(arg)


def horizontal_stack(*args: Any) -> Variable:
    """Matrices side by side. Raises ShapeError for what are not two matrices or more.

    >>> horizontal_stack([[1], [2]], [[3], [4]]).eval()
    array([[1, 3],
           [2, 4]])
    """
    return _matrices("horizontal_stack", args, 1)


def vertical_stack(*args: Any) -> Variable:
    """Matrices below one another. Raises ShapeError for what are not two matrices or more.

    >>> vertical_stack([[1, 2]], [[3, 4]]).eval()
    array([[1, 2],
           [3, 4]])
    """
    return _matrices("vertical_stack", args, 0)


def _matrices(name: str, tensors: Sequence[Any], axis: int) -> Variable:
    variables = [as_tensor_variable(t) for t in tensors]
    if len(variables) < 2 or any(v.ndim != 2 for v in variables):
        raise ShapeError(f"{name} takes two matrices or more, and got "
                         f"{', '.join(str(v.type) for v in variables) or 'nothing'}.",
                         fix="stack joins vectors as rows.")
    return concatenate(variables, axis)


def unpack(x: Variable) -> list[Variable]:
    """The slices of x along its first dimension, where their number is known."""
    length = vector_length(x) if x.ndim == 1 else None
    if isinstance(x, Constant) and x.ndim:
        length = len(x.data)
    if x.ndim == 0 and x.owner is None and len(names := re.findall(r"[^\s,]+", x.name or "")) > 1:
        apart = '", "'.join(names)
        raise DTypeError(f"{quoted(x)} is one symbol, whose name is {x.name!r}.",
                         where=(("written at", caller()), ("made at", x.origin)),
                         fix=f'The plural makes several: T.dscalars("{apart}").')
    if length is None:
        raise DTypeError(f"{quoted(x)} is a symbol: how many elements it has is known only when "
                         "values arrive.",
                         where=(("written at", caller()), ("made at", x.origin)),
                         fix="T.sum(x) adds its elements; x[0], x[1], … are single ones.")
    return [x[i] for i in range(length)]


def parts_of(x: Any, sizes: Any, axis: int) -> tuple[Any, ...]:
    """Views of x along an axis, of sizes that must add up to its own."""
    wanted, there = [int(size) for size in sizes], x.shape[axis]
    if min(wanted) < 0 or sum(wanted) != there:
        raise ValueError(f"parts of sizes {wanted} do not make up dimension {axis}, of size "
                         f"{there}")
    before, start, parts = (slice(None),) * axis, 0, []
    for size in wanted:
        parts.append(x[(*before, slice(start, start + size))])
        start += size
    return tuple(parts)


class Split(Row):
    """Parts of a tensor along an axis, of these sizes."""

    axis: int
    n: int
    takes_numbers, wrt, calls = True, (0,), (parts_of,)
    name = "split"

    @property
    def view_map(self) -> dict[int, list[int]]:  # type: ignore[override]
        """Each part is a view."""
        return {i: [0] for i in range(self.n)}

    def types(self, x: Variable, sizes: Variable) -> list[TensorType]:
        return [TensorType(x.dtype, open_at(x, self.axis))] * self.n

    def source(self, node: Apply, names: Sequence[str]) -> str:
        one = "[0]" if self.n == 1 else ""
        return f"parts_of({names[0]}, {names[1]}, {self.axis}){one}"

    def vjp(self, x: Variable, sizes: Variable, *rest: Variable) -> Variable:
        return concatenate(rest[self.n:], self.axis)

    def notation(self, node: Apply) -> Notation:
        axis = f", axis={self.axis}" if self.axis else ""
        return Notation(f"split({{0}}, {{1}}{axis})",
                        rf"\operatorname{{{{split}}}}\left({{0}}, {{1}}{axis}\right)")


def split(x: Any, splits_size: Any, n_splits: int | None = None, axis: int = 0) -> list[Variable]:
    """x cut along an axis into parts of these sizes (a list, or a vector of `n_splits` of them).

    The sizes are 0 or more and add up to that of x: anything else is a `ValueError`, at the latest
    when the values are there.

    >>> [part.eval() for part in split([1, 2, 3], [1, 2])]
    [array([1]), array([2, 3])]
    """
    x = as_tensor_variable(x)
    place = one_axis(axis, x.ndim, "split")
    sizes, vector = shape_parts(splits_size,
                                None if n_splits is None else whole(n_splits, "n_splits"))
    if sizes is None or (n_splits is not None and n_splits != len(sizes)):
        raise ShapeError(f"into how many parts split cuts is not known from {quoted(splits_size)}.",
                         fix="Pass n_splits=, their number.")
    if not sizes:
        raise ShapeError("split cuts into one part or more.", fix="Pass the size of at least one.")
    if any(isinstance(size, int) and size < 0 for size in sizes):
        raise BadValueError(f"a part cannot have one of the sizes {sizes}.",
                            fix="Pass sizes from 0 up.")
    return Split(place, len(sizes))(x, vector, return_list=True)


def _each(wide: Callable[[Variable], Variable], given: Sequence[Any], name: str) -> Any:
    """A function of one tensor, or of several, which gives a list then."""
    if not given:
        raise DTypeError(f"{name} takes one tensor or several.", fix=f"Write {name}(x).")
    found = [wide(as_tensor_variable(v)) for v in given]
    return found[0] if len(found) == 1 else found


def _row(v: Variable) -> Variable:
    return lifted(v, 2)


def _deep(v: Variable) -> Variable:
    return dimshuffle(_row(v), 0, 1, "x") if v.ndim < 3 else v


def atleast_1d(*arys: Any) -> Any:
    """A scalar as a vector of one element; others as they are. Of several tensors, a list."""
    return _each(lambda v: v if v.ndim else dimshuffle(v, "x"), arys, "atleast_1d")


def atleast_2d(*arys: Any) -> Any:
    """Scalars and vectors as matrices of one row; others as they are.

    >>> atleast_2d([1, 2]).eval()
    array([[1, 2]])
    """
    return _each(_row, arys, "atleast_2d")


def atleast_3d(*arys: Any) -> Any:
    """Matrices with a third dimension of size 1, vectors as a row of such a one."""
    return _each(_deep, arys, "atleast_3d")


def _joined(name: str, tup: Any, wide: Callable[[Variable], Variable], axis: int) -> Variable:
    if not isinstance(tup, (list, tuple)) or not tup:
        raise DTypeError(f"{name} takes a list of tensors, and got {quoted(tup)}.",
                         fix=f"Write {name}([a, b]).")
    return concatenate([wide(as_tensor_variable(v)) for v in tup], axis)


def vstack(tup: Any) -> Variable:
    """Vectors as rows, or matrices, below one another.

    >>> vstack([[1, 2], [3, 4]]).eval()
    array([[1, 2],
           [3, 4]])
    """
    return _joined("vstack", tup, _row, 0)


def hstack(tup: Any) -> Variable:
    """Matrices side by side; vectors one after the other.

    >>> hstack([[1, 2], [3]]).eval()
    array([1, 2, 3])
    """
    flat = isinstance(tup, (list, tuple)) and tup and as_tensor_variable(tup[0]).ndim < 2
    return _joined("hstack", tup, atleast_1d, 0 if flat else 1)


def dstack(tup: Any) -> Variable:
    """Matrices behind one another, along a third dimension."""
    return _joined("dstack", tup, _deep, 2)


def column_stack(tup: Any) -> Variable:
    """Vectors as the columns of a matrix; matrices side by side.

    >>> column_stack([[1, 2], [3, 4]]).eval()
    array([[1, 3],
           [2, 4]])
    """
    return _joined("column_stack", tup, lambda v: _row(v).T if v.ndim < 2 else v, 1)


def append(arr: Any, values: Any, axis: int | None = None) -> Variable:
    """The values behind those of arr, along an axis; both flattened, if that is None."""
    return concatenate([as_tensor_variable(arr), as_tensor_variable(values)], axis)


def broadcast_to(array: Any, shape: Any) -> Variable:
    """The array stretched to a shape: in the dimensions that are known to have size 1.

    >>> broadcast_to([1, 2], (2, 2)).eval()
    array([[1, 2],
           [1, 2]])
    """
    sizes, vector = shape_parts(shape)
    return alloc(array, *(sizes if sizes is not None else (vector,)))


def meshgrid(*xi: Any, sparse: bool = False, indexing: str = "xy") -> list[Variable]:
    """The coordinates of the points of a grid, from those along each dimension, vectors: a tensor
    for each. With indexing "xy" the first runs along columns, with "ij" along rows; `sparse` leaves
    them unstretched.

    >>> [v.eval().tolist() for v in meshgrid([1, 2], [3, 4])]
    [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
    """
    lines, n = [as_tensor_variable(v) for v in xi], len(xi)
    for v in lines:
        if v.ndim > 1:
            raise unlike("a grid is made of vectors", v, "Flatten it.")
    lines = [atleast_1d(v) for v in lines]
    places = [*range(n)]
    if chosen(indexing, ("xy", "ij"), "indexing") == "xy" and n > 1:
        places[:2] = [1, 0]
    found = [dimshuffle(v, ["x"] * k + [0] + ["x"] * (n - 1 - k))
             for v, k in zip(lines, places, strict=True)]
    if truth(sparse, "sparse") or n < 2:
        return found
    sizes: list[Any] = [None] * n
    for v, k in zip(lines, places, strict=True):
        sizes[k] = shape(v)[0]
    return [alloc(v, *sizes) for v in found]


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Variable]:
    """The array cut along an axis into so many parts, the first ones larger where that does not
    come out even; or before each of some positions.

    >>> [part.eval().tolist() for part in array_split([1, 2, 3, 4], 3)]
    [[1, 2], [3], [4]]
    """
    x = as_tensor_variable(ary)
    place = one_axis(axis, x.ndim, "array_split")
    before = (slice(None),) * place
    if isinstance(indices_or_sections, (list, tuple)):
        cuts: list[Any] = [None, *indices_or_sections, None]
    else:
        parts = whole(indices_or_sections, "the number of parts")
        if parts < 1:
            raise ShapeError("array_split cuts into one part or more.", fix="Pass 1 or more.")
        n: Any = shape(x)[place]
        each, rest = n // parts, n % parts
        cuts = [None, *[each * i + minimum(rest, i) for i in range(1, parts)], None]
    return [x[(*before, slice(a, b))] for a, b in pairwise(cuts)]


_ROWS, _MATRICES = ((3,), (3,)), ((2, 3), (2, 3))
like(lambda x, y: stacklists([[x, y], [y, x]]), lambda x, y: np.array([[x, y], [y, x]]), (2,), (2,),
     name="stacklists")
like(horizontal_stack, lambda *v: np.hstack(v), (2, 1), (2, 3))
like(vertical_stack, lambda *v: np.vstack(v), (1, 3), (2, 3))
like(lambda x: unpack(x.shape)[1], lambda x: np.array(x.shape[1]), (2, 3), name="unpack",
     differentiable=False)
like(split, lambda x, splits_size, axis: np.split(x, splits_size[:1], axis), (2, 3),
     splits_size=[1, 2], axis=1, part=1)
example("split", lambda x: split(x, [2])[0] * 2, lambda x: x * 2, (2, 3))
example("split", lambda x, n: split(x, n, 2)[1], lambda x, n: x[n[0]:], (3, 2), [1, 2])
_numpys: Any
for _at_least, _numpys in ((atleast_1d, np.atleast_1d), (atleast_2d, np.atleast_2d),
                           (atleast_3d, np.atleast_3d)):
    like(_at_least, _numpys, each(((),), ((3,),), ((2, 3),)))
for _stack, _numpys in ((vstack, np.vstack), (hstack, np.hstack), (dstack, np.dstack),
                        (column_stack, np.column_stack)):
    like(lambda x, y, f=_stack: f([x, y]), lambda x, y, f=_numpys: f([x, y]),
         each(_ROWS, _MATRICES), name=_stack.__name__)
like(append, (2, 3), (2, 1), axis=each(None, 1))
like(broadcast_to, (3,), shape=(2, 3))
like(lambda *v, **how: mul(*meshgrid(*v, **how)), lambda *v, **how: np.multiply(
    *np.meshgrid(*v, **how)), (2,), (3,), sparse=each(False, True), indexing=each("xy", "ij"),
    name="meshgrid")
like(array_split, (2, 3), indices_or_sections=each(2, [1, 2], [2, 9]), axis=1, part=each(0, 1))
