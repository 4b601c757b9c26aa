"""Elementwise ops as one expression over numbers: `(x, y) => Math.exp(x) * y`.

Comes after the table. NumPy's dtypes are kept: operands are brought to the dtype that the op works
in, and what is written inside of another expression is rounded or wrapped to its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tutor.compile.javascript.expressions import literal
from tutor.compile.javascript.table import ONE_LINE
from tutor.core.elementwise import Cast, booleans
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.op import Op
from tutor.core.types import promote

BIG = ("int64", "uint64")
SIMPLE = re.compile(r"[\w.]+(\([^()]*\))?")  # what needs no parentheses inside of another
BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64,
        "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}
#: How the numbers of a dtype that JavaScript does not have are made of its own.
WRAPPED = {
    "float32": "fround({0})", "int8": "{0} << 24 >> 24", "int16": "{0} << 16 >> 16",
    "int32": "{0} | 0", "uint8": "{0} & 255", "uint16": "{0} & 65535", "uint32": "{0} >>> 0",
    "int64": "BigInt.asIntN(64, {0})", "uint64": "BigInt.asUintN(64, {0})",
}


def is_one_line(op: Op) -> bool:
    """Whether an op is an expression over numbers."""
    return isinstance(op, Cast) or op in ONE_LINE


def inside(text: str) -> str:
    """An expression as it stands inside of another."""
    return text if SIMPLE.fullmatch(text) else f"({text})"


def wrapped(text: str, dtype: str) -> str:
    """The expression with its value in the numbers of a dtype."""
    return WRAPPED[dtype].format(inside(text)) if dtype in WRAPPED else text


def number(value: Any, dtype: str) -> str:
    """A number of a dtype, as JavaScript writes it."""
    if dtype in BIG:
        text = f"{int(value)}n"
    else:
        text = literal(float(value) if dtype.startswith("float") else int(value))
    text = text.removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


def converted(text: str, old: str, new: str) -> str:
    """The expression for a value of a dtype in another one, as NumPy's astype cuts it."""
    if old == new:
        return text
    if new == "bool":
        return f"{inside(text)} != 0"
    if new in BIG:
        if old in BIG:
            return wrapped(text, new)
        return f"wholeBig({text})" if old.startswith("float") else f"BigInt({text})"
    if new.startswith("float"):
        exact = new == "float64" or (BITS.get(old, 0) < 32 and old != "float64")
        text = text if old.startswith("float") else f"Number({text})"
        return text if exact else wrapped(text, new)
    if old in BIG:
        return wrapped(f"Number(BigInt.asIntN(32, {text}))", new)
    if old == "bool":
        return f"Number({text})"
    return wrapped(f"Math.trunc({text})" if old.startswith("float") else text, new)


def works_in(node: Apply) -> list[str]:
    """The dtype to which each operand is brought."""
    out, op = node.outputs[0].dtype, node.op
    dtypes = [v.dtype for v in node.inputs]
    if asked := ONE_LINE[op].operands:  # type: ignore[index]
        return [dtype or out for dtype in asked]
    if getattr(op, "dtype_rule", None) is booleans:
        return [promote(*dtypes)] * len(dtypes)
    return [out] * len(dtypes)


def expression(node: Apply, operands: Sequence[str]) -> str:
    """The expression of a node over these, each of the dtype of its operand."""
    out = node.outputs[0].dtype
    if isinstance(node.op, Cast):
        return converted(operands[0], node.inputs[0].dtype, out)
    wanted = works_in(node)
    form = ONE_LINE[node.op].of(wanted[-1])  # type: ignore[index]
    texts = [inside(operand(v, text, dtype))
             for v, text, dtype in zip(node.inputs, operands, wanted, strict=True)]
    return form.format(*texts, bits=BITS.get(out, 0))


def operand(v: Variable, text: str, dtype: str) -> str:
    """An operand in the dtype that the op works in; a constant as the number it is there."""
    if isinstance(v, Constant) and v.ndim == 0:
        return number(v.data.astype(dtype).item(), dtype)
    return converted(text, v.dtype, dtype)


def repeated(node: Apply, place: int) -> bool:
    """Whether an operand is read more than once, so that it is not written inside."""
    if isinstance(node.op, Cast):
        return False
    form = ONE_LINE[node.op].of(works_in(node)[-1])  # type: ignore[index]
    return form.count(f"{{{place}}}") != 1
