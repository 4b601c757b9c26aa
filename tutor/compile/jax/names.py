"""What the names in the ops' NumPy expressions mean under JAX.

An op says its NumPy expression once; here `exp` is `jax.numpy.exp`. What JAX writes differently
(elements that are set, softmax, erf) has a function below; what it does not have at all runs in
NumPy, called back from JAX.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special as special
import numpy as np

from tutor.core.elementwise import fill, sigmoid
from tutor.core.indexing import IncSubtensor, of_sizes
from tutor.core.op import Op
from tutor.core.row import Rebroadcast
from tutor.ops.advanced import AdvancedIncSubtensor
from tutor.ops.axes import Repeat
from tutor.ops.checks import Assert, SpecifyShape
from tutor.ops.contractions import Cross, Einsum, contracted
from tutor.ops.convolution import Convolution, ConvolutionFilters, ConvolutionImages
from tutor.ops.creation import Alloc, SpreadOver, SummedTo
from tutor.ops.decompositions import Cholesky, Eig
from tutor.ops.diagonals import SetDiagonal
from tutor.ops.finding import Unique
from tutor.ops.fourier import IRFFT, RFFT
from tutor.ops.functions import angle, complex_from_polar, round_half_away_from_zero
from tutor.ops.functions import complex as complex_
from tutor.ops.indexing import FirstSteps
from tutor.ops.joining import Split
from tutor.ops.linalg import MatMul
from tutor.ops.matrices import Cofactors, CofactorSlope, Expm
from tutor.ops.neighbours import Images2Neibs, NeibsBack
from tutor.ops.pooling import Pool, PoolBack, PoolBackMax, PoolPick
from tutor.ops.random import RandomFunction, TwinState
from tutor.ops.reductions import LogSumExp, Recurrence
from tutor.ops.shape import SameShape
from tutor.ops.softmax import LogSoftmax, Softmax, SoftmaxParts
from tutor.ops.solving import LeastSquares, Solve
from tutor.ops.sorting import AddAlongAxis, TakeAlongAxis, TopK
from tutor.ops.special import (
    erf,
    erfc,
    erfcinv,
    erfinv,
    gamma,
    gammaln,
    log1mexp,
    polygamma,
    psi,
    softplus,
    tri_gamma,
    xlogy0,
)

SHAPED: Any = jax.ShapeDtypeStruct  # has no types of its own


class NotTraceableError(Exception):
    """The shape of a result depends on values, so that it cannot be compiled ahead of them."""


def is_traced(value: Any) -> bool:
    """Whether a value is known only when the compiled program runs."""
    return isinstance(value, jax.core.Tracer)


def host(value: Any) -> Any:
    """A value as NumPy has it; arrays inside tuples too."""
    if isinstance(value, (tuple, list)):
        return type(value)(host(v) for v in value)
    return np.asarray(value) if isinstance(value, jax.Array) else value


def on_jax(value: Any) -> bool:
    """Whether a value, or something in it, is an array of JAX."""
    if isinstance(value, (tuple, list)):
        return any(map(on_jax, value))
    return isinstance(value, jax.Array)


class Either:
    """A function of both worlds: NumPy's where all arguments are NumPy's, as sizes are."""

    def __init__(self, numpy: Any, other: Any) -> None:
        self.numpy, self.other = numpy, other

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        chosen = self.other if on_jax(args) else self.numpy
        return chosen(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return Either(getattr(self.numpy, name), getattr(self.other, name))


class CalledBack:
    """A function that only NumPy has: called with the values when they are there.

    The shapes of its results are found by trying it out on ones.
    """

    def __init__(self, numpy: Callable[..., Any]) -> None:
        self.numpy = numpy

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        places = [i for i, a in enumerate(args) if is_traced(a)]
        if not places:
            return jax.tree.map(as_jax, self.numpy(*map(host, args), **kwargs))
        if any(is_traced(v) for a in args if isinstance(a, (tuple, list)) for v in a):
            raise NotTraceableError

        def called(*values: Any) -> Any:
            own = list(args)
            for i, value in zip(places, values, strict=True):
                own[i] = np.asarray(value)
            return self.numpy(*map(host, own), **kwargs)

        try:
            tried = called(*[np.ones(args[i].shape, args[i].dtype) for i in places])
        except Exception as problem:
            raise NotTraceableError from problem
        shapes = jax.tree.map(lambda v: SHAPED(np.shape(v), np.asarray(v).dtype), tried)
        return jax.pure_callback(called, shapes, *[args[i] for i in places])


def as_jax(value: Any) -> Any:
    return jnp.asarray(value) if isinstance(value, (np.ndarray, np.generic)) else value


class DataDependent:
    """A function whose result is as large as the values say: NumPy's, outside of `jit`."""

    def __init__(self, numpy: Callable[..., Any]) -> None:
        self.numpy = numpy

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if any(map(is_traced, args)):
            raise NotTraceableError
        return jax.tree.map(as_jax, self.numpy(*map(host, args), **kwargs))


def _softmax(x: Any, axis: int, dtype: str) -> Any:
    return jax.nn.softmax(x.astype(dtype), axis)


def _logsoftmax(x: Any, axis: int, dtype: str) -> Any:
    return jax.nn.log_softmax(x.astype(dtype), axis)


def _softmax_parts(x: Any, axis: int, dtype: str, scale: Any = None) -> tuple[Any, Any, Any]:
    x = x.astype(dtype)
    top = jnp.max(x, axis, keepdims=True)
    shifted = jnp.exp(x - top)
    total = jnp.sum(shifted, axis, keepdims=True)
    y = shifted / total if scale is None else shifted * (scale / total)
    return y, top, jnp.log(total)


