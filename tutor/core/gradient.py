"""`grad`: the formula of a derivative; of a loop, a loop that runs backwards.

The cotangent of a variable v is dC/dv, the derivative of the cost by v, with the shape of v. One
walk from the cost back to the inputs: each op says by its own rule (`L_op`) what the cotangents of
its outputs send to each of its inputs, and those of all paths add up.

>>> import tutor.core as T
>>> x = T.dscalar("x")
>>> grad(x ** 2, x).eval({x: 3})
array(6.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial, reduce
from typing import Any

from tutor.core.arrays import dimshuffle, ones_like, shape, zeros_like
from tutor.core.elementwise import add, cast, le, minimum
from tutor.core.errors import CostError, DisconnectedInputError, DTypeError, caller
from tutor.core.graph import Apply, Variable, made_at, quoted, written_at
from tutor.core.indexing import concatenate, written
from tutor.core.op import rebroadcast
from tutor.core.seams import seams
from tutor.core.types import DISCRETE, TensorType
from tutor.core.walk import changing, rebuild, toposort

Cotangents = Sequence[Variable | None]
Note = Callable[[Apply, Cotangents, Cotangents], None]


def grad(cost: Variable, wrt: Any, consider_constant: Sequence[Variable] = ()) -> Any:
    """The derivative of a scalar cost with respect to one variable or each of several.

    `cost` is a real scalar, else it is a `CostError`; `wrt` one variable, or a list of them, and
    each derivative has the type of its variable. A `wrt` that the cost does not depend on is a
    `DisconnectedInputError`. `consider_constant` counts as if it did not depend on anything.
    """
    if not isinstance(cost, Variable) or getattr(cost.type, "ndim", None) != 0 or not smooth(cost):
        raise CostError(f"the cost is a real scalar, and {quoted(cost)} is none.",
                        fix="Take its sum() or mean(), of floats.")
    targets = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    if not all(isinstance(v, Variable) for v in targets):
        raise DTypeError(f"wrt must be a symbol, and it is {quoted(wrt)}.",
                         fix="Pass the variable itself (or a list of variables).")
    with written_at(caller()):
        found = pull_back({cost: ones_like(cost)}, targets, consider_constant)
        for v, (_, connected) in zip(targets, found, strict=True):
            if not connected:
                raise DisconnectedInputError(
                    f"the cost {quoted(cost)} does not depend on {quoted(v)}.", where=made_at(v),
                    fix="Check that this is the variable the cost was built from.")
        results = [zeros_of(v) if g is None else g
                   for v, (g, _) in zip(targets, found, strict=True)]
    return results if isinstance(wrt, (list, tuple)) else results[0]


def pull_back(seeds: Mapping[Variable, Variable], targets: Sequence[Variable],
              constants: Sequence[Variable] = (), complete: Collection[Variable] = (),
              note: Note | None = None) -> list[tuple[Variable | None, bool]]:
    """The cotangent of each target, and whether the seeded variables depend on it at all.

    `seeds` are the cotangents to begin with; those of `complete` variables stay as they are, to the
    others more is added on the way. Nothing passes through `constants`. `note` is told of each
    node: the cotangents of its outputs, and what it sends on to each of its inputs.
    """
    nodes, wanted = toposort(seeds, stop=constants), set(targets)
    if note is None:
        nodes = seams.branches.better_forms(nodes, {*wanted, *constants, *complete, *seeds})
    walk: Adding = seams.branches(nodes, seeds, wanted, note is not None)
    useful = _between(nodes, wanted, set(constants))
    begun = {v: walk.seed(g) for v, g in seeds.items()}
    arriving: dict[Variable, list[Any]] = {v: [c] for v, c in begun.items() if walk.reaches(c)}
    reached = set(arriving)

    def total(v: Variable) -> Any:
        parts = arriving.get(v)
        if parts and len(parts) > 1:
            arriving[v] = parts = [walk.total(parts)]
        return parts[0] if parts else None

    for node in reversed(nodes):
        alive = [v in reached for v in node.outputs]
        if node not in useful or True not in alive:
            continue
        arrived = [total(v) for v in node.outputs]
        cotangents = [None if c is None else walk.value(c) for c in arrived]
        connected = [any(c and a for c, a in zip(row, alive, strict=True))
                     for row in walk.pattern(node)]
        with written_at(node.origin and node.origin.backwards):
            ask = partial(walk.local, node, cotangents, connected)
            sent = walk.sent(node, arrived, ask(), ask)
        if note is not None:
            note(node, cotangents, [None if c is None else walk.value(c) for c in sent])
        for i, (v, c) in enumerate(zip(node.inputs, sent, strict=True)):
            if connected[i] and v not in complete and walk.reaches(c):
                reached.add(v)
                if c is not None and walk.carries(v, c):
                    arriving.setdefault(v, []).append(walk.leaving(node, i, v, c))
    ends = [(v, total(v)) for v in targets]
    return [(None if c is None else walk.value(walk.arriving(v, c)), v in reached)
            for v, c in ends]


class Adding:
    """How a walk takes cotangents: as they are, in sums.

    A layer has another class in the seam `branches`: its cotangents know where they arrive, so that
    a branch that is not taken sends back nothing, even where its derivative is infinite; and some
    of them are not defined.
    """

    def __init__(self, nodes: Sequence[Apply], seeds: Mapping[Variable, Variable],
                 wanted: set[Variable], note: bool) -> None:
        """Begin a walk through these nodes, which is told node by node where `note` says so."""
        self.wanted = wanted

    @staticmethod
    def better_forms(nodes: list[Apply], stop: set[Variable]) -> list[Apply]:
        """The nodes, some in a form whose derivative is finite where theirs is not."""
        return nodes

    def pattern(self, node: Apply) -> Sequence[Sequence[bool]]:
        """Which input (row) each output (column) of a node depends on."""
        return node.op.connection_pattern(node)

    def local(self, node: Apply, cotangents: Cotangents, connected: Sequence[bool],
              inputs: Sequence[Variable] | None = None) -> Cotangents:
        """What the op's own rule sends to its inputs; about other `inputs`, where there are some.

        None stands for zero: so it is where no cotangent arrived, and before integer results, which
        do not change smoothly.
        """
        arrived = [g if smooth(v) else None for v, g in zip(node.outputs, cotangents, strict=True)]
        if all(g is None for g in arrived):
            return [None] * len(node.inputs)
        full: Any = [zeros_of(v) if g is None and isinstance(v.type, TensorType) else g
                     for v, g in zip(node.outputs, arrived, strict=True)]
        return node.op.L_op([*(inputs or node.inputs)], [*node.outputs], full)

    def sent(self, node: Apply, arrived: Sequence[Any], found: Cotangents, ask: Any) -> Any:
        """What a node sends on: `found`, its rule's answer to the values that arrived; `ask` asks
        the rule again, about other inputs."""
        return found

    def seed(self, g: Variable) -> Any:
        """A cotangent to begin with."""
        return g

    def value(self, c: Any) -> Variable:
        """A cotangent as a variable."""
        return c

    def total(self, parts: Sequence[Any]) -> Any:
        """The sum over all paths."""
        return reduce(add, parts)

    def reaches(self, c: Any) -> bool:
        """Whether what was sent says that the input counts at all; zero (None) does."""
        return True

    def carries(self, v: Variable, c: Any) -> bool:
        """Whether a cotangent is worth keeping: beyond integers it is zero, unless asked for."""
        return smooth(v) or v in self.wanted

    def leaving(self, node: Apply, place: int, v: Variable, c: Any) -> Any:
        """A cotangent on its way from an input of a node to the variable that it is."""
        return c

    def arriving(self, v: Variable, c: Any) -> Any:
        """The whole of what arrived at a target."""
        return c


seams.branches = Adding


def _between(nodes: list[Apply], wanted: set[Variable], constants: set[Variable]) -> set[Apply]:
    """The nodes that lie on a way to a target."""
    useful: set[Apply] = set()
    leading = set(wanted)
    for node in nodes:
        if not leading.isdisjoint(node.inputs):
            useful.add(node)
            leading.update(v for v in node.outputs if v not in constants)
    return useful


def depending(variables: Collection[Variable], outputs: Sequence[Variable]) -> list[bool]:
    """Which of the outputs depend on any of these variables, node by node."""
    reached = {*variables}
    for node in toposort(outputs):
        for v, there in zip(node.inputs, node.op.connection_pattern(node), strict=True):
            if v in reached:
                reached.update([out for out, hit in zip(node.outputs, there, strict=True) if hit])
    return [v in reached for v in outputs]


def smooth(v: Variable) -> bool:
    """Whether a variable can have a cotangent: it is a tensor, and not of integers."""
    return isinstance(v.type, TensorType) and v.dtype not in DISCRETE


def zeros_of(v: Variable) -> Variable:
    """Zeros of the shape of v; of integers they are floats."""
    zeros = zeros_like(v)
    return cast(zeros, "floatX") if v.dtype in DISCRETE else zeros


class Backward:
    """The gradient of a loop: a loop that runs backwards.

        forward   s[t+1], y[t] = step(x[t], s[t], c)
        backward  s̄[t], x̄[t], and a part of c̄ = the pull-back of s̄[t+1] and ȳ[t] through step t

    Here x are the sequences, s the states, c the constants, y the results that are kept, and a bar
    is a cotangent. s̄ is carried on, x̄ stacked, c̄ added up. A backward step reads what the forward
    step computed, unless that is as cheap to compute again; what was drawn at random in any case.
    """

    def __init__(self, loop: Any, inputs: list[Variable], outputs: list[Variable]) -> None:
        self.loop, self.inputs, self.outputs = loop, inputs, outputs
        self.slices, self.states, self.constants = loop.split(loop.inputs)
        self.outer = dict(zip(loop.inputs, inputs[1:], strict=True))
        self.steps = inputs[0]
        if loop.until and True in loop.kept:
            self.steps = shape(outputs[loop.kept.index(True)])[0]
        #: What a backward step reads: variables in it, and the values of each in all forward steps.
        self.read: dict[Variable, Variable] = {}
        #: Of a state or constant, its cotangent as a step finds it, and that behind the last step.
        self.carried: dict[Variable, tuple[Variable, Variable]] = {}

    def cotangents(self, given: list[Variable]) -> list[Variable | None]:
        """One cotangent an input of the node, from those of its outputs."""
        targets = [v for v in self.loop.inputs if smooth(v)]
        found_inside = pull_back(self.arriving(given), targets)
        pulled = {v: g for v, (g, _) in zip(targets, found_inside, strict=True) if g is not None}
        found = {v: g for v, g in pulled.items() if not isinstance(g.type, TensorType)}
        if not found.keys().isdisjoint(self.states):  # undefined in one step is so in all before it
            undefined = next(iter(found.values()))
            return [None, *[undefined if smooth(v) else None for v in self.loop.inputs]]
        new = [pulled.get(v, zeros_like(inside)) for v, (inside, _) in self.carried.items()]
        for v in self.constants:
            if v in pulled and v not in found:
                self.carried[v] = v.type(), zeros_like(self.outer[v])
                new.append(self.carried[v][0] + pulled[v])
        stacked = {v: pulled[v] for v in self.slices if v in pulled and v not in found}
        made = self.run(new, [*stacked.values()])
        for v, g in zip([*self.carried, *stacked], made, strict=True):
            found[v] = self.outside(v, g)
        return [None, *map(found.get, self.loop.inputs)]

    def arriving(self, given: list[Variable]) -> dict[Variable, Variable]:
        """What arrives at each result of a step: ȳ[t] where it is kept, s̄[t+1] at a new state."""
        seeds: dict[Variable, Variable] = {}
        for i, (v, g) in enumerate(zip(self.loop.results, given, strict=True)):
            if not smooth(v):
                continue
            parts = [seeds[v]] if v in seeds else []
            if self.loop.kept[i]:
                parts.append(v.type())
                self.read[parts[-1]] = g
            if i < self.loop.states:
                state = self.states[i]
                end = zeros_like(self.outer[state]) if self.loop.kept[i] else g
                self.carried[state] = v.type(), end
                parts.append(self.carried[state][0])
            seeds[v] = sum(parts[1:], parts[0])
        return seeds

    def run(self, new: list[Variable], stacked: list[Variable]) -> list[Variable]:
        """The backward loop, applied: what it carried to the first step, and what it stacks."""
        insides, ends = zip(*self.carried.values(), strict=True) if self.carried else ((), ())
        new = [rebroadcast(g, v.broadcastable) for g, v in zip(new, insides, strict=True)]
        results, truncate = self.over_read([*new, *stacked]), self.loop.truncate
        loop = type(self.loop)([*self.read, *insides, *self.constants], results, len(self.read),
                               ["last"] * len(new), exact=truncate <= 0,
                               title=f"grad_of_{self.loop.title or 'scan_fn'}")
        steps = minimum(self.steps, truncate) if truncate > 0 else self.steps
        return loop.make_node(steps, *[whole[::-1] for whole in self.read.values()], *ends,
                              *[self.outer[v] for v in self.constants]).outputs

    def over_read(self, used: list[Variable]) -> list[Variable]:
        """These expressions, over variables that the backward step reads."""
        needed = self.needed(used)
        inner = {v: v.type() for v in needed if v.owner is not None}
        wanted = [*self.slices, *needed]  # no sequence is said to be without influence
        for v, whole in zip(wanted, self.values(wanted), strict=True):
            self.read[inner.get(v, v)] = whole
        return rebuild(used, inner)

    def needed(self, used: list[Variable]) -> list[Variable]:
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

    def values(self, wanted: list[Variable]) -> list[Variable]:
        """The values of variables of a step in all forward steps, by a second loop where the first
        kept none: compiled, the two are one."""
        loop, outer = self.loop, self.outer
        known = {v: outer[v] if loop.exact else outer[v][: self.steps] for v in self.slices}
        results = zip(loop.results, self.outputs, loop.kept, strict=True)
        known |= {v: whole for v, whole, kept in results if kept}
        for v, new in zip(self.states, loop.results, strict=False):
            if v in wanted and new in known:  # s[0] is given, and s[t+1] the result of step t
                first = dimshuffle(outer[v], "x", *range(v.ndim))
                known[v] = concatenate([first, known[new]])[: self.steps]
        more = [v for v in wanted if v not in known]
        if more:
            again = loop.remade([*loop.results, *more]).make_node(*self.inputs)
            known.update(zip(more, again.outputs[len(loop.results) :], strict=True))
        return [known[v] for v in wanted]

    def outside(self, v: Variable, g: Variable) -> Variable:
        """The cotangent of an input of the node, from what the backward loop gave."""
        truncate = self.loop.truncate
        if v in self.slices:  # of the steps that were taken; of the rest it is 0
            first = self.steps - shape(g)[0]
            return written(zeros_like(self.outer[v])[first : self.steps], g[::-1], "set")
        if v in self.states and truncate > 0:  # what was carried stopped before it came this far
            return g * cast(le(self.steps, truncate), g.dtype)
        return g
