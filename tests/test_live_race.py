"""Runs side by side: each its own, all at the same step, who diverges drops out in sight."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.live import Descent, DivergedError, Race, lanes, maps, replay, views
from tutor.pictures.charts.axes import Axis

DATA = [[1, 2, 3, 4, 5]]
RATES = (0.01, 0.05, 0.19, 0.3)


def descent(rate: float, start: float = 0.0, c: Any = None) -> Descent:
    x, c = T.dvector("x"), tutor.shared(start, "c") if c is None else c
    y = T.sum((x - c) ** 2)
    f = tutor.function([x], y, updates={c: c - rate * tutor.grad(y, c)}, name="d2")
    return Descent(f, DATA, watch=[c])


def by_rate(*rates: float) -> Race:
    return Race([descent(rate) for rate in rates], names=[f"rate {rate}" for rate in rates])


def fitted(rate: float) -> Descent:
    rng = np.random.RandomState(1)
    x, t, w = T.dmatrix("x"), T.dvector("t"), tutor.shared(np.zeros(5), "w")
    loss = T.mean((T.dot(x, w) - t) ** 2)
    f = tutor.function([x, t], loss, updates={w: w - rate * tutor.grad(loss, w)})
    return Descent(f, [rng.rand(20, 5), rng.rand(20)], watch=[w])


@pytest.mark.parametrize("make", [descent, fitted])
def test_each_run_of_a_race_makes_the_steps_it_makes_alone(make: Any) -> None:
    race = Race({str(rate): make(rate) for rate in (0.01, 0.05)})
    race.step()
    race.run(399)
    for rate in (0.01, 0.05):
        alone = make(rate)
        alone.run(400)
        assert np.array_equal(race.history[str(rate)].loss, alone.history.loss)
    race.reset()
    assert all(len(history) == 0 for history in race.history.values())
    race.run(3)
    assert {len(history) for history in race.history.values()} == {3}


def test_who_diverges_drops_out_and_the_others_go_on() -> None:
    race = by_rate(*RATES)
    race.run(700)
    assert [len(h) for h in race.history.values()] == [700, 700, 700, 511]
    assert race.runs["rate 0.05"].history["c"][-1] == pytest.approx(3)
    words = race.view().now().words
    assert words.startswith("A race of 4 runs after 700 steps; ")
    assert "rate 0.3: out of range at step 511" in words
    assert race.runs["rate 0.3"].explore().suspect is not None
    html = race._repr_mimebundle_()["text/html"]
    assert "out of range at step 511" in html and "The run stopped" not in html
    race.reset()
    race.run(2)
    assert {len(h) for h in race.history.values()} == {2}


def test_when_nobody_is_left_the_race_ends_with_an_error() -> None:
    race = by_rate(0.3, 0.4)
    with pytest.raises(DivergedError, match="step 511 "):
        race.run(10_000)
    assert [len(h) for h in race.history.values()] == [511, 323]
    with pytest.raises(ArithmeticError):
        race.step()


def test_who_is_ahead_or_behind_is_met() -> None:
    race = by_rate(0.01, 0.05)
    race.runs["rate 0.05"].run(7)
    race.step()
    assert {len(h) for h in race.history.values()} == {8}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Race([]), "1 to 12 runs"),
        (lambda: Race([descent(0.1)] * 2), "share c"),
        (lambda: Race([descent(0.1), 3]), "got 3"),
        (lambda: Race([descent(0.1), descent(0.2)], names=["a", "a"]), "name of its own"),
        (lambda: Race([descent(0.1), descent(0.2)], names=["a"]), "there are 2 runs"),
        (lambda: Race([descent(0.1) for _ in range(13)]), "got 13"),
    ],
)
def test_a_mistake_is_said_at_once(make: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        make()


def test_runs_that_share_what_they_train_are_told_apart_by_copies() -> None:
    c = tutor.shared(0.0, "c")
    a, b = descent(0.05, c=c), descent(0.1, c=c)
    with pytest.raises(TypeError, match=r"copy\(swap=\{c: ") as caught:
        Race({"a": a, "b": b})
    assert "test_live_race.py" in str(caught.value)
    d = tutor.shared(c.get_value(), "c")
    other = Descent(b.training.f.copy(swap={c: d}), DATA, watch=[d])
    race = Race({"a": a, "b": other})
    race.step()
    assert (c.get_value(), d.get_value()) == (1.5, 3.0)


def test_a_rate_that_all_share_is_the_races_slider() -> None:
    x, rate = T.dvector("x"), tutor.shared(0.05, "learning_rate")
    runs = []
    for start in (0.0, 6.0):
        c = tutor.shared(start, "c")
        y = T.sum((x - c) ** 2)
        updates = {c: c - rate * tutor.grad(y, c)}
        runs.append(Descent(tutor.function([x], y, updates=updates), DATA, watch=[c]))
    assert Race(runs).together.rate is rate
    assert by_rate(0.1, 0.2).together.rate is None


@pytest.mark.parametrize("seed", range(5))
def test_numbers_of_points_that_meet_stand_side_by_side(seed: int) -> None:
    rng = np.random.RandomState(seed)
    x = Axis(0, 1, 52, 356)
    wanted = {i: (52 + 304 * rng.rand() ** 3, 60 + 20 * rng.rand()) for i in range(9)}
    wanted |= {9: (356.0, 200.0), 10: (355.0, 205.0), 11: (200.0, 150.0)}
    found = lanes.side_by_side(wanted, x)
    places = [found[i] for i in range(12)]
    assert found[11] == wanted[11] and max(a for a, _ in places) <= 356
    for i, (a, b) in enumerate(places):
        for c, d in places[:i]:
            assert abs(a - c) > 11.9 or abs(b - d) >= lanes.APART
    assert found[10][0] < found[9][0]


def test_the_legend_stays_within_its_column() -> None:
    race = Race({f"a very long name, number {i}": descent(0.3) for i in range(2)})
    race.run(300)
    last = race.view().now().layers[-1].marks[2].text
    assert last.startswith("a very long name, numbe…: loss ") and "c = " not in last
    assert len(last) <= views.WIDEST
    assert "c is" not in race.view().now().words and "c = " in race.view().now().words


# Pictures


def styles(drawn: str) -> list[str]:
    return [e.get("class", "") for e in ET.fromstring(drawn).iter() if e.tag.endswith("polyline")]


@pytest.mark.parametrize("steps", [0, 1, 20, 700])
@pytest.mark.parametrize("log", [False, True])
def test_a_still_picture_tells_runs_apart_by_colour_and_dash(steps: int, log: bool) -> None:
    race = by_rate(*RATES)
    race.view().loss.log = log
    race.run(steps)
    bundle = race._repr_mimebundle_()
    drawn = bundle["image/svg+xml"]
    lanes = {name for name in styles(drawn) if "dash" in name}
    assert len(lanes) == 4
    hues, dashes = zip(*[name.split()[1:] for name in lanes], strict=True)
    assert len(set(hues)) == len(set(dashes)) == 4
    assert "nan" not in drawn and "inf" not in drawn.replace("out of range", "")
    assert bundle["text/plain"].startswith(f"<Race after step {steps}: rate 0.01")
    assert ("step 0" in drawn and f"step {steps}" in drawn)
    again = by_rate(*RATES)
    again.view().loss.log = log
    again.run(steps)
    assert again._repr_mimebundle_() == bundle


def test_points_stand_on_one_landscape_only_where_it_is_the_same() -> None:
    assert by_rate(0.1, 0.2).view().panel is not None
    x, c = T.dvector("x"), tutor.shared(0.0, "c")
    y = T.sum(abs(x - c))
    f = tutor.function([x], y, updates={c: c - 0.1 * tutor.grad(y, c)})
    other = Descent(f, DATA, watch=[c])
    race = Race([descent(0.1), other])
    assert race.view().panel is None
    race.run(5)
    assert "strip" not in race._repr_mimebundle_()["image/svg+xml"]
    assert Race([fitted(0.1), fitted(0.2)]).view().panel is None


def over_two(kind: str, rate: float, start: Any = (-1.5, 1.5)) -> Descent:
    """The same valley over two scalars, or over a vector of two."""
    if kind == "scalars":
        watch = [tutor.shared(value, name) for value, name in zip(start, "ab", strict=True)]
        a, b = watch
    else:
        watch = [tutor.shared(np.array(start), "c")]
        a, b = watch[0][0], watch[0][1]
    loss = (a - 1) ** 2 / 4 + 2 * (b - a ** 2 / 4) ** 2
    gradients = tutor.grad(loss, watch)
    updates = [(v, v - rate * g) for v, g in zip(watch, gradients, strict=True)]
    return Descent(tutor.function([], loss, updates=updates), [], watch=watch)


@pytest.mark.parametrize("kind", ["scalars", "vector"])
def test_ways_over_two_numbers_are_drawn_on_the_contours_of_both(kind: str) -> None:
    race = Race({"slow": over_two(kind, 0.02), "fast": over_two(kind, 0.1)})
    race.run(40)
    scene = race.view().still()
    assert isinstance(race.view().panel, maps.Plane)
    names = "a and b" if kind == "scalars" else "c[0] and c[1]"
    texts = [mark.text for layer in scene.layers for mark in layer.marks]
    assert f"loss over {names}" in texts and {"step 0", "step 20", "step 40"} <= set(texts)
    drawn = race._repr_mimebundle_()["image/svg+xml"]
    assert "polyline.contour{" in drawn and "polyline.hue0{" in drawn
    marks = [mark for layer in scene.layers for mark in layer.marks]
    ways = [mark for mark in marks if mark.style == lanes.look_of(1)]
    assert len(ways[0].points) == 2 * 41
    now = [mark.points for mark in marks if mark.style == "now hue1"]
    assert tuple(ways[0].points[-2:]) == tuple(now[0])


def test_a_start_of_its_own_is_no_ground_of_its_own() -> None:
    race = Race([over_two("scalars", 0.02), over_two("scalars", 0.02, (3.0, -1.0))])
    contours = race.view().panel
    assert contours.axes[0].low < -1.5 and contours.axes[0].high > 3.0
    assert Race([over_two("scalars", 0.02), descent(0.1)]).view().panel is None


@pytest.mark.parametrize("kind", ["number", "scalars", "vector"])
def test_a_start_by_hand_is_that_of_all(kind: str) -> None:
    make = (lambda rate: descent(rate)) if kind == "number" else (lambda rate: over_two(kind, rate))
    race = Race({"slow": make(0.02), "fast": make(0.05)})
    race.run(7)
    left, top, width, height = race.view().ground() or (0, 0, 0, 0)
    race.view().now()
    before = race.view().panel
    race._start_at(left + 0.3 * width, top + 0.4 * height)
    assert race.view().panel is before
    places = [[v.get_value().tolist() for v in run.training.watch] for run in race.runs.values()]
    assert places[0] == places[1] and {len(h) for h in race.history.values()} == {0}
    marks = [mark for layer in race.view().now().layers for mark in layer.marks]
    at, = {mark.points for mark in marks if mark.style.startswith("now ")}
    assert at[0] == pytest.approx(left + 0.3 * width, abs=2)
    if kind != "number":
        assert at[1] == pytest.approx(top + 0.4 * height, abs=2)
    race.run(7)
    race.reset()
    again = [[v.get_value().tolist() for v in run.training.watch] for run in race.runs.values()]
    assert again == places


def test_who_runs_away_leaves_the_others_in_sight() -> None:
    race = by_rate(0.01, 0.05, 0.3)
    race.run(200)
    view = race.view()
    view.now()
    assert view.y.ends()[1] < 400
    ((low, high),) = view.panel.ends
    assert -15 < low < 0 < 3 < high < 25


def test_a_race_is_replayed_from_one_file(tmp_path: Any) -> None:
    race = by_rate(0.01, 0.3)
    race.run(600)
    values = [run.history["c"][-1] for run in race.runs.values()]
    told = replay.recorded(race)["frames"]
    assert [told[0]["step"], told[-1]["step"]] == [0, 600] and len(told) <= 242
    assert "out of range at step 511" in told[-1]["words"]
    middle = next(frame for frame in told if frame["step"] > 100)
    assert "out of range" not in middle["words"]
    assert [run.training.watch[0].get_value() for run in race.runs.values()] == values
    assert json.dumps(told) and race.save(tmp_path / "race.html")
