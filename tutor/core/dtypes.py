"""Dtypes: which there are, how they promote, which holds a number; and values in a few words.

>>> promote("int8", "int64"), float_of("int8"), smallest_dtype(300)
('int64', 'float32', 'int16')
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError, DTypeError
from tutor.core.seams import config

PREFIXES = {"b": "int8", "w": "int16", "i": "int32", "l": "int64",
            "f": "float32", "d": "float64", "c": "complex64", "z": "complex128"}


DTYPES = tuple("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 "
               "complex64 complex128".split())


DISCRETE = frozenset(d for d in DTYPES if d.startswith(("bool", "int", "uint")))


NAMES = {np.dtype(name): name for name in DTYPES}  # dtype.name itself takes microseconds


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


def plural(n: int, word: str) -> str:
    """A number of things in words."""
    return f"{n} {word}{'s' * (n != 1)}"


def describe(value: Any) -> str:
    """A value in a few words: what it is and how large.

    >>> describe(3), describe(np.zeros((2, 3)))
    ('the int 3', 'a float64 array of shape (2, 3)')
    """
    if isinstance(value, np.ndarray):
        if not value.ndim:
            return f"array({value[()]!r})"
        article = "an" if value.dtype.kind in "iO" else "a"
        return f"{article} {value.dtype} array of shape {value.shape}"
    if isinstance(value, (list, tuple)):
        try:
            array = np.asarray(value)
        except ValueError:
            return f"a {type(value).__name__} with rows of different lengths"
        text = repr(value)
        whole = f"the {type(value).__name__} {text}"
        return whole if len(text) < 40 else f"{array.dtype} of shape {array.shape}"
    text = repr(value)
    if value is None:
        return "None"
    return f"the {type(value).__name__} {text if len(text) < 60 else text[:56] + ' …'}"


@cache
def promote(*dtypes: str) -> str:
    """The dtype that holds them all: NumPy's promotion, which is Theano's (int32 with float32:
    float64).

    >>> promote("int8", "int64"), promote("int32", "float32")
    ('int64', 'float64')
    """
    return np.result_type(*[np.dtype(d) for d in dtypes]).name


def float_of(dtype: str) -> str:
    """The dtype of `exp` and its like: float32 for small integers, float64 for large ones.

    >>> float_of("int8"), float_of("int64"), float_of("float32")
    ('float32', 'float64', 'float32')
    """
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
            if -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
                return f"int{bits}"
        if 0 <= number < 2**64:
            return "uint64"
        raise BadValueError(f"{number} is too large for any integer dtype.",
                            fix="Write it as a float.")
    if isinstance(number, complex):
        return "complex128"
    if config.floatX == "float32" or number != number or number in (float("inf"), -float("inf")):
        return "float32"
    if abs(number) < 3e38 and float(np.float32(number)) == number:
        return "float32"
    return "float64"
