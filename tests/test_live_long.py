"""Long runs keep a bounded memory, axes end where runs do, advice fits, sheets have a scale."""

import copy
import pickle
import re
import tracemalloc
from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.live import Descent, DivergedError, Race, history
from tutor.live.history import Series
from tutor.live.panels import BOX
from tutor.live.replay import recorded


def parabola(rate: Any = 0.05, start: float = 0.0, data: Any = (1.0, 2, 3, 4, 5)) -> Descent:
    x, c = T.dvector("x"), tutor.shared(start, "c")
    learning_rate = tutor.shared(rate, "learning_rate")
    y = T.sum((x - c) ** 2)
    f = tutor.function([x], y, updates={c: c - learning_rate * tutor.grad(y, c)}, name="d2")
    return Descent(f, [list(data)], watch=[c])


def noisy(seed: int = 0, watch: Any = None) -> Descent:
    """Steps that jump about and get nowhere, with two scalars and a vector of two."""
    rng = T.shared_randomstreams.RandomStreams(seed)
    a, b, p = tutor.shared(0.0, "a"), tutor.shared(0.0, "b"), tutor.shared(np.zeros(2), "p")
    noise = rng.normal((2,))
    loss = noise[0] ** 2 + 0 * (a + b + p.sum())
    f = tutor.function([], loss, updates={a: a * 0.9 + noise[0], b: b + 1.0, p: p * 0.5 + noise})
    return Descent(f, [], watch=[v for v in (a, b, p) if watch is None or v.name in watch])


