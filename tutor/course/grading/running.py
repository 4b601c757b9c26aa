"""The processes that grading has started: all of them can be ended at once, and no more begin.

Comes before those that start them.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class StoppedError(Exception):
    """Grading was stopped: what this process would have said is not known."""


class Running:
    """What runs now."""

    def __init__(self) -> None:
        self.stopped = False
        self._lock = threading.Lock()
        self._all: set[subprocess.Popen[bytes]] = set()

    def start(self, command: list[str], **settings: Any) -> subprocess.Popen[bytes]:
        """A process; a `StoppedError` where all was stopped."""
        with self._lock:
            self.go_on()
            process = subprocess.Popen(command, **settings)
            self._all.add(process)
        return process

    def go_on(self) -> None:
        """Raise a `StoppedError` where all was stopped."""
        if self.stopped:
            raise StoppedError

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process, and close its pipes."""
        with self._lock:
            self._all.discard(process)
        process.kill()
        with suppress(BrokenPipeError), process:  # which waits for it
            pass

    @contextmanager
    def process(self, command: list[str], **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
        """A process, until the block ends; a `StoppedError` where all was stopped meanwhile."""
        process = self.start(command, **settings)
        try:
            yield process
        finally:
            self.end(process)
        self.go_on()

    def stop(self) -> None:
        """End all processes."""
        with self._lock:
            self.stopped = True
            for process in self._all:
                with suppress(OSError):
                    process.kill()
