"""Products of vectors and matrices: `dot`, `outer`, `@`, `tensordot`, `batched_dot`.

Comes after the ops that rearrange. The gradient of a dot is a dot with a transpose, so a network's
derivative reads like the formula in a book.

>>> import tutor.tensor as T
>>> T.dot(T.dmatrix("m"), T.dvector("v")).ndim
1
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import Any

import numpy as np

from tutor.core.arrays import dimshuffle, dot, one_axis, shape
from tutor.core.arrays import outer as core_outer
from tutor.core.elementwise import broadcast_pattern, conj
from tutor.core.errors import DTypeError, ShapeError, ShapesDifferError
from tutor.core.graph import Apply, Variable, as_tensor_variable
from tutor.core.op import Row, rebroadcast
from tutor.core.seams import seams
from tutor.core.types import TensorType, promote
from tutor.facts import OF_PRODUCTS
from tutor.notation import Notation
from tutor.ops.examples import each, example, like
from tutor.ops.shape import addbroadcast, flatten, reshape
from tutor.ops.sums import any as any_of

__all__ = ["batched_dot", "batched_tensordot", "inner", "matmul", "outer", "tensordot", "vdot"]


def same_batches(x: Any, y: Any, axes: tuple[int, ...]) -> None:
    """An error unless these leading sizes of two stacks of matrices agree."""
    for axis in axes:
        if x.shape[axis] != y.shape[axis]:
            raise ShapesDifferError(f"batches of {x.shape[axis]} and {y.shape[axis]} matrices "
                                    "cannot be multiplied one by one")


def _matmuls(x: Any, y: Any, axes: tuple[int, ...]) -> Any:
    """Products of stacks of matrices, of which these leading sizes must agree."""
    same_batches(x, y, axes)
    return np.matmul(x, y)


class MatMul(Row):
    """Products of stacks of matrices, over their last two dimensions.

    The leading dimensions broadcast.
    """

    sizes_follow = multilinear = mixes = True
    zero_sign, shape_advice = "kept", OF_PRODUCTS
    name, calls = "matmul", (_matmuls,)
    latex, level, needs, symbol = r"{0} \, {1}", 7.5, (7.5, 8), "@"

    def types(self, x: Variable, y: Variable) -> TensorType:
        lead = broadcast_pattern([x.broadcastable[:-2], y.broadcastable[:-2]])
        pattern = (*lead, x.broadcastable[-2], y.broadcastable[-1])
        return TensorType(promote(x.dtype, y.dtype), pattern)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        x, y = node.inputs
        axes = tuple(-i for i in range(3, min(x.ndim, y.ndim) + 1)
                     if not x.broadcastable[-i] and not y.broadcastable[-i])
        return f"matmuls({names[0]}, {names[1]}, {axes})"

    def vjp(self, x: Variable, y: Variable, z: Variable, g: Variable) -> Any:
        return matmul(g, turned(conj(y))), matmul(turned(conj(x)), g)

    def needed(self, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
        """Of the first the rows, of the second the columns, of which any result is needed."""
        if mask is None:
            return [None, None]
        found: list[Variable | None] = []
        for v, axis in zip(node.inputs, (-1, -2), strict=True):
            extra = tuple(range(mask.ndim - v.ndim))
            m = any_of(mask, axis=extra) if extra else mask
            wide = tuple(i for i in range(v.ndim - 2)
                         if v.broadcastable[i] and not m.broadcastable[i])
            found.append(any_of(m, axis=(*wide, m.ndim + axis), keepdims=True))
        return found


class TensorDot(Row):
    """The product of two tensors, summed over pairs of axes."""

    first: tuple[int, ...]
    second: tuple[int, ...]
    multilinear, zero_sign = True, "kept"
    name, numpy = "tensordot", "tensordot({all}, ({first}, {second}))"

    def rest(self, x: Variable, y: Variable) -> tuple[list[int], list[int]]:
        """The axes of each that are not summed over."""
        return ([i for i in range(x.ndim) if i not in self.first],
                [i for i in range(y.ndim) if i not in self.second])

    def types(self, x: Variable, y: Variable) -> TensorType:
        rest_x, rest_y = self.rest(x, y)
        pattern = [x.broadcastable[i] for i in rest_x] + [y.broadcastable[i] for i in rest_y]
        return TensorType(promote(x.dtype, y.dtype), pattern)

    def vjp(self, x: Variable, y: Variable, z: Variable, g: Variable) -> Any:
        rest_x, rest_y = self.rest(x, y)
        n = len(rest_x)
        gx = tensordot(g, conj(y), [list(range(n, g.ndim)), rest_y])
        gy = tensordot(conj(x), g, [rest_x, list(range(n))])
        now_x = rest_x + [self.first[i] for i in np.argsort(self.second)]
        now_y = [self.second[i] for i in np.argsort(self.first)] + rest_y
        return (dimshuffle(gx, [now_x.index(i) for i in range(x.ndim)]),
                dimshuffle(gy, [now_y.index(i) for i in range(y.ndim)]))

    def notation(self, node: Apply) -> Notation:
        axes = f"[{list(self.first)}, {list(self.second)}]"
        return Notation(f"tensordot({{0}}, {{1}}, {axes})",
                        rf"{{0}} \cdot_{{{{{axes}}}}} {{1}}", 7, (8, 8))


def turned(x: Variable) -> Variable:
    """Each matrix of a stack transposed."""
    return dimshuffle(x, [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2])


def matmul(x: Any, y: Any) -> Variable:
    """`x @ y` as NumPy has it: stacks of matrices for more than two dimensions; no scalars. Raises
    DTypeError for a scalar, and ShapeError, when it runs, where sizes do not match.

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]]).eval()
    array([[11.]])
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if x.ndim == 0 or y.ndim == 0:
        raise DTypeError("@ multiplies vectors and matrices, and one operand is a scalar.",
                         fix="Use * to multiply by a number.")
    if x.ndim <= 2 and y.ndim <= 2:
        return dot(x, y)
    if x.ndim == 1:
        stack = matmul(dimshuffle(x, "x", 0), y)
        return dimshuffle(stack, [*range(stack.ndim - 2), stack.ndim - 1])
    if y.ndim == 1:
        stack = matmul(x, dimshuffle(y, 0, "x"))
        return dimshuffle(stack, list(range(stack.ndim - 1)))
    return MatMul()(x, y)


