"""Formulas as text: what `repr`, errors and pictures write of an expression.

A `Walk` decides what is written: the part of the graph nearest to the result (`…` for the rest),
and which parts get a name. Asks variables for all it knows of the graph, which can so use it.

>>> import tutor.tensor as T; (T.dscalar("x") + 1) ** 2
(x + 1) ** 2
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Container, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tutor.core.errors import shortened
from tutor.core.script import ENDLESS, TEXT, Made, Piece, Script, shown, unnamed_words

if TYPE_CHECKING:
    from tutor.core.graph import Variable

LIMIT = 40  # operations in a formula of one line
SHORT = 72  # characters: up to here, what occurs twice is written twice
FEWER = (12, 8, 5, 3, 1)  # operations in a formula that is too long for a sentence
STEP = 8  # and in that of a step of a loop


class Walk:
    """What of the graph is written: the operations nearest to the target, up to a limit, and those
    on the `way`, whatever they are called; and which parts of it get a name."""

    def __init__(self, target: Variable, script: Script, limit: int = ENDLESS, short: int = ENDLESS,
                 names: Container[Variable] = (), way: Container[Variable] = ()) -> None:
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
                made = self.script.made(v)
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
        for made in self.order:
            total = 3 + sum(length.get(v, 2) for v in self.operands(made))
            length.update(dict.fromkeys(made.outputs, total))
        self.length = length.get(self.target, 0)
        if self.length <= short:
            return []
        uses = Counter(v for made in self.order for v in self.operands(made))
        repeated = {v for v, count in uses.items() if count > 1 and length.get(v, 0) > 8}
        height: dict[Variable, int] = {}
        parts: list[Variable] = []
        for made in self.order:
            operands = self.operands(made)
            total = 3 + sum(length.get(v, 2) for v in operands)
            high = self.script.tall(made) + max((height.get(v, 0) for v in operands), default=0)
            long = total > self.script.longest or high > self.script.highest
            for v in made.outputs:
                inside = v in uses and v not in self.leaves and v is not self.target
                if inside and (long or v in repeated):
                    parts.append(v)
                    length[v], height[v] = 2, 0
                else:
                    length[v], height[v] = total, high
        return parts

    def write(self, leaves: Mapping[Variable, Piece], named: Mapping[Variable, Piece] = {}
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
        return ", ".join(written(made.op.outputs, self.script, STEP, ENDLESS, inner).texts)


def pieces_of(walks: Sequence[Walk], names: Mapping[Variable, str | Piece] = {}
              ) -> dict[Variable, Piece]:  # fmt: skip
    """What stands for each leaf; things that would be written alike get numbers."""
    script = walks[0].script
    leaves: list[Any] = list(dict.fromkeys(v for walk in walks for v in walk.leaves))
    words = unnamed_words(leaves)
    pieces: dict[Variable, Piece] = {}
    alike: dict[str, dict[Any, list[Variable]]] = {}
    for v in leaves:
        name = names.get(v)
        pieces[v] = (script.leaf(v, words) if name is None else
                     name if isinstance(name, Piece) else script.label(name))
        value = v.name is None and hasattr(v, "data")
        key = (str(v.data.shape), v.data.tobytes()) if value and np.ndim(v.data) else \
            None if value else v
        alike.setdefault(pieces[v].text, {}).setdefault(key, []).append(v)
    for found in alike.values():
        for number, several in enumerate(found.values() if len(found) > 1 else (), 1):
            pieces.update((v, script.numbered(pieces[v], number)) for v in several)
    return pieces


class Written(NamedTuple):
    """Formulas, and the parts that were given a name, each before what it is made of."""

    texts: tuple[str, ...]
    where: tuple[tuple[str, str], ...] = ()


def written(targets: Sequence[Variable], script: Script, limit: int = LIMIT, short: int = SHORT,
            names: Mapping[Variable, str] = {}) -> Written:
    """Formulas in a script, of at most `limit` operations each; one longer than `short` names its
    parts, and a part has the same name in all of them.

    Named variables inside stand by their names, their own or one of `names`.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> y = T.exp(x)
    >>> written([y, y * 2], TEXT, names={y: "y"}).texts
    ('exp(x)', 'y * 2')
    """
    walks = [Walk(v, script, limit, short, names) for v in targets]
    if not walks:
        return Written(())
    leaves = pieces_of(walks, names)
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
    return Written(tuple(texts), tuple(where.values()))


def formula(v: Any) -> str:
    """The formula on one line, as `repr` shows it; of a long one the part nearest to the result."""
    [text], where = written([v], TEXT)
    return text + "  where " * bool(where) + "; ".join(f"{name} = {part}" for name, part in where)


def brief(v: Any, longest: int) -> str:
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
        [text], _ = written([v], TEXT, limit, ENDLESS)
    return shortened(text, longest)
