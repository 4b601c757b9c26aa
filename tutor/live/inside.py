"""A run from the inside: its layers, what they give, how steep the loss is, now and at checkpoints.

Comes after the past. Layers are found in the graph of the loss: a weight that meets data in a
product, and what elementwise operations make of that. All is computed over what pictures are drawn
over; what costs much is computed less often while a run goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.core.errors import ArgumentError, TutorError
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import ancestors, toposort
from tutor.formulas import brief
from tutor.gradient import grad
from tutor.live.checkpoints import Past
from tutor.live.training import Training

MOST = 6  # layers
CHECKPOINTS = 32  # at which earlier values are computed, at most twice as many
REST = 9.0  # times as long as it takes, nothing is computed anew while a run goes on
LINE = np.linspace(-0.25, 1.5, 29)  # of the way from the start to where it is
ACROSS, UP = np.linspace(-0.4, 1.4, 19), np.linspace(-0.9, 0.9, 15)  # of the plane around it


Times = tuple[list[int], NDArray[np.float64], NDArray[np.float64]]


class Layer(NamedTuple):
    """A trained array, and what comes of its product with data."""

    weight: SharedVariable
    active: Variable

    @property
    def name(self) -> str:
        """The name of its weight."""
        return self.weight.name or "weights"


def layers_of(training: Training) -> list[Layer]:
    """The layers of a loss, from the data on."""
    nodes = toposort([training.f._request.run.outputs[0]])
    trained = [v for v in training.changes if isinstance(v.type, TensorType) and v.ndim]
    data: set[Variable] = set()  # what depends on more than what is trained
    of: dict[Variable, SharedVariable] = {v: v for v in trained}  # what comes of one alone
    active: dict[SharedVariable, Variable] = {}
    layer: dict[Variable, SharedVariable] = {}  # what belongs to one
    for node in nodes:
        free = [v for v in node.inputs if v in data or not _is_fixed(v, training)]
        weights = [of[v] for v in node.inputs if v in of]
        if not free:
            of |= dict.fromkeys(node.outputs, weights[0]) if weights else {}
            continue
        data.update(node.outputs)
        if node.op.elementwise:
            owners = [layer.get(v) for v in free]
            weights = [v for v in owners[:1] if v is not None and owners == [v] * len(owners)]
        else:
            weights = [v for v in weights[:1] if v not in active]
        for v in weights:
            layer[node.outputs[0]], active[v] = v, node.outputs[0]
    given = [(v, layer[v]) for node in nodes for v in node.inputs
             if v in layer and layer.get(node.outputs[0]) is not layer[v]]
    for weight in active:  # the last of it that all that is used elsewhere is made of
        of_all = [ancestors([v]) for v, owner in given if owner is weight]
        common = [v for v, owner in layer.items()
                  if owner is weight and all(v in found for found in of_all)]
        active[weight] = common[-1]
    return [Layer(weight, found) for weight, found in active.items() if found.type.ndim][:MOST]


def _is_fixed(v: Variable, training: Training) -> bool:
    """Say whether a variable is trained, constant, or made of such."""
    return isinstance(v, Constant) or v in training.changes or v.owner is not None


@contextmanager
def standing(values: Mapping[SharedVariable, Any]) -> Iterator[None]:
    """Shared variables have other values within."""
    before = {v: v.container.value for v in values}
    try:
        for v, value in values.items():
            v.container.value = value
        yield
    finally:
        for v, value in before.items():
            v.container.value = value


class Inside:
    """What is computed of a run beside its steps: `layers`, and `shown`, expressions by name."""

    def __init__(self, training: Training, show: Sequence[Any] = (), held: Any = None) -> None:
        self.training, self.held = training, held
        self.rest = REST
        self.layers = layers_of(training)
        self.shown = {v.name or brief(v, 30): v for v in map(_expression, show)}
        self.weights = [layer.weight for layer in self.layers]
        loss = training.f._request.run.outputs[0]
        slopes = grad(loss, self.weights, disconnected_inputs="ignore") if self.weights else []
        f = training.f
        self.looks = training.beside(f.inputs, [*(layer.active for layer in self.layers),
                                                *self.shown.values()])
        self.norms = training.beside(f.inputs, [(g ** 2).sum() ** 0.5 for g in slopes])
        self._loss = training.beside(f.inputs, loss)
        self.forget()

    def forget(self) -> None:
        """Begin again, after a reset."""
        self.known: dict[int, tuple[list[float], float]] = {}  # by checkpoint
        self.first: list[Any] = []
        self.values: list[Any] = []
        self.times: Times = [0], np.zeros((1, 0)), np.zeros(1)
        self.count, self.took, self.when = 0, 0.0, 0.0  # of looks; seconds

    def look(self, ended: bool) -> None:
        """Compute what is to be seen now; not too often, as long as the run goes on."""
        clock = time.perf_counter()
        if self.count and not ended and clock < self.when + self.rest * self.took:
            return
        if not self.count:
            with standing(self.training.start):
                self.first = self.computed()
        self.values, self.times = self.computed(), self.over_time()
        self.count += 1
        self.when = time.perf_counter()
        self.took = self.when - clock

    def computed(self) -> list[Any]:
        """What every layer gives, and what else is shown, with the parameters as they are."""
        found: list[Any] = self.looks(*self.training.batches.seen)
        return found

    def active(self, layer: Layer) -> tuple[Any, Any]:
        """What a layer gave at the start, and gives."""
        place = self.layers.index(layer)
        return self.first[place], self.values[place]

    def expression(self, name: str) -> Any:
        """The value of what is shown by this name."""
        return self.values[len(self.layers) + list(self.shown).index(name)]

    def loss(self, values: Mapping[SharedVariable, Any], arguments: Sequence[Any] | None = None
             ) -> float:
        """The loss with other values of what is trained."""
        with standing(values):
            try:
                return float(self._loss(*(arguments or self.training.batches.seen)))
            except TutorError:
                return float("nan")

    def over_time(self) -> Times:
        """Checkpoints (n,), the norm of the gradient of each weight (n, layers), and the loss on
        what is held back (n,)."""
        training = self.training
        past, last = Past(training), training.steps
        kept = [step for step in past.steps if step <= last]
        stride = 2 ** max(0, (len(kept) // CHECKPOINTS).bit_length())
        steps = sorted({*kept[::stride], last})
        for step in steps:
            if step not in self.known or step == last:
                self.known[step] = self._at(past.at(step) if step < last else {})
        norms = np.array([self.known[step][0] for step in steps]).reshape(len(steps), -1)
        return steps, norms, np.array([self.known[step][1] for step in steps])

    def _at(self, values: Mapping[SharedVariable, Any]) -> tuple[list[float], float]:
        with standing(values):
            norms = [float(v) for v in self.norms(*self.training.batches.seen)]
        return norms, self.loss(values, self.held) if self.held is not None else float("nan")

    # Between the start and where it is

    def line(self) -> NDArray[np.float64]:
        """The loss along the way from the start to where it is and on, as points (share, loss)."""
        start, now = self._ends()
        return np.array([(share, self.loss(_mixed(start, now, share))) for share in LINE.tolist()])

    def plane(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The loss over a plane through the start, where it is, and the middle of its way, (rows,
        columns); and the checkpoints in it, as points."""
        start, now = self._ends()
        past, last = Past(self.training), self.training.steps
        kept = [step for step in past.steps if step <= last]
        along = _flat(now) - _flat(start)
        ways = np.array([_flat({v: past.at(step)[v] for v in start}) - _flat(start)
                         for step in kept[::max(1, len(kept) // CHECKPOINTS)]])
        size = float(along @ along) or 1.0
        aside = ways - np.outer(ways @ along / size, along)
        far = aside[np.argmax((aside ** 2).sum(axis=1))]
        if not far.any():  # straight: any direction across will do
            far = np.random.RandomState(0).randn(len(along))
            far -= far @ along / size * along
        up = far * (size ** 0.5 / float(np.linalg.norm(far) or 1.0))
        heights = [[self.loss(_moved(start, a * along + b * up)) for a in ACROSS.tolist()]
                   for b in UP.tolist()]
        points = np.stack([ways @ along / size, ways @ up / size], axis=1)
        return np.array(heights), np.concatenate([points, [[1.0, 0.0]]])

    def _ends(self) -> tuple[dict[SharedVariable, Any], dict[SharedVariable, Any]]:
        used = [v for v in self.training.changes if v.dtype.startswith("float")]
        return ({v: self.training.start[v] for v in used}, {v: v.container.value for v in used})


def _mixed(start: Mapping[SharedVariable, Any], now: Mapping[SharedVariable, Any], share: float
           ) -> dict[SharedVariable, Any]:
    return {v: np.asarray(value + share * (now[v] - value), v.dtype) for v, value in start.items()}


def _moved(start: Mapping[SharedVariable, Any], by: Any) -> dict[SharedVariable, Any]:
    found, at = {}, 0
    for v, value in start.items():
        part = by[at:at + value.size].reshape(value.shape)
        found[v], at = np.asarray(value + part, v.dtype), at + value.size
    return found


def _flat(values: Mapping[SharedVariable, Any]) -> Any:
    return np.concatenate([np.ravel(value) for value in values.values()]).astype(float)


def _expression(v: Any) -> Variable:
    if not isinstance(v, Variable) or not isinstance(v.type, TensorType):
        raise ArgumentError(f"show is a list of expressions, and {quoted(v)} is none.",
                            fix="Write Descent(f, data, show=[attention]).")
    return v
