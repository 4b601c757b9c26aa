"""Graph to NumPy source: one line a node.

Comes after rewriting. A `Program` is the lines, each with the node that it computes, and what the
names in them are bound to: those of a learner where Python takes them for no other, else its own.
Shapes that meet in elementwise operations are compared before NumPy could stretch a dimension that
merely happens to be 1.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from tutor.compile.blocks import LARGE, Blocks, Memory, inherited, statement
from tutor.compile.groups import Group, grouped, read_by
from tutor.compile.guards import Run, runs
from tutor.compile.identifiers import SKIPPED, identifier, is_ours
from tutor.compile.lines import Line
from tutor.compile.lives import Lives, Part, early
from tutor.compile.meeting import Meets, ShapesDifferError, meeting
from tutor.compile.memory import Room, spare
from tutor.compile.performing import performer
from tutor.compile.quick import (
    FEW,
    adds_up,
    call_over,
    direct,
    is_held,
    literal,
    number_of,
    total,
)
from tutor.graph import Apply, Constant, Variable, toposort
from tutor.graph.container import Container, MovedError
from tutor.operators import FUNCTIONS
from tutor.ops import kernels
from tutor.ops.indexing import IncSubtensor
from tutor.ops.linalg import Dot
from tutor.ops.shape import DimShuffle
from tutor.ops.shared import SharedVariable
from tutor.ops.stable import SameShape

IDENTIFIER = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*(?!\w*['\"=])")
STRINGS = re.compile(r"'[^']*'")


class Writer:
    """Lines, the names of the variables in them, and what other names are bound to."""

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable],
                 nodes: list[Apply] | None = None) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.nodes = toposort(self.outputs, stop=self.inputs) if nodes is None else nodes
        self.loads: list[str] = []  # the shared variables, whose values are read before all else
        self.body: list[Line] = []
        self.bindings: dict[str, Any] = {}
        self.names: dict[Variable, str] = {}
        self.taken: set[str] = set()
        for v in self.inputs:
            self.names[v] = self.fresh(v.name, "x")

    @property
    def lines(self) -> list[Line]:
        """The whole program."""
        return [*self.reading(), *self.body]

    def reading(self) -> list[Line]:
        """The lines that read the values of shared variables, all as they are at one moment: there
        is no call between them, and so no other thread's turn."""
        names = self.loads
        if len(names) < 2:
            return [Line(f"{name} = {self.loaded(f'{name}_shared.value')}") for name in names]
        loaded = [Line(f"{name} = {self.loaded(name)}", shown="") for name in names
                  if self.loaded(name) != name]
        reads = [Line(f"{name} = {name}_shared.now", None,
                      f"{name} = {self.loaded(f'{name}_shared.value')}") for name in names]
        return [*self.at_one_moment(reads), *loaded]

    def at_one_moment(self, reads: Sequence[Line]) -> list[Line]:
        """Lines that read values, run once more where another thread was writing one of these."""
        self.bindings["Moved_"] = MovedError
        around = [Line("while True:", shown=""), Line("    try:", shown="")]
        ending = [Line("        break", shown=""), Line("    except Moved_: pass", shown="")]
        return [*around, *[line.under(2) for line in reads], *ending]

    def fresh(self, wanted: str | None, otherwise: str) -> str:
        """A name that is not taken: the wanted one if it can be an identifier."""
        base = identifier(wanted)
        name, number = base, len(self.taken)
        while not name or name in self.taken or is_ours(name):
            name = f"{base}_{number}" if base else f"{otherwise}{number}"
            number += 1
        self.taken.add(name)
        return name

    def name(self, v: Variable) -> str:
        """The name a variable has in the program; constants and shared variables are bound at
        first use.
        """
        name = self.names.get(v)
        if name is None:
            if isinstance(v, Constant):
                name = self.fresh(v.name, "c")
                self.bindings[name] = v.data
            elif isinstance(v, SharedVariable):
                name = self.fresh(v.name, "s")
                self.bindings[f"{name}_shared"] = v.container
                self.loads.append(name)
            else:
                raise KeyError(v)
            self.names[v] = name
        return name

    def loaded(self, value: str) -> str:
        """A shared value as the program works on it."""
        return value


