"""Operands as NumPy takes them fastest; the text that a reader is shown stays the plain one.

Comes before the source. A number in front of a small array costs NumPy half as much as an array
without dimensions; between numbers it is the other way round. Values and dtypes are the same.

>>> import numpy as np
>>> direct(np.dot)([1, 2], [3, 4]) == np.dot([1, 2], [3, 4])
np.True_
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.graph import Apply, Constant, Variable
from tutor.graph.shared import SharedVariable
from tutor.ops.arithmetic import Cast
from tutor.ops.elementwise import Elementwise

PLAIN = frozenset(("add", "sub", "mul", "true_div", "maximum", "minimum"))
FLOATS = ("float32", "float64")


def direct(function: Any) -> Any:
    """A function of NumPy without the question whether its arguments are arrays of others."""
    return getattr(function, "_implementation", function)


def number_of(node: Apply, v: Variable) -> Any:
    """A number in an operation over an array of floats, as an array of the same dtype that is the
    quicker to take; None where the number may stand.
    """
    out: Any = node.outputs[0]
    if node.op.name not in PLAIN or not isinstance(v, Constant) or v.ndim or not out.ndim:
        return None
    others = {u.dtype for u in node.inputs if u is not v}
    if others != {out.dtype} or out.dtype not in FLOATS:
        return None
    with np.errstate(all="ignore"):
        return np.asarray(v.data.item(), out.dtype)


def is_held(node: Apply, v: Variable) -> bool:
    """Whether an operand among numbers alone is an array without dimensions."""
    return (
        isinstance(v, SharedVariable)
        and isinstance(node.op, (Elementwise, Cast))
        and not any(getattr(u, "ndim", 1) for u in (*node.inputs, *node.outputs))
    )
