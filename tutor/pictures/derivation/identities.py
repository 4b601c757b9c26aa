"""What people know by heart: several operations together, with the short derivative they have.

Most forms are written as the patterns of rules are. What is said is true in value whatever the
operands are: cross-entropy with rows of targets keeps their sums, which need not be 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tutor.compile.rules.patterns import matches, parse
from tutor.core.arrays import dimshuffle, spread_back
from tutor.core.elementwise import fill, log, neg, sigmoid
from tutor.core.graph import Constant, Variable, constant
from tutor.core.indexing import Subtensor
from tutor.core.op import unbroadcast
from tutor.facts import is_fixed
from tutor.notation import call, said
from tutor.ops.creation import ARange
from tutor.ops.softmax import LogSoftmax, Softmax, softmax, softmax_written
from tutor.ops.sums import sum
from tutor.pictures.derivation.rules import WORDS, Cotangents, Reading, dependents

SQUARES = "the derivative of a sum of squares is twice what is squared"
CANCELS = "the derivatives of the logarithms cancel that of the sigmoid: p − y is left"
LEFT = "the derivative of the logarithm cancels that of the softmax: p − onehot(y) is left"


def known(v: Variable, depends: set[Variable]) -> Reading | None:
    """The short reading of a variable; None where there is none, or where what it takes for fixed
    depends on x too."""
    for row in ROWS:
        for reading in row(v):
            if reading.operands[0] in depends and depends.isdisjoint(reading.fixed):
                on_way = dependents(v, reading.operands[0]) - {v, *reading.operands}
                return replace(reading, inside=tuple(on_way & depends))
    return None


def found_in(v: Variable, *patterns: str) -> Iterator[dict[str, Any]]:
    """What the names of these patterns stand for in a variable, in each way it has their form."""
    for pattern in patterns:
        yield from matches(parse(pattern), v, None, {})


def squares(v: Variable) -> Iterator[Reading]:
    """A sum of squares."""
    for found in found_in(v, "sum(sqr(u))", "sum(u ** 2)", "sum(u * u)"):
        u, op = found["u"], found["sum()"]

        def back(g: Any, u: Any = u, op: Any = op) -> Cotangents:
            return [2 * u * spread_back(g[0], u, op)]

        yield Reading("sum of squares", (v,), (u,), back, SQUARES)


def sigmoids(v: Variable) -> Iterator[Reading]:
    """A sigmoid that is written out."""
    for found in found_in(v, *FORMS[1:]):
        z, way = argument(found)

        def back(g: Any, way: int = way) -> Cotangents:
            return [way * (g[0] * v * (1 - v))]

        yield Reading("derivative of the sigmoid", (v,), (z,), back, "σ(u)′ = σ(u)(1 − σ(u))")
        return  # a form with z is one with −e too


def argument(found: Mapping[str, Any]) -> tuple[Variable, int]:
    """What a sigmoid is taken of: of z, or of −e, which need not be written with a minus sign."""
    return (found["z"], 1) if "z" in found else (found["e"], -1)


def means(v: Variable) -> Iterator[Reading]:
    """A sum over how many there are."""
    for found in found_in(v, "sum(u) / n"):
        u, n, op, node = found["u"], found["n"], found["sum()"], v.owner
        if not is_fixed(n) or isinstance(n, Constant) or node is None:
            continue
        total = node.inputs[0]

        def of_total(g: Any, n: Any = n) -> Cotangents:
            return [g[0] / n]

        def of_each(g: Any, u: Any = u, n: Any = n, op: Any = op) -> Cotangents:
            return [fill(u, spread_back(g[0] / n, u, op))]

        known_too = any(True for row in ROWS if row is not means for _ in row(total))
        yield Reading("mean", (v,), (total,) if known_too else (u,),
                      of_total if known_too else of_each, WORDS["mean"], True)


def logistic(v: Variable) -> Iterator[Reading]:
    """Sigmoid with binary cross-entropy: `sign` (t log p + (1 − t) log(1 − p))."""
    for sign, patterns in LOGISTIC.items():
        for found in found_in(v, *patterns):
            (z, way), t = argument(found), found["t"]
            p: Any = found["p"] if "p" in found else sigmoid(z)

            def back(g: Any, z: Any = z, t: Any = t, p: Any = p, sign: int = -way * sign
                     ) -> Cotangents:
                return [unbroadcast(sign * (g[0] * (p - t)), z)]

            yield Reading("sigmoid with binary cross-entropy", (v,), (z,), back, CANCELS,
                          names={p: "p"}, fixed=(t,))


FORMS = ("sigmoid(z)", "1 / (1 + exp(-z))", "exp(z) / (1 + exp(z))", "1 / (1 + exp(e))")
LOGISTIC = {
    -1: [form.replace("p_", f"(p := {p})", 1).replace("p_", "p") for p in FORMS for form in (
        "-t * log(p_) - (1 - t) * log(1 - p_)", "-(t * log(p_) + (1 - t) * log(1 - p_))",
        "-(t * log(p_)) - (1 - t) * log(1 - p_)")] + ["t * softplus(-z) + (1 - t) * softplus(z)"],
    1: [f"t * log((p := {p})) + (1 - t) * log(1 - p)" for p in FORMS],
}


def softmaxed(v: Variable) -> tuple[Variable, Variable, int] | None:
    """The scores z and the probabilities p of a logarithm of a softmax, and its axis."""
    node = v.owner
    if node is None:
        return None
    if isinstance(node.op, LogSoftmax):
        z = node.inputs[0]
        return z, softmax(z, node.op.axis), node.op.axis % v.ndim
    if node.op is not log or node.inputs[0].owner is None:
        return None
    p, inner = node.inputs[0], node.inputs[0].owner
    found = softmax_written(inner, frozenset())
    node = inner if found is None else found.owner
    if node is None or not isinstance(node.op, Softmax):
        return None
    return node.inputs[0], p, node.op.axis % v.ndim


def unsigned(v: Variable) -> tuple[Variable, int]:
    """What a variable is the negative of, and the sign."""
    if v.owner is not None and v.owner.op is neg:
        return v.owner.inputs[0], -1
    return v, 1


def picked(v: Variable) -> Iterator[Reading]:
    """The logarithm of the softmax at the right columns: cross-entropy with their numbers."""
    inner, sign = unsigned(v)
    node = inner.owner
    if node is None or not isinstance(node.op, Subtensor) or len(node.inputs) != 3:
        return
    logs, more = unsigned(node.inputs[0])
    found, rows, t = softmaxed(logs), node.inputs[1].owner, node.inputs[2]
    if found is None or found[2] != 1 or rows is None or not isinstance(rows.op, ARange) \
            or t.ndim != 1 or v.ndim != 1:
        return
    z, p, _ = found
    index, op = node.inputs[1:], node.op.writing("inc")
    hot = op(p.zeros_like(), constant(1, dtype=p.dtype), *index)
    right = said(hot, "onehot", (call("onehot", 1), (t,)))

    def back(g: Any) -> Cotangents:
        return [-sign * more * (dimshuffle(g[0], 0, "x") * (p - right))]

    yield Reading("softmax with cross-entropy", (v,), (z,), back, LEFT, names={p: "p"})


def weighed(v: Variable) -> Iterator[Reading]:
    """The sum of targets times the logarithm of the softmax: cross-entropy with rows of them."""
    for found in found_in(v, "sum(t * l)"):
        logs, t, op = found["l"], found["t"], found["sum()"]
        parts = softmaxed(logs)
        if parts is None or parts[2] not in op.axes(logs) or t.type != logs.type:
            continue
        z, p, axis = parts
        whole = sum(t, axis=axis, keepdims=True)

        def back(g: Any, t: Any = t, p: Any = p, op: Any = op, z: Any = z,
                 whole: Any = whole) -> Cotangents:
            return [-(spread_back(g[0], z, op) * (p * whole - t))]

        yield Reading("softmax with cross-entropy", (v,), (z,), back, LEFT, names={p: "p"},
                      fixed=(t,))


ROWS: tuple[Callable[[Variable], Iterator[Reading]], ...] = (
    squares, means, logistic, sigmoids, picked, weighed)
