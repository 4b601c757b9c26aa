"""Floating-point warnings off while a compiled function runs: nan and inf are values, as in Theano.

`enter()` returns a token for `leave(token)`. NumPy keeps its error state in a context variable;
setting that takes a tenth of the time of `numpy.errstate`, which stands in where there is none.
The last call in which a nan came up is noted, for `explore()` to open there.
"""

from __future__ import annotations

import sys
from functools import partial
from types import FrameType
from typing import Any

import numpy as np

DEEPEST = 40  # frames from where a nan comes up out to the call
PROGRAM = "<tutor function"  # what the files of compiled functions are called
#: Whose call gave nan last, its arguments by name, the containers that it was about to update with
#: what they held (which is not written over in place while it is held here), the error before it.
noted: list[Any] = []


def note(kind: str, flag: int) -> None:
    """Remember the call that runs here; NumPy calls this where a nan comes up."""
    frame: FrameType | None = sys._getframe(1)
    for _ in range(DEEPEST):
        if frame is None:
            return
        code = frame.f_code
        if code.co_name == "__call__" and code.co_filename.startswith(PROGRAM):
            inside = frame.f_locals
            names = code.co_varnames[1:code.co_argcount]
            given = {name: inside.get(name) for name in names}
            held = {v.container: v.container.held for v in inside["self"]._request.run.updates}
            noted[:] = inside["self"], given, held, getattr(sys, "last_value", None)
            return
        frame = frame.f_back


HOW: dict[str, Any] = {"all": "ignore", "invalid": "call", "call": note}


def _enter() -> Any:
    state = np.errstate(**HOW)
    state.__enter__()
    return state


def _leave(token: Any) -> None:
    token.__exit__(None, None, None)


enter: Any = _enter
leave: Any = _leave

try:
    from numpy._core import umath as _umath

    _state: Any = _umath._extobj_contextvar
    _quiet: Any = _umath._make_extobj(**HOW)
    _state.reset(_state.set(_quiet))
    enter, leave = partial(_state.set, _quiet), _state.reset
except (ImportError, AttributeError, TypeError):  # another NumPy: errstate does the same, slower
    pass
