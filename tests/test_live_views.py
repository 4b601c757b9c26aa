"""The views of a run by name: contours over two numbers, a boundary over data, a start by hand."""

import contextlib
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.live import Descent
from tutor.live.landscape import Landscape, grid
from tutor.live.predictions import classes_of
from tutor.live.replay import recorded
from tutor.live.valley import extent
from tutor.live.views import KINDS
from tutor.pictures.charts import chart
from tutor.pictures.charts.contours import isolines

XS = np.array([0.0, 1.0, 2.0, 3.0])


def line(dtype: str = "float64", rule: Any = tutor.optimizers.sgd, **more: Any) -> Descent:
    """The line 2 x − 1 through four points, its slope and height being trained."""
    a, b = tutor.shared(np.asarray(0, dtype), "a"), tutor.shared(np.asarray(0, dtype), "b")
    xs = T.constant(XS.astype(dtype), dtype=dtype)
    error = T.mean((a * xs + b - (2 * xs - 1)) ** 2)
    f = tutor.function([], error, updates=rule(error, [a, b], learning_rate=0.05), name="fit")
    return Descent(f, [], **more)


def pair(**more: Any) -> Descent:
    """The same with both numbers in one vector."""
    p = tutor.shared(np.zeros(2), "p")
    error = T.mean((p[0] * XS + p[1] - (2 * XS - 1)) ** 2)
    f = tutor.function([], error, updates=tutor.optimizers.sgd(error, p, 0.05), name="fit")
    return Descent(f, [], watch=[p], **more)


def separated(labels: Any, kind: str = "probability", **more: Any) -> tuple[Descent, Any]:
    """Points of the plane with labels by the side of a line, and a model that learns them."""
    points = np.random.RandomState(0).randn(60, 2)
    x, t = T.dmatrix("x"), T.lvector("t")
    side = (points @ [1.0, 2.0] > 0.3).astype(int)
    w, b = tutor.shared(np.array([0.2, -0.1]), "w"), tutor.shared(0.1, "b")
    score = T.dot(x, w) + b
    p = T.nnet.sigmoid(score)
    cost = T.nnet.binary_crossentropy(p, T.gt(t, 0)).mean()
    f = tutor.function([x, t], cost, updates=tutor.optimizers.sgd(cost, [w, b], 1.0), name="learn")
    said = {"probability": p, "score": score, "class": p > 0.5,
            "scores": T.stack([1 - p, p], axis=1), "function": tutor.function([x], p)}[kind]
    return Descent(f, [points, np.asarray(labels)[side]], predict=said, **more), (w, b)


# Lines of equal height


def test_the_lines_of_a_bowl_are_rings() -> None:
    y, x = np.mgrid[-10:11, -10:11]
    (ring,) = isolines(x ** 2.0 + y ** 2, 36.5)
    assert np.array_equal(ring[0], ring[-1]) and len(ring) > 30
    assert abs(np.hypot(*(ring - 10).T) - 36.5 ** 0.5).max() < 0.05


def test_the_lines_of_a_saddle_do_not_cross() -> None:
    for level, corners in ((-0.5, [(0, 1), (1, 0)]), (0.5, [(0, 0), (1, 1)])):
        lines = isolines([[1.0, -1.0], [-1.0, 1.0]], level)
        assert [len(found) for found in lines] == [2, 2]
        # Each cuts off one of the corners that the middle does not belong to.
        assert sorted(tuple(found.mean(axis=0).round()) for found in lines) == corners


def test_lines_end_where_there_are_no_numbers() -> None:
    grid = np.tile(np.arange(5.0), (7, 1))
    assert len(isolines(grid, 1.5)) == 1 and isolines(grid, 9) == []
    grid[3, 1] = np.nan
    assert len(isolines(grid, 1.5)) == 2
    grid[3, 1] = np.inf
    assert len(isolines(grid, 1.5)) == 2


# The surface


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_surface_is_the_loss_and_leaves_the_run_alone(dtype: str) -> None:
    run = line(dtype)
    surface = Landscape(run.training, run.training.watch)
    spot = surface.here()
    gradient = -2 * np.mean((2 * XS - 1) * XS), -2 * np.mean(2 * XS - 1)
    assert spot.loss == pytest.approx(9) and spot.slope == pytest.approx(gradient)
    assert spot.next == pytest.approx((0.55, 0.2), rel=1e-6)
    assert surface.loss((2, -1)) == 0 and surface.loss((2, 1)) == pytest.approx(4)
    heights = grid(surface, (0, 2), (-1, 0))
    assert heights[0, 0] == pytest.approx(surface.loss((0, -1))) and heights[0, -1] < 1e-9
    assert len(run.history) == 0 and all(v.get_value() == 0 for v in run.training.watch)


