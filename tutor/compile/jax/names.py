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

from tutor.ops import kernels

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
    kernels.of_sizes(y, (*moved.shape[2:], n), axes)
    rows = jnp.moveaxis(jnp.asarray(y), -1, 0) if np.ndim(y) else y
    new = moved.at[place[axis1], place[axis2]].set(rows)
    return jnp.moveaxis(new, (0, 1), (axis1, axis2))


def _contracted(subscripts: str, *operands: Any) -> Any:
    ones = [np.broadcast_to(np.ones((), v.dtype), np.shape(v)) for v in operands]
    kernels.contracted(subscripts, *ones)  # the sizes agree
    return jnp.einsum(subscripts, *operands)


#: Functions that are written for JAX.
OWN: dict[str, Callable[..., Any]] = {
    "fill": _fill,
    "set_at": lambda x, index, y: jnp.asarray(x).at[index].set(y),
    "inc_at": lambda x, index, y: jnp.asarray(x).at[index].add(y),
    "add_at": lambda x, index, y: jnp.asarray(x).at[index].add(y),
    "sigmoid": jax.nn.sigmoid,
    "softplus": jax.nn.softplus,
    "softmax": _softmax,
    "softmax_parts": _softmax_parts,
    "xlogy": _xlogy,
    "logsoftmax": _logsoftmax,
    "half_away": _half_away,
    "complex_of": _complex,
    "erf": special.erf,
    "erfc": special.erfc,
    "erfinv": special.erfinv,
    "gammaln": special.gammaln,
    "psi": special.digamma,
    "set_diagonal": _set_diagonal,
    "contracted": _contracted,
    "crossed": lambda x, y, axis, axes: jnp.cross(
        x, kernels.of_sizes(y, x.shape, axes), axis=axis),
}
#: Kernels that JAX has nothing for: a new one is written in `OWN`, or entered here.
CALLED_BACK = frozenset(
    "angle_of asserted cholesky cofactor_slope cofactors correlation eig_as erfcinv expm gamma "
    "images_from least_squares log1mexp logsumexp matmuls polar polygamma pool pool_back_max "
    "pool_pick real_fourier real_from_fourier recurrence solve solve_triangle summed_to "
    "to_neighbours top_positions tri_gamma".split())
DEPENDENT = frozenset(("nonzero", "flatnonzero", "unique_of", "bincount", "compress"))
#: Kernels that only look at shapes, or call functions that work on both kinds of arrays.
BOTH = frozenset(
    "with_ones of_shape same_sizes alike parts_of of_sizes fitting".split())
#: NumPy's functions on sizes, which stay numbers.
SIZES = frozenset(("int64",))
#: Where JAX's function of this name computes something else, or refuses what NumPy takes.
UNLIKE = frozenset(("sort", "argsort", "searchsorted", "unravel_index"))


def meaning(name: str) -> Any:
    """What a name of a NumPy expression means under JAX; None where it is no function of NumPy."""
    if name in OWN:
        own = getattr(kernels, name, None)
        return Either(own, OWN[name]) if own is not None else OWN[name]
    kernel = getattr(kernels, name, None)
    if name in DEPENDENT:
        return DataDependent(kernel if kernel is not None else getattr(np, name))
    if name in BOTH:
        return kernel
    if kernel is not None:
        return CalledBack(kernel)
    if name in SIZES:
        return getattr(np, name)
    if hasattr(jnp, name) and name not in UNLIKE:
        return Either(getattr(np, name), getattr(jnp, name))
    return Either(getattr(np, name), CalledBack(getattr(np, name)))
