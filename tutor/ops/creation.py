"""Ops that make tensors: alloc, arange, eye, tri, and zeros, ones, … made from them.

Comes after the ops that rearrange. The dtype is `config.floatX` where none is given, as in Theano.

>>> import tutor.tensor as T
>>> T.zeros((2, 3)).type
TensorType(float64, matrix)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from tutor.core.arrays import full_like, shape
from tutor.core.elementwise import cast
from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, constant, quoted
from tutor.core.op import Row, unbroadcast
from tutor.core.types import DISCRETE, TensorType, checked_dtype, promote
from tutor.hooks import hooks
from tutor.notation import Notation, as_call
from tutor.ops.examples import example, like
from tutor.ops.fitting import of_sizes, unsure
from tutor.ops.shape import is_one, one_size, shape_parts, unlike
from tutor.ops.sums import sum

__all__ = ["alloc", "arange", "empty", "eye", "full", "identity_like", "ones", "tri", "zeros"]


def summed_to(g: Any, like: Any) -> Any:
    """g summed over the dimensions in which `like` has size 1."""
    axes = tuple([i for i, (n, m) in enumerate(zip(g.shape, like.shape, strict=True)) if n != m])
    return g.sum(axis=axes, keepdims=True, dtype=g.dtype) if axes else g


class SummedTo(Row):
    """g summed over the dimensions in which x has size 1."""

    name, numpy, calls, wrt = "summed_to", "summed_to({all})", (summed_to,), (0,)

    def vjp(self, g: Variable, like: Variable, y: Variable, h: Variable) -> Variable:
        return SpreadOver()(h, g)


def spread_over(g: Any, like: Any) -> Any:
    """g stretched over the shape of `like`, as a new array."""
    return np.array(np.broadcast_to(g, like.shape))


class SpreadOver(Row):
    """g stretched over the shape of x, in dimensions of size 1."""

    name, numpy, calls, wrt = "spread_over", "spread_over({all})", (spread_over,), (0,)

    def vjp(self, g: Variable, like: Variable, y: Variable, h: Variable) -> Variable:
        return SummedTo()(h, g)


ZEROS = frozenset(("0", "0.0", "0j", "False"))  # not -0.0, which has a sign


class Alloc(Row):
    """A value stretched to a shape, as a new array."""

    pattern: tuple[bool, ...]
    stretches: bool = False
    makes_arrays = moves = takes_numbers = True
    zero_sign, tensors, wrt = "kept", 0, (0,)
    name, calls = "alloc", (of_sizes,)

    def types(self, value: Variable, *sizes: Variable) -> TensorType:
        return TensorType(value.dtype, self.pattern)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        sizes, dtype = "".join(f"{name}, " for name in names[1:]), node.outputs[0].dtype
        value = node.inputs[0]
        if isinstance(value, Constant) and value.ndim == 0 and repr(value.data.item()) in ZEROS:
            return f"zeros(({sizes}), dtype={dtype!r})"
        axes = () if self.stretches else unsure(value)
        text = f"of_sizes({names[0]}, ({sizes}), {axes})" if axes else names[0]
        return f"full(({sizes}), {text}, dtype={dtype!r})"

    def vjp(self, value: Variable, *rest: Variable) -> Variable:
        g = unbroadcast(rest[-1], value)
        return SummedTo()(g, value) if self.stretches and unsure(value) else g


class Numbers(Row):
    """The base of ops that make a tensor of numbers from numbers, with no gradient."""

    dtype: str
    takes_numbers, tensors = True, 0
    wrt: ClassVar[Sequence[int]] = ()
    pattern: ClassVar[tuple[bool, ...]] = (False, False)

    def types(self, *numbers: Variable) -> TensorType:
        return TensorType(self.dtype, self.pattern)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        """NumPy's function of numbers wide enough for the differences between them."""
        wide = "float64" if any(v.dtype not in DISCRETE for v in node.inputs) else "int64"
        numbers = [f"{wide}({name})" if name.isidentifier() else name for name in names]
        return f"{self.name}({', '.join(numbers)}, dtype={self.dtype!r})"


