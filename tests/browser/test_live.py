"""The player in a real JupyterLab: every button and slider, and what stays without a kernel."""

import json
import time

import nbclient
import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from .lab import Lab

pytestmark = pytest.mark.browser

DESCENT = """\
import tutor as theano
import tutor.tensor as T

x = T.dvector("x")
c = theano.shared(0.0, "c")
learning_rate = theano.shared({rate}, "learning_rate")
y = T.sum((x - c) ** 2)
d2 = theano.function([x], y, updates={{c: c - learning_rate * theano.grad(y, c)}}, name="d2")
run = theano.live.Descent(d2, [[1, 2, 3, 4, 5]], watch=[c])
run"""
# anywidget waits two seconds for a script, and here not at all, as if the page were that busy.
NO_PATIENCE = """() => {
    const wait = AbortSignal.timeout;
    AbortSignal.timeout = () => wait.call(AbortSignal, 0);
}"""


def notebook(lab: Lab, name: str, *cells: str) -> str:
    """Write a notebook of these cells into the folder that JupyterLab shows."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book.metadata["kernelspec"] = kernel
    nbformat.write(book, lab.folder / name)
    return name


def player(page: Page) -> Locator:
    return page.locator(".tutor-player.tutor-live")


def step(shown: Locator) -> int:
    return int(shown.get_attribute("data-step") or 0)


def point(shown: Locator) -> tuple[float, float]:
    """Return where the point stands on the parabola, in pixels of the scene."""
    dot = shown.locator("circle.now").first
    return float(dot.get_attribute("cx") or 0), float(dot.get_attribute("cy") or 0)


def press(page: Page, name: str) -> None:
    player(page).get_by_role("button", name=name, exact=True).click()


def reaches(page: Page, number: int) -> None:
    expect(player(page)).to_have_attribute("data-step", str(number))


def passes(page: Page, number: int) -> None:
    """Wait until it stands at this step or a later one, where it goes on by itself."""
    page.wait_for_function(
        "number => document.querySelector('.tutor-live').dataset.step >= number", arg=number)


def value(page: Page, code: str) -> str:
    """Run `code` in the notebook's kernel and return what it gives, as text."""
    return str(page.evaluate("""async (code) => {
        const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        let said = '';
        const future = kernel.requestExecute({ code, store_history: false });
        future.onIOPub = ({ content }) => {
            said += content.text ?? content.data?.['text/plain'] ?? content.evalue ?? '';
        };
        await future.done;
        return said;
    }""", code))


@pytest.fixture
def descent(lab: Lab, desk: Page) -> Page:
    """Open a notebook that shows a run, with its player alive."""
    lab.open(desk, notebook(lab, "descent.ipynb", DESCENT.format(rate=0.05)))
    lab.run_all(desk)
    expect(player(desk)).to_be_visible()
    return desk


def end_kernel(page: Page) -> None:
    page.evaluate("jupyterapp.commands.execute('kernelmenu:shutdown')")


def test_step_moves_the_point_down_the_parabola(descent: Page) -> None:
    reaches(descent, 0)
    seen = [point(player(descent))]
    for number, place in enumerate(("1.5", "2.25", "2.625"), start=1):
        press(descent, "Step")
        reaches(descent, number)
        expect(player(descent).locator("text.point").first).to_have_text(f"c = {place}")
        seen.append(point(player(descent)))
    across, down = zip(*seen, strict=True)
    assert list(across) == sorted(across) and list(down) == sorted(down)
    assert value(descent, "c.get_value()") == "array(2.625)"
    expect(descent.locator(".tutor-still")).to_be_hidden()


def test_play_pause_and_reset(descent: Page) -> None:
    press(descent, "Play")
    expect(player(descent).get_by_role("button", name="Pause", exact=True)).to_be_visible()
    passes(descent, 3)
    press(descent, "Pause")
    expect(player(descent).get_by_role("button", name="Play", exact=True)).to_be_visible()
    stopped = step(player(descent))
    time.sleep(1.2)
    assert step(player(descent)) == stopped
    assert value(descent, "len(run.history)") == str(stopped)
    press(descent, "Reset")
    reaches(descent, 0)
    assert value(descent, "c.get_value()") == "array(0.)"


