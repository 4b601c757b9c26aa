"""Draws from a `numpy.random.RandomState`, with the numbers Theano gives for the same state.

Plain arrays in, (state, array) out. NumPy's own methods draw most of them; those here add what it
has no single call for: parameters that are arrays, several permutations at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from ctypes import memmove, string_at
from functools import cache, partial
from struct import pack
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError, ShapeError

Draw = Callable[..., Any]


def draw(state: Any, shape: Any, parameters: Sequence[Any], how: str | Draw, dtype: str, ndim: int,
         added: int = 0, inplace: bool = False) -> tuple[Any, Any]:
    """The state after the draw, and the numbers.

    `how` is a method of RandomState, or a function of (state, parameters …, shape). An empty
    `shape` leaves it to the parameters; `added` dimensions come behind those of the shape. The
    state that came in stays as it is, unless `inplace`.
    """
    size = None if len(shape) == 0 else tuple([int(n) for n in shape])
    if size is not None and ndim != len(size) + added:
        raise ShapeError(f"a draw of {ndim} dimensions got the shape {size}.", fix=f"Give "
                         f"{ndim - added} sizes, or say how many there are with ndim=.")
    state = state if inplace else twin(state)
    method = DRAWS.get(how, how) if isinstance(how, str) else how
    if isinstance(method, str):
        method = getattr(np.random.RandomState, method)
    drawn = method(state, *[np.asarray(p) for p in parameters], size)
    value = np.asarray(drawn).astype(dtype, copy=False)
    if size is None and value.ndim == 0:
        value = value.reshape((1,) * ndim)
    if value.ndim != ndim or (size is not None and value.shape[: ndim - added] != size):
        raise ShapeError(f"a draw of {ndim} dimensions and shape {size} gave the shape "
                         f"{value.shape}.", fix="Check the shapes of its parameters.")
    return state, value


def twin(state: Any) -> Any:
    """A copy of a state (`copy.copy` shares the generator, and `deepcopy` seeds it once more)."""
    new = np.random.RandomState(0)
    new.set_state(state.get_state())
    return new


def noted(state: Any) -> Callable[[], Any]:
    """What brings a state back to what it is now, noted in a hundredth of the time of `get_state`.

    >>> state = np.random.RandomState(3)
    >>> back = noted(state)
    >>> first = state.normal(); back(); first == state.normal()
    True
    """
    generator, kept = getattr(state, "_bit_generator", None), kept_at()
    if type(generator) is not np.random.MT19937 or type(state) is not np.random.RandomState or (
            kept is None):
        return partial(state.set_state, state.get_state(legacy=False))
    numbers, normal = generator.ctypes.state_address, id(state) + kept
    with generator.lock:
        known = string_at(numbers, NUMBERS), string_at(normal, KEPT)
    return partial(_put, state, (numbers, normal), known)


def _put(state: Any, places: Sequence[int], known: Sequence[bytes]) -> None:
    for place, part in zip(places, known, strict=True):
        memmove(place, part, len(part))


NUMBERS = 625 * 4  # bytes: the numbers of MT19937, and the place among them
KEPT = 16  # bytes: whether a normal number is kept for the next call, and that number


@cache
def kept_at() -> int | None:
    """Where in a `RandomState` the normal number is that it keeps; None where it is not found."""
    if sys.implementation.name != "cpython":
        return None
    state, found = np.random.RandomState(0), set[int]()
    for has, number in ((1, 0.123456789), (0, 9.87654321)):
        known: Any = state.get_state()
        state.set_state((*known[:3], has, number))
        memory = string_at(id(state), np.random.RandomState.__basicsize__)
        place = memory.find(pack("d", number)) - 8
        found.add(place if place > 0 and memory[place : place + 4] == pack("i", has) else -1)
    return found.pop() if len(found) == 1 and found != {-1} else None


def rows_of(v: Any, ndim: int, what: str) -> Any:
    """A parameter with leading dimensions of size 1, so that it has `ndim`."""
    if v.ndim > ndim:
        raise ShapeError(f"{what} has {v.ndim} dimensions, more than the {ndim} of the size.",
                         fix="Pass a size with as many dimensions as the parameters have.")
    return v.reshape((1,) * (ndim - v.ndim) + v.shape)


def random_integers(state: Any, low: Any, high: Any, size: Any) -> Any:
    """Integers from low up to high, high included."""
    return state.randint(low, high.astype(np.int64) + 1, size, dtype=np.int64)


def choice(state: Any, a: Any, replace: Any, p: Any, size: Any) -> Any:
    """Elements of a (of 0 … a-1 for a number), with these chances unless p is empty."""
    if a.ndim > 1 or p.ndim != 1:
        raise ShapeError(f"choice from shape {a.shape} with chances of shape {p.shape}.",
                         fix="Pass a number or a vector, and a vector of chances.")
    return state.choice(a if a.ndim else int(a), size, bool(replace), p if p.size else None)


def permutation(state: Any, n: Any, size: Any) -> Any:
    """A permutation of 0 … n-1 for each place of the size."""
    size, n = size or (), int(n)
    out = np.empty((*size, n), np.int64)
    for place in np.ndindex(*size):
        out[place] = state.permutation(n)
    return out


def multinomial(state: Any, n: Any, chances: Any, size: Any) -> Any:
    """How often each outcome came in n trials, for each row of chances."""
    ndim = max(n.ndim, chances.ndim - 1) if size is None else len(size)
    n, chances = rows_of(n, ndim, "n"), rows_of(chances, ndim + 1, "pvals")
    if size is None:
        size = tuple(map(max, n.shape, chances.shape[:-1]))
    if chances.size and chances.min() < 0:
        raise BadValueError("a chance is negative.", fix="Each is from 0 to 1.")
    if n.size == 1 and chances.size == chances.shape[-1]:
        return state.multinomial(n.item(), trimmed(chances.reshape(-1)), size)
    trials = np.broadcast_to(n, size)
    rows = np.broadcast_to(chances, (*size, chances.shape[-1]))
    out = np.empty(rows.shape, np.int64)
    for place in np.ndindex(*size):
        out[place] = state.multinomial(trials[place], trimmed(rows[place]))
    return out


def trimmed(chances: Any) -> Any:
    """A row of chances, a little less where rounding could make their sum exceed 1.

    NumPy refuses a sum above 1; Theano takes off 5e-5 of each, and the numbers depend on it.
    """
    total = np.sum(chances)
    if 1.0 < total < 1.0 + 1e-5 or chances[-1] < 5e-5:
        chances = chances * (1.0 - 5e-5)
        total = np.sum(chances)
    if total > 1.0:
        raise BadValueError(f"the chances sum to {total}.", fix="Divide them by their sum.")
    return chances.astype("float64")


DRAWS: dict[str, Draw] = {"random_integers": random_integers, "choice": choice,
                          "permutation": permutation, "multinomial": multinomial}
