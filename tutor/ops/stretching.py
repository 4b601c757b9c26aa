"""Dimensions that turn out to have size 1: they stretch only where their type says so.

Elementwise operations compare shapes before NumPy could stretch one; here is the same for what is
put into something larger (`alloc`, `set_subtensor`). In programs run as Theano's such a value
stretches, as it did there, and its cotangent is summed back to its own shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.graph import Variable, as_tensor_variable
from tutor.core.row import Row
from tutor.ops.examples import example


def summed_to(g: Any, like: Any) -> Any:
    """g summed over the dimensions in which `like` has size 1."""
    axes = tuple([i for i, (n, m) in enumerate(zip(g.shape, like.shape, strict=True)) if n != m])
    return g.sum(axis=axes, keepdims=True, dtype=g.dtype) if axes else g


class SummedTo(Row):
    """g summed over the dimensions in which x has size 1."""

    name, numpy, calls, wrt = "summed_to", "summed_to({all})", (summed_to,), (0,)

    def vjp(self, g: Variable, like: Variable, y: Variable, h: Variable) -> Variable:
        return SpreadOver()(h, g)


def spread_over(g: Any, like: Any) -> Any:
    """g stretched over the shape of `like`, as a new array."""
    return np.array(np.broadcast_to(g, like.shape))


class SpreadOver(Row):
    """g stretched over the shape of x, in dimensions of size 1."""

    name, numpy, calls, wrt = "spread_over", "spread_over({all})", (spread_over,), (0,)

    def vjp(self, g: Variable, like: Variable, y: Variable, h: Variable) -> Variable:
        return SummedTo()(h, g)


example("summed_to", lambda x: SummedTo()(x, as_tensor_variable(np.ones((1, 3)))),
        lambda x: x.sum(axis=0, keepdims=True, dtype=x.dtype), (2, 3))
