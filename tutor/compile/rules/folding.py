"""Constant folding: what depends on constants alone is computed once, when it is rewritten.

Comes before the engine. What fails is left for the call, where the error can be explained; what
would be large is left too, since computing it costs less than keeping it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from types import CodeType
from typing import Any

import numpy as np

from tutor.core.graph import Apply, Constant
from tutor.core.types import TensorType
from tutor.ops import kernels

LARGEST = 10_000  # elements: a larger constant is cheaper to compute than to keep


def fold(node: Apply) -> Constant | None:
    """The value of a node of constants, as a constant; None where it is none, large, or fails.

    >>> import tutor.tensor as T
    >>> fold((T.constant(2.0) * 3).owner)
    6
    """
    if not node.inputs or not all(isinstance(v, Constant) for v in node.inputs):
        return None
    out = node.outputs[0]
    if not isinstance(out.type, TensorType) or getattr(node.op, "draws", False):
        return None
    names = [f"_{i}" for i in range(len(node.inputs))]
    text = node.op.source(node, names)
    if text is None or _hides_a_mismatch(node):
        return None
    values = {n: v.data for n, v in zip(names, node.inputs, strict=True)}
    try:
        with np.errstate(all="ignore"):
            code, scope = _code(text)
            value = eval(code, {**scope, **values})
    except Exception:
        return None  # the error belongs to the call, where it can be explained
    array = np.array(value, dtype=out.dtype)
    if array.size > LARGEST or array.ndim != out.ndim:
        return None
    if any(n != 1 for n, one in zip(array.shape, out.broadcastable, strict=True) if one):
        return None
    array.flags.writeable = False
    return Constant(out.type, array)


def _hides_a_mismatch(node: Apply) -> bool:
    """Whether NumPy would stretch a size that is 1 by chance, which is an error in a call."""
    return node.op.elementwise and any(
        n == 1 and not one
        for v in node.inputs
        for n, one in zip(v.data.shape, v.broadcastable, strict=True)
    )


@lru_cache(maxsize=1000)
def _code(text: str) -> tuple[Any, dict[str, Any]]:
    """An expression of NumPy, compiled, and what the names in it mean."""
    code = compile(text, "<constant>", "eval")
    found: dict[str, Any] = {}
    for name in _names(code):
        if hasattr(kernels, name) or hasattr(np, name):
            found[name] = getattr(kernels if hasattr(kernels, name) else np, name)
    return code, found


def _names(code: CodeType) -> set[str]:
    """All names in a piece of code, and in the pieces inside of it."""
    inner = [_names(part) for part in code.co_consts if isinstance(part, CodeType)]
    return {*code.co_names, *chain.from_iterable(inner)}
