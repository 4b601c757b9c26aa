"""The rules that are switched on, and those of them that may apply to a node.

A rule is switched off by its name, its licence ("stable"), or Theano's name of a group. A bottom-up
tree automaton (Hoffmann and O'Donnell, 1982) tells which patterns a node may have the form of.

>>> import tutor.tensor as T; x = T.dvector("x")
>>> [row.rule.name for row in STANDARD.rows(T.log(T.nnet.sigmoid(x)).owner, {})]
['log sigmoid', 'log of exponentials']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from tutor.compile.rules.arithmetic import ARITHMETIC, PRODUCTS, SUMS
from tutor.compile.rules.facts import is_same
from tutor.compile.rules.patterns import ANY, ASSUMES, EXACT, STABLE, Chain, Rule, chain, parse
from tutor.compile.rules.products import SIDES, is_product, product
from tutor.compile.rules.shapes import FILLS, INDEXED, SHAPES
from tutor.compile.rules.sharing import ONCE, PAIR, WEIGHED
from tutor.compile.rules.stability import LOSSES, SIGMOIDS, SOFTMAXES, STABILITY
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.types import TensorType

Parts = frozenset[int]
VARIABLE, NUMBER = "x", "C"  # what matches any variable, and any number
NOTHING: Parts = frozenset()
ANYTHING: Parts = frozenset((0,))  # the number of VARIABLE


class Row:
    """A pattern of a rule, parsed, with what takes its place: a tree, or a function."""

    def __init__(self, place: int, rule: Rule, pattern: str, replacement: Any) -> None:
        self.place, self.rule, self.pattern = place, rule, parse(pattern)
        self.chain = chain(self.pattern)
        self.new = parse(replacement) if isinstance(replacement, str) else replacement
        self.form = nameless(self.chain or self.pattern)
        head: str = self.pattern[0]
        self.ops = ["mul", "true_div"] if self.chain else head.split("|")
        names = [part for part in (self.chain.up + self.chain.down if self.chain else
                                   self.pattern[1:]) if isinstance(part, str) and part != ANY]
        self.twins = len({*names}) < len(names)  # of one variable twice


class State:
    """Of a variable: the parts of patterns that it may match, and those that factors of it may,
    above and below the line; and the rows with patterns that its node may have the form of."""

    def __init__(self, parts: Parts, above: Parts, below: Parts, rows: Sequence[Row]) -> None:
        self.parts, self.above, self.below, self.rows = parts, above, below, rows
        self.taking: dict[str, tuple[Sequence[Row], Sequence[Row]]] = {}

    def rows_for(self, dtype: str) -> tuple[Sequence[Row], Sequence[Row]]:
        """The rows whose rules are true for a dtype, and those of them about nodes as given."""
        found = self.taking.get(dtype)
        if found is None:
            rows = [row for row in self.rows if row.rule.takes(dtype)]
            found = self.taking[dtype] = ([row for row in rows if not row.rule.given],
                                          [row for row in rows if row.rule.given])
        return found


class Automaton:
    """The states of variables, for rows of rules; its table fills as graphs are read.

    The state of a variable says which parts of patterns it may match. It follows from its op and
    the states of its operands, so a node costs the same however long the chain is that it ends.
    Dtypes and conditions are not looked at: matching does that. Parts of patterns have numbers, by
    which sets of them are kept.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows: dict[str, list[tuple[Row, Any]]] = {}  # with what the pattern is noted as
        #: By the op they begin with: the parts, with what is noted of their operands.
        self.parts: dict[str, list[tuple[int, Sequence[Any], Parts]]] = {}
        self.numbers: dict[Any, int] = {VARIABLE: 0, NUMBER: 1}  # of parts
        self.unknown = State(ANYTHING, ANYTHING, NOTHING, ())
        self.leaves: dict[Any, State] = {VARIABLE: self.unknown}
        self.table: dict[tuple[Any, ...], State] = {}
        self.states: dict[Any, State] = {}
        for row in rows:
            form = self._noted(row.form)
            for name in row.ops:
                self.rows.setdefault(name, []).append((row, form))

    def _noted(self, form: Any) -> Any:
        """The number of a pattern, which is noted with all of its parts; of a chain, those of its
        factors."""
        if isinstance(form, Chain):
            return Chain(*[tuple(map(self._noted, side)) for side in form])
        if form == ANY or form in self.numbers:
            return self.numbers.get(form, ANY)
        operands = tuple(map(self._noted, form[1:])) if isinstance(form, tuple) else ()
        self.numbers[form] = number = len(self.numbers)
        for name in form[0].split("|") if operands else ():
            needed = frozenset([part for part in operands if isinstance(part, int)])
            self.parts.setdefault(name, []).append((number, operands, needed))
        return number

    def state(self, node: Apply, known: dict[Variable, State]) -> State:
        """The state of what a node computes, from those that are known, which become more."""
        out = node.outputs[0]
        found = known.get(out)
        if found is None:
            for v in node.inputs:
                if v not in known:
                    self._fill(v, known)
            found = known[out] = self._next(node, known)
        return found

    def _fill(self, v: Variable, known: dict[Variable, State]) -> None:
        """Find the states of a variable and of all that it is computed from."""
        stack = [v]
        while stack:
            u = stack[-1]
            node = u.owner
            waiting = [w for w in node.inputs if w not in known] if node is not None else ()
            if waiting:
                stack += waiting
            else:
                stack.pop()
                known[u] = self._leaf(u) if node is None else self._next(node, known)

    def _next(self, node: Apply, known: dict[Variable, State]) -> State:
        """The state of a variable whose operands have theirs."""
        op = node.op
        elementwise = op.elementwise
        product = elementwise and is_product(node)
        name = op.name if op.name in self.parts or product else ""
        operands = [known[v] for v in node.inputs]
        move = name, elementwise, product, *operands
        found = self.table.get(move)
        if found is None:
            found = self._made(name, elementwise, operands, SIDES[op] if product else ())
            self.table[move] = found
        return found

    def _leaf(self, v: Variable) -> State:
        """The state of what is not computed: a number that patterns ask for, another, or none."""
        value: Any = VARIABLE
        if isinstance(v, Constant) and isinstance(v.type, TensorType) and not v.ndim:
            value = v.data.item()
            value = value if value in self.numbers else NUMBER
        if value not in self.leaves:
            parts = ANYTHING.union([self.numbers[word] for word in (NUMBER, value)])
            self.leaves[value] = State(parts, parts, NOTHING, ())
        return self.leaves[value]

    def _made(self, op: str, elementwise: bool, operands: Sequence[State],
              sides: Sequence[tuple[int, bool]]) -> State:
        """The state of what an op makes of such operands, which are factors on these sides."""
        heads = (op, "elementwise") if elementwise else (op,)
        there = ANYTHING.union(*[state.parts for state in operands])
        parts = ANYTHING.union([
            number for head in heads for number, forms, needed in self.parts.get(head, ())
            if needed <= there and _have(forms, operands)])
        above, below = (NOTHING, NOTHING) if sides else (parts, NOTHING)
        for i, turns in sides:
            up, down = operands[i].above, operands[i].below
            above, below = (above | down, below | up) if turns else (above | up, below | down)
        key = op, elementwise, parts, above, below
        if key not in self.states:
            state = self.states[key] = State(parts, above, below, [])
            state.rows = sorted([row for head in heads for row, form in self.rows.get(head, ())
                                 if _may_be(form, state)], key=lambda row: row.place)
        return self.states[key]


