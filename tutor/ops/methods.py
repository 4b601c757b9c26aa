"""What a variable can be asked by name, `x.sum(axis=0)`: each method is the function of that name.

Comes after the functions; `variables.py` puts these methods and Python's operators together.

>>> import tutor.tensor as T
>>> T.constant([1.0, 2.0]).sum().eval()
array(3.)
"""

from __future__ import annotations

from typing import Any

from tutor.core.arrays import dot, ones_like, size, zeros_like
from tutor.core.elementwise import conj, exp, log, sqrt, tanh
from tutor.core.graph import Variable
from tutor.ops.axes import swapaxes, transpose
from tutor.ops.cumulative import cumprod, cumsum
from tutor.ops.diagonals import diagonal, trace
from tutor.ops.finding import choose, compress, nonzero, nonzero_values
from tutor.ops.functions import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    ceil,
    cos,
    cosh,
    deg2rad,
    exp2,
    expm1,
    floor,
    log1p,
    log2,
    log10,
    rad2deg,
    round,
    sin,
    sinh,
    tan,
    trunc,
)
from tutor.ops.indexing import take
from tutor.ops.known import get_scalar_constant_value, transfer
from tutor.ops.logic import clip
from tutor.ops.norms import norm
from tutor.ops.reductions import argmax, argmin, prod
from tutor.ops.repeating import repeat
from tutor.ops.shape import flatten, ravel, reshape, squeeze
from tutor.ops.sorting import argsort, searchsorted, sort
from tutor.ops.statistics import ptp, std, var
from tutor.ops.sums import all, any, max, mean, min, sum


