"""Dimensions that turn out to have size 1: they stretch only where their type says so.

Elementwise operations compare shapes before NumPy could stretch one; here is the same for what is
put into something larger (`alloc`, `set_subtensor`). In programs run as Theano's such a value
stretches, as it did there, and its cotangent is summed back to its own shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.compat import compat
from tutor.graph import Apply, Op, Variable, apply, as_tensor_variable
from tutor.ops.registry import example


def unsure(v: Variable) -> tuple[int, ...]:
    """The axes of v, counted from the last, that are not known to have size 1."""
    return tuple([i - v.ndim for i, one in enumerate(v.broadcastable) if not one])


def stretch_at_run_time() -> bool:
    """Whether what is built now is a program run as one of Theano's."""
    return compat.stretches


class SummedTo(Op):
    """g summed over the dimensions in which another tensor turned out to have size 1."""

    __props__ = ()
    name, doc = "summed_to", "g summed over the dimensions in which x has size 1."

    def make_node(self, g: Variable, like: Variable) -> Apply:
        return apply(self, [g, like], g.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"{self.name}({', '.join(names)})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [SpreadOver()(cotangents[0], inputs[0]), None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]


class SpreadOver(SummedTo):
    """g stretched over another tensor, in the dimensions that turned out to have size 1."""

    name, doc = "spread_over", "g stretched over the shape of x, in dimensions of size 1."

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [SummedTo()(cotangents[0], inputs[0]), None]


example("summed_to", lambda x: SummedTo()(x, as_tensor_variable(np.ones((1, 3)))),
        lambda x: x.sum(axis=0, keepdims=True, dtype=x.dtype), (2, 3))
