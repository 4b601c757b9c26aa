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
from jax import lax

from tutor.compile.jax import kernels, windows
from tutor.core.elementwise import fill, sigmoid, switch
from tutor.core.indexing import IncSubtensor
from tutor.core.op import Op, Rebroadcast
from tutor.ops.advanced import AdvancedIncSubtensor
from tutor.ops.axes import Repeat
from tutor.ops.checks import Assert, SpecifyShape
from tutor.ops.contractions import Cross, Einsum
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
    relu_back,
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
        numpy = getattr(self.numpy, name)
        stand = NUMPY.get(numpy)
        return Either(numpy, getattr(self.other, name)) if stand is None else stand(numpy)


LONG = ("float64", "int64", "uint64")


class CalledBack:
    """A function that only NumPy has: called with the values when they are there.

    The shapes of its results are found by trying it out on ones, with twos on the diagonal: most
    that is asked of a matrix holds for those.
    """

    times = 0  # that a compiled program got one of these

    def __init__(self, numpy: Callable[..., Any]) -> None:
        self.numpy = numpy

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        places = [i for i, a in enumerate(args) if is_traced(a)]
        if not places:
            return jax.tree.map(as_jax, self.numpy(*map(host, args), **kwargs))
        if any(is_traced(v) for a in args if isinstance(a, (tuple, list)) for v in a):
            raise NotTraceableError

        like = [SHAPED(args[i].shape, args[i].dtype) for i in places]

        def compute(*values: Any) -> Any:
            own = list(args)
            for i, value in zip(places, values, strict=True):
                own[i] = value
            return jax.tree.map(np.asarray, self.numpy(*map(host, own), **kwargs))

        def called(*given: Any) -> Any:
            return jax.tree.map(_in_words, compute(*map(_of_words, given, like)))

        try:
            tried = compute(*[_regular(v.shape, v.dtype) for v in like])
        except Exception as problem:
            raise NotTraceableError from problem
        CalledBack.times += 1
        shapes = jax.tree.map(lambda v: SHAPED(_in_words(v).shape, _in_words(v).dtype), tried)
        found = jax.pure_callback(called, shapes, *[_words(args[i]) for i in places])
        return jax.tree.map(_numbers, found, tried)


# JAX calls back from threads of its own, where it takes 64 bits for 32: such numbers go there and
# come back as words of 32 bits.
def _words(x: Any) -> Any:
    if x.dtype == "complex128":
        x = jnp.stack([x.real, x.imag], -1)
    return lax.bitcast_convert_type(x, "uint32") if x.dtype in LONG else x


def _numbers(words: Any, like: Any) -> Any:
    if like.dtype == "complex128":
        return lax.complex(*jnp.moveaxis(lax.bitcast_convert_type(words, "float64"), -1, 0))
    return lax.bitcast_convert_type(words, like.dtype) if like.dtype in LONG else words


def _in_words(x: Any) -> Any:
    if x.dtype not in (*LONG, "complex128"):
        return x
    parts = (2, 2) if x.dtype == "complex128" else (2,)
    return np.ascontiguousarray(x).reshape(-1).view("uint32").reshape(*x.shape, *parts)


def _of_words(words: Any, like: Any) -> Any:
    return np.ascontiguousarray(words).reshape(-1).view(like.dtype).reshape(like.shape)


def _regular(shape: tuple[int, ...], dtype: Any) -> Any:
    ones = np.ones(shape, dtype)
    return ones + np.eye(*shape[-2:], dtype=dtype) if len(shape) > 1 else ones


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


def as_it_is(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that only looks at shapes, or calls functions of both kinds of arrays."""
    return kernel


def by(function: Callable[..., Any]) -> Callable[[Callable[..., Any]], Either]:
    """What stands for a kernel where JAX has a function for it."""
    return lambda kernel: Either(kernel, function)


Stand = Callable[[Callable[..., Any]], Any]
WRITTEN: dict[str, Stand] = {"set_at": by(kernels.set_at), "inc_at": by(kernels.inc_at),
                             "add_at": by(kernels.inc_at), "fitting": as_it_is}
#: What stands for the kernel of an op, or for each of several, made from the kernel.
KERNELS: dict[Op | type[Op], Stand | dict[str, Stand]] = {
    fill: by(kernels.fill),
    **dict.fromkeys((IncSubtensor, AdvancedIncSubtensor), WRITTEN),
    sigmoid: by(jax.nn.sigmoid),
    switch: by(jnp.where),
    softplus: by(jax.nn.softplus),
    Softmax: by(kernels.softmax),
    SoftmaxParts: by(kernels.softmax_parts),
    LogSoftmax: by(kernels.log_softmax),
    LogSumExp: by(kernels.logsumexp),
    xlogy0: by(kernels.xlogy),
    log1mexp: by(kernels.log1mexp),
    relu_back: by(kernels.relu_back),
    round_half_away_from_zero: by(kernels.half_away),
    complex_: by(kernels.complex_of),
    erf: by(special.erf),
    erfc: by(special.erfc),
    erfinv: by(special.erfinv),
    gammaln: by(special.gammaln),
    psi: by(special.digamma),
    SetDiagonal: by(kernels.set_diagonal),
    AddAlongAxis: by(kernels.along_axis_add),
    Einsum: by(kernels.einsum),
    Cross: by(kernels.cross),
    MatMul: by(kernels.matmul),
    Recurrence: by(kernels.recurrence),
    SpreadOver: by(kernels.spread_over),
    Solve: {"solve": by(kernels.solve), "solve_triangle": by(kernels.solve_triangle),
            "of_sizes": as_it_is},
    Expm: by(kernels.expm),
    RFFT: by(kernels.real_fourier),
    IRFFT: by(kernels.real_from_fourier),
    TopK: by(kernels.top_positions),
    Convolution: by(windows.correlation),
    ConvolutionFilters: by(windows.filters_from),
    ConvolutionImages: by(windows.images_from),
    Pool: by(windows.pool),
    PoolBack: by(windows.pool_back),
    PoolBackMax: by(windows.pool_back_max),
    PoolPick: by(windows.pool_pick),
    Unique: DataDependent,
    **dict.fromkeys((Alloc, FirstSteps, Rebroadcast, Repeat, SameShape, SpecifyShape, Split,
                     SummedTo, TakeAlongAxis), as_it_is),
    **dict.fromkeys(
        (angle, complex_from_polar, erfcinv, gamma, polygamma, tri_gamma, Assert, Cholesky,
         CofactorSlope, Cofactors, Eig, Images2Neibs, LeastSquares, NeibsBack, RandomFunction,
         TwinState), CalledBack),
}
#: NumPy's functions of which JAX's of the same name computes something else, refuses what NumPy
#: takes, or does not know how large the result is; and those of sizes, which stay numbers.
NUMPY: dict[Any, Stand] = {
    **dict.fromkeys((np.nonzero, np.flatnonzero, np.bincount, np.compress), DataDependent),
    **dict.fromkeys((np.unravel_index,), CalledBack),
    np.floor_divide: by(kernels.floor_divide),
    np.sort: by(kernels.sort),
    np.argsort: by(kernels.argsort),
    np.linalg.eigh: by(kernels.eigh),
    np.linalg.eigvalsh: by(kernels.eigvalsh),
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
