"""`scan`: a function of one step becomes a loop over sequences, with states carried on.

>>> import tutor.core as T
>>> a, k = T.dscalar("a"), T.lscalar("k")
>>> powers, _ = scan(lambda before, a: before * a, outputs_info=1.0, non_sequences=a, n_steps=k)
>>> T.grad(powers[-1], a).eval({a: 2.0, k: 3})
array(12.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import cast, minimum
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.function import converted
from tutor.core.graph import Constant, Variable, as_tensor_variable, quoted, weak
from tutor.core.loop import Loop, changing
from tutor.core.op import rebroadcast
from tutor.core.types import TensorType, promote
from tutor.core.variables import SharedVariable
from tutor.core.walk import ancestors, rebuild


class until:  # noqa: N801 - Theano's name
    """Returned by the function of a scan: the loop ends after the step in which this is true."""

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)


class StateTypeError(DTypeError, ValueError):
    """What is carried on from step to step becomes another type."""


def scan(fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None,
         non_sequences: Any = None, n_steps: Any = None, truncate_gradient: int = -1,
         name: str | None = None) -> tuple[Any, dict[SharedVariable, Variable]]:
    """Repeat `fn` over the first dimension of `sequences`, carrying on earlier results.

    `fn` gets an element of each sequence, the earlier value of each result that has an initial
    value in `outputs_info` (None for one that is not carried on), and the `non_sequences`. It
    returns expressions, and perhaps a dict of updates and `until(condition)`. It runs as many steps
    as the shortest sequence has, or `n_steps`.

    Returns the results of all steps, stacked (one variable, or a list of several), and the updates
    to pass on to `function`. Raises `BadValueError` and `DTypeError` where the parts do not fit.

    >>> scan(lambda total: 2 * total, outputs_info=1, n_steps=3)[0].eval()
    array([2, 4, 8])
    """
    trace = Trace(sequences, outputs_info, non_sequences)
    trace.take(fn(*trace.slices, *trace.before.values(), *trace.constants))
    outputs = trace.outputs(n_steps, truncate_gradient, name)
    return (outputs[0] if len(outputs) == 1 else outputs or None), trace.updates


class Trace:
    """A step, traced: what its function takes, beside what that is outside of the loop, and what it
    returned."""

    def __init__(self, sequences: Any, outputs_info: Any, non_sequences: Any) -> None:
        self.sequences = [*map(sequence, listed(sequences))]
        self.starts = [v if v is None else as_variable(v) for v in listed(outputs_info)]
        self.constants = [*map(as_variable, listed(non_sequences))]
        self.slices = [TensorType(v.dtype, v.broadcastable[1:])(v.name and f"{v.name}[t]")
                       for v in self.sequences]
        #: What is carried on, by the number of the result.
        self.before = {i: v.type(v.name and f"{v.name}[t-1]")
                       for i, v in enumerate(self.starts) if v is not None}
        self.keep = dict.fromkeys(self.before, "all")
        self.results: list[Variable] = []
        self.updates: dict[SharedVariable, Any] = {}
        self.ends: list[Variable] = []

    def take(self, returned: Any) -> None:
        """Sort what the function returned."""
        if isinstance(returned, Mapping) or are_updates(returned):
            self.updates.update(returned)
        elif isinstance(returned, (list, tuple)):
            for part in returned:
                self.take(part)
        elif isinstance(returned, until):
            self.ends = [returned.condition]
        elif returned is not None:
            self.results.append(as_variable(returned))

    def replace(self, replace: Mapping[Any, Variable]) -> None:
        """Put variables in the place of others in all that was returned."""
        found, n = rebuild([*self.results, *self.ends], replace), len(self.results)
        self.results, self.ends = found[:n], found[n:]

    def match(self) -> None:
        """See to it that there is one entry of outputs_info for each result."""
        self.starts = self.starts or [None] * len(self.results)
        if len(self.starts) != len(self.results):
            raise BadValueError(
                f"the function of scan returned {len(self.results)} results, and outputs_info has "
                f"{len(self.starts)} entries.",
                fix="Give one entry for each result; None for one that is not carried on.")

    def fit(self) -> None:
        """Give new states the type of the earlier ones; a looser broadcast pattern goes inside."""
        for i, like in self.before.items():
            result, start = self.results[i], self.starts[i]
            if start is None or not isinstance(like.type, TensorType):
                continue
            if result.ndim != like.ndim or promote(result.dtype, like.dtype) != like.dtype:
                raise self.error(i, start, result)
            loose = [a and b for a, b in zip(result.broadcastable, like.broadcastable, strict=True)]
            if loose != [*like.broadcastable]:
                self.before[i] = TensorType(like.dtype, loose)(like.name)
                self.replace({like: self.before[i]})
                self.starts[i] = rebroadcast(start, loose)
            self.results[i] = rebroadcast(cast(self.results[i], like.dtype), loose)

    def error(self, i: int, start: Variable, result: Variable) -> StateTypeError:
        """The error for a state that changes its type."""
        like = self.before[i]
        return StateTypeError(
            f"result number {i + 1} of scan starts as {like.type} and becomes {result.type}: what "
            "is carried on keeps its type.",
            where=(("initial made at", start.origin), ("a step makes it at", result.origin)),
            fix=f"Start with a {described(result)}, as a step returns one; or let it return a "
            f"{described(like)}. A result that no step reads has None in outputs_info.")

    def outputs(self, n_steps: Any, truncate: int, name: str | None) -> list[Variable]:
        """The results of all steps, by a loop over what was returned."""
        self.match()
        n, steps = len(self.results), self.steps(n_steps)
        fixed = {v: v.type(v.name) for v in self.constants if v.owner is not None}
        shared = self.shared(fixed)
        self.fit()
        self.replace(fixed | {s: self.before[i] for s, i in shared.items()})
        order = [*self.before, *[i for i in range(n) if i not in self.before]]
        own = [*self.slices, *self.before.values()]
        inner, outside = closed([*[self.results[i] for i in order], *self.ends], own)
        loop = Loop([*own, *outside], inner, len(self.slices), [*self.keep.values()],
                    bool(self.ends), name, truncate, n_steps is None)
        outer = rebuild([*outside.values()], {new: v for v, new in fixed.items()})
        made = loop(steps, *self.sequences, *[self.starts[i] for i in self.before], *outer,
                    return_list=True)
        found = dict(zip(order, made, strict=True))
        self.updates = {s: found[i] for s, i in shared.items()}
        return [found[i] for i in range(n)]

    def steps(self, n_steps: Any) -> Variable:
        """How many steps: what was asked for, or the length of the shortest sequence, and then the
        others are as long."""
        if n_steps is not None:
            steps = as_tensor_variable(n_steps)
            if steps.ndim or steps.dtype.startswith(("float", "complex")):
                raise DTypeError(
                    f"n_steps is an integer scalar, and {quoted(steps)} is {steps.type}.",
                    fix="T.cast(n, 'int64').")
            return steps
        if not self.sequences:
            raise BadValueError("scan does not know how many steps to take.",
                                fix="Pass n_steps, or a sequence.")
        steps = reduce(minimum, [shape_of(v)[0] for v in self.sequences])
        if len(self.sequences) > 1:
            self.sequences = [v[:steps] for v in self.sequences]
        return steps

    def shared(self, fixed: Mapping[Variable, Variable]) -> dict[SharedVariable, int]:
        """Carry on the shared variables that each step changes; by which number."""
        news = map(as_variable, self.updates.values())
        for v in ancestors([*self.results, *self.ends, *news], stop=fixed):
            if isinstance(v, SharedVariable) and hasattr(v, "default_update"):
                self.updates.setdefault(v, v.default_update)
        numbers = {}
        for v, new in self.updates.items():
            numbers[v] = i = len(self.results)
            self.results.append(converted(new, v))
            self.starts.append(v)
            self.before[i], self.keep[i] = v.type(v.name), "last"
        return numbers


def closed(results: Sequence[Variable], own: Sequence[Variable]
           ) -> tuple[list[Variable], dict[Variable, Variable]]:
    """The graph of a step closed: what is the same in every step is computed outside.

    Returns the results over inner variables, and the outer expression of each new one.
    """
    differing, nodes = changing(own, results), ancestors(results)
    used = {u for v in nodes if v in differing and v.owner is not None for u in v.owner.inputs}
    inner = {v: v.type(v.name) for v in nodes if (v in used or v in results)
             and v not in differing and not isinstance(v, Constant)}
    return rebuild(results, inner), {new: v for v, new in inner.items()}


def sequence(value: Any) -> Variable:
    """A variable that has a first dimension."""
    v = as_tensor_variable(value)
    if v.ndim == 0:
        raise DTypeError(
            f"{quoted(v)} is a scalar: scan goes over the first dimension of a sequence.",
            where=(("made at", v.origin),), fix="Pass it in non_sequences, or as a vector.")
    return v


def described(v: Any) -> str:
    """The type of a variable in two words."""
    return f"{v.dtype} {v.type.shape_name}"


def are_updates(part: Any) -> bool:
    """Whether these are updates, given as a list of pairs."""
    return isinstance(part, (list, tuple)) and bool(part) and all(
        isinstance(p, (list, tuple)) and len(p) == 2 and isinstance(p[0], SharedVariable)
        for p in part)


def as_variable(value: Any) -> Variable:
    """Variables of any type as they are, values as constants (a Python float as floatX)."""
    return value if isinstance(value, Variable) else weak([value])[0]


def listed(value: Any) -> list[Any]:
    """An argument that may be one thing, several, or none, as a list."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
