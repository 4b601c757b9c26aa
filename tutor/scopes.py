"""Scopes: the part of a model that is being written, which pictures put into a box.

A call of a learner's own function is one, with the function's name; so is what stands in
`with scope("hidden"):`. The place of a node knows its scope: see `caller` in `core/errors.py`.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar, Token
from types import FrameType
from typing import Any, NoReturn

from tutor.core.errors import CALL, INSIDE, ArgumentError
from tutor.core.seams import seams
from tutor.signatures import answering


class Scope:
    """A part of a program, by name: nodes that are made inside are one box in pictures. Of a call
    it is noted; a learner writes one with `tutor.scope`."""

    __slots__ = ("_before", "_mirror", "explicit", "name", "of", "outer")

    def __init__(self, name: str, outer: Scope | None = None, of: Scope | None = None,
                 explicit: bool = False) -> None:
        self.name, self.outer, self.of = str(name), outer, of
        self.explicit = explicit  # whether a learner asked for it
        self._mirror: Scope | None = None
        self._before: list[Token[Scope | None]] = []

    def __enter__(self) -> Scope:
        outer = current(sys._getframe(1))
        if outer is None or self not in outer.path:  # it may be opened within itself
            self.outer = outer
        self._before.append(opened.set(self))
        seams.scopes = True
        return self

    def __exit__(self, *error: object) -> None:
        opened.reset(self._before.pop())

    @property
    def path(self) -> list[Scope]:
        """This scope and those around it, the outermost first."""
        if self.of is not None:
            return [scope.mirror for scope in self.of.path]
        found = [self]
        while found[-1].outer is not None:
            found.append(found[-1].outer)
        return found[::-1]

    @property
    def mirror(self) -> Scope:
        """The scope of what goes back through this one: ∂hidden."""
        if self._mirror is None:
            self._mirror = Scope(f"∂{self.name}", of=self)
        return self._mirror

    def __call__(self, *event: Any) -> None:
        """Trace nothing, should a debugger begin while a frame keeps it."""

    def __repr__(self) -> str:
        return self.name


opened: ContextVar[Scope | None] = ContextVar("opened", default=None)


def scope_of(frame: FrameType) -> Scope | None:
    """The scope that a frame writes in, found at once where it was found before."""
    if opened.get() is not None:
        return current(frame)
    scope: Any = frame.f_trace
    if scope.__class__ is Scope:
        return scope
    return current(frame) if frame.f_code.co_flags & CALL else None


def current(frame: FrameType) -> Scope | None:
    """The scope that a frame of the learner's writes in: what it opened, or else its own call.

    Two calls of a function are told apart by what their frames keep in `f_trace`, which only
    debuggers use and which goes when a frame does; while a debugger runs, calls are not noted.
    """
    found, own, calls = opened.get(), None, []
    at: FrameType | None = frame if sys.gettrace() is None else None
    while at is not None and at.f_code.co_flags & CALL:
        if isinstance(at.f_trace, Scope):
            own = at.f_trace
            break
        calls.append(at)
        at = at.f_back
    if found is not None and (own is None or own in found.path):
        own = found
    for call in reversed(calls):
        if call.f_code.co_filename.startswith(INSIDE):
            continue
        name = call.f_code.co_name
        own = own if name.startswith("<") else Scope(name, own)  # a lambda is where it is written
        call.f_trace = own
    return own


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

    @answering
    def __init__(self, name: str | int) -> None:
        if not isinstance(name, (str, int)) or not str(name).strip():
            raise ArgumentError(f"the name of a scope is a word, and {name!r} is none.", fix=HOW)
        super().__init__(str(name), explicit=True)


seams.scope_of = scope_of
