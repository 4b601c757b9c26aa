"""Constant folding: what depends on constants alone is computed once, when it is rewritten.

Comes before the engine. What fails is left for the call, where the error can be explained; what
would be large is left too, since computing it costs less than keeping it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.graph import Apply, Constant, Variable
from tutor.core.types import TensorType
from tutor.core.walk import computed

LARGEST = 10_000  # elements: a larger constant is cheaper to compute than to keep


def fold(node: Apply) -> Constant | None:
    """The value of a node of constants, as a constant; None where it is none, large, or fails.

    >>> import tutor.tensor as T
    >>> fold((T.constant(2.0) * 3).owner)
    6
    """
    out = node.outputs[0]
    values: dict[Variable, Any] = {v: v.data for v in node.inputs if isinstance(v, Constant)}
    if len(values) < len({*node.inputs}) or not isinstance(out.type, TensorType):
        return None
    of_user = node.op.source(node, ["x"] * len(node.inputs)) is None
    if of_user or node.op.draws:
        return None
    try:
        array = np.array(computed(node, values)[0])
    except Exception:
        return None  # the error belongs to the call, where it can be explained
    if array.size > LARGEST or array.ndim != out.ndim:
        return None
    if any(n != 1 for n, one in zip(array.shape, out.broadcastable, strict=True) if one):
        return None
    array.flags.writeable = False
    return Constant(out.type, array)
