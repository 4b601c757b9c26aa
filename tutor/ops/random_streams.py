"""`RandomStreams`: random variables that draw anew at every call, their states in shared variables.

Comes after the draws. The numbers are Theano's: each variable has a `numpy.random.RandomState`,
seeded by one that was seeded with the number given.
>>> import tutor
>>> f = tutor.function([], RandomStreams(seed=234).uniform((2,)))
>>> f(), f()
(array([0.12672381, 0.97091597]), array([0.13989098, 0.88754825]))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.core.arrays import shape
from tutor.core.errors import BadValueError
from tutor.core.graph import Variable, quoted
from tutor.core.shared import SharedVariable
from tutor.ops import random
from tutor.ops.shared import shared
from tutor.ops.sorting import take_along_axis
from tutor.signatures import answering

SEEDS = 2**30  # the seeds of the streams lie below it


class RandomStreams:
    """Makes random variables. A function that uses one draws once a call, then moves it on.

    Each variable has its state in the shared variable `v.rng`, whose update is `v.update`.
    `state_updates` lists these of all variables, in the order in which they were made.

    >>> RandomStreams(3).uniform((2,)).eval()
    array([0.32425445, 0.65706762])
    """

    @answering
    def __init__(self, seed: int | None = None) -> None:
        self.state_updates: list[tuple[SharedVariable, Variable]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = seeded(seed)

    def updates(self) -> list[tuple[SharedVariable, Variable]]:
        """The updates of all variables made so far, for `function(updates=)`."""
        return list(self.state_updates)

    def seed(self, seed: int | None = None) -> None:
        """Start all variables anew, as if made with this seed (None: the one it was made with)."""
        seeds = seeded(self.default_instance_seed if seed is None else seed)
        for state, _ in self.state_updates:
            state.set_value(np.random.RandomState(int(seeds.randint(SEEDS))), borrow=True)

    def __getitem__(self, rng: SharedVariable) -> Any:
        """The state itself of a variable: `streams[v.rng]`."""
        return rng.get_value(borrow=True)

    def __setitem__(self, rng: SharedVariable, state: Any) -> None:
        rng.set_value(state, borrow=True)

    def gen(self, op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A random variable of the distribution `op`: a function of (state, …) to (state, draw)."""
        rng = shared(np.random.RandomState(int(self.gen_seedgen.randint(SEEDS))), borrow=True)
        rng.tag.is_rng = True
        new, out = op(rng, *args, **kwargs)
        out.rng, out.update = rng, (rng, new)
        self.state_updates.append((rng, new))
        rng.default_update = new
        return out

    def uniform(self, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None,
                dtype: str | None = None) -> Any:
        """Numbers spread evenly from low up to high."""
        return self.gen(random.uniform, size, low, high, ndim=ndim, dtype=dtype)

    def normal(self, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None,
               dtype: str | None = None) -> Any:
        """Numbers of a normal distribution around avg, with standard deviation std."""
        return self.gen(random.normal, size, avg, std, ndim=ndim, dtype=dtype)

    def binomial(self, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: int | None = None,
                 dtype: str = "int64", prob: Any = None) -> Any:
        """How often of n times something of chance p happened."""
        return self.gen(random.binomial, size, n, p if prob is None else prob, ndim=ndim,
                        dtype=dtype)

    def random_integers(self, size: Any = None, low: Any = 0, high: Any = 1,
                        ndim: int | None = None, dtype: str = "int64") -> Any:
        """Integers from low up to high, high included."""
        return self.gen(random.random_integers, size, low, high, ndim=ndim, dtype=dtype)

    def choice(self, size: Any = None, a: Any = 2, replace: Any = True, p: Any = None,
               ndim: int | None = None, dtype: str = "int64") -> Any:
        """Elements of a vector a, or of 0 … a-1, each with its chance in p."""
        return self.gen(random.choice, size, a, replace, p, ndim=ndim, dtype=dtype)

    def poisson(self, size: Any = None, lam: Any = 1.0, ndim: int | None = None,
                dtype: str = "int64") -> Any:
        """Counts of events of which lam are expected."""
        return self.gen(random.poisson, size, lam, ndim=ndim, dtype=dtype)

    def permutation(self, size: Any = None, n: Any = 1, ndim: int | None = None,
                    dtype: str = "int64") -> Any:
        """Permutations of 0 … n-1, along a new last dimension."""
        return self.gen(random.permutation, size, n, ndim=ndim, dtype=dtype)

    def multinomial(self, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5),
                    ndim: int | None = None, dtype: str = "int64") -> Any:
        """How often each outcome came in n trials; a row of pvals is a distribution."""
        return self.gen(random.multinomial, size, n, pvals, ndim=ndim, dtype=dtype)

    def shuffle_row_elements(self, input: Variable) -> Any:
        """The variable with the elements of every row (along the last dimension) shuffled.

        The random variable behind it is the attribute `permutation` of the result.
        """
        rows = shape(input)
        order = self.permutation(size=rows[:-1], n=rows[-1], ndim=input.ndim - 1)
        shuffled: Any = permute_rows(input, order)
        shuffled.permutation = order
        return shuffled


def seeded(seed: Any) -> np.random.RandomState:
    """A generator that starts at a seed: a whole number, several of them, or None for any."""
    try:
        return np.random.RandomState(seed)
    except (TypeError, ValueError):
        raise BadValueError(
            f"a seed is a whole number from 0 to 2**32 - 1, and it is {quoted(seed)}.",
            fix="Write RandomStreams(seed=234).") from None


def permute_rows(x: Variable, order: Variable) -> Variable:
    """Each row of x (along the last dimension) in the order that the same row of `order` says."""
    return take_along_axis(x, order, -1)
