"""Statistics by order, and those that leave nan out: median, quantile, nanmean and their kin.

Comes after the statistics and sorting, of which all are made.

>>> median([3.0, 1.0, 2.0]).eval(), nanmean([1.0, float("nan")]).eval()
(array(2.), array(1.))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.core.arguments import axes_of, chosen, truth
from tutor.core.arrays import dimshuffle, shape
from tutor.core.elementwise import cast, eq, neq, sqrt
from tutor.core.errors import BadValueError
from tutor.core.graph import Constant, Variable, as_tensor_variable, quoted
from tutor.core.op import public
from tutor.core.row import switch
from tutor.core.types import DISCRETE
from tutor.ops.examples import example, like
from tutor.ops.functions import ceil, floor, round_half_to_even
from tutor.ops.indexing import take
from tutor.ops.logic import invert, isnan
from tutor.ops.reductions import prod
from tutor.ops.shape import reshape
from tutor.ops.sorting import sort
from tutor.ops.statistics import squared_size
from tutor.ops.sums import all as all_of
from tutor.ops.sums import max, mean, min, sum

__all__ = [
    "average", "count_nonzero", "median", "nan_to_num", "nanmax", "nanmean", "nanmin", "nanprod",
    "nanstd", "nansum", "nanvar", "percentile", "quantile",
]  # fmt: skip

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _last(x: Variable, axes: tuple[int, ...]) -> Variable:
    """The dimensions of some axes as one, the last."""
    rest = [i for i in range(x.ndim) if i not in axes]
    moved = dimshuffle(x, [*rest, *axes])
    return moved if len(axes) == 1 else reshape(
        moved, [*[shape(x)[i] for i in rest], -1], ndim=len(rest) + 1)


def _kept(y: Variable, axes: tuple[int, ...], ndim: int) -> Variable:
    """A result over some axes, whose leading dimensions are its own, with size 1 along these."""
    extra = y.ndim - (ndim - len(axes))
    places = iter(range(extra, y.ndim))
    return dimshuffle(y, [*range(extra), *["x" if i in axes else next(places)
                                           for i in range(ndim)]])


@public
def quantile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
             ) -> Variable:
    """The number below which the part q (from 0 to 1) of the elements lies, over an axis, several,
    or all; for a vector q its results come along a new first dimension.

    `method` says what lies between two elements: "linear", "lower", "higher", "midpoint" or
    "nearest". Where an element is nan, so is the result.

    >>> quantile([1.0, 2.0, 3.0, 5.0], [0.5, 1.0]).eval()
    array([2.5, 5. ])
    """
    return _of_part(a, q, 1, axis, method, keepdims)


def _of_part(a: Any, q: Any, most: int, axis: Any, method: str, keepdims: bool) -> Variable:
    """`quantile`, with parts counted from 0 to `most`."""
    x, part = as_tensor_variable(a), as_tensor_variable(q)
    x = cast(x, "float64") if x.dtype in DISCRETE else x
    if isinstance(part, Constant):
        if part.ndim > 1 or not np.all((part.data >= 0) & (part.data <= most)):
            raise BadValueError(f"a part is a number from 0 to {most}, or a vector of them, and it "
                                f"is {quoted(q)}.", fix=f"Pass {0.5 * most}.")
        part = cast(part, x.dtype)
    part = part if most == 1 else part / most
    axes = axes_of(axis, x.ndim, "quantile")
    axes = tuple(range(x.ndim)) if axes is None else axes
    line = sort(_last(x, axes), axis=-1)
    place = part * cast(shape(line)[line.ndim - 1] - 1, x.dtype)
    found = _between(line, place, chosen(method, METHODS, "method"))
    if part.ndim:
        found = dimshuffle(found, [line.ndim - 1, *range(line.ndim - 1)])
    found = switch(isnan(line[..., -1]), np.nan, found)
    return _kept(found, axes, x.ndim) if truth(keepdims, "keepdims") else found


def _between(line: Variable, place: Variable, method: str) -> Variable:
    """What stands at a place, which may lie between two, along the last dimension."""
    def at(v: Variable) -> Variable:
        return take(line, cast(v, "int64"), axis=line.ndim - 1)

    if method in ("lower", "higher", "nearest"):
        return at({"lower": floor, "higher": ceil, "nearest": round_half_to_even}[method](place))
    low, high = at(floor(place)), at(ceil(place))
    share = switch(eq(floor(place), place), 0, 0.5) if method == "midpoint" else (
        place - floor(place))
    return low + (high - low) * cast(share, line.dtype)


@public
def percentile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
               ) -> Variable:
    """`quantile` with parts counted from 0 to 100."""
    return _of_part(a, q, 100, axis, method, keepdims)


@public
def median(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The middle element, or the mean of the two in the middle; nan where an element is.

    >>> median([1, 5, 2, 4]).eval()
    array(3.)
    """
    return quantile(a, 0.5, axis, "midpoint", keepdims)


