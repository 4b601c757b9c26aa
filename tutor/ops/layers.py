"""Batch normalization, and layers with structure: hierarchical softmax, blocks, upsampling.

Comes after convolution and the losses. All of them are expressions of other ops.

>>> bilinear_upsampling([[[[0.0, 1.0]]]], 2).eval()[0, 0, 0]
array([0. , 0.5, 1. , 1. ])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.checking import chosen, whole
from tutor.config import config
from tutor.core.arrays import dimshuffle, dot, outer, shape, size_along
from tutor.core.elementwise import cast, maximum, sqrt
from tutor.core.errors import BadValueError, DTypeError, plural
from tutor.core.graph import Variable, as_tensor_variable
from tutor.core.op import rebroadcast
from tutor.core.types import promote
from tutor.ops.creation import arange
from tutor.ops.examples import each, example, like
from tutor.ops.linalg import batched_dot, tensordot
from tutor.ops.logic import clip
from tutor.ops.shape import addbroadcast, flatten, reshape, unlike
from tutor.ops.softmax import softmax
from tutor.ops.statistics import var as variance_of
from tutor.ops.sums import mean as mean_of
from tutor.ops.sums import sum

__all__ = [
    "batch_normalization", "batch_normalization_test", "batch_normalization_train",
    "bilinear_kernel_1D", "bilinear_kernel_2D", "bilinear_upsampling",
    "frac_bilinear_upsampling", "h_softmax", "sparse_block_dot",
]  # fmt: skip


SMALLEST_EPSILON = 1e-5  # what the library behind Theano's op allowed


def batch_normalization(inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any,
                        mode: str = "low_mem") -> Variable:
    """(inputs - mean) * gamma / std + beta, all of which broadcast; both modes are the same here.
    Raises BadValueError for another mode.

    >>> batch_normalization([1.0, 3.0], 1.0, 0.0, 2.0, 1.0).eval()
    array([-1.,  1.])
    """
    chosen(mode, ("low_mem", "high_mem"), "mode")
    x, scale, shift, middle, width = map(as_tensor_variable, (inputs, gamma, beta, mean, std))
    return (x - middle) * (scale / width) + shift


class Layout:
    """How parameters lie along the inputs: `axes` are normalized over, the others have their own
    parameters, either with the axes left out or with size 1 there.
    """

    def __init__(self, inputs: Variable, axes: Any, gamma: Variable, *others: Variable) -> None:
        ndim = inputs.ndim
        self.axes = self.checked(axes, ndim)
        self.kept = [i for i in range(ndim) if i not in self.axes]
        self.full = gamma.ndim == ndim
        wanted = ndim if self.full else len(self.kept)
        for v in (gamma, *others):
            if v.ndim != wanted:
                raise unlike(f"the parameters have {plural(wanted, 'dimension')} here, one for "
                             "each axis that is not normalized", v,
                             f"Pass them with {wanted}, or all with {ndim}.")

    @staticmethod
    def checked(axes: Any, ndim: int) -> tuple[int, ...]:
        """The axes by name, or as numbers."""
        if isinstance(axes, str):
            chosen(axes, ("per-activation", "spatial"), "axes")
            axes = (0, *range(2, ndim)) if axes == "spatial" else (0,)
        axes = axes.tolist() if isinstance(axes, np.ndarray) else axes
        if not isinstance(axes, (tuple, list)):
            raise DTypeError(f"the axes are a name or a tuple, and they are {axes!r}.",
                             fix="Pass 'spatial' or (0, 2, 3).")
        found = tuple(sorted(whole(a, "an axis") for a in axes))
        if not found or not 0 <= found[0] <= found[-1] < ndim:
            raise BadValueError(f"the axes {found} are not axes of {plural(ndim, 'dimension')}.",
                                fix="Pass (0,).")
        return found

    def stretched(self, v: Variable) -> Variable:
        """A parameter as it broadcasts over the inputs."""
        if self.full:
            return addbroadcast(v, *self.axes)
        places = iter(range(v.ndim))
        ndim = len(self.kept) + len(self.axes)
        return dimshuffle(v, [next(places) if i in self.kept else "x" for i in range(ndim)])

    def like_parameters(self, v: Variable) -> Variable:
        """A statistic in the layout of the parameters."""
        return v if self.full else dimshuffle(v, self.kept)


def checked_epsilon(epsilon: Any) -> float:
    """What is added to the variance, at least 1e-5, rounded to `config.floatX`."""
    if isinstance(epsilon, (bool, str)) or not isinstance(epsilon, (int, float, np.number)):
        raise DTypeError(f"epsilon is a number, and it is {epsilon!r}.", fix="Pass 1e-4.")
    rounded = float(np.dtype(config.floatX).type(epsilon))
    if not rounded >= SMALLEST_EPSILON:
        raise BadValueError(f"epsilon is at least 1e-5, and it is {epsilon!r}.", fix="Pass 1e-4.")
    return rounded


def common(*values: Any) -> list[Variable]:
    """Variables in the dtype that holds them all."""
    variables = [as_tensor_variable(v) for v in values]
    dtype = promote(*[v.dtype for v in variables])
    return [cast(v, dtype) for v in variables]


def batch_normalization_train(
    inputs: Any, gamma: Any, beta: Any, axes: Any = "per-activation", epsilon: float = 1e-4,
    running_average_factor: Any = 0.1, running_mean: Any = None, running_var: Any = None,
) -> tuple[Variable, ...]:
    """Normalize by the mean and variance of the batch over `axes`: the result, the mean and
    1 / sqrt(variance + epsilon); and, where running averages are given, their new values.

    `axes` is "per-activation" (the first), "spatial" (all but the second), or a tuple. Raises
    BadValueError for other axes, and for an epsilon below 1e-5.

    >>> batch_normalization_train([[1.0], [3.0]], [[1.0]], [[0.0]])[0].eval().round(3)
    array([[-1.],
           [ 1.]])
    """
    epsilon = checked_epsilon(epsilon)
    if (running_mean is None) != (running_var is None):
        raise BadValueError("running_mean and running_var go together.", fix="Pass both, or none.")
    running = [] if running_mean is None else [running_mean, running_var]
    x, scale, shift, *averages = common(inputs, gamma, beta, *running)
    layout = Layout(x, axes, scale, shift, *averages)
    middle = mean_of(x, layout.axes, keepdims=True)
    spread = variance_of(x, layout.axes, keepdims=True)
    invstd = 1 / sqrt(spread + epsilon)
    out = (x - middle) * (layout.stretched(scale) * invstd) + layout.stretched(shift)
    pattern = layout.stretched(scale).broadcastable
    statistics = [rebroadcast(v, pattern) for v in (middle, invstd)]
    if averages:
        factor = as_tensor_variable(running_average_factor).astype(x.dtype)
        n = cast(size_along(x, layout.axes), x.dtype)
        news = (middle, spread * (n / (n - 1)))
        for old, new in zip(map(layout.stretched, averages), news, strict=True):
            statistics.append(rebroadcast(old * (1 - factor) + new * factor,
                                               old.broadcastable))
    return (rebroadcast(out, x.broadcastable), *map(layout.like_parameters, statistics))


def batch_normalization_test(inputs: Any, gamma: Any, beta: Any, mean: Any, var: Any,
                             axes: Any = "per-activation", epsilon: float = 1e-4) -> Variable:
    """Normalize by a given mean and variance: (inputs - mean) * gamma / sqrt(var + epsilon) + beta.

    The layout of the parameters is that of `batch_normalization_train`. Raises BadValueError for
    other axes, and for an epsilon below 1e-5.

    >>> batch_normalization_test([[1.0], [3.0]], [[1.0]], [[0.0]], [[2.0]], [[1.0]]).eval().round(3)
    array([[-1.],
           [ 1.]])
    """
    epsilon = checked_epsilon(epsilon)
    x, scale, shift, middle, spread = common(inputs, gamma, beta, mean, var)
    layout = Layout(x, axes, scale, shift, middle, spread)
    scale, shift, middle, spread = map(layout.stretched, (scale, shift, middle, spread))
    out = (x - middle) * (scale / sqrt(spread + epsilon)) + shift
    return rebroadcast(out, x.broadcastable)


def _reference(x: Any, g: Any, b: Any, axes: Sequence[int], shape: Any) -> list[Any]:
    mean, var = x.mean(axis=tuple(axes), keepdims=True), x.var(axis=tuple(axes), keepdims=True)
    invstd = 1 / np.sqrt(var + 1e-4)
    return [(x - mean) * g.reshape(shape) * invstd + b.reshape(shape), mean.reshape(g.shape),
            invstd.reshape(g.shape)]


MOST_TIMES = 10_000


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
    with straight lines between their elements. Raises ShapeError for another number of dimensions,
    BadValueError without a ratio, or with two.

    >>> bilinear_upsampling([[[[1.0, 3.0]]]], 2).eval()[0, 0]
    array([[1., 2., 3., 3.],
           [1., 2., 3., 3.]])
    """
    x = as_tensor_variable(input)
    if (ratio is None) == (frac_ratio is None):
        raise BadValueError("an image is stretched by ratio or by frac_ratio, one of them.",
                            fix="Pass ratio=2.")
    if x.ndim != 4:
        raise unlike("images have 4 dimensions", x, "Reshape them.")
    down, across = ratios(frac_ratio if ratio is None else ratio)
    tall = tensordot(x, positions(shape(x)[2], down), ((2,), (1,)))
    return dimshuffle(tensordot(tall, positions(shape(x)[3], across), ((2,), (1,))), 0, 1, 2, 3)


