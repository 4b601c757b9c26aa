"""Ops that keep digits where the plain formulas lose them; rewriting puts them in.

Comes after the reductions. `same_shape` is here too: it keeps the comparison of shapes that an
operation made, where the operation itself is no longer needed.

>>> print(log1mexp(-1e-20).eval())
-46.051701859880914
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.graph import Apply, Notation, Op, Variable, apply, as_tensor_variable, call
from tutor.operators import public
from tutor.ops.arguments import axes_of, truth
from tutor.ops.elementwise import DISCRETE, Elementwise, unbroadcast
from tutor.ops.functions import exp, of_something
from tutor.ops.logic import eq
from tutor.ops.reductions import Reduction, shared_by, spread_back, sum
from tutor.ops.registry import example
from tutor.types import TensorType, float_of

log1mexp = Elementwise(
    "log1mexp", "log1mexp({0})", accepts="f", domain=(-3.0, -0.1),
    latex=r"\log\left(1 - e^{{{0}}}\right)", grad=lambda x, y, g: -g * exp(x - y),
    reference=lambda x: np.log1p(-np.exp(x)),
    poles=True,
    zero_sign="lost", doc="log(1 - exp(x)) for negative x, precise near 0 and far from it.")


class LogSumExp(Op):
    """log(sum(exp(x))) over `axis` (None: all), with the largest taken out before exp."""

    zero_sign = "lost"
    __props__ = ("axis", "keepdims")
    name, doc = "logsumexp", "log(sum(exp(x))) over an axis, several, or all, without overflow."

    def __init__(self, axis: tuple[int, ...] | None = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    def make_node(self, x: Variable) -> Apply:
        sums = Reduction("sum", self.axis, self.keepdims).make_node(x).outputs[0]
        return apply(self, [x], TensorType(float_of(x.dtype), sums.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"logsumexp({names[0]}, {self.axis}, {self.keepdims}, {node.outputs[0].dtype!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x, sums = inputs[0], Reduction("sum", self.axis, self.keepdims)
        if x.dtype in DISCRETE:
            return [None]
        share = exp(x - spread_back(of_something(outputs[0]), x, sums))
        return [unbroadcast(share * spread_back(cotangents[0], x, sums), x)]

    def needed(self, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
        sums = Reduction("sum", self.axis, self.keepdims)
        return [None if mask is None else spread_back(mask, node.inputs[0], sums)]

    def notation(self, node: Apply) -> Notation:
        axes = self.axis[0] if self.axis and len(self.axis) == 1 else self.axis
        told = [("axis", axes)] * (axes is not None) + [("keepdims", True)] * self.keepdims
        return call("logsumexp", 1, told)


@public
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """log(sum(exp(x))) over an axis, several, or all, without overflow.

    >>> print(logsumexp([1000.0, 1000.0]).eval())
    1000.6931471805599
    """
    x = as_tensor_variable(x)
    return LogSumExp(axes_of(axis, x.ndim, "logsumexp"), truth(keepdims, "keepdims"))(x)


class SoftmaxParts(Op):
    """softmax(x) along an axis, and what its logarithm needs: the largest x, and log of the sum of
    the exponentials without it. log(softmax(x)) is (x - largest) - log of the sum. With a `scale`,
    which does not vary along the axis, the softmax comes multiplied by it.
    """

    sizes_follow = makes_arrays = True
    zero_sign = "kept"
    __props__ = ("axis",)
    name, doc = "softmax_parts", "The softmax, and the two numbers a row that its logarithm needs."

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def make_node(self, x: Variable, *scale: Variable) -> Apply:
        row = TensorType(x.dtype, [one or i == self.axis for i, one in enumerate(x.broadcastable)])
        return apply(self, [x, *scale], x.type, row, row)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        words = [names[0], str(self.axis), repr(node.outputs[0].dtype), *names[1:]]
        return f"softmax_parts({', '.join(words)})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        (x, *scale), (p, largest, _), (gp, gm, gs) = inputs, outputs, cotangents
        more = []
        if scale:
            p = self(x)[0]
            more = [unbroadcast(sum(gp * p, axis=self.axis, keepdims=True), scale[0])]
            gp = gp * scale[0]
        first = shared_by(eq(x, largest), gm - gs, (self.axis,))
        return [first + p * (gp + gs - sum(gp * p, axis=self.axis, keepdims=True)), *more]


class SameShape(Op):
    """x itself, once the other operands are seen to have sizes that stretch to it."""

    keeps_shape = sizes_follow = True
    reads = slice(1)
    zero_sign = "kept"
    moves = True
    __props__ = ()
    name, doc = "same_shape", "x itself; an error where the shapes of the others do not fit it."
    view_map = {0: [0]}  # noqa: RUF012

    def make_node(self, x: Variable, *others: Variable) -> Apply:
        return apply(self, [x, *others], x.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        x, *others = node.inputs
        axes = [tuple([-i for i in range(1, v.ndim + 1)
                       if not v.broadcastable[-i] and not x.broadcastable[-i]]) for v in others]
        rest = "".join(f"({name}, {a}), " for name, a in zip(names[1:], axes, strict=True))
        return f"alike({names[0]}, {rest})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [cotangents[0], *[None] * (len(inputs) - 1)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]] + [[False]] * (len(node.inputs) - 1)

    def notation(self, node: Apply) -> Notation:
        others = ", ".join(f"{{{i}}}" for i in range(1, len(node.inputs)))
        return Notation(f"{{0}} shaped as {others}", "{0}", 1, (2,) * len(node.inputs))


same_shape = SameShape()

for _axis in (None, 1, (0, 2)):
    for _kept in (False, True):
        example("logsumexp", lambda x, a=_axis, k=_kept: logsumexp(x, a, k),
                lambda x, a=_axis, k=_kept: np.log(np.exp(x * 1.0).sum(axis=a, keepdims=k)),
                (2, 3, 2), kinds="biuf")
for _part in (0, 1, 2):
    example("softmax_parts", lambda x, i=_part: SoftmaxParts(1)(x)[i], lambda x, i=_part: (
        np.exp(x) / np.exp(x).sum(1, keepdims=True), x.max(1, keepdims=True),
        np.log(np.exp(x - x.max(1, keepdims=True)).sum(1, keepdims=True)))[i], (2, 3), kinds="f")
example("softmax_parts scaled", lambda x, s: SoftmaxParts(1)(
    x, s.dimshuffle(0, "x"))[0], lambda x, s: (
        np.exp(x) / np.exp(x).sum(1, keepdims=True) * s[:, None]), (2, 3), (2,), kinds="f")
example("same_shape", lambda x, y: SameShape()(x, y), lambda x, y: x, (2, 3), (3,),
        differentiable=False)
