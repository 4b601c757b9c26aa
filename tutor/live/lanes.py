"""Runs side by side in one picture: to each belong a colour, a dash and a number.

Comes after the chart. Numbers over points that meet stand in a row.
"""

from __future__ import annotations

from tutor.pictures.charts import chart
from tutor.pictures.charts.axes import Axis, Frame
from tutor.pictures.charts.chart import Mark

APART = 12.0  # pixels between two numbers
HUES, DASHES = 6, 6  # in chart.css; the first six runs differ in both, 36 in one

Point = tuple[float, float]


def look_of(i: int) -> str:
    """The classes of the line of the run with this number."""
    return f"lane hue{i % HUES} dash{(i + i // HUES) % DASHES}"


def numbered(frame: Frame, here: list[Point], named: bool) -> list[Mark]:
    """A dot for each run, with its number over it."""
    flats = [frame.place([at] if frame.x.low <= at[0] <= frame.x.high else []) for at in here]
    spots = side_by_side({i: (flat[0], flat[1] - 9) for i, flat in enumerate(flats) if flat},
                         frame.x)
    marks: list[Mark] = []
    for i, flat in enumerate(flats):
        marks.append(chart.dots(f"now hue{i % HUES}", flat))
        if named:
            x, y = spots.get(i, (frame.x.start, frame.y.end))
            words = str(i + 1) if flat else ""
            marks.append(chart.text(f"head mid hue{i % HUES}", round(x, 1), round(y, 1), words))
    return marks


def side_by_side(wanted: dict[int, Point], x: Axis) -> dict[int, Point]:
    """Place labels: those that would overlap in a row over all of them, from left to right."""
    rows: list[dict[int, Point]] = []
    for i, (a, b) in wanted.items():
        row = {i: (a, b)}
        while meeting := [other for other in rows if _meet(row, other)]:
            rows = [other for other in rows if other not in meeting]
            row = _row([*row, *(k for other in meeting for k in other)], wanted, x)
        rows.append(row)
    return {i: place for row in rows for i, place in row.items()}


def _meet(one: dict[int, Point], other: dict[int, Point]) -> bool:
    return any(abs(a - c) < APART and abs(b - d) < APART
               for a, b in one.values() for c, d in other.values())


def _row(members: list[int], wanted: dict[int, Point], x: Axis) -> dict[int, Point]:
    """Numbers side by side, as far as there is room over the middle of their points."""
    half = APART * (len(members) - 1) / 2
    middle = sum(wanted[i][0] for i in members) / len(members)
    left = max(min(middle, x.end - half), x.start + half) - half
    y = min(wanted[i][1] for i in members)
    ordered = sorted(members, key=lambda i: (wanted[i][0], i))
    return {i: (left + APART * n, y) for n, i in enumerate(ordered)}


def cross(x: float, y: float) -> tuple[float, ...]:
    """The end of a run that dropped out, as a line."""
    ways = (x - 5, y - 5, x + 5, y + 5, x, y, x + 5, y - 5, x - 5, y + 5)
    return tuple(round(v, 1) for v in ways)
