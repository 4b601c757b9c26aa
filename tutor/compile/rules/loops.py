"""The pass over loops: equal ones are fused, what nobody reads is left out, and what need not be
done step by step moves out. Comes after `motion.py`, which treats a single loop.

>>> import tutor, tutor.tensor as T
>>> squares, _ = tutor.map(lambda v: v ** 2, T.dvector("x"))
>>> optimized([squares])[0]
[sqr(x)]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from tutor.compile.rules.columns import rows_or_columns
from tutor.compile.rules.engine import Step, rewritten
from tutor.compile.rules.motion import CodeMotion, Wanted
from tutor.compile.rules.patterns import EXACT, ROUNDING, Rule
from tutor.compile.rules.shapes import into_zeros
from tutor.compile.rules.vectorize import is_last, without_first
from tutor.core.arrays import Shape, dimshuffle
from tutor.core.elementwise import add, cast
from tutor.core.graph import Apply, Variable
from tutor.core.indexing import Span, Subtensor, Template
from tutor.core.scan import Loop
from tutor.core.walk import rebuild, toposort
from tutor.ops.control import ifelse
from tutor.ops.sums import size

FUSION = Rule("one loop", "", "",
              "Loops that take the same steps over the same values are one.", EXACT)
COLUMNS = Rule("fewer columns", "", "",
               "A matrix of derivatives has columns as well as rows.", ROUNDING)
BEGINS = Rule("where it begins", "", "",
              "What is 0 in all steps but the first is where the loop begins.", EXACT)
REVERSED = Template((Span(None, None, -1),))
MOST = 4_000_000  # numbers that all steps at once may need
MOTION = Rule("leaner loop", "", "",
              "What is not read, or need not be done step by step, leaves the loop.", ROUNDING)


def optimized(
    outputs: Sequence[Variable], inputs: Sequence[Variable] = (), mode: str = "FAST_RUN"
) -> tuple[list[Variable], list[Step]]:
    """The outputs with loops that do no more than is asked, and the steps that led there."""
    if mode == "None" or not any(isinstance(node.op, Loop) for node in toposort(outputs, inputs)):
        return list(outputs), []
    steps: list[Step] = []
    found, again = rebuild(outputs, {}, _length), True
    while again:
        found, _ = rewritten(found, inputs, "FAST_COMPILE")
        found, again = _joined(found, steps)
        while pair := _nested(found):
            found, again = _absorbed(found, *pair, steps), True
    found = rebuild(found, {}, partial(_narrow, steps))
    found = rebuild(found, {}, partial(_begun, steps))
    if mode != "FAST_COMPILE":
        found = Motion(found, steps).outputs
    return found, steps


def _length(node: Apply, inputs: list[Variable]) -> Sequence[Variable] | None:
    """How many rows a loop gives, which is known without running it."""
    shape = node.inputs[0].owner if isinstance(node.op, Subtensor) else None
    if shape is not None and isinstance(shape.op, Shape) and node.op.index.entries == (0,):
        v = shape.inputs[0]
        loop: Any = v.owner
        counts = loop is not None and isinstance(loop.op, Loop) and not loop.op.until
        if counts and loop.op.stacked[v.index or 0]:
            return [cast(loop.inputs[0], "int64")]
    return None


def _narrow(steps: list[Step], node: Apply, inputs: list[Variable]) -> Sequence[Variable] | None:
    """A loop over rows, as one over columns if these are fewer."""
    found = rows_or_columns(node, inputs)
    if found is not None:
        steps.append(Step(COLUMNS, node.outputs[0], found[0]))
    return found


def _begun(steps: list[Step], node: Apply, inputs: list[Variable]) -> Sequence[Variable] | None:
    """A loop of which a sequence is 0 but for its first element, and a step only adds it to a
    state: the state begins with it."""
    loop = node.op
    if not isinstance(loop, Loop):
        return None
    sequences, initial, constants = loop.split(inputs[1:])
    slices, states, rest = loop.split(loop.inputs)
    outputs, first = loop.outputs, dict(zip(states, initial, strict=True))
    kept: dict[Variable, Variable] = {}
    for v, whole in zip(slices, sequences, strict=True):
        alone, total = _first_alone(whole), _added(outputs, v, states)
        state = None if total is None else next(u for u in total.inputs if u is not v)
        begun = None if state is None or alone is None else first[state] + _of_some_step(
            alone, inputs[0])
        if total is None or state is None or begun is None or begun.type is not state.type:
            kept[v] = whole
            continue
        first[state] = begun
        outputs = rebuild(outputs, {total.outputs[0]: state})
    if len(kept) == len(slices):
        return None
    new = Loop([*kept, *states, *rest], outputs, len(kept), loop.keep, loop.until, loop.title,
               loop.truncate, loop.exact).make_node(
        inputs[0], *kept.values(), *first.values(), *constants).outputs
    steps.append(Step(BEGINS, node.outputs[0], new[0]))
    return new


def _of_some_step(v: Variable, steps: Variable) -> Variable:
    """A variable, which is an IndexError where there is no step, as its place was."""
    return dimshuffle(v, ("x", *range(v.ndim)))[:steps][-1]


def _first_alone(v: Variable) -> Variable | None:
    """What the first element of a sequence is, where it is made of zeros with the last one set, in
    reverse."""
    turned = v.owner
    if turned is None or not isinstance(turned.op, Subtensor) or turned.op.index != REVERSED:
        return None
    parts = into_zeros(turned.inputs[0])
    last = len(parts) == 1 and is_last(parts[0].op.index) and len(parts[0].op.index.entries) == 1
    return parts[0].inputs[1] if last else None


def _added(outputs: Sequence[Variable], v: Variable, states: Sequence[Variable]) -> Apply | None:
    """The node that adds a variable of a step to a state, if nothing else reads either."""
    nodes = toposort(outputs)
    uses = Counter([*outputs, *[u for node in nodes for u in node.inputs]])
    found = next((node for node in nodes if v in node.inputs), None)
    if found is None or found.op is not add or v.type is not found.outputs[0].type:
        return None
    other = [u for u in found.inputs if u is not v and u in states]
    return found if uses[v] == 1 and len(other) == 1 and uses[other[0]] == 1 else None


def _joined(outputs: list[Variable], steps: list[Step]) -> tuple[list[Variable], bool]:
    """Loops over the same inner variables and outer values, as one with the results of all."""
    groups: dict[tuple[object, ...], list[Apply]] = {}
    for node in toposort(outputs):
        if isinstance(node.op, Loop):
            key = (tuple(node.op.inputs), tuple(node.inputs), node.op.keep, *node.op.ends)
            groups.setdefault(key, []).append(node)
    member = {node: group for group in groups.values() if len(group) > 1 for node in group}
    if not member:
        return outputs, False
    made: dict[int, Apply] = {}

    def make(node: Apply, inputs: list[Variable]) -> Sequence[Variable] | None:
        group = member.get(node)
        if group is None:
            return None
        if id(group) not in made:
            made[id(group)] = _with_all([n.op for n in group]).make_node(*inputs)
        else:
            steps.append(Step(FUSION, node.outputs[0], made[id(group)].outputs[0]))
        one: Any = made[id(group)]
        n = node.op.states
        return [*one.outputs[:n], *[one.outputs[one.op.results.index(v, n)]
                                    for v in node.op.results[n:]]]

    return rebuild(outputs, {}, make), True


def _with_all(loops: Sequence[Any]) -> Loop:
    """The first of some loops that take the same steps, with the results of all."""
    one: Loop = loops[0]
    plain = dict.fromkeys([v for loop in loops for v in loop.results[loop.states :]])
    return one.remade([*one.results[: one.states], *plain])


def _nested(outputs: list[Variable]) -> tuple[Apply, Apply] | None:
    """A loop, and another that does all it does and does not need it: one that carries, say,
    tangents beside the same values."""
    nodes = [node for node in toposort(outputs) if isinstance(node.op, Loop) and node.op.inputs]
    readers: dict[Variable, list[Apply]] = {}
    for node in nodes:
        for v in node.op.inputs:
            readers.setdefault(v, []).append(node)
    for small in nodes:
        for large in readers[small.op.inputs[0]]:
            if len(large.inputs) > len(small.inputs) and _said(small) <= _said(large) and (
                    small not in toposort(large.inputs)):
                return small, large
    return None


def _said(node: Apply) -> set[tuple[object, ...]]:
    """What a loop takes, what becomes of its states, and when it ends."""
    loop = node.op
    states = zip(loop.split(loop.inputs)[1], loop.results, loop.keep, strict=False)
    taken = zip(loop.inputs, node.inputs[1:], strict=True)
    return {(node.inputs[0], loop.until, *loop.ends), *taken, *states}


def _absorbed(outputs: list[Variable], small: Apply, large: Apply, steps: list[Step]
              ) -> list[Variable]:
    """The outputs with one loop in the place of two, of which one does what the other does."""
    one: Any = _with_all([large.op, small.op]).make_node(*large.inputs)
    states, n = large.op.split(large.op.inputs)[1], small.op.states
    at = [*map(states.index, small.op.split(small.op.inputs)[1]),
          *[one.op.results.index(v, len(states)) for v in small.op.results[n:]]]
    place = {v: one.outputs[i] for v, i in zip(small.outputs, at, strict=True)}
    steps.append(Step(FUSION, small.outputs[0], place[small.outputs[0]]))
    return rebuild(outputs, {**place, **dict(zip(large.outputs, one.outputs, strict=False))})


class Motion:
    """One walk over a graph that moves code out of loops, knowing what is read of their results."""

    def __init__(self, outputs: list[Variable], steps: list[Step]) -> None:
        nodes = toposort(outputs)
        self.outputs, self.steps = outputs, steps
        self.readers: dict[Variable, list[Apply | None]] = {v: [None] for v in outputs}
        for node in reversed(nodes):
            if any(v in self.readers for v in node.outputs):
                for v in node.inputs:
                    self.readers.setdefault(v, []).append(node)
        self.lasts: dict[Variable, Variable] = {}
        self.outputs = rebuild(outputs, {}, self._make)

    def _wanted(self, node: Apply) -> Wanted:
        """What is read of the results of a loop."""
        whole, last = [], []
        for i, v in enumerate(node.outputs):
            readers = self.readers.get(v, [])
            only = bool(readers) and i < node.op.states and all(
                n is not None and isinstance(n.op, Subtensor) and n.inputs[0] is v
                and is_last(n.op.index) for n in readers)  # fmt: skip
            kept = node.op.stacked[i]
            last.append(only if kept else bool(readers))
            whole.append(kept and bool(readers) and not only)
        return Wanted(whole, last)

    def _make(self, node: Apply, inputs: list[Variable]) -> Sequence[Variable] | None:
        x = node.inputs[0] if node.inputs else None
        if x in self.lasts:
            index = without_first(node.op.index)
            last = self.lasts[x]
            return [Subtensor(index)(last, *inputs[1:]) if index.entries else last]
        if not isinstance(node.op, Loop):
            return None
        wanted = self._wanted(node)
        motion = CodeMotion(node.op, inputs, wanted)
        found = motion.built()
        if motion.stays and not (node.op.until or any(wanted.last)):
            found = _at_once(node.op, inputs, wanted, found)
        for i, v in enumerate(node.outputs):
            if wanted.last[i] and node.op.stacked[i]:
                self.lasts[v] = found[i]
        if motion.moved and found:
            i, new = next(iter(found.items()))
            self.steps.append(Step(MOTION, node.outputs[i], new))
        return [found.get(i, v) for i, v in enumerate(node.outputs)]


def _at_once(loop: Loop, inputs: Sequence[Variable], wanted: Wanted,
             one_by_one: dict[int, Variable]) -> dict[int, Variable]:
    """The results of a loop all steps at once while memory allows, as the rows of a Jacobian; as
    they are `one_by_one` where that cannot be had."""
    motion = CodeMotion(loop, inputs, wanted, stretches=True)
    found = motion.built()
    if motion.stays or not motion.widths or any(
            v.type is not one_by_one[i].type for i, v in found.items()):
        return one_by_one
    numbers = [size(v) for v in motion.widths]
    small = inputs[0] * sum(numbers[1:], numbers[0]) <= MOST
    chosen = ifelse(small, [*found.values()], [one_by_one[i] for i in found])
    return dict(zip(found, chosen, strict=True))
