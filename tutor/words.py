"""Names, numbers and types as text: what stands at the leaves of a formula.

>>> value_text(np.array([1.0, 2.5])), quoted_name("a + b")
('[1, 2.5]', "'a + b'")
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tutor.graph import Constant, Variable
from tutor.ops.shared import SharedVariable
from tutor.types import PREFIXES, TensorType

LONGEST_NAME = 40
VALUES = frozenset(("nan", "inf", "True", "False"))  # words that are values
_PREFIX = {dtype: prefix for prefix, dtype in PREFIXES.items()}


@lru_cache(maxsize=1000)
def is_plain(name: str) -> bool:
    """Whether a name can be read as nothing but a name: a word, or as derivatives and what stands
    in loops are called.

    >>> [is_plain(name) for name in ("x_1", "(dz/dx)", "h[t-1]", "x[1]", "a + b", "nan", "1e5")]
    [True, True, True, False, False, False, False]
    """
    if quotient := re.fullmatch(r"\(d(.+)/d(.+)\)", name):
        return all(map(is_plain, quotient.groups()))
    word = re.fullmatch(r"(\w+)(\[t([+-]\d+)?\])?", name)
    return (word is not None and len(name) <= LONGEST_NAME and name.isprintable()
            and not name[0].isdigit() and name not in VALUES)


def quoted_name(name: str) -> str:
    """Any name in quotes, on one line and shortened, with what cannot be printed escaped.

    >>> quoted_name("a\\nb")
    "'a\\\\nb'"
    """
    return repr(name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME - 1] + "…")


def printable(name: str) -> str:
    """A name on one line, shortened, with what cannot be printed escaped.

    >>> printable("a\\nb")
    'a\\\\nb'
    """
    short = name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME - 1] + "…"
    if not short:
        return "''"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)


def number_text(value: Any) -> str:
    """One number: whole floats without `.0`, others with as many digits as their dtype tells apart.

    >>> number_text(np.float64(2)), number_text(np.float32(0.1)), number_text(np.bool_(True))
    ('2', '0.1', 'True')
    """
    text = str(value).strip("()")
    return text[:-2] if text.endswith(".0") else text.replace(".0e", "e")


def value_text(value: Any, most: int = 6) -> str:
    """A value in a few characters: numbers as they are, long arrays by their ends or their shape.

    >>> value_text(np.arange(10.0)), value_text(np.zeros((100, 3)))
    ('[0, 1, 2, …, 9]', 'array(100×3)')
    """
    if not isinstance(value, np.ndarray):
        return printable(str(value)) if not isinstance(value, np.generic) else number_text(value)
    if value.ndim == 0:
        return number_text(value[()])
    if value.size > most and (value.ndim > 1 or value.dtype.kind == "c"):
        return f"array({'×'.join(map(str, value.shape))})"
    if value.ndim == 1 and value.size > most:
        return f"[{', '.join(map(number_text, value[:3]))}, …, {number_text(value[-1])}]"
    rows = [value_text(row, most) if value.ndim > 1 else number_text(row) for row in value]
    return f"[{', '.join(rows)}]"


def is_sum(value: Any) -> bool:
    """Whether a value is written as a sum: a complex number with a real part.

    >>> is_sum(np.array(1 + 2j)), is_sum(np.array(2.5))
    (True, False)
    """
    return (isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "c"
            and str(value[()]).startswith("("))


def short_type(type_: Any) -> str:
    """A type as its constructor is called: `dmatrix`; in words where there is none.

    >>> short_type(TensorType("float64", (False, False))), short_type(TensorType("bool", ()))
    ('dmatrix', 'bool scalar')
    """
    if not isinstance(type_, TensorType):  # `RandomStateType` in words
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(type_).strip("<>").removesuffix("Type"))
        return words.lower() if words.isidentifier() or " " in words else words
    prefix = _PREFIX.get(type_.dtype)
    return f"{prefix or type_.dtype + ' '}{shape_words(type_)}"


def shape_words(type_: TensorType) -> str:
    """`matrix`, `tensor3`, or the pattern as `(1, ?)`."""
    name = type_.shape_name
    if name.startswith("("):
        return "(" + ", ".join("1" if one else "?" for one in type_.broadcastable) + ")"
    return f"tensor{name[0]}" if name.endswith("D") else name


def unnamed_words(variables: Sequence[Variable]) -> dict[Variable, str]:
    """What stands for each input without a name: its type, numbered where several share it."""
    unnamed = [v for v in variables
               if v.owner is None and v.name is None and not isinstance(v, Constant)]
    words = {v: "shared " * isinstance(v, SharedVariable) + short_type(v.type) for v in unnamed}
    many = {word for word, count in Counter(words.values()).items() if count > 1}
    used: Counter[str] = Counter()
    for v, word in words.items():
        if word in many:
            used[word] += 1
            words[v] = f"{word} {used[word]}"
    return words
