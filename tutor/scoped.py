"""`tutor.scope`, as it is written: `with tutor.scope("hidden"):`.

Comes after the errors, which know of scopes themselves.
"""

from __future__ import annotations

from typing import NoReturn

from tutor.core.errors import ArgumentError
from tutor.core.scope import Scope
from tutor.signatures import answering

HOW = 'Write with tutor.scope("hidden"): and what belongs to it below.'


class _Nameless(type):
    """`with scope:` says what is missing."""

    def __enter__(cls) -> NoReturn:
        raise ArgumentError("a scope has a name, and this one got none.", fix=HOW)

    def __exit__(cls, *error: object) -> None: ...


class scope(Scope, metaclass=_Nameless):  # noqa: N801 - as it is written
    """A part of a model, by name: what is made inside is a box in pictures, formulas and programs.

    `name` is a string that is not empty, or a number; else it is an `ArgumentError`.

    >>> import tutor, tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> with tutor.scope("hidden"):
    ...     y = T.tanh(2 * x)
    >>> y.origin.scope
    hidden
    """

    __slots__ = ()
    written = True

    @answering
    def __init__(self, name: str | int) -> None:
        if not isinstance(name, (str, int)) or not str(name).strip():
            raise ArgumentError(f"the name of a scope is a word, and {name!r} is none.", fix=HOW)
        super().__init__(str(name))
