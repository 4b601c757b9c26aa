"""Small things that programs import from Theano: its version, lists of dtypes, constants, when two
values count as equal, and a slice in the form that always goes forwards.

>>> upcast("int32", "float32"), "float16" in float_dtypes, full_version.startswith(short_version)
('float64', True, True)
"""

from __future__ import annotations

import struct
from functools import partial
from typing import Any

import numpy

import tutor.tensor as T
from tutor.checking import axes_of
from tutor.config import config
from tutor.core.graph import Constant, Variable, as_tensor_variable
from tutor.core.types import PREFIXES, SHAPES, TensorType, promote
from tutor.ops.shared import generic
from tutor.signatures import answering
from tutor.theano.comparing import near_arrays as values_eq_approx
from tutor.theano.places import aliases

#: Theano's last version, since its interface is what programs see; after the plus stands whose it
#: is, which `LooseVersion`, `packaging` and `split(".")[:2]` all read.
short_version = version = "1.0.5"
full_version = f"{version}+tutor"
git_revision, release = "", True

float_dtypes = ["float16", "float32", "float64"]
complex_dtypes = ["complex64", "complex128"]
int_dtypes = ["int8", "int16", "int32", "int64"]
uint_dtypes = ["uint8", "uint16", "uint32", "uint64"]
integer_dtypes = [*int_dtypes, *uint_dtypes]
discrete_dtypes = ["bool", *integer_dtypes]
continuous_dtypes = [*float_dtypes, *complex_dtypes]
all_dtypes = [*discrete_dtypes, *continuous_dtypes]
discrete_types, continuous_types, all_types = discrete_dtypes, continuous_dtypes, all_dtypes

#: Types of scalars, vectors and matrices, by the kind of their dtype: `float_matrix_types`.
_KINDS = {"int": "bwil", "float": "fd", "complex": "cz"}
_TYPES = {
    f"{kind}_{shape}_types": tuple(TensorType(PREFIXES[p], SHAPES[shape]) for p in prefixes)
    for kind, prefixes in _KINDS.items()
    for shape in ("scalar", "vector", "matrix")
}
globals().update(_TYPES | {f"{kind}_types": _TYPES[f"{kind}_scalar_types"] for kind in _KINDS})

#: How near two values are that count as equal, by the dtype they have.
float16_atol, float32_atol, float64_atol = 1e-3, 1e-5, 1e-8
float16_rtol, float32_rtol, float64_rtol = 1e-3, 1e-5, 1e-5


def as_array(value: Any, dtype: Any = None, order: Any = None) -> Any:
    """`theano._asarray`: an array of `dtype`, which may be "floatX".

    >>> as_array([1, 2], "floatX")
    array([1., 2.])
    """
    return numpy.asarray(value, config.floatX if dtype == "floatX" else dtype, order)


def local_bitwidth() -> int:
    """How many bits an address has on this machine.

    >>> local_bitwidth() == python_int_bitwidth()
    True
    """
    return struct.calcsize("P") * 8


def python_int_bitwidth() -> int:
    """How many bits NumPy's own integer has."""
    return numpy.dtype(numpy.intp).itemsize * 8


def upcast(*dtypes: str) -> str:
    """The dtype that values of all of `dtypes` go into."""
    return promote(*dtypes)


NoneConst = Constant(generic, None, "NoneConst")
__getattr__ = aliases("small")


def xlogx(x: Any) -> Any:
    """x log x; 0 where x is 0.

    >>> xlogx([0.0, 1.0]).eval()
    array([0., 0.])
    """
    return T.xlogy0(x, x)


def get_scalar_type(dtype: str) -> TensorType:
    """The type of a scalar of `dtype`: a tensor of no dimensions here."""
    return TensorType(dtype, ())


@answering
def is_flat(var: Any, ndim: int | None = None, outdim: int | None = None) -> bool:
    """Return whether a variable has so many dimensions (1 if not given) already.

    >>> is_flat([1, 2])
    True
    """
    wanted = outdim if ndim is None else ndim
    return as_tensor_variable(var).ndim == (1 if wanted is None else wanted)


@answering
def makeKeepDims(x: Any, y: Any, axis: Any) -> Variable:
    """y, a reduction of x over an axis or several (all, if None), with their dimensions back."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    axes = axes_of(axis, x.ndim, "makeKeepDims")
    gone = range(x.ndim) if axes is None else axes
    places = iter(range(y.ndim))
    return T.dimshuffle(y, ["x" if i in gone else next(places) for i in range(x.ndim)])


#: `values_eq_approx`, where infinities, or nan, or both count as equal to anything.
values_eq_approx_remove_inf = partial(values_eq_approx, allow_remove_inf=True)
values_eq_approx_remove_nan = partial(values_eq_approx, allow_remove_nan=True)
values_eq_approx_remove_inf_nan = partial(values_eq_approx_remove_inf, allow_remove_nan=True)


def get_canonical_form_slice(theslice: Any, length: Any) -> tuple[Any, Any]:
    """An index into `length` elements as a slice and a direction, or as a position and 1.

    The slice has a start and a stop from 0 to the length and a step above 0; what it takes, turned
    round where the direction is -1, is what the index takes. Of a step that is a variable the
    direction is one, too.
    """
    n = as_tensor_variable(length)
    if not isinstance(theslice, slice):
        i = as_tensor_variable(theslice)
        return T.switch(i < 0, i + n, i), 1
    step = as_tensor_variable(1 if theslice.step is None else theslice.step)
    sign = _sign(step)
    size = step if sign == 1 else abs(step)
    forwards, backwards = _forwards(theslice, n), _backwards(theslice, n, size)
    if isinstance(sign, int):
        start, stop = forwards if sign == 1 else backwards
        return slice(start, stop, size), sign
    start, stop = [T.switch(step > 0, a, b) for a, b in zip(forwards, backwards, strict=True)]
    return slice(start, stop, size), sign


def _sign(step: Variable) -> Any:
    if isinstance(step, Constant):
        return 1 if step.data > 0 else -1
    return T.switch(step > 0, 1, -1)


def _inside(part: Any, otherwise: Any, n: Variable, low: Any, high: Any) -> Variable:
    """A bound of a slice, counted from the front and kept between two others."""
    if part is None:
        return as_tensor_variable(otherwise)
    v = as_tensor_variable(part)
    counted = T.switch(v < 0, v + n, v)
    return T.maximum(low, T.minimum(high, counted))


def _forwards(theslice: slice, n: Variable) -> tuple[Variable, Variable]:
    return _inside(theslice.start, 0, n, 0, n), _inside(theslice.stop, n, n, 0, n)


def _backwards(theslice: slice, n: Variable, size: Variable) -> tuple[Variable, Variable]:
    """From the last element that it takes to the first."""
    start = _inside(theslice.start, n - 1, n, -1, n - 1)
    stop = _inside(theslice.stop, -1, n, -1, n - 1)
    more = T.floor_div(T.maximum(start - stop - 1, 0), size)
    empty = start <= stop
    first = T.switch(empty, 0, start - more * size)
    return first, T.switch(empty, 0, start + 1)
