"""The rules: all tables, which of them are switched on, and the rows that may apply to a node.

A rule is switched off by its name, its licence ("stable"), or Theano's name of a group. Which rows
may apply is told by the op of a node and those of its operands, and noted for the next such node.

>>> import tutor.tensor as T; x = T.dvector("x")
>>> [row.rule.name for row in STANDARD.rows(T.log(T.nnet.sigmoid(x)).owner)]
['log sigmoid', 'log of exponentials']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from tutor.compile.rules.arithmetic import ARITHMETIC, PRODUCTS, SUMS
from tutor.compile.rules.facts import is_number
from tutor.compile.rules.patterns import (
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
    orders,
    parse,
    with_factors,
    words,
)
from tutor.compile.rules.products import divisors, product
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


class Row:
    """A pattern of a rule, parsed, with what takes its place: a tree, or a function."""

    def __init__(self, rule: Rule, pattern: str, replacement: Any) -> None:
        self.rule, self.pattern = rule, parse(pattern)
        self.new = parse(replacement) if isinstance(replacement, str) else replacement
        self.chain = chain(self.pattern)  # where it is about factors of a product
        self.ops = ["mul", "true_div"] if self.chain else self.pattern[0].split("|")

    def ways(self, node: Apply, dtype: str | None) -> Iterable[Found]:
        """Each way in which a node has the form of the pattern, as what the names stand for."""
        if self.chain:
            return factors_match(self.chain, node.outputs[0], dtype, {})
        return node_matches(self.pattern, node, dtype, {})

    def built(self, old: Variable, found: Found) -> Any:
        """What takes the place of a variable, from what the names stand for."""
        if self.chain:
            return with_factors(old, chain(self.new) or Chain((), ()), found)
        return build(self.new, found)

    def may_match(self, node: Look) -> bool:
        """Whether a node may have the form of the pattern."""
        named = node.op in self.ops or (node.elementwise and "elementwise" in self.ops)
        if not named or not self.rule.takes(node.dtype):
            return False
        if self.chain:
            return all(any(may_be(part, head) for head in side)
                       for parts, side in ((self.chain.up, node.up), (self.chain.down, node.down))
                       for part in parts)
        return any(all(map(may_be, parts, heads)) and
                   (len(parts) != 2 or parts[0] != parts[1] or heads[0] == heads[1])  # x * x
                   for parts, heads in orders(self.pattern[1:], node.operands, node.commutative))


class Head(NamedTuple):
    """What a pattern sees of a variable first: the name of its op, and whether an operand of that
    has a divisor, where patterns ask for it."""

    op: str
    divided: bool = False


class Look(NamedTuple):
    """A look at a node: its op, and the heads of its operands and of its factors; in the place of a
    head stands the number that a variable is, where a pattern has that."""

    op: str
    elementwise: bool
    commutative: bool
    dtype: str
    operands: Sequence[Any]
    up: Sequence[Any]
    down: Sequence[Any]


NUMBER, NOTHING = "a number", Head("")  # the heads of one that is in no pattern, and of a symbol


def may_be(pattern: Any, head: Any) -> bool:
    """Whether a variable with this head may match a part of a pattern.

    >>> exp, add = Head("exp"), Head("add")
    >>> may_be(parse("exp(x)"), exp), may_be("C", 2.0), may_be(parse("(e := 1 - x)"), add)
    (True, True, False)
    """
    if isinstance(pattern, str):
        return not pattern.isupper() or not isinstance(head, Head)
    if not isinstance(pattern, tuple):
        return bool(head == pattern)
    if isinstance(pattern, Chain) or pattern[0] == "elementwise":
        return True
    if pattern[0][-1] == ":":
        return may_be(pattern[1], head)
    return isinstance(head, Head) and head.op in pattern[0].split("|") and (
        head.divided or not asks_for_divisor(pattern))


def asks_for_divisor(pattern: Any) -> bool:
    """Whether one of the operands of a pattern is a quotient among others: `add(..., _ / p, ...)`.
    """
    return any(isinstance(part, Chain) and bool(part.down) for part in pattern[1:])


def over_divisors(pattern: Any) -> set[str]:
    """The ops of the parts of a pattern that ask for a divisor."""
    found, waiting = set[str](), [pattern]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting += [p for side in part for p in side] if isinstance(part, Chain) else part[1:]
            if not isinstance(part, Chain) and asks_for_divisor(part):
                found.update(part[0].split("|"))
    return found


def has_divisor(v: Variable) -> bool:
    """Whether an operand of what a variable is computed by has a divisor."""
    return v.owner is not None and any(divisors(u) for u in v.owner.inputs)


class Selection:
    """The rules that are switched on; those that come late are applied when others are done."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.merges, self.folds = MERGE in rules, FOLD in rules
        self.late = [rule for rule in rules if rule in LATE]
        self.table = [Row(rule, *form) for rule in rules if rule not in (MERGE, FOLD, *LATE)
                      for form in rule.forms()]
        #: The ops that rows are about, of which some look at nodes as they were given.
        self.ops = [{name for row in self.table if row.rule.given is given for name in row.ops}
                    for given in (False, True)]
        self.heads: set[Any] = set()
        self.over_divisors: set[str] = set()  # the ops of which patterns ask for that
        for row in self.table:
            ops, _, numbers = words(row.pattern)
            self.heads |= ops | numbers
            self.over_divisors |= over_divisors(row.pattern)
        self.head = lru_cache(maxsize=1024)(self._head)  # the next product has the same factors
        self.chained = {(name, row.rule.given) for row in self.table if row.chain
                        for name in row.ops}
        self.known: dict[Any, list[Row]] = {}  # what may apply to nodes that look so

    def rows(self, node: Apply, given: bool = False) -> list[Row]:
        """The rows that may apply to a node, in the order of the tables: those about nodes as they
        were `given`, or all others."""
        op, out, about = node.op, node.outputs[0], self.ops[given]
        if op.name not in about and not (op.elementwise and "elementwise" in about):
            return []
        up: Sequence[Variable] = ()
        down: Sequence[Variable] = ()
        if (op.name, given) in self.chained:
            _, up, down, _ = product(out)
        key = (given, op.name, op.elementwise, op.commutative, getattr(out.type, "dtype", ""),
               *[tuple(map(self.head, side)) for side in (node.inputs, up, down)])
        rows = self.known.get(key)
        if rows is None:
            look = Look(*key[1:])
            rows = self.known[key] = [row for row in self.table
                                      if row.rule.given is given and row.may_match(look)]
        return rows

    def _head(self, v: Variable) -> Any:
        if v.owner is not None:
            name = v.owner.op.name
            return Head(name if name in self.heads else "",
                        name in self.over_divisors and has_divisor(v))
        if not is_number(v):
            return NOTHING
        number = v.data.item()
        return number if number in self.heads else NUMBER


def _is_on(rule: Rule, excluding: frozenset[str], including: frozenset[str | Rule]) -> bool:
    names = {rule.name, rule.name.replace(" ", "_"), rule.licence}
    names |= {group for group, licences in GROUPS.items() if rule.licence in licences}
    if rule.licence == ASSUMES:
        return not names.isdisjoint(including) and names.isdisjoint(excluding)
    return names.isdisjoint(excluding)


@cache
def selection(excluding: frozenset[str], including: frozenset[str | Rule]) -> Selection:
    """The rules without those named in `excluding`, and with those in `including`, which are off
    unless asked for; rules of one's own stand there themselves, and come before the others."""
    own = sorted((rule for rule in including if isinstance(rule, Rule)), key=lambda rule: rule.name)
    on = [rule for rule in (MERGE, FOLD, *LATE, *RULES) if _is_on(rule, excluding, including)]
    return Selection([*own, *on])


#: What most functions are compiled with, read once, here.
STANDARD = selection(frozenset(), frozenset())
