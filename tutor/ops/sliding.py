"""The numbers of convolution: filters slid over images, and what both get from a cotangent.

Images lie side by side in memory, the batch innermost: the windows are laid out by copies of long
runs, and each of the three is one product of matrices for as many places as the cache holds.

>>> correlation(np.ones((1, 1, 3)), np.ones((1, 1, 2)), "valid", (1,), (1,), False, 1).shape
(1, 1, 2)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, prod
from typing import Any, NamedTuple

import numpy as np

from tutor.strides import beside, side_by_side
from tutor.threads import evenly, shared_out

Sizes = Sequence[int]
COLUMNS = 2**17  # numbers laid out at a time, which the cache holds
LEAST = 256  # places at a time, or the filters are read too often
SIDES = 2**18  # numbers laid out at a time whose sums are taken


class Plan:
    """How windows lie over images: sizes of image, kernel and output, padding, step, dilation."""

    def __init__(self, sizes: Sizes, kernel: Sizes, border: Any, step: Sizes, dilation: Sizes
                 ) -> None:
        self.sizes, self.kernel, self.step, self.dilation = sizes, kernel, step, dilation
        extents = self.extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
        self.pads = {"valid": [(0, 0) for _ in extents], "full": [(e - 1, e - 1) for e in extents],
                     "half": [(e // 2, e // 2) for e in extents]
                     }[border] if isinstance(border, str) else border
        self.padded = [s + a + b for s, (a, b) in zip(sizes, self.pads, strict=True)]
        self.out = [(p - e) // s + 1 for p, e, s in zip(self.padded, extents, step, strict=True)]
        if any(n < 1 for n in self.out) or any(k < 1 for k in kernel):
            raise ValueError(f"a filter of sizes {tuple(kernel)} is larger than the image of size "
                             f"{tuple(self.padded)} (with its border) it slides over")

    def wide(self, x: Any) -> Any:
        """The images, side by side, with a border of zeros."""
        if not any(a or b for a, b in self.pads):
            return side_by_side(x)
        wide = beside((*x.shape[:2], *self.padded), x.dtype, np.zeros)
        wide[self.inside] = x
        return wide

    @property
    def inside(self) -> tuple[slice, ...]:
        """Where the images lie in the padded ones."""
        spans = [slice(a, a + s) for s, (a, _) in zip(self.sizes, self.pads, strict=True)]
        return (slice(None), slice(None), *spans)

    def windows(self, wide: Any) -> Any:
        """A view (channels, kernel…, output…, batch) of padded images: nothing is copied."""
        steps = wide.strides[2:]
        strides = [s * d for s, d in zip(steps, self.dilation, strict=True)]
        strides += [s * d for s, d in zip(steps, self.step, strict=True)]
        return np.lib.stride_tricks.as_strided(
            wide, (wide.shape[1], *self.kernel, *self.out, len(wide)),
            (wide.strides[1], *strides, wide.strides[0]))

    def tiles(self, views: Any) -> list[Tile]:
        """Tiles of the output, whose windows the cache holds, for each thread as many unless there
        is little to do."""
        many = max(1, prod(views.shape[: 1 + len(self.kernel)]))
        return tiles((*self.out, views.shape[-1]), max(LEAST, COLUMNS // many),
                     views.size > COLUMNS // 4)

    def places(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """Each place in the kernel, and the part of the padded images that it meets."""
        for place in np.ndindex(*self.kernel):
            spans = [slice(p * d, p * d + (n - 1) * s + 1, s) for p, d, n, s in
                     zip(place, self.dilation, self.out, self.step, strict=True)]
            yield place, (slice(None), slice(None), *spans)


class Tile(NamedTuple):
    """Some of the places of an output (sizes…, batch): as slices, and as a run in memory."""

    spans: tuple[slice, ...]
    run: slice


def tiles(sizes: Sizes, most: int, shared: bool) -> list[Tile]:
    """Tiles that cover an output, of about so many places at most; if they are shared by threads,
    as many for each."""
    axis, inner = len(sizes) - 1, 1
    while axis and inner * sizes[axis] <= most:
        inner, axis = inner * sizes[axis], axis - 1
    n = ceil(sizes[axis] * inner / most)
    n = min(evenly(n) if shared else n, sizes[axis])
    cuts = [round(i * sizes[axis] / n) for i in range(n + 1)] if n else []
    found = []
    for i, outer in enumerate(np.ndindex(*sizes[:axis])):
        first = i * sizes[axis]
        found += [Tile((*[slice(k, k + 1) for k in outer], slice(a, b)),
                       slice((first + a) * inner, (first + b) * inner)) for a, b in pairwise(cuts)]
    return found


def turned(w: Any, flip: bool) -> Any:
    """The filters as they slide: turned round in every size, for a convolution proper."""
    return w[(slice(None), slice(None), *[slice(None, None, -1)] * (w.ndim - 2))] if flip else w


def grouped(x: Any, w: Any, groups: int) -> None:
    """An error unless the channels of the images are those of the filters, group by group."""
    if x != w * groups:
        of_groups = f" in each of {groups} groups" if groups > 1 else ""
        channels = "channel" if x == 1 else "channels"
        raise ValueError(f"the images have {x} {channels} and the filters {w}{of_groups}")


def planned(x: Any, w: Any, border: Any, step: Sizes, dilation: Sizes, groups: int) -> Plan:
    """How filters lie over images; an error where they do not fit."""
    grouped(x.shape[1], w.shape[1], groups)
    if len(w) % groups:
        raise ValueError(f"{len(w)} filters do not fall into {groups} groups")
    return Plan(x.shape[2:], w.shape[2:], border, step, dilation)


def columns(views: Any, parts: Sequence[Tile], groups: int, ndim: int
            ) -> Iterator[tuple[Tile, Any]]:
    """The windows at some places after the other, laid out as matrices (group, element, place)."""
    room = np.empty(0, views.dtype)
    for tile in parts:
        view = views[(slice(None),) * (1 + ndim) + tile.spans]
        if max(views.shape[1 : 1 + ndim]) > 1:
            if room.size < view.size:
                room = np.empty(view.size, view.dtype)
            laid = room[: view.size].reshape(view.shape)
            np.copyto(laid, view)
            view = laid
        yield tile, view.reshape(groups, -1, tile.run.stop - tile.run.start)


def in_groups(g: Any, groups: int) -> Any:
    """Outputs as matrices (group, filter, place), of which the batch is a part."""
    last = np.moveaxis(side_by_side(g), 0, -1)
    return last.reshape(groups, g.shape[1] // groups, prod(last.shape[1:]))


def correlation(x: Any, w: Any, border: Any, step: Sizes, dilation: Sizes, flip: bool, groups: int
                ) -> Any:
    """Each filter at each place of each image: (batch, filters, output sizes…)."""
    plan = planned(x, w, border, step, dilation, groups)
    matrix = np.ascontiguousarray(turned(w, flip)).reshape(groups, len(w) // groups, -1)
    y = beside((len(x), len(w), *plan.out), np.result_type(x, w))
    views, rows = plan.windows(plan.wide(x)), in_groups(y, groups)

    def work(parts: Sequence[Tile]) -> None:
        for tile, found in columns(views, parts, groups, len(step)):
            np.matmul(matrix, found, out=rows[:, :, tile.run])

    shared_out(work, plan.tiles(views), products=True)
    return y


def filters_from(x: Any, g: Any, kernel: Sizes, border: Any, step: Sizes, dilation: Sizes,
                 flip: bool, groups: int) -> Any:
    """What filters get from the cotangent g of `correlation`: (filters, channels, kernel…)."""
    plan = Plan(x.shape[2:], kernel, border, step, dilation)
    matching(plan, x, g)
    views, rows = plan.windows(plan.wide(x)), in_groups(g, groups).swapaxes(1, 2)
    count = x.shape[1] // groups * prod(kernel)

    def work(parts: Sequence[Tile]) -> Any:
        total = np.zeros((groups, count, rows.shape[2]), np.result_type(x, g))
        for tile, found in columns(views, parts, groups, len(step)):
            total += np.matmul(found, rows[:, tile.run])
        return total  # BLAS is quicker with the long side first

    first, *rest = shared_out(work, plan.tiles(views), products=True)
    w = sum(rest, first).swapaxes(1, 2).reshape(g.shape[1], x.shape[1] // groups, *kernel)
    return np.ascontiguousarray(turned(w, flip))


def images_from(w: Any, g: Any, sizes: Sizes, border: Any, step: Sizes, dilation: Sizes,
                flip: bool, groups: int) -> Any:
    """What images get from the cotangent g of `correlation`: (batch, channels, sizes…)."""
    plan = Plan(sizes, w.shape[2:], border, step, dilation)
    matching(plan, g, g)
    grouped(g.shape[1], len(w) // groups, groups)
    channels, each = w.shape[1] * groups, prod(plan.kernel)
    around = [(e - 1 - a, e - 1 - b) for e, (a, b) in zip(plan.extents, plan.pads, strict=True)]
    few = 2 * len(w) * prod(sizes) <= 3 * channels * prod(plan.out)
    if few and max(step) == 1 and min(map(min, around)) >= 0 and np.isfinite(w).all():
        across = w.reshape(groups, -1, *w.shape[1:]).swapaxes(1, 2)
        return correlation(g, across.reshape(channels, -1, *plan.kernel), around, step, dilation,
                           not flip, groups)  # their windows are not much more than their sums
    matrix = turned(w, flip).reshape(groups, len(w) // groups, -1).swapaxes(1, 2)
    x = beside((len(g), channels, *plan.padded), np.result_type(w, g), np.zeros)
    views, rows = plan.windows(x), in_groups(g, groups)
    one = int(groups == 1)  # threads share channels then, else groups: each adds to its own

    def work(some: Sequence[int]) -> None:
        own = slice(some[0], some[-1] + 1)
        across = matrix[:, own.start * each : own.stop * each] if one else matrix[own]
        target = views[own] if one else views[own.start * w.shape[1] : own.stop * w.shape[1]]
        gs = rows if one else rows[own]
        for tile in tiles((*plan.out, len(g)), max(1, SIDES // len(target) // each), False):
            found = np.matmul(across, gs[:, :, tile.run])
            found = found.reshape(len(target), each, -1)
            for i, place in enumerate(np.ndindex(*plan.kernel)):
                part = target[(slice(None), *place, *tile.spans)]
                part += found[:, i].reshape(part.shape)

    if channels:
        shared_out(work, range(channels if one else groups), products=True)
    return x[plan.inside]


def matching(plan: Plan, x: Any, g: Any) -> None:
    """An error unless the cotangent has the sizes that this convolution puts out."""
    if tuple(g.shape[2:]) != tuple(plan.out) or len(x) != len(g):
        raise ValueError(f"an output of shape {g.shape} does not come from images of sizes "
                         f"{tuple(plan.sizes)}: their output has sizes {tuple(plan.out)}")
