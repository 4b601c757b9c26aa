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
from tutor.course.remarks import brief
from tutor.course.written import kind
from tutor.tensor import dscalar

LICENCES = (EXACT, ROUNDING, STABLE, ASSUMES)


def at_most(count: int) -> Check:
    """A check that an expression has so many operations at most."""
    def judged(answer: Variable, model: Any) -> str | None:
        found = len(toposort([answer]))
        return None if found <= count else (
            f"Its values are right. It has {plural(found, 'operation')}, and {count} are enough.")
    return judged


def rule_for(formula: Callable[..., Variable], gone: str, licence: str, doubt: str,
             points: Sequence[Sequence[float]]) -> Check:
    """A check that a rule fits a formula, is true at these points, and leaves no operation called
    `gone`; `doubt` is said where its licence is another."""
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
            return f"It does not fit {written!r}: its pattern is about something else."
        for point in points:
            values = dict(zip(variables, map(np.asarray, point), strict=True))
            made, right = (float(interpret([v], values)[0]) for v in (new, written))
            if not np.isclose(made, right):
                where = " and ".join(f"{name} = {value:g}" for name, value in
                                     zip(names, point, strict=True))
                return (f"It makes {new!r} of {written!r}. At {where} that is {brief(made)}, and "
                        f"it should be {brief(right)}.")
        if any(node.op.name == gone for node in toposort([new])):
            return f"It makes {new!r} of {written!r}, and the {gone} is still there."
        return None if given == licence else doubt
    return judged


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
        if not np.isclose(there, here, rtol=1e-9, atol=1e-12, equal_nan=True):
            return None
        return f"There both of them give {brief(there)}."
    return judged
