"""The op of a loop, which has the graph of one step inside, and its gradient, a loop again.

>>> import tutor.core as T
>>> x, total, v, start = T.dscalar("x"), T.dscalar("total"), T.dvector("v"), T.dscalar("start")
>>> Loop([x, total], [total + x], sequences=1, keep=["all"])(v.shape[0], v, start)
scan(total + x; shape(v)[0], v, start)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tutor.core.arrays import dimshuffle, zeros_like
from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import cast, le, minimum
from tutor.core.errors import BadValueError
from tutor.core.gradient import depending, pull_back, smooth
from tutor.core.graph import Apply, Variable, apply
from tutor.core.indexing import concatenate, written
from tutor.core.op import Notation, Op, rebroadcast
from tutor.core.seams import config
from tutor.core.types import TensorType
from tutor.core.walk import interpret, rebuild, toposort


class Loop(Op):
    """A loop over `n_steps`; its node takes (n_steps, sequences, initial states, constants).

    `inputs` are what a step reads, in that order: an element of each sequence, each state before
    the step, the constants. `outputs` are what it gives: the new states, other results, and with
    `until` a bool that ends the loop. `keep` says what becomes of each state: "all" values come
    back, stacked along a new first dimension as other results are, or the "last" one (of no step
    the initial one), or that of the last "step", of which there must be one then.
    """

    name, doc = "scan", "An expression repeated over sequences and states."
    __props__ = ("structure",)

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable], sequences: int,
                 keep: Sequence[str], until: bool = False, title: str | None = None,
                 truncate: int = -1, exact: bool = False) -> None:
        self.inputs, self.outputs = self.inner = list(inputs), list(outputs)
        self.sequences, self.keep, self.states = sequences, tuple(keep), len(keep)
        self.until, self.title, self.truncate = until, title, truncate
        self.exact = exact and not until  # it takes as many steps as each sequence has
        self.results = self.outputs[: len(self.outputs) - until]
        self.ends = self.outputs[len(self.results) :]
        self.kept = [how == "all" for how in keep] + [True] * (len(self.results) - self.states)

    def remade(self, results: Sequence[Variable], keep: Sequence[str] | None = None) -> Loop:
        """The loop with other results of its steps, or other values kept."""
        return Loop(self.inputs, [*results, *self.ends], self.sequences, keep or self.keep,
                    self.until, self.title, self.truncate, self.exact)

    @cached_property
    def structure(self) -> tuple[Any, ...]:
        """What two loops share exactly when they do the same: the inner graph, in numbers."""
        number: dict[Any, Any] = {v: (i, v.type) for i, v in enumerate(self.inputs)}

        def numbered(variables: Sequence[Any]) -> list[Any]:
            return [number.get(v) or v.signature() for v in variables]

        rows: list[Any] = []
        for i, node in enumerate(toposort(self.outputs)):
            rows += [node.op, *numbered(node.inputs)]
            number.update({v: (i, k, "out") for k, v in enumerate(node.outputs)})
        return (self.sequences, self.keep, self.until, self.title, self.truncate, self.exact,
                len(self.inputs), *rows, *numbered(self.outputs))

    def make_node(self, *inputs: Variable) -> Apply:
        """The node; one output a result."""
        return apply(self, inputs, *[
            TensorType(v.dtype, (False, *v.broadcastable))
            if kept and isinstance(v.type, TensorType) else v.type
            for v, kept in zip(self.results, self.kept, strict=True)])

    def notation(self, node: Apply) -> Notation:
        given = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
        name = "scan_until" if self.until else "scan"
        latex = rf"\operatorname{{{{{name.replace('_', ' ')}}}}}"
        return Notation(f"{name}({{step}}; {given})", rf"{latex}\left({{step}}; {given}\right)")

    def label(self, node: Apply) -> str:
        return self.title or self.name

    def split(self, parts: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
        """What stands in the order of `inputs`: that of sequences, of states, of constants."""
        n, m = self.sequences, self.sequences + self.states
        return parts[:n], parts[n:m], parts[m:]

    def ready(self, n_steps: Any, sequences: Sequence[Any]) -> int:
        """The number of steps as an int, checked against the sequences."""
        n = int(n_steps)
        for i, s in enumerate(sequences):
            if len(s) < n:
                raise BadValueError(
                    f"scan was asked for {n} steps, and sequence number {i + 1} has {len(s)}.",
                    fix="Pass a smaller n_steps, or leave it out.")
        if n < 0:
            raise BadValueError(f"scan cannot take {n} steps.", fix="n_steps is 0 or more.")
        if n == 0 and "step" in self.keep:
            raise IndexError("a loop that took no step has no last value.")
        return n

    def compute(self, node: Apply, operands: Sequence[Any]) -> list[Any]:
        """The results of the loop: its inner graph interpreted once a step."""
        sequences, states, constants = self.split(operands[1:])
        shapes = [*map(np.shape, states), *[(0,) * v.ndim for v in self.results[self.states :]]]
        rows: list[list[Any]] = [[] for _ in self.results]
        for t in range(self.ready(operands[0], sequences)):
            read = [*[np.asarray(s[t]) for s in sequences], *states, *constants]
            values = interpret(self.outputs, dict(zip(self.inputs, read, strict=True)))
            states = values[: self.states]
            for i, value in enumerate(values[: len(rows)]):
                rows[i] += [value] * self.kept[i]
            if any(map(bool, values[len(rows) :])):
                break
        return [states[i] if not kept else np.stack(rows[i]) if rows[i] else
                np.empty((0, *shapes[i]), self.results[i].dtype)
                for i, kept in enumerate(self.kept)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """A result depends on what its step depends on, through earlier states too."""
        states = self.split(self.inputs)[1]
        rows = [[False] * len(self.results)]
        for v in self.inputs:
            sources, before = {v}, 0
            while len(sources) > before:
                before, row = len(sources), depending(sources, self.results)
                sources.update([s for s, hit in zip(states, row, strict=False) if hit])
            rows.append(row)
        return rows

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        """What a loop that runs backwards gives; see `Backward`."""
        was, config.compute_test_value = config.compute_test_value, "off"  # a step has no values
        try:
            return Backward(self, inputs, outputs).found(cotangents)
        finally:
            config.compute_test_value = was


class Backward:
    """The loop that runs backwards through a loop, and the cotangents that come of it.

    A step of it has what the forward step saw, and the cotangents that arrive there. It carries on
    those of the states, and adds up those of the constants. What the forward step computed is kept
    for it, unless it is as cheap to compute again; what was drawn at random is kept in any case.
    """

    def __init__(self, loop: Loop, inputs: list[Variable], outputs: list[Variable]) -> None:
        self.loop, self.inputs, self.outputs = loop, inputs, outputs
        self.slices, self.states, self.constants = loop.split(loop.inputs)
        self.outer = dict(zip(loop.inputs, inputs[1:], strict=True))
        self.steps = inputs[0]
        if loop.until and True in loop.kept:
            self.steps = shape_of(outputs[loop.kept.index(True)])[0]
        self.read: dict[Variable, Variable] = {}  # what a step reads, and the sequence of these
        #: Of states and constants: what is carried, and where it starts behind the last step.
        self.carried: dict[Variable, Variable] = {}
        self.start: dict[Variable, Variable] = {}

    def found(self, cotangents: list[Variable]) -> list[Variable | None]:
        """One cotangent an input of the node."""
        pulls = self._pulled(cotangents)
        found = {v: g for v, g in pulls.items() if not isinstance(g.type, TensorType)}
        if not found.keys().isdisjoint(self.states):
            null = next(iter(found.values()))
            return [None, *[null if smooth(v) else None for v in self.loop.inputs]]
        new = [pulls.get(v, zeros_like(g)) for v, g in self.carried.items()]
        for v in self.constants:
            if v in pulls and v not in found:
                self.carried[v], self.start[v] = v.type(), zeros_like(self.outer[v])
                new.append(self.carried[v] + pulls[v])
        stacked = [v for v in self.slices if v in pulls and v not in found]
        made = self._run(new, [pulls[v] for v in stacked])
        for v, g in zip([*self.carried, *stacked], made, strict=True):
            found[v] = self._outside(v, g)
        return [None, *map(found.get, self.loop.inputs)]

    def _pulled(self, cotangents: list[Variable]) -> dict[Variable, Variable]:
        """What the cotangents of a step's results pull back to, at what the step reads."""
        seeds: dict[Variable, Variable] = {}
        for i, (v, g) in enumerate(zip(self.loop.results, cotangents, strict=True)):
            if not smooth(v):
                continue
            parts = [seeds[v]] if v in seeds else []
            if self.loop.kept[i]:
                parts.append(v.type())
                self.read[parts[-1]] = g[::-1]
            if i < self.loop.states:
                state = self.states[i]
                parts.append(self.carried.setdefault(state, v.type()))
                self.start[state] = zeros_like(self.outer[state]) if self.loop.kept[i] else g
            seeds[v] = sum(parts[1:], parts[0])
        targets = [v for v in self.loop.inputs if smooth(v)]
        pulled = pull_back(seeds, targets)
        return {v: g for v, (g, _) in zip(targets, pulled, strict=True) if g is not None}

    def _run(self, new: list[Variable], stacked: list[Variable]) -> list[Variable]:
        """The backward loop, applied: what it carried to the first step, and what it stacks."""
        new = [rebroadcast(g, c.broadcastable)
               for g, c in zip(new, self.carried.values(), strict=True)]
        results, truncate = self._over_read([*new, *stacked]), self.loop.truncate
        loop = Loop([*self.read, *self.carried.values(), *self.constants], results,
                    len(self.read), ["last"] * len(new), exact=truncate <= 0,
                    title=f"grad_of_{self.loop.title or 'scan_fn'}")
        steps = minimum(self.steps, truncate) if truncate > 0 else self.steps
        return loop.make_node(steps, *self.read.values(), *self.start.values(),
                              *[self.outer[v] for v in self.constants]).outputs

    def _over_read(self, used: list[Variable]) -> list[Variable]:
        """These expressions over what a backward step reads, all of which is known then."""
        needed = self._needed(used)
        inner = {v: v.type() for v in needed if v.owner is not None}
        wanted = [*self.slices, *needed]  # no sequence is said to be without influence
        for v, whole in zip(wanted, self._values(wanted), strict=True):
            self.read[inner.get(v, v)] = whole[::-1]
        return rebuild(used, inner)

    def _needed(self, used: list[Variable]) -> list[Variable]:
        """The states, and what was computed in a forward step, that a backward step reads."""
        differing = changing([*self.slices, *self.states], self.loop.outputs)
        needed: dict[Variable, None] = {}
        queue = [*used]
        seen = set(queue)
        for v in queue:
            again = v.owner and (v.owner.op.cheap or v.owner.op.view_map)
            if v in differing and (v in self.loop.results or not again):
                needed[v] = None
            elif v.owner is not None:
                queue += [u for u in v.owner.inputs if u not in seen]
                seen.update(v.owner.inputs)
        states = [v for v in self.states if v in needed and isinstance(v.type, TensorType)]
        return [*states, *[v for v in needed if v.owner is not None]]

    def _values(self, wanted: list[Variable]) -> list[Variable]:
        """The values of inner variables in all steps, by a second loop where the first kept none:
        compiled, the two are one."""
        loop, outer = self.loop, self.outer
        known = {v: outer[v] if loop.exact else outer[v][: self.steps] for v in self.slices}
        results = zip(loop.results, self.outputs, loop.kept, strict=True)
        known |= {v: whole for v, whole, kept in results if kept}
        for v, new in zip(self.states, loop.results, strict=False):
            if v in wanted and new in known:
                first = dimshuffle(outer[v], "x", *range(v.ndim))
                known[v] = concatenate([first, known[new]])[: self.steps]
        more = [v for v in wanted if v not in known]
        if more:
            again = loop.remade([*loop.results, *more]).make_node(*self.inputs)
            known.update(zip(more, again.outputs[len(loop.results) :], strict=True))
        return [known[v] for v in wanted]

    def _outside(self, v: Variable, g: Variable) -> Variable:
        """The cotangent of an input of the node, from what the backward loop gave."""
        truncate = self.loop.truncate
        if v in self.slices:  # of the steps that were taken; of the rest it is 0
            first = self.steps - shape_of(g)[0]
            return written(zeros_like(self.outer[v])[first : self.steps], g[::-1], "set")
        if v in self.states and truncate > 0:  # what was carried stopped before it came this far
            return g * cast(le(self.steps, truncate), g.dtype)
        return g


def changing(read: Sequence[Variable], results: Sequence[Variable]) -> set[Variable]:
    """What differs from step to step: what is made of these variables, and what is drawn."""
    found = set(read)
    for node in toposort(results):
        if node.op.draws or not found.isdisjoint(node.inputs):
            found.update(node.outputs)
    return found
