"""Programs of one line, which calls what computes the graph from its leaves: the interpreter here,
and what watches it (`watching.py`), or JAX.

Comes after the passes, and after the lines of NumPy, which a reader is shown in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tutor.compile.loops import performing
from tutor.compile.lowering import Program
from tutor.compile.passes import plain
from tutor.compile.scope import Line, Scope
from tutor.compile.source import Source
from tutor.core.graph import Variable
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import interpret


class OneCall(Scope):
    """A program of one line, which calls what computes the graph from its leaves: the arguments and
    the shared variables that it reads."""

    word = "interpret"  # what the line calls

    def __init__(self, program: Program, updates: Mapping[Variable, Variable] = {}) -> None:
        super().__init__(program.inputs)
        self.program, self.updates = program, updates
        read = dict.fromkeys([*[v for call in program.calls for v in call.operands],
                              *program.outputs])
        self.leaves = [*program.inputs, *[v for v in read if isinstance(v, SharedVariable)]]
        self.results = [v for v in dict.fromkeys(program.outputs)
                        if v.owner is not None and v not in self.names]
        operands = ", ".join(map(self.name, self.leaves))
        for v in self.results:
            self.names[v] = self.fresh(v.name, "v")
        for v in program.outputs:
            self.name(v)
        targets = "".join(f"{self.names[v]}, " for v in self.results)
        self.body = [Line(f"{targets}= {self.word}({operands})")] if targets else []
        self.bindings[self.word] = self.run

    def run(self, *leaves: Any) -> Sequence[Any]:
        """The values of the results, in order, from those of the leaves."""
        raise NotImplementedError

    @property
    def lines(self) -> list[Line]:
        """What it computes, line by line."""
        program = plain(self.program.inputs, self.program.outputs)
        return Source(program, performing, named=self.names).lines


class Interpreted(OneCall):
    """A program of one line, which interprets the graph: node by node, as it was written."""

    lines = Scope.lines

    def run(self, *leaves: Any) -> Sequence[Any]:
        """The values of the results, in order."""
        return interpret(self.results, dict(zip(self.leaves, leaves, strict=True)))

    def own(self, v: Variable, stored: bool) -> str:
        """A copy of a result: nothing that was given is written over, and nothing given out twice.
        """
        return f"array({self.name(v)})" if isinstance(v.type, TensorType) else self.name(v)
