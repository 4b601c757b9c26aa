"""`Race`: several runs step together, each with its own parameters; who diverges drops out.

Comes after what is played. The runs make their steps in turns of a few each, so that all stand at
the same step whenever somebody looks.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tutor.core.errors import ArgumentError
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs
from tutor.live.axes import number
from tutor.live.descent import Descent
from tutor.live.history import History
from tutor.live.lanes import RaceView
from tutor.live.past import Past, PastRace
from tutor.live.played import Played
from tutor.live.training import DivergedError, Training
from tutor.signatures import answering

TURN = 0.002  # seconds, about, that a turn of all takes
LONGEST = 1024  # steps of a turn
MOST = 12  # runs that can be told apart


class Together:
    """The trainings of a race by name: `advance` them all, `reset` them, ask how far they are."""

    def __init__(self, trainings: Mapping[str, Training]) -> None:
        self.trainings = dict(trainings)
        self.lock = threading.RLock()
        self.turn = 1
        rates = {training.rate for training in self.trainings.values()}
        self.rate = rates.pop() if len(rates) == 1 else None

    def __getstate__(self) -> dict[str, Any]:
        """A copy, or one that comes out of a pickle, has a lock of its own."""
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.lock = threading.RLock()

    @property
    def running(self) -> list[Training]:
        """Those that have not dropped out."""
        return [training for training in self.trainings.values() if training.problem is None]

    @property
    def steps(self) -> int:
        """How many steps were made, by those that got furthest."""
        return max(training.steps for training in self.trainings.values())

    @property
    def problem(self) -> DivergedError | None:
        """The last that went wrong, when nobody is left."""
        if self.running:
            return None
        last = max(self.trainings.values(), key=lambda training: training.steps)
        return last.problem

    def advance(self, steps: int, until: float = math.inf) -> int:
        """So many steps of each that is left; when there is none, the error of the last."""
        if self.problem is not None:
            raise self.problem
        done = 0
        while done < steps:
            began, before = time.perf_counter(), self.steps
            some = min(self.turn, steps - done)
            self._everyone(before + some)
            done += self.steps - before
            if self.problem is not None:
                raise self.problem
            now = time.perf_counter()
            self.turn = min(2 * self.turn, LONGEST) if now - began < TURN else 1 + self.turn // 4
            if now >= until:
                break
        return done

    def _everyone(self, step: int) -> None:
        """Each makes the steps it lacks; also who was interrupted, or was ahead, is there then."""
        for training in self.running:
            while training.problem is None and training.steps < step:
                try:
                    training.advance(step - training.steps)
                except DivergedError:
                    break  # it is told under the picture; the others go on

    def state(self) -> list[Any]:
        """The values of all."""
        return [value for training in self.trainings.values() for value in training.state()]

    def reset(self) -> None:
        """Everybody back to the start."""
        for training in self.trainings.values():
            training.reset()


class Race(Played):
    """Runs side by side: step together, seen in one picture.

    `runs` are a list of `Descent` with `names` for the legend, or a dict from name to run. Each
    trains shared variables of its own. In the picture a colour and a dash belong to each run; where
    all move over the same loss of one number or two, their points stand on its curve or its
    contours. `runs` and `history` are by name.

    >>> import tutor, tutor.tensor as T
    >>> def descent(rate):
    ...     x, c = T.dvector("x"), tutor.shared(0.0, "c")
    ...     y = T.sum((x - c) ** 2)
    ...     f = tutor.function([x], y, updates={c: c - rate * tutor.grad(y, c)})
    ...     return Descent(f, [[1, 2, 3, 4, 5]], watch=[c])
    >>> race = Race({f"rate {rate}": descent(rate) for rate in (0.01, 0.05, 0.3)})
    >>> race.run(2)
    >>> race
    <Race after step 2: rate 0.01 39.52, rate 0.05 12.81, rate 0.3 730>
    >>> race.history["rate 0.05"].loss
    array([55.  , 21.25])
    """

    @answering
    def __init__(self, runs: Mapping[str, Descent] | Sequence[Descent],
                 names: Sequence[str] | None = None) -> None:
        self.runs = _named(runs, names)
        _check_separate(self.runs)
        self.together = Together({name: run.training for name, run in self.runs.items()})
        super().__init__(self.together, f"A race of {len(self.runs)} runs")

    @property
    def history(self) -> dict[str, History]:
        """The history of each run, by its name."""
        return {name: run.history for name, run in self.runs.items()}

    def __repr__(self) -> str:
        now = {name: t.loss() for name, t in self.together.trainings.items()}
        said = [f"{name} {number(loss)}" if loss == loss else name for name, loss in now.items()]
        return f"<Race after step {self.together.steps}: {', '.join(said)}>".replace("−", "-")

    def view(self) -> RaceView:
        """How it looks; made when first needed."""
        seen = super().view()
        assert isinstance(seen, RaceView)
        return seen

    def _ground(self) -> tuple[float, float, float, float] | None:
        ground = self.view().valley
        return ground.box if ground else None

    def _start_at(self, x: float, y: float) -> None:
        view = self.view()
        if view.valley is None:
            return
        with self.together.lock:
            starts = view.valley.starts(x, y)
            for training, start in zip(view.trainings.values(), starts, strict=True):
                training.begin(start)
            view.forget(moved=True)
        self._push()

    def _view_of(self, training: Together) -> RaceView:
        return RaceView(training)

    def _past(self) -> PastRace:
        pasts = {name: Past(training) for name, training in self.together.trainings.items()}
        then = Together({name: past.training for name, past in pasts.items()})
        return PastRace(list(pasts.values()), then)

    def _note(self) -> str:
        return ""  # who dropped out is said in the legend


def _named(runs: Any, names: Any) -> dict[str, Descent]:
    """The runs by name."""
    if isinstance(runs, Mapping):
        found = {str(name): run for name, run in runs.items()}
    else:
        listed = list(runs) if isinstance(runs, Iterable) else [runs]  # which is told below
        if names is not None and (isinstance(names, str) or not isinstance(names, Iterable)):
            raise ArgumentError(f"names are a list with one for each run, and got {names!r}.",
                                fix='Write Race([a, b], names=["slow", "fast"]).')
        called = [f"run {i + 1}" for i in range(len(listed))] if names is None else list(names)
        if len(called) != len(listed) or len(set(called)) != len(called):
            raise ArgumentError(
                f"there are {len(listed)} runs, and the names are {', '.join(map(repr, called))}.",
                fix="Give each run a name of its own.")
        found = dict(zip(map(str, called), listed, strict=True))
    wrong = next((run for run in found.values() if not isinstance(run, Descent)), None)
    if wrong is not None or not 1 <= len(found) <= MOST:
        what = f"got {wrong!r}" if wrong is not None else f"got {len(found)}"
        raise ArgumentError(f"a race is of 1 to {MOST} runs, and {what}.",
                            fix="Pass what tutor.live.Descent(f, data) returned: Race([a, b]).")
    return found


def _check_separate(runs: Mapping[str, Descent]) -> None:
    """Whether no run changes what another one reads or changes."""
    for name, run in runs.items():
        read = _read(run)
        for other, changing in runs.items():
            both = [v for v in changing.training.changes if v in read]
            if other != name and both:
                v = both[0]
                raise ArgumentError(
                    f"{name} and {other} share {', '.join(map(str, both))}: each would move what "
                    "the other trains.", where=((f"{v} made at", v.origin),),
                    fix="Give each run shared variables of its own: make them in a function that "
                        f"is called for each, or copy: f.copy(swap={{{v}: tutor.shared("
                        f"{v}.get_value())}}).")


def _read(run: Descent) -> set[SharedVariable]:
    request = run.training.f._request
    used = graph_inputs([*request.run_outputs, *request.run_updates.values()])
    return {*run.training.changes, *(v for v in used if isinstance(v, SharedVariable))}
