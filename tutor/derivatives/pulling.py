"""The walk backwards of `grad`, in general: branches that are not taken, forms that stay finite.

The core's has the same steps for cotangents that are variables, and no more; this takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from tutor.core.gradient import Cotangents
from tutor.core.graph import Apply, Variable, written_at
from tutor.core.seams import seams
from tutor.core.types import DISCRETE
from tutor.core.walk import toposort
from tutor.derivatives.asking import connections, is_null, local
from tutor.derivatives.branches import Branches, Cotangent, better_forms, plain, total
from tutor.ops.undefined import DisconnectedType

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
        nodes = better_forms(nodes, {*wanted, *constants, *complete, *seeds})
    walk = Branches(nodes, seeds, note is not None)
    useful = _between(nodes, wanted, set(constants))
    arriving = {v: [plain(g)] for v, g in seeds.items() if _reaches(plain(g))}
    reached = set(arriving)

    def whole(v: Variable) -> Cotangent | None:
        parts = arriving.get(v)
        if parts and len(parts) > 1:
            arriving[v] = parts = [total(parts)]
        return parts[0] if parts else None

    for node in reversed(nodes):
        alive = [v in reached for v in node.outputs]
        if node not in useful or True not in alive:
            continue
        arrived = [whole(v) for v in node.outputs]
        cotangents = [c and c.value for c in arrived]
        connected = [any(c and a for c, a in zip(row, alive, strict=True))
                     for row in connections(node)]
        with written_at(node.origin and node.origin.backwards):
            ask = partial(local, node, cotangents, connected)
            sent = walk.sent(node, arrived, ask(), ask)
        if note is not None:
            note(node, cotangents, [c and c.value for c in sent])
        for i, (v, c) in enumerate(zip(node.inputs, sent, strict=True)):
            if connected[i] and v not in complete and _reaches(c):
                reached.add(v)
                whole_numbers = getattr(v.type, "dtype", None) in DISCRETE
                if c is not None and (not whole_numbers or v in wanted or is_null(c.value)):
                    arriving.setdefault(v, []).append(walk.leaving(node, i, v, c))
    ends = [(v, whole(v)) for v in targets]
    return [(c and walk.arriving(v, c).value, v in reached) for v, c in ends]


def _reaches(c: Cotangent | None) -> bool:
    """Whether what was sent says that the input counts at all; zero (None) does."""
    return c is None or not isinstance(c.value.type, DisconnectedType)


def _between(nodes: list[Apply], wanted: set[Variable], constants: set[Variable]) -> set[Apply]:
    """The nodes that lie on a way to a target."""
    useful: set[Apply] = set()
    leading = set(wanted)
    for node in nodes:
        if not leading.isdisjoint(node.inputs):
            useful.add(node)
            leading.update(v for v in node.outputs if v not in constants)
    return useful


seams.pull_back = pull_back