def frac_bilinear_upsampling(input: Any, frac_ratio: Any) -> Variable:
    """`bilinear_upsampling` by p / q. Raises ShapeError for another number of dimensions.

    >>> frac_bilinear_upsampling([[[[1.0, 3.0]]]], (2, 1)).eval()[0, 0]
    array([[1., 2., 3., 3.],
           [1., 2., 3., 3.]])
    """
    return bilinear_upsampling(input, frac_ratio=frac_ratio)


def bilinear_kernel_1D(ratio: int, normalize: bool = True) -> Variable:
    """The weights of neighbours in a stretching `ratio` times: 1, 2, …, ratio, …, 2, 1. Raises
    BadValueError for a ratio below 1.

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
    """The weights of `bilinear_kernel_1D` along rows times those along columns. Raises
    BadValueError for a ratio below 1.

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


example("batch_normalization_train", lambda x, g, b: batch_normalization_train(
            x, g, b, "spatial")[0],
        lambda x, g, b: _reference(x, g, b, (0, 2), (1, 2, 1))[0], (3, 2, 2), (2,), (2,), kinds="f")
like(lambda x: batch_normalization_train(x, x[:1], x[:1]), lambda x: _reference(
    x, np.ones((1, 2)), np.ones((1, 2)), (0,), (1, 2)), (3, 2), part=each(1, 2),
    name="batch_normalization_train", kinds="f")
