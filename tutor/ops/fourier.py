"""The Fourier transform of real numbers, over all dimensions but the first: `rfft`, `irfft`.

Comes after the ops that rearrange and index. Complex numbers are pairs here, the last dimension,
as in Theano; the two transforms are, but for a factor, each other's gradient.

>>> rfft([[1.0, 1.0]]).eval()
array([[[2., 0.],
        [0., 0.]]])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.checking import chosen, truth
from tutor.core.arrays import shape
from tutor.core.elementwise import cast, sqrt
from tutor.core.graph import Variable, as_tensor_variable
from tutor.core.op import Row
from tutor.core.types import TensorType
from tutor.ops.examples import each, like
from tutor.ops.indexing import set_subtensor
from tutor.ops.reductions import prod
from tutor.ops.shape import shape_parts, unlike


def _real_fourier(x: Any, sizes: Any) -> Any:
    """The transform of real numbers over all dimensions but the first, as pairs of x's dtype."""
    z = np.fft.rfftn(x, tuple(map(int, sizes)), axes=tuple(range(1, x.ndim)))
    return np.stack([z.real, z.imag], axis=-1).astype(x.dtype)


class RFFT(Row):
    """The Fourier transform of real numbers, over all dimensions but the first.

    Half of it, since the rest mirrors it; the second input has the sizes.
    """

    takes_numbers, wrt = True, (0,)
    name, numpy, calls = "rfft", "real_fourier({all})", (_real_fourier,)

    def types(self, x: Variable, sizes: Variable) -> TensorType:
        return TensorType(x.dtype, (x.broadcastable[0], *[False] * x.ndim))

    def vjp(self, x: Variable, sizes: Variable, y: Variable, g: Variable) -> Variable:
        return IRFFT()(between(g, sizes, 0.5), sizes)


def _real_from_fourier(x: Any, sizes: Any) -> Any:
    """The real numbers with a transform given as pairs, times how many there are."""
    sizes = tuple(map(int, sizes))
    z = np.fft.irfftn(x[..., 0] + 1j * x[..., 1], sizes, axes=tuple(range(1, x.ndim - 1)))
    return (z * np.prod(sizes)).astype(x.dtype)


class IRFFT(Row):
    """Real numbers from half of their Fourier transform, times their number."""

    takes_numbers, wrt = True, (0,)
    name, numpy, calls = "irfft", "real_from_fourier({all})", (_real_from_fourier,)

    def types(self, x: Variable, sizes: Variable) -> TensorType:
        return TensorType(x.dtype, (x.broadcastable[0], *[False] * (x.ndim - 2)))

    def vjp(self, x: Variable, sizes: Variable, y: Variable, g: Variable) -> Variable:
        return between(RFFT()(g, sizes), sizes, 2.0)


def between(x: Variable, sizes: Variable, factor: float) -> Variable:
    """x with all frequencies that have a mirror image, the inner ones, times a factor."""
    last: Any = sizes[-1]
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
        raise unlike(f"{name} takes real numbers of {least} dimensions or more (the first is the "
                     "batch)", x, "x.dimshuffle('x', 0) makes a batch of one.")
    return x


def rfft(inp: Any, norm: str | None = None) -> Variable:
    """The Fourier transform of each element of a batch of real tensors, as pairs (real, imaginary).

    Of the last dimension, of size n, the first n // 2 + 1 frequencies are given. `norm` is None,
    "ortho" (divide by the root of the number of elements), or "no_norm", which is None here. Raises
    ShapeError for fewer than two dimensions, BadValueError for another `norm`.

    >>> rfft([[1.0, 1.0]]).eval()
    array([[[2., 0.],
            [0., 0.]]])
    """
    x = _checked(inp, 2, "rfft")
    sizes = shape(x)[1:]
    return _scaled(RFFT()(x, sizes), sizes, norm, 0)


def irfft(inp: Any, norm: str | None = None, is_odd: bool = False) -> Variable:
    """The batch of real tensors with this `rfft`; `is_odd` says that their last size is odd. Raises
    ShapeError for fewer than three dimensions, BadValueError for another `norm`.

    >>> irfft([[[2.0, 0.0], [0.0, 0.0]]]).eval()
    array([[1., 1.]])
    """
    x = _checked(inp, 3, "irfft")
    inner = [shape(x)[i] for i in range(1, x.ndim - 1)]
    last = (inner[-1] - 1) * 2 + (1 if truth(is_odd, "is_odd") else 0)
    _, sizes = shape_parts((*inner[:-1], last))
    return _scaled(IRFFT()(x, sizes), sizes, norm, 1)


def _pairs(x: Any, norm: Any = None) -> Any:
    z = np.fft.rfftn(x, axes=range(1, x.ndim), norm=norm)
    return np.stack([z.real, z.imag], axis=-1)


like(rfft, _pairs, (2, 3, 4), kinds="f")
like(rfft, _pairs, (1, 3), norm="ortho", kinds="f")
like(irfft, lambda x, is_odd: np.fft.irfft(x[..., 0] + 1j * x[..., 1], 4 + is_odd), (1, 3, 2),
     is_odd=each(False, True), kinds="f")
