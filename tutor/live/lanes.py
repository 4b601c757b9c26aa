"""What a race looks like: the losses in one panel, points on a landscape, a legend under them.

Comes after the ground. A colour, a dash and a number belong to each run; who runs away leaves the
picture at its edge, so that the others stay in sight, and who dropped out has a cross at its end.
"""

from __future__ import annotations

import math
from typing import Any

from tutor.live import scene
from tutor.live.axes import Axis, number, roomy
from tutor.live.ground import HUES, LEFT, common, look
from tutor.live.plot import LARGEST, LEAST, TOP, Extent, Frame, Traced, logarithmic
from tutor.live.scene import Layer, Mark, Scene
from tutor.live.thinning import Thinned
from tutor.live.training import Training

WIDTH, HEIGHT = 760, 286
RIGHT = (448.0, 738.0)
ROW = 22.0  # pixels of a line of the legend
LONGEST, WIDEST = 24, 44  # letters of a name in the legend, and of all that is said there
FRAMES, STRIP = 5, 122
AWAY = 3.0  # times the largest first loss: beyond it a loss is out of the picture
AWAY_LOG = 1e4


class RaceView:
    """The picture of runs by name that step together."""

    def __init__(self, together: Any) -> None:
        self.together = together
        self.trainings: dict[str, Training] = together.trainings
        self.valley = common(list(self.trainings.values()))
        self.pace = 2.0 if self.valley else math.inf
        self.loss = LossesPanel(self.trainings, *(RIGHT if self.valley else (LEFT[0], RIGHT[1])))
        self.y = Extent()
        self.moving = False  # while a hand moves the start, the axis stands still

    def forget(self, moved: bool = False) -> None:
        """Begin again, after a reset; where only the start moved, the ground stays."""
        self.y, self.moving = self.y if moved else Extent(), moved
        self.loss.forget()
        if self.valley:
            self.valley.forget(moved)

    def now(self) -> Scene:
        """The scene at this moment."""
        steps = self.together.steps
        if self.moving and steps:
            self.y, self.moving = Extent(), False
        now = {name: training.loss() for name, training in self.trainings.items()}
        self.loss.now = list(now.values())
        self.y.hold(*self.loss.heights())
        layers = [Layer((scene.text("head", LEFT[0], 18.0, f"step {steps}"),))]
        if self.valley:
            limit = self.loss.limit()
            self.y.hold(*(loss for loss in self.valley.look() if loss <= limit))
            layers += self.valley.layers(self.y.axis())
        layers += self.loss.layers(self.y)
        layers.append(self._legend(now))
        height = HEIGHT + 14 + int(ROW) * math.ceil(len(self.trainings) / 2)
        return Scene(WIDTH, height, tuple(layers), self.words(now))

    def still(self) -> Scene:
        """The scene with a strip of five moments, where there are steps and a landscape."""
        above, last = self.now(), self.together.steps
        if not last or not self.valley:
            return above
        moments = sorted({round(last * i / (FRAMES - 1)) for i in range(FRAMES)})
        wide = (RIGHT[1] - LEFT[0] - 4 * 16) / FRAMES
        layers = list(above.layers)
        for i, moment in enumerate(moments):
            left = round(LEFT[0] + i * (wide + 16), 1)
            x = left, round(left + wide, 1)
            y = Axis(*self.y.ends(), above.height + 92.0, above.height + 12.0)
            layers += self.valley.moment(moment, x, y)
        return above._replace(height=above.height + STRIP, layers=tuple(layers))

    def words(self, now: dict[str, float]) -> str:
        """The scene in words; `now` is how large the losses are."""
        steps = self.together.steps
        said = [f"A race of {len(self.trainings)} runs after {steps} step{'s' * (steps != 1)}"]
        said += [f"{name}: {', '.join(_told(training, now[name], 4))}"
                 for name, training in self.trainings.items()]
        return "; ".join(said) + "."

    def _legend(self, now: dict[str, float]) -> Layer:
        marks: list[Mark] = []
        for i, (name, training) in enumerate(self.trainings.items()):
            x, y = (LEFT[0], 404.0)[i % 2], HEIGHT + 18 + ROW * (i // 2)
            marks.append(scene.line(look(i), (x, y - 4, x + 36, y - 4)))
            marks.append(scene.text(f"head hue{i % HUES}", x + 44, y, str(i + 1)))
            words = _fitting(name, training, now[name])
            marks.append(scene.text("plain", x + 62, y, words))
        return Layer(tuple(marks))


def _fitting(name: str, training: Training, loss: float) -> str:
    """What the legend says of a run, as much as there is room for."""
    short = name if len(name) <= LONGEST else f"{name[:LONGEST - 1]}…"
    said = _told(training, loss, 3)
    while len(short) + len(", ".join(said)) > WIDEST - 2 and len(said) > 1:
        said.pop()
    return f"{short}: {', '.join(said)}" if said else short


def _told(training: Training, loss: float, digits: int) -> list[str]:
    """How a run stands, in a few words."""
    if training.problem is not None:
        return [f"out of range at step {training.steps}"]
    said = [f"loss {number(loss, digits)}"] if loss == loss else []
    return said + [f"{v.name or 'value'} = {number(float(v.container.value), digits)}"
                   for v in training.watch[:2] if v.ndim == 0]


class LossesPanel:
    """The losses of all runs by step; `log` puts them on a logarithmic axis."""

    def __init__(self, trainings: dict[str, Training], left: float, right: float) -> None:
        self.trainings, self.left, self.right = list(trainings.values()), left, right
        self.log = False
        self.now: list[float] = []
        self.forget()

    def forget(self) -> None:
        """Begin again, after a reset."""
        self.thinned = [Thinned(160) for _ in self.trainings]
        self.traced = [Traced(thinned) for thinned in self.thinned]
        self.last = 10.0

    def limit(self) -> float:
        """The largest loss that is in the picture."""
        first = [t.history.losses[0] if t.steps else now
                 for t, now in zip(self.trainings, self.now, strict=True)]
        largest = max((abs(loss) for loss in first if math.isfinite(loss)), default=0.0)
        return largest * (AWAY_LOG if self.log else AWAY) or LARGEST

    def heights(self) -> list[float]:
        """The losses that the axis has to reach."""
        limit = self.limit()
        for thinned, training in zip(self.thinned, self.trainings, strict=True):
            thinned.follow(training.history.losses)
        least = LEAST if self.log else -limit
        seen = [loss for thinned in self.thinned for loss in thinned.ends(least, limit)]
        return [*seen, *(loss for loss in self.now if least <= loss <= limit)]

    def layers(self, extent: Extent) -> list[Layer]:
        """The grid, and a curve for each run."""
        steps = max(len(training.history) for training in self.trainings)
        self.last = max(self.last, roomy(0, steps)[1])
        y = logarithmic(self.heights()) if self.log else extent.axis()
        frame = Frame(Axis(0, self.last, self.left, self.right), y)
        curves, ends = [], []
        for i, (traced, training) in enumerate(zip(self.traced, self.trainings, strict=True)):
            flat, out = traced.place(frame), training.problem is not None
            end = [] if out else frame.place([(training.steps, self.now[i])])
            flat += end if training.batches.on is None else []
            curves.append(scene.line(look(i), flat))
            here = (flat[-2], max(flat[-1], TOP)) if flat else ()
            ends.append(scene.line(f"lane hue{i % HUES}", _cross(*here) if out and here else ()))
            ends.append(scene.dots(f"hue{i % HUES}", () if out else end or flat[-2:]))
        varying = any(training.batches.varying for training in self.trainings)
        name = "loss of each batch" if varying else "loss"
        name = f"{name} (logarithmic)" if self.log else name
        return [frame.layers("step", name), frame.inside(*curves), frame.inside(*ends)]


def _cross(x: float, y: float) -> tuple[float, ...]:
    ways = (x - 5, y - 5, x + 5, y + 5, x, y, x + 5, y - 5, x - 5, y + 5)
    return tuple(round(v, 1) for v in ways)
