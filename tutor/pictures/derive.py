"""`derive`: a derivative as a person writes it, line by line, with the names of the rules.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> derive(x ** 2 * T.sin(x), x)
y = x² sin(x)
dy/dx = d/dx(x²) sin(x) + x² d/dx(sin(x))    product rule
      = 2x sin(x) + x² cos(x)                power rule, derivative of sin
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tutor.core.graph import Variable, written_at
from tutor.core.types import DISCRETE, TensorType
from tutor.core.walk import ancestors
from tutor.derivatives.cost import check_cost, check_wrt
from tutor.formulas import Walk
from tutor.pictures.derivation.derivation import Derivation, Derivations
from tutor.pictures.derivation.notation import HAND, is_count
from tutor.pictures.derivation.preprocessing import prepared
from tutor.pictures.derivation.steps import Lines, free, named_in
from tutor.pictures.display import derivatives, result_name
from tutor.signatures import answering

COUNTS = ("n", "m", "k", "l")  # what numbers of elements are called
CALL = re.compile(r"\\left\([^()]*\\right\)$")  # how functions are written
__all__ = ["Derivation", "derive"]


@answering
def derive(y: Any, wrt: Any) -> Any:
    """The derivative of y with respect to a variable as a person takes it: line by line, each with
    the name of its rule, up to a short formula.

    `y` is a real scalar, and `wrt` a variable it depends on; of a list of variables there is a list
    of derivations. A `Derivation` shows itself in a notebook, where a line lights the edges of the
    graph that it goes over; it has `text`, `latex`, `html()` and `steps`: what each line says, by
    which rule. Raises what `grad` does: `CostError` (no scalar), `DTypeError` (no symbol),
    `DisconnectedInputError` (no dependence).

    >>> import tutor.tensor as T
    >>> x, w, t = T.dmatrix("x"), T.dvector("w"), T.dvector("t")
    >>> derive(T.mean((T.dot(x, w) - t) ** 2), w)
    y = mean((x w − t)²)
      with n = number of elements of t
    ∂y/∂w = xᵀ ∂y/∂(x w − t)    matrix product
          = 2xᵀ(x w − t)/n      mean, sum of squares
    """
    many = isinstance(wrt, (list, tuple))
    targets = list(wrt) if many else [wrt]
    check_wrt(targets)
    check_cost(y, targets)
    derivatives(y, targets)  # whatever else is wrong with the question is said here
    with written_at(y.origin):
        found = [derivation(y, v) for v in targets]
    return Derivations(found) if many else found[0]


def derivation(y: Variable, x: Variable) -> Derivation:
    """One derivation, with names for what has none."""
    called, y = y.name or result_name(y, named_in(y)), prepared(y, [x])
    lines = Lines(y, x, {y: called})
    after = [step.after for step in lines.steps]
    names = {v: name for v, name in lines.names.items() if v is not y or not lines.scalar}
    names |= counts(after, names)
    names |= activations(y, after, names)
    return Derivation(y, x, tuple(lines.steps), called, tuple(names.items()))


def shown_in(lines: Sequence[Variable], names: Mapping[Variable, str]) -> list[Variable]:
    """What tensors are computed in these lines, as they are written, in that order."""
    made = {v for line in lines for v in Walk(line, HAND, names=names).made
            if isinstance(v.type, TensorType)}
    return [v for v in ancestors(lines) if v in made and v not in names and v.name is None]


def activations(y: Variable, lines: Sequence[Variable], names: Mapping[Variable, str]
                ) -> dict[Variable, str]:  # fmt: skip
    """Names for what functions give on the way to y, as the layers of a network: h, or h1, h2."""
    shown = {*shown_in(lines, names)} - {*lines}
    found = [v for v in ancestors([y]) if v in shown and v.ndim and v.owner is not None
             and v.dtype not in DISCRETE
             and any(u.owner is not None for u in v.owner.inputs)
             and v.paper is None and CALL.search(v.owner.op.notation(v.owner).latex)]
    taken = [*names.values(), *[v.name for v in ancestors(lines) if v.name is not None]]
    called: dict[Variable, str] = {}
    for i, v in enumerate(found, 1):
        name = f"h{i}" if len(found) > 1 else "h"
        called[v] = free(name, [*taken, *called.values()])
    return called


def counts(lines: Sequence[Variable], names: Mapping[Variable, str]) -> dict[Variable, str]:
    """Names for the numbers of elements that stand in the lines."""
    taken = [*names.values(), *[v.name for v in ancestors(lines) if v.name is not None]]
    shown = [v for v in shown_in(lines, names) if is_count(v)]
    parts = {u for v in shown for u in (v.owner.inputs if v.owner is not None else ())}
    found: dict[Variable, str] = {}
    for v in shown:
        if v not in parts:
            found[v] = next((c for c in COUNTS if c not in taken), free("n", taken))
            taken.append(found[v])
    return found
