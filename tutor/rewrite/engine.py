"""Rewriting: each node, inputs first, is merged, folded and put through the rules until none
applies.

Comes after the tables of rules. Every step is recorded, so that it can be shown: which rule, on
what, and why it is allowed. New nodes are rewritten too before the walk goes on; types never
change.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from tutor.graph import Apply, Constant, Variable, remake, toposort, written_at
from tutor.operators import FUNCTIONS
from tutor.ops import kernels
from tutor.ops.elementwise import Elementwise
from tutor.rewrite.patterns import COMMUTATIVE, build, node_matches, parse
from tutor.rewrite.products import PRODUCTS, QUOTIENTS
from tutor.rewrite.rules import ASSUMES, EXACT, PATTERNS, Rule
from tutor.rewrite.shapes import EVERYWHERE, SHAPES
from tutor.types import TensorType

MERGE = Rule("merge", "", "", "The same operation on the same variables is computed once.", EXACT)
FOLD = Rule(
    "constant folding", "", "", "What depends on constants alone is computed now, once.", EXACT
)
LARGEST_FOLD = 10_000  # elements: a larger constant is cheaper to compute than to keep
DEEPEST = 60  # replacements within replacements before a chain of them is left as it is


class Step(NamedTuple):
    """One step: the rule, and the expression before and after it."""

    rule: Rule
    before: Variable
    after: Variable

    def __repr__(self) -> str:
        return f"{self.rule.name}: {self.before!r} → {self.after!r}"


class Row(NamedTuple):
    """A rule made ready: its pattern and replacement, parsed."""

    rule: Rule
    pattern: Any = None
    replacement: Any = None


@cache
def rows_for(
    name: str, elementwise: bool, operands: tuple[str, ...], quotient: bool
) -> tuple[Row, ...]:
    """The rules that can apply to an op whose operands were made by these ops."""
    rows = []
    for rule in (*EVERYWHERE, *SHAPES, *PATTERNS, *(QUOTIENTS if quotient else ()), *PRODUCTS):
        if rule.licence == ASSUMES:
            continue
        if rule.apply is None:
            pattern = parse(rule.pattern)
            if pattern[0] == name and _may_match(pattern, operands):
                rows.append(Row(rule, pattern, parse(rule.replacement)))
        elif name in rule.pattern.split() or (elementwise and rule.pattern == "elementwise"):
            kinds = {kind.split(" ")[0] for kind in operands}
            wanted, every = set(rule.needs.split()), set(rule.every.split())
            if (not wanted or wanted & kinds) and (not every or kinds <= every):
                rows.append(Row(rule))
    return tuple(rows)


def _may_match(pattern: Any, operands: tuple[str, ...]) -> bool:
    wanted = [
        p[0] if isinstance(p, tuple) else "" if isinstance(p, str) else f"constant {p:g}"
        for p in pattern[1:]
    ]
    operands = tuple("mul" if kind == "scaled" else kind for kind in operands)
    orders = (operands, operands[::-1]) if pattern[0] in COMMUTATIVE else (operands,)
    return any(
        len(wanted) == len(o) and all(w in ("", h) for w, h in zip(wanted, o, strict=True))
        for o in orders
    )


class Rewriter:
    """One rewriting of a graph: what became of each variable, and the steps."""

    def __init__(self, inputs: Sequence[Variable], with_rules: bool) -> None:
        self.known: dict[Variable, Variable] = {v: v for v in inputs}
        self.nodes: dict[Any, Apply] = {}
        self.finished: set[Variable] = set(inputs)
        self.with_rules = with_rules
        self.steps: list[Step] = []
        self.given: set[Apply] = set()
        self.quotients: set[Variable] = set()  # what has a divisor in it, which may cancel

    def run(self, outputs: Sequence[Variable]) -> list[Variable]:
        """The outputs, rewritten."""
        nodes = toposort(outputs, stop=self.finished)
        self.given = set(nodes)
        self._walk(nodes, 0)
        return [self._now(v) for v in outputs]

    def _walk(self, nodes: list[Apply], depth: int) -> None:
        for node in nodes:
            inputs = [self._now(v) for v in node.inputs]
            new = self._node(node if inputs == node.inputs else remake(node, inputs), depth)
            for old, v in zip(node.outputs, new, strict=True):
                self.known[old] = self.known[v] = v
                self.finished.add(old)
                self.finished.add(v)
                if (
                    old.name is not None
                    and v.name is None
                    and v.owner is not None
                    and v.owner not in self.given
                ):
                    v.name = old.name

    def _now(self, v: Variable) -> Variable:
        found = self.known.get(v)
        if found is None:
            found = self.known[v] = v
        return found

    def _node(self, node: Apply, depth: int) -> list[Variable]:
        """The outputs that stand for those of a node whose inputs are rewritten."""
        key = (node.op, *[v.signature() if type(v) is Constant else v for v in node.inputs])
        twin = self.nodes.get(key)
        if twin is not None and twin is not node:
            self.steps.append(Step(MERGE, node.outputs[0], twin.outputs[0]))
            return [self._now(v) for v in twin.outputs]
        self.nodes[key] = node
        if len(node.outputs) > 1 or not self.with_rules:
            return node.outputs
        step = self._step(node) if depth < DEEPEST else None
        if step is None:
            return node.outputs
        self.steps.append(step)
        if step.after not in self.finished:
            self._walk(toposort([step.after], stop=self.finished), depth + 1)
        self.known[node.outputs[0]] = self._now(step.after)
        return [self.known[node.outputs[0]]]

    def _step(self, node: Apply) -> Step | None:
        """The first rule that applies to a node, applied; constants are folded before all."""
        out, operands = node.outputs[0], tuple([operand_kind(v) for v in node.inputs])
        if operands and all(kind[:8] == "constant" for kind in operands):
            folded = fold(node)
            if folded is not None:
                return Step(FOLD, out, folded)
        name = node.op.name
        quotient = name in QUOTIENT or (name in SUMS and not self.quotients.isdisjoint(node.inputs))
        if quotient:
            self.quotients.add(out)
        rows = rows_for(name, isinstance(node.op, Elementwise), operands, quotient)
        if rows:
            with written_at(node.origin):
                for row in rows:
                    new = _applied(row, node)
                    if new is not None:
                        return Step(row.rule, out, new)
        return None


NAMED_NUMBERS = frozenset((-2.0, -1.0, 0.0, 1.0, 2.0, 3.0))  # those that stand in patterns
QUOTIENT, SUMS = ("true_div", "reciprocal"), ("mul", "neg", "add", "sub", "sum")


def is_number(v: Variable) -> bool:
    """Whether a variable is a constant without dimensions."""
    return type(v) is Constant and v.ndim == 0


def operand_kind(v: Variable) -> str:
    """The name of the op that made an operand (`scaled` for a number times something); the number
    of a scalar constant that patterns name, else `constant`; nothing for an input."""
    node = v.owner
    if node is not None:
        name = node.op.name
        return "scaled" if name == "mul" and any(map(is_number, node.inputs)) else name
    if not isinstance(v, Constant):
        return ""
    if v._kind is None:
        v._kind = "constant"
        if isinstance(v.data, np.ndarray) and v.ndim == 0 and float(v.data.real) in NAMED_NUMBERS:
            v._kind = f"constant {float(v.data.real):g}"
    return v._kind


def _applied(row: Row, node: Apply) -> Variable | None:
    """What a rule makes of a node, with the same type; None where it does not apply."""
    rule, old = row.rule, node.outputs[0]
    if rule.apply is not None:
        return _of_type(rule.apply(node), old)
    for found in node_matches(row.pattern, node, {}):
        if rule.when is None or rule.when(**{k: v for k, v in found.items() if k[-1] != ")"}):
            new = _of_type(build(row.replacement, found), old)
            if new is not None:
                return new
    return None


def _of_type(new: Variable | None, old: Variable) -> Variable | None:
    if new is None or new is old:
        return None
    if new.type is old.type:
        return new
    if not isinstance(new.type, TensorType) or new.broadcastable != old.broadcastable:
        return None
    cast: Variable = FUNCTIONS["cast"](new, old.dtype)
    return cast if cast.type is old.type else None


def fold(node: Apply) -> Constant | None:
    """The value of a node of constants, as a constant; None where it is none, large, or fails."""
    if not node.inputs or not all(isinstance(v, Constant) for v in node.inputs):
        return None
    out = node.outputs[0]
    if not isinstance(out.type, TensorType):
        return None
    names = [f"_{i}" for i in range(len(node.inputs))]
    text = node.op.source(node, names)
    if text is None:
        return None
    values = {n: v.data for n, v in zip(names, node.inputs, strict=True)}
    try:
        with np.errstate(all="ignore"):
            value = eval(_code(text), _scope(), values)
    except Exception:
        return None  # the error belongs to the call, where it can be explained
    array = np.asarray(value, dtype=out.dtype)
    if array.size > LARGEST_FOLD or array.ndim != out.ndim:
        return None
    return Constant(out.type, array)


@cache
def _scope() -> dict[str, Any]:
    return {**np.__dict__, **kernels.__dict__}


@lru_cache(maxsize=1000)
def _code(text: str) -> Any:
    return compile(text, "<constant>", "eval")


def rewritten(
    outputs: Sequence[Variable], inputs: Sequence[Variable] = (), mode: str = "FAST_RUN"
) -> tuple[list[Variable], list[Step]]:
    """The outputs rewritten to run fast and stay accurate, and the steps that led there.

    `FAST_COMPILE` only merges equal expressions.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> new, steps = rewritten([x ** 2 * 1], [x])
    >>> new, [step.rule.name for step in steps]
    ([sqr(x)], ['power two', 'mul by one'])
    """
    rewriter = Rewriter(inputs, with_rules=mode != "FAST_COMPILE")
    return rewriter.run(outputs), rewriter.steps
