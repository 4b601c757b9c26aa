"""Programs timed in turn, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

LEAST_SECONDS = 0.02  # a sample shorter than this is a loop of several calls


def sample(f: Callable[..., Any], arguments: Sequence[Any], times: int) -> float:
    """The seconds of one call, the mean over so many."""
    start = time.perf_counter()
    for _ in range(times):
        f(*arguments)
    return (time.perf_counter() - start) / times


def interleaved(programs: Sequence[Callable[..., Any]], arguments: Sequence[Any], rounds: int
                ) -> list[list[float]]:
    """The seconds of each program, round by round."""
    once = [min(sample(f, arguments, 1) for _ in range(3)) for f in programs]
    times = [max(1, min(20_000, int(LEAST_SECONDS / seconds))) for seconds in once]
    samples: list[list[float]] = [[] for _ in programs]
    for _ in range(rounds):
        for f, n, kept in zip(programs, times, samples, strict=True):
            kept.append(sample(f, arguments, n))
    return samples
