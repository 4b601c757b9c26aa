"""The program of graphs of 0-d floats: plain float arithmetic, and no array before the end.

Comes after the source, of which it is the small sister.
"""

from __future__ import annotations

import math
from typing import Any

from tutor.compile.lowering import Call, Program
from tutor.compile.scope import Line, Scope
from tutor.core.graph import Constant, Variable
from tutor.core.op import Op

LONGEST = 60  # characters of an expression that stands inside of another


class FloatSource(Scope):
    """The lines of a program over Python floats, for graphs of 0-d float64 only: no array is made
    before the end.

    Python raises where NumPy gives inf or nan; the function then runs the array program instead.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program.inputs)
        self.program = program
        self.expressions: dict[Variable, str] = {}
        uses = dict.fromkeys(program.outputs, 2)
        for call in program.calls:
            for i, v in enumerate(call.operands):
                uses[v] = uses.get(v, 0) + template(call).count(f"{{{i}}}")
        for call in program.calls:
            self._call(call, uses.get(call.results[0], 0) > 1)

    def _call(self, call: Call, named: bool) -> None:
        """A line of its own for what is used twice or long; the rest stands inside its only use."""
        out, form = call.results[0], template(call)
        self.bind(call.op, form, ())
        text = form.format(*[self.result(v) for v in call.operands])
        if named or len(text) > LONGEST:
            name = self.names[out] = self.fresh(out.name, "v")
            self.body.append(Line(f"{name} = {text}", call.node))
            text = name
        elif form[0] in "{-" or " " in form:
            text = f"({text})"
        self.expressions[out] = text

    def meaning(self, op: Op, name: str) -> Any:
        """The function of a name: one of `math`."""
        return getattr(math, name, None)

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


def template(call: Call) -> str:
    """The expression of a call over Python floats."""
    return call.op.scalar or ""
