"""The memory of one call, in MB: the peak of a new process above its state before, when the
two calls before have left what they keep; for NumPy's buffers also as `tracemalloc` counts them.

Comes after `peers.py`, whose models it runs, and `cases.py`, whose programs by hand stand beside.
Linux alone tells a process its peak, and lets it begin anew.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from ctypes import CDLL
from typing import Any

ENGINES = ["tutor", "by hand", "tutor, jax", "JAX", "PyTorch"]
SMALL = ("Jacobian", "Hessian", "descent", "f(3.)", "call", "the same")


def resident(what: str) -> float:
    """The memory of this process in MB, now (VmRSS) or at most since `anew` (VmHWM)."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1e3


def anew() -> float:
    """Give back what is free, and let the peak begin here: the memory now."""
    gc.collect()
    CDLL("").malloc_trim(0)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as peak:
        peak.write("5")
    return resident("VmRSS")


def program(kind: str, name: str, engine: str) -> tuple[Callable[..., Any], Sequence[Any]]:
    """A model or a case in one engine, and its arguments."""
    from tests.benchmarks import cases, languages, models, peers
    from tests.benchmarks.engines import tutor_engine

    if kind == "model":
        model = next(m for m in peers.MODELS if m.name == name)
        face = next(e for e in languages.faces(2) if e.name == engine)
        return face(model), model.data
    case = next(c for c in (*cases.CASES, *models.MODELS) if c.name == name)
    f = case.by_hand() if engine == "by hand" else case.graph(tutor_engine())
    return f, case.arguments()


def probe(kind: str, name: str, engine: str) -> str:
    """What one call takes above the state before."""
    f, data = program(kind, name, engine)
    for _ in range(2):
        f(*data)
    before = anew()
    result = f(*data)
    told = f"{resident('VmHWM') - before:.1f}"
    if engine in ("tutor", "by hand"):
        del result
        tracemalloc.start()
        result = f(*data)
        told += f" ({tracemalloc.get_traced_memory()[1] / 1e6:.1f})"
    return told


def table(only: str) -> None:
    """Print a row for each model and each case that holds arrays to speak of."""
    from tests.benchmarks import cases, models, peers

    print("| one call, MB |", " | ".join(ENGINES), "|")
    print("| --- |", " | ".join("---" for _ in ENGINES), "|")
    rows = [("model", m.name, [e for e in ENGINES if e != "by hand"]) for m in peers.MODELS]
    rows += [("case", c.name, ENGINES[:2]) for c in (*cases.CASES, *models.MODELS)]
    for kind, name, engines in rows:
        if only in name and not name.startswith(SMALL):
            told = [measured(kind, name, e) if e in engines else "" for e in ENGINES]
            print(f"| {name} |", " | ".join(told), "|", flush=True)


def measured(kind: str, name: str, engine: str) -> str:
    """A probe in a process of its own; a dash where the engine is not installed."""
    done = subprocess.run([sys.executable, "-m", __spec__.name, kind, name, engine],
                          capture_output=True, text=True, env=os.environ, check=False)
    return done.stdout.strip() or "–"


if __name__ == "__main__":
    print(probe(*sys.argv[1:]))
