"""What is announced: `specify_shape`, `Assert`, the shapes programs give for images and filters.

Comes after the shape ops. What is announced is checked when values arrive, so an error names the
size that is wrong instead of one that follows from it.

>>> specify_shape([1, 2], (2,)).eval()
array([1, 2])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.errors import ShapeError
from tutor.graph import Apply, Constant, Op, Variable, apply, as_tensor_variable
from tutor.operators import public, quoted
from tutor.ops.registry import example
from tutor.ops.sizes import one_size, shape_parts


class SpecifyShape(Op):
    """x itself, if its sizes along `axes` are those given; `what` names x in the error."""

    zero_sign = "kept"
    moves = True
    __props__ = ("axes", "what")
    takes_numbers = True
    name, doc = "specify_shape", "x itself; an error unless its shape is the one announced."
    view_map = {0: [0]}  # noqa: RUF012

    def __init__(self, axes: tuple[int, ...], what: str = "x") -> None:
        self.axes, self.what = axes, what

    def make_node(self, x: Variable, *sizes: Variable) -> Apply:
        return apply(self, [x, *sizes], x.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        sizes = ", ".join(names[1:])
        return f"of_shape({names[0]}, {self.axes}, ({sizes},), {self.what!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        sizes = inputs[1:]
        return [SpecifyShape(self.axes, self.what)(cotangents[0], *sizes), *[None] * len(sizes)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]


class Assert(Op):
    """`Assert(message)(x, *conditions)`: x itself; an AssertionError where a condition is false.

    >>> Assert("a root of what is below 0")(4.0, 4.0 > 0).eval()
    array(4., dtype=float32)
    """

    zero_sign = "kept"
    moves = True
    __props__ = ("msg",)
    name, doc = "assert", "x itself; an error unless all the conditions hold."
    view_map = {0: [0]}  # noqa: RUF012

    def __init__(self, msg: str = "Theano Assert failed!") -> None:
        self.msg = msg

    def make_node(self, x: Any, *conditions: Any) -> Apply:
        x = as_tensor_variable(x)
        taken = [as_tensor_variable(c) for c in conditions]
        for c in taken:
            if c.ndim:
                raise ShapeError(f"a condition is a scalar, and {quoted(c)} has {c.ndim} "
                                 "dimensions.", fix="Use T.all(...) or T.any(...) of it.")
        return apply(self, [x, *taken], x.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"asserted({names[0]}, ({''.join(n + ', ' for n in names[1:])}), {self.msg!r})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [cotangents[0], *[None] * (len(inputs) - 1)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]


assert_op = assert_ = Assert()


@public
def specify_shape(x: Any, st: Any) -> Variable:
    """x, with its shape announced: an error when values of another shape arrive."""
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
