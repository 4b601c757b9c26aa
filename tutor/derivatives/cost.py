"""`grad` as programs call it, and `subgraph_grad`, the gradients of a part of the graph.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> grad(x ** 2, x).eval({x: 3})
array(6.)
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tutor.checking import chosen
from tutor.core.arrays import ones_like
from tutor.core.elementwise import cast, tensor_copy
from tutor.core.errors import BadValueError, CostError, DisconnectedInputError, DTypeError, caller
from tutor.core.gradient import zeros_of
from tutor.core.graph import Constant, Variable, made_at, quoted, written_at
from tutor.core.types import DISCRETE
from tutor.derivatives.pulling import pull_back
from tutor.errors import NullTypeGradError
from tutor.ops.undefined import DisconnectedType, GradientType, NullType
from tutor.signatures import answering

Form = TypeVar("Form", Variable, Sequence[Variable])  # one, or several


@answering
def grad(cost: Variable | None, wrt: Form, consider_constant: Sequence[Variable] | None = None,
         disconnected_inputs: str = "raise", add_names: bool = True,
         known_grads: Mapping[Variable, Variable] | None = None, return_disconnected: str = "zero",
         null_gradients: str = "raise") -> Form:
    """The derivative of a scalar cost with respect to one variable or each of several.

    `cost` is a real scalar; `wrt` one variable, or a list or tuple of them, and the result has its
    form: each derivative has the type of its variable (that of integers is of floats).
    `consider_constant` is treated as if it did not depend on anything; `known_grads` gives the
    cotangents of inner variables (then `cost` may be None). A `wrt` that the cost does not depend
    on is a `DisconnectedInputError` (a `ValueError`) unless `disconnected_inputs` is "warn" or
    "ignore"; then it is zero, or None, or a variable of `DisconnectedType`, as
    `return_disconnected` says: "zero", "None", "Disconnected". A derivative that does not exist is
    a `NullTypeGradError` unless `null_gradients` is "return". A cost that is no real scalar is a
    `CostError` (both are a `TypeError`).

    >>> import tutor.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> grad((x + 2 * y) ** 2, y).eval({x: 1, y: 2})
    array(20.)
    """
    on_lost = chosen(disconnected_inputs, ("raise", "warn", "ignore"), "disconnected_inputs")
    word = return_word(return_disconnected)
    chosen(null_gradients, ("raise", "return"), "null_gradients")
    targets = listed(wrt)
    check_wrt(targets)
    constants = [] if consider_constant is None else consider_constant
    if not isinstance(constants, (list, tuple, set)) or not all(
            isinstance(v, Variable) for v in constants):
        raise DTypeError(f"consider_constant is a list of variables, and it is "
                         f"{quoted(constants)}.", fix=_meant(constants))
    known = _known({} if known_grads is None else known_grads)
    seeds = dict(known)
    if cost is None and known_grads is None:
        raise CostError("there is neither a cost nor known_grads.", fix="Pass one of them.")
    if cost is not None:
        check_cost(cost, targets, known)
        seeds.setdefault(cost, seed_of(cost))
    results: list[Any] = []
    with written_at(caller()):
        found = pull_back(seeds, targets, list(constants), known)
        for v, (g, connected) in zip(targets, found, strict=True):
            if not connected and on_lost != "ignore":
                error = lost(v, cost)
                if on_lost == "raise":
                    raise error
                warnings.warn(str(error), stacklevel=4)
            if not connected and word != "zero":
                results.append(None if word == "none" else DisconnectedType()())
            else:
                results.append(finished(g, v, cost, null_gradients == "raise", add_names))
    return as_asked(results, wrt)


def _meant(constants: Any) -> str:
    """What is written for a third argument that is no list of constants."""
    if isinstance(constants, Variable):
        x = quoted(constants, 40)
        return (f"The second derivative is the derivative of the first: T.grad(T.grad(y, {x}), "
                f"{x}). Several first ones are T.grad(y, [x, z]). What is kept constant is a list: "
                f"consider_constant=[{x}].")
    return "Write consider_constant=[x]."


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


def listed(value: Any) -> list[Any]:
    """One thing or several, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def return_word(word: Any) -> str:
    """What is returned where there is no dependence: zero, none or disconnected."""
    return chosen(word.lower() if isinstance(word, str) else word, ("zero", "none", "disconnected"),
                  "return_disconnected")


def _known(given: Mapping[Variable, Variable]) -> dict[Variable, Variable]:
    """The known gradients, each of them a variable of floats, or undefined, or not there."""
    if not isinstance(given, Mapping):
        raise DTypeError(f"known_grads gives inner variables their gradients, and is {given!r}.",
                         fix="Write known_grads={y: g}.")
    for v, g in given.items():
        kind = getattr(g, "type", None)
        if not isinstance(kind, GradientType) and (
                getattr(kind, "dtype", "int") in DISCRETE or not isinstance(g, Variable)):
            raise DTypeError(
                f"the known gradient of {quoted(v)} is a variable of floats, not {quoted(g)}.",
                fix="T.cast(g, 'floatX'), or T.as_tensor_variable(value).")
    return dict(given)


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """Outputs as a list, as a tuple, or as the single one they are.

    >>> format_as(False, True, [1]), format_as(False, False, [1])
    ((1,), 1)
    """
    if use_list and use_tuple:
        raise BadValueError("a list or a tuple, not both.", fix="Set one of the two.")
    outputs = listed(outputs)
    if use_list or use_tuple:
        return outputs if use_list else tuple(outputs)
    if len(outputs) != 1:
        raise BadValueError(f"{len(outputs)} results are not one.", fix="Ask for a list.")
    return outputs[0]


@answering
def subgraph_grad(
    wrt: list[Variable],
    end: list[Variable],
    start: Mapping[Variable, Variable] | None = None,
    cost: Variable | None = None,
    details: bool = False,
) -> tuple[list[Any], ...]:
    """Gradients of a part of the graph: from `start` (known gradients) and `cost` back to `end`.

    Returns the gradients with respect to `wrt` and to `end`; with `details` also those with respect
    to `wrt` that came from `start` and from `cost` alone (None where there is none).

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> hidden = T.exp(x)
    >>> [g], [at_hidden] = subgraph_grad([x], [hidden], cost=hidden ** 2 * x)
    >>> at_hidden.eval({x: 0}), g.eval({x: 0})
    (array(0.), array(1.))
    """
    if cost is None and start is None:
        raise CostError("there is neither a cost nor a start.", fix="Pass one of them.")
    targets = [*wrt, *end]
    parts = []
    if start is not None:
        parts.append(grad(None, targets, end, "ignore", known_grads=start))
    if cost is not None:
        parts.append(grad(cost, targets, end, "ignore"))
    total = [part[0] if len(part) == 1 else part[0] + part[1] for part in zip(*parts, strict=True)]
    n = len(wrt)
    if not details:
        return total[:n], total[n:]
    from_start = parts[0][:n] if start is not None else None
    from_cost = parts[-1][:n] if cost is not None else None
    return total[:n], total[n:], from_start, from_cost  # type: ignore[return-value]
