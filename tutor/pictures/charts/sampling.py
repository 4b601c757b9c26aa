"""Expressions at many places: which input goes along which axis, and the values there.

Comes before the plot. What varies may be an input or a shared variable, a scalar or, where the
expression is elementwise, a vector.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.compile.function import function
from tutor.core.errors import ArgumentError, BadValueError, DTypeError, TutorError
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs, rebuild
from tutor.formulas import brief
from tutor.misfits import describe

FIX = "Write tutor.plot(y, x=(-3, 3)), or tutor.plot(y, x, (-3, 3))."

LONGEST = 40  # characters of a formula that stands for a name

Array = NDArray[np.float64]


class Span(NamedTuple):
    """A variable, and the ends between which it varies."""

    variable: Variable
    low: float
    high: float

    @property
    def name(self) -> str:
        """The name of its axis."""
        return self.variable.name or "value"

    def places(self, count: int) -> Array:
        """So many places, evenly from one end to the other."""
        return np.linspace(self.low, self.high, count)


class Asked(NamedTuple):
    """What is drawn: expressions by name, spans of one variable or two, and the other values."""

    lines: dict[str, Variable]
    spans: list[Span]
    values: dict[Variable, Any]

    def over(self, outputs: Sequence[Variable]) -> tuple[list[Variable], list[Variable]]:
        """Inputs in the place of what varies, and then of what has a value, whatever they are; and
        outputs of these."""
        varying = [*(span.variable for span in self.spans), *self.values]
        inputs: list[Variable] = [TensorType(v.type.dtype, v.type.broadcastable)(v.name)
                                  for v in varying]
        return inputs, rebuild(list(outputs), dict(zip(varying, inputs, strict=True)))

    def at(self, outputs: Sequence[Variable], places: Sequence[Array]) -> Array:
        """The values of outputs, (outputs, n), where the variables have these values, (n,) each."""
        inputs, made = self.over(outputs)
        f = function(inputs, made, on_unused_input="ignore", no_default_updates=True,
                     allow_input_downcast=True)
        given, points = list(self.values.values()), np.array(places)
        found = np.full((len(outputs), points.shape[1]), np.nan)
        with np.errstate(all="ignore"):
            if inputs[0].ndim:
                found[:] = _elementwise(f, points[0], given)
                return found
            for i, point in enumerate(points.T.tolist()):
                found[:, i] = [float(value) for value in f(*point, *given)]
        return found


def by_variable(given: Sequence[Any]) -> dict[Any, Any]:
    """What varies, and what has a value: as dicts, or as a variable with an interval after it.

    >>> by_variable(["x", (-3, 3)]), by_variable([{"x": (-3, 3)}])
    ({'x': (-3, 3)}, {'x': (-3, 3)})
    """
    found: dict[Any, Any] = {}
    rest = list(given)
    while rest:
        first = rest.pop(0)
        if isinstance(first, Mapping):
            found |= first
        elif isinstance(first, (Variable, str)) and rest:
            found[first] = rest.pop(0)
        elif first is not None:
            raise ArgumentError("after the expression comes what varies, each with its interval, "
                                f"and there is {quoted(first)}.", fix=FIX)
    return found


def asked(y: Any, spans: Mapping[Any, Any], named: Mapping[str, Any]) -> Asked:
    """What is asked for, checked."""
    lines = _lines(y)
    inputs = [v for v in graph_inputs(lines.values()) if not isinstance(v, Constant)]
    found: list[Span] = []
    values: dict[Variable, Any] = {}
    for key, given in {**spans, **named}.items():
        v = _variable(key, inputs)
        if isinstance(given, tuple) or (isinstance(given, list) and v.type.ndim == 0):
            found.append(_span(v, given))
        else:
            values[v] = _value(v, given)
    _check_complete(inputs, found, values)
    return Asked(lines, found, values)


def _check_complete(inputs: Sequence[Variable], spans: Sequence[Span],
                    values: Mapping[Variable, Any]) -> None:
    """Check that there are one or two axes, and that every other input has a value."""
    varying = [span.variable for span in spans]
    if len(spans) > 2 or (len(spans) == 2 and any(v.type.ndim for v in varying)):
        names = ", ".join(str(v) for v in varying)
        raise ArgumentError(f"a plot has one input along its axis or two scalars in its plane, and "
                            f"{names} have intervals.", fix=f"Give {varying[-1]} a value.")
    missing = [v for v in inputs if not isinstance(v, SharedVariable)
               and v not in values and v not in varying]
    if missing and spans:
        v = missing[0]
        raise ArgumentError(f"{v} has neither an interval nor a value.",
                            where=((f"{v} made at", v.origin),),
                            fix=f"Give it an interval, {v}=(-3, 3), or a value, {v}=1.0.")
    if not spans:
        name = str(next(iter(missing or inputs), "x"))
        raise ArgumentError("no input has an interval, so there is no axis.",
                            fix=f"Write tutor.plot(y, {name}=(-3, 3)).")


def _lines(y: Any) -> dict[str, Variable]:
    """The expressions by name."""
    listed = list(y.items()) if isinstance(y, Mapping) else [
        (None, one) for one in (y if isinstance(y, (list, tuple)) else [y])]
    found: dict[str, Variable] = {}
    for name, one in listed:
        if not isinstance(one, Variable) or not isinstance(one.type, TensorType):
            raise DTypeError(f"an expression is plotted, and {describe(one)} is none.",
                             fix="Pass a variable, or several in a list or a dict from names.")
        if one.type.ndim > 1 or one.type.dtype.startswith("complex"):
            raise DTypeError(f"{quoted(one)} is {one.type}, and what is plotted is a real number "
                             "for each place.",
                             fix="Plot a scalar: an element, T.sum(…), T.mean(…).")
        called = name or one.name or brief(one, LONGEST)
        found[str(called) if called not in found else f"{called} ({len(found) + 1})"] = one
    if not found:
        raise ArgumentError("there is nothing to plot.", fix=FIX)
    return found


def _variable(key: Any, inputs: Sequence[Variable]) -> Variable:
    """The input that a key means: itself, or the one of that name."""
    named = [v for v in inputs if v is key or (isinstance(key, str) and v.name == key)]
    if len(named) == 1:
        return named[0]
    names = ", ".join(str(v) for v in inputs) or "nothing"
    what = f"several inputs are called {key}" if named else (
        f"the expression does not depend on {quoted(key)}")
    raise ArgumentError(f"{what}; it depends on {names}.", fix=FIX)


def _span(v: Variable, given: Any) -> Span:
    """The interval of an input."""
    try:
        low, high = (float(end) for end in given)
        good = low < high and math.isfinite(high - low)
    except (TypeError, ValueError):
        good = False
    if not good:
        raise BadValueError(f"{v} varies from one number up to a larger one, and got "
                            f"{quoted(given)}.", fix=f"Write {v}=(-3, 3).")
    if v.type.ndim > 1 or not v.type.dtype.startswith("float"):
        raise DTypeError(f"{v} is {v.type}: along an axis varies a real number.",
                         where=((f"{v} made at", v.origin),),
                         fix=f"Plot over a scalar, T.dscalar({str(v)!r}).")
    return Span(v, low, high)


def _value(v: Variable, given: Any) -> Any:
    """The value of an input that does not vary."""
    try:
        return v.type.filter(given, allow_downcast=True)
    except TutorError as problem:
        raise ArgumentError(f"the value of {v} {problem.what}", fix=problem.fix) from None


def _elementwise(f: Any, points: Array, given: list[Any]) -> Any:
    """The values at many places at once, checked to be those at each of them."""
    found = f(points, *given)
    some = f(points[::2], *given)
    for one, part in zip(found, some, strict=True):
        if np.shape(one) != points.shape or not np.allclose(one[::2], part, equal_nan=True):
            raise BadValueError("the expression is not elementwise, so it has no curve over a "
                                "vector: its value at a place depends on the others.",
                                fix='Plot it over a scalar: x = T.dscalar("x").')
    return found
