"""A cell in which a run makes steps: its interrupt (Ctrl-C), after which it ends or pauses, and the
bar that says how far it is, how fast, and how long it still takes.

Stands by itself. `tqdm` draws the bar, and is loaded when one is shown: in a terminal on stderr, in
a notebook as text in the output of the cell, which stays there without a kernel.
"""

from __future__ import annotations

import io
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

from tutor.frames import in_notebook

LATE = 2.0  # seconds, after which a bar appears of itself
WIDTH = 80  # characters in a notebook


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


class Progress:
    """The bar of one run of so many steps; `wanted` None lets it appear when the run is long.

    Of itself it appears only where somebody sees it: in a notebook, or in a terminal.
    """

    def __init__(self, total: int, wanted: bool | None) -> None:
        self.total, self.wanted = total, wanted
        self.began = time.time()
        self.bar: Any = None

    def __enter__(self) -> Progress:
        if self.wanted:
            self.bar = bar(self.total, self.began)
        return self

    def made(self, steps: int, seen: bool) -> None:
        """Count steps as made; `seen` is whether a player shows them already."""
        if self.bar is None:
            late = self.wanted is None and not seen and time.time() - self.began > LATE
            if not late or not (in_notebook() or sys.stderr.isatty()):
                return
            self.bar = bar(self.total, self.began)
        self.bar.update(steps - self.bar.n)

    def __exit__(self, *error: Any) -> None:
        if self.bar is not None:
            self.bar.close()


def bar(total: int, began: float) -> Any:
    """A bar of tqdm's, for here."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc] # it ships no types
        """Without a thread that watches over it: it is updated often enough."""

        monitor_interval = 0

    class Cell(Bar):
        """In a notebook one output that changes."""

        handle: Any = None

        def display(self, msg: str | None = None, pos: int | None = None) -> None:
            from IPython.display import display

            show: Any = display
            shown = {"text/plain": str(self) if msg is None else msg}
            if self.handle is None:
                self.handle = show(shown, raw=True, display_id=True)
            else:
                self.handle.update(shown, raw=True)

    if in_notebook():
        made: Any = Cell(total=total, unit=" steps", ncols=WIDTH, ascii=False, file=io.StringIO())
    else:
        made = Bar(total=total, unit=" steps", dynamic_ncols=True)
    made.start_t = began
    return made
