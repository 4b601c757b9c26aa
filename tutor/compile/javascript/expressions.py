"""The NumPy expression of an op as JavaScript: `sum(x, { axis: 0 })` for `add.reduce(x, axis=0)`.

Comes after the table. What an expression calls is in `runtime/`, by the same names.

>>> written("concatenate((x, y,), axis=1)")
'concatenate([x, y], { axis: 1 })'
>>> written("x[1:, None]")
'x.at(slice(1, null, null), null)'
"""

from __future__ import annotations

import ast
import json
import math
from typing import Any

from tutor.compile.javascript.table import NAMES

LISTS = frozenset(("parts_of", "nonzero"))  # what gives several arrays


def written(text: str) -> str:
    """A NumPy expression as JavaScript."""
    return _Writer().visit(ast.parse(text, mode="eval").body)


def literal(value: Any) -> str:
    """A number, a string, nothing, or a list of these as JavaScript writes it.

    >>> literal((1, -0.5, float("inf"), None, "half"))
    '[1, -0.5, Infinity, null, "half"]'
    """
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return "null" if value is None else json.dumps(value, ensure_ascii=False)


class _Writer(ast.NodeVisitor):
    """One method a kind of expression; an op has no others."""

    def generic_visit(self, node: ast.AST) -> str:
        raise NotImplementedError(ast.dump(node))

    def visit_Name(self, node: ast.Name) -> str:
        return node.id

    def visit_Constant(self, node: ast.Constant) -> str:
        return '"..."' if node.value is ... else literal(node.value)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> str:
        return f"-{self.visit(node.operand)}"

    def visit_Tuple(self, node: ast.Tuple) -> str:
        return f"[{self.listed(node.elts)}]"

    def visit_List(self, node: ast.List) -> str:
        return f"[{self.listed(node.elts)}]"

    def visit_Slice(self, node: ast.Slice) -> str:
        parts = [self.visit(p) if p else "null" for p in (node.lower, node.upper, node.step)]
        return f"slice({', '.join(parts)})"

    def visit_IfExp(self, node: ast.IfExp) -> str:
        return (f"truth({self.visit(node.test)}) ? {self.visit(node.body)} : "
                f"{self.visit(node.orelse)}")

    def visit_Attribute(self, node: ast.Attribute) -> str:
        return f"{self.visit(node.value)}.{node.attr}"

    def visit_Call(self, node: ast.Call) -> str:
        name = ast.unparse(node.func)
        if name in ("tuple", "asarray"):
            return str(self.visit(node.args[0]))
        name = NAMES.get(name) or self.visit(node.func)
        words = [f"{k.arg}: {self.visit(k.value)}" for k in node.keywords if k.arg != "kind"]
        parts = [*map(self.visit, node.args), *[f"{{ {', '.join(words)} }}"] * bool(words)]
        return f"{name}({', '.join(parts)})"

    def visit_Subscript(self, node: ast.Subscript) -> str:
        value, inner = self.visit(node.value), node.value
        several = isinstance(inner, ast.Call) and ast.unparse(inner.func) in LISTS
        if several or (isinstance(inner, ast.Attribute) and inner.attr == "shape"):
            return f"{value}[{self.visit(node.slice)}]"
        entries = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return f"{value}.at({self.listed(entries)})"

    def listed(self, parts: list[ast.expr]) -> str:
        """Several, with commas between them."""
        return ", ".join(map(self.visit, parts))
