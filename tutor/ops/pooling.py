"""Pooling: the largest, the sum or the mean of windows over the last two or three dimensions.

Comes after convolution; the numbers are in `windows.py`. Of a pooling by the largest, a cotangent
goes in equal parts to the elements that are the largest of their window.

>>> import tutor.tensor as T
>>> T.signal.pool.pool_2d(T.dtensor4("x"), (2, 2), ignore_border=True).ndim
4
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from tutor.core.arrays import ones_like
from tutor.core.elementwise import ge, gt, maximum, switch
from tutor.core.errors import BadValueError, DTypeError, ShapeError, plural
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, quoted
from tutor.core.op import Row
from tutor.core.types import TensorType
from tutor.facts import needed
from tutor.notation import Notation, as_call, call
from tutor.ops.examples import each, example, like
from tutor.ops.known import extract_constant
from tutor.ops.shape import shape_parts, unlike
from tutor.ops.windows import Windows, pool, pool_back, pool_back_max, pool_pick

Mode = Literal["max", "sum", "average_inc_pad", "average_exc_pad"]


class Windowed(Row):
    """The base of ops over windows of the last dimensions: inputs are some arrays, the window's
    sizes, the steps, and the padding, the last three as vectors."""

    ignore_border: bool = False
    mode: Mode = "max"
    ndim: int = 2
    zero_sign = "kept"
    moves = takes_numbers = True
    arrays: ClassVar[int] = 1

    def __init__(self, ignore_border: bool = False, mode: Any = "max", ndim: int = 2) -> None:
        super().__init__(ignore_border, "max" if mode == "max_deterministic" else mode, ndim)
        self.subgradient = "equal parts to equals" if self.mode == "max" else ""

    def operands(self, *given: Any, **more: Any) -> list[Variable]:
        arrays = map(as_tensor_variable, given[: self.arrays])
        return [*arrays, *self.window(*given[self.arrays:], **more)]

    def window(self, ws: Any, stride: Any = None, pad: Any = None) -> list[Variable]:
        """The window's sizes, the steps (the sizes, if None) and the padding as vectors."""
        given = (ws, ws if stride is None else stride, (0,) * self.ndim if pad is None else pad)
        return [sizes_vector(v, self.ndim, what)
                for v, what in zip(given, ("ws", "stride", "pad"), strict=True)]

    def notation(self, node: Apply) -> Notation:
        given: Any = node.inputs[self.arrays:]
        if not all(isinstance(v, Constant) for v in given):
            return as_call(self, node)
        ws, stride, pad = (tuple(v.data.tolist()) for v in given)
        told = [("ws", ws)] + [("stride", stride)] * (stride != ws) + [("pad", pad)] * any(pad)
        return call(self.name, self.arrays, told + self.settings())

    def label(self, node: Apply) -> str:
        return f"{self.name} {self.mode.partition('_')[0]}"


