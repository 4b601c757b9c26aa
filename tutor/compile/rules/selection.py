"""Which rules apply to which op: looked up by its name and by what made its operands.

Comes after the tables and before the engine. Patterns are parsed when an op first needs them. A
rule is switched off by its name, its licence ("stable"), or Theano's name of a group ("stabilize").

>>> import tutor.tensor as T; [row.rule.name for row in selection().rows(T.log, ("sigmoid",))]
['log sigmoid', 'log of exponentials']
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import compress, product, repeat
from operator import contains
from typing import Any, NamedTuple

from tutor.compile.rules.fills import FILLS
from tutor.compile.rules.indexed import INDEXED
from tutor.compile.rules.losses import LOSSES, PAIR
from tutor.compile.rules.patterns import parse
from tutor.compile.rules.products import PRODUCTS
from tutor.compile.rules.rule import ARITHMETIC, ASSUMES, EXACT, STABLE, Rule
from tutor.compile.rules.shapes import SHAPES
from tutor.compile.rules.sharing import ONCE, WEIGHED
from tutor.compile.rules.sigmoids import SIGMOIDS
from tutor.compile.rules.softmaxes import SOFTMAXES
from tutor.compile.rules.stability import STABILITY
from tutor.compile.rules.sums import SUMS
from tutor.graph import Op

MERGE = Rule("merge", "", "", "The same operation on the same variables is computed once.", EXACT)
FOLD = Rule(
    "constant folding", "", "", "What depends on constants alone is computed now, once.", EXACT
)
RULES = (*FILLS, *SHAPES, *ARITHMETIC, *STABILITY, *SOFTMAXES, *LOSSES, *SIGMOIDS, *PRODUCTS,
         *INDEXED, *SUMS)
#: How ops that are no calls stand in a pattern.
MARKS = {"add": " + ", "sub": " - ", "neg": "-", "mul": " * ", "true_div": " / ", "pow": " ** "}
#: What is noted beside the kinds of operands: a division inside, the same variable twice.
NOTES = {"divisor", "same"}
ALWAYS = ()  # what is true of every operation
WIDEST = 2  # operands of a pattern
#: What Theano calls groups of rules, and where it finds each of them.
GROUPS = {"stabilize": (STABLE,), "canonicalize": (EXACT,), "specialize": (EXACT,)}


class Row(NamedTuple):
    """A rule made ready: one of `needs` must be true of an operation, and `every` hold all the ops
    that made its operands, where any are named."""

    rule: Rule
    pattern: Any  # parsed; None of a rule that is a function
    needs: frozenset[Any]
    every: frozenset[str] = frozenset()


class Selection:
    """The rules that are switched on."""

    def __init__(self, excluding: frozenset[str], including: frozenset[str]) -> None:
        named = excluding or including
        self.rules = [rule for rule in RULES if (
            _is_on(rule, excluding, including) if named else rule.licence != ASSUMES)]
        self.merges = _is_on(MERGE, excluding, including)
        self.folds = _is_on(FOLD, excluding, including)
        self.pairs = _is_on(PAIR, excluding, including)
        self.shares = _is_on(ONCE, excluding, including)
        self.weighs = _is_on(WEIGHED, excluding, including)
        self.given: dict[str, list[Rule]] = {}
        self.given_needs: set[str] = set()
        self.computing: dict[str, list[int]] = {}  # op -> places of the rules that are functions
        self.patterns: list[int] = []  # and of the others
        for place, rule in enumerate(self.rules):
            if rule.apply is None:
                self.patterns.append(place)
            elif rule.given:
                self.given_needs.update(rule.needs.split())
                for op in rule.pattern.split():
                    self.given.setdefault(op, []).append(rule)
            else:
                for op in rule.pattern.split():
                    self.computing.setdefault(op, []).append(place)
        self.texts = [self.rules[place].pattern for place in self.patterns]
        self.by_op: dict[Any, list[Row]] = {}
        self.found: dict[Any, tuple[Row, ...]] = {}

    def rows(self, op: Op, kinds: tuple[str, ...]) -> tuple[Row, ...]:
        """The rules that can apply to an op whose operands were made by these ops."""
        key = (op.name, op.elementwise, kinds)
        rows = self.found.get(key)
        if rows is None:
            rows = self.found[key] = self._fitting(op, kinds)
        return rows

    def _fitting(self, op: Op, kinds: tuple[str, ...]) -> tuple[Row, ...]:
        words = {kind.partition(" ")[0] for kind in kinds}
        made = [("", "mul" if kind == "scaled" else kind) for kind in kinds if kind not in NOTES]
        facts = {ALWAYS, *words}
        if len(made) <= WIDEST:
            facts.update(product(*made))
            if op.commutative:
                facts.update(product(*made[::-1]))
        return tuple([row for row in self._of_op(op)
                      if not row.needs.isdisjoint(facts)
                      and (not row.every or row.every >= words - NOTES)])

    def _of_op(self, op: Op) -> list[Row]:
        """The rules about an op, whatever its operands."""
        name, key = op.name, (op.name, op.elementwise)
        rows = self.by_op.get(key)
        if rows is None:
            having = map(contains, self.texts, repeat(MARKS.get(name) or f"{name}("))
            places = [place for place in compress(self.patterns, having)
                      if parse(self.rules[place].pattern)[0] == name]
            places += self.computing.get(name, ())
            if op.elementwise:
                places += self.computing.get("elementwise", ())
            rows = self.by_op[key] = [_row(self.rules[place]) for place in sorted({*places})]
        return rows


def _row(rule: Rule) -> Row:
    if rule.apply is not None:
        needs = frozenset(rule.needs.split() or (ALWAYS,))
        return Row(rule, None, needs, frozenset(rule.every.split()))
    pattern = parse(rule.pattern)
    operands = pattern[1:]
    if len({*operands}) == 1 < len(operands):
        return Row(rule, pattern, frozenset(("same",)))
    return Row(rule, pattern, frozenset((tuple([_wanted(p) for p in operands]),)))


def _is_on(rule: Rule, excluding: frozenset[str], including: frozenset[str]) -> bool:
    names = {rule.name, rule.name.replace(" ", "_"), rule.licence}
    names |= {group for group, licences in GROUPS.items() if rule.licence in licences}
    if rule.licence == ASSUMES:
        return not names.isdisjoint(including) and names.isdisjoint(excluding)
    return names.isdisjoint(excluding)


def _wanted(pattern: Any) -> str:
    """What an operand must be, in the words of `operand_kind`; nothing where anything will do."""
    if isinstance(pattern, str):
        return ""
    return str(pattern[0]) if isinstance(pattern, tuple) else f"constant {pattern:g}"


@cache
def _selected(excluding: frozenset[str], including: frozenset[str]) -> Selection:
    return Selection(excluding, including)


def selection(excluding: Iterable[str] = (), including: Iterable[str] = ()) -> Selection:
    """The rules without those named in `excluding`, and with those in `including`, which are off
    unless asked for.
    """
    return _selected(frozenset(excluding), frozenset(including))
