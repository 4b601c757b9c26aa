"""Elementwise ops as one expression over numbers: `(x, y) => Math.exp(x) * y`.

Comes after the table. NumPy's dtypes are kept: operands are brought to the dtype that the op works
in, and what is written inside of another expression is rounded or wrapped to its own. An op that
the table lacks is the NumPy expression it is made of, written by the ops of the table.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.javascript.expressions import literal
from tutor.compile.javascript.table import ONE_LINE
from tutor.core.elementwise import ELEMENTWISE, Cast, Elementwise, booleans
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.op import Op
from tutor.core.types import DISCRETE, TensorType, promote

#: The ops of the signs, and of the calls, of NumPy expressions.
SIGNS = {kind: ELEMENTWISE[name] for kind, name in {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "true_div", ast.Pow: "pow",
    ast.FloorDiv: "floor_div", ast.Mod: "mod", ast.USub: "neg", ast.Invert: "invert",
    ast.BitAnd: "and_", ast.BitOr: "or_", ast.BitXor: "xor", ast.Lt: "lt", ast.LtE: "le",
    ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "neq"}.items()}
PLACES = ("operand0", "operand1", "operand2", "operand3")
CALLS = {name: op for op in ONE_LINE for name in (op.template.partition("(")[0],)
         if op.template == f"{name}({', '.join(f'{{{i}}}' for i in range(op.nin))})"}
BIG = ("int64", "uint64")
SIMPLE = re.compile(r"[\w.]+(\([^()]*\))?")  # what needs no parentheses inside of another
BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64,
        "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}
#: How the numbers of a dtype that JavaScript does not have are made of its own.
WRAPPED = {
    "float32": "fround({0})", "int8": "{0} << 24 >> 24", "int16": "{0} << 16 >> 16",
    "int32": "{0} | 0", "uint8": "{0} & 255", "uint16": "{0} & 65535", "uint32": "{0} >>> 0",
    "int64": "BigInt.asIntN(64, {0})", "uint64": "BigInt.asUintN(64, {0})",
}


def is_one_line(op: Op) -> bool:
    """Whether an op is an expression over numbers."""
    return isinstance(op, Cast) or op in ONE_LINE or (isinstance(op, Elementwise) and derived(op))


def derived(op: Elementwise) -> bool:
    """Whether an op's NumPy expression is made of signs and calls that the table has."""
    if any(op.kernels[name] is not CALLS[name].kernels.get(name)
           for name in op.kernels.keys() & CALLS.keys()):
        return False
    return all(not isinstance(part, ast.Call | ast.keyword | ast.Name | ast.Attribute)
               or (isinstance(part, ast.Call) and ast.unparse(part.func) in CALLS)
               or (isinstance(part, ast.Name) and part.id in (*PLACES, *CALLS))
               for part in ast.walk(parsed(op)))


def inside(text: str) -> str:
    """An expression as it stands inside of another."""
    return text if SIMPLE.fullmatch(text) else f"({text})"


def wrapped(text: str, dtype: str) -> str:
    """The expression with its value in the numbers of a dtype."""
    return WRAPPED[dtype].format(inside(text)) if dtype in WRAPPED else text


def number(value: Any, dtype: str) -> str:
    """A number of a dtype, as JavaScript writes it."""
    if dtype in BIG:
        text = f"{int(value)}n"
    else:
        text = literal(float(value) if dtype.startswith("float") else int(value))
    text = text.removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


def converted(text: str, old: str, new: str) -> str:
    """The expression for a value of a dtype in another one, as NumPy's astype cuts it."""
    if old == new:
        return text
    if new == "bool":
        return f"{inside(text)} != 0"
    if new in BIG:
        if old in BIG:
            return wrapped(text, new)
        return f"wholeBig({text})" if old.startswith("float") else f"BigInt({text})"
    if new.startswith("float"):
        exact = new == "float64" or (BITS.get(old, 0) < 32 and old != "float64")
        text = text if old.startswith("float") else f"Number({text})"
        return text if exact else wrapped(text, new)
    if old in BIG:
        return wrapped(f"Number(BigInt.asIntN(32, {text}))", new)
    if old == "bool":
        return f"Number({text})"
    if not old.startswith("float"):
        return wrapped(text, new)
    return wrapped(f"Math.trunc({text})" if new == "uint32" else f"whole32({text})", new)


class Part(NamedTuple):
    """An expression over numbers, with the dtype of its value, in which it may not be yet; a number
    of Python's has none."""

    text: str
    dtype: str = ""
    value: Any = None


