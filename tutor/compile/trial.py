"""One node computed by itself, for `config.compute_test_value`: comes after `function`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.compile.function import function
from tutor.graph import Apply, Constant, Variable, remake, written_at
from tutor.operators import public
from tutor.printing.formula import formula


@public
def values_of(node: Apply, values: Sequence[Any]) -> Sequence[Any]:
    """What a node gives for these values of its inputs.

    >>> import tutor.tensor as T
    >>> values_of((T.dscalar("x") * 2).owner, [3.0, 2.0])
    [array(6.)]
    """
    inputs = [v if isinstance(v, Constant) else _stand_in(v) for v in node.inputs]
    outputs = remake(node, inputs).outputs
    given = {v: value for v, value in zip(inputs, values, strict=True) if v.owner is None}
    free = [v for v in given if not isinstance(v, Constant)]
    compiled = function(free, outputs, "FAST_COMPILE", on_unused_input="ignore")
    found: Sequence[Any] = compiled(*[given[v] for v in free])
    return found


def _stand_in(v: Variable) -> Variable:
    """An input of the same type, which errors call and place as the operand it stands for."""
    with written_at(v.origin):
        return v.type(v.name or str(formula(v)).split("  where ")[0])
