"""The generator MRG31k3p on plain arrays: many streams at once, a row of six integers each.

Source: P. L'Ecuyer, R. Touzin, "Fast combined multiple recursive generators with multipliers of the
form a = ±2^q ±2^r", Winter Simulation Conference 2000; streams 2^72 numbers apart: L'Ecuyer,
Simard, Chen, Kelton, "An object-oriented random-number package", Operations Research 50, 2002.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError, ShapeError

M1, M2 = 2**31 - 1, 2**31 - 21069
# x_n = 2^22 x_{n-2} + (2^7 + 1) x_{n-3} mod M1;  y_n = 2^15 y_{n-1} + (2^15 + 1) y_{n-3} mod M2
STEP1 = ((0, 2**22, 2**7 + 1), (1, 0, 0), (0, 1, 0))
STEP2 = ((2**15, 0, 2**15 + 1), (1, 0, 0), (0, 1, 0))
Matrix = tuple[tuple[int, ...], ...]


def product(a: Matrix, b: Matrix, m: int) -> Matrix:
    """The product of two matrices modulo m, in exact arithmetic."""
    columns = list(zip(*b, strict=True))
    return tuple(tuple(sum(map(int.__mul__, row, c)) % m for c in columns) for row in a)


@cache
def leap(power: int) -> tuple[Matrix, Matrix]:
    """The matrices that carry both components 2**power numbers on.

    >>> leap(1)[0] == product(STEP1, STEP1, M1)
    True
    """
    if power == 0:
        return STEP1, STEP2
    a, b = leap(power - 1)
    return product(a, a, M1), product(b, b, M2)


def leapt(states: Any, power: int) -> Any:
    """Each row of states 2**power numbers on."""
    parts = []
    for half, matrix, m in zip((states[:, :3], states[:, 3:]), leap(power), (M1, M2), strict=True):
        terms = (half.astype(np.int64)[:, None, :] * np.array(matrix, np.int64)) % m
        parts.append(terms.sum(axis=2) % m)
    return np.concatenate(parts, axis=1).astype(np.int32)


def streams_from(state: Any, n: int) -> Any:
    """n states, each 2**72 numbers behind the one before; found by doubling their number."""
    states = np.asarray(state, np.int32).reshape(1, 6)
    power = 72
    while len(states) < n:
        states = np.concatenate([states, leapt(states, power)])
        power += 1
    return states[:n].copy()


def next_numbers(states: Any) -> Any:
    """Move every row of int64 states on by one, in place; the next integer of each row."""
    _, x2, x3, y1, _, y3 = states.T
    x = ((x2 & 511) << 22) + (x2 >> 9) + ((x3 & 0xFFFFFF) << 7) + (x3 >> 24)
    x = less(less(x, M1) + x3, M1)
    y = less(((y1 & 0xFFFF) << 15) + 21069 * (y1 >> 16), M2)
    z = less(((y3 & 0xFFFF) << 15) + 21069 * (y3 >> 16), M2)
    z = less(less(z + y3, M2) + y, M2)
    states[:, 1:3], states[:, 4:6] = states[:, 0:2].copy(), states[:, 3:5].copy()
    states[:, 0], states[:, 3] = x, z
    return np.where(x <= z, x - z + M1, x - z)


def less(x: Any, m: int) -> Any:
    """x, less m where it is not below it."""
    return x - m * (x >= m)


def mrg_draw(states: Any, shape: Any, dtype: str) -> tuple[Any, Any]:
    """(the next states, numbers between 0 and 1): number i comes from stream i, round and round."""
    shape = tuple([int(n) for n in shape])
    n, rows = int(np.prod(shape)), len(states)
    if n > M1:
        raise ShapeError(f"{n} numbers are more than one draw can give.", fix="Draw in parts.")
    new = states.astype(np.int64)
    whole, rest = divmod(n, rows)
    drawn = [next_numbers(new) for _ in range(whole)]
    drawn += [next_numbers(new[:rest])] if rest else []
    numbers = np.concatenate(drawn) if drawn else np.empty(0, np.int64)
    kind = np.float32 if dtype == "float16" else np.dtype(dtype).type
    values = numbers.astype(kind) * kind(4.656612873077392578125e-10 if dtype == "float64"
                                         else 4.6566126e-10)
    return new.astype(np.int32), values.astype(dtype, copy=False).reshape(shape)


def counted(chances: Any, draws: Any, n: int, dtype: str) -> Any:
    """How often each outcome of each row came in n trials, by numbers between 0 and 1."""
    found, rows = np.zeros(chances.shape, dtype), np.arange(len(chances))
    below = chances.cumsum(axis=1, dtype="float64")
    for draw in trials(chances, draws, n):
        place = (below <= draw[:, None]).sum(axis=1)
        some = place < chances.shape[1]
        found[rows[some], place[some]] += 1
    return found


def chosen_of(chances: Any, draws: Any, n: int, dtype: str) -> Any:
    """n different outcomes of each row, by numbers between 0 and 1."""
    if n > chances.shape[1]:
        raise BadValueError(f"{n} different ones of {chances.shape[1]} cannot be had.",
                            fix="Choose fewer.")
    left, rows = chances.copy(), np.arange(len(chances))
    found = np.full((len(chances), n), -1, dtype)
    for i, draw in enumerate(trials(chances, draws, n)):
        place = (left.cumsum(axis=1, dtype="float64") <= draw[:, None]).sum(axis=1)
        some = place < left.shape[1]
        found[some, i] = place[some]
        left[rows[some], place[some]] = 0
        # The sum in order, number by number, as Theano rounds it.
        left[some] /= left[some].cumsum(axis=1)[:, -1:]
    return found


def trials(chances: Any, draws: Any, n: int) -> Any:
    """The numbers of each trial: one a row of chances."""
    n = int(n)  # a small integer cannot be multiplied with a large one
    if len(draws) != len(chances) * n:
        raise ShapeError(f"{len(draws)} numbers for {n} trials of {len(chances)} rows.",
                         fix="Pass one for each.")
    return draws.reshape(n, len(chances))
