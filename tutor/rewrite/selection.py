"""Which rules apply to which op: looked up by its name and by what made its operands.

Comes after the tables and before the engine. Patterns are parsed when an op first needs them; what
was looked up once is remembered. A rule is switched off by its name, by the name of its licence
("stable"), or by what Theano calls such a group ("stabilize").

>>> [row.rule.name for row in selection().rows("log", True, ("sigmoid",))]
['log sigmoid']
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from tutor.records import NamedTuple
from tutor.rewrite.fills import FILLS
from tutor.rewrite.indexed import INDEXED
from tutor.rewrite.losses import LOSSES, PAIR
from tutor.rewrite.patterns import COMMUTATIVE, parse
from tutor.rewrite.products import PRODUCTS
from tutor.rewrite.rules import ARITHMETIC, ASSUMES, EXACT, STABLE, Rule
from tutor.rewrite.shapes import SHAPES
from tutor.rewrite.sharing import ONCE, WEIGHED
from tutor.rewrite.sigmoids import SIGMOIDS
from tutor.rewrite.softmaxes import SOFTMAXES
from tutor.rewrite.stability import STABILITY
from tutor.rewrite.sums import SUMS

MERGE = Rule("merge", "", "", "The same operation on the same variables is computed once.", EXACT)
FOLD = Rule(
    "constant folding", "", "", "What depends on constants alone is computed now, once.", EXACT
)
RULES = (*FILLS, *SHAPES, *ARITHMETIC, *STABILITY, *SOFTMAXES, *LOSSES, *SIGMOIDS, *PRODUCTS,
         *INDEXED, *SUMS)
MARKS = {"add": "+", "sub": "-", "neg": "-", "mul": "*", "true_div": "/", "pow": "**"}
#: What is noted beside the kinds of operands: a division inside, the same variable twice.
NOTES = {"divisor", "same"}
#: What Theano calls groups of rules, and where it finds each of them.
GROUPS = {"stabilize": (STABLE,), "canonicalize": (EXACT,), "specialize": (EXACT,)}


class Row(NamedTuple):
    """A rule made ready: what it is about, parsed, and what its operands must be."""

    rule: Rule
    pattern: Any = None
    wanted: tuple[str, ...] = ()  # of a pattern, an operand each; "" for anything
    symmetric: bool = False
    same: bool = False  # whether both operands are the same variable
    needs: frozenset[str] = frozenset()  # of a function: one of them, if there are any
    every: frozenset[str] = frozenset()


class Selection:
    """The rules that are switched on."""

    def __init__(self, excluding: frozenset[str], including: frozenset[str]) -> None:
        self.rules = [r for r in RULES if _is_on(r, excluding, including)]
        self.merges = _is_on(MERGE, excluding, including)
        self.folds = _is_on(FOLD, excluding, including)
        self.pairs = _is_on(PAIR, excluding, including)
        self.shares = _is_on(ONCE, excluding, including)
        self.weighs = _is_on(WEIGHED, excluding, including)
        self.given: dict[str, list[Rule]] = {}
        self.given_needs = {op for rule in self.rules if rule.given for op in rule.needs.split()}
        for rule in self.rules:
            for op in rule.pattern.split() if rule.given else ():
                self.given.setdefault(op, []).append(rule)
        self.by_op: dict[str, list[Row]] = {}
        self.found: dict[Any, tuple[Row, ...]] = {}

    def rows(self, name: str, elementwise: bool, kinds: tuple[str, ...]) -> tuple[Row, ...]:
        """The rules that can apply to an op whose operands were made by these ops."""
        key = (name, elementwise, kinds)
        rows = self.found.get(key)
        if rows is None:
            rows = self.found[key] = self._fitting(name, elementwise, kinds)
        return rows

    def _fitting(self, name: str, elementwise: bool, kinds: tuple[str, ...]) -> tuple[Row, ...]:
        words = {kind.split(" ")[0] for kind in kinds}
        first = words - NOTES
        plain = tuple(["mul" if kind == "scaled" else kind for kind in kinds if kind not in NOTES])
        turned, same, found = plain[::-1], "same" in words, []
        for row in self._of_op(name, elementwise):
            if row.pattern is None:
                if row.needs.isdisjoint(words) and row.needs:
                    continue
                if not row.every or first <= row.every:
                    found.append(row)
            elif (same or not row.same) and (
                _fit(row.wanted, plain) or (row.symmetric and _fit(row.wanted, turned))
            ):
                found.append(row)
        return tuple(found)

    def _of_op(self, name: str, elementwise: bool) -> list[Row]:
        """The rules about an op, whatever its operands."""
        rows = self.by_op.get(name)
        if rows is None:
            mark, call, rows = MARKS.get(name, ""), name + "(", []
            for rule in self.rules:
                text = rule.pattern
                if rule.given:
                    continue
                if rule.apply is not None:
                    if (name in text and name in text.split()) or (
                            elementwise and "elementwise" in text):
                        needs, every = frozenset(rule.needs.split()), frozenset(rule.every.split())
                        rows.append(Row(rule, needs=needs, every=every))
                elif (mark in text if mark else text.startswith(call)) and (
                        pattern := parse(text))[0] == name:
                    wanted = tuple([_wanted(p) for p in pattern[1:]])
                    same = len(pattern) == 3 and isinstance(pattern[1], str) and (
                        pattern[1] == pattern[2])
                    rows.append(Row(rule, pattern, wanted, name in COMMUTATIVE, same))
            self.by_op[name] = rows
        return rows


def _fit(wanted: tuple[str, ...], kinds: tuple[str, ...]) -> bool:
    """Whether operands of these kinds can be what a pattern wants."""
    if len(wanted) != len(kinds) or wanted[0] not in ("", kinds[0]):
        return False
    return all(w in ("", kind) for w, kind in zip(wanted[1:], kinds[1:], strict=True))


def _is_on(rule: Rule, excluding: frozenset[str], including: frozenset[str]) -> bool:
    if not excluding and rule.licence != ASSUMES:
        return True
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
