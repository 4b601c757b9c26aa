"""A run that replays from its file, and a race in JupyterLab: buttons, keys, scrubber, themes."""

import itertools
import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

import tutor
import tutor.tensor as T
from tutor.live import Descent

from .lab import Lab
from .test_live import DESCENT, notebook, value

pytestmark = pytest.mark.browser

RACE = """\
import tutor
import tutor.tensor as T

def descent(rate):
    x, c = T.dvector("x"), tutor.shared(0.0, "c")
    y = T.sum((x - c) ** 2)
    f = tutor.function([x], y, updates={c: c - rate * tutor.grad(y, c)})
    return tutor.live.Descent(f, [[1, 2, 3, 4, 5]], watch=[c])

race = tutor.live.Race({f"rate {rate}": descent(rate) for rate in (0.01, 0.05, 0.3)})
race"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    x, c = T.dvector("x"), tutor.shared(0.0, "c")
    y = T.sum((x - c) ** 2)
    d2 = tutor.function([x], y, updates={c: c - 0.05 * tutor.grad(y, c)}, name="d2")
    run = Descent(d2, [[1, 2, 3, 4, 5]], watch=[c])
    run.run(20)
    path = tmp_path / "descent.html"
    run.save(path)
    return path


def player(page: Page) -> Locator:
    return page.locator(".tutor-player.tutor-live")


def step(page: Page) -> int:
    return int(player(page).get_attribute("data-step") or 0)


def at(page: Page, number: int) -> None:
    expect(player(page)).to_have_attribute("data-step", str(number))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_file_replays_by_buttons_keys_and_scrubber(page: Page, file: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(file.as_uri())
    at(page, 0)
    expect(page.locator(".tutor-still")).to_be_hidden()
    point = player(page).locator("text.point").first
    for number, place in enumerate(("c = 1.5", "c = 2.25", "c = 2.625"), start=1):
        player(page).get_by_role("button", name="Step", exact=True).click()
        at(page, number)
        expect(point).to_have_text(place)
    page.keyboard.press("ArrowLeft")
    expect(point).to_have_text("c = 2.25")
    page.keyboard.press("End")
    at(page, 20)
    scrub = player(page).get_by_role("slider", name="Step", exact=True)
    scrub.focus()
    for number in (19, 18):
        page.keyboard.press("ArrowLeft")
        at(page, number)
    expect(scrub).to_have_attribute("aria-valuetext", "18")
    page.keyboard.press("r")
    at(page, 0)
    expect(point).to_have_text("c = 0")
    expect(player(page).get_by_role("status")).to_contain_text("after 0 steps")
    line = player(page).locator("polyline.curve").first
    colour = line.evaluate("node => getComputedStyle(node).stroke")
    assert colour == {"light": "rgb(0, 114, 178)", "dark": "rgb(86, 180, 233)"}[scheme]
    expect(player(page).get_by_role("button", name="Log loss")).to_be_hidden()
    page.emulate_media(media="print")
    expect(player(page).get_by_role("button", name="Step", exact=True)).to_be_hidden()
    page.emulate_media(media="screen")


def test_a_file_plays_to_the_end_pauses_and_begins_again(page: Page, file: Path) -> None:
    page.goto(file.as_uri())
    player(page).get_by_role("slider", name="Speed").focus()
    page.keyboard.press("Home")
    player(page).get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("+document.querySelector('.tutor-live').dataset.step >= 1")
    player(page).get_by_role("button", name="Pause", exact=True).click()
    stopped = step(page)
    time.sleep(1.3)
    assert step(page) == stopped < 20
    player(page).get_by_role("slider", name="Speed").focus()
    page.keyboard.press("End")
    page.keyboard.press("p")
    at(page, 20)
    play = player(page).get_by_role("button", name="Play", exact=True)
    expect(play).to_be_visible()
    player(page).get_by_role("slider", name="Speed").focus()
    page.keyboard.press("Home")
    play.click()
    page.wait_for_function("+document.querySelector('.tutor-live').dataset.step < 20")
    player(page).get_by_role("slider", name="Speed").focus()
    page.keyboard.press("End")
    at(page, 20)


# When frames are drawn, in milliseconds.
WATCH = """() => {
    window.drawn = [];
    new MutationObserver(() => drawn.push(document.timeline.currentTime)).observe(
        document.querySelector(".tutor-live"), { attributeFilter: ["data-frames"] });
}"""


def test_reduced_motion_is_calm_and_still_arrives(page: Page, file: Path) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(file.as_uri())
    at(page, 0)
    player(page).get_by_role("slider", name="Speed").focus()
    page.keyboard.press("End")
    page.evaluate(WATCH)
    page.keyboard.press("p")
    at(page, 20)
    drawn = page.evaluate("window.drawn")
    assert all(after - before >= 250 for before, after in itertools.pairwise(drawn))


def test_without_scripts_the_picture_stays(page: Page, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"<script.*</script>", "", text, flags=re.DOTALL), encoding="utf-8")
    page.goto(file.as_uri())
    expect(page.locator(".tutor-still")).to_be_visible()


def test_a_race_is_played_in_jupyterlab(desk: Page, lab: Lab) -> None:
    lab.open(desk, notebook(lab, "race.ipynb", RACE))
    lab.run_all(desk)
    expect(player(desk)).to_be_visible()
    player(desk).get_by_role("button", name="Step", exact=True).click()
    at(desk, 1)
    legend = player(desk).locator("text.plain")
    expect(legend).to_have_text(["rate 0.01: loss 46.5, c = 0.3", "rate 0.05: loss 21.2, c = 1.5",
                                 "rate 0.3: loss 190, c = 9"])
    player(desk).get_by_role("slider", name="Speed").focus()
    desk.keyboard.press("End")
    player(desk).get_by_role("button", name="Play", exact=True).click()
    expect(legend.nth(2)).to_have_text("rate 0.3: out of range at step 511")
    desk.wait_for_function("+document.querySelector('.tutor-live').dataset.step > 600")
    player(desk).get_by_role("button", name="Pause", exact=True).click()
    expect(player(desk).get_by_role("slider", name="learning_rate")).to_be_hidden()
    player(desk).get_by_role("button", name="Reset", exact=True).click()
    at(desk, 0)
    expect(legend.nth(2)).to_have_text("rate 0.3: loss 55, c = 0")


STARTED = """\
import tutor, tutor.tensor as T
def descent(rate):
    c = tutor.shared(0.0, "c")
    y = (c - 3) ** 2
    return tutor.live.Descent(tutor.function([], y, updates={c: c - rate * tutor.grad(y, c)}), [])
race = tutor.live.Race({"slow": descent(0.1), "fast": descent(0.3)})
race"""


def test_a_race_is_started_elsewhere_and_its_points_have_their_colours(
    lab: Lab, desk: Page
) -> None:
    first = DESCENT.format(rate=0.05) + "\nrun.step()"
    lab.open(desk, notebook(lab, "starts.ipynb", first, STARTED))
    lab.run_all(desk)
    shown = player(desk).last
    expect(shown).to_be_visible()
    shown.get_by_role("button", name="Step", exact=True).click()
    expect(shown).to_have_attribute("data-step", "1")
    fills = shown.locator("circle.trail").evaluate_all(
        "(dots) => dots.map((dot) => getComputedStyle(dot).fill)")
    assert len(set(fills)) == 2
    desk.keyboard.press("Shift+ArrowRight")
    expect(shown).to_have_attribute("data-step", "0")
    starts = value(desk, "[float(r.history['c'][0]) for r in race.runs.values()]")
    first, second = json.loads(starts)
    assert first == second > 0
