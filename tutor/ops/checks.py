"""Ops that hand a value on: announced shapes, assertions, `Print`; functions of Python as ops.

What is announced is checked when values arrive, so an error names the size that is wrong instead
of one that follows from it.

>>> specify_shape([1, 2], (2,)).eval()
array([1, 2])
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from tutor.checking import lent
from tutor.core.errors import BadValueError, DTypeError, NotHereError, ShapeError
from tutor.core.graph import (
    Apply,
    Constant,
    Variable,
    Variables,
    apply,
    as_tensor_variable,
    here,
    quoted,
    written_at,
)
from tutor.core.op import VIEW, Op, Row, tell
from tutor.core.seams import seams
from tutor.core.types import Type
from tutor.notation import Notation
from tutor.ops.examples import example
from tutor.ops.shape import one_size, shape_parts
from tutor.signatures import answering

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


def specify_shape(x: Any, st: Any) -> Variable:
    """x, with its shape announced: an error when values of another shape arrive. Raises
    FailedAssertionError, when it runs, for a value of another shape.

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


def print_attributes(op: Print, value: Any) -> None:
    """Print the message with each of the attributes (a method is called)."""
    for name in op.attrs:
        found = getattr(value, name)
        print(op.message, name, "=", found() if callable(found) else found)


class Print(Op):
    """`Print(message, attrs)(x)` is x, and prints `message attribute = value` when it is computed.

    `attrs` are attributes and methods of NumPy arrays, such as "shape", "min", "__str__". What is
    printed instead can be said by `global_fn(op, value)`. Gradients pass unchanged.
    """

    __props__ = ("message", "attrs", "global_fn")
    name, doc = "Print", "x, printed when it is computed."

    def __init__(self, message: str = "", attrs: Sequence[str] = ("__str__",),
                 global_fn: Callable[[Any, Any], None] = print_attributes) -> None:  # fmt: skip
        self.message, self.attrs, self.global_fn = message, tuple(attrs), global_fn

    def make_node(self, x: Any) -> Apply:
        x = x if isinstance(x, Variable) else as_tensor_variable(x)
        return apply(self, [x], x.type)

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        """Print the value, and hand on a copy: what holds it may be written over."""
        value = inputs[0]
        plain = np.asarray(value) if hasattr(node.outputs[0].type, "dtype") else value
        self.global_fn(self, plain)
        output_storage[0][0] = np.array(plain) if plain is not value or plain.ndim else plain

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        return list(cotangents)

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        return list(eval_points)

    def notation(self, node: Apply) -> Notation:
        return Notation("Print({0})", r"\operatorname{{Print}}\left({0}\right)")


class FromFunctionOp(Op):
    """An op that calls `fn` with the values of its inputs; it has no gradient.

    Two of them are equal where their function is the same.
    """

    def __init__(self, fn: Callable[..., Any], itypes: Sequence[Type], otypes: Sequence[Type],
                 infer_shape: Callable[..., Any] | None = None) -> None:
        self.fn, self.itypes, self.otypes = fn, list(itypes), list(otypes)
        self.name = getattr(fn, "__name__", "")
        if infer_shape is not None:
            self.infer_shape = infer_shape

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        given = self.fn(*inputs)
        outputs = given if isinstance(given, (list, tuple)) else (given,)
        if len(outputs) != len(output_storage):
            raise BadValueError(
                f"{self.name} gave {len(outputs)} values, and its otypes say "
                f"{len(output_storage)}.", fix="Return a tuple with one value for each of otypes.",
            )
        for cell, value in zip(output_storage, outputs, strict=True):
            cell[0] = np.asarray(value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.fn == other.fn

    def __hash__(self) -> int:
        return hash((FromFunctionOp, self.fn))

    def __str__(self) -> str:
        return f"FromFunctionOp{{{self.name}}}"

    def __reduce__(self) -> tuple[Any, ...]:
        # The name of a decorated function means the op, so that is what its name finds.
        try:
            there = getattr(import_module(self.fn.__module__), self.fn.__qualname__)
        except (ImportError, AttributeError):
            raise pickle.PicklingError(
                f"{self} cannot be pickled: {self.name} is not a name of its module."
            ) from None
        if there is self:
            return _named, (self.fn.__module__, self.fn.__qualname__)
        return FromFunctionOp, (self.fn, self.itypes, self.otypes,
                                getattr(self, "infer_shape", None))


FromFunctionOp.of_user = True  # what it runs is


def typed(op: Any, inputs: Sequence[Any]) -> Apply:
    """The node of an op that has `itypes` and `otypes`, lists of types, and no make_node."""
    if op.itypes is None or op.otypes is None:
        raise NotHereError(f"{type(op).__name__} has no make_node, nor both itypes and otypes.",
                           fix="Write make_node(self, *inputs), or say both.")
    taken = [x if isinstance(x, Variable) else as_tensor_variable(x) for x in inputs]
    if [x.type for x in taken] != list(op.itypes):
        raise DTypeError(f"{op} takes {list(op.itypes)} and got {[x.type for x in taken]}.",
                         fix="Pass variables of these types, or change itypes.")
    return apply(op, taken, *op.otypes)


def node_of_user(op: Op, *inputs: Any, **settings: Any) -> Apply:
    """The node of an op that is written in a program: made where the op is applied, and not where
    its make_node is written."""
    with written_at(here()):
        node = op.make_node(*inputs, **settings)
    if not isinstance(node, Apply):
        raise DTypeError(f"make_node of {op} gives a node, and gave {quoted(node)}.",
                         where=(("written at", here()),),
                         fix="Return Apply(self, inputs, outputs).")
    if isinstance(op, Row) and not op.view_map and "view_map" not in vars(op):
        op.view_map = lent(node)  # it may have forgotten to say so
    return node


tell(Op, make_node=lambda self, *inputs: typed(self, inputs), itypes=None, otypes=None)
seams.of_user = node_of_user


def _named(module: str, name: str) -> Any:
    """What a name means in a module."""
    return getattr(import_module(module), name)


@answering
def as_op(itypes: Any, otypes: Any,
          infer_shape: Callable[..., Any] | None = None) -> Callable[..., FromFunctionOp]:
    """A decorator: the function as an op, from inputs of `itypes` to outputs of `otypes`.

    Each is a type, or a list of them. `infer_shape(node, shapes)` may say the outputs' shapes.
    """
    taken, given = (list(t) if isinstance(t, (list, tuple)) else [t] for t in (itypes, otypes))
    for kind in (*taken, *given):
        if not isinstance(kind, Type):
            raise BadValueError(f"{kind!r} is no type.", fix="Give types, such as T.dvector.")
    return lambda fn: FromFunctionOp(fn, taken, given, infer_shape)


example("specify_shape", lambda x: specify_shape(x, (2, 3)), lambda x: x, (2, 3))
example("specify_shape", lambda x, n: specify_shape(x, (n, 3)), lambda x, n: x, (2, 3), 2)
example("assert", lambda x: Assert("x is small")(x, x.sum() > -100), lambda x: x, (2, 3))
