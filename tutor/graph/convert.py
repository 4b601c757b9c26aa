"""Values become constants, and whatever a learner writes becomes a variable.

>>> as_tensor_variable(3).dtype
'int8'
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor import types
from tutor.errors import DTypeError, ShapeError, caller, shortened
from tutor.graph.nodes import Apply, Constant, Variable
from tutor.operators import quoted
from tutor.seams import seams
from tutor.signatures import answering
from tutor.types import TensorType, smallest_dtype


@answering
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


@answering
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
            raise no_tensor(x)
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
            seams.stack(list(map(as_tensor_variable, x))), ndim=ndim
        )
    if isinstance(x, TensorType):
        raise DTypeError(f"{x} is a type, not a variable.",
                         fix='Call it to make one: T.dscalar("x").')
    if callable(x):
        named = getattr(x, "__name__", None)
        raise DTypeError(f"{named or quoted(x)} is a function, not a variable.",
                         fix="Call it: T.exp(x), f(3.0).")
    return constant(x, name, ndim)


def no_tensor(v: Variable) -> DTypeError:
    """The error for a variable that is no tensor, as one that keeps a list."""
    made = (("written at", caller()), (f"{quoted(v, 40)} made at", v.origin))
    place = getattr(v, "container", None)
    if place is None:
        return DTypeError(f"{quoted(v)} is {v.type}, and no tensor.", where=made,
                          fix="Use a tensor variable.")
    held = types.describe(place.value)
    array = f"numpy.array({place.value!r})" if isinstance(place.value, (list, tuple)) else "0.0"
    return DTypeError(f"a shared variable keeps {held} as it is: that is no tensor.", where=made,
                      fix=f"Make it of a number or an array: shared({shortened(array, 80)}).")


def _with_ndim(value: Variable, ndim: int) -> Variable:
    if value.ndim > ndim:
        raise ShapeError(
            f"{value} has {value.ndim} dimensions, more than {ndim}.", fix="Use reshape or flatten."
        )
    return value.dimshuffle(["x"] * (ndim - value.ndim) + list(range(value.ndim)))


def _holds_variable(value: Any) -> bool:
    return isinstance(value, Variable) or (
        isinstance(value, (list, tuple)) and any(map(_holds_variable, value))
    )
