"""The function of a scan called with its arguments; where it takes another number, all are named.

Comes before `api.py`, which says in which order it gets them.

>>> called(lambda a: a, [1], ["a non-sequence"])
1
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from tutor.core.errors import ArgumentError, Origin, caller, plural
from tutor.core.graph import quoted


def called(fn: Callable[..., Any], values: Sequence[Any], words: Sequence[str]) -> Any:
    """What `fn` gives for these values, each of which has words that say what it is.

    Raises an `ArgumentError` (a `TypeError`) where `fn` cannot take as many, or is no function.
    """
    if not callable(fn):
        raise ArgumentError(f"scan calls a function, and got {quoted(fn)}.",
                            where=(("written at", caller()),),
                            fix="Pass a function that builds one step: lambda a: a * 2.")
    try:
        return fn(*values)
    except TypeError:
        # Only now is it asked what it takes: a call that succeeds pays nothing for it.
        if _takes(fn, values):
            raise
    given = ", ".join(words) or "nothing"
    name = getattr(fn, "__name__", "the function").replace("<lambda>", "the lambda")
    raise ArgumentError(
        f"scan calls {name} with {plural(len(values), 'argument')}, and it takes another number.",
        where=(("written at", caller()),),
        fix=f"It gets, in this order: {given}.",
    ) from None


def place_of(fn: Any) -> Origin | None:
    """Where a function returns, as it is written last; None of what is no Python function."""
    code = getattr(fn, "__code__", None)
    if code is None:
        return None
    ends = [step.offset for step in dis.get_instructions(code) if step.opname.startswith("RETURN_")]
    return Origin(code, ends[-1]) if ends else None


def _takes(fn: Callable[..., Any], values: Sequence[Any]) -> bool:
    """Whether `fn` can be called with these values; what cannot be known counts as yes."""
    try:
        signature = inspect.signature(fn)
    except ValueError:  # a built-in that does not say
        return True
    try:
        signature.bind(*values)
    except TypeError:
        return False
    return True
