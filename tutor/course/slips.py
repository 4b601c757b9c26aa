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
from itertools import combinations, islice, permutations, product
from typing import Any

import numpy as np

from tutor.core.elementwise import ELEMENTWISE
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.scan import Loop
from tutor.core.walk import ancestors, graph_inputs, rebuild, toposort
from tutor.course.definition import Definition, fresh
from tutor.course.mistaken import REDUCTIONS, WHOLE, divided_by, mistaken

MOST = 400  # changed answers that are tried
LONGER = {2.0: "twice", 0.5: "half", 3.0: "3 times", 5.0: "5 times", 0.2: "a fifth",
          10.0: "10 times", 0.1: "a tenth"}  # steps of another rate
FACTORS = {-1.0: "the negative of", 2.0: "twice", 0.5: "half of", -2.0: "minus two times"}
KIN = {"sqr": "pow", "reciprocal": "true_div"}  # one operation with two names
TELLING = {*ELEMENTWISE, *WHOLE, *REDUCTIONS} - {"cast", "fill"}


def agree(given: Any, right: Any) -> bool:
    """Whether two results are equal up to rounding; nan is nan."""
    if isinstance(right, (list, tuple)):
        return len(given) == len(right) and all(map(agree, given, right))
    return np.shape(given) == np.shape(right) and np.allclose(given, right, equal_nan=True)


def slip(answer: Definition, model: Definition, calls: Sequence[Sequence[Any]]) -> str | None:
    """The words for how the results of an answer differ from those of the right one."""
    tried, numbers = [*calls, *fresh(calls)], None
    with np.errstate(all="ignore"):
        given, right = answer.called(tried), model.called(tried)
        blind = not any(np.isfinite(a).all() and not agree(a, b) for made, asked in
                        zip(given, right, strict=True) for a, b in zip(made, asked, strict=False))
        if words := _other_start(answer, model, tried, right):
            return words
        if all(len(a) == len(b) for a, b in zip(given, right, strict=True)):
            flat = [[np.asarray(v) for call in results for v in call] for results in (given, right)]
            numbers = in_numbers(*flat)
            if numbers and not answer.begun:
                return numbers  # with a state they may be so by accident of what it holds
            numbers = numbers or shifted(*flat)
        for words, other in islice(changed(model, answer, blind), MOST):
            try:
                if agree(other.called(tried), given):
                    return words
            except (TypeError, ValueError, ArithmeticError, LookupError):
                continue  # what was changed does not fit the rest
    if numbers:
        return numbers
    if model.updates and model.inputs and not agree(given[0], right[0]):
        # Before an update has made more of it: each call is the first one.
        first = slip(answer._replace(updates={}), model._replace(updates={}), calls)
        if first is not None:
            return first
    if model.updates and not answer.updates:
        return "It changes nothing: the update is missing."
    return _other_shape(given[0], right[0])


def _other_start(answer: Definition, model: Definition, calls: Sequence[Any], right: Any
                 ) -> str | None:
    """The words for an answer that is right but for what a variable starts from."""
    asked = answer.updates if len(answer.shared) > len(model.shared) else answer.begun
    numbers = [(v, u) for v, u in product(asked, model.start)
               if v in answer.begun and v.type == u.type and v.ndim == 0]
    for v, u in numbers:
        old, new = answer.begun[v], model.start[u]
        if not agree(old, new) and agree(answer.called(calls, {**answer.begun, v: new}), right):
            return (f"{quoted(v)} {'starts from' if v in answer.updates else 'is'} {old}, and "
                    f"{new} is asked for.")
    return None


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
    a, b = _flat(given), _flat(right)
    if not np.isfinite([a, b]).all() or a.size < 2 or not b.any():
        return None
    largest = np.argmax(abs(b))
    factor = a[largest] / b[largest]
    if factor and np.allclose(a, factor * b) and not np.allclose(factor, 1):
        return f"It is {_times(float(factor))} what it should be, everywhere."
    if b.all() and np.allclose(a * b, 1):
        return "It is one over what it should be."
    return None


