"""What functions are told beside symbols: truths, choices, kinds of numbers; how ops are declared.

>>> chosen("left", ["left", "right"], "side"), in_words("iu")
('left', 'integers')
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from tutor.core.arrays import whole
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.errors import BadValueError, DTypeError, caller
from tutor.core.graph import quoted
from tutor.core.op import Facts, Notation
from tutor.core.seams import seams

MOST_DIMENSIONS = 64  # NumPy's own limit
#: What is opened and closed in LaTeX, where no backslash stands before it.
PAIRED = re.compile(r"\\(?:left|right|begin|end)(?![a-z])|(?<!\\)[{}]")
CLOSING = frozenset(("}", r"\right", r"\end"))
FACTS = {name for name in vars(Facts) if not name.startswith("_")}


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


@cache
def hints(kind: type) -> dict[str, Any]:
    """The settings of an op that are checked: those that are a bool, or a `Literal` of choices."""
    known = get_type_hints(kind)
    return {name: known[name] for name in kind.__props__  # type: ignore[attr-defined]
            if known.get(name) is bool or get_origin(known.get(name)) is Literal}


def setting(kind: type, name: str, value: Any) -> Any:
    """A setting of an op, as its annotation says."""
    hint = hints(kind).get(name)
    if hint is None:
        return value
    return truth(value, name) if hint is bool else chosen(value, get_args(hint), name)


def is_balanced(notation: Notation, n: int) -> bool:
    r"""Whether the templates can be filled in with n arguments, and what is opened is closed.

    >>> is_balanced(Notation("f({0})", r"f\left({0}\right)"), 1)
    True
    """
    try:
        text, latex = (t.format(*"x" * n) for t in (notation.text, notation.latex))
    except (LookupError, ValueError):
        return False
    depth = 0
    for mark in PAIRED.findall(latex):
        depth += -1 if mark in CLOSING else 1
        if depth < 0:
            return False
    return depth == 0 and text.count("(") == text.count(")")


def declared(op: Any, said: dict[str, Any]) -> None:
    """An error about what is said of an elementwise op: a fact that there is not, letters that are
    no kinds of numbers, a notation that cannot be read, a name that is taken."""
    for word in said:
        if not hasattr(type(op), word):
            raise BadValueError(f"{op.name} says {word}, which is no fact that an op has.",
                                fix=f"Choose from {', '.join(sorted(FACTS))}.")
    accepts = said.get("accepts", op.accepts)
    if not accepts or set(accepts) - set("biufc"):
        raise BadValueError(f"{op.name} accepts {accepts!r}, which are no kinds of numbers.",
                            fix="Choose letters of b, i, u, f and c, as NumPy's dtypes have.")
    text, latex = said["text"], "" if callable(said["latex"]) else said["latex"]
    if not is_balanced(Notation(text, latex), op.nin):
        raise BadValueError(f"the notation of {op.name} cannot be read: {text!r}, {latex!r}.",
                            fix="Close every brace and every \\left; write a brace of LaTeX "
                            "twice, and {0}, {1}, … for the arguments.")
    there = ELEMENTWISE.get(op.name, op)  # a cell that is run again says the same once more
    if (there.doc, there.template) != (op.doc, op.template):
        raise BadValueError(f"there is an op {op.name} already.", fix="Give it another name.")


seams.setting, seams.declared, seams.kinds = setting, declared, in_words
