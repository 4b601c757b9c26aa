"""Which patterns a node may have the form of: a bottom-up tree automaton (Hoffmann and O'Donnell,
1982), whose table fills as graphs are read.

The state of a variable says which parts of patterns it may match. It follows from its op and the
states of its operands, so a node costs the same however long the chain is that it ends. Dtypes and
conditions are not looked at: matching does that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tutor.compile.rules.patterns import ANY, Chain, Rule, chain, parse
from tutor.compile.rules.products import SIDES, is_product
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
    """The states of variables, for rows of rules. Parts of patterns have numbers, by which sets of
    them are kept."""

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
