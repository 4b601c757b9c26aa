"""The back end for long graphs: a table that a loop walks through, and no line of Python a node.

Comes after the passes. CPython takes 20 µs to compile a line; a row is made in two, and run with a
fifth of a microsecond more. What a row computes is the op's own NumPy expression, compiled once for
all calls that share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.explain import explained
from tutor.compile.lines import Line
from tutor.compile.loops import performing
from tutor.compile.lowering import Call, Program, ShapeCheck
from tutor.compile.operands import literal, number_of
from tutor.compile.passes import plain
from tutor.compile.scope import Scope
from tutor.compile.source import Source
from tutor.graph import Apply, Constant, Variable
from tutor.ops.shape_kernels import ShapesDifferError
from tutor.ops.shared import SharedVariable

MOST_SHOWN = 2_000  # calls
LARGEST_LITERAL = 8  # numbers


class OneCall(Scope):
    """A program of one line, which calls what computes the graph from its leaves: the arguments and
    the shared variables that it reads."""

    word = "table"

    def __init__(self, program: Program) -> None:
        super().__init__(program.inputs)
        self.program = program
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
        nodes = [call.node for call in self.program.calls]
        if len(nodes) > MOST_SHOWN:
            return super().lines
        return Source(plain(self.program.inputs, self.program.outputs, nodes), performing,
                      named=self.names).lines


class Row(NamedTuple):
    """One call: what computes it, the places of its operands, and of its result (or results)."""

    compute: Callable[..., Any]
    operands: Sequence[int]
    place: int | Sequence[int]

    def __call__(self, values: list[Any]) -> None:
        """Read, compute, and put the results in their places."""
        found = self.compute(*[values[k] for k in self.operands])
        if isinstance(self.place, int):
            values[self.place] = found
        else:
            for k, value in zip(self.place, found, strict=True):
                values[k] = value


class Expression(NamedTuple):
    """How calls of one kind are computed: a function, its parameters (the number of an operand, or
    the place of an array that stands for a number), and whether it gives one result."""

    compute: Callable[..., Any]
    parameters: Sequence[tuple[int, int | None]]
    single: bool


class Table(OneCall):
    """A program whose only line runs the table; its other lines are made when they are read."""

    quick = True  # whether numbers and functions may be what NumPy takes fastest

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        #: What computes, the places of one or two operands, that of the result. Any other row runs
        #: itself, and its places are None.
        self.rows: list[tuple[Any, int | None, int | None, Any]] = []
        self.nodes: list[Apply] = []  # of each row
        self.places: dict[Variable, int] = {v: i for i, v in enumerate(self.leaves)}
        self.constants: dict[int, Any] = {}
        self.numbers: dict[Any, int] = {}
        self.known: dict[Any, Expression] = {}
        for part in program.instructions:
            if isinstance(part, ShapeCheck):
                self._add(part.node, differ(part.axes), (part.first, part.second), ())
            elif isinstance(part, Call):
                self._call(part)
        self.ends = [self._place(v) for v in self.results]

    def _place(self, v: Variable) -> int:
        """The place of a value."""
        place = self.places.get(v)
        if place is None:
            place = self.places[v] = len(self.places) + len(self.numbers)
            if isinstance(v, Constant):
                self.constants[place] = v.data
        return place

    def _call(self, call: Call) -> None:
        if call.renames:
            self.places[call.results[0]] = self._place(call.operands[0])
            return
        key = (call.op, *[v.signature() if isinstance(v, Constant) and _is_small(v.data) else v.type
                          for v in call.operands])  # fmt: skip
        found = self.known.get(key)
        if found is None:
            found = self._expression(call)
            if found.single:  # what is performed may keep something of its own for each node
                self.known[key] = found
        operands = [call.operands[i] if number is None else number
                    for i, number in found.parameters]
        self._add(call.node, found.compute, operands,
                  call.results[0] if found.single else call.results)

    def _add(self, node: Apply, compute: Callable[..., Any], operands: Sequence[Variable | int],
             results: Variable | Sequence[Variable]) -> None:
        """One more row."""
        places = [v if isinstance(v, int) else self._place(v) for v in operands]
        if isinstance(results, Variable) and 1 <= len(places) <= 2:
            second = places[1] if len(places) == 2 else None
            self.rows.append((compute, places[0], second, self._place(results)))
        else:
            target = self._place(results) if isinstance(results, Variable) else [
                self._place(v) for v in results]
            self.rows.append((Row(compute, places, target), None, None, None))
        self.nodes.append(node)

    def _expression(self, call: Call) -> Expression:
        """How a call is computed, and all like it."""
        texts = [self.literal(call, v) for v in call.operands]
        numbers = [self._number(call, v, text)
                   for v, text in zip(call.operands, texts, strict=True)]
        names = [f"_{i}" if text is None or number is not None else text
                 for i, (text, number) in enumerate(zip(texts, numbers, strict=True))]
        free = [(i, number) for i, number in enumerate(numbers) if names[i] == f"_{i}"]
        text = call.op.source(call.node, names)
        if text is None:
            return Expression(self.performing(call), free, False)
        self.bind(call.op, text, names)
        ufunc = getattr(np, call.op.ufunc) if call.op.ufunc and ".astype" not in text else (
            self.bindings.get(text.removesuffix("(_0)")))
        if self.quick and isinstance(ufunc, np.ufunc) and call.op.elementwise and (
                len(free) == len(names) and call.results[0].ndim):
            return Expression(ufunc, free, True)
        parameters = ", ".join(names[i] for i, _ in free)
        compute = eval(f"lambda {parameters}: {text}", self.bindings)
        return Expression(compute, free, len(call.results) == 1)

    def literal(self, call: Call, v: Variable) -> str | None:
        """A constant that stands in the expression itself."""
        return literal(call, v)

    def performing(self, call: Call) -> Callable[..., Any]:
        """The function of a call without an expression; it gives all results."""
        return performing(call.node)

    def _number(self, call: Call, v: Variable, text: str | None) -> int | None:
        """The place of an array that stands for a number, where that is the faster."""
        number = number_of(call, v) if self.quick and text is not None else None
        if number is None:
            return None
        key = text, number.dtype
        if key not in self.numbers:
            place = self.numbers[key] = len(self.places) + len(self.numbers)
            self.constants[place] = number
        return self.numbers[key]

    def run(self, *leaves: Any) -> Sequence[Any]:
        """The values of the results, in order."""
        values: list[Any] = [*leaves, *[None] * (len(self.places) + len(self.numbers))]
        for place, value in self.constants.items():
            values[place] = value
        rows: Any = iter(self.rows)
        try:
            for compute, a, b, place in rows:
                if a is None:
                    compute(values)
                elif b is None:
                    values[place] = compute(values[a])
                else:
                    values[place] = compute(values[a], values[b])
        except Exception as problem:
            node = self.nodes[len(self.rows) - rows.__length_hint__() - 1]
            names = {v: str(self.places[v]) for v in node.inputs if v in self.places}
            there: Any = SimpleNamespace(f_locals={k: values[int(k)] for k in names.values()})
            raise explained(problem, node, names, there) from problem
        return [values[k] for k in self.ends]


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
