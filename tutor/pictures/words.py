"""Pictures and types in words: for screen readers, for plain text, and for those who like to read.

>>> import tutor.tensor as T
>>> from tutor.pictures.picture import build
>>> x, y = T.dscalars("x", "y")
>>> described(build([(x + 2 * y) ** 2])).description
'3 operations on y, x. #1 = ×(2, y); #2 = +(x, #1); #3 = □²(#2, 2). Result: #3, float64 scalar.'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tutor.core.types import TensorType
from tutor.formulas import short_type, value_text
from tutor.pictures.fold import VISIBLE, drawable
from tutor.pictures.picture import BOX, FOLD, INPUT, OP, SHARED, Names, Node, Picture, detailed
from tutor.pictures.summary import spread

STEPS = 20  # operations that are told one by one
LOOKED_AT = 10**6  # numbers of a value that are looked through


def finished(picture: Picture, names: Names, visible: int = VISIBLE) -> Picture:
    """The picture as it is shown: folded to about `visible` nodes, with what is said of each, and
    a description."""
    return described(detailed(drawable(picture, visible), names))


def described(picture: Picture) -> Picture:
    """The picture with its description in words."""
    operations = [n for n in picture.nodes if n.kind in (OP, BOX)]
    count = sum(n.count for n in picture.nodes if n.kind in (OP, BOX, FOLD))
    inputs = [n.label if n.name else f"⟨{n.label}⟩"
              for n in picture.nodes if n.kind in (INPUT, SHARED)]
    shown = ", ".join(inputs[:8]) + (", …" if len(inputs) > 8 else "")
    number = f"{count or 'no'} operation{'s' * (count != 1)}"
    told = steps(picture, operations)
    parts = [f"{number}{' on ' + shown if shown else ''}."]
    if told:
        parts.append("; ".join(told[:STEPS]) + ("; …" if len(told) > STEPS else "."))
    numbers = {n.id: f"#{i + 1}" for i, n in enumerate(operations)}
    results = [f"{reference(n, numbers)}, {n.type}" for n in picture.nodes if "output" in n.roles]
    if operations and results:
        parts.append(f"Result{'s' * (len(results) > 1)}: {'; '.join(results[:8])}.")
    return replace(picture, description=" ".join(parts))


def reference(node: Node, numbers: dict[str, str]) -> str:
    """How a step speaks of a node: by its number, with its name if it has one."""
    if node.id not in numbers:
        return node.label
    return numbers[node.id] + (f" ({node.name})" if node.name else "")


def steps(picture: Picture, operations: Sequence[Node]) -> list[str]:
    """One sentence an operation: `#2 = +(x, #1)`."""
    numbers = {n.id: f"#{i + 1}" for i, n in enumerate(operations)}
    nodes = {n.id: n for n in picture.nodes}
    inputs: dict[str, list[tuple[int, str]]] = {}
    for e in picture.edges:
        tail = nodes[e.tail]
        inputs.setdefault(e.head, []).append((e.slot, numbers.get(e.tail, tail.label) + e.output))
    written = {key: ", ".join(word for _, word in sorted(found)) for key, found in inputs.items()}
    return [f"{numbers[n.id]} = {n.label}({written.get(n.id, '')})" for n in operations]


def type_meaning(type_: TensorType) -> str:
    """What values of a type are, in a sentence.

    >>> type_meaning(TensorType("int64", ()))
    'A single whole number of 64 bits.'
    """
    kinds = {"b": "truth value", "i": "whole number", "u": "whole number from 0 on",
             "f": "floating-point number", "c": "complex number"}
    dtype = np.dtype(type_.dtype)
    size, what = dtype.itemsize * 8, kinds[dtype.kind]
    bits = "" if type_.dtype == "bool" else f" of {size} bits"
    many = f"{what}s" if " from" not in what else "whole numbers from 0 on"
    forms = {
        "scalar": f"A single {what}{bits}.",
        "vector": f"A row of {many}{bits}, of any length.",
        "matrix": f"A table of {many}{bits}: any number of rows and columns.",
        "row": f"A table of {many}{bits} with one row, which stretches over other rows.",
        "col": f"A table of {many}{bits} with one column, which stretches over other columns.",
    }
    ones = [i for i, one in enumerate(type_.broadcastable) if one]
    stretched = f"; dimension {ones[0]} has size 1 and stretches" if ones else ""
    if len(ones) > 1:
        stretched = f"; dimensions {', '.join(map(str, ones[:-1]))} and {ones[-1]} have size 1"
    block = f"A block of {many}{bits} with {len(type_.broadcastable)} dimensions{stretched}."
    return forms.get(type_.shape_name, block)


def value_words(value: Any, most: int = 12) -> str:
    """A value as it is now: whole where it is short, else by its shape and where it lies.

    >>> value_words(np.arange(100.0).reshape(10, 10))
    'array(10×10), from 0 to 99, mean 49.5'
    """
    text = value_text(value, most=most)
    if not isinstance(value, np.ndarray) or not most < value.size <= LOOKED_AT \
            or value.dtype.kind not in "iuf":
        return text
    return ", ".join([text, *spread(value)])


def type_rows(type_: TensorType) -> list[tuple[str, str]]:
    """The properties of a type, as they are written in a program."""
    constructor = short_type(type_)
    made = f'T.{constructor}("x")'
    if not constructor.isalnum():
        made = f'T.TensorType({type_.dtype!r}, {type_.broadcastable!r})("x")'
    return [("dtype", type_.dtype), ("ndim", str(len(type_.broadcastable))),
            ("broadcastable", str(type_.broadcastable)), ("made by", made)]
