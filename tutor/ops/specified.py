"""What is announced: `specify_shape`, `Assert`, the shapes programs give for images and filters.

Comes after the shape ops. What is announced is checked when values arrive, so an error names the
size that is wrong instead of one that follows from it.

>>> specify_shape([1, 2], (2,)).eval()
array([1, 2])
"""

from __future__ import annotations

from typing import Any

from tutor.core.errors import ShapeError
from tutor.core.graph import Constant, Variable, as_tensor_variable, quoted
from tutor.core.op import public
from tutor.core.row import VIEW, Row
from tutor.ops.examples import example
from tutor.ops.sizes import one_size, shape_parts

__all__ = ["specify_shape"]


def _of_shape(x: Any, axes: tuple[int, ...], sizes: tuple[int, ...], what: str) -> Any:
    """x itself, if it has these sizes along these axes."""
    for axis, size in zip(axes, sizes, strict=True):
        if x.shape[axis] != size:
            raise AssertionError(f"{what}: dimension {axis} was said to have size {size}, and the "
                                 f"shape is {x.shape}")
    return x


class SpecifyShape(Row):
    """x itself; an error unless its shape is the one announced.

    The sizes along `axes` are given; `what` names x in the error.
    """

    axes: tuple[int, ...]
    what: str = "x"
    zero_sign, wrt, view_map = "kept", (0,), VIEW
    moves = takes_numbers = True
    name, numpy = "specify_shape", "of_shape({0}, {axes}, ({rest}), {what!r})"
    calls = (_of_shape,)

    def vjp(self, x: Variable, *rest: Variable) -> Variable:
        *sizes, _, g = rest
        return self(g, *sizes)


def _asserted(x: Any, conditions: tuple[Any, ...], message: str) -> Any:
    """x itself, if all the conditions hold."""
    if not all(conditions):
        raise AssertionError(message)
    return x


class Assert(Row):
    """x itself; an error unless all the conditions hold.

    >>> Assert("a root of what is below 0")(4.0, 4.0 > 0).eval()
    array(4., dtype=float32)
    """

    msg: str = "Theano Assert failed!"
    zero_sign, wrt, view_map, moves = "kept", (0,), VIEW, True
    name, numpy, calls = "assert", "asserted({0}, ({rest}), {msg!r})", (_asserted,)

    def operands(self, x: Any, *conditions: Any) -> list[Variable]:
        taken = [as_tensor_variable(c) for c in conditions]
        for c in taken:
            if c.ndim:
                raise ShapeError(f"a condition is a scalar, and {quoted(c)} has {c.ndim} "
                                 "dimensions.", fix="Use T.all(...) or T.any(...) of it.")
        return [as_tensor_variable(x), *taken]

    def vjp(self, x: Variable, *rest: Variable) -> Variable:
        return rest[-1]


assert_op = assert_ = Assert()


@public
def specify_shape(x: Any, st: Any) -> Variable:
    """x, with its shape announced: an error when values of another shape arrive.

    Raises FailedAssertionError, when it runs, for a value of another shape.

    >>> specify_shape([[1, 2]], (1, 2)).eval()
    array([[1, 2]])
    """
    x = as_tensor_variable(x)
    sizes, _ = shape_parts(st, x.ndim)
    if sizes is None or len(sizes) != x.ndim:
        raise ShapeError(f"{quoted(x)} has {x.ndim} dimensions, and the shape {quoted(st)} has "
                         "not.", fix="Give one size for each.")
    result: Variable = SpecifyShape(tuple(range(x.ndim)))(x, *map(as_tensor_variable, sizes))
    return result if x.ndim else x


def checked_shape(x: Variable, sizes: Any, what: str) -> Variable:
    """x, with the sizes that are not None announced; x itself where there are none."""
    if isinstance(sizes, Constant):
        sizes = sizes.data.tolist()
    sizes = list(sizes) if sizes is not None else []
    if sizes and len(sizes) != x.ndim:
        raise ShapeError(f"{what} have {x.ndim} dimensions, and the shape announced for them is "
                         f"{tuple(sizes)}.", fix="Give one size for each, or None.")
    known = [(i, one_size(s)) for i, s in enumerate(sizes) if s is not None]
    for _, size in known:
        if isinstance(size, Variable) and not isinstance(size, Constant):
            raise ShapeError(f"the shape of {what} is made of numbers, and {quoted(size)} is a "
                             "symbol.", fix="Pass None in its place.")
    if not known:
        return x
    axes = tuple(i for i, _ in known)
    return SpecifyShape(axes, what)(x, *[as_tensor_variable(s) for _, s in known])


example("specify_shape", lambda x: specify_shape(x, (2, 3)), lambda x: x, (2, 3))
example("specify_shape", lambda x, n: specify_shape(x, (n, 3)), lambda x, n: x, (2, 3), 2)
example("assert", lambda x: Assert("x is small")(x, x.sum() > -100), lambda x: x, (2, 3))
