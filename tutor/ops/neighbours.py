"""Images as rows of neighbourhoods, and back: `images2neibs`, `neibs2images`.

Comes after convolution, with which it shares how windows lie (`convolving.py`).

>>> import tutor.tensor as T
>>> images2neibs(T.dtensor4("x"), (2, 2)).ndim
2
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import DTypeError, ShapeError
from tutor.graph import Apply, Op, Variable, apply, as_tensor_variable
from tutor.operators import quoted
from tutor.ops.arguments import chosen
from tutor.ops.creation import zeros
from tutor.ops.elementwise import DISCRETE
from tutor.ops.indexing import set_subtensor
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle, fitted, reshape
from tutor.ops.sizes import shape_parts
from tutor.types import TensorType

MODES = ("valid", "ignore_borders", "wrap_centered", "half", "full")


class Images2Neibs(Op):
    """Rectangular neighbourhoods of images, a row each; inputs are (batch, channels, rows,
    columns), the sizes of a neighbourhood, and the steps between them.
    """

    zero_sign = "kept"
    moves = True
    __props__ = ("mode",)
    takes_numbers = True
    name, doc = "images2neibs", "Rectangular neighbourhoods of images, a row each."

    def __init__(self, mode: str = "valid") -> None:
        borders = "ignore_borders" if mode == "ignore_border" else mode
        self.mode = chosen(borders, MODES, "mode")

    def make_node(self, *inputs: Any) -> Apply:
        x, shape = as_tensor_variable(inputs[0]), pair(inputs[1], "neib_shape")
        given = inputs[2] if len(inputs) > 2 else None
        step = shape if given is None else pair(given, "neib_step")
        if x.ndim != 4:
            raise ShapeError(f"images have 4 dimensions, and {quoted(x)} is {x.type}.",
                             fix="Reshape them.")
        return apply(self, [x, shape, step], TensorType(x.dtype, (False, False)))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"to_neighbours({', '.join(names)}, {self.mode!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x, shape, step = inputs
        if x.dtype in DISCRETE:
            return [None, None, None]
        back = NeibsBack(self.mode)(x, cotangents[0], shape, step)
        return [*fitted((back, x)), None, None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [False]]


class NeibsBack(Op):
    """What images get from the cotangent of their neighbourhoods."""

    zero_sign = "kept"
    moves = True
    __props__ = ("mode",)
    takes_numbers = True
    name, doc = "neibs_back", "What images get from the cotangent of their neighbourhoods."

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def make_node(self, *inputs: Any) -> Apply:
        return apply(self, inputs, TensorType(inputs[1].dtype, inputs[0].broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"from_neighbours({', '.join(names)}, {self.mode!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        _, g, shape, step = inputs
        forward = Images2Neibs(self.mode)(cotangents[0], shape, step)
        return [None, *fitted((forward, g)), None, None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [True], [False], [False]]


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


def _neighbours(x: Any, shape: Any, step: Any) -> Any:
    return np.stack([x[b, c, i:i + shape[0], j:j + shape[1]].ravel()
                     for b, c in np.ndindex(*x.shape[:2])
                     for i in range(0, x.shape[2] - shape[0] + 1, step[0])
                     for j in range(0, x.shape[3] - shape[1] + 1, step[1])])


_case: Any
for _case in (((2, 2), (1, 1)), ((1, 2), (2, 1))):
    example("images2neibs", lambda x, c=_case: images2neibs(x, c[0], c[1], "ignore_borders"),
            lambda x, c=_case: _neighbours(x, *c), (2, 1, 3, 3))
example("images2neibs", lambda x: images2neibs(x, (3, 3), (1, 2), "wrap_centered"),
        lambda x: _neighbours(np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)], mode="wrap"), (3, 3),
                              (1, 2)), (1, 2, 3, 4))
example("neibs2images", lambda x: neibs2images(x, (2, 1), (1, 1, 5, 2), "ignore_borders"),
        lambda x: np.array([[[*x[:2].T, *x[2:].T, [0, 0]]]]), (4, 2))
