"""The help of an elementwise operation, written from its row when it is asked for.

Comes after the operations, by the names that T has for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Any

import numpy as np

from tutor.checking import in_words
from tutor.core.elementwise import Elementwise, booleans, floats, quotient
from tutor.core.graph import Variable
from tutor.core.op import tell
from tutor.core.types import TensorType, promote
from tutor.formulas import brief


class Help:
    """What `help` says: of the class its own words, of an op of it what is written from its row."""

    def __init__(self, own: str | None) -> None:
        self.own = own

    def __get__(self, op: Any, kind: type) -> str | None:
        return self.own if op is None else described(op)


tell(Elementwise, __doc__=Help(Elementwise.__doc__))
LETTERS = "xyzw"  # the operands, and after them the result
GIVES = {promote: "has the dtype of {}", booleans: "is made of bools",
         floats: "is made of floats: of integers those that hold them",
         quotient: "is made of floats: of integers those of `config.floatX`"}
KINDS = {"f": "float64", "i": "int64", "b": "bool"}
WRITTEN: dict[Elementwise, str] = {}  # how each is written


def name_all(prefix: str, names: Mapping[str, Any]) -> None:
    """Note how operations are written: by their own names, where there are several."""
    operations = [(name, op) for name, op in names.items() if isinstance(op, Elementwise)]
    for name, op in sorted(operations, key=lambda pair: pair[0] != pair[1].__name__):
        WRITTEN.setdefault(op, prefix + name)


def described(op: Elementwise) -> str:
    """What it does, takes, gives and raises; its gradient; an example.

    >>> import tutor.tensor as T
    >>> print(T.sqr.__doc__.partition(">>>")[0].rstrip())
    The square of x.
    <BLANKLINE>
    Takes numbers, element by element. The result has the dtype of x. Raises DTypeError for anything
    else.
    <BLANKLINE>
    The gradient, where g is that of y, the result:
        x: g * 2 * x
    """
    if op not in WRITTEN:
        return op.doc
    return "\n\n".join([op.doc, fill(_meaning(op), 96), _gradient(op), _example(op)])


def _meaning(op: Elementwise) -> str:
    gives = GIVES.get(op.dtype_rule, "")
    said = [f"Takes {in_words(op.accepts)}, element by element"]
    if op.nin == 1:
        said += [f"The result {gives.format('x')}"] if gives else []
        return ". ".join([*said, "Raises DTypeError for anything else."])
    said[0] += ", stretched to one shape as their types say"
    said += [f"The result {gives.format('all of them together')}"] if gives else []
    return ". ".join([*said, "Raises DTypeError for anything else, and ShapeError, when it runs, "
                             "where shapes do not fit."])


def _gradient(op: Elementwise) -> str:
    """What the operands get of the gradient that the result has."""
    kind = next(KINDS[k] for k in "fib" if k in op.accepts)
    inputs = [TensorType(kind, (False,))(name) for name in LETTERS[:op.nin]]
    g = TensorType("float64", (False,))("g")
    result = op.make_node(*inputs).outputs[0]
    result.name = LETTERS[op.nin]
    found = [] if op.gradient is None else op.L_op(inputs, [result], [g])
    lines = [f"    {v}: {brief(piece, 200)}" for v, piece in zip(inputs, found, strict=False)
             if isinstance(piece, Variable)]
    if not lines:
        return "No gradient flows back through it."
    subgradient = [f"Where it has no derivative: {op.subgradient}."] if op.subgradient else []
    head = f"The gradient, where g is that of {result.name}, the result:"
    return "\n".join([head, *lines, *subgradient])


def _example(op: Elementwise) -> str:
    """A call on numbers from where it is tested, with its value."""
    low, high = op.domain
    some = [round(low + part * (high - low), 1) for part in (0.6, 0.9)]
    rest = [[1.0, 0.5], [2.0, 3.0]]
    whole: list[list[Any]] = [[6, 3], [1, 2], [2, 2]]
    for numbers in ([some, *rest], [[1, 2], *rest]) if "f" in op.accepts else [whole]:
        arguments = numbers[:op.nin]
        value = op(*arguments).eval()
        if value.dtype.kind != "f" or not np.isnan(value).any():
            break
    call = f"{WRITTEN[op]}({', '.join(map(repr, arguments))}).eval()"
    return f">>> import tutor.tensor as T\n>>> {call}\n{value!r}"
