"""The passes in their order: from a graph to a program that a back end prints or runs.

Comes after the passes themselves.

>>> import tutor.tensor as T; x, w = T.dvector("x"), T.dmatrix("w")
>>> [type(part).__name__ for part in planned([x, w], [T.dot(w, T.exp(x) * 2)]).instructions]
['Fused', 'Call']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tutor.compile.buffers import follow_views, plan_buffers
from tutor.compile.fusion import fuse
from tutor.compile.lowering import Call, Instruction, Program, calls_of, lower
from tutor.compile.rules.engine import rewritten
from tutor.compile.rules.loops import optimized
from tutor.compile.shape_checks import check_shapes
from tutor.core.graph import Apply, Variable
from tutor.core.op import Op
from tutor.core.shared import Container

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
    return inputs, rewritten(optimized(outputs, inputs)[0], inputs)[0]


def schedule(program: Program) -> None:
    """Order the instructions of each segment: what makes little of much (a sum, a product with the
    transpose of an array) runs as soon as it can. The array is in the cache still, and what comes
    next may be written over it."""
    for segment in program.segments:
        segment.instructions = early(segment.instructions)


def early(parts: Sequence[Instruction]) -> list[Instruction]:
    """The parts in an order in which sums, products of matrices and views come as soon as what
    they read is there; sums before products, which push the rest out of the cache.

    >>> import tutor.tensor as T
    >>> x, w = T.dmatrices("x", "w")
    >>> a = T.dot(x, w)
    >>> found = lower([x, w], [T.dot(w.T, T.exp(a)), a.sum()])
    >>> [call.op.name for call in early([*found.calls])]
    ['dimshuffle', 'dot', 'sum', 'exp', 'dot']
    """
    place: dict[Variable, int] = {}  # behind which of those that stay a variable is there
    kept: list[Instruction] = []
    behind: dict[int, list[Call]] = {}
    for part in parts:
        if isinstance(part, Call) and part.op.prompt:
            at = max((place.get(v, -1) for v in part.operands), default=-1)
            if at >= 0:
                _put(part, behind.setdefault(at, []))
                place |= dict.fromkeys(part.results, at)
                continue
        place |= {v: len(kept) for call in calls_of(part) for v in call.results}
        kept.append(part)
    return [p for i, part in enumerate(kept) for p in (part, *behind.get(i, ()))]


def _put(call: Call, others: list[Call]) -> None:
    """Put a call behind others, but a sum or a view before the products that it does not need."""
    i = len(others)
    while i and call.op.prompt == 1:
        before = others[i - 1]
        if before.op.prompt == 1 or before.results[0] in call.operands:
            break
        i -= 1
    others.insert(i, call)
