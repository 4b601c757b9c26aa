"""The passes in their order, from a graph to a program that a back end prints or runs; among them
fusion (elementwise calls over values of one shape become one instruction, which runs in blocks)
and scheduling (what makes little of much runs as soon as it can).

>>> import tutor.tensor as T; x, w = T.dvector("x"), T.dmatrix("w")
>>> [type(part).__name__ for part in planned([x, w], [T.dot(w, T.exp(x) * 2)]).instructions]
['Fused', 'Call']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tutor.compile.buffers import follow_views, plan_buffers
from tutor.compile.inplace import in_place, others
from tutor.compile.lowering import Call, Fused, Instruction, Program, calls_of, check_shapes, lower
from tutor.compile.rules.engine import rewritten
from tutor.compile.rules.loops import optimized
from tutor.core.graph import Variable
from tutor.core.op import Op
from tutor.core.types import TensorType
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
            kept: Iterable[Variable] = (), inside: Iterable[Variable] = (),
            commits: Mapping[Variable, Call] = {}) -> Program:
    """The program of a graph after all passes (see `plan_buffers` for `kept` and `inside`, and
    `in_place` for `commits`)."""
    program = lower(inputs, outputs)
    program.commits = commits
    fuse(program)
    schedule(program)
    check_shapes(program)
    for part in program.instructions:
        if isinstance(part, Fused):
            leave_out_copies(part)
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
    return planned(inputs, [*outputs, *before], shared.values(), set(before) - seen, commits)


def inner_graph(op: Op) -> tuple[Sequence[Variable], list[Variable]]:
    """The graph inside of an op, rewritten: its inputs and outputs."""
    assert op.inner is not None
    inputs, outputs = op.inner
    return inputs, rewritten(optimized(outputs, inputs)[0], inputs)[0]


MOST_CALLS = 2000  # programs of more are long, not large: looking for what to fuse costs more


def fuse(program: Program) -> None:
    """Bring the elementwise calls of each segment together."""
    needed = set(program.outputs)
    for segment in reversed(program.segments):
        calls: list[Call] = list(segment.instructions)  # type: ignore[arg-type]
        if len(calls) <= MOST_CALLS:
            segment.instructions = fused(calls, needed)
        needed.update(v for call in calls for v in call.operands)


def fused(calls: Sequence[Call], needed: Iterable[Variable]) -> list[Instruction]:
    """Calls in an order in which they can run, those that can run together fused.

    >>> import tutor.tensor as T
    >>> from tutor.compile.lowering import lower
    >>> x = T.dvector("x"); y = T.exp(-x ** 2)
    >>> [len(part.calls) for part in fused([*lower([x], [y]).calls], [y])]
    [3]
    """
    grouping = Grouping(needed)
    for call in calls:
        grouping.place(call)
    return grouping.finished()


def is_full(v: Variable, pattern: tuple[bool, ...]) -> bool:
    """Whether an operand has the shape of a result of this pattern, stretching nowhere."""
    return isinstance(v.type, TensorType) and v.broadcastable == pattern


def can_join(call: Call) -> bool:
    """Whether a call is elementwise with a dimension of unknown size and a full operand."""
    if not call.op.elementwise or len(call.results) != 1:
        return False
    pattern = call.results[0].broadcastable
    return not all(pattern) and any(is_full(v, pattern) for v in call.operands)


def folds(call: Call) -> bool:
    """Whether a call takes whole arrays of one shape together to one number."""
    out = call.results[0]
    return bool(call.op.folds) and not out.ndim and all(
        v.dtype == out.dtype for v in call.operands)


def folds_rows(call: Call) -> bool:
    """Whether a call takes each row of an array together, and keeps its dimension."""
    out = call.results[0]
    if not call.op.folds or len(call.operands) != 1 or out.ndim < 2:
        return False
    (x,) = call.operands
    return x.ndim == out.ndim and x.dtype == out.dtype and not out.broadcastable[0] and (
        x.broadcastable != out.broadcastable)


class Grouping:
    """One walk over the calls in order: groups stay open until something outside needs them. What
    is one number a row is in the group of the rows that it comes from."""

    def __init__(self, needed: Iterable[Variable]) -> None:
        self.rows: dict[Variable, Variable] = {}  # one number a row -> the array
        self.roots: dict[Variable, Variable] = {}
        self.open: dict[Variable, list[Call]] = {}  # root of the shape -> calls
        self.home: dict[Variable, Variable] = {}  # variable of an open group -> that root
        self.parts: list[list[Call]] = []
        self.shapes: list[Variable | None] = []  # of each part, where it is a group
        self.needed = set(needed)

    def root(self, v: Variable) -> Variable:
        """The variable that stands for all of this shape."""
        while v in self.roots:
            v = self.roots[v]
        return v

    def place(self, call: Call) -> None:
        """Put a call into an open group, or behind all that it needs: a number that is folded is
        there when all blocks are done."""
        key = self._key(call)
        for v in call.operands:
            home = self.home.get(v)
            if home is not None and (key is None or home is not key or not v.ndim):
                self.close(home)
        if key is None:
            self.parts.append([call])
            self.shapes.append(None)
            return
        self.open.setdefault(key, []).append(call)
        for v in call.results:
            self.home[v] = key

    def _key(self, call: Call) -> Variable | None:
        """The shape of the group a call belongs to; None where it is in none."""
        if folds(call):
            full = [self.root(v) for v in call.operands]
            pattern = call.operands[0].broadcastable
            if self.home.keys().isdisjoint(call.operands) or not all(
                    is_full(v, pattern) for v in call.operands):
                return None
        elif self._in_rows(call):
            x = next(v for v in call.operands if v in self.home)
            self.rows[call.results[0]] = self.rows.get(x, x)
            return self.home[x]
        elif can_join(call):
            pattern = call.results[0].broadcastable
            full = [self.root(v) for v in (*call.operands, *call.results) if is_full(v, pattern)]
        else:
            return None
        key = next((r for r in full if r in self.open), full[0])
        for r in full:
            if r is not key:  # two open groups turn out to have one shape, and to be one
                moved = self.open.pop(r, [])
                if moved:
                    self.open[key] = [*self.open.get(key, []), *moved]
                    self.home |= {v: key for other in moved for v in other.results}
                self.roots[r] = key
        return key

    def _in_rows(self, call: Call) -> bool:
        """Whether a call takes the rows of a group together, or is elementwise over what has one
        number for each of them, and others from outside."""
        inside = [v for v in call.operands if v in self.home]
        if len({self.home[v] for v in inside}) != 1:
            return False
        if folds_rows(call):
            return inside[0] not in self.rows
        return can_join(call) and all(
            v in self.rows and v.broadcastable == call.results[0].broadcastable for v in inside)

    def close(self, key: Variable) -> None:
        """End a group: nothing joins it any more."""
        calls = self.open.pop(key, [])
        for call in calls:
            for v in call.results:
                self.home.pop(v, None)
        if calls:
            self.parts.append(calls)
            self.shapes.append(key)

    def finished(self) -> list[Instruction]:
        """All parts in order; a group that is one cheap call gains nothing, and is that call, but
        for stacks of matrices inside, whose memory is kept."""
        for key in list(self.open):
            self.close(key)
        users = Counter(v for calls in self.parts for call in calls for v in call.operands)
        return [self._fused(calls, shape, users) if shape is not None and (
                    len(calls) > 1 or self._gains(calls[0])) else calls[0]
                for calls, shape in zip(self.parts, self.shapes, strict=True)]

    def _gains(self, call: Call) -> bool:
        """Whether a call by itself gains by blocks, or by memory that is kept."""
        out = call.results[0]
        return not call.op.cheap or (out.ndim > 2 and out not in self.needed)

    def _fused(self, calls: list[Call], key: Variable, users: Counter[Variable]) -> Fused:
        made = {v for call in calls for v in call.results}
        inside = Counter(v for call in calls for v in call.operands)
        leaves = [v for v in inside if v not in made]
        results = [v for call in calls for v in call.results
                   if v in self.needed or users[v] > inside[v]]
        root = self.root(key)
        shape = next(v for v in leaves if self.root(v) is root and v.ndim == root.ndim)
        return Fused(calls, leaves, results, shape)


def leave_out_copies(fused: Fused) -> None:
    """Take out the calls that give an operand as it is, such as one stretched to the shape that it
    was found to have: operand and result are one."""
    for copy in list(fused.calls):
        out, read = copy.results[0], copy.reads
        if not copy.op.same_numbers or len(read) != 1 or read[0].type is not out.type:
            continue
        old, new = (out, read[0]) if out not in fused.results else (read[0], out)
        if old in fused.results or old in fused.leaves:
            continue
        rest = [call for call in fused.calls if call is not copy]
        leaves = [v for v in fused.leaves
                  if v is new or any(v in call.operands for call in rest)]
        shapes = [v for v in leaves if v.broadcastable == fused.shape.broadcastable]
        if not shapes:
            continue
        for call in rest:
            call.operands = [new if v is old else v for v in call.operands]
            call.results = [new if v is old else v for v in call.results]
        fused.calls, fused.leaves = rest, leaves
        fused.shape = fused.shape if fused.shape in leaves else shapes[0]


def schedule(program: Program) -> None:
    """Order the instructions of each segment: what makes little of much (a sum, a product with the
    transpose of an array) runs as soon as it can. The array is in the cache still, and what comes
    next may be written over it."""
    for segment in program.segments:
        segment.instructions = early(segment.instructions)


def early(parts: Sequence[Instruction]) -> list[Instruction]:
    """The parts in an order in which sums, products of matrices and views come as soon as what
    they read is there.

    >>> import tutor.tensor as T
    >>> x, w = T.dmatrices("x", "w")
    >>> a = T.dot(x, w)
    >>> from tutor.compile.lowering import lower
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
                behind.setdefault(at, []).append(part)
                place |= dict.fromkeys(part.results, at)
                continue
        place |= {v: len(kept) for call in calls_of(part) for v in call.results}
        kept.append(part)
    return [p for i, part in enumerate(kept) for p in (part, *behind.get(i, ()))]
