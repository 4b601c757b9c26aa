"""Patterns and replacements, written as the expressions they are: `"log(1 + x)"` becomes
`"log1p(x)"`.

A name in a pattern stands for any variable (a name that comes twice, for the same one), a number
for a constant of that value, a call for the op of that name. Parsed at first use.

>>> parse("log(1 + x)")
('log', ('add', 1, 'x'))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from tutor.graph import Apply, Constant, Op, Variable
from tutor.operators import FUNCTIONS
from tutor.types import promote

TOKEN = re.compile(r"[\w.]+|\*\*|\S")
#: The op of each sign between operands, and how closely it binds them; a minus sign before one.
INFIX = {"+": ("add", 1), "-": ("sub", 1), "*": ("mul", 2), "/": ("true_div", 2), "**": ("pow", 4)}
MINUS = 3
END = [";", ";"]  # the second is there for what takes the first one for an operand
FLOATS = frozenset(("float16", "float32", "float64"))


@cache
def parse(text: str) -> Any:
    """A pattern as nested tuples: (op name, operand, …); names are strings, numbers numbers."""
    tokens = [*TOKEN.findall(text), *END][::-1]
    tree = _tree(tokens, 0)
    if tokens != END:
        raise ValueError(f"not a pattern: {text}")
    return tree


def _tree(tokens: list[str], least: int) -> Any:
    """What the tokens say (the next one stands last), up to a sign that binds no closer than
    `least`.
    """
    token = tokens.pop()
    if token == "-":
        tree = _tree(tokens, MINUS)
        tree = ("neg", tree) if isinstance(tree, (str, tuple)) else -tree
    elif token == "(":
        tree = _tree(tokens, 0)
        tokens.pop()
    elif token[0].isdigit():
        tree = float(token) if "." in token else int(token)
    elif tokens[-1] == "(":
        operands = []
        while tokens.pop() in "(,":
            operands.append(_tree(tokens, 0))
        tree = (token, *operands)
    else:
        tree = token
    while (sign := tokens[-1]) in INFIX and INFIX[sign][1] > least:
        op, binds = INFIX[tokens.pop()]
        tree = (op, tree, _tree(tokens, binds))
    return tree


def matches(
    pattern: Any, v: Variable, dtype: str, found: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Each way in which a variable has the form of a pattern, as what the names then stand for.

    What was computed in another dtype does not match: it may have wrapped around or been rounded
    differently. An operand of another dtype does, as what the operation makes of it.
    """
    if isinstance(pattern, str):
        known = found.get(pattern)
        if known is None:
            if v.dtype == dtype or promote(v.dtype, dtype) == dtype:
                yield {**found, pattern: v}
        elif known is v or (
            isinstance(known, Constant)
            and isinstance(v, Constant)
            and known.signature() == v.signature()
        ):
            yield found
    elif not isinstance(pattern, tuple):
        if isinstance(v, Constant) and v.ndim == 0 and same_number(v.data, pattern):
            yield found
    elif v.owner is not None and v.owner.op.name == pattern[0] and v.dtype == dtype:
        yield from node_matches(pattern, v.owner, dtype, found)


def same_number(data: Any, number: float) -> bool:
    """Whether a constant has the value of a pattern; -0.0 is not 0."""
    return bool(data == number) and not (number == 0 and bool(np.signbit(data.real)))


def node_matches(
    pattern: tuple[Any, ...], node: Apply, dtype: str, found: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """`matches` for a node whose op already has the name of the pattern."""
    operands = pattern[1:]
    if len(operands) != len(node.inputs):
        return
    found = {**found, f"{pattern[0]}()": node.op}
    orders = (node.inputs, node.inputs[::-1]) if node.op.commutative else (node.inputs,)
    for variables in orders:
        if len(operands) == 1:
            yield from matches(operands[0], variables[0], dtype, found)
        else:
            for first in matches(operands[0], variables[0], dtype, found):
                yield from _rest(operands[1:], variables[1:], dtype, first)


def _rest(
    patterns: tuple[Any, ...], variables: list[Variable], dtype: str, found: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for then in matches(patterns[0], variables[0], dtype, found):
        if len(patterns) == 1:
            yield then
        else:
            yield from _rest(patterns[1:], variables[1:], dtype, then)


def build(pattern: Any, found: dict[str, Any]) -> Any:
    """The expression of a replacement; an op with parameters (`sum`) is the very one that was
    matched.
    """
    if isinstance(pattern, str):
        return found[pattern]
    if not isinstance(pattern, tuple):
        return pattern
    op: Op | Callable[..., Any] = found.get(f"{pattern[0]}()") or FUNCTIONS[pattern[0]]
    return op(*[build(p, found) for p in pattern[1:]])
