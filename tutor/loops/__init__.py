"""Loops: `scan` repeats an expression over sequences and states; `map`, `reduce`, `foldl`, `foldr`.

The core has the op, its gradient, and `scan` in its plain form; `forms.py` brings the others to it.
"""

from tutor.core.scan import Loop
from tutor.loops.api import OrderedUpdates, foldl, foldr, map, reduce, scan, until
from tutor.loops.api import structure as structure

__all__ = ["Loop", "OrderedUpdates", "foldl", "foldr", "map", "reduce", "scan", "until"]
