"""Rows or columns of a Jacobian, whichever are fewer: a step that is linear in a unit vector gives
a row; the derivative of one element of it by that vector is a column.

>>> import tutor.tensor as T
>>> p, t = T.dvectors("p", "t"); rows = T.jacobian(p[0] * T.exp(-p[1] * t), p)
>>> [v.owner.op.name for v in rows_or_columns(rows.owner, rows.owner.inputs)]
['ifelse']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import reduce
from typing import Any

from tutor.core.arrays import DimShuffle, Dot, Outer, Reduction, ones_like, transpose
from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import (
    Cast,
    add,
    and_,
    eq,
    fill,
    gt,
    lt,
    mul,
    neg,
    neq,
    sub,
    switch,
    true_div,
    where,
)
from tutor.core.gradient import pull_back
from tutor.core.graph import Apply, Variable, written_at
from tutor.core.indexing import IncSubtensor, Join, Slot, Subtensor
from tutor.core.scan import Loop, scan
from tutor.core.types import TensorType
from tutor.core.walk import changing, rebuild, remake, toposort
from tutor.ops.control import ifelse
from tutor.ops.creation import ARange, arange, is_number
from tutor.ops.shape import Reshape, reshape
from tutor.ops.sums import size

#: The operands that, all 0, make the result of an operation 0; of a product it is any of them.
ANY = slice(None)
VANISHING: dict[Any, slice] = {
    mul: ANY, Dot: ANY, Outer: ANY, add: slice(0, None), sub: slice(0, None), Join: slice(0, None),
    IncSubtensor: slice(0, 2), fill: slice(1, 2), switch: slice(1, None),
    **dict.fromkeys([neg, true_div, Cast, DimShuffle, Reshape, Reduction, Subtensor], slice(0, 1))}


def rows_or_columns(node: Apply, inputs: Sequence[Variable]) -> list[Variable] | None:
    """The results of a loop over rows, or by columns where these are fewer; None for other loops.

    `inputs` are what the node reads.
    """
    loop = node.op
    if not isinstance(loop, Loop) or loop.states or loop.until or loop.sequences != 1:
        return None
    outer = dict(zip(loop.inputs, inputs[1:], strict=True))
    seeds = _seeds(loop, outer)
    if not seeds:
        return None
    with written_at(node.origin):
        unit = seeds[0].type()
        step = _unmasked(rebuild(loop.results, dict.fromkeys(seeds, unit)), unit)
        zeros = outer[seeds[0].owner.inputs[0]]  # type: ignore[union-attr]
        still = {v for v, value in outer.items() if is_zeros(value)}
        if changing(loop.inputs[:1], step) != {*loop.inputs[:1]} or not _homogeneous(
                step, {unit, *still}):
            return None
        step = rebuild(step, outer)
        rows = rebuild([*map(_shaped, step)], {unit: zeros})
        found = [_columns(v, row, unit, zeros) for v, row in zip(step, rows, strict=True)]
        if any(a is None or a.type is not b.type
               for a, b in zip(found, node.outputs, strict=True)):
            return None
        n, widths = shape_of(zeros)[0], [size(row) for row in rows]
        fewer = reduce(and_, [gt(m, 0) for m in widths], lt(sum(widths[1:], widths[0]), n))
        again = loop.make_node(*inputs).outputs
        result: list[Variable] = ifelse(and_(fewer, eq(inputs[0], n)), found, list(again))
    return result


def _seeds(loop: Loop, outer: Mapping[Variable, Variable]) -> list[Variable]:
    """The vectors of a step that are 1 where the step is and else 0; the steps go from the first
    place on."""
    i = loop.inputs[0]
    places = outer[i].owner
    if places is None or not isinstance(places.op, ARange) or not (
            is_zero(places.inputs[0]) and is_number(places.inputs[2], 1)):
        return []
    found: dict[Variable, Variable] = {}
    for node in toposort(loop.results):
        if not isinstance(node.op, IncSubtensor) or node.inputs[2:] != [i]:
            continue
        x, y, _ = node.inputs
        base = outer[x].owner if x in outer and is_zeros(outer[x]) else None
        slot = isinstance(node.op.index.entries[0], Slot)
        if base is not None and x.ndim == 1 and slot and _filling(y, 1):
            found[node.outputs[0]] = base.inputs[0]
    like = next(iter(found.values()), None)
    return [v for v, shaped in found.items() if shaped is like]


def _filling(v: Variable, number: int) -> bool:
    """Whether all elements of a variable are a number."""
    filled = v.owner is not None and v.owner.op is fill
    return is_number(v.owner.inputs[1] if filled else v, number)  # type: ignore[union-attr]


def is_zeros(v: Variable) -> bool:
    """Whether a variable is made as zeros like another."""
    return v.owner is not None and v.owner.op is fill and is_zero(v.owner.inputs[1])


def _unmasked(results: Sequence[Variable], unit: Variable) -> list[Variable]:
    """Results without choices of 0 where the vector is 0, which each element of them is as well."""
    like = {unit}  # what is 0 wherever the vector is

    def make(node: Apply, inputs: list[Variable]) -> Sequence[Variable]:
        if node.op is switch and inputs[1] in like and is_zero(inputs[2]):
            parts = _conditions(inputs[0])
            rest = [c for c in parts if not _tells(c, unit)]
            if len(rest) < len(parts):
                return [where((reduce(and_, rest), True), inputs[1]) if rest else inputs[1]]
        made = node.outputs if inputs == node.inputs else remake(node, inputs).outputs
        if node.op.elementwise and made[0].ndim == 1 and vanishes(node, inputs, like):
            like.update(made)
        return made

    return rebuild(results, {}, make)


def _conditions(condition: Variable) -> list[Variable]:
    """The conditions that hold together where this one does."""
    node = condition.owner
    if node is None or node.op is not and_:
        return [condition]
    return [part for v in node.inputs for part in _conditions(v)]


def _tells(condition: Variable, unit: Variable) -> bool:
    """Whether a condition says that the vector is not 0."""
    node = condition.owner
    return node is not None and node.op is neq and node.inputs[0] is unit and is_zero(
        node.inputs[1])


def vanishes(node: Apply, inputs: Sequence[Variable], zero: Set[Variable]) -> bool:
    """Whether a node with these inputs gives 0 because these variables are 0."""
    how = VANISHING.get(node.op, VANISHING.get(type(node.op)))
    if how is None:
        return False
    operands = [*inputs[how]]
    known = any if how is ANY else all
    return not zero.isdisjoint(operands) and known([v in zero or is_zero(v) for v in operands])


def is_zero(v: Variable) -> bool:
    """Whether a variable is known to be 0."""
    return is_number(v, 0)


def _homogeneous(results: Sequence[Variable], still: set[Variable]) -> bool:
    """Whether results are 0 where variables are; linear in these they may still not be."""
    zero = {*still}
    for node in toposort(results):
        if vanishes(node, node.inputs, zero):
            zero.update(node.outputs)
    return zero.issuperset(results)


def _columns(v: Variable, row: Variable, unit: Variable, zeros: Variable) -> Variable | None:
    """The stacked rows of one result, made of columns: the derivatives of one of its elements by
    the unit vector. None where the result is not linear."""
    place = TensorType("int64", ())()
    element = (v.flatten() if v.ndim > 1 else v)[place] if v.ndim else v
    ((product, _),) = pull_back({element: ones_like(element)}, [unit])
    if product is None or product.type is not unit.type or _reads(product, unit):
        return None
    product = rebuild([product], {v: _shaped(v)})[0]
    if not v.ndim:
        return rebuild([product], {unit: zeros})[0]
    columns, _ = scan(lambda j: rebuild([product], {unit: zeros, place: j})[0],
                      sequences=arange(size(row)))
    if v.ndim == 1:
        return transpose(columns)
    return reshape(transpose(columns), [columns.shape[1], *shape_of(row)], ndim=v.ndim + 1)


def _shaped(v: Variable) -> Variable:
    """A variable of the same shape that need not be computed for it."""
    while v.owner is not None:
        operands = v.owner.inputs if v.owner.op.elementwise else []
        if isinstance(v.owner.op, IncSubtensor):
            operands = v.owner.inputs[:1]
        like = next((u for u in operands if u.type is v.type), None)
        if like is None:
            break
        v = like
    return v


def _reads(v: Variable, unit: Variable) -> bool:
    """Whether a variable goes by the numbers of another, and not by its shape alone."""
    used = {v}
    for node in reversed(toposort([v])):
        if not used.isdisjoint(node.outputs):
            used.update(node.inputs[node.op.reads])
    return unit in used
