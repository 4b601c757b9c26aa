"""What an answer computes, apart from any program: inputs, outputs, updates, initial state.

Comes before the checks. A compiled function, an expression, and what was read from a file become
a `Definition`, which is run node by node: at the points of a key, and at `fresh` ones.

>>> import tutor, tutor.tensor as T; c = tutor.shared(1.0, "c")
>>> Definition.of(tutor.function([], c, updates={c: c * 3})).called([(), ()])
[[array(1.)], [array(3.)]]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.function import Function
from tutor.core.errors import ArgumentError, plural
from tutor.core.graph import Constant, Variable
from tutor.core.walk import graph_inputs, interpret
from tutor.ops.shared import SharedVariable

Calls = Sequence[Sequence[Any]]


class Definition(NamedTuple):
    """A function as it was asked for: `outputs` as they were written, `run` with givens in place.

    `updates` are the new values of shared variables and of inputs that keep one; `start` is what
    these began with, `now` what they hold. `form` is None for a single output, else a list's or a
    dict's.
    """

    inputs: list[Variable]
    outputs: list[Variable]
    run: list[Variable]
    updates: dict[Variable, Variable]
    start: dict[Variable, Any]
    now: dict[Variable, Any]
    form: Any = None

    @classmethod
    def of(cls, f: Function) -> Definition:
        """The definition of a compiled function."""
        request = f.request
        kept = [a for a in request.arguments if a.value is not None]
        now = {a.variable: a.variable.type.filter(a.value) for a in kept if not a.implicit}
        start = dict(now)
        for v in f.get_shared():
            now[v] = v.get_value()
            first = getattr(v, "start", None)
            start[v] = now[v] if first is None else first
        inputs = [a.variable for a in request.arguments if a not in kept]
        run = request.run
        return cls(inputs, request.written.outputs, run.outputs, {**run.updates, **run.states},
                   start, now, request.form)

    @classmethod
    def of_expression(cls, inputs: Sequence[Variable], v: Variable) -> Definition:
        """The definition of an expression as a function of these inputs."""
        now: dict[Variable, Any] = {
            u: u.get_value() for u in graph_inputs([v]) if isinstance(u, SharedVariable)}
        return cls(list(inputs), [v], [v], {}, now, now)

    def called(self, calls: Sequence[Sequence[Any]], start: Mapping[Variable, Any] | None = None
               ) -> list[list[Any]]:
        """The outputs of these calls in order, from the first state or from this one."""
        state, results = dict(self.begun if start is None else start), []
        for arguments in calls:
            if len(arguments) != len(self.inputs):
                raise ArgumentError(f"it takes {plural(len(self.inputs), 'argument')}, and "
                                    f"{len(arguments) or 'none'} {wanted(len(arguments))} asked "
                                    "for.", fix="Change the list of inputs.")
            given = {v: v.type.filter(value) for v, value in zip(self.inputs, arguments,
                                                                 strict=True)}
            found = interpret([*self.run, *self.updates.values()], {**state, **given})
            results.append(found[:len(self.run)])
            state.update(zip(self.updates, found[len(self.run):], strict=True))
        return results

    @property
    def begun(self) -> dict[Variable, Any]:
        """The state of a first call: what it updates as it started, the rest as it is now."""
        return {**self.now, **{v: self.start[v] for v in self.updates if v in self.start}}

    @property
    def shared(self) -> list[Variable]:
        """The shared variables that the outputs read."""
        return [v for v in graph_inputs(self.run) if isinstance(v, SharedVariable)]


def wanted(count: int) -> str:
    """The verb for so many arguments."""
    return "is" if count < 2 else "are"


def free(outputs: Sequence[Variable]) -> list[Variable]:
    """The variables without a value that expressions need."""
    return [v for v in graph_inputs(outputs) if not isinstance(v, (Constant, SharedVariable))]


def fresh(calls: Calls) -> list[tuple[Any, ...]]:
    """Other arguments for these calls, which nobody has read beforehand: a table of right values at
    the points of a key is no answer.

    They keep what the question says of its data: rows that add up to 1 do so still, whole numbers
    stay those numbers, and what is listed bounds what is drawn.

    >>> sorted(fresh([(1, 0.5), (2, 0.5)]))
    [(1, 0.5), (2, 0.5)]
    """
    rng = np.random.default_rng()
    columns = [mixed([*values], rng) for values in zip(*calls, strict=True)]
    return [*zip(*columns, strict=True)] if columns else [() for _ in calls]


def mixed(listed: list[Any], rng: np.random.Generator) -> list[Any]:
    """Other values for those that an argument has in these calls.

    Whole numbers change places; others are mixed, numbers with each other, arrays with themselves.
    """
    arrays = [np.asarray(value) for value in listed]
    numbers = np.concatenate([np.ravel(a) for a in arrays])
    if not np.isfinite(numbers).all():
        return listed
    whole = bool((numbers == np.round(numbers)).all())
    if not any(a.ndim for a in arrays):
        found = rng.permutation(numbers) if whole else rng.uniform(
            numbers.min(), numbers.max(), len(listed))
        return list(found.tolist())
    moved = [rng.permuted(a, axis=-1) if a.ndim else a for a in arrays]
    if whole:
        return moved
    return [a + rng.uniform(0.1, 0.9) * (b - a) for a, b in zip(arrays, moved, strict=True)]
