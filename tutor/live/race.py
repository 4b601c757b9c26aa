"""`Race`: several runs step together, each with its own parameters; who diverges drops out.

Comes after `Descent`. All stand at the same step whenever somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tutor.core.errors import ArgumentError
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs
from tutor.live.descent import Descent
from tutor.live.history import History
from tutor.live.played import Played
from tutor.live.together import Together
from tutor.live.views import RaceView
from tutor.pictures.charts.axes import number
from tutor.signatures import answering, answering_all

MOST = 12  # runs that can be told apart


@answering_all
class Race(Played):
    """Runs side by side: step together, seen in one picture.

    `runs` are a list of `Descent` with `names` for the legend, or a dict from name to run. Each
    trains shared variables of its own. In the picture a colour and a dash belong to each run; where
    all move over the same loss of one number or two, their points stand on its curve or its
    contours. `runs` and `history` are by name. With `live` it runs in the page where there is no
    kernel, as a `Descent` does.

    Raises ArgumentError for other than 1 to 12 runs, and for runs that share a variable.

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
                 names: Sequence[str] | None = None, live: bool = False) -> None:
        self.runs = _named(runs, names)
        _check_separate(self.runs)
        self.together = Together({name: run.training for name, run in self.runs.items()})
        super().__init__(self.together, f"A race of {len(self.runs)} runs")
        self._compute(live)

    @property
    def history(self) -> dict[str, History]:
        """The history of each run, by its name."""
        return {name: run.history for name, run in self.runs.items()}

    def __repr__(self) -> str:
        now = {name: t.loss() for name, t in self.together.trainings.items()}
        said = [f"{name} {number(loss)}" if loss == loss else name for name, loss in now.items()]
        return f"<Race after step {self.together.steps}: {', '.join(said)}>".replace("−", "-")

    def _view_of(self, together: Together) -> RaceView:
        return RaceView(together)

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
    """Check that no run changes what another one reads or changes."""
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
    used = graph_inputs([*request.run.outputs, *request.run.updates.values()])
    return {*run.training.changes, *(v for v in used if isinstance(v, SharedVariable))}
