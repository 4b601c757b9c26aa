"""The player: a run's widget in a notebook, and the task that makes its steps.

Comes after `Descent`. Frames are pushed, at most 60 a second and no more than the page draws, and
only what changed; of a run that plays several are made in a row and sent in one message, each with
its time, as to wake and to send cost more than a frame. Jupyter may call from another thread: such
a call sets a flag or a number, or asks the kernel's loop, in which everything else happens.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import anywidget
import numpy as np
from IPython.core.getipython import get_ipython
from IPython.display import display, update_display

from tutor.core.errors import TutorError
from tutor.live.cell import pausing
from tutor.live.flow import Flow, Order
from tutor.live.lockstep import span_of
from tutor.live.replay import SCRIPTS, STYLES
from tutor.pictures.assets import text_of
from tutor.pictures.charts import chart
from tutor.pictures.widget import MESSAGES

if TYPE_CHECKING:
    from tutor.live.played import Played

SPEEDS = (1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 1000.0, math.inf)  # steps a second
SPEED_NAMES = [f"{s:g} a second" for s in SPEEDS[:-1]] + ["no limit"]
FRAME = 1 / 60  # seconds between two frames, at least
GATHER = 0.08  # seconds of a run that plays whose steps and frames are made in a row
SHARE = 12  # frames may take one part in so many of the time
IDLE = 10.0  # seconds without work after which a thread ends
SOON = 0.02  # seconds that the last frame of a run from code waits for the end of its cell
SETTLED = 0.3  # seconds of rest before the still picture is made anew
SLICE = 0.008  # seconds of steps at a time
BREATH = 0.001  # seconds after a message, in which the threads that send it may work
TINY = 1e-6  # of a step, that rounding takes
_display: Any = display  # these have no types
_update: Any = update_display
_shown: WeakSet[Player] = WeakSet()


class PlayerWidget(anywidget.AnyWidget):
    """The widget: the script and its style; everything else are messages."""

    _esm = text_of(*SCRIPTS) + MESSAGES
    _css = text_of(*STYLES)


class Player:
    """Shows a run and plays it. `show` is called by the run; the rest comes from the page."""

    def __init__(self, run: Played) -> None:
        self.run = run
        self.playing = False
        self.speed = SPEEDS.index(run.view().pace)
        self.views = 0
        self.flow = Flow()
        self.order = Order()
        self.due = 0.0
        self.owed = 0.0  # steps that are due
        self.moment = self.before = 0.0  # until when steps are made, and were when so many were due
        self.cost = 0.0  # seconds that a frame takes, of the last few
        self.gathered: list[dict[str, Any]] = []  # frames that are not sent yet
        self.owing = False  # a frame, as the last does not show how it is now
        self.coming = False  # it is on its way, by the loop or by a thread
        self.nudged = threading.Event()
        self.thread: threading.Thread | None = None
        self.known: dict[str, Any] = {}  # what the page knows
        self.trouble: str | None = None
        self.sent: chart.Scene | None = None
        self.drawn: list[Any] = []  # the values that the page shows
        self.stills: list[Any] = []
        self.task: asyncio.Task[None] | None = None
        self.settling: asyncio.TimerHandle | None = None
        rate = run._trained.rate
        self.rates = None if rate is None else span_of(rate)
        self.wanted: float | None = None  # the rate that the slider asks for
        try:
            self.loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self.loop = None
        self.context = copy_context()
        self.widget = PlayerWidget()
        self.widget.on_msg(self._received)

    def show(self) -> None:
        """The still picture, which stays; after it the player, which hides it while it lives."""
        _listen()
        _shown.add(self)
        self.stills = [*self.stills[-3:], _display(self._still(), raw=True, display_id=True)]
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        _display({"application/vnd.jupyter.widget-view+json": view,
                 "text/plain": "Run this cell to play, pause, step and reset."}, raw=True)

    def push(self, now: bool = False, gap: float = FRAME) -> None:
        """Send the page what changed, if that is due (`now` does not wait)."""
        clock = time.perf_counter()
        if now or clock >= self.due:
            self._make(clock, gap, now)
            self._send()

    def _make(self, at: float, gap: float = FRAME, now: bool = False) -> None:
        """Make a frame of what changed, to be drawn at this time; the next is due after so long."""
        still = self.known.get("step") == self.run._trained.steps
        if not self.views or (still and not now):
            return
        self.owing = self.flow.full(time.perf_counter())
        if self.owing:
            return
        worked = time.thread_time()
        with self.run._trained.lock:
            self.gathered.append({**self._frame(now), "at": round(1000 * at, 1)})
        self.cost += (time.thread_time() - worked - self.cost) / 4
        since = self.due if at < self.due + gap else at  # so that no frame delays the next
        self.due = since + max(gap, SHARE * self.cost)

    def _send(self) -> None:
        """Send the frames that were made."""
        with self.run._trained.lock:
            frames, self.gathered = self.gathered, []
        if frames:
            self.flow.sent(time.perf_counter())
            self.context.copy().run(self.widget.send, {"frames": frames})

    def _frame(self, now: bool) -> dict[str, Any]:
        """The changes since the last frame, or the whole scene where all changed."""
        new, old = self.run.view().now(ended=now and not self.playing), self.sent
        changed = None if old is None else chart.changes(old, new)
        drawn = chart.plain(new) if changed is None else {"kind": "frame", "changes": changed}
        state = {**self._state(new.words), "readings": chart.readings(new)}
        told = {k: v for k, v in state.items() if k not in self.known or self.known[k] != v}
        self.sent, self.known, self.drawn = new, state, self.run._trained.state()
        return {**drawn, "state": told}

    def look(self) -> None:
        """Show what a cell did to the values, if it did: `c.set_value(4)` moves the point."""
        now = self.run._trained.state()
        if self.views and not self.playing and any(
                a is not b for a, b in zip(now, self.drawn, strict=False)):
            self.push(now=True)
            self._settle()

    def push_soon(self) -> None:
        """Send the page how it is now after the cell that runs, or if that goes on, in a moment."""
        self.owing = self.views > 0
        if self.coming or not self.owing:
            return
        self.coming = True
        self._in_loop(self._pay)
        if self.coming:
            self._nudge()

    def _nudge(self) -> None:
        """Let a thread send what the loop does not come to; one that waits costs the run little."""
        self.nudged.set()
        if self.thread is None or not self.thread.is_alive():
            self.thread = threading.Thread(target=self._watch, daemon=True)
            self.thread.start()

    def _watch(self) -> None:
        while self.nudged.wait(IDLE):
            self.nudged.clear()
            time.sleep(SOON)
            self._pay()

    def _pay(self) -> None:
        """Send the frame that is owed."""
        self.coming = False
        if self.owing:
            self.push(now=True)

    def _slice(self, clock: float) -> float:
        """For how long to make steps now: until the next frame, but never long."""
        return min(SLICE, self.due - clock) if self.due > clock else SLICE

    def _state(self, words: str) -> dict[str, Any]:
        training, view = self.run._trained, self.run.view()
        rate = None
        value = 0.0 if training.rate is None else float(training.rate.container.value)
        if training.rate is not None and self.rates and math.isfinite(value):
            low, high = self.rates
            rate = {"name": training.rate.name, "value": value, "low": low, "high": high}
        return {"playing": self.playing, "step": training.steps, "words": words, "rate": rate,
                "title": self.run.title,
                "log": view.loss.log, "betterLog": view.loss.better_log, "ground": view.ground(),
                "speed": self.speed, "speeds": SPEED_NAMES,
                "problem": self.trouble or (training.problem and told(training.problem))}

    def _received(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        """A message from the page, perhaps in a thread of its own, perhaps before older ones."""
        page, number = content["sent"]
        with self.order.lock:
            for context, due in self.order.due(page, number, (copy_context(), content)):
                # What is sent from now on is an answer to this: so Jupyter keeps to the channel it
                # came by, on which the page is heard while a cell runs (JEP 91).
                self.context = context
                self._hear(page, due["do"], due.get("value"))

    def _hear(self, page: str, what: str, value: Any) -> None:
        """What a message says: at once what stops or changes a run, the rest in the loop."""
        if what == "ack":
            self.flow.drawn(int(value or 1), time.perf_counter())
            if self.owing:
                self._in_loop(self._pay)
            return
        if what == "hello":
            self.views, self.flow, self.sent, self.known = self.views + 1, Flow(), None, {}
            self.gathered = []
        elif what == "bye":
            self.order.forget(page)
            self.views = max(0, self.views - 1)
            self.playing = self.playing and self.views > 0  # nobody could stop it any more
        elif what == "speed":
            self.speed = min(max(int(value), 0), len(SPEEDS) - 1)
        elif what == "rate":
            self.wanted = float(value)
        elif what in ("pause", "step", "reset", "start"):
            self.playing = False
            self.run._stop = True
        self._in_loop(lambda: self._act(what, value))

    def _in_loop(self, action: Callable[[], None]) -> None:
        if self.loop is None or self.loop.is_closed():
            action()
        else:
            self.loop.call_soon_threadsafe(action)

    def _act(self, what: str, value: Any = None) -> None:
        """Do what a message asks for, in the loop."""
        if what != "bye":
            self.trouble = None
        if what == "play" and not self.playing and self.loop is not None:
            self.playing = True
            self.task = self.loop.create_task(self._play())
        elif what == "step":
            self._advance(1, math.inf)
        elif what == "rate":
            self.heed()
        elif what == "reset":
            self.run.reset()
        elif what == "start":
            self.run._start_at(*map(float, value))
        elif what == "log":
            self.run.view().loss.log = not self.run.view().loss.log
        if what != "bye":
            self.push(now=True)
        if what in ("step", "reset", "start", "log", "pause"):
            self._settle()

    def heed(self) -> None:
        """Set the rate that the slider asks for: between two steps, as it is recorded there."""
        value, self.wanted = self.wanted, None
        rate = self.run._trained.rate
        if value is not None and rate is not None and math.isfinite(value):
            rate.set_value(np.asarray(value, dtype=rate.dtype))

    async def _play(self) -> None:
        """Steps at the chosen speed, in slices, so that the loop hears the buttons between them."""
        self.owed, self.moment = 1.0, time.perf_counter()
        self.before = self.moment
        with pausing(self) as listen:
            while self.playing:
                listen()
                clock = time.perf_counter()
                self._go_on(clock, min(SPEEDS[self.speed], 1e9))
                first = min(clock, self.gathered[0]["at"] / 1000) if self.gathered else math.inf
                sent = self.moment >= first + GATHER
                if sent:
                    self._send()
                pause = max(self.moment - time.perf_counter(), BREATH * sent)
                await asyncio.sleep(min(pause, GATHER))
        self.playing = False
        self.push(now=True)
        self._settle()

    def _go_on(self, clock: float, limit: float) -> None:
        """Make the steps of the next moment in a row, and frames with the times at which the page
        draws them; fewer where a slice of time is not enough."""
        ahead = clock + GATHER if self.moment <= clock else clock
        now, self.moment = clock, max(self.moment, clock)
        while self.playing and self.moment < ahead and now < clock + SLICE:
            self.owed = min(self.owed + (self.moment - self.before) * limit, 1 + limit / 4)
            self.before = self.moment
            if self.owed > 1 - TINY:  # steps between two frames are made together
                made = self._advance(math.floor(self.owed + TINY), now + self._slice(now))
                self.owed -= made
                if not made:
                    self.playing = False
            now = time.perf_counter()
            if self.owed >= 1:
                self.moment = max(self.moment, now)
            if self.moment >= self.due:
                self._make(self.moment)
            if self.owed < 1:
                self.moment = max(self.moment + max(FRAME, (1 - self.owed) / limit), self.due)

    def _advance(self, steps: int, until: float) -> int:
        """Make steps and return how many; 0 if something went wrong, which the page shows."""
        try:
            with self.run._trained.lock:
                return self.run._trained.advance(steps, until)
        except Exception as problem:
            self.trouble = told(problem)
            return 0

    def _settle(self) -> None:
        """Renew the picture that stays in the notebook, when the learner's hand rests."""
        if self.loop is None:
            return
        if self.settling is not None:
            self.settling.cancel()
        self.settling = self.loop.call_later(SETTLED, self._renew)

    def _renew(self) -> None:
        if self.playing:
            return
        still = self._still()
        for handle in self.stills:
            _update(still, raw=True, display_id=handle.display_id)

    def _still(self) -> dict[str, str]:
        bundle = self.run._repr_mimebundle_()
        marked = bundle["text/html"].replace("tutor-still", "tutor-still tutor-before-player", 1)
        return {**bundle, "text/html": marked}


def _listen() -> None:
    """Look, after each cell from now on, whether what is shown was changed."""
    shell = get_ipython()
    if shell is None or _after_cell in shell.events.callbacks["post_run_cell"]:
        return
    shell.events.register("post_run_cell", _after_cell)


def _after_cell(result: Any = None) -> None:
    for player in list(_shown):
        player.look()


def told(problem: Exception) -> str:
    """Say what went wrong, and how to mend it."""
    if isinstance(problem, TutorError):
        return f"{problem.what} {problem.fix}".strip()
    return f"{type(problem).__name__}: {problem}"
