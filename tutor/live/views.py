"""What a run looks like: its panels side by side, and a strip of five moments from start to end.

Comes after the panels. `View.now` is the scene that moves; `View.still` adds the strip under it and
is what stays in a saved notebook.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tutor.errors import TutorError
from tutor.graph.shared import SharedVariable
from tutor.live import scene
from tutor.live.axes import Axis, number
from tutor.live.landscape import Landscape, Place
from tutor.live.panels import (
    BOTTOM,
    TOP,
    Extent,
    Frame,
    ImagePanel,
    LandscapePanel,
    LossPanel,
    ValuesPanel,
    moving,
    weights,
)
from tutor.live.scene import Layer, Scene
from tutor.live.training import Training
from tutor.show import pixels

WIDTH, HEIGHT = 760, 286
LEFT, RIGHT = (52.0, 356.0), (448.0, 738.0)
FRAMES = 5
STRIP = 122  # pixels for the strip


class View:
    """The panels for one run, chosen by what it watches."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.y = Extent()
        self.landscape = _landscape(training)
        self.images = next((v for v in training.watch if _is_image(v)), None)
        first, second = (RIGHT, LEFT) if self.landscape else (LEFT, RIGHT)
        if not training.watch:
            first = (LEFT[0], RIGHT[1])
        self.loss = LossPanel(training, *first)
        self.valley = LandscapePanel(self.landscape, *second) if self.landscape else None
        self.picture = ImagePanel(self.images, *second) if self.images is not None else None
        self.values = ValuesPanel(training, *second)

    def forget(self) -> None:
        """Begin again, after a reset."""
        self.y = Extent()
        self.loss.forget()
        self.values.forget()
        if self.landscape:
            self.valley = LandscapePanel(self.landscape, *LEFT)

    def now(self) -> Scene:
        """The scene at this moment."""
        place = self.landscape.here() if self.landscape else None
        if not self.loss.runaway:
            self.y.hold(*self.loss.ends())
        if self.valley and place:
            self.valley.look(place)
            self.y.hold(*(loss for _, loss in self.valley.points))
        frame, layers = self.loss.layers(self.y, place)
        if self.valley and place:
            _, more = self.valley.layers(Axis(*self.y.ends(), BOTTOM, TOP), place)
            layers = [self._guide(frame, place), *more, *layers]
        elif self.picture:
            layers += self.picture.layers()
        elif self.training.watch:
            layers += self.values.layers()
        head = self._head(place)
        return Scene(WIDTH, HEIGHT, (head, *layers), self.words(place))

    def still(self) -> Scene:
        """The scene with the strip of five moments, once there are steps to choose from."""
        above = self.now()
        strip = self._strip()
        if not strip:
            return above
        return above._replace(height=HEIGHT + STRIP, layers=(*above.layers, *strip))

    def words(self, place: Place | None) -> str:
        """The scene in words."""
        training = self.training
        said = f"Gradient descent with {training.f.title} after {_steps(training.steps)}"
        losses = training.history.losses
        if losses:
            now = place.loss if place else losses[-1]
            said += f": the loss went from {number(losses[0])} to {number(now)}"
        for v in training.watch:
            if v.ndim == 0:
                said += f", {v.name or 'the watched value'} is {number(float(v.container.value))}"
        if training.problem is not None:
            said += f". It stopped: {training.problem.what.rstrip('.')}"
        return said + "."

    def _head(self, place: Place | None) -> Layer:
        """What is read off: the step, the loss, the point, its slope, the rate."""
        training = self.training
        losses = training.history.losses
        loss = place.loss if place else (losses[-1] if losses else math.nan)
        said = [f"step {training.steps}", f"loss {number(loss)}" if loss == loss else ""]
        if place:
            name = self.landscape.variable.name if self.landscape else None
            said.append(f"{name or 'value'} = {number(place.at)}")
            said.append(f"slope {number(place.slope)}" if place.slope is not None else "")
        if training.rate is not None:
            said.append(f"{training.rate.name} = {number(float(training.rate.container.value))}")
        said += [""] * (5 - len(said))
        at = (LEFT[0], 150.0, 270.0, 400.0, 540.0)
        looks = ("head", "head", "head point", "head slope", "head") if place else ("head",) * 5
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
        if not last or not (self.valley or self.images is not None):
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
            value = float(self.training.history.track(self.landscape.variable).kept[step])
            frame = Frame(Axis(*self.valley.ends, left, right), Axis(*self.y.ends(), bottom, top))
            curve = [p for a, b in self.valley.points[::3] for p in (frame.x(a), frame.y(b))]
            drawn = frame.inside(scene.line("curve", curve),
                                 *moving(frame, self.landscape.here(value), 26.0))
            edge = scene.line("frame", (left, bottom, right, bottom))
            caption = f"step {step}: {self.landscape.variable.name or 'value'} = {number(value, 3)}"
            return [Layer((edge, _caption(left, right, bottom, caption))), drawn]
        assert self.images is not None
        return [self._images_at(step, (left, top, right - left, bottom - top))]

    def _images_at(self, step: int, box: tuple[float, float, float, float]) -> Layer:
        track = self.training.history.track(self.images)  # type: ignore[arg-type]
        at = int(np.abs(track.steps() - step).argmin())
        scale = float(np.nanmax(np.abs(track.kept[-1])))
        left, _, width, _ = box
        caption = _caption(left, left + width, box[1] + box[3], f"step {int(track.steps()[at])}")
        return Layer((weights(track.kept[at], box, scale, low=True), caption))


def _caption(left: float, right: float, bottom: float, words: str) -> scene.Mark:
    return scene.text("tick mid", round((left + right) / 2, 1), bottom + 20, words)


def _steps(count: int) -> str:
    return f"{count} step{'s' * (count != 1)}"


def _landscape(training: Training) -> Landscape | None:
    """The landscape along the only scalar that is watched, where there is one."""
    scalars = [v for v in training.watch if v.ndim == 0]
    if len(training.watch) != 1 or not scalars or not scalars[0].dtype.startswith("float"):
        return None
    try:
        return Landscape(training, scalars[0])
    except TutorError:
        return None


def _is_image(v: SharedVariable) -> Any:
    return 0 < v.ndim < 3 and pixels.as_images(v.get_value(borrow=True)) is not None
