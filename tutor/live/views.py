"""What a run looks like: its panels side by side, and a strip of five moments from start to end.

Comes after the panels; `KINDS` names what there is to see. `View.now` is the scene that moves;
`View.still` adds the strip under it and is what stays in a saved notebook.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError, TutorError
from tutor.core.variables import SharedVariable
from tutor.live import scene
from tutor.live.axes import Axis, equation, number
from tutor.live.beside import is_number
from tutor.live.boundary import BoundaryPanel, Prediction
from tutor.live.fit import FitPanel
from tutor.live.history import values_after
from tutor.live.landscape import Landscape, Place
from tutor.live.model import Model
from tutor.live.panels import (
    LandscapePanel,
    LossPanel,
    ValuesPanel,
    moving,
)
from tutor.live.planes import ContourPanel
from tutor.live.plot import SLOT, Extent, Frame
from tutor.live.scene import Layer, Scene
from tutor.live.sheets import SheetPanel, images_of, scale_of
from tutor.live.surface import Spot, Surface
from tutor.live.training import Training

WIDTH, HEIGHT = 760, 286
LEFT, RIGHT = (52.0, 356.0), (448.0, 738.0)
FRAMES = 5
#: How many steps a second are worth watching, where each is seen.
PACES = {"landscape": 2.0, "contours": 10.0, "fit": 10.0, "boundary": 30.0}
STRIP = 122  # pixels for the strip
CAPTION = 22  # characters under a frame of it


#: Each view by name, and what it needs.
KINDS = {
    "loss": "a loss",
    "landscape": "a watched scalar that the loss depends on",
    "contours": "two watched scalars, or a watched vector of length 2",
    "boundary": "predict=, an expression of points in the plane",
    "fit": "predict=, an expression of one number for each example",
    "weights": "a watched vector or matrix",
    "images": "a watched array whose columns are square images, or of 3 or 4 dimensions",
    "values": "something to watch",
}


class View:
    """The panels for one run: by name, or chosen by what it watches."""

    def __init__(self, training: Training, kind: str | None = None, predict: Any = None) -> None:
        if kind is not None and not (isinstance(kind, str) and kind in KINDS):
            raise BadValueError(f"there is no view {kind!r}.", fix=f"Choose {', '.join(KINDS)}.")
        self.training, self.kind = training, kind
        self.y = Extent()
        self.moving = False  # while a hand moves the start, the axis stands still
        self.model = Model(training, predict) if predict is not None else None
        if self.model is not None:
            training.follow(self.model.parameters)
        self.surface: Surface | None = None
        self.landscape: Landscape | None = None
        self.shown: SharedVariable | None = None  # as a sheet
        self._choose()
        first, second = (RIGHT, LEFT) if self._map else (LEFT, RIGHT)
        if self.kind == "loss":
            first = (LEFT[0], RIGHT[1])
        self.pace = PACES.get(self.kind or "", math.inf)
        self.loss = LossPanel(training, *first)
        self.sheet = SheetPanel(self.shown, self.kind == "images", *second) if (
            self.shown is not None) else None
        self.values = ValuesPanel(training, *second)
        self.valley: LandscapePanel | None = None
        self.contours: ContourPanel | None = None
        self.boundary: BoundaryPanel | FitPanel | None = None
        if self.model and self.kind == "fit":
            self.boundary = FitPanel(self.model, *LEFT)
        elif self.model and self.kind == "boundary":
            self.boundary = BoundaryPanel(Prediction(self.model), *LEFT)
        self._see()

    @property
    def _map(self) -> bool:
        return self.kind in ("landscape", "contours", "boundary", "fit")

    def _choose(self) -> None:
        """The kind that was named, or the first there is something to show for."""
        tries: dict[str, Callable[[], Any]] = {
            "fit": lambda: self.model and _one_number(self.model),
            "boundary": lambda: self.model and not _one_number(self.model),
            "landscape": self._find_landscape, "contours": self._find_surface,
            "weights": lambda: self._find_sheet(_is_sheet), "values": lambda: self.training.watch,
            "images": lambda: self._find_sheet(_is_images), "loss": lambda: True}
        if self.kind is None:
            self.kind = next(name for name, found in tries.items() if found())
        elif not tries[self.kind]():
            raise self._none_to_see(self.kind)

    def _none_to_see(self, kind: str) -> BadValueError:
        """Why there is no such view of this run."""
        watched = [f"{v} of shape {v.container.value.shape}" if is_number(v) else str(v)
                   for v in self.training.watch]
        fix = "Name it when the run is made: Descent(f, data, watch=[c])."
        if kind in ("fit", "boundary"):
            fix = "Say what is predicted: Descent(f, data, predict=…)."
        elif watched and kind != "loss":
            fix = "Watch another shared variable, or leave view= out."
        return BadValueError(f"the view {kind!r} needs {KINDS[kind]}; this run watches "
                             f"{', '.join(watched) or 'nothing'}.", fix=fix)

    def _find_landscape(self) -> Landscape | None:
        self.landscape = _landscape(self.training, self.kind is not None)
        return self.landscape

    def _find_surface(self) -> Surface | None:
        self.surface = _surface(self.training, self.kind is not None)
        return self.surface

    def _find_sheet(self, fits: Callable[[SharedVariable], bool]) -> bool:
        self.shown = next((v for v in self.training.watch if fits(v)), None)
        return self.shown is not None

    def _see(self) -> None:
        """Panels that look where the start is."""
        self.valley = LandscapePanel(self.landscape, *LEFT) if self.landscape else None
        self.contours = ContourPanel(self.surface, *LEFT) if self.surface else None

    def forget(self, moved: bool = False) -> None:
        """Begin again, after a reset; where only the start moved, the landscape stays."""
        self.y, self.moving = self.y if moved else Extent(), moved
        self.loss.forget()
        self.values.forget()
        if not moved:
            self._see()
        elif self.valley:
            self.valley.seen = 0
        elif self.contours:
            self.contours.forget()

    def start_at(self, x: float, y: float) -> dict[SharedVariable, Any]:
        """The values of the watched variables at a place of the scene, to start from."""
        if self.valley and self.landscape:
            return self.landscape.start(self.valley.at_pixel(x, y))
        return self.surface.start(self.contours.at_pixel(x, y)) if (
            self.contours and self.surface) else {}

    def ground(self) -> tuple[float, float, float, float] | None:
        """Where in the scene the point can be dragged."""
        panel = self.valley or self.contours
        return panel.box if panel else None

    def now(self) -> Scene:
        """The scene at this moment."""
        if self.moving and self.training.steps:
            self.y, self.moving = Extent(), False
        now = self.training.loss()
        place: Place | None = self.landscape.here() if self.landscape else None
        spot = self.surface.here() if self.surface else None
        if not self.loss.runaway:
            self.y.hold(now, *self.loss.ends())
        if self.valley and place:
            self.valley.look(place)
            self.y.hold(*self.valley.heights)
        if self.contours and spot:
            self.contours.look(spot)
        frame, layers = self.loss.layers(self.y, now)
        if self.valley and place:
            _, more = self.valley.layers(self.y.axis(), place)
            layers = [self._guide(frame, place), *more, *layers]
        elif self.contours and spot:
            layers = [*self.contours.layers(spot), *layers]
        elif self.boundary:
            layers += self.boundary.layers()
        elif self.sheet:
            layers += self.sheet.layers()
        elif self.kind == "values":
            layers += self.values.layers()
        head = self._head(now, place, spot)
        return Scene(WIDTH, HEIGHT, (head, *layers), self.words(now))

    def still(self) -> Scene:
        """The scene with the strip of five moments, once there are steps to choose from."""
        above = self.now()
        strip = self._strip()
        if not strip:
            return above
        return above._replace(height=HEIGHT + STRIP, layers=(*above.layers, *strip))

    def words(self, loss: float) -> str:
        """The scene in words; `loss` is how large it is now."""
        training = self.training
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

    def _head(self, loss: float, place: Place | None, spot: Spot | None) -> Layer:
        """What is read off: the step, the loss, the point, its slope, the rate."""
        training = self.training
        said = [f"step {training.steps}", f"loss {number(loss)}" if loss == loss else ""]
        if place:
            name = self.landscape.variable.name if self.landscape else None
            said.append(equation(name or "value", number(place.at), SLOT))
            said.append(f"slope {number(place.slope)}" if place.slope is not None else "")
        if self.contours and spot:
            said += self.contours.head(spot)
        if self.kind == "fit" and self.model:
            said += [equation(v.name or "value", number(float(v.container.value)), SLOT)
                     for v in self.model.parameters if v.ndim == 0][:2]
        if training.rate is not None:
            said.append(f"{training.rate.name} = {number(float(training.rate.container.value))}")
        said += [""] * (5 - len(said))
        at = (LEFT[0], 150.0, 270.0, 400.0, 540.0)
        looks = ("head", "head", "head point", "head slope", "head") if place else ("head",) * 5
        if spot:
            looks = ("head", "head", "head point", "head point", "head")
        return Layer(tuple(scene.text(look, x, 18.0, words)
                           for look, x, words in zip(looks, at, said, strict=True)))

    def _guide(self, frame: Frame, place: Place) -> Layer:
        """A line from the point in the valley to the same height in the curve of the loss."""
        height = frame.y(place.loss) if not self.loss.logarithmic else math.nan
        inside = frame.y.end <= height <= frame.y.start
        points = (LEFT[0], height, frame.x(self.training.steps), height) if inside else ()
        return Layer((scene.line("guide", points),))

    def _strip(self) -> list[Layer]:
        last = self.training.steps
        if not last or self.kind in ("loss", "values"):
            return []
        moments = sorted({round(last * i / (FRAMES - 1)) for i in range(FRAMES)})
        wide = (RIGHT[1] - LEFT[0] - 4 * 16) / FRAMES
        layers: list[Layer] = []
        for i, moment in enumerate(moments):
            left = round(LEFT[0] + i * (wide + 16), 1)
            layers += self._moment(moment, left, round(left + wide, 1))
        return layers

    def _moment(self, step: int, left: float, right: float) -> list[Layer]:
        """One small frame of the strip, with its caption."""
        top, bottom = HEIGHT + 12.0, HEIGHT + 92.0
        if self.valley and self.landscape and self.valley.ends:
            place = self.landscape.after(step)
            frame = Frame(Axis(*self.valley.ends, left, right), Axis(*self.y.ends(), bottom, top))
            curve = [p for a, b in self.valley.points[::3] for p in (frame.x(a), frame.y(b))]
            drawn = frame.inside(scene.line("curve", curve),
                                 *moving(frame, place, 26.0))
            edge = scene.line("frame", (left, bottom, right, bottom))
            name = self.landscape.variable.name or "value"
            begun = f"step {step}: "
            caption = begun + equation(name, number(place.at, 3), CAPTION - len(begun))
            return [Layer((edge, _caption(left, right, bottom, caption))), drawn]
        panel = self.contours or self.boundary
        if panel:
            more, layers = panel.moment(step, left, right, (bottom, top))
            caption = f"step {step}: {more}" if more else f"step {step}"
            return [Layer((_caption(left, right, bottom, caption),)), *layers]
        assert self.sheet is not None
        return [self._sheet_at(self.sheet, step, (left, top, right - left, bottom - top))]

    def _sheet_at(self, sheet: SheetPanel, step: int, box: tuple[float, float, float, float]
                  ) -> Layer:
        steps, values = self.training.history.steps(sheet.variable), sheet.variable
        at = int(np.abs(steps - step).argmin())
        last = values.container.value
        then = last if at == len(steps) - 1 else values_after(
            self.training.history, values, [int(steps[at])])[0]
        left, _, width, _ = box
        caption = _caption(left, left + width, box[1] + box[3], f"step {int(steps[at])}")
        return Layer((sheet.sheet(then, box, scale_of(last), low=True), caption))


def _caption(left: float, right: float, bottom: float, words: str) -> scene.Mark:
    return scene.text("tick mid", round((left + right) / 2, 1), bottom + 20, words)


def _steps(count: int) -> str:
    return f"{count} step{'s' * (count != 1)}"


def _one_number(model: Model) -> bool:
    """Whether an example is one number, and no point of the plane."""
    own, _ = model.data()
    return model.symbol.ndim == 1 or (own is not None and own.shape[1:] == (1,))


def _landscape(training: Training, named: bool) -> Landscape | None:
    """The landscape along the only scalar that is watched, where there is one; or the first."""
    scalars = [v for v in training.watch if v.ndim == 0 and is_number(v)]
    if not scalars or (not named and len(training.watch) != 1):
        return None
    try:
        return Landscape(training, scalars[0])
    except TutorError:
        return None


def _surface(training: Training, named: bool) -> Surface | None:
    """The plane of two scalars or a vector of two, if nothing else is watched (or it is named)."""
    floats = [v for v in training.watch if is_number(v)]
    scalars = [v for v in floats if v.ndim == 0][:2]
    pairs = [v for v in floats if v.ndim == 1 and v.get_value(borrow=True).size == 2][:1]
    chosen = scalars if len(scalars) == 2 else pairs
    if not chosen or (not named and len(chosen) != len(training.watch)):
        return None
    try:
        return Surface(training, chosen)
    except TutorError:
        return None


def _is_sheet(v: SharedVariable) -> bool:
    return is_number(v) and v.ndim in (1, 2) and v.container.value.size > 0


def _is_images(v: SharedVariable) -> bool:
    return is_number(v) and images_of(v.container.value) is not None
