"""`theano.tensor.type`: `TensorType`, and when two values count as equal."""

from typing import Any

import numpy as np

from tutor.types import TensorType

TOLERANCES = {"float16": 5e-3, "float32": 1e-5, "complex64": 1e-5}


def values_eq_approx(a: Any, b: Any, allow_remove_inf: bool = False, allow_remove_nan: bool = False,
                     rtol: float | None = None, atol: float | None = None) -> bool:
    """Whether two arrays have one dtype, one shape, and values close to each other.

    >>> values_eq_approx(np.float64(1), np.float64(1 + 1e-9)), values_eq_approx(1, 1.0)
    (True, False)
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    near = TOLERANCES.get(a.dtype.name, 1e-8)
    fine = np.isclose(a, b, near if rtol is None else rtol, near if atol is None else atol,
                      equal_nan=True)
    if allow_remove_inf:
        fine |= np.isinf(a) | np.isinf(b)
    if allow_remove_nan:
        fine |= np.isnan(a) | np.isnan(b)
    return bool(fine.all())


def values_eq_approx_remove_inf(a: Any, b: Any) -> bool:
    """`values_eq_approx`, where an infinity counts as equal to anything."""
    return values_eq_approx(a, b, True)


def values_eq_approx_remove_nan(a: Any, b: Any) -> bool:
    """`values_eq_approx`, where nan counts as equal to anything."""
    return values_eq_approx(a, b, False, True)


def values_eq_approx_remove_inf_nan(a: Any, b: Any) -> bool:
    """`values_eq_approx`, where infinities and nan count as equal to anything."""
    return values_eq_approx(a, b, True, True)


__all__ = ["TensorType", "values_eq_approx", "values_eq_approx_remove_inf",
           "values_eq_approx_remove_inf_nan", "values_eq_approx_remove_nan"]
