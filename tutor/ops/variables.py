"""The variables that programs work with: nodes of the graph with Python's operators and methods.

Comes after the ops, and is what types make (`Type.variable`, `Type.constant`), so that gradients
and rules are written as formulas too. The nodes themselves are in `tutor/core/graph.py`.

>>> import tutor.tensor as T
>>> type(T.dscalar("x") * 2)
<class 'tutor.ops.variables.TensorVariable'>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any, TypeVar

import numpy as np

from tutor.core.arrays import dot, ones_like, zeros_like
from tutor.core.elementwise import (
    Elementwise,
    and_,
    conj,
    exp,
    log,
    operator,
    reflected,
    sqrt,
    tanh,
)
from tutor.core.errors import DTypeError, TutorError, caller
from tutor.core.graph import Variable, quoted
from tutor.core.op import FUNCTIONS
from tutor.core.seams import old
from tutor.core.types import Type
from tutor.core.variables import TensorConstant as CoreConstant
from tutor.core.variables import TensorVariable as CoreVariable
from tutor.errors import AbsentNameError
from tutor.hooks import hooks
from tutor.ops import axes, diagonals, finding, functions, known, reductions, shape, sorting, sums
from tutor.ops.advanced import getitem
from tutor.ops.decompositions import norm
from tutor.ops.functions import ceil, floor, floor_div, mod, round_half_to_even, trunc
from tutor.ops.indexing import take
from tutor.ops.joining import unpack
from tutor.ops.linalg import matmul
from tutor.ops.logic import clip, invert, left_shift, or_, right_shift, xor
from tutor.ops.refusals import instead_of, no_array, no_function, no_number, no_truth
from tutor.ops.shape import reshape
from tutor.ops.statistics import ptp, std, var
from tutor.ops.sums import size
from tutor.ops.symbols import Symbol
from tutor.signatures import answering, answering_all

F = TypeVar("F", bound=Callable[..., Any])

#: What some variables have, and all are asked for: no word is lost on the others.
ASKED = frozenset(("container", "data", "default_update"))
#: What old programs ask of variables.
OLD = frozenset(("get_parents",))


def method(function: Any) -> Any:
    """A function of a symbol as a method: what it takes first is the symbol itself."""
    if isinstance(function, Elementwise):
        def applied(self: Any) -> Variable:
            return function(self)

        applied.__name__, applied.__qualname__, applied.__doc__ = (function.name,) * 2 + (
            function.doc,)
        return applied
    made: Any = answering(function, bound=True)
    first, *rest = signature(function).parameters.values()
    made.__signature__ = signature(function).replace(
        parameters=[first.replace(name="self"), *rest])
    return made


class Methods:
    """The methods of a symbol: functions of `tutor.tensor`, with the symbol first."""

    sum, mean, max, min = map(method, (sums.sum, sums.mean, sums.max, sums.min))
    any, all = map(method, (sums.any, sums.all))
    sqrt, exp, log, tanh = map(method, (sqrt, exp, log, tanh))
    zeros_like, ones_like = map(method, (zeros_like, ones_like))
    prod, argmin, argmax = map(method, (reductions.prod, reductions.argmin, reductions.argmax))
    cumsum, cumprod = map(method, (reductions.cumsum, reductions.cumprod))
    var, std, ptp = map(method, (var, std, ptp))
    flatten, ravel, squeeze = map(method, (shape.flatten, shape.ravel, shape.squeeze))
    swapaxes, transpose, repeat = map(method, (axes.swapaxes, axes.transpose, axes.repeat))
    diagonal, trace = map(method, (diagonals.diagonal, diagonals.trace))
    sort, argsort, searchsorted = map(
        method, (sorting.sort, sorting.argsort, sorting.searchsorted))
    nonzero, nonzero_values, choose = map(
        method, (finding.nonzero, finding.nonzero_values, finding.choose))
    take, transfer, get_scalar_constant_value = map(
        method, (take, known.transfer, known.get_scalar_constant_value))
    sin, cos, tan = map(method, (functions.sin, functions.cos, functions.tan))
    arcsin, arccos, arctan = map(
        method, (functions.arcsin, functions.arccos, functions.arctan))
    sinh, cosh = map(method, (functions.sinh, functions.cosh))
    arcsinh, arccosh, arctanh = map(
        method, (functions.arcsinh, functions.arccosh, functions.arctanh))
    log2, log10, log1p = map(method, (functions.log2, functions.log10, functions.log1p))
    expm1, exp2 = map(method, (functions.expm1, functions.exp2))
    deg2rad, rad2deg = map(method, (functions.deg2rad, functions.rad2deg))
    floor, ceil, trunc, round = map(
        method, (functions.floor, functions.ceil, functions.trunc, functions.round))
    conjugate = method(conj)
    size = property(size)

    def dot(self, right: Any) -> Variable:
        """The product: of two vectors their inner product, of matrices the matrix product."""
        return dot(self, right)

    def reshape(self, shape: Any, ndim: int | None = None) -> Variable:
        """The elements, in their order, under another shape; one size may be -1."""
        return reshape(self, shape, ndim)

    def clip(self, a_min: Any, a_max: Any) -> Variable:
        """The elements, held between `a_min` and `a_max`."""
        return clip(self, a_min, a_max)

    def norm(self, L: Any = None, axis: Any = None, keepdims: bool = False) -> Variable:
        """The norm: Euclidean by default; `L` is 0, 1, 2, inf or any number."""
        return norm(self, L, axis, keepdims)

    def noted_as(self: Any, other: Any) -> Any:
        """This variable, with the notes in another one's tag in its own."""
        if hasattr(other, "_tag"):
            self.tag.__dict__.update(other.tag.__dict__)
        return self

    def compress(self, a: Any, axis: int | None = None) -> Variable:
        """The slices of `a` along an axis (of all elements, if None) where this holds."""
        return finding.compress(self, a, axis)


