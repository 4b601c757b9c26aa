"""The seam for programs written for Theano: what such a program sees otherwise than a learner does.

Comes before all else. It is all off until `tutor.theano`, and nothing else, switches it on for as
long as such a program runs.

>>> compat.stretches, compat.of_function
(False, None)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Compat:
    """What is otherwise in a program written for Theano."""

    #: Whether a dimension that turns out to have size 1, when the graph runs, stretches.
    stretches: bool = False
    #: What `str` and `repr` write of a variable.
    text: Callable[[Any], str] | None = None
    #: How ops and nodes are written, by themselves and in trees: a `Reader` of `printing/tree.py`.
    reader: Any = None
    #: What a function of NumPy's that is not here makes of symbols: (function, args, kwargs). Where
    #: there is one, a symbol is true, as any object is.
    of_numpy: Callable[[Any, Any, Any], Any] | None = None
    #: What a variable or a container is set to, by what a pickle says: (thing, state).
    state: Callable[[Any, Any], Any] | None = None
    #: An attribute that a compiled function has not got here: (function, name).
    of_function: Callable[[Any, str], Any] | None = None


compat = Compat()
