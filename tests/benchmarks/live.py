"""What it costs to watch a training: `python -m tests.benchmarks --live`.

The same steps as a loop of calls, as a run, as a run that a page looks at (one that answers at
once), and as a run with a bar of progress; and what one frame costs. Medians over the rounds.
"""

from __future__ import annotations

import io
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SECONDS = 0.2  # of each sample


def descent(tutor: Any, T: Any) -> Any:
    """Section 8 of the walkthrough, slow enough that no step is the last that matters."""
    x, c = T.dvector("x"), tutor.shared(0.0, "c")
    y = T.sum((x - c) ** 2)
    f = tutor.function([x], y, updates={c: c - 1e-5 * tutor.grad(y, c)}, name="d2")
    return f, [np.array([1.0, 2.0, 3.0, 4.0, 5.0])], [c]


def logistic(tutor: Any, T: Any) -> Any:
    """Logistic regression, 400 rows of 784 features."""
    from tests.benchmarks.cases import logistic_arguments, logistic_graph
    from tests.benchmarks.engines import available

    f = logistic_graph(available(["tutor"])[0])
    return f, list(logistic_arguments()), []


def watched(run: Any) -> Any:
    """The run with a player whose page answers every frame at once."""
    from tutor.live.player import Player

    run._player = player = Player(run)
    numbers = itertools.count()

    def send(message: Any) -> None:
        player._received(player.widget, {"do": "ack", "value": 1,
                                          "sent": ["page", next(numbers)]}, None)

    player.widget.send = send
    player.views = 1
    return run


def seconds(f: Callable[[], Any]) -> float:
    began = time.process_time()
    f()
    return time.process_time() - began


def table(rounds: int) -> None:
    """Print the figures."""
    import tutor
    import tutor.tensor as T
    from tutor.live import Descent

    print(f"\n{'training':12s} {'a step':>9s} {'run':>6s} {'watched':>8s} {'of run':>7s} "
          f"{'with a bar':>11s} {'a frame':>9s}")
    for make in (descent, logistic):
        f, data, watch = make(tutor, T)
        quiet, seen = (Descent(f, data, watch) for _ in range(2))
        watched(seen)
        once = min(seconds(lambda f=f, data=data: [f(*data) for _ in range(50)])
                   for _ in range(3)) / 50
        n = max(1000, int(SECONDS / once))
        kinds = [lambda f=f, data=data, n=n: [f(*data) for _ in range(n)],
                 lambda quiet=quiet, n=n: quiet.run(n, progress=False),
                 lambda seen=seen, n=n: seen.run(n),
                 lambda quiet=quiet, n=n: _with_bar(quiet, n)]
        samples: list[list[float]] = []
        for _ in range(rounds):
            samples.append([seconds(kind) for kind in kinds])
            quiet.reset()
            seen.reset()
        ratio = [statistics.median(row[i] / row[0] for row in samples) for i in range(4)]
        of_run = statistics.median(row[2] / row[1] for row in samples)
        frames = [_frame(seen) for _ in range(200)]
        print(f"{make.__name__:12s} {statistics.median(r[0] for r in samples) / n * 1e6:7.1f}µs "
              f"{ratio[1]:6.2f} {ratio[2]:8.2f} {of_run:7.2f} {ratio[3]:11.2f} "
              f"{statistics.median(frames) * 1e3:7.2f}ms", flush=True)


def _frame(run: Any) -> float:
    run.step(100)
    return seconds(lambda: run._push() if hasattr(run, "_push") else run._player.push(now=True))


def _with_bar(run: Any, steps: int) -> None:
    before, sys.stderr = sys.stderr, io.StringIO()
    try:
        run.run(steps, progress=True)
    finally:
        sys.stderr = before
