"""A picture as SVG: the positions come from `layout`, everything that is seen is drawn here.

Two skins of one drawing: `inline` for a page whose theme it follows (classes, `currentColor`), and
`standalone` with its own neutral colours, readable on white and on black. Every node is a group
with `data-node`, every edge one with `data-edge`; a program can step through by classes alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from html import escape
from typing import NamedTuple

from tutor.core.errors import NotHereError
from tutor.pictures import layout
from tutor.pictures.assets import style
from tutor.pictures.edges import BADGE, covered, edge_group, room
from tutor.pictures.geometry import Box, Point, apart, box_around, n, rectangle, text_width
from tutor.pictures.picture import (
    BOX,
    CONSTANT,
    FOLD,
    INPUT,
    OP,
    SHARED,
    Edge,
    Frame,
    Node,
    Picture,
)

LABEL, NAME, NOTE, VALUE = 14.0, 12.0, 11.0, 11.0
MARGIN, RING, LAP = 12.0, 3.0, 5.0
FEW = 4  # operands that are numbered one by one, in whatever order they arrive
OPENS = 16.0  # of the width of a box: for the sign that it opens

class Line(NamedTuple):
    """A line of text in a node: what, how large, of which class."""

    text: str
    size: float
    kind: str


def lines(node: Node) -> list[Line]:
    """The lines of text in a node, from the top."""
    found = [Line(node.label, NAME if node.kind in (FOLD, CONSTANT) else LABEL, "label")]
    if node.name and node.kind in (OP, BOX):
        found.append(Line(node.name, NAME, "name"))
    if node.note:
        found.append(Line(node.note, NOTE, "note"))
    return found + [Line(text, VALUE, "at tutor-gradient" if text.startswith("∂") else "at")
                    for text in node.values if text]


def size(node: Node) -> tuple[float, float]:
    """The width and height of a node, for its text to fit in."""
    text = lines(node)
    width = max(text_width(node.room, VALUE), *[text_width(t.text, t.size) for t in text])
    height = sum(line.size * 1.3 for line in text)
    ring = 2 * RING * ("output" in node.roles)
    if node.kind == CONSTANT:
        return max(width + 10, 20) + ring, height + 4 + ring
    if node.kind == OP:
        tall = height + 8
        return max(width + (14 if len(text) == 1 else 20), tall) + ring, tall + ring
    width += OPENS * (node.kind == BOX)
    return max(width + 18, 34) + ring, height + (16 if node.kind == SHARED else 10) + ring


def drawing(picture: Picture, told: bool = True) -> tuple[float, float, str]:
    """Width, height and the groups of a picture, without any colour."""
    sizes, places = placed(picture)
    taken = fixed(picture, sizes, places)
    taken += [box_around(*places.labels[e.id], *room(e)) for e in picture.edges if e.flows]
    parts = [frame_group(frame, places.frames[frame.id]) for frame in picture.frames]
    others = siblings(picture, places)
    parts += [edge_group(e, places.routes[e.id], places.labels.get(e.id), taken, others[e.id])
              for e in numbered(picture, places)]
    parts += [node_group(n, places.centres[n.id], sizes[n.id], told) for n in picture.nodes]
    return places.width + 2 * MARGIN, places.height + 2 * MARGIN, "".join(parts)


def numbered(picture: Picture, places: layout.Layout) -> list[Edge]:
    """The edges; of many operands that arrive in their order, from the left over the top to the
    right, the first and the last alone have a number."""
    operands: dict[str, list[Edge]] = {}
    for e in picture.edges:
        if e.order and places.routes[e.id].points:
            operands.setdefault(e.head, []).append(e)
    told: set[str] = set()
    for head, found in operands.items():
        x, y = places.centres[head]
        ends = [places.routes[e.id].points[-1] for e in found]
        angles = [math.atan2(a - x, y - b) for a, b in ends]
        if len(found) > FEW and angles == sorted(angles):
            told.update(e.id for e in found[1:-1])
    return [replace(e, order="") if e.id in told else e for e in picture.edges]


def siblings(picture: Picture, places: layout.Layout) -> dict[str, list[Box]]:
    """For each edge, boxes that the lines lie in of other operands of the same operation."""
    lines: dict[str, dict[str, list[Box]]] = {e.head: {} for e in picture.edges}
    for e in picture.edges:
        if e.order:
            lines[e.head][e.id] = covered(places.routes[e.id])
    return {e.id: [box for key, boxes in lines[e.head].items() if key != e.id for box in boxes]
            for e in picture.edges}


@lru_cache(maxsize=4)
def placed(picture: Picture) -> tuple[dict[str, tuple[float, float]], layout.Layout]:
    """The size and the place of everything; remembered, as a picture is drawn in several ways."""
    sizes = {n.id: size(n) for n in picture.nodes}
    kinds = {n.id: n.kind for n in picture.nodes}
    edges = [(e.id, e.tail, e.head, 1 if kinds[e.tail] == CONSTANT else 2) for e in picture.edges]
    labels = {e.id: room(e) for e in picture.edges if e.flows}
    frames = [(frame.id, title_width(frame), frame.inside) for frame in picture.frames]
    wide = {n.id: (sizes[n.id][0] + 2 * beyond(n), sizes[n.id][1]) for n in picture.nodes}
    places = layout.positions(layout.Wanted(wide, edges, labels, frames))
    return sizes, places._replace(
        labels=apart(places.labels, labels, fixed(picture, sizes, places)))


def fixed(picture: Picture, sizes: Mapping[str, Point], places: layout.Layout) -> list[Box]:
    """What nothing may lie on: nodes, their badges, the titles of frames."""
    taken = [box_around(*places.centres[key], *size) for key, size in sizes.items()]
    taken += [badge_box(node, *places.centres[node.id], sizes[node.id][0])
              for node in picture.nodes if node.badge]
    return taken + [title_box(frame, places.frames[frame.id]) for frame in picture.frames]


def beyond(node: Node) -> float:
    """How much of a badge of many digits does not fit between a node and the next."""
    return max(0.0, text_width(node.badge, BADGE) + 6 - LAP - 12) if node.badge else 0.0


def inline(picture: Picture) -> str:
    """The SVG for a page: it has no style of its own; `html` puts one beside it."""
    return _svg(picture, "", 'focusable="false"')


def untold(picture: Picture) -> str:
    """The SVG for a page whose script tells what a pointer rests on."""
    return _svg(picture, "", 'focusable="false"', told=False)


def standalone(picture: Picture, told: bool = True) -> str:
    """The SVG as a file of its own; smaller where nodes are not `told` to a pointer."""
    wrong = any("wrong" in node.roles for node in picture.nodes)
    sheet = style("pictures/picture.css", "pictures/standalone.css",
                  *["pictures/wrong.css"] * wrong)
    attributes = 'xmlns="http://www.w3.org/2000/svg"'
    return _svg(picture, f"<style>{sheet}</style>", attributes, told)


def if_drawn(picture: Picture | None, draw: Callable[[Picture], str]) -> str:
    """The picture drawn; nothing where there is none, or nothing to lay it out with."""
    try:
        return draw(picture) if picture is not None else ""
    except NotHereError:
        return ""


def _svg(picture: Picture, head: str, attributes: str, told: bool = True) -> str:
    width, height, body = drawing(picture, told)
    label = escape(f"{picture.title}. {picture.description}".strip())
    return (f'<svg {attributes} class="tutor-svg" width="{n(width)}" height="{n(height)}" '
            f'viewBox="{n(-MARGIN)} {n(-MARGIN)} {n(width)} {n(height)}" '
            f'role="img" aria-label="{label}">{head}'
            f"<title>{escape(picture.title)}</title><desc>{escape(picture.description)}</desc>"
            f"{body}</svg>")


def node_group(node: Node, centre: tuple[float, float], box: tuple[float, float],
               told: bool) -> str:
    """A node: its shape, its lines of text, its badge, and what a pointer resting on it is told."""
    x, y = centre
    classes = " ".join(f"tutor-{word}" for word in ("node", node.kind, *node.roles))
    text = lines(node)
    at = y - sum(line.size * 1.3 for line in text) / 2 + (4 if node.kind == SHARED else 0)
    rows = []
    for line in text:
        at += line.size * 1.3
        rows.append(f'<text class="tutor-{line.kind}" x="{n(x)}" y="{n(at - line.size * 0.38)}" '
                    f'font-size="{n(line.size)}">{escape(line.text)}</text>')
    title = f"<title>{escape(words_on(node))}</title>" if told else ""
    return (f'<g class="{classes}" data-node="{node.id}">{title}'
            f"{shape(node, x, y, *box)}{''.join(rows)}{badge(node, x, y, *box)}</g>")


def words_on(node: Node) -> str:
    """What is said of a node where the pointer rests on it."""
    name = f"{node.name} = " if node.name and node.formula and node.formula != node.name else ""
    first = f"{name}{node.formula}" or node.name or node.label
    return "\n".join(part for part in (first, node.type, node.origin) if part)


def frame_group(frame: Frame, box: Box) -> str:
    """An open box: a frame with its name, around what is in it."""
    left, top, right, bottom = box
    outline = rectangle(left, top, right - left, bottom - top, 8, "tutor-outline")
    x, y, *_ = title_box(frame, box)
    return (f'<g class="tutor-frame" data-frame="{frame.id}" '
            f'data-holds="{" ".join(frame.inside)}">{outline}<text x="{n(x)}" '
            f'y="{n(y + 11)}" font-size="{n(NAME)}">{escape(frame.name)}</text></g>')


def title_width(frame: Frame) -> float:
    """How wide the name of an open box is."""
    return text_width(frame.name, NAME)


def title_box(frame: Frame, box: Box) -> Box:
    """Where the name of an open box stands: in its upper left."""
    left, top = box[0] + 8, box[1] + 3
    return left, top, left + title_width(frame), top + NAME + 2


def shape(node: Node, x: float, y: float, width: float, height: float) -> str:
    """The outline, which says by itself what kind of node this is."""
    ring = RING if "output" in node.roles else 0.0
    left, top, width, height = x - width / 2, y - height / 2, width - 2 * ring, height - 2 * ring
    radius = {OP: min(height / 2, 17), INPUT: 5, CONSTANT: 2, FOLD: 3, SHARED: 8, BOX: 6}[node.kind]
    found = rectangle(left + ring, top + ring, width, height, radius, "tutor-shape")
    if node.kind == SHARED:
        found = cylinder(left + ring, top + ring, width, height)
    if node.kind in (FOLD, BOX):
        found = rectangle(left + 3, top + 3, width, height, radius, "tutor-behind") + found
    if not ring:
        return found
    return rectangle(left, top, width + 2 * ring, height + 2 * ring, radius + ring,
                     "tutor-ring") + found


def cylinder(x: float, y: float, width: float, height: float) -> str:
    """A drum, the sign of what is stored."""
    rx, ry = n(width / 2), "4"
    left, right, top, bottom = n(x), n(x + width), n(y + 4), n(y + height - 4)
    side = f"M{left} {top}A{rx} {ry} 0 0 1 {right} {top}V{bottom}A{rx} {ry} 0 0 1 {left} {bottom}Z"
    return (f'<path class="tutor-shape" d="{side}"/>'
            f'<path class="tutor-rim" d="M{left} {top}A{rx} {ry} 0 0 0 {right} {top}"/>')


def badge(node: Node, x: float, y: float, width: float, height: float) -> str:
    """The number that a node has in every picture it is in; on its left, where no arrow comes."""
    if not node.badge:
        return ""
    left, top, right, _ = badge_box(node, x, y, width)
    wide = right - left
    return (f'<g class="tutor-badge">{rectangle(left, top, wide, 15, 7.5, "tutor-badge-shape")}'
            f'<text x="{n(left + wide / 2)}" y="{n(top + 11.4)}" font-size="{n(BADGE)}">'
            f"{escape(node.badge)}</text></g>")


def badge_box(node: Node, x: float, y: float, width: float) -> Box:
    """The place of the badge of a node."""
    wide = max(15.0, text_width(node.badge, BADGE) + 6)
    left = x - width / 2 - wide + LAP
    return left, y - 7.5, left + wide, y + 7.5
