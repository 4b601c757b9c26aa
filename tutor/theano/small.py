"""Small things that programs import from Theano's tensors and scalars: lists of dtypes, constants.

>>> upcast("int32", "float32"), "float16" in float_dtypes
('float64', True)
"""

from __future__ import annotations

import struct
from typing import Any

import numpy

from tutor.config import config
from tutor.errors import TutorError
from tutor.graph import Constant, Variable, as_tensor_variable, constant, graph_inputs
from tutor.ops.sizes import vector_length
from tutor.types import TensorType, promote

float_dtypes = ["float16", "float32", "float64"]
complex_dtypes = ["complex64", "complex128"]
int_dtypes = ["int8", "int16", "int32", "int64"]
uint_dtypes = ["uint8", "uint16", "uint32", "uint64"]
integer_dtypes = [*int_dtypes, *uint_dtypes]
discrete_dtypes = ["bool", *integer_dtypes]
continuous_dtypes = [*float_dtypes, *complex_dtypes]
all_dtypes = [*discrete_dtypes, *continuous_dtypes]
discrete_types, continuous_types, all_types = discrete_dtypes, continuous_dtypes, all_dtypes

#: How near two values are that count as equal, by the dtype they have.
float16_atol, float32_atol, float64_atol = 1e-3, 1e-5, 1e-8
float16_rtol, float32_rtol, float64_rtol = 1e-3, 1e-5, 1e-5


class NotScalarConstantError(TutorError):
    """A variable is no constant of one number, and was asked for it."""


class EmptyConstantError(NotScalarConstantError):
    """A constant has no number in it."""


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


def get_scalar_constant_value(value: Any, *options: Any, **more: Any) -> Any:
    """The number that `value` is whatever the inputs are: a 0-d array.

    Raises a `NotScalarConstantError` where it depends on an input, or is more than one number.

    >>> import tutor.tensor as T
    >>> get_scalar_constant_value(T.constant(2) + 1), get_scalar_constant_value(T.zeros((1, 3)))
    (array(3, dtype=int8), array(0.))
    """
    variable = as_tensor_variable(value)
    if isinstance(variable, Constant):
        data = numpy.asarray(variable.data)
    elif all(isinstance(v, Constant) for v in graph_inputs([variable])):
        data = numpy.asarray(variable.eval())
    else:
        raise NotScalarConstantError(f"{variable} depends on its inputs.")
    if data.size == 0:
        raise EmptyConstantError(f"{variable} has no number in it.")
    if (data != data.flat[0]).any():
        raise NotScalarConstantError(f"{variable} has more than one number in it.")
    return numpy.asarray(data.flat[0])


def extract_constant(value: Any, *options: Any, **more: Any) -> Any:
    """The number that `value` is, or else `value` as a variable."""
    try:
        return get_scalar_constant_value(value)
    except NotScalarConstantError:
        return value if isinstance(value, Variable) else as_tensor_variable(value)


def get_vector_length(value: Any) -> int:
    """How many elements a vector has, where that does not depend on its inputs' values.

    >>> import tutor.tensor as T
    >>> get_vector_length(T.dmatrix().shape), get_vector_length(T.stack([1, T.lscalar()]))
    (2, 2)
    """
    vector = as_tensor_variable(value)
    if vector.ndim != 1:
        raise TypeError(f"{vector} is no vector: it has {vector.ndim} dimensions.")
    length = vector_length(vector)
    if length is not None:
        return length
    raise ValueError(f"the length of {vector} is not known before it has a value.")


def numpy_scalar(value: Any) -> Any:
    """The number in an array of one element."""
    return get_scalar_constant_value(constant(value))


def transfer(value: Any, target: str) -> Any:
    """`value`: there is one place where arrays are."""
    return as_tensor_variable(value)


def tensor_from_scalar(value: Any) -> Any:
    """`value`, which is a tensor here too."""
    return as_tensor_variable(value)


as_tensor = as_tensor_variable
scalar_from_tensor = tensor_from_scalar


def get_scalar_type(dtype: str) -> TensorType:
    """The type of a scalar of `dtype`: a tensor of no dimensions here."""
    return TensorType(dtype, ())
