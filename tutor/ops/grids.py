"""Numbers in equal steps: `linspace`, the grids `mgrid` and `ogrid`, and a window.

Comes after the ops that make tensors.

>>> linspace(0, 1, 5).eval()
array([0.  , 0.25, 0.5 , 0.75, 1.  ])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.checking import truth
from tutor.config import config
from tutor.core.arrays import dimshuffle, one_axis, shape
from tutor.core.elementwise import broadcast_pattern, cast, fill, maximum
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.graph import Apply, Variable, as_tensor_variable
from tutor.core.op import Row
from tutor.core.types import DISCRETE, TensorType, checked_dtype, promote
from tutor.ops.creation import alloc, arange, is_number
from tutor.ops.examples import each, example, like
from tutor.ops.shape import addbroadcast, one_size
from tutor.ops.sums import sum

__all__ = ["bartlett", "linspace", "logspace", "mgrid", "ogrid"]


class Linspace(Row):
    """Numbers in equal steps from start to stop."""

    dtype: str
    endpoint: bool = True
    takes_numbers, wrt = True, (0, 1)
    name = "linspace"

    def types(self, start: Variable, stop: Variable, n: Variable) -> TensorType:
        lead = broadcast_pattern([start.broadcastable, stop.broadcastable])
        return TensorType(self.dtype, (is_number(n, 1), *lead))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        last = "" if self.endpoint else ", endpoint=False"
        return f"linspace({', '.join(names)}{last}, dtype={self.dtype!r})"

    def vjp(self, start: Variable, stop: Variable, n: Variable, y: Variable, g: Variable) -> Any:
        """The i-th number is start + t (stop - start), with t from 0 to 1."""
        if self.dtype in DISCRETE:
            return None, None
        t = Linspace("float64", self.endpoint)(*map(as_tensor_variable, (0, 1)), n)
        t = cast(dimshuffle(t, 0, *"x" * (g.ndim - 1)), "float32" if g.dtype in
                 ("float16", "float32", "complex64") else "float64")
        return sum(g * (1 - t), axis=0), sum(g * t, axis=0)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[self.dtype not in DISCRETE]] * 2 + [[False]]


def linspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False,
             dtype: Any = None, axis: int = 0) -> Any:
    """`num` numbers in equal steps from start to stop, which is the last of them (without
    `endpoint` one more would be). Of tensors, a line for each element, along `axis`.

    The dtype is that of floats beside `config.floatX`, unless given; with `retstep` the step comes
    too. Raises DTypeError where `num` is no whole number, BadValueError, when it runs, where it is
    negative.

    >>> linspace(0, 1, 5).eval()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    first, last = as_tensor_variable(start), as_tensor_variable(stop)
    n = one_size(num)
    if isinstance(n, int) and n < 0:
        raise BadValueError(f"linspace cannot make {n} numbers.", fix="Pass num from 0 up.")
    made = promote(config.floatX, *[v.dtype for v in (first, last) if v.dtype not in DISCRETE])
    if first.ndim and last.ndim:  # shapes meet as in a sum
        first, last = fill(last, first), fill(first, last)
    op = Linspace(made if dtype is None else checked_dtype(dtype), endpoint)
    line: Variable = op(first, last, as_tensor_variable(n))
    at = one_axis(axis, line.ndim, "linspace")
    line = dimshuffle(line, [*range(1, at + 1), 0, *range(at + 1, line.ndim)])
    if not truth(retstep, "retstep"):
        return line
    steps = n - 1 if op.endpoint else n
    return line, cast(last - first, made) / cast(as_tensor_variable(steps), made)


def logspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0,
             dtype: Any = None, axis: int = 0) -> Variable:
    """Powers of the base, with exponents in equal steps (see `linspace`, which raises the errors).

    >>> logspace(0, 2, 3).eval()
    array([  1.,  10., 100.])
    """
    made = base ** linspace(start, stop, num, endpoint, axis=axis)
    return made if dtype is None else cast(made, checked_dtype(dtype))


class Grid:
    """`mgrid[0:2, 0:3]` and `ogrid[0:2, 0:3]`: the coordinates of the points of a grid, one tensor
    each.

    `ogrid` leaves them as they are, each along its own dimension; `mgrid` stretches them over the
    grid. A single slice gives a single tensor.

    >>> rows, columns = mgrid[0:2, 0:3]
    >>> rows.eval()
    array([[0, 0, 0],
           [1, 1, 1]])
    """

    def __init__(self, stretched: bool) -> None:
        self.stretched = stretched

    def __getitem__(self, spans: Any) -> Any:
        alone = not isinstance(spans, tuple)
        spans = list(spans) if isinstance(spans, tuple) else [spans]
        for span in spans:
            if not isinstance(span, slice) or span.stop is None:
                raise DTypeError(f"a grid is made of slices, and {span!r} is no slice with an end.",
                                 fix="Write mgrid[0:2, 0:3].")
        lines = [_line(s.start or 0, s.stop, s.step) for s in spans]
        n = len(lines)
        found = [dimshuffle(v, ["x"] * i + [0] + ["x"] * (n - 1 - i)) for i, v in enumerate(lines)]
        if self.stretched and n > 1:
            sizes = [shape(v)[0] for v in lines]
            found = [alloc(v, *sizes) for v in found]
        return found[0] if alone else found


def _line(start: Any, stop: Any, step: Any) -> Variable:
    """The numbers of a slice; an imaginary step says how many there are, from end to end."""
    if isinstance(step, complex):
        return linspace(start, stop, int(abs(step)))
    return arange(start, stop, 1 if step is None else step)


mgrid, ogrid = Grid(True), Grid(False)


def bartlett(M: Any) -> Variable:
    """The triangular window of M numbers that Bartlett smooths with. Raises DTypeError where M is
    no whole number.

    >>> bartlett(5).eval()
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    size = as_tensor_variable(one_size(M))
    across = cast(maximum(size - 1, 1), "float64")
    return 1 - cast(abs(arange(1 - size, size, 2)), "float64") / across


def _spaced(a: Any, b: Any, **how: Any) -> Any:
    return np.linspace(a, b, **how, dtype=np.result_type(a, b, 0.0))


like(linspace, _spaced, (), (), num=4, endpoint=each(True, False))
example("linspace", lambda a, b: linspace(addbroadcast(a, 1), b, 3, axis=-1),
        lambda a, b: _spaced(a, b, num=3, axis=-1), (2, 1), (3,))
example("linspace", lambda n: linspace(0, 1, n), lambda n: np.linspace(0, 1, n), 5,
        differentiable=False)
like(lambda n: mgrid[0:n, 1:3][1], lambda n: np.mgrid[0:n, 1:3][1], 3, name="mgrid",
     differentiable=False)
like(lambda n: ogrid[0:n, 1:3][0], lambda n: np.ogrid[0:n, 1:3][0], 3, name="ogrid",
     differentiable=False)
like(lambda: mgrid[0:1:5j], lambda: np.mgrid[0:1:5j], name="mgrid", differentiable=False)
like(bartlett, each((1,), (5,)), differentiable=False)
like(logspace, 1.0, 3.0, num=3, base=each(10.0, 2.0), kinds="f")
