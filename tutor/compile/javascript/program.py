"""The lines of a graph in JavaScript, one a value: what only one elementwise op reads is written
inside of it, so that a chain of these is one pass.

Comes after single expressions. The lowered program says in which order, under which branch of an
`ifelse`, and which shapes are compared. A loop becomes a function of its step.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.compile import scope
from tutor.compile.javascript import elementwise
from tutor.compile.javascript.expressions import literal, written
from tutor.compile.javascript.runtime import functions
from tutor.compile.javascript.table import COMPLEX, reason
from tutor.compile.lowering import Call, Program, Segment, ShapeCheck, check_shapes, lower
from tutor.compile.passes import inner_graph
from tutor.core.errors import BadValueError
from tutor.core.graph import Apply, Constant, Variable, made_at, quoted
from tutor.core.scan import Loop
from tutor.core.types import TensorType

PLACED = re.compile(r"\boperand_(\d+)_")
WIDE = 100  # characters of a line
FEW = 24  # numbers that a constant lists one by one
RESERVED = frozenset(
    "arguments await break case catch class const continue debugger default delete do else enum "
    "eval export extends false finally for function if implements import in instanceof interface "
    "let new null package private protected public return static super switch this throw true try "
    "typeof undefined var void while with yield NaN Infinity Math Number BigInt Array Object "
    "String JSON Date Map Set Symbol Error Promise parameters self window globalThis".split())


class Names:
    """The names of a program, none of which is JavaScript's or the runtime's; its constants."""

    def __init__(self) -> None:
        self.taken: set[str] = {*RESERVED, *functions()}
        self.constants: dict[str, str] = {}
        self.steps: list[str] = []

    def fresh(self, wanted: str | None, otherwise: str) -> str:
        """The wanted name where it can be one and is not taken, or one like it."""
        name = scope.unlike(self.taken, wanted, otherwise)
        self.taken.add(name)
        return name

    def constant(self, v: Constant) -> str:
        """The name of a constant that is an array."""
        name = self.fresh(v.name, "c")
        self.constants[name] = tensor(v.data, v.dtype)
        return name


def state(value: Any) -> str:
    """A state of NumPy's random numbers as JavaScript makes it."""
    _, key, place, has_normal, normal = value.get_state()
    words = base64.b64encode(np.asarray(key, "uint32").tobytes()).decode()
    return f'randomState("{words}", {place}, {literal(bool(has_normal))}, {literal(float(normal))})'


def tensor(value: Any, dtype: str) -> str:
    """An array as JavaScript makes it: from its numbers, or from their bytes where it has many."""
    array = np.asarray(value, dtype)
    if array.size > FEW:
        bytes_ = base64.b64encode(array.tobytes()).decode()
        return f'fromBase64("{bytes_}", "{dtype}", {literal(array.shape)})'
    numbers = ", ".join(elementwise.number(n, dtype).strip("()") for n in array.ravel().tolist())
    return f'new Tensor(KINDS.{dtype}.from([{numbers}]), {literal(array.shape)}, "{dtype}")'


def refused(v: Variable, why: str) -> BadValueError:
    """The error for a value that JavaScript does not have."""
    return BadValueError(f"{quoted(v)} cannot be computed in a page: {why}.", where=made_at(v),
                         fix="Save it as .py, or write it with other operations; python -m "
                         "tutor.compile.javascript prints which there are.")


class Inlined(NamedTuple):
    """An elementwise value that is written inside of the one that reads it."""

    text: str
    leaves: tuple[Variable, ...]