# Memory


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planes of few points."""
    monkeypatch.setattr("tutor.live.landscape.FINE", (9, 7))
    monkeypatch.setattr("tutor.live.landscape.COARSE", (7, 5))
    monkeypatch.setattr("tutor.live.checkpoints.FRAMES", 40)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """A run of a thousand steps is a long one."""
    monkeypatch.setattr(history, "NEAR", 64)
    monkeypatch.setattr(history, "ROOM", 512)
    monkeypatch.setattr("tutor.live.history.ROOM", 512)
    return 64


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.booleans(), st.integers(0, 99))
def test_a_series_keeps_both_ends_and_what_stands_out(parts: list[int], evenly: bool,
                                                      seed: int) -> None:
    rng = np.random.RandomState(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "NEAR", 16)
        patch.setattr(history, "ROOM", 128)
        series, all_values = Series(evenly=evenly), array("d")
        for part in parts:
            values = rng.randn(part)
            values[rng.rand(part) < 0.01] = 1e3
            series.new.extend(values)
            all_values.extend(values)
            series.thin()
            n, steps = len(all_values), series.steps()
            assert len(series) == n and len(steps) <= 128 + part
            assert len(steps) == len(series.values()) and (np.diff(steps) > 0).all()
            assert np.array_equal(series.values(), np.array(all_values)[steps])
            assert set(range(min(16, n))) | set(range(max(0, n - 16), n)) <= set(steps.tolist())
            assert series[0] == all_values[0] and series[-1] == all_values[-1]
            if not evenly:
                assert series.values().max() == max(all_values)
                assert series.values().min() == min(all_values)
            points = [(int(at), value) for at, value in series.curve(40).tolist()]
            assert points[0] == (0, all_values[0]) and points[-1] == (n - 1, all_values[-1])
            assert len(points) <= 48 and points == sorted(points)
            assert all(all_values[step] == value for step, value in points)
            cut = n // 2
            past = series.upto(cut)
            assert len(past) == cut and (past.steps() < cut).all()


@pytest.mark.parametrize("watch", ["", "a", "ab", "p", "abp"])
def test_a_long_run_is_thinned_between_its_ends(short: int, watch: str) -> None:
    run, n = noisy(watch=watch), 3000
    every = []
    for _ in range(n // 100):
        run.run(100)
        every.append(run.history.loss[-1])
    assert len(run.history) == run.training.steps == n
    steps = run.history.steps()
    assert len(steps) == len(run.history.loss) < 700
    assert [*steps[:short]] == [*range(short)] and [*steps[-short:]] == [*range(n - short, n)]
    for name in watch:
        kept, at = run.history[name], run.history.steps(name)
        assert len(kept) == len(at) < 1100 and at[0] == 0 and at[-1] == n
        assert name != "b" or np.array_equal(kept, at)  # it counts the steps
        assert np.array_equal(kept[-1], run.training.watch[watch.index(name)].get_value())
    frames = recorded(run)["frames"]
    assert frames[0]["step"] == 0 and frames[-1]["step"] == n and len(frames) > 20
    if watch == "ab":
        for frame in frames:
            assert f"b is {frame['step']:.4g}" in frame["words"]
    again = noisy(watch=watch)
    again.run(n)
    assert np.array_equal(again.history.loss[-short:], run.history.loss[-short:])


def test_a_run_left_to_itself_takes_no_more_memory(short: int) -> None:
    run = parabola(1e-7)
    run.run(10_000)
    tracemalloc.start()
    run.run(30_000)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 60_000  # sixteen bytes a step were 480,000
    assert len(run.history) == 40_000 and len(run.history.loss) < 2000
    assert run.history["c"][0] == 0 and run.history.loss[0] == 55


def test_rates_that_change_at_every_step_are_bounded_too() -> None:
    run = noisy(watch="a")
    history = run.training.history
    history.begin(0.0)
    for i in range(20_000):
        history.losses.new.append(0.0)
        history.begin(float(i))
    assert len(history.rates) <= 2**12 and history.rate_at(0) == 0 and history.rate_at(
        20_000) == 19_999


# What is drawn


@pytest.mark.parametrize("make", [noisy, lambda: noisy(watch="a"), lambda: noisy(watch="ab")])
def test_a_curve_begins_at_the_first_step_and_ends_at_the_last(make: Any) -> None:
    run = make()
    run.run(5000)
    run.view().now()
    points = run.history.losses.curve().tolist()
    assert points[0] == [0, run.history.loss[0]] and points[-1] == [4999, run.history.loss[-1]]
    (curve,) = [mark for layer in run.view().now().layers for mark in layer.marks
                if "curve" in mark.style and len(mark.points) > 300][-1:]
    assert curve.points[0] == BOX.left and curve.points[-2] == BOX.right


@pytest.mark.parametrize(("steps", "end"), [
    (0, 10), (7, 10), (12, 12), (100, 100), (299, 300), (300, 300), (301, 350), (1000, 1000),
    (4321, 4500)])
def test_axes_end_where_the_run_does(steps: int, end: float) -> None:
    run = parabola(1e-4)
    run.run(steps)
    race = Race({"one": run})
    for view in (run.view(), race.view()):
        view.now()
        assert view.loss.frame(view.y, ended=True).x.high == (steps or 10)
        assert view.loss.frame(view.y, ended=False).x.high == end  # while there may be more


def panel(watch_shape: tuple[int, ...], view: str | None = None, steps: int = 3) -> Descent:
    w = tutor.shared(np.random.RandomState(0).randn(*watch_shape), "W")
    loss = T.sum((w - 1) ** 2)
    f = tutor.function([], loss, updates={w: w - 0.1 * tutor.grad(loss, w)})
    run = Descent(f, [], watch=[w], view=view)
    run.run(steps)
    return run


@pytest.mark.parametrize("shape", [(16, 16), (18, 16), (64, 10), (784, 30), (9,), (1, 5), (3, 900)])
@pytest.mark.parametrize("view", [None, "weights"])
def test_a_watched_array_is_a_heat_map_with_its_scale(shape: Any, view: Any) -> None:
    run = panel(shape, view)
    assert run.view().kind == "weights"
    marks = [mark for layer in run.view().now().layers for mark in layer.marks]
    sheet, bar = [mark for mark in marks if mark.kind == "image"]
    size = " × ".join(map(str, shape))
    assert any(mark.text.startswith(f"W, {size}") for mark in marks)
    rows, columns = (1, *shape)[-2:]
    if max(rows, columns) <= 200:
        cell = sheet.points[2] / columns, sheet.points[3] / rows
        assert max(cell) < 4.05 * min(cell)
    largest = float(np.abs(run.training.watch[0].get_value()).max())
    assert any(mark.text == f"{largest:.2g}" for mark in marks) and bar.points[2] == 120
    assert recorded(run)["frames"]


def test_images_are_drawn_where_they_are_asked_for() -> None:
    for shape, words in (((64, 10), "W as images"), ((5, 8, 8), "W, 5 × 8 × 8"),
                         ((4, 3, 5, 5), "W, 4 × 3 × 5 × 5")):
        run = panel(shape, "images")
        assert any(mark.text == words for layer in run.view().now().layers for mark in layer.marks)
    with pytest.raises(ValueError, match=r"square images.*watches W of shape \(18, 16\)") as caught:
        panel((18, 16), "images")
    assert "watch=[c]" not in str(caught.value)


def test_numbers_that_are_not_finite_are_hatched_and_counted() -> None:
    run = panel((4, 4), steps=0)
    run.training.watch[0].set_value(np.array([[np.nan, np.inf, 2.0, -4.0]] * 4))
    marks = [mark for layer in run.view().now().layers for mark in layer.marks]
    texts = {mark.text for mark in marks}
    assert "W, 4 × 4, 4 nan, 4 inf" in texts and "4" in texts and "−4" in texts


def test_a_parameter_of_whole_numbers_has_a_landscape_of_real_ones() -> None:
    n, x = tutor.shared(0, "n"), np.array([1.0, 2, 3, 4, 5])
    loss = T.sum((x - n) ** 2)
    slope = -2 * T.sum(x - n)
    f = tutor.function([], loss, updates={n: T.cast(n - 0.05 * slope, "int64")}, name="walk")
    run = Descent(f)
    run.run(5)
    view = run.view()
    assert run.history["n"].tolist() == [0, 1, 2, 2, 2, 2] and view.kind == "landscape"
    assert view.panel.one.loss((2.5,)) == pytest.approx(11.25)
    assert view.panel.one.here().slope == pytest.approx((-10,))
    box = view.ground()
    (start,) = view.starts(box[0] + box[2] / 2, box[1])
    run.reset(start)
    assert n.get_value().dtype == "int64" and n.get_value() == start[n]
    race = Race({"whole": run, "real": parabola(0.05)})
    assert race.view().panel is not None
    race.run(3)
    ET = race._repr_mimebundle_()["image/svg+xml"]
    assert "loss as a function of n" in ET


# Advice


@pytest.mark.parametrize(("make", "words", "never"), [
    (lambda: parabola(0.3), r"learning_rate\.set_value\(0\.03\)", "uphill"),
    (lambda: parabola(1e6), r"smaller steps: learning_rate\.set_value\(100000\)", "uphill"),
    (lambda: parabola(-0.1), r"negative.*learning_rate\.set_value\(0\.1\)", "smaller"),
    (lambda: parabola(np.nan), "learning_rate is nan", "smaller"),
    (lambda: parabola(0.1, data=[1.0, np.nan, np.inf]), "x holds 1 nan and 1 infinity", "smaller"),
    (lambda: parabola(0.1, data=[1e200, 1.0]), "x reaches 1e200: scale the data", "smaller"),
    (lambda: parabola(0.1, start=np.nan), r"c is nan at the start.*run\.reset\(\{c: …\}\)",
     "smaller"),
    (lambda: parabola(0.1, start=1e200), "loss at the start", "take smaller"),
    (lambda: endless(), "no lowest value", "smaller"),
    (lambda: nameless(), r"take smaller steps\.", "set_value"),
    (lambda: hidden(), "weights holds 2 nan", "smaller"),
])
def test_advice_fits_what_went_wrong(make: Any, words: str, never: str) -> None:
    with pytest.raises(DivergedError) as caught:
        make().run(3000)
    fix = str(caught.value.fix)
    assert re.search(words, fix) and never not in fix.replace("smaller steps would not help", "")
    assert "−" not in fix


def endless() -> Descent:
    c, rate = tutor.shared(1.0, "c"), tutor.shared(0.5, "lr")
    loss = -T.exp(c)
    return Descent(tutor.function([], loss, updates={c: c - rate * tutor.grad(loss, c)}))


def nameless() -> Descent:
    c = tutor.shared(1.0, "c")
    return Descent(tutor.function([], c ** 2, updates={c: c * -3}))


def hidden() -> Descent:
    c, weights = tutor.shared(1.0, "c"), tutor.shared(np.array([1.0, np.nan, np.nan]), "weights")
    loss = T.sum(weights * c)
    return Descent(tutor.function([], loss, updates={c: c - 0.1 * tutor.grad(loss, c)}))


# Mistakes


@pytest.mark.parametrize(("make", "words"), [
    (lambda run: Descent(run.training.f, [[1.0]], watch=3), "can be watched.*3 is none"),
    (lambda run: Descent(run.training.f, [[1.0]], watch="c"), "can be watched"),
    (lambda run: Descent(run.training.f, [[1.0]], watch=T.dscalar("q")), "can be watched"),
    (lambda run: Descent(run.training.f, [[1.0]], view=3), "no view 3"),
    (lambda run: Descent(run.training.f, [[1.0]], view=["loss"]), "no view"),
    (lambda run: Descent(run.training.f, [[1.0]], on=3), "on is no list"),
    (lambda run: Descent(run.training.f, [[1.0]], on=[["a"]]), "argument x"),
    (lambda run: Descent(run.training.f, lambda step: 3), "gave 3"),
    (lambda run: Descent(run.training.f, lambda step: [1.0, 2.0]), "data gave 2 values"),
    (lambda run: Descent(run.training.f, lambda step: ["a"]), "argument x"),
    (lambda run: Descent(run.training.f, lambda: [[1.0]]), "number of the step"),
    (lambda run: Race([run], names=3), "names are a list.*got 3"),
    (lambda run: Race([run, parabola()], names="ab"), "names are a list"),
    (lambda run: Race(3), "got 3"),
    (lambda run: Race([]), "got 0"),
    (lambda run: run.reset({"q": 1.0}), "not trained"),
    (lambda run: run.reset(3), "gives variables their values"),
    (lambda run: run.run("a"), "whole number"),
    (lambda run: run.run(-1), "whole number"),
    (lambda run: run.step(2.5), "whole number"),
    (lambda run: run.save(3), "path"),
    (lambda run: run.history[3], "not watched"),
])
def test_a_mistake_is_one_clear_error(make: Any, words: str) -> None:
    run = parabola()
    with pytest.raises(tutor.errors.TutorError, match=words) as caught:
        make(run)
    assert caught.value.fix and len(run.history) == 0


def test_a_start_is_given_by_name_too() -> None:
    run = parabola()
    run.reset({"c": 8.0})
    assert run.training.watch[0].get_value() == 8


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda run: pickle.loads(pickle.dumps(run))])
@pytest.mark.parametrize("make", [parabola, lambda: noisy(watch="a"), lambda: Race([parabola()])])
def test_a_copy_goes_on_by_itself(make: Any, twin: Any) -> None:
    run = make()
    run.run(4)
    run.view().now()
    other = twin(run)
    other.run(3)
    assert run._trained.steps == 4 and other._trained.steps == 7
    run.run(3)
    assert repr(run) == repr(other)
    other.reset()
    assert run._trained.steps == 7 and other._trained.steps == 0


def test_an_error_keeps_its_step_in_a_pickle() -> None:
    with pytest.raises(DivergedError) as caught:
        parabola(1e6).run(100)
    assert pickle.loads(pickle.dumps(caught.value)).step == caught.value.step > 0


@pytest.mark.parametrize("data", [[], lambda step: []])
def test_inputs_with_a_value_of_their_own_need_no_data(data: Any) -> None:
    x, c = T.dscalar("x"), tutor.shared(0.5, "c")
    f = tutor.function([tutor.In(x, value=3.0)], (c - x) ** 2, updates={c: c * 0.9})
    run = Descent(f, data)
    run.run(2)
    assert run.history.loss[0] == 6.25 and "loss 6.7" in repr(run)


@pytest.mark.parametrize(("output", "words"), [
    (lambda c: c * np.ones(3), "no scalar.*T.mean"), (lambda c: c * 1j, "no real number")])
def test_what_is_no_loss_is_said(output: Any, words: str) -> None:
    c = tutor.shared(1.0, "c")
    with pytest.raises(tutor.errors.CostError, match=re.compile(words, re.DOTALL)):
        Descent(tutor.function([], output(c), updates={c: c * 0.9}))
