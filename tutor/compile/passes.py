"""The passes in their order: from a graph to a program that a back end prints or runs.

Comes after the passes themselves.

>>> import tutor.tensor as T; x = T.dvector("x")
>>> [type(part).__name__ for part in planned([x], [T.exp(x) * 2, x.sum()]).instructions]
['Fused', 'Call']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tutor.compile.buffers import follow_views, plan_buffers
from tutor.compile.fusion import fuse
from tutor.compile.lowering import Call, Program, lower
from tutor.compile.rules.engine import rewritten
from tutor.compile.rules.loops import lean
from tutor.compile.schedule import schedule
from tutor.compile.shape_checks import check_shapes
from tutor.graph import Apply, Op, Variable
from tutor.graph.container import Container

Nodes = Sequence[Apply] | None  # those of the graph in order, where they are known


def checked(inputs: Sequence[Variable], outputs: Sequence[Variable], nodes: Nodes = None
            ) -> Program:
    """The program of a graph in the order of its nodes, with the checks it needs."""
    program = lower(inputs, outputs, nodes)
    check_shapes(program)
    follow_views(program)
    return program


def plain(inputs: Sequence[Variable], outputs: Sequence[Variable], nodes: Nodes = None) -> Program:
    """The same, with results written over what nobody needs any more."""
    program = checked(inputs, outputs, nodes)
    plan_buffers(program)
    return program


def planned(inputs: Sequence[Variable], outputs: Sequence[Variable], nodes: Nodes = None,
            kept: Mapping[Variable, Container] | None = None, inside: Iterable[Variable] = (),
            commits: Mapping[Variable, Call] | None = None) -> Program:
    """The program of a graph after all passes (see `plan_buffers` for `kept` and `inside`, and
    `in_place` for `commits`)."""
    program = lower(inputs, outputs, nodes)
    program.commits = commits or {}
    fuse(program)
    schedule(program)
    check_shapes(program)
    follow_views(program)
    plan_buffers(program, kept or {}, inside)
    return program


def inner_graph(op: Op) -> tuple[Sequence[Variable], list[Variable]]:
    """The graph inside of an op, rewritten: its inputs and outputs."""
    assert op.inner is not None
    inputs, outputs = op.inner
    return inputs, rewritten(lean(outputs, inputs)[0], inputs)[0]