class ARange(Numbers):
    """The numbers from start up to (not including) stop, in steps."""

    name, pattern, wrt = "arange", (False,), (0, 2)

    def notation(self, node: Apply) -> Notation:
        start, _, step = node.inputs
        if is_number(start, 0) and is_number(step, 1):
            return Notation("arange({1})", r"\operatorname{{arange}}\left({1}\right)")
        return as_call(self, node)

    def vjp(self, start: Variable, stop: Variable, step: Variable, y: Variable, g: Variable) -> Any:
        """Of floats, the i-th is start + i * step, as far as stop lets them go."""
        return sum(g), sum(g * arange(shape(g)[0], dtype=g.dtype))

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        smooth = self.dtype not in DISCRETE
        return [[smooth], [False], [smooth]]


class Eye(Numbers):
    """A matrix with ones on its k-th diagonal and zeros elsewhere."""

    name = "eye"


class Tri(Numbers):
    """A matrix with ones on and below its k-th diagonal and zeros elsewhere."""

    name = "tri"


def is_number(v: Variable, number: int) -> bool:
    """Whether v is known to be this number."""
    return isinstance(v, Constant) and v.data.size == 1 and v.data.item() == number


def alloc(value: Any, *shape: Any) -> Variable:
    """`value` stretched to a shape: `alloc(0.0, 2, 3)` is a matrix of zeros. What stretches is a
    dimension that is known to have size 1; one that turns out to is an error.

    >>> alloc(0.0, 2, 3).type
    TensorType(float32, matrix)
    """
    value = as_tensor_variable(value)
    given = shape[0] if len(shape) == 1 and _is_shape(shape[0]) else shape
    sizes = shape_parts(given)[0]
    if sizes is None:
        raise ShapeError("how many dimensions this shape has is not known.",
                         fix="Pass a tuple of sizes.")
    if value.ndim > len(sizes):
        raise ShapeError(f"{value} of {value.ndim} dimensions does not stretch to {len(sizes)}.",
                         fix="Pass more sizes.")
    ones = tuple(map(is_one, sizes))
    if any(isinstance(s, int) and s < 0 for s in sizes):
        raise ShapeError(f"the shape {tuple(sizes)} is not possible: a size is 0 or more.",
                         fix="Pass sizes from 0 up.")
    return Alloc(ones, hooks.stretches)(value, *map(as_tensor_variable, sizes))


def _is_shape(value: Any) -> bool:
    return isinstance(value, (tuple, list, np.ndarray)) or getattr(value, "ndim", 0) == 1


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Variable:
    """A tensor of one value; unless given, the dtype is that of the value (of a Python float
    `config.floatX`). Raises DTypeError for a size that is no whole number, and ShapeError, when it
    runs, where the value does not stretch to the shape.

    >>> full((2,), 7).eval()
    array([7, 7])
    """
    dtype = _own_dtype(fill_value) if dtype is None else checked_dtype(dtype)
    known = not isinstance(fill_value, Variable)
    value = constant(fill_value, dtype=dtype) if known else cast(fill_value, dtype)
    sizes = shape_parts(shape)[0]
    return value if sizes is not None and not sizes else alloc(value, shape)


def _own_dtype(value: Any) -> str:
    """The dtype that NumPy gives a value by itself."""
    if type(value) in (bool, int, complex):
        return checked_dtype(np.asarray(value).dtype)
    return checked_dtype(None) if type(value) is float else as_tensor_variable(value).dtype


def zeros(shape: Any, dtype: Any = None) -> Variable:
    """A tensor of zeros; the dtype is `config.floatX` unless given. Raises DTypeError for a size
    that is no whole number, ShapeError for a negative one.

    >>> zeros((2,)).eval()
    array([0., 0.])
    """
    return full(shape, 0, checked_dtype(dtype))


def ones(shape: Any, dtype: Any = None) -> Variable:
    """A tensor of ones; the dtype is `config.floatX` unless given. Raises DTypeError for a size
    that is no whole number, ShapeError for a negative one.

    >>> ones((2,)).eval()
    array([1., 1.])
    """
    return full(shape, 1, checked_dtype(dtype))


