"""What Python 2 had by other names: the tables that tell it, and the helpers that stand in for it.

>>> divide(7, 2), divide(7, 2.0), divide(-7, 2)
(3, 3.5, -4)
"""

from __future__ import annotations

import operator
from functools import reduce
from importlib import reload
from sys import intern
from typing import Any

import numpy

#: Builtins that are gone: a program that uses one without defining it is in Python 2.
BUILTINS = frozenset(
    "xrange raw_input unicode basestring long unichr reduce file cmp execfile apply intern "
    "buffer coerce reload".split()
)
#: Methods of dictionaries that are gone.
METHODS = frozenset("iteritems iterkeys itervalues has_key viewitems viewkeys viewvalues".split())
#: Modules that are gone, or are called otherwise.
MODULES = frozenset(
    "cPickle urllib2 urlparse Queue StringIO cStringIO ConfigParser Tkinter __builtin__ "
    "copy_reg HTMLParser httplib cookielib commands anydbm SocketServer".split()
)

file = open
long, unicode, unichr, basestring, xrange, raw_input = int, str, chr, str, range, input
__all__ = ["cmp", "divide", "divide_in_place", "file", "intern", "reduce", "reload"]


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
