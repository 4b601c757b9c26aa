"""What the result of a node is mistaken for: another op, operands left out, turned or exchanged.

Comes before the slips, which try each of them in a right answer. A change has words and a variable.

>>> import tutor.tensor as T; x = T.dscalar("x")
>>> next(mistaken(T.sin(x).owner))
('sin is missing.', x)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from tutor.core.elementwise import ELEMENTWISE
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.indexing import Span, Template
from tutor.core.scan import Loop
from tutor.core.walk import rebuild, toposort

#: Which op is taken for which.
OTHERS = {
    "add": ("sub", "mul"), "sub": ("add",), "mul": ("true_div", "add"), "true_div": ("mul",),
    "sin": ("cos",), "cos": ("sin",), "exp": ("log",), "log": ("exp",), "tanh": ("sigmoid",),
    "sigmoid": ("tanh",), "gt": ("lt", "ge"), "lt": ("gt", "le"), "ge": ("le", "gt"),
    "le": ("ge", "lt"), "maximum": ("minimum",), "minimum": ("maximum",)}  # fmt: skip
WHOLE = {"softmax", "logsoftmax", "cumsum", "sort"}  # of one operand, and as large
REDUCTIONS = ("sum", "max", "min", "prod")
SPOKEN = {"pow": "power", "true_div": "division", "mul": "product", "sqrt": "root", "neg": "minus",
          "log": "logarithm", "max": "largest", "min": "smallest"}
SIGNS = {"add": "+", "sub": "−", "mul": "×", "true_div": "÷", "gt": ">", "lt": "<", "ge": "≥",
         "le": "≤"}
Changed = Iterator[tuple[str, Any]]


def mistaken(node: Apply) -> Changed:
    """What the result of a node is mistaken for, with its words."""
    op: Any = node.op
    name = op.name
    if len(node.outputs) > 1:
        return
    if len(node.inputs) == 1 and (name in ELEMENTWISE or name in WHOLE):
        yield _missing(node), node.inputs[0]
    yield from _other_order(node)
    if len(node.inputs) == 2 and (name in ELEMENTWISE or name == "dot"):
        yield from _other_operands(node)
    for other in OTHERS.get(name, ()):
        words = (f"It has a {SIGNS[other]} where a {SIGNS[name]} belongs." if name in SIGNS else
                 f"It uses {other} where {name} belongs.")
        yield words, ELEMENTWISE[other](*node.inputs)
    if "axis" in (op.__props__ or ()):
        yield from _other_axes(node)
    if name == "subtensor":
        yield from _other_indices(node)
    if isinstance(op, Loop):
        yield from _other_steps(node, op)


def _other_steps(node: Apply, op: Loop) -> Changed:
    """A loop whose step takes its arguments in another order, or computes something else."""
    steps = [("Two of the numbers that the step gets have changed places in it.", {a: b, b: a})
             for a, b in combinations(op.inputs, 2) if a.type == b.type]
    steps += [(words, {inner.outputs[0]: other}) for inner in toposort(op.outputs)
              for words, other in mistaken(inner)]
    for words, replaced in steps:
        made = rebuild(op.outputs, replaced)
        yield words, Loop(op.inputs, made, op.sequences, op.keep, op.until)(*node.inputs)


def _other_order(node: Apply) -> Changed:
    """A function and the one inside it in the other order: a mean of squares, a square of means."""
    outer, apart = node, divided_by(node.outputs[0]) is None
    if not apart and node.inputs[0].owner is not None:
        outer = node.inputs[0].owner  # a mean is a sum, divided
    inner = _single(outer).owner if _single(outer) is not None else None
    if inner is None or _single(inner) is None:
        return
    x = _single(inner)
    early = _again(outer, x) if apart else x.mean()
    first, then = _called(inner), _called(outer) if apart else "the mean"
    yield f"The order is wrong: first comes {first}, and then {then}.", _again(inner, early)


def _single(node: Apply) -> Any:
    """The operand of a node whose others are constants; None where there is another."""
    free = [v for v in node.inputs if not isinstance(v, Constant)]
    known = node.op.name in ELEMENTWISE or node.op.name in REDUCTIONS
    return free[0] if known and len(free) == 1 and len(node.outputs) == 1 else None


def _again(node: Apply, v: Variable) -> Variable:
    """The operation of a node, of another operand."""
    other: Variable = node.op(*[u if isinstance(u, Constant) else v for u in node.inputs])
    return other


def _called(node: Apply) -> str:
    return f"the {SPOKEN.get(node.op.name, node.op.name)}"


def _missing(node: Apply) -> str:
    return ("The sign of a part is wrong: a minus is missing." if node.op.name == "neg" else
            f"{node.op.name} is missing.")


def _other_operands(node: Apply) -> Changed:
    """A node of two operands with one of them left out, turned, or with both changed about."""
    a, b = node.inputs
    out, name = node.outputs[0], node.op.name
    if divided_by(out) is not None:
        summed = a.owner is not None and a.owner.op.name == "sum"
        yield ("It takes the sum where the mean is asked for." if summed else
               f"The division by {_counted(b)} is missing: it makes a mean of a sum."), a
        yield from _other_means(a)
    for kept, left in ((a, b), (b, a)):
        if name == "pow":
            yield f"The power {quoted(b, 30)} is missing.", a
            yield f"It has {quoted(b, 30)} times where a power belongs.", a * b
        elif name not in ("dot", "fill") and kept.ndim == out.ndim and not node.op.is_comparison:
            yield _left_out(name, kept, left, left is b), kept
    if name in ("mul", "true_div", "pow"):
        yield from _without_brackets(node)
    if not node.op.commutative and a.ndim == b.ndim:
        yield f"The two sides of {SIGNS.get(name, name)} have changed places.", node.op(b, a)
    if name == "dot":
        for turned in ((a.T, b), (a, b.T), (b, a.T), (b.T, a)):
            if turned[0].ndim == 2:
                yield "A matrix in the product is transposed, or is not and should be.", \
                    node.op(*turned)


def _other_means(a: Variable) -> Changed:
    """The mean along another axis, where this is the sum of a mean."""
    if a.owner is not None and a.owner.op.name == "sum":
        x, op = a.owner.inputs[0], a.owner.op
        for axis in range(x.ndim):
            if op.axis is not None and (axis,) != op.axis:
                yield "It goes along the wrong axis.", x.mean(axis=axis)


def _left_out(name: str, kept: Variable, left: Variable, second: bool) -> str:
    """The words for an operand that is left out, and with it its operation."""
    known = quoted(left, 30) if left.owner is None else ""
    if name == "true_div" and second:
        return f"The division by {known} is missing." if known else "A division is missing."
    if name == "sub" and second and kept.owner is None:
        return f"Nothing is taken away from {quoted(kept, 30)}."
    if name in ("maximum", "minimum"):
        return f"The {name} with {known} is missing." if known else f"A {name} is missing."
    if name == "mul":
        return f"The factor {known} is missing." if known else "A factor is missing."
    return f"A part, {known}, is missing." if known else "A part of it is missing."


def _other_axes(node: Apply) -> Changed:
    """Another axis, and for a reduction also another kind."""
    op: Any = node.op
    x, out = node.inputs[0], node.outputs[0]
    props = {key: getattr(op, key) for key in op.__props__}
    if op.name in REDUCTIONS:
        if op.name == "sum" and out.dtype.startswith("float"):
            yield "It takes the mean where the sum is asked for.", x.mean(axis=op.axis)
        elif x.dtype.startswith("float"):
            yield f"It takes the mean where the {op.name} is asked for.", x.mean(axis=op.axis)
        for kind in sorted({*REDUCTIONS} - {op.name}):
            yield (f"It takes the {kind} where the {op.name} is asked for.",
                   type(op)(**{**props, "kind": kind})(x))
        if op.axis is None and x.ndim > 1:
            return
    for axis in range(x.ndim):
        other: Any = (axis,) if isinstance(op.axis, tuple) else axis
        if other != op.axis and x.ndim > 1:
            turned = type(op)(**{**props, "axis": other})
            yield "It goes along the wrong axis.", turned(*node.inputs)


def _other_indices(node: Apply) -> Changed:
    """An index that is off by one."""
    op: Any = node.op
    of = node.inputs[0].owner
    words = "A size is that of another axis." if of is not None and of.op.name == "shape" else (
        "An index is off by one.")
    for place, entry in enumerate(op.index.entries):
        for by in (-1, 1):
            for moved in _moved(entry, by):
                entries = (*op.index.entries[:place], moved, *op.index.entries[place + 1:])
                yield words, type(op)(Template(entries))(*node.inputs)


def _moved(entry: Any, by: int) -> Iterator[Any]:
    if isinstance(entry, Span):
        for key in ("start", "stop"):
            if isinstance(getattr(entry, key), int):
                yield entry._replace(**{key: getattr(entry, key) + by})
    elif isinstance(entry, int) and not isinstance(entry, bool):
        yield entry + by


def _without_brackets(node: Apply) -> Changed:
    """A product, division or power that reaches only the nearest part of a sum."""
    a, b = node.inputs
    for sum_, other, first in ((a, b, True), (b, a, False)):
        if sum_.owner is None or sum_.owner.op.name not in ("add", "sub"):
            continue
        left, right = sum_.owner.inputs
        words = f"Brackets are missing around {quoted(sum_, 30)}, or it is as if they were."
        yield words, (sum_.owner.op(left, node.op(right, other)) if first else
                      sum_.owner.op(node.op(other, left), right))


def _counted(number: Variable) -> str:
    """What a number of elements counts, in words."""
    axis = None
    while number.owner is not None and number.owner.op.name not in ("shape", "shape_i"):
        if number.owner.op.name == "subtensor":
            (axis,) = number.owner.op.index.entries
        number = number.owner.inputs[0]
    of = number.owner.inputs[0] if number.owner is not None else number
    name = "" if of.name is None else f" of {of.name}"
    kind = ("rows", "columns")[axis] if of.ndim == 2 and axis in (0, 1) else "elements"
    return f"the number of {kind}{name}"


def divided_by(v: Variable) -> Any:
    """The number of elements that a sum is divided by to make this mean; None where it is none."""
    if v.owner is None or v.owner.op.name != "true_div":
        return None
    number = size = v.owner.inputs[1]
    while size.owner is not None and size.owner.op.name in ("subtensor", "prod", "cast"):
        size = size.owner.inputs[0]
    counts = size.owner is not None and size.owner.op.name in ("shape", "shape_i")
    return number if counts and all(number.broadcastable) else None
