"""`clone`: an expression again, with some of its variables replaced by others.

Comes after the checks of givens, by whose rules a replacement fits.

>>> import tutor.tensor as T
>>> x, y = T.dscalars("x", "y")
>>> clone(x * 2 + y, replace={x: T.exp(y)})
exp(y) * 2 + y
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.core.errors import DTypeError, describe
from tutor.core.function import as_it_is, converted, pairs
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable
from tutor.core.shared import SharedVariable
from tutor.core.walk import graph_inputs, rebuild, remake
from tutor.signatures import answering


@answering
def clone(output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True,
          copy_inputs: Any = None) -> Any:
    """A copy of one expression or of a list of them; `replace` is a dict or a list of pairs.

    All replacements are made at once, so two variables can change places. With `strict` each is of
    the type of what it replaces; else the types of what is computed follow. Without `share_inputs`
    the copy has inputs of its own too, except for shared variables and constants.

    Raises DTypeError where `replace` is no dict or list of pairs.

    >>> import tutor.tensor as T
    >>> clone(T.dscalar("x") * 2)
    x * 2
    """
    if copy_inputs is not None:
        share_inputs = bool(copy_inputs)
    if replace is not None and not isinstance(replace, (dict, list, tuple)):
        raise DTypeError(f"replace is a dict or a list of pairs, not {describe(replace)}.",
                         fix="Write replace={x: y}.")
    given = {old: converted(new, old, "replace", DTypeError) if strict else as_it_is(new, old)
             for old, new in pairs("replace", replace)}
    outputs = list(output) if isinstance(output, (list, tuple)) else [output]
    outputs = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in outputs]
    if not share_inputs:
        given |= {v: v.clone() for v in graph_inputs(outputs, stop=set(given))
                  if v not in given and not isinstance(v, (Constant, SharedVariable))}
    made = rebuild(outputs, given, again)
    return made if isinstance(output, (list, tuple)) else made[0]


def again(node: Apply, inputs: list[Variable]) -> Sequence[Variable]:
    """The node made anew, whether its inputs changed or not; its notes stay where its types do."""
    made = remake(node, inputs).outputs
    if [v.type for v in made] == [v.type for v in node.outputs]:
        for new, old in zip(made, node.outputs, strict=True):
            new.noted_as(old)
    return made