def _xlogy(x: Any, y: Any) -> Any:
    none = jnp.equal(x, 0)
    return jnp.where(none, jnp.zeros_like(x), x * jnp.log(jnp.where(none, 1, y)))


def _fill(x: Any, y: Any, dtype: str) -> Any:
    return jnp.full(np.broadcast_shapes(np.shape(x), np.shape(y)), y, dtype)


def _complex(x: Any, y: Any, dtype: str) -> Any:
    x, y = jnp.broadcast_arrays(x, y)
    return jax.lax.complex(*[v.astype(np.dtype(dtype).type(0).real.dtype) for v in (x, y)])


def _half_away(x: Any) -> Any:
    whole = jnp.trunc(x)
    return whole + jnp.copysign((jnp.abs(x - whole) >= 0.5).astype(x.dtype), x)


def _set_diagonal(x: Any, y: Any, offset: int, axis1: int, axis2: int, axes: Any = ()) -> Any:
    n = np.diagonal(np.empty((x.shape[axis1], x.shape[axis2])), offset).shape[0]
    place: list[Any] = [slice(None)] * x.ndim
    place[axis1] = np.arange(n) + max(0, -offset)
    place[axis2] = np.arange(n) + max(0, offset)
    moved = jnp.moveaxis(x, (axis1, axis2), (0, 1))
    of_sizes(y, (*moved.shape[2:], n), axes)
    rows = jnp.moveaxis(jnp.asarray(y), -1, 0) if np.ndim(y) else y
    new = moved.at[place[axis1], place[axis2]].set(rows)
    return jnp.moveaxis(new, (0, 1), (axis1, axis2))


def _contracted(subscripts: str, *operands: Any) -> Any:
    ones = [np.broadcast_to(np.ones((), v.dtype), np.shape(v)) for v in operands]
    contracted(subscripts, *ones)  # the sizes agree
    return jnp.einsum(subscripts, *operands)


def as_it_is(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that only looks at shapes, or calls functions of both kinds of arrays."""
    return kernel


def by(function: Callable[..., Any]) -> Callable[[Callable[..., Any]], Either]:
    """What stands for a kernel where JAX has a function for it."""
    return lambda kernel: Either(kernel, function)


Stand = Callable[[Callable[..., Any]], Any]
WRITTEN: dict[str, Stand] = {"set_at": by(lambda x, index, y: jnp.asarray(x).at[index].set(y)),
                             "inc_at": by(lambda x, index, y: jnp.asarray(x).at[index].add(y)),
                             "add_at": by(lambda x, index, y: jnp.asarray(x).at[index].add(y)),
                             "fitting": as_it_is}
#: What stands for the kernel of an op, or for each of several, made from the kernel.
KERNELS: dict[Op | type[Op], Stand | dict[str, Stand]] = {
    fill: by(_fill),
    **dict.fromkeys((IncSubtensor, AdvancedIncSubtensor), WRITTEN),
    sigmoid: by(jax.nn.sigmoid),
    softplus: by(jax.nn.softplus),
    Softmax: by(_softmax),
    SoftmaxParts: by(_softmax_parts),
    LogSoftmax: by(_logsoftmax),
    xlogy0: by(_xlogy),
    round_half_away_from_zero: by(_half_away),
    complex_: by(_complex),
    erf: by(special.erf),
    erfc: by(special.erfc),
    erfinv: by(special.erfinv),
    gammaln: by(special.gammaln),
    psi: by(special.digamma),
    SetDiagonal: by(_set_diagonal),
    Einsum: by(_contracted),
    Cross: by(lambda x, y, axis, axes: jnp.cross(x, of_sizes(y, x.shape, axes), axis=axis)),
    Unique: DataDependent,
    **dict.fromkeys((Alloc, Rebroadcast, Repeat, SameShape, SpecifyShape, Split, TakeAlongAxis),
                    as_it_is),
    **dict.fromkeys(
        (angle, complex_from_polar, erfcinv, gamma, log1mexp, polygamma, tri_gamma, AddAlongAxis,
         Assert, Cholesky, CofactorSlope, Cofactors, Convolution, ConvolutionFilters,
         ConvolutionImages, Eig, Expm, FirstSteps, IRFFT, Images2Neibs, LeastSquares, LogSumExp,
         MatMul, NeibsBack, Pool, PoolBack, PoolBackMax, PoolPick, RFFT, Recurrence, Solve,
         RandomFunction, SpreadOver, SummedTo, TopK, TwinState), CalledBack),
}
#: NumPy's functions of which JAX's of the same name computes something else, refuses what NumPy
#: takes, or does not know how large the result is; and those of sizes, which stay numbers.
NUMPY: dict[Any, Stand] = {
    **dict.fromkeys((np.nonzero, np.flatnonzero, np.bincount, np.compress), DataDependent),
    **dict.fromkeys((np.sort, np.argsort, np.searchsorted, np.unravel_index), CalledBack),
    np.int64: as_it_is,
}


def meaning(op: Op, name: str) -> Any:
    """What a name in the NumPy expression of an op means under JAX; None where it is Python's."""
    kernel = op.kernels.get(name)
    if kernel is not None:
        keys: list[Any] = [key for key in (op, *type(op).__mro__) if key in KERNELS]
        stand: Any = KERNELS[keys[0]] if keys else CalledBack
        return (stand[name] if isinstance(stand, dict) else stand)(kernel)
    function = getattr(np, name, None)
    if function is None:
        return None
    stand = NUMPY.get(function)
    if stand is not None:
        return Either(function, stand(function)) if stand is CalledBack else stand(function)
    return Either(function, getattr(jnp, name, None) or CalledBack(function))