def test_the_sliders_answer_to_the_keyboard_and_act_on_the_next_step(descent: Page) -> None:
    rate = player(descent).get_by_role("slider", name="learning_rate")
    before = float(value(descent, "float(learning_rate.get_value())"))
    rate.focus()
    for _ in range(20):
        descent.keyboard.press("ArrowRight")
    expect(rate).not_to_have_attribute("aria-valuetext", str(before))
    descent.keyboard.press("s")
    reaches(descent, 1)
    chosen = float(rate.get_attribute("aria-valuetext") or 0)
    assert chosen > before
    assert float(value(descent, "float(learning_rate.get_value())")) == chosen
    assert float(value(descent, "float(c.get_value())")) == pytest.approx(30 * chosen)


def test_keys_reach_the_player_and_not_the_notebook(descent: Page) -> None:
    press(descent, "Step")
    reaches(descent, 1)
    descent.keyboard.press("s")
    reaches(descent, 2)
    descent.keyboard.press("r")
    reaches(descent, 0)
    descent.keyboard.press("l")
    expect(player(descent).get_by_role("button", name="Log loss")).to_have_attribute(
        "aria-pressed", "true")
    assert descent.locator(".jp-RawCell").count() == 0
    expect(player(descent).get_by_role("status")).to_contain_text("after 0 steps")


def test_code_moves_the_player_too(descent: Page) -> None:
    value(descent, "run.run(2)")
    reaches(descent, 2)
    expect(player(descent).locator("text.point").first).to_have_text("c = 2.25")


def test_what_a_cell_sets_moves_the_point(descent: Page) -> None:
    value(descent, "c.set_value(4.0)")
    expect(player(descent).locator("text.point").first).to_have_text("c = 4")
    value(descent, "learning_rate.set_value(0.02)")
    expect(player(descent).get_by_role("slider", name="learning_rate")).to_have_attribute(
        "aria-valuetext", "0.02")
    press(descent, "Step")
    reaches(descent, 1)
    assert value(descent, "run.history[c].tolist()") == "[4.0, 3.8]"
    assert value(descent, "c.set_value(4.0); len(run.history)") == "1"


SLOW = """\
import pathlib, time, tutor
c = tutor.shared(1.0, "c")
def data(step):
    while step and not pathlib.Path("go-on").exists():
        time.sleep(0.01)
    return []
tutor.live.Descent(tutor.function([], c ** 2, updates={c: c * 0.9}), data)"""


