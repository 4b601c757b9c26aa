"""The passes in their order: from a graph to a program that a back end prints or runs.

Comes after the passes themselves.

>>> import tutor.tensor as T; x, w = T.dvector("x"), T.dmatrix("w")
>>> [type(part).__name__ for part in planned([x, w], [T.dot(w, T.exp(x) * 2)]).instructions]
['Fused', 'Call']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tutor.compile.buffers import follow_views, plan_buffers
from tutor.compile.fusion import fuse, schedule
from tutor.compile.inplace import in_place, others
from tutor.compile.lowering import Call, Program, check_shapes, lower
from tutor.compile.rules.engine import rewritten
from tutor.compile.rules.loops import optimized
from tutor.containers import Container
from tutor.core.graph import Variable
from tutor.core.op import Op
from tutor.core.variables import SharedVariable


def checked(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> Program:
    """The program of a graph in the order of its nodes, with the checks it needs."""
    program = lower(inputs, outputs)
    check_shapes(program)
    follow_views(program)
    return program


def plain(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> Program:
    """The same, with results written over what nobody needs any more."""
    program = checked(inputs, outputs)
    plan_buffers(program)
    return program


def planned(inputs: Sequence[Variable], outputs: Sequence[Variable],
            kept: Mapping[Variable, Container] = {}, inside: Iterable[Variable] = (),
            commits: Mapping[Variable, Call] = {}) -> Program:
    """The program of a graph after all passes (see `plan_buffers` for `kept` and `inside`, and
    `in_place` for `commits`)."""
    program = lower(inputs, outputs)
    program.commits = commits
    fuse(program)
    schedule(program)
    check_shapes(program)
    follow_views(program)
    plan_buffers(program, kept, inside)
    return program


def with_updates(inputs: Sequence[Variable], outputs: Sequence[Variable],
                 updates: Mapping[Variable, Variable]) -> Program:
    """The program after all passes, without the last calls of updates that may be done in place."""
    if not updates:
        return planned(inputs, outputs)
    shared = {s: v for s, v in updates.items() if isinstance(s, SharedVariable)}
    commits = in_place(shared, outputs)
    before = [u for s, v in updates.items()
              for u in (others(commits[s].operands, s) if s in commits else [v])]
    seen = {*outputs, *[v for s, v in updates.items() if s not in commits]}
    kept = {v: s.container for s, v in shared.items()}
    return planned(inputs, [*outputs, *before], kept, set(before) - seen, commits)


def inner_graph(op: Op) -> tuple[Sequence[Variable], list[Variable]]:
    """The graph inside of an op, rewritten: its inputs and outputs."""
    assert op.inner is not None
    inputs, outputs = op.inner
    return inputs, rewritten(optimized(outputs, inputs)[0], inputs)[0]
