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
from tutor.core.elementwise import add, cast
from tutor.core.errors import CostError, DisconnectedInputError, DTypeError, caller
from tutor.core.graph import Apply, Variable, made_at, quoted, written_at
from tutor.core.seams import seams
from tutor.core.types import DISCRETE, TensorType
from tutor.core.walk import toposort

Cotangents = Sequence[Variable | None]
Note = Callable[[Apply, Cotangents, Cotangents], None]


def grad(cost: Variable, wrt: Any, consider_constant: Sequence[Variable] = ()) -> Any:
    """The derivative of a scalar cost with respect to one variable or each of several.

    `cost` is a real scalar, else it is a `CostError`; `wrt` one variable, or a list of them, and
    the result has its form: each derivative has the type of its variable. A `wrt` that the cost
    does not depend on is a `DisconnectedInputError`. `consider_constant` is treated as if it did
    not depend on anything.

    >>> import tutor.core as T
    >>> x, y = T.dscalars("x", "y")
    >>> grad((x + 2 * y) ** 2, y).eval({x: 1, y: 2})
    array(20.)
    """
    if not isinstance(cost, Variable) or getattr(cost.type, "ndim", None) != 0 or not smooth(cost):
        raise CostError(f"the cost is a real scalar, and {quoted(cost)} is none.",
                        fix="Take its sum() or mean(), of floats.")
    targets = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    if not all(isinstance(v, Variable) for v in targets):
        raise DTypeError(f"wrt must be a symbol, and it is {quoted(wrt)}.",
                         fix="Pass the variable itself (or a list of variables).")
    with written_at(caller()):
        found = pull_back({cost: ones_like(cost)}, targets, consider_constant)
        for v, (_, connected) in zip(targets, found, strict=True):
            if not connected:
                raise DisconnectedInputError(
                    f"the cost {quoted(cost)} does not depend on {quoted(v)}.", where=made_at(v),
                    fix="Check that this is the variable the cost was built from.")
        results = [zeros_of(v) if g is None else g
                   for v, (g, _) in zip(targets, found, strict=True)]
    return results if isinstance(wrt, (list, tuple)) else results[0]


def pull_back(seeds: Mapping[Variable, Variable], targets: Sequence[Variable],
              constants: Sequence[Variable] = (), settled: Collection[Variable] = (),
              note: Note | None = None) -> list[tuple[Variable | None, bool]]:
    """The cotangent of each target, and whether the seeded variables depend on it at all.

    `seeds` are the cotangents to begin with; those of `settled` variables are complete as they are,
    to the others more is added on the way. Nothing passes through `constants`. `note` is told of
    each node: the cotangents of its outputs, and what it sends on to each of its inputs.
    """
    nodes, wanted = toposort(seeds, stop=constants), set(targets)
    if note is None:
        nodes = seams.branches.better_forms(nodes, {*wanted, *constants, *settled, *seeds})
    walk: Adding = seams.branches(nodes, seeds, wanted, note is not None)
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
            if connected[i] and v not in settled and walk.reaches(c):
                reached.add(v)
                if c is not None and walk.carries(v, c):
                    arriving.setdefault(v, []).append(walk.leaving(node, i, v, c))
    ends = [(v, total(v)) for v in targets]
    return [(None if c is None else walk.value(walk.arriving(v, c)), v in reached)
            for v, c in ends]


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
        """What the op's own rule sends to its inputs; about other `inputs`, where there are some.

        None stands for zero: so it is where no cotangent arrived, and before integer results, which
        do not change smoothly.
        """
        arrived = [g if smooth(v) else None for v, g in zip(node.outputs, cotangents, strict=True)]
        if all(g is None for g in arrived):
            return [None] * len(node.inputs)
        full: Any = [zeros_of(v) if g is None and isinstance(v.type, TensorType) else g
                     for v, g in zip(node.outputs, arrived, strict=True)]
        return node.op.L_op([*(inputs or node.inputs)], [*node.outputs], full)

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


seams.branches = Adding


def _between(nodes: list[Apply], wanted: set[Variable], constants: set[Variable]) -> set[Apply]:
    """The nodes that lie on a way to a target."""
    useful: set[Apply] = set()
    leading = set(wanted)
    for node in nodes:
        if not leading.isdisjoint(node.inputs):
            useful.add(node)
            leading.update(v for v in node.outputs if v not in constants)
    return useful


def depending(variables: Collection[Variable], outputs: Sequence[Variable]) -> list[bool]:
    """Which of the outputs depend on any of these variables, node by node."""
    reached = {*variables}
    for node in toposort(outputs):
        for v, there in zip(node.inputs, node.op.connection_pattern(node), strict=True):
            if v in reached:
                reached.update([out for out, hit in zip(node.outputs, there, strict=True) if hit])
    return [v in reached for v in outputs]


def smooth(v: Variable) -> bool:
    """Whether a variable can have a cotangent: it is a tensor, and not of integers."""
    return isinstance(v.type, TensorType) and v.dtype not in DISCRETE


def zeros_of(v: Variable) -> Variable:
    """Zeros of the shape of v; of integers they are floats."""
    zeros = zeros_like(v)
    return cast(zeros, "floatX") if v.dtype in DISCRETE else zeros
