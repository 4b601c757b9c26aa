"""`tutor.scope`, as it is written: `with tutor.scope("hidden"):`.

Comes after the errors, which know of scopes themselves.
"""

from __future__ import annotations

from typing import NoReturn

from tutor.core.errors import ArgumentError
from tutor.core.scope import Scope


class _Scopes:
    """A part of a model, by name: what is made inside is a box in pictures, formulas and programs.

    `name` is a string that is not empty, or a number; else it is an `ArgumentError`.

    >>> import tutor, tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> with tutor.scope("hidden"):
    ...     y = T.tanh(2 * x)
    >>> y.origin.scope
    hidden
    """

    def __call__(self, *given: str | int, **named: str | int) -> Scope:
        names = [*given, *named.values()]
        if len(names) > 1 or set(named) - {"name"}:
            raise _wrong("takes one name")
        if not names or not isinstance(names[0], (str, int)) or not str(names[0]).strip():
            raise _wrong("has a name")
        return Scope(str(names[0]), written=True)

    def __enter__(self) -> NoReturn:
        raise _wrong("has a name")

    def __exit__(self, *error: object) -> None: ...


def _wrong(what: str) -> ArgumentError:
    return ArgumentError(f"a scope {what}, and this one does not.",
                         fix='Write with tutor.scope("hidden"): and what belongs to it below.')


scope = _Scopes()
