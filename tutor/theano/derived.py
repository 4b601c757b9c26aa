"""Ops of a program that derives from a class of Theano's name: `class Mine(T.Elemwise)`.

Comes before `op_names.py`, whose classes make ops of another class than their own. What derives
from one is an op of the program: it computes what the class does, and its own methods win.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.compile.function import function
from tutor.gradient import Lop
from tutor.graph import Apply, Op, Variable, apply, as_tensor_variable
from tutor.ops.arithmetic import tensor_copy


class Derived(Op):
    """An op that computes what the class it derives from does, and may say its own gradient."""

    def __init__(self, *settings: Any, **more: Any) -> None:
        kind: Any = next(kind for kind in type(self).__mro__ if "make" in vars(kind))
        self.made = kind.make(*settings, **more)

    def results(self, inputs: Sequence[Any]) -> list[Variable]:
        """What the class it derives from makes of the inputs."""
        found = self.made(*inputs)
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def make_node(self, *inputs: Any) -> Apply:
        taken = [as_tensor_variable(v) for v in inputs]
        return apply(self, taken, *[v.type for v in self.results(taken)])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        """The function of what it computes, compiled once for operands of these types."""
        known: dict[Any, Any] = self.__dict__.setdefault("compiled", {})
        key = tuple([v.type for v in node.inputs])
        if key not in known:
            arguments = [t() for t in key]
            known[key] = function(arguments, self.results(arguments),
                                               on_unused_input="ignore")  # fmt: skip
        for cell, value in zip(output_storage, known[key](*inputs), strict=True):
            cell[0] = value

    def grad(self, inputs: list[Variable], output_gradients: list[Variable]) -> Sequence[Any]:
        """As of what it computes; an input that stands twice is two inputs."""
        apart = [tensor_copy(v) for v in inputs]
        found: Sequence[Any] = Lop(self.results(apart), apart, list(output_gradients),
                                   disconnected_inputs="ignore")  # fmt: skip
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "compiled"}
