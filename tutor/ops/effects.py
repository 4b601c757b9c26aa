"""`Print`: an op that prints what passes through it when a function runs, and changes nothing.

>>> import tutor, tutor.tensor as T
>>> x = T.dscalar("x")
>>> tutor.function([x], Print("here")(x) * 2)(3)
here __str__ = 3.0
array(6.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tutor.core.graph import Apply, Variable, apply, as_tensor_variable
from tutor.core.op import Notation, Op


def print_attributes(op: Print, value: Any) -> None:
    """Print the message with each of the attributes (a method is called)."""
    for name in op.attrs:
        found = getattr(value, name)
        print(op.message, name, "=", found() if callable(found) else found)


class Print(Op):
    """`Print(message, attrs)(x)` is x, and prints `message attribute = value` when it is computed.

    `attrs` are attributes and methods of NumPy arrays, such as "shape", "min", "__str__". What is
    printed instead can be said by `global_fn(op, value)`. Gradients pass unchanged.
    """

    __props__ = ("message", "attrs", "global_fn")
    name, doc = "Print", "x, printed when it is computed."

    def __init__(self, message: str = "", attrs: Sequence[str] = ("__str__",),
                 global_fn: Callable[[Any, Any], None] = print_attributes) -> None:  # fmt: skip
        self.message, self.attrs, self.global_fn = message, tuple(attrs), global_fn

    def make_node(self, x: Any) -> Apply:
        x = x if isinstance(x, Variable) else as_tensor_variable(x)
        return apply(self, [x], x.type)

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        """Print the value, and hand on a copy: what holds it may be written over."""
        value = inputs[0]
        plain = np.asarray(value) if hasattr(node.outputs[0].type, "dtype") else value
        self.global_fn(self, plain)
        output_storage[0][0] = np.array(plain) if plain is not value or plain.ndim else plain

    def L_op(self, inputs: list[Variable], outputs: list[Variable], cotangents: list[Variable]
             ) -> list[Any]:  # fmt: skip
        return list(cotangents)

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        return list(eval_points)

    def notation(self, node: Apply) -> Notation:
        return Notation("Print({0})", r"\operatorname{{Print}}\left({0}\right)")
