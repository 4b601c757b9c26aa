"""Operands in the lines of a program: plain numbers, and what NumPy takes faster in their place.

Comes before the source. A reader is shown the plain ones. Beside a small array a number costs NumPy
twice what an array without dimensions does; among numbers it is the other way round.

>>> import numpy as np
>>> direct(np.dot)([1, 2], [3, 4]) == np.dot([1, 2], [3, 4])
np.True_
"""

from __future__ import annotations

import re
from math import fsum
from typing import Any

import numpy as np

from tutor.graph import Apply, Constant, Variable
from tutor.ops.elementwise import DISCRETE, Elementwise, floats, quotient
from tutor.ops.shared import SharedVariable
from tutor.types import TensorType, promote

FLOATS = ("float32", "float64")
MOST_INTEGER = 2**63 - 1
FEW = 16  # numbers: NumPy needs longer to begin a sum than Python for all of a shorter one
OVER = re.compile(r"(\w+)\((.*), out=(\w+)\)")


def direct(function: Any) -> Any:
    """A function of NumPy without the question whether its arguments are arrays of others."""
    return getattr(function, "_implementation", function)


def number_of(node: Apply, v: Variable) -> Any:
    """A number in an operation over an array of floats, as an array of the same dtype that is the
    quicker to take; None where the number may stand.
    """
    out: Any = node.outputs[0]
    if not node.op.converts or not isinstance(v, Constant) or v.ndim or not out.ndim:
        return None
    typed = node.inputs[node.op.dtype_of]
    others = {u.dtype for u in typed if u is not v and u.ndim}
    dtype = others.pop() if len(others) == 1 else ""
    if dtype not in FLOATS or not any(v is u for u in typed):
        return None
    with np.errstate(all="ignore"):
        return np.asarray(v.data.item(), dtype)


def is_held(node: Apply, v: Variable) -> bool:
    """Whether an operand among numbers alone is an array without dimensions."""
    return (
        isinstance(v, SharedVariable)
        and node.op.elementwise
        and not any(getattr(u, "ndim", 1) for u in (*node.inputs, *node.outputs))
    )


def literal(node: Apply, v: Variable) -> str | None:
    """A 0-d constant as a plain number, where the operation gives the same dtype with it."""
    if not isinstance(v, Constant) or not isinstance(v.type, TensorType) or v.ndim:
        return _short_shape(node, v)
    if isinstance(node.op, Elementwise):
        others = [u.dtype for u in node.inputs if not (isinstance(u, Constant) and u.ndim == 0)]
        if not others or promote(*others, v.dtype) != promote(*others):
            return None
        if node.op.dtype_rule in (floats, quotient) and v.dtype in DISCRETE:
            return None
    elif not (node.op.takes_numbers and v.dtype in DISCRETE) or _is_tensor(node, v):
        return None
    if v.dtype == "uint64" and v.data > MOST_INTEGER:
        return None  # beside another dtype, NumPy would take it for an int64
    text = repr(v.data.item())
    if not text.strip("(-+j)")[-1:].isdigit() and text not in ("True", "False"):
        return None  # inf and nan are no literals of Python
    return f"({text})" if text.startswith("-") else text


def call_over(text: str) -> str | None:
    """A call with `out=` as NumPy takes it fastest; None for what is no call of a ufunc.

    >>> call_over("add(x, y, out=x)"), call_over("maximum(x, y, out=x)")
    ('add(x, y, x)', 'maximum(x, y, out=x)')
    """
    found = OVER.fullmatch(text)
    ufunc = getattr(np, found[1], None) if found else None
    if found is None or not isinstance(ufunc, np.ufunc):
        return None
    plain = found[2].count(",") + 1 == ufunc.nin and found[1] not in ("maximum", "minimum")
    return f"{found[1]}({found[2]}, {found[3]})" if plain else text


def adds_up(node: Apply) -> bool:
    """Whether a node is the sum of a whole vector of float64."""
    x, out, op = node.inputs[0] if node.inputs else None, node.outputs[0], node.op
    return (op.folds == "add" and len(node.inputs) == 1 and not out.ndim
            and getattr(x, "ndim", 0) == 1 and x.dtype == out.dtype == "float64")  # type: ignore[union-attr]


def total(x: Any) -> Any:
    """The sum of a few numbers, the nearest float64 to the true one.

    >>> total(np.array([1e100, 1.0, -1e100]))
    np.float64(1.0)
    """
    try:
        return np.float64(fsum(x.tolist()))
    except (OverflowError, ValueError):  # infinities of both signs, or sums that are one
        return np.add.reduce(x)


def _is_tensor(node: Apply, v: Variable) -> bool:
    """Whether an operand is more than a size or a position to an op."""
    return any(v is u for u in node.inputs[: node.op.tensors])


def _short_shape(node: Apply, v: Variable) -> str | None:
    """A constant shape as a tuple, where an op takes sizes behind its first operand."""
    if (
        node.op.takes_numbers
        and v is not node.inputs[0]
        and isinstance(v, Constant)
        and v.ndim == 1
        and v.dtype == "int64"
        and v.data.size < 8
        and not _is_tensor(node, v)
    ):
        return repr(tuple(v.data.tolist()))
    return None
