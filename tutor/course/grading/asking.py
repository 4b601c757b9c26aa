"""The verdicts on what a learner's notebooks answered, asked of processes that judge.

Such a process judges one learner after the other. Where one answer takes too long, the system ends
it; the name that came last says which, and the others are judged in a new process. So is that
one, where the process judged learners before: what they left in it counts against nobody.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from tutor.course.grading.judge import ALTOGETHER, Verdict
from tutor.course.grading.running import Running

HANGING = 600.0  # seconds after which a process that judges is ended whatever it does
TRIES = 2  # of a process that says nothing: it could not be started, or was ended from outside
# -P: what lies in the current folder, which may be the class's, is not imported.
COMMAND = ("-P", "-m", "tutor.course.grading.judge")
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
TOO_LONG = Verdict("wrong", "Judging it took too long, or too much memory.")

Judged = tuple[dict[str, Verdict], list[str]]


class Asked(NamedTuple):
    """What one process had to say: verdicts, remarks, the name it was ended at, seconds of
    processor; whether it ended although it had judged others before."""

    verdicts: dict[str, Verdict]
    remarks: list[str]
    stuck: str
    spent: float
    worn: bool


class Judges:
    """Processes that judge, as many as are asked at the same time; they end with the block."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._all: list[subprocess.Popen[bytes]] = []
        self._idle: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Judges:
        return self

    def __exit__(self, *problem: object) -> None:
        for process in self._all:
            self._running.end(process)

    def judge(self, lines: bytes, names: Sequence[str], seconds: float, learner: str = ""
              ) -> Judged:
        """The verdicts on these exercises, and remarks; each answer has so many seconds. A learner
        that is named is asked with numbers of their own."""
        found: dict[str, Verdict] = {}
        remarks: list[str] = []
        left, spent, silent, worn = [*names], 0.0, 0, False
        while left and spent < ALTOGETHER and silent < TRIES:
            asked = {"learner": learner, "seconds": seconds, "names": left, "size": len(lines)}
            request = json.dumps(asked).encode() + b"\n" + lines
            told = self._asked(request, ALTOGETHER - spent, new=worn)
            spent, worn = spent + told.spent, told.worn
            remarks = told.remarks or remarks
            found.update(told.verdicts)
            if told.stuck and not worn:
                spent += seconds
                found[told.stuck] = TOO_LONG
            silent = 0 if told.stuck or told.verdicts or worn else silent + 1
            left = [name for name in left if name not in found]
        if silent == TRIES and not found:
            remarks = ["Its answers were not judged: the process that judges them ended by itself. "
                       "Grade it again."]
        late = Verdict("wrong", "It was not judged: those before it took too long.")
        missing = late if found else Verdict("missing")
        return {name: found.get(name, missing) for name in names}, remarks

    def _asked(self, request: bytes, seconds: float, new: bool) -> Asked:
        """Ask one process for the verdicts, until it is done, or has taken so many seconds; then it
        is ended."""
        verdicts: dict[str, Verdict] = {}
        remarks, stuck, spent, done = [], "", 0.0, False
        process, used = self._free(new)
        with ended_after(HANGING, process):
            for told in _told(process, request):
                if "remarks" in told:
                    remarks = told["remarks"]
                elif "name" in told:
                    verdicts[told["name"]] = Verdict(told["grade"], told["why"])
                    stuck = ""
                elif "begun" in told and told["spent"] <= seconds:
                    stuck, spent = told["begun"], told["spent"]
                else:
                    spent, done = told["spent"], "begun" not in told
                    break
        if done:
            self._idle.append(process)
        else:
            self._running.end(process)
        self._running.go_on()
        return Asked(verdicts, remarks, stuck, spent, used and not done)

    def _free(self, new: bool) -> tuple[subprocess.Popen[bytes], bool]:
        """A process that has nothing to do, and whether it judged before."""
        with suppress(IndexError):
            if not new:
                return self._idle.pop(), True
        process = self._running.start([sys.executable, *COMMAND], **PIPES)
        self._all.append(process)
        return process, False


@contextmanager
def ended_after(seconds: float, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process if the block takes longer than this."""
    hanging = threading.Timer(seconds, process.kill)
    hanging.daemon = True  # whoever interrupts this is not kept waiting
    hanging.start()
    try:
        yield
    finally:
        hanging.cancel()


def _told(process: subprocess.Popen[bytes], request: bytes) -> Iterator[dict[str, Any]]:
    """What a process says in whole lines: the last one is torn where it was ended."""
    assert process.stdin is not None and process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.write(request)
        process.stdin.flush()
    for line in process.stdout:
        with suppress(ValueError):
            yield json.loads(line)
