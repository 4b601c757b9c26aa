"""A function in Python as an op: `as_op`, for what no op here computes and nobody differentiates.

>>> import tutor.tensor as T
>>> gap = as_op([T.lvector], [T.lscalar])(lambda v: np.diff(np.sort(v)).max())
>>> gap(np.array([2, 9, 4])).eval()
array(5)
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError
from tutor.core.graph import Apply
from tutor.core.op import Op
from tutor.core.types import Type
from tutor.signatures import answering


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
                f"{len(output_storage)}.",
                fix="Return a tuple with one value for each of otypes.",
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
