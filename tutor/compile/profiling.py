"""`profile=True`: how often each operation of a function ran, and how long it took.

Comes before `function`. A function that is profiled runs node by node, so that each can be timed.

>>> import tutor, tutor.tensor as T; x = T.dscalar("x")
>>> f = tutor.function([x], T.exp(x), profile=True); f(0), f.profile.fct_callcount
(array(1.), 1)
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from tutor.compile.watching import Thunk, Watcher
from tutor.core.errors import BadValueError
from tutor.core.graph import Apply, Variable


def asked_for(given: Any, name: str | None) -> ProfileStats:
    """The measurements for `profile=`: those given, or new ones under a name."""
    if isinstance(given, ProfileStats):
        return given
    if not isinstance(given, (bool, str)):
        raise BadValueError(f"profile is True, False or a name, and it is {given!r}.",
                            fix="Write profile=True.")
    return ProfileStats(name if given is True else str(given))


class ProfileStats:
    """What was measured of one function: calls, seconds, and both for each node."""

    def __init__(self, message: str | None = None) -> None:
        self.message = message
        self.compile_time = self.fct_call_time = self.vm_call_time = 0.0
        self.fct_callcount = 0
        self.apply_time: dict[Apply, float] = {}
        self.apply_callcount: dict[Apply, int] = {}

    def reset(self) -> None:
        """Forget what was measured."""
        self.__init__(self.message)  # type: ignore[misc]

    @property
    def seconds(self) -> dict[Apply, float]:
        """How long each node takes, on average."""
        return {node: total / self.apply_callcount[node]
                for node, total in self.apply_time.items()}

    def around(self, other: Watcher | None) -> Timed:
        """A watcher that measures, around another one if there is one."""
        return Timed(self, other)

    def summary(self, file: Any = None, n_ops_to_print: int = 20) -> None:
        """Print the operations that took longest."""
        file = file or sys.stderr
        total = sum(self.apply_time.values())
        print(f"Function profiling\n==================\n  Message: {self.message or ''}", file=file)
        print(f"  Time in {self.fct_callcount} calls to Function.__call__: "
              f"{self.fct_call_time:e}s", file=file)
        print(f"  Total compile time: {self.compile_time:e}s", file=file)
        print("Ops\n---\n<% time> <total time> <calls> <op>", file=file)
        names: dict[str, list[float]] = {}
        for node, seconds in self.apply_time.items():
            row = names.setdefault(str(node.op), [0.0, 0])
            row[0], row[1] = row[0] + seconds, row[1] + self.apply_callcount[node]
        ranked = sorted(names.items(), key=lambda item: -item[1][0])[:n_ops_to_print]
        for name, (seconds, calls) in ranked:
            share = 100 * seconds / total if total else 0.0
            print(f"  {share:5.1f}%  {seconds:.3e}s  {int(calls):6d}  {name}", file=file)


class Timed(Watcher):
    """A watcher that measures, around another one if there is one."""

    def __init__(self, stats: ProfileStats, other: Watcher | None) -> None:
        self.stats, self.other, self.start = stats, other or Watcher(), 0.0

    def begin(self, values: dict[Variable, Any]) -> None:
        """A call begins."""
        self.start = perf_counter()
        self.stats.fct_callcount += 1
        self.other.begin(values)

    def around(self, i: int, node: Apply, fn: Thunk) -> None:
        """Run a node, and note how long it took."""
        start, stats = perf_counter(), self.stats
        self.other.around(i, node, fn)
        stats.apply_time[node] = stats.apply_time.get(node, 0.0) + perf_counter() - start
        stats.apply_callcount[node] = stats.apply_callcount.get(node, 0) + 1

    def end(self, results: Sequence[Any]) -> None:
        """The call is over."""
        self.other.end(results)
        seconds = perf_counter() - self.start
        self.stats.fct_call_time += seconds
        self.stats.vm_call_time += seconds
