"""What a run leaves: the page that replays it, the step that went wrong, bars of progress."""

import json
import math
import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import BadValueError
from tutor.live import Descent, DivergedError, checkpoints, replay
from tutor.pictures.charts import chart

DATA = [[1, 2, 3, 4, 5]]


def parabola(rate: float = 0.05) -> tuple[Descent, Any, Any]:
    x = T.dvector("x")
    c, learning_rate = tutor.shared(0.0, "c"), tutor.shared(rate, "learning_rate")
    y = T.sum((x - c) ** 2)
    f = tutor.function([x], y, updates={c: c - learning_rate * tutor.grad(y, c)}, name="d2")
    return Descent(f, DATA, watch=[c]), c, learning_rate


def network(rate: float = 0.1) -> tuple[Descent, list[Any]]:
    """Least squares with weights that are watched and a bias that is not; both are arrays."""
    rng = np.random.RandomState(1)
    x, t = T.dmatrices("x", "t")
    w, b = tutor.shared(np.zeros((9, 2)), "W"), tutor.shared(np.zeros(2), "b")
    loss = T.mean((T.dot(x, w) + b - t) ** 2)
    updates = {v: v - rate * g for v, g in zip([w, b], tutor.grad(loss, [w, b]), strict=True)}
    f = tutor.function([x, t], loss, updates=updates, name="train")
    return Descent(f, [rng.rand(20, 9), rng.rand(20, 2)], watch=[w]), [w, b]


def replayed(run: Any) -> list[tuple[int, dict[str, Any]]]:
    """The frames of a page, unfolded as the script does."""
    found: list[tuple[int, dict[str, Any]]] = []
    for frame in json.loads(json.dumps(replay.recorded(run)))["frames"]:
        if "panels" in frame:
            layers = [layer for panel in frame["panels"] for layer in panel["layers"]]
        else:
            layers = [{**layer, "marks": [list(m) for m in layer["marks"]]} for layer in layers]
            for i, j, kept, added, text in frame["changes"]:
                mark = layers[i]["marks"][j]
                mark[2], mark[3] = mark[2][:kept] + added, text
        found.append((frame["step"], {"layers": layers, "words": frame["words"]}))
    return found


def texts(frame: dict[str, Any]) -> set[str]:
    return {mark[3] for layer in frame["layers"] for mark in layer["marks"]}


def test_a_replay_begins_at_the_start_and_ends_as_the_run_stands() -> None:
    run, c, rate = parabola(0.01)
    run.run(30)
    rate.set_value(0.02)
    run.run(670)
    frames = replayed(run)
    assert [step for step, _ in frames][:: len(frames) - 1] == [0, 700]
    assert 200 < len(frames) <= 260
    assert {"step 0", "loss 55", "c = 0", "learning_rate = 0.01"} <= texts(frames[0][1])
    assert "learning_rate = 0.02" in texts(next(f for step, f in frames if step > 30))
    now = json.loads(json.dumps([layer for panel in chart.plain(run.view().now())["panels"]
                                 for layer in panel["layers"]]))
    view_of_now = run.view()
    assert frames[-1][1]["words"] == view_of_now.words()
    assert texts(frames[-1][1]) == {m[3] for layer in now for m in layer["marks"]}
    for step, frame in frames:
        value = run.history[c][step]
        assert f"c is {value:.4g}" in frame["words"]
    assert c.get_value() == run.history[c][-1] and len(run.history) == 700


def test_a_replay_leaves_the_run_as_it_was_and_it_goes_on() -> None:
    run, parameters = network()
    run.run(40)
    before = [v.get_value() for v in parameters]
    run.html()
    assert all(np.array_equal(v.get_value(), b) for v, b in zip(parameters, before, strict=True))
    run.run(20)
    again, others = network()
    again.run(60)
    assert np.array_equal(run.history.loss, again.history.loss)
    assert np.array_equal(parameters[1].get_value(), others[1].get_value())


