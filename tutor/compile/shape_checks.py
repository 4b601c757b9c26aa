"""The pass of broadcast checks: operands that meet elementwise have the same sizes, but for those
that are 1 by their type. NumPy would stretch a dimension that merely happens to be 1.

Comes after lowering. A pair is compared once; what follows from other pairs is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from tutor.compile.lowering import Call, Program, Segment, ShapeCheck, calls_of
from tutor.core.graph import Apply, Variable


def check_shapes(program: Program) -> None:
    """Put the checks before the instructions whose operands they compare."""
    checks = Checks(program)
    for segment in program.segments:
        known = dict(checks.same)
        parts = [([check for call in calls_of(part) for check in checks.before(call)], part)
                 for part in segment.instructions]
        segment.instructions = [i for found, part in parts for i in (*found, part)]
        if segment.guard:  # what was compared in one branch may not have been
            checks.same.clear()
            checks.same.update(known)
    program.segments.append(Segment([
        check for call in program.commits.values() for check in checks.before(call)]))


class Checks:
    """What is known to have one shape, on the way through a program."""

    def __init__(self, program: Program) -> None:
        self.same, self.compared = program.same_shape, program.compared

    def before(self, call: Call) -> list[ShapeCheck]:
        """The checks that a call needs, which are made once for each pair."""
        if call.renames:
            x, *others = call.operands
            pairs: Iterable[Sequence[Variable]] = [(x, v) for v in others]
            like: Variable | None = x
        else:
            full = stretching(call.node)
            pairs = pairwise(full)
            pattern = getattr(call.results[0], "broadcastable", None)
            like = next((v for v in full if v.broadcastable == pattern), None)
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
