"""What a variable can be: `TensorType`, its dtype and its broadcast pattern; how dtypes promote.

Types are interned: equal types are one object, so `T.dscalar("x").type is T.dscalar`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tutor.core.errors import BadValueError, DTypeError
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
    # The classes of its variables, constants and shared variables: the last layer sets them.
    variable: ClassVar[Any]
    constant: ClassVar[Any]
    shared: ClassVar[Any]

    def __call__(self, name: str | None = None) -> Variable:
        """A variable of this type, with this name."""
        return self.variable(self, name=name)

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The value as this type stores it; a `TypeError` where it does not fit."""
        return value

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return seams.display(self)


class TensorType(Type):
    """Arrays of one dtype and a fixed number of dimensions; called, it makes a variable.

    `broadcastable`, the broadcast pattern, holds a bool for each dimension: True where the size is
    known to be 1, so that it stretches. Raises DTypeError for a name that is no string.

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
        try:
            flags = tuple(map(bool, broadcastable))
        except (TypeError, ValueError):
            raise DTypeError(f"broadcastable has one bool a dimension, and is {broadcastable!r}.",
                             fix="Write (False, False) for a matrix, () for a scalar.") from None
        known = cls._known.get((dtype, flags)) if type(dtype) is str else None
        if known is None:
            key = checked_dtype(dtype), flags
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

    @property
    def shape_name(self) -> str:
        """`matrix`, `row`, … or the pattern itself where it has no name."""
        return _SHAPE_NAMES.get(self.broadcastable, str(self.broadcastable))

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
        """
        if self.is_super(value):
            return value
        array = None if strict else self.converted(value, allow_downcast)
        if not self.is_super(array):
            raise seams.misfit(self, value, strict, allow_downcast) if seams.misfit else \
                DTypeError(f"needs {self!r} and got {value!r}.", fix="Pass another value.")
        return array

    def converted(self, value: Any, allow_downcast: bool | None) -> np.ndarray[Any, Any] | None:
        """The value with this dtype, if nothing is lost by it or a loss is allowed."""
        try:
            array, to = np.asarray(value), self.numpy_dtype
        except (ValueError, TypeError):
            return None
        kind = array.dtype.kind
        if kind not in "biufc" or (kind == "c" and to.kind != "c"):
            return None
        with np.errstate(all="ignore"):
            new = array.astype(to)
            same = np.can_cast(array.dtype, to) or np.array_equal(
                new, array, equal_nan=kind in "fc")
        narrowed = (kind in "fc" and isinstance(value, np.ndarray) and array.ndim > 0
                    and array.dtype.itemsize > to.itemsize)
        weak = allow_downcast is None and isinstance(value, float) and self.dtype == config.floatX
        return new if allow_downcast or weak or (same and not narrowed) else None


def several(constructor: Callable[..., Any]) -> Callable[..., list[Variable]]:
    """The constructor of several variables at once, by name: `dscalars("x", "y")`."""
    return lambda *names: [constructor(name) for name in names]


def checked_dtype(dtype: Any, default: str = "floatX") -> str:
    """The name of a dtype the engine knows; that of `default` where there is none."""
    dtype = default if dtype is None else dtype
    if type(dtype) is str and dtype in DTYPES:
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
    """The dtype that holds them all, as NumPy promotes: int32 with float32 is float64."""
    return np.result_type(*dtypes).name


def float_of(dtype: str) -> str:
    """The dtype of `exp` and its like: float32 for small integers, float64 for large ones."""
    kind, size = np.dtype(dtype).kind, np.dtype(dtype).itemsize
    return dtype if kind in "fc" else "float32" if size <= 2 else "float64"


def smallest_dtype(number: complex) -> str:
    """The smallest dtype that holds a Python number exactly: int8 for 3, float64 for 0.1."""
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