def test_a_vector_of_two_is_the_same_surface() -> None:
    one, two = line(), pair()
    one.run(7), two.run(7)
    first = Landscape(one.training, one.training.watch)
    second = Landscape(two.training, two.training.watch)
    assert first.here().at == pytest.approx(second.here().at)
    assert first.path([3])[0] == pytest.approx(second.path([3])[0])
    assert second.names == ("p[0]", "p[1]") and first.names == ("a", "b")


def test_the_next_step_is_the_rules_own() -> None:
    run = line(rule=tutor.optimizers.momentum)
    run.run(4)
    surface = Landscape(run.training, run.training.watch)
    promised = surface.here().next
    run.step()
    assert surface.here().at == pytest.approx(promised)


def test_the_plane_holds_the_start_and_the_valley() -> None:
    run = line()
    x, y = extent(Landscape(run.training, run.training.watch))
    assert x[0] < 0 and 2 < x[1] < 10 and y[0] < -1 and 0 < y[1] < 10


# What is seen


@pytest.mark.parametrize(("make", "kind"), [
    (line, "contours"), (pair, "contours"), (lambda: separated([0, 1])[0], "boundary"),
    (lambda: line(watch=[]), "loss"), (lambda: line(view="values"), "values"),
    (lambda: line(view="landscape"), "landscape"), (lambda: line(view="loss"), "loss"),
    (lambda: pair(view="contours"), "contours"), (lambda: pair(view="values"), "values"),
    (lambda: separated([0, 1], view="loss")[0], "loss"),
    (lambda: separated([0, 1], view="contours")[0], "contours"),
])
def test_a_view_is_chosen_or_named_and_drawn(make: Any, kind: str) -> None:
    run = make()
    for steps in (0, 1, 30):
        run.run(steps)
        assert run.view().kind == kind
        bundle = run._repr_mimebundle_()
        for markup in (bundle["image/svg+xml"], bundle["text/html"]):
            ET.fromstring(markup)
            assert "nan" not in markup and " 0x" not in markup
    assert run._repr_mimebundle_() == bundle
    again = make()
    again.run(31)
    assert (again._repr_mimebundle_()["image/svg+xml"] == bundle["image/svg+xml"]) or kind in (
        "contours", "landscape")  # whose axes have grown on another way


@pytest.mark.parametrize("kind", ["weights", "boundary", "contour", "landscape"])
def test_a_view_that_cannot_be_is_one_clear_error(kind: str) -> None:
    with pytest.raises(ValueError, match="needs" if kind in KINDS else "Choose loss, landscape"):
        line(view=kind, watch=[])


def test_the_path_goes_through_every_step_and_ends_at_the_point() -> None:
    run = line()
    run.run(12)
    marks = {mark.style: mark.points for layer in run.view().now().layers for mark in layer.marks
             if mark.style in ("path", "start", "tangent", "next", "trail")}
    panel = run.view().panel
    assert panel is not None
    frame, a, b = panel.frame(panel.box, (0, 1)), *(run.history[v] for v in "ab")
    placed = [p for x, y in zip(a, b, strict=True) for p in (frame.x(x), frame.y(y))]
    assert list(marks["path"]) == placed and list(marks["start"]) == placed[:2]
    assert list(marks["trail"]) == placed[:-2]
    spot = panel.one.here()
    assert marks["next"] == (frame.x(spot.next[0]), frame.y(spot.next[1]))
    # The arrow of plain gradient descent points to the next step.
    arrow = np.subtract(marks["tangent"][2:4], marks["tangent"][:2])
    assert spot.slope is not None
    assert arrow @ [-spot.slope[0], spot.slope[1]] > 0.99 * np.hypot(*arrow) * np.hypot(*spot.slope)


def test_a_long_path_is_drawn_thin_and_kept_whole() -> None:
    run = line(rule=lambda *a, **k: tutor.optimizers.sgd(*a, 1e-4))
    run.run(5000)
    (path,) = [m for layer in run.view().now().layers for m in layer.marks if m.style == "path"]
    assert len(path.points) < 2000 and run.history["a"].shape == (5001,)


@pytest.mark.parametrize("make", [line, pair])
def test_a_frame_on_contours_is_small(make: Any) -> None:
    run = make()
    run.run(32)
    old = run.view().now()
    run.run(3)
    found = chart.changes(old, run.view().now())
    assert found is not None and len(repr(found)) < 2500