@public
def average(a: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Variable:
    """The mean, in which each element counts by its weight."""
    if weights is None:
        return mean(a, axis, keepdims=keepdims)
    w = as_tensor_variable(weights)
    every = as_tensor_variable(a) * w
    total = sum(every * 0 + w, axis, keepdims=keepdims)  # of weights that stretch
    return sum(every, axis, keepdims=keepdims) / total


@public
def count_nonzero(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """How many elements are not 0."""
    return sum(neq(a, 0), axis, keepdims=keepdims)


def _or(x: Variable, number: Any) -> Variable:
    """x with a number in the place of nan."""
    return x if x.dtype in DISCRETE else switch(isnan(x), number, x)


def _counted(x: Variable, axis: Any, keepdims: bool) -> Variable:
    """How many elements are no nan."""
    return sum(invert(isnan(x)), axis, keepdims=keepdims)


@public
def nansum(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The sum of the elements that are no nan."""
    return sum(_or(as_tensor_variable(a), 0), axis, keepdims=keepdims)


@public
def nanprod(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The product of the elements that are no nan."""
    return prod(_or(as_tensor_variable(a), 1), axis, keepdims=keepdims)


@public
def nanmean(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The mean of the elements that are no nan; nan where there is none.

    >>> nanmean([1.0, float("nan"), 3.0]).eval()
    array(2.)
    """
    x = as_tensor_variable(a)
    total = nansum(x, axis, keepdims)
    return total / cast(_counted(x, axis, keepdims), total.dtype if total.dtype not in DISCRETE
                        else "float64")


@public
def nanvar(a: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Variable:
    """The variance of the elements that are no nan."""
    x = as_tensor_variable(a)
    squares = squared_size(x - nanmean(x, axis, True))
    total = nansum(squares, axis, keepdims)
    return total / cast(_counted(x, axis, keepdims) - ddof, total.dtype)


@public
def nanstd(a: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Variable:
    """The standard deviation of the elements that are no nan."""
    return sqrt(nanvar(a, axis, ddof, keepdims))


def _extreme(over: Callable[..., Any], worst: float, a: Any, axis: Any, keepdims: bool) -> Variable:
    x = as_tensor_variable(a)
    if x.dtype in DISCRETE:
        return over(x, axis, keepdims)
    nothing = all_of(isnan(x), axis, keepdims=keepdims)
    return switch(nothing, np.nan, over(_or(x, worst), axis, keepdims))


@public
def nanmax(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The largest of the elements that are no nan; nan where there is none."""
    return _extreme(max, -np.inf, a, axis, keepdims)


@public
def nanmin(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The smallest of the elements that are no nan; nan where there is none."""
    return _extreme(min, np.inf, a, axis, keepdims)


@public
def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Variable:
    """x with numbers in the place of nan and of infinities (the largest there are, unless given).

    >>> nan_to_num([1.0, float("nan")]).eval()
    array([1., 0.])
    """
    x = as_tensor_variable(x)
    if x.dtype in DISCRETE:
        return x
    most = float(np.finfo(x.dtype).max)
    y = switch(eq(x, np.inf), most if posinf is None else posinf, _or(x, nan))
    return switch(eq(x, -np.inf), -most if neginf is None else neginf, y)


def _enter_examples() -> None:
    holes = [[1.0, np.nan, 3.0, 7.0], [np.nan, 2.0, -1.0, 0.5]]
    axis: Any
    for axis in (None, 1, (0, 2)):
        like(median, np.median, (2, 3, 4), axis=axis, kinds="iuf")
        for method in METHODS:
            like(quantile, np.quantile, (2, 3, 4), q=0.3, axis=axis, method=method, kinds="iuf")
    like(quantile, np.quantile, (3, 4), q=[0.0, 0.4], axis=0, keepdims=True, kinds="f")
    like(percentile, np.percentile, (5,), q=60, kinds="f")
    example("median", median, lambda x: np.median(x), [1.0, np.nan], kinds="f",
            differentiable=False)
    for axis in (None, 1):
        for ours, numpys in ((nansum, np.nansum), (nanprod, np.nanprod), (nanmean, np.nanmean),
                             (nanvar, np.nanvar), (nanstd, np.nanstd), (nanmax, np.nanmax),
                             (nanmin, np.nanmin)):
            like(ours, numpys, (2, 3), axis=axis, kinds="iuf")
            like(ours, numpys, holes, axis=axis, kinds="f", differentiable=False)
    like(nan_to_num, np.nan_to_num, [1.0, np.nan, np.inf, -np.inf], kinds="f", differentiable=False)
    like(nan_to_num, np.nan_to_num, (3,), kinds="iuf")
    like(average, np.average, (2, 3), axis=1, kinds="iufc")
    example("average", lambda x, w: average(x, 1, w * w + 1), lambda x, w: np.average(
        x, 1, np.broadcast_to(w * w + 1, (2, 3))), (2, 3), (3,), kinds="f")
    like(count_nonzero, np.count_nonzero, [[1, 0], [2, 3]], axis=1, differentiable=False)


_enter_examples()
