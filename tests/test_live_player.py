"""What the player sends to a page and hears of it, without a browser: frames, and how many."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import math
import threading
from contextvars import Context, ContextVar
from functools import partial
from typing import Any

import pytest

import tutor
import tutor.tensor as T
from tutor.live import Descent, flow, player
from tutor.live.lockstep import span_of
from tutor.pictures.charts import chart


class Sender:
    """Sends a player what a page would, numbered."""

    def __init__(self, to: player.Player, name: str = "page") -> None:
        self.player, self.name, self.numbers = to, name, itertools.count()

    def message(self, what: str, value: Any = None) -> dict[str, Any]:
        return {"do": what, "value": value, "sent": [self.name, next(self.numbers)]}

    def say(self, what: str, value: Any = None) -> None:
        self.hear(self.message(what, value))

    def hear(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            self.player._received(self.player.widget, message, None)


def layers_of(scene: dict[str, Any]) -> list[dict[str, Any]]:
    return [layer for panel in scene["panels"] for layer in panel["layers"]]


class Page(Sender):
    """A page in the place of the browser's: it keeps what comes, and answers when it is told to."""

    def __init__(self, run: Descent, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = 100.0
        monkeypatch.setattr(player.time, "perf_counter", lambda: self.clock)
        monkeypatch.setattr(player.time, "thread_time", lambda: 0.0)
        self.timers: list[Any] = []
        self.came: list[dict[str, Any]] = []
        self.messages = 0
        self.scene: list[list[list[Any]]] = []
        self.state: dict[str, Any] = {}
        run._player = shown = player.Player(run)
        super().__init__(shown)
        self.player.widget.send = self.receive
        self.player._nudge = lambda: self.timers.append(self.player._pay)
        self.say("hello")

    def receive(self, sent: dict[str, Any]) -> None:
        self.messages += 1
        for message in json.loads(json.dumps(sent))["frames"]:
            self.came.append(message)
            if message["kind"] == "scene":
                self.scene = [layer["marks"] for layer in layers_of(message)]
            for i, j, kept, added, text in message.get("changes", ()):
                mark = self.scene[i][j]
                mark[2], mark[3] = [*mark[2][:kept], *added], text
            self.state |= message["state"]


def descent() -> Descent:
    x, c = T.dvector("x"), tutor.shared(0.0, "c")
    rate = tutor.shared(0.05, "learning_rate")
    y = T.sum((x - c) ** 2)
    f = tutor.function([x], y, updates={c: c - rate * tutor.grad(y, c)}, name="d2")
    return Descent(f, [[1, 2, 3, 4, 5]], watch=[c])


@pytest.fixture
def run() -> Descent:
    return descent()


@pytest.fixture
def page(run: Descent, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(run, monkeypatch)


def test_what_the_page_knows_is_how_it_is(run: Descent, page: Page) -> None:
    for steps in (1, 1, 30, 500, 3):
        run.run(steps)
        page.say("ack", 1)
        now = json.loads(json.dumps(chart.plain(run.view().now())))
        assert page.scene == [layer["marks"] for layer in layers_of(now)]
        assert page.state["step"] == len(run.history)
    assert [m["kind"] for m in page.came].count("scene") < len(page.came)
    assert "speeds" in page.came[0]["state"] and "speeds" not in page.came[-1]["state"]
    page.say("hello")
    assert page.came[-1]["kind"] == "scene" and "speeds" in page.came[-1]["state"]


def test_the_axis_of_steps_ends_where_a_run_ends(run: Descent, page: Page) -> None:
    """While it runs there is room for more, so that the picture need not change at each step."""
    def end() -> float:
        return float(next(r for r in page.state["readings"] if r and r["x"][0] == "step")["x"][2])

    run.run(13)
    page.player.push(now=True)
    assert end() == 13
    page.player.playing = True
    run.run(4)
    page.player.playing = False
    page.player.push(now=True)
    assert end() == 17


@pytest.mark.parametrize(("steps", "proposed"), [(0, False), (20, False), (400, True)])
def test_a_logarithmic_axis_is_proposed_where_it_fits(steps: int, proposed: bool) -> None:
    c = tutor.shared(1.0, "c")
    run = Descent(tutor.function([], c ** 2, updates={c: c * 0.99}), view="loss")
    shown = player.Player(run)
    run.run(steps)
    run.view().now()
    assert shown._state("")["betterLog"] is proposed
    run.view().loss.log = True
    assert shown._state("")["betterLog"] is False


def test_a_short_run_makes_its_frame_when_its_cell_is_over(run: Descent, page: Page) -> None:
    later: list[Any] = []
    page.player._in_loop = later.append  # as while the kernel's loop runs a cell
    before = len(page.came)
    for _ in range(5):
        run.run(1000)
    assert len(page.came) == before
    assert len(later) == len(page.timers) == 1
    later.pop()()
    assert len(page.came) == before + 1 and page.state["step"] == 5000
    page.timers.pop()()  # the cell was over in time
    assert len(page.came) == before + 1
    run.step()
    page.timers.pop()()  # the cell goes on: it sleeps
    assert page.state["step"] == 5001


def test_a_thread_sends_what_the_loop_does_not_come_to(run: Descent) -> None:
    run._player = shown = player.Player(run)
    sent = threading.Semaphore(0)
    shown.widget.send = lambda message: sent.release()
    shown._in_loop = lambda action: None
    shown.views = 1
    for _ in range(2):
        run.step()
        assert sent.acquire(timeout=10)
    assert shown.thread is not None and shown.thread.daemon
    assert shown.known["step"] == 2


def test_a_slow_page_gets_fewer_frames_and_the_last_of_all(run: Descent, page: Page) -> None:
    sent = len(page.came)
    for _ in range(40):  # nothing is acknowledged
        page.clock += 0.001
        run.step()
    assert len(page.came) == flow.MOST < sent + 40
    page.say("ack", flow.MOST)
    assert page.state["step"] == 40
    page.clock += 1.0
    for _ in range(3):  # each comes late
        page.say("ack", 1)
        run.step()
        page.clock += 1.0
        page.say("ack", 1)
    assert page.player.flow.room < flow.MOST


@pytest.mark.parametrize(("speed", "took", "steps", "frames", "messages"), [
    (10, 0.0, 10, 10, 10), (30, 0.0, 30, 30, 10), (100, 0.0, 100, 60, 12),
    (1000, 0.0, 1000, 60, 12), (1000, 0.0005, 1000, 60, 10), (1000, 0.05, 20, 20, 7),
    (math.inf, 0.3, 10 / 3, 10 / 3, 10 / 3), (math.inf, 0.0001, 10_000, 60, 10)])
def test_frames_of_a_run_that_plays_come_together(
        run: Descent, page: Page, monkeypatch: pytest.MonkeyPatch, speed: float, took: float,
        steps: float, frames: float, messages: float) -> None:
    """In two seconds by the clock, where a step takes so many of them: figures for each."""
    begun, began, came, make = page.clock, page.messages, len(page.came), run.training._turn

    def turn(steps: int) -> None:
        make(steps)
        page.clock += took * steps

    async def sleep(seconds: float) -> None:
        page.clock += seconds + 1e-4
        page.say("ack", 1)
        page.player.playing = page.clock < begun + 2

    monkeypatch.setattr(run.training, "_turn", turn)
    monkeypatch.setattr(player.asyncio, "sleep", sleep)
    page.player.speed, page.player.playing = player.SPEEDS.index(speed), True
    page.player.due = page.clock
    asyncio.run(page.player._play())
    assert run.training.steps == pytest.approx(2 * steps, rel=0.1, abs=2)
    assert len(page.came) - came == pytest.approx(2 * frames, rel=0.1, abs=2)
    assert page.messages - began == pytest.approx(2 * messages, rel=0.1, abs=2)
    times = [frame["at"] / 1000 for frame in page.came[came:-1]]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert times[0] == pytest.approx(begun, abs=0.02)
    assert max(gaps[1:]) - min(gaps[1:]) < 0.02


def test_a_kernel_that_hears_nothing_still_shows_something(run: Descent, page: Page) -> None:
    for _ in range(100):
        page.clock += 0.05
        run.step()
    assert 20 < len(page.came) < 40


def test_one_frame_at_a_time_finds_out_how_long_the_way_is() -> None:
    way = flow.Flow()
    for clock in range(20):
        way.sent(clock)
        way.drawn(1, clock + (0.01 if clock < 2 else 0.9))
    assert way.room == flow.MOST and way.best == pytest.approx(0.9)


def test_the_slider_acts_between_steps_and_is_recorded_there(run: Descent, page: Page) -> None:
    turns: list[int] = []
    make = run.training._turn

    def turn(steps: int) -> None:
        make(steps)
        turns.append(steps)
        page.clock += 0.005
        if len(turns) == 25:
            page.player._in_loop = lambda action: None  # the loop is busy with the cell
            page.say("rate", 0.01)

    run.training._turn = turn  # type: ignore[method-assign]
    run.run(200)
    values, rates = run.history["c"], run.history.rates
    assert [float(rate) for _, rate in rates] == [0.05, 0.01] and 25 <= rates[1][0] < 30
    at = rates[1][0]
    for step, (a, b) in enumerate(itertools.pairwise(values)):
        rate = 0.05 if step < at else 0.01
        assert b == pytest.approx(a - rate * 10 * (a - 3), abs=1e-12)


def test_a_message_that_overtook_another_waits_for_it(run: Descent, page: Page) -> None:
    """As where Jupyter hands over some of a burst in the main thread, and some in another."""
    burst = [page.message("rate", rate) for rate in (0.02, 0.03, 0.04)] + [page.message("step")]
    page.hear(*burst[2:])
    assert run.training.rate is not None
    assert page.state["step"] == 0 and run.training.rate.get_value() == 0.05
    page.hear(burst[0], burst[1])
    assert page.state["step"] == 1 and run.training.rate.get_value() == 0.04
    assert run.history["c"].tolist() == [0.0, pytest.approx(0.04 * 30)]


def test_a_burst_from_two_threads_is_heard_in_order(run: Descent, page: Page) -> None:
    rates = [0.001 * i for i in range(1, 201)]
    burst = [page.message("rate", rate) for rate in rates]
    threads = [threading.Thread(target=page.hear, args=burst[i::2]) for i in (0, 1)]
    seen: list[Any] = []
    assert run.training.rate is not None
    vars(run.training.rate)["set_value"] = seen.append
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == rates


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_no_slider_has_is_no_trouble(run: Descent, page: Page, rate: float) -> None:
    assert run.training.rate is not None
    run.training.rate.set_value(rate)
    with contextlib.suppress(ArithmeticError):
        run.step()
    shown = page.state["rate"]
    assert shown is None if rate - rate else shown["value"] == rate
    assert span_of(run.training.rate) is None


def test_who_is_not_seen_does_not_play(run: Descent, page: Page) -> None:
    page.player.playing = True
    other = Sender(page.player, "another view")
    other.say("hello")
    other.say("bye")
    assert page.player.playing  # in the first view
    page.say("bye")
    assert not page.player.playing


def test_what_is_sent_answers_the_page_and_not_the_cell(run: Descent, page: Page) -> None:
    channel: ContextVar[str] = ContextVar("channel", default="cell")
    told: list[str] = []
    page.player.widget.send = lambda message: told.append(channel.get())

    def hear() -> None:
        channel.set("page")
        page.say("step")

    Context().run(hear)
    run.step()
    assert told == ["page", "page"]


def test_what_is_edited_while_it_plays_is_recorded_as_it_was(run: Descent) -> None:
    """Steps, rates and values by code and by hand, between the steps that are played."""
    c, rate = run.training.watch[0], run.training.rate
    assert rate is not None
    before: dict[int, tuple[float, float]] = {}
    make = run.training._turn

    def turn(steps: int) -> None:
        for _ in range(steps):
            before[run.training.steps] = float(c.get_value()), float(rate.get_value())
            make(1)

    run.training._turn = turn  # type: ignore[method-assign]

    async def edited() -> None:
        run._player = shown = player.Player(run)
        shown.widget.send = lambda message: None

        say = Sender(shown).say
        say("hello"), say("speed", len(player.SPEEDS) - 1), say("play")
        for i in range(12):
            await asyncio.sleep(0.01)
            edits = (partial(rate.set_value, 0.01 + 0.001 * i), partial(c.set_value, float(i)),
                     partial(say, "rate", 0.02), partial(run.run, 3), partial(repr, run),
                     run.view().now)
            edits[i % len(edits)]()
        assert shown.playing
        say("pause")
        await asyncio.sleep(0.05)
        stopped = run.training.steps
        assert not shown.playing and stopped > 50
        await asyncio.sleep(0.05)
        assert run.training.steps == stopped

    asyncio.run(edited())
    values = run.history["c"]
    for step, (value, speed) in before.items():
        assert values[step] == value and run.history.rate_at(step) == speed
    assert len({float(rate) for _, rate in run.history.rates}) > 2


def test_a_value_that_a_cell_sets_is_sent(run: Descent, page: Page) -> None:
    run.run(2)
    page.say("ack", 1)
    before = len(page.came)
    page.player.look()
    assert len(page.came) == before
    run.training.watch[0].set_value(4.0)
    page.player.look()
    assert len(page.came) == before + 1 and "c is 4" in page.state["words"]
    page.player.views = 0
    run.training.watch[0].set_value(5.0)
    page.player.look()
    assert len(page.came) == before + 1
