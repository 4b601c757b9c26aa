"""A run without a browser: whole steps, the way back, what is recorded, what stays as a picture."""

import math
import os
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from array import array

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.live import Descent, DivergedError
from tutor.live.history import Series
from tutor.live.landscape import Landscape
from tutor.live.valley import extent
from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import Axis, number, roomy, round_up, ticks

DATA = [[1, 2, 3, 4, 5]]


class Parabola:
    """Section 8 of the walkthrough, with a learning rate that can be set."""

    def __init__(self, rate: float = 0.05, start: float = 0.0, dtype: str = "float64") -> None:
        x = T.TensorType(dtype, (False,))("x")
        self.c = tutor.shared(np.asarray(start, dtype), "c")
        self.rate = tutor.shared(np.asarray(rate, dtype), "learning_rate")
        y = T.sum((x - self.c) ** 2)
        step = self.c - self.rate * tutor.grad(y, self.c)
        self.f = tutor.function([x], y, updates={self.c: step}, name="d2")

    def run(self) -> Descent:
        return Descent(self.f, DATA, watch=[self.c])


def regression() -> tuple[tutor.compile.function.Function, list, tutor.SharedVariable]:
    """Least squares with a matrix of weights that are images, and a bias."""
    rng = np.random.RandomState(1)
    x, t = T.dmatrices("x", "t")
    w = tutor.shared(np.zeros((16, 3)), "W")
    b = tutor.shared(np.zeros(3), "b")
    loss = T.mean((T.dot(x, w) + b - t) ** 2)
    gw, gb = tutor.grad(loss, [w, b])
    f = tutor.function([x, t], loss, updates={w: w - 0.1 * gw, b: b - 0.1 * gb}, name="train")
    return f, [rng.rand(20, 16), rng.rand(20, 3)], w


def test_steps_are_those_of_the_walkthrough() -> None:
    case = Parabola()
    run = case.run()
    run.step()
    run.run(2)
    assert run.history.loss.tolist() == [55.0, 21.25, 12.8125]
    assert run.history[case.c].tolist() == run.history["c"].tolist() == [0.0, 1.5, 2.25, 2.625]
    assert case.c.get_value() == 2.625
    assert len(run.history) == 3


def test_a_run_makes_the_same_steps_as_calls_do() -> None:
    f, data, w = regression()
    run = Descent(f, data, watch=[w])
    run.run(25)
    recorded, losses = run.history[w], run.history.loss
    run.reset()
    for k in range(25):
        assert np.array_equal(w.get_value(), recorded[k])
        assert f(*data) == losses[k]


def test_reset_gives_the_start_exactly() -> None:
    f, data, w = regression()
    w.set_value(np.random.RandomState(3).rand(16, 3))
    start = w.get_value()
    run = Descent(f, data, watch=[w])
    run.run(7)
    first = run.history.loss
    run.reset()
    assert np.array_equal(w.get_value(), start)
    assert len(run.history) == 0 and run.history[w].shape == (1, 16, 3)
    run.run(7)
    assert np.array_equal(run.history.loss, first)


def test_what_is_recorded_is_not_changed_by_later_steps() -> None:
    f, data, w = regression()
    run = Descent(f, data, watch=[w])
    run.run(1)
    kept = run.history[w].copy()
    run.run(5)
    assert np.array_equal(run.history[w][:2], kept)


def test_a_new_rate_acts_on_the_next_step() -> None:
    case = Parabola()
    run = case.run()
    run.step()
    case.rate.set_value(0.1)
    run.step()
    assert case.c.get_value() == pytest.approx(3.0)
    assert run.training.rate is case.rate


@pytest.mark.parametrize("name", ["lr", "eta", "alpha", "Learning_Rate", "step_size"])
def test_a_rate_is_found_by_its_name(name: str) -> None:
    case = Parabola()
    case.rate.name = name
    assert case.run().training.rate is case.rate


def test_other_shared_scalars_are_no_rate() -> None:
    case = Parabola()
    case.rate.name = "momentum"
    assert case.run().training.rate is None


def test_the_loss_of_a_step_is_not_told_as_that_of_the_values_after_it() -> None:
    c = tutor.shared(1.0, "c")
    loss = T.log(c)  # at 1, at 0.5, at −0.5, from where the slope leads back to 0.5
    run = Descent(tutor.function([], loss, updates={c: c - 0.5 * T.grad(loss, c)}))
    with pytest.raises(DivergedError, match=r"nan, but then c is 0\.5, where it is -0\.69"):
        run.run(5)


