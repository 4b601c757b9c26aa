"""The choice between two arrays, element by element, by their bits where that is faster.

>>> select(np.array([True, False]), 1, 2)
array([1, 2])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.elementwise import switch
from tutor.core.op import KERNELS, tell

MANY = 2048  # elements: `where` takes as long for fewer
WORDS = {1: "int8", 2: "int16", 4: "int32", 8: "int64"}  # by the bytes of an element


def select(c: Any, x: Any, y: Any, out: Any = None) -> Any:
    """What `numpy.where` gives, into `out` perhaps. Of many elements it is made of their bits: a
    choice without order, which a processor cannot foresee, takes `where` ten times as long."""
    dtype = np.result_type(x, y) if out is None else out.dtype
    if getattr(c, "size", 0) < MANY or c.dtype != bool or dtype.itemsize not in WORDS:
        if out is None:
            return np.where(c, x, y)
        one = not np.ndim(c)
        np.copyto(out, (x if c else y) if one else np.where(c, x, y), casting="unsafe")
        return out
    word = WORDS[dtype.itemsize]
    chosen = c.view(np.int8).astype(word)
    np.negative(chosen, chosen)  # all bits where c holds, else none
    x, y = [np.asarray(v, dtype).view(word) for v in (x, y)]
    target = None if out is None else out.view(word)
    if not y.ndim and not y:
        found = np.bitwise_and(x, chosen, target)
    elif not x.ndim and not x:
        found = np.bitwise_and(y, np.invert(chosen, chosen), target)
    else:
        found = x ^ y
        found = np.bitwise_and(found, chosen, found if found.shape == chosen.shape else None)
        found = np.bitwise_xor(found, y, found if target is None else target)
    return found.view(dtype) if out is None else out


KERNELS["where"] = select
tell(switch, kernels={"where": select}, into="where({0}, {1}, {2}, out={out})")
