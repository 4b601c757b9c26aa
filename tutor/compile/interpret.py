"""`mode="interpret"`: a graph run node by node, as it was written; all other modes agree with it.

Comes after the table. What it means to run a graph is in `core/function.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.compile.explain import explained
from tutor.compile.performing import performer
from tutor.compile.scope import Scope
from tutor.compile.table import OneCall
from tutor.core.graph import Apply, Variable
from tutor.core.seams import seams
from tutor.core.types import TensorType
from tutor.core.walk import interpret


def performed(node: Apply, operands: Sequence[Any]) -> Sequence[Any]:
    """What an op gives that a user wrote in Python."""
    return performer(node)(*operands)


def told(problem: Exception, node: Apply, operands: Sequence[Any]) -> Exception:
    """The error that compiled functions raise."""
    return explained(problem, node, dict(zip(node.inputs, operands, strict=True)))


seams.performed, seams.explained = performed, told


class Interpreted(OneCall):
    """A program of one line, which interprets the graph."""

    word, lines = "interpret", Scope.lines

    def run(self, *leaves: Any) -> list[Any]:
        """The values of the results, in order."""
        return interpret(self.results, dict(zip(self.leaves, leaves, strict=True)))

    def own(self, v: Variable, stored: bool) -> str:
        """A copy of a result: nothing that was given is written over, and nothing given out twice.
        """
        return f"array({self.name(v)})" if isinstance(v.type, TensorType) else self.name(v)
