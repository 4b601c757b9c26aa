"""What a variable can be: `TensorType`, its dtype and its broadcast pattern; how dtypes promote.

Comes after the errors and before the graph. Types are interned: equal types are one object, so
`T.dscalar("x").type is T.dscalar`.

>>> TensorType("int64", ())
TensorType(int64, scalar)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from tutor.core.dtypes import checked_dtype, describe, plural
from tutor.core.errors import DTypeError, shortened
from tutor.core.seams import config, old, seams

if TYPE_CHECKING:
    from tutor.core.graph import Variable

SHAPES: dict[str, tuple[bool, ...]] = {
    "scalar": (), "vector": (False,), "row": (True, False), "col": (False, True),
    "matrix": (False, False), **{f"tensor{n}": (False,) * n for n in range(3, 8)}}
_SHAPE_NAMES = {pattern: name for name, pattern in SHAPES.items()}
_SHAPE_NAMES |= {(False,) * n: f"{n}D" for n in (3, 4, 5, 6, 7)}


class Type:
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

    def __getattr__(self, name: str) -> Any:
        """What programs written for Theano ask of types."""
        if old.attribute is None or name.startswith("__"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return old.attribute(self, name)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows."""
        return shown(self)

    make_variable = __call__

    def _no_value(self, *others: Any) -> Any:
        raise DTypeError(f"{self!r} is a type, not a variable.",
                         fix='Call it to make one: T.dscalar("x").')

    __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __matmul__ = __neg__ = _no_value
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = _no_value

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The value as this type stores it; a `TypeError` where it does not fit."""
        return value


def shown(thing: Any) -> dict[str, Any]:
    """What a notebook shows of something: its text, and pictures where a layer draws them."""
    return {"text/plain": repr(thing)} if seams.display is None else seams.display(thing)


class GenericType(Type):
    """Any Python object at all: the type of values the engine carries but does not look into."""

    def __repr__(self) -> str:
        return "Generic"


generic = GenericType()


class GradientType(Type):
    """The type of a gradient that is no tensor; all of one class are equal."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise DTypeError(f"this has no value: {self.why_null}", fix="Leave it out, or ask for "
                         'return_disconnected="zero".')

    why_null = "nothing is connected here."

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return type(self).__name__


class DisconnectedType(GradientType):
    """The type of a gradient that is not there: the cost does not depend on the variable."""


class NullType(GradientType):
    """The type of a gradient that is not defined; `why_null` says why."""

    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null


disconnected_type = DisconnectedType()


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

    def __new__(
        cls, dtype: Any = ..., broadcastable: Iterable[Any] = (), name: str | None = None
    ) -> TensorType:
        if dtype is ...:
            return object.__new__(cls)
        if type(broadcastable) is tuple and type(dtype) is str:
            known = cls._known.get((dtype, broadcastable))
            if known is not None:
                return known
        if not isinstance(broadcastable, Iterable):
            raise DTypeError(f"broadcastable has one bool a dimension, and is {broadcastable!r}.",
                             fix="Write (False, False) for a matrix, () for a scalar.")
        pattern = tuple([bool(b) for b in broadcastable])
        key = (checked_dtype(dtype), pattern)
        known = cls._known.get(key)
        if known is None:
            known = object.__new__(cls)
            known.dtype, known.broadcastable = key
            known.ndim, known.numpy_dtype = len(pattern), np.dtype(key[0])
            known.name = name
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

    def __copy__(self) -> TensorType:
        return self

    def __deepcopy__(self, memo: object) -> TensorType:
        return self

    def clone(self, dtype: Any = None, broadcastable: Sequence[Any] | None = None) -> TensorType:
        """This type with another dtype or another broadcast pattern."""
        pattern = self.broadcastable if broadcastable is None else broadcastable
        return TensorType(dtype or self.dtype, pattern)

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
        array = self._array_of(value)
        weak_float = isinstance(value, float) and self.dtype == config.floatX
        loss_allowed = allow_downcast or (allow_downcast is None and weak_float)
        kept = self._kept(array)
        narrowed = (isinstance(value, np.ndarray) and array.dtype.kind in "fc" and array.ndim > 0
                    and array.dtype.itemsize > self.numpy_dtype.itemsize)
        if kept is not None and (loss_allowed or (kept[1] and not narrowed)):
            return kept[0]
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

    def _kept(self, array: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], bool] | None:
        """The array with this dtype, and whether it is the same; None where it cannot be cast."""
        if array.dtype.kind == "c" and self.numpy_dtype.kind != "c":
            return None
        with np.errstate(all="ignore"):
            new = array.astype(self.numpy_dtype)
            if np.can_cast(array.dtype, self.numpy_dtype, "safe"):
                return new, True
            return new, np.array_equal(new, array, equal_nan=array.dtype.kind in "fc")

    @property
    def in_words(self) -> str:
        """The type in words, for messages: `a float64 vector (1 dimension)`."""
        article = "an" if self.dtype.startswith("int") else "a"
        return f"{article} {self.dtype} {self.shape_name} ({plural(self.ndim, 'dimension')})"


Several: TypeAlias = Callable[..., Any]  # makes several variables: dscalars("x", "y")
SEVERAL = """Several variables at once: named, or so many.

Raises DTypeError for a name that is no string, and for two names in one string.

>>> import tutor.tensor as T
>>> T.{word}("x", "y"), len(T.{word}(3))
([x, y], 3)
"""


def several(constructor: Callable[..., Any], word: str) -> Several:
    """Several variables at once: by name, `dscalars("x", "y")`, or by number, `dscalars(2)`.

    As in Theano, the letters of one string are names too (`dscalars("xy")`), and one name makes
    one variable, not a list.
    """
    def make(*names: Any, dtype: Any = None) -> Any:
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
        extra = {} if dtype is None else {"dtype": dtype}
        made = [constructor(name, **extra) for name in names]
        return made[0] if single else made
    make.__name__ = word
    make.__doc__ = SEVERAL.format(word=word)
    return make


