"""The seams between the layers above the core: each is set once, by the layer that has what it is
for. Those of the core are in `core/seams.py`.

>>> hooks.stretches
False
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Hooks:
    """What a later layer does for an earlier one."""

    #: Shows the steps of rewriting.
    film: Callable[[Any], None]
    #: Shows the failed part of a graph, in a notebook.
    failed: Callable[[Any], None]
    #: The error for a call with keywords that a compiled function does not take: (what was called,
    #: Python's error); Python's own where it is of something else.
    unfit_call: Callable[[Any, Exception], Exception] = staticmethod(lambda called, error: error)
    functions: frozenset[str] = frozenset()  # the names of those of `T`

    # Switched on by programs written for Theano alone:
    stretches = False  # whether a dimension that has size 1 when the graph runs stretches
    unused_givens = False  # whether an expression may be given a value that is no part of a graph
    #: What a function of NumPy's that is not here makes of symbols: (function, args, kwargs). Where
    #: there is one, a symbol is true, as any object is.
    of_numpy: Callable[[Any, Any, Any], Any] | None = None
    #: Functions that are here and were not in Theano: programs get NumPy's own, as there.
    left_to_numpy: frozenset[str] = frozenset()
    #: What a variable or a container is set to, by what a pickle says: (thing, state).
    state: Callable[[Any, Any], Any] | None = None


hooks = Hooks()
