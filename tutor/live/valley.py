"""The extent of a landscape: from the start over the valley to as high on the other side.

Comes after the landscape, from which alone it follows. D. Marquardt, An algorithm for least-squares
estimation of nonlinear parameters, 1963: a multiple of the diagonal is added to the second
derivatives, the more, the less the last step gained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tutor.live.landscape import Landscape, Place, Point
from tutor.pictures.charts.axes import Ends

DOUBLINGS = 40
ENDLESS = 16  # steps that are shown of a curve that falls for ever
LEVEL_OUT = 0.05  # of the way down: when looking twice as far gains less, the valley has been seen
TRIES = 60  # steps in search of the valley of two numbers
FLAT = 0.01  # of the way down: a step that gains less hardly falls
CLOSE = 0.001  # of the way: a step that is shorter has arrived
SOON = 12  # steps, after one that hardly fell, that may lead anywhere
SURE = 0.1  # of the second derivatives: with less added, a step is as long as Newton's
TINY = 1e-12  # of the largest second derivative: less is none
NEAR, BEYOND = 1.3, 0.8  # of the way to the valley: seen on this side of it, and on the other
SHORT = 1e-3  # of a number: a step to see how the slope changes; float32 has few digits
FAR = 1e6  # times the size of the start: who falls further falls for ever
LEVEL = 1e-3  # of the slope at the start: where it is less, the plane is level
PROBES = 17  # rows and columns of a first look at where the loss is a number

Matrix = NDArray[np.float64]


def extent(landscape: Landscape) -> list[Ends]:
    """The ends of the axis of each number."""
    start = landscape.here(landscape.beginning())
    return [_interval(landscape, start)] if len(start.at) == 1 else _rectangle(landscape, start)


def agree(landscapes: Sequence[Landscape]) -> bool:
    """Say whether the loss of several runs is the same, in places all over the first one."""
    lows, highs = np.array(extent(landscapes[0])).T
    places = [tuple(at) for at in np.linspace(lows, highs, 5).tolist()]
    losses = np.array([[one.loss(at) for at in places] for one in landscapes])
    return np.allclose(losses, losses[0], rtol=1e-6, equal_nan=True)


# One number


def _interval(landscape: Landscape, start: Place) -> Ends:
    """From the start over the valley to as high on the other side, with some room."""
    at, stride = start.at[0], _downhill(landscape, start)
    if stride == 0:
        stride = max(1.0, abs(at))
        return at - stride, at + stride
    low, high = sorted((at, _other_side(landscape, start, stride)))
    room = 0.12 * (high - low)
    return low - room, high + room


def _downhill(landscape: Landscape, start: Place) -> float:
    """A step that leads down: as the next one does, or the other way, or shorter; 0 where nothing
    does."""
    at, stride = start.at[0], start.next[0] - start.at[0]
    if not math.isfinite(stride) or stride == 0:
        slope = start.slope[0] if start.slope else 0.0
        stride = math.copysign(max(1.0, abs(at)), -slope if slope else 1.0)
    for shorter in range(DOUBLINGS):
        for one in (stride / 2 ** shorter, -stride / 2 ** shorter):
            if landscape.loss((at + one,)) < start.loss:
                return one
    return 0.0


def _other_side(landscape: Landscape, start: Place, stride: float) -> float:
    """Find where the curve is as high again as at the start, doubling the distance each time."""
    at, before = start.at[0], start.loss
    for doubling in range(DOUBLINGS):
        far = at + stride * 2 ** doubling
        loss = landscape.loss((far,))
        flat = doubling and 0 <= before - loss < LEVEL_OUT * (start.loss - loss)
        if flat or not loss < start.loss:
            return far
        before = loss
    return at + math.copysign(max(1.0, abs(at), ENDLESS * abs(stride)), stride)


# Two numbers


def _rectangle(landscape: Landscape, start: Place) -> list[Ends]:
    """The valley, or where it is level, in the middle, and the start well inside; nothing of where
    the loss is no number."""
    low = _minimum(landscape, start) or _stationary(landscape, start) or start.at
    sizes = [abs(a - b) for a, b in zip(start.at, low, strict=True)]
    largest = max(sizes) or max(1.0, *map(abs, start.at))
    wide = _width(landscape, low, start.loss)
    ends = []
    for at, to, size, width in zip(start.at, low, sizes, wide, strict=True):
        half = max(size, min(0.3 * largest, width))
        beyond = BEYOND if size == half else NEAR
        sides = (NEAR, beyond) if at < to else (beyond, NEAR)
        ends.append((to - sides[0] * half, to + sides[1] * half))
    return _where_finite(landscape, ends)


def _minimum(landscape: Landscape, start: Place) -> Point | None:
    """A low point near the start, if there is one: downhill by Newton's method, as far as it can be
    trusted. Where a valley falls ever less, that is where it has almost ceased to fall."""
    place, damping = start, 1.0
    seen: Point | None = None
    since, near = 0, math.inf  # tries since then, and how far it was
    for _ in range(TRIES):
        since += seen is not None
        hessian = _hessian(landscape, place)
        if hessian is None:
            break
        step = _damped_step(hessian, place.slope, damping)
        there = landscape.slope_at(_minus(place.at, step))
        if not there.loss < place.loss:
            damping *= 4
            continue
        damping, gained, place = damping / 4, place.loss - there.loss, there
        way = math.dist(start.at, place.at)
        if damping < SURE and math.hypot(*step) < CLOSE * way:
            return place.at if since < SOON or way < 10 * near else seen
        if way > FAR * max(1.0, *map(abs, start.at)):
            return seen
        if seen is None and gained < FLAT * (start.loss - place.loss):
            seen, near = place.at, way
    return seen or place.at


def _damped_step(hessian: Matrix, slope: Point | None, damping: float) -> list[float]:
    """Newton's step against the slope, curvatures taken as upward and by so much sharper."""
    size = np.abs(hessian).max(axis=1)
    scale = np.sqrt(np.maximum(size, TINY * size.max()) if size.any() else np.ones(2))
    curvatures, ways = np.linalg.eigh(hessian / np.outer(scale, scale))
    along = ways.T @ (np.array(slope) / scale) / (np.abs(curvatures) + damping)
    step: list[float] = (ways @ along / scale).tolist()
    return step


