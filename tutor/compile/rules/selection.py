"""The rules that are switched on, and those of them that may apply to a node.

Comes after the tables and before the engine. A rule is switched off by its name, its licence
("stable"), or Theano's name of a group ("stabilize").

>>> import tutor.tensor as T; x = T.dvector("x")
>>> [row.rule.name for row in STANDARD.rows(T.log(T.nnet.sigmoid(x)).owner, {})]
['log sigmoid', 'log of exponentials']
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tutor.compile.rules.arithmetic import ARITHMETIC, PRODUCTS, SUMS
from tutor.compile.rules.automaton import VARIABLE, Automaton, Row, State
from tutor.compile.rules.facts import is_same
from tutor.compile.rules.patterns import ANY, ASSUMES, EXACT, STABLE, Rule
from tutor.compile.rules.products import product
from tutor.compile.rules.shapes import FILLS, INDEXED, SHAPES
from tutor.compile.rules.sharing import ONCE, PAIR, WEIGHED
from tutor.compile.rules.stability import LOSSES, SIGMOIDS, SOFTMAXES, STABILITY
from tutor.core.graph import Apply, Variable

States = dict[Variable, State]
MERGE = Rule("merge", "", "", "The same operation on the same variables is computed once.", EXACT)
FOLD = Rule("constant folding", "", "", "What depends on constants alone is computed now, once.",
            EXACT)
LATE = (PAIR, ONCE, WEIGHED)
RULES = (*FILLS, *SHAPES, *ARITHMETIC, *STABILITY, *SOFTMAXES, *LOSSES, *SIGMOIDS, *PRODUCTS,
         *INDEXED, *SUMS)
#: What Theano calls groups of rules, and where it finds each of them.
GROUPS = {"stabilize": (STABLE,), "canonicalize": (EXACT,), "specialize": (EXACT,)}


class Selection:
    """The rules that are switched on; those that come late are applied when others are done."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.merges, self.folds = MERGE in rules, FOLD in rules
        self.late = [rule for rule in rules if rule in LATE]
        plain = [rule for rule in rules if rule not in (MERGE, FOLD, *LATE)]
        rows = [Row(place, rule, *form) for place, rule in enumerate(plain)
                for form in rule.forms()]
        self.automaton = Automaton(rows)
        #: The ops that rows are about, of which some look at nodes as they were given.
        self.ops = [{op for row in rows if row.rule.given is given for op in row.ops}
                    for given in (False, True)]
        #: Whether it makes no difference to any what operands are.
        self.flat = all({*row.form[1:]} <= {VARIABLE, ANY} for row in rows)

    def rows(self, node: Apply, states: States, given: bool = False) -> Sequence[Row]:
        """The rows that may apply to a node, in the order of the tables: those about nodes as they
        were `given`, or all others. The states of variables are noted."""
        op, out, about = node.op, node.outputs[0], self.ops[given]
        if op.name not in about and not (op.elementwise and "elementwise" in about):
            return ()
        if self.flat:
            states = dict.fromkeys(node.inputs, self.automaton.unknown)
        rows = self.automaton.state(node, states).rows_for(getattr(out.type, "dtype", ""))[given]
        return [row for row in rows if not row.twins or _twins(row, node)] if rows else rows


def _twins(row: Row, node: Apply) -> bool:
    """Whether a node has one operand twice, or one factor above and below the line."""
    if row.chain is None:
        return is_same(*node.inputs)
    _, up, down, _ = product(node.outputs[0])
    return any(is_same(u, v) for v in down for u in up)


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
