"""What an answer is held to: checks of its values, and of what the question asks for in words.

A check takes the answer and says what is wrong with it, or None when it is right. It works on a
copy of a function with shared variables of its own, so that it may be asked again and again, and
what the learner's functions and shared variables hold stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from types import FunctionType
from typing import Any

import numpy as np

from tutor.compile.function import Function, function
from tutor.graph import Constant, Variable, ancestors, graph_inputs
from tutor.ops.shared import SharedVariable
from tutor.types import TensorType, plural

Check = Callable[[Any], str | None]
#: What Python's operators build, and what only brings operands together.
OPERATORS = frozenset("add sub mul true_div neg pow reciprocal sqr cast dimshuffle".split())


def both(*checks: Check) -> Check:
    """A check that all of these pass: the first that does not says what is wrong."""
    def checked(answer: Any) -> str | None:
        return next((wrong for check in checks if (wrong := check(answer)) is not None), None)
    return checked


def kind(answer: Any) -> str:
    """What an answer is, in a word a learner uses.

    >>> kind(3.0), kind([1, 2]), kind("two")
    ('a number', 'a list', 'a string')
    """
    names: dict[Any, str] = {
        Variable: "a variable", Function: "a compiled function", TensorType: "a type",
        FunctionType: "a Python function", str: "a string", list: "a list", tuple: "a tuple",
        np.ndarray: "an array", (bool, int, float, complex, np.number): "a number"}
    found = (name for classes, name in names.items() if isinstance(answer, classes))
    return next(found, f"a {type(answer).__name__}")


def is_close(expected: Any) -> Check:
    """A check that the answer is this number or array, up to rounding.

    >>> is_close(0.3)(0.1 + 0.2), is_close(0.3)(0.4)
    (None, '0.4 is not the value.')
    """
    def checked(answer: Any) -> str | None:
        wanted = "a number" if np.ndim(expected) == 0 else "an array"
        try:
            value = np.asarray("" if isinstance(answer, (Variable, str)) else answer, dtype=float)
        except (TypeError, ValueError):
            return f"It is {kind(answer)}, and the answer is {wanted}."
        if value.shape != np.shape(expected):
            return f"It has the shape {value.shape}, and the answer is {wanted}."
        return None if np.allclose(value, expected) else f"{_brief(value)} is not the value."
    return checked


def means(formula: Callable[..., Any], **points: Sequence[Any]) -> Check:
    """A check that an expression has the values of `formula` at these points of its inputs.

    The inputs are doubles, found by name; the expression may be written in any way.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> means(lambda x: 2 * x, x=[1.0, 3.0])(x + x)
    >>> means(lambda x: 2 * x, x=[1.0, 3.0])(x * x)
    'At x = 1 it gives 1.'
    """
    names = " and ".join(points)

    def checked(answer: Any) -> str | None:
        if not isinstance(answer, Variable):
            return f"It is {kind(answer)}, and the answer is an expression of {names}."
        free = _free([answer])
        if len(points) == len(free) == 1 and free[0].name is None:
            inputs = dict(zip(points, free, strict=True))  # it cannot be another
        else:
            inputs = {v.name: v for v in free if v.name in points}
        strange = _strangers(free, inputs, points, names)
        if strange is not None:
            return strange
        value = function(list(inputs.values()), answer, no_default_updates=True)
        for at in zip(*points.values(), strict=True):
            here = dict(zip(points, at, strict=True))
            given = value(*[here[name] for name in inputs])
            if not _agree(given, formula(*at)):
                where = ", ".join(f"{name} = {_brief(v)}" for name, v in here.items())
                return f"At {where} it gives {_brief(given)}."
        return None
    return checked


def _strangers(free: list[Variable], inputs: Mapping[Any, Variable],
               points: Mapping[str, Sequence[Any]], names: str) -> str | None:
    """What is wrong with the variables of an expression: others, twins, or another type."""
    known = set(inputs.values())
    for v in free:
        if v not in known and v.name in inputs:
            return (f"There are two variables called {v.name} in it. Make {v.name} once, in one "
                    "line, and use it in the whole answer.")
    unknown = [repr(v) for v in free if v not in known]
    if unknown:
        return f"It needs {', '.join(unknown)}, and the answer needs {names} alone."
    for name, v in inputs.items():
        wanted = TensorType("float64", (False,) * np.ndim(points[name][0]))
        if v.type != wanted:
            return f"Its {name} is a {v.type}, and that of the question is a {wanted}."
    return None


def no_derivative(answer: Variable) -> str | None:
    """A check that `T.grad` has no part in an expression: it leaves a 1 of the cost's shape."""
    seeds = [v for v in ancestors([answer]) if isinstance(v, Constant) and v.like is not None]
    if any(getattr(v.like, "owner", None) is not None for v in seeds):
        return "Its values are right. It was made by T.grad, and here you are asked to do without."
    return None


def only(*functions: str) -> Check:
    """A check that an expression uses operators and these functions, and no other."""
    def checked(answer: Variable) -> str | None:
        ops = [v.owner.op for v in ancestors([answer]) if v.owner is not None]
        used = [getattr(op, "name", None) or type(op).__name__.lower() for op in ops]
        others = [name for name in used if name not in OPERATORS.union(functions)]
        if not others:
            return None
        asked = " and ".join(f"T.{name}" for name in functions)
        return f"Its values are right. It uses {others[0]}, and {asked} alone is asked for."
    return checked


