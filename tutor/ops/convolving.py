"""The numbers of convolution: windows as columns of a matrix, then one product of matrices.

Comes before the kernels; the ops themselves are in `convolution.py`. Images are (batch, channels,
sizes…), filters (filters, channels, sizes…), of any number of sizes. Images are taken some at a
time, so that memory does not grow with the batch.

>>> correlation(np.ones((1, 1, 3)), np.ones((1, 1, 2)), "valid", (1,), (1,), False, 1).shape
(1, 1, 2)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Sizes = Sequence[int]
COLUMNS = 2**21  # numbers laid out at a time: few, large products keep all cores at work


class Plan:
    """How windows lie over images: sizes of image, kernel and output, padding, step, dilation."""

    def __init__(self, sizes: Sizes, kernel: Sizes, border: Any, step: Sizes, dilation: Sizes
                 ) -> None:
        self.sizes, self.kernel, self.step, self.dilation = sizes, kernel, step, dilation
        extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
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
            return np.ascontiguousarray(x)
        wide = np.zeros((*x.shape[:2], *self.padded), x.dtype)
        wide[self.inside] = x
        return wide

    @property
    def inside(self) -> tuple[slice, ...]:
        """Where the images lie in the padded ones."""
        spans = [slice(a, a + s) for s, (a, _) in zip(self.sizes, self.pads, strict=True)]
        return (slice(None), slice(None), *spans)

    def windows(self, wide: Any) -> Any:
        """A view (batch, channels, kernel…, output…) of padded images: nothing is copied."""
        steps = wide.strides[2:]
        strides = [s * d for s, d in zip(steps, self.dilation, strict=True)]
        strides += [s * d for s, d in zip(steps, self.step, strict=True)]
        return np.lib.stride_tricks.as_strided(
            wide, (*wide.shape[:2], *self.kernel, *self.out), (*wide.strides[:2], *strides))

    def places(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """Each place in the kernel, and the part of the padded images that it meets."""
        for place in np.ndindex(*self.kernel):
            spans = [slice(p * d, p * d + (n - 1) * s + 1, s) for p, d, n, s in
                     zip(place, self.dilation, self.out, self.step, strict=True)]
            yield place, (slice(None), slice(None), *spans)


def chunks(count: int, size: int) -> Iterator[slice]:
    """Slices that cover a batch, a few images each, where one has `size` numbers as columns."""
    step = max(1, COLUMNS // max(size, 1))
    for start in range(0, count, step):
        yield slice(start, min(count, start + step))


def turned(w: Any, flip: bool) -> Any:
    """The filters as they slide: turned round in every size, for a convolution proper."""
    return w[(slice(None), slice(None), *[slice(None, None, -1)] * (w.ndim - 2))] if flip else w


def grouped(x: Any, w: Any, groups: int) -> None:
    """An error unless the channels of the images are those of the filters, group by group."""
    if x != w * groups:
        of_groups = f" in each of {groups} groups" if groups > 1 else ""
        raise ValueError(f"the images have {x} channels and the filters {w}{of_groups}")


def columns(plan: Plan, x: Any, groups: int) -> Iterator[tuple[slice, Any]]:
    """The windows of a few images at a time as the columns of matrices (group, kernel, windows)."""
    n = len(plan.kernel)
    views = plan.windows(plan.wide(x))
    size, places = int(np.prod(views.shape[1:])), int(np.prod(plan.out))
    views = views.transpose(*range(1, 2 + n), 0, *range(2 + n, 2 + 2 * n))
    before, buffer = (slice(None),) * (1 + n), None
    for part in chunks(len(x), size):
        view = views[(*before, part)]
        if buffer is None or buffer.shape != view.shape:
            buffer = np.empty(view.shape, x.dtype)
        np.copyto(buffer, view)
        yield part, buffer.reshape(groups, -1, (part.stop - part.start) * places)


def by_group(g: Any, groups: int) -> Any:
    """Outputs (image, filter, sizes…) as matrices (group, filter, image and place)."""
    parts = g.reshape(len(g), groups, g.shape[1] // groups, -1).transpose(1, 2, 0, 3)
    return parts.reshape(groups, g.shape[1] // groups, -1)


def correlation(x: Any, w: Any, border: Any, step: Sizes, dilation: Sizes, flip: bool, groups: int
                ) -> Any:
    """Each filter at each place of each image: (batch, filters, output sizes…)."""
    grouped(x.shape[1], w.shape[1], groups)
    if len(w) % groups:
        raise ValueError(f"{len(w)} filters do not fall into {groups} groups")
    plan = Plan(x.shape[2:], w.shape[2:], border, step, dilation)
    each = len(w) // groups
    matrix = turned(w, flip).reshape(groups, each, -1)
    y = np.empty((len(x), groups, each, int(np.prod(plan.out))), np.result_type(x, w))
    for part, found in columns(plan, x, groups):
        product = np.matmul(matrix, found)
        y[part] = product.reshape(groups, each, part.stop - part.start, -1).transpose(2, 0, 1, 3)
    return y.reshape(len(x), len(w), *plan.out)


def filters_from(x: Any, g: Any, kernel: Sizes, border: Any, step: Sizes, dilation: Sizes,
                 flip: bool, groups: int) -> Any:
    """What filters get from the cotangent g of `correlation`: (filters, channels, kernel…)."""
    plan = Plan(x.shape[2:], kernel, border, step, dilation)
    matching(plan, x, g)
    channels, each = x.shape[1] // groups, g.shape[1] // groups
    total = np.zeros((groups, each, channels * int(np.prod(kernel))), np.result_type(x, g))
    for part, found in columns(plan, x, groups):
        total += np.matmul(by_group(g[part], groups), found.swapaxes(1, 2))
    w = total.reshape(g.shape[1], channels, *kernel)
    return np.ascontiguousarray(turned(w, flip))


def images_from(w: Any, g: Any, sizes: Sizes, border: Any, step: Sizes, dilation: Sizes,
                flip: bool, groups: int) -> Any:
    """What images get from the cotangent g of `correlation`: (batch, channels, sizes…)."""
    plan = Plan(sizes, w.shape[2:], border, step, dilation)
    matching(plan, g, g)
    grouped(g.shape[1], len(w) // groups, groups)
    channels = w.shape[1] * groups
    matrix = turned(w, flip).reshape(groups, len(w) // groups, -1).swapaxes(1, 2)
    wide = np.zeros((len(g), channels, *plan.padded), np.result_type(w, g))
    for part in chunks(len(g), channels * int(np.prod([*plan.kernel, *plan.out]))):
        found = np.matmul(matrix, by_group(g[part], groups))
        found = found.reshape(channels, *plan.kernel, part.stop - part.start, *plan.out)
        target = wide[part]
        for place, spans in plan.places():
            target[spans] += found[(slice(None), *place)].swapaxes(0, 1)
    return np.ascontiguousarray(wide[plan.inside])


def matching(plan: Plan, x: Any, g: Any) -> None:
    """An error unless the cotangent has the sizes that this convolution puts out."""
    if tuple(g.shape[2:]) != tuple(plan.out) or len(x) != len(g):
        raise ValueError(f"an output of shape {g.shape} does not come from images of sizes "
                         f"{tuple(plan.sizes)}: their output has sizes {tuple(plan.out)}")
