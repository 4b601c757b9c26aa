"""The layout of a run or a race: panels side by side, and a strip of five moments under them.

Comes after the panels; `KINDS` names what there is to see. `View.now` is the scene that moves;
`View.still` adds the strip and is what stays in a saved notebook.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tutor.core.errors import BadValueError
from tutor.core.variables import SharedVariable
from tutor.live.inside import Inside
from tutor.live.landscape import landscape_of
from tutor.live.lanes import HUES, look_of
from tutor.live.layers import InsidePanel, parts_of
from tutor.live.lockstep import Together
from tutor.live.maps import Curve, Plane
from tutor.live.mistakes import MistakesPanel, examples
from tutor.live.panels import (
    BOX,
    SIZE,
    LossPanel,
    Panel,
    RaceLossPanel,
    SheetPanel,
    ValuesPanel,
    headed,
)
from tutor.live.predictions import BoundaryPanel, FitPanel, Model
from tutor.live.training import Training, is_number
from tutor.live.valley import agree
from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import SLOT, Extent, Frame, cut, equation, number
from tutor.pictures.charts.chart import Box, Layer, Mark, Scene
from tutor.pictures.charts.heat import images_of

FRAMES, SMALL = 5, (146, 122)  # small pictures, and pixels of one
MOMENT = Box(10.0, 12.0, 136.0, 92.0)  # of a plot in it
ROW = 22  # pixels of a line of the legend of a race
LONGEST, WIDEST = 24, 42  # letters of a name in the legend, and of all that is said there
#: How many steps a second are worth watching, where each is seen.
PACES = {"landscape": 2.0, "contours": 10.0, "fit": 10.0, "boundary": 30.0}

#: Each view by name, and what it needs.
KINDS = {
    "loss": "a loss",
    "landscape": "a watched scalar that the loss depends on",
    "contours": "two watched scalars, or a watched vector of length 2",
    "boundary": "predict=, an expression of points in the plane",
    "fit": "predict=, an expression of one number for each example",
    "mistakes": "predict=, scores of classes for images with labels",
    "weights": "a watched vector or matrix",
    "images": "a watched array whose columns are square images, or of 3 or 4 dimensions",
    "values": "something to watch",
}


class Picture:
    """The loss by step, and beside it a panel, if there is one."""

    def __init__(self, together: Together, panel: Panel | None, loss: LossPanel, pace: float
                 ) -> None:
        self.together, self.panel, self.loss, self.pace = together, panel, loss, pace
        self.trainings = loss.trainings
        self.y = Extent()
        self.inside: Inside | None = None
        self.more: Sequence[InsidePanel] = ()  # of what is computed beside the run
        self.moving = False  # while a hand moves the start, the axis stands still

    def forget(self, moved: bool = False) -> None:
        """Begin again, after a reset; where only the start moved, the landscape stays."""
        self.y, self.moving = self.y if moved else Extent(), moved
        self.loss.forget()
        if self.inside:
            self.inside.forget()
        if self.panel:
            self.panel.forget(moved)

    def ground(self) -> tuple[float, float, float, float] | None:
        """The rectangle in which the start can be dragged, if any: x, y, width, height."""
        return self.panel.box.placed if isinstance(self.panel, Curve) else None

    def starts(self, x: float, y: float) -> list[dict[SharedVariable, Any]]:
        """The values that each run has to start with at a place of the scene."""
        return self.panel.starts(x, y) if isinstance(self.panel, Curve) else []

    def now(self, ended: bool = True) -> Scene:
        """The scene at this moment; of a run that has `ended`, the axis of steps ends there, and a
        pointer finds what there is to read."""
        if self.moving and self.together.steps:
            self.y, self.moving = Extent(), False
        if self.inside:
            self.inside.look(ended)
        self.loss.now = [training.loss() for training in self.trainings]
        if not self.loss.runaway:
            self.y.hold(*self.loss.heights())
        seen = self.panel.look() if self.panel else []
        limit = self.loss.limit()
        self.y.hold(*(loss for loss in seen if loss <= limit))
        frame, heights = self.loss.frame(self.y, ended), self.y.ends()
        before, under = self.guide(frame)
        losses = chart.Panel(*SIZE, headed(self.head(), *under, *self.loss.layers(frame)),
                             self.loss.reading(frame) if ended else None)
        panels = [losses]
        if self.panel:
            panels.insert(1 - self.panel.first, self.panel.panel(heights, ended, *before))
        more = [panel.panel(heights, ended) for panel in self.more]
        return Scene([*panels, *self.below(), *more], self.words())

    def still(self) -> Scene:
        """The scene with the strip of five moments, once there are steps to choose from."""
        above, last = self.now(), self.together.steps
        if not last or not self.panel or not self.panel.moments:
            return above
        moments = []
        for step in sorted({round(last * i / (FRAMES - 1)) for i in range(FRAMES)}):
            layers = self.panel.moment(step, MOMENT, self.y.ends())
            moments.append(chart.Panel(*SMALL, tuple(layers)))
        return Scene([*above.panels, *moments], above.words)

    def head(self) -> list[tuple[str, str]]:
        """Text to read off over the loss, each with its style."""
        raise NotImplementedError

    def words(self) -> str:
        """The scene in words."""
        raise NotImplementedError

    def guide(self, frame: Frame) -> tuple[list[Layer], list[Layer]]:
        """A guide line that leaves the panel, and comes to the loss."""
        return [], []

    def below(self) -> list[chart.Panel]:
        """The legend under the panels."""
        return []


class View(Picture):
    """The picture of one run: by name, or chosen by what it watches."""

    def __init__(self, together: Together, kind: str | None = None, predict: Any = None,
                 inside: Any = None, show: Any = (), held_back: Any = None) -> None:
        if kind is not None and not (isinstance(kind, str) and kind in KINDS):
            raise BadValueError(f"there is no view {kind!r}.", fix=f"Choose {', '.join(KINDS)}.")
        (self.training,) = together.trainings.values()
        self.model = Model(self.training, predict) if predict is not None else None
        if self.model is not None:
            self.training.follow(self.model.parameters)
        self.kind, panel = self._chosen(kind)
        super().__init__(together, panel, LossPanel([self.training]),
                         PACES.get(self.kind, math.inf))
        if inside or show or held_back is not None:
            held = None if held_back is None else self.training.batches.fixed(held_back)
            self.inside = self.loss.inside = Inside(self.training, show, held)
            self.more = parts_of(self.inside, inside)

    def _chosen(self, kind: str | None) -> tuple[str, Any]:
        """The kind that was named, or the first there is something to show for; and its panel."""
        model, training, named = self.model, self.training, kind is not None
        tries: dict[str, Callable[[], Any]] = {
            "fit": lambda: model and model.of_numbers and FitPanel(model),
            "mistakes": lambda: model and not model.of_numbers and not model.of_plane
            and examples(model) and MistakesPanel(model),
            "boundary": lambda: model and not model.of_numbers and BoundaryPanel(model),
            "landscape": lambda: _map([training], 1, named),
            "contours": lambda: _map([training], 2, named),
            "weights": lambda: self._sheet(_is_sheet, False),
            "values": lambda: training.watch and ValuesPanel(training),
            "images": lambda: self._sheet(_is_images, True)}
        for name in tries if kind is None else {kind} & tries.keys():
            panel = tries[name]()
            if panel:
                return name, panel
        if kind in (None, "loss"):
            return "loss", None
        raise self._none_to_see(kind)

    def _sheet(self, fits: Callable[[SharedVariable], bool], images: bool) -> SheetPanel | None:
        shown = next((v for v in self.training.watch if fits(v)), None)
        return None if shown is None else SheetPanel(self.training, shown, images)

    def _none_to_see(self, kind: str) -> BadValueError:
        """Explain why there is no such view of this run."""
        watched = [f"{v} of shape {v.container.value.shape}" if is_number(v) else str(v)
                   for v in self.training.watch]
        fix = "Name it when the run is made: Descent(f, data, watch=[c])."
        if kind in ("fit", "boundary", "mistakes"):
            fix = "Say what is predicted: Descent(f, data, predict=…)."
        elif watched:
            fix = "Watch another shared variable, or leave view= out."
        return BadValueError(f"the view {kind!r} needs {KINDS[kind]}; this run watches "
                             f"{', '.join(watched) or 'nothing'}.", fix=fix)

    def words(self) -> str:
        """The scene in words."""
        training, (loss,) = self.training, self.loss.now
        said = f"Gradient descent with {training.f.title} after {_steps(training.steps)}"
        losses, batches = training.history.losses, training.batches
        if batches.on is not None:  # what the steps returned was over other data
            said += f": the loss on fixed data is {number(loss)}" if loss == loss else ""
        elif losses:
            said += ": the loss of its batch" if batches.varying else ": the loss"
            said += f" went from {number(losses[0])}"
            said += f" to {number(loss if loss == loss else losses[-1])}"
        for v in training.watch:
            if v.ndim == 0:
                said += f", {v.name or 'the watched value'} is {number(float(v.container.value))}"
        if training.problem is not None:
            said += f". It stopped: {training.problem.what.rstrip('.')}"
        return said + "."

    def head(self) -> list[tuple[str, str]]:
        """Text to read off over the loss: the step, the loss, the rate."""
        training, (loss,) = self.training, self.loss.now
        said = [("head", f"step {training.steps}"),
                ("head", f"loss {number(loss)}" if loss == loss else "")]
        if training.rate is not None:
            rate = float(training.rate.container.value)
            said.append(("head", equation(training.rate.name, rate, SLOT + 2)))
        return said

    def guide(self, frame: Frame) -> tuple[list[Layer], list[Layer]]:
        """From the point in the valley to the same height in the curve of the loss."""
        if not isinstance(self.panel, Curve) or self.kind != "landscape":
            return [], []
        place = self.panel.places[0]
        height = math.nan if frame.y.log else frame.y(place.loss)
        left: chart.Points = ()
        right: chart.Points = ()
        if frame.y.end <= height <= frame.y.start:
            x = self.panel.frame(BOX, self.y.ends()).x(place.at[0])
            left, right = (x, height, SIZE[0], height), (
                0, height, frame.x(self.training.steps), height)
        return [Layer((chart.line("guide", left),))], [Layer((chart.line("guide", right),))]


class RaceView(Picture):
    """The picture of runs by name that step together.

    A colour, a dash and a number belong to each run; who runs away leaves the picture at its edge,
    so that the others stay in sight, and who dropped out has a cross at its end.
    """

    def __init__(self, together: Together) -> None:
        trainings = list(together.trainings.values())
        panel = _map(trainings, 1, False, race=True) or _map(trainings, 2, False, race=True)
        super().__init__(together, panel, RaceLossPanel(trainings), 2.0 if panel else math.inf)

    def words(self) -> str:
        """The scene in words."""
        runs = self.together.trainings
        said = [f"A race of {len(runs)} runs after {_steps(self.together.steps)}"]
        said += [f"{name}: {', '.join(_told(training, loss, 4))}"
                 for (name, training), loss in zip(runs.items(), self.loss.now, strict=True)]
        return "; ".join(said) + "."

    def head(self) -> list[tuple[str, str]]:
        """The step."""
        return [("head", f"step {self.together.steps}")]

    def below(self) -> list[chart.Panel]:
        """The legend, in two columns where there is room."""
        entries = [self._entry(i) for i in range(len(self.trainings))]
        half = -(-len(entries) // 2)
        return [self._column(column) for column in (entries[:half], entries[half:]) if column]

    def _column(self, entries: list[Callable[[float], list[Mark]]]) -> chart.Panel:
        marks = [mark for k, entry in enumerate(entries) for mark in entry(18.0 + ROW * k)]
        return chart.Panel(SIZE[0], 14 + ROW * len(entries), (Layer(tuple(marks)),))

    def _entry(self, i: int) -> Callable[[float], list[Mark]]:
        """The line of a run in the legend, drawn at a height."""
        name = list(self.together.trainings)[i]
        words = _fitting(name, self.trainings[i], self.loss.now[i])
        return lambda y: [chart.line(look_of(i), (16.0, y - 4, 52.0, y - 4)),
                          chart.text(f"head hue{i % HUES}", 60.0, y, str(i + 1)),
                          chart.text("plain", 78.0, y, words)]


def _map(trainings: list[Training], dimensions: int, named: bool,
         race: bool = False) -> Curve | None:
    """The map over one number or two, where there is one; of a race, where all move over the same
    loss."""
    found = [landscape_of(training, dimensions, named) for training in trainings]
    shared = [one for one in found if one is not None and (one.alone or not race)]
    if len(shared) < len(found) or (race and not agree(shared)):
        return None
    return (Curve if dimensions == 1 else Plane)(shared, race)


def _fitting(name: str, training: Training, loss: float) -> str:
    """The entry of a run in the legend, as much as there is room for."""
    short, said = cut(name, LONGEST), _told(training, loss, 3)
    while len(": ".join([short, ", ".join(said)])) > WIDEST and len(said) > 1:
        said.pop()
    return f"{short}: {', '.join(said)}" if said else short


def _told(training: Training, loss: float, digits: int) -> list[str]:
    """The state of a run in a few words."""
    if training.problem is not None:
        return [f"out of range at step {training.steps}"]
    said = [f"loss {number(loss, digits)}"] if loss == loss else []
    return said + [f"{v.name or 'value'} = {number(float(v.container.value), digits)}"
                   for v in training.watch[:2] if v.ndim == 0]


def _steps(count: int) -> str:
    return f"{count} step{'s' * (count != 1)}"


def _is_sheet(v: SharedVariable) -> bool:
    return is_number(v) and v.ndim in (1, 2) and v.container.value.size > 0


def _is_images(v: SharedVariable) -> bool:
    return is_number(v) and images_of(v.container.value) is not None
