"""Kinds of variables, as far as patterns of rules ask: a rule is tried only where the kinds fit.

They are the states of an automaton that reads an expression from its leaves on: the kind of a
variable follows from its op and the kinds of its operands, by a table that fills as graphs are
read. So it costs the same at each node, however long a chain or a product is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, NamedTuple

from tutor.compile.rules.patterns import ANY, Chain
from tutor.compile.rules.products import SIDES, is_product
from tutor.core.graph import Constant, Variable, attribute
from tutor.core.types import TensorType

Names = frozenset[Any]
WORDS: set[Any] = set()  # the ops and numbers that the tables ask for; others are of one kind
OTHER, INPUT, CONSTANT = "other op", "input", "constant"
MOST = 16  # kinds of factors: a product of more may have any


class Part(NamedTuple):
    """An operand or factor: its name; and of those that it is made of their names, and of their
    factors above and below the line."""

    name: Any
    operands: tuple[tuple[Any, Names, Names], ...] = ()


class Kind:
    """The kind of a variable: there is one object for each."""

    @property
    def factors(self) -> Names:
        """The names of its factors, above and below the line."""
        return self.short[1] | self.short[2]

    def __init__(self, part: Part, up: frozenset[Part], down: frozenset[Part]) -> None:
        self.part, self.up, self.down = part, up, down
        self.short = part.name, frozenset(p.name for p in up), frozenset(p.name for p in down)


kind_of = cache(Kind)


@cache
def leaf(name: Any) -> Kind:
    """The kind of what is not computed."""
    return kind_of(Part(name), frozenset(), frozenset())


@cache
def made(name: str, sides: Sequence[tuple[int, bool]], operands: Sequence[Kind]) -> Kind:
    """The kind of what an op makes of such operands, which are factors on these sides."""
    above: set[Part] = set()
    below: set[Part] = set()
    for i, turns in sides:
        up, down = (below, above) if turns else (above, below)
        up |= operands[i].up or {operands[i].part}
        down |= operands[i].down
    up, down = [side if len(side) <= MOST else {Part(ANY)} for side in (above, below)]
    return kind_of(Part(name, tuple([k.short for k in operands])), frozenset(up), frozenset(down))


def kind(v: Variable) -> Kind:
    """The kind of a variable.

    >>> import tutor.tensor as T; x, y = T.dscalars("x", "y")
    >>> kind(x * T.exp(x)) is kind(x * T.exp(y)), kind(x * T.exp(x)) is kind(x * y)
    (True, False)
    """
    if v._kind is None:
        stack = [v]
        while stack:
            u = stack[-1]
            waiting = [w for w in u.owner.inputs if w._kind is None] if u.owner else ()
            if waiting:
                stack += waiting
            else:
                stack.pop()
                attribute(u, "_kind", _kind(u))
    found: Kind = v._kind
    return found


def _kind(v: Variable) -> Kind:
    """The kind of a variable whose operands have theirs."""
    node = v.owner
    if node is not None:
        name = node.op.name if node.op.name in WORDS else OTHER
        sides = SIDES[node.op] if is_product(node) else ()
        return made(name, sides, tuple([u._kind for u in node.inputs]))
    if not isinstance(v, Constant):
        return leaf(INPUT)
    number = v.data.item() if isinstance(v.type, TensorType) and not v.ndim else None
    return leaf(number if number in WORDS else CONSTANT)


def ask_for(*patterns: Any) -> None:
    """Note the names and numbers of patterns, before any graph is looked at."""
    for pattern in patterns:
        if isinstance(pattern, tuple):
            ask_for(*pattern)
        else:
            WORDS.update(pattern.split("|") if isinstance(pattern, str) else [pattern])


def heads_of(pattern: Any) -> list[set[Any]]:
    """The names that each operand of a pattern may have, or each factor; none where any will do."""
    if isinstance(pattern, Chain):
        return heads_of((*pattern.up, *pattern.down))
    found = []
    for part in pattern:
        while isinstance(part, tuple) and not isinstance(part, Chain) and part[0][-1] == ":":
            part = part[1]
        anything = isinstance(part, (str, Chain))
        if part != ANY:
            found.append(set() if anything else set(part[0].split("|"))
                         if isinstance(part, tuple) else {part})
    return found


def fits(pattern: Any, v: Variable) -> bool:
    """Whether an expression may have the form of a pattern, as far as the kinds tell.

    >>> from tutor.compile.rules.patterns import parse
    >>> import tutor.tensor as T; x = T.dscalar("x")
    >>> [fits(parse("y * exp(y)"), v) for v in (x * T.exp(x), x * T.log(x), T.exp(x))]
    [True, False, False]
    """
    if isinstance(pattern, Chain):
        return _has(pattern, kind(v).up, kind(v).down)
    assert v.owner is not None
    return _have(pattern[1:], [(kind(u).part, kind(u).up, kind(u).down) for u in v.owner.inputs])


Told = tuple[Part, frozenset[Part], frozenset[Part]]  # of an operand: itself, and its factors


def _has(pattern: Chain, up: Collection[Part], down: Collection[Part]) -> bool:
    """Whether a product may have the factors of a chain; one on both sides is of one kind."""
    twins = any(isinstance(p, str) and p in pattern.down for p in pattern.up)
    if twins and Part(ANY) not in (*up, *down) and set(up).isdisjoint(down):
        return False
    return all(any(_may_be(p, (part, frozenset(), frozenset())) for part in parts)
               for patterns, parts in ((pattern.up, up), (pattern.down, down)) for p in patterns)


def _may_be(pattern: Any, told: Told) -> bool:
    """Whether an operand may have the form of a pattern."""
    part, up, down = told
    if isinstance(pattern, Chain):
        return _has(pattern, up or (part,), down)
    if part.name == ANY:
        return True
    if isinstance(pattern, str):
        return not pattern.isupper() or part.name == CONSTANT or not isinstance(part.name, str)
    if not isinstance(pattern, tuple):
        return bool(part.name == (pattern if pattern in WORDS else CONSTANT))
    if pattern[0][-1] == ":":
        return _may_be(pattern[1], told)
    if part.name not in [name if name in WORDS else OTHER for name in pattern[0].split("|")]:
        return False
    return not part.operands or _have(pattern[1:], [
        (Part(name), frozenset(map(Part, above)), frozenset(map(Part, below)))
        for name, above, below in part.operands])


def _have(patterns: Sequence[Any], operands: Sequence[Told]) -> bool:
    """Whether operands may be those of a pattern, in one order or the other."""
    if patterns[-1] == ANY:
        wanted = [p for p in patterns if p != ANY]
        if patterns[0] == ANY:
            return not wanted or any(_may_be(wanted[0], told) for told in operands)
        return all(map(_may_be, wanted, operands))
    return len(patterns) == len(operands) and (
        all(map(_may_be, patterns, operands)) or all(map(_may_be, patterns, operands[::-1])))
