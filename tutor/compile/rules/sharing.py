"""Common subexpressions brought to light, after all other rules: one exponential for the softmax
and its logarithm, and for the sigmoids and softplus of a variable and of its negative.

With a = exp(-|z|), which never overflows, softplus(±z) is max(±z, 0) + log1p(a), and sigmoid(±z) is
1 or a over 1 + a. Where u and 1 - u weigh those of -z and of z, as in the cross-entropy of two
classes and its gradient, one weight will do: w = (1 if z > 0 else 0) - u.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from tutor.compile.rules.facts import number_in
from tutor.compile.rules.patterns import ALL, ROUNDING, Rule
from tutor.compile.rules.products import different, edited, product
from tutor.core.arrays import dimshuffle
from tutor.core.elementwise import exp, maximum, mul, neg, sigmoid, sub, switch
from tutor.core.graph import Apply, Variable
from tutor.core.indexing import Subtensor
from tutor.core.op import Op
from tutor.core.walk import ancestors, toposort
from tutor.ops.functions import copysign, log1p
from tutor.ops.shape import SameShape, ShapeI, same_shape
from tutor.ops.softmax import LogSoftmax, Softmax, SoftmaxParts
from tutor.ops.special import softplus

PAIR = Rule("softmax once", "logsoftmax(x)", "",
            "The softmax and its logarithm share their exponentials.", ROUNDING)
SCALED = Rule("softmax scaled", "x * y", "",
              "A factor of each row goes into the divisor of its softmax.", ROUNDING)
ONCE = Rule("one exponential", "(sigmoid|softplus)(x)", "",
            "The sigmoids and softplus of z and -z share exp(-|z|).", ROUNDING, kinds=ALL,
            given=True)
WEIGHED = Rule("one weight", "(add|sub)(a, b)", "",
               "Of two weights that add up to 1, one is enough.", ROUNDING, kinds=ALL, given=True)

#: What takes the place of a function of z, or (True) of -z, where a is exp(-|z|).
FORMS: dict[tuple[Op, bool], Callable[[Variable, Variable], Variable]] = {
    (softplus, False): lambda z, a: maximum(z, 0) + log1p(a),
    (softplus, True): lambda z, a: maximum(-z, 0) + log1p(a),
    (sigmoid, False): lambda z, a: switch(z >= 0, 1, a) / (1 + a),
    (sigmoid, True): lambda z, a: switch(z >= 0, a, 1) / (1 + a),
}

#: Of each such function of an array that is not alone: its z, and whether it is that of -z.
Arguments = dict[Variable, tuple[Variable, bool]]


def sharing(nodes: Sequence[Apply], weighs: bool = True) -> list[Rule]:
    """The rules for the sigmoids and softplus of a graph; none where no two have one argument.

    >>> import tutor.tensor as T; z = T.dvector("z")
    >>> [rule.name for rule in sharing(toposort([T.nnet.softplus(z) + T.nnet.sigmoid(z)]))]
    ['one weight', 'one exponential']
    """
    arguments = _arguments(nodes)

    @cache
    def exponential(z: Variable) -> Variable:
        return exp(-abs(z))

    def alone(node: Apply, x: Variable) -> Variable | None:
        if node.outputs[0] not in arguments:
            return None
        z, negative = arguments[node.outputs[0]]
        return FORMS[node.op, negative](z, exponential(z))

    def both(node: Apply, a: Variable, b: Variable) -> Variable | None:
        return _weighed(node, arguments, exponential)

    rules = [WEIGHED._replace(replacement=both), ONCE._replace(replacement=alone)]
    return rules[not weighs:] if arguments else []


def _weighed(node: Apply, arguments: Arguments, exponential: Callable[[Variable], Variable]
             ) -> Variable | None:
    """rest · (u·f(-z) + (1 - u)·f(z)), or u and 1 - u the other way round, with one weight; for
    sigmoids it is the difference of the two."""
    first, (a, b) = node.inputs[0], [product(v) for v in node.inputs]
    f = next((v for v in a.up if v in arguments), None)
    g = next((v for v in b.up if v in arguments), None)
    if f is None or g is None or f.owner is None or g.owner is None:
        return None
    (z, of_negative), (other, of_other) = arguments[f], arguments[g]
    op = f.owner.op
    if op is not g.owner.op or z is not other or of_negative == of_other:
        return None
    left, right = different([v for v in a.up if v is not f], [v for v in b.up if v is not g])
    if len(left) != 1 or len(right) != 1 or any(different(a.down, b.down)):
        return None
    (u,), (v,) = left, right
    turned, found = _complement(u, v)
    opposite = a.negative ^ b.negative ^ (node.op is sub) ^ (turned > 0)
    if found is None or opposite != (op is sigmoid):
        return None
    rest = edited(first, {(f, False): None, (u, False): None})
    plain, half, e = u if found is v else v, copysign(0.5, z), exponential(z)
    w = 0.5 + half - plain if of_negative == (plain is u) else plain - (0.5 - half)
    # the sign of the first product, where it is written as u - 1; and sigmoids have z's first
    turns = (turned == 1) != (op is sigmoid and of_negative)
    if op is sigmoid:
        slope = copysign(e / (1 + e), z)
        new = slope - w if turns else w - slope
    else:
        new, rest = w * z + log1p(e), -rest if turns else rest
    return new if number_in(rest) == 1 else rest * new


def _complement(u: Variable, v: Variable) -> tuple[int, Variable | None]:
    """Which of two is 1 less the other, and None if neither is; before it, which (1 or 2) is
    written as the other less 1."""
    for place, (a, b) in enumerate(((u, v), (v, u)), 1):
        node = a.owner
        if node is not None and node.op is sub and b in node.inputs:
            rest = node.inputs[0] if node.inputs[1] is b else node.inputs[1]
            if number_in(rest) == 1:
                return (0 if rest is node.inputs[0] else place), a
    return 0, None


def _arguments(nodes: Sequence[Apply]) -> Arguments:
    """The sigmoids and softplus that can share."""
    place = {v: i for i, node in enumerate(nodes) for v in node.outputs}
    families: dict[Any, list[tuple[Variable, Variable, bool]]] = {}
    for node in nodes:
        out = node.outputs[0]
        named = node.op in (sigmoid, softplus)
        if named and out.ndim and out.dtype in ("float32", "float64"):
            z = node.inputs[0]
            negative = z.owner is not None and z.owner.op is neg
            z = z.owner.inputs[0] if negative else z  # type: ignore[union-attr]
            if z.dtype == out.dtype:
                families.setdefault(_key(z), []).append((out, z, negative))
    found = {}
    for members in families.values():
        first = min((z for _, z, _ in members), key=lambda z: place.get(z, -1))
        for out, z, negative in members if len(members) > 1 else ():
            found[out] = first, negative is (z is first)
    return found


def _key(z: Variable) -> Any:
    """The same for a - b and b - a."""
    node = z.owner
    if node is not None and node.op is sub:
        return frozenset(node.inputs)
    return z


def paired(outputs: Iterable[Variable]) -> dict[Variable, Variable]:
    """What to put in place of each softmax, and each logarithm of it, that have one argument."""
    nodes = toposort(outputs)
    plain = {(n.inputs[0], n.op.axis): n for n in nodes if type(n.op) is Softmax}
    found: dict[Variable, Variable] = {}
    for node in nodes:
        if type(node.op) is not LogSoftmax:
            continue
        x, axis = node.inputs[0], node.op.axis
        twin = plain.get((x, axis))
        if twin is None or x.type is not node.outputs[0].type:
            continue
        p, largest, log_sum = SoftmaxParts(axis)(x)
        found[twin.outputs[0]] = p
        for user in nodes:
            if node.outputs[0] in user.inputs and _picks(user, axis):
                index = user.inputs[1]
                m, z = (dimshuffle(v, 0)[index] for v in (largest, log_sum))
                picked = user.op(x, *user.inputs[1:])
                found[user.outputs[0]] = picked - m - z
                found |= _of_shape(nodes, user.outputs[0], picked)
        found[node.outputs[0]] = x - largest - log_sum
    return found


def _of_shape(nodes: Sequence[Apply], old: Variable, new: Variable) -> dict[Variable, Variable]:
    """What asks for the shape of a variable alone, asking another one for it."""
    found = {}
    for node in nodes:
        at = 0 if isinstance(node.op, ShapeI) else 1
        if old in node.inputs[at:] and isinstance(node.op, (ShapeI, SameShape)):
            found[node.outputs[0]] = node.op(
                *node.inputs[:at], *[new if v is old else v for v in node.inputs[at:]])
    return found


def scaled(outputs: Sequence[Variable]) -> dict[Variable, Variable]:
    """What to put in the place of each softmax that is only multiplied by one number a row."""
    nodes = toposort(outputs)
    uses = Counter([*outputs, *[v for node in nodes for v in node.inputs]])
    found: dict[Variable, Variable] = {}
    for node in nodes:
        for p, scale in (node.inputs, node.inputs[::-1]) if node.op is mul else ():
            made = p.owner
            if (made is None or not isinstance(made.op, SoftmaxParts) or p is not made.outputs[0]
                    or len(made.inputs) > 1 or uses[p] > 1 or not scale.broadcastable[made.op.axis]
                    or scale.dtype != p.dtype or p.type is not node.outputs[0].type
                    or not set(ancestors([scale])).isdisjoint(made.outputs)):
                continue
            x = made.inputs[0]
            new = made.op(x, same_shape(scale, x))
            found |= zip([node.outputs[0], *made.outputs[1:]], new, strict=True)
    return found


def _picks(node: Apply, axis: int) -> bool:
    """Whether a node takes single elements of a matrix, by two vectors of positions."""
    return (isinstance(node.op, Subtensor) and len(node.inputs) == 3 and axis == 1
            and node.inputs[0].ndim == 2 and node.outputs[0].ndim == 1
            and all(v.ndim == 1 and v.dtype != "bool" for v in node.inputs[1:]))
