"""Long graphs as a table that a loop walks through: no line of Python is compiled for a node.

Comes after the source. CPython takes 20 µs to compile a line; a row is made in two, and run with a
fifth of a microsecond more. What a row computes is the op's own NumPy expression, compiled once
for all nodes that share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.lines import Line
from tutor.compile.meeting import Meets, ShapesDifferError, meeting
from tutor.compile.quick import literal, number_of
from tutor.compile.source import Program
from tutor.graph import Apply, Constant, Variable
from tutor.ops.shared import SharedVariable

MOST_SHOWN = 2_000  # nodes


class Row(NamedTuple):
    """One node: what computes it, the places of the operands, the place (or places) of the result.

    A row that compares shapes has no result.
    """

    compute: Callable[..., Any]
    operands: Sequence[int]
    place: int | list[int]

    def __call__(self, values: list[Any]) -> None:
        """Read, compute, and put the results in their places."""
        found = self.compute(*[values[k] for k in self.operands])
        if isinstance(self.place, int):
            values[self.place] = found
        elif self.place:
            for k, value in zip(self.place, found, strict=True):
                values[k] = value


class Columns:
    """The rows as the loop reads them, side by side in four lists: nothing is kept for a row but
    its four entries. Most have one or two operands and one result; any other runs itself.
    """

    def __init__(self) -> None:
        self.computes: list[Any] = []
        self.first: list[int | None] = []
        self.second: list[int | None] = []
        self.places: list[int | None] = []

    def add(self, compute: Callable[..., Any], operands: Sequence[int], place: int | list[int]
            ) -> None:
        """One more row."""
        if isinstance(place, list) or not 1 <= len(operands) <= 2:
            self.computes.append(Row(compute, operands, place))
            self.first.append(None)
            self.second.append(None)
            self.places.append(None)
        else:
            self.computes.append(compute)
            self.first.append(operands[0])
            self.second.append(operands[1] if len(operands) == 2 else None)
            self.places.append(place)

    def __iter__(self) -> Iterator[Row]:
        for compute, a, b, place in zip(self.computes, self.first, self.second, self.places,
                                        strict=True):
            if isinstance(compute, Row):
                yield compute
            elif a is not None and place is not None:
                yield Row(compute, (a,) if b is None else (a, b), place)


class Plan(NamedTuple):
    """How nodes of one kind are computed: the operands that are no part of the expression, each
    with the place of the number it is, whether there is one result, whose shapes meet, and whether
    a result may be a part of an operand.
    """

    compute: Callable[..., Any]
    operands: tuple[tuple[int, int | None], ...]
    single: bool
    meets: Meets
    views: bool


class Table(Program):
    """A program whose only line runs the table; its other lines are made when they are read."""

    quick = True  # whether numbers and functions may be what NumPy takes fastest

    def write(self, in_blocks: bool) -> None:
        """Fill the table, in the order of the nodes."""
        self.room = None
        self.rows = Columns()
        self.made_by: list[Apply] = []
        self.places: dict[Variable, int] = {v: i for i, v in enumerate(self.inputs)}
        self.constants: list[tuple[int, Any]] = []
        self.leaves = list(self.inputs)
        self.places_of_numbers: dict[Any, int] = {}
        self.known: dict[Any, Plan] = {}
        for node in self.nodes:
            self._fill(node)
        self.shapes = {}  # all that meet are compared
        targets = [v for v in dict.fromkeys(self.outputs) if v not in self.names and v.owner]
        arguments = ", ".join([self.name(v) for v in self.leaves])
        for v in targets:
            self.names[v] = self.fresh(v.name, "v")
        self.results_of, self.results = targets, [self.places[v] for v in targets]
        self.bindings["table"] = self.run
        names = "".join(f"{self.names[v]}, " for v in targets)
        self.body = [Line(f"{names}= table({arguments})")] if targets else []

    @property
    def lines(self) -> list[Line]:
        """What it computes, line by line, unless that is more than anybody reads."""
        return super().lines if len(self.nodes) > MOST_SHOWN else Shown(self).lines

    def _place(self, v: Variable) -> int:
        """The place of an operand."""
        place = self.places.get(v)
        if place is None:
            place = self.places[v] = len(self.places)
            if isinstance(v, Constant):
                self.constants.append((place, v.data))
            elif isinstance(v, SharedVariable):
                self.leaves.append(v)
            elif v.owner is None:
                raise KeyError(v)
        return place

    def _fill(self, node: Apply) -> None:
        key = (node.op, *[v.signature() if isinstance(v, Constant) and _is_small(v.data) else v.type
                          for v in node.inputs])  # fmt: skip
        plan = self.known.get(key) or self._planned(node, key)
        self.check_shapes(node, plan.meets)
        inputs, places, found = node.inputs, self.places, self.places.get
        operands: Any = [found(inputs[i]) if k is None else k for i, k in plan.operands]
        if None in operands:  # of constants and shared variables, at their first use
            operands = [self._place(inputs[i]) if k is None else k for i, k in plan.operands]
        results = [places.setdefault(v, len(places)) for v in node.outputs]
        if plan.views:
            for i, sources in node.op.view_map.items():
                v = inputs[sources[0]]
                self.roots[node.outputs[i]] = self.roots.get(v, v)
        self.rows.add(plan.compute, operands, results[0] if plan.single else results)
        self.made_by.append(node)

    def _planned(self, node: Apply, key: Any) -> Plan:
        """How a node is computed, and all like it."""
        operands: list[tuple[int, int | None]] = []
        for i, v in enumerate(node.inputs):
            text = self.literal(node, v) if isinstance(v, Constant) else None
            number = None if text is None else self._number(node, v, text)
            if text is None or number is not None:
                operands.append((i, number))
        compute, single = self._computing(node)
        plan = Plan(compute, tuple(operands), single, meeting(node),
                    bool(node.op.view_map))
        if single:  # what is performed may keep something of its own for each node
            self.known[key] = plan
        return plan

    def literal(self, node: Apply, v: Variable) -> str | None:
        """A constant that stands in the expression itself."""
        return literal(node, v)

    def _number(self, node: Apply, v: Variable, text: str) -> int | None:
        """The place of an array that stands for a number, where that is the faster."""
        number = number_of(node, v) if self.quick else None
        if number is None:
            return None
        key = text, number.dtype
        if key not in self.places_of_numbers:
            self.places_of_numbers[key] = len(self.places)
            self.places[Constant(v.type, number)] = len(self.places)
            self.constants.append((self.places_of_numbers[key], number))
        return self.places_of_numbers[key]

    def _computing(self, node: Apply) -> tuple[Callable[..., Any], bool]:
        """The function of the operands that are no literals, and whether it gives one result."""
        texts = [None if self.quick and number_of(node, v) is not None else self.literal(node, v)
                 for v in node.inputs]
        names = [text or f"_{i}" for i, text in enumerate(texts)]
        text = node.op.source(node, names)
        if text is None:
            return self.performing(node), False
        free = [name for name, given in zip(names, texts, strict=True) if given is None]
        self.bind(text, names)
        ufunc = self.bindings.get(text.removesuffix("(_0)"))
        if node.op.ufunc and ".astype" not in text:
            ufunc = getattr(np, node.op.ufunc)
        if self.quick and isinstance(ufunc, np.ufunc) and node.op.elementwise and (
                len(free) == len(names) and node.outputs[0].ndim):
            return ufunc, True
        return eval(f"lambda {', '.join(free)}: {text}", self.bindings), len(node.outputs) == 1

    def compare(self, node: Apply, a: Variable, b: Variable, axes: Sequence[int]) -> None:
        """A row that compares shapes, in all dimensions or along these axes."""

        def differ(x: Any, y: Any) -> None:
            if any(x.shape[i] != y.shape[i] for i in axes):
                raise ShapesDifferError

        self.rows.add(differ, (self._place(a), self._place(b)), [])
        self.made_by.append(node)

    def run(self, *leaves: Any) -> list[Any]:
        """The values of the results, in order."""
        values: list[Any] = [None] * len(self.places)
        for v, value in zip(self.leaves, leaves, strict=True):
            values[self.places[v]] = value
        for place, value in self.constants:
            values[place] = value
        rows = self.rows
        targets: Any = iter(rows.places)
        try:
            for compute, a, b, target in zip(rows.computes, rows.first, rows.second, targets,
                                             strict=True):
                if a is None:
                    compute(values)
                elif b is None:
                    values[target] = compute(values[a])
                else:
                    values[target] = compute(values[a], values[b])
        except Exception as problem:
            node = self.made_by[len(rows.places) - targets.__length_hint__() - 1]
            from tutor.compile.explain import explained

            names = {v: str(k) for v, k in self.places.items() if v in node.inputs}
            there: Any = SimpleNamespace(f_locals={k: values[int(k)] for k in names.values()})
            raise explained(problem, node, names, there) from problem
        return [values[k] for k in self.results]


class Shown(Program):
    """The lines of a table, to be read: what it computes, under the names that its results have."""

    def __init__(self, table: Table) -> None:
        self.given = table.names
        self.reserved = {*table.names.values()}
        super().__init__(table.inputs, table.outputs, nodes=table.nodes)

    def fresh(self, wanted: str | None, otherwise: str) -> str:
        """A name that the table has not taken either, but for its inputs."""
        name = super().fresh(wanted, otherwise)
        while name in self.reserved and len(self.names) >= len(self.inputs):
            name = super().fresh(wanted, otherwise)
        return name

    def result_name(self, v: Variable) -> str:
        return self.given.get(v) or super().result_name(v)

    def name(self, v: Variable) -> str:
        """As in the table, that of a shared variable too."""
        if isinstance(v, SharedVariable) and v in self.given and v not in self.names:
            self.names[v] = self.given[v]
            self.loads.append(self.given[v])
        return super().name(v)


def _is_small(data: Any) -> bool:
    """Whether the value of a constant can be part of an expression."""
    return getattr(data, "size", 8) < 8
