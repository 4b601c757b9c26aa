"""Loops: `scan` repeats an expression over sequences and states; `map`, `reduce`, `foldl`, `foldr`.

`api.py` turns what the learner wrote into a `Loop`, the op in `loop.py`; `backward.py` is its
gradient, which is a loop again.
"""

from tutor.scan.api import foldl, foldr, map, reduce, scan, until
from tutor.scan.loop import Loop

__all__ = ["Loop", "foldl", "foldr", "map", "reduce", "scan", "until"]
