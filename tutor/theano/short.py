"""A graph in few words: what a variable is, in one line or in one letter a node; digests of arrays.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> var_descriptor(x * x)
'A=Elemwise{mul,no_inplace}(B=x,<B>)'
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.errors import DTypeError
from tutor.graph import Variable
from tutor.signatures import answering
from tutor.theano.text import READER, Stand, text_of, view
from tutor.tree import DEEPEST, LONGEST, letters


def _parts(thing: Any) -> tuple[str, list[Any]]:
    """What is said of a variable, and what it is made of."""
    if isinstance(thing, Stand):
        return thing.text, thing.operands
    if getattr(thing, "owner", None) is None:
        return text_of(thing).split(" at 0x")[0], []
    shown = view(thing)
    return shown.text, list(shown.operands)


@answering
def min_informative_str(obj: Any, indent_level: int = 0, _prev_obs: Any = None,
                        _tag_generator: Any = None) -> str:  # fmt: skip
    """The graph in as few words as tell it: one letter a node, names where there are any.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> print(min_informative_str(x * x))
    A. Elemwise{mul,no_inplace}
     B. x
     <B>
    """
    known: dict[Any, str] = {}
    lines: list[str] = []
    stack = [(obj, indent_level)]
    while stack:
        thing, level = stack.pop()
        indent, key = " " * level, READER.key(thing)
        if key in known:
            lines.append(f"{indent}<{known[key]}>")
            continue
        if level > DEEPEST or len(lines) >= LONGEST:
            lines.append(f"{indent}…")
            continue
        known[key] = letters(len(known))
        named = isinstance(thing, Variable) and thing.name is not None
        text, operands = (text_of(thing), []) if named else _parts(thing)
        lines.append(f"{indent}{known[key]}. {text}")
        stack.extend((u, level + 1) for u in reversed(operands))
    return "\n".join(lines)


@answering
def var_descriptor(obj: Any, _prev_obs: Any = None, _tag_generator: Any = None) -> str:
    """The graph of a variable in one line, the same for graphs of the same form."""
    known: dict[Any, str] = {}
    words: list[str] = []
    stack: list[Any] = [obj]
    while stack:
        thing = stack.pop()
        if isinstance(thing, str):
            words.append(thing)
            continue
        key = READER.key(thing)
        if key in known:
            words.append(f"<{known[key]}>")
            continue
        known[key] = letters(len(known))
        text, operands = _parts(thing)
        words.append(f"{known[key]}={text}")
        if operands:
            inside = [part for u in operands for part in (",", u)][1:]
            stack.extend([")", *reversed(inside), "("])
    return "".join(words)


@answering
def position_independent_str(obj: Any) -> str:
    """What can be said of a variable wherever it stands: its type."""
    if not isinstance(obj, Variable):
        raise NotImplementedError(f"position_independent_str is for variables, not for {obj!r}")
    return f"theano_var{{type={obj.type}}}"


@answering
def hex_digest(x: Any) -> str:
    """A short string that differs for different arrays: of their values, strides and shape.

    >>> hex_digest(np.zeros(2))[64:]
    '|strides=[8]|shape=[2]'
    """
    if not isinstance(x, np.ndarray):
        raise DTypeError(f"hex_digest is for arrays, not for {x!r}.", fix="numpy.asarray(x)")
    numbers = [",".join(map(str, part)) for part in (x.strides, x.shape)]
    import hashlib  # three milliseconds that few need

    digest = hashlib.sha256(x.tobytes()).hexdigest()
    return f"{digest}|strides=[{numbers[0]}]|shape=[{numbers[1]}]"
