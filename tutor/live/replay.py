"""A run as a page of its own, which replays it without a kernel and without the network.

Comes after the past. The scenes of earlier steps are drawn once more, and a page holds the first of
them and what changes to the next; the player's script draws them, as it does in a notebook.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tutor.live.lockstep import drawable
from tutor.pictures.assets import script, style
from tutor.pictures.charts import chart, svg
from tutor.pictures.html import document

if TYPE_CHECKING:
    from tutor.live.played import Played

CHARTS = "pictures/charts/"
SCRIPTS = ("pictures/dom.js", CHARTS + "chart.js", CHARTS + "reading.js", "live/player.js")
STYLES = (svg.SHEET, "live/player.css")
LETTERS = 6_000_000  # of pictures in a page; where they are large, there are fewer moments
FEWEST = 24


def page(played: Played) -> str:
    """The page, whole."""
    still = played._repr_mimebundle_()["text/html"].replace(
        "tutor-still", "tutor-still tutor-before-player", 1)
    told = json.dumps(recorded(played), separators=(",", ":")).replace("</", "<\\/")
    return document(played.title, still, style(*STYLES, "live/replay.css"),
                    script(*SCRIPTS, CHARTS + "changes.js"), f"const RECORD = {told};",
                    script("live/replay.js"))


def recorded(played: Played) -> dict[str, Any]:
    """The run as plain data: of each frame the step, the words, and the scene or its changes."""
    before: chart.Scene | None = None
    found = []
    for step, now, problem in _scenes(played):
        changed = None if before is None else chart.changes(before, now)
        drawn = chart.plain(now) if changed is None else {"changes": changed}
        found.append({"step": step, "words": now.words, "problem": problem,
                      "readings": chart.readings(now), **drawn})
        before = now
    return {"title": played.title, "frames": found}


def _scenes(played: Played) -> Any:
    """The scene of each step that can be drawn once more, the first and the last among them."""
    with played._trained.past() as (then, pasts):
        steps, view = drawable(pasts), played._view_of(then)
        view.loss.log = played.view().loss.log
        view.loss.last = max(1, steps[-1])
        if view.inside is not None:
            view.inside.rest = 0.0  # each frame is computed, however long that takes
        for step in _fewer(steps, played.view().now()):
            for past in pasts:
                past.go(step)
            problem = then.problem
            yield step, view.now(ended=step == steps[-1]), None if problem is None else problem.what


def _fewer(steps: list[int], last: chart.Scene) -> list[int]:
    """Choose so many of the steps that the page does not get too long."""
    letters = sum(len(mark.text) for layer in last.layers for mark in layer.marks
                  if mark.kind in ("image", "area"))
    room = max(FEWEST, LETTERS // max(1, letters))
    if len(steps) <= room:
        return steps
    return [steps[round(i * (len(steps) - 1) / (room - 1))] for i in range(room)]
