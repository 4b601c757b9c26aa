"""The formula of a result with the part marked that failed, shortened around that part.

>>> import tutor.tensor as T
>>> v, w = T.dvectors("v", "w")
>>> part = T.exp(v) * w
>>> marked([T.sqrt(T.sum(part + 1))], part.owner)
'sqrt(sum(«exp(v) * w» + 1))'
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from tutor.core.graph import Apply, Variable
from tutor.formulas import TEXT, Piece, Script, Walk, brief, pieces_of

LONGEST = 88  # characters of the line
PART = 48  # of them for what failed
ABOVE = (24, 8, 4, 2, 1)  # operations from the top of what is written down to the part
BESIDE = (12, 4, 1, 0)  # and other ones


class Around(NamedTuple):
    """What is written of a result: from `top` down to `part`, and `limit` operations in all."""

    result: Variable
    top: Variable
    part: Variable
    way: frozenset[Variable]
    limit: int

    def written(self, script: Script, part: Piece) -> str:
        """It in a script, with `part` in the place of what failed."""
        walk = self._walk(script)
        text = walk.write(pieces_of([walk], {self.part: part}))[0].text
        rest = script.rest.text
        return text if self.top is self.result else f"{rest} {text} {rest}"

    def _walk(self, script: Script) -> Walk:
        return Walk(self.top, script, self.limit, names={self.part}, way=self.way)

    @property
    def least(self) -> int:
        """About how many characters it takes in plain text, or less."""
        return self._walk(TEXT).length


def way_to(node: Apply, results: Sequence[Variable]) -> list[Variable]:
    """A shortest way from a result that is made of what a node computes, down to that."""
    above: dict[Variable, Variable | None] = {v: None for v in results if v.owner is not node}
    queue = deque(above)
    while queue:
        v: Variable | None = queue.popleft()
        if v is not None and v.owner is node:
            way = []
            while v is not None:
                way.append(v)
                v = above[v]
            return way[::-1]
        for u in v.owner.inputs if v is not None and v.owner is not None else ():
            if u not in above:
                above[u] = v
                queue.append(u)
    return []


def around(node: Apply, results: Sequence[Variable]) -> Around | None:
    """What is written of a result around a node: as much as fits on a line; None where no result
    is made of what the node computes."""
    way = way_to(node, results)
    if not way:
        return None
    steps = len(way) - 1
    found = None
    for above in sorted({min(n, steps) for n in ABOVE}, reverse=True):
        top, below = way[-1 - above], frozenset(way[-1 - above:-1])
        for beside in BESIDE:
            found = Around(way[0], top, way[-1], below, above + beside)
            if found.least <= LONGEST and len(line_of(found)) <= LONGEST:
                return found
    return found


def line_of(found: Around) -> str:
    """The formula in plain text."""
    return found.written(TEXT, Piece(f"«{brief(found.part, PART)}»"))


def marked(results: Sequence[Variable], node: Apply) -> str:
    """The formula of the first result that is made of what a node computes, that part in « »; empty
    where there is none."""
    found = around(node, results)
    return "" if found is None else line_of(found)
