"""Looking never changes a run: whatever is shown of it, however often, it is equal to the bit.

`looks` are all the ways to look; each run is compared with one that nobody looked at: its losses,
its values, the steps that asked for data, and the generators of the learner and of the engine.
"""

import contextlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.live import Descent, DivergedError, Race
from tutor.live.maps import Curve

STEPS = 8


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of few points are looked at as others are."""
    monkeypatch.setattr("tutor.live.landscape.FINE", (9, 7))
    monkeypatch.setattr("tutor.live.landscape.COARSE", (7, 5))
    monkeypatch.setattr("tutor.live.maps.POINTS", 12)
    monkeypatch.setattr("tutor.live.predictions.COLUMNS", 9)


class Case:
    """A run with its data, of which everything that could change is looked at."""

    def __init__(self, kind: str, data: str, **more: Any) -> None:
        self.rng, self.calls = np.random.RandomState(1), []
        self.buffer = np.zeros((6, 2))
        x = T.dmatrix("x")
        shapes: dict[str, list[Any]] = {
            "curve": [0.3], "contours": [0.3, -0.2], "pair": [[0.3, -0.2]],
            "weights": [[[0.3, 0.1], [-0.2, 0.4]]], "boundary": [[0.3, -0.2], 0.1]}
        self.params = [tutor.shared(np.array(value), f"p{i}")
                       for i, value in enumerate(shapes[kind])]
        self.rate = tutor.shared(0.05, "learning_rate")
        loss, said = self.model(kind, x)
        if data == "noise":
            streams = T.shared_randomstreams.RandomStreams(5)
            loss = loss + (self.params[0] * streams.normal(())).sum() * 0.1
        updates = tutor.optimizers.momentum(loss, self.params, 0.05)
        self.f = tutor.function([x], loss, updates=updates)
        given: Any = [self.rng.randn(6, 2)] if data in ("fixed", "noise") else self.batch(data)
        if kind == "boundary":
            more["predict"] = said
        if "watch" in more:
            more["watch"] = self.params[more["watch"]]
        self.run = Descent(self.f, given, **more)

    def model(self, kind: str, x: Any) -> tuple[Any, Any]:
        if kind == "curve":
            return T.sum((x - self.params[0]) ** 2), None
        if kind == "contours":
            a, b = self.params
            return T.sum((x[:, 0] - a) ** 2 + 3 * (x[:, 1] - b) ** 2 + a * b), None
        if kind == "boundary":
            w, b = self.params
            said = T.nnet.sigmoid(T.dot(x, w) + b)
            return T.mean((said - T.gt(x[:, 0], 0)) ** 2), said
        return T.mean((T.dot(x, self.params[0]) - x[:, 0:1].sum()) ** 2), None

    def batch(self, kind: str) -> Callable[[int], Any]:
        def random(step: int) -> Any:
            self.calls.append(step)
            if kind == "buffer":  # always the same array, filled anew
                self.buffer[...] = self.rng.randn(6, 2)
                return [self.buffer]
            if kind == "by step":
                return [np.random.RandomState(step).randn(6, 2)]
            if kind == "generator":
                return (part for part in [self.rng.randn(6, 2)])
            return [self.rng.randn(6, 2)]

        return random

    def state(self) -> Any:
        """Everything that is to be as if nobody had looked."""
        training = self.run.training
        found = [self.run.history.loss.tolist(), list(self.calls), self.rng.rand()]
        for v in training.changes:
            value = v.get_value()
            found.append(value.tobytes() if isinstance(value, np.ndarray)
                         else value.rand() if hasattr(value, "rand") else repr(value))
        return found


def page(run: Any) -> None:
    run.html()


def played(run: Any) -> None:
    """Frames, as a page asks for them."""
    view = run.view()
    for _ in range(2):
        view.now()
    view.loss.log = not view.loss.log
    view.still()


LOOKS: dict[str, Callable[[Any], Any]] = {
    "repr": repr, "now": played, "still": lambda run: run._repr_mimebundle_(), "page": page,
    "explore": lambda run: repr(run.explore()),
    "race": lambda run: Race({"one": run})._repr_mimebundle_(),
    "race page": lambda run: Race({"one": run}).html(),
    "history": lambda run: (run.history.loss, run.history.steps()),
}
KINDS = ("curve", "contours", "pair", "weights", "boundary")
DATA = ("fixed", "random", "by step", "buffer", "generator", "noise")


@pytest.mark.parametrize(("kind", "data"), [
    *((kind, data) for kind in KINDS for data in ("random", "noise")),
    *(("curve", data) for data in DATA if data not in ("random", "noise"))])
def test_a_run_that_is_seen_is_the_run_that_is_not(kind: str, data: str) -> None:
    unseen, seen = Case(kind, data), Case(kind, data)
    unseen.run.run(STEPS)
    for step in range(STEPS):
        list(LOOKS.values())[step % len(LOOKS)](seen.run)
        seen.run.step()
    for look in LOOKS.values():
        look(seen.run)
    assert seen.state() == unseen.state()
    assert data in ("fixed", "noise") or unseen.calls == list(range(STEPS + 1))
    for case in (unseen, seen):
        case.run.reset()
        if case is seen:
            LOOKS["still"](case.run)
        case.run.run(3)
    assert seen.state() == unseen.state()


@pytest.mark.parametrize("view", ["loss", "values", "landscape", "contours", "weights"])
def test_a_view_that_is_named_changes_nothing_either(view: str) -> None:
    kind = {"landscape": "curve", "weights": "weights"}.get(view, "contours")
    unseen, seen = Case(kind, "random"), Case(kind, "random", view=view, watch=slice(None))
    for case in (unseen, seen):
        for _ in range(3):
            case.run.run(4)
            if case is seen:
                seen.run._repr_mimebundle_(), seen.run.html()
    assert seen.state() == unseen.state()


def test_data_is_asked_once_for_each_step_and_the_newest_alone_is_kept() -> None:
    case = Case("contours", "random")
    assert case.calls == [0]
    case.run.run(3)
    assert case.calls == [0, 1, 2, 3]
    batch = case.run.training.batches.batch[0]
    promised = case.run.training.loss()
    case.run.step()
    assert case.run.history.loss[3] == pytest.approx(promised) and len(batch) == 6
    case.run.reset()
    case.run.reset()
    assert case.calls == [0, 1, 2, 3, 4, 0]


def test_data_is_asked_once_a_step_however_it_is_looked_at() -> None:
    c = tutor.shared(0.0, "c")
    x = T.dvector("x")
    loss = T.sum((x - c) ** 2)
    f = tutor.function([x], loss, updates={c: c - 0.1 * tutor.grad(loss, c)})

    asked: list[int] = []

    def slow(step: int) -> Any:
        asked.append(step)
        return [np.random.rand(3)]

    run = Descent(f, slow)
    for look in LOOKS.values():
        look(run)
    assert asked == [0]  # not once for each point of the curve
    run.step()
    run.view().now()
    assert asked == [0, 1]


def test_data_that_ends_ends_the_run_at_the_step_that_has_none() -> None:
    batches = [[np.ones(2) * k] for k in range(3)]
    c, x = tutor.shared(0.0, "c"), T.dvector("x")
    loss = T.sum((x - c) ** 2)
    run = Descent(tutor.function([x], loss, updates={c: c + 1}), lambda step: batches[step])
    run.run(3)
    assert run.history["c"].tolist() == [0, 1, 2, 3]
    repr(run), run._repr_mimebundle_()
    with pytest.raises(IndexError):
        run.step()
    assert len(run.history) == 3 and c.get_value() == 3
    batches.append([np.ones(2)])
    run.step()
    assert c.get_value() == 4


@pytest.mark.parametrize("kind", ["curve", "contours", "boundary"])
def test_a_picture_says_whose_loss_it_draws(kind: str) -> None:
    case = Case(kind, "by step")
    case.run.run(5)
    drawn = case.run._repr_mimebundle_()["image/svg+xml"]
    assert ("predicted, batch 5" if kind == "boundary" else "loss of batch 5") in drawn
    if kind == "boundary":
        shown = case.run.view().panel.points  # type: ignore[union-attr]
        assert np.array_equal(shown, np.random.RandomState(5).randn(6, 2))
    fixed = [np.random.RandomState(9).randn(40, 2)]
    steady = Case(kind, "by step", on=fixed)
    before = ground_loss(steady)
    steady.run.run(5)
    after = steady.run.view().now()
    if kind != "boundary":
        assert "loss on fixed data" in repr(after)
        assert before == ground_loss(steady) == loss_at(kind, [0.0] * len(steady.params), fixed[0])
    at = [v.get_value() for v in steady.params]
    assert steady.run.training.loss() == pytest.approx(loss_at(kind, at, fixed[0]))
    case.run.run(3)
    steady.run.run(3)
    assert case.run.history.loss.tolist() == steady.run.history.loss.tolist()
    assert Race([steady.run]).view().panel is not None or kind == "boundary"
    assert Race([case.run]).view().panel is None


def test_a_noisy_loss_is_pale_under_its_means() -> None:
    case = Case("curve", "by step")
    for steps, looks in ((40, ["curve"]), (300, ["curve raw", "curve"])):
        case.run.run(steps)
        lines = [m for m in case.run.view().now().layers[-1].marks if m.kind == "line"]
        assert [m.style for m in lines] == looks
        assert ("polyline.raw" in case.run._repr_mimebundle_()["text/html"]) is (steps == 300)
    raw, smooth = (np.array(m.points).reshape(-1, 2) for m in lines)
    assert smooth[:, 1].std() < raw[:, 1].std() / 2
    assert raw[:, 0].min() <= smooth[:, 0].min() and smooth[:, 0].max() <= raw[:, 0].max()
    assert smooth[:, 1].mean() == pytest.approx(raw[:, 1].mean(), abs=raw[:, 1].std())


def ground_loss(case: Case) -> float | None:
    """The loss where all is 0, on the ground that the run is drawn on."""
    panel = case.run.view().panel
    return panel.one.loss((0.0,) * len(panel.axes)) if isinstance(panel, Curve) else None


def loss_at(kind: str, values: Any, x: Any) -> float:
    case = Case(kind, "fixed")
    for v, value in zip(case.params, values, strict=True):
        v.set_value(value)
    return float(case.f(x))


@pytest.mark.parametrize("data", ["fixed", "by step", "noise"])
@pytest.mark.parametrize("kind", ["curve", "contours", "weights"])
def test_there_is_one_loss(kind: str, data: str) -> None:
    """Of the line of text, the picture, its words, the race: what the next step gives."""
    case = Case(kind, data)
    case.run.run(3)
    said = repr(case.run).split("loss ")[1].rstrip(">").split(",")[0]
    words = case.run.view().now().words
    heads = [mark.text for layer in case.run.view().now().layers for mark in layer.marks]
    race = Race({"one": case.run})
    assert f"to {said}".replace("-", "−") in words and f"loss {said}".replace("-", "−") in heads
    assert repr(race).endswith(f"one {said}>")
    assert f"loss {said}".replace("-", "−") in race.view().now().words
    case.run.step()
    assert f"{case.run.history.loss[3]:.4g}" == said


def test_a_value_that_is_set_is_where_the_next_step_begins() -> None:
    case = Case("curve", "fixed")
    case.run.run(2)
    case.params[0].set_value(4.0)
    assert "= 4" in repr(case.run) and "= 4" in repr(case.run.view().now())
    case.run.step()
    assert case.run.history["p0"][2] == 4.0 and len(case.run.history["p0"]) == 4


def test_shared_data_that_changes_changes_the_curve() -> None:
    x, c = tutor.shared(np.array([1.0, 2.0]), "x"), tutor.shared(0.0, "c")
    loss = T.sum((x - c) ** 2)
    run = Descent(tutor.function([], loss, updates={c: c - 0.1 * tutor.grad(loss, c)}))
    before = run.view().panel
    run.view().now()
    first = before.points[0][1]
    x.set_value([10.0, 20.0])
    run.view().now()
    assert before.points[0][1] != first
    low = before.points[0][0]
    assert before.points[0][1] == pytest.approx((10 - low) ** 2 + (20 - low) ** 2)


def test_a_step_is_explored_without_a_warning_and_without_new_data() -> None:
    for data in ("fixed", "random"):
        case = Case("curve", data)
        case.run.run(2)
        case.params[0].set_value(1e200)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(DivergedError):
                case.run.run(5)
            assert case.run.explore().suspect is not None
            repr(case.run.explore()), case.run.explore()._repr_mimebundle_()
        assert case.calls in ([], [0, 1, 2])


def test_a_long_run_over_batches_is_explored_where_it_went_wrong() -> None:
    rng, calls = np.random.RandomState(0), []

    def data(step: int) -> Any:
        calls.append(step)
        return [rng.rand(3)]

    x, w = T.dvector("x"), tutor.shared(np.array([1e-250]), "w")
    f = tutor.function([x], T.sum(w) * T.sum(x), updates={w: w * 3})
    run = Descent(f, data, watch=[])
    with pytest.raises(DivergedError) as caught:
        run.run(5000)
    assert caught.value.step > 500 and len(calls) == caught.value.step
    found = run.explore()
    assert found.suspect is not None and len(calls) == caught.value.step


def test_modes_show_what_they_compute() -> None:
    c = tutor.shared(1000.0, "c")
    loss = T.log(1 + T.exp(c))
    for mode, value in (("FAST_RUN", 1000.0), ("FAST_COMPILE", np.inf)):
        f = tutor.function([], loss, updates={c: c * 1.0}, mode=mode)
        assert Descent(f, [], watch=[c]).training.loss() == value


def test_a_race_is_the_runs_it_is_made_of() -> None:
    alone = [Case("curve", "random"), Case("contours", "noise")]
    raced = [Case("curve", "random"), Case("contours", "noise")]
    race = Race([case.run for case in raced])
    for case in alone:
        case.run.run(9)
    for _ in range(3):
        race.run(3)
        repr(race), race._repr_mimebundle_(), race.html()
    assert [case.state() for case in raced] == [case.state() for case in alone]
    with contextlib.suppress(ArithmeticError):
        race.run(1)
