"""The variables that programs work with: nodes of the graph with Python's operators and methods.

Comes after the ops, and is what types make (`Type.variable`, `Type.constant`), so that gradients
and rules are written as formulas too. The nodes themselves are in `tutor/graph/nodes.py`.

>>> import tutor.tensor as T
>>> type(T.dscalar("x") * 2)
<class 'tutor.ops.variables.TensorVariable'>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from tutor import refusals
from tutor.core.elementwise import add, and_, mul, pow, sub, true_div
from tutor.core.errors import DTypeError, NotHereError, TutorError
from tutor.core.graph import Variable, quoted
from tutor.core.op import FUNCTIONS
from tutor.core.seams import old, seams
from tutor.core.types import Type
from tutor.core.variables import Operators as CoreOperators
from tutor.core.variables import TensorConstant as CoreConstant
from tutor.core.variables import TensorVariable as CoreVariable
from tutor.ops.advanced import getitem
from tutor.ops.complexes import imag, real
from tutor.ops.functions import ceil, floor, floor_div, mod, round_half_to_even, trunc
from tutor.ops.joining import unpack
from tutor.ops.linalg import matmul
from tutor.ops.logic import invert, left_shift, or_, right_shift, xor
from tutor.ops.methods import Methods
from tutor.signatures import answering_all

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

    def __rand__(self, other: Any) -> Variable:
        return and_(other, self)

    def __ror__(self, other: Any) -> Variable:
        return or_(other, self)

    def __invert__(self) -> Variable:
        return invert(self)

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

    def __getitem__(self, index: Any) -> Variable:
        return getitem(self, index)

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
