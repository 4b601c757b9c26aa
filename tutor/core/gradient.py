"""`grad`: the formula of a derivative; of a loop, a loop that runs backwards.

The cotangent of v is dC/dv, the derivative of the cost by v, of its shape. One walk from the cost
back to the inputs: the rule of each op (`L_op`) says what the cotangents of its outputs send to its
inputs; those of all paths add up. (`tutor.grad` walks in derivatives/: see `seams.pull_back`.)

>>> import tutor.core as T; x = T.dscalar("x"); grad(x ** 2, x).eval({x: 3})
array(6.)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import Any

from tutor.core.arrays import dimshuffle, ones_like, shape, zeros_like
from tutor.core.elementwise import add, cast, le, minimum
from tutor.core.errors import CostError, DisconnectedInputError, DTypeError, caller
from tutor.core.graph import Apply, Variable, made_at, quoted, written_at
from tutor.core.indexing import concatenate, with_part
from tutor.core.op import rebroadcast
from tutor.core.seams import seams
from tutor.core.types import DISCRETE, TensorType
from tutor.core.walk import changing, rebuild, toposort

Cotangents = Sequence[Variable | None]


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
        found = seams.pull_back({cost: ones_like(cost)}, targets, consider_constant)
        for v, (_, connected) in zip(targets, found, strict=True):
            if not connected:
                raise DisconnectedInputError(
                    f"the cost {quoted(cost)} does not depend on {quoted(v)}.", where=made_at(v),
                    fix="Check that this is the variable the cost was built from.")
        results = [zeros_of(v) if g is None else g
                   for v, (g, _) in zip(targets, found, strict=True)]
    return results if isinstance(wrt, (list, tuple)) else results[0]


def pull_back(seeds: Mapping[Variable, Variable], targets: Sequence[Variable],
              constants: Sequence[Variable] = ()) -> list[tuple[Variable | None, bool]]:
    """The cotangent of each target, and whether the seeded variables depend on it at all.

    `seeds` are the cotangents to begin with. Nothing passes through `constants`. None is zero.
    """
    between, made_of_targets = [], {*targets}
    for node in toposort(seeds, stop=constants):
        if not made_of_targets.isdisjoint(node.inputs):
            made_of_targets.update(node.outputs)
            between.append(node)
    arriving: dict[Variable, list[Variable]] = {v: [g] for v, g in seeds.items()}
    reached = set(seeds)
    for node in reversed(between):
        with written_at(node.origin and node.origin.backwards):
            cotangents = [total(arriving, v) for v in node.outputs]
            sent = local(node, cotangents)
            for v, g, row in zip(node.inputs, sent, node.op.connection_pattern(node), strict=True):
                if any(c and out in reached for c, out in zip(row, node.outputs, strict=True)):
                    reached.add(v)
                    if g is not None and smooth(v):
                        arriving.setdefault(v, []).append(g)
    return [(total(arriving, v), v in reached) for v in targets]


def total(arriving: dict[Variable, list[Variable]], v: Variable) -> Variable | None:
    """The sum of the cotangents that arrived at a variable, over all paths."""
    if v not in arriving:
        return None
    arriving[v] = [reduce(add, arriving[v])]
    return arriving[v][0]


def local(node: Apply, cotangents: Cotangents) -> Cotangents:
    """What the op's own rule sends to its inputs. None is zero: where no cotangent arrived, and
    before integer results, which do not change smoothly."""
    arrived = [g if smooth(v) else None for v, g in zip(node.outputs, cotangents, strict=True)]
    if all(g is None for g in arrived):
        return [None] * len(node.inputs)
    full: Any = [zeros_of(v) if g is None and isinstance(v.type, TensorType) else g
                 for v, g in zip(node.outputs, arrived, strict=True)]
    return node.op.L_op([*node.inputs], [*node.outputs], full)


seams.pull_back = pull_back


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
        if loop.until and True in loop.stacked:
            self.steps = shape(outputs[loop.stacked.index(True)])[0]
        #: What a backward step reads: variables in it, and the values of each in all forward steps.
        self.read: dict[Variable, Variable] = {}
        #: Of a state or constant, its cotangent as a step finds it, and that behind the last step.
        self.carried: dict[Variable, tuple[Variable, Variable]] = {}

    def cotangents(self, given: list[Variable]) -> list[Variable | None]:
        """One cotangent an input of the node, from those of its outputs."""
        targets = [v for v in self.loop.inputs if smooth(v)]
        sent = seams.pull_back(self.seeds(given), targets)
        pulled = {v: g for v, (g, _) in zip(targets, sent, strict=True) if g is not None}
        undefined = {v: g for v, g in pulled.items() if not isinstance(g.type, TensorType)}
        if not undefined.keys().isdisjoint(self.states):  # in one step: then in all before it
            none = next(iter(undefined.values()))
            return [None, *[none if smooth(v) else None for v in self.loop.inputs]]
        new = [pulled.get(v, zeros_like(later)) for v, (later, _) in self.carried.items()]
        for v in self.constants:
            if v in pulled and v not in undefined:
                so_far = v.type()
                self.carried[v] = so_far, zeros_like(self.outer[v])
                new.append(so_far + pulled[v])
        stacked = {v: pulled[v] for v in self.slices if v in pulled and v not in undefined}
        made = self.run(new, [*stacked.values()])
        found = {v: self.of_input(v, g)
                 for v, g in zip([*self.carried, *stacked], made, strict=True)}
        return [None, *map({**undefined, **found}.get, self.loop.inputs)]

    def seeds(self, given: list[Variable]) -> dict[Variable, Variable]:
        """The cotangents with which a step begins: ȳ[t], which it reads, of a result that is
        stacked; s̄[t+1], which it carries on, of a new state; and both of one that is both."""
        seeds: dict[Variable, list[Variable]] = {}
        results = zip(self.loop.results, given, self.loop.stacked, strict=True)
        for i, (v, g, stacked) in enumerate(results):
            if not smooth(v):
                continue
            if stacked:
                each = v.type()
                self.read[each] = g
                seeds.setdefault(v, []).append(each)
            if i < self.loop.states:
                state, later = self.states[i], v.type()
                self.carried[state] = later, zeros_like(self.outer[state]) if stacked else g
                seeds.setdefault(v, []).append(later)
        return {v: reduce(add, parts) for v, parts in seeds.items()}

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
        results = zip(loop.results, self.outputs, loop.stacked, strict=True)
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

    def of_input(self, v: Variable, g: Variable) -> Variable:
        """The cotangent of an input of the node, from what the backward loop gave."""
        truncate = self.loop.truncate
        if v in self.slices:  # of the steps that were taken; of the rest it is 0
            first = self.steps - shape(g)[0]
            return with_part(zeros_like(self.outer[v])[first : self.steps], g[::-1], "set")
        if v in self.states and truncate > 0:  # what was carried stopped before it came this far
            return g * cast(le(self.steps, truncate), g.dtype)
        return g
