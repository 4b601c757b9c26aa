"""Values compared as their types do it: `x.type.values_eq(a, b)`, and nearly so; and what tests of
other programs import from `theano.tests.unittest_tools` to compare and to seed.

>>> near_arrays(np.ones(1), np.ones(1) + 1e-9)
True
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.config import config
from tutor.gradient import verify_grad as _verify_grad

#: The absolute and the relative difference of values that count as nearly the same.
TOLERANCES = {"float16": (1e-3, 5e-3), "float32": (1e-5, 1e-5), "complex64": (1e-5, 1e-5)}


def equal(a: Any, b: Any) -> bool:
    """Return whether two values of any type are the same; of random states, all they hold."""
    if isinstance(a, np.random.RandomState) and isinstance(b, np.random.RandomState):
        held: list[Any] = [*zip(a.get_state(legacy=True), b.get_state(legacy=True), strict=True)]
        return all(np.array_equal(x, y) for x, y in held)
    return bool(a == b)


def equal_arrays(a: Any, b: Any, force_same_dtype: bool = True) -> bool:
    """Return whether two arrays are the same, NaN where NaN is; of one dtype, if that is forced."""
    if force_same_dtype and a.dtype != b.dtype:
        return False
    return np.array_equal(a, b, equal_nan=np.result_type(a, b).kind in "fc")


def tolerance(a: Any, b: Any, rtol: float | None = None, atol: float | None = None
              ) -> dict[str, Any]:
    """The tolerances for two arrays: as much as the one of lower precision lets expect."""
    known = [TOLERANCES.get(np.asarray(v).dtype.name, (1e-8, 1e-5)) for v in (a, b)]
    widest = max(known)
    return {"atol": widest[0] if atol is None else atol,
            "rtol": widest[1] if rtol is None else rtol}


def all_near(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """`numpy.allclose` with the tolerance that the dtypes let expect."""
    return np.allclose(a, b, **tolerance(a, b, rtol, atol))


def near_arrays(a: Any, b: Any, allow_remove_inf: bool = False, allow_remove_nan: bool = False,
                rtol: float | None = None, atol: float | None = None) -> bool:
    """Return whether two arrays of one dtype and shape are nearly the same, NaN where NaN is.

    With `allow_remove_nan` (or `_inf`) a NaN (or infinity) of a may be a number in b.
    """
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return False
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind not in "fc":
        return np.array_equal(a, b)
    near = np.isclose(a, b, equal_nan=True, **tolerance(a, b, rtol, atol))
    if allow_remove_nan:
        near |= np.isnan(a)
    if allow_remove_inf:
        near |= np.isinf(a)
    return bool(near.all())


def assert_allclose(expected: Any, value: Any, rtol: float | None = None,
                    atol: float | None = None) -> None:
    """An error unless the arrays, stretched to one shape, are as near as their dtypes let expect.

    >>> assert_allclose([[1.0, 1.0]], np.float32(1))
    """
    a, b = np.broadcast_arrays(expected, value)
    np.testing.assert_allclose(b, a, **tolerance(expected, value, rtol, atol))


def fetch_seed(pseed: int | None = None) -> int:
    """The seed of a test: `pseed`, or else the one in `config.unittests.rseed`."""
    seed = pseed if pseed is not None else config.unittests.rseed
    return int(np.random.default_rng().integers(1 << 30)) if seed == "random" else int(seed)


def seed_rng(pseed: int | None = None) -> int:
    """Seed NumPy's global generator and return the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)
    return seed


def verify_grad(op: Any, pt: Any, n_tests: int = 2, rng: Any = None, *args: Any, **kw: Any) -> None:
    """`theano.gradient.verify_grad` with a generator of the test's seed."""
    generator = rng if rng is not None else np.random.RandomState(fetch_seed())
    _verify_grad(op, pt, n_tests, generator, *args, **kw)
