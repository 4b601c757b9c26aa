"""What the core's loop is told: which loops are equal, so that they are merged.

>>> import tutor.tensor as T
>>> from tutor.loops.api import scan
>>> a, b = (scan(lambda v: v * 2, T.dvector("x"))[0].owner.op for _ in range(2))
>>> a == b
True
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tutor.core.gradient import Backward
from tutor.core.graph import Variable
from tutor.core.op import tell
from tutor.core.scan import Loop
from tutor.core.seams import config
from tutor.core.walk import toposort


def structure(loop: Loop) -> tuple[Any, ...]:
    """What two loops share exactly when they do the same: the inner graph, in numbers."""
    number: dict[Any, Any] = {v: (i, v.type) for i, v in enumerate(loop.inputs)}

    def numbered(variables: Sequence[Any]) -> list[Any]:
        return [number.get(v) or v.signature() for v in variables]

    rows: list[Any] = []
    for i, node in enumerate(toposort(loop.outputs)):
        rows += [node.op, *numbered(node.inputs)]
        number.update({v: (i, k, "out") for k, v in enumerate(node.outputs)})
    return (loop.sequences, loop.keep, loop.until, loop.title, loop.truncate, loop.exact,
            len(loop.inputs), *rows, *numbered(loop.outputs))


def without_values(self: Loop, inputs: list[Variable], outputs: list[Variable],
                   cotangents: list[Variable]) -> list[Any]:
    """The gradient of a loop; the variables of a step have no test values."""
    was, config.compute_test_value = config.compute_test_value, "off"
    try:
        return Backward(self, inputs, outputs).cotangents(cotangents)
    finally:
        config.compute_test_value = was


tell(Loop, L_op=without_values)
_once = cached_property(structure)
_once.__set_name__(Loop, "structure")
tell(Loop, __props__=("structure",), structure=_once)