def empty(shape: Any, dtype: Any = None) -> Variable:
    """A tensor whose values do not matter (zeros here). Raises DTypeError for a size that is no
    whole number.

    >>> empty((2, 3)).shape.eval()
    array([2, 3])
    """
    return zeros(shape, dtype)


def _scalars(name: str, *values: Any) -> list[Variable]:
    """Arguments as real scalars."""
    found = [as_tensor_variable(v) for v in values]
    for v in found:
        if v.ndim != 0 or v.dtype.startswith("complex"):
            raise DTypeError(f"{name} takes real scalars, and {quoted(v)} is {v.type}.",
                             fix="Pass a number or x.shape[0].")
    return found


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Variable:
    """The numbers from start (0 if left out) up to stop, without it, in steps. Raises BadValueError
    for steps of 0, DTypeError for what is no number.

    >>> arange(5).eval()
    array([0, 1, 2, 3, 4])
    """
    if stop is None:
        start, stop = 0, start
    parts = _scalars("arange", start, stop, step)
    if is_number(parts[2], 0):
        raise BadValueError("arange in steps of 0 never arrives.", fix="Choose another step.")
    if dtype is None:
        dtype = promote(*[v.dtype for v in parts])
        dtype = "int64" if dtype in DISCRETE else dtype
    return ARange(checked_dtype(dtype))(*parts)


def eye(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Variable:
    """An n × m matrix with ones on its k-th diagonal; the dtype is `config.floatX` unless given.
    Raises DTypeError for a size that is no whole number.

    >>> eye(2).eval()
    array([[1., 0.],
           [0., 1.]])
    """
    return _square(Eye, n, m, k, dtype)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Variable:
    """An N × M matrix with ones on and below its k-th diagonal. Raises DTypeError for a size that
    is no whole number.

    >>> tri(2, dtype="int64").eval()
    array([[1, 0],
           [1, 1]])
    """
    return _square(Tri, N, M, k, dtype)


def _square(op: type[Numbers], n: Any, m: Any, k: Any, dtype: Any) -> Variable:
    numbers = [as_tensor_variable(one_size(v)) for v in (n, n if m is None else m, k)]
    return op(checked_dtype(dtype))(*numbers)


def identity_like(x: Any) -> Variable:
    """The identity matrix of the shape and dtype of x.

    >>> identity_like([[5, 6], [7, 8]]).eval()
    array([[1, 0],
           [0, 1]])
    """
    x = as_tensor_variable(x)
    if x.ndim != 2:
        raise unlike("identity_like is for matrices", x, "Pass a matrix.")
    return eye(shape(x)[0], shape(x)[1], dtype=x.dtype)


like(lambda x: SummedTo()(x, as_tensor_variable(np.ones((1, 3)))),
     lambda x: x.sum(axis=0, keepdims=True, dtype=x.dtype), (2, 3), name="summed_to")
like(arange, 5, differentiable=False)
example("arange", lambda n: arange(1, n, 0.5), lambda n: np.arange(1, n, 0.5), 5,
        differentiable=False)
for _square_of in (eye, tri):
    like(_square_of, 3, then=(4, 1), differentiable=False)
example("zeros", lambda n: zeros((n, 2)), lambda n: np.zeros((n, 2)), 3, differentiable=False)
example("ones", lambda n: ones((n, 1), "int8"), lambda n: np.ones((n, 1), "int8"), 3,
        differentiable=False)
like(full, 3, fill_value=2.5, differentiable=False)
example("arange", lambda start, step: arange(start, 4.9, step) ** 2,
        lambda start, step: np.arange(start, 4.9, step) ** 2, 0.5, 1.2, kinds="f")
like(alloc, lambda x, *shape: np.broadcast_to(x, shape), (3,), then=(2, 3))
like(full_like, (2, 3), fill_value=3, differentiable=False)
like(identity_like, lambda x: np.eye(*x.shape, dtype=x.dtype), (2, 3), differentiable=False)
