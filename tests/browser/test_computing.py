"""Pages that compute, opened from a file with no network: the live views of the course train in
them as they do here, and go on."""

import contextlib
import os
import re
import shutil
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbconvert.exporters.html import HTMLExporter
from playwright.sync_api import expect

import tutor
import tutor.tensor as T
from tests.course_runs import NOTEBOOKS, runs_of
from tests.scripted import answers
from tests.test_javascript import agrees, elementwise_cases
from tests.test_live_inside import TS, XS, Network
from tutor.course.site.building import build
from tutor.live.inside import LINE
from tutor.live.layers import PARTS
from tutor.pictures.explore import explore

pytestmark = pytest.mark.browser

#: Ask the worker for its losses: it tells them with every scene.
PLAYER = "document.querySelector('.tutor-player')"
STEPS = 100
AXE = Path(os.environ.get("AXE", "node_modules/axe-core/axe.min.js"))
LACKS = "this needs axe-core: npm install axe-core, and AXE=…/axe.min.js"
#: The numbers that a page carries, of data and of parameters, and those in pixels.
DATA = re.compile(r'fromBase64\("[^"]*"|TENSORS = [^\n]*|data:image[^"]*')
COURSE = ["08-*", "09-*", "10-*", "11-*", "12-*", "13-*", "14-*", "17-*"]


def losses_here(run):
    run.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(ArithmeticError):  # out of range, and so it is in the page
            run.step(STEPS)
    history = run.history if isinstance(run.history, dict) else {"": run.history}
    return [one.loss for one in history.values()]


@pytest.mark.parametrize("pattern", COURSE)
def test_the_live_views_of_the_course_train_in_a_page(pattern, offline, tmp_path, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS)
    runs = runs_of(pattern)
    assert runs
    for i, (name, run) in enumerate(runs):
        path = run.save(tmp_path / f"{i}-{name}.html", live=True)
        beside = len(DATA.sub("", Path(path).read_text(encoding="utf-8")))
        assert beside < 200_000, f"{name}: {beside} bytes beside the data"
        wanted = losses_here(run)
        offline.goto(f"file://{path}#step={STEPS}")
        steps = max(map(len, wanted))
        offline.wait_for_function(f"{PLAYER}?.dataset.step === '{steps}'", timeout=20_000)
        found = offline.evaluate(ASK)
        for got, here in zip(found, wanted, strict=True):
            got = np.array(got, dtype=float)
            finite = np.isfinite(here)
            assert len(got) == len(here)
            np.testing.assert_allclose(got[finite], here[finite], rtol=1e-10, atol=1e-10,
                                       err_msg=f"{pattern} {name}")
        if all(np.isfinite(here).all() for here in wanted):
            offline.locator("[data-do=play]").click()
            offline.wait_for_function(f"{PLAYER}.dataset.step > {steps}", timeout=20_000)
            offline.locator("[data-do=pause]").click()


#: The losses of all runs, which the worker gives when it is asked.
ASK = """() => new Promise((tell) => {
  const { worker } = globalThis.tutorComputed;
  worker.addEventListener("message", ({ data }) => data.losses && tell(data.losses));
  worker.postMessage({ do: "losses" });
})"""


@pytest.mark.filterwarnings("ignore")
def test_elementwise_ops_agree_in_chromium_too(offline):
    cases = list(elementwise_cases())
    found = answers([(f, [given]) for _, _, f, given in cases], offline)
    with np.errstate(all="ignore"):
        wrong = [(op.name, dtype) for (op, dtype, f, given), got in zip(cases, found, strict=True)
                 if isinstance(got, str) or not agrees(op, got, np.asarray(f(*given)), given)]
    assert not wrong