@pytest.mark.parametrize("steps", [0, 1, 7, checkpoints.MOMENTS, 1000, 2345])
def test_the_past_knows_all_that_was_trained(steps: int) -> None:
    run, (w, b) = network(0.01)
    run.run(steps)
    known = {}
    with checkpoints.Past(run.training) as then:
        assert then.steps[0] == 0 and then.steps[-1] == steps
        assert len(then.steps) <= checkpoints.MOMENTS + 1
        for step in [*then.steps[:: max(1, len(then.steps) // 5)], steps]:
            then.go(step)
            known[step] = w.get_value(), b.get_value()
            assert len(then.training.history) == step
    run.reset()
    for step in sorted(known):
        run.run(step - len(run.history))
        assert np.array_equal(w.get_value(), known[step][0])
        assert np.array_equal(b.get_value(), known[step][1])


def test_large_parameters_are_kept_at_few_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "BYTES", 20 * 20 * 8)
    run, _ = network(0.01)
    run.run(500)
    assert 8 <= len(run.training.moments.at) <= 20
    assert [step for step, _ in replayed(run)][-1] == 500


def test_a_page_is_one_file_that_asks_nothing_of_the_network(tmp_path: Path) -> None:
    run, c, _ = parabola()
    c.name = "</script><b>"
    run.run(5)
    path = tmp_path / "descent.html"
    assert run.save(path) == tutor.save(run, str(path)) == str(path)
    page = path.read_text(encoding="utf-8")
    assert page.count("</script>") == 1
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|@import|https?://(?!www\.w3\.org)""", page)
    assert tutor.save(run, tmp_path / "still.png") and tutor.save(run, tmp_path / "still.svg")
    assert (tmp_path / "still.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(BadValueError, match="Descent"):
        run.save(tmp_path / "descent.tex")


# The step that went wrong


def test_the_step_that_diverged_is_explored_where_it_began() -> None:
    run, c, _ = parabola(0.3)
    with pytest.raises(DivergedError, match=r"run\.explore\(\)") as caught:
        run.run(10_000)
    after = c.get_value()
    found = run.explore()
    assert c.get_value() == after
    assert found.suspect is not None and math.isinf(found.values[found.suspect])
    assert found.values[c] == run.history[c][-2]
    assert repr(tutor.explore(caught.value)) == repr(found)
    run.reset()
    with pytest.raises(TypeError, match="gone on since"):
        caught.value.explore()
    assert "c - 0" not in repr(run.explore()) and run.explore().suspect is None


def test_a_nan_that_came_up_a_step_before_the_loss_shows_it_is_found() -> None:
    w, b = tutor.shared(np.array([1.0, 2.0]), "w"), tutor.shared(np.array([0.5]), "b")
    loss = T.sum(w ** 2) + T.sum(b)
    falling = w - T.sqrt(w - 0.05) * 0.2  # nan where w < 0.05
    f = tutor.function([], loss, updates={w: falling, b: b * 0.99})
    run = Descent(f, [], watch=[])
    with pytest.raises(DivergedError):
        run.run(1000)
    found = run.explore()
    assert found.suspect is not None and "sqrt" in str(found.suspect.owner.op).lower()
    assert np.isfinite(found.values[w]).all()


def test_steps_that_cannot_be_made_again_are_not_shown_as_if_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpoints, "MOMENTS", 8)
    w, factor = tutor.shared(np.array([1e-250]), "w"), tutor.shared(1.0, "factor")
    f = tutor.function([], T.sum(w) * factor, updates={w: w * 1e15})
    run = Descent(f, [], watch=[])
    with pytest.raises(DivergedError):
        run.run(1000)
    factor.set_value(2.0)
    with pytest.raises(BadValueError, match="cannot be made again"):
        run.explore()


# Bars of progress

LONG = """\
import sys, time, tutor
from tutor.live import Descent, cell
assert "tqdm" not in sys.modules
cell.LATE = 0.0
c = tutor.shared(1.0, "c")
run = Descent(tutor.function([], c ** 2, updates={c: c * 0.999}, name="f"), [])
if sys.argv[1] == "seen":
    class Player:
        views = 1
        def push(self, gap): return False
        def push_soon(self): pass
        def heed(self): pass
    run._player = Player()
run.run(3000, **eval(sys.argv[2]))
print(len(run.history), "tqdm" in sys.modules)
"""


def said(terminal: bool, *arguments: str) -> tuple[str, str]:
    """What a program with a long run writes to stdout and to stderr."""
    env = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    done = subprocess.run([sys.executable, "-W", "error", "-c", LONG, *arguments], env=env,
                          stdout=subprocess.PIPE, check=True, text=True,
                          stderr=theirs if terminal else subprocess.PIPE)
    os.close(theirs)
    told = ""
    if terminal:
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:
                break
            if not block:
                break
            told += block.decode()
    os.close(ours)
    return done.stdout, told if terminal else done.stderr


@pytest.mark.parametrize(
    ("terminal", "arguments", "shown"),
    [
        (True, ("", "{}"), True),
        (True, ("seen", "{}"), False),
        (True, ("", "{'progress': False}"), False),
        (False, ("", "{}"), False),
        (False, ("", "{'progress': True}"), True),
    ],
)
def test_a_long_run_has_a_bar_where_somebody_sees_it(
    terminal: bool, arguments: tuple[str, str], shown: bool
) -> None:
    out, told = said(terminal, *arguments)
    assert out.split() == ["3000", str(shown)]
    assert ("3000/3000" in told and "steps/s" in told) is shown
