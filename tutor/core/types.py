"""What a variable can be: `TensorType`, its dtype and its broadcast pattern; how dtypes promote.

Types are interned: equal types are one object, so `T.dscalar("x").type is T.dscalar`.

>>> TensorType("int64", ()), promote("int8", "int64"), smallest_dtype(300)
(TensorType(int64, scalar), 'int64', 'int16')
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tutor.core.errors import BadValueError, DTypeError, describe, plural, shortened
from tutor.core.seams import Asked, config, seams

if TYPE_CHECKING:
    from tutor.core.graph import Variable

PREFIXES = {"b": "int8", "w": "int16", "i": "int32", "l": "int64",
            "f": "float32", "d": "float64", "c": "complex64", "z": "complex128"}
DTYPES = tuple("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 "
               "complex64 complex128".split())
DISCRETE = frozenset(d for d in DTYPES if d.startswith(("bool", "int", "uint")))
NAMES = {np.dtype(name): name for name in DTYPES}  # dtype.name itself takes microseconds
SHAPES: dict[str, tuple[bool, ...]] = {
    "scalar": (), "vector": (False,), "row": (True, False), "col": (False, True),
    "matrix": (False, False), **{f"tensor{n}": (False,) * n for n in range(3, 8)}}
_SHAPE_NAMES = {pattern: name for name, pattern in SHAPES.items()}
_SHAPE_NAMES |= {(False,) * n: f"{n}D" for n in range(3, 8)}


class Type(Asked):
    """Anything a variable can be. A type checks values (`filter`) and makes variables (a call)."""

    name: str | None = None
    variable: ClassVar[Any]  # the class of its variables, that of its constants, and that of those
    constant: ClassVar[Any]  # with a value that lives between calls: nodes of the graph with
    shared: ClassVar[Any]  # operators, from the last layer that adds methods

    def __call__(self, name: str | None = None, *more: Any, **others: Any) -> Variable:
        if more or others:
            given = ", ".join([*map(repr, more), *[f"{word}={others[word]!r}" for word in others]])
            raise DTypeError(
                f"{self!r} makes one variable from its name, and got {given} as well.",
                fix='The plural makes several: T.dscalars("x", "y"). Its dtype is that of the '
                    "constructor, its sizes are those of the values that arrive.")
        return self.variable(self, name=name)

    make_variable = __call__

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The value as this type stores it; a `TypeError` where it does not fit."""
        return value

    def _no_value(self, *others: Any) -> Any:
        raise DTypeError(f"{self!r} is a type, not a variable.",
                         fix='Call it to make one: T.dscalar("x").')

    __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __matmul__ = __neg__ = _no_value
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = _no_value

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows."""
        return shown(self)


def shown(thing: Any) -> dict[str, Any]:
    """What a notebook shows of something: its text, and pictures where a layer draws them."""
    return {"text/plain": repr(thing)} if seams.display is None else seams.display(thing)


class TensorType(Type):
    """Arrays of one dtype and a fixed number of dimensions.

    `broadcastable` holds a bool for each dimension: True where the size is known to be 1, so that
    it stretches. Called, it makes a variable; raises DTypeError for a name that is no string.

    >>> TensorType("float64", (False, False))("m").ndim
    2
    """

    __slots__ = ("broadcastable", "dtype", "name", "ndim", "numpy_dtype")
    _known: ClassVar[dict[tuple[str, tuple[bool, ...]], TensorType]] = {}
    dtype: str
    broadcastable: tuple[bool, ...]
    ndim: int
    numpy_dtype: np.dtype[Any]

    def __new__(cls, dtype: Any = ..., broadcastable: Iterable[Any] = (), name: str | None = None
                ) -> TensorType:
        if dtype is ...:  # a pickle of Theano's is made: its state follows
            return object.__new__(cls)
        if not isinstance(broadcastable, Iterable):
            raise DTypeError(f"broadcastable has one bool a dimension, and is {broadcastable!r}.",
                             fix="Write (False, False) for a matrix, () for a scalar.")
        key = checked_dtype(dtype), tuple([bool(b) for b in broadcastable])
        known = cls._known.get(key)
        if known is None:
            known = object.__new__(cls)
            known.__setstate__({"dtype": key[0], "broadcastable": key[1], "name": name})
            known = cls._known.setdefault(key, known)
        return known

    def __init__(self, dtype: Any, broadcastable: Iterable[Any] = (), name: Any = None) -> None:
        """All is said in __new__, which pickles of Theano's call without a dtype."""

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorType, (self.dtype, self.broadcastable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.dtype, self.broadcastable = state["dtype"], tuple(state["broadcastable"])
        self.ndim, self.numpy_dtype = len(self.broadcastable), np.dtype(self.dtype)
        self.name = state["name"]

    def __copy__(self, memo: object = None) -> TensorType:
        return self

    __deepcopy__ = __copy__

    def clone(self, dtype: Any = None, broadcastable: Sequence[Any] | None = None) -> TensorType:
        """This type with another dtype or another broadcast pattern."""
        pattern = self.broadcastable if broadcastable is None else broadcastable
        return TensorType(dtype or self.dtype, pattern)

    @property
    def shape_name(self) -> str:
        """`matrix`, `row`, … or the pattern itself where it has no name."""
        return _SHAPE_NAMES.get(self.broadcastable, str(self.broadcastable))

    @property
    def in_words(self) -> str:
        """The type in words, for messages: `a float64 vector (1 dimension)`."""
        article = "an" if self.dtype.startswith("int") else "a"
        return f"{article} {self.dtype} {self.shape_name} ({plural(self.ndim, 'dimension')})"

    def __repr__(self) -> str:
        return f"TensorType({self.dtype}, {self.shape_name})"

    def is_super(self, value: Any) -> bool:
        """Whether an array fits exactly as it is: dtype, dimensions, sizes of 1."""
        return (isinstance(value, np.ndarray) and value.dtype == self.numpy_dtype
                and value.ndim == self.ndim
                and all(n == 1 for n, b in zip(value.shape, self.broadcastable, strict=True) if b))

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The value as an array of this type; `DTypeError` (a `TypeError`) where it does not fit.

        `strict` refuses anything that is not already such an array; `allow_downcast` accepts a loss
        of precision (None: only for a Python float where `config.floatX` is float32).

        >>> TensorType("float64", ()).filter(3)
        array(3.)
        """
        if self.is_super(value):
            return value
        if strict:
            raise DTypeError(
                f"got {describe(value)}, and only {self.in_words} is accepted as it is.",
                fix=f"Pass numpy.asarray(value, dtype={self.dtype!r}).")
        array = self._converted(value, allow_downcast)
        if array.ndim != self.ndim:
            names = {0: "a number", 1: "a list of numbers", 2: "a list of rows"}
            wanted = names.get(self.ndim, f"an array of {self.ndim} dimensions")
            other = TensorType(self.dtype, (False,) * array.ndim).shape_name
            raise DTypeError(f"needs {self.in_words} and got {describe(value)}.",
                             fix=f"Pass {wanted}, or make the variable a {other}.")
        for axis, (size, one) in enumerate(zip(array.shape, self.broadcastable, strict=True)):
            if one and size != 1:
                raise DTypeError(f"is a {self.shape_name}: dimension {axis} must have size 1, but "
                                 f"the shape is {array.shape}.",
                                 fix="Use a matrix, or reshape the value.")
        return array

    def _converted(self, value: Any, allow_downcast: bool | None) -> np.ndarray[Any, Any]:
        """The value with this dtype, if nothing is lost by it or a loss is allowed."""
        array, to = self._array_of(value), self.numpy_dtype
        floats = array.dtype.kind in "fc"
        if array.dtype.kind != "c" or to.kind == "c":
            with np.errstate(all="ignore"):
                new = array.astype(to)
                same = np.can_cast(array.dtype, to) or np.array_equal(new, array, equal_nan=floats)
            narrowed = (floats and isinstance(value, np.ndarray) and array.ndim > 0
                        and array.dtype.itemsize > to.itemsize)
            weak = allow_downcast is None and isinstance(value, float)
            if allow_downcast or (weak and self.dtype == config.floatX) or (same and not narrowed):
                return new
        raise DTypeError(
            f"is {self.dtype}, and {describe(value)} would lose something by becoming that.",
            fix=f"Make the variable a type that holds {array.dtype}, or round the value yourself "
                f"(numpy.asarray(value, dtype={self.dtype!r})).")

    def _array_of(self, value: Any) -> np.ndarray[Any, Any]:
        """The value as an array of numbers, of whatever dtype."""
        if hasattr(value, "owner") and hasattr(value, "type"):
            raise DTypeError(f"needs a value and got the symbol {shortened(repr(value), 100)}.",
                             fix="Pass a number or an array.")
        try:
            array = np.asarray(value)
        except (ValueError, TypeError):
            raise DTypeError(f"needs {self.in_words} and got {describe(value)}.",
                             fix="Rows of different lengths do not make an array.") from None
        if array.dtype.kind == "O" and all(isinstance(v, int) for v in array.flat):
            raise DTypeError(f"is {self.dtype}, and {describe(value)} is too large for that.",
                             fix="Use a smaller number, or a float.")
        if array.dtype.kind not in "biufc":
            raise DTypeError(f"needs {self.in_words} and got {describe(value)}.",
                             fix="Pass numbers.")
        return array


def several(constructor: Callable[..., Any], word: str) -> Callable[..., list[Variable]]:
    """Several variables at once: by name, `dscalars("x", "y")`, or by number, `dscalars(2)`.

    As in Theano, the letters of one string are names too (`dscalars("xy")`), and one name makes
    one variable, not a list.
    """
    def make(*names: Any, **extra: Any) -> Any:
        single = False
        if len(names) == 1 and isinstance(names[0], int) and not isinstance(names[0], bool):
            names = (None,) * names[0]
        elif len(names) == 1 and isinstance(names[0], (str, list, tuple)):
            if isinstance(names[0], str) and re.search(r"[\s,]", names[0]):
                apart = '", "'.join(re.findall(r"[^\s,]+", names[0]) or "xy")
                raise DTypeError(f"{word} takes each name by itself, and got {names[0]!r}.",
                                 fix=f'Write {word}("{apart}").')
            names = tuple(names[0])
            single = len(names) == 1
        for name in names:
            if name is not None and not isinstance(name, str):
                raise DTypeError(f"{word} takes names, or one number, and got {name!r}.",
                                 fix=f'Write {word}("x", "y") or {word}(2).')
        made = [constructor(name, **extra) for name in names]
        return made[0] if single else made
    make.__name__ = word
    make.__doc__ = f"""Several variables at once: named, or so many.

Raises DTypeError for a name that is no string, and for two names in one string.

>>> import tutor.tensor as T
>>> T.{word}("x", "y"), len(T.{word}(3))
([x, y], 3)
"""
    return make


def checked_dtype(dtype: Any, default: str = "floatX") -> str:
    """The name of a dtype the engine knows; that of `default` where there is none.

    >>> checked_dtype(float), checked_dtype("floatX")
    ('float64', 'float64')
    """
    dtype = default if dtype is None else dtype
    if isinstance(dtype, str) and dtype in DTYPES:
        return dtype
    if isinstance(dtype, str) and dtype == "floatX":
        return config.floatX
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an old alias is no dtype of tensors either
            name = np.dtype(dtype).name
    except (TypeError, ValueError):
        name = ""
    if name not in DTYPES:
        raise DTypeError(f"{dtype!r} is not a dtype of tensors.",
                         fix=f"Choose one of {', '.join(DTYPES)}.")
    return name


@cache
def promote(*dtypes: str) -> str:
    """The dtype that holds them all: NumPy's promotion, which is Theano's (int32 with float32:
    float64).
    """
    return np.result_type(*[np.dtype(d) for d in dtypes]).name


def float_of(dtype: str) -> str:
    """The dtype of `exp` and its like: float32 for small integers, float64 for large ones."""
    kind, size = np.dtype(dtype).kind, np.dtype(dtype).itemsize
    return dtype if kind in "fc" else "float32" if size <= 2 else "float64"


def smallest_dtype(number: complex) -> str:
    """The smallest dtype that holds a Python number exactly (float32 at least for a float).

    >>> smallest_dtype(3), smallest_dtype(300), smallest_dtype(0.5), smallest_dtype(0.1)
    ('int8', 'int16', 'float32', 'float64')
    """
    if isinstance(number, bool):
        return "bool"
    if isinstance(number, int):
        for bits in (8, 16, 32, 64):
            if -(1 << bits - 1) <= number < 1 << bits - 1:
                return f"int{bits}"
        if 0 <= number < 1 << 64:
            return "uint64"
        raise BadValueError(f"{number} is too large for any integer dtype.",
                            fix="Write it as a float.")
    if isinstance(number, complex):
        return "complex128"
    if config.floatX == "float32" or not np.isfinite(number):
        return "float32"
    return "float32" if abs(number) < 3e38 and float(np.float32(number)) == number else "float64"
