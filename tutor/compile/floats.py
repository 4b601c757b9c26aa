"""The program of graphs of 0-d floats: plain float arithmetic, and no array before the end.

Comes after the source, of which it is the small sister.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from tutor.compile.lines import Line
from tutor.compile.source import IDENTIFIER, Writer
from tutor.graph import Apply, Constant, Variable, order_of
from tutor.types import TensorType


class FloatProgram(Writer):
    """A program over Python floats, for graphs of 0-d float64 only: no array is made before the
    end.

    Python raises where NumPy gives inf or nan; the function then runs the array program instead.
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        super().__init__(inputs, outputs)
        self.expressions: dict[Variable, str] = {}
        counts: dict[Variable, int] = dict.fromkeys(self.outputs, 2)
        for node in self.nodes:
            for i, v in enumerate(node.inputs):
                counts[v] = counts.get(v, 0) + (node.op.scalar or "").count(f"{{{i}}}")
        for node in self.nodes:
            self._write(node, counts)

    def _write(self, node: Apply, counts: dict[Variable, int]) -> None:
        """A line of its own for what is used twice or long; the rest stands inside its only use."""
        out = node.outputs[0]
        template = node.op.scalar or ""
        for name in math_names(template):
            self.bindings[name] = getattr(math, name)
        text = template.format(*[self.result(v) for v in node.inputs])
        if counts.get(out, 0) > 1 or len(text) > 60:
            name = self.names[out] = self.fresh(out.name, "v")
            self.body.append(Line(f"{name} = {text}", node))
            text = name
        elif template[0] in "{-" or " " in template:
            text = f"({text})"
        self.expressions[out] = text

    def loaded(self, value: str) -> str:
        """A shared value as the program works on it."""
        return f"float({value})"

    def result(self, v: Variable) -> str:
        """How an operand or an output is written."""
        text = self.expressions.get(v)
        if text is None:
            if isinstance(v, Constant):
                text = repr(float(v.data))
                if not text[-1].isdigit():
                    self.bindings.update(nan=math.nan, inf=math.inf)
                text = f"({text})" if text.startswith("-") else text
            else:
                text = self.name(v)
        return text


@cache
def math_names(template: str) -> tuple[str, ...]:
    """The functions of `math` in an expression."""
    return tuple(name for name in IDENTIFIER.findall(template) if hasattr(math, name))


def is_scalar(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> bool:
    """Whether all values are 0-d float64 and all ops know how to work on Python floats."""
    scalar = TensorType("float64", ())
    return all(v.type is scalar for v in (*inputs, *outputs)) and all(
        n.op.elementwise
        and n.op.scalar is not None
        and all(v.type is scalar for v in n.inputs)
        for n in order_of(outputs, stop=inputs)
    )
