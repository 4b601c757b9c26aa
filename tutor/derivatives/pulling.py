"""The walk backwards of `grad`, in general: branches that are not taken, forms that stay finite,
what an op's own rule sends back that is undefined, without influence, or wrong.

The core's has the same steps for cotangents that are variables, and no more; this takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from tutor.core.errors import BadValueError, DTypeError
from tutor.core.gradient import Cotangents, zeros_of
from tutor.core.graph import Apply, Variable, quoted, written_at
from tutor.core.op import Op
from tutor.core.seams import seams
from tutor.core.types import DISCRETE
from tutor.core.walk import toposort
from tutor.derivatives.branches import Branches, Cotangent, better_forms, plain, total
from tutor.ops.undefined import DisconnectedType, NullType

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


def connections(node: Apply) -> Sequence[Sequence[bool]]:
    """Which input (row) each output (column) of a node depends on."""
    found = node.op.connection_pattern(node)
    wide = len(node.outputs)
    if len(found) != len(node.inputs) or any(len(row) != wide for row in found):
        raise BadValueError(
            f"the connection_pattern of {node.op} does not have a row for each input and a "
            "column for each output.",
            fix=f"Return {len(node.inputs)} lists of {wide} bools.")
    return found


def local(node: Apply, cotangents: Cotangents, connected: Sequence[bool],
          inputs: Sequence[Variable] | None = None) -> Cotangents:
    """What the op's own rule sends to its inputs; about others, where there are some."""
    arrived: list[Variable | None] = []
    for v, g in zip(node.outputs, cotangents, strict=True):
        if g is not None and is_null(g):
            return _undefined(node, cotangents, g)
        arrived.append(None if getattr(v.type, "dtype", None) in DISCRETE else g)
    if all(g is None for g in arrived):
        return [None] * len(node.inputs)
    full = [nothing(v) if g is None else g for v, g in zip(node.outputs, arrived, strict=True)]
    found = node.op.L_op([*(inputs or node.inputs)], [*node.outputs], full)
    return checked(node, found, connected)


def _undefined(node: Apply, cotangents: Cotangents, null: Variable) -> Cotangents:
    """Undefined for the inputs of undefined outputs; what the op says for the others."""
    at = [g is not None and is_null(g) for g in cotangents]
    rest = [None if there else g for g, there in zip(cotangents, at, strict=True)]
    hit = [any(c and n for c, n in zip(row, at, strict=True)) for row in connections(node)]
    others: Cotangents = [None] * len(hit)
    if not all(hit):
        others = local(node, rest, [not h for h in hit])
    return [null if h else g for h, g in zip(hit, others, strict=True)]


def is_null(g: Variable) -> bool:
    """Whether a cotangent is not defined."""
    return isinstance(g.type, NullType)


def nothing(v: Variable) -> Variable:
    """The cotangent of an output that the seeds do not depend on."""
    if getattr(v.type, "dtype", None) is None:
        return DisconnectedType()()
    return zeros_of(v)


def checked(node: Apply, found: Any, connected: Sequence[bool]) -> list[Variable | None]:
    """What a rule gave, if it is an expression (or nothing) for each input."""
    if not isinstance(found, (list, tuple)):
        raise DTypeError(f"the gradient of {node.op} gave {quoted(found)}, which is no list.",
                         where=(("used at", node.origin),),
                         fix="An op's grad returns a list with one expression for each input.")
    if len(found) != len(node.inputs):
        raise BadValueError(f"the gradient of {node.op} gave {len(found)} results for "
                            f"{len(node.inputs)} inputs.",
                            fix="An op's grad returns one expression for each input.")
    by_user = type(node.op).L_op is Op.L_op  # the engine's own rules write None for zero
    for i, g in enumerate(found if by_user else ()):
        if g is None and connected[i]:
            raise DTypeError(
                f"the gradient of {node.op} is None for input {i}.",
                where=(("used at", node.origin),),
                fix="Return x.zeros_like() where it is zero, grad_undefined(self, i, x) where "
                "there is none, DisconnectedType()() where the input has no influence.")
    return [None if getattr(getattr(g, "type", None), "dtype", "") in DISCRETE else g
            for g in found]
