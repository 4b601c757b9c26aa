"""Updates in place: `w ← w - t`, and w with some elements changed, written into the array of w
where nobody can see the difference.

Comes before `function`. It is done last, for all such variables in one call that runs in C from
end to end, so that an interrupt comes before all of it or after; and only where the function alone
holds the array, which is asked at every call. Until it is done, other threads that want the value
wait (see `BeingWritten`).
"""

from __future__ import annotations

import operator
import os
from _thread import RLock
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from itertools import starmap
from sys import getrefcount
from typing import Any

import numpy as np

from tutor.compile.lowering import Call
from tutor.compile.scope import Line, MovedError, Scope
from tutor.containers import Container
from tutor.core.graph import Apply, Variable
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import toposort
from tutor.memory import ALONE
from tutor.ops.advanced import increased_rows

LARGE = 9_999  # numbers: a smaller array is as quickly made anew

writing = RLock()  # held while arrays of containers are written over
if hasattr(os, "register_at_fork"):  # no process begins with an array that is half written
    os.register_at_fork(before=writing.acquire, after_in_parent=writing.release,
                        after_in_child=writing.release)


class BeingWritten(Container):
    """A container while its array is written over: whoever asks for the value waits until it is
    whole. A container becomes one for that time, so that reading costs nothing at any other."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The value, when it is there."""
        with writing:
            return self.held if type(self) is BeingWritten else self.value

    @value.setter
    def value(self, new: Any) -> None:
        self.held = new

    @property
    def now(self) -> Any:
        """The value is there no earlier than after those that were read before."""
        with writing:
            if type(self) is not BeingWritten:
                raise MovedError
            return self.held  # asked for by the thread that writes, before it does

    raw = now


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
    >>> AT_ONCE["at_once"](starmap(operator.call, steps))
    >>> w
    array([2., 0., 0.])
    """
    try:
        where, rows = increased_rows(w, index, y) if how == "add_at" else (index, None)
        if rows is not None:
            steps.append((operator.setitem, w, where, rows))
            return True
        part = w[index]
        y = np.broadcast_to(y, np.shape(part))
    except ValueError:
        return False
    if how == "add_at":
        steps.append((np.add.at, w, index, y))
    elif how == "inc_at" and np.ndim(part):
        steps.append((np.add, part, y, part))
    else:
        steps.append((operator.setitem, w, index, y if how == "set_at" else part + y))
    return True


#: What the generated lines name; to extend a deque without room runs an iterator to its end.
AT_ONCE: dict[str, Any] = {
    "starmap": starmap, "call": operator.call, "getrefcount": getrefcount, "HELD": ALONE + 1,
    "lent": lent, "at_once": deque(maxlen=0).extend, "placed_": placed, "writing_": writing,
    "BeingWritten_": BeingWritten,
}


def in_place(updates: Mapping[SharedVariable, Variable], outputs: Sequence[Variable]
             ) -> dict[Variable, Call]:
    """The last calls of the updates, by shared variable, where these may be done in place."""
    results = [*outputs, *updates.values()]
    uses = Counter([*results, *[v for node in toposort(results) for v in node.inputs]])
    found: dict[Variable, Call] = {}
    for shared, new in updates.items():
        node = new.owner
        if node is None or uses[new] != 1 or new.type is not shared.type:
            continue
        if isinstance(new.type, TensorType) and new.ndim and _fits(node, shared):
            found[shared] = Call(node.op, node.inputs, node.outputs, node, shared.container)
    return found


def _fits(node: Apply, shared: SharedVariable) -> bool:
    """Whether a node is a ufunc of the shared value and another, or changes some elements of it."""
    if node.op.takes_inplace and node.inputs[0] is shared:
        return shared not in node.inputs[1:] and node.inputs[1].dtype == shared.dtype
    if not node.op.ufunc or len(node.inputs) != 2 or node.inputs.count(shared) != 1:
        return False
    (other,) = others(node.inputs, shared)
    return other.owner is not None and other.type is shared.type


def others(operands: Sequence[Variable], shared: Variable) -> list[Variable]:
    """The operands that are not the shared value."""
    return [v for v in operands if v is not shared]


class Commit:
    """The lines that store all new values at once."""

    def __init__(self, source: Scope, news: Mapping[Variable, str], undo: bool) -> None:
        self.source, self.news, self.names = source, news, source.names
        self.calls = source.program.commits
        self.stores = [Line(f"{self.names[v]}_shared.held = {new}", None,
                            f"{self.names[v]}_shared.value = {new}") for v, new in news.items()]
        self.stores += [Line("undo_ = ()", shown="")] * undo

    def lines(self) -> list[Line]:
        """All of them; where there is something large to be done in place, a reader sees how it is
        done else."""
        if not self.calls:
            return self.stores
        there, elsewhere = list[Line](), list[Line]()
        for shared, call in self.calls.items():
            decided, plain = self._written(shared, call)
            there += decided
            elsewhere.append(plain)
        names = [self.names[shared] for shared in self.calls]
        places = [f"{name}_shared.__class__" for name in names]
        kinds = "".join(f"{place}, " for place in places)
        block = [Line("steps = []"), Line("with writing_:"), Line(f"    kinds_ = {kinds}"),
                 Line("    try:"), Line(f"        {' = '.join([*places, 'BeingWritten_'])}"),
                 *[line.under(2) for line in there], Line("        ready = starmap(call, steps)"),
                 *[line.under(2) for line in self.stores], Line("        at_once(ready)"),
                 Line("    finally:"), Line(f"        {kinds}= kinds_")]
        large = " or ".join(f"{name}.size > {LARGE}" for name in names)
        return [Line(f"if {large}:", shown=""), *[line.under(hidden=True) for line in block],
                Line("else:", shown=""), *[line.under() for line in (*elsewhere, *self.stores)]]

    def _written(self, shared: Variable, call: Call) -> tuple[list[Line], Line]:
        """The lines that decide whether a new value is written over the old one, and the line that
        computes it elsewhere."""
        new = self.news[shared]
        plain, condition, step = self._some(call) if call.op.takes_inplace else \
            self._whole(shared, call)
        elsewhere = Line(f"{new} = {plain}", call.node)
        if any(self.source.program.root(v) is shared for s, c in self.calls.items()
               for v in others(c.operands, s) if s is not shared or c.op.takes_inplace):
            return [elsewhere], elsewhere  # a step would read the new value
        alone = self._alone(shared) + condition
        decided = Line(f"{new} = {self.names[shared]} if {alone} else {plain}", call.node)
        return [decided, *([Line(step)] if step else [])], elsewhere

    def _alone(self, shared: Variable) -> str:
        """The condition that an array is large, and that the function alone holds it."""
        w, program = self.names[shared], self.source.program
        alone = f"{w}.size > {LARGE} and {w}_shared.held is {w} and {w}.base is None and "
        alone += f"{w}.flags.writeable and getrefcount({w}) == HELD"
        guarded = program.guarded
        views = [self.names[v] for v, root in program.roots.items()
                 if root is shared and v not in guarded and self.names[v] != w]
        return f"{alone} + lent({', '.join([w, *views])})" if views else alone

    def _whole(self, shared: Variable, call: Call) -> tuple[str, str, str]:
        """An operation on all elements: how it is done elsewhere, a further condition for doing it
        in place, and the line that notes the step."""
        ufunc, w, new = call.op.ufunc, self.names[shared], self.news[shared]
        self.source.bindings[ufunc] = getattr(np, ufunc)
        operands = ", ".join(self.names[v] for v in call.operands)
        step = f"if {new} is {w}: steps.append(({ufunc}, {operands}, {w}))"
        return f"{ufunc}({operands})", "", step

    def _some(self, call: Call) -> tuple[str, str, str]:
        """The same for some elements that are set or increased."""
        names = [self.source.operand(call, v) for v in call.operands]
        plain = call.op.source(call.node, names) or ""
        op: Any = call.op
        how, index = plain.split("(")[0], op.index.as_tuple(names[2:])
        step = f"placed_(steps, {how!r}, {names[0]}, {index}, {op.part(call.node, names)})"
        return self.source.bound(op, plain, names), f" and {step}", ""
