"""How an expression is read for its derivative: by which rule, of which operands, and what it
passes back to them.

An op's own rule is the usual reading; `identities.py` has what people know by heart, as softmax
with cross-entropy. Every reading is equal in value to the derivative.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tutor.compile.rules.engine import rewritten
from tutor.core.arrays import Reduction, ones_like
from tutor.core.elementwise import (
    add,
    and_,
    eq,
    ge,
    gt,
    le,
    log,
    lt,
    maximum,
    minimum,
    mul,
    neg,
    pow,
    sub,
    switch,
    tensor_copy,
    true_div,
)
from tutor.core.graph import Apply, Constant, Variable, constant
from tutor.core.op import unbroadcast
from tutor.core.scan import Loop
from tutor.core.types import DISCRETE, TensorType
from tutor.core.walk import rebuild, toposort
from tutor.derivatives.pulling import nothing
from tutor.notation import Notation, said
from tutor.ops.logic import invert
from tutor.ops.special import relu
from tutor.pictures.derivation.notation import HAND
from tutor.pictures.derivation.simplify import Simplifier
from tutor.pictures.latex import in_full
from tutor.pictures.plain import plain

LONGEST = 40  # characters of a derivative that is said
Cotangents = Sequence[Variable | None]

#: What is said of a rule.
WORDS = {
    "constant": "a small change of it changes nothing",
    "sum rule": "term by term",
    "constant factor": "a constant factor stays",
    "rearranging": "what arrives goes back to where it came from",
    "broadcast": "what was stretched gets the sum of what arrives where it was stretched",
    "indexing": "what arrives goes back to the elements that were taken, and 0 to the others",
    "product rule": "(u·v)′ = u′·v + u·v′",
    "quotient rule": "(u/v)′ = (u′·v − u·v′)/v²",
    "power rule": "(uᵏ)′ = k·uᵏ⁻¹·u′",
    "exponential rule": "(aᵘ)′ = aᵘ·log(a)·u′",
    "general power rule": "(uᵛ)′ = v·uᵛ⁻¹·u′ + uᵛ·log(u)·v′",
    "chain rule": "the outer derivative, at the inner value, times the inner derivative",
    "matrix product": "of x·w, w gets xᵀ times what arrives, and x gets it times wᵀ",
    "sum": "each element counts with slope 1",
    "mean": "each of n elements counts with slope 1/n",
    "cases": "of each case the derivative, where it holds",
    "sum of ways": "it is used in several places: what comes back on each way is added up",
    "through the loop": "step by step backwards, and what each step passes back is added up",
}
MINOR = frozenset(("sum rule", "constant factor", "rearranging"))


@dataclass(frozen=True, eq=False)
class Reading:
    """How outputs depend on operands: the rule, what is said of it, and what it passes `back` for
    what arrives at the outputs. It is `linear` where that does not depend on the operands, and
    `minor` where people take it without a word beside other rules; the variables `inside` are
    skipped, those `fixed` are taken for constants, and `names` are those it gives."""

    rule: str
    outputs: tuple[Variable, ...]
    operands: tuple[Variable, ...]
    back: Callable[[Cotangents], Cotangents]
    words: str = ""
    linear: bool = False
    minor: bool = False
    inside: tuple[Variable, ...] = ()
    names: Mapping[Variable, str] = field(default_factory=dict)
    fixed: tuple[Variable, ...] = ()
    ahead: Callable[[Cotangents], Variable] | None = None

    def stretches(self, place: int) -> bool:
        """Whether an operand of an elementwise operation was stretched."""
        node = self.outputs[0].owner
        return (node is not None and node.op.elementwise and node.inputs == [*self.operands]
                and self.operands[place].broadcastable != self.outputs[0].broadcastable)


def of_node(node: Apply, x: Variable, depends: set[Variable]) -> Reading:
    """The reading of a node by its op's own rule, where some operands depend on x."""
    varying = [v in depends for v in node.inputs]
    rule, words = node.op.rule, ""
    if isinstance(node.op, Loop):
        rule = "through the loop"
    elif not rule and node.op.moves and not node.op.chooses:
        rule = "rearranging"
    elif not rule:
        rule = f"derivative of {node.op.name}" if node.inputs == [x] else "chain rule"
        words = slope_words(node) if len(node.inputs) == 1 else ""
    if node.op is pow and varying[1]:
        rule = "general power rule" if varying[0] else "exponential rule"
    back = BACK.get(node.op) or BACK.get(type(node.op), pulled)
    linear = node.op in (add, sub, neg) or (node.op.moves and not node.op.chooses)
    if node.op is mul and varying.count(True) == 1:
        rule, linear = "constant factor", True
    if node.op is true_div and not varying[1]:
        rule, linear = "constant factor", True
    if isinstance(node.op, Reduction) and node.op.kind == "sum":
        linear = True
    by_hand = AHEAD.get(node.op)
    return Reading(rule, tuple(node.outputs), tuple(node.inputs), lambda g: back(node, g),
                   words or WORDS.get(rule, ""), linear, rule in MINOR,
                   ahead=None if by_hand is None else lambda d: by_hand(node, d))


