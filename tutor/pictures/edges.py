"""How edges are drawn: a curve with an arrow, and beside it what flows along it.

Comes before the drawing of a picture. What flows has room of its own in the layout; small numbers
say which operand it is, at the first place where nothing is yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise

from tutor.pictures.geometry import Box, Point, box_around, n, overlap, text_width
from tutor.pictures.layout import Route
from tutor.pictures.picture import Edge, Flow

BADGE, FLOW = 11.0, 11.0
CLEAR, ROUND = 2.0, 16.0  # about a line, and across its end, where no number of another stands
HEAD, BROAD = 12.0, 6.0  # of an arrow that points back, over a thick line: its length, half of it
ROW, GAP, LEFT = 13.0, 4.0, 5.0  # the height of a line; from image to lines, from edge to both


def room(edge: Edge) -> Point:
    """The width and the height of all that stands beside an edge."""
    sizes = [flow_size(flow) for flow in edge.flows]
    return max(width for width, _ in sizes) + LEFT + 2, sum(height for _, height in sizes) + 2


def flow_size(flow: Flow) -> Point:
    """The width and the height of one thing that stands beside an edge."""
    width, height = flow.size
    text = max(text_width(line, FLOW) for line in (flow.room, *flow.lines))
    return width + GAP * bool(width) + text, max(height + 2 * bool(height), ROW * len(flow.lines))


def edge_group(edge: Edge, way: Route, at: Point | None, taken: list[Box],
               others: Sequence[Box] = ()) -> str:
    """An edge: a curve with an arrow, which result it takes, as which operand, what flows there.
    On `others`, the lines of other edges, no number of an operand stands."""
    if not way.points:
        return ""
    start, *rest = way.points
    tip = way.tip or way.points[-1]
    end = way.points[-1]
    curve = f"M{n(start[0])} {n(start[1])}C{' '.join(f'{n(x)} {n(y)}' for x, y in rest)}"
    data = (f'data-edge="{edge.id}" data-from="{edge.tail}" data-to="{edge.head}" '
            f'data-source="{edge.source}" data-variable="{edge.variable}"')
    style = "" if edge.strength is None else f' style="--back:{edge.strength:.2f}"'
    classes = "tutor-edge" + " tutor-felt" * (edge.strength is not None)
    usual = (end, 7.0 if end[0] > tip[0] else -7.0, 2.0)
    order = beside(edge.order, [usual, *along(way.points)], taken, others)
    usual = (start, 8.0 if start[0] > rest[0][0] else -8.0, 9.0)
    output = beside(edge.output, [usual, *along(way.points[::-1])], taken)
    flows = "" if at is None else flowing(edge, at)
    back = "" if edge.strength is None else arrow(*backwards(way.points), "tutor-back-head", BROAD)
    return (f'<g class="{classes}"{style} {data}><path class="tutor-line" d="{curve}"/>'
            f"{arrow(end, tip)}{back}{order}{output}{flows}</g>")


def flowing(edge: Edge, centre: Point) -> str:
    """What flows along an edge, below each other: images with lines of text beside them."""
    width, height = room(edge)
    left, top = centre[0] - width / 2 + LEFT, centre[1] - height / 2 + 1
    parts = []
    for flow in edge.flows:
        wide, high = flow.size
        tall = flow_size(flow)[1]
        image = (f'<image x="{n(left)}" y="{n(top + (tall - high) / 2)}" width="{n(wide)}" '
                 f'height="{n(high)}" preserveAspectRatio="none"{address(flow)}/>' if wide else "")
        x, y = left + wide + GAP * bool(wide), top + (tall - ROW * len(flow.lines)) / 2
        lines = [f'<text x="{n(x)}" y="{n(y + ROW * i - 3)}" font-size="{n(FLOW)}">'
                 f"{escape(line)}</text>" for i, line in enumerate(flow.lines, 1)]
        parts.append(f'<g class="tutor-flow tutor-{flow.kind}">{image}{"".join(lines)}</g>')
        top += tall
    return "".join(parts)


def address(flow: Flow) -> str:
    """The address of an image, if it is known yet."""
    return f' href="{flow.image}"' if flow.image else ""


def backwards(points: Sequence[Point]) -> tuple[Point, Point]:
    """Where the head of an arrow begins that points back to where an edge comes from, and its tip,
    which is the start of the edge."""
    (x, y), *rest = points
    dx, dy = next(((a - x, b - y) for a, b in rest if (a, b) != (x, y)), (0.0, 1.0))
    length = math.hypot(dx, dy)
    return (x + dx / length * HEAD, y + dy / length * HEAD), (x, y)


def arrow(end: Point, tip: Point, kind: str = "tutor-head", half: float = 2.7) -> str:
    """The head of an arrow, from the end of the line to the tip."""
    dx, dy = tip[0] - end[0], tip[1] - end[1]
    length = math.hypot(dx, dy) or 1.0
    ox, oy = -dy / length * half, dx / length * half
    points = (tip, (end[0] + ox, end[1] + oy), (end[0] - ox, end[1] - oy))
    return f'<path class="{kind}" d="M{"L".join(f"{n(x)} {n(y)}" for x, y in points)}Z"/>'


def bends(points: Sequence[Point]) -> Iterator[Point]:
    """Points on a curve, from its end on."""
    for at in range(len(points) - 1, 2, -3):
        for step in range(1, 11):
            t = 1 - step / 10
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            x, y = (sum(w * points[at - 3 + k][i] for k, w in enumerate(weights)) for i in (0, 1))
            yield x, y


def covered(way: Route) -> list[Box]:
    """Boxes that a curve lies in, with what is clear around it."""
    ends = [*way.points[-1:], *bends(way.points)]
    boxes = [(min(a, c) - CLEAR, min(b, d) - CLEAR, max(a, c) + CLEAR, max(b, d) + CLEAR)
             for (a, b), (c, d) in pairwise(ends)]
    return boxes + [box_around(*end, ROUND, ROUND) for end in ends[:1]]


def along(points: Sequence[Point]) -> Iterator[tuple[Point, float, float]]:
    """Places for a small text beside a curve, on this side and on that, from its end on."""
    last = points[-1]
    yield from ((last, side, 2.0) for side in (7.0, -7.0))
    for x, y in bends(points):
        if math.hypot(x - last[0], y - last[1]) >= BADGE:
            last = x, y
            yield from ((last, side, 3.0) for side in (7.0, -7.0))


def beside(text: str, spots: Iterable[tuple[Point, float, float]], taken: list[Box],
           others: Sequence[Box] = ()) -> str:
    """A small text at the first of these places where nothing is yet, nor any of the others if that
    can be; it is taken then."""
    if not text:
        return ""
    wide, first, free = text_width(text, BADGE), None, None
    for (x, y), side, down in spots:
        box = box_around(x + side, y + down - BADGE * 0.35, wide, BADGE * 0.8)
        spot = x + side, y + down, box
        first = first or spot
        if any(overlap(box, other) for other in taken):
            continue
        free = free or spot
        if not any(overlap(box, other) for other in others):
            free = spot
            break
    found = free or first
    assert found is not None
    taken.append(found[2])
    return (f'<text class="tutor-order" x="{n(found[0])}" y="{n(found[1])}" '
            f'font-size="{n(BADGE)}">{escape(text)}</text>')
