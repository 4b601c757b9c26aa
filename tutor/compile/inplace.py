"""Updates in place: `w ← w - t` written into the array of w, where nobody can see the difference.

Comes before `function`. It is done last, for all such variables in one call that runs in C from
end to end, so that an interrupt comes before all of it or after; and only where the function alone
holds the array, which is asked at every call.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from itertools import starmap
from operator import call
from sys import getrefcount
from typing import Any

import numpy as np

from tutor.compile.lines import Line
from tutor.compile.memory import ALONE
from tutor.compile.source import Program
from tutor.graph import Apply, Variable
from tutor.graph.shared import SharedVariable
from tutor.ops.elementwise import Elementwise
from tutor.records import NamedTuple

LARGE = 9_999  # numbers: a smaller array is as quickly made anew
def lent(w: Any, *views: Any) -> int:
    """How many references to an array its views hold; a view may be w itself, or a copy."""
    itself = sum(v is w for v in views)
    return itself + len({id(v) for v in views if v is not w and v.base is w})


#: What the generated lines name; to extend a deque without room runs an iterator to its end.
AT_ONCE: dict[str, Any] = {
    "starmap": starmap, "call": call, "getrefcount": getrefcount, "HELD": ALONE + 1, "lent": lent,
    "at_once": deque(maxlen=0).extend,
}
UFUNCS = {"add": "add", "sub": "subtract", "mul": "multiply"}


class Final(NamedTuple):
    """The last operation of an update: its ufunc, the node, and the operand that is not w."""

    ufunc: str
    node: Apply
    other: Variable

    @property
    def result(self) -> Variable:
        """The new value."""
        return self.node.outputs[0]


def finals_in_place(
    updates: Mapping[SharedVariable, Variable], outputs: Sequence[Variable], nodes: Sequence[Apply]
) -> dict[SharedVariable, Final]:
    """The updates whose last operation may be done in place."""
    found = {}
    uses: dict[Variable, int] = {}
    for v in (*outputs, *updates.values(), *[v for node in nodes for v in node.inputs]):
        uses[v] = uses.get(v, 0) + 1
    for shared, new in updates.items():
        node = new.owner
        if node is None or uses[new] != 1 or node.op.name not in UFUNCS or not new.ndim:
            continue
        other = node.inputs[1] if node.inputs[0] is shared else node.inputs[0]
        own = isinstance(node.op, Elementwise) and shared in node.inputs and other is not shared
        if own and other.owner is not None and other.type is shared.type is new.type:
            found[shared] = Final(UFUNCS[node.op.name], node, other)
    return found


def lines_in_place(
    finals: Mapping[SharedVariable, Final], program: Program
) -> tuple[list[Line], list[Line], dict[Variable, str]]:
    """The lines that decide, the line that does it, and the names of the new values."""
    if not finals:
        return [], [], {}
    lines, stored = [Line("steps = []", shown="")], dict[Variable, str]()
    roots = Counter(program.lives.root(v) for v in program.outputs)
    others = Counter(final.other for final in finals.values())
    for i, (shared, final) in enumerate(finals.items()):
        w, new = program.names[shared], f"new_{i}"
        operands = ", ".join(program.names[v] for v in final.node.inputs)
        views = [program.names[v] for v, root in program.roots.items()
                 if root is shared and v not in program.guarded and program.names[v] != w]
        alone = f"{w}.base is None and getrefcount({w}) == HELD"
        if views:
            alone += f" + lent({', '.join([w, *views])})"
        plain = f"{final.ufunc}({operands})"
        other = final.other
        free = other in program.owned and roots[other] == others[other] == 1
        anew = f"{plain[:-1]}, {program.names[other]})" if free else plain
        if any(program.roots.get(f.other) is shared for s, f in finals.items() if s is not shared):
            lines.append(Line(f"{new} = {anew}", final.node, f"{new} = {plain}"))
        else:  # else the step of another variable would read the new value through a view
            lines += [
                Line(f"{new} = {w} if {w}.size > {LARGE} and {alone} else {anew}", final.node,
                     f"{new} = {plain}"),
                Line(f"if {new} is {w}: steps.append(({final.ufunc}, {operands}, {w}))", shown=""),
            ]
        program.bindings[final.ufunc] = getattr(np, final.ufunc)
        stored[shared] = new
    lines.append(Line("ready = starmap(call, steps)", shown=""))
    return lines, [Line("at_once(ready)", shown="")], stored
