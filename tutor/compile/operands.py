"""How operands are written in the lines of a program: plain numbers where that computes the same,
and what NumPy takes faster in their place.

Comes before the back ends. A reader is shown the plain ones. Beside a small array a number costs
NumPy twice what an array without dimensions does; among numbers it is the other way round.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.compile.lowering import Call
from tutor.graph import Constant, Variable
from tutor.ops.elementwise import DISCRETE, Elementwise, floats, quotient
from tutor.ops.shared import SharedVariable
from tutor.types import TensorType, promote

FLOATS = ("float32", "float64")
MOST_INTEGER = 2**63 - 1
LONGEST_SHAPE = 8


def literal(call: Call, v: Variable) -> str | None:
    """A constant that stands in the expression itself, where the operation gives the same dtype
    with it: a plain number, or a shape as a tuple."""
    if not isinstance(v, Constant):
        return None
    if not isinstance(v.type, TensorType) or v.ndim:
        return _shape(call, v)
    if isinstance(call.op, Elementwise):
        others = [u.dtype for u in call.operands if not (isinstance(u, Constant) and u.ndim == 0)]
        if not others or promote(*others, v.dtype) != promote(*others):
            return None
        if call.op.dtype_rule in (floats, quotient) and v.dtype in DISCRETE:
            return None
    elif not (call.op.takes_numbers and v.dtype in DISCRETE) or _is_tensor(call, v):
        return None
    if v.dtype == "uint64" and v.data > MOST_INTEGER:
        return None  # beside another dtype, NumPy would take it for an int64
    text = repr(v.data.item())
    if not text.strip("(-+j)")[-1:].isdigit() and text not in ("True", "False"):
        return None  # inf and nan are no literals of Python
    return f"({text})" if text.startswith("-") else text


def _is_tensor(call: Call, v: Variable) -> bool:
    """Whether an operand is more than a size or a position to an op."""
    return any(v is u for u in call.operands[: call.op.tensors])


def _shape(call: Call, v: Constant) -> str | None:
    """A constant shape as a tuple, where an op takes sizes behind its first operand."""
    if not call.op.takes_numbers or v is call.operands[0] or _is_tensor(call, v):
        return None
    short = v.ndim == 1 and v.dtype == "int64" and v.data.size < LONGEST_SHAPE
    return repr(tuple(v.data.tolist())) if short else None


def number_of(call: Call, v: Variable) -> Any:
    """A number in an operation over an array of floats, as an array of the same dtype that is the
    quicker to take; None where the number may stand.
    """
    if not call.op.converts or not isinstance(v, Constant) or v.ndim or not call.results[0].ndim:
        return None
    typed = call.operands[call.op.dtype_of]
    others = {u.dtype for u in typed if u is not v and u.ndim}
    dtype = others.pop() if len(others) == 1 else ""
    if dtype not in FLOATS or not any(v is u for u in typed):
        return None
    with np.errstate(all="ignore"):
        return np.asarray(v.data.item(), dtype)


def is_held(call: Call, v: Variable) -> bool:
    """Whether an operand among numbers alone is an array without dimensions."""
    return (isinstance(v, SharedVariable) and call.op.elementwise
            and not any(getattr(u, "ndim", 1) for u in (*call.operands, *call.results)))
