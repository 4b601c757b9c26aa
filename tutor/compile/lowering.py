"""The lowered program: a list of instructions, made in one place from the rewritten graph.

Passes rewrite it, back ends print or run it: an instruction is plain data (what is called, on which
operands, for which results, in which buffer), in which variables name the values.
>>> import tutor.tensor as T; x = T.dvector("x")
>>> [(call.op.name, len(call.operands)) for call in lower([x], [T.exp(x) * 2]).calls]
[('exp', 1), ('mul', 2)]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from tutor.core.graph import Apply, Variable
from tutor.core.op import Op
from tutor.core.types import TensorType
from tutor.core.walk import toposort
from tutor.ops.control import ALWAYS, Guard, guards_of, node_guard

#: Where a result is written: over an operand, into the array that a shared variable had before its
#: value, or into one that the function keeps between its calls; None is a new array.
Buffer = Variable | Literal["pool", "kept"] | None


@dataclass(slots=True, eq=False)
class Call:
    """results = op(operands). An operand may be exchanged for another of its type; `node` tells
    where the call comes from."""

    op: Op
    operands: list[Variable]
    results: list[Variable]
    node: Apply
    buffer: Buffer = None

    @property
    def reads(self) -> list[Variable]:
        """The operands whose numbers it looks at; of the others it needs the shape alone."""
        return self.operands[self.op.reads]

    @property
    def renames(self) -> bool:
        """Whether its result is its first operand as it is."""
        return self.op.whole_view and self.op.keeps_shape


@dataclass(slots=True, eq=False)
class ShapeCheck:
    """An error of `node` where two values have not the same sizes along `axes`."""

    node: Apply
    first: Variable
    second: Variable
    axes: list[int]

    @property
    def whole(self) -> bool:
        """Whether all their sizes are compared."""
        return len(self.axes) == self.first.ndim == self.second.ndim


@dataclass(slots=True, eq=False)
class Fused:
    """Elementwise calls over values of one shape, in blocks where these are large: what comes in
    from outside, what is needed outside, and a leaf that has the shape of all."""

    calls: list[Call]
    leaves: list[Variable]
    results: list[Variable]
    shape: Variable
    buffers: dict[Variable, Buffer] = field(default_factory=dict)


Instruction = Call | ShapeCheck | Fused


def calls_of(instruction: Instruction) -> Sequence[Call]:
    """The calls of an instruction."""
    if isinstance(instruction, Fused):
        return instruction.calls
    return (instruction,) if isinstance(instruction, Call) else ()


@dataclass(slots=True, eq=False)
class Segment:
    """Instructions in a row, under the conditions that their branch of an `ifelse` is taken."""

    instructions: list[Instruction]
    guard: Guard = ALWAYS


@dataclass(eq=False)
class Program:
    """The instructions of a graph, and what passes found out about its values."""

    inputs: list[Variable]
    outputs: list[Variable]
    segments: list[Segment]
    commits: Mapping[Variable, Call] = field(default_factory=dict)  # in place, after all else
    same_shape: dict[Variable, Variable] = field(default_factory=dict)  # what has whose shape
    compared: dict[tuple[Apply, Variable], Variable] = field(default_factory=dict)
    roots: dict[Variable, Variable] = field(default_factory=dict)  # of which array it is a view
    owned: set[Variable] = field(default_factory=set)  # new arrays that nothing else holds

    @property
    def instructions(self) -> Iterator[Instruction]:
        """All of them, in order."""
        for segment in self.segments:
            yield from segment.instructions

    @property
    def calls(self) -> Iterator[Call]:
        """All calls, in order."""
        for instruction in self.instructions:
            yield from calls_of(instruction)

    @property
    def guarded(self) -> set[Variable]:
        """The values that are computed in one branch only."""
        return {v for segment in self.segments if segment.guard
                for part in segment.instructions for call in calls_of(part) for v in call.results}

    def conditions(self, segment: Segment) -> list[tuple[Variable, bool]]:
        """What a segment asks for; a condition that is itself needed under others comes last."""
        made = {v: i for i, call in enumerate(self.calls) for v in call.results}
        return sorted(segment.guard, key=lambda part: (made.get(part[0], -1), part[1]))

    def compared_as(self, node: Apply, v: Variable) -> Variable:
        """The value that stands for an operand where its shape is compared."""
        return self.compared.get((node, v), self.same_shape.get(v, v))

    def root(self, v: Variable) -> Variable:
        """The array that a value is, or is a view of."""
        return self.roots.get(v, v)


def branches(node: Apply) -> bool:
    """Whether a node may leave some of its operands alone, as an `ifelse` does."""
    return type(node.op).required is not Op.required


def lower(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> Program:
    """The program of a graph: a call a node, in their order, cut where another branch begins."""
    nodes = toposort(outputs, stop=inputs)
    guards = guards_of(nodes, outputs) if any(map(branches, nodes)) else {}
    segments = [Segment([])]
    for node in nodes:
        guard = node_guard(node, guards) if guards else ALWAYS
        if guard != segments[-1].guard:
            segments.append(Segment([], guard))
        segments[-1].instructions.append(Call(node.op, node.inputs, node.outputs, node))
    return Program(list(inputs), list(outputs), segments)


def check_shapes(program: Program) -> None:
    """Put broadcast checks before the instructions whose operands they compare: what meets
    elementwise has the same sizes, but for those that are 1 by their type (NumPy would stretch a
    dimension that merely happens to be 1). A pair is compared once."""
    checks = Checks(program)
    for segment in program.segments:
        known = dict(checks.same) if segment.guard else checks.same
        given, segment.instructions = segment.instructions, []
        for part in given:
            for call in calls_of(part):
                segment.instructions += checks.before(call, isinstance(part, Fused))
            segment.instructions.append(part)
        if segment.guard:  # what was compared in one branch may not have been
            checks.same.clear()
            checks.same.update(known)
    program.segments.append(Segment([
        check for call in program.commits.values() for check in checks.before(call)]))


class Checks:
    """What is known to have one shape, on the way through a program."""

    def __init__(self, program: Program) -> None:
        self.same, self.compared = program.same_shape, program.compared

    def before(self, call: Call, in_blocks: bool = False) -> list[ShapeCheck]:
        """The checks that a call needs, which are made once for each pair; where it runs in blocks
        these compare also what a product of vectors would."""
        if call.renames:
            x, *others = call.operands
            pairs: Iterable[Sequence[Variable]] = [(x, v) for v in others]
            like: Variable | None = x
        else:
            full = call.operands if in_blocks and call.op.folds else stretching(call.node)
            pairs = pairwise(full)
            pattern = getattr(call.results[0], "broadcastable", None)
            like = next((v for v in full if v.broadcastable == pattern), None)
            if in_blocks and like is None:  # one number a row has the sizes of the array it is of
                like = next(iter(call.operands), None) if call.results[0].ndim else None
        found = [check for a, b in pairs if (check := self._compared(call.node, a, b))]
        if like is not None:
            self.same[call.results[0]] = self.same.get(like, like)
        return found

    def _compared(self, node: Apply, a: Variable, b: Variable) -> ShapeCheck | None:
        first, second = self.same.get(a, a), self.same.get(b, b)
        if first is second:
            return None
        self.compared.setdefault((node, a), first)
        self.compared.setdefault((node, b), second)
        axes = [i for i in range(-min(a.ndim, b.ndim), 0)
                if not a.broadcastable[i] and not b.broadcastable[i]]
        if len(axes) == a.ndim == b.ndim:
            self.same[b] = first
        return ShapeCheck(node, first, second, axes) if axes else None


def stretching(node: Apply) -> list[Variable]:
    """The operands of an elementwise operation whose sizes are not all known to be 1."""
    return [v for v in node.inputs if False in v.broadcastable] if node.op.elementwise else []


SCALAR = TensorType("float64", ())


def is_scalar(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> bool:
    """Whether all values are 0-d float64 and all ops know how to work on Python floats."""
    nodes = toposort(outputs, stop=inputs)
    read = [v for node in nodes for v in node.inputs]
    return all(v.type is SCALAR for v in (*inputs, *outputs, *read)) and all(
        node.op.elementwise and node.op.scalar is not None for node in nodes)
