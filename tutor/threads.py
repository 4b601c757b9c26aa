"""Work shared out over threads: NumPy releases the interpreter's lock while it computes.

`config.threads` says how many; the pool is made at first use. The calling thread does its share, so
one thread needs no pool. Floating-point warnings are off in every thread, as in the caller.
"""

from __future__ import annotations

import os
from _thread import allocate_lock as Lock  # threading itself loads with the pool
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tutor import quiet
from tutor.config import config

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_lock = Lock()
_pool: tuple[int, ThreadPoolExecutor] | None = None


def _executor(workers: int) -> ThreadPoolExecutor:
    global _pool
    from concurrent.futures import ThreadPoolExecutor  # costs more than the whole of this file

    with _lock:
        if _pool is None or _pool[0] < workers:
            _pool = workers, ThreadPoolExecutor(workers, "tutor")
        return _pool[1]


def _forget() -> None:
    """A forked process has none of the threads of the pool, and perhaps a lock nobody will open."""
    global _lock, _pool
    _lock, _pool = Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _quietly(work: Callable[[Sequence[Any]], Any], share: Sequence[Any]) -> Any:
    token = quiet.enter()
    try:
        return work(share)
    finally:
        quiet.leave(token)


def shared_out(work: Callable[[Sequence[Any]], Any], pieces: Sequence[Any]) -> list[Any]:
    """`work` of contiguous shares of the pieces, one a thread; what each returned, in order. One
    that no thread has begun when the caller is through with its own, the caller does itself.

    >>> shared_out(sum, [1, 2, 3]) and sum(shared_out(sum, [1, 2, 3]))
    6
    """
    n = min(config.threads, len(pieces))
    if n <= 1:
        return [work(pieces)]
    cuts = [round(i * len(pieces) / n) for i in range(n + 1)]
    shares = [pieces[a:b] for a, b in pairwise(cuts)]
    futures = [_executor(n - 1).submit(_quietly, work, share) for share in shares[1:]]
    try:
        results = [work(shares[0])]
        for future, share in zip(futures, shares[1:], strict=True):
            results.append(work(share) if future.cancel() else future.result())
    finally:
        running = [future for future in futures if not future.cancel()]
        for future in running:
            future.exception()  # nothing runs on behind the caller
    return results
