"""A derivative that is not taken yet, as it stands in a line of a derivation.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> line = 2 * waiting(x ** 2, x)
>>> line, taken([line])
(2 * d/dx(x ** 2), [2 * (1 * 2 * x ** 1)])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tutor.core.gradient import zeros_of
from tutor.core.graph import Apply, Variable, apply
from tutor.core.op import Op
from tutor.core.walk import rebuild, toposort
from tutor.derivatives.cost import grad
from tutor.notation import Notation


class Derivative(Op):
    """The derivative of its first operand with respect to its second, which is not taken yet.

    `whole` says how it is written: as a quotient ∂L/∂w, or as d/dx before the whole formula;
    `total` whether with d or with ∂.
    """

    __props__ = ("whole", "total")
    name, doc = "derivative", "The derivative of y with respect to x, not taken yet."

    def __init__(self, whole: bool, total: bool) -> None:
        self.whole, self.total = whole, total

    def make_node(self, y: Variable, x: Variable) -> Apply:
        return apply(self, [y, x], zeros_of(x).type)

    def notation(self, node: Apply) -> Notation:
        d, sign = ("d", "d") if self.total else ("∂", r"\partial")
        if self.whole:
            latex = rf"\frac{{{{{sign}}}}}{{{{{sign} {{1}}}}}}\left({{0}}\right)"
            return Notation(f"{d}/{d}{{1}}({{0}})", latex, 10, (0, 10))
        return Notation(f"{d}{{0}}/{d}{{1}}",
                        rf"\frac{{{{{sign} {{0}}}}}}{{{{{sign} {{1}}}}}}", 9, (10, 10))


def waiting(y: Variable, x: Variable, whole: bool = True, total: bool = True) -> Variable:
    """The derivative of y with respect to x, to be taken later."""
    return Derivative(whole, total).make_node(y, x).outputs[0]


def those_waiting(lines: Sequence[Variable]) -> Iterator[tuple[Variable, Variable, Variable]]:
    """The derivatives in some lines that are not taken yet: each with its y and its x."""
    for node in toposort(lines):
        if isinstance(node.op, Derivative):
            y, x = node.inputs
            yield node.outputs[0], y, x


def taken(lines: Sequence[Variable]) -> list[Variable]:
    """The lines with all derivatives taken by `grad`, so that they can be evaluated."""
    return rebuild(lines, {v: grad(y, x, add_names=False) for v, y, x in those_waiting(lines)})
