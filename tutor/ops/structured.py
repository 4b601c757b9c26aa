"""Layers with structure: hierarchical softmax, products of blocks, bilinear upsampling.

Comes after convolution and the losses. All of them are expressions of other ops.

>>> bilinear_upsampling([[[[0.0, 1.0]]]], 2).eval()[0, 0, 0]
array([0. , 0.5, 1. , 1. ])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.config import config
from tutor.core.arguments import whole
from tutor.core.arrays import dimshuffle, dot, shape
from tutor.core.elementwise import cast, maximum
from tutor.core.errors import BadValueError, ShapeError
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.ops.creation import arange
from tutor.ops.examples import example
from tutor.ops.linalg import batched_dot, outer, tensordot
from tutor.ops.logic import clip
from tutor.ops.nnet import softmax
from tutor.ops.shape import flatten, reshape
from tutor.ops.sums import sum
from tutor.signatures import answering

__all__ = [
    "bilinear_kernel_1D", "bilinear_kernel_2D", "bilinear_upsampling", "frac_bilinear_upsampling",
    "h_softmax", "sparse_block_dot",
]  # fmt: skip

MOST_TIMES = 10_000


@answering
def h_softmax(x: Any, batch_size: Any, n_outputs: Any, n_classes: Any, n_outputs_per_class: Any,
              W1: Any, b1: Any, W2: Any, b2: Any, target: Any = None) -> Variable:
    """A softmax in two levels (Goodman, 2001): of classes, then of the outputs within each.

    Features x of shape (batch, features) meet W1 (features, classes), b1 (classes), W2 (classes,
    features, outputs per class) and b2 (classes, outputs per class). With `target`, the numbers of
    the right outputs, only their probabilities are computed, (batch,); else all, (batch, outputs).
    """
    x, W1, b1, W2, b2 = map(as_tensor_variable, (x, W1, b1, W2, b2))
    classes = softmax(dot(x, W1) + b1)
    if target is None:
        inner = tensordot(x, W2, ((1,), (1,))) + b2
        each = softmax(reshape(inner, (-1, n_outputs_per_class)))
        each = reshape(each, (batch_size, n_classes, n_outputs_per_class))
        return flatten(dimshuffle(classes, 0, 1, "x") * each, 2)[:, :n_outputs]
    right = flatten(as_tensor_variable(target))
    group, member = right // n_outputs_per_class, right % n_outputs_per_class
    rows = arange(shape(x)[0])
    each = softmax(batched_dot(x, W2[group]) + b2[group])
    return classes[rows, group] * each[rows, member]


def sparse_block_dot(W: Any, h: Any, inputIdx: Any, b: Any, outputIdx: Any) -> Variable:
    """Some blocks of a product: for each example the blocks `inputIdx` of what goes in, and
    `outputIdx` of what comes out.

    W is (blocks in, blocks out, size in, size out), h (batch, blocks of it, size in), b (blocks
    out, size out); the result is (batch, blocks of it, size out).
    """
    W, h, b = map(as_tensor_variable, (W, h, b))
    into, out = as_tensor_variable(inputIdx), as_tensor_variable(outputIdx)
    blocks = W[dimshuffle(into, 0, 1, "x"), dimshuffle(out, 0, "x", 1)]
    return sum(dimshuffle(h, 0, 1, "x", 2, "x") * blocks, axis=(1, 3)) + b[out]


def positions(size: Any, ratio: tuple[int, int]) -> Variable:
    """A matrix that stretches a vector p / q times: its rows weigh the two nearest elements."""
    p, q = ratio
    n = (size * p + q - 1) // q
    where = clip((arange(n) * q - (p - 1) // 2) / np.float64(p), 0, size - 1)
    distance = abs(dimshuffle(where, 0, "x") - dimshuffle(arange(size), "x", 0))
    return cast(maximum(0, 1 - distance), config.floatX)


def ratios(value: Any) -> list[tuple[int, int]]:
    """A ratio, p or (p, q), for rows and for columns, in lowest terms."""
    parts = value if isinstance(value, tuple) and isinstance(value[0], tuple) else (value, value)
    found = []
    for part in parts:
        p, q = (whole(n, "a ratio") for n in (part if isinstance(part, tuple) else (part, 1)))
        if p < 1 or q < 1:
            raise BadValueError(f"a ratio cannot be {value!r}.", fix="Pass numbers from 1 up.")
        found.append((p // int(np.gcd(p, q)), q // int(np.gcd(p, q))))
    return found


def bilinear_upsampling(input: Any, ratio: Any = None, frac_ratio: Any = None,
                        batch_size: Any = None, num_input_channels: Any = None,
                        use_1D_kernel: bool = True) -> Variable:
    """Images (batch, channels, rows, columns) stretched `ratio` times (`frac_ratio`: p / q times),
    with straight lines between their elements.

    Raises ShapeError for another number of dimensions, BadValueError without a ratio, or with two.

    >>> bilinear_upsampling([[[[1.0, 3.0]]]], 2).eval()[0, 0]
    array([[1., 2., 3., 3.],
           [1., 2., 3., 3.]])
    """
    x = as_tensor_variable(input)
    if (ratio is None) == (frac_ratio is None):
        raise BadValueError("an image is stretched by ratio or by frac_ratio, one of them.",
                            fix="Pass ratio=2.")
    if x.ndim != 4:
        raise ShapeError(f"images have 4 dimensions, and {quoted(x)} is {x.type}.",
                         fix="Reshape them.")
    down, across = ratios(frac_ratio if ratio is None else ratio)
    tall = tensordot(x, positions(shape(x)[2], down), ((2,), (1,)))
    return dimshuffle(tensordot(tall, positions(shape(x)[3], across), ((2,), (1,))), 0, 1, 2, 3)


def frac_bilinear_upsampling(input: Any, frac_ratio: Any) -> Variable:
    """`bilinear_upsampling` by p / q.

    Raises ShapeError for another number of dimensions.

    >>> frac_bilinear_upsampling([[[[1.0, 3.0]]]], (2, 1)).eval()[0, 0]
    array([[1., 2., 3., 3.],
           [1., 2., 3., 3.]])
    """
    return bilinear_upsampling(input, frac_ratio=frac_ratio)


def bilinear_kernel_1D(ratio: int, normalize: bool = True) -> Variable:
    """The weights of neighbours in a stretching `ratio` times: 1, 2, …, ratio, …, 2, 1.

    Raises BadValueError for a ratio below 1.

    >>> bilinear_kernel_1D(2).eval()
    array([0.5, 1. , 0.5])
    """
    ratio = whole(ratio, "ratio")
    if not 1 <= ratio <= MOST_TIMES:
        raise BadValueError(f"ratio cannot be {ratio}.",
                            fix=f"Pass a number from 1 to {MOST_TIMES}.")
    rising = np.arange(1, ratio + 1, dtype=config.floatX)
    weights = np.concatenate([rising, rising[-2::-1]])
    return as_tensor_variable(weights / ratio if normalize else weights)


def bilinear_kernel_2D(ratio: Any, normalize: bool = True) -> Variable:
    """The weights of `bilinear_kernel_1D` along rows times those along columns.

    Raises BadValueError for a ratio below 1.

    >>> bilinear_kernel_2D(2).eval()
    array([[0.25, 0.5 , 0.25],
           [0.5 , 1.  , 0.5 ],
           [0.25, 0.5 , 0.25]])
    """
    down, across = ratio if isinstance(ratio, tuple) and len(ratio) == 2 else (ratio, ratio)
    return outer(bilinear_kernel_1D(down, normalize), bilinear_kernel_1D(across, normalize))


def _h_softmax(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    def soft(z: Any) -> Any:
        return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    return np.concatenate([soft(x @ W1 + b1)[:, i:i + 1] * soft(x @ W2[i] + b2[i])
                           for i in range(len(b1))], axis=1)


def _h_layer(x: Any, parameters: Any, target: Any = None) -> Variable:
    W1, b1, W2, b2 = parameters
    return h_softmax(x, 2, 4, 2, 2, W1, b1, W2, b2, target)


_shapes: Any = ((2, 3), (3, 2), (2,), (2, 3, 2), (2, 2))
example("h_softmax", lambda x, *p: _h_layer(x, p), _h_softmax, *_shapes, kinds="f")
example("h_softmax", lambda x, *p: _h_layer(x, p, [3, 1]),
        lambda x, *p: _h_softmax(x, *p)[[0, 1], [3, 1]], *_shapes, kinds="f")
example("sparse_block_dot", lambda W, h, b: sparse_block_dot(W, h, [[1]], b, [[0, 1]]),
        lambda W, h, b: np.stack([h[:, 0] @ W[1, j] + b[j] for j in range(2)], axis=1),
        (2, 2, 3, 2), (1, 1, 3), (2, 2), kinds="f")
example("bilinear_upsampling", lambda x: bilinear_upsampling(x, frac_ratio=(3, 2)),
        lambda x: np.stack([[[np.interp((2 * np.arange(5) - 1) / 3, [0, 1, 2], x[0, 0, 0])] * 2]]),
        (1, 1, 1, 3), kinds="f")
