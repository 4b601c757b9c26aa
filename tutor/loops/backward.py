"""The gradient of a loop is a loop that runs backwards.

At each step it takes the values the forward step saw and the cotangents that arrive, pulls them
back through the inner graph, and carries on what belongs to earlier values of a state and to the
constants. What the inner graph drew at random is kept by the forward loop, not drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.core.arrays import dimshuffle, zeros_like
from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import cast, fill, le, minimum
from tutor.core.gradient import pull_back
from tutor.core.graph import Apply, Variable
from tutor.core.row import rebroadcast
from tutor.core.types import DISCRETE, NullType, TensorType
from tutor.core.walk import ancestors, rebuild, toposort
from tutor.loops.loop import BACKWARD, Loop, State
from tutor.ops.creation import alloc
from tutor.ops.indexing import set_subtensor
from tutor.ops.stacks import concatenate, stack


def smooth(v: Variable) -> bool:
    """Whether a variable can have a cotangent."""
    return isinstance(v.type, TensorType) and v.dtype not in DISCRETE


class Backward:
    """Builds the backward loop of one application of a loop."""

    def __init__(
        self,
        loop: Loop,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        cotangents: Sequence[Variable],
    ) -> None:
        n_seq, n_state = loop.sequences, len(loop.states)
        self.loop, self.inputs, self.outputs = loop, list(inputs), list(outputs)
        self.cotangents = list(cotangents)
        self.seqs, self.inits = inputs[1 : 1 + n_seq], inputs[1 + n_seq : 1 + n_seq + n_state]
        self.constants = inputs[1 + n_seq + n_state :]
        taps = loop.taps()
        self.inner_seqs = loop.inputs[:n_seq]
        self.inner_taps = dict(zip(taps, loop.inputs[n_seq:], strict=False))
        self.inner_constants = loop.inputs[n_seq + len(taps) :]
        self.steps = self._steps()
        self.sequences: list[tuple[Variable, Variable]] = []  # outer (reversed), inner
        self.carried: list[tuple[Variable, Variable, Variable]] = []  # initial, inner, new value
        self.saved: dict[Variable, Variable] = {}  # forward value, inner variable it comes in
        self.changing = changing_with(loop)
        self.stacked: list[Variable] = []  # results of a step that are stacked

    def _steps(self) -> Variable:
        """How many steps were taken."""
        if not self.loop.until:
            return self.inputs[0]
        for v, kept in zip(self.outputs, self.loop.kept, strict=True):
            if kept and isinstance(v.type, TensorType):
                return shape_of(v)[0]
        return self.inputs[0]

    def cotangents_of_inputs(self) -> list[Variable | None]:
        """One cotangent an input of the node."""
        totals, pulls = self._pulled()
        if any(isinstance(pulls[v].type, NullType) for v in self.inner_taps.values() if v in pulls):
            return [None, *[_undefined(v) for v in self.inputs[1:]]]
        undefined = {v for v, g in pulls.items() if isinstance(g.type, NullType)}
        totals, pulls = self._by_shape(totals, {v: pulls[v] for v in pulls if v not in undefined})
        self._sequences_for([*pulls.values(), *totals.values()])
        accumulators = self._carry(pulls)
        with_cotangent = [v for v in self.inner_seqs if v in pulls]
        self.stacked = [pulls[v] for v in with_cotangent]
        results = self._run()
        at_states, stacked = results[: len(self.carried)], results[len(self.carried) :]
        found: list[Variable | None] = [None]
        for outer, inner in zip(self.seqs, self.inner_seqs, strict=True):
            place = with_cotangent.index(inner) if inner in pulls else None
            found.append(None if place is None else self._placed(outer, stacked[place]))
        found += [self._initial(i, accumulators, at_states) for i in range(len(self.inits))]
        for inner in self.inner_constants:
            place = accumulators.get(inner)
            found.append(None if place is None else at_states[place])
        for inner, place in zip(self.loop.inputs, self._places(), strict=True):
            if inner in undefined:
                found[place] = _undefined(inner)
        return found

    def _places(self) -> list[int]:
        """The number of the node's input behind each inner input."""
        n, m = len(self.seqs), len(self.inits)
        taps = [1 + n + i for i, _ in self.loop.taps()]
        constants = range(1 + n + m, 1 + n + m + len(self.constants))
        return [*range(1, 1 + n), *taps, *constants]

    def _pulled(self) -> tuple[dict[Variable, Variable], dict[Variable, Variable]]:
        """The cotangent of each inner result, and what they pull back to the inner inputs."""
        self.arriving: dict[int, Variable] = {}  # state -> inner variable carried to it
        seeds: dict[Variable, Variable] = {}
        for i, (result, kept) in enumerate(zip(self.loop.results, self.loop.kept, strict=True)):
            if not smooth(result):
                continue
            total: Variable | None = None
            if kept:
                total = result.type()
                self.sequences.append((self.cotangents[i][::-1], total))
            if i < len(self.loop.states):
                carried = self.arriving[i] = result.type()
                total = carried if total is None else total + carried
            if total is not None:
                seeds[result] = seeds[result] + total if result in seeds else total
        targets = [v for v in self.loop.inputs if smooth(v)]
        pulls = pull_back(seeds, targets)
        return seeds, {v: g for v, (g, _) in zip(targets, pulls, strict=True) if g is not None}

    def _reversed(self, v: Variable) -> Variable:
        """The elements of the steps that were taken, the last one first."""
        return v[::-1] if self.loop.exact else v[: self.steps][::-1]

    def _by_shape(
        self, totals: dict[Variable, Variable], pulls: dict[Variable, Variable]
    ) -> tuple[dict[Variable, Variable], dict[Variable, Variable]]:
        """What fills the shape of a forward value asks for that shape only, not for the value."""
        used = [*totals.values(), *pulls.values()]
        forward = set(toposort(self.loop.outputs))
        by_states = changing_with(self.loop, self.loop.sequences)
        nodes = [node for node in toposort(used) if node not in forward]
        readers: dict[Variable, list[Apply | None]] = {v: [None] for v in used}
        for node in nodes:
            for i, v in enumerate(node.inputs):
                filled = node.op is fill and i == 0 and node.inputs[1].ndim == 0
                readers.setdefault(v, []).append(node if filled else None)
        replace: dict[Variable, Variable] = {}
        for v, fills in readers.items():
            if None in fills or v not in by_states or v in self.loop.results or not v.owner:
                continue  # what goes by sequences alone is computed for all steps at once
            shape = shape_of(v)
            self.changing.add(shape)
            sizes = [1 if one else shape[i] for i, one in enumerate(v.broadcastable)]
            for node in [node for node in fills if node is not None]:
                replace[node.outputs[0]] = alloc(node.inputs[1], *sizes)
        new = iter(rebuild(used, replace))
        return {v: next(new) for v in totals}, {v: next(new) for v in pulls}

    def _sequences_for(self, used: list[Variable]) -> None:
        """The forward values that the backward step needs, as sequences."""
        needed, saved = self._needed(used)
        for outer, inner in zip(self.seqs, self.inner_seqs, strict=True):
            # All of them: what is not read is left out before the loop runs, and a function whose
            # input is such a sequence is not told that it has no influence.
            self.sequences.append((self._reversed(outer), inner))
        for (i, tap), inner in self.inner_taps.items():
            if inner in needed and isinstance(inner.type, TensorType):
                self.sequences.append((self._values(i, tap), inner))
        rows = zip(self.loop.results, self.outputs, self.loop.kept, strict=True)
        there = {v: g for v, g, kept in rows if kept}
        more = [v for v in saved if v not in there]
        there.update(zip(more, self.loop_with(more) if more else (), strict=True))
        for v in saved:
            inner = self.saved[v] = v.type()
            self.sequences.append((there[v][::-1], inner))

    def _needed(self, used: list[Variable]) -> tuple[set[Variable], list[Variable]]:
        """The inner inputs that the backward step reads, and what it reads of the forward step.

        What the forward step computed is kept for it, unless it is as cheap to compute again.
        """
        changing = self.changing
        results = set(self.loop.results)
        needed: set[Variable] = set()
        saved: dict[Variable, None] = {}
        queue, seen = list(used), set(used)
        while queue:
            v = queue.pop()
            if v.owner is None:
                needed.add(v)
            elif v in changing and (v in results or not is_cheap(v)):
                saved[v] = None
            else:
                new = [u for u in v.owner.inputs if u not in seen]
                seen.update(new)
                queue += new
        return needed, list(saved)

    def _values(self, i: int, tap: int) -> Variable:
        """What tap of state i the steps read, last step first."""
        state, init = self.loop.states[i], self.inits[i]
        history = self.outputs[i]
        if not state.history:
            pattern = list(range(init.ndim))
            init = dimshuffle(init, "x", *pattern)
            history = self._with_history(i)
        init = rebroadcast(init, history.broadcastable)
        full = concatenate([init, history], axis=0)
        start = state.depth + tap
        return full[start : start + self.steps][::-1]

    def _with_history(self, i: int) -> Variable:
        """All values of a state of which the loop kept the last: it runs once more, keeping all."""
        return self.loop_with([self.loop.results[i]])[0]

    def loop_with(self, more: Sequence[Variable]) -> list[Variable]:
        """The loop again, with further inner variables as results."""
        loop = self.loop
        outputs = [*loop.results, *more, *loop.ends]
        again = Loop(loop.inputs, outputs, loop.sequences, loop.states, loop.until, *loop.options)
        return again.make_node(*self.inputs).outputs[len(loop.results) :]

    def _carry(self, pulls: dict[Variable, Variable]) -> dict[Any, int]:
        """What is carried from step to step: cotangents of earlier values, and of the constants."""
        places: dict[Any, int] = {}
        for i, first in self.arriving.items():
            depth = self.loop.states[i].depth
            slots = [first, *[first.type() for _ in range(depth - 1)]]
            for j in range(depth):
                after: Variable | None = slots[j + 1] if j + 1 < depth else None
                pulled = pulls.get(self.inner_taps.get((i, -(j + 1)), first))
                new = self._sum(after, pulled, first)
                places[i, j] = len(self.carried)
                self.carried.append((self._start(i, j), slots[j], new))
        for outer, inner in zip(self.constants, self.inner_constants, strict=True):
            if inner in pulls:
                total = inner.type()
                places[inner] = len(self.carried)
                zeros = zeros_like(outer)
                self.carried.append((zeros, total, total + pulls[inner]))
        return places

    def _sum(self, a: Variable | None, b: Variable | None, like: Variable) -> Variable:
        if a is None and b is None:
            return zeros_like(like)
        return b if a is None else a if b is None else a + b  # type: ignore[return-value]

    def _start(self, i: int, j: int) -> Variable:
        """The cotangent that arrives at a state from behind the last step."""
        if not self.loop.states[i].history:
            return self.cotangents[i]
        inner = self.loop.results[i]
        zeros = zeros_like(self.inits[i][0])
        return rebroadcast(zeros, inner.broadcastable)

    def _run(self) -> list[Variable]:
        """The backward loop, applied."""
        inner = [v for _, v in self.sequences] + [v for _, v, _ in self.carried]
        results = rebuild([*[n for _, _, n in self.carried], *self.stacked], self.saved)
        for i, (_, v, _) in enumerate(self.carried):
            results[i] = rebroadcast(results[i], v.broadcastable)
        loop = Loop(
            [*inner, *self.inner_constants],
            results,
            len(self.sequences),
            [State((-1,), False)] * len(self.carried),
            False,
            f"grad_of_{self.loop.title or 'scan_fn'}",
            -1,
            self.loop.mode,
            exact=self.loop.truncate <= 0,
        )
        steps = self.steps
        if self.loop.truncate > 0:
            steps = minimum(steps, self.loop.truncate)
        outer = [v for v, _ in self.sequences] + [v for v, _, _ in self.carried]
        return loop.make_node(steps, *outer, *self.constants).outputs

    def _placed(self, outer: Variable, stacked: Variable) -> Variable:
        """The cotangent of a sequence: that of the steps taken, and zeros for the rest."""
        zeros = zeros_like(outer)
        first = self.steps - shape_of(stacked)[0]
        return set_subtensor(zeros[first : self.steps], stacked[::-1])

    def _initial(
        self, i: int, places: dict[Any, int], results: Sequence[Variable]
    ) -> Variable | None:
        """The cotangent of an initial state: what was carried to before the first step."""
        if i not in self.arriving:
            return None
        state = self.loop.states[i]
        rows = [results[places[i, j]] for j in range(state.depth)][::-1]
        if not state.history:
            return rows[0]
        whole = rebroadcast(stack(rows), self.inits[i].broadcastable)
        if self.loop.truncate > 0:  # what was carried stopped before it came this far
            reached = le(self.steps, self.loop.truncate)
            whole = whole * cast(reached, whole.dtype)
        return whole


