"""Statistics along axes: mean, variance, standard deviation, range, covariance, differences.

Comes after reductions and products, of which all are made.

>>> import tutor.tensor as T
>>> T.mean(T.lvector("x")).dtype
'float64'
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.arguments import axes_of, one_axis, truth, whole
from tutor.core.arrays import count_along, dimshuffle, dot, in_papers, shape
from tutor.core.elementwise import cast, conj, eq, maximum, neq, sqr, sqrt
from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.core.graph import Variable, as_tensor_variable, quoted, said
from tutor.core.op import public
from tutor.core.row import switch
from tutor.core.types import promote
from tutor.ops.complexes import real
from tutor.ops.examples import like
from tutor.ops.joining import concatenate
from tutor.ops.shape import squeeze
from tutor.ops.sums import max, mean, min, sum, wide

__all__ = ["cov", "diff", "ptp", "std", "var"]

MOST_DIFFERENCES = 1000


@public
def diff(x: Any, n: int = 1, axis: int = -1) -> Variable:
    """The differences of neighbours along an axis, taken n times.

    Raises BadAxisError for an axis that x does not have, BadValueError for a negative n.

    >>> diff([1, 4, 9]).eval()
    array([3, 5])
    """
    x, n = as_tensor_variable(x), whole(n, "n")
    front = (slice(None),) * one_axis(axis, x.ndim, "diff")
    if not 0 <= n <= MOST_DIFFERENCES:
        raise BadValueError(f"differences cannot be taken {n} times.",
                            fix=f"Pass n from 0 to {MOST_DIFFERENCES}.")
    for _ in range(n):
        later, earlier = x[(*front, slice(1, None))], x[(*front, slice(None, -1))]
        x = neq(later, earlier) if x.dtype == "bool" else later - earlier
    return x


def squared_size(x: Variable) -> Variable:
    """|x|², which has a derivative at 0 too."""
    return real(x * conj(x)) if x.dtype.startswith("complex") else sqr(x)


def root(total: Variable, power: float = 0.5) -> Variable:
    """The root of a sum of powers: where that is 0, so is the slope, as that of |x| at 0."""
    return switch(eq(total, 0), 0, sqrt(total) if power == 0.5 else total**power)


@public
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


@public
def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False,
        corrected: bool = False) -> Variable:
    """The standard deviation: the root of the variance.

    Raises BadAxisError for an axis that is not there.

    >>> std([1.0, 3.0]).eval()
    array(1.)
    """
    x = as_tensor_variable(input)
    paper = in_papers("std", x, axis, keepdims, ddof=ddof)
    spread = root(var(wide(x), axis, ddof, keepdims))
    return said(cast(spread, x.dtype) if x.dtype == "float16" else spread, "std", paper)


@public
def ptp(a: Any, axis: Any = None) -> Variable:
    """The distance from the smallest to the largest element.

    Raises BadAxisError for an axis that is not there.

    >>> ptp([3, 1, 7]).eval()
    array(6)
    """
    return max(a, axis) - min(a, axis)


@public
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
        fweights: Any = None, aweights: Any = None) -> Variable:
    """The covariance of variables, each a row (a column, if not `rowvar`) of observations; of one
    variable its variance, a scalar.

    Raises ShapeError for more than two dimensions.

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
        raise ShapeError(f"cov takes vectors or matrices, and {quoted(v)} is {v.type}.",
                         fix="Reshape it.")
    wide = dimshuffle(v, [*["x"] * (2 - v.ndim), *range(v.ndim)])
    return wide.T if not rowvar and v.ndim == 2 else wide


def _enter_examples() -> None:
    like(diff, np.diff, (4, 2), n=2, axis=0)
    axis: Any
    for axis in (None, 1, (0, 1)):
        for ours, numpys in ((mean, np.mean), (var, np.var), (std, np.std)):
            like(ours, numpys, (2, 3), axis=axis)
    like(var, np.var, (3, 2), axis=0, ddof=1, keepdims=True)
    like(ptp, np.ptp, (3, 2), axis=0, kinds="uif")

    def covariance(*x: Any, **how: Any) -> Any:
        return np.cov(*x, **how, dtype=np.result_type(x[0], np.float64))

    like(cov, covariance, (2, 4), kinds="fc")
    like(cov, covariance, (4,), kinds="fc")
    like(cov, covariance, (4, 2), (4, 2), rowvar=False, ddof=0, kinds="fc")


_enter_examples()
