"""The walk backwards of `grad`, in general: branches that are not taken, forms that stay finite.

The core's has the same steps for cotangents that are variables, and no more; this takes its place.
How cotangents are taken is a class: that of `branches.py`, whose cotangents know where they arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial, reduce
from typing import Any

from tutor.core.elementwise import add
from tutor.core.gradient import Cotangents, local, smooth
from tutor.core.graph import Apply, Variable, written_at
from tutor.core.seams import seams
from tutor.core.walk import toposort
from tutor.hooks import hooks

Note = Callable[[Apply, Cotangents, Cotangents], None]


def pull_back(seeds: Mapping[Variable, Variable], targets: Sequence[Variable],
              constants: Sequence[Variable] = (), complete: Collection[Variable] = (),
              note: Note | None = None) -> list[tuple[Variable | None, bool]]:
    """The cotangent of each target, and whether the seeded variables depend on it at all.

    `seeds` are the cotangents to begin with; those of `complete` variables stay as they are, to the
    others more is added on the way. Nothing passes through `constants`. `note` is told of each
    node: the cotangents of its outputs, and what it sends on to each of its inputs.
    """
    nodes, wanted = toposort(seeds, stop=constants), set(targets)
    if note is None:
        nodes = hooks.branches.better_forms(nodes, {*wanted, *constants, *complete, *seeds})
    walk: Adding = hooks.branches(nodes, seeds, wanted, note is not None)
    useful = _between(nodes, wanted, set(constants))
    begun = {v: walk.seed(g) for v, g in seeds.items()}
    arriving: dict[Variable, list[Any]] = {v: [c] for v, c in begun.items() if walk.reaches(c)}
    reached = set(arriving)

    def total(v: Variable) -> Any:
        parts = arriving.get(v)
        if parts and len(parts) > 1:
            arriving[v] = parts = [walk.total(parts)]
        return parts[0] if parts else None

    for node in reversed(nodes):
        alive = [v in reached for v in node.outputs]
        if node not in useful or True not in alive:
            continue
        arrived = [total(v) for v in node.outputs]
        cotangents = [None if c is None else walk.value(c) for c in arrived]
        connected = [any(c and a for c, a in zip(row, alive, strict=True))
                     for row in walk.pattern(node)]
        with written_at(node.origin and node.origin.backwards):
            ask = partial(walk.local, node, cotangents, connected)
            sent = walk.sent(node, arrived, ask(), ask)
        if note is not None:
            note(node, cotangents, [None if c is None else walk.value(c) for c in sent])
        for i, (v, c) in enumerate(zip(node.inputs, sent, strict=True)):
            if connected[i] and v not in complete and walk.reaches(c):
                reached.add(v)
                if c is not None and walk.carries(v, c):
                    arriving.setdefault(v, []).append(walk.leaving(node, i, v, c))
    ends = [(v, total(v)) for v in targets]
    return [(None if c is None else walk.value(walk.arriving(v, c)), v in reached)
            for v, c in ends]


def _between(nodes: list[Apply], wanted: set[Variable], constants: set[Variable]) -> set[Apply]:
    """The nodes that lie on a way to a target."""
    useful: set[Apply] = set()
    leading = set(wanted)
    for node in nodes:
        if not leading.isdisjoint(node.inputs):
            useful.add(node)
            leading.update(v for v in node.outputs if v not in constants)
    return useful


class Adding:
    """How a walk takes cotangents: as they are, in sums.

    A layer has another class in the seam `branches`: its cotangents know where they arrive, so that
    a branch that is not taken sends back nothing, even where its derivative is infinite; and some
    of them are not defined.
    """

    def __init__(self, nodes: Sequence[Apply], seeds: Mapping[Variable, Variable],
                 wanted: set[Variable], note: bool) -> None:
        """Begin a walk through these nodes, which is told node by node where `note` says so."""
        self.wanted = wanted

    @staticmethod
    def better_forms(nodes: list[Apply], stop: set[Variable]) -> list[Apply]:
        """The nodes, some in a form whose derivative is finite where theirs is not."""
        return nodes

    def pattern(self, node: Apply) -> Sequence[Sequence[bool]]:
        """Which input (row) each output (column) of a node depends on."""
        return node.op.connection_pattern(node)

    def local(self, node: Apply, cotangents: Cotangents, connected: Sequence[bool],
              inputs: Sequence[Variable] | None = None) -> Cotangents:
        """What the op's own rule sends to its inputs; about others, where there are some."""
        return local(node, cotangents, inputs)

    def sent(self, node: Apply, arrived: Sequence[Any], found: Cotangents, ask: Any) -> Any:
        """What a node sends on: `found`, its rule's answer to the values that arrived; `ask` asks
        the rule again, about other inputs."""
        return found

    def seed(self, g: Variable) -> Any:
        """A cotangent to begin with."""
        return g

    def value(self, c: Any) -> Variable:
        """A cotangent as a variable."""
        return c

    def total(self, parts: Sequence[Any]) -> Any:
        """The sum over all paths."""
        return reduce(add, parts)

    def reaches(self, c: Any) -> bool:
        """Whether what was sent says that the input counts at all; zero (None) does."""
        return True

    def carries(self, v: Variable, c: Any) -> bool:
        """Whether a cotangent is worth keeping: beyond integers it is zero, unless asked for."""
        return smooth(v) or v in self.wanted

    def leaving(self, node: Apply, place: int, v: Variable, c: Any) -> Any:
        """A cotangent on its way from an input of a node to the variable that it is."""
        return c

    def arriving(self, v: Variable, c: Any) -> Any:
        """The whole of what arrived at a target."""
        return c


hooks.branches, seams.pull_back = Adding, pull_back
