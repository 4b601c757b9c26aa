"""Which rules apply to which op: looked up by its name and by what made its operands.

Comes after the tables and before the engine. A rule is switched off by its name, its licence
("stable"), or Theano's name of a group ("stabilize").

>>> import tutor.tensor as T; x = T.dvector("x")
>>> [row.rule.name for row in selection().rows.of(T.log(T.nnet.sigmoid(x)).owner)]
['log sigmoid', 'log of exponentials']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from tutor.compile.rules.arithmetic import ARITHMETIC, PRODUCTS, SUMS
from tutor.compile.rules.facts import is_same
from tutor.compile.rules.kinds import ask_for, fits, heads_of, kind
from tutor.compile.rules.patterns import (
    ANY,
    ASSUMES,
    EXACT,
    STABLE,
    Chain,
    Found,
    Rule,
    build,
    chain,
    factors_match,
    node_matches,
    parse,
    with_factors,
)
from tutor.compile.rules.shapes import FILLS, INDEXED, SHAPES
from tutor.compile.rules.sharing import ONCE, PAIR, WEIGHED
from tutor.compile.rules.stability import LOSSES, SIGMOIDS, SOFTMAXES, STABILITY
from tutor.core.graph import Apply, Variable

MERGE = Rule("merge", "", "", "The same operation on the same variables is computed once.", EXACT)
FOLD = Rule("constant folding", "", "", "What depends on constants alone is computed now, once.",
            EXACT)
LATE = (PAIR, ONCE, WEIGHED)
RULES = (*FILLS, *SHAPES, *ARITHMETIC, *STABILITY, *SOFTMAXES, *LOSSES, *SIGMOIDS, *PRODUCTS,
         *INDEXED, *SUMS)
#: What Theano calls groups of rules, and where it finds each of them.
GROUPS = {"stabilize": (STABLE,), "canonicalize": (EXACT,), "specialize": (EXACT,)}
for _rule in RULES:
    ask_for(*[parse(_text) for _text, _ in _rule.forms()])


class Row:
    """A pattern of a rule, parsed, with what takes its place: a tree, or a function."""

    def __init__(self, place: int, rule: Rule, pattern: str, replacement: Any) -> None:
        self.place, self.rule, self.pattern = place, rule, parse(pattern)
        self.chain = chain(self.pattern)
        self.new = parse(replacement) if isinstance(replacement, str) else replacement
        operands = self.pattern[1:]
        self.open = operands[-1] == ANY  # other operands may stand beside those of the pattern
        self.heads = heads_of(self.chain or operands)
        self.twins = len(operands) == 2 and operands[0] == operands[1]  # of one variable twice
        self.own = rule not in RULES  # of a learner's: kinds know nothing of what it asks for

    def ops(self) -> list[str]:
        """The ops that it is about."""
        head: str = self.pattern[0]
        return head.split("|") if self.chain is None else ["mul", "true_div"]

    def near(self, names: Sequence[Any], factors: frozenset[Any]) -> bool:
        """Whether the names of operands, or of factors, are those of the pattern: a first look."""
        if self.chain is not None or self.open:
            there = factors if self.chain is not None else names
            return ANY in there or all(not head or not head.isdisjoint(there)
                                       for head in self.heads)
        return len(names) == len(self.heads) and any(
            all(not head or name in head for head, name in zip(self.heads, order, strict=True))
            for order in (names, names[::-1]))

    def found(self, node: Apply, dtype: str | None) -> Iterator[Found]:
        """Each way in which a node has the form of the pattern."""
        if self.chain is not None:
            return factors_match(self.chain, node.outputs[0], dtype, {})
        return node_matches(self.pattern, node, dtype, {})

    def built(self, node: Apply, found: Found) -> Variable | None:
        """What stands in the place of a node, from what the names stand for."""
        if self.chain is None:
            new: Variable = build(self.new, found)
            return new
        return with_factors(node.outputs[0], chain(self.new) or Chain((), ()), found)


NONE: list[Row] = []


class Rows:
    """Rows by the op that they are about, and by what made its operands: those that cannot apply
    are not tried."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.by_op: dict[str, list[Row]] = {}
        self.known: dict[Any, list[Row]] = {}
        self.once: set[Any] = set()  # kinds of nodes that were seen
        for place, rule in enumerate(rules):
            for pattern, replacement in rule.forms():
                row = Row(place, rule, pattern, replacement)
                for name in row.ops():
                    self.by_op.setdefault(name, []).append(row)
        self.any = self.by_op.get("elementwise", NONE)  # about ops of any name

    def of(self, node: Apply) -> list[Row]:
        """The rows that may apply to a node, in the order of the tables."""
        op, inputs, out = node.op, node.inputs, node.outputs[0]
        if op.name not in self.by_op and not (self.any and op.elementwise):
            return NONE
        dtype, twins = getattr(out.type, "dtype", ""), len(inputs) == 2 and is_same(*inputs)
        whole = kind(out)  # and with it all that it is made of have theirs
        key = op.name, op.elementwise, dtype, twins, whole, *[v._kind for v in inputs]
        rows = self.known.get(key)
        if rows is not None:
            return rows
        rows = self._near(node, dtype, twins)
        if key in self.once:  # what comes more often is worth a closer look
            rows = self.known[key] = [
                row for row in rows if row.own or fits(row.chain or row.pattern, out)]
        self.once.add(key)
        return rows

    def _near(self, node: Apply, dtype: str, twins: bool) -> list[Row]:
        """The rows that may apply to a node, at a first look at what made its operands."""
        op, factors = node.op, kind(node.outputs[0]).factors
        names = tuple([v._kind.part.name for v in node.inputs])
        key = op.name, op.elementwise, dtype, twins, names, factors
        rows = self.known.get(key)
        if rows is None:
            about = self.by_op.get(op.name, NONE) + (self.any if op.elementwise else NONE)
            rows = self.known[key] = sorted(
                [row for row in about if row.rule.takes(dtype) and (twins or not row.twins)
                 and (row.own or row.near(names, factors))], key=lambda row: row.place)
        return rows


class Selection:
    """The rules that are switched on: those about nodes as they were given, and all others; those
    that come late are applied when these are done."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.merges, self.folds = MERGE in rules, FOLD in rules
        self.late = [rule for rule in rules if rule in LATE]
        plain = [rule for rule in rules if rule not in (MERGE, FOLD, *LATE)]
        self.given = Rows(rule for rule in plain if rule.given)
        self.rows = Rows(rule for rule in plain if not rule.given)


def _is_on(rule: Rule, excluding: frozenset[str], including: frozenset[str | Rule]) -> bool:
    names = {rule.name, rule.name.replace(" ", "_"), rule.licence}
    names |= {group for group, licences in GROUPS.items() if rule.licence in licences}
    if rule.licence == ASSUMES:
        return not names.isdisjoint(including) and names.isdisjoint(excluding)
    return names.isdisjoint(excluding)


@cache
def selection(excluding: frozenset[str] = frozenset(),
              including: frozenset[str | Rule] = frozenset()) -> Selection:
    """The rules without those named in `excluding`, and with those in `including`, which are off
    unless asked for; rules of one's own stand there themselves, and come before the others."""
    own = sorted((rule for rule in including if isinstance(rule, Rule)), key=lambda rule: rule.name)
    on = [rule for rule in (MERGE, FOLD, *LATE, *RULES) if _is_on(rule, excluding, including)]
    return Selection([*own, *on])


selection()  # most functions are compiled with the standard rules: they are read once, here
