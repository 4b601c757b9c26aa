"""An op's own rule, asked for what it sends back: what is undefined, without influence, or wrong.

Comes before `branches.py`, which says where a cotangent arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.core.errors import BadValueError, DTypeError
from tutor.core.gradient import Cotangents, zeros_of
from tutor.core.graph import Apply, Variable, quoted
from tutor.core.op import Op
from tutor.core.types import DISCRETE
from tutor.ops.undefined import DisconnectedType, NullType


def connections(node: Apply) -> Sequence[Sequence[bool]]:
    """Which input (row) each output (column) of a node depends on."""
    found = node.op.connection_pattern(node)
    wide = len(node.outputs)
    if len(found) != len(node.inputs) or any(len(row) != wide for row in found):
        raise BadValueError(
            f"the connection_pattern of {node.op} does not have a row for each input and a "
            "column for each output.",
            fix=f"Return {len(node.inputs)} lists of {wide} bools.")
    return found


def local(node: Apply, cotangents: Cotangents, connected: Sequence[bool],
          inputs: Sequence[Variable] | None = None) -> Cotangents:
    """What the op's own rule sends to its inputs; about others, where there are some."""
    arrived: list[Variable | None] = []
    for v, g in zip(node.outputs, cotangents, strict=True):
        if g is not None and is_null(g):
            return _undefined(node, cotangents, g)
        arrived.append(None if getattr(v.type, "dtype", None) in DISCRETE else g)
    if all(g is None for g in arrived):
        return [None] * len(node.inputs)
    full = [nothing(v) if g is None else g for v, g in zip(node.outputs, arrived, strict=True)]
    found = node.op.L_op([*(inputs or node.inputs)], [*node.outputs], full)
    return checked(node, found, connected)


def _undefined(node: Apply, cotangents: Cotangents, null: Variable) -> Cotangents:
    """Undefined for the inputs of undefined outputs; what the op says for the others."""
    at = [g is not None and is_null(g) for g in cotangents]
    rest = [None if there else g for g, there in zip(cotangents, at, strict=True)]
    hit = [any(c and n for c, n in zip(row, at, strict=True)) for row in connections(node)]
    others: Cotangents = [None] * len(hit)
    if not all(hit):
        others = local(node, rest, [not h for h in hit])
    return [null if h else g for h, g in zip(hit, others, strict=True)]


def is_null(g: Variable) -> bool:
    """Whether a cotangent is not defined."""
    return isinstance(g.type, NullType)


def nothing(v: Variable) -> Variable:
    """The cotangent of an output that the seeds do not depend on."""
    if getattr(v.type, "dtype", None) is None:
        return DisconnectedType()()
    return zeros_of(v)


def checked(node: Apply, found: Any, connected: Sequence[bool]) -> list[Variable | None]:
    """What a rule gave, if it is an expression (or nothing) for each input."""
    if not isinstance(found, (list, tuple)):
        raise DTypeError(f"the gradient of {node.op} gave {quoted(found)}, which is no list.",
                         where=(("used at", node.origin),),
                         fix="An op's grad returns a list with one expression for each input.")
    if len(found) != len(node.inputs):
        raise BadValueError(f"the gradient of {node.op} gave {len(found)} results for "
                            f"{len(node.inputs)} inputs.",
                            fix="An op's grad returns one expression for each input.")
    by_user = type(node.op).L_op is Op.L_op  # the engine's own rules write None for zero
    for i, g in enumerate(found if by_user else ()):
        if g is None and connected[i]:
            raise DTypeError(
                f"the gradient of {node.op} is None for input {i}.",
                where=(("used at", node.origin),),
                fix="Return x.zeros_like() where it is zero, grad_undefined(self, i, x) where "
                "there is none, DisconnectedType()() where the input has no influence.")
    return [None if getattr(getattr(g, "type", None), "dtype", "") in DISCRETE else g
            for g in found]