def pulled(node: Apply, cotangents: Cotangents) -> Cotangents:
    """What a node passes back to each operand, simplified by itself."""
    arrived = [nothing(v) if g is None else g
               for v, g in zip(node.outputs, cotangents, strict=True)]
    copies = {v: v if isinstance(v, Constant) or not isinstance(v.type, TensorType) else v.type()
              for v in node.inputs}
    results = [v.type() for v in node.outputs]
    seeds = [g if isinstance(g, Constant) else g.type() for g in arrived]
    found = node.op.L_op([copies[v] for v in node.inputs], results, seeds)
    there = [g for g in found if g is not None and isinstance(g.type, TensorType)]
    free = [v for v in (*copies.values(), *results, *seeds) if not isinstance(v, Constant)]
    simple, _ = rewritten(there, free, excluding=("stable", "rounding"))
    back = {copy: v for v, copy in copies.items() if copy is not v}
    back |= {copy: v for v, copy in zip(node.outputs, results, strict=True)}
    back |= {seed: g for g, seed in zip(arrived, seeds, strict=True) if g is not seed}
    rest = iter(rebuild(simple, back))
    return [next(rest) if g is not None and isinstance(g.type, TensorType) else None for g in found]


def dependents(y: Variable, x: Variable) -> set[Variable]:
    """What of y depends on x, smoothly."""
    found = {x}
    for node in toposort([y], stop=[x]):
        pattern = node.op.connection_pattern(node)
        for j, v in enumerate(node.outputs):
            smooth = isinstance(v.type, TensorType) and v.dtype not in DISCRETE
            if smooth and any(u in found and pattern[i][j] for i, u in enumerate(node.inputs)):
                found.add(v)
    return found


def one(v: Variable) -> Variable:
    """1, of the dtype of a scalar."""
    return constant(1, dtype=v.dtype)


def ahead(reading: Reading, slopes: Cotangents) -> Variable | None:
    """The derivative of a scalar, from those of its operands; None for 0."""
    if reading.ahead is not None:
        return reading.ahead(slopes)
    found = reading.back([one(v) for v in reading.outputs])
    return added([outer * inner for outer, inner in zip(found, slopes, strict=True)
                  if outer is not None and inner is not None])


def added(terms: Sequence[Variable]) -> Variable | None:
    """The sum of these; None of none."""
    total: Any = None
    for term in terms:
        total = term if total is None else total + term
    return total


def _product(node: Apply, d: Cotangents) -> Variable | None:
    u, v = node.inputs
    return added([left * right for left, right in ((d[0], v), (u, d[1]))
                  if left is not None and right is not None])


def _quotient(node: Apply, d: Cotangents) -> Any:
    u, v = node.inputs
    if d[1] is None:
        return d[0] / v
    if d[0] is None:
        return -(u * d[1]) / v ** 2
    return (d[0] * v - u * d[1]) / v ** 2


def _cases(condition: Variable, d: Cotangents, like: Variable) -> Variable:
    first, second = [constant(0, dtype=like.dtype) if g is None else g for g in d]
    return switch(condition, first, second)


def first_is_chosen(node: Apply) -> tuple[Variable, Variable]:
    """Whether the first operand is the larger (or smaller) one; and whether it is not."""
    x, y = node.inputs
    first, after = (ge(x, y), gt(y, x)) if node.op is maximum else (le(x, y), lt(y, x))
    return first, written_as(invert(first), after)


