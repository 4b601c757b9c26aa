"""`interpret`: what an expression means. A graph is run node by node, as it was written; every mode
agrees with that.

>>> import tutor.core as T; x = T.dscalar("x")
>>> interpret([x * 2 + 1], {x: np.asarray(3.0)})
[array(7.)]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError, ShapeError, TutorError
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.indexing import ShapesDifferError
from tutor.core.seams import seams
from tutor.core.types import TensorType

Values = dict[Variable, Any]


def interpret(outputs: Sequence[Variable], given: Mapping[Variable, Any]) -> list[Any]:
    """The values of `outputs` where those of `given` are known; arrays, as their types say.

    A value is computed when it is first asked for, by the NumPy expression of its op. Of an
    `ifelse` the branch that is not taken is not looked at.

    >>> import tutor.core as T; x = T.dscalar("x")
    >>> interpret([x * 2 + 1], {x: np.asarray(3.0)})
    [array(7.)]
    """
    values: Values = dict(given)
    wanted = list(reversed(outputs))
    while wanted:
        v = wanted[-1]
        if v in values:
            wanted.pop()
        elif v.owner is None:
            values[v] = v.data if isinstance(v, Constant) else v.container.value
        else:
            missing = [u for u in v.owner.op.required(v.owner, values) if u not in values]
            wanted.extend(reversed(missing))
            if not missing:
                values.update(zip(v.owner.outputs, computed(v.owner, values), strict=True))
    return [values[v] for v in outputs]


def computed(node: Apply, values: Values) -> list[Any]:
    """The results of a node, each an array of the dtype that its type says."""
    operands = [values.get(v) for v in node.inputs]
    try:
        compare_shapes(node, values)
        with np.errstate(all="ignore"):
            found = node.op.compute(node, operands)
    except Exception as problem:
        raise seams.explained(problem, node, operands) from problem
    return [np.asarray(value, v.dtype) if isinstance(v.type, TensorType) else value
            for v, value in zip(node.outputs, found, strict=True)]


def explained(problem: Exception, node: Apply, operands: Sequence[Any]) -> Exception:
    """The error to raise in the place of one that came up in a node: with its formula and line."""
    if isinstance(problem, TutorError):
        return problem
    kind = ShapeError if isinstance(problem, ValueError) else BadValueError
    shapes = " and ".join(str(np.shape(value)) for value in operands)
    why = str(problem) or "the sizes differ"
    return kind(f"{quoted(node.outputs[0])} cannot be computed: {why} (of shapes {shapes}).",
                where=(("written at", node.origin),))


def compare_shapes(node: Apply, values: Mapping[Variable, Any]) -> None:
    """Raise where a dimension merely happens to be 1: only those stretch whose type says so."""
    full = [v for v in node.inputs if node.op.elementwise and False in v.broadcastable]
    for a, b in pairwise(full):
        for axis in range(-min(a.ndim, b.ndim), 0):
            if not (a.broadcastable[axis] or b.broadcastable[axis]) and (
                    values[a].shape[axis] != values[b].shape[axis]):
                raise ShapesDifferError


seams.explained = explained
