"""Which operands meet in an operation: those whose sizes must agree, lest NumPy stretch one.

Comes before the source and the table, which both compare them.
"""

from __future__ import annotations

from tutor.graph import Apply
from tutor.ops.shape_kernels import ShapesDifferError

__all__ = ["Meets", "ShapesDifferError", "meeting"]

Meets = tuple[tuple[int, ...], int | None]


def meeting(node: Apply) -> Meets:
    """Which operands of an elementwise operation have sizes that are not known to be 1, and which
    of them has the shape of the result (None where none has); all nodes of its types are alike."""
    if not node.op.elementwise:
        return (), None
    pattern = node.outputs[0].broadcastable
    full = tuple([i for i, v in enumerate(node.inputs) if False in v.broadcastable])
    return full, next((i for i in full if node.inputs[i].broadcastable == pattern), None)
