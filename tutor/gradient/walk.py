"""The chain rule: one walk backwards over the graph, in which the cotangents of all paths add up.

Comes after the ops, whose `L_op` says the local rule. A cotangent may also be undefined (a variable
of `NullType`), and then so is everything it reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from tutor.errors import BadValueError, DTypeError
from tutor.gradient.branches import Branches, Cotangent, Mask, both, chosen, is_tensor, plain, total
from tutor.gradient.markers import disconnected_grad
from tutor.graph import Apply, Op, Variable, toposort, written_at
from tutor.graph.nulls import DisconnectedType, NullType
from tutor.operators import quoted
from tutor.ops.arithmetic import cast, tensor_copy
from tutor.ops.control import Guard, guards_of, masked, node_guard, use_guard
from tutor.ops.creation import zeros_like
from tutor.ops.elementwise import DISCRETE
from tutor.ops.logarithms import LOGARITHMS, logarithm
from tutor.ops.nnet import softmax_written

Cotangents = Sequence[Variable | None]
Note = Callable[[Apply, Cotangents, Cotangents], None]


def pull_back(
    seeds: Mapping[Variable, Variable],
    targets: Sequence[Variable],
    constants: Sequence[Variable] = (),
    settled: Collection[Variable] = (),
    note: Note | None = None,
) -> list[tuple[Variable | None, bool]]:
    """The cotangent of each target, and whether the seeded variables depend on it at all.

    `seeds` are the cotangents to begin with; those of `settled` variables are complete as they are,
    to the others more is added on the way. Nothing passes through `constants`. `note` is told of
    each node: the cotangents of its outputs, and what it sends on to each of its inputs.

    A logarithm of exponentials, and a softmax written out, are differentiated as such, in the form
    that does not compute the exponentials: node by node, there would be one infinity over another.
    Where `note` is told, nothing is.
    """
    nodes = toposort(seeds, stop=constants)
    wanted = set(targets)
    if note is None:
        nodes = with_better_forms(nodes, {*wanted, *constants, *settled, *seeds})
    useful = _between(nodes, wanted, set(constants))
    arriving = {v: [plain(g)] for v, g in seeds.items() if not _is(g, DisconnectedType)}
    reached = set(arriving)
    guards, branches = guards_of(nodes, seeds), Branches(nodes, note is not None)
    for node in reversed(nodes):
        if node not in useful:
            continue
        alive = [v in reached for v in node.outputs]
        if True not in alive:
            continue
        connected = _connected(node, alive)
        arrived = [_total(arriving, v) for v in node.outputs]
        cotangents = [None if c is None else c.value for c in arrived]
        found = _local(node, cotangents, connected)
        with written_at(node.origin):
            sent = branches.sent(
                node, arrived, found, partial(_local, node, cotangents, connected)
            )
        if note is not None:
            note(node, cotangents, [None if c is None else c.value for c in sent])
        for i, (v, c, there) in enumerate(zip(node.inputs, sent, connected, strict=True)):
            if not there or v in settled or (c is not None and _is(c.value, DisconnectedType)):
                continue
            reached.add(v)
            if c is not None and _carries(v, c.value, wanted):
                if guards:
                    here = node_guard(node, guards) | use_guard(node, i)
                    c = _guarded(c, v, here - guards[v], guards)
                arriving.setdefault(v, []).append(c)
    totals: list[tuple[Variable | None, bool]] = []
    for v in targets:
        c = _total(arriving, v)
        if c is not None and v in guards:
            c = _guarded(c, v, guards[v], guards)
        totals.append((None if c is None else c.value, v in reached))
    return totals


def _guarded(
    c: Cotangent, v: Variable, guard: Guard, guards: Mapping[Variable, Guard]
) -> Cotangent:
    """A cotangent that leaves branches of `ifelse`, as nothing where they are not taken."""
    if not guard or not is_tensor(c.value):
        return c
    mask: Mask | None = None
    for choice in guard:  # a condition that is needed under another is not known outside of that
        mask = both(mask, chosen(choice)) if not guards.get(choice[0]) else mask
    return Cotangent(masked(c.value, v, guard, guards), masked(c.raw, v, guard, guards), mask)


def with_better_forms(nodes: list[Apply], stop: set[Variable]) -> list[Apply]:
    """The nodes, with a copy of its other form in the place of each logarithm of exponentials and
    each softmax written out."""
    found: list[Apply] = []
    known: set[Variable] | None = None
    for node in nodes:
        new = logarithm(node, stop, disconnected_grad) \
            if node.op.name in LOGARITHMS else softmax_written(node, stop)
        if new is not None:
            known = known or {v for n in nodes for v in n.outputs}
            more = toposort([new], stop=known)
            known.update(v for n in more for v in n.outputs)
            found += more
            node = _the_same(node, new)
        found.append(node)
    return found


def _the_same(node: Apply, form: Variable) -> Apply:
    """A node with the outputs of another, that copies another form of it."""
    copying: Any = tensor_copy
    found = Apply(copying, [form], [])
    found.outputs, found.origin = node.outputs, node.origin
    return found


def _is(g: Any, kind: type) -> bool:
    return isinstance(g.type, kind)


def _carries(v: Variable, g: Variable, wanted: set[Variable]) -> bool:
    """Whether a cotangent is worth keeping: beyond integers that nobody asked for it is zero."""
    return getattr(v.type, "dtype", None) not in DISCRETE or v in wanted or _is(g, NullType)


def _between(nodes: list[Apply], wanted: set[Variable], constants: set[Variable]) -> set[Apply]:
    """The nodes that lie on a way to a target."""
    useful: set[Apply] = set()
    leading = set(wanted)
    for node in nodes:
        if not leading.isdisjoint(node.inputs):
            useful.add(node)
            leading.update(v for v in node.outputs if v not in constants)
    return useful


def _connected(node: Apply, alive: list[bool]) -> list[bool]:
    """Which inputs the outputs that are reached depend on, of which there are some."""
    if type(node.op).connection_pattern is Op.connection_pattern:
        return [True] * len(node.inputs)
    pattern = node.op.connection_pattern(node)
    if len(pattern) != len(node.inputs) or any(len(row) != len(alive) for row in pattern):
        raise BadValueError(
            f"the connection_pattern of {node.op} does not have a row for each input and a column "
            "for each output.",
            fix=f"Return {len(node.inputs)} lists of {len(alive)} bools.",
        )
    return [any(c and a for c, a in zip(row, alive, strict=True)) for row in pattern]


def _local(
    node: Apply,
    cotangents: list[Variable | None],
    connected: list[bool],
    inputs: list[Variable] | None = None,
) -> Sequence[Variable | None]:
    """What the op's own rule sends to its inputs, written at the line that made the node.

    None stands for zero: so it is where no cotangent arrived, and before integer results, which do
    not change smoothly. With other `inputs`, the rule is asked about these.
    """
    arrived: list[Variable | None] = []
    for v, g in zip(node.outputs, cotangents, strict=True):
        if g is not None and _is(g, NullType):
            return _undefined(node, cotangents, g)
        arrived.append(None if getattr(v.type, "dtype", None) in DISCRETE else g)
    if not [g for g in arrived if g is not None]:
        return [None] * len(node.inputs)
    full = [nothing(v) if g is None else g for v, g in zip(node.outputs, arrived, strict=True)]
    with written_at(node.origin):
        found = node.op.L_op([*(inputs or node.inputs)], [*node.outputs], full)
    return checked(node, found, connected)


def _undefined(
    node: Apply, cotangents: list[Variable | None], null: Variable
) -> list[Variable | None]:
    """Undefined for the inputs of undefined outputs; what the op says for the others."""
    rest = [None if g is None or _is(g, NullType) else g for g in cotangents]
    pattern = node.op.connection_pattern(node)
    at = [g is not None and _is(g, NullType) for g in cotangents]
    hit = [any(c and n for c, n in zip(row, at, strict=True)) for row in pattern]
    others = _local(node, rest, [not h for h in hit]) if not all(hit) else [None] * len(hit)
    return [null if h else g for h, g in zip(hit, others, strict=True)]


def nothing(v: Variable) -> Variable:
    """The cotangent of an output that the seeds do not depend on."""
    if getattr(v.type, "dtype", None) is None:
        return DisconnectedType()()
    zeros: Variable = zeros_like(v)
    return cast(zeros, "floatX") if v.dtype in DISCRETE else zeros


def checked(node: Apply, found: Any, connected: list[bool]) -> list[Variable | None]:
    """What a rule gave, if it is an expression (or nothing) for each input."""
    if not isinstance(found, (list, tuple)):
        raise DTypeError(
            f"the gradient of {node.op} gave {quoted(found)}, which is no list.",
            where=(("used at", node.origin),),
            fix="An op's grad returns a list with one expression for each input.",
        )
    if len(found) != len(node.inputs):
        raise BadValueError(
            f"the gradient of {node.op} gave {len(found)} results for {len(node.inputs)} inputs.",
            fix="An op's grad returns one expression for each input.",
        )
    by_user = type(node.op).L_op is Op.L_op  # the engine's own rules write None for zero
    for i, g in enumerate(found if by_user else ()):
        if g is None and connected[i]:
            raise DTypeError(
                f"the gradient of {node.op} is None for input {i}.",
                where=(("used at", node.origin),),
                fix="Return x.zeros_like() where it is zero, grad_undefined(self, i, x) where "
                "there is none, DisconnectedType()() where the input has no influence.",
            )
    return [None if getattr(getattr(g, "type", None), "dtype", "") in DISCRETE else g
            for g in found]


def _total(arriving: dict[Variable, list[Cotangent]], v: Variable) -> Cotangent | None:
    """The sum of the cotangents that arrived at a variable over all paths."""
    parts = arriving.get(v)
    if not parts:
        return None
    if len(parts) > 1:
        arriving[v] = parts = [total(parts)]
    return parts[0]
