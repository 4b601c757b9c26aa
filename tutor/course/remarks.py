"""What is told of a wrong answer: at which values or at which call, what it gives, and why.

Comes before the checks. A call is counted where a function has a state; the values of an expression
are those of it as it is written, and where the compiler repairs it, that is said.

>>> brief([1.0, 2.5]), returned(("cost",))
('[1. , 2.5]', 'a dict of cost')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from tutor.compile.function import function
from tutor.core.errors import ShapeError
from tutor.core.graph import Constant, Variable
from tutor.core.indexing import Span
from tutor.core.walk import graph_inputs, toposort
from tutor.course.definition import Calls, Definition, fresh
from tutor.course.slips import agree, every_node, slip

Slip = tuple[Callable[..., Any], str]  # a wrong formula, and what it tells
Slips = Sequence[Slip]
LONG = 90  # characters of values: past them comes first what is wrong
MANY = 12  # numbers of a table that are shown
COMPARED = " Between symbols == gives False at once: T.eq compares their values."
SIZED = frozenset("arange eye alloc reshape repeat tile".split())  # ops that are told sizes
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth".split()


def compared(answer: Definition, model: Definition, calls: Calls, names: Sequence[str] = (),
             start: Mapping[Variable, Any] | None = None, slips: Slips = ()) -> str | None:
    """What the first call is that gives something else, and which slip gives the same."""
    if (form := returned(answer.form)) != (asked := returned(model.form)):
        return f"It gives {form}, and {asked} is asked for."
    with np.errstate(all="ignore"):
        right = model.called(calls)
        try:
            given = answer.called(calls, start)
        except ShapeError as problem:
            return _unfit(answer, calls, start, problem)
    for place, (call, found, expected) in enumerate(zip(calls, given, right, strict=True)):
        if agree(found, expected):
            continue
        stays = not model.updates and not answer.updates
        told = _told(0 if stays else place, call, names, brief(_shown(found, answer)))
        if names and _repaired(answer, call, expected):
            told += " as it is written (the compiler repairs it: make it right without)"
        same = [words for formula, words in slips if _is_that(formula, answer, model, calls)]
        words = same[0] if same else (
            slip(answer, model, calls) if start is None or start is answer.start else None)
        if words:
            return f"{words} {told}." if len(told) > LONG else f"{told}. {words}"
        if not answer.updates and answer.run and _false_in(answer, model):
            return f"{told}.{COMPARED}"
        large = " exp gives inf in it: large numbers overflow." if _overflows(
            answer, call, found) else ""
        return (f"{told}{_instead(_shown(found, answer), _shown(expected, model))}{large}"
                f"{_read_besides(answer, model)}")
    return None


def same(answer: Definition, model: Definition, calls: Calls,
         start: Mapping[Variable, Any] | None) -> bool:
    """Whether calls from the first state, or from this one, give what the right function gives."""
    with np.errstate(all="ignore"), suppress(ShapeError):
        return agree(answer.called(calls, start), model.called(calls))
    return False


def _unfit(answer: Definition, calls: Calls, start: Mapping[Variable, Any] | None,
           problem: ShapeError) -> str:
    """What is told of an answer whose shapes do not join: of sizes only where it has some."""
    told = f"It raises ShapeError: {problem.what}"
    names = [str(v) for v in answer.inputs]
    if _has_sizes(answer.run):
        arrays = [v.name for v in answer.inputs if v.ndim and v.name]
        return (f"{told} It is tried with many sizes: take them from the symbols, as in "
                f"{arrays[0] if arrays else 'v'}.shape[0], and see how shapes join.")
    tried = next((call for i, call in enumerate(calls) if _raises(answer, calls[:i + 1], start)),
                 calls[-1])
    shapes = [f"{name} of the shape {np.shape(v)}" for name, v in zip(names, tried, strict=True)
              if np.ndim(v)]
    *some, last = shapes or ["these"]
    given = f"{', '.join(some)} and {last}" if some else last
    if all(np.ndim(v) < 2 for v in tried):
        return f"{told} With {given} it does not join: is a part of one of them meant?"
    return (f"{told} With {given} it does not join: is an operand transposed, or exchanged with "
            "another, or an axis the wrong one?")


def _raises(answer: Definition, calls: Calls, start: Mapping[Variable, Any] | None) -> bool:
    """Whether shapes do not join in one of these calls."""
    try:
        answer.called(calls, start)
    except ShapeError:
        return True
    return False


def _has_sizes(outputs: Sequence[Variable]) -> bool:
    """Whether a size is written as a number: of what is made, of a slice, or by an array."""
    for node in every_node(outputs):
        numbers = [np.asarray(v.data) for v in node.inputs if isinstance(v, Constant)]
        if any((v > 1).any() if node.op.name in SIZED else v.size > 1 for v in numbers):
            return True
        entries = node.op.index.entries if node.op.name == "subtensor" else ()
        if any(isinstance(e, Span) and isinstance(e.stop, int) and e.stop > 1 for e in entries):
            return True
    return False


def _read_besides(answer: Definition, model: Definition) -> str:
    """The shared variables that an answer reads, where these are more than are asked for."""
    if len(answer.shared) <= len(model.shared):
        return ""
    *names, last = map(repr, answer.shared)
    return f" It reads {', '.join(names)} and {last}: is each of them asked for?" if names else (
        f" It reads {last}: is that asked for?")


def _overflows(answer: Definition, call: Sequence[Any], found: list[Any]) -> bool:
    """Whether an expression is nan at these values, and an exponential in it is inf."""
    if answer.updates or not any(np.isnan(v).any() for v in found):
        return False
    powers = [node.outputs[0] for node in toposort(answer.run) if node.op.name == "exp"]
    with np.errstate(all="ignore"):
        return any(np.isinf(v).any() for (v,) in
                   (answer._replace(run=[power]).called([call])[0] for power in powers))


def _false_in(answer: Definition, model: Definition) -> bool:
    """Whether a comparison that is asked for is a constant False, as == between symbols is."""
    asked, used = ([node for node in every_node(d.run) if node.op.name == "eq"]
                   for d in (model, answer))
    constants = [v for v in graph_inputs(answer.run) if isinstance(v, Constant)]
    return bool(asked) and not used and any(
        v.type.dtype == "bool" and not np.any(v.data) for v in constants)


def _instead(found: Any, expected: Any) -> str:
    """What is right in the place of a result, or of the first element that is wrong."""
    result, asked = brief(found), brief(expected)
    if isinstance(found, list) or np.shape(found) != np.shape(expected):
        return f", and {asked} is right." if result != asked else "."
    if result != asked:
        return f", and {asked} is right."
    wrong = ~np.isclose(found, expected, equal_nan=True)
    place = [int(i) for i in np.argwhere(wrong)[0]]
    return (f": its element {place} is {brief(found[tuple(place)])}, and "
            f"{brief(expected[tuple(place)])} is right.")


def _shown(results: list[Any], asked: Definition) -> Any:
    """The results of a call as they are told: one, or a list."""
    return results[0] if asked.form is None and results else results


def _told(place: int, call: Sequence[Any], names: Sequence[str], result: str) -> str:
    """What a call gives: at which values, or which call it was."""
    if names:
        where = ", ".join(f"{name} = {brief(v)}" for name, v in zip(names, call, strict=True))
        return f"At {where} it gives {result}"
    arguments = ", ".join(map(brief, call))
    which = ORDINALS[place] if place < len(ORDINALS) else f"{place + 1}th"
    if not call:
        return f"The {which} call gives {result}"
    return f"Called with ({arguments}) it gives {result}" if place == 0 else (
        f"The {which} call, with ({arguments}), gives {result}")


def _repaired(answer: Definition, call: Sequence[Any], expected: list[Any]) -> bool:
    """Whether the compiled expression is right where the expression as written is not."""
    if answer.now or not np.isfinite(expected[0]).all():
        return False
    with np.errstate(all="ignore"):
        if np.isfinite(answer.called([call])[0][0]).all():
            return False
        compiled = function(answer.inputs, answer.run, on_unused_input="ignore")
        return agree(list(compiled(*call)), expected)


def _is_that(formula: Callable[..., Any], answer: Definition, model: Definition, calls: Calls
             ) -> bool:
    """Whether an answer is this formula of the inputs of the right one, at drawn values too."""
    tried = [*calls, *fresh(calls)]
    made = formula(*model.inputs)
    other = made if isinstance(made, Definition) else model._replace(
        run=made if isinstance(made, list) else [made], updates={})
    with np.errstate(all="ignore"):
        try:
            given = answer.called(tried)
            # What is nan by accident says nothing; where the right results are, it is no accident.
            certain = not isinstance(made, Definition) or _finite(given) or not _finite(
                model.called(tried))
            return certain and agree(other.called(tried), given)
        except (TypeError, ValueError, ArithmeticError, LookupError):
            return False


def _finite(results: Sequence[Sequence[Any]]) -> bool:
    return all(np.isfinite(v).all() for result in results for v in result)


def returned(form: Any) -> str:
    """What a function gives back: one result, a list, or a dict with these keys.

    >>> returned(None), returned(()), returned(["cost"])
    ('a single result', 'a list', 'a dict of cost')
    """
    return "a single result" if form is None else (
        f"a dict of {', '.join(form)}" if form else "a list")


def brief(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return f"[{', '.join(map(brief, value))}]"
    array = np.asarray(value)
    if array.ndim > 1 and array.size > MANY:
        return f"an array of the shape {array.shape}"
    if array.ndim == 0:
        if array.dtype.kind not in "iuf":
            return str(array.item())
        whole = 1e6 <= abs(array.item()) < 1e15 and array == np.round(array)
        return f"{array.item():{'.0f' if whole else '.6g'}}"
    text = np.array2string(array, precision=4, threshold=8, separator=", ")
    return " ".join(text.split())
