"""The Fourier transform of real numbers, over all dimensions but the first: `rfft`, `irfft`.

Comes after the ops that rearrange and index. Complex numbers are pairs here, the last dimension,
as in Theano; the two transforms are, but for a factor, each other's gradient.

>>> rfft([[1.0, 1.0]]).eval()
array([[[2., 0.],
        [0., 0.]]])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import ShapeError
from tutor.graph import Apply, Op, Variable, apply, as_tensor_variable
from tutor.operators import quoted
from tutor.ops.arguments import chosen, truth
from tutor.ops.arithmetic import cast, sqrt
from tutor.ops.indexing import set_subtensor
from tutor.ops.reductions import prod
from tutor.ops.registry import example
from tutor.ops.sizes import shape, shape_parts
from tutor.signatures import answering
from tutor.types import TensorType


class RFFT(Op):
    """The Fourier transform of real numbers of sizes s: half of it, since the rest mirrors it."""

    __props__ = ()
    takes_numbers = True
    name, doc = "rfft", "The Fourier transform of real numbers, over all dimensions but the first."

    def make_node(self, x: Any, sizes: Any) -> Apply:
        x, sizes = _checked(x, 2, self.name), as_tensor_variable(sizes)
        pattern = (x.broadcastable[0], *[False] * x.ndim)
        return apply(self, [x, sizes], TensorType(x.dtype, pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"real_fourier({names[0]}, {names[1]})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x, sizes = inputs
        return [cast(IRFFT()(between(cotangents[0], sizes, 0.5), sizes), x.dtype), None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]


class IRFFT(RFFT):
    """Real numbers of sizes s from half of their Fourier transform, times how many there are."""

    name, doc = "irfft", "Real numbers from half of their Fourier transform, times their number."

    def make_node(self, x: Any, sizes: Any) -> Apply:
        x, sizes = _checked(x, 3, self.name), as_tensor_variable(sizes)
        pattern = (x.broadcastable[0], *[False] * (x.ndim - 2))
        return apply(self, [x, sizes], TensorType(x.dtype, pattern))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"real_from_fourier({names[0]}, {names[1]})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        x, sizes = inputs
        return [cast(between(RFFT()(cotangents[0], sizes), sizes, 2.0), x.dtype), None]


def between(x: Variable, sizes: Variable, factor: float) -> Variable:
    """x with all frequencies that have a mirror image, the inner ones, times a factor."""
    last = sizes[-1]
    inner = x[..., 1:last // 2 + last % 2, :]
    return set_subtensor(inner, inner * factor)


def _scaled(x: Variable, sizes: Variable, norm: Any, power: int) -> Variable:
    """x times the number of elements to a power, which "ortho" halves; as it is for "no_norm"."""
    wanted = chosen(norm, (None, "ortho", "no_norm"), "norm")
    if wanted == "no_norm" or (wanted is None and power == 0):
        return x
    count = cast(prod(sizes), x.dtype)
    return x / (count if wanted is None else sqrt(count))


def _checked(inp: Any, least: int, name: str) -> Variable:
    x = as_tensor_variable(inp)
    if x.ndim < least or x.dtype.startswith("complex"):
        raise ShapeError(f"{name} takes real numbers of {least} dimensions or more (the first is "
                         f"the batch), and {quoted(x)} is {x.type}.",
                         fix="x.dimshuffle('x', 0) makes a batch of one.")
    return x


@answering
def rfft(inp: Any, norm: str | None = None) -> Variable:
    """The Fourier transform of each element of a batch of real tensors, as pairs (real, imaginary).

    Of the last dimension, of size n, the first n // 2 + 1 frequencies are given. `norm` is None,
    "ortho" (divide by the root of the number of elements), or "no_norm", which is None here.
    """
    x = _checked(inp, 2, "rfft")
    sizes = shape(x)[1:]
    y: Variable = RFFT()(x, sizes)
    return _scaled(y, sizes, norm, 0)


@answering
def irfft(inp: Any, norm: str | None = None, is_odd: bool = False) -> Variable:
    """The batch of real tensors with this `rfft`; `is_odd` says that their last size is odd.

    >>> irfft([[[2.0, 0.0], [0.0, 0.0]]]).eval()
    array([[1., 1.]])
    """
    x = _checked(inp, 3, "irfft")
    inner = [shape(x)[i] for i in range(1, x.ndim - 1)]
    last = (inner[-1] - 1) * 2 + (1 if truth(is_odd, "is_odd") else 0)
    _, sizes = shape_parts((*inner[:-1], last))
    y: Variable = IRFFT()(x, sizes)
    return _scaled(y, sizes, norm, 1)


def _pairs(z: Any) -> Any:
    return np.stack([z.real, z.imag], axis=-1)


example("rfft", rfft, lambda x: _pairs(np.fft.rfftn(x, axes=(1, 2))), (2, 3, 4), kinds="f")
example("rfft", lambda x: rfft(x, "ortho"),
        lambda x: _pairs(np.fft.rfft(x, norm="ortho")), (1, 3), kinds="f")
for _odd in (False, True):
    example("irfft", lambda x, o=_odd: irfft(x, is_odd=o), lambda x, o=_odd: np.fft.irfft(
                x[..., 0] + 1j * x[..., 1], 4 + o), (1, 3, 2), kinds="f")