example("batch_normalization_test", lambda x, g, m: batch_normalization_test(x, g, m, m, g * g),
        lambda x, g, m: (x - m) * g / np.sqrt(g * g + 1e-4) + m, (3, 2), (2,), (2,), kinds="f")
example("batch_normalization", batch_normalization, lambda x, g, b, m, s: (x - m) * g / s + b,
        (3, 2), (2,), (2,), (2,), [1.5, 2.5], kinds="f")
for _target in (None, [3, 1]):
    like(lambda x, W, b, W2, b2, target: h_softmax(x, 2, 4, 2, 2, W, b, W2, b2, target),
         lambda x, *p, target: _h_softmax(x, *p)[([0, 1], target) if target else ()],
         (2, 3), (3, 2), (2,), (2, 3, 2), (2, 2), target=_target, name="h_softmax", kinds="f")
example("sparse_block_dot", lambda W, h, b: sparse_block_dot(W, h, [[1]], b, [[0, 1]]),
        lambda W, h, b: np.stack([h[:, 0] @ W[1, j] + b[j] for j in range(2)], axis=1),
        (2, 2, 3, 2), (1, 1, 3), (2, 2), kinds="f")
example("bilinear_upsampling", lambda x: bilinear_upsampling(x, frac_ratio=(3, 2)),
        lambda x: np.stack([[[np.interp((2 * np.arange(5) - 1) / 3, [0, 1, 2], x[0, 0, 0])] * 2]]),
        (1, 1, 1, 3), kinds="f")
