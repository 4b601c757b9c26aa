"""`theano.scalar`: ops that a program writes as a function of numbers, and classes of ops by name.

Theano had ops on numbers, and `Elemwise` made ops on tensors of them. A number is a tensor of no
dimensions here, so one op is both: it is applied element by element, and broadcasts.

>>> exp = class_of("Exp")(None, name="e")
>>> isinstance(exp, class_of("Exp")), exp.name
(True, 'exp')
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from tutor.core.elementwise import Elementwise, broadcast_pattern, cast, floats
from tutor.core.errors import DTypeError, NotHereError
from tutor.core.graph import Apply, Variable, Variables, apply, as_operands
from tutor.core.op import FUNCTIONS, Op, unbroadcast
from tutor.core.types import DTYPES, TensorType, promote
from tutor.theano.op_names import named

#: From the types of the operands, which have no dimensions, to those of the outputs.
Preference = Callable[..., Sequence[TensorType]]


class ScalarOp(Op):
    """An op whose `impl` takes numbers and gives one: applied to each element of its operands.

    `grad(inputs, output_gradients)` is as of any op. The dtype is that of the operands promoted,
    unless `output_types_preference` says another: a function of their types, or a list of types.

    >>> import tutor.tensor as T
    >>> class Step(UnaryScalarOp):
    ...     def impl(self, x):
    ...         return 1.0 if x > 0 else 0.0
    >>> Step(upgrade_to_float)(T.constant([-2, 0, 3])).eval()
    array([0., 0., 1.])
    """

    nin = -1
    nout = 1
    output_types_preference: Any = None

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        if name is not None:
            self.name = name
        if output_types_preference is not None:
            self.output_types_preference = output_types_preference

    @property
    def scalar_op(self) -> ScalarOp:
        """The op on numbers: it is the same."""
        return self

    def output_types(self, types: Sequence[TensorType]) -> Sequence[TensorType]:
        """The types of the outputs, of no dimensions, from those of the operands."""
        wanted = self.output_types_preference
        if isinstance(wanted, (list, tuple)):
            return wanted
        return wanted(*types) if wanted is not None else upcast_out(*types)

    def impl(self, *numbers: Any) -> Any:
        """The function of numbers."""
        raise NotHereError(f"{type(self).__name__} has no impl.", fix="Write impl(self, x).")

    def make_node(self, *inputs: Any) -> Apply:
        if self.nin not in (-1, len(inputs)):
            raise DTypeError(f"{self} takes {self.nin} operands and got {len(inputs)}.",
                             fix=f"Pass {self.nin}.")
        taken = as_operands(inputs)
        pattern = broadcast_pattern([v.broadcastable for v in taken])
        given = self.output_types([TensorType(v.dtype, ()) for v in taken])
        return apply(self, taken, *[TensorType(t.dtype, pattern) for t in given])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        """`impl` of each element; an element is a number of NumPy, which divides by zero."""
        arrays = np.broadcast_arrays(*inputs)
        outputs = [np.empty(arrays[0].shape, v.dtype) for v in node.outputs]
        for i, numbers in enumerate(zip(*[a.flat for a in arrays], strict=True)):
            found = self.impl(*numbers)
            for out, number in zip(outputs, found if self.nout > 1 else (found,), strict=True):
                out.flat[i] = number
        for cell, out in zip(output_storage, outputs, strict=True):
            cell[0] = out

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> Sequence[Any]:
        found = self.grad(inputs, cotangents)
        return [unbroadcast(g, v) if isinstance(g, Variable) and hasattr(g.type, "dtype") else g
                for g, v in zip(found, inputs, strict=True)]

    def __str__(self) -> str:
        return self.name or type(self).__name__


class UnaryScalarOp(ScalarOp):
    """An elementwise op of one operand that a program writes itself."""

    nin = 1


class BinaryScalarOp(ScalarOp):
    """An elementwise op of two operands that a program writes itself."""

    nin = 2


for _kind in (ScalarOp, UnaryScalarOp, BinaryScalarOp):
    _kind.of_user = True  # what it runs is


def _one(rule: Callable[..., str], doc: str) -> Preference:
    def prefer(*types: TensorType) -> list[TensorType]:
        return [TensorType(rule(*[t.dtype for t in types]), ())]
    prefer.__doc__ = doc
    return prefer


upcast_out = _one(promote, "The dtype that all operands go into.")
upgrade_to_float = _one(floats, "A float that holds all operands.")
same_out = _one(lambda *dtypes: dtypes[0], "The dtype of the first operand.")
upgrade_to_float_no_complex = upgrade_to_float
same_out_nocomplex, upcast_out_no_complex = same_out, upcast_out
float_out = _one(lambda *_: "float64", "float64, whatever the operands.")
int_out = _one(lambda *_: "int64", "int64, whatever the operands.")
complex_out = _one(lambda *_: "complex128", "complex128, whatever the operands.")


@cache
def class_of(name: str) -> Any:
    """The class of a name in Theano's spelling; an `AttributeError` where no op here is meant.

    Making one takes what Theano's took, a rule for dtypes and a name, and gives the op.
    """
    if name.startswith("convert_to_"):
        return partial(cast, dtype=name.removeprefix("convert_to_"))
    if name in DTYPES:
        return TensorType(name, ())
    known = {key.replace("_", ""): op for key, op in FUNCTIONS.items()}
    op = known.get(name.lower()) if name[:1].isupper() else None
    if not isinstance(op, Elementwise):
        raise AttributeError(name)
    return named(name, Elementwise, lambda *settings, **more: op, lambda other: other is op)


__getattr__ = class_of
