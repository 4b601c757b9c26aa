"""What does not fit, in words: values and types, and what becomes no tensor.

>>> from tutor.core.types import TensorType
>>> print(misfit(TensorType("float64", ()), [1, 2]).what)
needs a float64 scalar (0 dimensions) and got the list [1, 2].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tutor.core.errors import DTypeError, plural, shortened
from tutor.core.graph import Variable, quoted
from tutor.core.op import tell
from tutor.core.seams import old, seams
from tutor.core.types import TensorType, Type


def describe(value: Any) -> str:
    """A value in a few words: what it is and how large.

    >>> describe(3), describe(np.zeros((2, 3)))
    ('the int 3', 'a float64 array of shape (2, 3)')
    """
    if value is None:
        return "None"
    kind, text = type(value).__name__, repr(value)
    if isinstance(value, np.ndarray):
        if not value.ndim:
            return f"array({value[()]!r})"
        article = "an" if value.dtype.kind in "iO" else "a"
        return f"{article} {value.dtype} array of shape {value.shape}"
    if isinstance(value, (list, tuple)):
        try:
            array = np.asarray(value)
        except ValueError:
            return f"a {kind} with rows of different lengths"
        return f"the {kind} {text}" if len(text) < 40 else f"{array.dtype} of shape {array.shape}"
    return f"the {kind} {text if len(text) < 60 else text[:56] + ' …'}"


def in_words(type_: TensorType) -> str:
    """A type in words: `a float64 vector (1 dimension)`."""
    article = "an" if type_.dtype.startswith("int") else "a"
    return f"{article} {type_.dtype} {type_.shape_name} ({plural(type_.ndim, 'dimension')})"


def misfit(type_: TensorType, value: Any, strict: bool = False,
           allow_downcast: bool | None = None) -> DTypeError:
    """The error for a value that does not fit a type: what it needs, and what it got."""
    if strict:
        return DTypeError(
            f"got {describe(value)}, and only {in_words(type_)} is accepted as it is.",
            fix=f"Pass numpy.asarray(value, dtype={type_.dtype!r}).")
    if hasattr(value, "owner") and hasattr(value, "type"):
        return DTypeError(f"needs a value and got the symbol {shortened(repr(value), 100)}.",
                          fix="Pass a number or an array.")
    needs = f"needs {in_words(type_)} and got {describe(value)}."
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return DTypeError(needs, fix="Rows of different lengths do not make an array.")
    if array.dtype.kind == "O" and all(isinstance(v, int) for v in array.flat):
        return DTypeError(f"is {type_.dtype}, and {describe(value)} is too large for that.",
                          fix="Use a smaller number, or a float.")
    if array.dtype.kind not in "biufc":
        return DTypeError(needs, fix="Pass numbers.")
    if type_.converted(value, allow_downcast) is None:
        return DTypeError(
            f"is {type_.dtype}, and {describe(value)} would lose something by becoming that.",
            fix=f"Make the variable a type that holds {array.dtype}, or round the value yourself "
                f"(numpy.asarray(value, dtype={type_.dtype!r})).")
    return _of_shape(type_, array.shape, needs)


def _of_shape(type_: TensorType, shape: tuple[int, ...], needs: str) -> DTypeError:
    """The error for an array whose shape does not fit."""
    if len(shape) != type_.ndim:
        names = {0: "a number", 1: "a list of numbers", 2: "a list of rows"}
        wanted = names.get(type_.ndim, f"an array of {type_.ndim} dimensions")
        other = TensorType(type_.dtype, (False,) * len(shape)).shape_name
        return DTypeError(needs, fix=f"Pass {wanted}, or make the variable a {other}.")
    pairs = enumerate(zip(shape, type_.broadcastable, strict=True))
    axis = next(axis for axis, (size, one) in pairs if one and size != 1)
    return DTypeError(f"is a {type_.shape_name}: dimension {axis} must have size 1, but the shape "
                      f"is {shape}.", fix="Use a matrix, or reshape the value.")


def no_constant(x: Any, problem: Exception) -> DTypeError:
    """The error for what is no tensor and becomes none: a type, a function, ragged rows, words."""
    if isinstance(x, TensorType):
        return DTypeError(f"{x} is a type, not a variable.",
                          fix='Call it to make one: T.dscalar("x").')
    if callable(x):
        return DTypeError(f"{getattr(x, '__name__', None) or quoted(x)} is a function, not a "
                          "variable.", fix="Call it: T.exp(x), f(3.0).")
    if isinstance(problem, KeyError):
        return DTypeError(f"{describe(x)} is not made of numbers, so it cannot be a tensor.",
                          fix="Pass a number, an array, or a list of these.")
    why = "" if "inhomogeneous" in str(problem) else f": {problem}"
    return DTypeError(f"{describe(x)} cannot be a tensor{why}.",
                      fix="Pass a number, or rows of equal lengths.")


def one_variable(type_: Type, more: Sequence[Any], others: Mapping[str, Any]) -> DTypeError:
    """The error for a type that is told more than a name."""
    given = ", ".join([*map(repr, more), *[f"{word}={others[word]!r}" for word in others]])
    plural = 'The plural makes several: T.dscalars("x", "y").'
    names = not others and all(isinstance(name, str) for name in more)
    return DTypeError(
        f"{type_!r} makes one variable from its name, and got {given} as well.",
        fix=plural if names else f"{plural} Its dtype is that of the constructor, its sizes are "
                                 "those of the values that arrive.")


def make(type_: Type, name: str | None = None, *more: Any, **others: Any) -> Any:
    """A variable of a type, with a name."""
    if more or others:
        raise one_variable(type_, more, others)
    return type_.variable(type_, name=name)


def made(cls: type[Variable], type: Any = None, *args: Any, **kwargs: Any) -> Any:
    """A new variable, of the class that its type makes; old programs have some without a type."""
    if cls is Variable and not isinstance(type, Type):
        if old.text is None:
            raise DTypeError(f"a variable has a type, and {quoted(type)} is none.",
                             fix='Write T.dscalar("x").')
        return object.__new__(cls)
    return object.__new__(type.variable if cls is Variable else cls)


def no_symbol(type_: Type, *others: Any) -> Any:
    """What a type answers to an operator."""
    raise DTypeError(f"{type_!r} is a type, not a variable.",
                     fix='Call it to make one: T.dscalar("x").')


def install() -> None:
    """Have these raised from now on."""
    tell(Type, **dict.fromkeys(
        "__add__ __sub__ __mul__ __truediv__ __pow__ __matmul__ __neg__ __radd__ __rsub__ __rmul__ "
        "__rtruediv__ __rpow__ __rmatmul__".split(), no_symbol))
    tell(Type, __call__=make)
    tell(Variable, __new__=staticmethod(made))
    seams.misfit, seams.no_constant = misfit, no_constant