@pytest.mark.parametrize(("make", "style"), [
    (line, "polyline.contour{"), (pair, "polyline.contour{"),
    (lambda: separated([0, 1])[0], "circle.case1{")])
def test_a_page_replays_a_plane(make: Any, style: str) -> None:
    run = make()
    run.run(8)
    after = run.view().now()
    assert style in run.html()
    assert recorded(run)["frames"][-1]["step"] == 8
    assert run.view().now() == after and len(run.history) == 8


def test_a_start_set_by_hand_is_where_reset_returns_to() -> None:
    run = line()
    run.run(5)
    a, b = run.training.watch
    box = run.view().ground()
    assert box is not None
    run.view().now()
    (start,) = run.view().starts(box[0] + box[2] / 2, box[1] + box[3] / 4)
    ends = run.view().panel.ends  # type: ignore[union-attr]
    run.reset(start)
    assert len(run.history) == 0 and a.get_value() == start[a] and b.get_value() == start[b]
    run.view().now()
    assert run.view().panel.ends == ends  # type: ignore[union-attr]
    run.run(3)
    run.reset()
    assert (a.get_value(), b.get_value()) == (start[a], start[b])
    run.reset({a: 7})
    assert (a.get_value(), b.get_value()) == (7, start[b])
    with pytest.raises(TypeError, match="not trained"):
        run.reset({tutor.shared(1.0, "q"): 2.0})


def test_the_page_moves_the_start() -> None:
    from tutor.live.player import Player

    for run in (line(), line(view="landscape")):
        run.run(2)
        run.view().now()
        player = Player(run)
        x, y, width, height = run.view().ground() or (0, 0, 0, 0)
        end = [x + width, y + height]
        player._received(None, {"do": "start", "value": end, "sent": ["page", 0]}, [])
        assert len(run.history) == 0
        high = run.view().panel.ends[0][1]
        assert float(run.training.watch[0].get_value()) == pytest.approx(high, rel=0.01)
    player = Player(line(view="loss"))
    assert player._state("")["ground"] is None


# The boundary


@pytest.mark.parametrize(("labels", "kind"), [
    ([0, 1], "probability"), ([0, 1], "class"), ([0, 1], "scores"), ([0, 1], "function"),
    ([-1, 1], "score"),
])
def test_a_border_is_where_the_model_changes_its_mind(labels: Any, kind: str) -> None:
    run, (w, b) = separated(labels, kind)
    run.run(20)
    panel = run.view().panel
    assert panel is not None
    borders = [m for layer in run.view().now().layers for m in layer.marks if m.style == "border"]
    assert len(borders) == 1
    frame = panel.frame(panel.box)
    at = np.array(borders[0].points).reshape(-1, 2)
    x, y = (axis.low + (at[:, i] - axis.start) / (axis.end - axis.start) * np.ptp(axis[:2])
            for i, axis in enumerate(frame))
    away = (np.column_stack([x, y]) @ w.get_value() + b.get_value()) / np.hypot(*w.get_value())
    assert abs(away).max() < (0.1 if kind == "class" else 0.03)  # a class knows only its cell
    assert run.view().panel.right() > 50  # type: ignore[union-attr]


@pytest.mark.parametrize("labels", [[0, 1, 1], [[0], [1], [1]], [[1, 0], [0, 1], [0, 1]]])
def test_labels_are_numbers_or_rows(labels: Any) -> None:
    known, numbers = classes_of(np.asarray(labels))
    assert known.tolist() == [0, 1] and numbers.tolist() == [0, 1, 1]


def test_the_strip_shows_the_borders_of_its_steps() -> None:
    run, (w, b) = separated([0, 1])
    run.run(20)
    prediction = run.view().panel
    assert prediction is not None
    before = prediction.margins(prediction.points, 3)
    assert {w, b} <= set(run.training.watch)
    now = prediction.margins(prediction.points)
    run.reset()
    run.run(3)
    assert np.array_equal(prediction.margins(prediction.points), before)
    assert not np.array_equal(now, before)


def test_three_classes_have_three_fields() -> None:
    points = np.random.RandomState(0).randn(60, 2)
    x = tutor.shared(points, "x", borrow=True)
    t = tutor.shared(np.digitize(points[:, 0], [-0.5, 0.5]), "t")
    w, b = tutor.shared(np.zeros((2, 3)), "W"), tutor.shared(np.zeros(3), "b")
    p = T.nnet.softmax(T.dot(x, w) + b)
    cost = T.nnet.categorical_crossentropy(p, t).mean()
    f = tutor.function([], cost, updates=tutor.optimizers.adam(cost, [w, b], 0.1))
    run = Descent(f, [], predict=p)
    run.run(100)
    marks = [mark for layer in run.view().now().layers for mark in layer.marks]
    assert {m.style for m in marks if m.style.startswith("case")} == {
        "case case0", "case case1", "case case2"}
    assert run.view().panel.right() > 55  # type: ignore[union-attr]


