"""Stepping in a real browser: in JupyterLab by keyboard, in a file of its own, in both themes."""

from pathlib import Path

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import tutor
import tutor.tensor as T
from tests.test_boxes import perceptron
from tutor.pictures.picture import Names

from .lab import Lab

pytestmark = pytest.mark.browser

CODE = """\
import tutor
import tutor.tensor as T
x, y = T.dscalars("x", "y")
z = (x + 2 * y) ** 2 * T.sin(x)
tutor.explore(z, wrt=[x, y], values={x: 1, y: 2})"""


#: How long a step takes to be drawn, in milliseconds: the median of 60.
MEDIAN = """async () => {
  const root = document.querySelector(".tutor-explore");
  const times = [];
  for (let i = 0; i < 60; i++) {
    const began = performance.now();
    root.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return times[30];
}"""


def node(explorer: Locator, graph: int, label: str) -> Locator:
    """Return a node of the first or second picture by its label."""
    figure = explorer.locator("figure").nth(graph)
    label_of = figure.page.locator(f'text.tutor-label >> text="{label}"')
    return figure.locator("[data-node]", has=label_of)


def told(explorer: Locator) -> str:
    return explorer.locator(".tutor-told").inner_text()


def walk(page: Page, explorer: Locator) -> None:
    """Go through all steps by keyboard; the values shown are NumPy's."""
    count = 14  # what goes in, and thirteen steps
    explorer.focus()
    page.keyboard.press("Home")
    expect(explorer).to_have_attribute("data-step", "0")
    assert "What goes in" in told(explorer)
    page.keyboard.press("ArrowRight")
    values = [4.0, 5.0, 25.0, np.sin(1.0), 25 * np.sin(1.0)]
    derivative = explorer.locator("figure").nth(1)
    for i, value in enumerate(values, 1):
        expect(explorer).to_have_attribute("data-step", str(i))
        assert f"{value:.4g}" in told(explorer)
        # The derivative uses what was computed, and shows no value before that.
        assert derivative.locator(".tutor-op:not(.tutor-unborn)").count() <= i
        page.keyboard.press("ArrowRight")
    assert derivative.locator(".tutor-op:not(.tutor-unborn)").count() < 6
    page.keyboard.press("End")
    expect(explorer).to_have_attribute("data-step", str(count - 1))
    assert f"{2 * 2 * 5 * np.sin(1.0):.4g}" in told(explorer)
    assert derivative.locator(".tutor-unborn").count() == 0
    first = explorer.locator("figure").nth(0)
    [both] = [t for t in first.locator("text.tutor-gradient").all_text_contents() if "+" in t]
    ways = [25 * np.cos(1.0), 10 * np.sin(1.0)]
    assert both == f"∂ {ways[0]:.4g} + {ways[1]:.4g} = {sum(ways):.4g}"
    values = first.locator(".tutor-value.tutor-on text").all_text_contents()
    assert {"1", "2", "5", "25"} <= set(values)  # of the inputs too
    back = first.locator(".tutor-cotangent.tutor-on text").all_text_contents()
    assert {"∂ 25", f"∂ {np.sin(1.0):.4g}"} <= set(back)
    page.keyboard.press("ArrowLeft")
    expect(explorer).to_have_attribute("data-step", str(count - 2))


def test_jupyterlab_steps_by_keyboard_scrubber_and_pointer(desk: Page, lab: Lab) -> None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, lab.folder / "explore.ipynb")
    lab.open(desk, "explore.ipynb")
    lab.run_all(desk)
    explorer = desk.locator(".tutor-explore")
    explorer.wait_for()
    expect(desk.locator(".tutor-before-explore")).to_be_hidden()
    walk(desk, explorer)
    explorer.get_by_label("Step", exact=True).fill("2")
    expect(explorer).to_have_attribute("data-step", "2")
    node(explorer, 0, "sin").hover()
    expect(explorer.locator(".tutor-about")).to_contain_text("sin(x)")
    expect(explorer.locator(".tutor-about")).to_contain_text("In [1], line 4")
    explorer.get_by_label("Find a node by name").fill("y")
    assert explorer.locator(".tutor-found").count() >= 2
    explorer.get_by_role("button", name="Play").click()
    desk.wait_for_function("document.querySelector('.tutor-explore').dataset.step >= 4")
    explorer.get_by_role("button", name="Play").click()


