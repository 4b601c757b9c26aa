"""`grad`: the formula of a derivative. One walk backwards, in which the cotangents of all paths add
up; each op says the local rule (`L_op`).

>>> import tutor.core as T
>>> x = T.dscalar("x")
>>> grad(x ** 2, x).eval({x: 3})
array(6.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial, reduce
from typing import Any

from tutor.core.arrays import ones_like, zeros_like
from tutor.core.elementwise import add, cast, tensor_copy
from tutor.core.errors import (
    BadValueError,
    CostError,
    DisconnectedInputError,
    DTypeError,
    NullTypeGradError,
    caller,
)
from tutor.core.graph import Apply, Constant, Variable, made_at, quoted, written_at
from tutor.core.op import Op
from tutor.core.seams import seams
from tutor.core.types import DISCRETE, DisconnectedType, NullType
from tutor.core.walk import toposort

Cotangents = Sequence[Variable | None]
Note = Callable[[Apply, Cotangents, Cotangents], None]


class Adding:
    """How a walk takes cotangents: as they are, in sums.

    A layer has another class in the seam `branches`: its cotangents know where they arrive, so that
    a branch that is not taken sends back nothing, even where its derivative is infinite.
    """

    def __init__(self, nodes: Sequence[Apply], seeds: Mapping[Variable, Variable],
                 note: bool) -> None:
        """Begin a walk through these nodes, which is told node by node where `note` says so."""

    @staticmethod
    def better_forms(nodes: list[Apply], stop: set[Variable]) -> list[Apply]:
        """The nodes, some in a form whose derivative is finite where theirs is not."""
        return nodes

    def seed(self, g: Variable) -> Any:
        """A cotangent to begin with."""
        return g

    def value(self, c: Any) -> Variable:
        """A cotangent as a variable."""
        return c

    def total(self, parts: Sequence[Any]) -> Any:
        """The sum over all paths; undefined where one of them is."""
        return next((c for c in parts if _is(c, NullType)), None) or reduce(add, parts)

    def sent(self, node: Apply, arrived: Sequence[Any], found: Cotangents, pull: Any) -> Any:
        """What a node sends on: `found`, its rule's answer to the values that arrived; `pull` asks
        the rule again, about other inputs."""
        return found

    def leaving(self, node: Apply, place: int, v: Variable, c: Any) -> Any:
        """A cotangent on its way from an input of a node to the variable that it is."""
        return c

    def arriving(self, v: Variable, c: Any) -> Any:
        """The whole of what arrived at a target."""
        return c


seams.branches = Adding


def pull_back(seeds: Mapping[Variable, Variable], targets: Sequence[Variable],
              constants: Sequence[Variable] = (), settled: Collection[Variable] = (),
              note: Note | None = None) -> list[tuple[Variable | None, bool]]:
    """The cotangent of each target, and whether the seeded variables depend on it at all.

    `seeds` are the cotangents to begin with; those of `settled` variables are complete as they are,
    to the others more is added on the way. Nothing passes through `constants`. `note` is told of
    each node: the cotangents of its outputs, and what it sends on to each of its inputs.
    """
    nodes = toposort(seeds, stop=constants)
    wanted = set(targets)
    if note is None:
        nodes = seams.branches.better_forms(nodes, {*wanted, *constants, *settled, *seeds})
    useful = _between(nodes, wanted, set(constants))
    walk: Adding = seams.branches(nodes, seeds, note is not None)
    arriving = {v: [walk.seed(g)] for v, g in seeds.items() if not _is(g, DisconnectedType)}
    reached = set(arriving)

    def total(v: Variable) -> Any:
        parts = arriving.get(v)
        if parts and len(parts) > 1:
            arriving[v] = parts = [walk.total(parts)]
        return parts[0] if parts else None

    for node in reversed(nodes):
        if node not in useful:
            continue
        alive = [v in reached for v in node.outputs]
        if True not in alive:
            continue
        connected = _connected(node, alive)
        arrived = [total(v) for v in node.outputs]
        cotangents = [None if c is None else walk.value(c) for c in arrived]
        found = _local(node, cotangents, connected)
        with written_at(node.origin and node.origin.backwards):
            sent = walk.sent(node, arrived, found, partial(_local, node, cotangents, connected))
        if note is not None:
            note(node, cotangents, [None if c is None else walk.value(c) for c in sent])
        for i, (v, c, there) in enumerate(zip(node.inputs, sent, connected, strict=True)):
            if not there or v in settled or (c is not None and _is(walk.value(c),
                                                                   DisconnectedType)):
                continue
            reached.add(v)
            if c is not None and _carries(v, walk.value(c), wanted):
                arriving.setdefault(v, []).append(walk.leaving(node, i, v, c))
    ends = [(v, total(v)) for v in targets]
    return [(None if c is None else walk.value(walk.arriving(v, c)), v in reached)
            for v, c in ends]


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
            fix=f"Return {len(node.inputs)} lists of {len(alive)} bools.")
    return [any(c and a for c, a in zip(row, alive, strict=True)) for row in pattern]


def depending(variables: Collection[Variable], outputs: Sequence[Variable]) -> list[bool]:
    """Which of the outputs depend on any of these variables, node by node."""
    reached = {*variables}
    for node in toposort(outputs):
        for v, there in zip(node.inputs, node.op.connection_pattern(node), strict=True):
            if v in reached:
                reached.update([out for out, hit in zip(node.outputs, there, strict=True) if hit])
    return [v in reached for v in outputs]


def _local(node: Apply, cotangents: list[Variable | None], connected: list[bool],
           inputs: list[Variable] | None = None) -> Sequence[Variable | None]:
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
    with written_at(node.origin and node.origin.backwards):
        found = node.op.L_op([*(inputs or node.inputs)], [*node.outputs], full)
    return checked(node, found, connected)


def _undefined(node: Apply, cotangents: list[Variable | None], null: Variable
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
    return zeros_of(v)


def zeros_of(v: Variable) -> Variable:
    """Zeros of the shape of v; of integers they are floats."""
    zeros = zeros_like(v)
    return cast(zeros, "floatX") if v.dtype in DISCRETE else zeros


def checked(node: Apply, found: Any, connected: list[bool]) -> list[Variable | None]:
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


def grad(cost: Variable, wrt: Any, consider_constant: Sequence[Variable] = ()) -> Any:
    """The derivative of a scalar cost with respect to one variable or each of several.

    `cost` is a real scalar, else it is a `CostError`; `wrt` one variable, or a list or tuple of
    them, and the result has its form: each derivative has the type of its variable. A `wrt` that
    the cost does not depend on is a `DisconnectedInputError`. `consider_constant` is treated as if
    it did not depend on anything.

    >>> import tutor.core as T
    >>> x, y = T.dscalars("x", "y")
    >>> grad((x + 2 * y) ** 2, y).eval({x: 1, y: 2})
    array(20.)
    """
    targets = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    check_wrt(targets)
    check_cost(cost, targets)
    results = []
    with written_at(caller()):
        found = pull_back({cost: seed_of(cost)}, targets, consider_constant)
        for v, (g, connected) in zip(targets, found, strict=True):
            if not connected:
                raise lost(v, cost)
            results.append(finished(g, v, cost))
    return as_asked(results, wrt)


def seed_of(cost: Variable) -> Variable:
    """The cotangent of the cost itself: 1."""
    ones = ones_like(cost)
    return cast(ones, "floatX") if cost.dtype in DISCRETE else ones


def as_asked(results: list[Any], wrt: Any) -> Any:
    """Derivatives in the form of what they are with respect to: a list, a tuple, or one."""
    return results if isinstance(wrt, list) else tuple(results) if isinstance(wrt, tuple) \
        else results[0]


def check_cost(cost: Any, wrt: Sequence[Variable] = (),
               known: Mapping[Variable, Variable] | None = None) -> None:
    """A cost is a real scalar variable; else a `CostError` that says how to make it one.

    Integers pass where the question makes sense: what they change themselves by, or what is known.
    """
    if not isinstance(cost, Variable):
        raise CostError(f"the cost must be a symbol, and it is {quoted(cost)}.",
                        fix="Pass an expression of variables.")
    where = (("made at", cost.origin),)
    if isinstance(cost.type, NullType):
        raise CostError(f"the cost is undefined: {cost.type.why_null}", fix="Choose another cost.")
    if getattr(cost.type, "ndim", None) != 0:
        raise CostError(
            f"the cost {quoted(cost)} is not a scalar: it is a "
            f"{getattr(cost.type, 'shape_name', cost.type)}, and only a single number has one "
            "derivative.", where=where,
            fix="Take its sum() or mean(), or the derivative of each element by itself.")
    if cost.dtype in DISCRETE and cost not in wrt and cost not in (known or {}):
        raise CostError(f"the cost {quoted(cost)} is {cost.dtype}: integers do not change "
                        "smoothly, so they have no derivative.", where=where,
                        fix="Build it from floats (T.dscalar, T.dvector, …).")
    if cost.dtype.startswith("complex"):
        raise CostError(f"the cost {quoted(cost)} is complex; a cost is a real number.",
                        where=where, fix="Take abs(cost), T.real(cost) or T.imag(cost).")


def check_wrt(targets: Sequence[Any]) -> None:
    """What a derivative is taken with respect to are variables."""
    for v in targets:
        if not isinstance(v, Variable):
            raise DTypeError(f"wrt must be a symbol, and it is {quoted(v)}.",
                             fix="Pass the variable itself (or a list of variables).")


def finished(g: Variable | None, v: Variable, cost: Variable | None, strict: bool = True,
             add_names: bool = True) -> Variable:
    """The derivative as it is returned: of the type of `v`, and with a name; or an error."""
    if g is None:
        return zeros_of(v)
    if isinstance(g.type, NullType) and strict:
        raise NullTypeGradError(
            f"there is no gradient with respect to {quoted(v)}: {g.type.why_null}",
            where=made_at(v), fix="disconnected_grad(x) or zero_grad(x) keeps gradients from "
            'going that way; null_gradients="return" returns it as it is.')
    if add_names and g.name is None and cost is not None and cost.name and v.name:
        g = g if g is not v else tensor_copy(g)
        g.name = f"(d{cost.name}/d{v.name})"
    return g


def lost(v: Variable, cost: Variable | None, ignored: bool = True) -> DisconnectedInputError:
    """The error for a variable that the cost does not depend on, which may be `ignored` or not."""
    why = "a constant" if isinstance(v, Constant) else "not a part of it"
    twin = (f"a second {quoted(v, 40)} is another expression: name it before the cost is built "
            "from it" if v.owner is not None else 'a second T.dscalar("x") is another variable')
    return DisconnectedInputError(
        f"the cost {quoted(cost)} does not depend on {quoted(v)}: {quoted(v, 40)} is {why}.",
        where=(("cost made at", cost.origin if cost is not None else None), *made_at(v)),
        fix=f"Check that this is the variable the cost was built from ({twin})"
        + ('; or pass disconnected_inputs="ignore" to get zeros.' if ignored else "."))
