"""Statistics along axes: mean, variance, standard deviation, range, covariance, differences.

Comes after reductions and products, of which all are made.

>>> import tutor.tensor as T
>>> T.mean(T.lvector("x")).dtype
'float64'
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.errors import BadValueError, DTypeError, ShapeError
from tutor.graph import Variable, as_tensor_variable, call, said
from tutor.operators import public, quoted
from tutor.ops.arguments import axes_of, one_axis, truth, whole
from tutor.ops.arithmetic import cast, sqr, sqrt
from tutor.ops.complexes import conj, real
from tutor.ops.elementwise import DISCRETE, switch
from tutor.ops.joining import concatenate
from tutor.ops.linalg import dot
from tutor.ops.logic import eq, maximum, neq
from tutor.ops.reductions import max, min, prod, sum
from tutor.ops.registry import like
from tutor.ops.shape import dimshuffle, squeeze
from tutor.ops.sizes import MakeVector, shape, size
from tutor.types import checked_dtype, promote

MOST_DIFFERENCES = 1000


@public
def diff(x: Any, n: int = 1, axis: int = -1) -> Variable:
    """The differences of neighbours along an axis, taken n times.

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


def size_along(x: Variable, axis: Any) -> Variable:
    """How many elements a reduction over this axis takes in, as an expression."""
    axes = axes_of(axis, x.ndim, "mean")
    if axes is None or len(axes) == x.ndim:
        return size(x)
    sizes = shape(x)
    if len(axes) == 1:
        return sizes[axes[0]]
    return prod(MakeVector("int64")(*[sizes[i] for i in axes]))


def _count(x: Variable, axis: Any, dtype: str) -> Variable:
    real = {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)
    return cast(size_along(x, axis), real)


def wide(x: Variable) -> Variable:
    """x, of float16 as float32: a few thousand of them add up to more than float16 holds."""
    return cast(x, "float32") if x.dtype == "float16" else x


def in_papers(name: str, x: Variable, axis: Any, keepdims: Any, **more: Any) -> Any:
    """How papers write a statistic: by its name."""
    axes = axes_of(axis, x.ndim, name)
    where = [] if axes is None else [("axis", axes[0] if len(axes) == 1 else axes)]
    others = {"keepdims": keepdims, **more}.items()
    told = [(key, value) for key, value in others if isinstance(value, (int, str)) and value]
    return call(name, 1, where + told), (x,)


@public
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
        return said(sum(x, axis, dtype, keepdims) / _count(x, axis, "float64"), "mean", paper)
    wanted = checked_dtype(dtype, x.dtype)
    wanted = "float64" if wanted in DISCRETE else wanted
    x = wide(cast(x, wanted) if wanted != "float16" else x)
    total = sum(x, axis, keepdims=keepdims, acc_dtype=acc_dtype)
    return said(cast(total / _count(x, axis, x.dtype), wanted), "mean", paper)


@public
def var(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False,
        corrected: bool = False) -> Variable:
    """The variance: the mean of the squared distance to the mean (`ddof` is taken from the count).

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
    return said(total / (_count(x, axis, squares.dtype) - whole(ddof, "ddof")), "var", paper)


@public
def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False,
        corrected: bool = False) -> Variable:
    """The standard deviation: the root of the variance."""
    x = as_tensor_variable(input)
    paper = in_papers("std", x, axis, keepdims, ddof=ddof)
    spread = root(var(wide(x), axis, ddof, keepdims))
    return said(cast(spread, x.dtype) if x.dtype == "float16" else spread, "std", paper)


@public
def ptp(a: Any, axis: Any = None) -> Variable:
    """The distance from the smallest to the largest element."""
    return max(a, axis) - min(a, axis)


@public
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
        fweights: Any = None, aweights: Any = None) -> Variable:
    """The covariance of variables, each a row (a column, if not `rowvar`) of observations; of one
    variable its variance, a scalar.

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