def test_a_run_that_diverges_stops_at_its_step_and_says_why() -> None:
    case = Parabola(rate=0.3)
    run = case.run()
    with pytest.raises(DivergedError, match="step 511 went out of range: the loss is inf") as e:
        run.run(10_000)
    assert e.value.step == len(run.history) == 511
    assert "learning_rate.set_value(0.03)" in str(e.value)
    assert "test_live.py" in str(e.value)
    assert np.isfinite(run.history.loss[:-1]).all()
    with pytest.raises(ArithmeticError):
        run.step()
    assert len(run.history) == 511
    picture = run._repr_mimebundle_()
    assert "went out of range" in picture["text/html"]
    drawn = picture["image/svg+xml"].replace("the loss is inf", "")
    assert "nan" not in drawn and "inf" not in drawn
    run.reset()
    case.rate.set_value(0.1)
    run.step()
    assert case.c.get_value() == pytest.approx(3.0)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupt_leaves_the_parameters_as_after_the_last_whole_step() -> None:
    f, data, w = regression()
    run = Descent(f, data, watch=[w])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # under nohup it is ignored

    def interrupt() -> None:
        while not run.history.losses:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        run.run(10**9)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    steps, after = len(run.history), w.get_value()
    assert steps > 0
    assert np.array_equal(run.history[w][-1], after)
    run.reset()
    for _ in range(steps):
        f(*data)
    assert np.array_equal(w.get_value(), after)


def test_data_may_be_other_for_every_step() -> None:
    case = Parabola(rate=0.5)
    run = Descent(case.f, lambda step: [[float(step)]], watch=[case.c])
    run.run(4)
    assert run.history["c"].tolist() == [0.0, 0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda case: Descent(print, []), "compiled function"),
        (lambda case: Descent(case.f, DATA[0]), r"1 input \(x\)"),
        (lambda case: Descent(case.f, [["a"]]), "argument x"),
        (lambda case: Descent(case.f, DATA, watch=["c"]), "only shared variables"),
        (lambda case: Descent(tutor.function([], case.c), []), "no updates"),
        (lambda case: case.run().history["q"], "this run watches c"),
    ],
)
def test_a_mistake_is_said_at_once(make, words: str) -> None:
    case = Parabola()
    with pytest.raises((TypeError, ValueError), match=words):
        make(case)
    assert case.c.get_value() == 0


def test_long_arrays_of_history_keep_the_first_and_the_newest(monkeypatch) -> None:
    monkeypatch.setattr("tutor.live.history.BYTES", 10 * 16 * 3 * 8)
    f, data, w = regression()
    run = Descent(f, data, watch=[w])
    for k in range(60):
        run.step()
        steps = run.history.steps(w)
        assert steps[0] == 0 and steps[-1] == k + 1
        assert len(steps) <= 10 and (np.diff(steps) > 0).all()
        assert np.array_equal(run.history[w][-1], w.get_value())


# The landscape


def test_the_landscape_is_the_loss_and_leaves_the_run_alone() -> None:
    case = Parabola()
    run = case.run()
    valley = Landscape(run.training, [case.c])
    here = valley.here()
    assert here == ((0,), 55, (-30,), (1.5,))
    assert all(loss == pytest.approx(55 - 30 * c + 5 * c * c)
               for c, loss in ((c, valley.loss((c,))) for c in range(-2, 9)))
    assert case.c.get_value() == 0 and len(run.history) == 0


@pytest.mark.parametrize("rate", [1e-9, 1e-4, 0.05, 0.1, 0.3])
def test_the_landscape_shows_the_valley_whatever_the_rate(rate: float) -> None:
    case = Parabola(rate=rate)
    ((low, high),) = extent(Landscape(case.run().training, [case.c]))
    assert -3 < low < 0 and 5 < high < 16


def test_a_loss_that_falls_forever_is_seen_as_far_as_it_falls() -> None:
    c, rate = tutor.shared(-2.0, "c"), 0.1
    loss = T.log(1 + T.exp(-c))
    f = tutor.function([], loss, updates={c: c - rate * tutor.grad(loss, c)})
    ((low, high),) = extent(Landscape(Descent(f, []).training, [c]))
    assert -4 < low < -2 and 2 < high < 20


def test_the_landscape_follows_givens_and_other_dtypes() -> None:
    case = Parabola(dtype="float32")
    assert Landscape(case.run().training, [case.c]).here().slope == (-30,)
    x, c = T.dvector("x"), tutor.shared(1.0, "c")
    loss = T.sum((x - c) ** 2)
    f = tutor.function([], loss, updates={c: c - 0.1 * tutor.grad(loss, c)},
                       givens={x: tutor.shared(np.array([2.0, 4.0]))})
    assert Landscape(Descent(f, [], watch=[c]).training, [c]).here().loss == 10


def test_a_start_at_the_minimum_is_a_landscape_too() -> None:
    case = Parabola(start=3.0)
    ((low, high),) = extent(Landscape(case.run().training, [case.c]))
    assert low < 3 < high
    assert "svg" in case.run()._repr_mimebundle_()["text/html"]


# Pictures


def states():
    """Runs of every look, before and after some steps."""
    for steps in (0, 1, 3, 1000):
        case = Parabola()
        run = case.run()
        run.run(steps)
        yield f"parabola-{steps}", run
    for watch in ((2,), (), (1,), (1, 2)):
        f, data, _ = regression()
        shared = list(f.updates)
        run = Descent(f, data, watch=[shared[i - 1] for i in watch])
        run.run(12)
        yield f"regression-{watch}", run
    case = Parabola(rate=0.2)
    logarithmic = case.run()
    logarithmic.run(5)
    logarithmic.view().loss.log = True
    yield "log", logarithmic


