"""The back end of NumPy: the lowered program as lines of Python, one a call; and as lines over
Python's floats, where all values are 0-d float64.

Comes after the passes. The lines know their nodes, and show a reader the plain expression where
what runs is written otherwise for speed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import fsum
from typing import Any

import numpy as np

from tutor.compile.blocks import LARGE, REDUCED, Blocks, Memory, into
from tutor.compile.lowering import (
    Buffer,
    Call,
    Fused,
    Instruction,
    Program,
    Segment,
    ShapeCheck,
)
from tutor.compile.scope import Line, Scope, is_held, is_ours, literal, number_of
from tutor.core.errors import ShapesDifferError
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.op import Op
from tutor.memory import Pool
from tutor.ops.sums import along

LONGEST_INSIDE = 60  # characters of an expression that stands inside of another
FEW = 16  # numbers: NumPy needs longer to begin a sum than Python for all of a shorter one
Perform = Callable[[Apply], Callable[..., Any]]
OVER = re.compile(r"(\w+)\((.*), out=(\w+)\)")


class Source(Scope):
    """The lines of a program. What `perform` makes of a node runs an op without an expression; with
    `checking` shapes are compared while that name holds; a result is written into the array that
    `rows` names for it, or a new one where that is None."""

    def __init__(self, program: Program, perform: Perform, checking: bool = False,
                 named: Mapping[Variable, str] = {}, rows: Mapping[Variable, str] = {}) -> None:
        super().__init__(program.inputs, named)
        self.rows = rows
        self.program, self.perform, self.pool = program, perform, Pool()
        self.numbers: dict[Any, str] = {}  # arrays in the place of numbers
        self.checking = self.fresh("checking", "checking") if checking else ""
        for segment in program.segments:
            self.body += self._segment(segment)
        for v in program.outputs:
            self.name(v)

    def _segment(self, segment: Segment) -> list[Line]:
        """Its lines, under an `if` where only one branch needs them."""
        lines = [line for part in segment.instructions for line in self._lines(part)]
        if not segment.guard:
            return lines
        test = " and ".join([self.name(c) if holds else f"not {self.name(c)}"
                             for c, holds in self.program.conditions(segment)])
        return [Line(f"if {test}:"), *[line.indented() for line in lines]]

    def _lines(self, part: Instruction) -> list[Line]:
        """The lines of an instruction."""
        if isinstance(part, Fused):
            return self._fused(part)
        if isinstance(part, ShapeCheck):
            return [self._check(part)]
        if not part.renames:
            return [self._call(part)]
        self.names[part.results[0]] = self.name(part.operands[0])
        return []

    def _check(self, check: ShapeCheck) -> Line:
        x, y = self.name(check.first), self.name(check.second)
        test = f"{x}.shape != {y}.shape" if check.whole else " or ".join(
            [f"{x}.shape[{i}] != {y}.shape[{i}]" for i in check.axes])
        self.bindings["ShapesDifferError"] = ShapesDifferError
        test = f"{self.checking} and ({test})" if self.checking else test
        return Line(f"if {test}: raise ShapesDifferError", check.node)

    def _call(self, call: Call) -> Line:
        operands = [self.operand(call, v) for v in call.operands]
        shown, ending = call.op.source(call.node, operands), ""
        if shown is None:
            name = self.fresh(None, "perform_")
            self.bindings[name] = self.perform(call.node)
            shown, ending = f"{name}({', '.join(operands)})", "," * (len(call.results) == 1)
        else:
            shown = self.bound(call.op, shown, operands)
        text = self._fast(call, operands, shown)
        for v in call.results:
            self.names[v] = self.named_or_fresh(v, "v")
        targets = ", ".join([self.names[v] for v in call.results]) + ending
        text = self._into_buffer(call, operands, text)
        return Line(f"{targets} = {text}", call.node,
                    None if text == shown else f"{targets} = {shown}")

    def _fast(self, call: Call, operands: Sequence[str], shown: str) -> str:
        """The expression with operands as NumPy takes them fastest; one that is written over."""
        fast = [self._fast_operand(call, v, text)
                for v, text in zip(call.operands, operands, strict=True)]
        out = self.rows.get(call.results[0])
        if out is None and isinstance(call.buffer, Variable):
            out = fast[call.operands.index(call.buffer)]
        if call.op.elementwise and out is not None:
            over = call_over(into(call, fast, out), call.op.into)
            if over:
                return self.bound(call.op, over, fast)
        if adds_up(call):
            self.bindings["total_"] = total
            return f"total_({fast[0]}) if {fast[0]}.size < {FEW} else add.reduce({fast[0]})"
        text = None if fast == operands else call.op.source(call.node, fast)
        text = self.bound(call.op, text, fast) if text else shown
        found = REDUCED.fullmatch(text)
        if found is None or int(found[3]) != call.operands[0].ndim - 1:
            return text
        self.bindings |= {"along_": along, "LARGE": LARGE}
        return f"along_({found[1]}, {found[2]}) if {fast[0]}.size > LARGE else {text}"

    def _fast_operand(self, call: Call, v: Variable, text: str) -> str:
        if is_held(call, v):
            return f"{text}[()]"
        number = None if text in self.taken else number_of(call, v)
        if number is None:
            return text
        key = text, v.dtype, number.dtype
        if key not in self.numbers:
            self.numbers[key] = name = self.fresh(None, "number")
            self.bindings[name] = number
        return self.numbers[key]

    def _into_buffer(self, call: Call, operands: Sequence[str], text: str) -> str:
        """The expression of a call that takes its buffer as an argument: elements are set in the
        array itself, and a large product is written into memory of the last call."""
        if call.op.takes_inplace and call.buffer is not None:
            return f"{text[:-1]}, inplace=True)"
        if call.buffer != "pool":
            return text
        self.bindings["room"] = self.pool.take
        out, rows, columns = call.results[0], f"{operands[0]}.shape[0]", f"{operands[1]}.shape[1]"
        buffer = f"room({self.names[out]!r}, ({rows}, {columns}), {out.dtype!r})"
        return f"{text[:-1]}, out={buffer}) if {rows} * {columns} > 9999 else {text}"

    def _fused(self, fused: Fused) -> list[Line]:
        """The lines of the calls, and before them the call that runs them in blocks."""
        plain = [self._call(call).under() for call in fused.calls]
        written = {v for call in fused.calls for v in call.operands if literal(call, v) is None}
        leaves = [v for v in fused.leaves if v in written]
        blocks = f"blocks{len(self.bindings)}_"
        memory = {v: self._memory(v, buffer, leaves) for v, buffer in fused.buffers.items()}
        self.bindings[blocks] = Blocks(fused, leaves, memory)
        self.bindings["LARGE"] = LARGE
        results = ", ".join([self.names[v] for v in fused.results])
        call = f"{results} = {blocks}({', '.join([self.name(v) for v in leaves])})"
        name, n = self.name(fused.shape), len(plain)
        lines = "next line runs" if n == 1 else f"next {n} lines run"
        return [Line(f"if {name}.size > LARGE: {call}", fused.calls[-1].node,
                     f"# the {lines} in blocks where {name} is large"),
                Line("else:", shown=""), *plain]

    def _memory(self, v: Variable, buffer: Buffer, leaves: list[Variable]) -> Memory:
        """Where the array of a large value comes from."""
        if isinstance(buffer, Variable):
            return leaves.index(buffer)
        if buffer is None:
            return np.empty
        take = partial(self.pool.take, self.names[v])
        return take if buffer == "pool" else partial(take, largest=math.inf)


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
        form = self.bound(call.op, form, ())
        text = form.format(*[self.result(v) for v in call.operands])
        if named or len(text) > LONGEST_INSIDE:
            name = self.names[out] = self.fresh(out.name, "v")
            self.body.append(Line(f"{name} = {text}", call.node))
            text = name
        elif form[0] in "{-" or " " in form:
            text = f"({text})"
        self.expressions[out] = text

    def meaning(self, op: Op, name: str) -> Any:
        """The function of a name: one of `math`, or a kernel of an op of one's own."""
        kernel = op.kernels.get(name)
        return getattr(math, name, None) if kernel is None or is_ours(kernel) else kernel

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


