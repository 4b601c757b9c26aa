"""Statistics along axes: moments, those by order, and those that leave nan out.

Comes after reductions, sorting and products, of which all are made.

>>> median([3.0, 1.0, 2.0]).eval(), nanmean([1.0, float("nan")]).eval()
(array(2.), array(1.))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.checking import axes_of, chosen, truth, whole
from tutor.core.arrays import dimshuffle, dot, one_axis, shape
from tutor.core.elementwise import cast, conj, eq, maximum, neq, sqr, sqrt, switch
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.graph import Constant, Variable, as_tensor_variable, quoted
from tutor.core.types import DISCRETE, promote
from tutor.notation import said
from tutor.ops.examples import each, example, like
from tutor.ops.functions import ceil, floor, real, round_half_to_even
from tutor.ops.indexing import take
from tutor.ops.logic import invert, isnan, or_
from tutor.ops.reductions import prod
from tutor.ops.shape import joined_last, kept, lifted, squeeze, unlike
from tutor.ops.sorting import sort
from tutor.ops.stacks import concatenate
from tutor.ops.sums import all as all_of
from tutor.ops.sums import any as any_of
from tutor.ops.sums import count_along, in_papers, max, mean, min, sum, wide

__all__ = [
    "average", "count_nonzero", "cov", "diff", "median", "nan_to_num", "nanmax", "nanmean",
    "nanmin", "nanprod", "nanstd", "nansum", "nanvar", "percentile", "ptp", "quantile", "std",
    "trapezoid", "var",
]  # fmt: skip


MOST_DIFFERENCES = 1000


def diff(x: Any, n: int = 1, axis: int = -1) -> Variable:
    """The differences of neighbours along an axis, taken n times. Raises BadAxisError for an axis
    that x does not have, BadValueError for a negative n, DTypeError for what is no number of times.

    >>> diff([1, 4, 9]).eval()
    array([3, 5])
    """
    if isinstance(n, Variable):
        raise DTypeError(f"diff takes the differences of neighbours, so often as n says, and n is "
                         f"{quoted(n)}.", fix="The derivative of a cost y with respect to x is "
                         "T.grad(y, x).")
    x, n = as_tensor_variable(x), whole(n, "n")
    front = (slice(None),) * one_axis(axis, x.ndim, "diff")
    if not 0 <= n <= MOST_DIFFERENCES:
        raise BadValueError(f"differences cannot be taken {n} times.",
                            fix=f"Pass n from 0 to {MOST_DIFFERENCES}.")
    for _ in range(n):
        later, earlier = x[(*front, slice(1, None))], x[(*front, slice(None, -1))]
        x = neq(later, earlier) if x.dtype == "bool" else later - earlier
    return x


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Variable:
    """The integral along an axis by trapezoids, of values at places x, or `dx` apart. Raises
    BadAxisError for an axis that y does not have.

    >>> trapezoid([1.0, 2.0, 3.0]).eval()
    array(4.)
    """
    y = as_tensor_variable(y)
    at = one_axis(axis, y.ndim, "trapezoid")
    front = (slice(None),) * at
    width = dx
    if x is not None:
        x = as_tensor_variable(x)
        width = diff(x, axis=at if x.ndim > 1 else 0)
        if x.ndim == 1:
            width = dimshuffle(width, [0, *"x" * (y.ndim - 1 - at)])
    middle = (y[(*front, slice(1, None))] + y[(*front, slice(None, -1))]) / 2.0
    return sum(width * middle, axis=at)


def squared_size(x: Variable) -> Variable:
    """|x|², which has a derivative at 0 too."""
    return real(x * conj(x)) if x.dtype.startswith("complex") else sqr(x)


def root(total: Variable, power: float = 0.5) -> Variable:
    """The root of a sum of powers: where that is 0, so is the slope, as that of |x| at 0."""
    return switch(eq(total, 0), 0, sqrt(total) if power == 0.5 else total**power)


def var(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False,
        corrected: bool = False) -> Variable:
    """The variance: the mean of the squared distance to the mean (`ddof` is taken from the count).
    Raises BadAxisError for an axis that is not there.

    >>> var([1.0, 3.0]).eval()
    array(1.)
    """
    given = as_tensor_variable(input)
    x, paper = wide(given), in_papers("var", given, axis, keepdims, ddof=ddof)
    if x is not given:
        return said(cast(var(x, axis, ddof, keepdims), given.dtype), "var", paper)
    axes = axes_of(axis, x.ndim, "var")
    in_front = axes is None or axes == tuple(range(len(axes)))  # then the mean is aligned as it is
    distance = x - mean(x, axis, keepdims=not in_front)
    squares = squared_size(distance)
    if isinstance(ddof, int) and ddof == 0:
        return said(mean(squares, axis, keepdims=keepdims), "var", paper)
    total = sum(squares, axis, keepdims=keepdims)
    return said(total / (count_along(x, axis, squares.dtype) - whole(ddof, "ddof")), "var", paper)


def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False,
        corrected: bool = False) -> Variable:
    """The standard deviation: the root of the variance. Raises BadAxisError for an axis that is not
    there.

    >>> std([1.0, 3.0]).eval()
    array(1.)
    """
    x = as_tensor_variable(input)
    paper = in_papers("std", x, axis, keepdims, ddof=ddof)
    spread = root(var(wide(x), axis, ddof, keepdims))
    return said(cast(spread, x.dtype) if x.dtype == "float16" else spread, "std", paper)


def ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The distance from the smallest to the largest element. Raises BadAxisError for an axis that
    is not there.

    >>> ptp([3, 1, 7]).eval()
    array(6)
    """
    return max(a, axis, keepdims) - min(a, axis, keepdims)


