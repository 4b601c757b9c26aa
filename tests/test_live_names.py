"""Long names in live pictures: they are cut to the room there is, and no text lies on another."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.live import Descent
from tutor.pictures.charts.chart import Panel


def long_names(view: str) -> Descent:
    x, name, other = T.dvector("x"), "the_weight_of_a_layer", "and_the_bias_of_another"
    watch = [tutor.shared(-1.2, name), tutor.shared(1.0, other)]
    loss = (1 - watch[0]) ** 2 + 9 * (watch[1] - watch[0] ** 2) ** 2 + 0 * T.sum(x)
    if view != "contours":
        watch = [tutor.shared(np.eye(6) if view == "weights" else 0.0, name * 3)]
        loss = T.sum((T.mean(x) - watch[0]) ** 2)
    grads = zip(watch, T.grad(loss, watch), strict=True)
    f = tutor.function([x], loss, updates=[(v, v - 0.01 * g) for v, g in grads])
    return Descent(f, lambda step: [[1.0, step]], watch=watch, view=view, on=[[1.0, 2.0]])


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("view", ["landscape", "contours", "weights", "values", "loss"])
def test_long_names_are_cut_and_no_text_lies_on_another(view: str, log: bool) -> None:
    run = long_names(view)
    run.run(30)
    run.view().loss.log = log
    for drawn in run.view().still().panels:
        assert not overlaps(drawn)


def overlaps(panel: Panel) -> list[tuple[str, str]]:
    """Texts that lie on one another; none of a panel stands out of it."""
    boxes = []
    for mark in (mark for layer in panel.layers for mark in layer.marks if mark.kind == "text"):
        x, y = mark.points
        wide = len(mark.text) * (6.1 if "tick" in mark.style else 6.8)
        left = x - wide * (0.5 if "mid" in mark.style else "end" in mark.style)
        boxes.append((left, left + wide, y, mark.text))
        assert not mark.text or (left > -10 and left + wide < panel.width + 10), mark.text
    return [(a[3], b[3]) for i, a in enumerate(boxes) for b in boxes[:i] if abs(a[2] - b[2]) < 9
            and a[3] and b[3] and a[0] < b[1] and b[0] < a[1]]