PICTURES = [(name, run._repr_mimebundle_()) for name, run in states()]


@pytest.mark.parametrize(("name", "bundle"), PICTURES, ids=[name for name, _ in PICTURES])
def test_a_still_picture_is_well_formed_and_says_itself_in_words(name: str, bundle: dict) -> None:
    for markup in (bundle["image/svg+xml"], bundle["text/html"]):
        root = ET.fromstring(markup)
        told = [e.get("aria-label") for e in root.iter() if e.get("role") == "img"]
        assert len(told) == 1 and told[0].startswith("Gradient descent with ")
        assert "nan" not in markup and " 0x" not in markup
    assert bundle["text/plain"].startswith("<Descent of ")
    assert "script" not in bundle["text/html"] and "http:" not in bundle["text/html"].replace(
        "http://www.w3.org/2000/svg", "")


def test_still_pictures_are_the_same_every_time() -> None:
    assert [(name, run._repr_mimebundle_()) for name, run in states()] == PICTURES


def test_still_pictures_are_the_same_in_another_process() -> None:
    probe = "import test_live; print(hash(repr(test_live.PICTURES)))"
    env = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(
        [os.path.dirname(__file__), os.path.dirname(os.path.dirname(__file__))])}
    said = [subprocess.run([sys.executable, "-c", probe], env=env, check=True, capture_output=True,
                           text=True).stdout for _ in range(2)]
    assert said[0] == said[1]


def test_names_are_escaped_in_pictures() -> None:
    case = Parabola()
    case.c.name = '<img src=x onerror="1">&'
    run = Descent(case.f, DATA, watch=[case.c])
    run.run(2)
    for markup in (run._repr_mimebundle_()["text/html"], run._repr_mimebundle_()["image/svg+xml"]):
        assert "<img src=x" not in markup
        ET.fromstring(markup)


def test_the_drawing_of_one_scene_becomes_the_next_by_its_changes() -> None:
    case = Parabola()
    run = case.run()
    old = run.view().now()
    for steps in (1, 1, 1, 40, 1, 500):
        run.run(steps)
        new = run.view().now()
        found = chart.changes(old, new)
        if found is not None:
            layers = [[list(mark) for mark in layer.marks] for layer in old.layers]
            for i, j, kept, added, text in found:
                mark = layers[i][j]
                mark[2], mark[3] = mark[2][:kept] + tuple(added), text
            assert layers == [[list(mark) for mark in layer.marks] for layer in new.layers]
        old = new
    assert chart.changes(old, old) == []


def test_a_frame_of_a_long_run_is_small() -> None:
    case = Parabola(rate=1e-5)
    run = case.run()
    run.run(3001)
    old = run.view().now(ended=False)
    run.run(20)
    found = chart.changes(old, run.view().now(ended=False))
    assert found is not None and len(repr(found)) < 1500


# Numbers, curves and pixels


@pytest.mark.parametrize("low", [-7.3, 0.0, 1e-12, 3.0, 1e150])
@pytest.mark.parametrize("width", [1e-9, 0.37, 1.0, 12345.0])
def test_axes_hold_their_values_with_a_few_round_ticks(low: float, width: float) -> None:
    high = low + width * max(1.0, abs(low))
    begin, end = roomy(low, high)
    assert begin <= low + 1e-9 * abs(low) and high - 1e-9 * abs(high) <= end
    assert 2 <= len(ticks(begin, end)) <= 10
    axis = Axis(begin, end, 0, 300)
    assert all(0 <= x <= 300 and text for x, text in axis.ticks())


def test_numbers_far_off_an_axis_stay_small() -> None:
    axis = Axis(0, 1, 0, 100)
    assert [axis(v) for v in (1e300, -1e300, math.inf, math.nan)] == [600, -500, 600, 600]
    assert number(-2.5e-7) == "−2.5e−7" and round_up(1001) == 2000


def test_a_decimated_curve_keeps_its_spikes_and_its_end() -> None:
    rng = np.random.RandomState(0)
    values, series = array("d"), Series()
    for size in (3, 50, 1, 400, 5000, 7):
        values.extend(rng.rand(size))
        values[-size // 2] = 50.0 + size
        series.new.extend(values[-size:])
        points = [(int(at), value) for at, value in series.curve(100).tolist()]
        assert len(points) <= 105
        assert points == sorted(points) and len({at for at, _ in points}) == len(points)
        assert all(values[at] == value for at, value in points)
        assert max(value for _, value in points) == max(values)
        assert points[0] == (0, values[0]) and points[-1] == (len(values) - 1, values[-1])


def test_live_and_course_load_late_and_without_jupyter() -> None:
    probe = ("import sys, tutor; assert 'tutor.live' not in sys.modules; tutor.live.Descent; "
             "tutor.course.digits(); print({'IPython', 'anywidget'} & set(sys.modules))")
    done = subprocess.run([sys.executable, "-W", "error", "-c", probe], check=True,
                          capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
