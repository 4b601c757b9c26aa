"""What ops are given: numbers as symbols of a dtype, or as axes and counts, with errors that help.

>>> axes_of((-1, 0), 3, "sum"), one_axis(-1, 3, "max")
((0, 2), 2)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tutor.core.errors import BadAxisError, BadValueError, DTypeError, caller
from tutor.core.graph import (
    Constant,
    Variable,
    as_tensor_variable,
    attribute,
    constant,
    quoted,
)
from tutor.core.seams import config
from tutor.core.types import DISCRETE, DTYPES, TensorType, promote

MOST_DIMENSIONS = 64  # NumPy's own limit


def whole(value: Any, what: str) -> int:
    """A whole number (a Python or NumPy integer, or a constant one); no bool, no float, no
    symbol.
    """
    if isinstance(value, Constant) and getattr(value, "ndim", 1) == 0:
        value = value.data[()]
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise DTypeError(f"{what} is a whole number, and it is {quoted(value)}.",
                         where=(("written at", caller()),), fix="Pass an int, such as 0 or -1.")
    return int(value)


def truth(value: Any, what: str) -> bool:
    """A setting that is on or off: True, False, or one of the whole numbers 0 and 1."""
    if isinstance(value, (bool, int, np.bool_, np.integer)) and value in (0, 1):
        return bool(value)
    raise DTypeError(f"{what} is True or False, and it is {quoted(value)}.",
                     where=(("written at", caller()),), fix=f"Write {what}=True.")


def dimensions(value: Any, what: str) -> int:
    """How many dimensions, from 0 to as many as NumPy's arrays can have."""
    number = whole(value, what)
    if not 0 <= number <= MOST_DIMENSIONS:
        raise BadValueError(f"{what} cannot be {number}.", where=(("written at", caller()),),
                            fix=f"Pass a number from 0 to {MOST_DIMENSIONS}.")
    return number


def axes_of(axis: Any, ndim: int, what: str) -> tuple[int, ...] | None:
    """An axis argument as None (all) or a sorted tuple of axes counted from 0."""
    if axis is None:
        return None
    if isinstance(axis, Constant):
        axis = axis.data
    if isinstance(axis, np.ndarray):
        axis = axis.tolist()
    axes = list(axis) if isinstance(axis, (tuple, list, range)) else [axis]
    normal = sorted({one_axis(a, ndim, what) for a in axes})
    if len(normal) != len(axes):
        raise BadAxisError(f"axis={axis!r} of {what} names an axis twice.",
                           where=(("written at", caller()),), fix="Name each axis once.")
    return tuple(normal)


def one_axis(axis: Any, ndim: int, what: str) -> int:
    """One axis, counted from 0; a `BadAxisError` where there is no such axis."""
    number = whole(axis, f"the axis of {what}")
    if not -ndim <= number < ndim:
        fix = f"Choose an axis from {-ndim} to {ndim - 1}." if ndim else "A scalar has no axis."
        raise BadAxisError(
            f"{what}: there is no axis {number} in {ndim} dimension{'s' * (ndim != 1)}.",
            where=(("written at", caller()),), fix=fix)
    return number % ndim


def chosen(value: Any, choices: Iterable[Any], what: str) -> Any:
    """The value, if it is among the choices; else a `BadValueError` that lists them."""
    choices = list(choices)
    if not isinstance(value, (str, int, type(None))) or value not in choices:
        raise BadValueError(f"{what} cannot be {quoted(value)}.", where=(("written at", caller()),),
                           fix=f"Choose one of {', '.join(map(repr, choices))}.")
    return value


KINDS_IN_WORDS = {"biu": "integers and bools", "iu": "integers", "biuf": "real numbers",
                  "iuf": "numbers that are real and no bools", "iufc": "numbers, not bools",
                  "biufc": "numbers", "b": "bools", "f": "real floats", "c": "complex numbers",
                  "i": "signed integers", "u": "unsigned integers"}


def in_words(kinds: str) -> str:
    """What kinds of numbers these letters are: `integers` of "iu"."""
    whole = "".join(k for k in "biufc" if k in kinds)
    return KINDS_IN_WORDS.get(whole) or " and ".join(KINDS_IN_WORDS[k] for k in whole)


SCALARS = {dtype: TensorType(dtype, ()) for dtype in DTYPES}


def is_literal(v: Variable) -> bool:
    """Whether v was written as a number in an expression: nobody can ask for its derivative."""
    return isinstance(v, Constant) and v.written is not None


def is_number(value: Any) -> bool:
    """Whether a value is a number of Python's own, which has no dtype yet."""
    return isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic)


def weak(inputs: Sequence[Any], op: Any = None) -> list[Variable]:
    """Operands as variables. Beside floats a Python number takes their dtype: `float32 * 0.1` stays
    float32. Beside integers, and by itself, it has the smallest dtype that holds it, as in Theano:
    `int8 + 300` is int16, `uint8 + 1` int16, `int64 * 2.5` float64. Without an op, as where a loop
    starts, it is int64 or `config.floatX`."""
    if len(inputs) == 2 and op is not None and op.dtype_of == slice(None):
        x, y = inputs
        if isinstance(x, Variable) and is_number(y):  # as most are, in half the time
            return [x, _number(y, as_tensor_variable(x).dtype, op)]
    strong = [None if is_number(v) else as_tensor_variable(v) for v in inputs]
    dtypes = {v.dtype for v in (strong if op is None else strong[op.dtype_of]) if v is not None}
    dtype = promote(*dtypes) if len(dtypes) > 1 else next(iter(dtypes), None)
    return [_number(x, dtype, op) if v is None else v for x, v in zip(inputs, strong, strict=True)]


def _number(number: Any, beside: str | None, op: Any) -> Constant:
    """A number as a constant: of the dtype beside which it stands, where that is one of floats."""
    dtype: str | None = None
    if beside is not None and beside not in DISCRETE:
        fits = beside != "float16" or not 65504 < abs(number) < np.inf
        dtype = beside if fits and not isinstance(number, (bool, complex)) else None
    elif beside == "uint64" and op is not None and "f" not in op.accepts:
        dtype = beside if type(number) is int and 0 <= number < 2**64 else None
    elif op is None and beside is None and type(number) in (int, float) and abs(number) < 2**62:
        dtype = "int64" if type(number) is int else str(config.floatX)
    if dtype is None:
        made = constant(number)
    else:
        made = Constant(SCALARS[dtype], _stored(number, dtype) if number else _data(number, dtype))
    attribute(made, "written", number)
    return made


def _data(number: complex, dtype: str) -> np.ndarray[Any, Any]:
    data = np.array(number, SCALARS[dtype].numpy_dtype)
    data.flags.writeable = False
    return data


#: The same for those that are not 0, which has two signs: a graph names few of them, and often.
_stored = lru_cache(1000, typed=True)(_data)
