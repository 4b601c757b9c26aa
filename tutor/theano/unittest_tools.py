"""`theano.tests.unittest_tools`: what tests of other programs import to compare and to seed.

>>> seed_rng(3)
3
"""

from __future__ import annotations

from typing import Any

import numpy

from tutor.config import config
from tutor.gradient import verify_grad as _verify_grad
from tutor.theano.comparing import tolerance


def assert_allclose(expected: Any, value: Any, rtol: float | None = None,
                    atol: float | None = None) -> None:
    """An error unless the arrays, stretched to one shape, are as near as their dtypes let expect.

    >>> assert_allclose([[1.0, 1.0]], numpy.float32(1))
    """
    a, b = numpy.broadcast_arrays(expected, value)
    numpy.testing.assert_allclose(b, a, **tolerance(expected, value, rtol, atol))


def fetch_seed(pseed: int | None = None) -> int:
    """The seed of a test: `pseed`, or else the one in `config.unittests.rseed`."""
    seed = pseed if pseed is not None else config.unittests.rseed
    return int(numpy.random.default_rng().integers(1 << 30)) if seed == "random" else int(seed)


def seed_rng(pseed: int | None = None) -> int:
    """Seed NumPy's global generator and return the seed."""
    seed = fetch_seed(pseed)
    numpy.random.seed(seed)
    return seed


def verify_grad(op: Any, pt: Any, n_tests: int = 2, rng: Any = None, *args: Any, **kw: Any) -> None:
    """`theano.gradient.verify_grad` with a generator of the test's seed."""
    generator = rng if rng is not None else numpy.random.RandomState(fetch_seed())
    _verify_grad(op, pt, n_tests, generator, *args, **kw)
