"""What types make: variables with operators and methods, so that rules are written as formulas; and
shared ones, whose value lives between calls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from tutor.core import arrays
from tutor.core import elementwise as ops
from tutor.core.elementwise import operator, reflected
from tutor.core.errors import DTypeError
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.indexing import getitem
from tutor.core.types import NAMES, TensorType, Type


class Operators:
    """The operators and methods of a symbol. Comparisons are symbols too, all but `==` and `!=`."""

    __array_ufunc__: Any = None  # NumPy leaves it to these operators

    __add__, __radd__ = operator(ops.add, "add"), reflected(ops.add)
    __sub__, __rsub__ = operator(ops.sub, "sub"), reflected(ops.sub)
    __mul__, __rmul__ = operator(ops.mul, "mul"), reflected(ops.mul)
    __truediv__, __rtruediv__ = operator(ops.true_div, "truediv"), reflected(ops.true_div)
    __pow__, __rpow__ = operator(ops.pow, "pow"), reflected(ops.pow)
    __lt__, __le__ = operator(ops.lt, "lt"), operator(ops.le, "le")
    __gt__, __ge__ = operator(ops.gt, "gt"), operator(ops.ge, "ge")
    __getitem__ = getitem
    T, shape = property(arrays.transpose), property(arrays.shape)
    sum, mean, dimshuffle, astype = arrays.sum, arrays.mean, arrays.dimshuffle, ops.cast

    def __neg__(self) -> Variable:
        return ops.neg(self)

    def __abs__(self) -> Variable:
        return ops.abs_(self)

    def _no_value(self, *others: Any) -> Any:
        raise DTypeError(f"{quoted(self)} is a symbol: its value is known when values arrive.",
                         fix="Call a function of it, or y.eval({x: 3.0}); in a loop use scan.")

    __bool__ = __float__ = __int__ = __len__ = __iter__ = __setitem__ = _no_value


class TensorVariable(Variable, Operators):
    """A variable that is neither a constant nor a shared one."""


class TensorConstant(Constant, Operators):
    """A constant with operators and methods."""


class SharedVariable(Variable, Operators):
    """A symbol whose value lives between calls; made by `shared`. Its type is fixed."""

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
