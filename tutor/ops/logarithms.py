"""Logarithms of what is made of exponentials, written so that none of these is computed.

Comes after the ops that it looks through: in sums, products, quotients and parts of exponentials it
sees a factor times e to an exponent. The logarithm is the exponent, and the logarithm of a factor
of middling size. Rewriting computes logarithms in this form, and `grad` differentiates them in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import numpy as np

from tutor.core import elementwise
from tutor.core.arrays import DimShuffle, Dot, Reduction, dimshuffle
from tutor.core.elementwise import add, cast, fill, log, maximum, mul, neg, sqrt, sub, tanh
from tutor.core.graph import Apply, Variable, constant, written_at
from tutor.core.indexing import IncSubtensor, Join, Subtensor
from tutor.core.op import Op, Rebroadcast
from tutor.ops.advanced import AdvancedIncSubtensor, AdvancedSubtensor
from tutor.ops.functions import cosh, expm1, inv, log1p, log2, log10, logaddexp
from tutor.ops.logic import isinf
from tutor.ops.reductions import LogSumExp
from tutor.ops.scaled import (
    Scaled,
    is_middling,
    may_vanish,
    negative_of,
    number_in,
    op_of,
    over,
    plus,
    times,
    value_or,
)
from tutor.ops.shape import Reshape
from tutor.ops.softmax import LogSoftmax, Softmax
from tutor.ops.special import log1mexp, softplus

DEEPEST = 40  # operations looked through
LOGARITHMS: dict[Any, float] = {
    log: 1.0, log2: 1 / math.log(2), log10: 1 / math.log(10), log1p: 1.0}


def is_logarithm(op: Any) -> bool:
    """Whether an op takes logarithms."""
    return isinstance(op, elementwise.Elementwise) and op in LOGARITHMS


def logarithm(node: Apply, stop: Collection[Variable] = (),
              held: Callable[[Variable], Variable] = lambda v: v) -> Variable | None:
    """What a node that takes a logarithm computes, without the exponentials inside; None where
    there are none. It looks no further than the variables in `stop`. What is taken out of a sum
    before exp, and put back after the logarithm, goes through `held`: any value would do.

    >>> import tutor.tensor as T; x = T.dvector("x")
    >>> logarithm(T.log(T.exp(x).sum() / 2).owner), logarithm(T.log(x.sum()).owner)
    (logsumexp(x) + log(0.5), None)
    """
    out = node.outputs[0]
    if not is_logarithm(node.op) or out.dtype not in ("float32", "float64"):
        return None
    with written_at(node.origin):
        reader = Reader(stop, held, None if node.op is log1p else node.inputs[0])
        found = reader.part(node.inputs[0], out.dtype, DEEPEST)
        if found.exponent is None:
            return None
        if node.op is log1p:
            one = Scaled(constant(1, dtype=out.dtype), None)
            found = reader.total(one, found, True)
        factor, result = found
        result = result if factor is None else result + log(factor)
        scale = LOGARITHMS[node.op]
        result = result if scale == 1 else result * scale
    return result if result.type is out.type else None


class Reader:
    """Sees variables as `Scaled`, down from the one of which a logarithm is taken."""

    def __init__(self, stop: Collection[Variable], held: Callable[[Variable], Variable],
                 top: Variable | None) -> None:
        self.stop, self.held, self.top = stop, held, top
        self.known: dict[Variable, Scaled] = {}

    def of(self, v: Variable, depth: int) -> Scaled:
        """A variable as it was computed; it is its own factor where no exponential is in it."""
        found = self.known.get(v)
        if found is None:
            node = v.owner
            seen = v not in self.stop and v.dtype in ("float32", "float64")
            read = reading(node.op) if node is not None and depth and seen else None
            if node is not None and read is not None:
                found = read(self, node, depth - 1)
            found = self.known[v] = found or Scaled(v, None)
        return found

    def part(self, v: Variable, dtype: str, depth: int) -> Scaled:
        """An operand in the dtype of what is computed from it."""
        return Scaled(*[None if u is None else cast(u, dtype) for u in self.of(v, depth)])

    def parts(self, node: Apply, depth: int) -> list[Scaled]:
        """All operands; none where there is no exponential in any."""
        found = [self.part(v, node.outputs[0].dtype, depth) for v in node.inputs]
        return found if any(part.exponent is not None for part in found) else []

    def outside(self, exponent: Any) -> Any:
        """What is taken out of a sum before exp; it is finite."""
        return self.held(elementwise.switch(isinf(exponent), 0, exponent))

    def total(self, a: Scaled, b: Scaled, positive: bool) -> Scaled:
        """The sum of two; where it is `positive` there need be no sign."""
        one, other = a.log_of_positive(), b.log_of_positive()
        if one is not None and other is not None:
            return Scaled(None, _logaddexp(one, other))
        for x, y in ((a, b), (b, a)):
            if x.exponent is not None or y.exponent is None:
                continue
            if (number_in(x.factor), number_in(y.factor)) == (1, -1):
                sigmoid = _of_one_less_sigmoid(y.exponent)
                if sigmoid is not None or positive:
                    return Scaled(None, log1mexp(y.exponent) if sigmoid is None else sigmoid)
            if (number_in(x.factor), y.factor) == (-1, None):
                return self.less_one(y.exponent, positive)
        most = self.outside(maximum(*[p.counting() for p in (a, b)]))
        first, second = [p.without(most) for p in (a, b)]
        return Scaled(first + second, most)

    def less_one(self, x: Any, positive: bool) -> Scaled:
        """exp(x) - 1; of a negative x it has a sign."""
        if positive:
            return Scaled(None, x + log1mexp(-x))
        most = self.outside(maximum(x, 0))
        return Scaled(expm1(x - most) - expm1(-most), most)


def _logaddexp(a: Any, b: Any) -> Any:
    """log(exp(a) + exp(b)); that of 1 + exp(x) has a name."""
    for x, y in ((a, b), (b, a)):
        if isinstance(x, float) and x == 0:
            return softplus(y)
    return logaddexp(a, b)


def _of_one_less_sigmoid(exponent: Any) -> Any:
    """log(1 - exp(x)) where exp(x) is a sigmoid: that is one again; None where it is none."""
    inner = exponent.owner.inputs[0] if op_of(exponent) is neg else None
    if inner is not None and op_of(inner) is softplus:
        return -softplus(negative_of(inner.owner.inputs[0]))
    return None


def _ratio(a: Any, b: Any) -> Any:
    """The exponent of a quotient; that of exp(x) / (1 + exp(x)) is one of a sigmoid."""
    if a is not None and b is not None and op_of(b) is softplus and b.owner.inputs[0] is a:
        return -softplus(negative_of(a))
    return a if b is None else -b if a is None else a - b


def _exp(r: Reader, node: Apply, depth: int) -> Scaled | None:
    if is_middling(node.inputs[0]):
        return None
    return Scaled(None, cast(node.inputs[0], node.outputs[0].dtype))


def _expm1(r: Reader, node: Apply, depth: int) -> Scaled | None:
    if is_middling(node.inputs[0]):
        return None
    x = cast(node.inputs[0], node.outputs[0].dtype)
    return r.less_one(x, node.outputs[0] is r.top)


def _sigmoid(r: Reader, node: Apply, depth: int) -> Scaled:
    return Scaled(None, -softplus(negative_of(cast(node.inputs[0], node.outputs[0].dtype))))


def _softmax(r: Reader, node: Apply, depth: int) -> Scaled:
    return Scaled(None, LogSoftmax(node.op.axis)(node.inputs[0]))


def _cosh(r: Reader, node: Apply, depth: int) -> Scaled:
    x = cast(node.inputs[0], node.outputs[0].dtype)
    return Scaled(constant(0.5, dtype=x.dtype), logaddexp(x, -x))


def _mul(r: Reader, node: Apply, depth: int) -> Scaled | None:
    parts = r.parts(node, depth)
    if not parts:
        return None
    (f, x), (g, y) = parts
    return Scaled(times(f, g), plus(x, y))


def _div(r: Reader, node: Apply, depth: int) -> Scaled | None:
    parts = r.parts(node, depth)
    if not parts:
        return None
    (f, x), (g, y) = parts if len(parts) == 2 else (Scaled(None, None), parts[0])
    return Scaled(over(f, g), _ratio(x, y))


def _neg(r: Reader, node: Apply, depth: int) -> Scaled | None:
    parts = r.parts(node, depth)
    return parts[0].negated(node.outputs[0].dtype) if parts else None


def _power(number: float, of_factor: Callable[[Any], Any]
           ) -> Callable[[Reader, Apply, int], Scaled | None]:
    def read(r: Reader, node: Apply, depth: int) -> Scaled | None:
        parts = r.parts(node, depth)
        if not parts:
            return None
        factor, exponent = parts[0]
        return Scaled(None if factor is None else of_factor(factor), number * exponent)
    return read


def _pow(r: Reader, node: Apply, depth: int) -> Scaled | None:
    base, y = r.part(node.inputs[0], node.outputs[0].dtype, depth), node.inputs[1]
    if base.exponent is None or base.factor is not None:
        return None
    power = number_in(y)
    return Scaled(None, base.exponent if power == 1 else -base.exponent if power == -1 else
                  cast(y, node.outputs[0].dtype) * base.exponent)


def _add(r: Reader, node: Apply, depth: int) -> Scaled | None:
    if (found := _logistic(node)) is not None:
        return found
    parts = r.parts(node, depth)
    if not parts or _is_safe(node, parts):
        return None
    a, b = parts
    if node.op is sub:
        b = b.negated(node.outputs[0].dtype)
    return r.total(a, b, node.outputs[0] is r.top)


def _logistic(node: Apply) -> Scaled | None:
    """c + c·tanh(w) is 2·c·sigmoid(2·w)."""
    a, b = node.inputs
    for one, other in ((a, b), (b, a)) if node.op is add else ((a, b),):
        inner, c, k = other.owner, number_in(one), number_in(None)
        if inner is not None and inner.op is mul:
            factor, last = inner.inputs
            inner, k = last.owner, number_in(factor)
        if inner is not None and inner.op is tanh and c and c == k:
            w = 2 * cast(inner.inputs[0], node.outputs[0].dtype)
            w = w if node.op is sub else -w
            return Scaled(constant(2 * c, dtype=w.dtype) if c != 0.5 else None, -softplus(w))
    return None


def _is_safe(node: Apply, parts: list[Scaled]) -> bool:
    """Whether a positive number is added to what is never larger than 1."""
    return node.op is add and any(
        p.exponent is None and (number_in(p.factor) or 0) > 0
        and (op_of(v) is elementwise.sigmoid or type(op_of(v)) is Softmax)
        for p, v in zip(parts, node.inputs[::-1], strict=True))


def _reduced(r: Reader, node: Apply, depth: int) -> Scaled | None:
    """Sums, products and extrema."""
    parts, v = r.parts(node, depth), node.inputs[0]
    op: Any = node.op
    if not parts or op.kind not in ("sum", "prod", "max", "min"):
        return None
    factor, exponent = parts[0]
    pure = factor is None and exponent.broadcastable == v.broadcastable
    if op.kind == "prod":
        both, added = parts[0].of_shape(v), Reduction("sum", op.axis, op.keepdims)
        return None if both is None else Scaled(
            None if factor is None else op(both.factor), added(both.exponent))
    if op.kind in ("max", "min"):
        logs = parts[0].log_of_positive()
        return None if logs is None or logs.type is not v.type else Scaled(None, op(logs))
    if pure:
        return Scaled(None, LogSumExp(op.axis, op.keepdims)(exponent))
    return _sum(r, op, v, factor, exponent)


def _sum(r: Reader, op: Reduction, v: Variable, factor: Any, exponent: Any) -> Scaled:
    """A sum over axes of v, which is a factor times an exponential."""
    axes = op.axes(v)
    exponent = dimshuffle(exponent, ["x"] * (v.ndim - exponent.ndim) + [*range(exponent.ndim)])
    part = Scaled(fill(v, 1) if factor is None else factor, exponent)
    most = r.outside(LogSumExp(axes, True)(part.counting()))
    total = op(part.without(most))
    kept = most if op.keepdims else dimshuffle(most, [i for i in range(v.ndim) if i not in axes])
    return Scaled(total, kept)


def _dot(r: Reader, node: Apply, depth: int) -> Scaled | None:
    """Of each operand with exponentials the largest is taken out, row by row, column by column."""
    parts = r.parts(node, depth)
    if not parts or any(v.ndim > 2 for v in node.inputs):
        return None
    dims = [v.ndim for v in node.inputs]
    if dims == [1, 1] or any(n == 1 and part.exponent is None and may_vanish(part.factor)
                             for n, part in zip(dims, parts, strict=True)):
        return _dot_as_sum(r, node, parts)
    operands, outside = [], None
    for place, (part, v) in enumerate(zip(parts, node.inputs, strict=True)):
        if part.exponent is None:
            operands.append(part.factor)
            continue
        axis = v.ndim - 1 if place == 0 or v.ndim == 1 else 0
        both = part.of_shape(v)
        if both is None:
            return None
        most = r.outside(LogSumExp((axis,), True)(both.counting()))
        operands.append(both.without(most))
        other = dims[1 - place]
        order: list[Any] = [i for i in range(v.ndim) if i != axis]
        order = [*order, "x"] if place == 0 and order and other == 2 else order
        outside = plus(outside, dimshuffle(most, order))
    return Scaled(node.op(*operands), outside)


def _dot_as_sum(r: Reader, node: Apply, parts: list[Scaled]) -> Scaled:
    """A product with a vector, of which elements may be 0, or one of two vectors."""
    a, b = node.inputs
    if a.ndim < b.ndim:
        parts[0] = Scaled(*[u if u is None or u.ndim == 0 else dimshuffle(u, 0, "x")
                            for u in parts[0]])
    (f, x), (g, y) = parts
    op = Reduction("sum", (0 if a.ndim == 1 else 1,))
    return _sum(r, op, a if a.ndim >= b.ndim else b, times(f, g), plus(x, y))


def _moved(r: Reader, node: Apply, depth: int) -> Scaled | None:
    """Ops that take elements to other places: what they do to a variable they do to both parts."""
    v, *rest = node.inputs
    part = r.part(v, v.dtype, depth)
    both = None if part.exponent is None else part.of_shape(v)
    if both is None:
        return None
    return Scaled(*[None if u is None else node.op(u, *rest) for u in both])


def _set(r: Reader, node: Apply, depth: int) -> Scaled | None:
    """Elements set to others: factors to factors, exponents to exponents."""
    x, y, *index = node.inputs
    parts = [r.part(v, node.outputs[0].dtype, depth) for v in (x, y)]
    if node.op.mode != "set" or all(p.exponent is None for p in parts):
        return None
    both = list(zip((x, y), parts, strict=True))
    factors = [fill(v, value_or(part.factor, 1)) for v, part in both]
    exponents = [fill(v, value_or(part.exponent, 0)) for v, part in both]
    return Scaled(node.op(*factors, *index), node.op(*exponents, *index))


def _fill(r: Reader, node: Apply, depth: int) -> Scaled | None:
    factor, exponent = r.part(node.inputs[1], node.outputs[0].dtype, depth)
    return None if exponent is None else Scaled(factor, node.op(node.inputs[0], exponent))


def _switch(r: Reader, node: Apply, depth: int) -> Scaled | None:
    """A choice between exponentials, or between these and 0."""
    dtype, condition = node.outputs[0].dtype, node.inputs[0]
    parts = [r.part(v, dtype, depth) for v in node.inputs[1:]]
    if all(part.exponent is None for part in parts):
        return None
    none = Scaled(None, constant(-np.inf, dtype=dtype))
    (f, x), (g, y) = [none if number_in(p.factor) == 0 else p for p in parts]
    choose = partial(elementwise.switch, condition)
    factor = None if f is g is None else choose(value_or(f, 1), value_or(g, 1))
    return Scaled(factor, choose(value_or(x, 0), value_or(y, 0)))


def _joined(r: Reader, node: Apply, depth: int) -> Scaled | None:
    """Parts side by side, and the larger or smaller of two: of exponentials, that of exponents."""
    logs = [part.log_of_positive() for part in r.parts(node, depth)]
    if not logs or any(getattr(x, "type", None) is not v.type
                       for x, v in zip(logs, node.inputs, strict=True)):
        return None
    return Scaled(None, node.op(*logs))


READ: dict[Any, Callable[[Reader, Apply, int], Scaled | None]] = {
    elementwise.exp: _exp, expm1: _expm1, elementwise.sigmoid: _sigmoid, Softmax: _softmax,
    cosh: _cosh, mul: _mul, elementwise.true_div: _div, inv: _div, neg: _neg,
    elementwise.sqr: _power(2, lambda f: f * f), sqrt: _power(0.5, sqrt), elementwise.pow: _pow,
    add: _add, sub: _add, Dot: _dot, fill: _fill, elementwise.switch: _switch, Reduction: _reduced,
    **dict.fromkeys((DimShuffle, Subtensor, AdvancedSubtensor, Reshape, Rebroadcast,
                     elementwise.tensor_copy), _moved),
    **dict.fromkeys((IncSubtensor, AdvancedIncSubtensor), _set),
    **dict.fromkeys((Join, maximum, elementwise.minimum), _joined),
    elementwise.Cast: lambda r, node, depth: r.part(node.inputs[0], node.outputs[0].dtype, depth),
}


def reading(op: Op) -> Callable[[Reader, Apply, int], Scaled | None] | None:
    """How an op is seen through; None where it is not."""
    return READ.get(op if isinstance(op, elementwise.Elementwise) else type(op))
