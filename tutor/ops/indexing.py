"""Writing at an index: `set_subtensor`, `inc_subtensor`, through views too; and `take`.

>>> import tutor.tensor as T
>>> v = T.dvector("v")
>>> set_subtensor(v[0], 9).eval({v: [1, 2, 3]})
array([9., 2., 3.])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.checking import chosen, truth
from tutor.core.arrays import DimShuffle, dimshuffle, one_axis
from tutor.core.elementwise import cast
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.graph import Constant, Variable, as_tensor_variable, constant, quoted
from tutor.core.indexing import WHOLE, Subtensor, Template, with_part
from tutor.core.op import VIEW, Row, rebroadcast
from tutor.core.types import DISCRETE, TensorType
from tutor.hooks import hooks
from tutor.ops.advanced import AdvancedIncSubtensor, getitem
from tutor.ops.creation import alloc
from tutor.ops.examples import each, example, like
from tutor.ops.logic import clip
from tutor.ops.shape import Reshape, flatten, reshape

__all__ = ["inc_subtensor", "set_subtensor", "take"]


def _first_steps(x: Any, n: Any) -> Any:
    """The first n elements of x, of which there have to be so many."""
    if n > len(x) or n < 0:
        raise BadValueError(f"scan was asked for {n} steps, and a sequence has {len(x)}.",
                            fix="Pass a smaller n_steps, or leave it out.")
    return x[:n]


class FirstSteps(Row):
    """The first n elements of a sequence, which has to have so many."""

    zero_sign, view_map, wrt = "kept", VIEW, ()
    name, numpy, calls = "first_steps", "first_steps({all})", (_first_steps,)

    def types(self, x: Variable, n: Variable) -> TensorType:
        return TensorType(x.dtype, (False, *x.broadcastable[1:]))


def _write(part: Any, y: Any, mode: Any) -> Variable:
    node = part.owner if isinstance(part, Variable) else None
    if node is not None and isinstance(node.op, DimShuffle):
        inner, order = node.inputs[0], node.op.order
        if node.op.kept == tuple(range(inner.ndim)):  # x[i][None], x[None]: only new dimensions
            y = as_tensor_variable(y)
            y = dimshuffle(y, *["x"] * (len(order) - y.ndim), *range(y.ndim))
            pattern = [b or o == "x" for b, o in zip(y.broadcastable, order, strict=True)]
            places = [order.index(i) for i in range(inner.ndim)]
            y = dimshuffle(rebroadcast(y, pattern), places)
            indexed = inner.owner is not None and isinstance(inner.owner.op, Subtensor)
            everything = Subtensor(Template((WHOLE,) * inner.ndim))
            return _write(inner if indexed else everything(inner), y, mode)
    if node is not None and isinstance(node.op, Reshape):  # x[i].flatten(): y under x[i]'s shape
        inner, y = node.inputs[0], as_tensor_variable(y)
        if y.ndim:
            whole = alloc(y, *[part.shape[i] for i in range(part.ndim)])
            y = rebroadcast(reshape(whole, inner.shape, ndim=inner.ndim), inner.broadcastable)
        return _write(inner, y, mode)
    if node is None or not isinstance(node.op, Subtensor):
        raise DTypeError(f"{mode}_subtensor needs x[index] as its first argument, and got "
                         f"{quoted(part)}.", fix=f"Write T.{mode}_subtensor(x[index], y).")
    index, y = node.op.index, like_dtype(y, part.dtype)
    if y.ndim > part.ndim:
        raise DTypeError(f"a part of {part.ndim} dimensions cannot take {quoted(y)} of {y.ndim}.",
                         fix="Sum or index y down to the dimensions of the part.")
    if not (index.advanced or hooks.stretches):
        return with_part(part, y, mode)
    base, *indices = node.inputs
    return AdvancedIncSubtensor(index, mode, hooks.stretches)(base, y, *indices)


def like_dtype(y: Any, dtype: str) -> Variable:
    """y as a variable of this dtype; an error where a cast would lose something."""
    if type(y) in (int, float) and np.dtype(dtype).kind in "fc":
        return constant(y, dtype=dtype)
    v = as_tensor_variable(y)
    fits = v.dtype == dtype or np.can_cast(v.dtype, dtype, "same_kind")
    if isinstance(v, Constant) and v.dtype in DISCRETE and dtype in DISCRETE:
        fits = np.array_equal(v.data.astype(dtype), v.data)
    if not fits:
        raise DTypeError(f"{quoted(v)} is {v.dtype} and would lose something as {dtype}.",
                         fix=f"T.cast(y, {dtype!r}) if that is what you want.")
    return cast(v, dtype)


def set_subtensor(x: Any, y: Any, inplace: bool = False,
                  tolerate_inplace_aliasing: bool = False) -> Variable:
    """The whole of v with v[index] replaced by y: `set_subtensor(v[index], y)`. Raises DTypeError
    where the first argument is no x[index], or y has more dimensions.

    >>> import tutor.tensor as T
    >>> v = T.dvector("v")
    >>> set_subtensor(v[0], 9).eval({v: [1, 2, 3]})
    array([9., 2., 3.])
    """
    return _write(x, y, "set")


def inc_subtensor(x: Any, y: Any, inplace: bool = False, set_instead_of_inc: bool = False,
                  tolerate_inplace_aliasing: bool = False) -> Variable:
    """The whole of v with v[index] increased by y: `inc_subtensor(v[index], y)`.

    An element that an array index names twice is increased twice. Raises DTypeError where the first
    argument is no x[index], or y has more dimensions.

    >>> import tutor.tensor as T
    >>> x = T.dvector("x")
    >>> inc_subtensor(x[:2], 10).eval({x: [1, 2, 3]})
    array([11., 12.,  3.])
    """
    return _write(x, y, "set" if truth(set_instead_of_inc, "set_instead_of_inc") else "inc")


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Variable:
    """The slices of a at these positions along an axis (of the flattened a where the axis is None).

    `mode` says what becomes of positions outside: "raise", "wrap" (round and round) or "clip".

    >>> take([10, 20, 30], [0, 2]).eval()
    array([10, 30])
    """
    x, places = as_tensor_variable(a), as_tensor_variable(indices)
    if axis is None:
        x, axis = flatten(x), 0
    axis = one_axis(axis, x.ndim, "take")
    size = x.shape[axis]
    if chosen(mode, ("raise", "wrap", "clip"), "mode") == "wrap":
        places = places % size
    elif mode == "clip":
        places = clip(cast(places, "int64"), 0, size - 1)
    return getitem(x, (*[slice(None)] * axis, places))


def _numpy_write(x: Any, index: Any, y: Any, mode: str) -> Any:
    x = x.copy()
    if mode == "set":
        x[index] = y
    else:
        np.add.at(x, index, y)
    return x


for _mode, _function in (("set", set_subtensor), ("inc", inc_subtensor)):
    for _index, *_shapes in (
            ((0, slice(1, None)), (2, 3), (2,)), ((slice(None), 1), (2, 3), ()),
            (([1, 0],), (2, 3), (2, 3)), ((slice(None),), (2, 3), (3,))):
        example(f"{_mode}_subtensor", lambda x, y, f=_function, i=_index: f(x[i], y),
                lambda x, y, i=_index, m=_mode: _numpy_write(x, i, y, m), *_shapes)
example("inc_subtensor", lambda x, y: inc_subtensor(x[[0, 0, 1]], y),
        lambda x, y: _numpy_write(x, ([0, 0, 1],), y, "inc"), (2, 3), (3, 3), kinds="iufc")
like(take, (2, 3), [[2, 0], [0, 1]], axis=1, mode=each("raise", "wrap", "clip"))
example("first_steps", lambda x: FirstSteps()(x, as_tensor_variable(2)), lambda x: x[:2], (3, 2),
        differentiable=False)
