"""Charts in a real page, without a kernel: tangents move, cells are read."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import tutor
import tutor.tensor as T
from tutor.live import Descent, Race
from tutor.pictures.html import document

pytestmark = pytest.mark.browser

X, Y = T.dscalars("x", "y")


def descent(rate: float = 0.05, **more: Any) -> Descent:
    x, c = T.dvector("x"), tutor.shared(0.0, "c")
    learning_rate = tutor.shared(rate, "learning_rate")
    y = T.sum((x - c) ** 2)
    f = tutor.function([x], y, updates={c: c - learning_rate * tutor.grad(y, c)}, name="d2")
    run = Descent(f, [[1, 2, 3, 4, 5]], **more)
    run.run(12)
    return run


def network() -> Descent:
    rng = np.random.RandomState(0)
    x, t = T.dmatrix("x"), T.lvector("t")
    W, V = tutor.shared(rng.randn(9, 5), "W"), tutor.shared(rng.randn(5, 3), "V")
    p = T.nnet.softmax(T.dot(T.tanh(T.dot(x, W)), V))
    loss = T.nnet.categorical_crossentropy(p, t).mean()
    f = tutor.function([x, t], loss, updates=tutor.optimizers.sgd(loss, [W, V], 0.5))
    data = [rng.randn(40, 9), rng.randint(0, 3, 40)]
    run = Descent(f, data, watch=[], predict=p, inside=True, held_back=data, show=[W])
    run.run(10)
    return run


def pictures() -> dict[str, Any]:
    bowl = (1 - X) ** 2 + 10 * (Y - X ** 2) ** 2
    wave = T.sin(X) * T.cos(Y)
    bad = np.arange(60.0).reshape(6, 10) - 30
    bad[2, 3], bad[4, 5] = np.nan, np.inf
    return {
        "curve": tutor.plot(X ** 3 - 2 * X, x=(-2.5, 2.5), wrt=X),
        "curves": tutor.plot({"tanh": T.tanh(X), "relu": T.nnet.relu(X)}, x=(-4, 4), wrt=X),
        "pole": tutor.plot([1e6 / X, T.tan(X)], x=(-3, 3)),
        "contours": tutor.plot(bowl, x=(-2, 2), y=(-1, 3)),
        "arrows": tutor.plot(wave, x=(-3, 3), y=(-3, 3), wrt=[X, Y]),
        "surface": tutor.plot(wave, x=(-3000, 3), y=(-3, 30000), surface=True),
        "cells": tutor.show(bad), "row": tutor.show(np.arange(40.0)),
        "many": tutor.show(np.random.RandomState(0).randn(300, 1000)),
        "filters": tutor.show(np.random.RandomState(0).randn(8, 3, 5, 5)),
        "descent": descent(), "lone": descent(watch=[]),
        "race": Race({f"rate {rate}": descent(rate) for rate in (0.01, 0.05, 0.15, 0.21)}),
        "network": network(),
    }


MADE = {name: shown._repr_mimebundle_()["text/html"] for name, shown in pictures().items()}


def opened(page: Page, folder: Path, *names: str) -> None:
    body = "<hr>".join(MADE[name] for name in names)
    (folder / "page.html").write_text(document("charts", body), encoding="utf-8")
    page.goto((folder / "page.html").as_uri())


def test_a_tangent_is_dragged_and_goes_by_the_keys(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, "curve")
    chart = page.locator(".tutor-scene > svg")
    expect(chart).to_have_attribute("aria-label", re.compile("x: read with the arrow keys$"))
    said = page.locator("text.slope.moving, .tutor-reading text.slope")
    expect(said).to_have_count(1)
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 206 / 380, box["y"] + 150)
    expect(said).to_have_text("slope −2")
    page.mouse.move(0, 0)
    expect(said).to_have_text("slope −2")  # it stays where it was left
    chart.focus()
    page.keyboard.press("End")
    expect(said).to_have_text("slope 16.75")
    expect(page.locator(".tutor-aloud")).to_contain_text("x = 2.5")
    line = page.locator(".tutor-reading polyline.tangent").get_attribute("points") or ""
    assert len(line.split()) == 2


def test_cells_are_read_one_by_one(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, "cells", "filters")
    cells, filters = (page.locator(".tutor-scene > svg").nth(i) for i in range(2))
    said = page.locator("text.said")
    cells.focus()
    page.keyboard.press("Home")
    expect(said).to_have_text("[0, 0] = −30")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(said).to_have_text("[2, 3] = nan")
    filters.focus()
    expect(said).to_have_count(0)
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")  # over the gap between two channels
    value = np.random.RandomState(0).randn(8, 3, 5, 5)[0, 1, 0, 0]
    expect(said).to_have_text(f"[0, 1, 0, 0] = {value:.4g}".replace("-", "−"))
    box = cells.bounding_box()
    assert box is not None
    zoom = box["width"] / 380
    page.mouse.move(box["x"] + zoom * (52 + 5), box["y"] + zoom * (36 + 5))
    expect(said.first).to_have_text("[0, 0] = −30")
