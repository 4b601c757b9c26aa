"""Boxes in a page without a script: they open on a click on the box, and with the keyboard."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

import tutor
import tutor.tensor as T
from tests.test_boxes import small
from tutor.pictures.picture import Names

pytestmark = pytest.mark.browser


def drawing(page: Page, place: int) -> Locator:
    """Return the view of a graph that is seen."""
    return page.locator(".tutor-opens").nth(place).locator("svg.tutor-svg:visible")


def test_of_many_boxes_each_opens_below_the_drawing(page: Page, tmp_path: Path) -> None:
    h = T.dmatrix("x")
    for i in range(20):
        with tutor.scope(f"layer{i}"):
            h = T.tanh(h * 2)
    page.goto(Path(tutor.save(h, tmp_path / "page.html")).as_uri())
    shown = drawing(page, 0)
    name = page.locator('[data-box="b7"]>summary')
    mine, its = name.bounding_box(), shown.locator('[data-node="b7"]').bounding_box()
    assert mine
    assert its
    assert abs(mine["y"] - its["y"]) < 8
    name.click()
    expect(shown).to_have_count(2)
    name.press("Enter")
    expect(shown).to_have_count(1)
    page.get_by_text("all boxes open").click()
    expect(shown).to_have_count(1)


@pytest.mark.parametrize("width", [400, 1200])
def test_a_box_opens_where_it_is_drawn_and_closes_by_its_name(
    page: Page, tmp_path: Path, width: int
) -> None:
    cost = small("linear")
    w = next(v for v in Names.of([cost]).index if v.name == "w")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(Path(tutor.save(cost, tmp_path / "page.html", wrt=w)).as_uri())
    for place, key in ((0, "b0"), (1, "b0d")):
        box = drawing(page, place).locator(f'[data-node="{key}"]')
        name = page.locator(".tutor-opens").nth(place).locator(f'[data-box="{key}"]>summary')
        expect(drawing(page, place)).to_have_count(1)
        mine, its = name.bounding_box(), box.bounding_box()
        assert mine and its
        assert all(abs(mine[side] - its[side]) < 8 for side in ("x", "y", "width", "height"))
        name.click()
        expect(drawing(page, place).locator(f'[data-frame="{key}"]')).to_have_count(1)
        expect(drawing(page, place)).to_have_count(1)
        title = drawing(page, place).locator(f'[data-frame="{key}"] text').bounding_box()
        over = name.bounding_box()
        assert title
        assert over
        assert over["x"] <= title["x"] < over["x"] + over["width"]
        assert abs(over["y"] - title["y"]) < 8
        name.press("Enter")
        expect(box).to_be_visible()
        name.press("Space")
        expect(box).to_have_count(0)
