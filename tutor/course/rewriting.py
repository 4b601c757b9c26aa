"""Checks of answers about rewriting: how short a formula is, what a rule does, where one is false.

Comes after the checks of values. A rule is handed in as three strings (pattern, replacement,
licence), so that it can be kept in a file, and is tried out on an expression.

>>> false_at(lambda x: 1 / (1 / x), lambda x: x)([2.0], None), \
false_at(lambda x: 1 / (1 / x), lambda x: x)([0.0], None)
('There both of them give 2.', 'There both of them give 0.')
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tutor.compile.rules.engine import Rewriter
from tutor.compile.rules.own import checked
from tutor.compile.rules.patterns import ASSUMES, EXACT, ROUNDING, STABLE, Rule
from tutor.compile.rules.selection import Selection
from tutor.core.errors import BadValueError, plural
from tutor.core.graph import Variable
from tutor.core.walk import interpret, toposort
from tutor.course.answers import Check
from tutor.course.definition import free
from tutor.course.remarks import brief
from tutor.course.written import kind
from tutor.tensor import dscalar

LICENCES = (EXACT, ROUNDING, STABLE, ASSUMES)
MANY, FEW = 1e-12, 1e-10  # relative: more than rounding, and what a good formula may lose


def at_most(count: int) -> Check:
    """A check that an expression has so many operations at most."""
    def judged(answer: Variable, model: Any) -> str | None:
        found = len(toposort([answer]))
        return None if found <= count else (
            f"Its values are right. It has {plural(found, 'operation')}, and {count} are enough.")
    return judged


def exactly(*points: float) -> Check:
    """A check that an expression of one variable, as it is written, keeps its digits there.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> exactly(1e-9)(T.exp(x) - 1, T.expm1(x))
    'At x = 1e-09 it gives 1.00000008274e-09, and 1.0000000005e-09 is right: digits are lost.'
    """
    def judged(answer: Variable, model: Variable) -> str | None:
        (v,), (asked,) = free([answer]), free([model])
        for point in points:
            at = np.asarray(point)
            found, right = (float(interpret([made], {of: at})[0])
                            for made, of in ((answer, v), (model, asked)))
            if not np.isclose(found, right, rtol=FEW, atol=0):
                return (f"At {asked} = {point:.4g} it gives {found:.12g}, and {right:.12g} is "
                        "right: digits are lost.")
        return None
    return judged


def rule_for(formula: Callable[..., Variable], gone: str, licence: str,
             points: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> Check:
    """A check that a rule fits a formula, is true at these points, and leaves no operation called
    `gone`; where its licence is another one, it is told at which of the `others` it is false."""
    names = [*inspect.signature(formula).parameters]
    variables = [dscalar(name) for name in names]
    written = formula(*variables)

    def judged(answer: Any, model: Any) -> str | None:
        parts = list(answer) if isinstance(answer, (list, tuple)) else []
        if len(parts) != 3 or not all(isinstance(part, str) for part in parts):
            return f"It is {kind(answer)}, and the answer is a list of three strings."
        pattern, replacement, given = parts
        if given not in LICENCES:
            return f"{given!r} is no licence: there are {', '.join(LICENCES)}."
        try:
            rule = checked(Rule("yours", pattern, replacement, "", ASSUMES))
        except BadValueError as problem:
            said = str(problem).splitlines()[0]
            return f"{said[0].upper()}{said[1:]}"
        (new,) = Rewriter((), Selection([rule])).run([written])
        if new is written:
            if any(letter.isupper() for letter in pattern):
                return "In a pattern the letters that stand for anything are small."
            return f"It does not fit {written!r}: its pattern is about something else."
        wrong = _false_where(new, written, variables, points)
        if wrong is not None:
            return f"It makes {new!r} of {written!r}. {wrong}."
        if any(node.op.name == gone for node in toposort([new])):
            return f"It makes {new!r} of {written!r}, and the {gone} is still there."
        if given == licence:
            return None
        wrong = _false_where(new, written, variables, others)
        return f"It makes {new!r} of {written!r}. {wrong}: which licence allows that?"
    return judged


def _false_where(new: Variable, written: Variable, variables: Sequence[Variable],
                 points: Sequence[Sequence[float]]) -> str | None:
    """The first of these points at which two expressions differ, and their values there."""
    for point in points:
        values = dict(zip(variables, map(np.asarray, point), strict=True))
        with np.errstate(all="ignore"):
            made, right = (float(interpret([v], values)[0]) for v in (new, written))
        if not np.isclose(made, right, equal_nan=True):
            where = " and ".join(f"{v} = {value:g}" for v, value in
                                 zip(variables, point, strict=True))
            return f"At {where} that is {brief(made)}, and it should be {brief(right)}"
    return None


def false_at(before: Callable[..., Any], after: Callable[..., Any]) -> Check:
    """A check that two formulas that are said to be equal differ at the numbers handed in."""
    count = len(inspect.signature(before).parameters)

    def judged(answer: Any, model: Any) -> str | None:
        try:
            numbers = np.asarray("" if isinstance(answer, Variable) else answer, dtype=float)
        except (TypeError, ValueError):
            numbers = np.asarray(np.nan)
        if numbers.shape != (count,) or not np.isfinite(numbers).all():
            return f"The answer is a list of {plural(count, 'finite number')}."
        with np.errstate(all="ignore"):
            there, here = (float(formula(*numbers)) for formula in (before, after))
        if not np.isclose(there, here, rtol=MANY, atol=0, equal_nan=True):
            return None
        return f"There both of them give {brief(there)}."
    return judged