@answering_all
class Operators(Methods, Symbol):
    """All operators and methods of a symbol."""

    __array_priority__ = 1000
    __and__, __rand__ = operator(and_, "and"), reflected(and_)
    __or__, __ror__ = operator(or_, "or"), reflected(or_)
    __xor__, __rxor__ = operator(xor, "xor"), reflected(xor)
    __floordiv__, __rfloordiv__ = operator(floor_div, "floordiv"), reflected(floor_div)
    __mod__, __rmod__ = operator(mod, "mod"), reflected(mod)
    __matmul__, __rmatmul__ = operator(matmul, "matmul"), reflected(matmul)

    def __getattr__(self, name: str) -> Any:
        """Asked where there is no such attribute: says what there is."""
        if name.startswith("_") or name in ASKED:  # by programs, not by people
            raise AttributeError(name)
        if name in OLD and old.attribute is not None:
            return old.attribute(self, name)
        raise AbsentNameError(f"a symbol has no attribute {name!r}.", search=lambda: (
            instead_of(name, hooks.functions, dir(Operators))))

    __invert__, __ceil__, __floor__, __trunc__ = map(method, (invert, ceil, floor, trunc))

    def __getitem__(self, index: Any) -> Variable:
        return getitem(self, index)

    def __divmod__(self, other: Any) -> tuple[Variable, Variable]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Variable, Variable]:
        return other // self, other % self

    def __pow__(self, other: Any, modulo: Any = None) -> Variable:
        power: Any = super().__pow__(other)
        return power if modulo is None else power % modulo

    def __lshift__(self, other: Any) -> Variable:
        return left_shift(self, other)

    def __rshift__(self, other: Any) -> Variable:
        return right_shift(self, other)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        op = getattr(getattr(self, "owner", None), "op", None)
        raise no_function(quoted(self), getattr(op, "name", ""), self.origin)

    def __iter__(self: Any) -> Iterator[Variable]:
        return iter(unpack(self))

    def __contains__(self, item: Any) -> bool:
        raise DTypeError(f"what {quoted(self)} holds is known only when values arrive.",
                         fix="T.eq(x, item).any()")

    def __bool__(self) -> bool:
        """An error: a symbol is neither true nor false. (A program written for Theano, which asks
        whether there is one, is told True; not of a comparison.)
        """
        compared = getattr(getattr(self.owner, "op", None), "is_comparison", False)
        if not compared and hooks.of_numpy is not None:
            return True
        raise no_truth(quoted(self))

    def __float__(self) -> float:
        raise no_number(quoted(self))

    def __round__(self, digits: Any = None) -> Variable:
        scale = 10**digits if digits else 1
        return round_half_to_even(self * scale) / scale if digits else round_half_to_even(self)

    def __format__(self, wish: str) -> str:
        return format(float(self), wish) if wish else str(self)

    __int__ = __complex__ = __index__ = __float__
    __delitem__ = Symbol.__setitem__

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """A symbol as a Python object, so that `numpy.prod([x.shape[0], 3])` is a symbol too."""
        if dtype is not None and np.dtype(dtype) != object:
            raise no_array(quoted(self))
        array = np.empty((), object)
        array[()] = self
        return array

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """`numpy.dot(x, y)` is `T.dot(x, y)`: the function of the same name, where there is one."""
        name = function.__name__
        if function.__module__ != "numpy" or name not in FUNCTIONS or name in hooks.left_to_numpy:
            if hooks.of_numpy is not None:  # in a program written for Theano
                return hooks.of_numpy(function, args, kwargs)
            raise no_array(quoted(self))
        return FUNCTIONS[name](*args, **kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """`numpy.exp(x)` is `T.exp(x)`, and an array times a symbol is a symbol."""
        name = ufunc.__name__
        if method != "__call__" or kwargs or name not in FUNCTIONS:
            raise DTypeError(f"numpy.{name} does not know symbols.",
                             fix=f"Use tutor.tensor, which has {name} or its like for symbols.")
        return FUNCTIONS[name](*inputs)

    @property
    def real(self) -> Variable:
        return functions.real(self)

    @property
    def imag(self) -> Variable:
        return functions.imag(self)


VALUES = frozenset(("value", "values"))


class TensorVariable(CoreVariable, Operators):
    """A variable that is neither a constant nor a shared one.

    >>> import tutor, tutor.tensor as T
    >>> [isinstance(v, TensorVariable) for v in (T.dscalar() + 1, tutor.shared(1), T.constant(1))]
    [True, False, False]
    """

    _FIXED = Symbol._FIXED | VALUES

    def _cannot_set(self, name: str, value: Any) -> TutorError:
        """A value is no part of a symbol either."""
        if name not in VALUES:
            return super()._cannot_set(name, value)
        x, text = quoted(self, 40), quoted(value, 40)
        return DTypeError(
            f"{x} has no value yet, and none is stored in it.",
            where=(("written at", caller()), ("made at", self.origin)),
            fix=f"Give inputs their values: f = function([x], y), then f({text}), or "
                f"y.eval({{x: {text}}}). What keeps a value is a shared variable.")


class TensorConstant(CoreConstant, Operators):
    """A constant with operators and methods."""

    @property
    def value(self) -> Any:
        """The value (the same as `data`)."""
        return self.data

    def clone(self, name: str | None = None) -> TensorConstant:
        twin: Any = TensorConstant(self.type, self.data, name or self.name)
        twin.literal, twin.like = self.literal, self.like
        return twin


Type.variable, Type.constant = TensorVariable, TensorConstant