def test_a_file_steps_without_a_kernel_in_both_themes(page: Page, tmp_path: Path) -> None:
    x, y = T.dscalars("x", "y")
    found = tutor.explore((x + 2 * y) ** 2 * T.sin(x), wrt=[x, y], values={x: 1, y: 2})
    path = tmp_path / "steps.html"
    path.write_text(found.html(), encoding="utf-8")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.goto(path.as_uri())
        explorer = page.locator(".tutor-explore")
        expect(page.locator(".tutor-before-explore")).to_be_hidden()
        walk(page, explorer)


def test_a_search_goes_to_the_step_where_what_it_finds_is(page: Page, tmp_path: Path) -> None:
    x = T.dscalar("x")
    path = tmp_path / "steps.html"
    path.write_text(tutor.explore(T.sin(x) * x, wrt=x, values={x: 1}).html(), encoding="utf-8")
    page.goto(path.as_uri())
    explorer = page.locator(".tutor-explore")
    expect(explorer).to_have_attribute("data-step", "0")
    assert explorer.locator(".tutor-on text", has_text="1").count() >= 1
    explorer.get_by_label("Find a node by name").fill("cos")
    found = explorer.locator("figure").nth(1).locator(".tutor-found")
    expect(found).to_have_count(1)
    expect(found).to_be_visible()
    assert "tutor-unborn" not in (found.get_attribute("class") or "")
    assert int(explorer.get_attribute("data-step") or 0) > 2


def test_a_hundred_nodes_are_stepped_through_within_a_frame(page: Page, tmp_path: Path) -> None:
    x = T.dscalar("x")
    z = x
    for _ in range(50):
        z = T.tanh(z * 1.01)
    path = tmp_path / "long.html"
    path.write_text(tutor.explore(z, wrt=x, values={x: 0.5}).html(), encoding="utf-8")
    page.goto(path.as_uri())
    explorer = page.locator(".tutor-explore")
    explorer.focus()
    page.keyboard.press("Home")
    milliseconds = page.evaluate(MEDIAN)
    print(f"a step over 100 nodes is drawn in {milliseconds:.1f} ms (median)")
    expect(explorer).to_have_attribute("data-step", "60")  # of which the first is what goes in


def test_a_thousand_nodes_are_stepped_through_box_by_box(page: Page, tmp_path: Path) -> None:
    z = x = T.dscalar("x")
    for i in range(500):
        z = T.tanh(z + 0.01)
        z.name = f"z{i}"
    found = tutor.explore(z, wrt=x, values={x: 0.5})
    path = tmp_path / "thousand.html"
    path.write_text(found.html(), encoding="utf-8")
    page.goto(path.as_uri())
    explorer = page.locator(".tutor-explore")
    expression, window = explorer.locator("figure").nth(0), explorer.locator("figure").nth(1)
    explorer.get_by_label("Step", exact=True).fill("0")
    assert explorer.locator("figure").count() == 2
    explorer.get_by_label("Step", exact=True).fill("400")
    expect(window.locator("figcaption")).to_contain_text("in a box")
    expect(expression.locator(".tutor-lit")).to_contain_text("more nodes")
    expect(window.locator(".tutor-lit")).to_contain_text("z199")
    expect(window.locator(".tutor-lit")).to_be_in_viewport()
    explorer.get_by_label("Find a node by name").fill("z300")
    expect(window.locator(".tutor-found")).to_contain_text("z300")
    expect(explorer.locator(".tutor-about")).to_contain_text("z300")
    page.keyboard.press("Enter")
    expect(explorer).to_have_attribute("data-step", "602")
    expect(window.locator(".tutor-lit")).to_contain_text("z300")
    explorer.get_by_label("Step", exact=True).fill("1000")
    expect(expression.locator(".tutor-lit")).to_contain_text("z499")
    expect(explorer.locator("figure")).to_have_count(2)
    explorer.get_by_label("All of the picture").click()
    expression.locator("[data-node^=f]").click()
    expect(window.locator(".tutor-lit")).to_be_visible()
    milliseconds = page.evaluate(MEDIAN)
    print(f"a step over 1,000 nodes is drawn in {milliseconds:.1f} ms (median)")