def _chosen(node: Apply, d: Cotangents) -> Variable:
    first, second = first_is_chosen(node)
    return _cases(first, d, node.outputs[0]) if d[0] is not None else \
        _cases(second, d[::-1], node.outputs[0])


AHEAD: dict[Any, Callable[[Apply, Cotangents], Any]] = {
    mul: _product, true_div: _quotient,
    switch: lambda node, d: _cases(node.inputs[0], d[1:], node.outputs[0]),
    maximum: lambda node, d: _chosen(node, d), minimum: lambda node, d: _chosen(node, d),
}  #: How scalars are derived, where people write it otherwise than the op's rule.


def _larger(node: Apply, cotangents: Cotangents) -> Cotangents:
    """What arrives goes to the operand that is chosen; to the first, where they are equal."""
    x, y = node.inputs
    [g] = cotangents
    assert g is not None
    first, second = first_is_chosen(node)
    return [unbroadcast(switch(first, g, 0), x), unbroadcast(switch(second, g, 0), y)]


def written_as(v: Variable, other: Variable) -> Variable:
    """The variable, written as another one that has its value where that is defined."""
    node: Any = other.owner
    if node is None:
        return said(v, "", (Notation("{0}", "{0}", 10, (0,)), (other,)))
    return said(v, "", (node.op.notation(node), node.inputs))


def _power(node: Apply, cotangents: Cotangents) -> Cotangents:
    """y·x^(y−1), 0 where y is 0, and x^y·log x, 0 where x is 0."""
    (x, y), [g] = node.inputs, cotangents
    if isinstance(y, Constant) or y.dtype in DISCRETE or g is None:
        return pulled(node, cotangents)
    nowhere = and_(eq(x, 0), eq(y, 0))
    less = written_as(x ** (switch(nowhere, 1, y) - 1), x ** (y - 1))
    safe = written_as(log(switch(eq(x, 0), 1, x)), log(x))
    return [unbroadcast(g * y * less, x), unbroadcast(g * node.outputs[0] * safe, y)]


def _rectified(node: Apply, cotangents: Cotangents) -> Cotangents:
    """What arrives passes where the operand is positive (at 0, half of it)."""
    [x], [g] = node.inputs, cotangents
    assert g is not None
    step = switch(gt(x, 0), 1, switch(eq(x, 0), 0.5, 0)).astype(node.outputs[0].dtype)
    sign = Notation("[{0} > 0]", r"\left[{0} > 0\right]", 10, (5,))
    return [g * said(step, "step", (sign, (x,)))]


def _others(node: Apply, cotangents: Cotangents) -> Cotangents:
    """Of a product of all elements, to each what the others give."""
    [x], [g], op = node.inputs, cotangents, node.op
    if op.kind != "prod" or x.ndim != 1 or g is None:
        return pulled(node, cotangents)
    [rest] = pulled(node, [one(node.outputs[0])])
    sign = Notation("", r"\left[\prod_{{j \neq i}} {0}_{{j}}\right]_{{i}}", 10, (10,))
    return [None if rest is None else g * said(tensor_copy(rest), "", (sign, (x,)))]


BACK: dict[Any, Callable[[Apply, Cotangents], Cotangents]] = {
    maximum: _larger, minimum: _larger, relu: _rectified, pow: _power, Reduction: _others,
}  #: What passes back, where people write it otherwise than the op's rule.


def slope_words(node: Apply) -> str:
    """What the derivative of a function of one variable is, in a few words."""
    u = node.inputs[0].type("u")
    copy = node.op.make_node(u)
    try:
        back = BACK.get(node.op, pulled)
        [slope] = back(copy, [ones_like(v) for v in copy.outputs])
    except Exception:  # a rule that needs more than types: nothing is said of it
        return ""
    if slope is None:
        return ""
    left, right = (plain(in_full(v, HAND).text) for v in (copy.outputs[0], Simplifier().of(slope)))
    subgradient = f" ({node.op.subgradient})" if node.op.subgradient else ""
    called = left if left.endswith(")") else f"({left})"
    factor = f"({right})" if re.search(r" [+−] ", right) else right
    return f"{called}′ = {factor}·u′{subgradient}" if len(right) < LONGEST else ""