class Body:
    """The lines that compute the outputs of a graph from variables that have names. With `whole`
    every value gets a line of its own."""

    def __init__(self, names: Names, named: Mapping[Variable, str], outputs: Sequence[Variable],
                 whole: bool = False) -> None:
        self.module, self.names = names, dict(named)
        self.lines: list[str] = []
        self.program = lower(list(named), outputs)
        check_shapes(self.program)
        self.within = set() if whole else inlined(self.program, outputs)
        self.inlined: dict[Variable, Inlined] = {}
        for segment in self.program.segments:
            self.lines += self.segment(segment)
        #: Whether arrays are made on the way, which nobody sees.
        self.between = any(getattr(v.type, "ndim", 0) and v not in outputs
                           for call in self.program.calls for v in call.results)

    def segment(self, segment: Segment) -> list[str]:
        """The lines of one branch, or of what is always computed."""
        lines = [line for part in segment.instructions for line in
                 (self.check(part) if isinstance(part, ShapeCheck) else self.call(part))]
        if not segment.guard or not lines:
            return lines
        test = " && ".join([f"{'' if holds else '!'}truth({self.name(c)})"
                            for c, holds in self.program.conditions(segment)])
        own = [self.names[v] for part in segment.instructions if isinstance(part, Call)
               for v in part.results if v in self.names and v not in self.within]
        declared = [f"let {', '.join(own)};"] if own else []
        inner = [re.sub(r"^const (\[.*?\]|\w+) = (.*)$", _assigned, line) for line in lines]
        return [*declared, f"if ({test}) {{", *[f"  {line}" for line in inner], "}"]

    def check(self, check: ShapeCheck) -> list[str]:
        """The comparison of two shapes."""
        axes = "" if check.whole else f", {literal(check.axes)}"
        return [f"sameSizes({self.name(check.first)}, {self.name(check.second)}{axes});"]

    def call(self, call: Any) -> list[str]:
        """The line of a node; none where it is written inside of another, or is its operand."""
        node, out = call.node, call.results[0]
        for v in call.results:
            if getattr(v.type, "dtype", "").startswith("complex"):
                raise refused(v, COMPLEX)
        why = reason(node.op)
        if why is not None:
            raise refused(out, f"{node.op} is not there, since {why}" if node.op.name
                          else f"it is made by {node.op}, and {why}")
        try:
            found = self.in_one(call) if elementwise.is_one_line(node.op) else None
            if found and out in self.within:
                self.inlined[out] = found
                return []
            text = self.each(found, out.dtype) if found else self.loop(node) \
                if isinstance(node.op, Loop) else self.expression(call)
        except NotImplementedError:
            raise refused(out, f"the NumPy expression of {node.op} has something in it that is "
                          "not written anew in JavaScript") from None
        if re.fullmatch(r"\w+", text) and len(call.results) == 1:
            self.names[out] = text
            return []
        for v in call.results:
            self.names[v] = self.module.fresh(v.name, "v")
        made = [self.names[v] for v in call.results]
        several = len(made) > 1 or isinstance(node.op, Loop)
        target = f"[{', '.join(made)}]" if several else made[0]
        line = f"const {target} = {text};"
        told = scope.comment(node)
        return [f"{line} // {told}" if len(line) + len(told) < WIDE - 6 else line]

    def in_one(self, call: Call) -> Inlined:
        """The expression of an elementwise op over numbers, with others inside of it."""
        leaves: dict[Variable, None] = {}
        texts = []
        for v in call.operands:
            part = self.inlined.get(v)
            if part is None:
                texts.append(self.name(v, elementwise_number=True))
                if not elementwise.is_number(v):
                    leaves[v] = None
                continue
            texts.append(elementwise.wrapped(part.text, v.dtype))
            leaves.update(dict.fromkeys(part.leaves))
        return Inlined(elementwise.expression(call.node, texts), tuple(leaves))

    def each(self, found: Inlined, dtype: str) -> str:
        """The call that applies an expression to every element."""
        if not found.leaves:
            return f'scalar({found.text}, "{dtype}")'
        names = ", ".join(self.names[v] for v in found.leaves)
        if found.text in self.names.values() and dtype == found.leaves[0].dtype:
            return f"{names}.copy()"
        return f'each("{dtype}", ({names}) => {found.text}, {names})'

    def expression(self, call: Call) -> str:
        """The NumPy expression of an op, as JavaScript."""
        node = call.node
        names = [f"operand_{i}_" if node.op.elementwise else scope.literal(call, v)
                 or f"operand_{i}_" for i, v in enumerate(call.operands)]
        if node.op.name == "print":
            return self.name(call.operands[0])
        text = node.op.source(node, names)
        if text is None:
            raise refused(node.outputs[0], f"{node.op} has no expression that could be written")
        script = PLACED.sub(lambda found: self.name(call.operands[int(found[1])]), written(text))
        own = {name for name, kernel in node.op.kernels.items() if not scope.is_ours(kernel)}
        missing = set(re.findall(r"(?<![\w.])([a-z]\w*)\(", written(text))) - (
            functions().keys() - own)
        if missing:
            raise refused(node.outputs[0], f"{', '.join(sorted(missing))} is not there")
        return script

    def loop(self, node: Apply) -> str:
        """The call that runs a loop; its step is a function of its own."""
        op: Any = node.op
        inputs, outputs = inner_graph(op)
        names = {v: self.module.fresh(v.name, "u") for v in inputs}
        step = self.module.fresh(op.title, "step")
        body = Body(self.module, names, outputs)
        results = ", ".join(body.name(v) for v in outputs)
        self.module.steps.append("\n".join([
            f"function {step}({', '.join(names.values())}) {{",
            *[f"  {line}" for line in body.lines], f"  return [{results}];", "}"]))
        steps, *given = [self.name(v) for v in node.inputs]
        how = [{"dtype": v.dtype, "ndim": v.ndim} for v in op.results]
        shapes = ", ".join(f'["{part["dtype"]}", {part["ndim"]}]' for part in how)
        return (f"runSteps({step}, {steps}, [{', '.join(given)}], {op.sequences}, "
                f"{literal(list(op.keep))}, [{shapes}])")

    def name(self, v: Variable, elementwise_number: bool = False) -> str:
        """The name of a value; a constant gets one when it is first read."""
        if v not in self.names:
            if not isinstance(v, Constant) or not isinstance(v.type, TensorType):
                raise refused(v, f"it is {v.type}")
            if v.dtype.startswith("complex"):
                raise refused(v, COMPLEX)
            if elementwise_number and elementwise.is_number(v):
                return elementwise.number(v.data.item(), v.dtype)
            self.names[v] = self.module.constant(v)
        return self.names[v]


def _assigned(found: re.Match[str]) -> str:
    """An assignment in the place of a declaration."""
    target, rest = found.groups()
    return f"({target} = {rest[:-1]});" if target.startswith("[") and ");" not in rest[-1:] \
        else f"{target} = {rest}"


def inlined(program: Program, outputs: Sequence[Variable]) -> set[Variable]:
    """The elementwise values without a name that one elementwise op of their shape reads, once."""
    users: Counter[Variable] = Counter(v for call in program.calls for v in call.operands)
    compared = {v for part in program.instructions if isinstance(part, ShapeCheck)
                for v in (part.first, part.second)}
    found = set()
    for segment in program.segments:
        made = {v for part in segment.instructions if isinstance(part, Call) for v in part.results}
        for call in segment.instructions:
            if not isinstance(call, Call) or not elementwise.is_one_line(call.op):
                continue
            pattern = call.results[0].broadcastable
            for i, v in enumerate(call.operands):
                if (v in made and v.owner is not None and users[v] == 1 and not v.name
                        and elementwise.is_one_line(v.owner.op) and v.broadcastable == pattern
                        and not elementwise.repeated(call.node, i)):
                    found.add(v)
    return found - compared - set(outputs)