def shifted(given: list[Any], right: list[Any]) -> str | None:
    """The words for a difference that is the same number everywhere."""
    a, b = _flat(given), _flat(right)
    if a.shape != b.shape or not np.isfinite([a, b]).all() or a.size < 2:
        return None
    if np.allclose(a - b, a[0] - b[0]) and not np.allclose(a, b) and not np.allclose(b, b[0]):
        much = abs(float(a[0] - b[0]))
        return f"It is {much:.4g} too {'large' if a[0] > b[0] else 'small'}, everywhere."
    return None


def _flat(results: list[Any]) -> Any:
    """The numbers of results one after the other; of what is no number, none."""
    if any(v.dtype.kind not in "iufb" for v in results):
        return np.empty(0)
    return np.concatenate([np.ravel(v).astype(float) for v in results])


def _times(factor: float) -> str:
    words = next((FACTORS[f] for f in FACTORS if np.isclose(f, factor)), None)
    return words or f"{factor:.4g} times"


def changed(model: Definition, answer: Definition, blind: bool = False
            ) -> Iterator[tuple[str, Definition]]:
    """A right answer changed in one way, again and again, each with its words; an operation is
    changed only where `answer` has as many of the new ones, and no more of the old.
    Where all that is wrong is nan or inf, `blind`, that is needed.
    """
    yield from _old_values(model) if blind else _other_wholes(model, answer)
    results = _results(model)
    right, used = _counted(results), _counted(_results(answer))
    known, others = {*every_node(results)}, []
    for node in toposort(results):
        for words, other in mistaken(node):
            try:
                made = rebuild(results, {node.outputs[0]: other})
            except (TypeError, ValueError):
                continue
            new = _names(inner for inner in every_node([other]) if inner not in known)
            count = _counted(made)
            if blind and count == right:
                continue
            if count == right and any(used[name] != right[name] for name in _names([node])):
                continue  # exchanged in an operation that the answer has not
            if _shown(right, count, used) and all(used[name] for name in new):
                others.append((count != used, words, made))
    for _, words, made in sorted(others, key=lambda one: one[0]):
        yield words, _with(model, made)


def _numbers(d: Definition) -> list[Constant]:
    """The numbers that are written in a function."""
    return [v for v in graph_inputs(_results(d)) if isinstance(v, Constant) and v.ndim == 0]


def _other_wholes(model: Definition, answer: Definition
                  ) -> Iterator[tuple[str, Definition]]:
    """What a function is mistaken for as a whole: other updates, inputs or results turned about."""
    if model.updates:
        yield from _other_updates(model)
    for a, b in combinations(model.inputs, 2):
        if a.type == b.type:
            yield (f"{quoted(a)} and {quoted(b)} have changed places.",
                   _with(model, rebuild(_results(model), {a: b, b: a})))
    numbers, others = _numbers(model), [float(v.data) for v in _numbers(answer)]
    for a, b in combinations(numbers, 2):
        if a.type == b.type and a.data != b.data and sorted(others) == sorted(
                float(v.data) for v in numbers):
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
    yield ("It gives the value after the update, and the one before it is asked for.",
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
    if cost is not None and (count := divided_by(cost)) is not None:
        longer = {v: v + count * (model.updates[v] - v) for v in smooth}
        yield ("It takes the sum where the mean is asked for.", model._replace(
            run=[cost.owner.inputs[0], *model.run[1:]],  # type: ignore[union-attr]
            updates={**model.updates, **longer}))
    for v in model.updates:
        rest = {u: new for u, new in model.updates.items() if u is not v}
        yield f"The update of {quoted(v)} is missing.", model._replace(updates=rest)
        yield (f"It is as if the update of {quoted(v)} saw new values: all updates read the old "
               "ones.", model._replace(updates={
                   **model.updates, v: rebuild([model.updates[v]], dict(rest))[0]}))
    yield from _old_values(model)


def _old_values(model: Definition) -> Iterator[tuple[str, Definition]]:
    """An update that uses what another variable was, where the right one uses what it becomes."""
    for v, u in permutations(model.updates, 2):
        if model.updates[u] in ancestors([model.updates[v]]):
            late = rebuild([model.updates[v]], {model.updates[u]: u})[0]
            yield (f"It is as if the update of {quoted(v)} used the old {quoted(u)}, and the new "
                   "one is asked for.", model._replace(updates={**model.updates, v: late}))
