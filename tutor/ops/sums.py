"""Sums, means and extrema with all that T's take: the dtype of the result, and of what is added up.

Comes after the core, whose `sum` and `mean` take an axis; its reductions get further rows here.

>>> import tutor.tensor as T
>>> T.sum(T.bmatrix("m"), axis=0, dtype="float32").type
TensorType(float32, vector)
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tutor.checking import axes_of
from tutor.core.arrays import KINDS, Kind, Reduction, size_along, spread_back
from tutor.core.arrays import reduce as core_reduce
from tutor.core.elementwise import cast, eq, reals, switch
from tutor.core.errors import DTypeError
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.core.types import DISCRETE, checked_dtype, promote
from tutor.notation import call, said
from tutor.ops.examples import example

__all__ = ["all", "any", "max", "mean", "min", "size", "sum"]


SHORT = {"float32": 32, "float64": 16}  # numbers of a row whose columns still share lines of cache
MANY = 32_768  # numbers: below, NumPy's own way costs nothing to speak of
AT_A_TIME = 65_536  # numbers in the rows whose columns the cache holds


def along(ufunc: Any, x: Any, axis: Any, keepdims: bool = False) -> Any:
    """`ufunc.reduce`; NumPy begins anew with each row, which for many short ones costs more than
    their numbers do: of these it takes columns, or sums by `einsum`, which begins faster.

    >>> along(np.maximum, np.arange(40000.0).reshape(-1, 2), 1)[:3]
    array([1., 3., 5.])
    """
    n = x.shape[-1] if x.ndim > 1 else 0
    longest = SHORT.get(x.dtype.name, 0) * (8 if ufunc is np.add else 1)
    last = axis in (x.ndim - 1, (x.ndim - 1,), -1)
    if not last or x.size < MANY or not 0 < n <= longest or not x.flags.c_contiguous:
        return ufunc.reduce(x, axis=axis, keepdims=keepdims)
    rows = x.reshape(-1, n)
    if ufunc is np.add and n > 8:  # up to here the columns give the same last digits
        found = np.einsum("ij->i", rows)
    else:
        found, step = rows[:, 0].copy(), AT_A_TIME // n
        for start in range(0, len(rows), step):
            some, out = rows[start : start + step], found[start : start + step]
            for k in range(1, n):
                ufunc(out, some[:, k], out=out)
    return found.reshape(*x.shape[:-1], 1) if keepdims else found.reshape(x.shape[:-1])


def _extremum_grad(x: Variable, y: Variable, g: Variable, op: Reduction) -> Variable:
    """The cotangent goes to the extreme elements, in equal parts where several are equal."""
    return shared_by(eq(spread_back(y, x, op), x), spread_back(g, x, op), op.axes(x))


def shared_by(ties: Variable, g: Variable, axes: tuple[int, ...]) -> Variable:
    """g in equal parts to the elements that are tied along the axes, and 0 to the others."""
    count = Reduction("sum", axes, True)(ties)
    return switch(ties, g / cast(count, g.dtype), 0)


KINDS |= {
    "max": Kind("maximum.reduce", str, _extremum_grad, r"\max", "max",
                "The largest element along an axis, several, or all.", "maximum", "kept", True),
    "min": Kind("minimum.reduce", str, _extremum_grad, r"\min", "min",
                "The smallest element along an axis, several, or all.", "minimum", chooses=True),
    "any": Kind("logical_or.reduce", lambda d: "bool", None, r"\bigvee", "any",
                "Whether any element is true."),
    "all": Kind("logical_and.reduce", lambda d: "bool", None, r"\bigwedge", "all",
                "Whether all elements are true."),
}


def reduce(kind: str, x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None,
           acc_dtype: Any = None) -> Variable:
    """The reduction `kind` of x, perhaps in another dtype, or added up in another."""
    x = as_tensor_variable(x)
    if acc_dtype is not None:
        return cast(reduce(kind, _accumulated(x, checked_dtype(acc_dtype)), axis, keepdims),
                    KINDS[kind].dtype(x.dtype) if dtype is None else dtype)
    if dtype is not None:
        dtype = checked_dtype(dtype)
        if np.dtype(dtype).kind in "fc" and x.dtype not in DISCRETE:
            x = cast(x, promote(x.dtype, dtype))  # not where that would lose something
        return cast(reduce(kind, x, axis, keepdims), dtype)
    if kind in ("max", "min") and x.dtype.startswith("complex"):
        raise DTypeError(f"{quoted(x)} is complex: its elements have no order.", fix="Use abs(x).")
    return core_reduce(kind, x, axes_of(axis, x.ndim, kind), keepdims)


def _accumulated(x: Variable, dtype: str) -> Variable:
    """x in the dtype that it is added up in, which must hold all that x does."""
    if promote(x.dtype, dtype) != dtype and not (x.dtype in DISCRETE and dtype not in DISCRETE):
        raise DTypeError(f"{quoted(x)} is {x.dtype}, and acc_dtype={dtype!r} would lose "
                         "something of it.", fix="Leave acc_dtype out.")
    return cast(x, dtype)


def sum(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False,
        acc_dtype: Any = None, no_zeros_in_input: bool = False) -> Variable:
    """The sum over an axis, several, or all (`axis` None); with `keepdims` the reduced dimensions
    stay, with size 1.

    >>> import tutor.tensor as T
    >>> T.sum(T.dmatrix("m"), axis=0).ndim
    1
    """
    return reduce("sum", input, axis, keepdims, dtype, acc_dtype)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The largest element along an axis, several, or all."""
    return reduce("max", x, axis, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The smallest element along an axis, several, or all."""
    return reduce("min", x, axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Whether any element is true, along an axis, several, or all."""
    return reduce("any", x, axis, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Whether all elements are true, along an axis, several, or all."""
    return reduce("all", x, axis, keepdims)


def size(x: Any) -> Variable:
    """How many elements x has."""
    return size_along(as_tensor_variable(x), None)


def in_papers(name: str, x: Variable, axis: Any, keepdims: Any, **more: Any) -> Any:
    """How papers write a statistic: by its name."""
    axes = axes_of(axis, x.ndim, name)
    where = [] if axes is None else [("axis", axes[0] if len(axes) == 1 else axes)]
    others = {"keepdims": keepdims, **more}.items()
    told = [(key, value) for key, value in others if isinstance(value, (int, str)) and value]
    return call(name, 1, where + told), (x,)


def count_along(x: Variable, axis: Any, dtype: str) -> Variable:
    return cast(size_along(x, axis), reals(dtype))


def wide(x: Variable) -> Variable:
    """x, of float16 as float32: a few thousand of them add up to more than float16 holds."""
    return cast(x, "float32") if x.dtype == "float16" else x


def mean(input: Any, axis: Any = None, dtype: Any = None, op: bool = False,
         keepdims: bool = False, acc_dtype: Any = None) -> Variable:
    """The mean over an axis, several, or all; of integers a float64. That of float16 is computed in
    float32.

    >>> mean([1, 2]).eval()
    array(1.5)
    """
    x = as_tensor_variable(input)
    paper = in_papers("mean", x, axis, keepdims, dtype=dtype, acc_dtype=acc_dtype)
    if dtype is not None and checked_dtype(dtype) in DISCRETE:
        return said(sum(x, axis, dtype, keepdims) / count_along(x, axis, "float64"), "mean", paper)
    wanted = checked_dtype(dtype, x.dtype)
    wanted = "float64" if wanted in DISCRETE else wanted
    x = wide(cast(x, wanted) if wanted != "float16" else x)
    total = sum(x, axis, keepdims=keepdims, acc_dtype=acc_dtype)
    return said(cast(total / count_along(x, axis, x.dtype), wanted), "mean", paper)


for _kind in ("sum", "max", "min", "any", "all", "prod"):
    for _axis, _kept in product((None, 0, -1, (0, 2)), (False, True)):
        example(_kind, lambda x, k=_kind, a=_axis, d=_kept: reduce(k, x, a, d),
                lambda x, k=_kind, a=_axis, d=_kept: getattr(np, k)(x, axis=a, keepdims=d),
                (2, 3, 4), differentiable=_kind not in ("any", "all"))
example("size", size, np.size, (2, 3), differentiable=False)
