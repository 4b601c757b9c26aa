"""A picture as plain data: layers of marks, in pixels; `svg.py` draws it, and live `player.js`.

Comes after the axes. Whoever draws it only places what is here, so both drawings are the same.
`changes` is what a drawing needs to become the next one: mostly a few points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

Points = tuple[float, ...]  # x, y, x, y, …


class Mark(NamedTuple):
    """A thing drawn: a line, dots, a ring, a text, a picture; `style` is its class in scene.css."""

    kind: str
    style: str
    points: Points
    text: str = ""


class Layer(NamedTuple):
    """Marks that are drawn together, cut off at the edges of a box if there is one."""

    marks: tuple[Mark, ...]
    box: tuple[float, float, float, float] | None = None


class Scene(NamedTuple):
    """All that is seen, and the same in words."""

    width: int
    height: int
    layers: tuple[Layer, ...]
    words: str


def line(style: str, points: Sequence[float]) -> Mark:
    """A line through points."""
    return Mark("line", style, tuple(points))


def dots(style: str, points: Sequence[float]) -> Mark:
    """A dot at each point."""
    return Mark("dots", style, tuple(points))


def text(style: str, x: float, y: float, words: str) -> Mark:
    """A line of text at a point."""
    return Mark("text", style, (x, y), words)


def image(x: float, y: float, width: float, height: float, source: str) -> Mark:
    """A picture in a rectangle, its pixels with sharp edges; `source` is a data address."""
    return Mark("image", "pixels", (x, y, width, height), source)


def plain(scene: Scene) -> dict[str, Any]:
    """The scene as a widget sends it."""
    layers = [{"box": layer.box, "marks": [list(mark) for mark in layer.marks]}
              for layer in scene.layers]
    return {"kind": "scene", "width": scene.width, "height": scene.height, "layers": layers}


def changes(old: Scene, new: Scene) -> list[list[Any]] | None:
    """What changed, as `[layer, mark, points to forget, points to add, text]`; None if all did.

    >>> a = Scene(9, 9, (Layer((line("loss", (0, 0, 1, 1)),)),), "")
    >>> b = Scene(9, 9, (Layer((line("loss", (0, 0, 1, 1, 2, 3)),)),), "")
    >>> changes(a, b), changes(a, a)
    ([[0, 0, 4, (2, 3), '']], [])
    """
    if (old.width, old.height, len(old.layers)) != (new.width, new.height, len(new.layers)):
        return None
    found: list[list[Any]] = []
    for i, (before, after) in enumerate(zip(old.layers, new.layers, strict=True)):
        if before is after:
            continue
        if before.box != after.box or len(before.marks) != len(after.marks):
            return None
        for j, (a, b) in enumerate(zip(before.marks, after.marks, strict=True)):
            if a is b or a == b:
                continue
            if a[:2] != b[:2]:
                return None
            same = _kept(a.points, b.points)
            found.append([i, j, same, b.points[same:], b.text])
    return found


def _kept(old: Points, new: Points) -> int:
    """How many numbers of the old points the new begin with: all, or all but the last few."""
    for n in range(len(old), max(0, len(old) - 10), -2):
        if new[:n] == old[:n]:
            return n
    return 0
