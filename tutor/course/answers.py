"""What an answer is held to: checks of its values, and of what the question asks for in words.

A check takes the answer and the right one, and says what is wrong with the first, or None. It runs
the definition of a function on values of its own, so that it may be asked again and again, and what
the learner's functions and shared variables hold stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from tutor.compile.function import Function
from tutor.core.errors import plural
from tutor.core.graph import Variable
from tutor.core.types import TensorType
from tutor.core.walk import ancestors, interpret
from tutor.course.definition import Calls, Definition, free, fresh, wanted
from tutor.course.remarks import COMPARED, Slip, Slips, brief, compared, same
from tutor.course.slips import agree, every_node, in_numbers, shifted
from tutor.course.written import kind
from tutor.gradient import grad

Check = Callable[[Any, Any], str | None]
#: What Python's operators build, and what only brings operands together.
OPERATORS = frozenset("add sub mul true_div neg pow reciprocal sqr cast dimshuffle".split())


def both(*checks: Check) -> Check:
    """A check that all of these pass: the first that does not says what is wrong."""
    def checked(answer: Any, model: Any) -> str | None:
        found = (check(answer, model) for check in checks)
        return next((wrong for wrong in found if wrong is not None), None)
    return checked


def is_close(within: float | None = None, slips: Sequence[tuple[Any, str]] = ()) -> Check:
    """A check that the answer is the right number or array, to three digits or up to this share of
    it; `slips` are wrong values that people arrive at, or functions of the right one, with what
    each of them tells.

    >>> is_close()(0.1 + 0.2, 0.3), is_close()(0.4, 0.3)
    (None, '0.4 is not the value.')
    >>> is_close(slips=[(0.6, "It is twice that.")])(0.6, 0.3)
    '0.6 is not the value. It is twice that.'
    """
    def checked(answer: Any, model: Any) -> str | None:
        sizes = np.shape(model)
        asked = "a number" if not sizes else (
            f"a list of {sizes[0]} {'numbers' if len(sizes) == 1 else 'rows'}")
        try:
            value = np.asarray("" if isinstance(answer, (Variable, str)) else answer, dtype=float)
        except (TypeError, ValueError):
            return _without_value(answer, asked)
        right = np.asarray(model, dtype=float)
        exact, same = within or 1e-5, value.shape == right.shape
        if same and np.allclose(value, right, rtol=exact, atol=exact * 1e-3):
            return None
        wrong = [(slip(model) if callable(slip) else slip, words) for slip, words in slips]
        told = [words for slip, words in wrong if np.shape(slip) == value.shape
                and _alike(value, np.asarray(slip, dtype=float), within)]
        if not same:
            given = f"It has the shape {value.shape}" if value.ndim else "It is a number"
            return " ".join([f"{given}, and the answer is {asked}.", *told[:1]])
        if not told and _near(value, right, within).all():
            return None
        words = told[0] if told else (in_numbers([value], [right]) or shifted([value], [right])) \
            if right.ndim else None
        return f"{brief(value)} is not the value. {words}" if words else _wrong_numbers(
            value, right, within)
    return checked


def _without_value(answer: Any, asked: str) -> str:
    """What is told of an answer that is no number where one is asked for."""
    told, what = f"It is {kind(answer)}, and the answer is {asked}.", kind(answer)
    if isinstance(answer, Variable):
        return f"{told} " + (f"It has no value before {free([answer])[0]!r} has one." if
                             free([answer]) else "Its method eval() computes what it gives.")
    if what == "a complex number":
        return f"It is {what}, and the answer is real."
    if what in ("a compiled function", "a Python function"):
        return f"{told} What a call of it gives is a value."
    if isinstance(answer, (list, tuple)) and any(isinstance(v, Variable) for v in answer):
        return f"It is {what} with expressions in it, and the answer is {asked}."
    return told


def _near(value: Any, right: Any, within: float | None) -> Any:
    """Which numbers are right: up to this share, or else to three digits, unless they are whole."""
    exact = within or 1e-5
    size = np.where(right == 0, 1.0, abs(right))
    half = 0.5 * 10 ** (np.floor(np.log10(size)) - 2)
    enough = 0 if within else np.where(right == np.round(right), 0, half)
    return abs(value - right) <= np.maximum(exact * (abs(right) + 1e-3), enough)


def _alike(value: Any, slip: Any, within: float | None) -> bool:
    """Whether all numbers are those of a slip, nan and inf among them."""
    known = np.isfinite(slip)
    return bool(_near(value[known], slip[known], within).all()
                and np.array_equal(value[~known], slip[~known], equal_nan=True))


def _wrong_numbers(value: Any, right: Any, within: float | None) -> str:
    """Which number is wrong, and whether only its sign is."""
    wrong = np.flatnonzero(~_near(value, right, within))
    first = np.ravel(value)[wrong[0]]
    if len(set(right.flat)) == right.size > 1 and agree(np.sort(value), np.sort(right)):
        return f"{brief(value)} has the right numbers in another order."
    sign = np.isclose(first, -np.ravel(right)[wrong[0]])
    where = f" Number {wrong[0] + 1} of the {right.size}, {brief(first)}, is wrong." \
        if right.ndim else ""
    return f"{brief(value)} is not the value.{where}{' The sign is the wrong one.' * bool(sign)}"


def means(*slips: Slip, **points: Sequence[Any]) -> Check:
    """A check that an expression has the values of the right one at these points of its inputs.

    The inputs are found by name, and have the types of the question; the expression may be written
    in any way. `slips` are wrong formulas that people write, with what each of them tells.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> means(x=[1.0, 3.0])(x + x, 2 * x)
    >>> means(x=[1.0, 3.0])(x + 2, 2 * x)
    'At x = 1 it gives 3. It has a + where a × belongs.'
    """
    names = " and ".join(points)
    calls = list(zip(*points.values(), strict=True))

    def checked(answer: Any, model: Variable) -> str | None:
        if not isinstance(answer, Variable):
            value = f" {names} {'stays' if len(points) == 1 else 'stay'} a symbol in it."
            return (f"It is {kind(answer)}, and the answer is an expression of {names}."
                    + (COMPARED if isinstance(answer, bool) else
                       value if kind(answer) == "a number" else ""))
        asked = {str(v.name): v for v in free([model])}
        unknown = free([answer])
        if not unknown and "eq" in (node.op.name for node in every_node([model])):
            return f"It reads neither {' nor '.join(points)}.{COMPARED}"
        if len(points) == len(unknown) == 1 and unknown[0].name is None:
            inputs = dict(zip(points, unknown, strict=True))  # it cannot be another
        else:
            inputs = {str(v.name): v for v in unknown if v.name in points}
        if (strange := _strangers(unknown, inputs, asked, names)) is not None:
            return strange
        ones = [inputs.get(name, asked[name]) for name in points]
        right = Definition.of_expression([asked[name] for name in points], model)
        given = Definition.of_expression(ones, answer)
        return (compared(given, right, calls, list(points), slips=slips)
                or compared(given, right, fresh(calls), list(points)))
    return checked


def _strangers(unknown: list[Variable], inputs: Mapping[str, Variable],
               asked: Mapping[str, Variable], names: str) -> str | None:
    """What is wrong with the variables of an expression: others, twins, or another type."""
    known = set(inputs.values())
    for v in unknown:
        if v not in known and v.name in inputs:
            return (f"There are two variables called {v.name} in it. Make {v.name} once, in one "
                    "line, and use it in the whole answer.")
    others = [repr(v) for v in unknown if v not in known]
    if others:
        return f"It needs {', '.join(others)}, and the answer needs {names} alone."
    for name, v in inputs.items():
        if v.type != asked[name].type:
            return f"Its {name} is a {v.type}, and that of the question is a {asked[name].type}."
    return None


def no_derivative(answer: Variable, model: Any = None) -> str | None:
    """A check that nothing in an expression was differentiated: by `T.grad`, `T.jacobian`, `Rop` or
    another way, in the steps of a loop neither."""
    if any(node.origin is not None and node.origin.derived for node in every_node([answer])):
        return "Its values are right. It was made by T.grad, and here you are asked to do without."
    return None


def no_table(answer: Variable, model: Any = None) -> str | None:
    """A check that no matrix is made in an expression, in the steps of a loop neither."""
    if any(v.ndim > 1 for node in every_node([answer]) for v in node.outputs):
        return "Its values are right. It makes a table, and here you are asked to do without."
    return None


def only(*functions: str) -> Check:
    """A check that an expression uses operators and these functions, and no other."""
    def checked(answer: Variable, model: Any) -> str | None:
        ops = [v.owner.op for v in ancestors([answer]) if v.owner is not None]
        used = [getattr(op, "name", None) or type(op).__name__.lower() for op in ops]
        others = [name for name in used if name not in OPERATORS.union(functions)]
        if not others:
            return None
        *some, last = (f"T.{name}" for name in functions)
        asked = f"{', '.join(some)} and {last} are" if some else f"{last} is"
        return f"Its values are right. It uses {others[0]}, and only {asked} allowed."
    return checked


def finite_slope(*points: Any, same: Sequence[Any] = ()) -> Check:
    """A check that an expression has about the right value, and its sum a finite derivative, at
    these points; and the right derivative at those of `same`."""
    def checked(answer: Variable, model: Variable) -> str | None:
        ours, right = _with_slope(answer), _with_slope(model)
        with np.errstate(all="ignore"):
            for at in (*points, *same):
                value, slope = ours.called([(at,)])[0]
                asked, steep = right.called([(at,)])[0]
                if not np.allclose(value, asked, atol=0.01):
                    return (f"At {brief(at)} it gives {brief(value)}, and about "
                            f"{brief(np.round(asked, 3) + 0.0)} is right.")
                told = f"Its values are right, and its derivative at {brief(at)} is {brief(slope)}"
                if not np.isfinite(slope).all():
                    return f"{told}."
                if at in same and not np.allclose(slope, steep, rtol=1e-3, atol=1e-3):
                    return f"{told}, where {brief(np.round(steep, 3) + 0.0)} is right."
        return None
    return checked


def _with_slope(v: Variable) -> Definition:
    """An expression of one variable, and the derivative of its sum."""
    (of,) = free([v])
    both = [v, grad(v.sum(), of)]
    return Definition.of_expression([of], v)._replace(outputs=both, run=both)


def uses(function: str) -> Check:
    """A check that an expression has this function in it."""
    def checked(answer: Variable, model: Any) -> str | None:
        used = {v.owner.op.name for v in ancestors([answer]) if v.owner is not None}
        return None if function in used else (
            f"Its values are right. It does without {function}, and here {function} is asked for.")
    return checked


def of_functions(check: Callable[[Definition, Definition], str | None]) -> Check:
    """A check of the definitions of compiled functions; an answer that is none is told what it is.
    """
    def checked(answer: Any, model: Any) -> str | None:
        if not isinstance(answer, (Function, Definition)):
            return f"It is {kind(answer)}, and the answer is a compiled function."
        return check(*(f if isinstance(f, Definition) else Definition.of(f)
                       for f in (answer, model)))
    return checked


def does(*calls: Sequence[Any], slips: Slips = ()) -> Check:
    """A check that a compiled function, called like this in order, gives what the right one gives.

    It begins where the shared variables of the answer began. `slips` are wrong formulas of the
    arguments, with what each of them tells.
    """
    @of_functions
    def checked(found: Definition, right: Definition) -> str | None:
        # Who gave a variable its start by set_value is right as well, and who played with it after.
        starts = [None, found.now, *[found.start] * (len(found.shared) <= len(right.shared))]
        for start in starts:
            if same(found, right, calls, start):
                return compared(found, right, fresh(calls) * 2, start=start)
        return compared(found, right, calls, slips=slips)
    return checked


def follows(*changed: tuple[Any, Any], calls: Calls, what: str) -> Check:
    """A check that a function reads `what`, its shared variables, anew at each call: `changed` has
    for each what it starts at and what takes that place; then, and with numbers about those, the
    calls give what the right function gives."""
    starts = [np.asarray(start) for start, _ in changed]
    others = [np.asarray(other) for _, other in changed]

    @of_functions
    def checked(found: Definition, right: Definition) -> str | None:
        if not found.shared:
            return "Its output reads no shared variable."
        rng = np.random.default_rng()
        near = [other * rng.uniform(0.6, 1.4, other.shape) for other in others]
        ours, wrong = next(_begun(right, starts)), None
        for held in _begun(found, starts):
            wrong = _follows(found, held, right, ours, calls, others) or _follows(
                found, held, right, ours, calls, near)
            if wrong is None:
                return None
            there = {**found.begun, **dict(zip(held, others, strict=True))}
            stays = agree(found.called(calls), found.called(calls, there))
        told = " and ".join(map(brief, starts if wrong is None else others))
        if wrong is None:
            return f"Its output reads {found.shared[0]!r}, and nothing in it started as {told}."
        return (f"It does not follow {what}: with {told} in it, the same calls should give other "
                f"values. {wrong}" if stays else f"With {told} in {what} it is wrong. {wrong}")
    return checked


def _follows(found: Definition, held: Sequence[Variable], right: Definition,
             ours: Sequence[Variable], calls: Calls, others: Sequence[Any]) -> str | None:
    """What a function gives else than the right one, with other values in what they hold."""
    values = [np.asarray(other, v.dtype) for v, other in zip(held, others, strict=True)]
    state = {**right.start, **dict(zip(ours, values, strict=True))}
    model = right._replace(start=state, now=state)
    return compared(found, model, calls,
                     start={**found.begun, **dict(zip(held, values, strict=True))})


def _begun(d: Definition, starts: Sequence[Any]) -> Iterator[tuple[Variable, ...]]:
    """The variables of a function that began like this, or are so now; once for each way to tell
    which is which."""
    for held in permutations(d.start, len(starts)):
        if all(agree(d.start[v], start) or agree(d.now[v], start)
               for v, start in zip(held, starts, strict=True)):
            yield held


@of_functions
def takes(found: Definition, right: Definition) -> str | None:
    """A check that the arguments of a function have the types that the question asks for."""
    count = len(right.inputs)
    if len(found.inputs) != count:
        return (f"It takes {plural(len(found.inputs), 'argument')}, and "
                f"{count or 'none'} {wanted(count)} asked for.")
    for v, asked in zip(found.inputs, right.inputs, strict=True):
        if v.type != asked.type:
            return f"Its argument {v} is a {v.type}, and a {asked.type} is asked for."
    return None


def by_givens(formula: Callable[..., Any], *points: tuple[Any, ...]) -> Check:
    """A check that a function was compiled from this formula, and that all that stands in it was
    put in by givens: the output as it was written has these values at these points."""
    @of_functions
    def checked(found: Definition, right: Definition) -> str | None:
        output, count = found.outputs[0], len(points[0])
        unknown = [v for v in free([output]) if v not in found.inputs]
        if len(unknown) != count:
            names = " and ".join(map(repr, unknown)) or "nothing"
            return (f"Its values are right. It is written as {output!r}, and givens put in "
                    f"{names}: let givens put in all that the question says.")
        rest = {**found.begun, **{v: np.zeros((1,) * v.ndim, v.dtype) for v in found.inputs}}
        for order in permutations(unknown):
            given = [dict(zip(order, map(np.asarray, at), strict=True)) for at in points]
            if all(agree(interpret([output], {**rest, **values})[0], formula(*at))
                   for values, at in zip(given, points, strict=True)):
                return None
        return f"Its values are right. It is written as {output!r}: write what the question says."
    return checked


def enough(truth: Any, least: int) -> Check:
    """A check that so many of the labels that are handed in are true, and not every single one.

    >>> enough([3, 1, 4], 2)([3, 1, 0], None), enough([3, 1, 4], 2)([1, 1, 0], None)
    (None, '1 of 3 are right, and 2 are asked for.')
    """
    def checked(answer: Any, model: Any) -> str | None:
        labels = np.asarray(answer)
        if isinstance(answer, (Variable, str)) or labels.dtype.kind not in "iuf":
            return _without_value(answer, f"{len(truth)} numbers")
        if labels.shape != np.shape(truth):
            return f"It has the shape {labels.shape}, and the answer is {len(truth)} numbers."
        right = int((labels == truth).sum())
        if right == len(truth):
            return "Not one is wrong: are these the labels? Hand in what your network answers."
        return None if right >= least else (
            f"{right} of {len(truth)} are right, and {least} are asked for.")
    return checked


def same_type(answer: Any, model: Variable) -> str | None:
    """A check that the answer is a variable of the right one's dtype, pattern and name."""
    if isinstance(answer, TensorType):
        return f"It is the type {answer}: call it to make a variable."
    if not isinstance(answer, Variable):
        return f"It is {kind(answer)}, and the answer is a variable."
    if answer.type != model.type:
        wrong = "dtype" if answer.dtype != model.dtype else (
            "number of dimensions" if answer.ndim != model.ndim else "broadcastable pattern")
        return f"It is a {answer.type}: another {wrong} is asked for."
    if model.name is not None and answer.name != model.name:
        return f"Its name is {answer.name!r}." if answer.name else "It has no name."
    return None
