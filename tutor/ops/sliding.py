"""The numbers of convolution: filters slid over images, and what both get from a cotangent.

Images lie side by side in memory, the batch innermost: the windows are laid out by copies of long
runs, and each of the three is one product of matrices for as many places as the cache holds.

>>> correlation(np.ones((1, 1, 3)), np.ones((1, 1, 2)), "valid", (1,), (1,), False, 1).shape
(1, 1, 2)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise, product
from math import ceil, gcd, prod
from typing import Any, NamedTuple

import numpy as np

from tutor.memory import empty, zeros
from tutor.ops.sliding_rows import COLUMNS, WIDE, WIDE_SUMS, by_rows, correlate, filters_of
from tutor.strides import batch_last, beside, lay
from tutor.threads import evenly, shared_out

Sizes = Sequence[int]
LEAST = 512  # places at a time, or the filters are read too often
LONG = 2**11  # places, from which on BLAS is quicker with the windows first, and a transposition
SIDES = 2**20  # numbers laid out at a time whose sums are taken
SHARED = 2 * 10**7  # multiplications that are worth waking a thread for


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
        """The images with a border of zeros."""
        if not any(a or b for a, b in self.pads):
            return x
        wide = beside((*x.shape[:2], *self.padded), x.dtype, zeros)
        lay(x, wide[self.inside])
        return wide

    def products(self, batch: int, pairs: int) -> int:
        """How many numbers are multiplied for so many pairs of a channel and a filter."""
        return prod([*self.kernel, *self.out, batch, pairs])

    @property
    def inside(self) -> tuple[slice, ...]:
        """Where the images lie in the padded ones."""
        spans = [slice(a, a + s) for s, (a, _) in zip(self.sizes, self.pads, strict=True)]
        return (slice(None), slice(None), *spans)

    def phases(self) -> list[Phase]:
        """The parts of the filters that meet one part of the images each."""
        if max(self.step) == 1:
            every, zero = (slice(None),) * len(self.step), (0,) * len(self.step)
            return [Phase(every, every, zero, tuple(self.dilation), tuple(self.kernel))]
        axes = []
        for k, s, d in zip(self.kernel, self.step, self.dilation, strict=True):
            q = s // gcd(s, d)
            axes.append([(slice(p, None, q), slice(p * d % s, None, s), p * d // s, q * d // s,
                          len(range(p, k, q))) for p in range(min(q, k))])
        return [Phase(*zip(*parts, strict=True)) for parts in product(*axes)]

    def windows(self, phase: Phase, part: Any) -> Any:
        """A view (channels, kernel…, output…, batch) of a part (channels, sizes…, batch) of padded
        images."""
        part = part[(slice(None), *[slice(n, None) for n in phase.first])]
        channels, *steps, batch = part.strides
        strides = [s * d for s, d in zip(steps, phase.far, strict=True)]
        return np.lib.stride_tricks.as_strided(
            part, (len(part), *phase.kernel, *self.out, part.shape[-1]),
            (channels, *strides, *steps, batch))

    def laid(self, x: Any) -> list[Any]:
        """The windows over images, in parts, of which each lies side by side."""
        wide = self.wide(x)
        return [self.windows(phase, batch_last(wide[(..., *phase.rows)]))
                for phase in self.phases()]

    def places(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """Each place in the kernel, and the part of the padded images that it meets."""
        for place in np.ndindex(*self.kernel):
            spans = [slice(p * d, p * d + (n - 1) * s + 1, s) for p, d, n, s in
                     zip(place, self.dilation, self.out, self.step, strict=True)]
            yield place, (slice(None), slice(None), *spans)


class Phase(NamedTuple):
    """A part of filters and the rows of images that it meets. With a step of 2 the odd elements of
    a filter meet odd rows alone: those lie in one run, where of the whole image half is left out.
    """

    places: tuple[slice, ...]  # of the filters
    rows: tuple[slice, ...]  # of the images
    first: tuple[int, ...]  # of these the one that the first element meets
    far: tuple[int, ...]  # how many of them lie from one element to the next
    kernel: tuple[int, ...]  # how many elements there are


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


def columns(views: Sequence[Any], groups: int, ndim: int, parts: Sequence[Tile]
            ) -> Iterator[tuple[Tile, Any]]:
    """The windows at some places after the other, laid out as matrices (group, element, place)."""
    views = [v.reshape(groups, v.shape[0] // groups, *v.shape[1:]) for v in views]
    ends = list(accumulate(prod(v.shape[1 : 2 + ndim]) for v in views))
    room = empty((0,), views[0].dtype)
    for tile in parts:
        cells = [v[(slice(None),) * (2 + ndim) + tile.spans] for v in views]
        shape = groups, ends[-1], tile.run.stop - tile.run.start
        if ends[-1] == cells[0].shape[1]:  # windows of one element lie there as they are
            yield tile, cells[0].reshape(shape)
            continue
        if room.size < prod(shape):
            room = empty((prod(shape),), room.dtype)
        laid = room[: prod(shape)].reshape(shape)
        for start, end, cell in zip([0, *ends], ends, cells, strict=False):
            laid[:, start:end].reshape(cell.shape)[...] = cell
        yield tile, laid


def in_groups(g: Any, groups: int) -> Any:
    """Outputs as matrices (group, filter, place), of which the batch is a part."""
    last = batch_last(g)
    return last.reshape(groups, g.shape[1] // groups, prod(last.shape[1:]))


def cut(plan: Plan, channels: int, batch: int) -> list[Tile]:
    """Tiles of the output whose windows the cache holds, for each thread as many unless there is
    little to do."""
    many = max(1, channels * prod(plan.kernel))
    size = many * prod(plan.out) * batch
    return tiles((*plan.out, batch), max(LEAST, COLUMNS // many), size > COLUMNS // 4)


def correlation(x: Any, w: Any, border: Any, step: Sizes, dilation: Sizes, flip: bool, groups: int
                ) -> Any:
    """Each filter at each place of each image: (batch, filters, output sizes…)."""
    plan = planned(x, w, border, step, dilation, groups)
    filters, each = turned(w, flip), len(w) // groups
    worth = plan.products(len(x), x.shape[1] * each) >= SHARED
    y = beside((len(x), len(w), *plan.out), np.result_type(x, w))
    if by_rows(plan, x.shape[1], len(x), len(w), WIDE):
        correlate(plan, batch_last(plan.wide(x)), filters, batch_last(y), groups, worth)
        return y
    matrix = np.concatenate([filters[(..., *phase.places)].reshape(
        groups, each, w.shape[1] * prod(phase.kernel)) for phase in plan.phases()], axis=2)
    views, rows = plan.laid(x), in_groups(y, groups)

    def work(parts: Sequence[Tile]) -> None:
        for tile, found in columns(views, groups, len(step), parts):
            np.matmul(matrix, found, out=rows[:, :, tile.run])

    shared_out(work, cut(plan, x.shape[1], len(x)), products=True, worth=worth)
    return y


def filters_from(x: Any, g: Any, kernel: Sizes, border: Any, step: Sizes, dilation: Sizes,
                 flip: bool, groups: int) -> Any:
    """What filters get from the cotangent g of `correlation`: (filters, channels, kernel…)."""
    plan = Plan(x.shape[2:], kernel, border, step, dilation)
    matching(plan, x, g)
    channels, each = x.shape[1] // groups, g.shape[1] // groups
    worth = plan.products(len(x), x.shape[1] * each) >= SHARED
    if by_rows(plan, x.shape[1], len(x), g.shape[1], WIDE_SUMS):
        w = filters_of(plan, batch_last(plan.wide(x)), batch_last(g), groups, worth)
        return turned(w, flip)
    views, rows = plan.laid(x), in_groups(g, groups)
    long = rows.shape[2] > LONG

    def work(parts: Sequence[Tile]) -> Any:
        total = None
        for tile, found in columns(views, groups, len(step), parts):
            own = rows[:, :, tile.run]
            part = (np.matmul(found, own.swapaxes(1, 2)).swapaxes(1, 2) if long else
                    np.matmul(own, found.swapaxes(1, 2)))
            total = part if total is None else np.add(total, part, out=total)
        none = groups, each, channels * prod(kernel)
        return np.zeros(none, np.result_type(x, g)) if total is None else total

    first, *rest = shared_out(work, cut(plan, x.shape[1], len(x)), products=True, worth=worth)
    total, start = sum(rest, first), 0
    w = np.empty((g.shape[1], channels, *kernel), total.dtype)
    for phase in plan.phases():
        part = turned(w, flip)[(..., *phase.places)].reshape(groups, each, channels, *phase.kernel)
        end = start + channels * prod(phase.kernel)
        part[...] = total[..., start:end].reshape(part.shape)
        start = end
    return w


def images_from(w: Any, g: Any, sizes: Sizes, border: Any, step: Sizes, dilation: Sizes,
                flip: bool, groups: int) -> Any:
    """What images get from the cotangent g of `correlation`: (batch, channels, sizes…)."""
    plan = Plan(sizes, w.shape[2:], border, step, dilation)
    matching(plan, g, g)
    grouped(g.shape[1], len(w) // groups, groups)
    w, channels = turned(w, flip), w.shape[1] * groups
    around = [(e - 1 - a, e - 1 - b) for e, (a, b) in zip(plan.extents, plan.pads, strict=True)]
    if max(step) == 1 and min(map(min, around)) >= 0 and np.isfinite(w).all():
        few = 2 * len(w) * prod(sizes) <= 3 * channels * prod(plan.out)
        few = few and len(g) * prod(plan.out) > 4 * len(w)  # or filters take longer to turn
        size = channels * plan.kernel[0] * plan.out[0] * prod(sizes[1:]) * len(g)
        if few or (len(sizes) > 1 and size <= 2 * SIDES):
            return turned_round(plan, around, w, g, 0 if few else 1, groups)
    return overlapped(plan, w, g, groups)


def overlapped(plan: Plan, w: Any, g: Any, groups: int) -> Any:
    """`images_from` as the sum of what each place gives to its window."""
    phases, channels = plan.phases(), w.shape[1] * groups
    parts = [beside((len(g), channels, *[len(range(n)[r]) for r, n in zip(
        phase.rows, plan.padded, strict=True)]), np.result_type(w, g), zeros)
        for phase in phases]
    filters = w.reshape(groups, len(w) // groups, *w.shape[1:]).swapaxes(1, 2)
    rows = in_groups(g, groups)

    def work(some: Sequence[int]) -> None:
        for phase, part in zip(phases, parts, strict=True):
            add(filters, rows, some, phase, plan.windows(phase, batch_last(part)))

    if channels:  # threads share groups, or the channels of one: each adds to its own
        shared_out(work, range(groups if groups > 1 else channels), products=True,
                   worth=plan.products(len(g), w.shape[1] * g.shape[1]) >= SHARED)
    if max(plan.step) == 1:
        return parts[0][plan.inside]
    x = beside((len(g), channels, *plan.padded), parts[0].dtype, zeros)
    for phase, part in zip(phases, parts, strict=True):
        x[(..., *phase.rows)] = part
    return x[plan.inside]


def turned_round(plan: Plan, around: Any, w: Any, g: Any, added: int, groups: int) -> Any:
    """`images_from` as a correlation, with filters turned round, of cotangents in a border; along
    the first sizes, so many, what the rows of a filter give is added up."""
    count, (first, rest) = w.shape[1], (plan.kernel[:added], plan.kernel[added:])
    each = len(w) // groups
    across = np.moveaxis(w.reshape(groups, each, count, *first, *rest), 1, 2 + added)
    across = across.reshape(groups * count * prod(first), each, *[1] * added, *rest)
    one, border = (1,) * len(around), [*[(0, 0)] * added, *around[added:]]
    y = correlation(g, across, border, one, (*one[:added], *plan.dilation[added:]), True, groups)
    if not added:
        return y
    last = batch_last(y)
    last = last.reshape(count * groups, first[0], *last.shape[1:])
    x = beside((len(g), count * groups, plan.padded[0], *plan.sizes[1:]), y.dtype, zeros)
    for i in range(first[0]):
        start = i * plan.dilation[0]
        target = x[:, :, start : start + plan.out[0]]
        target += np.moveaxis(last[:, i], -1, 0)
    before = plan.pads[0][0]
    return x[:, :, before : before + plan.sizes[0]]


def add(filters: Any, rows: Any, some: Sequence[int], phase: Phase, target: Any) -> None:
    """Add what some groups, or channels, of the images get to their windows: of filters (group,
    channel, filter, kernel…) and cotangents (group, filter, place)."""
    own, channels = slice(some[0], some[-1] + 1), filters.shape[1]
    filters = filters[(..., *phase.places)]
    if len(filters) > 1:
        filters, rows = filters[own], rows[own]
        target = target[own.start * channels : own.stop * channels]
    else:
        filters, target = filters[:, own], target[own]
    each = prod(phase.kernel)
    matrix = np.moveaxis(filters, 2, -1)
    matrix = matrix.reshape(len(filters), filters.shape[1] * each, filters.shape[2])
    sizes = target.shape[1 + len(phase.kernel) :]
    for tile in tiles(sizes, max(1, SIDES // len(target) // each), False):
        found = np.matmul(matrix, rows[:, :, tile.run])
        found = found.reshape(len(target), each, found.shape[-1])
        for i, place in enumerate(np.ndindex(*phase.kernel)):
            part = target[(slice(None), *place, *tile.spans)]
            part += found[:, i].reshape(part.shape)


def matching(plan: Plan, x: Any, g: Any) -> None:
    """An error unless the cotangent has the sizes that this convolution puts out."""
    if tuple(g.shape[2:]) != tuple(plan.out) or len(x) != len(g):
        raise ValueError(f"an output of shape {g.shape} does not come from images of sizes "
                         f"{tuple(plan.sizes)}: their output has sizes {tuple(plan.out)}")
