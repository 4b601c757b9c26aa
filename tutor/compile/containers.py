"""Containers whose arrays are written over in place: a value is read whole, or waited for.

Comes before the compiled call, which writes over what nobody else can see.
"""

from __future__ import annotations

import os
from _thread import RLock
from typing import Any

from tutor.core.shared import Container

writing = RLock()  # held while arrays of containers are written over
if hasattr(os, "register_at_fork"):  # no process begins with an array that is half written
    os.register_at_fork(before=writing.acquire, after_in_parent=writing.release,
                        after_in_child=writing.release)


class MovedError(Exception):
    """A value changed while several were read: they are all read once more."""


class BeingWritten(Container):
    """A container while its array is written over: whoever asks for the value waits until it is
    whole. A container becomes one for that time, so that reading costs nothing at any other."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The value, when it is there."""
        with writing:
            return self.held if type(self) is BeingWritten else self.value

    @value.setter
    def value(self, new: Any) -> None:
        self.held = new

    @property
    def now(self) -> Any:
        """The value is there no earlier than after those that were read before."""
        with writing:
            if type(self) is not BeingWritten:
                raise MovedError
            return self.held  # asked for by the thread that writes, before it does

    raw = now
