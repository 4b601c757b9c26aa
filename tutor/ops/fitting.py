"""Checks of sizes when a graph runs: what merely happens to have size 1 does not stretch.

Comes before the ops that ask for it, and tells it of what the core writes into arrays.

>>> unsure(Variable(TensorType("float64", (True, False))))
(-1,)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.errors import ShapesDifferError
from tutor.core.graph import Apply, Variable
from tutor.core.indexing import IncSubtensor, Template
from tutor.core.op import KERNELS, tell


def unsure(v: Variable) -> tuple[int, ...]:
    """The axes of v, counted from the last, that are not known to have size 1."""
    return tuple([i - v.ndim for i, one in enumerate(v.broadcastable) if not one])


def of_sizes(x: Any, sizes: Sequence[Any], axes: tuple[int, ...]) -> Any:
    """x itself, if it has these sizes along these axes, counted from the last."""
    there = np.shape(x)
    for axis in axes:
        if there[axis] != sizes[axis]:
            raise ShapesDifferError(f"a dimension of size {there[axis]} does not stretch to "
                                    f"{sizes[axis]}")
    return x


def fitting(y: Any, x: Any, index: Any, axes: tuple[int, ...]) -> Any:
    """y itself, if it has the sizes of x[index] along these axes."""
    return of_sizes(y, x[index].shape, axes) if 1 in np.shape(y) else y


def source(self: IncSubtensor, node: Apply, names: Sequence[str]) -> str:
    """The part is written that has the shape of its place, where it is not known to stretch."""
    index = self.index.as_tuple(names[2:])
    return f"{self.mode}_at({names[0]}, {index}, {self.part(node, names)})"


def part(self: IncSubtensor, node: Apply, names: Sequence[str]) -> str:
    """What is written, which has the shape of the part where that is not known to stretch."""
    axes = unsure(node.inputs[1])
    index = self.index.as_tuple(names[2:])
    return f"fitting({names[1]}, {names[0]}, {index}, {axes})" if axes else names[1]


def at(self: IncSubtensor, index: Template) -> IncSubtensor:
    """The same at another index."""
    return IncSubtensor(index, self.mode)


KERNELS["fitting"] = fitting
tell(IncSubtensor, source=source, part=part, at=at, calls=(*IncSubtensor.calls, fitting),
     kernels={**IncSubtensor.kernels, "fitting": fitting})
