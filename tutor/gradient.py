"""The formula of the derivative: `grad` walks the graph backwards, once, and writes expressions.

Comes after the ops, whose `L_op` says the local rule; here the chain rule sums over all paths.

>>> import tutor, tutor.tensor as T
>>> x = T.dscalar("x")
>>> tutor.grad(x ** 2, x).eval({x: 3})
array(6.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tutor.errors import BadValueError, CostError, DisconnectedInputError, DTypeError, caller
from tutor.graph import Apply, Constant, Variable, collecting_later, toposort, written_at
from tutor.operators import FUNCTIONS
from tutor.ops.arguments import chosen
from tutor.ops.elementwise import DISCRETE

CHOICES = ("raise", "warn", "ignore")


def grad(
    cost: Variable | None,
    wrt: Any,
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Mapping[Variable, Variable] | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """The derivative of a scalar cost with respect to one variable or each of several.

    `cost` is a real scalar; `wrt` one variable, or a list or tuple of them, and the result has its
    form: each derivative has the type of its variable. `consider_constant` is treated as if it did
    not depend on anything; `known_grads` gives cotangents of inner variables (then `cost` may be
    None). A `wrt` that the cost does not depend on is a `DisconnectedInputError` (a `ValueError`)
    unless `disconnected_inputs` is "warn" or "ignore"; then it is zero (or None, or a
    `Disconnected` zero, by `return_disconnected`: "zero", "None"). A cost that is no real scalar
    is a `CostError` (a `TypeError`).

    >>> import tutor.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> grad((x + 2 * y) ** 2, y).eval({x: 1, y: 2})
    array(20.)
    """
    chosen(disconnected_inputs, CHOICES, "disconnected_inputs")
    targets = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    for target in targets:
        check_wrt(target)
    seeds: dict[Variable, Variable] = dict(known_grads or {})
    if cost is not None:
        check_cost(cost)
        seeds.setdefault(cost, FUNCTIONS["ones_like"](cost))
    with collecting_later(), written_at(caller()):
        found = pull_back(seeds, targets, consider_constant or ())
        results = [
            _finished(g, v, cost, connected, disconnected_inputs, return_disconnected, add_names)
            for v, (g, connected) in zip(targets, found, strict=True)
        ]
    if isinstance(wrt, tuple):
        return tuple(results)
    return results if isinstance(wrt, list) else results[0]


def pull_back(
    seeds: Mapping[Variable, Variable],
    targets: Sequence[Variable],
    constants: Sequence[Variable] = (),
) -> list[tuple[Variable | None, bool]]:
    """The cotangent of each target, and whether the seeded variables depend on it at all."""
    nodes = toposort(seeds, stop=constants)
    useful = _between(nodes, targets, set(constants))
    arriving: dict[Variable, list[Variable]] = {v: [g] for v, g in seeds.items()}
    reached = set(seeds)
    for node in reversed(nodes):
        if node not in useful:
            continue
        alive = [v in reached for v in node.outputs]
        if not any(alive):
            continue
        pattern = node.op.connection_pattern(node)
        for v, row in zip(node.inputs, pattern, strict=True):
            if any(c and a for c, a in zip(row, alive, strict=True)):
                reached.add(v)
        cotangents = [_total(arriving, v) for v in node.outputs]
        if all(g is None for g in cotangents):
            continue
        for v, g in zip(node.inputs, _local(node, cotangents, useful, targets), strict=True):
            if g is not None:
                arriving.setdefault(v, []).append(g)
    return [(_total(arriving, v), v in reached) for v in targets]


def _between(
    nodes: list[Apply], targets: Sequence[Variable], constants: set[Variable]
) -> set[Apply]:
    """The nodes that lie on a way to a target."""
    wanted = set(targets)
    useful: set[Apply] = set()
    for node in nodes:
        if any(v in wanted or (v.owner in useful and v not in constants) for v in node.inputs):
            useful.add(node)
    return useful


def _local(
    node: Apply, cotangents: list[Variable | None], useful: set[Apply], targets: Sequence[Variable]
) -> Sequence[Variable | None]:
    """What the op's own rule sends to its inputs, written at the line that made the node."""
    full = [
        FUNCTIONS["zeros_like"](v) if g is None else g
        for v, g in zip(node.outputs, cotangents, strict=True)
    ]
    with written_at(node.origin):
        results = list(node.op.L_op(list(node.inputs), list(node.outputs), full))
    if len(results) != len(node.inputs):
        raise BadValueError(
            f"the gradient of {node.op} gave {len(results)} results for {len(node.inputs)} inputs.",
            fix="An op's grad returns one expression (or None) for each input.",
        )
    return [
        None if g is None or getattr(g.type, "dtype", "") in DISCRETE or is_disconnected(g) else g
        for g in results
    ]


