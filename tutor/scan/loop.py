"""The op of a loop: an inner graph, run once a step.

The inner graph takes slices of sequences, earlier values of states, and what stays the same; it
gives the new states and other results. A state keeps all its values (`history`) or only the last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tutor.config import change_flags
from tutor.errors import BadValueError
from tutor.graph import Apply, Op, Variable, apply
from tutor.types import TensorType, Type


class State(NamedTuple):
    """What a step reads of a state (`taps`: -1 is the step before), and whether all values stay."""

    taps: tuple[int, ...] = (-1,)
    history: bool = True

    @property
    def depth(self) -> int:
        """How many steps back the state is read."""
        return -min(self.taps)


class Loop(Op):
    """A loop over `n_steps`; its node takes (n_steps, sequences, initial states, constants).

    `inputs` are the inner variables: a slice of each sequence, each tap of each state, the
    constants; `outputs` the inner results: new states, other results, and with `until` a bool
    that ends the loop. An initial state holds `depth` rows; of a state without history it is the
    value itself. Results come back stacked along a new first dimension.
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
    ) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.sequences, self.states = sequences, tuple(states)
        self.options = title, truncate, mode
        self.until, self.title, self.truncate, self.mode = until, title, truncate, mode
        self.results = self.outputs[: len(self.outputs) - until]
        self.kept = [s.history for s in states] + [True] * (len(self.results) - len(states))

    def make_node(self, *inputs: Variable) -> Apply:
        """The node; one output a result."""
        types: list[Type] = []
        for v, kept in zip(self.results, self.kept, strict=True):
            stacked = kept and isinstance(v.type, TensorType)
            types.append(TensorType(v.dtype, (False, *v.broadcastable)) if stacked else v.type)
        return apply(self, list(inputs), *types)

    def label(self, node: Apply) -> str:
        return self.title or self.name

    def __str__(self) -> str:
        return f"{'do_while' if self.until else 'for'}{{cpu,{self.title or 'scan_fn'}}}"

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
        return n

    def L_op(
        self, inputs: list[Variable], outputs: list[Variable], cotangents: list[Variable]
    ) -> list[Any]:
        """A loop that runs backwards; see `backward.py`."""
        with change_flags(compute_test_value="off"):  # the values of a step are not known here
            return BACKWARD[0](self, inputs, outputs, cotangents)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] * len(node.outputs)] + [[True] * len(node.outputs) for _ in node.inputs[1:]]


BACKWARD: list[Callable[..., list[Any]]] = []  # filled by backward.py, which builds loops itself