def call_over(text: str, own: str = "") -> str | None:
    """A call with `out=` as NumPy takes it fastest; one of an op's `own` as it is; None for what is
    no call of either.

    >>> call_over("add(x, y, out=x)"), call_over("maximum(x, y, out=x)")
    ('add(x, y, x)', 'maximum(x, y, out=x)')
    """
    found = OVER.fullmatch(text)
    if found is None:
        return None
    ufunc = getattr(np, found[1], None)
    if not isinstance(ufunc, np.ufunc):
        return text if own.startswith(f"{found[1]}(") else None
    plain = found[2].count(",") + 1 == ufunc.nin and found[1] not in ("maximum", "minimum")
    return f"{found[1]}({found[2]}, {found[3]})" if plain else text


def adds_up(call: Call) -> bool:
    """Whether a call is the sum of a whole vector of float64."""
    x, out = call.operands[0] if call.operands else None, call.results[0]
    return (call.op.folds == "add" and len(call.operands) == 1 and not out.ndim
            and getattr(x, "ndim", 0) == 1 and x.dtype == out.dtype == "float64")  # type: ignore[union-attr]


def total(x: Any) -> Any:
    """The sum of a few numbers, the nearest float64 to the true one.

    >>> total(np.array([1e100, 1.0, -1e100]))
    np.float64(1.0)
    """
    try:
        return np.float64(fsum(x.tolist()))
    except (OverflowError, ValueError):  # infinities of both signs, or sums that are one
        return np.add.reduce(x)
