"""Rules, and the patterns they are written in.

A rule is a row: pattern, replacement, a sentence why, and its licence: `exact` (the same bits) ·
`rounding` (equal up to rounding) · `stable` (nearer to the true value where the original overflows
or cancels) · `assumes` (true only under the assumption named; off unless asked for). Patterns are
the expressions they are, as `"log(1 + x)"`; see `parse`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.rules.facts import is_number, is_same, number_in
from tutor.compile.rules.products import Change, exchanged, product
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.op import FUNCTIONS, Op
from tutor.core.types import promote

EXACT, ROUNDING, STABLE, ASSUMES = "exact", "rounding", "stable", "assumes"
REAL, ALL = "F", ""
KINDS = {"bool": "b", "complex64": "c", "complex128": "c",
         **{f"float{n}": "f" for n in (16, 32, 64)},
         **{f"{u}int{n}": u or "i" for u in ("", "u") for n in (8, 16, 32, 64)}}


class Rule(NamedTuple):
    """A row: `pattern` becomes `replacement`, where `when` (a function of the matched parts)
    allows it.

    Several patterns stand between bars (` | `), and as many replacements, or one for all. It may be
    a function of the node and the matched parts, which gives None where there is none. `kinds` are
    the kinds of numbers it is true for, as NumPy's letters; all that matches has one dtype. `REAL`
    are floats of a size that rules may reorder, and with `ALL` it does not matter. With `zero` it
    may change the sign of a zero, and is applied only where nothing (no division) could see that;
    with `compares` only where no comparison of shapes is lost. With `given` it looks at nodes as
    they were given, before what they are computed from is rewritten. `at` is where tests try it:
    names of the pattern with what stands for them, where `when` asks for more than a variable.
    """

    name: str
    pattern: str
    replacement: str | Callable[..., Variable | None]
    why: str
    licence: str = EXACT
    when: Callable[..., bool] | None = None
    kinds: str = "f"
    zero: bool = False
    compares: bool = False
    given: bool = False
    at: tuple[tuple[str, str], ...] = ()

    def forms(self) -> list[tuple[str, Any]]:
        """Each pattern, with what takes its place."""
        patterns, new = self.pattern.split(" | "), self.replacement
        texts = new.split(" | ") if isinstance(new, str) else [new]
        return [*zip(patterns, texts * (len(patterns) // len(texts)), strict=True)]

    def takes(self, dtype: str) -> bool:
        """Whether the rule is true for numbers of a dtype."""
        return self.kinds == ALL or dtype in dtypes_of(self.kinds, self.licence)


@cache
def dtypes_of(kinds: str, licence: str) -> frozenset[str]:
    """The dtypes of such kinds of numbers that a rule of a licence is true for."""
    if kinds == REAL:
        return frozenset(("float32", "float64"))
    return frozenset(dtype for dtype, kind in KINDS.items()
                     if kind in kinds and (dtype, licence) != ("float16", ROUNDING))


SIGNS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "true_div", ast.Pow: "pow"}
ANY = "..."  # all operands that are left
REST = "_"  # the other factors of a product

Found = dict[str, Any]  # what the names of a pattern stand for; `sum()` is the op of that name


@cache
def parse(text: str) -> Any:
    """A pattern as nested tuples: (op name, operand, …); names are strings, numbers numbers.

    A name is any variable (twice, the same one), a capital a number, a call an op: `(exp|expm1)(x)`
    one of two, `elementwise(..., x, ...)` any of such an operand. `(e := exp(x))` is a name for a
    part. `_ * p / p` are factors of a product, and `_` the others; so is an operand `_ / p`.

    The two operands of a commutative op may stand the other way round, here and in each part; that
    is all that is tried. A sum of three is matched as it is written: `x + y + z` is (x + y) + z and
    not x + (y + z), and x - y is no sum of x and -y.

    >>> parse("log(1 + x)"), parse("-(e := exp(x))")
    (('log', ('add', 1, 'x')), ('neg', ('e:', ('exp', 'x'))))
    """
    try:
        return _tree(ast.parse(text, mode="eval").body)
    except SyntaxError as problem:
        raise ValueError(f"not a pattern: {text}") from problem


def _tree(node: ast.expr) -> Any:
    match node:
        case ast.Name(name):
            return name
        case ast.Constant(value):
            return ANY if value is ... else value
        case ast.UnaryOp(ast.USub(), operand):
            tree = _tree(operand)
            return ("neg", tree) if isinstance(tree, (str, tuple)) else -tree
        case ast.BinOp(left, sign, right) if type(sign) in SIGNS:
            return (SIGNS[type(sign)], _tree(left), _tree(right))
        case ast.NamedExpr(ast.Name(name), value):
            return (f"{name}:", _tree(value))
        case ast.Call(op, operands):
            names = [part.id for part in ast.walk(op) if isinstance(part, ast.Name)]
            return ("|".join(names), *[chain(p) or p for p in map(_tree, operands)])
    raise SyntaxError


class Chain(NamedTuple):
    """A pattern among the factors of a product: those above the line, and those below it."""

    up: tuple[Any, ...]
    down: tuple[Any, ...]


@cache
def chain(pattern: Any) -> Chain | None:
    """The factors of a pattern that leaves others beside them; None of other patterns."""
    up: list[Any] = []
    down: list[Any] = []
    stack = [(pattern, up)]
    while stack:
        tree, side = stack.pop()
        if side is up and isinstance(tree, tuple) and tree[0] in ("mul", "true_div") \
                and len(tree) == 3:
            stack += [(tree[2], up if tree[0] == "mul" else down), (tree[1], up)]
        else:
            side.append(tree)
    if REST not in up:
        return None
    up.remove(REST)
    return Chain(tuple(up), tuple(down))


def words(tree: Any) -> tuple[set[str], set[str], set[Any]]:
    """The operations of a pattern, the names of its parts, and its numbers."""
    ops, names, numbers, waiting = set[str](), set[str](), set[Any](), [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Chain):
            waiting += part.up + part.down
        elif isinstance(part, tuple):
            head, *operands = part
            waiting += operands
            if head.endswith(":"):
                names.add(head[:-1])
            else:
                ops.update(head.split("|"))
        elif not isinstance(part, str):
            numbers.add(part)
        elif part != ANY:
            names.add(part)
    return ops, names, numbers


def is_of(op: Op, head: str) -> bool:
    """Whether an op is what stands before the operands of a pattern."""
    return op.name == head or (op.elementwise if head == "elementwise" else
                               "|" in head and op.name in head.split("|"))


def orders(parts: Sequence[Any], operands: Sequence[Any], commutative: bool
           ) -> list[tuple[Sequence[Any], Sequence[Any]]]:
    """The operands of a pattern beside those of a node, in each order in which they may stand: as
    they are written, and of a commutative op the other way round."""
    if parts[-1] == ANY:
        if parts[0] == ANY and len(parts) > 1:  # one in the midst of others
            return [(parts[1:-1], [v]) for v in operands]
        return [(parts[:-1], operands)]
    if len(parts) != len(operands):
        return []
    same = [(parts, operands)]
    return [*same, (parts, operands[::-1])] if commutative and parts[0] != parts[1] else same


def matches(pattern: Any, v: Variable, dtype: str | None, found: Found) -> list[Found]:
    """Each way in which a variable has the form of a pattern, as what the names then stand for.

    What was computed in another dtype does not match: it may have wrapped around or been rounded
    differently. An operand of another dtype does, as what the operation makes of it. Where the
    dtype is None, any will do.
    """
    if isinstance(pattern, str):
        if pattern in found:
            return [found] if is_same(found[pattern], v) else []
        fits = dtype is None or v.dtype == dtype or promote(v.dtype, dtype) == dtype
        return [{**found, pattern: v}] if fits and (not pattern.isupper() or is_number(v)) else []
    if not isinstance(pattern, tuple):
        same = isinstance(v, Constant) and v.ndim == 0 and same_number(v.data, pattern)
        return [found] if same else []
    if not isinstance(pattern, Chain) and pattern[0][-1] == ":":
        return [then for way in matches(pattern[1], v, dtype, found)
                for then in matches(pattern[0][:-1], v, dtype, way)]
    if dtype is not None and v.dtype != dtype:
        return []
    if isinstance(pattern, Chain):
        ways = [*factors_match(pattern, v, dtype, found)]
        for way in ways:
            del way["rest"]
        return ways
    if v.owner is not None and is_of(v.owner.op, pattern[0]):
        return node_matches(pattern, v.owner, dtype, found)
    return []


def same_number(data: Any, number: float) -> bool:
    """Whether a constant has the value of a pattern; -0.0 is not 0."""
    return bool(data == number) and not (number == 0 and bool(np.signbit(data.real)))


def node_matches(pattern: tuple[Any, ...], node: Apply, dtype: str | None, found: Found
                 ) -> list[Found]:
    """`matches` for a node whose op already is that of the pattern."""
    ways = []
    for parts, variables in orders(pattern[1:], node.inputs, node.op.commutative):
        some = [{**found, f"{pattern[0]}()": node.op}]
        for part, v in zip(parts, variables, strict=False):
            some = [then for way in some for then in matches(part, v, dtype, way)]
        ways += some
    return ways


def factors_match(wanted: Chain, v: Variable, dtype: str | None, found: Found) -> Iterator[Found]:
    """Each way in which factors of a product have the forms of a chain; `_()` is which these are,
    and `rest` the others.
    """
    _, up, down, _ = product(v)
    if len(up) < len(wanted.up) or len(down) < len(wanted.down):
        return iter(())
    parts = [*[(p, True) for p in wanted.down], *[(p, False) for p in wanted.up]]
    return _factors(parts, up, down, dtype, {**found, "_()": ()})


def _factors(wanted: list[tuple[Any, bool]], up: list[Variable], down: list[Variable],
             dtype: str | None, found: Found) -> Iterator[Found]:
    if not wanted:
        yield {**found, "rest": [*up, *down]}
        return
    (pattern, below), *more = wanted
    for i, u in enumerate(side := down if below else up):
        left = side[:i] + side[i + 1:]
        for then in matches(pattern, u, dtype, found):
            then = {**then, "_()": (*found["_()"], (u, below))}
            yield from _factors(more, up if below else left, left if below else down, dtype, then)


def build(pattern: Any, found: Found) -> Any:
    """The expression of a replacement; an op with parameters (`sum`) is the very one that was
    matched.
    """
    if isinstance(pattern, str):
        return found[pattern]
    if not isinstance(pattern, tuple):
        return pattern
    if pattern[0][-1] == ":":
        return build(pattern[1], found)
    op: Op | Callable[..., Any] = found.get(f"{pattern[0]}()") or FUNCTIONS[pattern[0]]
    return op(*[build(p, found) for p in pattern[1:]])


def with_factors(v: Variable, new: Chain, found: Found) -> Variable:
    """A product with the factors that were found exchanged for new ones."""
    factors = [build(p, found) for p in new.up]
    changes: list[Change] = []
    for factor, below in found["_()"]:
        changes.append(((factor, below), factors.pop(0) if factors and not below else None))
    rest = exchanged(v, changes)
    for factor in factors:
        rest = factor if number_in(rest) == 1 else rest * factor
    return rest
