"""Images as rows of neighbourhoods, and back: `images2neibs`, `neibs2images`.

Comes after convolution, with which it shares how windows lie (`sliding.py`).

>>> import tutor.tensor as T
>>> images2neibs(T.dtensor4("x"), (2, 2)).ndim
2
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from tutor.checking import chosen
from tutor.core.arrays import dimshuffle
from tutor.core.errors import DTypeError, ShapeError
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.core.op import Row
from tutor.core.types import TensorType
from tutor.ops.creation import zeros
from tutor.ops.examples import example, like
from tutor.ops.indexing import set_subtensor
from tutor.ops.shape import reshape, shape_parts, unlike
from tutor.ops.sliding import Plan, Sizes

__all__ = ["images2neibs", "neibs2images"]

Mode = Literal["valid", "ignore_borders", "wrap_centered", "half", "full"]


def neighbourhood(sizes: Sizes, shape: Sizes, step: Sizes, mode: str) -> tuple[Plan, str]:
    """The plan of rectangular neighbourhoods, and how the border is filled; an error where they do
    not fit the image.
    """
    border: Any = mode if mode in ("valid", "full", "half") else "valid"
    if mode == "wrap_centered":
        border = [(n // 2, n // 2) for n in shape]
        if any(n % 2 == 0 or n > size for n, size in zip(shape, sizes, strict=True)):
            raise TypeError(f"centered neighbourhoods have odd sizes, not larger than the image: "
                            f"{tuple(shape)} in {tuple(sizes)}")
    plan = Plan(sizes, shape, border, step, [1] * len(shape))
    fits = all((p - n) % s == 0 for p, n, s in zip(plan.padded, shape, step, strict=True))
    if mode in ("valid", "full", "half") and not fits:
        raise TypeError(f"neighbourhoods of {tuple(shape)} in steps of {tuple(step)} do not fill "
                        f"{tuple(plan.padded)} exactly")
    return plan, "wrap" if mode == "wrap_centered" else "constant"


def to_neighbours(x: Any, shape: Sizes, step: Sizes, mode: str) -> Any:
    """Each neighbourhood of images as a row, image by image and channel by channel."""
    plan, fill = neighbourhood(x.shape[2:], shape, step, mode)
    wide = np.pad(x, [(0, 0), (0, 0), *plan.pads], mode=fill)  # type: ignore[call-overload]
    windows = np.lib.stride_tricks.sliding_window_view(wide, tuple(shape), (2, 3))
    windows = windows[:, :, :: step[0], :: step[1]]
    return windows.reshape(-1, int(np.prod(shape)))


class Images2Neibs(Row):
    """Rectangular neighbourhoods of images, a row each.

    Inputs are (batch, channels, rows, columns), the sizes of a neighbourhood, and the steps between
    them.
    """

    mode: Mode = "valid"
    zero_sign, wrt = "kept", (0,)
    moves = takes_numbers = True
    name, numpy, calls = "images2neibs", "to_neighbours({all}, {mode!r})", (to_neighbours,)

    def __init__(self, mode: Any = "valid") -> None:
        super().__init__("ignore_borders" if mode == "ignore_border" else mode)

    def operands(self, x: Any, shape: Any, step: Any = None) -> list[Variable]:
        x, shape = as_tensor_variable(x), pair(shape, "neib_shape")
        if x.ndim != 4:
            raise unlike("images have 4 dimensions", x, "Reshape them.")
        return [x, shape, shape if step is None else pair(step, "neib_step")]

    def types(self, x: Variable, shape: Variable, step: Variable) -> TensorType:
        return TensorType(x.dtype, (False, False))

    def vjp(self, x: Variable, shape: Variable, step: Variable, y: Variable, g: Variable) -> Any:
        return NeibsBack(self.mode)(x, g, shape, step)


def from_neighbours(like: Any, g: Any, shape: Sizes, step: Sizes, mode: str) -> Any:
    """The cotangent of images from that of their neighbourhoods: each element's share, added."""
    plan, fill = neighbourhood(like.shape[2:], shape, step, mode)
    parts = g.reshape(*like.shape[:2], *plan.out, *shape)
    wide = np.zeros((*like.shape[:2], *plan.padded), g.dtype)
    for place, spans in plan.places():
        wide[spans] += parts[(..., *place)]
    if fill == "constant":
        return np.ascontiguousarray(wide[plan.inside])
    total = np.zeros(like.shape, g.dtype)
    places = [(np.arange(p) - a) % n for p, (a, _), n in
              zip(plan.padded, plan.pads, plan.sizes, strict=True)]
    np.add.at(total, (slice(None), slice(None), *np.ix_(*places)), wide)
    return total