def test_what_is_live_computes_in_a_notebook_saved_as_a_page(offline, tmp_path):
    c, s = tutor.shared(0.0, "c"), T.dscalar("s")
    step = tutor.function([], (c - 3) ** 2, updates={c: c - 0.2 * (c - 3)}, name="step")
    shown = [tutor.live.Descent(step, live=True), explore(s ** 2, s, {s: 3.0}, live=True)]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(
        "show", outputs=[nbformat.v4.new_output("display_data", one._repr_mimebundle_())])
        for one in shown])
    text, _ = HTMLExporter().from_notebook_node(book)
    (tmp_path / "book.html").write_text(text, encoding="utf-8")
    offline.goto(f"file://{tmp_path}/book.html")
    first, second = (offline.locator("iframe").nth(i) for i in (0, 1))
    first.scroll_into_view_if_needed()
    for _ in range(3):
        first.content_frame.locator("[data-do=step]").click()
    first.content_frame.locator(".tutor-player[data-step='3']").wait_for()
    second.scroll_into_view_if_needed()
    second.content_frame.get_by_label("s", exact=True).first.fill("4")
    second.content_frame.get_by_text("16", exact=True).first.wait_for()
    assert first.bounding_box()["height"] > 300
    assert first.content_frame.locator("body[data-jp-theme-light=true]").count()
    offline.evaluate("""document.querySelector("[data-jp-theme-light]").removeAttribute(
        "data-jp-theme-light"); document.documentElement.dataset.theme = "dark";""")  # as in books
    first.content_frame.locator("body[data-jp-theme-light=false]").wait_for()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Pages of one notebook, with what is live in it."""
    course = tmp_path_factory.mktemp("course")
    shutil.copy(next(NOTEBOOKS.glob("08-*.ipynb")), course)
    build(course, course / "out")
    return course / "out"


@pytest.mark.parametrize("width", [360, 1200])
def test_a_page_of_the_course_is_read_on_any_screen(site, offline, width):
    offline.set_viewport_size({"width": width, "height": 800})
    offline.goto(f"file://{site}/08-gradient-descent.html")
    assert offline.evaluate("document.documentElement.scrollWidth") <= width
    offline.get_by_label("Search the course").fill("learning rate")
    offline.locator("#hits a").first.click()
    assert "#" in offline.url
    live = offline.locator("details.live").first
    live.locator("summary").click()
    live.locator("iframe").scroll_into_view_if_needed()  # what is out of sight is not drawn
    inside = live.locator("iframe").content_frame
    inside.locator("[data-do=step]").click()
    inside.locator(".tutor-player[data-step='1']").wait_for()
    before = offline.evaluate("getComputedStyle(document.body).backgroundColor")
    offline.locator("#theme").click()
    assert offline.evaluate("getComputedStyle(document.body).backgroundColor") != before
    part = offline.locator("[data-part]").first
    part.scroll_into_view_if_needed()
    part.locator("svg").first.wait_for()


def test_an_exercise_is_answered_in_the_page(site, offline):
    offline.goto(f"file://{site}/08-gradient-descent.html")
    field = offline.get_by_label("Your answer to 08-1")
    form = offline.locator("form.try").filter(has=field)
    for given, said in [("0.2", "not it yet"), ("half", "numbers"), ("1 2", "one number"),
                        ("1/10", "✓ Right.")]:
        field.fill(given)
        offline.keyboard.press("Enter")
        form.get_by_text(said).wait_for()
    form.get_by_role("button", name="Hint").click()
    assert "Right" not in form.locator("output").inner_text()


def pages(site, folder):
    """A page of the course, and pages that compute of each kind, with names that could end a script
    or a comment and are wide."""
    x, a = T.dscalars("</script><script>throw 1</script>*/throw 2/*", "hasOwnProperty")
    y = T.sin(a * x) ** 2
    made = [explore(y, [x], {x: 1.0, a: 2.0}), tutor.derive(y, x), tutor.rewrites(y * 1),
            tutor.plot(y, {x: (-1, 2), a: 1.0}, wrt=x), tutor.function([x], x ** 2, name="f"),
            Network(inside=True, held_back=[XS[:10], TS[:10]]).run]
    yield site / "08-gradient-descent.html"
    for i, one in enumerate(made):
        yield tutor.save(one, folder / f"{i}.html", live=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_is_accessible_as_axe_sees_it(theme, site, offline, tmp_path):
    """What axe-core calls serious or critical; where it is is said by AXE, or it is installed. On
    a telephone nothing is wider than the page."""
    if not AXE.exists() and theme == "dark":
        pytest.skip(LACKS)
    offline.emulate_media(color_scheme=theme)
    offline.set_viewport_size({"width": 360, "height": 800})
    offline.add_init_script(f"localStorage.theme = '{theme}'")
    for path in pages(site, tmp_path):
        offline.goto(f"file://{path}")
        offline.wait_for_selector("header, .tutor-explore, .tutor-player, .tutor-form textarea")
        assert offline.evaluate("document.documentElement.scrollWidth") <= 360, path
        if AXE.exists():
            offline.add_script_tag(path=AXE)
            found = offline.evaluate("axe.run()")["violations"]
            assert not [(path, one["id"], one["nodes"][0]["html"][:200]) for one in found
                        if one["impact"] in ("serious", "critical")]
    if not AXE.exists():
        pytest.skip(LACKS)


def test_a_run_is_seen_from_the_inside_as_it_is_here(offline, tmp_path):
    run = Network(inside=[*PARTS], held_back=[XS[:10], TS[:10]]).run
    offline.goto(f"file://{run.save(tmp_path / 'inside.html', live=True)}#step=60")
    run.run(60)
    run.view().inside.look(True)
    marks = [m for one in run.view().now().panels[1:] for layer in one.layers for m in layer.marks]
    offline.wait_for_function(f"{PLAYER}?.dataset.step === '60'")
    drawn = offline.evaluate("""[...document.querySelectorAll('.tutor-player :is(polyline, path)')]
        .map((one) => one.getAttribute('points') ?? one.getAttribute('d'))""")
    for mark in marks:
        if mark.style == "bars":
            wanted = numbers(mark.text)
            assert any(numbers(one) == pytest.approx(wanted, abs=0.11) for one in drawn
                       if one.count(" ") == mark.text.count(" "))
        if mark.style == "curve" and len(mark.points) == 2 * len(LINE):
            assert listed(mark) in drawn
        if mark.style.startswith("lane") and "key" not in mark.style:  # of norms
            assert any(one.endswith(listed(mark).split()[-1]) for one in drawn)
    panels = offline.locator(".tutor-player .tutor-scene > svg").count()
    assert panels == len(run.view().now().panels)


def test_mistakes_are_shown_as_here(offline, tmp_path):
    run = Network(predict=lambda made: made.p).run
    offline.goto(f"file://{run.save(tmp_path / 'mistakes.html', live=True)}#step=30")
    run.run(30)
    wanted = [mark.text for layer in run.view().now().panels[0].layers for mark in layer.marks
              if mark.kind == "text"]
    offline.wait_for_function(f"{PLAYER}?.dataset.step === '30'")
    expect(offline.locator(".tutor-player svg").filter(has_text="wrong").locator("text")
           ).to_have_text(wanted)


def numbers(path):
    return [float(word) for word in re.findall(r"-?[\d.]+", path)]


def listed(mark):
    pairs = zip(mark.points[::2], mark.points[1::2], strict=True)
    return " ".join(f"{x:g},{y:g}" for x, y in pairs)


def net():
    """A small network over points of the plane."""
    rng = np.random.default_rng(0)
    points, kind = rng.normal(size=(40, 2)), np.arange(40) % 2
    x, t = T.dmatrix("x"), T.lvector("t")
    w, b = tutor.shared(rng.normal(size=(2, 2)), "w"), tutor.shared(np.zeros(2), "b")
    p = T.nnet.softmax(T.dot(x, w) + b)
    cost = T.nnet.categorical_crossentropy(p, t).mean()
    gw, gb = T.grad(cost, [w, b])
    rate = tutor.shared(1.0, "learning_rate")
    f = tutor.function([x, t], cost, updates={w: w - rate * gw, b: b - rate * gb}, name="net")
    return tutor.live.Descent(f, [points, kind], predict=p)


def line():
    """A line through forty points, whole numbers."""
    xs, x, t, w = np.arange(-20, 20), T.lvector("x"), T.dvector("t"), tutor.shared(0.0, "w")
    cost = ((w * x - t) ** 2).mean()
    f = tutor.function([x, t], cost, updates={w: w - 1e-3 * T.grad(cost, w)}, name="line")
    return tutor.live.Descent(f, [xs, 2 * xs[::-1]], predict=w * x)


NONSENSE = "more=1,a;2&start=1,2,3&rate=zero&batch=-3&step=-1&rule=constructor&%%"


@pytest.mark.parametrize(("made", "kind", "rows"), [
    (net, "class 1", "0.5 0.25 1\n-1, 2, 0\nnonsense\n1 1 7"),
    (line, "a point", "x t\n0.5 0.25\n\n-0.5; 2\n3")])
def test_data_and_batches_are_changed_and_a_link_shows_the_same(made, kind, rows, offline,
                                                                tmp_path):
    path = made().save(tmp_path / "run.html", live=True)
    offline.goto(f"file://{path}#{NONSENSE}")
    offline.get_by_label("What a click adds").select_option(label=kind)
    panel = offline.locator(".tutor-player .tutor-scene > svg").first
    panel.click(position={"x": 120, "y": 110})
    offline.get_by_label("Points to add").fill(rows)
    offline.keyboard.press("Enter")
    offline.get_by_text("2 of 4 rows were added; the others are not two numbers").wait_for()
    offline.get_by_label("Rows that a step takes").select_option("4")
    for _ in range(12):
        offline.locator("[data-do=step]").click()
    offline.wait_for_function(f"{PLAYER}.dataset.step === '12'")
    expect(offline.locator(".tutor-player circle.case")).to_have_count(43)
    losses, link = offline.evaluate(ASK), offline.url
    assert "batch=4" in link and "more=" in link and "step=12" in link
    offline.goto("about:blank")
    offline.goto(link)
    offline.wait_for_function(f"{PLAYER}?.dataset.step === '12'")
    assert offline.evaluate(ASK) == losses
    offline.get_by_role("button", name="Take the last away").click()
    expect(offline.locator(".tutor-player circle.case")).to_have_count(42)


@pytest.mark.parametrize("rule", ["momentum", "adam"])
def test_the_rule_is_changed_and_a_link_shows_the_same(rule, offline, tmp_path):
    run = net()
    path = run.save(tmp_path / "net.html", live=True)
    x, t = run.training.f.inputs
    cost, rate = run.training.f._request.run.outputs[0], run.training.rate
    updates = getattr(tutor.optimizers, rule)(cost, [*run.training.changes], rate)
    train = tutor.function([x, t], cost, updates=updates)
    wanted = [float(train(*run.training.batches.batch)) for _ in range(6)]
    offline.goto(f"file://{path}")
    offline.locator("[data-do=step]").click()
    offline.get_by_label("The rule of a step").select_option(rule)
    for _ in wanted:
        offline.locator("[data-do=step]").click()
    offline.wait_for_function(f"{PLAYER}.dataset.step === '6'")
    np.testing.assert_allclose(offline.evaluate(ASK)[0], wanted, rtol=1e-12)
    link = offline.url
    offline.goto("about:blank")
    offline.goto(link)
    offline.wait_for_function(f"{PLAYER}?.dataset.step === '6'")
    np.testing.assert_allclose(offline.evaluate(ASK)[0], wanted, rtol=1e-12)
    assert offline.get_by_label("The rule of a step").input_value() == rule


def test_the_start_is_dragged_and_a_rate_that_is_too_large_is_told(offline, tmp_path):
    c, rate = tutor.shared(0.0, "c"), tutor.shared(0.05, "learning_rate")
    y = ((T.constant(np.arange(5.0)) - c) ** 2).sum()
    f = tutor.function([], y, updates={c: c - rate * tutor.grad(y, c)}, name="d")
    path = tutor.live.Descent(f).save(tmp_path / "d.html", live=True)
    offline.goto(f"file://{path}")
    dot = offline.locator(".tutor-player circle.now").first
    at = dot.bounding_box()
    offline.mouse.move(at["x"] + 4, at["y"] + 4)
    offline.mouse.down()
    offline.mouse.move(at["x"] + 60, at["y"] + 4, steps=4)
    offline.mouse.up()
    offline.wait_for_function("location.hash.startsWith('#start=')")
    slider = offline.get_by_label("learning_rate")
    slider.fill("200")
    offline.locator("[data-do=play]").click()
    offline.get_by_text("went out of range").wait_for()
    offline.locator("[data-do=reset]").click()
    offline.wait_for_function(f"{PLAYER}.dataset.step === '0'")
