"""A scene as SVG: inline, in the page's colours, or a file of its own in tones for any background.

Comes after the chart; `chart.css` holds the colours, here and in the live view. Nothing changes
from one machine or one time to the next: stored pictures are compared.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from html import escape
from importlib.resources import files

from tutor.live.chart import Layer, Mark, Scene

RADIUS = {"trail": 3.0, "case": 2.5, "centre": 6.0}  # by the first class; of other dots, 4.5
PLANES = {"path", "contour", "pixels field"}  # marks that only pictures of a plane have


def style(scene: Scene) -> str:
    """The rules for a scene, in one line; those of planes, races and noise where there are any."""
    styles = [mark.style for layer in scene.layers for mark in layer.marks]
    planes = any(style in PLANES or style.startswith("case") for style in styles)
    race = any("hue" in style for style in styles)
    noise = any("raw" in style for style in styles)
    general, of_planes, of_races, of_noise = _rules()
    return general + planes * of_planes + race * of_races + noise * of_noise


@cache
def _rules() -> list[str]:
    """The sections of the style sheet, each of which begins with a comment."""
    sheet = (files("tutor.live") / "chart.css").read_text(encoding="utf-8")
    return [section.replace("\n", "") for section in re.split(r"/\*.*\*/", sheet)[1:]]


def inline(scene: Scene) -> str:
    """The scene for the middle of an HTML page, whose colour of text it takes.

    Where a viewer takes SVG and style away, JupyterLab's own class or <rp> hides what is left, and
    an image, which our style hides otherwise, takes its place.
    """
    image = b64encode(standing_alone(scene).encode()).decode()
    plain = f'<img alt="{escape(scene.words)}" src="data:image/svg+xml;base64,{image}"/>'
    return (f'<div class="tutor-picture"><rp><div class="tutor-full lm-Widget lm-mod-hidden">'
            f'{_drawn(scene, "")}</div></rp><div class="tutor-plain">{plain}</div></div>')


def standing_alone(scene: Scene) -> str:
    """The scene as a file: the page's colours do not reach it, and a middle grey reads on any."""
    return _drawn(scene, f' color="#808080" width="{scene.width}" height="{scene.height}"')


def _drawn(scene: Scene, more: str) -> str:
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" class="tutor-scene" role="img"{more} '
            f'viewBox="0 0 {scene.width} {scene.height}" aria-label="{escape(scene.words)}">')
    return "\n".join([head, f"<style>{style(scene)}</style>", *map(_layer, scene.layers), "</svg>"])


def _layer(layer: Layer) -> str:
    marks = "\n".join(_mark(mark) for mark in layer.marks)
    if layer.box is None:
        return f"<g>{marks}</g>"
    x, y, width, height = map(_n, layer.box)
    return (f'<svg {_rectangle(layer.box)} viewBox="{x} {y} {width} {height}">{marks}</svg>')


def _mark(mark: Mark) -> str:
    points = mark.points
    pairs = [(_n(x), _n(y)) for x, y in zip(points[::2], points[1::2], strict=True)]
    if mark.kind == "line":
        joined = " ".join(f"{x},{y}" for x, y in pairs)
        return f'<polyline class="{mark.style}" points="{joined}"/>'
    if mark.kind == "dots":
        r = _n(RADIUS.get(mark.style.split()[0], 4.5))
        return "".join(f'<circle class="{mark.style}" cx="{x}" cy="{y}" r="{r}"/>'
                       for x, y in pairs)
    if mark.kind == "image":
        return f'<image class="{mark.style}" {_rectangle(points)} href="{escape(mark.text)}"/>'
    ((x, y),) = pairs
    return f'<text class="{mark.style}" x="{x}" y="{y}">{escape(mark.text)}</text>'


def _rectangle(sides: tuple[float, ...]) -> str:
    x, y, width, height = map(_n, sides)
    return f'x="{x}" y="{y}" width="{width}" height="{height}"'


def _n(value: float) -> str:
    """A coordinate, without a point where none is needed."""
    return f"{value:.1f}".removesuffix(".0") if value else "0"
