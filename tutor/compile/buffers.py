"""The buffer plan: liveness says when each array is read for the last time; the call that does so
may write its result there.

Comes after scheduling. What is written over is a new array that nothing else holds: no argument, no
shared value, nothing that is seen outside of the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tutor.compile.lowering import Buffer, Call, Fused, Program
from tutor.core.graph import Variable


def follow_views(program: Program) -> None:
    """Note of every result that is a part of an operand, or is it, which array that is."""
    for call in program.calls:
        for i, places in call.op.view_map.items():
            program.roots[call.results[i]] = program.root(call.operands[places[0]])


class Liveness:
    """Which call reads an array last, also through a view; never for what is seen outside."""

    def __init__(self, program: Program) -> None:
        self.root = program.root
        self.last: dict[Variable, float] = {}
        self.place: dict[Call, int] = {}
        for i, call in enumerate(program.calls):
            self.place[call] = i
            self.last |= {self.root(v): i for v in call.reads}
        self.last |= {self.root(v): float("inf") for v in program.outputs}

    def end_in(self, v: Variable, calls: Sequence[Call]) -> bool:
        """Whether an array is read for the last time by these calls, and by them as it is."""
        return self.root(v) is v and self.last.get(v, -1) <= self.place[calls[-1]] and all(
            u is v for call in calls for u in call.reads if self.root(u) is v)


def plan_buffers(program: Program, kept: Iterable[Variable] | None = None,
                 inside: Iterable[Variable] = ()) -> None:
    """Give the calls their buffers. `kept` says which results are the next values of shared
    variables; those `inside` are outputs of the program, and not seen outside of the call."""
    plan = Plan(program, kept, set(inside))
    for part in program.instructions:
        if isinstance(part, Fused):
            plan.fused(part)
        elif isinstance(part, Call):
            plan.call(part)


class Plan:
    """The plan as far as it got, on the way through a program."""

    def __init__(self, program: Program, kept: Iterable[Variable] | None,
                 inside: set[Variable]) -> None:
        self.live = Liveness(program)
        self.owned, self.pooled, self.kept = program.owned, kept is not None, set(kept or ())
        self.leaving = set(program.outputs) - inside  # what is seen outside of the call

    def free(self, v: Variable, calls: Sequence[Call]) -> bool:
        """Whether these calls may write over an array: it is new, and nothing reads it after."""
        return v in self.owned and self.live.end_in(v, calls)

    def call(self, call: Call) -> None:
        """The buffer of one call, and what it does to what is owned."""
        call.buffer = self._buffer(call)
        self.owned.discard(call.buffer)  # though its shape may yet be asked for
        if call.op.makes_arrays:
            self.owned.update(call.results)
        elif not call.op.view_map:  # it may have given a part of what it read
            self.owned.difference_update(map(self.live.root, call.reads))

    def _buffer(self, call: Call) -> Buffer:
        op, out = call.op, call.results[0]
        if op.elementwise and out.ndim:
            return next((v for v in call.operands
                         if v.type is out.type and self.free(v, [call])), None)
        if op.takes_inplace and call.operands.count(call.operands[0]) == 1:
            return call.operands[0] if self.free(call.operands[0], [call]) else None
        pooled = self.pooled and op.takes_out and out.ndim == 2 and out not in self.leaving
        return "pool" if pooled else None

    def fused(self, fused: Fused) -> None:
        """The buffers of calls that run in blocks: a result may be written over a leaf that nobody
        needs any more, once it was read."""
        dying = [v for v in fused.leaves if v.ndim > 1 and self.free(v, fused.calls)]
        for call in fused.calls:
            self.call(call)
        for v in [v for v in fused.results if v.ndim]:
            unseen: Buffer = None if v in self.leaving else "pool"
            fused.buffers[v] = "kept" if v in self.kept else unseen
        for old in dying:
            last = max(i for i, call in enumerate(fused.calls) if old in call.operands)
            for new in [v for v in fused.buffers if v not in self.leaving]:
                made = next(i for i, call in enumerate(fused.calls) if new in call.results)
                if new.type is old.type and made >= last and not isinstance(
                        fused.buffers[new], Variable):
                    fused.buffers[new] = old
                    self.owned.discard(old)
                    break
