"""The formula of an expression: one walk writes it in any script; here is that of plain text.

A `Script` knows how leaves and applications are written; `written` decides what is: the part of
the graph nearest to the result (`…` for the rest), and a name for what would be repeated at length.

>>> import tutor.tensor as T
>>> (T.dscalar("x") + 1) ** 2
(x + 1) ** 2
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Container, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from tutor.errors import DTypeError, shortened
from tutor.graph import Constant, Variable
from tutor.operators import public, quoted
from tutor.printing.script import Made, Piece, Script, shown
from tutor.printing.words import unnamed_words
from tutor.seams import seams
from tutor.signatures import answering

LIMIT = 40  # operations in a formula of one line
SHORT = 72  # characters: up to here, what occurs twice is written twice
FEWER = (12, 8, 5, 3, 1)  # operations in a formula that is too long for a sentence
STEP = 8  # and in that of a step of a loop


class Written(NamedTuple):
    """A formula, and the parts of it that were given a name, each before what it is made of."""

    text: str
    where: tuple[tuple[str, str], ...] = ()


class Together(NamedTuple):
    """Several formulas, and the parts that they share under one name."""

    texts: tuple[str, ...]
    where: tuple[tuple[str, str], ...] = ()


class Walk:
    """What of the graph is written: the operations nearest to the target, up to a limit, and those
    on the `way`, whatever they are called; and which parts of it get a name."""

    def __init__(self, target: Variable, script: Script, limit: int, short: int,
                 names: Container[Variable], way: Container[Variable] = frozenset()) -> None:
        self.target, self.script = target, script
        self.made: dict[Variable, Made] = {}
        cut: dict[Variable, None] = {}
        self.leaves: dict[Variable, None] = {}
        visible, queue = 0, deque([target])
        while queue:
            v = queue.popleft()
            named = v in names or (v.name is not None and v not in way)
            if v.owner is None or (named and v is not target):
                self.leaves[v] = None
            elif v not in self.made:
                if visible >= limit and v not in way:
                    cut[v] = None
                    continue
                visible += 1
                made = script.made(v)
                self.made.update(dict.fromkeys(made.outputs, made))
                queue.extend(self.operands(made))
        self.rest = [v for v in cut if v not in self.made]
        for v in self.leaves:
            self.made.pop(v, None)
        self.order = self._order()
        self.parts = self._parts(short)

    def operands(self, made: Made) -> list[Variable]:
        """What is seen of what something is made of."""
        return [made.inputs[i] for i in shown(self.script.template(made.notation)[0])]

    def _order(self) -> list[Made]:
        """What is written, each after what it is made of."""
        done: dict[int, Made] = {}
        stack = [(self.target, False)]
        while stack:
            v, ready = stack.pop()
            made = self.made.get(v)
            if made is None or id(made) in done:
                continue
            if ready:
                done[id(made)] = made
                continue
            stack.append((v, True))
            stack.extend((u, False) for u in reversed(self.operands(made)))
        return list(done.values())

    def _parts(self, short: int) -> list[Variable]:
        """What to give a name where the formula is long: what is long itself and used more than
        once, and what would make a line longer or higher than the script allows."""
        length: dict[Variable, int] = {}
        uses: Counter[Variable] = Counter()
        for made in self.order:
            operands = self.operands(made)
            uses.update(operands)
            total = 3 + sum(length.get(v, 2) for v in operands)
            length.update(dict.fromkeys(made.outputs, total))
        self.length = length.get(self.target, 0)
        if self.length <= short:
            return []
        repeated = {v for v, count in uses.items() if count > 1 and length.get(v, 0) > 8}
        height: dict[Variable, int] = {}
        parts: list[Variable] = []
        for made in self.order:
            operands = self.operands(made)
            total = 3 + sum(length.get(v, 2) for v in operands)
            high = self.script.tall(made) + max((height.get(v, 0) for v in operands), default=0)
            long = total > self.script.longest or high > self.script.highest
            for v in made.outputs:
                part = (v in uses and v not in self.leaves and v is not self.target
                        and (long or v in repeated))
                length[v], height[v] = (2, 0) if part else (total, high)
                if part:
                    parts.append(v)
        return parts

    def write(self, leaves: Mapping[Variable, Piece], named: Mapping[Variable, Piece]
              ) -> tuple[Piece, list[tuple[Variable, str]]]:  # fmt: skip
        """The formula, and that of each part that has a name, the last first."""
        pieces = {**dict.fromkeys(self.rest, self.script.rest),
                  **{v: leaves[v] for v in self.leaves}}
        parts, found = set(self.parts), []
        for made in self.order:
            whole = self.script.apply(made, pieces, self._step(made))
            for v in made.outputs:
                if v in pieces and v is not self.target:
                    continue
                alone = len(made.outputs) == 1
                pieces[v] = whole if alone else self.script.output(whole, v.index or 0)
                if v in parts and v in named:
                    found.append((v, pieces[v].text))
                    pieces[v] = named[v]
        return pieces[self.target], found[::-1]

    def _step(self, made: Made) -> str:
        """The results of a graph inside an op, in a few words."""
        if "{step}" not in made.notation.text:
            return ""
        inner = {v: f"#{i}" for i, v in enumerate(made.op.inputs, 1) if v.name is None}
        return ", ".join(written_together(made.op.outputs, self.script, STEP, 10**9, inner).texts)


def pieces_of(walks: Sequence[Walk], script: Script,
              names: Mapping[Variable, str | Piece]) -> dict[Variable, Piece]:  # fmt: skip
    """What stands for each leaf; things that would be written alike get numbers."""
    leaves = list(dict.fromkeys(v for walk in walks for v in walk.leaves))
    words = unnamed_words(leaves)
    pieces: dict[Variable, Piece] = {}
    alike: dict[str, dict[Any, list[Variable]]] = {}
    for v in leaves:
        name = names.get(v)
        pieces[v] = (leaf(v, script, words) if name is None else
                     name if isinstance(name, Piece) else script.label(name))
        value = v.name is None and isinstance(v, Constant)
        key = (str(v.data.shape), v.data.tobytes()) if value and np.ndim(v.data) else \
            None if value else v
        alike.setdefault(pieces[v].text, {}).setdefault(key, []).append(v)
    for found in alike.values():
        for number, several in enumerate(found.values() if len(found) > 1 else (), 1):
            pieces.update((v, script.numbered(pieces[v], number)) for v in several)
    return pieces


def written(target: Variable, script: Script, limit: int = LIMIT, short: int = SHORT) -> Written:
    """The formula of a variable in a script. Named variables inside it stand by their names.

    >>> import tutor.tensor as T
    >>> y = T.dscalar("y")
    >>> for _ in range(50): y = y * y
    >>> len(written(y, Script()).where) < 50
    True
    """
    found = written_together([target], script, limit, short)
    return Written(found.texts[0], found.where)


def written_together(targets: Sequence[Variable], script: Script, limit: int = LIMIT,
                     short: int = SHORT, names: Mapping[Variable, str] | None = None) -> Together:
    """Several formulas in a script; a part that has a name has the same name in all of them.

    A target inside another stands by its name, its own or one of `names`.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> y = T.exp(x)
    >>> written_together([y, y * 2], TEXT, names={y: "y"}).texts
    ('exp(x)', 'y * 2')
    """
    names = names or {}
    walks = [Walk(v, script, limit, short, names) for v in targets]
    leaves = pieces_of(walks, script, names)
    parts = list(dict.fromkeys(v for walk in walks for v in reversed(walk.parts)))
    taken = {piece.text for piece in leaves.values()}
    taken.update(script.label(name).text for name in names.values())
    free = (piece for n in count(1) if (piece := script.part(n)).text not in taken)
    named = dict(zip(parts, free, strict=False))
    texts: list[str] = []
    where: dict[Variable, tuple[str, str]] = {}
    for walk in walks:
        whole, found = walk.write(leaves, named)
        texts.append(whole.text)
        for v, part in found:
            where.setdefault(v, (named[v].text, part))
    return Together(tuple(texts), tuple(where.values()))


def in_full(target: Variable, script: Script, limit: int = LIMIT,
            given: Mapping[Variable, Piece] | None = None) -> Piece:  # fmt: skip
    """The formula as a part of another: what occurs twice is written twice, and what is `given`
    stands for its variable, in parentheses where it must.

    >>> import tutor.tensor as T
    >>> x, u = T.dscalars("x", "u")
    >>> in_full(u ** 2 * u, TEXT, given={u: in_full(x + 1, TEXT)}).text
    '(x + 1) ** 2 * (x + 1)'
    """
    given = given or {}
    walk = Walk(target, script, limit, 10**9, given)
    return walk.write({**pieces_of([walk], script, {}), **given}, {})[0]


def leaf(v: Variable, script: Script, words: dict[Variable, str]) -> Piece:
    """A variable that stands by itself: by its name, its value, or its type."""
    if v.name is not None:
        return script.name(v.name)
    return script.constant(v) if isinstance(v, Constant) else script.unnamed(words[v])


TEXT = Script()


def formula(v: Variable) -> str:
    """The formula on one line, as `repr` shows it; of a long one the part nearest to the result."""
    found = written(v, TEXT)
    if not found.where:
        return found.text
    return f"{found.text}  where {'; '.join(f'{name} = {text}' for name, text in found.where)}"




@public
def brief(v: Variable, longest: int) -> str:
    """The formula in at most `longest` characters: of a long one the part nearest to the result.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> brief(T.sqrt(T.exp(x) * T.tanh(x + 1) + 2), 20)
    'sqrt(… * … + 2)'
    """
    text = formula(v)
    for limit in FEWER:
        if len(text) <= longest:
            break
        text = written(v, TEXT, limit, short=10**9).text
    return shortened(text, longest)


@answering
def pp(v: Variable, *rest: Any) -> str:
    """The formula as text; what is long and occurs more than once stands below, under a name.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> print(pp(x ** 2 + x))
    x ** 2 + x
    """
    if not isinstance(v, Variable):  # a function shows its outputs
        outputs = getattr(v, "outputs", v)
        several = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        if not all(isinstance(u, Variable) for u in several):
            raise DTypeError(f"{quoted(v)} has no formula.",
                             fix="Pass a variable, a list of them, or a function.")
        return "\n".join(pp(u) for u in several)
    found = written(v, TEXT, limit=400)
    lines = [found.text]
    for i, (name, text) in enumerate(found.where):
        lines.append(f"{'        ' if i else '  where '}{name} = {text}")
    return "\n".join(lines)


seams.brief, seams.formula = brief, formula
