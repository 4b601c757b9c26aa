"""Scopes: the part of a model that is being written, which pictures put into a box.

A call of a learner's own function is one, with the function's name; so is what stands in
`with scope("hidden"):`. The place of a node knows its scope: see `caller` in `errors.py`.
"""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar, Token
from types import FrameType
from typing import Any

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
INSIDE = (PACKAGE, "<tutor ")  # how the files of the engine, and the code it makes, are called
CALL = 0x2  # the flag of code with variables of its own: a function's, not a module's or a cell's


class Scope:
    """A part of a program, by name: nodes that are made inside are one box in pictures. Of a call
    it is noted; a learner writes one with `tutor.scope`."""

    __slots__ = ("_before", "_mirror", "name", "of", "outer", "written")

    def __init__(self, name: str, outer: Scope | None = None, of: Scope | None = None,
                 written: bool = False) -> None:
        self.name, self.outer, self.of = str(name), outer, of
        self.written = written  # whether a learner asked for it
        self._mirror: Scope | None = None
        self._before: list[Token[Scope | None]] = []

    def __enter__(self) -> Scope:
        outer = current(sys._getframe(1))
        if outer is None or self not in outer.path:  # it may be opened within itself
            self.outer = outer
        self._before.append(opened.set(self))
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


def is_inside(filename: str) -> bool:
    """Whether a frame of this file is one of the engine's: it says nothing to a learner."""
    return filename.startswith(INSIDE)


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
        if is_inside(call.f_code.co_filename):
            continue
        name = call.f_code.co_name
        own = own if name.startswith("<") else Scope(name, own)  # a lambda is where it is written
        call.f_trace = own
    return own

