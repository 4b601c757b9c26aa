"""One exponential for the sigmoids and softplus of a variable and of its negative.

Comes after all other rules, which look for sigmoid and softplus by name. With a = exp(-|z|), which
never overflows, softplus(±z) is max(±z, 0) + log1p(a), and sigmoid(±z) is 1 or a over 1 + a. Where
u and 1 - u weigh those of -z and of z, as in the cross-entropy of two classes and its gradient, one
weight will do: with w = (1 if z > 0 else 0) - u the one is w·z + log1p(a), the other w ∓ a/(1 + a).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from tutor.compile.rules.products import edited, product
from tutor.compile.rules.rule import ROUNDING, Rule, number_in
from tutor.graph import (
    Apply,
    Constant,
    Variable,
    ancestors,
    constant,
    order_of,
    rebuild,
    remake,
    written_at,
)
from tutor.ops.elementwise import switch
from tutor.ops.functions import copysign, exp, log1p
from tutor.ops.logic import ge, maximum

ONCE = Rule("one exponential", "sigmoid softplus", "",
            "The sigmoids and softplus of z and -z share exp(-|z|).", ROUNDING)
WEIGHED = Rule("one weight", "add sub", "",
               "Of two weights that add up to 1, one is enough.", ROUNDING)

#: Of each such function of an array that is not alone: its z, and whether it is that of -z.
Arguments = dict[Variable, tuple[Variable, bool]]


def shared(outputs: Sequence[Variable], weighs: bool = True
           ) -> tuple[list[Variable], list[tuple[Rule, Variable, Variable]]]:
    """The outputs with shared exponentials, and by which rule what was put in the place of what.

    >>> import tutor.tensor as T
    >>> x = T.dvector("x")
    >>> shared([T.nnet.softplus(x) + T.nnet.sigmoid(x)])[1][1][2]
    switch(x >= 0, 1, exp(-abs(x))) / (1 + exp(-abs(x)))
    """
    nodes = order_of(outputs)
    arguments = _arguments(nodes)
    if not arguments:
        return list(outputs), []
    now: dict[Variable, Variable] = {}
    parts: dict[Variable, Parts] = {}
    places: list[tuple[Rule, Variable, Variable]] = []

    def make(node: Apply, inputs: list[Variable]) -> Sequence[Variable]:
        old, new, rule = node.outputs[0], None, ONCE
        sides = _two_sides(node, arguments) if weighs else None
        if old in arguments:
            z, negative = arguments[old]
            with written_at(node.origin):
                new = getattr(parts_of(z), node.op.name)(negative)
        elif sides is not None:
            with written_at(node.origin):
                new, rule = sides.built(parts_of(sides.z), now), WEIGHED
            new = new if new.type is old.type else None
        if new is not None:
            places.append((rule, old, new))
            now[old] = new
            return [new]
        same = all(a is b for a, b in zip(inputs, node.inputs, strict=True))
        outputs = node.outputs if same else remake(node, inputs).outputs
        now.update(zip(node.outputs, outputs, strict=True))
        return outputs

    def parts_of(z: Variable) -> Parts:
        if z not in parts:
            parts[z] = Parts(now.get(z, z))
        return parts[z]

    results = rebuild(outputs, {}, make)
    used = {*ancestors(results)}
    return results, [place for place in places if place[2] in used]


class Parts:
    """What the functions of z and of -z are made of."""

    def __init__(self, z: Variable) -> None:
        self.z: Any = z
        self.zero, self.one, self.half = [constant(c, dtype=z.dtype) for c in (0, 1, 0.5)]
        self.small = exp(-abs(self.z))
        self.weights: dict[tuple[Variable, bool], Any] = {}

    log = cached_property(lambda self: log1p(self.small))
    whole = cached_property(lambda self: self.one + self.small)
    above = cached_property(lambda self: ge(self.z, self.zero))
    side = cached_property(lambda self: copysign(self.half, self.z))  # 1/2 or -1/2
    less = cached_property(lambda self: copysign(self.small / self.whole, self.z))

    def softplus(self, negative: bool) -> Variable:
        """log(1 + exp(z)), or of -z."""
        z = -self.z if negative else self.z
        result: Variable = maximum(z, self.zero) + self.log
        return result

    def sigmoid(self, negative: bool) -> Variable:
        """1 / (1 + exp(-z)), or of -z."""
        cases = (self.small, self.one) if negative else (self.one, self.small)
        result: Variable = switch(self.above, *cases) / self.whole
        return result

    def weight(self, u: Variable, negative: bool) -> Any:
        """The weight on the side of z, for u on that of -z (`negative`) or of z, and 1 - u on the
        other: what multiplies the function of z where z > 0, less what does so of -z elsewhere.
        """
        found = self.weights.get((u, negative))
        if found is None:
            found = (self.half + self.side) - u if negative else u - (self.half - self.side)
            self.weights[u, negative] = found
        return found


class TwoSides(NamedTuple):
    """rest · (u·f(-z) + (1 - u)·f(z)), or u and 1 - u the other way round; the difference of the
    two for sigmoids, that of z first."""

    name: str
    z: Variable
    u: Variable
    negative: bool  # whether u weighs the function of -z
    rest: Variable
    turned: bool  # whether all of it has the other sign

    def built(self, parts: Parts, now: Mapping[Variable, Variable]) -> Variable:
        """The same with one weight."""
        rest, u = rebuild([self.rest, self.u], now)
        w = parts.weight(u, self.negative)
        rest = -rest if self.turned and self.name == "softplus" else rest
        new = w * parts.z + parts.log if self.name == "softplus" else (
            parts.less - w if self.turned else w - parts.less)
        return new if number_in(rest) == 1 else rest * new


def _two_sides(node: Apply, arguments: Arguments) -> TwoSides | None:
    """What a sum of two products is, if these are of functions of z and of -z."""
    if node.op.name not in ("add", "sub"):
        return None
    first, (a, b) = node.inputs[0], [product(v) for v in node.inputs]
    f = next((v for v in a.up if v in arguments), None)
    g = next((v for v in b.up if v in arguments), None)
    if f is None or g is None or f.owner is None or g.owner is None:
        return None
    (z, of_negative), (other, of_other) = arguments[f], arguments[g]
    name = f.owner.op.name
    if name != g.owner.op.name or z is not other or of_negative == of_other:
        return None
    left, right = _different([v for v in a.up if v is not f], [v for v in b.up if v is not g])
    if len(left) != 1 or len(right) != 1 or any(_different(a.down, b.down)):
        return None
    (u,), (v,) = left, right
    turned, found = _complement(u, v)
    opposite = a.negative ^ b.negative ^ (node.op.name == "sub") ^ (turned > 0)
    if found is None or opposite != (name == "sigmoid"):
        return None
    rest = edited(first, {(f, False): None, (u, False): None})
    # the sign of the first product, where it is written as u - 1; and sigmoids have z's first
    other_sign = (turned == 1) != (name == "sigmoid" and of_negative)
    plain = u if found is v else v
    return TwoSides(name, z, plain, of_negative == (plain is u), rest, other_sign)


def _different(some: Sequence[Variable], others: Sequence[Variable]
               ) -> tuple[list[Variable], list[Variable]]:
    """The factors that are not in both."""
    left, right = list(some), list(others)
    for v in some:
        twin = next((u for u in right if u is v or _signature(u) == _signature(v)), None)
        if twin is not None:
            left.remove(v)
            right.remove(twin)
    return left, right


def _signature(v: Variable) -> Any:
    return v.signature() if isinstance(v, Constant) else v


def _complement(u: Variable, v: Variable) -> tuple[int, Variable | None]:
    """Which of two is 1 less the other, and None if neither is; before it, which (1 or 2) is
    written as the other less 1."""
    for place, (a, b) in enumerate(((u, v), (v, u)), 1):
        node = a.owner
        if node is not None and node.op.name == "sub" and b in node.inputs:
            rest = node.inputs[0] if node.inputs[1] is b else node.inputs[1]
            if number_in(rest) == 1:
                return (0 if rest is node.inputs[0] else place), a
    return 0, None


def _arguments(nodes: Sequence[Apply]) -> Arguments:
    """The sigmoids and softplus that can share."""
    place = {v: i for i, node in enumerate(nodes) for v in node.outputs}
    families: dict[Any, list[tuple[Variable, Variable, bool]]] = {}
    names = ONCE.pattern.split()
    for node in nodes:
        out = node.outputs[0]
        if node.op.name in names and out.ndim and out.dtype in ("float32", "float64"):
            z = node.inputs[0]
            negative = z.owner is not None and z.owner.op.name == "neg"
            z = z.owner.inputs[0] if negative else z  # type: ignore[union-attr]
            if z.dtype == out.dtype:
                families.setdefault(_key(z), []).append((out, z, negative))
    found = {}
    for members in families.values():
        first = min((z for _, z, _ in members), key=lambda z: place.get(z, -1))
        for out, z, negative in members if len(members) > 1 else ():
            found[out] = first, negative is (z is first)
    return found


def _key(z: Variable) -> Any:
    """The same for a - b and b - a."""
    node = z.owner
    if node is not None and node.op.name == "sub":
        return frozenset(node.inputs)
    return z
