"""The walk forwards of `Rop`: tangents, carried from the inputs of each node to its outputs.

An op that has an `R_op` says itself how it does that, and a loop carries tangents beside its
values. For all others it follows from `L_op`, which is linear in the cotangent: the derivative of
v·J by v, times a tangent, is J times that tangent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import chain

import numpy as np

from tutor.core.arrays import ones_like, zeros_like
from tutor.core.elementwise import Elementwise, add, and_, cast, tensor_copy, where
from tutor.core.gradient import smooth
from tutor.core.graph import Apply, Constant, Variable, written_at
from tutor.core.op import VIEW, rebroadcast
from tutor.core.scan import Loop
from tutor.core.types import DISCRETE, TensorType
from tutor.core.walk import toposort
from tutor.derivatives.branches import Mask, better_forms, both, chosen, either
from tutor.derivatives.pulling import checked, nothing, pull_back
from tutor.ops.undefined import DisconnectedType, NullType

Tangents = dict[Variable, Variable | None]
#: The tangent of what depends on the variables and does not move as they do: exactly 0.
STILL = Constant(TensorType("bool", ()), np.array(False))


class Forward:
    """Carries tangents on; of what has none it is None, and an undefined one stays what it is."""

    def __init__(self, tangents: Tangents) -> None:
        self.tangents = tangents
        #: Where a tangent is not held still by a choice on the way; nowhere said: everywhere.
        self.masks: dict[Variable, Mask | None] = {}
        #: The walks through steps of loops, by the variables of the step and those that move.
        self.steps: dict[tuple[tuple[Variable, ...], tuple[Variable, ...]], Forward] = {}

    def through(self, outputs: Sequence[Variable]) -> list[Variable | None]:
        """The tangents of these variables, and of all that they are made of."""
        tangents = self.tangents
        for node in better_forms(toposort(outputs, stop=tangents), set(tangents)):
            if any(v in tangents for v in node.inputs):
                self._node(node)
        return [tangents.get(v) for v in outputs]

    def _node(self, node: Apply) -> None:
        """Carry the tangents of the inputs of a node on to its outputs."""
        given = [self.tangents.get(v) for v in node.inputs]
        points = [None if p is STILL or undefined(p) else p for p in given]
        self._defined(node, given, points)
        for point, row in zip(given, node.op.connection_pattern(node), strict=True):
            if undefined(point):
                self.tangents |= {v: point for v, reached in zip(node.outputs, row, strict=True)
                                  if reached and smooth(v)}

    def _defined(self, node: Apply, given: list[Variable | None], points: list[Variable | None]
                 ) -> None:
        """Carry on those that are defined."""
        if all(p is None for p in points):
            pattern = node.op.connection_pattern(node)
            for i, v in enumerate(node.outputs):
                reached = any(p is not None and row[i]
                              for p, row in zip(given, pattern, strict=True))
                self.tangents[v] = STILL if reached and smooth(v) else None
            return
        with written_at(node.origin and node.origin.backwards):
            for v, t in zip(node.outputs, self._rule(node, points), strict=True):
                gone = t is None or isinstance(t.type, DisconnectedType)
                as_it_is = t is STILL or undefined(t)
                self.tangents[v] = None if gone else t if as_it_is else typed(t, v)
                self.masks[v] = self._mask(node, points)

    def _rule(self, node: Apply, points: list[Variable | None]) -> list[Variable | None]:
        """The tangents of the outputs of a node, by what its op says."""
        if hasattr(type(node.op), "R_op"):
            return list(node.op.R_op(list(node.inputs), points))
        if isinstance(node.op, Loop) and node.op.truncate <= 0:
            return self._loop(node.op, node, points)
        masks = [self.masks.get(v) for v in node.inputs]
        if not isinstance(node.op, Elementwise) or not any(masks) or not node.op.singular(node):
            return _twice_backwards(node, points)
        parts = []
        for i, (mask, point) in enumerate(zip(masks, points, strict=True)):
            if point is not None:
                alone = [point if j == i else None for j in range(len(points))]
                part, = _twice_backwards(node, alone)
                if mask and part is not None and part is not STILL and not undefined(part):
                    part = where(mask.choice, part)
                parts.append(part)
        return [_together(parts)]

    def _mask(self, node: Apply, points: Sequence[Variable | None]) -> Mask | None:
        """Where the tangent of what a node gives is not held still by choices."""
        op, first = node.op, self.masks.get(node.inputs[0]) if node.inputs else None
        if isinstance(op, Elementwise):
            choices = op.choices(node.inputs, node.outputs)
            parts = [both(self.masks.get(v), None if choice is None else chosen(choice))
                     for v, point, choice in zip(node.inputs, points, choices, strict=True)
                     if point is not None]
            return reduce(either, parts)
        if first is None or op.view_map != VIEW or "b" not in op.accepts:
            return None

        def moved() -> tuple[Variable, bool]:
            holds = and_(first.holds, ones_like(node.inputs[0], dtype="bool"))
            return op.make_node(holds, *node.inputs[1:]).outputs[0], True
        return Mask(moved)

    def _loop(self, loop: Loop, node: Apply, points: Sequence[Variable | None]
              ) -> list[Variable | None]:
        """Those of a loop: of one that carries, beside each value, its tangent."""
        moved = _moved(loop, node, points)
        key = tuple(loop.inputs), tuple(moved)
        step = self.steps.setdefault(key, Forward({v: v.type() for v in moved}))
        found, n = step.through(loop.results), loop.states
        if any(map(undefined, found)):
            lost = next(filter(undefined, found))
            return [lost if smooth(v) else None for v in node.outputs]
        new = {i: t for i, t in enumerate(found) if t is not None and t is not STILL}
        slices, states, constants = loop.split(loop.inputs)
        carried = [i for i, v in enumerate(states) if v in moved]
        plain = [i for i in new if i >= n]
        ends = [new.get(i, zeros_like(states[i])) for i in carried]
        more = [[v for v in part if v in moved] for part in (slices, states, constants)]
        inside = [[*part, *map(step.tangents.get, also)]
                  for part, also in zip((slices, states, constants), more, strict=True)]
        outside = [[*part, *map(moved.get, also)]
                   for part, also in zip(loop.split(node.inputs[1:]), more, strict=True)]
        results = [*loop.results[:n], *ends, *loop.results[n:], *[new[i] for i in plain]]
        both = Loop([*chain(*inside)], [*results, *loop.ends], len(inside[0]),
                    [*loop.keep, *[loop.keep[i] for i in carried]], loop.until,
                    f"rop_of_{loop.title or 'scan_fn'}", exact=loop.exact)
        made = both.make_node(node.inputs[0], *chain(*outside)).outputs
        made = [*made[n : n + len(carried)], *made[len(made) - len(plain) :]]
        new.update(zip([*carried, *plain], made, strict=True))
        return [t if t is None or t is STILL else new[i] for i, t in enumerate(found)]


def _moved(loop: Loop, node: Apply, points: Sequence[Variable | None]) -> dict[Variable, Variable]:
    """The variables of a step that have a tangent, and the one outside, to begin with."""
    pattern = loop.connection_pattern(node)
    hit = [row for row, point in zip(pattern, points, strict=True) if point is not None]
    moving = [v for v, *reached in zip(loop.split(loop.inputs)[1], *hit, strict=False)
              if any(reached)]
    found: dict[Variable, Variable] = {}
    for v, outer, point in zip(loop.inputs, node.inputs[1:], points[1:], strict=True):
        if smooth(v) and (point is not None or v in moving):
            found[v] = zeros_like(outer) if point is None else point
    return found


def _together(parts: Sequence[Variable | None]) -> Variable | None:
    """The sum of what the operands of a node move it by."""
    lost = next(filter(undefined, parts), None)
    moving = [t for t in parts if t is not None and t is not STILL]
    if lost is not None or not moving:
        return lost if lost is not None else next((t for t in parts if t is STILL), None)
    return reduce(add, moving)


def undefined(tangent: Variable | None) -> bool:
    """Whether it is one that an op says has no value."""
    return tangent is not None and isinstance(tangent.type, NullType)


def typed(tangent: Variable | None, v: Variable) -> Variable | None:
    """A tangent with the dtype and the broadcast pattern of its variable."""
    if tangent is None or tangent.type is v.type or v.dtype in DISCRETE:
        return tangent
    tangent = cast(tangent, v.dtype)
    if tangent is not None and tangent.broadcastable != v.broadcastable:
        tangent = rebroadcast(tangent, v.broadcastable)
    return tangent


def _twice_backwards(node: Apply, points: list[Variable | None]) -> list[Variable | None]:
    """What `L_op` implies: its results, linear in the cotangents, pulled back to these."""
    there = [smooth(v) for v in node.outputs]
    copies = [
        tensor_copy(v) if s else nothing(v)
        for v, s in zip(node.outputs, there, strict=True)
    ]
    pattern = node.op.connection_pattern(node)
    hit = [p is not None for p in points]
    if not any(there):
        return [None] * len(copies)
    pulled = node.op.L_op(list(node.inputs), list(node.outputs), copies)
    pulled = checked(node, pulled, [any(row) for row in pattern])
    seeds: dict[Variable, Variable] = {}
    for g, point in zip(pulled, points, strict=True):
        if g is None or point is None or isinstance(g.type, DisconnectedType):
            continue
        if undefined(g):
            return [g if s else None for s in there]
        seeds[g] = seeds[g] + point if g in seeds else point
    stops = [*node.inputs, *node.outputs, *seeds.values()]
    found = pull_back(seeds, copies, stops)
    results: list[Variable | None] = []
    for i, (g, _) in enumerate(found):
        connected = there[i] and any(row[i] and h for row, h in zip(pattern, hit, strict=True))
        results.append((STILL if g is None else g) if connected else None)
    return results
