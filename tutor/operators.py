"""The functions of the engine by name, and how a sentence speaks of a variable.

Names are for what comes as text: NumPy's functions, patterns of rules, old programs. Whoever knows
the function imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tutor.errors import shortened
from tutor.later import MODULES, loaded
from tutor.signatures import answering
from tutor.text import brief

F = TypeVar("F", bound=Callable[..., Any])


class Functions(dict[str, Callable[..., Any]]):
    """Functions by name; one whose module did not load yet is there, and loads."""

    def __missing__(self, name: str) -> Callable[..., Any]:
        if name not in MODULES:
            raise KeyError(name)
        self[name] = found = loaded(name)
        return found

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in MODULES


FUNCTIONS = Functions()


def public(function: F) -> F:
    """Enter a function under its name, for methods and operators to find."""
    FUNCTIONS[function.__name__] = function = answering(function)
    return function


class Symbol:
    """The base of all variables: what sentences about them can tell from values."""


def quoted(value: Any, longest: int = 100) -> str:
    """How a sentence speaks of a variable: by its name, else by its formula. Of anything else, as
    Python shows it.

    >>> import tutor.tensor as T; quoted(T.dscalar("x") + 1), quoted(list(range(100)), 20)
    ('x + 1', '[0, 1, 2 … 98, 99]')
    """
    if not isinstance(value, Symbol):
        return shortened(repr(value), longest)
    name: str | None = getattr(value, "name", None)
    return brief(value, longest) if not name else shortened(name, longest)