def does(*calls: tuple[tuple[Any, ...], Any]) -> Check:
    """A check that a compiled function, called like this in order, gives these values.

    The copy that is called begins where the shared variables of the answer began.
    """
    def checked(answer: Any) -> str | None:
        if not isinstance(answer, Function):
            return f"It is {kind(answer)}, and the answer is a compiled function."
        used = answer.get_shared()
        wrong = _called(answer, {v: v.start for v in used if v.start is not None}, calls)
        if wrong is None or not used:
            return wrong
        # Who gave a variable its start by set_value is right as well.
        return wrong if _called(answer, {}, calls) is not None else None
    return checked


def follows(start: Any, other: Any, *calls: tuple[tuple[Any, ...], Any], what: str) -> Check:
    """A check that the output of a function reads `what`, a shared variable that starts at `start`,
    anew: with `other` in its place, the calls give these values."""
    begun = np.asarray(start)

    def checked(answer: Function) -> str | None:
        read = [v for v in ancestors(answer._request.run_outputs) if isinstance(v, SharedVariable)]
        if not read:
            return "Its output reads no shared variable."
        held = [v for v in read if any(_agree(value, begun) for value in (v.start, v.get_value()))]
        if not held:
            return f"Its output reads {read[0]!r}, which did not start as {_brief(begun)}."
        values = {v: v.start for v in answer.get_shared() if v.start is not None}
        wrong = _called(answer, {**values, held[0]: np.asarray(other, held[0].dtype)}, calls)
        return None if wrong is None else (
            f"It does not follow {what}: with {_brief(other)} in it, the same calls should give "
            f"other values. {wrong}")
    return checked


def takes(*ndims: int) -> Check:
    """A check that the arguments of a function are doubles with so many dimensions."""
    def checked(answer: Any) -> str | None:
        if not isinstance(answer, Function):
            return f"It is {kind(answer)}, and the answer is a compiled function."
        wanted = [TensorType("float64", (False,) * ndim) for ndim in ndims]
        if len(answer.inputs) != len(wanted):
            return (f"It takes {plural(len(answer.inputs), 'argument')}, and "
                    f"{len(wanted) or 'none'} {'is' if len(wanted) < 2 else 'are'} asked for.")
        for v, type_ in zip(answer.inputs, wanted, strict=True):
            if v.type != type_:
                return f"Its argument {v} is a {v.type}, and a {type_} is asked for."
        return None
    return checked


def by_givens(formula: Callable[..., Any], *points: tuple[Any, ...]) -> Check:
    """A check that a function was compiled from this formula, and that all that stands in it was
    put in by givens: the output as it was written has these values at these points."""
    def checked(answer: Function) -> str | None:
        output, count = answer.outputs[0], len(points[0])
        free = [v for v in _free([output]) if v not in answer.inputs]
        if len(free) != count:
            names = " and ".join(map(repr, free)) or "nothing"
            return (f"Its values are right. It is written as {output!r}, and givens put in "
                    f"{names}: let givens put in all that the question says.")
        for order in permutations(free):
            f = function([*order, *answer.inputs], output, on_unused_input="ignore",
                         no_default_updates=True)
            rest = [np.zeros((1,) * v.ndim, v.dtype) for v in answer.inputs]
            if all(_agree(f(*at, *rest), formula(*at)) for at in points):
                return None
        return f"Its values are right. It is written as {output!r}: write what the question says."
    return checked


def has_type(dtype: str, ndim: int, name: str | None = None,
             broadcastable: tuple[bool, ...] | None = None) -> Check:
    """A check that the answer is a variable of this dtype, dimensions, pattern and name."""
    pattern = (False,) * ndim if broadcastable is None else broadcastable

    def checked(answer: Any) -> str | None:
        if isinstance(answer, TensorType):
            return f"It is the type {answer}: call it to make a variable."
        if not isinstance(answer, Variable):
            return f"It is {kind(answer)}, and the answer is a variable."
        if answer.type != TensorType(dtype, pattern):
            return f"It is a {answer.type}."
        if name is not None and answer.name != name:
            return f"Its name is {answer.name!r}." if answer.name else "It has no name."
        return None
    return checked


def _free(outputs: list[Variable]) -> list[Variable]:
    """The variables without a value that expressions need."""
    return [v for v in graph_inputs(outputs) if not isinstance(v, (Constant, SharedVariable))]


def _called(answer: Function, values: Mapping[SharedVariable, Any],
            calls: Sequence[tuple[tuple[Any, ...], Any]]) -> str | None:
    """What is wrong with the results of a copy, whose shared variables begin with these values, and
    the others with those they have."""
    swap = {v: type(v)(v.name, v.type, np.copy(values[v]) if v in values else v.get_value())
            for v in answer.get_shared()}
    twin = answer.copy(swap=swap)
    for arguments, expected in calls:
        found = twin(*arguments)
        given = found[0] if answer.request.form is None else found
        if not _agree(given, expected):
            call = ", ".join(map(_brief, arguments))
            return f"Called with ({call}) it gives {_brief(given)}."
    return None


def _agree(given: Any, expected: Any) -> bool:
    if isinstance(expected, (list, tuple)):
        return (isinstance(given, (list, tuple)) and len(given) == len(expected)
                and all(map(_agree, given, expected)))
    return (not isinstance(given, (list, tuple, dict)) and np.shape(given) == np.shape(expected)
            and bool(np.allclose(given, expected)))


def _brief(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return f"[{', '.join(map(_brief, value))}]"
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{array.item():.6g}" if array.dtype.kind in "iuf" else str(array.item())
    text = np.array2string(array, precision=4, threshold=8, separator=", ")
    return " ".join(text.split())
