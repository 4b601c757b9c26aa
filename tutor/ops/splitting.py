"""Cutting tensors: `split` gives parts of given sizes along an axis.

Comes after joining, which is its gradient.

>>> a, b = split([1, 2, 3], [1, 2])
>>> b.eval()
array([2, 3])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.core.arguments import one_axis, whole
from tutor.core.errors import BadValueError, ShapeError
from tutor.core.graph import Apply, Variable, as_tensor_variable, quoted
from tutor.core.op import Notation, public
from tutor.core.row import Row
from tutor.core.types import TensorType
from tutor.ops.examples import example
from tutor.ops.joining import concatenate
from tutor.ops.sizes import shape_parts

__all__ = ["split"]


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
        pattern = [one and i != self.axis for i, one in enumerate(x.broadcastable)]
        return [TensorType(x.dtype, pattern)] * self.n

    def source(self, node: Apply, names: Sequence[str]) -> str:
        one = "[0]" if self.n == 1 else ""
        return f"parts_of({names[0]}, {names[1]}, {self.axis}){one}"

    def vjp(self, x: Variable, sizes: Variable, *rest: Variable) -> Variable:
        return concatenate(rest[self.n:], self.axis)

    def notation(self, node: Apply) -> Notation:
        axis = f", axis={self.axis}" if self.axis else ""
        return Notation(f"split({{0}}, {{1}}{axis})",
                        rf"\operatorname{{{{split}}}}\left({{0}}, {{1}}{axis}\right)")


@public
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


example("split", lambda x: split(x, [1, 2], axis=1)[1], lambda x: x[:, 1:], (2, 3))
example("split", lambda x: split(x, [2])[0] * 2, lambda x: x * 2, (2, 3))
example("split", lambda x, n: split(x, n, 2)[1], lambda x, n: x[n[0]:], (3, 2), [1, 2])
