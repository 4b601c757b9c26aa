"""`theano.compat` and `theano.gof.python25`, where programs found what both Pythons could run.

>>> list(izip([1], [2]))
[(1, 2)]
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, MutableMapping, ValuesView
from functools import partial, reduce
from io import BytesIO, StringIO
from itertools import product
from operator import itemgetter
from typing import Any

PY3 = True
imap, ifilter, izip = map, filter, zip
all, any, cmp = all, any, lambda a, b: (a > b) - (a < b)
string_types, integer_types, text_type = (str,), (int,), str

__all__ = [
    "PY3", "BytesIO", "Callable", "Counter", "Iterable", "Mapping", "MutableMapping",
    "OrderedDict", "StringIO", "ValuesView", "all", "any", "cmp", "decode", "defaultdict", "deque",
    "exc_message", "ifilter", "imap", "integer_types", "itemgetter", "izip", "partial", "product",
    "reduce", "string_types", "text_type",
]  # fmt: skip


def exc_message(error: BaseException) -> Any:
    """What an error says: its only argument, or all of them."""
    return error.args[0] if len(error.args) == 1 else error.args


def decode(text: Any) -> str:
    """`text` as a string."""
    return text.decode() if isinstance(text, bytes) else str(text)