def test_inputs_are_turned_and_all_follows(desk: Page, lab: Lab) -> None:
    code = CODE.replace("values={x: 1, y: 2})", "values={x: 1, y: 2}, inputs=True)")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, lab.folder / "turn.ipynb")
    lab.open(desk, "turn.ipynb")
    lab.run_all(desk)
    explorer = desk.locator(".tutor-explore")
    explorer.wait_for()
    explorer.focus()
    desk.keyboard.press("End")
    explorer.get_by_label("x", exact=True).fill("-0.5")
    square = (-0.5 + 4) ** 2
    first = explorer.locator("figure").nth(0)
    values = first.locator(".tutor-value.tutor-on text")
    expect(values.filter(has_text=f"{square:.4g}")).to_have_count(1)
    result = first.locator("text.tutor-at", has_text="= −5.873")
    assert f"{square * np.sin(-0.5):.4g}" == "-5.873"
    expect(result).to_be_visible()
    total = square * np.cos(-0.5) + 2 * 3.5 * np.sin(-0.5)
    expect(first.locator("text.tutor-gradient", has_text=f"= {total:.4g}")).to_be_visible()
    expect(explorer.locator(".tutor-numbers")).to_contain_text("(-0.5 + 2 * 2) ** 2 * sin(-0.5)")
    slider = explorer.get_by_label("Turn y")
    slider.focus()
    desk.keyboard.press("ArrowRight")
    expect(explorer.locator(".tutor-numbers")).to_contain_text("2 * 2.01")
    expect(explorer).to_have_attribute("data-step", "13")


def test_two_numbers_are_turned_by_a_point_in_a_plane(page: Page, tmp_path: Path) -> None:
    x, y = T.dscalars("x", "y")
    found = tutor.explore((x + 2 * y) ** 2, [x, y], {x: 1, y: 2}, inputs=True)
    page.goto(Path(tutor.save(found, tmp_path / "plane.html", live=True)).as_uri())
    explorer = page.locator(".tutor-explore")
    plane, numbers = explorer.locator(".tutor-plane"), explorer.locator(".tutor-numbers")
    box = plane.locator("rect").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"], box["y"], steps=4)
    page.mouse.up()
    reach = [float(explorer.get_by_label(f"Turn {name}").get_attribute("max") or 0)
             for name in ("x", "y")]
    assert reach == [3, 6]
    expect(explorer.get_by_label("x", exact=True)).to_have_value("3")
    expect(explorer.get_by_label("y", exact=True)).to_have_value("6")
    expect(numbers).to_contain_text("225")
    plane.focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(explorer.get_by_label("y", exact=True)).to_have_value("5.9")
    expect(explorer).to_have_attribute("data-step", "0")
    explorer.get_by_label("x", exact=True).fill("-3")
    assert float(plane.locator("circle").get_attribute("cx") or 1) == 0


def test_boxes_open_in_both_pictures_by_pointer_and_keyboard(page: Page, tmp_path: Path) -> None:
    cost = perceptron()
    named = {v.name: v for v in Names.of([cost]).index if v.name}
    given = {named["x"]: np.ones((2, 4)), named["t"]: [0, 1]}
    path = tmp_path / "boxes.html"
    path.write_text(tutor.explore(cost, named["W1"], given).html(), encoding="utf-8")
    page.goto(path.as_uri())
    explorer = page.locator(".tutor-explore")
    expression, derivative = explorer.locator("figure").nth(0), explorer.locator("figure").nth(1)
    expect(expression.locator(".tutor-box")).to_have_count(3)
    expect(derivative.locator(".tutor-box")).to_have_count(5)  # no value of the loss is needed
    expression.locator(".tutor-box", has_text="output").click()
    expect(expression.locator("[data-frame]")).to_have_text("output")
    expect(derivative.locator("[data-frame]")).to_have_count(2)  # the way there, and the way back
    expect(expression.locator(".tutor-box")).to_have_count(2)
    expression.locator("[data-frame]").focus()
    page.keyboard.press("Enter")
    expect(expression.locator(".tutor-box")).to_have_count(3)
    explorer.get_by_role("button", name="Open or close all boxes").click()
    expect(expression.locator(".tutor-box")).to_have_count(0)
    expect(expression.locator("[data-frame]")).to_have_count(3)
    explorer.focus()
    page.keyboard.press("End")
    expect(expression.locator(".tutor-felt").first).to_be_attached()
    both = [figure.bounding_box() for figure in (expression, derivative)]
    assert both[0]["y"] == both[1]["y"]  # beside each other
    page.set_viewport_size({"width": 500, "height": 900})
    expect(derivative).to_be_hidden()
    explorer.get_by_role("tab", name="derivative").click()
    expect(expression).to_be_hidden()
    expect(derivative).to_be_visible()
    page.emulate_media(media="print")
    expect(explorer).to_be_hidden()
    expect(page.locator(".tutor-before-explore table").last).to_be_visible()
