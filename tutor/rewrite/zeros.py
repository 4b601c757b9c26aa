"""Where the sign of a zero can be seen: below a division, and in what that is computed from.

1/0 and 1/-0 differ. Rules that may change the sign of a zero apply where nothing could tell.

>>> import tutor.tensor as T
>>> T.dvector("x") in signs_seen([(1 / T.dvector("y")).owner])
False
"""

from __future__ import annotations

from collections.abc import Sequence

from tutor.graph import Apply, Constant, Variable
from tutor.ops.elementwise import DISCRETE

#: The ops that see the sign of a zero, and in which operands.
SEES = {
    "true_div": (1,), "reciprocal": (0,), "arctan2": (0, 1), "pow": (0,), "floor_div": (1,),
    "mod": (1,), "gamma": (0,), "psi": (0,), "tri_gamma": (0,), "angle": (0,), "polygamma": (1,),
}
#: The ops whose result is the same for both zeros.
BLIND = frozenset(
    "exp exp2 cos cosh log log2 log10 sqr abs sigmoid softplus softmax logsoftmax erfc eq neq lt "
    "le gt ge isnan isinf isfinite logaddexp logsumexp log1mexp argmax argmin any all shape "
    "shape_i softmax_parts".split()
)


def signs_seen(nodes: Sequence[Apply]) -> set[Variable]:
    """The variables of which something in the graph sees the sign of a zero."""
    stack = [node.inputs[i] for node in nodes if node.op.name in SEES for i in SEES[node.op.name]
             if _matters(node)]
    seen: set[Variable] = set()
    while stack:
        v = stack.pop()
        if v in seen or getattr(v.type, "dtype", "bool") in DISCRETE:
            continue
        seen.add(v)
        if v.owner is not None and v.owner.op.name not in BLIND and not _away_from_zero(v.owner):
            stack += v.owner.inputs
    return seen


def _matters(node: Apply) -> bool:
    """Whether a power can be one over something: its exponent is not known to be positive."""
    exponent = node.inputs[-1]
    return node.op.name != "pow" or not (isinstance(exponent, Constant)
                                         and bool((exponent.data.real > 0).all()))


def _away_from_zero(node: Apply) -> bool:
    """Whether a number is added that is not 0: 0 + 1 and -0 + 1 are the same."""
    return node.op.name in ("add", "sub") and any(
        isinstance(v, Constant) and v.ndim == 0 and v.data != 0 for v in node.inputs)