class Pool(Windowed):
    """Windows over the last dimensions, each reduced to one number."""

    name, wrt, calls = "pool", (0,), (pool,)
    numpy = "pool({all}, {ignore_border}, {mode!r})"

    def types(self, x: Variable, *rest: Variable) -> TensorType:
        return TensorType(x.dtype, x.broadcastable[:-self.ndim] + (False,) * self.ndim)

    def vjp(self, x: Variable, *rest: Variable) -> Variable:
        *window, y, g = rest
        if self.mode == "max":
            return PoolBackMax(*self._props())(x, y, g, *window)
        return PoolBack(*self._props())(x, g, *window)

    def needed(self, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
        """Of the largest those elements only that are it in a window that is needed."""
        if self.chooses and mask is None:
            mask = ones_like(node.outputs[0], "bool")
        return needed(self, node, mask)

    @property
    def chooses(self) -> bool:
        """Whether some elements count, and others do not."""
        return self.mode == "max" and self.arrays == 1

    @staticmethod
    def out_shape(imgshape: Sequence[Any], ws: Any = None, ignore_border: bool = False,
                  stride: Any = None, pad: Any = None, ndim: int = 2, ds: Any = None,
                  st: Any = None, padding: Any = None) -> list[Any]:
        """The sizes of the pooling of a tensor of these sizes: numbers, or symbols where one is.

        >>> Pool.out_shape((9, 8, 6), (2, 2))
        [9, 4, 3]
        """
        ws, stride, pad = older(ndim, ws, stride, pad, ds, st, padding)
        if ws is None or len(imgshape) < ndim:
            raise DTypeError(f"a window over {ndim} dimensions needs ws= and as many sizes.",
                             fix="Pass ws=(2, 2).")
        last = zip(imgshape[-ndim:], ws, ws if stride is None else stride, pad or (0,) * ndim,
                   strict=True)
        return [*imgshape[:-ndim], *[windows_along(n, w, s, p, ignore_border)
                                     for n, w, s, p in last]]


class PoolBack(Windowed):
    """What x gets from the cotangent of its pooling, of sums and means: linear in the cotangent."""

    name, arrays, wrt, calls = "pool_back", 2, (1,), (pool_back,)
    numpy = "pool_back({all}, {ignore_border}, {mode!r})"

    def types(self, x: Variable, g: Variable, *rest: Variable) -> TensorType:
        return TensorType(g.dtype, x.broadcastable)

    def vjp(self, x: Variable, g: Variable, *rest: Variable) -> Variable:
        *window, _, h = rest
        return Pool(*self._props())(h, *window)


class OfLargest(Windowed):
    """The base of what is done where x is y, the largest of its window, with a third tensor."""

    arrays, wrt = 3, (2,)
    back: ClassVar[type[OfLargest]]  # what the cotangent goes through

    def types(self, x: Variable, y: Variable, v: Variable, *rest: Variable) -> TensorType:
        return TensorType(v.dtype, (x if self.back is PoolPick else y).broadcastable)

    def vjp(self, x: Variable, y: Variable, v: Variable, *rest: Variable) -> Variable:
        *window, _, h = rest
        return self.back(*self._props())(x, y, h, *window)


class PoolBackMax(OfLargest):
    """What the largest elements get from the cotangent of y."""

    name, calls, numpy = "pool_back_max", (pool_back_max,), "pool_back_max({all}, {ignore_border})"


class PoolPick(OfLargest):
    """From each window, what stands where x is the largest."""

    name, calls, numpy = "pool_pick", (pool_pick,), "pool_pick({all}, {ignore_border})"


PoolBackMax.back, PoolPick.back = PoolPick, PoolBackMax


class DownsampleFactorMax(Pool):
    """`Pool` as it was made before Theano 0.9: with the window.

    >>> DownsampleFactorMax((2, 2), ignore_border=True)([[1.0, 2.0], [3.0, 4.0]]).eval()
    array([[4.]])
    """

    def __init__(self, ds: Any, ignore_border: bool = False, st: Any = None,
                 padding: Any = (0, 0), mode: Any = "max") -> None:
        super().__init__(ignore_border, mode)
        self.ds, self.st, self.padding = tuple(ds), tuple(st or ds), tuple(padding)

    def __call__(self, x: Any) -> Any:
        return pooled(2, x, self.ds, self.ignore_border, self.st, self.padding, self.mode)


def windows_along(size: Any, window: Any, step: Any, pad: Any, ignore_border: bool) -> Any:
    """How many windows lie along one dimension: a number, or a symbol where something is one."""
    n, w, s, p = map(extract_constant, (size, window, step, pad))
    if not any(isinstance(v, Variable) for v in (n, w, s, p)):
        n, w, s, p = map(int, (n, w, s, p))
        return Windows.count(n + 2 * p, w, s, ignore_border)
    n = n + 2 * p
    if ignore_border:
        return maximum((n - w) // s + 1, 0)
    return switch(ge(s, w), (n - 1) // s + 1, maximum((n - 1 - w + s) // s, 0) + 1)


def sizes_vector(value: Any, ndim: int, what: str) -> Variable:
    """So many whole numbers as a vector."""
    value = (value,) * ndim if isinstance(value, (int, np.integer)) else value
    sizes, vector = shape_parts(value, ndim)
    if sizes is not None and len(sizes) != ndim:
        raise ShapeError(f"{what} has {plural(ndim, 'number')}, and it is {quoted(value)}.",
                         fix="Give one for each dimension.")
    return vector


def older(ndim: int, ws: Any, stride: Any, pad: Any, ds: Any, st: Any, padding: Any) -> list[Any]:
    """Window, steps and padding, which may have been given by the names they had before."""
    found = []
    for name, new, old_name, old, default in (
            ("ws", ws, "ds", ds, None), ("stride", stride, "st", st, None),
            ("pad", pad, "padding", padding, (0,) * ndim)):
        if old is not None:
            if new is not None and list(np.ravel(new)) != list(np.ravel(default or ())):
                raise BadValueError(f"{name} and {old_name} are the same argument.",
                                    fix=f"Pass {name} only.")
            warnings.warn(f"{old_name} is the older name of {name}.", stacklevel=4)
        found.append(new if old is None else old)
    return found


def pooled(ndim: int, x: Any, ws: Any, ignore_border: Any, stride: Any, pad: Any, mode: Any
           ) -> Variable:
    """A pooling over the last dimensions, with its arguments checked."""
    x = as_tensor_variable(x)
    if ws is None:
        raise BadValueError("the size of the window is missing.", fix="Pass ws=(2, 2).")
    if x.ndim < ndim or x.dtype.startswith("complex"):
        raise unlike(f"pooling is for real tensors of {ndim} dimensions or more", x,
                     "Reshape it.", DTypeError)
    if ignore_border is None:
        warnings.warn("ignore_border is False where it is not given; pass ignore_border=True to "
                      "leave out the windows that stick out.", stacklevel=3)
    op = Pool(False if ignore_border is None else ignore_border, mode, ndim)
    window, step, border = op.window(ws, stride, pad)
    if isinstance(border, Constant) and border.data.any():
        if not op.ignore_border:
            raise NotImplementedPaddingError("padding works with ignore_border=True only.",
                                             fix="Pass ignore_border=True.")
        if isinstance(window, Constant) and (border.data >= window.data).any():
            raise NotImplementedPaddingError(f"the padding {tuple(border.data)} is not smaller "
                                             f"than the window {tuple(window.data)}.",
                                             fix="Pad by less than the window.")
    return op(x, window, step, border)


class NotImplementedPaddingError(BadValueError, NotImplementedError):
    """A padding that pooling cannot have; a `NotImplementedError` in Theano."""


def pool_2d(input: Any, ws: Any = None, ignore_border: Any = None, stride: Any = None,
            pad: Any = (0, 0), mode: str = "max", ds: Any = None, st: Any = None,
            padding: Any = None) -> Variable:
    """Windows of the sizes `ws` over the last two dimensions, each reduced to one number.

    `mode` is "max", "sum", "average_inc_pad" or "average_exc_pad" (with or without the zeros of the
    padding in the count). Windows lie `stride` apart (side by side, if None); `ignore_border`
    leaves out those that stick out. `ds`, `st` and `padding` are older names of the arguments.
    Raises DTypeError for fewer than two dimensions, BadValueError for another mode, ShapeError
    where `ws` does not have two sizes.

    >>> pool_2d([[1.0, 2.0], [3.0, 4.0]], (2, 2), ignore_border=True).eval()
    array([[4.]])
    """
    ws, stride, pad = older(2, ws, stride, pad, ds, st, padding)
    return pooled(2, input, ws, ignore_border, stride, pad, mode)


def pool_3d(input: Any, ws: Any = None, ignore_border: Any = None, stride: Any = None,
            pad: Any = (0, 0, 0), mode: str = "max", ds: Any = None, st: Any = None,
            padding: Any = None) -> Variable:
    """`pool_2d` over the last three dimensions, with its errors: DTypeError, BadValueError,
    ShapeError.

    >>> pool_3d([[[1.0, 2.0], [3.0, 4.0]]], (1, 2, 2), ignore_border=True).eval()
    array([[[4.]]])
    """
    ws, stride, pad = older(3, ws, stride, pad, ds, st, padding)
    return pooled(3, input, ws, ignore_border, stride, pad, mode)


def max_pool_2d(input: Any, ds: Any, ignore_border: Any = None, st: Any = None,
                padding: Any = (0, 0), mode: str = "max") -> Variable:
    """`pool_2d` as `theano.tensor.signal.downsample` had it. Raises what `pool_2d` raises:
    DTypeError, BadValueError, ShapeError.

    >>> max_pool_2d([[1.0, 2.0], [3.0, 4.0]], (2, 2), ignore_border=True).eval()
    array([[4.]])
    """
    return pooled(2, input, ds, ignore_border, st, padding, mode)


def max_pool_2d_same_size(input: Any, patch_size: Any) -> Variable:
    """The input with all set to 0 but the largest element of each window. Raises DTypeError for
    fewer than two dimensions.

    >>> max_pool_2d_same_size([[1.0, 2.0], [3.0, 4.0]], (2, 2)).eval()
    array([[0., 0.],
           [0., 4.]])
    """
    y = pooled(2, input, patch_size, True, None, None, "max")
    node = y.owner
    assert node is not None
    x, *window = node.inputs
    largest = PoolBackMax(*node.op._props())(x, y, ones_like(y), *window)
    return switch(gt(largest, 0), x, 0)


like(lambda x, how, mode: pooled(2, x, how[0], how[3], how[1], how[2], mode),
     lambda x, how, mode: pool(x, how[0], how[1], how[2], how[3], mode), (2, 5, 4), kinds="f",
     name="pool",
     how=each(((2, 2), (2, 2), (0, 0), True), ((2, 3), (1, 2), (0, 0), False),
              ((3, 2), (2, 2), (1, 1), True), ((1, 2), (2, 3), (0, 0), False)),
     mode=each(*get_args(Mode)))
example("pool", lambda x: pooled(3, x, 2, True, None, None, "max"),
        lambda x: x.reshape(2, 2, 1, 2, 2, 2).max(axis=(1, 3, 5)), (4, 2, 4), kinds="iuf")
example("pool_pick", lambda x, v: PoolPick(True, "max", 1)(
            x, pooled(1, x, (2,), True, None, None, "max"), v, (2,), (2,), (0,)),
        lambda x, v: np.take_along_axis(v.reshape(3, 2, 2), x.reshape(3, 2, 2).argmax(
            -1, keepdims=True), -1)[..., 0], (3, 4), (3, 4), kinds="f", differentiable=False)
example("max_pool_2d_same_size", lambda x: max_pool_2d_same_size(x, (2, 2)),
        lambda x: x * (x == x.reshape(2, 2, 1, 2).max(axis=(1, 3), keepdims=True)
                       .repeat(2, 1).repeat(2, 3).reshape(4, 2)), (4, 2), kinds="f")
