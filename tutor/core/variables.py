"""The variables that programs work with: Python's operators and methods, and values that stay.

What types make (`Type.variable`, `.constant`, `.shared`), so that rules are written as formulas.

>>> import tutor.core as T
>>> c = shared(0.5, "c")
>>> c.set_value(2); (c * 2).eval()
array(4.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Self

import numpy as np

from tutor.core.arithmetic import (
    abs_,
    add,
    and_,
    cast,
    conj,
    exp,
    fill,
    ge,
    gt,
    invert,
    le,
    log,
    lt,
    mul,
    neg,
    or_,
    pow,
    sqrt,
    sub,
    tanh,
    tensor_copy,
    true_div,
)
from tutor.core.arrays import dimshuffle, ones_like, shape, transpose, zeros_like
from tutor.core.errors import DTypeError, TutorError, caller
from tutor.core.graph import Constant, Node, Variable, quoted
from tutor.core.indexing import getitem
from tutor.core.products import all, any, dot, max, mean, min, size, sum
from tutor.core.seams import old
from tutor.core.types import NAMES, TensorType, Type, describe, generic

FEW = 100  # numbers


class Operators:
    """The operators and methods of a symbol. Comparisons are symbols too, all but `==` and `!=`."""

    __array_ufunc__: Any = None  # NumPy leaves it to these operators

    def __add__(self, other: Any) -> Variable:
        return add(self, other)

    def __radd__(self, other: Any) -> Variable:
        return add(other, self)

    def __sub__(self, other: Any) -> Variable:
        return sub(self, other)

    def __rsub__(self, other: Any) -> Variable:
        return sub(other, self)

    def __mul__(self, other: Any) -> Variable:
        return mul(self, other)

    def __rmul__(self, other: Any) -> Variable:
        return mul(other, self)

    def __truediv__(self, other: Any) -> Variable:
        return true_div(self, other)

    def __rtruediv__(self, other: Any) -> Variable:
        return true_div(other, self)

    def __pow__(self, other: Any) -> Variable:
        return pow(self, other)

    def __rpow__(self, other: Any) -> Variable:
        return pow(other, self)

    def __matmul__(self, other: Any) -> Variable:
        return dot(self, other)

    def __rmatmul__(self, other: Any) -> Variable:
        return dot(other, self)

    def __and__(self, other: Any) -> Variable:
        return and_(self, other)

    def __rand__(self, other: Any) -> Variable:
        return and_(other, self)

    def __or__(self, other: Any) -> Variable:
        return or_(self, other)

    def __ror__(self, other: Any) -> Variable:
        return or_(other, self)

    def __lt__(self, other: Any) -> Variable:
        return lt(self, other)

    def __le__(self, other: Any) -> Variable:
        return le(self, other)

    def __gt__(self, other: Any) -> Variable:
        return gt(self, other)

    def __ge__(self, other: Any) -> Variable:
        return ge(self, other)

    def __neg__(self) -> Variable:
        return neg(self)

    def __abs__(self) -> Variable:
        return abs_(self)

    def __invert__(self) -> Variable:
        return invert(self)

    def __pos__(self) -> Self:
        return self

    def __getitem__(self, index: Any) -> Variable:
        return getitem(self, index)

    def __setitem__(self, index: Any, value: Any = None) -> None:
        raise DTypeError(
            f"{quoted(self)} is a symbol: its elements cannot be assigned.",
            fix="T.set_subtensor(x[i], value) is the expression of x with that element replaced.")

    def __iter__(self) -> Iterator[Variable]:
        raise DTypeError(f"{quoted(self)} is a symbol: how many elements it has is known when "
                         "values arrive.", fix="Loop over it with scan.")

    def __len__(self) -> int:
        raise DTypeError(f"{quoted(self)} is a symbol: its length is known when values arrive.",
                         fix="x.shape[0] is the symbol of its length.")

    def __bool__(self) -> bool:
        raise DTypeError(f"{quoted(self)} is neither true nor false yet: it is a symbol.",
                         where=(("asked at", caller()),),
                         fix="T.switch(condition, a, b) chooses when values arrive.")

    def __float__(self) -> float:
        raise DTypeError(f"{quoted(self)} is a symbol: it has no number yet.",
                         fix="Compile it, or give its inputs values: y.eval({x: 3.0}).")

    __int__ = __complex__ = __index__ = __float__

    def copy(self, name: str | None = None) -> Variable:
        """A copy of this variable, which may have a name of its own."""
        copied: Variable = tensor_copy(self)
        copied.name = name
        return copied

    T = property(transpose)
    shape = property(shape)
    size = property(size)

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

    def dot(self, right: Any) -> Variable:
        """The product: of two vectors their inner product, of matrices the matrix product."""
        return dot(self, right)

    def dimshuffle(self, *order: Any) -> Variable:
        """The dimensions in another order; `"x"` is a new one of size 1, which stretches."""
        return dimshuffle(self, *order)

    def transpose(self, *order: Any, axes: Any = None) -> Variable:
        """The dimensions turned around, or in the order of `axes`, one list or the numbers."""
        return transpose(self, *order, axes=axes)

    def astype(self, dtype: Any) -> Variable:
        """The same numbers in another dtype (`"floatX"` is `config.floatX`)."""
        return cast(self, dtype)

    def conj(self) -> Variable:
        """The complex conjugate; of a real variable itself."""
        return conj(self)

    def fill(self, value: Any) -> Variable:
        """The value, stretched to the shape of this."""
        return fill(self, value)

    def zeros_like(self, dtype: Any = None, opt: bool = False) -> Variable:
        """Zeros of this shape and dtype."""
        return zeros_like(self, dtype, opt)

    def ones_like(self, dtype: Any = None, opt: bool = False) -> Variable:
        """Ones of this shape and dtype."""
        return ones_like(self, dtype, opt)

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


class Container(Node):
    """The place of one value, which every function that uses it holds. `value` is set as it is;
    what is set through `data` is checked.

    `held`, `now` and `raw` are the same as `value`. The first is the slot itself, whatever a
    subclass makes of the others; the others of several containers are read at one moment.
    """

    held: Any
    now: Any
    raw: Any

    __slots__ = ("__weakref__", "_storage", "allow_downcast", "name", "readonly", "sharding",
                 "spare", "strict", "type", "value")

    def __init__(self, type: Type, value: Any = None, name: str | None = None,
                 strict: bool = False, allow_downcast: bool | None = None) -> None:
        self.type, self.value, self.name = type, value, name
        self.strict, self.allow_downcast, self.readonly = strict, allow_downcast, False
        self.spare: Any = None  # an old value, whose memory the next one may take
        self.sharding: Any = None  # how JAX spreads the value over devices

    @property
    def data(self) -> Any:
        """The value itself, not a copy; None where there is none."""
        return self.value

    @data.setter
    def data(self, new: Any) -> None:
        if self.readonly:
            raise DTypeError(f"the value of {self.name or 'this'} cannot be set.",
                             fix="Set the value of what it is read from.")
        if new is not None:
            new = self.type.filter(new, self.strict, self.allow_downcast)
        self.value = new

    def __getattr__(self, name: str) -> Any:
        """What programs written for Theano ask of containers."""
        if old.attribute is None or name.startswith("__"):
            raise AttributeError(f"a container has no attribute {name!r}")
        return old.attribute(self, name)

    def __repr__(self) -> str:
        return f"<{self.value!r}>"


Container.held = Container.now = Container.raw = Container.__dict__["value"]


class SharedVariable(Variable, Operators):
    """A symbol whose value lives between calls; made by `shared`.

    Its type is fixed, and `set_value` keeps to it. `default_update`, once set, is the new value
    that every function using the variable gives it, if not told otherwise.

    >>> c = shared(0.5, "c")
    >>> c.set_value(2); c.get_value()
    array(2.)
    """

    default_update: Variable
    #: The value it was made with, where that is a few numbers: what it can be started from again.
    start: Any = None

    def __init__(
        self,
        name: str | None,
        type: Type,
        value: Any,
        strict: bool = False,
        allow_downcast: bool | None = None,
        container: Container | None = None,
    ) -> None:
        super().__init__(type, name=name)
        if container is None:
            value = type.filter(value, strict, allow_downcast)
            container = Container(type, value, name, strict, allow_downcast)
            if isinstance(value, np.ndarray) and value.size <= FEW:
                self.start = value.copy()
        self.container = container

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """A copy of the value; with `borrow=True` the value itself."""
        value = self.container.value
        return value if borrow else _copied(value)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Store a value of this type (any shape); a copy, unless `borrow=True`.

        A value of another kind or number of dimensions is a `DTypeError`, and the old value stays.
        """
        container = self.container
        if isinstance(new_value, Variable):
            here, formula = self.name or "s", quoted(new_value)
            raise DTypeError(
                f"{here} holds a value, and {formula} is a symbol.",
                where=(("written at", caller()), (f"{here} made at", self.origin)),
                fix=f"To change the value once: {here}.set_value({here}.get_value() + 1). At every "
                f"call of a function: function(…, updates={{{here}: {formula}}}).")
        try:
            new = self.type.filter(new_value, container.strict, container.allow_downcast)
        except TutorError as problem:
            raise type(problem)(
                f"{self.name or 'this shared variable'} {problem.what}",
                where=(("made at", self.origin),),
                fix=problem.fix,
            ) from None
        container.value = _copied(new) if new is new_value and not borrow else new

    def zero(self, borrow: bool = False) -> None:
        """Set every number to 0; with `borrow=True` in the array itself."""
        if borrow:
            self.container.value[...] = 0
        else:
            self.container.value = 0 * self.container.value

    def clone(self, name: str | None = None) -> SharedVariable:
        """Another symbol for the same value."""
        twin = type(self)(name or self.name, self.type, None, container=self.container)
        twin.tag.__dict__.update(self.tag.__dict__)
        return twin


