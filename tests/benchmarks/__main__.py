"""`python -m tests.benchmarks`: the table, each result checked against NumPy's first.

Figures are ratios to the program by hand, taken in turn with it: medians over the rounds.
`--peers` prints whole models beside JAX, PyTorch and PyTensor, `--memory` the memory of a call.
What a large change must not move is `--short`; its output, kept in a file, is printed beside the
next one:

    python -m tests.benchmarks --short --before before
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.timing import interleaved

WIDTH = 54  # of the names
SHORT = ("import", "function([x]", "logistic", "graph of 10,000 ", "call f", "descent", "MLP step")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--only", default="", help="rows whose name contains this")
    top.add_argument("--engines", default="tutor", help="of tutor,jax,pytensor")
    top.add_argument("--threads", type=int, default=1, help="for tutor and BLAS")
    top.add_argument("--rounds", type=int, default=15)
    top.add_argument("--cold", action="store_true", help="also what is timed in new processes")
    top.add_argument("--short", action="store_true", help="the rows of most use, cold ones too")
    top.add_argument("--before", type=Path, help="an earlier output, printed beside this one")
    top.add_argument("--live", action="store_true", help="also what it costs to watch a training")
    top.add_argument("--peers", action="store_true",
                     help="whole models instead, beside JAX, PyTorch and PyTensor: in Markdown")
    top.add_argument("--memory", action="store_true",
                     help="the memory of a call instead, beside JAX, PyTorch and NumPy by hand")
    return top


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
    samples = interleaved(programs, arguments, rounds)
    ratios = [statistics.median(a / b for a, b in zip(kept, samples[0], strict=True))
              for kept in samples[1:]]
    return statistics.median(samples[0]), ratios


def before(path: Path | None) -> dict[str, str]:
    """The columns of an earlier output, by the names of its rows."""
    lines = path.read_text(encoding="utf-8").splitlines() if path else []
    return {line[:WIDTH].strip(): f"   before: {line[WIDTH:].strip()}" for line in lines}


def main() -> int:
    args = parser().parse_args()
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, str(args.threads))
    import tutor
    from tests.benchmarks import cold, live, memory, peers
    from tests.benchmarks.cases import CASES
    from tests.benchmarks.engines import available
    from tests.benchmarks.models import MODELS

    tutor.config.threads = args.threads
    if args.memory:
        memory.table(args.only)
        return 0
    if args.peers:
        peers.table(args.only, args.threads, args.rounds)
        return 0
    engines = available(args.engines.split(","))
    earlier = before(args.before)

    def row(name: str, *columns: str) -> None:
        print(f"{name:{WIDTH}s}", *columns, earlier.get(name, ""), flush=True)

    def wanted(name: str) -> bool:
        return args.only in name and (not args.short or name.startswith(SHORT))

    row("case", f"{'by hand':>10s} {'to reach':>9s}", *[f"{e.name:>10s}" for e in engines])
    for case in (*CASES, *MODELS):
        if wanted(case.name):
            seconds, ratios = measured(case, engines, args.rounds)
            target = case.target_two if args.threads > 1 and case.target_two else case.target
            row(case.name, f"{seconds * 1e6:8.1f}µs {target:9.2f}", *[f"{r:10.2f}" for r in ratios])
    if args.cold or args.short:
        cold.table(args.rounds, row, wanted)
    if args.live:
        live.table(args.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