def _axis_pairs(axes: Any, x: Variable, y: Variable, name: str, batch: int = 0
                ) -> tuple[list[int], list[int]]:
    """The axes to sum over, from a number of them or from two lists."""
    if isinstance(axes, (int, np.integer)) and not isinstance(axes, bool):
        most = min(x.ndim, y.ndim) - batch
        if not 0 <= axes <= most:
            raise ShapeError(f"{name} cannot sum over {axes} axes of {x.ndim} and {y.ndim} "
                             "dimensions.", fix=f"Pass 0 up to {most}, or two lists of axes.")
        return list(range(x.ndim - axes, x.ndim)), list(range(batch, axes + batch))
    if isinstance(axes, np.ndarray):
        axes = axes.tolist()
    if not isinstance(axes, (list, tuple)) or len(axes) != 2:
        raise DTypeError(f"the axes of {name} are a number or two lists, and they are {axes!r}.",
                         fix="Write axes=[[1, 2], [0, 1]].")
    first, second = ([one_axis(a, v.ndim, name) for a in (part if np.ndim(part) else [part])]
                     for part, v in zip(axes, (x, y), strict=True))
    if len(first) != len(second) or len({*first}) + len({*second}) != 2 * len(first):
        raise ShapeError(f"{name} sums over pairs of different axes, and got {axes!r}.",
                         fix="Give lists of equal lengths.")
    return first, second


def tensordot(a: Any, b: Any, axes: Any = 2) -> Variable:
    """The product summed over several axes: their number (the last of a, the first of b), or two
    lists. Raises ShapeError for more axes than there are, and, when it runs, where their sizes
    differ.

    >>> import tutor.tensor as T
    >>> tensordot(T.dtensor3(), T.dtensor3(), [[1, 2], [0, 1]]).ndim
    2
    """
    x, y = as_tensor_variable(a), as_tensor_variable(b)
    first, second = _axis_pairs(axes, x, y, "tensordot")
    if x.ndim <= 2 and y.ndim <= 2 and x.ndim and first == [x.ndim - 1] and second == [0]:
        return dot(x, y)
    if not x.ndim or not y.ndim:
        return x * y
    return TensorDot(tuple(first), tuple(second))(x, y)


seams.contract = tensordot


def outer(x: Any, y: Any) -> Variable:
    """Every element of x times every element of y, as a matrix (both are flattened first).

    >>> outer([1.0, 2.0], [10.0, 20.0]).eval()
    array([[10., 20.],
           [20., 40.]])
    """
    vectors = [v if v.ndim == 1 else v.flatten() for v in map(as_tensor_variable, (x, y))]
    return core_outer(*vectors)


