"""The lines of a derivation. Of scalars from y inwards: d/dx before what is not derived yet. Of
tensors from x outwards: ∂L/∂u for each u whose uses are not looked at yet.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> [(step.rule, step.after) for step in Lines(x * T.sin(x), x, {}).steps]
[('product rule', sin(x) + x * d/dx(sin(x))), ('derivative of sin', sin(x) + x * cos(x))]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tutor.core.arrays import ones_like
from tutor.core.elementwise import cast, tensor_copy
from tutor.core.gradient import zeros_of
from tutor.core.graph import Constant, Variable
from tutor.core.types import DISCRETE
from tutor.core.walk import ancestors, rebuild
from tutor.derivatives.cost import grad
from tutor.notation import Notation, said
from tutor.ops.softmax import softmax_written
from tutor.pictures.derivation.identities import known, sigmoids
from tutor.pictures.derivation.rules import (
    WORDS,
    Reading,
    added,
    ahead,
    dependents,
    of_node,
    one,
    written_as,
)
from tutor.pictures.derivation.simplify import Simplifier
from tutor.pictures.derivation.unevaluated import those_waiting, waiting

BACK = r"\frac{{\partial {0}}}{{\partial {1}_{{t}}}}"
#: How a loop passes back to the operands of its steps: to what is the same in all of them a sum.
LOOPED = {"sequence": Notation("", rf"\left[{BACK}\right]_{{{{t}}}}", 10, (10, 10)),
          "state": Notation("", BACK.replace("_{{t}}", "_{{0}}"), 9, (10, 10)),
          "constant": Notation("", rf"\sum_{{{{t}}}} {BACK}", 8, (10, 10))}
DEEPEST = 150  # linear operations that are gone through in one line


@dataclass(frozen=True)
class Step:
    """From one line to the next: both as expressions, in which derivatives not taken yet may stand;
    the names of the rules, what is said of them, and the (operand, result) pairs gone over."""

    before: Variable
    after: Variable
    rule: str
    words: str = ""
    edges: tuple[tuple[Variable, Variable], ...] = ()


class Lines:
    """All steps from ∂y/∂x to a formula without derivatives; `names` are those of variables that
    have none of their own, and it adds those that rules give."""

    def __init__(self, y: Variable, x: Variable, names: Mapping[Variable, str]) -> None:
        self.y, self.x, self.names = y, x, dict(names)
        self.depends = dependents(y, x)
        self.readings: dict[Variable, Reading] = {}
        self.uses: dict[Variable, list[tuple[Reading, int]]] = {}
        self._read()
        on_way = {v for r in self.readings.values() for v in r.operands} & self.depends
        several = any(len(r.outputs) > 1 for r in self.readings.values())
        self.scalar = not x.ndim and not several and not any(v.ndim for v in on_way)
        self.total = not x.ndim and all(isinstance(v, Constant) or v is x
                                        for v in ancestors([y], stop=[x]) if v.owner is None)
        parts = ancestors([y])
        self.tidy = Simplifier(parts, [v for v in parts if v.name or v in self.names])
        self.flat = self._flat()
        self.waiting: dict[Variable, Variable] = {}
        self.steps: list[Step] = []
        self._derive()

    # ---- what depends on what

    def _read(self) -> None:
        """The readings of all that lies between x and y, and where each of it is used."""
        plain: set[Variable] = set()
        while True:
            self.readings, queue = {}, [self.y]
            while queue:
                v = queue.pop()
                if v is self.x or v not in self.depends or v in self.readings:
                    continue
                self.readings[v] = self._reading(v, v in plain)
                queue.extend(self.readings[v].operands)
            hidden = {v for v, r in self.readings.items()
                      if any(u in self.readings for u in r.inside)}
            if not hidden:
                break
            plain |= hidden
        order = [v for v in ancestors([self.y]) if v in self.readings]
        for reading in dict.fromkeys(self.readings[v] for v in order):
            for v, name in reading.names.items():
                if v.name is None and v not in self.names:
                    self.names[v] = free(name, [*self.names.values(), *named_in(self.y)])
            for place, u in enumerate(reading.operands):
                if u in self.depends:
                    self.uses.setdefault(u, []).append((reading, place))

    def _reading(self, v: Variable, plain: bool) -> Reading:
        node: Any = v.owner
        twin = next((r for u in node.outputs if (r := self.readings.get(u))), None)
        if twin is not None:
            return twin
        if v is self.y and any(True for _ in sigmoids(v)):
            plain = True  # it is derived by the rules, and recognized at the end
        short = None if plain or len(node.outputs) > 1 else known(v, self.depends)
        return short or of_node(node, self.x, self.depends)

    # ---- the lines

    def _derive(self) -> None:
        self.first = self.hold(self.y if self.scalar else self.x)
        line = self.first
        if self.y not in self.depends:
            self.steps.append(Step(line, zeros_of(self.x), "constant", WORDS["constant"]))
            return
        while found := list(those_waiting([line])):
            self.told: dict[str, Reading | None] = {}
            self.edges: list[tuple[Variable, Variable]] = []
            replaced = {}
            for v, of, about in found:
                new = self.slope(of) if self.scalar else self.arriving(about)
                replaced[v] = zeros_of(v) if new is None else new
            after = self.tidy.of(rebuild([line], replaced)[0])
            self.steps.append(self._step(line, after))
            line = after
        self.steps += self._recognized(line)

    def _recognized(self, line: Variable) -> Iterator[Step]:
        """A shorter form of the last line: of a sigmoid with y itself, and a softmax."""
        for reading in sigmoids(self.y) if self.scalar else ():
            [z] = reading.operands
            inner = self.slope(z) if z in self.flat else None
            if inner is not None:
                called = self.y.type(self.names.get(self.y, self.y.name))
                y = written_as(tensor_copy(self.y), called)
                slopes = reading.back([one(self.y)])
                [slope] = rebuild([v for v in slopes if v is not None], {self.y: y})
                yield Step(line, self.tidy.of(slope * inner), "written with y", reading.words)
        short = None if line.owner is None else softmax_written(line.owner, frozenset())
        if short is not None:
            yield Step(line, short, "softmax", "that is how it is defined")

    def _step(self, before: Variable, after: Variable) -> Step:
        """What was done, without the rules that nobody mentions beside others."""
        told = {rule: r for rule, r in self.told.items() if r is None or not r.minor} or self.told
        words = [WORDS[rule] if r is None else r.words for rule, r in told.items()]
        return Step(before, after, ", ".join(told), "; ".join(dict.fromkeys(filter(None, words))),
                    tuple(dict.fromkeys(self.edges)))

    def hold(self, v: Variable) -> Variable:
        """The derivative of v with respect to x, or of y with respect to v, for later."""
        if v not in self.waiting:
            named = v.name is not None or v in self.names
            self.waiting[v] = waiting(v, self.x, not named, self.total) if self.scalar else \
                waiting(self.y, v, False, self.total)
        return self.waiting[v]

    def tell(self, reading: Reading, place: int | None = None) -> None:
        """Note that a rule was used, and over which edges it went."""
        self.told.setdefault(reading.rule, reading)
        operands = [u for i, u in enumerate(reading.operands) if place in (None, i)]
        for v in (*reading.inside, *reading.outputs):
            for u in v.owner.inputs if v.owner is not None else ():
                if u in self.depends and (u in operands or u in reading.inside):
                    self.edges.append((u, v))

    # ---- scalars, from y inwards

    def slope(self, u: Variable, depth: int = 0) -> Variable | None:
        """The derivative of u by its rule, with those of its operands held for later, unless they
        are numbers, or u is a sum of what is derived at once."""
        if u is self.x:
            return one_like(u)
        reading = self.readings[u]
        self.tell(reading)
        slopes: list[Variable | None] = []
        for v in reading.operands:
            if v is self.x:
                slopes.append(one(u))
            elif v not in self.depends:
                slopes.append(None)
            elif depth < DEEPEST and (v in self.flat or (reading.linear and self.near(v))):
                slopes.append(self.slope(v, depth + 1))
            else:
                slopes.append(self.hold(v))
        return ahead(reading, slopes)

    def _flat(self) -> set[Variable]:
        """What is x, times and plus numbers: its derivative is a number."""
        found = {self.x}
        for v in ancestors([self.y]):
            reading = self.readings.get(v)
            if reading is not None and reading.linear and all(
                    u in found for u in reading.operands if u in self.depends):
                found.add(v)
        return found

    def near(self, u: Variable) -> bool:
        """Whether u is a function of what is flat, or a sum of such."""
        reading = self.readings[u]
        return reading.linear or all(v in self.flat for v in reading.operands
                                     if v in self.depends)

    # ---- tensors, from x outwards

    def arriving(self, u: Variable, depth: int = 0) -> Variable | None:
        """What arrives at u, on all ways: what each use of it passes back."""
        if u is self.y:
            return one_like(u)
        uses = self.uses.get(u, [])
        if len(uses) > 1 and u is not self.y:
            self.told.setdefault("sum of ways", None)
        terms = []
        for reading in dict.fromkeys(r for r, _ in uses):
            cotangents = [self.passed(v, depth) if v in self.readings else None
                          for v in reading.outputs]
            found = self.by_steps(reading) if reading.rule == "through the loop" else \
                reading.back(cotangents)
            for place, v in enumerate(reading.operands):
                if v is u and found[place] is not None:
                    self.tell(reading, place)
                    if reading.stretches(place):
                        self.told.setdefault("broadcast", None)
                    terms.append(found[place])
        return added([g for g in terms if g is not None])

    def by_steps(self, reading: Reading) -> list[Variable | None]:
        """What a loop passes back, which is told as a whole: the sum over all its steps."""
        arrived = [grad(self.y, v, add_names=False) if v in self.readings else None
                   for v in reading.outputs]
        node: Any = reading.outputs[0].owner
        first = 1 + node.op.sequences
        found: list[Variable | None] = []
        for place, (g, u) in enumerate(zip(reading.back(arrived), node.inputs, strict=True)):
            form = LOOPED["sequence" if place < first else
                          "state" if place < first + node.op.states else "constant"]
            found.append(None if g is None else said(tensor_copy(g), "", (form, (self.y, u))))
        return found

    def passed(self, v: Variable, depth: int) -> Variable | None:
        """What arrives at v: at once where all that is left is linear, else held for later."""
        if v is self.y:
            return one_like(v)
        uses = self.uses.get(v, [])
        if depth < DEEPEST and len(uses) == 1 and uses[0][0].linear:
            return self.arriving(v, depth + 1)
        return self.hold(v)


def one_like(y: Variable) -> Variable:
    """The derivative of y with respect to itself."""
    ones = ones_like(y)
    return cast(ones, "floatX") if y.dtype in DISCRETE else ones


def named_in(y: Variable) -> list[str]:
    """The names of all that y is made of."""
    return [v.name for v in ancestors([y]) if v.name is not None]


def free(name: str, taken: list[str]) -> str:
    """The name itself, or with the first number that is free."""
    if name not in taken:
        return name
    return next(f"{name}{i}" for i in range(2, 10**6) if f"{name}{i}" not in taken)
