"""The back ends, by what a function asks for: from a graph to the program that runs it.

Comes after all back ends, and before the writer of calls. Those that few need load when they are
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import util
from typing import TYPE_CHECKING

from tutor.compile.loops import performing
from tutor.compile.lowering import Program
from tutor.compile.passes import checked, plain, with_updates
from tutor.compile.source import Source
from tutor.compile.table import Interpreted, OneCall, Table
from tutor.core.graph import Variable
from tutor.core.walk import toposort
from tutor.errors import MissingPackageError
from tutor.names import installing
from tutor.ops.control import IfElse

if TYPE_CHECKING:
    from tutor.compile.mode import Mode
    from tutor.compile.watching import Watcher

LONG = 2_000  # nodes: a shorter graph runs faster as lines, a longer one as a table


def program_of(inputs: Sequence[Variable], outputs: Sequence[Variable],
               updates: Mapping[Variable, Variable], mode: Mode, watcher: Watcher | None
               ) -> Source | OneCall:
    """The program of a graph, up to the new values that `commits` says are stored in place. The
    `updates` are of shared variables, and of inputs that keep a value."""
    results = [*outputs, *updates.values()]
    nodes = toposort(results, stop=inputs)
    if watcher is not None:
        from tutor.compile.watching import Watched

        return Watched(checked(inputs, results, nodes), watcher)
    if mode.backend is not None:
        return runner(mode.backend)(checked(inputs, results, nodes))
    if len(nodes) > LONG and not any(isinstance(node.op, IfElse) for node in nodes):
        return Table(checked(inputs, results, nodes))
    if mode.rewriting != "FAST_RUN":
        return Source(plain(inputs, results, nodes), performing)
    return Source(with_updates(inputs, outputs, updates, nodes), performing)


def runner(backend: str) -> Callable[[Program], OneCall]:
    """What runs a program in the place of NumPy's lines."""
    if backend == "interpret":
        return Interpreted
    if util.find_spec("jax") is None:
        raise MissingPackageError(
            'mode="jax" runs the graph with JAX, which is not installed here.',
            fix=installing("jax"))
    from tutor.compile.jax.program import JaxProgram

    return JaxProgram


