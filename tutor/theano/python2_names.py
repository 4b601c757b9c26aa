"""Names of Python 2: the table that tells it, the helpers that stand in for it, and what programs
found in `theano.compat`, which both Pythons could run.

>>> divide(7, 2), divide(7, 2.0), divide(-7, 2), list(izip([1], [2]))
(3, 3.5, -4, [(1, 2)])
"""

from __future__ import annotations

import operator
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, MutableMapping, ValuesView
from functools import partial, reduce
from importlib import reload
from io import BytesIO, StringIO
from itertools import product
from operator import itemgetter
from sys import intern
from typing import Any

import numpy

from tutor.theano.places import TABLES

#: What names were in Python 2, and are no more: a builtin, a method of dictionaries, a module.
GONE = TABLES["python2"]

PY3 = True
file, all, any = open, all, any
long, unicode, unichr, basestring, xrange, raw_input = int, str, chr, str, range, input
imap, ifilter, izip = map, filter, zip
string_types, integer_types, text_type = (str,), (int,), str
__all__ = [
    "PY3", "BytesIO", "Callable", "Counter", "Iterable", "Mapping", "MutableMapping",
    "OrderedDict", "StringIO", "ValuesView", "all", "any", "cmp", "decode", "defaultdict", "deque",
    "divide", "divide_in_place", "exc_message", "file", "ifilter", "imap", "integer_types",
    "intern", "itemgetter", "izip", "partial", "product", "reduce", "reload", "string_types",
    "text_type",
]  # fmt: skip


def cmp(a: Any, b: Any) -> int:
    """-1, 0 or 1, as `a` is less than, equal to or greater than `b`."""
    return int(a > b) - int(a < b)


def divide(a: Any, b: Any) -> Any:
    """`a / b` of Python 2: of two integers, or integer arrays or symbols, it rounds down."""
    return a // b if _whole(a) and _whole(b) else a / b


def divide_in_place(a: Any, b: Any) -> Any:
    """`a /= b` of Python 2."""
    in_place: Any = operator.ifloordiv if _whole(a) and _whole(b) else operator.itruediv
    return in_place(a, b)


def _whole(value: Any) -> bool:
    if isinstance(value, int):
        return True
    dtype = getattr(value, "dtype", None)
    try:
        return dtype is not None and numpy.dtype(dtype).kind in "iub"
    except TypeError:
        return False


def exc_message(error: BaseException) -> Any:
    """The message of an error: its only argument, or all of them."""
    return error.args[0] if len(error.args) == 1 else error.args


def decode(text: Any) -> str:
    """`text` as a string."""
    return text.decode() if isinstance(text, bytes) else str(text)
