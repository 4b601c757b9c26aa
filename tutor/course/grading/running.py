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

    @contextmanager
    def process(self, command: list[str], longest: float = threading.TIMEOUT_MAX, **settings: Any
                ) -> Iterator[subprocess.Popen[bytes]]:
        """A process, until the block ends, and for so many seconds at the longest; a `StoppedError`
        where all was stopped meanwhile."""
        with self._lock:
            if self.stopped:
                raise StoppedError
            process = subprocess.Popen(command, **settings)
            self._all.add(process)
        hanging = threading.Timer(longest, process.kill)
        hanging.daemon = True  # whoever interrupts this is not kept waiting
        hanging.start()
        try:
            yield process
        finally:
            hanging.cancel()
            with self._lock:
                self._all.discard(process)
            with process:  # which closes its pipes, and waits for it
                process.kill()
        if self.stopped:
            raise StoppedError

    def stop(self) -> None:
        """End all processes."""
        with self._lock:
            self.stopped = True
            for process in self._all:
                with suppress(OSError):
                    process.kill()
