"""`Descent`: a training function that runs step by step, from code or under a learner's hand.
`Race`: several that step together, each with its own parameters.

Comes after the views. What they do as they are played, they share. All runs of a race stand at the
same step whenever somebody looks; who diverges drops out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tutor.compile.compiled import Function
from tutor.core.errors import ArgumentError
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs
from tutor.live.history import History
from tutor.live.lockstep import Together
from tutor.live.played import Played
from tutor.live.training import Training
from tutor.live.views import RaceView, View
from tutor.pictures.charts.axes import number
from tutor.pictures.explore import Exploration
from tutor.signatures import answering, answering_all

MOST = 12  # runs that can be told apart


@answering_all
class Descent(Played):
    """A run of a training function: `f(*data)` again and again, seen as it goes.

    `f` is compiled with updates, its first output the loss; `data` is the list of its arguments, or
    a function of the step's number that gives such a list, which is called once for each step;
    `watch` the shared variables to follow, by default the scalars that are trained. A shared scalar
    named learning_rate becomes a slider.

    What is drawn beside the loss follows from what is watched, or from `view`: "landscape" for one
    scalar, "contours" for two or for a vector of length 2, "weights" for the numbers of an array as
    a heat map (or "images", its columns as filters of images), "values", "loss". It is drawn over
    the newest batch, or over the arguments `on`, where `data` is a function.
    With `predict`, an expression (or function) of the input, it is the "fit", a curve through the
    data, where each input is one number. Where it is a point of the plane, it is the "boundary"
    between the classes, over the data: `predict` gives a score for each class, or one number, which
    stands for the nearest label in the data. With labels 0 and 1 that is a class or a probability,
    so a score z needs its sigmoid; with labels −1 and 1 it may be the score.

    Of images with labels, `predict` shows those that it gets wrong.

    More panels come under these. `inside=True` has of each layer the histograms of what it gives
    and of its weights, the norm of its gradient, filters and feature maps of convolutions, and the
    loss along the line from the start; or some by name: "activations", "weights", "gradients",
    "filters", "features", "line", "plane". `show` are expressions that are drawn anew while it
    trains; `held_back` is data like `data`, whose loss is drawn beside that of the training.

    With `live` it trains in the page by itself where there is no kernel: in a notebook that was
    saved as HTML, in a book, in a viewer.

    Raises ArgumentError for what is no compiled function with updates, CostError where its first
    output is no scalar.

    >>> import tutor, tutor.tensor as T
    >>> x, c = T.dvector("x"), tutor.shared(0.0, "c")
    >>> y = T.sum((x - c) ** 2)
    >>> d2 = tutor.function([x], y, updates={c: c - 0.05 * tutor.grad(y, c)}, name="d2")
    >>> run = Descent(d2, [[1, 2, 3, 4, 5]], watch=[c])
    >>> run.run(3)
    >>> run
    <Descent of d2: step 3, loss 10.7, c = 2.625>
    >>> run.history.loss, run.history[c]
    (array([55.    , 21.25  , 12.8125]), array([0.   , 1.5  , 2.25 , 2.625]))
    """

    @answering
    def __init__(self, f: Function, data: Any = (),
                 watch: Sequence[SharedVariable] | None = None, view: str | None = None,
                 predict: Any = None, on: Any = None, inside: Any = None,
                 show: Sequence[Any] = (), held_back: Any = None, live: bool = False) -> None:
        self.training = Training(f, data, watch, on)
        super().__init__(Together({"": self.training}),
                         f"Gradient descent with {self.training.f.title}")
        self._seen = {"kind": view, "predict": predict, "inside": inside, "show": show,
                      "held_back": held_back}
        if any(one is not None and one != () for one in self._seen.values()):
            self.view()  # what cannot be shown is said now
        self._compute(live)

    @property
    def history(self) -> History:
        """The loss of every step, and the watched values: `history.loss`, `history[c]`."""
        return self.training.history

    def reset(self, start: Mapping[SharedVariable, Any] | None = None) -> None:
        """Give everything that is trained its first value back, and empty the history.

        `start` gives some variables another first value: `run.reset({c: 8.0})`.
        """
        self._begin([start] if start else [])

    def explore(self) -> Exploration:
        """Step through the next step on the graph; of a run that diverged, through the step in
        which nan or infinity came up, beginning there."""
        with self._trained.lock:
            return self.training.explore()

    def __repr__(self) -> str:
        training = self.training
        said = f"<Descent of {training.f.title}: step {training.steps}"
        loss = training.loss()
        said += f", loss {number(loss)}" if loss == loss else ""
        said += "".join(f", {v.name or 'value'} = {number(float(v.container.value))}"
                        for v in training.watch if v.ndim == 0)
        return f"{said}>".replace("−", "-")

    def _view_of(self, together: Together) -> View:
        return View(together, **self._seen)


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