def is_cheap(v: Variable) -> bool:
    """Whether to compute it again costs less than to keep it for all steps: a view, or an operation
    that takes no longer than reading does."""
    node = v.owner
    return node is not None and (node.op.cheap or bool(node.op.view_map))


def changing_with(loop: Loop, first: int = 0) -> set[Variable]:
    """The variables of the inner graph that differ from step to step (those that go by states or
    draws, where `first` leaves the sequences out)."""
    changing = set(loop.inputs[first : loop.sequences + len(loop.taps())])
    for v in ancestors(loop.outputs):
        if v.owner is not None and (is_sample(v) or not changing.isdisjoint(v.owner.inputs)):
            changing.add(v)
    return changing


def is_sample(v: Variable) -> bool:
    """Whether a tensor was drawn at random: it is another one each time it is computed."""
    return (
        v.owner is not None
        and isinstance(v.type, TensorType)
        and getattr(v.owner.op, "draws", False)
        and v.owner.outputs[0] is not v
    )


def _undefined(v: Variable) -> Variable | None:
    """The derivative with respect to what a draw inside of a loop goes by."""
    why = "the draws of a loop do not follow from their parameters smoothly."
    return NullType(why)() if smooth(v) else None


def backward(
    loop: Loop, inputs: list[Variable], outputs: list[Variable], cotangents: list[Variable]
) -> list[Variable | None]:
    """The cotangents of the inputs of a loop."""
    return Backward(loop, inputs, outputs, cotangents).cotangents_of_inputs()


BACKWARD.append(backward)