class Methods:
    """The methods of a symbol: functions of `tutor.tensor`, with the symbol first."""


    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False,
            acc_dtype: Any = None, no_zeros_in_input: bool = False) -> Variable:
        """The sum over an axis, several, or all."""
        return sum(self, axis, dtype, keepdims, acc_dtype, no_zeros_in_input)

    def mean(self, axis: Any = None, dtype: Any = None, op: bool = False,
            keepdims: bool = False, acc_dtype: Any = None) -> Variable:
        """The mean over an axis, several, or all; of integers a float64."""
        return mean(self, axis, dtype, op, keepdims, acc_dtype)

    def max(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """The largest element along an axis, several, or all."""
        return max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """The smallest element along an axis, several, or all."""
        return min(self, axis, keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """Whether any element is true."""
        return any(self, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """Whether all elements are true."""
        return all(self, axis, keepdims)

    def transpose(self, *order: Any, axes: Any = None) -> Variable:
        """The dimensions turned around, or in the order of `axes`, one list or the numbers."""
        return transpose(self, *order, axes=axes)

    size = property(size)

    def sqrt(self) -> Variable:
        """The square root."""
        return sqrt(self)

    def exp(self) -> Variable:
        """e to this power."""
        return exp(self)

    def log(self) -> Variable:
        """The natural logarithm."""
        return log(self)

    def tanh(self) -> Variable:
        """The hyperbolic tangent."""
        return tanh(self)

    def zeros_like(self, dtype: Any = None, opt: bool = False) -> Variable:
        """Zeros of this shape and dtype."""
        return zeros_like(self, dtype, opt)

    def ones_like(self, dtype: Any = None, opt: bool = False) -> Variable:
        """Ones of this shape and dtype."""
        return ones_like(self, dtype, opt)

    def dot(self, right: Any) -> Variable:
        """The product: of two vectors their inner product, of matrices the matrix product."""
        return dot(self, right)

    def prod(self, axis: Any = None, dtype: Any = None, keepdims: bool = False,
            acc_dtype: Any = None, no_zeros_in_input: bool = False) -> Variable:
        """The product over an axis, several, or all."""
        return prod(self, axis, dtype, keepdims, acc_dtype, no_zeros_in_input)


    def var(self, axis: Any = None, ddof: int = 0,
            keepdims: bool = False, corrected: bool = False) -> Variable:
        """The variance: the mean of the squared distance to the mean."""
        return var(self, axis, ddof, keepdims, corrected)

    def std(self, axis: Any = None, ddof: int = 0,
            keepdims: bool = False, corrected: bool = False) -> Variable:
        """The standard deviation: the root of the variance."""
        return std(self, axis, ddof, keepdims, corrected)



    def argmin(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """The position of the smallest element (the first of equals)."""
        return argmin(self, axis, keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """The position of the largest element (the first of equals)."""
        return argmax(self, axis, keepdims)





    def reshape(self, shape: Any, ndim: int | None = None) -> Variable:
        """The elements, in their order, under another shape; one size may be -1."""
        return reshape(self, shape, ndim)

    def flatten(self, ndim: int = 1, outdim: int | None = None) -> Variable:
        """The last dimensions joined, so that `ndim` remain."""
        return flatten(self, ndim, outdim)


    def swapaxes(self, axis1: int, axis2: int) -> Variable:
        """Two dimensions exchanged."""
        return swapaxes(self, axis1, axis2)

    def ravel(self) -> Variable:
        """All elements as a vector."""
        return ravel(self)

    def clip(self, a_min: Any, a_max: Any) -> Variable:
        """The elements, held between `a_min` and `a_max`."""
        return clip(self, a_min, a_max)

    def repeat(self, repeats: Any, axis: int | None = None) -> Variable:
        """Each element (each slice along an axis) several times."""
        return repeat(self, repeats, axis)

    def cumsum(self, axis: int | None = None) -> Variable:
        """The sum of the elements up to each place along an axis (of all, if None)."""
        return cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> Variable:
        """The product of the elements up to each place along an axis (of all, if None)."""
        return cumprod(self, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
        """The diagonal of a matrix, `offset` places above the main one; or over two axes."""
        return diagonal(self, offset, axis1, axis2)

    def trace(self) -> Variable:
        """The sum of the diagonal of a matrix."""
        return trace(self)

    def norm(self, L: Any = None, axis: Any = None, keepdims: bool = False) -> Variable:
        """The norm: Euclidean by default; `L` is 0, 1, 2, inf or any number."""
        return norm(self, L, axis, keepdims)

    def sort(self, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Variable:
        """The elements along an axis (of all, if None), smallest first."""
        return sort(self, axis, kind, order)

    def argsort(self, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Variable:
        """The positions that put the elements along an axis in order."""
        return argsort(self, axis, kind, order)

    def nonzero(self, return_matrix: bool = False) -> Any:
        """The positions of the elements that are not 0: a tuple of a vector for each dimension."""
        return nonzero(self, return_matrix)


    def take(self, indices: Any, axis: int | None = None, mode: str = "raise") -> Variable:
        """The slices at these positions along an axis (of all elements, if None)."""
        return take(self, indices, axis, mode)


    def choose(self, choices: Any, out: Any = None, mode: str = "raise") -> Variable:
        """For each element, that element of the choice with its number."""
        return choose(self, choices, out, mode)

    def round(self, mode: str | None = None) -> Variable:
        """The nearest whole numbers; `mode` is "half_to_even" or "half_away_from_zero"."""
        return round(self, mode)

    def squeeze(self, axis: Any = None) -> Variable:
        """Without the dimensions of size 1 that the type knows, or without those of `axis`."""
        return squeeze(self, axis)


    def compress(self, a: Any, axis: int | None = None) -> Variable:
        """The slices of `a` along an axis (of all elements, if None) where this holds."""
        return compress(self, a, axis)

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Variable:
        """Where the numbers v would have to stand in this sorted vector."""
        return searchsorted(self, v, side, sorter)

    def ptp(self, axis: Any = None) -> Variable:
        """The distance from the smallest to the largest element."""
        return ptp(self, axis)






    def sin(self) -> Variable:
        """The sine of x, in radians."""
        return sin(self)

    def cos(self) -> Variable:
        """The cosine of x, in radians."""
        return cos(self)

    def tan(self) -> Variable:
        """The tangent of x, in radians."""
        return tan(self)


    def sinh(self) -> Variable:
        """The hyperbolic sine."""
        return sinh(self)

    def cosh(self) -> Variable:
        """The hyperbolic cosine."""
        return cosh(self)

    def arcsin(self) -> Variable:
        """The angle, in radians, whose sine is x."""
        return arcsin(self)

    def arccos(self) -> Variable:
        """The angle, in radians, whose cosine is x."""
        return arccos(self)

    def arctan(self) -> Variable:
        """The angle, in radians, whose tangent is x."""
        return arctan(self)

    def arcsinh(self) -> Variable:
        """The inverse of the hyperbolic sine."""
        return arcsinh(self)

    def arccosh(self) -> Variable:
        """The inverse of the hyperbolic cosine."""
        return arccosh(self)

    def arctanh(self) -> Variable:
        """The inverse of the hyperbolic tangent."""
        return arctanh(self)

    def log2(self) -> Variable:
        """The logarithm to the base 2."""
        return log2(self)

    def log10(self) -> Variable:
        """The logarithm to the base 10."""
        return log10(self)

    def log1p(self) -> Variable:
        """log(1 + x), precise also where x is small."""
        return log1p(self)

    def expm1(self) -> Variable:
        """exp(x) - 1, precise also where x is small."""
        return expm1(self)

    def exp2(self) -> Variable:
        """2 to the power x."""
        return exp2(self)

    def deg2rad(self) -> Variable:
        """An angle in degrees, in radians."""
        return deg2rad(self)

    def rad2deg(self) -> Variable:
        """An angle in radians, in degrees."""
        return rad2deg(self)

    def floor(self) -> Variable:
        """The largest whole number that is not larger than x."""
        return floor(self)

    def ceil(self) -> Variable:
        """The smallest whole number that is not smaller than x."""
        return ceil(self)

    def trunc(self) -> Variable:
        """x without what stands behind the point."""
        return trunc(self)

    def nonzero_values(self) -> Variable:
        """The elements that are not 0, as a vector."""
        return nonzero_values(self)

    def transfer(self, target: str) -> Variable:
        """The variable itself: all live in this machine's memory (`target="cpu"`)."""
        return transfer(self, target)

    def get_scalar_constant_value(
        self, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10,
    ) -> Any:
        """The value that it has whatever the inputs are, as a 0-d array."""
        return get_scalar_constant_value(self, elemwise, only_process_constants, max_recur)

    conjugate = conj
