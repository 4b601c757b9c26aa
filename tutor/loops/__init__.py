"""Loops: `scan` repeats an expression over sequences and states; `map`, `reduce`, `foldl`, `foldr`.

`api.py` turns what the learner wrote into a `Loop`, the op in `loop.py`, by the `Builder`;
`backward.py` is its gradient, which is a loop again.
"""

from tutor.loops.api import OrderedUpdates, foldl, foldr, map, reduce, scan, until
from tutor.loops.loop import Loop

__all__ = ["Loop", "OrderedUpdates", "foldl", "foldr", "map", "reduce", "scan", "until"]
