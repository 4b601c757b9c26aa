"""Random draws as expressions: each takes a random state and gives the next state and the numbers.

Comes after the shape ops; `random_streams.py` keeps the states in shared variables.

>>> import numpy as np
>>> new, draw = uniform(random_state_type("r"), size=(2, 3))
>>> draw.type
TensorType(float64, matrix)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tutor.config import config
from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import cast
from tutor.core.errors import DTypeError, ShapeError
from tutor.core.graph import Apply, Constant, Variable, apply, as_tensor_variable, constant, quoted
from tutor.core.row import Row
from tutor.core.types import DISCRETE, NullType, TensorType, promote
from tutor.core.walk import rebuild, toposort
from tutor.ops.random_kernels import draw, twin
from tutor.ops.shared import random_state_type
from tutor.ops.sizes import MakeVector, vector_length

__all__ = [
    "RandomFunction", "binomial", "choice", "multinomial", "normal", "permutation", "poisson",
    "random_integers", "random_state_type", "uniform",
]


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
        sizes = cast(as_tensor_variable(shape, ndim=1), "int64")
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

    def make(node: Apply, inputs: list[Variable]) -> Sequence[Variable]:
        op, state = node.op, node.inputs[0] if node.inputs else None
        if isinstance(op, RandomFunction) and state is not None:
            own = readers[state] == 1 and (state.owner is not None or state in updated)
            if own is not op.inplace:
                op = RandomFunction(op.fn, op.outtype, own, op.ndim_added)
        if op is node.op and inputs == node.inputs:
            return node.outputs
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
        parts = [cast(s, "int64") for s in given]
        pattern = tuple([isinstance(s, Constant) and int(s.data) == 1 for s in given])
        vector: Variable = constant([], dtype="int64")
        known = [int(s.data) for s in parts if isinstance(s, Constant)]
        if parts and len(known) == len(parts):
            vector = constant(known, dtype="int64")
        elif parts:
            vector = MakeVector("int64")(*parts)
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
    """(next state, numbers spread evenly from low up to high)."""
    return drawn("uniform", random_state, size, ndim, dtype, low, high)


def normal(random_state: Any, size: Any = None, avg: Any = 0.0, std: Any = 1.0,
           ndim: int | None = None, dtype: str | None = None) -> list[Variable]:
    """(next state, numbers of a normal distribution around avg, with standard deviation std)."""
    return drawn("normal", random_state, size, ndim, dtype, avg, std)


def binomial(random_state: Any, size: Any = None, n: Any = 1, p: Any = 0.5,
             ndim: int | None = None, dtype: str = "int64", prob: Any = None) -> list[Variable]:
    """(next state, how often of n times something of chance p happened)."""
    return drawn("binomial", random_state, size, ndim, dtype, n, p if prob is None else prob)


def random_integers(random_state: Any, size: Any = None, low: Any = 0, high: Any = 1,
                    ndim: int | None = None, dtype: str = "int64") -> list[Variable]:
    """(next state, integers from low up to high, high included)."""
    return drawn("random_integers", random_state, size, ndim, dtype, low, high)


def poisson(random_state: Any, size: Any = None, lam: Any = 1.0, ndim: int | None = None,
            dtype: str = "int64") -> list[Variable]:
    """(next state, counts of events of which lam are expected)."""
    return drawn("poisson", random_state, size, ndim, dtype, lam, deciding=False)


def choice(random_state: Any, size: Any = None, a: Any = 2, replace: Any = True, p: Any = None,
           ndim: int | None = None, dtype: str = "int64") -> list[Variable]:
    """(next state, elements of a vector a, or of 0 … a-1, each with its chance in p)."""
    if isinstance(replace, bool):
        replace = constant(replace, dtype="int8")
    given = isinstance(p, Variable) or (p is not None and bool(np.any(p)))
    chances: Any = p if given else constant([], dtype="float64")
    return drawn("choice", random_state, size, ndim, dtype, a, replace, chances, deciding=False)


def permutation(random_state: Any, size: Any = None, n: Any = 1, ndim: int | None = None,
                dtype: str = "int64") -> list[Variable]:
    """(next state, permutations of 0 … n-1 along a new last dimension, as many as the size says)"""
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
    """(next state, how often each outcome came in n trials; a row of pvals is a distribution)."""
    n, pvals = as_tensor_variable(n), as_tensor_variable(pvals)
    rows = pvals[..., 0]
    shape, pattern = sizes_of(size, ndim, n, rows)
    outtype = TensorType(dtype, (*pattern, pvals.broadcastable[-1]))
    return RandomFunction("multinomial", outtype, ndim_added=1)(random_state, shape, n, pvals)
