"""`grad` as programs call it, and `subgraph_grad`, the gradients of a part of the graph.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> grad(x ** 2, x).eval({x: 3})
array(6.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutor.core.errors import BadValueError, CostError
from tutor.core.gradient import check_cost, check_wrt
from tutor.core.gradient import grad as core_grad
from tutor.core.graph import Variable
from tutor.derivatives import branches  # what a walk does with branches is set there
from tutor.signatures import answering

__all__ = ["branches", "check_cost", "check_wrt", "format_as", "grad", "subgraph_grad"]

grad = answering(core_grad)
grad.__module__ = __name__  # where pickles look for it


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """Outputs as a list, as a tuple, or as the single one they are.

    >>> format_as(False, True, [1]), format_as(False, False, [1])
    ((1,), 1)
    """
    if use_list and use_tuple:
        raise BadValueError("a list or a tuple, not both.", fix="Set one of the two.")
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    if use_list or use_tuple:
        return outputs if use_list else tuple(outputs)
    if len(outputs) != 1:
        raise BadValueError(f"{len(outputs)} results are not one.", fix="Ask for a list.")
    return outputs[0]


@answering
def subgraph_grad(
    wrt: list[Variable],
    end: list[Variable],
    start: Mapping[Variable, Variable] | None = None,
    cost: Variable | None = None,
    details: bool = False,
) -> tuple[list[Any], ...]:
    """Gradients of a part of the graph: from `start` (known gradients) and `cost` back to `end`.

    Returns the gradients with respect to `wrt` and to `end`; with `details` also those with respect
    to `wrt` that came from `start` and from `cost` alone (None where there is none).

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> hidden = T.exp(x)
    >>> [g], [at_hidden] = subgraph_grad([x], [hidden], cost=hidden ** 2 * x)
    >>> at_hidden.eval({x: 0}), g.eval({x: 0})
    (array(0.), array(1.))
    """
    if cost is None and start is None:
        raise CostError("there is neither a cost nor a start.", fix="Pass one of them.")
    targets = [*wrt, *end]
    parts = []
    if start is not None:
        parts.append(grad(None, targets, end, "ignore", known_grads=start))
    if cost is not None:
        parts.append(grad(cost, targets, end, "ignore"))
    total = [part[0] if len(part) == 1 else part[0] + part[1] for part in zip(*parts, strict=True)]
    n = len(wrt)
    if not details:
        return total[:n], total[n:]
    from_start = parts[0][:n] if start is not None else None
    from_cost = parts[-1][:n] if cost is not None else None
    return total[:n], total[n:], from_start, from_cost  # type: ignore[return-value]
