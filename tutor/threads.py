"""Work shared out over threads: NumPy releases the interpreter's lock while it computes.

`config.threads` says how many; they start at first use. The calling thread does its share, so one
needs no other. Floating-point warnings are off in every thread, as in the caller. An interrupt may
come between any two instructions, and inside of a lock written in Python it would leave that closed
for ever, as in `ThreadPoolExecutor`: what the caller waits for here is C's.
"""

from __future__ import annotations

import os
from _queue import SimpleQueue  # by these names they load without threading
from _thread import allocate_lock as Lock
from _thread import get_ident, start_new_thread
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from ctypes import CDLL
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from tutor import quiet
from tutor.config import config

_waiting: SimpleQueue[Share] = SimpleQueue()
_started: dict[int, object] = {}


class Share:
    """Work on some of the pieces, which the first thread that takes it does."""

    def __init__(self, work: Callable[[Sequence[Any]], Any], pieces: Sequence[Any]) -> None:
        self.todo = [(work, pieces)]
        self.result: Any = None
        self.problem: BaseException | None = None
        self.owner: dict[int, int] = {}
        self.done = Lock()
        self.done.acquire()

    def taken(self) -> bool:
        """Take it, if nobody has: whether it is this thread's. One instruction decides."""
        return self.owner.setdefault(0, get_ident()) == get_ident()

    def run(self) -> None:
        try:
            self.result = self._worked()
        except BaseException as problem:
            self.problem = problem
        finally:
            self.done.release()

    def _worked(self) -> Any:
        """The result; the arrays are let go, as this may wait on in the queue, done by another."""
        work, pieces = self.todo.pop()
        return work(pieces)


def _start(count: int) -> SimpleQueue[Share]:
    """The queue of so many threads at least."""
    for i in range(count):
        mine = object()
        if _started.setdefault(i, mine) is mine:
            with suppress(RuntimeError):  # where no more may start, the caller does all of it
                start_new_thread(_serve, (_waiting,))
    return _waiting


def _serve(waiting: SimpleQueue[Share]) -> None:
    """What a thread does all its life."""
    while True:
        share = waiting.get()
        if share.taken():
            token = quiet.enter()
            share.run()
            quiet.leave(token)
        del share  # and with it the arrays


def _forget() -> None:
    """A forked process has none of the threads."""
    global _waiting, _started
    _waiting, _started = SimpleQueue(), {}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@cache
def _blas() -> tuple[Callable[[], int], Callable[[int], object]]:
    """How many threads BLAS has, and what changes that: OpenBLAS's own functions, in the library
    that NumPy brings; of another nothing is known."""
    folder = os.path.dirname(np.__file__)
    places = [p for p in (f"{folder}.libs", os.path.join(folder, ".dylibs")) if os.path.isdir(p)]
    libraries = [os.path.join(place, name) for place in places for name in os.listdir(place)
                 if "openblas" in name]
    for name in [f"{first}openblas_%s_num_threads{last}"
                 for first in ("scipy_", "") for last in ("64_", "")]:
        for library in libraries:
            with suppress(OSError, AttributeError):
                found = CDLL(library)
                return getattr(found, name % "get"), getattr(found, name % "set")
    return (lambda: 1), (lambda count: None)


def evenly(n: int) -> int:
    """The next number of pieces from n on of which each thread gets as many."""
    return -(-n // config.threads) * config.threads


def shared_out(work: Callable[[Sequence[Any]], Any], pieces: Sequence[Any],
               products: bool = False, worth: bool = True) -> list[Any]:
    """`work` of contiguous shares of the pieces, one a thread; what each returned, in order. One
    that no thread has begun when the caller is through with its own, the caller does itself: so it
    does with all of it where that is not `worth` it, as threads wait for each other too. For
    `products` of matrices, BLAS has no threads of its own meanwhile.

    >>> shared_out(sum, [1, 2, 3]) and sum(shared_out(sum, [1, 2, 3]))
    6
    """
    n = min(config.threads, len(pieces))
    if n <= 1:
        return [work(pieces)]
    if not worth:
        with _one_of_blas() if products else nullcontext():
            return [work(pieces)]
    cuts = [round(i * len(pieces) / n) for i in range(n + 1)]
    shares = [Share(work, pieces[a:b]) for a, b in pairwise(cuts)]
    with _one_of_blas() if products else nullcontext():
        _run(shares)
    for share in shares:
        if share.problem is not None:
            raise share.problem
    return [share.result for share in shares]


def _run(shares: Sequence[Share]) -> None:
    """Do all of it: the caller what no thread has begun."""
    waiting = _start(len(shares) - 1)
    try:
        for share in shares[1:]:
            waiting.put(share)
        for share in shares:
            if share.taken():
                share.run()
    finally:
        for share in shares:
            if not share.taken():
                with share.done:  # nothing runs on behind the caller
                    pass


@contextmanager
def _one_of_blas() -> Iterator[None]:
    """One thread of BLAS alone."""
    count, limit = _blas()
    before = count()
    try:
        if before > 1:
            limit(1)
        yield
    finally:
        if before > 1:
            limit(before)
