"""Slips that people make, and the words for them: right answers that are changed in one way.

A wrong answer is compared with its right one in numbers (a sign, a factor, transposed), and then
with what the right one gives when one thing in it is different. That is named where both agree at
each point, drawn ones too, and where the answer has the operations of which it speaks.

>>> import numpy as np; in_numbers([np.array([2.0, -6.0])], [np.array([1.0, -3.0])])
'It is twice what it should be, everywhere.'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice
from typing import Any

import numpy as np

from tutor.core.elementwise import ELEMENTWISE
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.indexing import Span, Template
from tutor.core.scan import Loop
from tutor.core.walk import rebuild, toposort
from tutor.course.definition import Definition
from tutor.course.fresh import fresh

MOST = 400  # changed answers that are tried
LONGER = {2.0: "twice", 0.5: "half", 3.0: "3 times", 5.0: "5 times", 0.2: "a fifth",
          10.0: "10 times", 0.1: "a tenth"}  # steps of another rate
FACTORS = {-1.0: "the negative of", 2.0: "twice", 0.5: "half of", -2.0: "minus two times"}
#: Which op is taken for which.
OTHERS = {
    "add": ("sub", "mul"), "sub": ("add",), "mul": ("true_div", "add"), "true_div": ("mul",),
    "sin": ("cos",), "cos": ("sin",), "exp": ("log",), "log": ("exp",), "tanh": ("sigmoid",),
    "sigmoid": ("tanh",), "gt": ("lt", "ge"), "lt": ("gt", "le"), "ge": ("le", "gt"),
    "le": ("ge", "lt"), "maximum": ("minimum",), "minimum": ("maximum",)}  # fmt: skip
WHOLE = {"softmax", "logsoftmax", "cumsum", "sort"}  # of one operand, and as large
REDUCTIONS = ("sum", "max", "min", "prod")
KIN = {"sqr": "pow", "reciprocal": "true_div"}  # one operation with two names
TELLING = {*ELEMENTWISE, *WHOLE, *REDUCTIONS} - {"cast", "fill"}
SPOKEN = {"pow": "power", "true_div": "division", "mul": "product", "sqrt": "root", "neg": "minus",
          "log": "logarithm", "max": "largest", "min": "smallest"}
SIGNS = {"add": "+", "sub": "−", "mul": "×", "true_div": "÷", "gt": ">", "lt": "<", "ge": "≥",
         "le": "≤"}
Changed = Iterator[tuple[str, Any]]


def agree(given: Any, right: Any) -> bool:
    """Whether two results are equal up to rounding; nan is nan."""
    if isinstance(right, (list, tuple)):
        return len(given) == len(right) and all(map(agree, given, right))
    return np.shape(given) == np.shape(right) and np.allclose(given, right, equal_nan=True)


def slip(answer: Definition, model: Definition, calls: Sequence[Sequence[Any]]) -> str | None:
    """The words for how the results of an answer differ from those of the right one."""
    tried = [*calls, *fresh(calls)]
    with np.errstate(all="ignore"):
        given, right = answer.called(tried), model.called(tried)
        blind = not any(np.isfinite(a).all() and not agree(a, b) for made, asked in
                        zip(given, right, strict=True) for a, b in zip(made, asked, strict=False))
        if all(len(a) == len(b) for a, b in zip(given, right, strict=True)):
            flat = [[np.asarray(v) for call in results for v in call] for results in (given, right)]
            if words := in_numbers(*flat):
                return words
        for words, other in islice(changed(model, answer, blind), MOST):
            try:
                if agree(other.called(tried), given):
                    return words
            except (TypeError, ValueError, ArithmeticError, LookupError):
                continue  # what was changed does not fit the rest
    if model.updates and model.inputs and not agree(given[0], right[0]):
        # Before an update has made more of it: each call is the first one.
        return slip(answer._replace(updates={}), model._replace(updates={}), calls)
    return _other_shape(given[0], right[0])


def _other_shape(given: Sequence[Any], right: Sequence[Any]) -> str | None:
    """The words for a first result of another shape."""
    if len(given) != len(right) or not given or np.shape(given[0]) == np.shape(right[0]):
        return None
    asked = f"of the shape {np.shape(right[0])}" if np.ndim(right[0]) else "a single number"
    row = np.shape(given[0]) == (1, *np.shape(right[0]))
    return (f"Its shape is {np.shape(given[0])}, and the right one is {asked}."
            f"{' [0] takes its one row.' * row}")


def in_numbers(given: list[Any], right: list[Any]) -> str | None:
    """The words for a difference that shows in the numbers alone."""
    if any(a.dtype.kind not in "iufb" for a in (*given, *right)):
        return None
    if all(a.ndim == 2 for a in given) and agree([a.T for a in given], right):
        return "It is transposed: rows where columns are asked for."
    if any(a.shape != b.shape for a, b in zip(given, right, strict=True)):
        return None
    a, b = (np.concatenate([np.ravel(v).astype(float) for v in x]) for x in (given, right))
    if not np.isfinite([a, b]).all() or a.size < 2 or not b.any():
        return None
    largest = np.argmax(abs(b))
    factor = a[largest] / b[largest]
    if factor and np.allclose(a, factor * b) and not np.allclose(factor, 1):
        return f"It is {_times(float(factor))} what it should be, everywhere."
    if np.allclose(a - b, a[0] - b[0]) and not np.allclose(a, b) and not np.allclose(b, b[0]):
        much = abs(float(a[0] - b[0]))
        return f"It is {much:.4g} too {'large' if a[0] > b[0] else 'small'}, everywhere."
    if b.all() and np.allclose(a * b, 1):
        return "It is one over what it should be."
    return None


def _times(factor: float) -> str:
    words = next((FACTORS[f] for f in FACTORS if np.isclose(f, factor)), None)
    return words or f"{factor:.4g} times"


def changed(model: Definition, answer: Definition, blind: bool = False
            ) -> Iterator[tuple[str, Definition]]:
    """A right answer changed in one way, again and again, each with its words; an operation is
    changed only where `answer` has as many of the new ones, and no more of the old.
    Where all that is wrong is nan or inf, `blind`, that is needed.
    """
    if not blind:
        yield from _other_wholes(model)
    results = _results(model)
    right, used = _counted(results), _counted(_results(answer))
    known = {*every_node(results)}
    for node in toposort(results):
        for words, other in _other_nodes(node):
            try:
                made = rebuild(results, {node.outputs[0]: other})
            except (TypeError, ValueError):
                continue
            new = _names(inner for inner in every_node([other]) if inner not in known)
            if blind and _counted(made) == right:
                continue
            if _shown(right, _counted(made), used) and all(used[name] for name in new):
                yield words, _with(model, made)


def _other_wholes(model: Definition) -> Iterator[tuple[str, Definition]]:
    """What a function is mistaken for as a whole: other updates, inputs or results turned about."""
    if model.updates:
        yield from _other_updates(model)
    for a, b in combinations(model.inputs, 2):
        if a.type == b.type:
            yield (f"{quoted(a)} and {quoted(b)} have changed places.",
                   _with(model, rebuild(_results(model), {a: b, b: a})))
    if len(model.run) == 2:
        yield "The two results have changed places.", model._replace(run=model.run[::-1])


def _shown(right: Counter[str], made: Counter[str], used: Counter[str]) -> bool:
    """Whether an answer has as many of the operations that a change adds, and no more of those
    that it takes away."""
    return all(used[name] >= made[name] if made[name] > right[name] else used[name] <= made[name]
               for name in {*made, *right} if made[name] != right[name])


def _counted(outputs: Sequence[Variable]) -> Counter[str]:
    """How often each operation on numbers stands in these; what only finds sizes is none."""
    return Counter(_names(every_node(outputs)))


def _names(nodes: Iterable[Apply]) -> Iterator[str]:
    """The names of those that compute with numbers."""
    for node in nodes:
        if node.op.name in TELLING and not node.outputs[0].type.dtype.startswith("int"):
            yield KIN.get(node.op.name, node.op.name)


def every_node(outputs: Sequence[Variable]) -> Iterator[Apply]:
    """The nodes that variables are made of, and those within their loops."""
    for node in toposort(outputs):
        yield node
        if isinstance(node.op, Loop):
            yield from every_node(node.op.outputs)


def _results(model: Definition) -> list[Variable]:
    return [*model.run, *model.updates.values()]


def _with(model: Definition, results: Sequence[Variable]) -> Definition:
    new = dict(zip(model.updates, results[len(model.run):], strict=True))
    return model._replace(run=list(results[:len(model.run)]), updates=new)


def _other_updates(model: Definition) -> Iterator[tuple[str, Definition]]:
    """What a function with updates is mistaken for."""
    yield "It changes nothing: the update is missing.", model._replace(updates={})
    after: Any = model.updates
    yield ("Its output is the one from after the update, and that from before is asked for.",
           model._replace(run=rebuild(model.run, after)))
    smooth = [v for v in model.updates if getattr(v, "dtype", "").startswith("float")]
    steps: dict[str, Any] = {
        "It steps the wrong way: the sign of the step.": lambda old, new: 2 * old - new,
        "It stores the change alone: the old value has to be added.": lambda old, new: new - old,
        **{f"Its steps are {words} as long as they should be.":
           lambda old, new, by=by: old + by * (new - old) for by, words in LONGER.items()},
    }
    for words, step in steps.items():
        for learned in (smooth, *([v] for v in smooth if len(smooth) > 1)):
            yield words, model._replace(updates={
                **model.updates, **{v: step(v, model.updates[v]) for v in learned}})
    cost = model.run[0] if model.run else None
    if cost is not None and (count := _divided_by(cost)) is not None:
        longer = {v: v + count * (model.updates[v] - v) for v in smooth}
        yield ("It takes the sum where the mean is asked for.", model._replace(
            run=[cost.owner.inputs[0], *model.run[1:]],  # type: ignore[union-attr]
            updates={**model.updates, **longer}))
    for v in model.updates:
        rest = {u: new for u, new in model.updates.items() if u is not v}
        yield f"The update of {quoted(v)} is missing.", model._replace(updates=rest)
        yield (f"The update of {quoted(v)} sees new values; all updates read the old ones.",
               model._replace(updates={**model.updates,
                                       v: rebuild([model.updates[v]], dict(rest))[0]}))


def _other_nodes(node: Apply) -> Changed:
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
    steps = [("The arguments of the step have changed places.", {a: b, b: a})
             for a, b in combinations(op.inputs, 2) if a.type == b.type]
    steps += [(words, {inner.outputs[0]: other}) for inner in toposort(op.outputs)
              for words, other in _other_nodes(inner)]
    for words, replaced in steps:
        made = rebuild(op.outputs, replaced)
        yield words, Loop(op.inputs, made, op.sequences, op.keep, op.until)(*node.inputs)


def _other_order(node: Apply) -> Changed:
    """A function and the one inside it in the other order: a mean of squares, a square of means."""
    outer, apart = node, _divided_by(node.outputs[0]) is None
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
    if _divided_by(out) is not None:
        yield "It takes the sum where the mean is asked for.", a
        yield from _other_means(a)
    for kept, left in ((a, b), (b, a)):
        if name == "pow":
            yield f"The power {quoted(b, 30)} is missing.", a
            yield f"It has {quoted(b, 30)} times where a power belongs.", a * b
        elif name not in ("dot", "fill") and kept.ndim == out.ndim and not node.op.is_comparison:
            yield _left_out(name, kept, left, left is b), kept
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
    return f"A part, {known}, is missing." if known else "A part of it is missing."


def _divided_by(v: Variable) -> Any:
    """The number of elements that a sum is divided by to make this mean; None where it is none."""
    if v.owner is None or v.owner.op.name != "true_div":
        return None
    number = size = v.owner.inputs[1]
    while size.owner is not None and size.owner.op.name in ("subtensor", "prod", "cast"):
        size = size.owner.inputs[0]
    counts = size.owner is not None and size.owner.op.name in ("shape", "shape_i")
    return number if counts and all(number.broadcastable) else None


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