def _stationary(landscape: Landscape, start: Place) -> Point | None:
    """A place near the start where the slope is 0, by Newton's method: a saddle's middle."""
    place, reach = start, 10 * max(1.0, *map(abs, start.at))
    for _ in range(TRIES):
        hessian = _hessian(landscape, place)
        if hessian is None or not np.abs(hessian).max():
            return None
        step = np.linalg.lstsq(hessian, np.array(place.slope))[0]
        place = landscape.slope_at(_minus(place.at, step.tolist()))
        if place.slope is None or not math.dist(place.at, start.at) < reach:
            return None
        if math.hypot(*place.slope) <= LEVEL * math.hypot(*(start.slope or (0.0, 0.0))):
            return place.at
    return None


def _width(landscape: Landscape, low: Point, height: float) -> list[float]:
    """Distances along each axis from a low point to where the loss is about as high as given."""
    place = landscape.slope_at(low)
    hessian, rise = _hessian(landscape, place), height - place.loss
    if hessian is None or not rise > 0:
        return [math.inf, math.inf]
    return [math.sqrt(2 * rise / b) if b > 0 else math.inf for b in np.diag(hessian).tolist()]


def _where_finite(landscape: Landscape, ends: list[Ends]) -> list[Ends]:
    """The part of a rectangle in which the loss is a number, and a little around it."""
    across, up = (np.linspace(*pair, PROBES) for pair in ends)
    finite = np.isfinite([[landscape.loss((a, b)) for a in across.tolist()] for b in up.tolist()])
    if finite.all() or not finite.any():
        return ends
    found = []
    for places, there in ((across, finite.any(axis=0)), (up, finite.any(axis=1))):
        first, last = np.flatnonzero(there)[[0, -1]]
        found.append((float(places[max(first - 1, 0)]),
                      float(places[min(last + 1, PROBES - 1)])))
    return found


def _hessian(landscape: Landscape, place: Place) -> Matrix | None:
    """Second derivatives by finite differences, (2, 2), or None where they are not known."""
    little = SHORT * max(1.0, math.hypot(*place.at))
    near = [landscape.slope_at(_minus(place.at, step)) for step in ((-little, 0.0), (0.0, -little))]
    none = (math.nan, math.nan)
    slopes = np.array([one.slope or none for one in (place, *near)])
    hessian: Matrix = (slopes[1:] - slopes[0]) / little
    return (hessian + hessian.T) / 2 if np.isfinite(hessian).all() else None


def _minus(at: Point, step: Sequence[float]) -> Point:
    return at[0] - step[0], at[1] - step[1]
