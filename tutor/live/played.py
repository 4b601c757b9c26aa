"""The part that a run and a race share: steps from code or under a learner's hand, and pictures.

Comes after the views. From code it makes whole steps; shown in a notebook it is a still picture,
which stays in the file, and over it the player, as long as there is a kernel.
"""

from __future__ import annotations

import time
from html import escape
from numbers import Integral
from typing import TYPE_CHECKING, Any

from tutor.checking import truth
from tutor.core.errors import ArgumentError
from tutor.core.graph import quoted
from tutor.frames import in_notebook
from tutor.live.cell import Progress, whole_steps
from tutor.live.lockstep import Together
from tutor.live.views import Picture
from tutor.pictures.charts import svg
from tutor.pictures.html import framed

if TYPE_CHECKING:
    from tutor.live.player import Player
    from tutor.live.training import Training

GAP = 1 / 30  # seconds between frames while a cell runs
SLICE = 0.008  # seconds of steps between two looks at the clock and the buttons


class Played:
    """Steps, and what is seen of them; `Descent` and `Race` say what is trained and how it looks.

    Shows itself: in a terminal its line of text, in a notebook the still picture and the player.
    """

    def __init__(self, together: Together, title: str) -> None:
        self._trained, self.title = together, title
        self._frame = ""  # the page that trains, inside of a notebook
        self._view: Picture | None = None
        self._player: Player | None = None
        self._stop = False

    def __getstate__(self) -> dict[str, Any]:
        """A copy is not the one that a page shows."""
        return {**vars(self), "_view": None, "_player": None}

    def step(self, steps: int = 1) -> None:
        """Make one step, or so many."""
        self.run(steps, progress=False)

    def run(self, steps: int, progress: bool | None = None) -> None:
        """Make so many steps; an interrupt ends after a whole one.

        `progress` is whether a bar says how far it is, how fast, and how long it still takes; by
        default one appears after two seconds in which nothing else moves. A loss that becomes inf
        or nan is a `DivergedError` (an `ArithmeticError`), at that step.
        """
        if isinstance(steps, bool) or not isinstance(steps, Integral) or steps < 0:
            raise ArgumentError(f"steps is a whole number, 0 or more, and this is {quoted(steps)}.",
                                fix="Write run.run(100).")
        self._stop = False
        try:
            with whole_steps() as interrupted, Progress(steps, progress) as bar:
                left = steps
                while left > 0 and not interrupted() and not self._stop:
                    if self._player is not None:
                        self._player.heed()
                    with self._trained.lock:
                        left -= self._trained.advance(left, time.perf_counter() + SLICE)
                    bar.made(steps - left, self._player is not None and self._player.views > 0)
                    if left and self._player is not None:
                        self._player.push(gap=GAP)
        finally:
            if self._player is not None:
                self._player.push_soon()

    def reset(self) -> None:
        """Give everything that is trained its first value back, and empty the history."""
        self._begin([])

    def _begin(self, starts: list[Any]) -> None:
        """Begin again, each run at another start if there are any."""
        with self._trained.lock:
            for training, start in zip(self._trained.trainings.values(), starts, strict=False):
                training.begin(start)
            if not starts:
                self._trained.reset()
            if self._view is not None:
                self._view.forget(moved=bool(starts))
        if self._player is not None:
            self._player.push(now=True)

    def view(self) -> Picture:
        """The picture of it, made when first needed."""
        if self._view is None:
            self._view = self._view_of(self._trained)
        return self._view

    def save(self, path: Any, live: bool = False) -> str:
        """Write it into a file, and return the path; the ending says what is written.

        A page (.html) replays the steps so far, without a kernel and without the network; with
        `live` it trains there, from the start on. The files .svg and .png are the still picture.
        """
        from tutor.pictures.saving import save

        return save(self, path, live=live)

    def html(self, live: bool = False) -> str:
        """The page that replays; or, `live`, the one that trains."""
        if live:
            from tutor.live.computing import page as computing

            return computing(self)
        from tutor.live.replay import page

        return page(self)

    def _compute(self, live: Any) -> None:
        """From now on, where there is no kernel, train in the page; where that is asked for."""
        if truth(live, "live"):
            self._frame = framed(self.html(live=True), self.title)

    @property
    def trainings(self) -> dict[str, Training]:
        """What is trained, by name."""
        return self._trained.trainings

    def _start_at(self, x: float, y: float) -> None:
        """Start at this place of the scene, where it can be."""
        starts = self.view().starts(x, y)
        if starts:
            self._begin(starts)

    def _view_of(self, together: Together) -> Picture:
        raise NotImplementedError

    def _note(self) -> str:
        """A note under the still picture."""
        problem = self._trained.problem
        return "" if problem is None else (
            f"<p><b>The run stopped.</b> {escape(problem.what)}</p>")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """The still picture: nothing in it needs a kernel, or changes from run to run."""
        with self._trained.lock:
            drawn = self.view().still()
            words = repr(self)
        html = f'<div class="tutor-still">{self._frame or svg.inline(drawn)}{self._note()}</div>'
        return {"text/plain": words, "text/html": html, "image/svg+xml": svg.standing_alone(drawn)}

    def _ipython_display_(self) -> None:
        """In a notebook the still and the player under it; in a terminal the line of text."""
        if not in_notebook():
            print(repr(self))
            return
        self._played_by().show()

    def _display_(self) -> Any:
        """The player's widget, which marimo asks for and shows in the place of the run."""
        return self._played_by().widget

    def _played_by(self) -> Player:
        if self._player is None:
            from tutor.live.player import Player

            self._player = Player(self)
        return self._player
