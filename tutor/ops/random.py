"""Random draws: expressions of a random state, and `RandomStreams`, which keeps the states.

Each draw takes a state and gives the next state and the numbers, which are those of Theano.

>>> import tutor
>>> f = tutor.function([], RandomStreams(seed=234).uniform((2,)))
>>> f(), f()
(array([0.12672381, 0.97091597]), array([0.13989098, 0.88754825]))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import numpy as np

from tutor.config import config
from tutor.core.arrays import shape
from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import cast
from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.core.graph import Apply, Constant, Variable, apply, as_tensor_variable, constant, quoted
from tutor.core.op import Row
from tutor.core.types import DISCRETE, TensorType, promote
from tutor.core.variables import SharedVariable
from tutor.core.walk import rebuild, toposort
from tutor.ops import constants
from tutor.ops.random_kernels import draw, twin
from tutor.ops.shape import shape_parts
from tutor.ops.shared import random_state_type, shared
from tutor.ops.sorting import take_along_axis
from tutor.ops.stacks import vector_length
from tutor.ops.undefined import NullType
from tutor.signatures import answering


class RandomFunction(Row):
    """Numbers drawn at random, and the state to draw the next ones from.

    (state, shape, parameters …) to (next state, numbers of the type `outtype`). `fn` names a method
    of `numpy.random.RandomState`, or is a function of (state, parameters …, shape). `ndim_added`
    dimensions come behind those of the shape. With `inplace` the state that came in is used up.
    """

    fn: str | Callable[..., Any]
    outtype: Any
    inplace: bool = False
    ndim_added: int = 0
    name, takes_numbers, calls = "draw", True, (draw,)
    draws = True  # every application counts: never computed twice, nor moved into or out of a loop

    @property
    def destroy_map(self) -> dict[int, list[int]]:  # type: ignore[override]
        """The state that is used up."""
        return {0: [0]} if self.inplace else {}

    def operands(self, r: Any, shape: Any, *parameters: Any) -> list[Variable]:
        if not isinstance(getattr(r, "type", None), type(random_state_type)):
            raise DTypeError(f"a draw starts from a random state, and {quoted(r)} is none.",
                             fix="Pass random_state_type() or shared(numpy.random.RandomState(1)).")
        sizes = cast(constants.as_tensor_variable(shape, ndim=1), "int64")
        return [r, sizes, *map(as_tensor_variable, parameters)]

    def types(self, r: Variable, *rest: Variable) -> list[Any]:
        return [r.type, self.outtype]

    def source(self, node: Apply, names: Sequence[str]) -> str | None:
        if not isinstance(self.fn, str):
            return None
        parameters = "".join(f"{name}, " for name in names[2:])
        how = [repr(self.fn), repr(self.outtype.dtype), str(self.outtype.ndim)]
        if self.inplace or self.ndim_added:
            how += [str(self.ndim_added), str(self.inplace)]
        return f"draw({names[0]}, {names[1]}, ({parameters}), {', '.join(how)})"

    def perform(self, node: Apply, values: Sequence[Any], storage: list[list[Any]]) -> None:
        """Draw; see `random_kernels.draw`."""
        out = self.outtype
        storage[0][0], storage[1][0] = draw(values[0], values[1], values[2:], self.fn, out.dtype,
                                            out.ndim, self.ndim_added, self.inplace)

    def label(self, node: Apply | None) -> str:
        return self.fn if isinstance(self.fn, str) else self.fn.__name__

    def __str__(self) -> str:
        return f"RandomFunction{{{self.label(None)}}}"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        why = f"what is drawn by {self} does not follow from its parameters smoothly."
        return [None, None, *[None if v.dtype in DISCRETE else NullType(why)() for v in inputs[2:]]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False, i > 1] for i in range(len(node.inputs))]


class TwinState(Row):
    """A copy of a random state."""

    name, numpy, calls = "twin", "twin({0})", (twin,)


def drawn_in_place(outputs: Sequence[Variable], updated: Iterable[Variable]) -> list[Variable]:
    """The outputs with draws that use up a state nobody reads again: a copy costs more than a draw.

    That is a state between two draws, or one of `updated`: variables whose values are replaced
    when the outputs are there. No two outputs are the same state.
    """
    updated = set(updated)
    if not any(v.type is random_state_type for v in [*updated, *outputs]):
        return list(outputs)
    nodes = toposort(outputs)
    readers = Counter([*outputs, *[v for node in nodes for v in node.inputs]])

    def make(node: Apply, inputs: list[Variable]) -> Sequence[Variable] | None:
        op: Any = node.op
        if not isinstance(op, RandomFunction):
            return None
        state = node.inputs[0]
        own = readers[state] == 1 and (state.owner is not None or state in updated)
        op = RandomFunction(op.fn, op.outtype, own, op.ndim_added)
        return apply(op, inputs, *[v.type for v in node.outputs]).outputs

    found = rebuild(outputs, {}, make)
    for i, v in enumerate(found):
        if v.type is random_state_type and (v.owner is None or v in found[:i]):
            found[i] = TwinState()(v)
    return found


def drawn_as_they_are(outputs: Sequence[Variable]) -> list[Variable]:
    """The states that are no results of nodes and are used up."""
    return [node.inputs[0] for node in toposort(outputs) if node.inputs
            and isinstance(node.op, RandomFunction) and node.op.inplace
            and node.inputs[0].owner is None]


def sizes_of(size: Any, ndim: int | None, *parameters: Variable
             ) -> tuple[Variable, tuple[bool, ...]]:
    """The shape of a draw as an int64 vector, and its broadcast pattern.

    `size` is None (the parameters decide), a tuple of numbers and symbols, in which -1 stands for
    the size the parameters have there, or a symbolic vector, of `ndim` elements.
    """
    if size is None:
        if not parameters:
            raise DTypeError("the size of this draw is not known.", fix="Pass size=(2, 3).")
        template = sum(parameters[1:], parameters[0])
        return shape_of(template), template.broadcastable
    if isinstance(size, (tuple, list)):
        if ndim is not None and ndim != len(size):
            raise ShapeError(f"a size of {len(size)} numbers is not one of ndim={ndim}.",
                             fix="Leave ndim out.")
        ndim = len(size)
        given = [_one_size(s, i - ndim, parameters) for i, s in enumerate(size)]
        pattern = tuple([isinstance(s, Constant) and int(s.data) == 1 for s in given])
        vector = shape_parts(given)[1]
    else:
        vector = as_tensor_variable(size)
        if vector.ndim != 1 or vector.dtype not in DISCRETE:
            raise DTypeError(f"a size is a tuple of whole numbers, and {quoted(size)} is "
                             f"{vector.type}.", fix="Write size=(n,).")
        ndim = vector_length(vector) if ndim is None else ndim
        if ndim is None:
            raise ShapeError(f"how many dimensions a draw of the size {quoted(size)} has is not "
                             "known.", fix="Pass ndim as well.")
        pattern = (False,) * ndim
    if any(p.ndim > ndim for p in parameters):
        raise ShapeError(f"a parameter has more dimensions than the {ndim} of the size.",
                         fix="Pass a longer size.")
    return cast(vector, "int64"), pattern


def _one_size(size: Any, place: int, parameters: Sequence[Variable]) -> Variable:
    """One entry of a size; -1 borrows that of the parameters (`place` counts from the right)."""
    if isinstance(size, Variable) or size != -1:
        v = as_tensor_variable(size)
        if v.ndim or v.dtype not in DISCRETE or (isinstance(v, Constant) and v.data < 0):
            raise DTypeError(f"{quoted(size)} in a size is no whole number.",
                             fix="Sizes are 0, 1, 2, …")
        return v
    reaching = [p for p in parameters if -place <= p.ndim]
    if not reaching:
        raise ShapeError("a size of -1 is that of a parameter, and no parameter reaches so far.",
                         fix="Write the number.")
    wide = [p for p in reaching if not p.broadcastable[place]]
    return shape_of(wide[0])[wide[0].ndim + place] if wide else constant(1)


def drawn(fn: str, r: Any, size: Any, ndim: int | None, dtype: str | None, *parameters: Any,
          deciding: bool = True) -> list[Variable]:
    """The usual draw: the parameters may decide the shape, and the dtype unless it is given."""
    tensors = [as_tensor_variable(p) for p in parameters]
    if dtype is None:
        dtype = promote(config.floatX, *[p.dtype for p in tensors])
    shape, pattern = sizes_of(size, ndim, *(tensors if deciding else ()))
    pattern = (False,) * len(pattern) if fn == "binomial" else pattern
    return RandomFunction(fn, TensorType(dtype, pattern))(r, shape, *tensors)


def uniform(random_state: Any, size: Any = None, low: Any = 0.0, high: Any = 1.0,
            ndim: int | None = None, dtype: str | None = None) -> list[Variable]:
    """Numbers spread evenly from low up to high."""
    return drawn("uniform", random_state, size, ndim, dtype, low, high)


def normal(random_state: Any, size: Any = None, avg: Any = 0.0, std: Any = 1.0,
           ndim: int | None = None, dtype: str | None = None) -> list[Variable]:
    """Numbers of a normal distribution around avg, with standard deviation std."""
    return drawn("normal", random_state, size, ndim, dtype, avg, std)


def binomial(random_state: Any, size: Any = None, n: Any = 1, p: Any = 0.5,
             ndim: int | None = None, dtype: str = "int64", prob: Any = None) -> list[Variable]:
    """How often of n times something of chance p happened."""
    return drawn("binomial", random_state, size, ndim, dtype, n, p if prob is None else prob)


def random_integers(random_state: Any, size: Any = None, low: Any = 0, high: Any = 1,
                    ndim: int | None = None, dtype: str = "int64") -> list[Variable]:
    """Integers from low up to high, high included."""
    return drawn("random_integers", random_state, size, ndim, dtype, low, high)


def poisson(random_state: Any, size: Any = None, lam: Any = 1.0, ndim: int | None = None,
            dtype: str = "int64") -> list[Variable]:
    """Counts of events of which lam are expected."""
    return drawn("poisson", random_state, size, ndim, dtype, lam, deciding=False)


def choice(random_state: Any, size: Any = None, a: Any = 2, replace: Any = True, p: Any = None,
           ndim: int | None = None, dtype: str = "int64") -> list[Variable]:
    """Elements of a vector a, or of 0 … a-1, each with its chance in p."""
    if isinstance(replace, bool):
        replace = constant(replace, dtype="int8")
    given = isinstance(p, Variable) or (p is not None and bool(np.any(p)))
    chances: Any = p if given else constant([], dtype="float64")
    return drawn("choice", random_state, size, ndim, dtype, a, replace, chances, deciding=False)


def permutation(random_state: Any, size: Any = None, n: Any = 1, ndim: int | None = None,
                dtype: str = "int64") -> list[Variable]:
    """Permutations of 0 … n-1 along a new last dimension, as many as the size says."""
    if size is None or (isinstance(size, (tuple, list)) and not size):
        if ndim not in (None, 0, 1):
            raise DTypeError("one permutation has one dimension.",
                             fix="Pass a size to draw several.")
        size, ndim = (), None
    shape, pattern = sizes_of(size, ndim)
    op = RandomFunction("permutation", TensorType(dtype, (*pattern, False)), ndim_added=1)
    return op(random_state, shape, n)


def multinomial(random_state: Any, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5),
                ndim: int | None = None, dtype: str = "int64") -> list[Variable]:
    """How often each outcome came in n trials; a row of pvals is a distribution."""
    n, pvals = as_tensor_variable(n), as_tensor_variable(pvals)
    rows = pvals[..., 0]
    shape, pattern = sizes_of(size, ndim, n, rows)
    outtype = TensorType(dtype, (*pattern, pvals.broadcastable[-1]))
    return RandomFunction("multinomial", outtype, ndim_added=1)(random_state, shape, n, pvals)


P = ParamSpec("P")
SEEDS = 2**30  # the seeds of the streams lie below it


def _streamed(draw: Callable[Concatenate[Any, P], list[Variable]]
              ) -> Callable[Concatenate[RandomStreams, P], Variable]:
    """A draw as a method of streams, which keep its state."""
    @wraps(draw)
    def method(self: RandomStreams, *args: P.args, **kwargs: P.kwargs) -> Variable:
        return self.gen(draw, *args, **kwargs)
    return method  # type: ignore[return-value]


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

    uniform, normal, poisson = _streamed(uniform), _streamed(normal), _streamed(poisson)
    binomial, multinomial = _streamed(binomial), _streamed(multinomial)
    random_integers, choice = _streamed(random_integers), _streamed(choice)
    permutation = _streamed(permutation)

    def shuffle_row_elements(self, input: Variable) -> Variable:
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


