"""Equal loops: those that do the same, step by step, are one when a graph is merged.

>>> import tutor.tensor as T
>>> from tutor.loops.api import scan
>>> x = T.dvector("x")
>>> a, b = (scan(lambda v: v * 2, x)[0].owner.op for _ in range(2))
>>> a == b, a is b
(True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tutor.core.op import tell
from tutor.core.scan import Loop
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


_once = cached_property(structure)
_once.__set_name__(Loop, "structure")
tell(Loop, __props__=("structure",), structure=_once)
