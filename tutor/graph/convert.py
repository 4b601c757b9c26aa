"""Values become constants, and whatever a learner writes becomes a variable.

>>> as_tensor_variable(3).dtype
'int8'
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor import types
from tutor.errors import DTypeError, ShapeError
from tutor.graph.nodes import Apply, Constant, Variable
from tutor.operators import FUNCTIONS
from tutor.types import TensorType, smallest_dtype


def constant(
    value: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None
) -> Constant:
    """A constant tensor. A Python number takes the smallest dtype that holds it, as in Theano.

    >>> constant(3), constant([1.0, 2.0]).type
    (3, TensorType(float64, vector))
    """
    if (
        dtype is None
        and isinstance(value, (bool, int, float, complex))
        and not isinstance(value, np.generic)
    ):
        dtype = smallest_dtype(value)
    try:
        data = np.array(value, dtype=types.checked_dtype(dtype) if dtype is not None else None)
    except (ValueError, TypeError) as problem:
        why = "" if "inhomogeneous" in str(problem) else f": {problem}"
        raise DTypeError(
            f"{types.describe(value)} cannot be a tensor{why}.",
            fix="Pass a number, or rows of equal lengths.",
        ) from None
    known = types.NAMES.get(data.dtype)
    if known is None:
        raise DTypeError(
            f"{types.describe(value)} is not made of numbers, so it cannot be a tensor.",
            fix="Pass a number, an array, or a list of these.",
        )
    if ndim is not None:
        if data.ndim > ndim:
            raise ShapeError(
                f"{types.describe(value)} has more than {ndim} dimensions.",
                fix="Pass a larger ndim.",
            )
        data = data.reshape((1,) * (ndim - data.ndim) + data.shape)
    data.flags.writeable = False
    return Constant(TensorType(known, [n == 1 for n in data.shape]), data, name)


def as_tensor_variable(value: Any, name: str | None = None, ndim: int | None = None) -> Variable:
    """The value as a variable: variables as they are, numbers and arrays as constants, lists
    joined.

    >>> as_tensor_variable(3).dtype
    'int8'
    """
    if ndim is not None and (
        isinstance(ndim, bool) or not isinstance(ndim, (int, np.integer)) or not 0 <= ndim <= 64
    ):
        raise DTypeError(f"ndim is a whole number up to 64, and it is {ndim!r}.", fix="Write 2.")
    if isinstance(value, Variable):
        if not isinstance(value.type, TensorType):
            raise DTypeError(f"{value} is not a tensor.", fix="Use a tensor variable.")
        return value if ndim is None or value.ndim == ndim else _with_ndim(value, ndim)
    if isinstance(value, Apply):
        return value.out
    if (
        isinstance(value, (list, tuple))
        and any(isinstance(v, (Variable, list, tuple)) for v in value)
        and _holds_variable(value)
    ):
        return as_tensor_variable(
            FUNCTIONS["stack"](list(map(as_tensor_variable, value))), ndim=ndim
        )
    if isinstance(value, TensorType) or callable(value):
        raise DTypeError(
            f"{value!r} is a type or a function, not a variable.",
            fix='Call it to make a variable: T.dscalar("x").',
        )
    return constant(value, name, ndim)


def _with_ndim(value: Variable, ndim: int) -> Variable:
    if value.ndim > ndim:
        raise ShapeError(
            f"{value} has {value.ndim} dimensions, more than {ndim}.", fix="Use reshape or flatten."
        )
    shuffled: Variable = FUNCTIONS["dimshuffle"](
        value, ["x"] * (ndim - value.ndim) + list(range(value.ndim))
    )
    return shuffled


def _holds_variable(value: Any) -> bool:
    return isinstance(value, Variable) or (
        isinstance(value, (list, tuple)) and any(map(_holds_variable, value))
    )
