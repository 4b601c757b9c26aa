"""A chart as plain data: marks in layers, layers in panels, panels in a scene.

Comes first. `svg.py` draws a scene as a file and `chart.js` on a page; both only place what is
here. Panels stand side by side as far as there is room. `changes` is what a drawing needs to become
the next one: mostly a few points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tutor.pictures.geometry import n

WIDTH = 760  # pixels that panels in a file have side by side

Points = tuple[float, ...]  # x, y, x, y, …


class Mark(NamedTuple):
    """A thing drawn: a line, dots, an area, a text, an image; `style` is its class in chart.css."""

    kind: str
    style: str
    points: Points
    text: str = ""


class Layer(NamedTuple):
    """Marks that are drawn together, cut off at the edges of a box if there is one."""

    marks: tuple[Mark, ...]
    box: tuple[float, float, float, float] | None = None


class Panel(NamedTuple):
    """Layers in a rectangle of pixels.

    `reading` is what a pointer or the arrow keys read off it, as `reading.js` takes it.
    """

    width: int
    height: int
    layers: tuple[Layer, ...]
    reading: Mapping[str, Any] | None = None


class Scene(NamedTuple):
    """Panels, and the same in words."""

    panels: Sequence[Panel]
    words: str

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of all panels."""
        return tuple(layer for panel in self.panels for layer in panel.layers)

    @property
    def corners(self) -> list[tuple[int, int]]:
        """The corner of each panel in rows as wide as a file; one that is narrower than the one
        before it, or wider, begins a row."""
        found, x, y, high = [], 0, 0, 0
        for i, panel in enumerate(self.panels):
            if self.breaks(i) or x + panel.width > WIDTH:
                x, y, high = 0, y + high, 0
            found.append((x, y))
            x, high = x + panel.width, max(high, panel.height)
        return found

    def breaks(self, i: int) -> bool:
        """Say whether a panel begins a row however much room there is."""
        return i > 0 and self.panels[i].width != self.panels[i - 1].width

    @property
    def size(self) -> tuple[int, int]:
        """The pixels that all of them are wide and high in a file."""
        ends = [(x + panel.width, y + panel.height)
                for (x, y), panel in zip(self.corners, self.panels, strict=True)]
        return max(x for x, _ in ends), max(y for _, y in ends)


class Box(NamedTuple):
    """A rectangle of a panel."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def placed(self) -> tuple[float, float, float, float]:
        """The rectangle as x, y, width and height."""
        return self.left, self.top, self.right - self.left, self.bottom - self.top

    @property
    def middle(self) -> float:
        """The pixel in the middle of its width."""
        return round((self.left + self.right) / 2, 1)


def line(style: str, points: Sequence[float]) -> Mark:
    """A line through points."""
    return Mark("line", style, tuple(points))


def arrow(x: float, y: float, dx: float, dy: float, back: float, aside: float) -> list[float]:
    """A line from a point along a way, and the head of an arrow: so far back and aside, in shares
    of the way."""
    tip = x + dx, y + dy
    one, other = ((tip[0] - back * dx - s * aside * dy, tip[1] - back * dy + s * aside * dx)
                  for s in (1, -1))
    return [round(float(v), 1) for v in (x, y, *tip, *one, *tip, *other)]


def dots(style: str, points: Sequence[float]) -> Mark:
    """A dot at each point."""
    return Mark("dots", style, tuple(points))


def area(style: str, rings: Iterable[Sequence[float]]) -> Mark:
    """The inside of rings, each x, y, x, y, …; a ring within another one is a hole.

    >>> area("band", [(0, 0, 5, 0, 5, 5.5)]).text
    'M0 0 5 0 5 5.5Z'
    """
    paths = (f"M{' '.join(map(n, ring))}Z" for ring in rings)
    return Mark("area", style, (), "".join(paths))


def text(style: str, x: float, y: float, words: str) -> Mark:
    """A line of text at a point."""
    return Mark("text", style, (x, y), words)


def image(x: float, y: float, width: float, height: float, source: str) -> Mark:
    """A picture in a rectangle, its pixels with sharp edges; `source` is a data address."""
    return Mark("image", "pixels", (x, y, width, height), source)


def plain(scene: Scene) -> dict[str, Any]:
    """The scene as a widget sends it."""
    panels = [{"width": panel.width, "height": panel.height,
               "layers": [{"box": layer.box, "marks": [list(mark) for mark in layer.marks]}
                          for layer in panel.layers]} for panel in scene.panels]
    return {"kind": "scene", "panels": panels}


def readings(scene: Scene) -> list[Mapping[str, Any] | None]:
    """What is read off each panel."""
    return [panel.reading for panel in scene.panels]


def changes(old: Scene, new: Scene) -> list[list[Any]] | None:
    """List changes as `[layer, mark, points to forget, points to add, text]`; None if all changed.

    >>> a = Scene([Panel(9, 9, (Layer((line("loss", (0, 0, 1, 1)),)),))], "")
    >>> b = Scene([Panel(9, 9, (Layer((line("loss", (0, 0, 1, 1, 2, 3)),)),))], "")
    >>> changes(a, b), changes(a, a)
    ([[0, 0, 4, (2, 3), '']], [])
    """
    if [_form(panel) for panel in old.panels] != [_form(panel) for panel in new.panels]:
        return None
    found: list[list[Any]] = []
    for i, (before, after) in enumerate(zip(old.layers, new.layers, strict=True)):
        if before is after:
            continue
        for j, (a, b) in enumerate(zip(before.marks, after.marks, strict=True)):
            if a[:2] != b[:2]:
                return None
            if a != b:
                same = _kept(a.points, b.points)
                found.append([i, j, same, b.points[same:], b.text])
    return found


def _form(panel: Panel) -> tuple[int, int, list[tuple[int, Any]]]:
    """What stays the same in a drawing, beside the looks of marks."""
    return (panel.width, panel.height,
            [(len(layer.marks), layer.box) for layer in panel.layers])


def _kept(old: Points, new: Points) -> int:
    """Count the numbers of the old points that the new begin with: all, or all but the last few."""
    for k in range(len(old), max(0, len(old) - 10), -2):
        if new[:k] == old[:k]:
            return k
    return 0
