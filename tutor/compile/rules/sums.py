"""Rules about sums: factors that are the same for all terms, sums of squares, sums of products.

A factor goes outside only where the sum cannot overflow by it where the terms did not.
"""

from __future__ import annotations

from typing import Any

from tutor.compile.rules.rule import ROUNDING, Rule, number_in
from tutor.graph import Apply, Variable
from tutor.ops.linalg import dot
from tutor.ops.reductions import Reduction
from tutor.ops.shape import reshape

BLAS = ("float32", "float64")  # the dtypes of which it has an inner product


def enlarging(x: Any, y: Any, **_: Any) -> bool:
    """Whether y is a number that makes terms larger: then their sum overflows no earlier without
    it.
    """
    number = number_in(y)
    return x.ndim > 0 and number is not None and 1 <= abs(number) < 1e30


def dividing_up(x: Any, y: Any, **_: Any) -> bool:
    """Whether y is a divisor that makes terms larger."""
    number = number_in(y)
    return x.ndim > 0 and number is not None and 1e-30 < abs(number) <= 1


def _whole_vector(node: Apply) -> Variable | None:
    """What is summed up, if it is all of a vector of floats."""
    x = node.inputs[0]
    whole = isinstance(node.op, Reduction) and not node.op.keepdims and x.ndim == 1
    return x if whole and x.dtype in BLAS and not x.broadcastable[0] else None


def sum_of_products(node: Apply) -> Variable | None:
    """The sum of the products of two vectors is their inner product."""
    x = _whole_vector(node)
    if x is None or x.owner is None:
        return None
    a, b = x.owner.inputs[0], x.owner.inputs[-1]
    if any(v.dtype != x.dtype or v.broadcastable != x.broadcastable for v in (a, b)):
        return None
    result: Variable = dot(a, b)
    return result


def sum_of_squares(node: Apply) -> Variable | None:
    """The sum of the squares of a whole array that is there already is an inner product too."""
    x = node.inputs[0].owner.inputs[0]  # type: ignore[union-attr]
    every = isinstance(node.op, Reduction) and not node.op.keepdims and (
        node.op.axis is None or len(node.op.axis) == x.ndim)
    if not every or x.owner is not None or x.ndim < 2 or x.dtype not in BLAS:
        return None
    flat = reshape(x, (-1,))
    result: Variable = dot(flat, flat)
    return result


SUMS = (
    Rule("sum of negative", "sum(-x)", "-sum(x)", "One sign at the end in place of one an element.",
         ROUNDING, zero=True),
    Rule("sum of double", "sum(x * y)", "y * sum(x)",
         "A factor that is the same for all goes outside.", ROUNDING, when=enlarging, zero=True),
    Rule("sum of quotient", "sum(x / y)", "sum(x) / y",
         "A divisor that is the same for all goes outside.", ROUNDING, when=dividing_up, zero=True),
    Rule("sum of products", "sum", "", "The sum of products of vectors is their inner product.",
         ROUNDING, apply=sum_of_products, needs="mul sqr", zero=True),
    Rule("sum of squares", "sum", "", "The sum of squares is the inner product with itself.",
         ROUNDING, apply=sum_of_squares, needs="sqr"),
)
