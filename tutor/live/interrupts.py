"""The interrupt of the kernel (Ctrl-C) while a run makes steps: it ends after one, or pauses.

Stands by itself.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol


@contextmanager
def whole_steps() -> Iterator[Callable[[], bool]]:
    """Make interrupts wait: ask the function this yields between steps; it says when to end.

    The `KeyboardInterrupt` is raised on leaving. A second interrupt does not wait.
    """
    pressed = False

    def later(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, later)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


class Playing(Protocol):
    """What can be paused."""

    playing: bool


@contextmanager
def pausing(player: Playing) -> Iterator[Callable[[], None]]:
    """Make the kernel's interrupt button a pause while playing, where nobody else hears it: call
    what this yields now and then, as Jupyter ignores the button between cells."""
    def pressed(number: int, frame: FrameType | None) -> None:
        player.playing = False

    def change(heard: Any, wanted: Any) -> None:
        if threading.current_thread() is threading.main_thread() \
                and signal.getsignal(signal.SIGINT) is heard:
            signal.signal(signal.SIGINT, wanted)

    try:
        yield lambda: change(signal.SIG_IGN, pressed)
    finally:
        change(pressed, signal.SIG_IGN)
