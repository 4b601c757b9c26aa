"""Contours of planes that are hard to draw: where they are looked at, and that lines are true."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.live import Descent
from tutor.live.landscape import Landscape, grid
from tutor.live.valley import extent
from tutor.pictures.charts.contours import fewer


class Plane(NamedTuple):
    """A loss over a and b, a start, places that are to be seen, and how far the axes may reach."""

    loss: Callable[[Any, Any], Any]
    start: tuple[float, float]
    seen: list[tuple[float, float]]
    reach: tuple[float, float]
    whole: bool = True  # whether what is lower than a level is in one piece


ROSENBROCK = [(t, t * t) for t in np.linspace(-1.3, 1.3, 9).tolist()]
PLANES = {
    "saddle": Plane(lambda a, b: a**2 - b**2, (1, 0.1), [(0, 0)], (3, 3), False),
    "product": Plane(lambda a, b: a * b, (1, 0.5), [(0, 0)], (3, 3), False),
    "three valleys": Plane(lambda a, b: a**3 - 3 * a * b**2, (1, 0.5), [(0, 0)], (3, 3), False),
    "Rosenbrock": Plane(lambda a, b: (1 - a)**2 + 100 * (b - a**2)**2, (-1.2, 1), ROSENBROCK,
                        (6, 5)),
    "long valley": Plane(lambda a, b: a**2 + 1e6 * b**2, (1, 1), [(0, 0)], (4, 4)),
    "two units": Plane(lambda a, b: (a / 1000)**2 + b**2, (1000, 1), [(0, 0)], (4000, 5)),
    "other units": Plane(lambda a, b: a**2 + (b * 1e6)**2, (3, 1e-6), [(0, 0)], (10, 2e-5)),
    "turned": Plane(lambda a, b: (a + b - 3)**2 + 1e3 * (a - b)**2, (-1, 4), [(1.5, 1.5)],
                    (12, 12)),
    "flat": Plane(lambda a, b: 0 * a + 0 * b + 3, (1, 1), [], (5, 5)),
    "sloping": Plane(lambda a, b: a + 2 * b, (0, 0), [], (5, 5)),
    "logarithms": Plane(lambda a, b: a - T.log(a) + b - T.log(b), (3, 0.2), [(1, 1)], (5, 5)),
    "one side": Plane(lambda a, b: (T.log(a) - 1)**2 + (b - 1)**2, (0.1, 3), [(np.e, 1)], (9, 6)),
    "roots": Plane(lambda a, b: T.sqrt(a) + (b - 1)**2, (2, 0), [(0.1, 1)], (9, 9)),
    "ever less": Plane(lambda a, b: 1 / a + a * b**2, (0.5, 1), [(3, 0)], (80, 4)),
    "endless": Plane(lambda a, b: T.exp(5 * a) + T.exp(-a * b) + b**2, (2, 1), [(1, 0.5)], (9, 5)),
    "edges": Plane(lambda a, b: abs(a) + 2 * abs(b - 1), (2, -1), [(0, 1)], (9, 9)),
    "Beale": Plane(lambda a, b: (1.5 - a + a * b)**2 + (2.25 - a + a * b**2)**2
                   + (2.625 - a + a * b**3)**2, (1, 1), [(3, 0.5)], (8, 6)),
    "far": Plane(lambda a, b: (a - 1000)**2 + (b + 500)**2, (0, 0), [(1000, -500)], (4000, 4000)),
    "huge": Plane(lambda a, b: 1e200 * (a**2 + b**2), (1, 1), [(0, 0)], (5, 5)),
    "small": Plane(lambda a, b: 1e-200 * (a**2 + b**2), (1, 1), [(0, 0)], (5, 5)),
}


def descent(plane: Plane, rate: float = 1e-9, **more: Any) -> Descent:
    watch = [tutor.shared(float(at), name) for at, name in zip(plane.start, "ab", strict=True)]
    loss = plane.loss(*watch)
    updates = {v: v - rate * g for v, g in zip(watch, tutor.grad(loss, watch), strict=True)}
    return Descent(tutor.function([], loss, updates=updates), [], watch=watch, **more)


def pieces(low: Any) -> int:
    """In how many pieces the cells that are marked lie, corners joining them."""
    found, left = 0, low.copy()
    while left.any():
        found += 1
        grown = np.zeros_like(left)
        grown[tuple(np.argwhere(left)[0])] = True
        while True:
            wide = np.pad(grown, 1)
            near = sum(wide[i:i + low.shape[0], j:j + low.shape[1]].astype(int)
                       for i in range(3) for j in range(3)) > 0
            near &= left
            if (near == grown).all():
                break
            grown = near
        left &= ~grown
    return found


@pytest.mark.parametrize("name", PLANES)
def test_a_plane_is_looked_at_where_it_is_worth_it(name: str) -> None:
    plane = PLANES[name]
    view = descent(plane).view()
    panel, surface = view.panel, view.panel.one
    scene = view.now()
    drawn = repr(scene.layers)
    assert "nan" not in drawn and "inf" not in drawn
    (a, b), (c, d) = ((axis.low, axis.high) for axis in panel.axes)
    for x, y in [plane.start, *plane.seen]:
        assert a < x < b and c < y < d
    assert b - a < plane.reach[0] and d - c < plane.reach[1]
    if name == "flat":
        assert panel.contours == []
        return
    assert sum(bool(contour.lines) for contour in panel.contours) >= 5
    heights = grid(surface, (a, b), (c, d))
    rows, columns = heights.shape
    for level, lines, _ in panel.contours:
        for line in lines:  # on them the loss is what they stand for
            at = line[len(line) // 2] * (b - a, d - c) + (a, c)
            here = surface.slope_at(tuple(at.tolist()))
            cell = np.abs(here.slope) @ [(b - a) / columns, (d - c) / rows]
            largest = np.abs(heights[np.isfinite(heights)]).max()
            assert abs(here.loss - level) < cell + 1e-6 * largest
        if plane.whole:
            assert pieces(np.nan_to_num(heights, nan=np.inf) <= level) == 1


@pytest.mark.parametrize("name", ["saddle", "Rosenbrock", "sloping", "endless"])
@pytest.mark.parametrize("rate", [0.0, -0.01, 1e-3, 10.0, np.nan])
def test_where_it_is_looked_at_does_not_depend_on_the_steps(name: str, rate: float) -> None:
    surface = descent(PLANES[name], rate, view="contours").view().panel.one
    other = descent(PLANES[name], view="contours").view().panel.one
    assert extent(surface) == extent(other)


CURVES: dict[str, tuple[Any, float, tuple[float, float], float]] = {
    "valley": (lambda c: (c - 3)**2, 0.0, (0, 3), 12),
    "falls for ever": (lambda c: -c, 0.0, (0, 0.5), 60),
    "hill": (lambda c: -(c**2), 1.0, (1, 1.5), 120),
    "inflection": (lambda c: c**3, 0.5, (0, 0.5), 60),
    "logarithm": (lambda c: c - T.log(c), 3.0, (1, 3), 12),
    "top": (lambda c: T.cos(c), 0.0, (-0.5, 0.5), 20),
    "flat": (lambda c: 0 * c, 2.0, (1, 3), 20),
    "far": (lambda c: (c - 1e6)**2, 0.0, (0, 1e6), 4e6),
    "near": (lambda c: (c - 1e-6)**2, 0.0, (0, 1e-6), 5e-6),
}


@pytest.mark.parametrize("rate", [0.0, 1e-6, 0.05, 3.0, -0.1])
@pytest.mark.parametrize("name", CURVES)
def test_a_curve_is_looked_at_where_it_is_worth_it(name: str, rate: float) -> None:
    loss, start, seen, reach = CURVES[name]
    c = tutor.shared(start, "c")
    cost = loss(c)
    f = tutor.function([], cost, updates={c: c - rate * tutor.grad(cost, c)})
    ((low, high),) = extent(Landscape(Descent(f, [], watch=[c]).training, [c]))
    assert low <= seen[0] and seen[1] <= high and high - low < reach


def test_a_line_with_fewer_points_is_the_same_line() -> None:
    turn = np.linspace(0, 2 * np.pi, 400)
    ring = np.column_stack([100 + 50 * np.cos(turn), 100 + 50 * np.sin(turn)])
    first, second = fewer(np.concatenate([ring, ring[::-1]]), np.array([400, 800]))
    few = np.array(first).reshape(-1, 2)
    assert (np.array(second).reshape(-1, 2)[[0, -1]] == ring[[-1, 0]]).all()
    assert len(few) < 120 and (few[0] == ring[0]).all() and (few[-1] == ring[-1]).all()
    middles = (few[1:] + few[:-1]) / 2
    assert abs(np.hypot(*(middles - 100).T) - 50).max() < 0.5