def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
        fweights: Any = None, aweights: Any = None) -> Variable:
    """The covariance of variables, each a row (a column, if not `rowvar`) of observations; of one
    variable its variance, a scalar. Raises ShapeError for more than two dimensions.

    >>> cov([1.0, 3.0]).eval()
    array(2.)
    """
    if fweights is not None or aweights is not None:
        raise DTypeError("cov takes no weights here.", fix="Leave fweights and aweights out.")
    rows = [_as_rows(v, truth(rowvar, "rowvar")) for v in (m, *[y] * (y is not None))]
    x = concatenate(rows, axis=0) if len(rows) > 1 else rows[0]
    x = cast(x, promote(x.dtype, "float64"))
    fewer = (0 if truth(bias, "bias") else 1) if ddof is None else whole(ddof, "ddof")
    apart = x - mean(x, axis=1, keepdims=True)
    return squeeze(dot(apart, conj(apart).T) / cast(maximum(shape(x)[1] - fewer, 0), "float64"))


def _as_rows(v: Any, rowvar: bool) -> Variable:
    v = as_tensor_variable(v)
    if v.ndim > 2:
        raise unlike("cov takes vectors or matrices", v, "Reshape it.")
    return v.T if not rowvar and v.ndim == 2 else lifted(v, 2)


METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


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
    line, axes, ndim = _in_order(a, axis)
    part = as_tensor_variable(q)
    if isinstance(part, Constant):
        if part.ndim > 1 or not np.all((part.data >= 0) & (part.data <= most)):
            raise BadValueError(f"a part is a number from 0 to {most}, or a vector of them, and it "
                                f"is {quoted(q)}.", fix=f"Pass {0.5 * most}.")
        part = cast(part, line.dtype)
    part = part if most == 1 else part / most
    place = part * cast(shape(line)[line.ndim - 1] - 1, line.dtype)
    found = _between(line, place, chosen(method, METHODS, "method"))
    if part.ndim:
        found = dimshuffle(found, [line.ndim - 1, *range(line.ndim - 1)])
    found = switch(isnan(line[..., -1]), np.nan, found)
    return kept(found, axes, ndim) if truth(keepdims, "keepdims") else found


def _in_order(a: Any, axis: Any) -> tuple[Variable, tuple[int, ...], int]:
    """The elements over axes in order, floats, along the last dimension; these axes, and how many
    dimensions there were."""
    x = as_tensor_variable(a)
    x = cast(x, "float64") if x.dtype in DISCRETE else x
    axes = axes_of(axis, x.ndim, "quantile")
    axes = tuple(range(x.ndim)) if axes is None else axes
    return sort(joined_last(x, axes), axis=-1), axes, x.ndim


def _between(line: Variable, place: Variable, method: str) -> Variable:
    """What stands at a place, which may lie between two, along the last dimension."""
    def at(v: Variable) -> Variable:
        return take(line, cast(v, "int64"), axis=line.ndim - 1)

    if method in ("lower", "higher", "nearest"):
        return at({"lower": floor, "higher": ceil, "nearest": round_half_to_even}[method](place))
    low, high = at(floor(place)), at(ceil(place))
    if method == "midpoint":
        return switch(eq(low, high), low, low / 2 + high / 2)  # each half: their sum may overflow
    return switch(eq(low, high), low, low + (high - low) * cast(place - floor(place), line.dtype))


def percentile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
               ) -> Variable:
    """`quantile` with parts counted from 0 to 100."""
    return _of_part(a, q, 100, axis, method, keepdims)