def works_in(op: Elementwise, dtypes: Sequence[str], out: str) -> list[str]:
    """The dtype to which each operand is brought."""
    if asked := ONE_LINE[op].operands:
        return [dtype or out for dtype in asked]
    if getattr(op, "dtype_rule", None) is booleans:
        return [promote(*dtypes)] * len(dtypes)
    return [out] * len(dtypes)


def expression(node: Apply, operands: Sequence[str]) -> str:
    """The expression of a node over these, each of the dtype of its operand."""
    out = node.outputs[0].dtype
    if isinstance(node.op, Cast):
        return converted(operands[0], node.inputs[0].dtype, out)
    parts = [Part(text, v.dtype, v.data.item() if is_number(v) else None)
             for v, text in zip(node.inputs, operands, strict=True)]
    return of_parts(node.op, parts, out)  # type: ignore[arg-type]


def of_parts(op: Elementwise, parts: Sequence[Part], out: str) -> str:
    """The expression of an op over these, for a value of a dtype."""
    if op not in ONE_LINE:
        found = Template(parts, out).visit(parsed(op))
        return converted(found.text, found.dtype, out) if found.dtype else number(found.value, out)
    wanted = works_in(op, [p.dtype for p in parts], out)
    texts = [inside(converted(p.text, p.dtype, dtype) if p.value is None else
                    number(np.asarray(p.value).astype(dtype).item(), dtype))
             for p, dtype in zip(parts, wanted, strict=True)]
    return ONE_LINE[op].of(wanted[-1]).format(*texts, bits=BITS.get(out, 0))


def parsed(op: Elementwise) -> ast.expr:
    """The NumPy expression of an op, with names for its operands."""
    return ast.parse(op.template.format(*PLACES, dtype="dtype"), mode="eval").body


class Template(ast.NodeVisitor):
    """An expression of NumPy's over numbers, each step of it an op of the table."""

    def __init__(self, parts: Sequence[Part], out: str) -> None:
        floats = out.startswith("float")  # whole numbers are made floats before, as NumPy does here
        self.parts = [Part(converted(p.text, p.dtype, out), out, p.value)
                      if floats and p.dtype in DISCRETE else p for p in parts]

    def generic_visit(self, node: ast.AST) -> Part:
        raise NotImplementedError(ast.unparse(node))

    def visit_Name(self, node: ast.Name) -> Part:
        return self.parts[PLACES.index(node.id)]

    def visit_Constant(self, node: ast.Constant) -> Part:
        return Part("", value=node.value)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Part:
        if isinstance(node.op, ast.UAdd):
            return self.visit(node.operand)
        return self.step(SIGNS.get(type(node.op)), self.visit(node.operand))

    def visit_BinOp(self, node: ast.BinOp) -> Part:
        if not any(isinstance(part, ast.Name) for part in ast.walk(node)):
            return Part("", value=eval(ast.unparse(node)))  # numbers alone, such as 2 / 3
        return self.step(SIGNS.get(type(node.op)), self.visit(node.left), self.visit(node.right))

    def visit_Compare(self, node: ast.Compare) -> Part:
        if len(node.ops) > 1:
            return self.generic_visit(node)
        return self.step(SIGNS.get(type(node.ops[0])), self.visit(node.left),
                         self.visit(node.comparators[0]))

    def visit_Call(self, node: ast.Call) -> Part:
        return self.step(CALLS[ast.unparse(node.func)], *map(self.visit, node.args))

    def step(self, op: Elementwise | None, *parts: Part) -> Part:
        """An op of the table over parts; numbers of Python's take the dtype of the others."""
        if op is None or len(parts) != op.nin:
            raise NotImplementedError
        dtypes = [p.dtype for p in parts if p.dtype] or ["float64"]
        floats = any(isinstance(p.value, float) for p in parts if not p.dtype)
        weak = promote(*dtypes) if not floats or "float" in "".join(dtypes) else "float64"
        whole = [p if p.dtype else p._replace(dtype=weak) for p in parts]
        out = op.dtype_rule(*[p.dtype for p in whole])
        return Part(wrapped(of_parts(op, whole, out), out), out)


def repeated(node: Apply, place: int) -> bool:
    """Whether an operand is read more than once, so that it is not written inside."""
    if isinstance(node.op, Cast):
        return False
    op: Any = node.op
    if op not in ONE_LINE:
        return bool(op.template.count(f"{{{place}}}") != 1)
    dtypes = [v.dtype for v in node.inputs]
    form = ONE_LINE[op].of(works_in(op, dtypes, node.outputs[0].dtype)[-1])
    return form.count(f"{{{place}}}") != 1


def is_number(v: Variable) -> bool:
    """Whether a value is a constant without dimensions, which stands in an expression itself."""
    return isinstance(v, Constant) and isinstance(v.type, TensorType) and v.ndim == 0