def nameless(pattern: Any) -> Any:
    """A pattern without the names of its parts.

    >>> nameless(parse("x * (e := exp(y))")), nameless(parse("log(1 + K)"))
    (('mul', 'x', ('exp', 'x')), ('log', ('add', 1, 'C')))
    """
    if isinstance(pattern, str):
        return pattern if pattern == ANY else NUMBER if pattern.isupper() else VARIABLE
    if isinstance(pattern, Chain):
        return Chain(tuple(map(nameless, pattern.up)), tuple(map(nameless, pattern.down)))
    if not isinstance(pattern, tuple):
        return pattern
    if pattern[0][-1] == ":":
        return nameless(pattern[1])
    return (pattern[0], *map(nameless, pattern[1:]))


def _may_be(form: Any, state: State) -> bool:
    """Whether a variable in this state may match a part of a pattern."""
    if isinstance(form, Chain):
        return state.above.issuperset(form.up) and state.below.issuperset(form.down)
    return form in state.parts


def _have(forms: Sequence[Any], operands: Sequence[State]) -> bool:
    """Whether operands may be those of a pattern, in one order or the other."""
    if forms[-1] == ANY:
        if forms[0] == ANY:
            return len(forms) == 1 or any(_may_be(forms[1], state) for state in operands)
        return all(map(_may_be, forms[:-1], operands))
    return len(forms) == len(operands) and (
        all(map(_may_be, forms, operands)) or all(map(_may_be, forms, operands[::-1])))


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
