"""Updates in place: `w ← w - t`, and w with some elements changed, written into the array of w
where nobody can see the difference.

Comes before `function`. It is done last, for all such variables in one call that runs in C from
end to end, so that an interrupt comes before all of it or after; and only where the function alone
holds the array, which is asked at every call. Until it is done, other threads that want the value
wait (see `BeingWritten`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import starmap
from operator import call, setitem
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.lines import Line
from tutor.compile.memory import ALONE
from tutor.compile.source import Program
from tutor.graph import Apply, Variable
from tutor.graph.container import BeingWritten, writing
from tutor.ops.indexing import IncSubtensor
from tutor.ops.shared import SharedVariable
from tutor.types import TensorType

LARGE = 9_999  # numbers: a smaller array is as quickly made anew
def lent(w: Any, *views: Any) -> int:
    """How many references to an array its views hold; a view may be w itself, or a copy."""
    itself = sum(v is w for v in views)
    return itself + len({id(v) for v in views if v is not w and v.base is w})


def placed(steps: list[tuple[Any, ...]], how: str, w: Any, index: Any, y: Any) -> bool:
    """Note the step that sets or increases elements of w. An index that does not fit is an error
    now, before anything changes; where it is not sure that the step will succeed, there is none.

    >>> w, steps = np.zeros(3), []
    >>> placed(steps, "add_at", w, (np.array([0, 0]),), 1.0)
    True
    >>> AT_ONCE["at_once"](starmap(call, steps))
    >>> w
    array([2., 0., 0.])
    """
    part = w[index]
    try:
        y = np.broadcast_to(y, np.shape(part))
    except ValueError:
        return False
    if how == "add_at":
        steps.append((np.add.at, w, index, y))
    elif how == "inc_at" and np.ndim(part):
        steps.append((np.add, part, y, part))
    else:
        steps.append((setitem, w, index, y if how == "set_at" else part + y))
    return True


#: What the generated lines name; to extend a deque without room runs an iterator to its end.
AT_ONCE: dict[str, Any] = {
    "starmap": starmap, "call": call, "getrefcount": getrefcount, "HELD": ALONE + 1, "lent": lent,
    "at_once": deque(maxlen=0).extend, "placed_": placed, "writing_": writing,
    "BeingWritten_": BeingWritten,
}


class Final(NamedTuple):
    """The last operation of an update, and its operands that are not w."""

    node: Apply
    others: Sequence[Variable]

    @property
    def result(self) -> Variable:
        """The new value."""
        return self.node.outputs[0]

    @property
    def partial(self) -> bool:
        """Whether it changes some elements, and not all."""
        return isinstance(self.node.op, IncSubtensor)


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
        if node is None or uses[new] != 1 or new.type is not shared.type:
            continue
        if not isinstance(new.type, TensorType) or not new.ndim:
            continue
        if node.op.ufunc and len(node.inputs) == 2 and shared in node.inputs:
            other = node.inputs[1] if node.inputs[0] is shared else node.inputs[0]
            if other is not shared and other.owner is not None and other.type is shared.type:
                found[shared] = Final(node, [other])
        elif isinstance(node.op, IncSubtensor) and node.inputs[0] is shared:
            y, others = node.inputs[1], node.inputs[1:]
            if shared not in others and y.dtype == shared.dtype:
                found[shared] = Final(node, others)
    return found


def stored(program: Program, news: Mapping[Variable, str], finals: Mapping[SharedVariable, Final],
           undo: bool) -> list[Line]:
    """The lines that store all new values at once, with those `finals` in place if it can be."""
    stores = [Line(f"{program.names[v]}_shared.held = {new}", None,
                   f"{program.names[v]}_shared.value = {new}") for v, new in news.items()]
    stores += [Line("undo_ = ()", shown="")] * undo
    if not finals:
        return stores
    deciding, plain = list[Line](), list[Line]()
    for shared, final in finals.items():
        there, elsewhere = _written(shared, final, news[shared], finals, program)
        deciding += there
        plain.append(elsewhere)
    names = [program.names[shared] for shared in finals]
    places = "".join(f"{name}_shared.__class__, " for name in names)
    block = [Line("steps = []"), Line("with writing_:"), Line(f"    kinds_ = {places}"),
             Line("    try:"),
             Line(f"        {' = '.join([*places.split(', ')[:-1], 'BeingWritten_'])}"),
             *[line.under(2) for line in deciding], Line("        ready = starmap(call, steps)"),
             *[line.under(2) for line in stores], Line("        at_once(ready)"),
             Line("    finally:"), Line(f"        {places}= kinds_")]
    large = " or ".join(f"{name}.size > {LARGE}" for name in names)
    return [Line(f"if {large}:", shown=""), *[line.under(hidden=True) for line in block],
            Line("else:", shown=""), *[line.under() for line in (*plain, *stores)]]


def _written(shared: SharedVariable, final: Final, new: str,
             finals: Mapping[SharedVariable, Final], program: Program) -> tuple[list[Line], Line]:
    """The lines that decide whether a new value is written over the old one, and the line that
    computes it elsewhere."""
    w = program.names[shared]
    views = [program.names[v] for v, root in program.roots.items()
             if root is shared and v not in program.guarded and program.names[v] != w]
    alone = f"{w}.size > {LARGE} and {w}_shared.held is {w} and {w}.base is None and "
    alone += f"getrefcount({w}) == HELD"
    if views:
        alone += f" + lent({', '.join([w, *views])})"
    write = _partial if final.partial else _whole
    plain, anew, deciding, step = write(final, w, new, finals, program)
    elsewhere = Line(f"{new} = {anew}", final.node, f"{new} = {plain}")
    if any(program.roots.get(v, v) is shared for s, f in finals.items() for v in f.others
           if s is not shared or final.partial):  # a step would read the new value
        return [elsewhere], elsewhere
    decided = Line(f"{new} = {w} if {alone}{deciding} else {anew}", final.node)
    return [decided, *([Line(step)] if step else [])], elsewhere


def _whole(final: Final, w: str, new: str, finals: Mapping[SharedVariable, Final], program: Program
           ) -> tuple[str, str, str, str]:
    """An operation on all elements: how a reader sees it, how it is done elsewhere than in w, a
    further condition for doing it in w, and the line that notes the step."""
    (other,), ufunc = final.others, final.node.op.ufunc
    program.bindings[ufunc] = getattr(np, ufunc)
    operands = ", ".join(program.names[v] for v in final.node.inputs)
    plain = f"{ufunc}({operands})"
    roots = [program.lives.root(v) for v in program.outputs]
    takers = sum(other in f.others for f in finals.values())
    free = other in program.owned and roots.count(other) == takers == 1
    anew = f"{plain[:-1]}, {program.names[other]})" if free else plain
    return plain, anew, "", f"if {new} is {w}: steps.append(({ufunc}, {operands}, {w}))"


def _partial(final: Final, w: str, new: str, finals: Mapping[SharedVariable, Final],
             program: Program) -> tuple[str, str, str, str]:
    """The same for some elements that are set or increased."""
    node = final.node
    names = [program.argument(node, v) for v in node.inputs]
    plain = node.op.source(node, names) or ""
    program.bind(plain, names)
    assert isinstance(node.op, IncSubtensor)
    how, index = plain.split("(")[0], node.op.index.as_tuple(names[2:])
    part = node.op.part(node, names)
    return plain, plain, f" and placed_(steps, {how!r}, {w}, {index}, {part})", ""