def _copied(value: Any) -> Any:
    return value.copy() if type(value) is np.ndarray else deepcopy(value)


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    sharding: Any = None,
    **kwargs: Any,
) -> SharedVariable:
    """A variable with a value that lives between calls and is changed by `updates` or `set_value`.

    `value` is a number or an array, and gives the type: its dtype and number of dimensions. The
    shape may change later, but for dimensions that `broadcastable` says have size 1. The value is
    copied unless `borrow=True`. `strict` refuses later values that are no such array already;
    `allow_downcast` accepts that they lose precision. A list, a dict or another object is kept as
    it is (its type is `generic`), and is no tensor. `sharding` (a `jax.sharding.Sharding`) says how
    functions of `mode="jax"` spread the value over devices. A symbol is a `DTypeError`.

    >>> shared(0).type, shared([1, 2]).type
    (TensorType(int64, scalar), Generic)
    """
    if isinstance(value, Variable):
        raise DTypeError(
            f"a shared variable holds a value, and {quoted(value)} is a symbol.",
            where=(("made at", value.origin),),
            fix="Pass a number or an array.",
        )
    if name is not None and not isinstance(name, str):
        raise DTypeError(
            f"a name is a string, not {describe(name)}.", fix='Write shared(value, "name").'
        )
    unknown = sorted(set(kwargs) - {"borrow", "broadcastable", "target"})
    for constructor in reversed(CONSTRUCTORS):
        try:
            if unknown and constructor.__module__.startswith("tutor."):
                continue
            made = constructor(value, name, strict, allow_downcast, **kwargs)
            made.container.sharding = sharding
            return made
        except TypeError as problem:
            if isinstance(problem, TutorError):
                raise
    raise DTypeError(
        f"shared does not know {', '.join(unknown)}.",
        where=(("written at", caller()),),
        fix="It takes value, name, strict, allow_downcast, borrow and broadcastable.",
    )


def _generic(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
             borrow: bool = False, **_: Any) -> SharedVariable:
    """Anything at all."""
    return generic.shared(name, generic, value if borrow else _copied(value))


def _tensor(value: Any, name: str | None, strict: bool, allow_downcast: bool | None,
            borrow: bool = False, broadcastable: Any = None, target: Any = None) -> SharedVariable:
    """An array of numbers, or one number."""
    number = not isinstance(value, np.ndarray)
    if number and not isinstance(value, (np.number, int, float, complex)):
        raise TypeError
    array = value if borrow and not number else np.array(value)
    if array.dtype not in NAMES:  # an integer of more than 64 bits
        raise TypeError
    pattern = (False,) * array.ndim if broadcastable is None or number else tuple(broadcastable)
    type_ = TensorType(NAMES[array.dtype], pattern)
    return type_.shared(name, type_, array, strict, allow_downcast)


CONSTRUCTORS: list[Callable[..., SharedVariable]] = [_generic, _tensor]


class TensorVariable(Variable, Operators):
    """A variable that is neither a constant nor a shared one."""


class TensorConstant(Constant, Operators):
    """A constant with operators and methods."""


Type.variable, Type.constant, Type.shared = TensorVariable, TensorConstant, SharedVariable
