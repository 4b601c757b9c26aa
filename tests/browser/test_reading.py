"""The player's panels: side by side or one under the other, and what is read off them."""

import pytest
from playwright.sync_api import Page, expect

from .test_live import descent, player, press, reaches, step

pytestmark = pytest.mark.browser
__all__ = ["descent"]  # a fixture


def test_a_narrow_page_has_its_panels_one_under_the_other_and_reads_well(descent: Page) -> None:
    panels = player(descent).locator(".tutor-scene > svg")

    def tops() -> list[float]:
        return [float((panels.nth(i).bounding_box() or {"y": 0})["y"]) for i in range(2)]

    expect(panels).to_have_count(2)
    assert tops()[0] == tops()[1]
    descent.set_viewport_size({"width": 800, "height": 900})
    descent.wait_for_function("""() => {
        const [a, b] = document.querySelectorAll(".tutor-live .tutor-scene > svg");
        return b.getBoundingClientRect().top > a.getBoundingClientRect().bottom - 1;
    }""")
    sizes = panels.evaluate_all("""panels => panels.flatMap((svg) => {
        const zoom = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        return [...svg.querySelectorAll("text")].map(
            (text) => parseFloat(getComputedStyle(text).fontSize) * zoom);
    })""")
    assert min(sizes) > 11
    press(descent, "Step")
    reaches(descent, 1)


def test_numbers_are_read_under_the_pointer_and_by_keyboard(descent: Page) -> None:
    for number in (1, 2, 3):
        press(descent, "Step")
        reaches(descent, number)
    curve, losses = (player(descent).locator(".tutor-scene > svg").nth(i) for i in range(2))
    said = player(descent).locator("text.said")
    box = losses.bounding_box()
    assert box is not None
    zoom = box["width"] / 380
    descent.mouse.move(box["x"] + zoom * (52 + 308 / 3), box["y"] + zoom * 150)
    expect(said).to_have_text("step 1: loss 21.2")
    losses.focus()
    descent.keyboard.press("ArrowRight")
    expect(said).to_have_text("step 2: loss 12.8")
    descent.keyboard.press("End")
    expect(said).to_have_text("step 3: loss 10.7")
    assert step(player(descent)) == 3
    curve.focus()
    descent.keyboard.press("Home")
    expect(said).to_contain_text("loss")
    descent.keyboard.press("Escape")
    expect(said).to_have_count(0)
