"""What a branch that is not taken sends back: exactly nothing, whatever its local derivative is.

A cotangent that leaves a choice (`switch`, `maximum`, `clip`, the largest of an axis) carries its
condition with it. The local derivatives of what stands under the choice are multiplied with the
cotangent as it was before the choice, and the condition is applied to the product: so a derivative
that is infinite or nan where the branch is not taken is never multiplied with 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.core.arrays import ones_like
from tutor.core.elementwise import Elementwise, and_, eq, neq, switch, tensor_copy, where
from tutor.core.gradient import Cotangents
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.op import unbroadcast
from tutor.core.types import DISCRETE
from tutor.core.walk import toposort
from tutor.derivatives.markers import disconnected_grad
from tutor.ops.control import Guard, guards_of, masked, node_guard, use_guard
from tutor.ops.logarithms import is_logarithm, logarithm
from tutor.ops.logic import invert, or_
from tutor.ops.shape import shape_padleft
from tutor.ops.softmax import softmax_written
from tutor.ops.undefined import DisconnectedType, NullType

Choice = tuple[Variable, bool]


class Mask:
    """Where a cotangent arrives: a condition, and whether it holds there.

    Where it is `strict`, nothing but constants is trusted to be finite; otherwise all is that
    comes in from outside, and what is made of that without a pole or an overflow.
    """

    def __init__(self, make: Callable[[], Choice], strict: bool = True) -> None:
        self.make, self.strict = make, strict
        self.made: Choice | None = None

    @property
    def choice(self) -> Choice:
        """The condition and whether it must hold, made when they are first asked for."""
        if self.made is None:
            self.made = self.make()
        return self.made

    @property
    def holds(self) -> Variable:
        """The condition as a bool that holds where something arrives."""
        condition, holds = self.choice
        if condition.dtype == "bool":
            return condition if holds else invert(condition)
        return (neq if holds else eq)(condition, 0)


def chosen(choice: Choice) -> Mask:
    """The mask of one condition."""
    mask = Mask(lambda: choice)
    mask.made = choice
    return mask


def both(a: Mask | None, b: Mask | None) -> Mask | None:
    """Where both hold."""
    if a is None or b is None or a is b or (a.made is not None and a.made == b.made):
        return b if a is None else a
    return Mask(lambda: (and_(a.holds, b.holds), True), a.strict and b.strict)


def either(a: Mask | None, b: Mask | None) -> Mask | None:
    """Where one of both holds; None where that is everywhere."""
    if a is None or b is None:
        return None
    if a is b or (a.made is not None and a.made == b.made):
        return a
    if a.made and b.made and a.made[0] is b.made[0]:
        return None
    return Mask(lambda: (or_(a.holds, b.holds), True), a.strict or b.strict)


class Cotangent(NamedTuple):
    """What arrives at a variable: its value; the same without the zeros of the mask; the mask."""

    value: Variable
    raw: Variable
    mask: Mask | None


def plain(g: Variable) -> Cotangent:
    """A cotangent that arrives everywhere."""
    return Cotangent(g, g, None)


def total(parts: Sequence[Cotangent]) -> Cotangent:
    """The sum over all paths."""
    whole = parts[0]
    for part in parts[1:]:
        if isinstance(whole.value.type, NullType):
            break
        whole = part if isinstance(part.value.type, NullType) else _sum(whole, part)
    return whole


def _sum(a: Cotangent, b: Cotangent) -> Cotangent:
    """What arrives by two paths; by both branches of one choice, that of the one taken."""
    mask = either(a.mask, b.mask)
    if mask is None and a.mask and b.mask and a.mask.made and a.raw.type == b.raw.type:
        condition, holds = a.mask.made
        cases = (a.raw, b.raw) if holds else (b.raw, a.raw)
        return plain(switch(condition, *cases))
    value = a.value + b.value
    return Cotangent(value, a.raw + b.raw if mask and mask is a.mask else value, mask)


class Branches:
    """Takes the cotangents of one walk through its nodes, with their masks.

    In a walk that is told node by node, what merely leaves elements out starts no mask: what is
    passed back is what a person writes.
    """

    def __init__(self, nodes: Sequence[Apply], seeds: Mapping[Variable, Variable], note: bool
                 ) -> None:
        self.note = note
        self.asked = any(node.op.asks_finite for node in nodes)
        self.known: dict[Variable, bool] = {}
        self.guards = guards_of(nodes, seeds)

    def leaving(self, node: Apply, place: int, v: Variable, c: Cotangent) -> Cotangent:
        """A cotangent on its way from an input of a node to the variable that it is."""
        if not self.guards:
            return c
        here = node_guard(node, self.guards) | use_guard(node, place)
        return self._guarded(c, v, here - self.guards[v])

    def arriving(self, v: Variable, c: Cotangent) -> Cotangent:
        """The whole of what arrived at a target."""
        return self._guarded(c, v, self.guards[v]) if v in self.guards else c

    def _guarded(self, c: Cotangent, v: Variable, guard: Guard) -> Cotangent:
        """A cotangent that leaves branches of `ifelse`, as nothing where they are not taken."""
        if not guard or not is_tensor(c.value):
            return c
        guards, mask, inside = self.guards, None, c.mask
        if inside:  # what is known inside of the branch alone, and not outside
            def known() -> Choice:
                holds = and_(inside.holds, ones_like(v, dtype="bool"))
                return masked(holds, v, guard, guards), True
            mask = Mask(known, inside.strict)
        else:
            for choice in guard:  # nor is a condition that is needed under another
                mask = both(mask, chosen(choice)) if not guards.get(choice[0]) else mask
        return Cotangent(masked(c.value, v, guard, guards), masked(c.raw, v, guard, guards), mask)

    def sent(self, node: Apply, arrived: Sequence[Cotangent | None],
             found: Cotangents, pull: Callable[..., Any]) -> list[Cotangent | None]:
        """What a node sends on: `found`, its rule's answer to the values that arrived, with masks.

        `pull` asks the rule again, about other inputs.
        """
        there = [c for c in arrived if c is not None]
        op, mask = node.op, there[0].mask if len(there) == 1 else None
        if not any(map(is_tensor, found)) or (mask is None and (
                not op.chooses or (op.moves and (self.note or self.finite(node.inputs))))):
            return [None if g is None else plain(g) for g in found]
        if isinstance(op, Elementwise):
            return self._elementwise(node, op, there[0], found)
        place = None if mask is None else padded(mask.holds, there[0].value.ndim)
        masks = [self._needed(node, m, mask) for m in op.needed(node, place)]
        if op.multilinear:
            inputs = [v if m is None or self.finite([v]) else where(m.choice, v)
                      for v, m in zip(node.inputs, masks, strict=True)]
            found = found if inputs == node.inputs else pull(inputs)
        elif mask and not op.moves and (op.singular(node) or not self.finite(node.inputs)):
            found = [g if g is None or m is None or not is_tensor(g) else where(m.choice, g)
                     for g, m in zip(found, masks, strict=True)]
        return [None if g is None else Cotangent(g, g, m if is_tensor(g) else None)
                for g, m in zip(found, masks, strict=True)]

    def _needed(self, node: Apply, needed: Variable | None, mask: Mask | None) -> Mask | None:
        """The mask of an input from where it has an influence."""
        if needed is None:
            return None
        holds = needed if needed.dtype == "bool" else neq(needed, 0)
        found = chosen((holds, True))
        found.strict = not node.op.mixes and (mask is None or mask.strict)
        return found

    def _elementwise(self, node: Apply, op: Elementwise, c: Cotangent,
                     found: Sequence[Variable | None]) -> list[Cotangent | None]:  # fmt: skip
        """A piece of each input, under the mask where its local derivative may not be finite."""
        pieces = op.pieces(node.inputs, node.outputs, c.raw)
        choices = op.choices(node.inputs, node.outputs)
        sent: list[Cotangent | None] = []
        for v, g, piece, choice in zip(node.inputs, found, pieces, choices, strict=True):
            if g is None or piece is None or not is_tensor(g):
                sent.append(None if g is None else plain(g))
                continue
            mask = c.mask if choice is None else both(c.mask, chosen(choice))
            if c.mask is not None and not self.finite([piece], c.raw, c.mask.strict, node):
                g = unbroadcast(where(mask.choice, piece), v)  # type: ignore[union-attr]
            stretched = piece.broadcastable != v.broadcastable
            raw = g if stretched else unbroadcast(piece, v)
            sent.append(Cotangent(g, raw, _fitted(mask, v)))
        return sent

    def finite(self, found: Sequence[Variable], stop: Variable | None = None, strict: bool = False,
               node: Apply | None = None) -> bool:  # fmt: skip
        """Whether what is computed, from a cotangent `stop` perhaps, is finite where that is.

        Strictly, nothing is known about the operands and results of the node but of constants.
        """
        unknown = {*node.inputs, *node.outputs} if strict and node is not None else set()
        queue, seen = list(found), {stop}
        while queue:
            v = queue.pop()
            if v in seen or getattr(v.type, "dtype", None) in DISCRETE:
                continue
            seen.add(v)
            if isinstance(v, Constant):
                fine = bool(np.isfinite(v.data).all())
            elif self.known.get(v) or v in unknown:
                fine = v not in unknown
            elif v.owner is None:
                fine = not (self.asked or strict)
            else:
                fine = not v.owner.op.singular(v.owner)
                queue += v.owner.inputs[v.owner.op.reads]
            if not fine:
                return False
        if not strict and stop is None:
            self.known.update(dict.fromkeys([v for v in seen if v is not None], True))
        return True


def better_forms(nodes: list[Apply], stop: set[Variable]) -> list[Apply]:
    """The nodes, with a copy of its other form in the place of each logarithm of exponentials
    and each softmax written out: they are differentiated in the form that does not compute the
    exponentials. Node by node, there would be one infinity over another."""
    found: list[Apply] = []
    known: set[Variable] | None = None
    for node in nodes:
        new = logarithm(node, stop, disconnected_grad) \
            if is_logarithm(node.op) else softmax_written(node, stop)
        if new is not None:
            known = known or {v for n in nodes for v in n.outputs}
            more = toposort([new], stop=known)
            known.update(v for n in more for v in n.outputs)
            found += more
            node = _the_same(node, new)
        found.append(node)
    return found


def padded(condition: Variable, ndim: int) -> Variable:
    """A condition with as many dimensions as what it masks."""
    missing = ndim - condition.ndim
    return shape_padleft(condition, missing) if missing > 0 else condition


def is_tensor(g: Any) -> bool:
    """Whether a cotangent is there, and defined."""
    return g is not None and not isinstance(g.type, (NullType, DisconnectedType))


def _fitted(mask: Mask | None, v: Variable) -> Mask | None:
    """The mask of what was stretched, for what it was made of: where any copy counts."""
    if mask is None:
        return None
    condition = mask.choice[0] if mask.made else None
    if condition is not None and _fits(condition, v):
        return mask

    def made() -> Choice:
        condition = mask.holds
        if _fits(condition, v):
            return condition, True
        extra = tuple(range(condition.ndim - v.ndim))
        wide = condition.any(axis=extra) if extra else condition
        ones = v.broadcastable[v.ndim - wide.ndim :]
        pairs = enumerate(zip(ones, wide.broadcastable, strict=True))
        axes = tuple(i for i, (one, was) in pairs if one and not was)
        return (wide.any(axis=axes, keepdims=True) if axes else wide), True

    return Mask(made, mask.strict)


def _fits(condition: Variable, v: Variable) -> bool:
    """Whether a condition stretches to a variable."""
    if condition.ndim > v.ndim:
        return False
    ones = v.broadcastable[v.ndim - condition.ndim :]
    return all(is_one or not one for one, is_one in zip(ones, condition.broadcastable, strict=True))


def _the_same(node: Apply, form: Variable) -> Apply:
    """A node with the outputs of another, that copies another form of it."""
    copying: Any = tensor_copy
    found = Apply(copying, [form], [])
    found.outputs, found.origin = node.outputs, node.origin
    return found
