"""What types make: variables with Python's operators and methods, so that rules are formulas; and
those among them with a value that lives between calls.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from tutor.core import arrays
from tutor.core import elementwise as ops
from tutor.core.errors import DTypeError
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.indexing import getitem
from tutor.core.types import NAMES, TensorType, Type


class Operators:
    """The operators and methods of a symbol. Comparisons are symbols too, all but `==` and `!=`."""

    __array_ufunc__: Any = None  # NumPy leaves it to these operators

    def __add__(self, other: Any) -> Variable:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Variable:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Variable:
        return ops.sub(self, other)

    def __rsub__(self, other: Any) -> Variable:
        return ops.sub(other, self)

    def __mul__(self, other: Any) -> Variable:
        return ops.mul(self, other)

    def __rmul__(self, other: Any) -> Variable:
        return ops.mul(other, self)

    def __truediv__(self, other: Any) -> Variable:
        return ops.true_div(self, other)

    def __rtruediv__(self, other: Any) -> Variable:
        return ops.true_div(other, self)

    def __pow__(self, other: Any) -> Variable:
        return ops.pow(self, other)

    def __rpow__(self, other: Any) -> Variable:
        return ops.pow(other, self)

    def __lt__(self, other: Any) -> Variable:
        return ops.lt(self, other)

    def __le__(self, other: Any) -> Variable:
        return ops.le(self, other)

    def __gt__(self, other: Any) -> Variable:
        return ops.gt(self, other)

    def __ge__(self, other: Any) -> Variable:
        return ops.ge(self, other)

    def __neg__(self) -> Variable:
        return ops.neg(self)

    def __abs__(self) -> Variable:
        return ops.abs_(self)

    def __getitem__(self, index: Any) -> Variable:
        return getitem(self, index)

    def _no_value(self, *others: Any) -> Any:
        raise DTypeError(f"{quoted(self)} is a symbol: its value is known when values arrive.",
                         fix="Call a function of it, or y.eval({x: 3.0}); in a loop use scan.")

    __bool__ = __float__ = __int__ = __len__ = __iter__ = __setitem__ = _no_value

    T = property(arrays.transpose)
    shape = property(arrays.shape)

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Variable:
        """The sum over an axis, several, or all."""
        return arrays.sum(self, axis, keepdims=keepdims)

    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Variable:
        """The mean over an axis, several, or all; of integers a float64."""
        return arrays.mean(self, axis, keepdims=keepdims)

    def dimshuffle(self, *order: Any) -> Variable:
        """The dimensions in another order; `"x"` is a new one of size 1, which stretches."""
        return arrays.dimshuffle(self, *order)

    def astype(self, dtype: Any) -> Variable:
        """The same numbers in another dtype (`"floatX"` is `config.floatX`)."""
        return ops.cast(self, dtype)


class TensorVariable(Variable, Operators):
    """A variable that is neither a constant nor a shared one."""


class TensorConstant(Constant, Operators):
    """A constant with operators and methods."""


class SharedVariable(Variable, Operators):
    """A symbol whose value lives between calls; made by `shared`.

    Its type is fixed, and `set_value` keeps to it. `default_update`, once set, is the new value
    that every function using the variable gives it, if not told otherwise.
    """

    default_update: Variable

    def __init__(self, name: str | None, type: Type, value: Any) -> None:
        super().__init__(type, name=name)
        self.container = SimpleNamespace(value=type.filter(value))

    def get_value(self, borrow: bool = False) -> Any:
        """A copy of the value; with `borrow=True` the value itself."""
        value = self.container.value
        return value if borrow else value.copy()

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Store a value of this type (any shape); a copy, unless `borrow=True`. A value of another
        type is a `DTypeError`, and the old one stays."""
        new = self.type.filter(new_value)
        self.container.value = new.copy() if new is new_value and not borrow else new


def shared(value: Any, name: str | None = None, borrow: bool = False) -> SharedVariable:
    """A variable with a value that lives between calls and is changed by `updates` or `set_value`.

    `value` is a number or an array, and gives the type: its dtype and number of dimensions; the
    shape may change later. It is copied unless `borrow=True`. Anything else is a `DTypeError`.
    """
    array = value if borrow and isinstance(value, np.ndarray) else np.array(value)
    if array.dtype not in NAMES:
        raise DTypeError(f"a shared variable holds a number or an array, not {quoted(value)}.",
                         fix="Pass numpy.array(value).")
    type_ = TensorType(NAMES[array.dtype], (False,) * array.ndim)
    return type_.shared(name, type_, array)


Type.variable, Type.constant, Type.shared = TensorVariable, TensorConstant, SharedVariable
