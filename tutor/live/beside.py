"""The loss of a run, computed beside it: nothing is stored, no generator of numbers goes on.

Comes after training. Some of what is trained is replaced by inputs, so that a picture can ask for
the loss anywhere, as often as it likes, while the run stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.compile.compiled import Function
from tutor.compile.function import function
from tutor.compile.mode import Mode
from tutor.core.errors import TutorError
from tutor.core.gradient import grad
from tutor.core.graph import Variable
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs, rebuild, toposort
from tutor.live.history import values_after

if TYPE_CHECKING:
    from tutor.live.training import Training


def beside(f: Function, inputs: Sequence[Variable], outputs: Variable | list[Variable]) -> Function:
    """A function of these outputs with the rules that `f` was compiled with, and no updates."""
    mode = Mode(optimizer=f.mode.optimizer)
    mode = mode.including(*f.mode.included).excluding(*f.mode.excluded)
    return function(inputs, outputs, mode=mode, on_unused_input="ignore", no_default_updates=True)


class Ground:
    """The loss of a run over some of its shared variables, everything else as it is.

    It is that of what pictures are drawn over; the next step is that of the newest batch. Whole
    numbers are variables of real ones, so that there is a loss between them.
    """

    def __init__(self, training: Training, variables: Sequence[SharedVariable]) -> None:
        self.training, self.variables = training, list(variables)
        f = training.f
        symbols: list[Variable] = [TensorType(_real(v), v.broadcastable)(v.name) for v in variables]
        replaced: dict[Variable, Variable] = dict(zip(variables, symbols, strict=True))
        wanted = [f._request.run_outputs[0], *(training.changes.get(v, v) for v in variables)]
        cost, *following = rebuild(wanted, replaced)
        self.read = [v for v in graph_inputs([cost]) if isinstance(v, SharedVariable)]
        self.moving = any(v in training.changes for v in self.read)
        parts = _constant_in(cost, symbols)
        stand: dict[Variable, Variable] = {v: v.type(v.name) for v in parts}
        (lean,) = rebuild([cost], stand)
        slopes = _slopes(lean, symbols)
        inputs = [*symbols, *stand.values(), *f.inputs]
        self._parts = beside(f, f.inputs, parts)
        self._cost = beside(f, inputs, lean)
        self._look = beside(f, inputs, [lean, *slopes])
        self._following = beside(f, [*symbols, *f.inputs], following)
        self.sloped = bool(slopes)
        self.known: tuple[list[Any], list[Any]] | None = None  # the parts, and what they are of

    @property
    def alone(self) -> bool:
        """Whether the loss at a place is the same at every step."""
        return not self.moving and self.training.batches.steady

    def stamp(self) -> list[Any]:
        """What the loss depends on beside the variables: while it is the same, so is the loss."""
        step = self.training.steps if self.moving else 0  # arrays may be trained in place
        return [step, self.training.batches.seen, *(v.container.value for v in self.read)]

    def _rest(self) -> list[Any]:
        """What goes into the loss beside the variables: the parts that are the same everywhere are
        computed once, among them what a generator of random numbers gives.
        """
        stamp = self.stamp()
        if self.known is None or not same(stamp, self.known[0]):
            seen = self.training.batches.seen
            self.known = stamp, [*self._parts(*seen), *seen]
        return self.known[1]

    def now(self) -> list[Any]:
        """The values of the variables as they are."""
        return [np.asarray(v.container.value, _real(v)) for v in self.variables]

    def beginning(self) -> list[Any]:
        """Their values at the start."""
        start = self.training.start
        return [np.asarray(start.get(v, v.container.value), _real(v)) for v in self.variables]

    def start_of(self, values: Sequence[Any]) -> dict[SharedVariable, Any]:
        """What to begin with, to begin at these values."""
        whole = [np.round(value) if v.dtype != _real(v) else value
                 for v, value in zip(self.variables, values, strict=True)]
        return {v: np.asarray(value, v.dtype)
                for v, value in zip(self.variables, whole, strict=True)}

    def cost(self, values: Sequence[Any]) -> float:
        """The loss at these values."""
        return float(self._cost(*values, *self._rest()))

    def look(self, values: Sequence[Any]) -> tuple[float, list[Any]]:
        """The loss there, and how steep it is along each variable, where it has a derivative."""
        loss, *slopes = self._look(*values, *self._rest())
        return float(loss), slopes

    def following(self, values: Sequence[Any]) -> list[Any]:
        """The values after a step from there, with the batch that comes next."""
        ahead = self.training.ahead
        if ahead is not None:  # a run as it was: that step is made
            return [values_after(ahead, v, [self.training.steps + 1])[0] for v in self.variables]
        found: list[Any] = self._following(*values, *self.training.batches.batch)
        return found


def same(stamp: list[Any], other: list[Any] | None) -> bool:
    """Whether two stamps are of the same step and the very same things."""
    return other is not None and stamp[0] == other[0] and all(
        a is b for a, b in zip(stamp[1:], other[1:], strict=True))


def is_number(v: SharedVariable) -> bool:
    """Whether a shared variable holds numbers that a loss can be drawn over."""
    return isinstance(v.type, TensorType) and v.type.numpy_dtype.kind in "fiu"


def _real(v: SharedVariable) -> str:
    return v.dtype if v.dtype.startswith("float") else "float64"


def _constant_in(cost: Variable, symbols: list[Variable]) -> list[Variable]:
    """What is computed on the way to the cost, and not of these symbols."""
    depends, found = set(symbols), dict.fromkeys([cost] if cost.owner is not None else [])
    for node in toposort([cost]):
        if depends.isdisjoint(node.inputs):
            continue
        depends.update(node.outputs)
        found |= dict.fromkeys(v for v in node.inputs if v.owner is not None)
    return [v for v in found if v not in depends and isinstance(v.type, TensorType)]


def _slopes(cost: Variable, wanted: list[Variable]) -> list[Variable]:
    try:
        return list(grad(cost, wanted, disconnected_inputs="ignore"))
    except TutorError:
        return []