class NeibsBack(Row):
    """What images get from the cotangent of their neighbourhoods."""

    mode: Mode
    zero_sign, wrt = "kept", (1,)
    moves = takes_numbers = True
    name, numpy, calls = "neibs_back", "from_neighbours({all}, {mode!r})", (from_neighbours,)

    def types(self, x: Variable, g: Variable, *rest: Variable) -> TensorType:
        return TensorType(g.dtype, x.broadcastable)

    def vjp(self, x: Variable, g: Variable, *rest: Variable) -> Any:
        shape, step, _, h = rest
        return Images2Neibs(self.mode)(h, shape, step)


def pair(value: Any, what: str) -> Variable:
    """Two whole numbers as a vector."""
    sizes, vector = shape_parts(value, 2)
    if sizes is not None and len(sizes) != 2:
        raise ShapeError(f"{what} is two numbers, and it is {quoted(value)}.", fix="Write (2, 2).")
    return vector


def images2neibs(ten4: Any, neib_shape: Any, neib_step: Any = None, mode: str = "valid"
                 ) -> Variable:
    """The neighbourhoods of images (batch, channels, rows, columns), a row each.

    `neib_step` is the distance from one to the next (their own sizes, if None); `mode` is "valid"
    (they fill the image exactly), "ignore_borders", "wrap_centered", "half" or "full".

    >>> images2neibs([[[[1, 2, 3, 4]]]], (1, 2)).eval()
    array([[1, 2],
           [3, 4]])
    """
    return Images2Neibs(mode)(ten4, neib_shape, neib_step)


def neibs2images(neibs: Any, neib_shape: Any, original_shape: Any, mode: str = "valid"
                 ) -> Variable:
    """The images whose `images2neibs`, side by side, are these rows.

    In mode "ignore_borders" what no neighbourhood covers is 0.

    >>> neibs2images([[1, 2], [3, 4]], (1, 2), (1, 1, 1, 4)).eval()
    array([[[[1, 2, 3, 4]]]])
    """
    rows = as_tensor_variable(neibs)
    chosen(mode, ("valid", "ignore_borders"), "mode")
    sizes, _ = shape_parts(original_shape, 4)
    if rows.ndim != 2 or sizes is None or len(sizes) != 4:
        raise DTypeError("neibs2images takes a matrix and the four sizes of the images.",
                         fix="Pass (batch, channels, …).")
    height, width = pair(neib_shape, "neib_shape")[0], pair(neib_shape, "neib_shape")[1]
    batch, channels, tall, wide = sizes
    down, across = tall // height, wide // width
    grid = reshape(rows, (batch, channels, down, across, height, width))
    inner = reshape(dimshuffle(grid, 0, 1, 2, 4, 3, 5),
                    (batch, channels, down * height, across * width))
    if mode == "valid":
        return reshape(inner, (batch, channels, tall, wide))
    empty = zeros((batch, channels, tall, wide), rows.dtype)
    return set_subtensor(empty[:, :, :down * height, :across * width], inner)


def _neighbours(x: Any, shape: Any, step: Any, mode: str) -> Any:
    if mode == "wrap_centered":
        x = np.pad(x, [(0, 0), (0, 0), *[(n // 2, n // 2) for n in shape]], mode="wrap")
    windows = np.lib.stride_tricks.sliding_window_view(x, shape, (2, 3))
    return windows[:, :, ::step[0], ::step[1]].reshape(-1, shape[0] * shape[1])


for _how in (((2, 2), (1, 1), "ignore_borders"), ((1, 2), (2, 1), "ignore_borders"),
             ((3, 3), (1, 2), "wrap_centered")):
    like(images2neibs, _neighbours, (1, 2, 3, 4), then=_how)
example("neibs2images", lambda x: neibs2images(x, (2, 1), (1, 1, 5, 2), "ignore_borders"),
        lambda x: np.array([[[*x[:2].T, *x[2:].T, [0, 0]]]]), (4, 2))
