"""Ops written in Python by a user: `perform(node, inputs, storage)` as a function of values.

Comes before the back ends, which call it for ops that have no NumPy expression, as the core's
interpreter does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tutor.compile.explain import explained
from tutor.core.errors import BadValueError, NotHereError
from tutor.core.graph import Apply
from tutor.core.seams import seams
from tutor.core.types import TensorType
from tutor.misfits import describe, in_words


def performer(node: Apply) -> Callable[..., tuple[Any, ...]]:
    """A function of the input values that runs `perform` and gives the outputs.

    As in Theano, what an op gets for a tensor is an array, also for a number; a copy, where it says
    that it writes over it.
    """
    op: Any = node.op
    written = {i for places in op.destroy_map.values() for i in places}
    arrays = [(np.array if i in written else np.asarray) if isinstance(v.type, TensorType) else None
              for i, v in enumerate(node.inputs)]
    if not hasattr(op, "perform"):
        return _thunk(node, arrays)

    def perform(*values: Any) -> tuple[Any, ...]:
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        given = [a(v) if a else v for v, a in zip(values, arrays, strict=True)]
        op.perform(node, given, storage)
        return _taken(node, storage)

    return perform


def _taken(node: Apply, storage: list[list[Any]]) -> tuple[Any, ...]:
    """What an op left in its output storage, as the types of the outputs say."""
    found = []
    for v, cell in zip(node.outputs, storage, strict=True):
        value = cell[0]
        if isinstance(v.type, TensorType) and not v.type.is_super(value):
            if value is None:
                raise BadValueError(f"{node.op} left no value for output number {v.index}.",
                                    where=(("written at", node.origin),),
                                    fix="In perform, write output_storage[i][0] = value.")
            if np.ndim(value) != v.ndim:
                raise BadValueError(
                    f"{node.op} gave {describe(value)} for {in_words(v.type)}.",
                    where=(("written at", node.origin),),
                    fix="Give what make_node says, or say there what perform gives.",
                )
            value = v.type.filter(value, allow_downcast=True)
        found.append(value)
    return tuple(found)


def _thunk(node: Apply, arrays: list[Any]) -> Callable[..., tuple[Any, ...]]:
    """For an op that has `make_thunk` in the place of `perform`."""
    op: Any = node.op
    if not hasattr(op, "make_thunk"):
        raise NotHereError(f"{op} has no perform, and C code does not run here.",
                           where=(("written at", node.origin),),
                           fix="Write perform(self, node, inputs, output_storage) in Python.")
    storage: dict[Any, list[Any]] = {v: [None] for v in (*node.inputs, *node.outputs)}
    computed: dict[Any, list[bool]] = {v: [v in node.inputs] for v in storage}
    thunk = op.make_thunk(node, storage, computed, [])

    def run(*values: Any) -> tuple[Any, ...]:
        for v, value, array in zip(node.inputs, values, arrays, strict=True):
            storage[v][0] = array(value) if array else value
        for v in node.outputs:
            storage[v][0] = None
        thunk()
        return _taken(node, [storage[v] for v in node.outputs])

    return run


def performed(node: Apply, operands: Sequence[Any]) -> Sequence[Any]:
    """What an op gives that a user wrote in Python."""
    return performer(node)(*operands)


def told(problem: Exception, node: Apply, operands: Sequence[Any]) -> Exception:
    """The error that compiled functions raise."""
    return explained(problem, node, dict(zip(node.inputs, operands, strict=True)))


seams.performed, seams.explained = performed, told
