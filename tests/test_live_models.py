"""What a model says, over the data it is trained on: a curve, clusters; and what needs no words."""

import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.live import Descent, replay
from tutor.live.player import SPEEDS
from tutor.pictures.charts import chart

XS, TS = [0.0, 1.0, 2.0, 3.0], [-1.0, 1.0, 3.0, 5.0]


def straight(kind: str = "vector", **more: Any) -> tuple[Descent, list[Any]]:
    """The line 2 x − 1, through data that are arguments, columns, or shared."""
    make = T.dmatrix if kind == "column" else T.dvector
    x, t = make("x"), make("t")
    shape = (-1, 1) if kind == "column" else (-1,)
    data: list[Any] = [np.reshape(XS, shape), np.reshape(TS, shape)]
    a, b = tutor.shared(0.0, "a"), tutor.shared(0.0, "b")
    if kind == "shared":
        x, t = (tutor.shared(value, name) for value, name in zip(data, "xt", strict=True))
    said = a * x + b
    loss = T.mean((said - t) ** 2)
    f = tutor.function([] if kind == "shared" else [x, t], loss,
                       updates=tutor.optimizers.sgd(loss, [a, b], 0.1))
    return Descent(f, [] if kind == "shared" else data, predict=said, **more), [a, b]


def marks(run: Descent, style: str) -> list[chart.Mark]:
    return [mark for layer in run.view().now().layers for mark in layer.marks
            if mark.style == style]


@pytest.mark.parametrize("kind", ["vector", "column", "shared"])
def test_a_fit_goes_through_its_points_in_the_end(kind: str) -> None:
    run, (a, b) = straight(kind)
    assert run.view().kind == "fit"
    flat, away = marks(run, "curve")[0].points, marks(run, "guide")
    assert len(set(flat[1::2])) == 1 and len(away) == 4
    assert all(mark.points[1] != mark.points[3] for mark in away)
    run.run(400)
    assert (a.get_value(), b.get_value()) == (pytest.approx(2), pytest.approx(-1))
    steep = marks(run, "curve")[0].points
    for x, y in zip(*[iter(marks(run, "case case1")[0].points)] * 2, strict=True):
        assert np.interp(x, steep[::2], steep[1::2]) == pytest.approx(y, abs=0.2)
    drawn = run._repr_mimebundle_()["image/svg+xml"]
    assert "circle.case" in drawn and "a = 2" in drawn
    assert len(re.findall(r'class="curve"', drawn)) == 7  # it, the loss, and five moments
    frames = replay.recorded(run)["frames"]
    assert frames[0]["step"] == 0 and frames[-1]["step"] == 400


def test_of_many_points_some_are_drawn() -> None:
    x, t, a = T.dvector("x"), T.dvector("t"), tutor.shared(0.0, "a")
    loss = T.mean((a * x - t) ** 2)
    f = tutor.function([x, t], loss, updates=tutor.optimizers.sgd(loss, a, 0.1))
    xs = np.random.RandomState(0).rand(5000)
    run = Descent(f, [xs, 3 * xs], predict=a * x)
    assert len(marks(run, "case case1")[0].points) <= 2 * 300 and not marks(run, "guide")
    assert run.view().kind == "fit"


@pytest.mark.parametrize(("data", "words"), [
    ([[]], r"are \(0,\)"), ([[1.0, 2.0]], r"are \(2,\)"),
])
def test_no_curve_goes_through_nothing(data: list[Any], words: str) -> None:
    x, a = T.dvector("x"), tutor.shared(0.0, "a")
    loss = T.sum((a * x) ** 2)
    f = tutor.function([x], loss, updates=tutor.optimizers.sgd(loss, a, 0.1))
    with pytest.raises(TypeError, match=words):
        Descent(f, data, predict=a * x)


def clusters() -> tuple[Descent, Any]:
    """k-means, whose update is no gradient, from three centres that lie together."""
    rng = np.random.RandomState(3)
    points = np.concatenate([0.5 * rng.randn(60, 2) + at for at in ((2, 2), (-2, 1.5), (0, -2))])
    x, centres = T.dmatrix("x"), tutor.shared(np.array([[0, 0.3], [0.3, 0], [-0.3, 0]]), "centres")
    apart = T.sum((x.dimshuffle(0, "x", 1) - centres) ** 2, axis=2)
    near = T.eq(apart, T.min(apart, axis=1, keepdims=True)) * 1.0
    means = T.dot(near.T, x) / near.sum(axis=0).dimshuffle(0, "x")
    f = tutor.function([x], T.mean(T.min(apart, axis=1)), name="k_means",
                       updates={centres: centres + 0.3 * (means - centres)})
    return Descent(f, [points], predict=-apart), centres


def test_clusters_are_drawn_with_the_ways_of_their_centres() -> None:
    run, centres = clusters()
    start = marks(run, "centre")[0].points
    run.run(20)
    assert run.view().kind == "boundary"
    ways, now = marks(run, "path"), marks(run, "centre")[0].points
    assert len(ways) == 3 and len(now) == 6
    assert [p for way in ways for p in way.points[:2]] == list(start)
    assert [p for way in ways for p in way.points[-2:]] == list(now)
    assert [len(m.points) for k in range(3) for m in marks(run, f"case case{k}")] == [120] * 3
    texts = [mark.text for layer in run.view().now().layers for mark in layer.marks]
    assert "predicted" in texts
    before = centres.get_value()
    ET.fromstring(run._repr_mimebundle_()["image/svg+xml"])
    assert replay.recorded(run)["frames"] and np.array_equal(centres.get_value(), before)


# In a line


def test_a_function_without_arguments_needs_no_data() -> None:
    v = tutor.shared(np.array([-1.2, 1.0]), "v")
    loss = (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2
    run = Descent(tutor.function([], loss, updates=tutor.optimizers.momentum(loss, v, 0.0005)))
    assert run.view().kind == "contours" and run.training.watch == [v]
    assert run.view().pace in SPEEDS and clusters()[0].view().pace == 30
    panel = run.view().panel
    assert panel is not None
    # The lowest place, which the run does not reach for a long time, is in the picture.
    x, y = panel.axes
    assert x.low < -1.2 and x.high > 1 and y.low < 0 and y.high > 1
    run.run(50)
    assert run.history["v"].shape == (51, 2)


def test_a_valley_without_an_end_is_seen_as_far_as_it_falls() -> None:
    a, b = tutor.shared(-1.0, "a"), tutor.shared(2.0, "b")
    loss = T.nnet.softplus(-a) + b ** 2
    run = Descent(tutor.function([], loss, updates=tutor.optimizers.sgd(loss, [a, b], 0.1)))
    panel = run.view().panel
    assert panel is not None and 2 < panel.axes[0].high < 40 and panel.axes[0].low < -1
