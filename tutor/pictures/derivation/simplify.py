"""Expressions as a person leaves them: numbers together and first, powers gathered, equal terms
added up, scalars taken out of matrix products and sums. The value stays, and what a learner wrote.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> Simplifier().of(x * 3 * (1 * x ** 2 * 2) / x + 0)
6 * x ** 2
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tutor.core.arrays import DimShuffle, Dot, Outer, Reduction
from tutor.core.elementwise import add, fill, mul, neg, pow, sqr, sqrt, sub, switch, true_div
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.indexing import IncSubtensor
from tutor.core.types import TensorType
from tutor.core.walk import remake, toposort
from tutor.ops.functions import inv
from tutor.pictures.derivation.product import (
    HALF,
    Product,
    built,
    collected,
    number_of,
    shared,
)


class Simplifier:
    """What is known of the parts of some lines: each as a product, some as a sum.

    Those that are `written` by a learner stay as they are where they stand by themselves; those
    `closed` are never looked into.
    """

    def __init__(self, written: Iterable[Variable] = (), closed: Iterable[Variable] = ()) -> None:
        self.written, self.closed = set(written), set(closed)
        self.new: dict[Variable, Variable] = {}
        self.products: dict[Variable, Product] = {}
        self.sums: dict[Variable, list[Product]] = {}
        self.opened: dict[Variable, list[Product]] = {}  # sums that stay as they were written
        self.made: dict[Any, Variable] = {}
        self.terms_made: dict[Any, Variable] = {}

    def of(self, line: Variable) -> Variable:
        """The line, tidied."""
        for node in toposort([line], stop=self.closed):
            if node.outputs[0] in self.new:
                continue
            inputs = [self.new.get(v, v) for v in node.inputs]
            for v in node.outputs:
                self.new[v] = self._tidied(node, v, inputs)
        return self.new.get(line, line)

    def product(self, v: Variable) -> Product:
        """A variable as a product; of one factor where it is none."""
        number = number_of(v)
        if number is not None:
            return Product(number)
        return self.products.get(v, Product(1, ((v, 1),)))

    def _tidied(self, node: Apply, v: Variable, inputs: list[Variable]) -> Variable:
        if v in self.closed or v.paper is not None:
            return v
        if not isinstance(v.type, TensorType) or len(node.outputs) > 1:
            return v if inputs == node.inputs else remake(node, inputs).outputs[v.index or 0]
        rule = RULES.get(node.op) or KINDS.get(type(node.op))
        found = rule(self, node, inputs) if rule is not None and v.dtype[:5] == "float" else None
        if v in self.written:  # opened in products, and else as it was written
            if isinstance(found, list):
                self.opened[v] = found
                self.made.setdefault((frozenset(p.key for p in collected(found)), v.type), v)
            if isinstance(found, Product):
                self.products[v] = found
                self.made.setdefault((found.key, v.type), v)
                self.terms_made.setdefault((found.key, v.dtype), v)
            self.made.setdefault((node.op, *map(key_of, inputs)), v)
            return v
        made = None
        if isinstance(found, Product):
            made = self.whole(found, v)
        elif found is not None:
            made = self.total(found, v)
        if made is None:
            made = self.atom(node, inputs)
            if isinstance(found, Product) and not found.factors:
                self.products.setdefault(made, found)  # a number in a shape
        return made

    def atom(self, node: Apply, inputs: list[Variable]) -> Variable:
        """A node on tidied operands; the one that was there before, where there is one."""
        key = (node.op, *map(key_of, inputs))
        if key not in self.made:
            self.made[key] = node.outputs[0] if inputs == node.inputs else \
                remake(node, inputs).outputs[0]
        return self.made[key]

    def whole(self, p: Product, like: Variable) -> Variable | None:
        """A product as a variable of the type of another; None where it has not that type."""
        p = self.reduced(self.roots(p), like)
        key = p.key, like.type
        if key not in self.made:
            v = built(p, like.dtype)
            if v.type != like.type:
                return None
            self.made[key] = v
        v = self.made[key]
        self.products.setdefault(v, p)
        return v

    def roots(self, p: Product) -> Product:
        """A product in which the squares of roots are what stands under them."""
        for base, power in p.factors:
            inner = self.products.get(base)
            if isinstance(power, int) and inner is not None and inner != Product(1, ((base, 1),)):
                rest = Product(p.number, tuple(f for f in p.factors if f[0] is not base))
                p = rest.times(inner.to(power))
        return p

    def reduced(self, p: Product, like: Variable) -> Product:
        """A product in which a sum has given away what its terms share, where that cancels."""
        for base, power in p.factors:
            if power != 1 or base not in self.sums:
                continue
            terms, others = self.sums[base], dict(p.factors)
            common = shared(terms)
            rest = [self.roots(q.times(common.to(-1))) for q in terms]
            inner = self.total(rest, base)
            if inner is None or inner is base:
                continue
            less = inner in others or len(collected(self.open(rest))) < len(terms)
            if less or any(e * others.get(b, 0) < 0 or (e > 0 and b.owner is not None)
                           for b, e in common.factors):
                left = Product(p.number, tuple(f for f in p.factors if f[0] is not base))
                return self.reduced(left.times(common).times(self.product(inner)), like)
        return p

    def open(self, terms: Sequence[Product]) -> list[Product]:
        """The terms of a sum, with those of the sums among them."""
        found: list[Product] = []
        for p in terms:
            base = p.factors[0][0] if len(p.factors) == 1 and p.factors[0][1] == 1 else None
            inner = self.opened.get(base, self.sums.get(base)) if base is not None else None
            found += [p] if inner is None else [Product(p.number * q.number, q.factors)
                                                for q in inner]
        return found

    def total(self, terms: Sequence[Product], like: Variable) -> Variable | None:
        """A sum as a variable, equal terms added up; None where it has not the type it should."""
        found, opened = collected(terms), collected(self.open(terms))
        found = opened if len(opened) < len(found) else found
        if len(found) < 2:
            return self.whole(found[0] if found else Product(0), like)
        first = next((i for i, p in enumerate(found) if p.number > 0), 0)
        found.insert(0, found.pop(first))
        result: Any = None
        for p in found:
            size = -p.number if p.number < 0 else p.number
            part = self.part(Product(size, p.factors), like.dtype)
            if result is None:
                result = -part if p.number < 0 else part
            else:
                result = result - part if p.number < 0 else result + part
        if result is None or result.type != like.type:
            return None
        key = frozenset(p.key for p in found), like.type
        result = self.made.setdefault(key, result)
        self.sums[result] = found
        return result

    def part(self, p: Product, dtype: str) -> Variable:
        """A term of a sum: as it was written, if it was."""
        if len(p.factors) == 1 and p.number == 1 and p.factors[0][1] == 1:
            return p.factors[0][0]
        return self.terms_made.setdefault((p.key, dtype), built(p, dtype))

    def terms(self, v: Variable) -> list[Product]:
        """A variable as the terms of a sum; of one where it is none."""
        return self.sums[v] if v in self.sums else [self.product(v)]


def key_of(v: Variable) -> Any:
    return v.signature() if isinstance(v, Constant) else v


def is_ones(v: Variable) -> bool:
    """Whether it is 1 in a shape."""
    while v.owner is not None and isinstance(v.owner.op, DimShuffle):
        v = v.owner.inputs[0]
    return v.owner is not None and v.owner.op is fill and number_of(v.owner.inputs[1]) == 1


def is_zeros(v: Variable) -> bool:
    """Whether it is 0 in a shape."""
    return v.owner is not None and v.owner.op is fill and number_of(v.owner.inputs[1]) == 0


def _mul(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product | None:
    one, other = map(tidy.product, inputs)
    whole = one.times(other)
    full = [b for b, _ in whole.factors if b.ndim and not is_ones(b)
            and b.broadcastable == node.outputs[0].broadcastable]
    if full:  # ones beside what has the shape already
        return Product(whole.number, tuple(f for f in whole.factors if not is_ones(f[0])))
    return whole


def _div(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product | None:
    one, other = map(tidy.product, inputs)
    if other.number == 0:
        return None
    return one.times(other.to(-1))


def _inv(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product | None:
    p = tidy.product(inputs[0])
    return p.to(-1) if p.number else None


def _neg(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product | list[Product]:
    if inputs[0] in tidy.sums:
        return [Product(-p.number, p.factors) for p in tidy.sums[inputs[0]]]
    p = tidy.product(inputs[0])
    return Product(-p.number, p.factors)


def _sqr(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product:
    return tidy.product(inputs[0]).to(2)


def _sqrt(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product:
    return Product(1, ((inputs[0], HALF),))


def _pow(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product | None:
    power = number_of(inputs[1])
    p = tidy.product(inputs[0])
    if isinstance(power, int) and (power >= 0 or p.number) and abs(power) < 100:
        return p.to(power)
    if power is not None and p == Product(1, ((inputs[0], 1),)):
        return Product(1, ((inputs[0], power),))
    return None


def _add(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> list[Product]:
    sign = -1 if node.op is sub else 1
    one, other = map(tidy.terms, inputs)
    return [*one, *[Product(sign * p.number, p.factors) for p in other]]


def _dot(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product | None:
    parts = [tidy.product(v).split() for v in inputs]
    if not all(tensor.factors for _, tensor in parts):
        return None
    operands = [tidy.whole(tensor, v) for (_, tensor), v in zip(parts, inputs, strict=True)]
    if any(v is None for v in operands):
        return None
    inner = tidy.atom(node, [v for v in operands if v is not None])
    return parts[0][0].times(parts[1][0]).times(Product(1, ((inner, 1),)))


def _moved(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product | None:
    """Dimensions moved there and back are where they were."""
    op, inner = node.op, inputs[0].owner
    if isinstance(op, DimShuffle) and inner is not None and isinstance(inner.op, DimShuffle):
        order = [o if o == "x" else inner.op.order[o] for o in op.order]
        if order == list(range(inner.inputs[0].ndim)):
            return tidy.product(inner.inputs[0])
    return _linear(tidy, node, inputs)


def _linear(tidy: Simplifier, node: Apply, inputs: list[Variable]) -> Product | None:
    """What a number may be taken out of: its last operand but those that are fixed."""
    writes = isinstance(node.op, IncSubtensor)
    place = 1 if writes or node.op in (fill, switch) else 0
    if writes and not (node.op.mode == "inc" and is_zeros(inputs[0])):
        return None
    if node.op is switch and key_of(inputs[1]) == key_of(inputs[2]) \
            and inputs[1].type == node.outputs[0].type:
        return tidy.product(inputs[1])  # whatever holds
    if node.op is switch and number_of(inputs[2]) != 0:
        return None
    if isinstance(node.op, Reduction) and node.op.kind != "sum":
        return None
    p = tidy.product(inputs[place])
    scalars, tensor = p.split()
    if scalars == Product(1) or not scalars.number or not (tensor.factors or place):
        return None
    if node.op is switch and inputs[0].ndim == 0:
        return None  # a case, as it is written
    rest: Any = tidy.whole(tensor, inputs[place]) if tensor.factors else \
        Constant(TensorType(inputs[place].dtype, ()), np.asarray(1, inputs[place].dtype))
    if rest is None:
        return None
    inner = tidy.atom(node, [*inputs[:place], rest, *inputs[place + 1:]])
    return scalars.times(Product(1, ((inner, 1),))) if inner.type == node.outputs[0].type else None


Rule = Callable[[Simplifier, Apply, list[Variable]], Product | list[Product] | None]
RULES: dict[Any, Rule] = {
    mul: _mul, true_div: _div, neg: _neg, sqr: _sqr, sqrt: _sqrt, inv: _inv, pow: _pow, add: _add,
    sub: _add, fill: _linear, switch: _linear}
KINDS: dict[type, Rule] = {Dot: _dot, Outer: _dot, Reduction: _linear, DimShuffle: _moved,
                           IncSubtensor: _linear}
