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
from tutor.operators import FUNCTIONS, quoted
from tutor.types import TensorType, smallest_dtype


def constant(
    x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None
) -> Constant:
    """A constant tensor. A Python number takes the smallest dtype that holds it, as in Theano.

    >>> constant(3), constant([1.0, 2.0]).type
    (3, TensorType(float64, vector))
    """
    if (
        dtype is None
        and isinstance(x, (bool, int, float, complex))
        and not isinstance(x, np.generic)
    ):
        dtype = smallest_dtype(x)
    try:
        data = np.array(x, dtype=types.checked_dtype(dtype) if dtype is not None else None)
    except (ValueError, TypeError) as problem:
        why = "" if "inhomogeneous" in str(problem) else f": {problem}"
        raise DTypeError(
            f"{types.describe(x)} cannot be a tensor{why}.",
            fix="Pass a number, or rows of equal lengths.",
        ) from None
    known = types.NAMES.get(data.dtype)
    if known is None:
        raise DTypeError(
            f"{types.describe(x)} is not made of numbers, so it cannot be a tensor.",
            fix="Pass a number, an array, or a list of these.",
        )
    if ndim is not None:
        if data.ndim > ndim:
            raise ShapeError(
                f"{types.describe(x)} has more than {ndim} dimensions.",
                fix="Pass a larger ndim.",
            )
        data = data.reshape((1,) * (ndim - data.ndim) + data.shape)
    data.flags.writeable = False
    return Constant(TensorType(known, [n == 1 for n in data.shape]), data, name)


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Variable:
    """x as a variable: variables as they are, numbers and arrays as constants, lists
    joined.

    >>> as_tensor_variable(3).dtype
    'int8'
    """
    if ndim is not None and (
        isinstance(ndim, bool) or not isinstance(ndim, (int, np.integer)) or not 0 <= ndim <= 64
    ):
        raise DTypeError(f"ndim is a whole number up to 64, and it is {ndim!r}.", fix="Write 2.")
    if isinstance(x, Variable):
        if not isinstance(x.type, TensorType):
            raise DTypeError(f"{quoted(x)} is not a tensor.", fix="Use a tensor variable.")
        return x if ndim is None or x.ndim == ndim else _with_ndim(x, ndim)
    if isinstance(x, Apply):
        return x.out
    if isinstance(x, np.ndarray) and x.dtype == object:  # what NumPy makes of a list of symbols
        x = x.tolist()
        return as_tensor_variable(x, name, ndim) if _holds_variable(x) else constant(x, name, ndim)
    if (
        isinstance(x, (list, tuple))
        and any(isinstance(v, (Variable, list, tuple)) for v in x)
        and _holds_variable(x)
    ):
        return as_tensor_variable(
            FUNCTIONS["stack"](list(map(as_tensor_variable, x))), ndim=ndim
        )
    if isinstance(x, TensorType) or callable(x):
        raise DTypeError(
            f"{quoted(x)} is a type or a function, not a variable.",
            fix='Call it to make a variable: T.dscalar("x").',
        )
    return constant(x, name, ndim)


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
