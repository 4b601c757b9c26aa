"""Convolution: the op, and what it sends back to filters and images.

Images are (batch, channels, sizes…), filters (filters, channels, sizes…), of any number of sizes;
the numbers are in `sliding.py`. The three ops are one product of two tensors seen from three sides,
so the gradient of each is made of the other two, to any order.

>>> convolved(1, np.ones((1, 1, 3)), np.ones((1, 1, 2)), None, None, "valid", 1, False, 1, 1).ndim
3
"""

from __future__ import annotations

from collections.abc import Sequence
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
from tutor.ops.sliding import correlation, filters_from, images_from

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
