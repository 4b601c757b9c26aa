"""The constructors of variables by dtype and shape, `dmatrix` and its like.

What their names are follows from tables; the stub beside it, which editors and type checkers read,
lists them (`python -m tests.stubs` writes it).

>>> dmatrix
TensorType(float64, matrix)
"""

from __future__ import annotations

from typing import Any

from tutor.core.types import PREFIXES, SHAPES, TensorType
from tutor.tensor.constructors import PLURALS, FloatX, plural


def constructors() -> dict[str, Any]:
    """All of them by name."""
    names: dict[str, Any] = {}
    for shape_name, pattern in SHAPES.items():
        several = PLURALS.get(shape_name, shape_name + "s")
        names[shape_name] = FloatX(shape_name)
        names[several] = plural(names[shape_name], several)
        for prefix, dtype in PREFIXES.items():
            type_ = TensorType(dtype, pattern)
            names[prefix + shape_name] = type_
            names[prefix + several] = plural(type_, prefix + several)
    return names


_ALL = constructors()
globals().update(_ALL)
__all__ = [*_ALL]
