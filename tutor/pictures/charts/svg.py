"""A scene as SVG: inline, in the page's colours, or a file of its own in tones for any background.

Comes after the chart; `chart.css` holds the colours, here and in the live view. Nothing changes
from one machine or one time to the next: stored pictures are compared.
"""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape

from tutor.pictures.assets import script, text_of
from tutor.pictures.charts.chart import Layer, Mark, Panel, Scene, readings
from tutor.pictures.geometry import n
from tutor.pictures.html import image_of, twins

SHEET = "pictures/charts/chart.css"
#: The script that tells numbers under a pointer.
READER = [f"pictures/charts/{name}.js" for name in ("chart", "reading", "element")]
RADIUS = {"trail": 3.0, "case": 2.5, "centre": 6.0}  # by the first class; of other dots, 4.5
SHRINK, GROW, LONE = 0.9, 1.26, 500  # of a panel in a page; wider ones do not grow


def style(scene: Scene) -> str:
    """The rules for a scene, in one line: the general ones, and of the others those it needs."""
    said = " ".join({f"{mark.kind} {mark.style}" for layer in scene.layers for mark in layer.marks})
    return "".join(rules for word, rules in _rules() if not word or re.search(word, said))


@cache
def _rules() -> list[tuple[str, str]]:
    """The sections of the style sheet, each of which begins with a comment: after a colon there
    stand the words in the classes of what they are for."""
    found = []
    for comment, rules in re.findall(r"/\*(.*?)\*/\n([^/]*)", text_of(SHEET)):
        _, _, words = comment.strip().partition(": ")
        found.append(("|".join(words.split()), rules.replace("\n", "")))
    return found


def inline(scene: Scene, reads: bool = False) -> str:
    """The scene for the middle of an HTML page, whose colour of text it takes; what `reads` tells
    numbers under a pointer, by a script.
    Where a viewer takes SVG and style away an image takes its place.
    """
    drawn = "\n".join('<hr class="tutor-row"/>' * scene.breaks(i)
                      + _panel(panel, f' style="{flexible(panel)}"')
                      for i, panel in enumerate(scene.panels))
    full, reader = (f'<div class="tutor-scene" role="img" aria-label="{escape(scene.words)}">'
                    f"<style>{style(scene)}</style>{drawn}</div>"), ""
    if reads:
        said = escape(json.dumps(readings(scene), separators=(",", ":"), ensure_ascii=False))
        full = f'<tutor-chart data-readings="{said}">{full}</tutor-chart>'
        reader = f'<script class="tutor-reads">{{{script(*READER)}}}</script>'
    plain = image_of(standing_alone(scene), scene.words)
    return f'<div class="tutor-picture">{twins(full, plain)}</div>{reader}'


def flexible(panel: Panel) -> str:
    """How wide a panel may be in a page: its letters are hardly smaller there, and not too large.

    >>> flexible(Panel(380, 286, ()))
    'flex:1 1 342px;max-width:479px'
    """
    most = panel.width if panel.width > LONE else round(panel.width * GROW)
    return f"flex:1 1 {round(panel.width * SHRINK)}px;max-width:{most}px"


def standing_alone(scene: Scene) -> str:
    """The scene as a file: the page's colours do not reach it, and a middle grey reads on any."""
    width, height = scene.size
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" class="tutor-scene" role="img" '
            f'color="#808080" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" aria-label="{escape(scene.words)}">')
    drawn = [_panel(panel, f' x="{x}" y="{y}" width="{panel.width}" height="{panel.height}"')
             for panel, (x, y) in zip(scene.panels, scene.corners, strict=True)]
    return "\n".join([head, f"<style>{style(scene)}</style>", *drawn, "</svg>"])


def _panel(panel: Panel, more: str) -> str:
    head = f'<svg{more} viewBox="0 0 {panel.width} {panel.height}">'
    return "\n".join([head, *map(_layer, panel.layers), "</svg>"])


def _layer(layer: Layer) -> str:
    marks = "\n".join(_mark(mark) for mark in layer.marks)
    if layer.box is None:
        return f"<g>{marks}</g>"
    x, y, width, height = map(n, layer.box)
    return (f'<svg {_rectangle(layer.box)} viewBox="{x} {y} {width} {height}">{marks}</svg>')


def _mark(mark: Mark) -> str:
    points = mark.points
    pairs = [(n(x), n(y)) for x, y in zip(points[::2], points[1::2], strict=True)]
    if mark.kind == "line":
        joined = " ".join(f"{x},{y}" for x, y in pairs)
        return f'<polyline class="{mark.style}" points="{joined}"/>'
    if mark.kind == "dots":
        r = n(RADIUS.get(mark.style.split()[0], 4.5))
        return "".join(f'<circle class="{mark.style}" cx="{x}" cy="{y}" r="{r}"/>'
                       for x, y in pairs)
    if mark.kind == "area":
        return f'<path class="{mark.style}" d="{mark.text}"/>' if mark.text else ""
    if mark.kind == "image":
        return (f'<image class="{mark.style}" {_rectangle(points)} preserveAspectRatio="none" '
                f'href="{escape(mark.text)}"/>')
    ((x, y),) = pairs
    return f'<text class="{mark.style}" x="{x}" y="{y}">{escape(mark.text)}</text>'


def _rectangle(sides: tuple[float, ...]) -> str:
    x, y, width, height = map(n, sides)
    return f'x="{x}" y="{y}" width="{width}" height="{height}"'
