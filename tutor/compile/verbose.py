"""All there is to say of a node that failed, for `config.exception_verbosity = "high"`.

Comes before `explain.py`, which says the rest: the graph, the values that met, and what is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import FrameType
from typing import Any

import numpy as np

from tutor.graph import Apply, Constant, Variable, ancestors
from tutor.ops.shared import SharedVariable
from tutor.tree import debugprint

LARGEST = 5  # elements that are shown of an input
ROWS = 50  # values that are listed, the largest first


def everything(
    node: Apply, values: Sequence[Any], names: dict[Variable, str], frame: FrameType | None
) -> str:
    """The node, its graph with types, the values of its inputs, and the sizes of all values."""
    shown = [
        np.asarray(v) if v is not None and np.size(v) <= LARGEST else "not shown" for v in values
    ]
    lines = [
        f"Apply node that caused the error: {node}",
        f"Inputs types: {[v.type for v in node.inputs]}",
        f"Inputs shapes: {[None if v is None else np.shape(v) for v in values]}",
        f"Inputs values: {shown}",
        "",
        "Debugprint of the apply node: ",
        debugprint(node, print_type=True, file="str"),
        "Storage map footprint:",
        *_footprint(node, names, frame),
    ]
    return "\n".join(lines)


def _footprint(node: Apply, names: dict[Variable, str], frame: FrameType | None) -> list[str]:
    """The size of every value that the program holds where it stopped."""
    known = {} if frame is None else frame.f_locals
    held = {v: known[name] for v, name in names.items() if name in known}
    held |= {v: v.data for v in ancestors(node.inputs) if isinstance(v, Constant)}
    sizes = [(np.asarray(value), v) for v, value in held.items() if np.ndim(value) >= 0]
    sizes.sort(key=lambda pair: -pair[0].nbytes)
    rows = [
        f" - {v}{_role(v)}, Shape: {a.shape}, ElemSize: {a.itemsize} Byte(s), "
        f"TotalSize: {a.nbytes} Byte(s)"
        for a, v in sizes[:ROWS]
    ]
    total = sum(a.nbytes for a, _ in sizes)
    return [*rows, f" TotalSize: {total} Byte(s) {total / 2**30:.3f} GB"]


def _role(v: Variable) -> str:
    if v.owner is not None or isinstance(v, Constant):
        return ""
    return ", Shared Input" if isinstance(v, SharedVariable) else ", Input"
