"""What Python's operators and a variable's methods mean: each is the op or function of that name.

`Operators` is the base of `Variable` and comes before it. The ops come later and enter themselves
into `FUNCTIONS` by name, so that `x * y` is `FUNCTIONS["mul"](x, y)`; those of modules that did not
load yet are found there too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tutor import refusals
from tutor.compat import compat
from tutor.errors import DTypeError, NotHereError, TutorError, shortened
from tutor.later import MODULES, loaded
from tutor.signatures import answering

if TYPE_CHECKING:
    from tutor.graph import Variable

F = TypeVar("F", bound=Callable[..., Any])


class Functions(dict[str, Callable[..., Any]]):
    """Functions by name; one whose module did not load yet is there, and loads."""

    def __missing__(self, name: str) -> Callable[..., Any]:
        if name not in MODULES:
            raise KeyError(name)
        self[name] = found = loaded(name)
        return found

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in MODULES


FUNCTIONS = Functions()

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

#: Methods of a variable that are the function of the same name, with the variable first.
METHODS = (
    "sum prod mean var std min max argmin argmax any all dot dimshuffle reshape flatten transpose "
    "swapaxes ravel clip repeat cumsum cumprod diagonal trace norm sort argsort nonzero astype "
    "take "
    "conj choose round squeeze fill compress searchsorted ptp zeros_like ones_like "
    "sqrt exp log sin cos tan tanh sinh cosh arcsin arccos arctan arcsinh arccosh arctanh "
    "log2 log10 log1p expm1 exp2 deg2rad rad2deg floor ceil trunc nonzero_values "
    "conjugate transfer get_scalar_constant_value"
).split()

#: Keywords of methods that the function calls otherwise: they are its next arguments.
KEYWORDS = {
    "choose": "choices",
    "clip": "a_min a_max",
    "compress": "a",
    "dot": "right",
    "fill": "value",
    "norm": "L",
    "reshape": "shape",
}


def public(function: F) -> F:
    """Enter a function under its name, for methods and operators to find."""
    FUNCTIONS[function.__name__] = function = answering(function)
    return function


def _method(name: str) -> Callable[..., Any]:
    words = KEYWORDS.get(name, "").split()

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if name not in FUNCTIONS:
            raise NotHereError(
                f"there is no {name} here.", fix="See dir(tutor.tensor) for what there is."
            )
        given = [kwargs.pop(word) for word in words if word in kwargs]
        return FUNCTIONS[name](self, *args, *given, **kwargs)

    method.__name__ = name
    method.__doc__ = f"`tutor.tensor.{name}` of this variable."
    return method


def quoted(value: Any, longest: int = 100) -> str:
    """How a sentence speaks of a variable: by its name, else by its formula. Of anything else, as
    Python shows it.

    >>> import tutor.tensor as T; quoted(T.dscalar("x") + 1), quoted(list(range(100)), 20)
    ('x + 1', '[0, 1, 2 … 98, 99]')
    """
    if not isinstance(value, Operators):
        return shortened(repr(value), longest)
    name: str | None = getattr(value, "name", None)
    return str(FUNCTIONS["brief"](value, longest)) if not name else shortened(name, longest)


def unchangeable(told: property) -> property:
    """The property; to set it is an error that says what to do."""
    return told.setter(_set)


def _set(v: Any, value: Any) -> None:
    raise refusals.not_set(quoted(v), quoted(value), v.origin)


#: What some variables have, and all are asked for: no word is lost on the others.
ASKED = frozenset(("container", "data", "default_update"))

class Operators:
    """The operators and methods of a symbol. Comparisons are symbols too, all but `==` and `!=`."""

    __array_priority__ = 1000

    def __getattr__(self, name: str) -> Any:
        """Asked where there is no such attribute: says what there is."""
        if name.startswith("_") or name in ASKED:  # by programs, not by people
            raise AttributeError(name)
        raise NotHereError(f"a symbol has no attribute {name!r}.", fix=lambda: (
            refusals.instead_of(name, FUNCTIONS, dir(Operators))))

    def __add__(self, other: Any) -> Variable:
        return FUNCTIONS["add"](self, other)

    def __radd__(self, other: Any) -> Variable:
        return FUNCTIONS["add"](other, self)

    def __sub__(self, other: Any) -> Variable:
        return FUNCTIONS["sub"](self, other)

    def __rsub__(self, other: Any) -> Variable:
        return FUNCTIONS["sub"](other, self)

    def __mul__(self, other: Any) -> Variable:
        return FUNCTIONS["mul"](self, other)

    def __rmul__(self, other: Any) -> Variable:
        return FUNCTIONS["mul"](other, self)

    def __truediv__(self, other: Any) -> Variable:
        return FUNCTIONS["true_div"](self, other)

    def __rtruediv__(self, other: Any) -> Variable:
        return FUNCTIONS["true_div"](other, self)

    def __floordiv__(self, other: Any) -> Variable:
        return FUNCTIONS["floor_div"](self, other)

    def __rfloordiv__(self, other: Any) -> Variable:
        return FUNCTIONS["floor_div"](other, self)

    def __mod__(self, other: Any) -> Variable:
        return FUNCTIONS["mod"](self, other)

    def __rmod__(self, other: Any) -> Variable:
        return FUNCTIONS["mod"](other, self)

    def __divmod__(self, other: Any) -> tuple[Variable, Variable]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Variable, Variable]:
        return other // self, other % self

    def __pow__(self, other: Any, modulo: Any = None) -> Variable:
        power: Variable = FUNCTIONS["pow"](self, other)
        return power if modulo is None else power % modulo

    def __rpow__(self, other: Any) -> Variable:
        return FUNCTIONS["pow"](other, self)

    def __matmul__(self, other: Any) -> Variable:
        return FUNCTIONS["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Variable:
        return FUNCTIONS["matmul"](other, self)

    def __and__(self, other: Any) -> Variable:
        return FUNCTIONS["and_"](self, other)

    def __rand__(self, other: Any) -> Variable:
        return FUNCTIONS["and_"](other, self)

    def __or__(self, other: Any) -> Variable:
        return FUNCTIONS["or_"](self, other)

    def __ror__(self, other: Any) -> Variable:
        return FUNCTIONS["or_"](other, self)

    def __xor__(self, other: Any) -> Variable:
        return FUNCTIONS["xor"](self, other)

    def __rxor__(self, other: Any) -> Variable:
        return FUNCTIONS["xor"](other, self)

    def __lshift__(self, other: Any) -> Variable:
        return FUNCTIONS["left_shift"](self, other)

    def __rshift__(self, other: Any) -> Variable:
        return FUNCTIONS["right_shift"](self, other)

    def __lt__(self, other: Any) -> Variable:
        return FUNCTIONS["lt"](self, other)

    def __le__(self, other: Any) -> Variable:
        return FUNCTIONS["le"](self, other)

    def __gt__(self, other: Any) -> Variable:
        return FUNCTIONS["gt"](self, other)

    def __ge__(self, other: Any) -> Variable:
        return FUNCTIONS["ge"](self, other)

    def __neg__(self) -> Variable:
        return FUNCTIONS["neg"](self)

    def __pos__(self) -> Operators:
        return self

    def __abs__(self) -> Variable:
        return FUNCTIONS["abs"](self)

    def __invert__(self) -> Variable:
        return FUNCTIONS["invert"](self)

    def __ceil__(self) -> Variable:
        return FUNCTIONS["ceil"](self)

    def __floor__(self) -> Variable:
        return FUNCTIONS["floor"](self)

    def __trunc__(self) -> Variable:
        return FUNCTIONS["trunc"](self)

    def __getitem__(self, index: Any) -> Variable:
        return FUNCTIONS["getitem"](self, index)

    def __setitem__(self, index: Any, value: Any = None) -> None:
        raise DTypeError(
            f"{quoted(self)} is a symbol: its elements cannot be assigned.",
            fix="T.set_subtensor(x[i], value) is the expression of x with that element replaced.",
        )

    __delitem__ = __setitem__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        op = getattr(getattr(self, "owner", None), "op", None)
        raise refusals.no_function(quoted(self), getattr(op, "name", ""), self.origin)

    def __iter__(self) -> Iterator[Variable]:
        return iter(FUNCTIONS["unpack"](self))

    def __len__(self) -> int:
        raise DTypeError(
            f"{quoted(self)} is a symbol: its length is known when values arrive.",
            fix="x.shape[0] is the symbol of its length.",
        )

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
        if not compared and compat.of_numpy is not None:
            return True
        raise refusals.no_truth(quoted(self))

    def __float__(self) -> float:
        raise refusals.no_number(quoted(self))

    def __round__(self, digits: Any = None) -> Variable:
        rounded = FUNCTIONS["round_half_to_even"]
        return rounded(self * 10**digits) / 10**digits if digits else rounded(self)

    def __format__(self, wish: str) -> str:
        return format(float(self), wish) if wish else str(self)

    __int__ = __complex__ = __index__ = __float__

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
        if function.__module__ != "numpy" or name not in FUNCTIONS:
            if compat.of_numpy is not None:
                return compat.of_numpy(function, args, kwargs)
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

    def copy(self, name: str | None = None) -> Variable:
        """A copy of this variable, which may have a name of its own."""
        copied: Variable = FUNCTIONS["tensor_copy"](self)
        copied.name = name
        return copied

    @property
    def T(self) -> Variable:
        return FUNCTIONS["transpose"](self)

    @property
    def shape(self) -> Variable:
        return FUNCTIONS["shape"](self)

    @property
    def size(self) -> Variable:
        return FUNCTIONS["size"](self)

    @property
    def real(self) -> Variable:
        return FUNCTIONS["real"](self)

    @property
    def imag(self) -> Variable:
        return FUNCTIONS["imag"](self)


def _yielding(compute: F, reflected: str) -> F:
    """An operator that leaves to an object which is no tensor, but knows symbols, what to do."""

    @wraps(compute)
    def operator(self: Any, other: Any, *modulo: Any) -> Any:
        try:
            return compute(self, other, *modulo)
        except TutorError:
            known = isinstance(other, (Operators, np.ndarray, np.generic, int, float, complex))
            if not known and hasattr(type(other), reflected):
                return NotImplemented
            raise

    return operator  # type: ignore[return-value]


for _name in "add sub mul truediv floordiv mod pow matmul and or xor".split():
    if f"__{_name}__" in vars(Operators):
        _compute = vars(Operators)[f"__{_name}__"]
        setattr(Operators, f"__{_name}__", _yielding(_compute, f"__r{_name}__"))

for _name in "T shape size real imag".split():
    setattr(Operators, _name, unchangeable(vars(Operators)[_name]))

for _name in METHODS:
    setattr(Operators, _name, _method(_name))
