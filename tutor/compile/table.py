"""Programs of one line, which calls what computes the graph: the interpreter, or, for long graphs,
a table that a loop walks through.

Comes after the passes. CPython takes 20 µs to compile a line; a row is made in two, and run with a
fraction of a microsecond more. What a row computes is the op's own NumPy expression, compiled once
for all calls that share it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.explain import explained
from tutor.compile.loops import performing
from tutor.compile.lowering import Call, Program, ShapeCheck
from tutor.compile.passes import plain
from tutor.compile.scope import Line, Scope, literal, number_of
from tutor.compile.source import Source
from tutor.core.errors import ShapesDifferError
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import interpret

MOST_SHOWN = 2_000  # calls
LARGEST_LITERAL = 8  # numbers


class OneCall(Scope):
    """A program of one line, which calls what computes the graph from its leaves: the arguments and
    the shared variables that it reads."""

    word = "table"

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
        """What it computes, line by line, unless that is more than anybody reads."""
        program = self.program
        if sum(1 for _ in program.calls) > MOST_SHOWN:
            return super().lines
        return Source(plain(program.inputs, program.outputs), performing, named=self.names).lines


class Interpreted(OneCall):
    """A program of one line, which interprets the graph: node by node, as it was written."""

    word, lines = "interpret", Scope.lines

    def run(self, *leaves: Any) -> Sequence[Any]:
        """The values of the results, in order."""
        return interpret(self.results, dict(zip(self.leaves, leaves, strict=True)))

    def own(self, v: Variable, stored: bool) -> str:
        """A copy of a result: nothing that was given is written over, and nothing given out twice.
        """
        return f"array({self.name(v)})" if isinstance(v.type, TensorType) else self.name(v)


class Expression(NamedTuple):
    """How calls of one kind are computed: a function, its parameters (which operand, or an array
    that stands for a number), and whether it gives one result."""

    compute: Callable[..., Any]
    parameters: Sequence[int | Constant]
    single: bool


class Section(NamedTuple):
    """Rows under conditions, registers and what these must hold. A row has what computes a node,
    the registers of its operands, and that (or those) of its result."""

    conditions: list[tuple[int, bool]]
    rows: list[tuple[Apply, Callable[..., Any], list[int], Any]]


class Table(OneCall):
    """A program whose only line runs the table, over registers that hold the values."""

    renaming = True  # whether what is its operand gets no row

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.sections: list[Section] = []
        self.registers: dict[Variable, int] = {}
        self.start: list[Any] = []  # what the registers hold before the first row
        self.numbers: dict[Any, Constant] = {}
        self.known: dict[Any, Expression] = {}
        for v in self.leaves:
            self._register(v)
        for segment in program.segments:
            conditions = [(self._register(c), holds) for c, holds in segment.guard]
            self.sections.append(Section(conditions, []))
            for part in segment.instructions:
                if isinstance(part, ShapeCheck):
                    self._add(part.node, differ(part.axes), [part.first, part.second], [], False)
                elif isinstance(part, Call):
                    self._call(part)
        self.ends = [self._register(v) for v in self.results]

    def _register(self, v: Variable) -> int:
        """The register of a value."""
        if v not in self.registers:
            self.registers[v] = len(self.start)
            self.start.append(v.data if isinstance(v, Constant) else None)
        return self.registers[v]

    def _call(self, call: Call) -> None:
        if call.renames and self.renaming:
            self.registers[call.results[0]] = self._register(call.operands[0])
            return
        key = (call.op, *[v.signature() if isinstance(v, Constant) and _is_small(v.data) else v.type
                          for v in call.operands])  # fmt: skip
        found = self.known.get(key)
        if found is None:
            found = self._expression(call)
            if found.single:  # what is performed may keep something of its own for each node
                self.known[key] = found
        operands = [call.operands[i] if isinstance(i, int) else i for i in found.parameters]
        self._add(call.node, found.compute, operands, call.results, found.single)

    def _add(self, node: Apply, compute: Callable[..., Any], operands: Sequence[Variable],
             results: Sequence[Variable], single: bool) -> None:
        """One more row; what it computes is one value or a sequence of them."""
        reads, writes = [self._register(v) for v in operands], [self._register(v) for v in results]
        end = len(self.start)
        write = writes[0] if single else slice(end - len(writes), end)
        self.sections[-1].rows.append((node, compute, reads, write))

    def _expression(self, call: Call) -> Expression:
        """How a call is computed, and all like it."""
        names: list[str] = []
        parameters: list[int | Constant] = []
        for i, v in enumerate(call.operands):
            text = literal(call, v)
            number = number_of(call, v) if text is not None else None
            if number is not None:
                key = text, number.dtype
                parameters.append(self.numbers.setdefault(key, Constant(v.type, number)))
            elif text is None:
                parameters.append(i)
            names.append(f"_{i}" if text is None or number is not None else text)
        text = call.op.source(call.node, names)
        if text is None:
            return Expression(performing(call.node), parameters, False)
        text = self.bound(call.op, text, names)
        single, compute = len(call.results) == 1, None
        if single and call.op.elementwise and len(parameters) == len(names) and (
                call.results[0].ndim):
            compute = self._ufunc(call, text)
        if compute is None:
            free = ", ".join([name for name in names if name.startswith("_")])
            compute = eval(f"lambda {free}: {text}", self.bindings)
        return Expression(compute, parameters, single)

    def _ufunc(self, call: Call, text: str) -> np.ufunc | None:
        """The ufunc that a call is, which saves a call of Python's; None where there is more."""
        ufunc = getattr(np, call.op.ufunc) if call.op.ufunc and ".astype" not in text else (
            self.bindings.get(text.removesuffix("(_0)")))
        return ufunc if isinstance(ufunc, np.ufunc) else None

    def run(self, *leaves: Any) -> Sequence[Any]:
        """The values of the results, in order."""
        values = [*leaves, *self.start[len(leaves):]]
        for conditions, rows in self.sections:
            if all(values[i] is not None and bool(values[i]) is holds for i, holds in conditions):
                self.run_rows(rows, values)
        return [values[i] for i in self.ends]

    def run_rows(self, rows: Sequence[Any], values: list[Any]) -> None:
        """Run rows one after the other, over the values in the registers."""
        for node, compute, reads, write in rows:
            try:
                values[write] = compute(*[values[i] for i in reads])
            except Exception as problem:
                raise explained(problem, node, self.held(node, values)) from problem

    def held(self, node: Apply, values: Sequence[Any]) -> dict[Variable, Any]:
        """The values of the operands of a node."""
        return {v: values[self.registers[v]] for v in node.inputs if v in self.registers}


def differ(axes: Sequence[int]) -> Callable[[Any, Any], tuple[()]]:
    """What raises an error where two values have not the same sizes along these axes."""

    def compare(x: Any, y: Any) -> tuple[()]:
        if any(x.shape[i] != y.shape[i] for i in axes):
            raise ShapesDifferError
        return ()

    return compare


def _is_small(data: Any) -> bool:
    """Whether the value of a constant can be part of an expression."""
    return getattr(data, "size", LARGEST_LITERAL) < LARGEST_LITERAL
