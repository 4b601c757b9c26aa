"""Rules about filled arrays, which gradients of sums are full of: the same value for each element.

What is computed from a filled array is computed from the value, and filled then; where another
operand has the shape anyhow, nothing is filled at all. No comparison of shapes is lost.
"""

from __future__ import annotations

from tutor.compile.rules.agreement import covers, stand_in
from tutor.compile.rules.rule import EXACT, ROUNDING, Rule, number_in
from tutor.graph import Apply, Variable
from tutor.ops.arithmetic import cast, fill
from tutor.ops.reductions import Reduction
from tutor.ops.sizes import size


def fill_of(v: Variable) -> tuple[Variable, Variable] | None:
    """Of a filled variable, what it has the shape of, and the value it is filled with."""
    if v.owner is None or v.owner.op.name != "fill":
        return None
    shaped, value = v.owner.inputs
    return shaped, value


def fill_last(node: Apply) -> Variable | None:
    """An operation on filled arrays is one on the values, filled then if need be."""
    if node.op.name == "fill":
        return None
    pattern = node.outputs[0].broadcastable
    shapes: list[Variable] = []
    inputs = []
    for v in node.inputs:
        filled = fill_of(v)
        inputs.append(v if filled is None else filled[1])
        if filled is not None:
            shapes.append(filled[0])
    if not shapes:
        return None
    inner: Variable = node.op(*inputs)
    if inner.broadcastable == pattern and covers(inner, *shapes):
        return inner
    full = [s for s in shapes if s.broadcastable == pattern]
    if not full:
        return None
    shaped = next((s for s in full if covers(s, *shapes)), None)
    return fill(shaped, inner) if shaped is not None else None


def trivial_fill(node: Apply) -> Variable | None:
    """fill(x, y) is y where y has the shape already; fill(x, fill(a, y)) and fill(fill(a, b), y)
    are one fill.
    """
    x, y = node.inputs
    out = node.outputs[0]
    if y.broadcastable == out.broadcastable and covers(y, x):
        return y
    of_x, of_y = fill_of(x), fill_of(y)
    if of_y is not None and covers(x, of_y[0]):
        return _filled(x, of_y[1], out)
    if of_x is not None and covers(of_x[0], of_x[1]):
        return _filled(of_x[0], y, out)
    return None


def shape_alone(node: Apply) -> Variable | None:
    """Where only the shape of an expression matters, it need not be computed."""
    x, y = node.inputs
    other = stand_in(x)
    return None if other is None else _filled(other, y, node.outputs[0])


def _filled(x: Variable, y: Variable, out: Variable) -> Variable | None:
    new: Variable = fill(x, y)
    return new if new.broadcastable == out.broadcastable else None


def sum_of_fill(node: Apply) -> Variable | None:
    """The sum over a filled number is the number times how many there are."""
    filled, op, dtype = fill_of(node.inputs[0]), node.op, node.outputs[0].dtype
    if filled is None or not isinstance(op, Reduction) or op.keepdims:
        return None
    shaped, value = filled
    every = op.axis is None or len(op.axis) == node.inputs[0].ndim
    if not every or value.dtype != dtype or dtype not in ("float32", "float64"):
        return None
    if shaped.broadcastable != node.inputs[0].broadcastable or not finite(value):
        return None
    return value * cast(size(shaped), dtype)


def finite(v: Variable) -> bool:
    """Whether a variable is a number that is known, and finite: 0 times it is 0."""
    number = number_in(v)
    return number is not None and abs(number) < 1e30


FILLS = (
    Rule("trivial fill", "fill", "", "A value that needs no stretching stays as it is.", EXACT,
         apply=trivial_fill),
    Rule("fill by shape", "fill", "", "Only the shape matters, so the values are not computed.",
         EXACT, apply=shape_alone),
    Rule("sum of fill", "sum", "", "n times the same number is n · number.", ROUNDING,
         apply=sum_of_fill, needs="fill"),
    Rule("fill last", "elementwise", "", "The same number for all elements is computed once.",
         EXACT, apply=fill_last, needs="fill"),
)
