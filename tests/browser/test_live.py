"""The player in a real JupyterLab: every button and slider, and what stays without a kernel."""

import json
import time
from collections.abc import Iterator

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
# The same steps with a view and without, in turns; the fastest of each, in seconds of the kernel's
# processors: on a machine with two, the clock would measure the browser. At last a run of 1,000
# steps, by the clock, the median of many.
RATIO = """\
import statistics, time
def seconds(steps, f, *arguments):
    began = time.process_time()
    for _ in range(steps): f(*arguments)
    return time.process_time() - began
def pure(n): return seconds(n, d2, data)
def seen(n): run.reset(); return seconds(1, run.run, n)
unseen = theano.live.Descent(d2, [[1, 2, 3, 4, 5]], watch=[c])
def blind(n): unseen.reset(); return seconds(1, unseen.run, n)
import numpy
data = numpy.array([1., 2., 3., 4., 5.])
N = 50_000
learning_rate.set_value(1e-4)
bare, without, with_view = map(min, zip(*[(pure(N), blind(N), seen(N)) for _ in range(8)]))
def clock(f, *arguments):
    began = time.perf_counter(); f(*arguments); return time.perf_counter() - began
def short():
    run.reset(); time.sleep(0.05)  # as long as a hand takes, so that a frame would be due
    loop = clock(lambda: [d2(data) for _ in range(1000)])
    return clock(run.run, 1000) / loop
print(with_view / without, with_view / bare, N / with_view,
      statistics.median(short() for _ in range(40)))"""
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
def descent(lab: Lab, page: Page) -> Iterator[Page]:
    """Open a notebook that shows a run, with its player alive, and end its kernel afterwards."""
    lab.open(page, notebook(lab, "descent.ipynb", DESCENT.format(rate=0.05)))
    lab.run_all(page)
    expect(player(page)).to_be_visible()
    yield page
    end_kernel(page)


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
    chosen = float(rate.get_attribute("aria-valuetext") or 0)
    descent.keyboard.press("s")
    reaches(descent, 1)
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


def test_a_pause_in_a_slow_step_says_so_at_once(lab: Lab, page: Page) -> None:
    lab.open(page, notebook(lab, "slow.ipynb", SLOW))
    lab.run_all(page)
    press(page, "Play")
    expect(player(page).get_by_role("button", name="Pause", exact=True)).to_be_visible()
    press(page, "Pause")
    status = player(page).get_by_role("status")
    expect(status).to_contain_text("Pausing …")
    expect(player(page).get_by_role("button", name="Pausing …")).to_be_visible()
    (lab.folder / "go-on").touch()  # not before: the step that runs waits for it
    expect(player(page).get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(status).to_contain_text("Gradient descent")
    end_kernel(page)


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
    lab: Lab, page: Page
) -> None:
    lab.open(page, notebook(lab, "line.ipynb", LINE))
    lab.run_all(page)
    expect(player(page)).to_be_visible()
    assert player(page).locator("polyline.contour").count() >= 5
    press(page, "Step")
    reaches(page, 1)
    box = player(page).locator("circle.now").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=6)
    page.mouse.up()
    page.wait_for_function(STANDS, arg=x + 60)
    start = value(page, "float(a.get_value()), float(b.get_value())")
    moved = player(page).locator("circle.now").first.bounding_box()
    assert moved is not None
    assert moved["x"] - box["x"] == pytest.approx(60, abs=3)
    assert moved["y"] - box["y"] == pytest.approx(40, abs=3)
    press(page, "Step")
    reaches(page, 1)
    assert value(page, "float(a.get_value()), float(b.get_value())") != start
    press(page, "Reset")
    reaches(page, 0)
    assert value(page, "float(a.get_value()), float(b.get_value())") == start
    before = value(page, "float(a.get_value())")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(f"x => !({STANDS})(x)", arg=x + 60)
    assert float(value(page, "float(a.get_value())")) > float(before)
    end_kernel(page)


FRAMES = """async () => {
    const data = document.querySelector('.tutor-live').dataset;
    const [frames, steps, began] = [+data.frames, +data.step, performance.now()];
    await new Promise((done) => setTimeout(done, 3000));
    const seconds = (performance.now() - began) / 1000;
    return [(data.frames - frames) / seconds, (data.step - steps) / seconds];
}"""


def test_a_notebook_not_trusted_yet_shows_the_picture_as_an_image(lab: Lab, page: Page) -> None:
    book = nbformat.read(lab.folder / notebook(lab, "stranger.ipynb", DESCENT.format(rate=0.05)), 4)
    nbclient.NotebookClient(book, timeout=60, store_widget_state=False).execute()
    nbformat.write(book, lab.folder / "stranger.ipynb")
    lab.open(page, "stranger.ipynb")
    expect(page.locator(".jp-OutputArea-output img")).to_be_visible()
    expect(page.get_by_text("loss as a function of c")).to_be_hidden()
    expect(page.get_by_text("Run this cell to play")).to_be_visible()
    end_kernel(page)


def test_time_and_frames(descent: Page) -> None:
    """A view costs little time, and its frames make a movement; the figures are printed."""
    value(descent, "learning_rate.set_value(1e-5)")
    player(descent).get_by_role("slider", name="Speed").focus()
    measured = []
    for key in ("End", "ArrowLeft"):  # as fast as it can, then 1,000 steps a second
        descent.keyboard.press(key)
        if not measured:
            press(descent, "Play")
            player(descent).get_by_role("slider", name="Speed").focus()
        descent.wait_for_timeout(1500)
        measured.append(descent.evaluate(FRAMES))
        frames, steps = measured[-1]
        print(f"\nplay: {frames:.0f} frames/s at {steps:.0f} steps/s")
    press(descent, "Pause")
    ratio, bare, speed, short = map(float, value(descent, RATIO).split())
    print(f"run(): {speed:.0f} steps/s, {ratio:.2f} × a run without a view, "
          f"{bare:.2f} × the bare loop; run(1000): {short:.2f} × the bare loop, by the clock")
    # How many depends on the machine, which other work shares: the figures are for reading.
    assert all(frames > 0 and steps > 0 for frames, steps in measured)
    assert min(ratio, bare, speed, short) > 0


def test_notebook_08_is_touched_in_a_page_that_was_slow(lab: Lab, page: Page) -> None:
    lab.open(page, "08-gradient-descent.ipynb")
    page.evaluate(NO_PATIENCE)
    lab.run_all(page)
    first = player(page).first
    expect(first).to_be_visible()
    first.get_by_role("button", name="Reset", exact=True).click()
    expect(first).to_have_attribute("data-step", "0")
    start = point(first)
    first.get_by_role("button", name="Step", exact=True).click()
    expect(first).to_have_attribute("data-step", "1")
    assert point(first) != start
    end_kernel(page)