def median(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The middle element, or the mean of the two in the middle; nan where an element is, and where
    there is none.

    >>> median([1, 5, 2, 4]).eval()
    array(3.)
    """
    line, axes, ndim = _in_order(a, axis)
    n: Any = shape(line)[line.ndim - 1]
    middle = line[..., (n - 1) // 2:n // 2 + 1]
    parts = middle / cast(shape(middle)[line.ndim - 1], line.dtype)  # their sum may overflow
    nan = or_(eq(n, 0), any_of(isnan(line[..., -1:]), axis=-1))
    found = switch(nan, np.nan, sum(parts, axis=-1))
    return kept(found, axes, ndim) if truth(keepdims, "keepdims") else found


def average(a: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Variable:
    """The mean, in which each element counts by its weight."""
    if weights is None:
        return mean(a, axis, keepdims=keepdims)
    w = as_tensor_variable(weights)
    every = as_tensor_variable(a) * w
    total = sum(every * 0 + w, axis, keepdims=keepdims)  # of weights that stretch
    return sum(every, axis, keepdims=keepdims) / total


def count_nonzero(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """How many elements are not 0."""
    return sum(neq(a, 0), axis, keepdims=keepdims)


def _or(x: Variable, number: Any) -> Variable:
    """x with a number in the place of nan."""
    return x if x.dtype in DISCRETE else switch(isnan(x), number, x)


def _counted(x: Variable, axis: Any, keepdims: bool, dtype: str, ddof: int = 0) -> Variable:
    """How many elements are no nan, less `ddof`."""
    count = sum(invert(isnan(x)), axis, keepdims=keepdims)
    return cast(count - ddof if ddof else count, "float64" if dtype in DISCRETE else dtype)


def nansum(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The sum of the elements that are no nan."""
    return sum(_or(as_tensor_variable(a), 0), axis, keepdims=keepdims)


def nanprod(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The product of the elements that are no nan."""
    return prod(_or(as_tensor_variable(a), 1), axis, keepdims=keepdims)


def nanmean(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The mean of the elements that are no nan; nan where there is none.

    >>> nanmean([1.0, float("nan"), 3.0]).eval()
    array(2.)
    """
    x = as_tensor_variable(a)
    total = nansum(x, axis, keepdims)
    return total / _counted(x, axis, keepdims, total.dtype)


def nanvar(a: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Variable:
    """The variance of the elements that are no nan."""
    x = as_tensor_variable(a)
    total = nansum(squared_size(x - nanmean(x, axis, True)), axis, keepdims)
    return total / _counted(x, axis, keepdims, total.dtype, ddof)


def nanstd(a: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Variable:
    """The standard deviation of the elements that are no nan."""
    return sqrt(nanvar(a, axis, ddof, keepdims))


def _extreme(over: Callable[..., Any], worst: float, a: Any, axis: Any, keepdims: bool) -> Variable:
    x = as_tensor_variable(a)
    if x.dtype in DISCRETE:
        return over(x, axis, keepdims)
    nothing = all_of(isnan(x), axis, keepdims=keepdims)
    return switch(nothing, np.nan, over(_or(x, worst), axis, keepdims))


def nanmax(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The largest of the elements that are no nan; nan where there is none."""
    return _extreme(max, -np.inf, a, axis, keepdims)


def nanmin(a: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The smallest of the elements that are no nan; nan where there is none."""
    return _extreme(min, np.inf, a, axis, keepdims)


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


def _cov(*x: Any, **how: Any) -> Any:
    return np.cov(*x, **how, dtype=np.result_type(x[0], np.float64))


like(diff, (4, 2), n=2, axis=0)
for _moment in (mean, var, std):
    like(_moment, (2, 3), axis=each(None, 1, (0, 1)))
like(var, (3, 2), axis=0, ddof=1, keepdims=True)
like(ptp, (3, 2), axis=0, kinds="uif")
like(cov, _cov, each(((2, 4),), ((4,),)), kinds="fc")
like(cov, _cov, (4, 2), (4, 2), rowvar=False, ddof=0, kinds="fc")
like(median, (2, 3, 4), axis=each(None, 1, (0, 2)), kinds="iuf")
like(median, lambda x: np.array(np.nan, x.dtype), each(([1.0, np.nan],), ([],)), kinds="f",
     differentiable=False)
like(quantile, (2, 3, 4), q=0.3, axis=each(None, 1, (0, 2)), method=each(*METHODS), kinds="iuf")
like(quantile, (3, 4), q=[0.0, 0.4], axis=0, keepdims=True, kinds="f")
like(percentile, (5,), q=60, kinds="f")
for _of_some in (nansum, nanprod, nanmean, nanvar, nanstd, nanmax, nanmin):
    like(_of_some, (2, 3), axis=each(None, 1), kinds="iuf")
    like(_of_some, [[1.0, np.nan, 3.0, 7.0], [np.nan, 2.0, -1.0, 0.5]], axis=each(None, 1),
         kinds="f", differentiable=False)
like(nan_to_num, [1.0, np.nan, np.inf, -np.inf], kinds="f", differentiable=False)
like(nan_to_num, (3,), kinds="iuf")
like(average, (2, 3), axis=1, kinds="iufc")
example("average", lambda x, w: average(x, 1, w * w + 1), lambda x, w: np.average(
    x, 1, np.broadcast_to(w * w + 1, (2, 3))), (2, 3), (3,), kinds="f")
like(count_nonzero, [[1, 0], [2, 3]], axis=1, differentiable=False)
like(trapezoid, (2, 3), axis=each(0, 1), dx=each(1.0, 0.5), kinds="fc")
like(trapezoid, (2, 3), (3,), kinds="f")
like(trapezoid, (3, 2), (3,), axis=0, kinds="f")
