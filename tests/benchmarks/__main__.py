"""`python -m tests.benchmarks`: the table, each result checked against NumPy's first.

Every figure is a ratio to the program by hand, taken in turn with it in the same run: the median
over the rounds. `--threads 1` also pins BLAS to one thread when the environment does not.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

LEAST_SECONDS = 0.02  # a sample shorter than this is a loop of several calls


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    top.add_argument("--only", default="", help="rows whose name contains this")
    top.add_argument("--engines", default="tutor", help="of tutor,jax,pytensor")
    top.add_argument("--threads", type=int, default=1, help="for tutor and BLAS")
    top.add_argument("--rounds", type=int, default=15)
    top.add_argument("--cold", action="store_true", help="also what is timed in new processes")
    top.add_argument("--live", action="store_true", help="also what it costs to watch a training")
    return top


def sample(f: Callable[..., Any], arguments: tuple[Any, ...], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        f(*arguments)
    return (time.perf_counter() - start) / times


def calls_for(f: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
    once = min(sample(f, arguments, 1) for _ in range(3))
    return max(1, min(20_000, int(LEAST_SECONDS / once)))


def check(case: Any, found: Any, wanted: Any) -> None:
    import numpy as np

    flat = [np.asarray(v) for v in (found if isinstance(found, (list, tuple)) else [found])]
    right = [np.asarray(v) for v in (wanted if isinstance(wanted, tuple) else (wanted,))]
    for a, b in zip(flat, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=case.tolerance, atol=case.tolerance)


def measured(case: Any, engines: list[Any], rounds: int) -> tuple[float, list[float]]:
    """The seconds of the program by hand, and the ratio of each engine to it."""
    arguments = case.arguments()
    programs = [case.by_hand(), *[case.graph(e) for e in engines]]
    wanted = programs[0](*arguments)
    wanted = tuple(v.copy() if hasattr(v, "copy") else v for v in wanted) if isinstance(
        wanted, tuple) else wanted
    for program in programs[1:]:
        check(case, program(*arguments), wanted)
    times = [calls_for(f, arguments) for f in programs]
    samples: list[list[float]] = [[] for _ in programs]
    for _ in range(rounds):
        for f, n, kept in zip(programs, times, samples, strict=True):
            kept.append(sample(f, arguments, n))
    ratios = [statistics.median(a / b for a, b in zip(kept, samples[0], strict=True))
              for kept in samples[1:]]
    return statistics.median(samples[0]), ratios


def main() -> int:
    args = parser().parse_args()
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, str(args.threads))
    import tutor
    from tests.benchmarks import cold, live
    from tests.benchmarks.cases import CASES
    from tests.benchmarks.engines import available

    tutor.config.threads = args.threads
    engines = available(args.engines.split(","))
    print(f"{'case':44s} {'by hand':>10s} {'to reach':>9s}", *[f"{e.name:>10s}" for e in engines])
    for case in CASES:
        if args.only in case.name:
            seconds, ratios = measured(case, engines, args.rounds)
            target = case.target_two if args.threads > 1 and case.target_two else case.target
            print(f"{case.name:44s} {seconds * 1e6:8.1f}µs {target:9.2f}",
                  *[f"{r:10.2f}" for r in ratios], flush=True)
    if args.cold:
        cold.table(args.rounds)
    if args.live:
        live.table(args.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
