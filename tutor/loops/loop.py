"""The op of a loop: an inner graph, run once a step.

The inner graph takes slices of sequences, earlier values of states, and what stays the same; it
gives the new states and other results. A state keeps all its values (`history`) or only the last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.config import change_flags
from tutor.core.errors import BadValueError
from tutor.core.graph import Apply, Variable, apply
from tutor.core.op import Notation, Op
from tutor.core.types import TensorType, Type
from tutor.core.walk import interpret, toposort


class State(NamedTuple):
    """What a step reads of a state (`taps`: -1 is the step before), and whether all values stay.

    Of a state that does not, `stepped` says whether what stays must come of a step.
    """

    taps: tuple[int, ...] = (-1,)
    history: bool = True
    stepped: bool = False

    @property
    def depth(self) -> int:
        """How many steps back the state is read."""
        return -min(self.taps)


class Loop(Op):
    """A loop over `n_steps`; its node takes (n_steps, sequences, initial states, constants).

    `inputs` are the inner variables: a slice of each sequence, each tap of each state, the
    constants; `outputs` the inner results: new states, other results, and with `until` a bool
    that ends the loop. An initial state holds `depth` rows; of a state without history and of
    depth 1 it is the value itself. Results come back stacked along a new first dimension.
    """

    name, doc = "scan", "An expression repeated over sequences and states."

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        sequences: int,
        states: Sequence[State],
        until: bool = False,
        title: str | None = None,
        truncate: int = -1,
        mode: Any = None,
        exact: bool = False,
    ) -> None:
        self.inputs, self.outputs = self.inner = list(inputs), list(outputs)
        self.sequences, self.states = sequences, tuple(states)
        self._structure: tuple[Any, ...] | None = None
        self.options = title, truncate, mode, exact
        self.until, self.title, self.truncate, self.mode = until, title, truncate, mode
        self.exact = exact and not until  # it takes as many steps as each sequence has
        self.results = self.outputs[: len(self.outputs) - until]
        self.ends = self.outputs[len(self.results) :]
        self.kept = [s.history for s in states] + [True] * (len(self.results) - len(states))

    def joined(self, others: Sequence[Loop]) -> Loop:
        """The loop with the results of others too, which take the same steps."""
        n = len(self.states)
        plain = dict.fromkeys([v for loop in (self, *others) for v in loop.results[n:]])
        outputs = [*self.results[:n], *plain, *self.ends]
        return Loop(self.inputs, outputs, self.sequences, self.states, self.until, *self.options)

    def place_of(self, result: int, other: Loop) -> int:
        """Where a result of another loop is among those of the loop that it joined."""
        n = len(self.states)
        return result if result < n else n + self.results[n:].index(other.results[result])

    def structure(self) -> tuple[Any, ...]:
        """What two loops share exactly when they do the same: the inner graph, in numbers."""
        if self._structure is None:
            number: dict[Any, Any] = {v: (i, v.type) for i, v in enumerate(self.inputs)}
            rows = []
            for i, node in enumerate(toposort(self.outputs)):
                rows.append((node.op, *[number.get(v) or _signature(v) for v in node.inputs]))
                number.update({v: (i, k, "out") for k, v in enumerate(node.outputs)})
            ends = tuple(number.get(v) or _signature(v) for v in self.outputs)
            shape = (self.sequences, self.states, self.until, len(self.inputs))
            self._structure = (*shape, *rows, ends, *self.options)
        return self._structure

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Loop) and self.structure() == other.structure())

    def __hash__(self) -> int:
        return hash(self.structure())

    def make_node(self, *inputs: Variable) -> Apply:
        """The node; one output a result."""
        types: list[Type] = []
        for v, kept in zip(self.results, self.kept, strict=True):
            stacked = kept and isinstance(v.type, TensorType)
            types.append(TensorType(v.dtype, (False, *v.broadcastable)) if stacked else v.type)
        return apply(self, list(inputs), *types)

    def notation(self, node: Apply) -> Notation:
        given = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
        name = "scan_until" if self.until else "scan"
        latex = rf"\operatorname{{{{{name.replace('_', ' ')}}}}}"
        return Notation(f"{name}({{step}}; {given})", rf"{latex}\left({{step}}; {given}\right)")

    def label(self, node: Apply) -> str:
        return self.title or self.name

    def taps(self) -> list[tuple[int, int]]:
        """The inner inputs that are states: (number of the state, tap)."""
        return [(i, tap) for i, state in enumerate(self.states) for tap in state.taps]

    def ready(self, n_steps: Any, sequences: Sequence[Any]) -> int:
        """The number of steps as an int, checked against the sequences."""
        n = int(n_steps)
        for i, s in enumerate(sequences):
            if len(s) < n:
                raise BadValueError(
                    f"scan was asked for {n} steps, and sequence number {i + 1} has {len(s)}.",
                    fix="Pass a smaller n_steps, or leave it out.",
                )
        if n < 0:
            raise BadValueError(f"scan cannot take {n} steps.", fix="n_steps is 0 or more.")
        if n == 0 and any(state.stepped for state in self.states):
            raise IndexError("a loop that took no step has no last value.")
        return n

    def compute(self, node: Apply, operands: Sequence[Any]) -> list[Any]:
        """The results of the loop: its inner graph interpreted once a step."""
        n_steps, *values = operands
        m, n = self.sequences, len(self.states)
        sequences, initial, constants = values[:m], values[m : m + n], values[m + n :]
        steps = self.ready(n_steps, sequences)
        past = [list(value) if s.history or s.depth > 1 else [value]
                for s, value in zip(self.states, initial, strict=True)]
        starts = [len(rows) for rows in past]
        kept: list[list[Any]] = [*past, *[[] for _ in self.results[n:]]]
        for t in range(steps):
            reads = [past[i][starts[i] + t + tap] for i, tap in self.taps()]
            elements = [np.asarray(s[t]) for s in sequences]
            found = interpret(self.outputs, dict(zip(self.inputs, [*elements, *reads, *constants],
                                                     strict=True)))
            for rows, value in zip(kept, found, strict=False):
                rows.append(value)
            if any(map(bool, found[len(self.results) :])):
                break
        results = []
        for i, (v, rows, whole) in enumerate(zip(self.results, kept, self.kept, strict=True)):
            rows = rows[starts[i] :] if i < n and whole else rows
            shape = initial[i].shape[1:] if i < n and whole else (0,) * getattr(v, "ndim", 0)
            results.append(rows[-1] if not whole else np.stack(rows) if rows else
                           np.empty((0, *shape), v.dtype))
        return results

    def last_values(self, node: Apply) -> list[Variable]:
        """The results after the last step; of no step, what a state started from."""
        n, inputs = len(self.states), [*node.inputs]
        ends = [i for i, s in enumerate(self.states) if s.history and s.depth == 1]
        for i in ends:
            inputs[1 + self.sequences + i] = inputs[1 + self.sequences + i][0]
        states = [State(s.taps, s.history and i not in ends) for i, s in enumerate(self.states)]
        loop = Loop(self.inputs, self.outputs, self.sequences, states, self.until, *self.options)
        found = loop.make_node(*inputs).outputs
        return [v if i < n and not states[i].history else v[-1] for i, v in enumerate(found)]

    def L_op(
        self, inputs: list[Variable], outputs: list[Variable], cotangents: list[Variable]
    ) -> list[Any]:
        """A loop that runs backwards; see `backward.py`."""
        with change_flags(compute_test_value="off"):  # the values of a step are not known here
            return BACKWARD[0](self, inputs, outputs, cotangents)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """A result depends on what its step depends on, through earlier states too."""
        first, n = 1 + self.sequences, len(self.states)
        outer = [*range(1, first), *[first + i for i, _ in self.taps()]]
        outer += range(first + n, first + n + len(self.inputs) - len(outer))
        reached: dict[Variable, set[int]] = {
            v: {i} for v, i in zip(self.inputs, outer, strict=True)
        }
        for inner in toposort(self.outputs):
            pattern = inner.op.connection_pattern(inner)
            for k, v in enumerate(inner.outputs):
                rows = [u for u, row in zip(inner.inputs, pattern, strict=True) if row[k]]
                reached[v] = set().union(*[reached.get(u, set()) for u in rows])
        found = [reached.get(v, set()) for v in self.results]
        for _ in range(n):
            for places in found:
                for i in [i - first for i in places if first <= i < first + n]:
                    places |= found[i]
        return [[i in places for places in found] for i in range(len(node.inputs))]


BACKWARD: list[Callable[..., list[Any]]] = []  # filled by backward.py, which builds loops itself


def _signature(v: Any) -> Any:
    """What tells a constant of an inner graph from others."""
    return v.signature()
