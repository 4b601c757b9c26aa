"""`Descent`: a training function that runs step by step, from code or under a learner's hand.

Comes after the views. From code it makes whole steps and records them; shown in a notebook it is a
still picture, which stays in the file, and over it the player, as long as there is a kernel.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from tutor.compile.function import Function
from tutor.graph.shared import SharedVariable
from tutor.live import svg
from tutor.live.axes import number
from tutor.live.history import History
from tutor.live.training import Training, whole_steps
from tutor.live.views import View

if TYPE_CHECKING:
    from tutor.live.player import Player

BREATH = 0.001  # for the threads that send a frame, after each
GAP = 1 / 30  # seconds between frames while a cell runs
SLICE = 0.008  # seconds of steps between two looks at the clock and the buttons


class Descent:
    """A run of a training function: `f(*data)` again and again, seen as it goes.

    `f` is compiled with updates, its first output the loss; `data` is the list of its arguments (or
    a function of the step's number that gives such a list); `watch` the shared variables to follow,
    by default the scalars that are trained. A shared scalar named learning_rate becomes a slider.

    >>> import tutor, tutor.tensor as T
    >>> x, c = T.dvector("x"), tutor.shared(0.0, "c")
    >>> y = T.sum((x - c) ** 2)
    >>> d2 = tutor.function([x], y, updates={c: c - 0.05 * tutor.grad(y, c)}, name="d2")
    >>> run = Descent(d2, [[1, 2, 3, 4, 5]], watch=[c])
    >>> run.run(3)
    >>> run
    <Descent of d2: step 3, loss 12.81, c = 2.625>
    >>> run.history.loss, run.history[c]
    (array([55.    , 21.25  , 12.8125]), array([0.   , 1.5  , 2.25 , 2.625]))
    """

    def __init__(self, f: Function, data: Any,
                 watch: Sequence[SharedVariable] | None = None) -> None:
        self.training = Training(f, data, watch)
        self._view: View | None = None
        self._player: Player | None = None
        self._stop = False

    @property
    def history(self) -> History:
        """The loss of every step, and the watched values: `history.loss`, `history[c]`."""
        return self.training.history

    def step(self, steps: int = 1) -> None:
        """Make one step, or so many."""
        self.run(steps)

    def run(self, steps: int) -> None:
        """Make so many steps; an interrupt ends after a whole one.

        A loss that becomes inf or nan is a `DivergedError` (an `ArithmeticError`), at that step.
        """
        self._stop = False
        try:
            with whole_steps() as interrupted:
                while steps > 0 and not interrupted() and not self._stop:
                    with self.training.lock:
                        steps -= self.training.advance(steps, time.perf_counter() + SLICE)
                    if self._player is not None and self._player.push(gap=GAP):
                        time.sleep(BREATH)
        finally:
            self._push(now=True)

    def reset(self) -> None:
        """Everything that is trained gets its first value back; the history is empty."""
        with self.training.lock:
            self.training.reset()
            if self._view is not None:
                self._view.forget()
        self._push(now=True)

    def view(self) -> View:
        """How it looks; made when first needed."""
        if self._view is None:
            self._view = View(self.training)
        return self._view

    def __repr__(self) -> str:
        training = self.training
        said = f"<Descent of {training.f.title}: step {training.steps}"
        if training.steps:
            said += f", loss {number(training.history.losses[-1])}"
        said += "".join(f", {v.name or 'value'} = {number(float(v.container.value))}"
                        for v in training.watch if v.ndim == 0)
        return f"{said}>".replace("−", "-")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """The still picture: nothing in it needs a kernel, or changes from run to run."""
        with self.training.lock:
            drawn = self.view().still()
            words = repr(self)
        note = "" if self.training.problem is None else (
            f'<p><b>The run stopped.</b> {escape(self.training.problem.what)}</p>')
        html = f'<div class="tutor-still">{svg.inline(drawn)}{note}</div>'
        return {"text/plain": words, "text/html": html, "image/svg+xml": svg.standing_alone(drawn)}

    def _ipython_display_(self) -> None:
        """In a notebook the still and the player under it; in a terminal the line of text."""
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        if shell is None or not hasattr(shell, "kernel"):
            print(repr(self))
            return
        if self._player is None:
            from tutor.live.player import Player

            self._player = Player(self)
        self._player.show()

    def _push(self, now: bool = False) -> None:
        if self._player is not None:
            self._player.push(now)
