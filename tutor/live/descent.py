"""`Descent`: a training function that runs step by step, from code or under a learner's hand.

Comes after the views. What it does as it is played, it shares with a race of several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tutor.compile.compiled import Function
from tutor.core.variables import SharedVariable
from tutor.live.history import History
from tutor.live.played import Played
from tutor.live.together import Together
from tutor.live.training import Training
from tutor.live.views import View
from tutor.pictures.charts.axes import number
from tutor.pictures.explore import Exploration
from tutor.signatures import answering, answering_all


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
