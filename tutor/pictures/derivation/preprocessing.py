"""An expression before it is derived: what is computed twice in it once, without what nobody wrote.

Comes after `simplify.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.core.arrays import Shape
from tutor.core.elementwise import mul
from tutor.core.graph import Apply, Variable
from tutor.core.indexing import Subtensor
from tutor.core.walk import ancestors, rebuild, remake
from tutor.notation import said
from tutor.ops.creation import ARange
from tutor.pictures.derivation.product import number_of
from tutor.pictures.derivation.simplify import Simplifier, key_of


def prepared(y: Variable, wrt: Sequence[Variable]) -> Variable:
    """An expression before it is derived: what is computed twice in it once, and what nobody wrote,
    as the 1 of a derivative, not at all. What it is derived by stays.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x"); sines = prepared(T.sin(x) * T.sin(x), [x]).owner.inputs
    >>> sines[0] is sines[1]
    True
    """
    y = merged(y, wrt)
    ones = (1 in map(number_of, v.owner.inputs) for v in ancestors([y], stop=wrt)
            if v.owner is not None and v.owner.op is mul)
    return Simplifier(closed=wrt).of(y) if any(ones) else y


def merged(y: Variable, wrt: Sequence[Variable]) -> Variable:
    """The expression with what is computed twice in it computed once."""
    made: dict[Any, Sequence[Variable]] = {}
    new: dict[Variable, Variable] = {}

    def make(node: Apply, inputs: list[Variable]) -> Sequence[Variable]:
        sized = [shaped_as(v) for v in inputs] if isinstance(node.op, Shape) else inputs
        key = node.op, *map(key_of, sized), *[v.name for v in node.outputs]
        if key not in made:
            made[key] = node.outputs if inputs == node.inputs else remake(node, inputs).outputs
        for was, v in zip(node.outputs, made[key], strict=True):
            new[was] = v
            if v is not was and was.paper is not None:
                notation, parts = was.paper
                said(v, str(was), (notation, [new.get(u, u) for u in parts]))
        return made[key]

    return rebuild([y], {x: x for x in wrt}, make)[0]


def shaped_as(v: Variable) -> Variable:
    """What a variable has the shape of, as far in as that can be told: a name, where there is one.

    >>> import tutor.tensor as T
    >>> x, w, t = T.dmatrix("x"), T.dvector("w"), T.dvector("t")
    >>> shaped_as((T.dot(x, w) - t) ** 2)
    t
    """
    while v.owner is not None:
        others = v.owner.inputs[1:] if isinstance(v.owner.op, Subtensor) else []
        each = len(others) == 2 and others[0].owner and isinstance(others[0].owner.op, ARange)
        if not (v.owner.op.elementwise or each):  # or one of each row
            break
        parts = others[1:] if each else v.owner.inputs
        same = [u for u in parts if u.broadcastable == v.broadcastable]
        if not same:
            break
        v = next((u for u in same if u.owner is None and u.name), same[0])
    return v
