"""Ops that hold a graph of their own, such as loops: that graph is shown below, one step of it.

What stands inside a loop without a name is called by its part in the step: `state[t-1]` is what
the step before gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tutor.core.graph import Variable
from tutor.core.scan import Loop
from tutor.core.walk import toposort

MOST = 2  # inner graphs that are shown; those of a gradient repeat what one has seen


class Inside(NamedTuple):
    """A graph inside an op: its results, what inputs and results are called, a caption."""

    outputs: list[Variable]
    names: dict[Variable, str]
    caption: str


def insides(outputs: Sequence[Variable]) -> list[Inside]:
    """The graphs inside the ops of a graph, each once.

    >>> import tutor, tutor.tensor as T
    >>> powers, _ = tutor.scan(lambda p, x: p * x, outputs_info=T.dscalar(),
    ...                        non_sequences=T.dscalar("x"), n_steps=3)
    >>> [(one.outputs, sorted(one.names.values())) for one in insides([powers])]
    [([⟨dscalar⟩ * x], ['state[t-1]', 'state[t]'])]
    """
    found: dict[int, Inside] = {}
    for node in toposort(outputs):
        op: Any = node.op
        if has_graph(op) and id(op) not in found:
            names = names_in_loop(op) if isinstance(op, Loop) else {}
            kind = "Each step of" if isinstance(op, Loop) else "Inside"
            found[id(op)] = Inside(list(op.outputs), names, f"{kind} {op.label(node)}")
    return list(found.values())[:MOST]


def has_graph(op: Any) -> bool:
    """Whether an op computes by a graph of its own."""
    return all(isinstance(part, list) and part and all(isinstance(v, Variable) for v in part)
               for part in (getattr(op, "inputs", None), getattr(op, "outputs", None)))


def names_in_loop(op: Loop) -> dict[Variable, str]:
    """What the states and results of a step are called, where they have no name of their own."""
    states = op.split(op.inputs)[1]
    later = dict(zip(op.results, states, strict=False))  # where the next step reads a value
    new = [v for v in later if v not in states] or [*later]
    names: dict[Variable, str] = {}
    for i, v in enumerate(new):
        word, back = f"state{i + 1}" if len(new) > 1 else "state", 0
        while v not in names:
            names[v] = f"{word}[t{-back or ''}]"
            v, back = later.get(v, v), back + 1
    return {v: name for v, name in names.items() if v.name is None}