def is_disconnected(g: Any) -> bool:
    """Whether an op's gradient says "no connection" here."""
    return not isinstance(getattr(g, "type", None), object) or not hasattr(g.type, "dtype")


def _total(arriving: dict[Variable, list[Variable]], v: Variable) -> Variable | None:
    """The sum of the cotangents that arrived at a variable over all paths."""
    parts = arriving.get(v)
    if not parts:
        return None
    if len(parts) > 1:
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        arriving[v] = parts = [total]
    return parts[0]


def check_cost(cost: Any) -> None:
    """A cost is a real scalar variable; else a `CostError` that says how to make it one."""
    if not isinstance(cost, Variable):
        raise CostError(
            f"the cost must be a symbol, and it is {cost!r}.",
            fix="Pass an expression of variables.",
        )
    where = (("made at", cost.origin),)
    if getattr(cost.type, "ndim", None) != 0:
        raise CostError(
            f"the cost {cost!r} is not a scalar: it is a "
            f"{getattr(cost.type, 'shape_name', cost.type)}, and "
            "only a single number has one derivative.",
            where=where,
            fix="Take its sum() or mean(), or the derivative of each element by itself.",
        )
    if cost.dtype in DISCRETE:
        raise CostError(
            f"the cost {cost!r} is {cost.dtype}: integers do not change smoothly, so they have no "
            "derivative.",
            where=where,
            fix="Build it from floats (T.dscalar, T.dvector, …).",
        )
    if cost.dtype.startswith("complex"):
        raise CostError(
            f"the cost {cost!r} is complex; a cost is a real number.",
            where=where,
            fix="Take abs(cost), T.real(cost) or T.imag(cost).",
        )


def check_wrt(v: Any) -> None:
    """What a derivative is taken with respect to is a variable of floats."""
    if not isinstance(v, Variable):
        raise DTypeError(
            f"wrt must be a symbol, and it is {v!r}.",
            fix="Pass the variable itself (or a list of variables).",
        )
    if getattr(v.type, "dtype", "") in DISCRETE:
        raise DTypeError(
            f"{v} is {v.dtype}: integers have no gradient.",
            where=(("made at", v.origin),),
            fix="Make it a float type, such as T.dscalar in place of T.lscalar.",
        )


def _finished(
    g: Variable | None,
    v: Variable,
    cost: Variable | None,
    connected: bool,
    on_disconnected: str,
    return_disconnected: str,
    add_names: bool,
) -> Variable | None:
    """The derivative as it is returned: of the type of `v`, named, or an error, zero or None."""
    if not connected:
        _report_disconnected(v, cost, on_disconnected)
        if return_disconnected.lower() == "none":
            return None
    if g is None:
        zeros: Variable = FUNCTIONS["zeros_like"](v)
        return zeros
    if add_names and g.name is None and cost is not None and cost.name and v.name and g is not v:
        g.name = f"(d{cost.name}/d{v.name})"
    return g


def _report_disconnected(v: Variable, cost: Variable | None, choice: str) -> None:
    why = "a constant" if isinstance(v, Constant) else "not a part of it"
    error = DisconnectedInputError(
        f"the cost {cost!r} does not depend on {v}: {v} is {why}.",
        where=(
            ("cost made at", cost.origin if cost is not None else None),
            (f"{v} made at", v.origin),
        ),
        fix='Check that this is the variable the cost was built from (a second T.dscalar("x") is '
        "another "
        'variable); or pass disconnected_inputs="ignore" to get zeros.',
    )
    if choice == "raise":
        raise error
    if choice == "warn":
        import warnings

        warnings.warn(str(error), stacklevel=4)
