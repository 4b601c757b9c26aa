"""Lengths, boxes and numbers of a drawing, as SVG writes them.

>>> n(3.04), overlap(box_around(0, 0, 2, 2), box_around(3, 0, 2, 2))
('3', False)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NARROW, WIDE = frozenset("iljtfrI.,:;'|!()[]{} ·"), frozenset("mwMW@%…—Σ×÷∂□")

STEP, FARTHEST = 3, 61  # of what moves: points
Point = tuple[float, float]
Box = tuple[float, float, float, float]


def text_width(text: str, size: float) -> float:
    """About how wide a text is, in any common sans-serif; rather too wide than too narrow."""
    return sum(map(letter_width, text)) * size


def letter_width(c: str) -> float:
    """The width of a letter, for a size of one."""
    if c in NARROW:
        return 0.34
    return 0.92 if c in WIDE or ord(c) > 0x2E80 else 0.7 if c.isupper() else 0.6


def n(number: float) -> str:
    """A coordinate with one digit.

    >>> n(3.04), n(-0.01)
    ('3', '0')
    """
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def rectangle(x: float, y: float, width: float, height: float, radius: float, kind: str) -> str:
    """A box with round corners, from its top left."""
    return (f'<rect class="{kind}" x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" '
            f'rx="{n(radius)}"/>')


def box_around(x: float, y: float, width: float, height: float) -> Box:
    """The left, the top, the right and the bottom of a box, from its centre."""
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have a part in common."""
    return (one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])


def apart(centres: Mapping[str, Point], sizes: Mapping[str, Point], fixed: Sequence[Box]
          ) -> dict[str, Point]:
    """Centres of boxes that lie on nothing: where one would, it moves a little, as far as it must.

    >>> apart({"a": (0, 0), "b": (4, 0)}, {"a": (10, 10), "b": (10, 10)}, [])
    {'a': (0, 0), 'b': (10, 0)}
    """
    taken, found = [*fixed], {}
    for key, (x, y) in centres.items():
        spots = [(0, 0), *((dx * step, dy * step) for step in range(STEP, FARTHEST, STEP)
                           for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)))]
        boxes = (((x + dx, y + dy), box_around(x + dx, y + dy, *sizes[key])) for dx, dy in spots)
        free = (pair for pair in boxes if not any(overlap(pair[1], other) for other in taken))
        found[key], box = next(free, ((x, y), box_around(x, y, *sizes[key])))
        taken.append(box)
    return found