def test_a_pause_in_a_slow_step_says_so_at_once(lab: Lab, desk: Page) -> None:
    lab.open(desk, notebook(lab, "slow.ipynb", SLOW))
    lab.run_all(desk)
    press(desk, "Play")
    expect(player(desk).get_by_role("button", name="Pause", exact=True)).to_be_visible()
    press(desk, "Pause")
    status = player(desk).get_by_role("status")
    expect(status).to_contain_text("Pausing …")
    expect(player(desk).get_by_role("button", name="Pausing …")).to_be_visible()
    (lab.folder / "go-on").touch()  # not before: the step that runs waits for it
    expect(player(desk).get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(status).to_contain_text("Gradient descent")


def test_a_run_that_diverges_stops_and_says_so(descent: Page) -> None:
    value(descent, "learning_rate.set_value(0.3)")
    player(descent).get_by_role("slider", name="Speed").focus()
    descent.keyboard.press("End")
    press(descent, "Play")
    status = player(descent).get_by_role("status")
    expect(status).to_contain_text("step 511 went out of range")
    expect(status).to_contain_text("take smaller steps")
    expect(player(descent).get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_a_kernel_that_restarts_is_missed(descent: Page) -> None:
    press(descent, "Play")
    passes(descent, 1)
    descent.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    status = player(descent).get_by_role("status")
    expect(status).to_contain_text("restarted or ended: run this cell again")
    expect(player(descent).get_by_role("button", name="Play", exact=True)).to_be_visible()
    press(descent, "Step")
    expect(status).to_contain_text("run this cell again")


def test_the_kernels_interrupt_pauses(descent: Page) -> None:
    value(descent, "learning_rate.set_value(1e-6)")
    player(descent).get_by_role("slider", name="Speed").focus()
    descent.keyboard.press("End")
    press(descent, "Play")
    passes(descent, 1000)
    descent.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    expect(player(descent).get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert value(descent, "len(run.history[c]) - len(run.history)") == "1"


def test_the_last_state_stays_as_a_picture_without_a_kernel(lab: Lab, descent: Page) -> None:
    press(descent, "Step")
    reaches(descent, 1)
    press(descent, "Step")
    reaches(descent, 2)
    still = descent.locator(".tutor-still")
    expect(still).to_contain_text("step 2: c = 2.25")
    descent.evaluate("jupyterapp.commands.execute('docmanager:save')")
    end_kernel(descent)
    descent.wait_for_function("!jupyterapp.shell.currentWidget.sessionContext.session?.kernel")
    saved = json.loads((lab.folder / "descent.ipynb").read_text(encoding="utf-8"))
    outputs = saved["cells"][0]["outputs"]
    assert outputs[0]["data"]["text/plain"] == ["<Descent of d2: step 2, loss 12.81, c = 2.25>"]
    lab.open(descent, "descent.ipynb")  # a new kernel, which knows nothing of the old widget
    expect(still).to_be_visible()
    expect(descent.get_by_text("model not found")).to_be_hidden()
    expect(player(descent)).to_have_count(0)


LINE = """\
import numpy, tutor, tutor.tensor as T
a, b = tutor.shared(0.0, "a"), tutor.shared(0.0, "b")
x = numpy.array([0.0, 1.0, 2.0, 3.0])
error = T.mean((a * x + b - (2 * x - 1)) ** 2)
fit = tutor.function([], error, updates=tutor.optimizers.sgd(error, [a, b], 0.05), name="fit")
run = tutor.live.Descent(fit, [])
run"""


# Whether the point is drawn within some pixels of this place.
STANDS = """(x) => {
    const box = document.querySelector(".tutor-live circle.now")?.getBoundingClientRect();
    return box && Math.abs(box.x + box.width / 2 - x) < 3;
}"""


def test_the_point_is_dragged_over_the_contours_and_reset_returns_to_it(
    lab: Lab, desk: Page
) -> None:
    lab.open(desk, notebook(lab, "line.ipynb", LINE))
    lab.run_all(desk)
    expect(player(desk)).to_be_visible()
    assert player(desk).locator("polyline.contour").count() >= 5
    press(desk, "Step")
    reaches(desk, 1)
    box = player(desk).locator("circle.now").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    desk.mouse.move(x, y)
    desk.mouse.down()
    desk.mouse.move(x + 60, y + 40, steps=6)
    desk.mouse.up()
    desk.wait_for_function(STANDS, arg=x + 60)
    start = value(desk, "float(a.get_value()), float(b.get_value())")
    moved = player(desk).locator("circle.now").first.bounding_box()
    assert moved is not None
    assert moved["x"] - box["x"] == pytest.approx(60, abs=3)
    assert moved["y"] - box["y"] == pytest.approx(40, abs=3)
    press(desk, "Step")
    reaches(desk, 1)
    assert value(desk, "float(a.get_value()), float(b.get_value())") != start
    press(desk, "Reset")
    reaches(desk, 0)
    assert value(desk, "float(a.get_value()), float(b.get_value())") == start
    before = value(desk, "float(a.get_value())")
    desk.keyboard.press("Shift+ArrowRight")
    desk.wait_for_function(f"x => !({STANDS})(x)", arg=x + 60)
    assert float(value(desk, "float(a.get_value())")) > float(before)


def test_a_notebook_not_trusted_yet_shows_the_picture_as_an_image(lab: Lab, page: Page) -> None:
    book = nbformat.read(lab.folder / notebook(lab, "stranger.ipynb", DESCENT.format(rate=0.05)), 4)
    nbclient.NotebookClient(book, timeout=60, store_widget_state=False).execute()
    nbformat.write(book, lab.folder / "stranger.ipynb")
    lab.open(page, "stranger.ipynb")
    expect(page.locator(".jp-OutputArea-output img")).to_be_visible()
    expect(page.get_by_text("loss as a function of c")).to_be_hidden()
    expect(page.get_by_text("Run this cell to play")).to_be_visible()


def test_a_page_that_is_slow_hears_its_kernel(lab: Lab, page: Page) -> None:
    lab.open(page, notebook(lab, "descent.ipynb", DESCENT.format(rate=0.05)))
    page.evaluate(NO_PATIENCE)
    lab.run_all(page)
    press(page, "Step")
    reaches(page, 1)
