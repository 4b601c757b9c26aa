"""Convolution: its numbers, the op, and what it sends back to filters and images.

Images are (batch, channels, sizes…), filters (filters, channels, sizes…), of any number of sizes.
The three ops are one product of two tensors seen from three sides, so the gradient of each is made
of the other two, to any order.

>>> correlation(np.ones((1, 1, 3)), np.ones((1, 1, 2)), "valid", (1,), (1,), False, 1).shape
(1, 1, 2)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, prod
from typing import Any, ClassVar

import numpy as np

from tutor.checking import truth, whole
from tutor.core.arrays import shape
from tutor.core.elementwise import conj
from tutor.core.errors import BadValueError, DTypeError, NotHereError, ShapeError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, quoted
from tutor.core.op import Row
from tutor.core.types import TensorType, promote
from tutor.notation import Notation, call
from tutor.ops.checks import checked_shape
from tutor.ops.examples import like
from tutor.ops.shape import one_size
from tutor.threads import evenly, shared_out

Sizes = Sequence[int]
COLUMNS = 2**17  # numbers laid out at a time, which the cache holds
SIDES = 2**19  # numbers of images side by side, whose sums are quicker the more there are


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


def chunks(count: int, size: int, most: int) -> list[slice]:
    """Slices that cover a batch, a few images each, where one has so many numbers to lay out: as
    many for each thread, unless there is little to do."""
    n = ceil(count * size / most)
    if count * size > most // 4:
        n = evenly(n)
    step = max(1, ceil(count / max(n, 1)))
    return [slice(start, min(count, start + step)) for start in range(0, count, step)]


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


def columns(views: Any, parts: Sequence[slice], batch: int) -> Iterator[tuple[slice, Any]]:
    """The windows of a few images at a time, laid out, with the images along this dimension."""
    buffer = None
    for part in parts:
        view = np.moveaxis(views[part], 0, batch)
        if buffer is None or buffer.shape != view.shape:
            buffer = np.empty(view.shape, view.dtype)
        np.copyto(buffer, view)
        yield part, buffer


def by_group(g: Any, groups: int) -> Any:
    """Outputs (image, filter, sizes…) as matrices (group, filter, image and place)."""
    parts = g.reshape(len(g), groups, g.shape[1] // groups, -1).transpose(1, 2, 0, 3)
    return parts.reshape(groups, g.shape[1] // groups, -1)


def correlation(x: Any, w: Any, border: Any, step: Sizes, dilation: Sizes, flip: bool, groups: int
                ) -> Any:
    """Each filter at each place of each image: (batch, filters, output sizes…)."""
    plan = planned(x, w, border, step, dilation, groups)
    each, places = len(w) // groups, int(np.prod(plan.out))
    matrix = np.ascontiguousarray(turned(w, flip)).reshape(groups, each, -1)
    y = np.empty((len(x), groups, each, places), np.result_type(x, w))
    views = plan.windows(plan.wide(x))

    def work(parts: Sequence[slice]) -> None:
        for part, found in columns(views, parts, 0):
            np.matmul(matrix, found.reshape(len(found), groups, -1, places), out=y[part])

    shared_out(work, chunks(len(x), int(np.prod(views.shape[1:])), COLUMNS), products=True)
    return y.reshape(len(x), len(w), *plan.out)


def filters_from(x: Any, g: Any, kernel: Sizes, border: Any, step: Sizes, dilation: Sizes,
                 flip: bool, groups: int) -> Any:
    """What filters get from the cotangent g of `correlation`: (filters, channels, kernel…)."""
    plan = Plan(x.shape[2:], kernel, border, step, dilation)
    matching(plan, x, g)
    channels, each = x.shape[1] // groups, g.shape[1] // groups
    views = plan.windows(plan.wide(x))

    def work(parts: Sequence[slice]) -> Any:
        total = np.zeros((groups, channels * int(np.prod(kernel)), each), np.result_type(x, g))
        for part, found in columns(views, parts, 1 + len(kernel)):
            gs = by_group(g[part], groups)
            total += np.matmul(found.reshape(groups, -1, gs.shape[2]), gs.swapaxes(1, 2))
        return total  # BLAS is quicker with the long side first

    parts = chunks(len(x), int(np.prod(views.shape[1:])), COLUMNS)
    first, *rest = shared_out(work, parts, products=True)
    w = sum(rest, first).swapaxes(1, 2).reshape(g.shape[1], channels, *kernel)
    return np.ascontiguousarray(turned(w, flip))


def images_from(w: Any, g: Any, sizes: Sizes, border: Any, step: Sizes, dilation: Sizes,
                flip: bool, groups: int) -> Any:
    """What images get from the cotangent g of `correlation`: (batch, channels, sizes…)."""
    plan = Plan(sizes, w.shape[2:], border, step, dilation)
    matching(plan, g, g)
    grouped(g.shape[1], len(w) // groups, groups)
    channels = w.shape[1] * groups
    around = [(e - 1 - a, e - 1 - b) for e, (a, b) in zip(plan.extents, plan.pads, strict=True)]
    few = 2 * len(w) * prod(sizes) <= 3 * channels * prod(plan.out)
    if few and max(step) == 1 and min(map(min, around)) >= 0 and np.isfinite(w).all():
        across = w.reshape(groups, -1, *w.shape[1:]).swapaxes(1, 2)
        return correlation(g, across.reshape(channels, -1, *plan.kernel), around, step, dilation,
                           not flip, groups)  # their windows are not much more than their sums
    matrix = turned(w, flip).reshape(groups, len(w) // groups, -1).swapaxes(1, 2)
    x = np.empty((len(g), channels, *sizes), np.result_type(w, g))

    def work(parts: Sequence[slice]) -> None:
        for part in parts:
            last = np.ascontiguousarray(np.moveaxis(g[part], 0, -1))  # images side by side
            found = np.matmul(matrix, last.reshape(groups, len(w) // groups, -1))
            found = found.reshape(channels, *plan.kernel, *last.shape[1:])
            wide = np.zeros((channels, *plan.padded, last.shape[-1]), x.dtype)
            for place, spans in plan.places():
                wide[spans[1:]] += found[(slice(None), *place)]
            x[part] = np.moveaxis(wide[plan.inside[1:]], -1, 0)

    parts = chunks(len(g), channels * int(np.prod([*plan.kernel, *plan.out])), SIDES)
    shared_out(work, parts, products=True)
    return x


def matching(plan: Plan, x: Any, g: Any) -> None:
    """An error unless the cotangent has the sizes that this convolution puts out."""
    if tuple(g.shape[2:]) != tuple(plan.out) or len(x) != len(g):
        raise ValueError(f"an output of shape {g.shape} does not come from images of sizes "
                         f"{tuple(plan.sizes)}: their output has sizes {tuple(plan.out)}")


BORDERS = ("valid", "full", "half")


class Sliding(Row):
    """The base of the three ops, over `len(step)` sizes: (batch, channels, sizes…) with (filters,
    channels, sizes…). `flip` turns the filters round first, as the mathematical convolution does.
    """

    border: Any
    step: tuple[int, ...]
    dilation: tuple[int, ...]
    flip: bool
    groups: int
    zero_sign, takes_numbers, wrt = "kept", True, (0, 1)
    sign: ClassVar[str]

    def joined(self, a: Variable, b: Variable, lead: Sequence[bool]) -> TensorType:
        """The type of what comes of two tensors, with the pattern of the first two dimensions."""
        return TensorType(promote(a.dtype, b.dtype), (*lead, *[False] * len(self.step)))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        sizes = [f"({', '.join(names[2:])},)"] if names[2:] else []
        words = [*names[:2], *sizes, *map(repr, self._props())]
        return f"{self.calls[0].__name__}({', '.join(words)})"

    def to_images(self, w: Variable, g: Variable, like: Variable) -> Any:
        """The images with which `w` gives the cotangent g, of the sizes of `like`."""
        return ConvolutionImages(*self._props())(w, g, *sizes_of(like))

    def to_filters(self, x: Variable, g: Variable, like: Variable) -> Any:
        """The filters with which `x` gives the cotangent g, of the sizes of `like`."""
        return ConvolutionFilters(*self._props())(x, g, *sizes_of(like))

    def forward(self, x: Variable, w: Variable) -> Any:
        """Filters over images, with these settings."""
        return Convolution(*self._props())(x, w)

    def notation(self, node: Apply) -> Notation:
        plain = ("valid", (1,) * len(self.step), (1,) * len(self.step), True, 1)
        told = [pair for pair, usual in zip(self.settings(), plain, strict=True)
                if pair[1] != usual]
        found = call(self.name, len(node.inputs), told, sign="")
        under = found.latex.partition(r"\left")[0]
        needs = (8, 8, *[0] * (len(node.inputs) - 2))
        return Notation(found.text, rf"{{0}} {self.sign}{under} {{1}}", 7, needs)


class Convolution(Sliding):
    """Filters slid over images: a sum of products at each place."""

    name, calls, sign = "conv", (correlation,), r"\ast"

    def types(self, x: Variable, w: Variable) -> TensorType:
        return self.joined(x, w, (x.broadcastable[0], w.broadcastable[0]))

    def vjp(self, x: Variable, w: Variable, y: Variable, g: Variable) -> Any:
        return self.to_images(conj(w), g, x), self.to_filters(conj(x), g, w)


class ConvolutionFilters(Sliding):
    """What filters get from images and the cotangent of a convolution."""

    name, calls, sign = "conv_filters", (filters_from,), r"\star"

    def types(self, x: Variable, g: Variable, *sizes: Variable) -> TensorType:
        return self.joined(x, g, (g.broadcastable[1], x.broadcastable[1] and self.groups == 1))

    def vjp(self, x: Variable, g: Variable, *rest: Variable) -> Any:
        w = rest[-1]
        return self.to_images(w, conj(g), x), self.forward(conj(x), w)


class ConvolutionImages(Sliding):
    """What images get from filters and the cotangent of a convolution."""

    name, calls, sign = "conv_images", (images_from,), r"\mathbin{{\hat\ast}}"

    def types(self, w: Variable, g: Variable, *sizes: Variable) -> TensorType:
        return self.joined(w, g, (g.broadcastable[0], w.broadcastable[1] and self.groups == 1))

    def vjp(self, w: Variable, g: Variable, *rest: Variable) -> Any:
        x = rest[-1]
        return self.to_filters(x, conj(g), w), self.forward(x, conj(w))


def sizes_of(x: Variable) -> list[Variable]:
    """The sizes of images or filters, without the first two."""
    return [shape(x)[i] for i in range(2, x.ndim)]


def border_of(mode: Any, ndim: int) -> Any:
    """A border mode as one of `BORDERS`, or a pair of whole numbers for each size."""
    if isinstance(mode, str) and mode in BORDERS:
        return mode
    parts = mode if isinstance(mode, (tuple, list)) else (mode,) * ndim
    try:
        pads = tuple(tuple(whole(n, "a border") for n in (p if isinstance(p, (tuple, list))
                                                          else (p, p))) for p in parts)
    except DTypeError:
        pads = ()
    if len(pads) != ndim or any(len(p) != 2 or min(p) < 0 for p in pads):
        raise BadValueError(f"border_mode cannot be {mode!r}.",
                            fix=f"Pass 'valid', 'full', 'half', a number from 0 up, or {ndim} of "
                                "them.")
    return "valid" if not any(map(any, pads)) else pads


def steps_of(value: Any, ndim: int, what: str) -> tuple[int, ...]:
    """So many whole numbers from 1 up, from one for all or one for each size."""
    given = value if isinstance(value, (tuple, list, np.ndarray)) else (value,) * ndim
    steps = tuple(whole(n, what) for n in given)
    if len(steps) != ndim or min(steps) < 1:
        raise BadValueError(f"{what} cannot be {value!r}.", fix=f"Pass {ndim} numbers from 1 up.")
    return steps


def settings(ndim: int, border_mode: Any, subsample: Any, filter_flip: Any, filter_dilation: Any,
             num_groups: Any, unshared: Any = False) -> tuple[Any, ...]:
    """The settings of a `Convolution`, checked."""
    if unshared:
        raise NotHereError("there is no unshared (locally connected) convolution here.",
                           fix="Leave unshared=False.")
    groups = whole(num_groups, "num_groups")
    if groups < 1:
        raise BadValueError(f"num_groups cannot be {groups}.", fix="Pass a number from 1 up.")
    return (border_of(border_mode, ndim), steps_of(subsample, ndim, "subsample"),
            steps_of(filter_dilation, ndim, "filter_dilation"), truth(filter_flip, "filter_flip"),
            groups)


def operand(value: Any, ndim: int, what: str, sizes: Any = None) -> Variable:
    """Images or filters as a variable of two dimensions more than it has sizes, checked against
    the shape that was announced for them (with None where nothing was).
    """
    x = as_tensor_variable(value)
    if x.ndim != ndim + 2:
        raise ShapeError(f"a convolution takes {what} of {ndim + 2} dimensions, and {quoted(x)} "
                         f"has {x.ndim}.", fix="Reshape it: (how many, channels, sizes…).")
    return checked_shape(x, sizes, what)


def convolved(ndim: int, x: Any, w: Any, input_shape: Any, filter_shape: Any, *chosen: Any
              ) -> Variable:
    """`Convolution` of so many sizes, with `settings` that are checked first."""
    op = Convolution(*settings(ndim, *chosen))
    return op(operand(x, ndim, "images", input_shape), operand(w, ndim, "filters", filter_shape))


def filters_cotangent(ndim: int, x: Any, g: Any, filter_shape: Any, input_shape: Any,
                      *chosen: Any) -> Variable:
    """`ConvolutionFilters` for filters of this shape (the first two sizes may be None)."""
    images = operand(x, ndim, "images", input_shape)
    return _cotangent(ConvolutionFilters, ndim, images, g, filter_shape, "filter", chosen)


def images_cotangent(ndim: int, g: Any, w: Any, input_shape: Any, filter_shape: Any,
                     *chosen: Any) -> Variable:
    """`ConvolutionImages` for images of this shape (the first two sizes may be None)."""
    filters = operand(w, ndim, "filters", filter_shape)
    return _cotangent(ConvolutionImages, ndim, filters, g, input_shape, "input", chosen)


def _cotangent(op: type[Sliding], ndim: int, other: Variable, g: Any, given: Any, what: str,
               chosen: Any) -> Variable:
    sizes = last_sizes(given, ndim, f"{what}_shape")
    made = op(*settings(ndim, *chosen))(other, operand(g, ndim, "outputs"), *sizes)
    known = [None if isinstance(s, Variable) and not isinstance(s, Constant) else s
             for s in (given if isinstance(given, (tuple, list)) else ())]
    return checked_shape(made, known, "filters" if what == "filter" else "images")


def last_sizes(given: Any, ndim: int, what: str) -> list[Variable]:
    """The sizes in a shape after the first two, as variables."""
    parts = list(given) if isinstance(given, (tuple, list)) else (
        [given[i] for i in range(ndim + 2)] if isinstance(given, Variable) else [])
    if len(parts) != ndim + 2:
        raise ShapeError(f"{what} has {ndim + 2} sizes, and it is {given!r}.",
                         fix="Pass a tuple of sizes.")
    return [as_tensor_variable(one_size(s)).astype("int64") for s in parts[2:]]


def _convolved(x: Any, w: Any, how: Any) -> Any:
    return Convolution(*how)(x, w)


for _shapes, _how in ((((2, 2, 5, 4), (2, 2, 3, 2)), ("valid", (1, 1), (1, 1), True, 1)),
                      (((2, 2, 5, 4), (2, 2, 3, 2)), ("full", (1, 1), (1, 1), False, 1)),
                      (((2, 2, 5, 4), (2, 2, 3, 2)), ("half", (2, 1), (1, 1), True, 1)),
                      (((2, 2, 5, 4), (2, 2, 3, 2)), (((1, 2), (0, 0)), (1, 2), (2, 1), True, 1)),
                      (((2, 2, 5, 4), (2, 1, 3, 2)), ("valid", (2, 2), (1, 1), False, 2)),
                      (((2, 1, 4), (2, 1, 3)), ("valid", (1,), (1,), False, 1))):
    like(_convolved, lambda x, w, how: correlation(x, w, *how), *_shapes, how=_how, name="conv",
         kinds="iufc")
