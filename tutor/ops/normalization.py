"""Batch normalization: with the statistics of the batch, with given ones, and the plain formula.

Comes after the statistics. All three are expressions of other ops, so their gradients are too.

>>> import tutor.tensor as T
>>> out, mean, invstd = batch_normalization_train(T.dmatrix("x"), T.dvector("g"), T.dvector("b"))
>>> mean.ndim
1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.config import config
from tutor.core.arguments import chosen, whole
from tutor.core.arrays import dimshuffle, size_along
from tutor.core.elementwise import cast, sqrt
from tutor.core.errors import BadValueError, DTypeError, ShapeError, plural
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.core.row import rebroadcast
from tutor.core.types import promote
from tutor.ops.examples import example
from tutor.ops.shape import addbroadcast
from tutor.ops.statistics import var as variance_of
from tutor.ops.sums import mean as mean_of
from tutor.signatures import answering

__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]

SMALLEST_EPSILON = 1e-5  # what the library behind Theano's op allowed


@answering
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
                raise ShapeError(f"the parameters have {plural(wanted, 'dimension')} here, one for "
                                 f"each axis that is not normalized, and {quoted(v)} is {v.type}.",
                                 fix=f"Pass them with {wanted}, or all with {ndim}.")

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

    `axes` is "per-activation" (the first), "spatial" (all but the second), or a tuple.

    Raises BadValueError for other axes, and for an epsilon below 1e-5.

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

    The layout of the parameters is that of `batch_normalization_train`.

    Raises BadValueError for other axes, and for an epsilon below 1e-5.

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


example("batch_normalization_train", lambda x, g, b: batch_normalization_train(
            x, g, b, "spatial")[0],
        lambda x, g, b: _reference(x, g, b, (0, 2), (1, 2, 1))[0], (3, 2, 2), (2,), (2,), kinds="f")
for _n in (1, 2):
    example("batch_normalization_train", lambda x, n=_n: batch_normalization_train(
                x, x[:1], x[:1])[n],
            lambda x, n=_n: _reference(x, np.ones((1, 2)), np.ones((1, 2)), (0,), (1, 2))[n],
            (3, 2), kinds="f")
example("batch_normalization_test", lambda x, g, m: batch_normalization_test(x, g, m, m, g * g),
        lambda x, g, m: (x - m) * g / np.sqrt(g * g + 1e-4) + m, (3, 2), (2,), (2,), kinds="f")
example("batch_normalization", batch_normalization, lambda x, g, b, m, s: (x - m) * g / s + b,
        (3, 2), (2,), (2,), (2,), [1.5, 2.5], kinds="f")
