"""How arrays lie in memory: the order of their dimensions there, whatever they are said in.

Comes before the numbers of convolution and pooling, and the blocks of elementwise work. NumPy's own
functions keep the order of their operands, so it goes through a program by itself.

>>> import numpy as np
>>> order_of(np.zeros((3, 4)).T)
[1, 0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.memory import empty

FEW = 4  # images


def order_of(x: Any) -> list[int]:
    """The dimensions of an array, from the outermost in memory to the innermost."""
    if x.flags.c_contiguous:
        return list(range(x.ndim))
    return sorted(range(x.ndim), key=lambda i: -abs(x.strides[i]))


def common_order(arrays: Sequence[Any]) -> list[int]:
    """The order in which arrays of one shape are gone through. Where they differ, that of images
    side by side goes before; a matrix and a transposed one are read row by row."""
    orders = [order_of(x) for x in arrays]
    rows = sorted(orders[0])
    others = [order for order in orders if order != rows]
    return others[0] if others and (len(rows) > 2 or len(others) == len(orders)) else rows


def beside(shape: Sequence[int], dtype: Any, made: Any = empty) -> Any:
    """An array whose first dimension, the batch, is the innermost in memory: the elements of a
    window are then long runs, and so are the rows of products.

    >>> beside((2, 3), "float32").strides
    (4, 8)
    """
    return made((*shape[1:], shape[0]), dtype).transpose(len(shape) - 1, *range(len(shape) - 1))


def batch_last(x: Any) -> Any:
    """A new array, with the batch as the last dimension; a view of one that lies in memory so.

    >>> import numpy as np
    >>> batch_last(np.zeros((2, 3, 4))).shape
    (3, 4, 2)
    """
    last = x.transpose(*range(1, x.ndim), 0)
    if last.flags.c_contiguous:
        return last
    made = beside(x.shape, x.dtype)
    lay(x, made)
    return made.transpose(*range(1, x.ndim), 0)


def lay(x: Any, out: Any) -> None:
    """Copy a batch to where it lies side by side; a few images one by one, in longer runs."""
    if len(x) > FEW:
        out[...] = x
    else:
        for i in range(len(x)):
            out[i] = x[i]
