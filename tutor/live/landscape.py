"""The loss as a function of one or two parameters, everything else as it is.

Comes after training, beside which it is computed: what varies is replaced by inputs, so that a
picture can ask for the loss anywhere, as often as it likes, while the run stays where it is;
nothing is stored, no generator of numbers goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.core.errors import TutorError
from tutor.core.graph import Variable
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs, rebuild, toposort
from tutor.gradient import grad
from tutor.live.training import Training, is_number
from tutor.pictures.charts.contours import Grid, finer

Point = tuple[float, ...]  # a number for each parameter
FINE, COARSE = (41, 27), (29, 19)  # columns and rows: once, and anew for every frame
TIMES = 6  # so many times as many, where the slopes are known


class Place(NamedTuple):
    """A point of the landscape: where, how high, how steep each way, where the next step leads."""

    at: Point
    loss: float
    slope: Point | None
    next: Point


class Landscape:
    """The loss of a run over some of its shared variables: scalars, or a vector of two.

    It is that of what pictures are drawn over; the next step is that of the newest batch. Whole
    numbers are variables of real ones, so that there is a loss between them.
    """

    def __init__(self, training: Training, variables: Sequence[SharedVariable]) -> None:
        self.training, self.variables = training, list(variables)
        self.dtypes = [v.dtype if v.dtype.startswith("float") else "float64" for v in variables]
        f = training.f
        self.symbols: list[Variable] = [TensorType(dtype, v.broadcastable)(v.name)
                                        for v, dtype in zip(variables, self.dtypes, strict=True)]
        replaced: dict[Variable, Variable] = dict(zip(variables, self.symbols, strict=True))
        wanted = [f._request.run.outputs[0], *(training.changes.get(v, v) for v in variables)]
        self.cost, *following = rebuild(wanted, replaced)
        self.read = [v for v in graph_inputs([self.cost]) if isinstance(v, SharedVariable)]
        self.moving = any(v in training.changes for v in self.read)
        parts = _constant_in(self.cost, self.symbols)
        stand: dict[Variable, Variable] = {v: v.type(v.name) for v in parts}
        (lean,) = rebuild([self.cost], stand)
        slopes = self.slopes(lean)
        inputs = [*self.symbols, *stand.values(), *f.inputs]
        self._parts = training.beside(f.inputs, parts)
        self._cost = training.beside(inputs, lean)
        self._look = training.beside(inputs, [lean, *slopes])
        self.following = training.beside([*self.symbols, *f.inputs], following)
        self.sloped = bool(slopes)
        self.known: tuple[list[Any], list[Any]] | None = None  # the parts, and what they are of

    def slopes(self, cost: Variable) -> list[Variable]:
        """The derivatives of the loss, written so, by each variable; none where there are none."""
        try:
            return list(grad(cost, self.symbols, disconnected_inputs="ignore"))
        except TutorError:
            return []

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each number."""
        if [v.ndim for v in self.variables] == [1]:
            name = self.variables[0].name or "value"
            return f"{name}[0]", f"{name}[1]"
        plain = ["value"] if len(self.variables) == 1 else ["value 1", "value 2"]
        return tuple(v.name or said for v, said in zip(self.variables, plain, strict=True))

    @property
    def alone(self) -> bool:
        """Say whether the loss at a place is the same at every step."""
        return not self.moving and self.training.batches.steady

    def stamp(self) -> list[Any]:
        """The state that the loss depends on beside the variables."""
        step = self.training.steps if self.moving else 0  # arrays may be trained in place
        return [step, self.training.batches.seen, *(v.container.value for v in self.read)]

    def loss(self, at: Point) -> float:
        """The loss at a point."""
        return float(self._cost(*self._values(at), *self._rest()))

    def here(self, at: Point | None = None) -> Place:
        """The place the run is at (or would be at)."""
        at = self._point([v.container.value for v in self.variables]) if at is None else at
        return self._place(at, self._point(self._next(self._values(at))))

    def after(self, step: int) -> Place:
        """The place it was at after a step, seen as everything else is now."""
        if step >= self.training.steps:
            return self.here()
        return self._place(*self.path([step, step + 1]))

    def slope_at(self, at: Point) -> Place:
        """A place of which nobody asks where the next step leads."""
        return self._place(at, at)

    def start(self, at: Point) -> dict[SharedVariable, Any]:
        """The first values of a run that begins at a point, of whole numbers the nearest."""
        return {v: np.asarray(value if v.dtype == dtype else np.round(value), v.dtype) for
                v, dtype, value in zip(self.variables, self.dtypes, self._values(at), strict=True)}

    def beginning(self) -> Point:
        """The point where the run starts."""
        start = self.training.start
        return self._point([start.get(v, v.container.value) for v in self.variables])

    def path(self, steps: Sequence[int]) -> list[Point]:
        """The points after these steps."""
        columns = [self.training.history.after(v, steps) for v in self.variables]
        if self.variables[0].ndim:
            return [tuple(at) for at in np.array(columns[0], float).tolist()]
        return [*zip(*columns, strict=True)]

    def way(self, most: int, since: int = 0) -> list[Point]:
        """The points after steps from `since` on: every so-manyth, and the last; of the whole run
        at most twice as many as `most`."""
        last = self.training.steps
        stride = 2 ** max(0, math.ceil(math.log2(max(1, last) / most)))
        return self.path([*range(-(-since // stride) * stride, last, stride), last])

    def trail(self, most: int) -> list[Point]:
        """The last places on a curve before the present one, with the loss as it is there now."""
        training = self.training
        steps = range(max(0, training.steps - most), training.steps)
        came = self.path(steps)
        if self.alone and training.batches.on is None:
            return [(*at, training.history.losses[k]) for at, k in zip(came, steps, strict=True)]
        return [(*at, self.loss(at)) for at in came]

    def look_along(self, points: Sequence[Point]) -> tuple[Grid, Grid]:
        """The loss (n,) and its slopes (n, k) at many points."""
        places = [self.slope_at(at) for at in points]
        none = (np.nan,) * len(self.names)
        return (np.array([place.loss for place in places]),
                np.array([place.slope or none for place in places]))

    def _place(self, at: Point, following: Point) -> Place:
        loss, *slopes = self._look(*self._values(at), *self._rest())
        return Place(at, float(loss), self._point(slopes) if slopes else None, following)

    def _point(self, values: Sequence[Any]) -> Point:
        return tuple(float(number) for value in values for number in np.ravel(value))

    def _values(self, at: Point) -> list[Any]:
        parts: Any = at if len(self.variables) == len(at) else [at]
        return [np.asarray(part, dtype) for part, dtype in zip(parts, self.dtypes, strict=True)]

    def _next(self, values: Sequence[Any]) -> list[Any]:
        """The values after a step from there, with the batch that comes next."""
        ahead = self.training.ahead
        if ahead is not None:  # a run as it was: that step is made
            return [ahead.after(v, [self.training.steps + 1])[0] for v in self.variables]
        found: list[Any] = self.following(*values, *self.training.batches.batch)
        return found

    def _rest(self) -> list[Any]:
        """The arguments of the loss beside the variables: parts that are the same everywhere are
        computed once, among them what a generator of random numbers gives.
        """
        stamp = self.stamp()
        if self.known is None or not same(stamp, self.known[0]):
            seen = self.training.batches.seen
            self.known = stamp, [*self._parts(*seen), *seen]
        return self.known[1]


def landscape_of(training: Training, dimensions: int, named: bool) -> Landscape | None:
    """The landscape over the one or two numbers that are watched, where there is one and nothing
    else is watched; where it is asked for by name, over the first of them."""
    numbers = [v for v in training.watch if is_number(v)]
    chosen = [v for v in numbers if v.ndim == 0][:dimensions]
    if len(chosen) < dimensions:
        chosen = [v for v in numbers if dimensions == 2 and v.container.value.shape == (2,)][:1]
    if not chosen or (not named and len(chosen) != len(training.watch)):
        return None
    try:
        return Landscape(training, chosen)
    except TutorError:
        return None


def grid(landscape: Landscape, x: tuple[float, float], y: tuple[float, float]) -> Grid:
    """The loss over a rectangle, (rows, columns), the first row the lowest."""
    columns, rows = FINE if landscape.alone else COARSE
    across, up = np.linspace(*x, columns), np.linspace(*y, rows)
    places = [(a, b) for b in up.tolist() for a in across.tolist()]
    heights, slopes = landscape.look_along(places)
    heights = heights.reshape(rows, columns)
    if not landscape.sloped:
        return heights
    along, upward = slopes.T.reshape(2, rows, columns)
    return finer(heights, along, upward, across, up, TIMES)


def same(stamp: list[Any], other: list[Any] | None) -> bool:
    """Say whether two stamps are of the same step and the very same things."""
    return other is not None and stamp[0] == other[0] and all(
        a is b for a, b in zip(stamp[1:], other[1:], strict=True))


def _constant_in(cost: Variable, symbols: list[Variable]) -> list[Variable]:
    """Subexpressions of the cost that do not depend on these symbols."""
    depends, found = set(symbols), dict.fromkeys([cost] if cost.owner is not None else [])
    for node in toposort([cost]):
        if depends.isdisjoint(node.inputs):
            continue
        depends.update(node.outputs)
        found |= dict.fromkeys(v for v in node.inputs if v.owner is not None)
    return [v for v in found if v not in depends and isinstance(v.type, TensorType)]