class Program(Writer):
    """The program over arrays: one line a node; `in_blocks` adds a call for what is large."""

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        in_blocks: bool = False,
        stores: Mapping[Variable, Container] | None = None,
        inside: Iterable[Variable] = (),
        nodes: list[Apply] | None = None,
    ) -> None:
        super().__init__(inputs, outputs, nodes)
        self.stores = stores or {}
        self.leaving = set(self.outputs).difference(inside)  # what is seen outside of the call
        self.room = Room() if in_blocks else None
        self.owned: set[Variable] = set()  # new arrays that nothing else holds
        self.shapes: dict[Variable, Variable] = {}
        self.compared: dict[tuple[Apply, Variable], Variable] = {}  # what stood for it before
        self.roots: dict[Variable, Variable] = {}
        self.guarded: set[Variable] = set()  # what is computed in one branch only
        self.numbers: dict[Any, str] = {}  # arrays in the place of numbers
        self.write(in_blocks)
        for v in self.outputs:
            self.name(v)

    def write(self, in_blocks: bool) -> None:
        """The lines of all nodes."""
        plan: list[tuple[Run, Sequence[Part]]] = [
            (run, early(grouped(run.nodes, run.results)) if in_blocks else run.nodes)
            for run in runs(self.nodes, self.outputs)]
        self.lives = Lives([part for _, parts in plan for part in parts], self.outputs)
        for run, parts in plan:
            self._write_run(run, parts)

    def _write_run(self, run: Run, parts: Sequence[Part]) -> None:
        """The lines of nodes in a row, under an `if` where only one branch needs them."""
        first, known = len(self.body), dict(self.shapes)
        for part in parts:
            if isinstance(part, Group):
                self._write_group(part)
            else:
                self.check_shapes(part)
                self._write(part)
        if run.guard:
            self.guarded.update(v for node in run.nodes for v in node.outputs)
            place = {v: i for i, node in enumerate(self.nodes) for v in node.outputs}
            lines = [line.indented() for line in self.body[first:]]
            self.body[first:] = [Line(f"if {run.test(self.name, place)}:"), *lines]
            self.shapes = known  # what was compared here may not have been

    def result(self, v: Variable) -> str:
        """How an output is written."""
        return self.name(v)

    def result_name(self, v: Variable) -> str:
        """A name for a result."""
        return self.fresh(v.name, "v")

    def argument(self, node: Apply, v: Variable) -> str:
        """How an operand is written: a plain number where that computes the same, else its name."""
        return literal(node, v) or self.name(v)

    def _write(self, node: Apply) -> None:
        if isinstance(node.op, SameShape):
            return self._write_same(node)
        arguments = [self.argument(node, v) for v in node.inputs]
        source = node.op.source(node, arguments)
        if source is None:
            name = self.fresh(None, "perform_")
            self.bindings[name] = self.performing(node)
            text = plain = f"{name}({', '.join(arguments)})"
        else:
            text = plain = source
            self.bind(source, arguments)
            quick = [self.operand(node, v, text)
                     for v, text in zip(node.inputs, arguments, strict=True)]
            over = self._over(node, quick)
            if over:
                text = over
                self.bind(over, quick)
            elif quick != arguments:
                text = node.op.source(node, quick) or source
        for v in node.outputs:
            self.names[v] = self.result_name(v)
        for i, sources in node.op.view_map.items():
            v = node.inputs[sources[0]]
            self.roots[node.outputs[i]] = self.roots.get(v, v)
        if node.op.makes_arrays:
            self.owned.update(node.outputs)
        elif not isinstance(node.op, DimShuffle):
            self.owned.difference_update([self.lives.root(v) for v in read_by(node)])
        targets = ", ".join(self.names[v] for v in node.outputs)
        targets += "," if source is None and len(node.outputs) == 1 else ""
        text = self._product(node, text, arguments) or self._here(node, text) or text
        text = self._total(node, arguments) or text
        shown = None if text == plain else f"{targets} = {plain}"
        self.body.append(Line(f"{targets} = {text}", node, shown))

    def _write_same(self, node: Apply) -> None:
        """No line but those that compare shapes: the first operand under another name."""
        x, out = node.inputs[0], node.outputs[0]
        for v in node.inputs[1:]:
            self._compare(node, x, v)
        self.names[out], self.roots[out] = self.name(x), self.roots.get(x, x)
        self.shapes[out] = self.shapes.get(x, x)
        self.owned.discard(x)

    def operand(self, node: Apply, v: Variable, text: str) -> str:
        """An operand, in the program `text`, as NumPy takes it fastest."""
        if is_held(node, v):
            return f"{text}[()]"
        number = None if text in self.taken else number_of(node, v)
        if number is None:
            return text
        name = self.numbers.get((text, v.dtype, number.dtype))
        if name is None:
            name = self.numbers[text, v.dtype, number.dtype] = self.fresh(None, "number")
            self.bindings[name] = number
        return name

    def _write_group(self, group: Group) -> None:
        """The lines of a group, and before them the call that runs it in blocks if it is large."""
        for node in group.nodes:
            self.check_shapes(node)
        first = len(self.body)
        for node in group.nodes:
            self._write(node)
        mine = [v for v in group.leaves if v.ndim > 1 and self.is_free(v, group.nodes)]
        if not group.pays:
            return
        written = {v for node in group.nodes for v in node.inputs
                   if not isinstance(v, Constant) or literal(node, v) is None}
        leaves = [v for v in group.leaves if v in written]
        blocks = f"blocks{len(self.bindings)}_"
        memory: dict[Variable, Memory] = {v: self._memory(v) for v in group.results if v.ndim}
        memory |= inherited(group, leaves, mine, [v for v in memory if v not in self.leaving])
        self.bindings[blocks] = Blocks(group._replace(leaves=leaves), literal, memory)
        self.bindings["LARGE"] = LARGE
        results = ", ".join([self.names[v] for v in group.results])
        call = f"{results} = {blocks}({', '.join([self.name(v) for v in leaves])})"
        plain = [line.under() for line in self.body[first:]]
        name, n = self.name(group.shape), len(plain)
        lines = "next line runs" if n == 1 else f"next {n} lines run"
        self.body[first:] = [
            Line(f"if {name}.size > LARGE: {call}", group.nodes[-1],
                 f"# the {lines} in blocks where {name} is large"),
            Line("else:", shown=""),
            *plain,
        ]

    def _over(self, node: Apply, names: Sequence[str]) -> str | None:
        """The call that writes a result over an operand which nobody needs any more."""
        new = node.outputs[0]
        if not node.op.elementwise or not new.ndim:
            return None
        for v, name in zip(node.inputs, names, strict=True):
            if v.type is new.type and self.is_free(v, [node]):
                return call_over(statement(node, names, name))
        return None

    def is_free(self, v: Variable, nodes: Sequence[Apply]) -> bool:
        """Whether these nodes may write over an array: it is new, and nothing reads it after."""
        return v in self.owned and self.lives.end_in(v, nodes)

    def _memory(self, v: Variable) -> Memory:
        """Where the array of a large value comes from."""
        if v in self.stores:
            return partial(spare, self.stores[v])
        if self.room is None or v in self.leaving:
            return np.empty
        return partial(self.room.take, self.names[v])

    def _product(self, node: Apply, text: str, names: Sequence[str]) -> str | None:
        """A product of matrices, written into memory of the last call where it is large."""
        out = node.outputs[0]
        if self.room is None or not isinstance(node.op, Dot) or out.ndim != 2:
            return None
        if out in self.leaving:
            return None
        self.bindings["room"] = self.room.take
        rows, columns = f"{names[0]}.shape[0]", f"{names[1]}.shape[1]"
        place = f"room({self.names[out]!r}, ({rows}, {columns}), {out.dtype!r})"
        return f"{text[:-1]}, out={place}) if {rows} * {columns} > 9999 else {text}"

    def _here(self, node: Apply, text: str) -> str | None:
        """Elements that are set in the array itself, where this is its last use."""
        x = node.inputs[0] if node.inputs else None
        if not isinstance(node.op, IncSubtensor) or x is None or node.inputs.count(x) > 1:
            return None
        if not self.is_free(x, [node]):
            return None
        return f"{text[:-1]}, here=True)"

    def _total(self, node: Apply, names: Sequence[str]) -> str | None:
        """The sum of a vector, by what adds up a few numbers faster than NumPy does."""
        if not adds_up(node):
            return None
        self.bindings["total_"] = total
        return f"total_({names[0]}) if {names[0]}.size < {FEW} else add.reduce({names[0]})"

    def bind(self, text: str, arguments: list[str]) -> None:
        """Bind the functions that an expression names: kernels first, then NumPy."""
        known = set(arguments)
        for found in IDENTIFIER.findall(STRINGS.sub("''", text) if "'" in text else text):
            if found in known or found in self.bindings or found in self.taken or found in SKIPPED:
                continue
            value = getattr(kernels, found, None)
            if value is not None or not hasattr(builtins, found) or hasattr(np, found):
                self.bindings[found] = direct(getattr(np, found)) if value is None else value

    def performing(self, node: Apply) -> Callable[..., Any]:
        """The function that runs an op without a NumPy expression; it gives all results."""
        if node.op.runner is not None:
            found: Callable[..., Any] = FUNCTIONS[node.op.runner](node.op)
            return found
        return performer(node)

    def check_shapes(self, node: Apply, meets: Meets | None = None) -> None:
        """Compare the shapes of operands that must agree, once for each pair."""
        full, like = meets or meeting(node)
        if len(full) > 1:
            for i, j in pairwise(full):
                self._compare(node, node.inputs[i], node.inputs[j])
        if like is not None:
            v = node.inputs[like]
            self.shapes[node.outputs[0]] = self.shapes.get(v, v)

    def _compare(self, node: Apply, a: Variable, b: Variable) -> None:
        same_a, same_b = self.shapes.get(a, a), self.shapes.get(b, b)
        if same_a is same_b:
            return
        self.compared.setdefault((node, a), same_a)
        self.compared.setdefault((node, b), same_b)
        axes = [
            i
            for i in range(-min(a.ndim, b.ndim), 0)
            if not a.broadcastable[i] and not b.broadcastable[i]
        ]
        if len(axes) == a.ndim == b.ndim:
            self.shapes[b] = same_a
        if axes:
            self.compare(node, same_a, same_b, axes)  # these are computed outside of any group

    def differing(self, test: str) -> str:
        """A comparison of shapes as the program makes it."""
        return test

    def compare(self, node: Apply, a: Variable, b: Variable, axes: Sequence[int]) -> None:
        """A line that compares shapes, in all dimensions or along these axes."""
        x, y = self.name(a), self.name(b)
        if len(axes) == a.ndim == b.ndim:
            test = f"{x}.shape != {y}.shape"
        else:
            test = " or ".join(f"{x}.shape[{i}] != {y}.shape[{i}]" for i in axes)
        self.body.append(Line(f"if {self.differing(test)}: raise ShapesDifferError", node))
        self.bindings["ShapesDifferError"] = ShapesDifferError
