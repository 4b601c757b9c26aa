"""A factor times e to an exponent, and what is done with these two parts.

Comes before the reader of logarithms.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from tutor.core.arrays import DimShuffle
from tutor.core.elementwise import Cast, add, eq, exp, fill, minimum, neg, sub, switch
from tutor.core.graph import Constant, Variable, constant
from tutor.ops.logic import isinf

LARGE = {"float32": 80.0, "float64": 700.0}  # exponents whose exponentials are finite


class Scaled(NamedTuple):
    """factor · exp(exponent); None for a factor of 1, and for an exponent of 0. The sign is that of
    the factor."""

    factor: Any
    exponent: Any

    def counting(self) -> Any:
        """The exponent of what adds to a sum: where the factor is 0, nothing does."""
        exponent = value_or(self.exponent, 0)
        if not may_vanish(self.factor):
            return exponent
        return switch(eq(self.factor, 0), constant(-np.inf, dtype=self.factor.dtype), exponent)

    def without(self, most: Any) -> Any:
        """The factor that is left when e to `most`, the largest that counts, is taken out."""
        exponent = value_or(self.exponent, 0)
        if may_vanish(self.factor):  # 0 times a finite number
            exponent = minimum(exponent, most + LARGE[most.dtype])
        return times(self.factor, exp(exponent - most))

    def negated(self, dtype: str) -> Scaled:
        """The same with the other sign."""
        number = number_in(self.factor)
        factor = -self.factor if number is None else constant(-number, dtype=dtype)
        return Scaled(factor, self.exponent)

    def log_of_positive(self) -> Any:
        """The logarithm of what is known to be positive; None otherwise."""
        number = number_in(self.factor)
        if number is None or not number > 0:
            return None
        exponent = value_or(self.exponent, 0.0)
        return exponent if number == 1 else exponent + math.log(number)

    def of_shape(self, v: Variable) -> Scaled | None:
        """Factor and exponent, each of the shape of the variable; None where it is not known."""
        known = [u for u in self if u is not None and u.broadcastable == v.broadcastable]
        if not known:
            return None
        return Scaled(*[u if u is None or u.broadcastable == v.broadcastable else
                        fill(known[0], u) for u in self])


def is_middling(x: Any) -> bool:
    """Whether an exponent is what is left where `outside` took something off: no form is better."""
    node = x.owner
    if node is None or node.op not in (sub, neg, add):
        return False
    last = node.inputs[-1]
    if node.op is add:
        return any(is_middling(u) for u in node.inputs if op_of(u) is neg)
    if node.op is neg and op_of(last) in (add, sub):
        return any(map(is_outside, last.owner.inputs))
    return is_outside(last)


def op_of(v: Any) -> Any:
    """The op that made a variable; None of what no op made."""
    return v.owner.op if v.owner is not None else None


def is_outside(v: Any) -> bool:
    """Whether a variable was made by `outside`."""
    while (op := op_of(v)) is fill or isinstance(op, Cast) or (op is not None and op.view_map):
        v = v.owner.inputs[0 if op.view_map else -1]
    return op is switch and op_of(v.owner.inputs[0]) is isinf


def number_in(v: Any) -> float | None:
    """The value of a constant without dimensions; that of None, which stands for 1."""
    if v is None:
        return 1.0
    return float(v.data) if isinstance(v, Constant) and v.ndim == 0 else None


def value_or(v: Any, otherwise: Any) -> Any:
    return otherwise if v is None else v


def times(a: Any, b: Any) -> Any:
    """The product of two factors; that of two numbers is one."""
    if a is None or b is None:
        return b if a is None else a
    one, other = number_in(a), number_in(b)
    if one is None or other is None:
        return a * b
    return None if one * other == 1 else constant(one * other, dtype=a.dtype)


def over(a: Any, b: Any) -> Any:
    """The quotient of two factors; that of two numbers is one."""
    one, other = number_in(a), number_in(b)
    if b is None or one is None or not other:
        return a if b is None else value_or(a, 1) / b
    return None if one == other else constant(one / other, dtype=b.dtype)


def may_vanish(factor: Any) -> bool:
    """Whether a factor may be 0, as those of masks are."""
    while isinstance(factor, Variable) and (
            (op := op_of(factor)) is fill or isinstance(op, (DimShuffle, Cast))):
        factor = factor.owner.inputs[-1]  # type: ignore[union-attr]
    return factor is not None and not (isinstance(factor, Constant) and np.all(factor.data))


def plus(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


def negative_of(x: Any) -> Any:
    return x.owner.inputs[0] if op_of(x) is neg else -x
