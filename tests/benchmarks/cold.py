"""What only a new process can show: imports, the first compilation, long graphs, peak memory.

Each probe is a program of its own that prints one number; the table shows the median of several.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable

HEAD = """
import time, numpy as np
def now(): return time.perf_counter()
"""
IMPORT = "start = now(); import {module}; print((now() - start) * 1e3)"
SELF = HEAD + """
import numpy.random  # NumPy loads it at first use; the cases draw their numbers from it
import tutor, tutor.tensor as T
from tests.benchmarks.cases import *
from tests.benchmarks.engines import tutor_engine
e = tutor_engine()
"""
LONG = SELF + """
n = {n}
start = now()
x = T.dvector("x"); y = x
for i in range(n // 2): y = T.tanh(y * 1.01)
cost = T.sum(y); f = tutor.function([x], [cost, tutor.grad(cost, x)])
f(np.linspace(-1, 1, 10))
print((now() - start) * 1e3)
"""
MEMORY = SELF + """
import tracemalloc
f = chain_graph(e); x = numbers(10**7); f(x[:10**6])
tracemalloc.start()
y = f(x)
print(tracemalloc.get_traced_memory()[1] / x.nbytes)
"""
IMPORTS = ("import numpy (ms)", "import tutor (ms)")
PROBES = [
    (IMPORTS[0], "import time\n" + "now = time.perf_counter\n" + IMPORT.format(
        module="numpy"), ""),
    (IMPORTS[1], "import time\n" + "now = time.perf_counter\n" + IMPORT.format(
        module="tutor"), ""),
    ("function([x], 2*x) (ms)", SELF + "start = now(); double_graph(e); "
     "print((now() - start) * 1e3)", "≤ 2"),
    ("logistic regression training function (ms)", SELF + "start = now(); logistic_graph(e); "
     "print((now() - start) * 1e3)", "≤ 12"),
    ("MLP training function (ms)", SELF + "import tests.benchmarks.cases as cases\n"
     "made = network('float64'); cases.network = lambda dtype: made; start = now()\n"
     "network_graph('float64')(e); print((now() - start) * 1e3)", "≤ 15"),
    ("graph of 1,000 ops: build, grad, compile, run (ms)", LONG.format(n=1000), "≤ 60"),
    ("graph of 10,000 ops: the same (ms)", LONG.format(n=10_000), "≤ 800"),
    ("graph of 100,000 ops: the same (ms)", LONG.format(n=100_000), "≤ 8,000"),
    ("peak memory of the chain over 1e7 (arrays)", MEMORY, "≤ 1.1"),
]


def table(rounds: int, row: Callable[..., None], wanted: Callable[[str], bool]) -> None:
    """Print one line a probe."""
    medians: dict[str, float] = {}
    # As on a user's machine: modules are compiled once, and not in each process.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for name, program, target in PROBES:
        if not wanted(name):
            continue
        found = [float(subprocess.run([sys.executable, "-c", program], env=env, capture_output=True,
                                      text=True, check=True).stdout) for _ in range(min(rounds, 5))]
        medians[name] = statistics.median(found)
        row(name, f"{medians[name]:10.2f}  {target}")
    if IMPORTS[0] in medians:
        numpy, tutor = [medians[name] for name in IMPORTS]
        row("import tutor ÷ import numpy", f"{tutor / numpy:10.2f}  ≤ 2")
