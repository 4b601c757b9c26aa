"""The variables that programs work with: nodes of the graph with Python's operators and methods.

Comes after the ops, and is what types make (`Type.variable`, `Type.constant`), so that gradients
and rules are written as formulas too. The nodes themselves are in `tutor/core/graph.py`.

>>> import tutor.tensor as T
>>> type(T.dscalar('x') * 2)
<class 'tutor.ops.variables.TensorVariable'>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from tutor import refusals
from tutor.core.arithmetic import add, and_, conj, mul, or_, pow, sub, true_div
from tutor.core.errors import DTypeError, NotHereError, TutorError
from tutor.core.graph import Variable, quoted
from tutor.core.op import FUNCTIONS
from tutor.core.seams import old, seams
from tutor.core.types import Type
from tutor.core.variables import Operators as CoreOperators
from tutor.core.variables import TensorConstant as CoreConstant
from tutor.core.variables import TensorVariable as CoreVariable
from tutor.ops.axes import repeat, swapaxes
from tutor.ops.decompositions import norm
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
    floor_div,
    imag,
    log1p,
    log2,
    log10,
    mod,
    rad2deg,
    real,
    round,
    round_half_to_even,
    sin,
    sinh,
    tan,
    trunc,
)
from tutor.ops.indexing import take
from tutor.ops.joining import unpack
from tutor.ops.known import get_scalar_constant_value, transfer
from tutor.ops.linalg import matmul
from tutor.ops.logic import clip, left_shift, right_shift, xor
from tutor.ops.reductions import argmax, argmin, cumprod, cumsum, prod
from tutor.ops.shape import flatten, ravel, reshape, squeeze
from tutor.ops.sorting import argsort, searchsorted, sort
from tutor.ops.statistics import ptp, std, var
from tutor.signatures import answering_all


class Methods:
    """The methods of a symbol: functions of `tutor.tensor`, with the symbol first."""


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


F = TypeVar("F", bound=Callable[..., Any])

#: NumPy's names for what the field calls otherwise, so that `numpy.multiply(array, x)` is `mul`.
UFUNCS = {
    "multiply": "mul",
    "subtract": "sub",
    "divide": "true_div",
    "true_divide": "true_div",
    "floor_divide": "floor_div",
    "remainder": "mod",
    "power": "pow",
    "negative": "neg",
    "absolute": "abs",
    "sign": "sgn",
    "square": "sqr",
    "equal": "eq",
    "not_equal": "neq",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "logical_and": "and_",
    "logical_or": "or_",
    "logical_not": "not_",
    "bitwise_and": "and_",
    "bitwise_or": "or_",
    "bitwise_xor": "xor",
    "matmul": "matmul",
    "rint": "round_half_to_even",
}

#: What some variables have, and all are asked for: no word is lost on the others.
ASKED = frozenset(("container", "data", "default_update"))


#: What old programs ask of variables.
OLD = frozenset(("get_parents",))


def yielding(compute: F) -> F:
    """An operator that leaves to an object which is no tensor, but knows symbols, what to do."""
    reflected = f"__r{compute.__name__.strip('_')}__"

    @wraps(compute)
    def operator(self: Any, other: Any, *modulo: Any) -> Any:
        try:
            return compute(self, other, *modulo)
        except TutorError:
            known = isinstance(other, (Variable, np.ndarray, np.generic, int, float, complex))
            if not known and hasattr(type(other), reflected):
                return NotImplemented
            raise

    return operator  # type: ignore[return-value]


@answering_all
class Operators(Methods, CoreOperators):
    """All operators and methods of a symbol."""

    __array_priority__ = 1000

    def __getattr__(self, name: str) -> Any:
        """Asked where there is no such attribute: says what there is."""
        if name.startswith("_") or name in ASKED:  # by programs, not by people
            raise AttributeError(name)
        if name in OLD and old.attribute is not None:
            return old.attribute(self, name)
        raise NotHereError(f"a symbol has no attribute {name!r}.", fix=lambda: (
            refusals.instead_of(name, seams.functions, dir(Operators))))

    @yielding
    def __add__(self, other: Any) -> Variable:
        return add(self, other)

    @yielding
    def __sub__(self, other: Any) -> Variable:
        return sub(self, other)

    @yielding
    def __mul__(self, other: Any) -> Variable:
        return mul(self, other)

    @yielding
    def __truediv__(self, other: Any) -> Variable:
        return true_div(self, other)

    @yielding
    def __floordiv__(self, other: Any) -> Variable:
        return floor_div(self, other)

    def __rfloordiv__(self, other: Any) -> Variable:
        return floor_div(other, self)

    @yielding
    def __mod__(self, other: Any) -> Variable:
        return mod(self, other)

    def __rmod__(self, other: Any) -> Variable:
        return mod(other, self)

    def __divmod__(self, other: Any) -> tuple[Variable, Variable]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Variable, Variable]:
        return other // self, other % self

    @yielding
    def __pow__(self, other: Any, modulo: Any = None) -> Variable:
        power: Variable = pow(self, other)
        return power if modulo is None else power % modulo

    @yielding
    def __matmul__(self, other: Any) -> Variable:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Variable:
        return matmul(other, self)

    @yielding
    def __and__(self, other: Any) -> Variable:
        return and_(self, other)

    @yielding
    def __or__(self, other: Any) -> Variable:
        return or_(self, other)

    @yielding
    def __xor__(self, other: Any) -> Variable:
        return xor(self, other)

    def __rxor__(self, other: Any) -> Variable:
        return xor(other, self)

    def __lshift__(self, other: Any) -> Variable:
        return left_shift(self, other)

    def __rshift__(self, other: Any) -> Variable:
        return right_shift(self, other)

    def __ceil__(self) -> Variable:
        return ceil(self)

    def __floor__(self) -> Variable:
        return floor(self)

    def __trunc__(self) -> Variable:
        return trunc(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        op = getattr(getattr(self, "owner", None), "op", None)
        raise refusals.no_function(quoted(self), getattr(op, "name", ""), self.origin)

    def __iter__(self: Any) -> Iterator[Variable]:
        return iter(unpack(self))

    def __contains__(self, item: Any) -> bool:
        raise DTypeError(
            f"what {quoted(self)} holds is known only when values "
            "arrive.", fix="T.eq(x, item).any()"
        )

    def __bool__(self) -> bool:
        """An error: a symbol is neither true nor false. (A program written for Theano, which asks
        whether there is one, is told True; not of a comparison.)
        """
        compared = getattr(getattr(self.owner, "op", None), "is_comparison", False)
        if not compared and old.of_numpy is not None:
            return True
        raise refusals.no_truth(quoted(self))

    def __float__(self) -> float:
        raise refusals.no_number(quoted(self))

    def __round__(self, digits: Any = None) -> Variable:
        scale = 10**digits if digits else 1
        return round_half_to_even(self * scale) / scale if digits else round_half_to_even(self)

    def __format__(self, wish: str) -> str:
        return format(float(self), wish) if wish else str(self)

    __int__ = __complex__ = __index__ = __float__
    __delitem__ = CoreOperators.__setitem__

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """A symbol as a Python object, so that `numpy.prod([x.shape[0], 3])` is a symbol too."""
        if dtype is not None and np.dtype(dtype) != object:
            raise refusals.no_array(quoted(self))
        array = np.empty((), object)
        array[()] = self
        return array

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """`numpy.dot(x, y)` is `T.dot(x, y)`: the function of the same name, where there is one."""
        name = function.__name__
        if function.__module__ != "numpy" or name not in FUNCTIONS or name in old.left_to_numpy:
            if old.of_numpy is not None:  # in a program written for Theano
                return old.of_numpy(function, args, kwargs)
            raise refusals.no_array(quoted(self))
        return FUNCTIONS[name](*args, **kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """`numpy.exp(x)` is `T.exp(x)`, and an array times a symbol is a symbol."""
        name = UFUNCS.get(ufunc.__name__, ufunc.__name__)
        if method != "__call__" or kwargs or name not in FUNCTIONS:
            raise DTypeError(
                f"numpy.{ufunc.__name__} does not know symbols.",
                fix=f"Use tutor.tensor, which has {ufunc.__name__} or its like for symbols.",
            )
        return FUNCTIONS[name](*inputs)

    @property
    def real(self) -> Variable:
        return real(self)

    @property
    def imag(self) -> Variable:
        return imag(self)


class TensorVariable(CoreVariable, Operators):
    """A variable that is neither a constant nor a shared one.

    >>> import tutor, tutor.tensor as T
    >>> [isinstance(v, TensorVariable) for v in (T.dscalar() + 1, tutor.shared(1), T.constant(1))]
    [True, False, False]
    """


class TensorConstant(CoreConstant, Operators):
    """A constant with operators and methods."""


Type.variable, Type.constant = TensorVariable, TensorConstant