@pytest.mark.parametrize(("predict", "words"), [
    (3.0, "got 3.0"), (T.dscalar("s") * 2, "depends on s"), (T.constant(1.0), "no input"),
])
def test_what_is_no_prediction_is_said(predict: Any, words: str) -> None:
    run, _ = separated([0, 1])
    with pytest.raises(TypeError, match=words):
        Descent(run.training.f, list(run.training.batches.batch), predict=predict)
    with pytest.raises(TypeError, match="has none in its data: the shapes there are none"):
        line(predict=T.dmatrix("x").sum(axis=1))


@pytest.mark.parametrize("value", [
    [], [3.0], [3.0, 1.0], [[1.0, 2.0], [3.0, 4.0]], np.zeros((0, 3)), np.ones((2, 3, 4)), 3.0,
    -2e200,
])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_parameters_of_every_shape_are_shown(value: Any, dtype: str) -> None:
    with np.errstate(over="ignore"):
        w = tutor.shared(np.asarray(value, dtype), "w")
    loss = T.sum((w - 1) ** 2)
    run = Descent(tutor.function([], loss, updates=tutor.optimizers.sgd(loss, w, 0.1)), [], watch=w)
    for steps in (0, 1, 40):
        with contextlib.suppress(ArithmeticError):
            run.run(steps)
        drawn = run._repr_mimebundle_()["image/svg+xml"]
        assert not re.findall(r'(?:points|x|y|cx|cy)="[^"]*(?:nan|inf)', drawn)
        ET.fromstring(drawn)


def test_a_run_with_noise_begins_again_with_the_same_noise() -> None:
    noise = T.shared_randomstreams.RandomStreams(1).normal(())
    c = tutor.shared(0.0, "c")
    loss = (c - 3 + noise) ** 2
    run = Descent(tutor.function([], loss, updates=tutor.optimizers.sgd(loss, c, 0.1)), [])
    run.run(5)
    first = run.history.loss
    run.reset()
    run.run(5)
    assert np.array_equal(run.history.loss, first) and len(set(first)) == 5
    state = next(v for v in run.training.changes if v is not c)
    with pytest.raises(TypeError, match="of real numbers"):
        Descent(run.training.f, [], watch=[state])


def test_a_function_without_outputs_has_no_loss() -> None:
    c = tutor.shared(0.0, "c")
    with pytest.raises(TypeError, match="it has none"):
        Descent(tutor.function([], updates={c: c + 1}), [])


def test_the_border_of_a_sure_model_is_where_the_odds_are_even() -> None:
    x, w = T.dmatrix("x"), tutor.shared(np.array([300.0, 170.0]), "w")
    p, y = T.nnet.sigmoid(T.dot(x, w)), T.dvector("y")
    loss = T.mean((p - y) ** 2)
    f = tutor.function([x, y], loss, updates=tutor.optimizers.sgd(loss, w, 1e-9))
    rng = np.random.RandomState(0)
    points = rng.randn(40, 2)
    run = Descent(f, [points, (points @ [300, 170] > 0) * 1.0], predict=p)
    panel = run.view().panel
    assert panel is not None
    border, = (m for layer in panel.layers((0, 1)) for m in layer.marks if m.style == "border")
    frame = panel.frame(panel.box)
    for a, b in zip(border.points[::2], border.points[1::2], strict=True):
        x1 = frame.x.low + (a - frame.x.start) * (frame.x.high - frame.x.low) / (
            frame.x.end - frame.x.start)
        x2 = frame.y.low + (b - frame.y.start) * (frame.y.high - frame.y.low) / (
            frame.y.end - frame.y.start)
        assert abs(300 * x1 + 170 * x2) < 8


def test_while_the_start_is_moved_the_frames_are_small() -> None:
    run = line()
    run.view().now()
    x, y, width, height = run.view().ground() or (0, 0, 0, 0)
    sizes, old = [], run.view().now()
    for share in np.linspace(0.2, 0.8, 13).tolist():
        run._start_at(x + share * width, y + 0.5 * height)
        new = run.view().now()
        found = chart.changes(old, new)
        sizes.append(found is not None and len(repr(found)) < 2500)
        old = new
    assert sum(sizes) >= 10
    run.run(3)
    high = run.view().now() and run.view().y.high
    assert high == pytest.approx(run.history.loss[0])
