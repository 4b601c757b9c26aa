"""`MRG_RandomStreams`: random variables by the generator MRG31k3p, with the numbers of Theano.

Comes after `RandomStreams`, whose interface it has. A variable draws in turn from many streams.

>>> import tutor
>>> f = tutor.function([], MRG_RandomStreams(seed=234).uniform((2,)))
>>> f(), f()
(array([0.44990408, 0.30624682]), array([0.44760831, 0.07801635]))
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

import tutor.tensor as T
from tutor.config import config
from tutor.core.errors import BadValueError, NotHereError, ShapeError
from tutor.core.graph import Constant, Variable, as_tensor_variable, constant, quoted
from tutor.core.op import Row
from tutor.core.types import TensorType, promote
from tutor.core.variables import SharedVariable
from tutor.ops.random import sizes_of
from tutor.ops.shared import shared
from tutor.theano.mrg_kernels import M1, M2, chosen_of, counted, leapt, mrg_draw, streams_from

MOST_STREAMS = 60 * 256


class MRGUniform(Row):
    """Numbers between 0 and 1 by MRG31k3p, and the next states: of (states, shape)."""

    outtype: Any
    draws, takes_numbers, wrt, calls = True, True, (), (mrg_draw,)
    name, numpy = "mrg_uniform", "mrg_draw({all}, {outtype.dtype!r})"

    def types(self, states: Variable, shape: Variable) -> list[Any]:
        return [states.type, self.outtype]


class FromUniform(Row):
    """Outcomes with given chances, by numbers between 0 and 1.

    The kernel gives how often each came in n trials, or n different ones.
    """

    kernel: Literal["counted", "chosen_of"]
    dtype: str
    takes_numbers, wrt, calls = True, (), (counted, chosen_of)
    name, numpy = "from_uniform", "{kernel}({all}, {dtype!r})"

    def operands(self, chances: Any, draws: Any, n: Any) -> list[Variable]:
        inputs = [as_tensor_variable(v) for v in (chances, draws, n)]
        if inputs[0].ndim != 2 or inputs[1].ndim != 1:
            raise ShapeError(f"the chances are a matrix, and {quoted(inputs[0])} is "
                             f"{inputs[0].type}.",
                             fix="One row a distribution.")
        return inputs

    def types(self, chances: Variable, *rest: Variable) -> TensorType:
        counts = self.kernel == "counted"
        return TensorType(self.dtype, chances.broadcastable if counts else (False, False))


def guess_n_streams(size: Any, warn: bool = False) -> int:
    """How many streams a variable of this size draws from: a sixth of its numbers, at most 15360.

    >>> guess_n_streams((20, 30)), guess_n_streams((5,))
    (100, 5)
    """
    if not isinstance(size, (tuple, list)) or not all(isinstance(n, int) for n in size):
        return MOST_STREAMS
    total = int(np.prod(size))
    return min(total // 6 if total > 6 else total, MOST_STREAMS)


class MRG_RandomStreams:  # noqa: N801 - Theano's name
    """Makes random variables; see `RandomStreams`. The seed is a number, or six of them.

    Not all distributions are here: what is missing says so.
    """

    def __init__(self, seed: Any = 12345) -> None:
        self.state_updates: list[tuple[SharedVariable, Variable, Any, int | None]] = []
        self.default_instance_seed = seed
        self.set_rstate(seed)

    def updates(self) -> list[tuple[SharedVariable, Variable, Any, int | None]]:
        """The updates of all variables made so far (with their size and number of streams)."""
        return list(self.state_updates)

    def set_rstate(self, seed: Any) -> None:
        """Let the next variable start from this seed."""
        six = [seed] * 6 if isinstance(seed, (int, np.integer)) else list(seed)
        if len(six) != 6:
            raise TypeError("a seed is one number, or six")
        below = [M2] * 6 if seed is six[0] else [M1] * 3 + [M2] * 3
        if not any(six[:3]) or not any(six[3:]) or any(s >= m for s, m in zip(six, below)):  # noqa: B905
            raise BadValueError(f"the seed {seed!r} does not do.", fix=f"Choose 1 to {M2 - 1}.")
        self.rstate = np.array(six, np.int32)

    def seed(self, seed: Any = None) -> None:
        """Start all variables anew, as if made with this seed (None: the one it was made with)."""
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for rng, _, size, n in self.state_updates:
            states = self.get_substream_rstates(self.n_streams(size) if n is None else n)
            rng.set_value(states, borrow=True)

    def inc_rstate(self) -> None:
        """Go to where the next variable starts, 2**134 numbers on."""
        self.rstate = leapt(self.rstate.reshape(1, 6), 134)[0]

    def get_substream_rstates(self, n_streams: int, dtype: str = "", inc_rstate: bool = True
                              ) -> Any:
        """The states of so many streams, one a row; the next variable starts behind them all."""
        states = streams_from(self.rstate, n_streams)
        if inc_rstate:
            self.inc_rstate()
        return states

    def n_streams(self, size: Any) -> int:
        """How many streams a variable of this size draws from."""
        return guess_n_streams(size)

    def uniform(self, size: Any, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None,
                dtype: str | None = None, nstreams: int | None = None, target: Any = None) -> Any:
        """Numbers spread evenly between low and high."""
        low, high = as_tensor_variable(low), as_tensor_variable(high)
        dtype = promote(config.floatX, low.dtype, high.dtype) if dtype is None else dtype
        low, high = T.cast(low, dtype), T.cast(high, dtype)
        shape, pattern = sizes_of(positive(size), ndim)
        states = self.get_substream_rstates(self.n_streams(size) if nstreams is None else nstreams)
        rng = shared(states, borrow=True)
        rng.tag.is_rng = True
        new, u = MRGUniform(TensorType(dtype, pattern))(rng, shape)
        u.rstate, u.update = rng, (rng, new)
        self.state_updates.append((rng, new, size, nstreams))
        rng.default_update = new
        r: Variable = u * (high - low) + low
        if r.broadcastable != u.broadcastable:
            raise ShapeError("low or high stretch what is drawn.", fix="Draw a larger size.")
        return r

    def binomial(self, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: int | None = None,
                 dtype: str = "int64", nstreams: int | None = None, **options: Any) -> Any:
        """1 where something of chance p happened, else 0 (n is 1)."""
        if n != 1:
            raise NotHereError("MRG_RandomStreams.binomial is for n=1.",
                               fix="RandomStreams has it for any n.")
        u = self.uniform(size=size, ndim=ndim, nstreams=nstreams, **options)
        return T.cast(u < held(p, "the chance of an event", 0, 1), dtype)

    def multinomial(self, size: Any = None, n: Any = 1, pvals: Any = None,
                    ndim: int | None = None, dtype: str = "int64", nstreams: int | None = None,
                    **options: Any) -> Any:
        """How often each outcome came in n trials, for each row of chances in the matrix pvals."""
        if pvals is None:
            raise TypeError("multinomial needs pvals")
        if size is not None or ndim is not None:
            raise BadValueError("multinomial goes by the rows of pvals.",
                                fix="Leave out size and ndim.")
        return self._by_chances("counted", n, pvals, dtype, nstreams, options)

    def choice(self, size: Any = 1, a: Any = None, replace: bool = True, p: Any = None,
               ndim: int | None = None, dtype: str = "int64", nstreams: int | None = None,
               **options: Any) -> Any:
        """`size` different outcomes for each row of chances in the matrix p (`replace=False`)."""
        if replace or a is not None or p is None:
            raise NotHereError("MRG_RandomStreams.choice is for replace=False, a=None and given p.",
                               fix="RandomStreams has the rest.")
        return self._by_chances("chosen_of", size, p, dtype, nstreams, options)

    def multinomial_wo_replacement(self, size: Any = None, n: Any = 1, pvals: Any = None,
                                   ndim: int | None = None, dtype: str = "int64",
                                   nstreams: int | None = None, **options: Any) -> Any:
        """The older name of `choice`."""
        return self.choice(n, None, False, pvals, ndim, dtype, nstreams, **options)

    def _by_chances(self, kernel: Any, n: Any, chances: Any, dtype: str,
                    nstreams: int | None, options: dict[str, Any]) -> Any:
        chances = as_tensor_variable(held(chances, "the chance of an event", 0, 1))
        op = FromUniform(kernel, chances.dtype if dtype == "auto" else dtype)
        size = T.shape(chances)[:1] * n
        return op(chances, self.uniform(size, ndim=1, nstreams=nstreams, **options), n)

    def normal(self, size: Any, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None,
               dtype: str | None = None, nstreams: int | None = None, truncate: bool = False,
               **options: Any) -> Any:
        """Numbers of a normal distribution, by the Box-Muller transform.

        With `truncate` none lies further than two standard deviations from avg.
        """
        avg, std = map(as_tensor_variable, (avg, held(std, "a standard deviation", 0, np.inf)))
        dtype = promote(config.floatX, avg.dtype, std.dtype) if dtype is None else dtype
        size = size if isinstance(size, (tuple, list, Variable, np.ndarray)) else (size,)
        size = (size,) if getattr(size, "ndim", 1) == 0 else size
        shape, pattern = sizes_of(positive(size), ndim)
        n = T.prod(shape)
        even = n + T.mod(n, 2)
        options = {"ndim": 1, "dtype": dtype, "nstreams": nstreams, **options}
        numbers = box_muller(self.uniform((even,), **options), T.int_div(even, 2), truncate,
                             lambda n, low: self.uniform((n,), low=low, **options))
        draws = T.reshape(numbers[:n], shape, ndim=len(pattern))
        draws = T.patternbroadcast(draws, pattern)
        return draws * T.cast(std, dtype) + T.cast(avg, dtype)

    def truncated_normal(self, size: Any, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None,
                         dtype: str | None = None, nstreams: int | None = None, **options: Any
                         ) -> Any:
        """`normal` cut at two standard deviations, of which `std` is the deviation that results."""
        return self.normal(size, avg, std / constant(0.87962566103423978), ndim, dtype, nstreams,
                           True, **options)


def held(value: Any, what: str, least: float, most: float) -> Any:
    """A parameter of a draw as it is; an error where its numbers are known, and one is outside."""
    v = as_tensor_variable(value)
    if isinstance(v, Constant) and not np.all((v.data >= least) & (v.data <= most)):
        raise BadValueError(f"{what} cannot be {quoted(value)}.",
                            fix=f"Pass numbers from {least} to {most}.")
    return value


def positive(size: Any) -> Any:
    """A size of a draw, as it is; none of its numbers is 0 or less."""
    given = size if isinstance(size, (tuple, list, np.ndarray)) else ()
    if any(isinstance(n, (int, np.integer)) and n <= 0 for n in given):
        raise BadValueError(f"a size in {size!r} is not above 0.", fix="Sizes are 1, 2, 3, …")
    return size


def box_muller(u: Variable, half: Variable, truncate: bool, more: Any) -> Variable:
    """As many normal numbers as even ones; with `truncate` those beyond 2 are drawn again."""

    def radius(u: Variable) -> Variable:
        return T.sqrt(T.log(u) * -2.0)

    r, angle = radius(u[:half]), constant(2 * np.pi, dtype=u.dtype) * u[half:]
    parts = [(r * turn, turn) for turn in (T.cos(angle), T.sin(angle))]
    if not truncate:
        return T.join(0, *[z for z, _ in parts])
    beyond = [T.or_(z < -2.0, z > 2.0) for z, _ in parts]
    places = [T.nonzero(b)[0] for b in beyond]
    counts = [T.shape(p)[0] for p in places]
    again = radius(more(counts[0] + counts[1], T.exp(constant(-2.0, dtype=u.dtype))))
    fixed = [again[: counts[0]] * parts[0][1][places[0]],
             again[counts[0] :] * parts[1][1][places[1]]]
    kept = [z[T.nonzero(T.invert(b))[0]] for (z, _), b in zip(parts, beyond, strict=True)]
    return T.join(0, kept[0], fixed[0], kept[1], fixed[1])
