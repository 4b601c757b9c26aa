"""`scan`: a function of one step becomes a loop over sequences, with states carried on.
The loop is an op with the graph of one step inside; its gradient is a loop again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from tutor.core.arrays import shape
from tutor.core.elementwise import cast, minimum
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.function import converted, listed
from tutor.core.gradient import Backward, depending
from tutor.core.graph import Apply, Variable, apply, as_operands, as_tensor_variable, quoted
from tutor.core.op import Op, rebroadcast
from tutor.core.types import TensorType, promote
from tutor.core.variables import SharedVariable
from tutor.core.walk import closed, interpret, rebuild


class until:  # noqa: N801 - Theano's name
    """Returned by the function of a scan: the loop ends after the step in which this is true."""

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)


def scan(fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None,
         non_sequences: Any = None, n_steps: Any = None, truncate_gradient: int = -1,
         name: str | None = None) -> tuple[Any, dict[SharedVariable, Variable]]:
    """Repeat `fn` over the first dimension of `sequences`, carrying on earlier results.

    `fn` gets an element of each sequence, the earlier value of each result that has an initial
    value in `outputs_info` (None: it has none), and the `non_sequences`; it returns expressions,
    and perhaps a dict of updates and `until(condition)`. It runs as many steps as the shortest
    sequence has, or `n_steps`. Returns the results of all steps, stacked (one, or a list), and the
    updates for `function`. Raises `BadValueError` or `DTypeError` where the parts do not fit.

    >>> scan(lambda total: 2 * total, outputs_info=1, n_steps=3)[0].eval()
    array([2, 4, 8])
    """
    trace = Trace(sequences, outputs_info, non_sequences)
    trace.take(fn(*trace.slices, *trace.before.values(), *trace.constants))
    outputs = trace.looped(n_steps, truncate_gradient, name)
    return (outputs[0] if len(outputs) == 1 else outputs or None), trace.updates


class Trace:
    """A step, traced: what its function takes, what that is outside, and what it returned."""

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
        if isinstance(returned, Mapping):
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
            raise BadValueError(f"the function of scan returned {len(self.results)} results, and "
                                f"outputs_info has {len(self.starts)} entries.",
                                fix="Give one for each result, None where it is not carried on.")

    def fit(self) -> None:
        """Give new states the type of the earlier ones."""
        for i, like in self.before.items():
            result = self.results[i]
            if result.ndim != like.ndim or promote(result.dtype, like.dtype) != like.dtype:
                raise DTypeError(f"result number {i + 1} of scan starts as {like.type} and becomes "
                                 f"{result.type}: what is carried on keeps its type.",
                                 fix="Start with what a step returns.")
            self.results[i] = rebroadcast(cast(result, like.dtype), like.broadcastable)

    def looped(self, n_steps: Any, truncate: int, name: str | None) -> list[Variable]:
        """The results of all steps, by a loop over what was returned."""
        self.match()
        returned, steps = len(self.results), self.steps(n_steps)
        #: Expressions that were passed as constants: a step sees no further than these.
        passed = {v: v.type(v.name) for v in self.constants if v.owner is not None}
        carried = self.carry_shared(passed)
        self.fit()
        self.replace(passed | {v: self.before[i] for v, i in carried.items()})
        order = [*self.before, *[i for i in range(returned) if i not in self.before]]
        read = [*self.slices, *self.before.values()]
        step, constants = closed([*[self.results[i] for i in order], *self.ends], read)
        loop = Loop([*read, *constants], step, len(self.slices), [*self.keep.values()],
                    bool(self.ends), name, truncate, exact=n_steps is None)
        starts = [self.starts[i] for i in self.before]
        outer = rebuild([*constants.values()], {new: v for v, new in passed.items()})
        found = loop(steps, *self.sequences, *starts, *outer, return_list=True)
        by_number = dict(zip(order, found, strict=True))
        self.updates = {v: by_number[i] for v, i in carried.items()}
        return [by_number[i] for i in range(returned)]

    def steps(self, n_steps: Any) -> Variable:
        """How many steps: what was asked for, or as many as the shortest sequence has."""
        if n_steps is not None:
            return as_tensor_variable(n_steps)
        if not self.sequences:
            raise BadValueError("scan does not know how many steps to take.",
                                fix="Pass n_steps, or a sequence.")
        steps = reduce(minimum, [shape(v)[0] for v in self.sequences])
        if len(self.sequences) > 1:
            self.sequences = [v[:steps] for v in self.sequences]
        return steps

    def carry_shared(self, fixed: Mapping[Variable, Variable]) -> dict[SharedVariable, int]:
        """Carry on the shared variables that each step changes; by which number."""
        numbers = {}
        for v, new in self.updates.items():
            numbers[v] = i = len(self.results)
            self.results.append(converted(new, v, "updates"))
            self.starts.append(v)
            self.before[i], self.keep[i] = v.type(v.name), "last"
        return numbers


class Loop(Op):
    """A loop over `n_steps`; its node takes (n_steps, sequences, initial states, constants).

    A step reads `inputs`: an element of each sequence, each state before the step, the constants.
    It gives `outputs`: the new states, other results, and with `until` a bool that ends the loop.
    Of each state, `keep` says what comes back: "all" values, stacked as other results are, the
    "last" (of no step the initial one), or that of the last "step", of which there must be one.
    """

    name, doc = "scan", "An expression repeated over sequences and states."

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable], sequences: int,
                 keep: Sequence[str], until: bool = False, title: str | None = None,
                 truncate: int = -1, exact: bool = False) -> None:
        self.inputs, self.outputs = self.inner = list(inputs), list(outputs)
        self.sequences, self.keep, self.states = sequences, tuple(keep), len(keep)
        self.until, self.title, self.truncate = until, title, truncate
        self.exact = exact and not until  # it takes as many steps as each sequence has
        self.results = self.outputs[: len(self.outputs) - until]
        self.ends = self.outputs[len(self.results) :]
        self.stacked = [how == "all" for how in keep] + [True] * (len(self.results) - self.states)

    def remade(self, results: Sequence[Variable], keep: Sequence[str] | None = None) -> Loop:
        """The loop with other results of its steps, or other values kept."""
        return Loop(self.inputs, [*results, *self.ends], self.sequences, keep or self.keep,
                    self.until, self.title, self.truncate, self.exact)

    def make_node(self, *inputs: Variable) -> Apply:
        """The node; one output a result."""
        return apply(self, inputs, *[
            TensorType(v.dtype, (False, *v.broadcastable))
            if kept and isinstance(v.type, TensorType) else v.type
            for v, kept in zip(self.results, self.stacked, strict=True)])

    def formula(self, node: Any, arguments: Sequence[str]) -> str:
        return f"scan(…; {', '.join(arguments)})"

    def split(self, parts: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
        """What stands in the order of `inputs`: sequences, states, constants."""
        n, m = self.sequences, self.sequences + self.states
        return parts[:n], parts[n:m], parts[m:]

    def ready(self, n_steps: Any, sequences: Sequence[Any]) -> int:
        """The number of steps as an int, checked against the sequences."""
        n = int(n_steps)
        if n < 0:
            raise BadValueError(f"scan cannot take {n} steps.", fix="n_steps is 0 or more.")
        for i, s in enumerate(sequences, 1):
            if len(s) < n:
                raise BadValueError(f"scan was asked for {n} steps, and sequence number {i} has "
                                    f"{len(s)}.", fix="Pass a smaller n_steps, or leave it out.")
        if n == 0 and "step" in self.keep:
            raise IndexError("a loop that took no step has no last value.")
        return n

    def compute(self, node: Apply, operands: Sequence[Any]) -> list[Any]:
        """The results of the loop: its inner graph interpreted once a step."""
        sequences, states, constants = self.split(operands[1:])
        rows: list[list[Any]] = [[] for _ in self.results]
        for t in range(self.ready(operands[0], sequences)):
            read = [*[np.asarray(s[t]) for s in sequences], *states, *constants]
            values = interpret(self.outputs, dict(zip(self.inputs, read, strict=True)))
            states = values[: self.states]
            for i, value in enumerate(values[: len(rows)]):
                rows[i] += [value] * self.stacked[i]
            if any(map(bool, values[len(rows) :])):
                break
        return [states[i] if not kept else np.stack(rows[i]) if rows[i] else
                np.empty((0, *self.shapes(sequences, states, constants)[i]), self.results[i].dtype)
                for i, kept in enumerate(self.stacked)]

    def shapes(self, sequences: Any, states: Any, constants: Any) -> list[tuple[int, ...]]:
        """The shapes of what no step gave: those of a step over zeros, where one can be taken."""
        zeros = [np.zeros(np.shape(s)[1:], s.dtype) for s in map(np.asarray, sequences)]
        known = dict(zip(self.inputs, [*zeros, *states, *constants], strict=True))
        try:
            found = interpret(self.results[self.states :], known)
        except Exception:
            found = [np.empty((0,) * v.ndim) for v in self.results[self.states :]]
        return [*map(np.shape, states), *map(np.shape, found)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """A result depends on what its step depends on, through earlier states too."""
        states = self.split(self.inputs)[1]
        rows = [[False] * len(self.results)]
        for v in self.inputs:
            sources, before = {v}, 0
            while len(sources) > before:
                before, row = len(sources), depending(sources, self.results)
                sources.update([s for s, hit in zip(states, row, strict=False) if hit])
            rows.append(row)
        return rows

    def L_op(self, inputs: list[Variable], outputs: list[Variable], cotangents: list[Variable]
             ) -> list[Any]:
        return Backward(self, inputs, outputs).cotangents(cotangents)


def sequence(value: Any) -> Variable:
    """A variable that has a first dimension."""
    v = as_tensor_variable(value)
    if v.ndim == 0:
        raise DTypeError(f"{quoted(v)} is a scalar: scan goes over the first dimension of a "
                         "sequence.", where=(("made at", v.origin),),
                         fix="Pass it in non_sequences, or as a vector.")
    return v


def as_variable(value: Any) -> Variable:
    """Variables of any type as they are, values as constants (a Python float as floatX)."""
    return value if isinstance(value, Variable) else as_operands([value])[0]
