"""Code motion: of what a step of a loop computes, only what must be done step by step stays in it.

Comes after vectorization, before the pass over all loops. What is the same in every step is done
once, what goes by sequences alone for all steps at once, and a sum over the steps after the loop,
as one product of matrices where its terms are products.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tutor.compile.rules.engine import rewritten
from tutor.compile.rules.vectorize import flat, lifted_node, stretched_node, terms_of
from tutor.core.arrays import DimShuffle, Dot, Outer, dot, transpose
from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import fill
from tutor.core.graph import Constant, Variable
from tutor.core.scan import Loop
from tutor.core.types import TensorType
from tutor.core.walk import ancestors, rebuild, remake, toposort
from tutor.ops.creation import alloc
from tutor.ops.indexing import FirstSteps


class Wanted(NamedTuple):
    """Of which results all steps are read, and of which states only the last value."""

    whole: list[bool]
    last: list[bool]


class Product(NamedTuple):
    """A term of a total: a product of two values of a step, or (without `right`) one value."""

    left: Variable
    right: Variable | None


class CodeMotion:
    """Builds what is left of a loop, from the inputs of its node, and what is wanted of it."""

    def __init__(self, loop: Loop, inputs: Sequence[Variable], wanted: Wanted,
                 stretches: bool = False) -> None:
        self.loop, self.wanted, self.stretches = loop, wanted, stretches
        self.steps = inputs[0]
        self.slices, self.states, constants = loop.split(loop.inputs)
        self.seqs, self.initial, outside = loop.split(inputs[1:])
        #: Inner variables that are the same in every step, and those of all steps: outside.
        self.outer: dict[Variable, Variable] = dict(zip(constants, outside, strict=True))
        self.lifted: dict[Variable, Variable] = {}
        self.moved = False  # whether anything left the loop
        self.stays = False  # whether anything stayed in it
        self.widths: dict[Variable, None] = {}  # what is there for each step where it `stretches`

    def built(self) -> dict[int, Variable]:
        """The outputs that are wanted, by their number."""
        needed = self._needed()
        inner, _ = rewritten(
            [*[self.loop.results[i] for i in needed], *self._ends()], self.loop.inputs)  # fmt: skip
        inner = self._sorted(inner)
        results = dict(zip(needed, inner, strict=False))
        self._classify([*results.values(), *inner[len(results) :]])
        totals = {i: p for i in needed if (p := self._products(i, results)) is not None}
        found = {i: self.lifted[v] for i, v in results.items()
                 if i >= self.loop.states and v in self.lifted}
        if not self.loop.until:
            found |= {i: self._repeated(v) for i, v in results.items()
                      if i >= self.loop.states and v in self.outer}
        self.moved = self.moved or bool(found or totals)
        inside = {i: v for i, v in results.items() if i not in found and i not in totals}
        parts = [v for products in totals.values() for p in products for v in p if v is not None]
        more = list(dict.fromkeys([v for v in parts if v not in self.lifted]))
        made, stacked = self._loop(inside, inner[len(results) :], more)
        self.lifted.update(zip(more, stacked, strict=True))
        for i, products in totals.items():
            found[i] = _from(self.initial[i], [self._total(p) for p in products])
        return found | made

    def _repeated(self, v: Variable) -> Variable:
        """A result that is the same in every step, for all of them."""
        value = self.outer[v]
        shape = shape_of(value)
        sizes = [1 if one else shape[i] for i, one in enumerate(value.broadcastable)]
        return alloc(value, self.steps, *sizes)

    def _ends(self) -> list[Variable]:
        return self.loop.outputs[len(self.loop.results) :]

    def _needed(self) -> list[int]:
        """The results that are wanted, and the states they go by."""
        wanted = [i for i, (a, b) in enumerate(zip(*self.wanted, strict=True)) if a or b]
        owners = {v: i for i, v in enumerate(self.states)}
        found: set[int] = set()
        while set(wanted) - found:
            found |= set(wanted)
            used = ancestors([*[self.loop.results[i] for i in found], *self._ends()])
            wanted += [owners[v] for v in used if v in owners]
        return sorted(found)

    def _sorted(self, inner: list[Variable]) -> list[Variable]:
        """Sums regrouped, so that what can leave the loop stands together in them."""
        self._classify(inner)
        still = self.outer.keys() | self.lifted.keys()
        nodes = toposort(inner)
        uses = Counter([*inner, *[v for node in nodes for v in node.inputs]])
        inside = {v for node in nodes if node.op.adds for v in node.inputs}
        regrouped: dict[Variable, Variable] = {}
        for node in nodes:
            out = node.outputs[0]
            if not node.op.adds or out in still or (out in inside and uses[out] == 1):
                continue
            terms = terms_of(out, uses)
            free = [v for v in terms if v in still or isinstance(v, Constant)]
            rest = [v for v in terms if v not in free]
            if len(free) > 1 and rest:
                new = sum(rest[1:], rest[0]) + sum(free[1:], free[0])
                if new.type is out.type:  # what it sums up may have been regrouped before
                    regrouped[out] = rebuild([new], regrouped)[0]
        return rebuild(inner, regrouped)

    def _classify(self, results: Sequence[Variable]) -> None:
        """Find what is the same in every step, and what goes by sequences alone."""
        if not self.loop.until:
            for v, whole in zip(self.slices, self.seqs, strict=True):
                self.lifted[v] = whole if self.loop.exact else FirstSteps()(whole, self.steps)
        for node in toposort(results):
            if node.op.draws or any(v in self.outer for v in node.outputs):
                continue
            if all(v in self.outer or isinstance(v, Constant) for v in node.inputs):
                operands = [self.outer.get(v, v) for v in node.inputs]
                self.outer.update(zip(node.outputs, remake(node, operands).outputs, strict=True))
            elif all(v in self.outer or v in self.lifted or isinstance(v, Constant)
                     for v in node.inputs):  # fmt: skip
                fixed = {v: self.outer.get(v, v) for v in node.inputs if v not in self.lifted}
                new = lifted_node(node, self.lifted, fixed)
                if new is None and self.stretches:
                    new = stretched_node(node, self.steps, self.lifted, fixed)
                if new is not None:
                    self.lifted[node.outputs[0]] = new
                    self.widths |= dict.fromkeys([
                        v for v in fixed.values() if v.type is node.outputs[0].type and v.ndim])

    def _products(self, i: int, results: dict[int, Variable]) -> list[Product] | None:
        """The terms that a state only adds up, if that is all it does; they are summed later."""
        if i >= self.loop.states or self.loop.until or self.loop.keep[i] != "last":
            return None
        state, new = self.states[i], results[i]
        if not isinstance(state.type, TensorType) or state.dtype not in ("float32", "float64"):
            return None
        uses = Counter([*results.values(), *[
            v for node in toposort(results.values()) for v in node.inputs]])  # fmt: skip
        terms = terms_of(new, uses)
        if {uses[state], uses[new], terms.count(state)} != {1} or len(terms) < 2:
            return None  # something else reads the total on the way
        terms.remove(state)
        products = [self._product(v) for v in terms]
        return None if None in products else products  # type: ignore[return-value]

    def _product(self, v: Variable) -> Product | None:
        """A term as something that can be summed over all steps without keeping large values."""
        node, factors = v.owner, None
        if v in self.outer:
            return None
        if node is not None and isinstance(node.op, Outer) and v not in self.lifted:
            factors = node.inputs
        if node is not None and isinstance(node.op, Dot) and all(u.ndim == 2 for u in node.inputs):
            back = node.inputs[0].owner
            if back is not None and isinstance(back.op, DimShuffle) and back.op.order == (1, 0):
                factors = [back.inputs[0], node.inputs[1]]
        if factors is not None:
            return None if {*factors} & self.outer.keys() else Product(*factors)
        return Product(v, None) if v.ndim < 2 else None

    def _total(self, product: Product) -> Variable:
        """The sum of a term over all steps."""
        left = self.lifted[product.left]
        if product.right is None:
            return left.sum(axis=0)
        right = self.lifted[product.right]
        return dot(transpose(flat(left)), flat(right))

    def _loop(self, inside: dict[int, Variable], ends: list[Variable], more: list[Variable]
              ) -> tuple[dict[int, Variable], list[Variable]]:  # fmt: skip
        """The loop over what is left in it: the outputs by their number, and the extra ones."""
        if not inside and not more:
            return {}, []
        self.stays = True
        states = [i for i in inside if i < self.loop.states]
        plain = [i for i in inside if i >= self.loop.states]
        results = [*[inside[i] for i in states], *[inside[i] for i in plain], *more]
        results += ends
        before = [self.states[i] for i in states]
        slices, constants = self._border(results, before)
        new = {v: v.type(v.name) for v in [*slices, *constants]}
        self.moved = self.moved or any(v.owner is not None for v in new)
        loop = Loop([*[new[v] for v in slices], *before, *[new[v] for v in constants]],
                    rebuild(results, new), len(slices), [self._keep(i) for i in states],
                    self.loop.until, self.loop.title, self.loop.truncate, self.loop.exact)
        whole = dict(zip(self.slices, self.seqs, strict=True)) | self.lifted
        made = loop.make_node(
            self.steps, *[whole[v] for v in slices], *[self.initial[i] for i in states],
            *[self.outer[v] for v in constants]).outputs  # fmt: skip
        return dict(zip([*states, *plain], made, strict=False)), made[len(inside) :]

    def _keep(self, i: int) -> str:
        """What is kept of a state that is in the loop, whether it is wanted or read by others."""
        if self.loop.keep[i] != "all" or self.wanted.whole[i]:
            return self.loop.keep[i]
        return "step" if self.wanted.last[i] else "last"

    def _border(self, results: Sequence[Variable], own: Sequence[Variable]
                ) -> tuple[list[Variable], list[Variable]]:  # fmt: skip
        """What the loop reads: elements of sequences, and what is the same in every step."""
        slices: dict[Variable, None] = {}
        constants: dict[Variable, None] = {}
        queue, seen = list(results), set(results)
        while queue:
            v = queue.pop()
            if isinstance(v, Constant) or v in own:
                continue
            if v in self.outer:
                constants[v] = None
            elif v in self.lifted or v.owner is None:
                slices[v] = None
            else:
                fresh = [u for u in v.owner.inputs if u not in seen]
                seen.update(fresh)
                queue += fresh
        return list(slices), list(constants)


def _from(initial: Variable, totals: list[Variable]) -> Variable:
    """What is added up from a value on; zeros of its type add nothing."""
    node, total = initial.owner, sum(totals[1:], totals[0])
    zero = node.inputs[1] if node is not None and node.op is fill else None
    nothing = isinstance(zero, Constant) and not zero.data.any() and total.type is initial.type
    return total if nothing else initial + total
