"""Where the sign of a zero can be seen: below a division, and in what that is computed from.

1/0 and 1/-0 differ. Rules that may change the sign of a zero apply where nothing in the graph could
tell. Each op says what becomes of such a sign; one that says nothing sees it.

>>> import tutor.tensor as T; x = T.dvector("x")
>>> signs_seen([(1 / x).owner]) == {x}, signs_seen([T.exp(x).owner])
(True, set())
"""

from __future__ import annotations

from collections.abc import Sequence

from tutor.graph import Apply, Variable
from tutor.ops.elementwise import DISCRETE


def signs_seen(nodes: Sequence[Apply]) -> set[Variable]:
    """The variables of which something in the graph sees the sign of a zero."""
    stack = [v for node in nodes for v in _operands(node, ("seen",))]
    seen: set[Variable] = set()
    while stack:
        v = stack.pop()
        if v in seen or getattr(v.type, "dtype", "bool") in DISCRETE:
            continue
        seen.add(v)
        if v.owner is not None:
            stack += _operands(v.owner, ("seen", "kept"))
    return seen


def _operands(node: Apply, words: Sequence[str]) -> Sequence[Variable]:
    """The operands of which the sign of a zero becomes this."""
    told = node.op.zero_sign
    if any(getattr(v.type, "dtype", "").startswith("complex") for v in node.outputs):
        told = "seen"  # of a complex number it says on which side of a cut that is
    elif callable(told):
        told = told(*node.inputs)
    if isinstance(told, str):
        return node.inputs if told in words else ()
    return [v for v, word in zip(node.inputs, told, strict=True) if word in words]
