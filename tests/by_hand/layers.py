"""Layers by hand: what each gives, what comes back through it; draws as the programs make them.

>>> softmax(np.zeros((1, 4)))
array([[0.25, 0.25, 0.25, 0.25]])
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tutor
import tutor.tensor as T
from tutor.theano.mrg import MRG_RandomStreams

Array = NDArray[Any]
Draw = Callable[[Array], Array]


class Draws:
    """Draws as `RandomStreams(seed)` makes them: a RandomState for each, seeded in turn."""

    def __init__(self, seed: int) -> None:
        self.seeds = np.random.RandomState(seed)

    def binomial(self) -> Draw:
        """A function from probabilities to zeros and ones."""
        state = np.random.RandomState(self.seeds.randint(2**30))
        return lambda p: state.binomial(1, p, p.shape).astype("float64")


class CombinedDraws:
    """The same as `MRG_RandomStreams(seed)` makes them; its numbers are tested elsewhere."""

    def __init__(self, seed: int) -> None:
        self.streams = MRG_RandomStreams(seed)

    def binomial(self) -> Draw:
        """A function from probabilities to zeros and ones."""
        p = T.dmatrix("p")
        draw: Draw = tutor.function([p], self.streams.binomial(p.shape, p=p, dtype="float64"))
        return draw


def softmax(a: Array) -> Array:
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def cross_entropy(p: Array, y: Array) -> tuple[float, Array]:
    """The mean of −log p[i, y[i]], and its derivative by what went into the softmax."""
    rows = np.arange(len(y))
    back = p.copy()
    back[rows, y] -= 1
    return -np.log(p[rows, y]).mean(), back / len(y)


def weights(rng: np.random.RandomState, n_in: int, n_out: int, times: float = 1) -> Array:
    """Where Glorot and Bengio (2010) let the weights between two layers begin."""
    bound = np.sqrt(6.0 / (n_in + n_out))
    return rng.uniform(-bound, bound, (n_in, n_out)) * times


def descend(params: Sequence[Array], grads: Sequence[Array], rate: float) -> None:
    for param, grad in zip(params, grads, strict=True):
        param -= rate * grad


def batches(x: Array, size: int) -> list[Array]:
    """`x` cut into whole batches."""
    return [x[i : i + size] for i in range(0, len(x) - size + 1, size)]


def windows(x: Array, size: tuple[int, int]) -> Array:
    """Every window of that size in images (n, channel, row, column)."""
    return np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))


def convolve(x: Array, w: Array) -> Array:
    """`w` (kernel, channel, row, column), turned round, over all places in `x`."""
    return np.einsum("ncabij,kcij->nkab", windows(x, w.shape[2:]), w[:, :, ::-1, ::-1])


def convolve_back(x: Array, w: Array, back: Array) -> tuple[Array, Array]:
    """What comes back to `x` and to `w` of `convolve(x, w)`."""
    rows, columns = w.shape[2] - 1, w.shape[3] - 1
    padded = np.pad(back, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
    to_x = np.einsum("nkabij,kcij->ncab", windows(padded, w.shape[2:]), w)
    to_w = np.einsum("ncabij,nkab->kcij", windows(x, w.shape[2:]), back)
    return to_x, to_w[:, :, ::-1, ::-1]


def pool(x: Array) -> Array:
    """The largest of each 2 × 2 pixels; an odd row or column at the border is left out."""
    n, channels, rows, columns = x.shape
    cut = x[:, :, : rows // 2 * 2, : columns // 2 * 2]
    return cut.reshape(n, channels, rows // 2, 2, columns // 2, 2).max(axis=(3, 5))


def pool_back(x: Array, back: Array) -> Array:
    """What comes back to `x`: the pixels that are the largest of their four share it equally."""
    result = np.zeros_like(x)
    spread = back.repeat(2, axis=2).repeat(2, axis=3)
    largest = pool(x).repeat(2, axis=2).repeat(2, axis=3)
    rows, columns = spread.shape[2:]
    those = x[:, :, :rows, :columns] == largest
    four = those.reshape(*spread.shape[:2], rows // 2, 2, columns // 2, 2)
    counts = four.sum(axis=(3, 5)).repeat(2, axis=2).repeat(2, axis=3)
    result[:, :, :rows, :columns] = spread * those / counts
    return result
