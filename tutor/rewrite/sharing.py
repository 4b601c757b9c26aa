"""One exponential for the sigmoids and softplus of a variable and of its negative.

Comes after all other rules, which look for sigmoid and softplus by name. With a = exp(-|z|), which
never overflows, softplus(±z) is max(±z, 0) + log1p(a), and sigmoid(±z) is 1 or a over 1 + a.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.graph import Apply, Variable, constant, order_of, rebuild, remake
from tutor.operators import FUNCTIONS
from tutor.rewrite.rules import ROUNDING, Rule

ONCE = Rule("one exponential", "sigmoid softplus", "",
            "The sigmoids and softplus of z and -z share exp(-|z|).", ROUNDING)
LOGISTIC = frozenset(("sigmoid", "softplus"))


def shared(outputs: Sequence[Variable]) -> tuple[list[Variable], list[tuple[Variable, Variable]]]:
    """The outputs with shared exponentials, and what was put in the place of what.

    >>> import tutor.tensor as T
    >>> x = T.dvector("x")
    >>> shared([T.nnet.softplus(x) + T.nnet.sigmoid(x)])[1][1][1]
    switch(x >= 0, 1, exp(-abs(x))) / (1 + exp(-abs(x)))
    """
    arguments = _arguments(order_of(outputs))
    if not arguments:
        return list(outputs), []
    now: dict[Variable, Variable] = {}
    parts: dict[Variable, Parts] = {}
    places: list[tuple[Variable, Variable]] = []

    def make(node: Apply, inputs: list[Variable]) -> Sequence[Variable]:
        old = node.outputs[0]
        if old in arguments:
            z, negative = arguments[old]
            if z not in parts:
                parts[z] = Parts(now.get(z, z))
            new = [getattr(parts[z], node.op.name)(negative)]
            places.append((old, new[0]))
        else:
            same = all(a is b for a, b in zip(inputs, node.inputs, strict=True))
            new = node.outputs if same else remake(node, inputs).outputs
        now.update(zip(node.outputs, new, strict=True))
        return new

    return rebuild(outputs, {}, make), places


class Parts:
    """What the functions of z and of -z are made of."""

    def __init__(self, z: Variable) -> None:
        self.z: Any = z
        self.one = constant(1, dtype=z.dtype)
        self.small = FUNCTIONS["exp"](-abs(self.z))
        self.log = FUNCTIONS["log1p"](self.small)
        self.above = FUNCTIONS["ge"](z, constant(0, dtype=z.dtype))
        self.whole = self.one + self.small

    def softplus(self, negative: bool) -> Variable:
        """log(1 + exp(z)), or of -z."""
        z = -self.z if negative else self.z
        result: Variable = FUNCTIONS["maximum"](z, constant(0, dtype=z.dtype)) + self.log
        return result

    def sigmoid(self, negative: bool) -> Variable:
        """1 / (1 + exp(-z)), or of -z."""
        cases = (self.small, self.one) if negative else (self.one, self.small)
        result: Variable = FUNCTIONS["switch"](self.above, *cases) / self.whole
        return result


def _arguments(nodes: Sequence[Apply]) -> dict[Variable, tuple[Variable, bool]]:
    """Of each such function of an array that is not alone: its z, and whether it is that of -z."""
    place = {v: i for i, node in enumerate(nodes) for v in node.outputs}
    families: dict[Any, list[tuple[Variable, Variable, bool]]] = {}
    for node in nodes:
        out = node.outputs[0]
        if node.op.name in LOGISTIC and out.ndim and out.dtype in ("float32", "float64"):
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
