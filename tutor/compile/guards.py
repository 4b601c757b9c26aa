"""What only one branch of an `ifelse` needs, put under an `if` in the program.

Comes before the source. The nodes are cut into runs that are needed under the same conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tutor.graph import Apply, Variable
from tutor.ops.control import ALWAYS, Guard, IfElse, guards_of, node_guard


class Run(NamedTuple):
    """Nodes in a row, what of them is needed later, and the conditions under which they run."""

    nodes: list[Apply]
    results: list[Variable]
    guard: Guard = ALWAYS

    def test(self, name: Callable[[Variable], str], place: dict[Variable, int]) -> str:
        """The conditions as an expression; one that is itself needed under others comes last."""
        parts = sorted(self.guard, key=lambda part: (place.get(part[0], -1), part[1]))
        return " and ".join([name(c) if holds else f"not {name(c)}" for c, holds in parts])


def has_branches(nodes: Sequence[Apply]) -> bool:
    """Whether there is an `ifelse` among the nodes."""
    return any(isinstance(node.op, IfElse) for node in nodes)


def runs(nodes: Sequence[Apply], outputs: Sequence[Variable]) -> Iterator[Run]:
    """The nodes in runs; one run where there is no `ifelse`.

    >>> import tutor.tensor as T
    >>> from tutor.graph import toposort
    >>> from tutor.ops.control import ifelse
    >>> x = T.dscalar("x")
    >>> y = ifelse(x > 0, T.sqrt(x), T.exp(x))
    >>> [[node.op.name for node in run.nodes] for run in runs(toposort([y]), [y])]
    [['gt'], ['sqrt'], ['exp'], ['ifelse']]
    """
    guards = guards_of(nodes, outputs)
    if not guards:
        yield Run(list(nodes), list(outputs))
        return
    cut: list[Run] = []
    for node in nodes:
        guard = node_guard(node, guards)
        if not cut or cut[-1].guard != guard:
            cut.append(Run([], [], guard))
        cut[-1].nodes.append(node)
    needed = set(outputs)
    for run in reversed(cut):
        run.results.extend([v for node in run.nodes for v in node.outputs if v in needed])
        needed.update([v for node in run.nodes for v in node.inputs])
    yield from cut
