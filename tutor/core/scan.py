"""`scan`: a function of one step becomes a loop over sequences, with states carried on.
The loop is an op with the graph of one step inside; its gradient is a loop again.

>>> import tutor.core as T
>>> a, k = T.dscalar("a"), T.lscalar("k")
>>> powers, _ = scan(lambda before, a: before * a, outputs_info=1.0, non_sequences=a, n_steps=k)
>>> T.grad(powers[-1], a).eval({a: 2.0, k: 3})
array(12.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, reduce
from typing import Any

import numpy as np

from tutor.core.arrays import dimshuffle, zeros_like
from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import cast, le, minimum
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.function import converted
from tutor.core.gradient import depending, pull_back, smooth
from tutor.core.graph import Apply, Constant, Variable, apply, as_tensor_variable, quoted, weak
from tutor.core.indexing import concatenate, written
from tutor.core.op import Op, rebroadcast
from tutor.core.seams import config
from tutor.core.types import TensorType, promote
from tutor.core.variables import SharedVariable
from tutor.core.walk import ancestors, interpret, rebuild, toposort


class until:  # noqa: N801 - Theano's name
    """Returned by the function of a scan: the loop ends after the step in which this is true."""

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)


def scan(fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None,
         non_sequences: Any = None, n_steps: Any = None, truncate_gradient: int = -1,
         name: str | None = None) -> tuple[Any, dict[SharedVariable, Variable]]:
    """Repeat `fn` over the first dimension of `sequences`, carrying on earlier results.

    `fn` gets an element of each sequence, the earlier value of each result that has an initial
    value in `outputs_info` (None for one that is not carried on), and the `non_sequences`. It
    returns expressions, and perhaps a dict of updates and `until(condition)`. It runs as many steps
    as the shortest sequence has, or `n_steps`.

    Returns the results of all steps, stacked (one variable, or a list of several), and the updates
    to pass on to `function`. Raises `BadValueError` and `DTypeError` where the parts do not fit.

    >>> scan(lambda total: 2 * total, outputs_info=1, n_steps=3)[0].eval()
    array([2, 4, 8])
    """
    trace = Trace(sequences, outputs_info, non_sequences)
    trace.take(fn(*trace.slices, *trace.before.values(), *trace.constants))
    outputs = trace.outputs(n_steps, truncate_gradient, name)
    return (outputs[0] if len(outputs) == 1 else outputs or None), trace.updates


class Trace:
    """A step, traced: what its function takes, what that is outside, and what it returned."""

    def __init__(self, sequences: Any, outputs_info: Any, non_sequences: Any) -> None:
        self.sequences = [*map(sequence, listed(sequences))]
        self.starts = [v if v is None else as_variable(v) for v in listed(outputs_info)]
        self.constants = [*map(as_variable, listed(non_sequences))]
        self.slices = [TensorType(v.dtype, v.broadcastable[1:])(v.name and f"{v.name}[t]")
                       for v in self.sequences]
        #: What is carried on, by the number of the result.
        self.before = {i: v.type(v.name and f"{v.name}[t-1]")
                       for i, v in enumerate(self.starts) if v is not None}
        self.keep = dict.fromkeys(self.before, "all")
        self.results: list[Variable] = []
        self.updates: dict[SharedVariable, Any] = {}
        self.ends: list[Variable] = []

    def take(self, returned: Any) -> None:
        """Sort what the function returned."""
        if isinstance(returned, Mapping) or are_updates(returned):
            self.updates.update(returned)
        elif isinstance(returned, (list, tuple)):
            for part in returned:
                self.take(part)
        elif isinstance(returned, until):
            self.ends = [returned.condition]
        elif returned is not None:
            self.results.append(as_variable(returned))

    def replace(self, replace: Mapping[Any, Variable]) -> None:
        """Put variables in the place of others in all that was returned."""
        found, n = rebuild([*self.results, *self.ends], replace), len(self.results)
        self.results, self.ends = found[:n], found[n:]

    def match(self) -> None:
        """See to it that there is one entry of outputs_info for each result."""
        self.starts = self.starts or [None] * len(self.results)
        if len(self.starts) != len(self.results):
            raise BadValueError(
                f"the function of scan returned {len(self.results)} results, and outputs_info has "
                f"{len(self.starts)} entries.",
                fix="Give one entry for each result; None for one that is not carried on.")

    def fit(self) -> None:
        """Give new states the type of the earlier ones; a looser broadcast pattern goes inside."""
        for i, like in self.before.items():
            result, start = self.results[i], self.starts[i]
            if start is None or not isinstance(like.type, TensorType):
                continue
            if result.ndim != like.ndim or promote(result.dtype, like.dtype) != like.dtype:
                raise self.error(i, start, result)
            loose = [a and b for a, b in zip(result.broadcastable, like.broadcastable, strict=True)]
            if loose != [*like.broadcastable]:
                self.before[i] = TensorType(like.dtype, loose)(like.name)
                self.replace({like: self.before[i]})
                self.starts[i] = rebroadcast(start, loose)
            self.results[i] = rebroadcast(cast(self.results[i], like.dtype), loose)

    def error(self, i: int, start: Variable, result: Variable) -> DTypeError:
        """The error for a state that changes its type."""
        return DTypeError(
            f"result number {i + 1} of scan starts as {self.before[i].type} and becomes "
            f"{result.type}: what is carried on keeps its type.",
            where=(("initial made at", start.origin), ("a step makes it at", result.origin)),
            fix="Start with what a step returns. One that no step reads has None in outputs_info.")

    def outputs(self, n_steps: Any, truncate: int, name: str | None) -> list[Variable]:
        """The results of all steps, by a loop over what was returned."""
        self.match()
        n, steps = len(self.results), self.steps(n_steps)
        fixed = {v: v.type(v.name) for v in self.constants if v.owner is not None}
        shared = self.shared(fixed)
        self.fit()
        self.replace(fixed | {s: self.before[i] for s, i in shared.items()})
        order = [*self.before, *[i for i in range(n) if i not in self.before]]
        own = [*self.slices, *self.before.values()]
        inner, outside = closed([*[self.results[i] for i in order], *self.ends], own)
        loop = Loop([*own, *outside], inner, len(self.slices), [*self.keep.values()],
                    bool(self.ends), name, truncate, n_steps is None)
        outer = rebuild([*outside.values()], {new: v for v, new in fixed.items()})
        made = loop(steps, *self.sequences, *[self.starts[i] for i in self.before], *outer,
                    return_list=True)
        found = dict(zip(order, made, strict=True))
        self.updates = {s: found[i] for s, i in shared.items()}
        return [found[i] for i in range(n)]

    def steps(self, n_steps: Any) -> Variable:
        """How many steps: what was asked for, or as many as the shortest sequence has."""
        if n_steps is not None:
            steps = as_tensor_variable(n_steps)
            if steps.ndim or steps.dtype.startswith(("float", "complex")):
                raise DTypeError(
                    f"n_steps is an integer scalar, and {quoted(steps)} is {steps.type}.",
                    fix="T.cast(n, 'int64').")
            return steps
        if not self.sequences:
            raise BadValueError("scan does not know how many steps to take.",
                                fix="Pass n_steps, or a sequence.")
        steps = reduce(minimum, [shape_of(v)[0] for v in self.sequences])
        if len(self.sequences) > 1:
            self.sequences = [v[:steps] for v in self.sequences]
        return steps

    def shared(self, fixed: Mapping[Variable, Variable]) -> dict[SharedVariable, int]:
        """Carry on the shared variables that each step changes; by which number."""
        news = map(as_variable, self.updates.values())
        for v in ancestors([*self.results, *self.ends, *news], stop=fixed):
            if isinstance(v, SharedVariable) and hasattr(v, "default_update"):
                self.updates.setdefault(v, v.default_update)
        numbers = {}
        for v, new in self.updates.items():
            numbers[v] = i = len(self.results)
            self.results.append(converted(new, v, "updates"))
            self.starts.append(v)
            self.before[i], self.keep[i] = v.type(v.name), "last"
        return numbers


class Loop(Op):
    """A loop over `n_steps`; its node takes (n_steps, sequences, initial states, constants).

    A step reads `inputs`: an element of each sequence, each state before the step, the constants.
    It gives `outputs`: the new states, other results, and with `until` a bool that ends the loop.
    `keep` says what becomes of each state: "all" values come back, stacked along a new first
    dimension as other results are, or the "last" one (of no step the initial one), or that of the
    last "step", of which there must be one then.
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

    def written(self, node: Any, arguments: Sequence[str]) -> str:
        return f"scan(…; {', '.join(arguments)})"

    def split(self, parts: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
        """What stands in the order of `inputs`: that of sequences, of states, of constants."""
        n, m = self.sequences, self.sequences + self.states
        return parts[:n], parts[n:m], parts[m:]

    def ready(self, n_steps: Any, sequences: Sequence[Any]) -> int:
        """The number of steps as an int, checked against the sequences."""
        n = int(n_steps)
        if n < 0:
            raise BadValueError(f"scan cannot take {n} steps.", fix="n_steps is 0 or more.")
        for i, s in enumerate(sequences, 1):
            if len(s) < n:
                raise BadValueError(f"scan was asked for {n} steps, and sequence number {i} has "
                                    f"{len(s)}.", fix="Pass a smaller n_steps, or leave it out.")
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
            return Backward(self, inputs, outputs).cotangents(cotangents)
        finally:
            config.compute_test_value = was


class Backward:
    """The gradient of a loop: a loop that runs backwards.

        forward   s[t+1], y[t] = step(x[t], s[t], c)
        backward  s̄[t], x̄[t], and a part of c̄ = the pull-back of s̄[t+1] and ȳ[t] through step t

    Here x are the sequences, s the states, c the constants, y the results that are kept, and a bar
    is a cotangent. s̄ is carried on, x̄ stacked, c̄ added up. A backward step reads what the forward
    step computed, unless that is as cheap to compute again; what was drawn at random in any case.
    """

    def __init__(self, loop: Loop, inputs: list[Variable], outputs: list[Variable]) -> None:
        self.loop, self.inputs, self.outputs = loop, inputs, outputs
        self.slices, self.states, self.constants = loop.split(loop.inputs)
        self.outer = dict(zip(loop.inputs, inputs[1:], strict=True))
        self.steps = inputs[0]
        if loop.until and True in loop.kept:
            self.steps = shape_of(outputs[loop.kept.index(True)])[0]
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
        loop = Loop([*self.read, *insides, *self.constants], results, len(self.read),
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


def closed(results: Sequence[Variable], own: Sequence[Variable]
           ) -> tuple[list[Variable], dict[Variable, Variable]]:
    """The results of a step over inner variables alone, and the outer expression of each of those
    that are new: what is the same in every step is computed outside."""
    differing, nodes = changing(own, results), ancestors(results)
    used = {u for v in nodes if v in differing and v.owner is not None for u in v.owner.inputs}
    inner = {v: v.type(v.name) for v in nodes if (v in used or v in results)
             and v not in differing and not isinstance(v, Constant)}
    return rebuild(results, inner), {new: v for v, new in inner.items()}


def sequence(value: Any) -> Variable:
    """A variable that has a first dimension."""
    v = as_tensor_variable(value)
    if v.ndim == 0:
        raise DTypeError(
            f"{quoted(v)} is a scalar: scan goes over the first dimension of a sequence.",
            where=(("made at", v.origin),), fix="Pass it in non_sequences, or as a vector.")
    return v


def are_updates(part: Any) -> bool:
    """Whether these are updates, given as a list of pairs."""
    return isinstance(part, (list, tuple)) and bool(part) and all(
        isinstance(p, (list, tuple)) and len(p) == 2 and isinstance(p[0], SharedVariable)
        for p in part)


def as_variable(value: Any) -> Variable:
    """Variables of any type as they are, values as constants (a Python float as floatX)."""
    return value if isinstance(value, Variable) else weak([value])[0]


def listed(value: Any) -> list[Any]:
    """An argument that may be one thing, several, or none, as a list."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