def batched_dot(a: Any, b: Any) -> Variable:
    """The dot of each a[i] with its b[i]. Raises ShapeError for a scalar, and, when it runs, where
    sizes do not match.

    >>> import tutor.tensor as T
    >>> batched_dot(T.dtensor3("a"), T.dmatrix("b")).ndim
    2
    """
    x, y = as_tensor_variable(a), as_tensor_variable(b)
    if x.ndim == 0 or y.ndim == 0:
        raise ShapeError("batched_dot runs over the first dimension of both, and one is a scalar.",
                         fix="Use * to multiply by a number.")
    if x.ndim == 1 or y.ndim == 1:
        n = max(x.ndim, y.ndim)
        return (dimshuffle(x, [*range(x.ndim), *"x" * (n - x.ndim)])
                * dimshuffle(y, [*range(y.ndim), *"x" * (n - y.ndim)]))
    return batched_tensordot(x, y, [[x.ndim - 1], [max(1, y.ndim - 2)]])


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Variable:
    """The tensordot of each x[i] with its y[i]; `axes` counts the first dimension too, if two
    lists.

    >>> import tutor.tensor as T
    >>> batched_tensordot(T.dtensor4(), T.dtensor3(), [[2, 3], [1, 2]]).ndim
    2
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    first, second = _axis_pairs(axes, x, y, "batched_tensordot", batch=1)
    if 0 in first or 0 in second:
        raise ShapeError("batched_tensordot does not sum over the first dimension.",
                         fix="Name other axes.")
    if x.broadcastable[0] != y.broadcastable[0]:  # as many of one as of the other
        x, y = addbroadcast(x, 0), addbroadcast(y, 0)
    rest_x = [i for i in range(1, x.ndim) if i not in first]
    rest_y = [i for i in range(1, y.ndim) if i not in second]
    a, b = dimshuffle(x, [0, *rest_x, *first]), dimshuffle(y, [0, *second, *rest_y])
    sizes_x, sizes_y = shape(x), shape(y)
    if len(rest_x) != 1 or len(first) != 1:
        a = reshape(a, (sizes_x[0], _size(sizes_x, rest_x), _size(sizes_x, first)))
    if len(rest_y) != 1 or len(second) != 1:
        b = reshape(b, (sizes_y[0], _size(sizes_y, second), _size(sizes_y, rest_y)))
    result: Variable = MatMul()(a, b)
    if len(rest_x) == 1 and len(rest_y) == 1:
        return result
    pattern = [v.broadcastable[i] for v, rest in ((x, [0, *rest_x]), (y, rest_y)) for i in rest]
    sizes = [sizes_x[0], *[sizes_x[i] for i in rest_x], *[sizes_y[i] for i in rest_y]]
    return rebroadcast(reshape(result, sizes), pattern)


def inner(a: Any, b: Any) -> Variable:
    """The product summed over the last dimension of both.

    >>> inner([[1, 2], [3, 4]], [1, 1]).eval()
    array([3, 7])
    """
    x, y = as_tensor_variable(a), as_tensor_variable(b)
    return tensordot(x, y, [[x.ndim - 1], [y.ndim - 1]]) if x.ndim and y.ndim else x * y


def vdot(a: Any, b: Any) -> Variable:
    """The sum of all products of elements, of which the first are conjugated."""
    x, y = (flatten(as_tensor_variable(v)) for v in (a, b))
    return dot(conj(x), y)


def _size(sizes: Variable, axes: Sequence[int]) -> Any:
    """The product of some sizes."""
    return reduce(mul, [sizes[axis] for axis in axes]) if axes else 1


like(dot, each(((3,), (3,)), ((2, 3), (3,)), ((2,), (2, 3)), ((2, 3), (3, 4)), ((2, 3, 4), (4, 2)),
               ((2, 3, 4), (2, 4, 5)), ((), (2, 3)), ((2, 3), (5, 3, 4))))
like(matmul, each(((2, 2, 3), (3, 4)), ((2, 2, 3), (2, 3, 4)), ((3,), (2, 3, 4)),
                  ((2, 3, 4), (4,)), ((3, 4), (5, 2, 4, 2))))
like(outer, each(((2,), (3,)), ((2, 2), ())))
like(inner, each(((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((), (2,))))
like(vdot, (2, 3), (6,))
for _axes, *_shapes in ((2, (2, 3, 4), (3, 4, 2)), (1, (2, 3), (3, 2, 2)), (0, (2,), (3, 2)),
                        ([[1, 2], [1, 0]], (2, 3, 4), (4, 3, 2)), ([[0], [1]], (2, 3), (4, 2)),
                        ([[2, 0], [1, 2]], (2, 3, 4), (3, 4, 2))):
    like(tensordot, *_shapes, axes=_axes)
for _rule, *_shapes in (("nij,njk->nik", (2, 3, 4), (2, 4, 5)), ("nj,njk->nk", (2, 4), (2, 4, 5)),
                        ("nij,nj->ni", (2, 3, 4), (2, 4)), ("nj,nj->n", (2, 4), (2, 4)),
                        ("n,njk->njk", (2,), (2, 4, 5)),
                        ("nabj,njk->nabk", (2, 3, 2, 4), (2, 4, 5))):
    example("batched_dot", batched_dot, lambda x, y, r=_rule: np.einsum(r, x, y), *_shapes)
like(batched_tensordot, lambda x, y, axes: np.einsum("naib,nbak->nik", x, y), (2, 3, 2, 4),
     (2, 4, 3, 2), axes=[[1, 3], [2, 1]])
