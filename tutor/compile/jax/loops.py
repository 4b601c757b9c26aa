"""Loops as `jax.lax.scan`. What a step reads of sequences that are turned round, or a cheap
expression of others, is read where it is and computed in the step: there XLA fuses it, and no pass
over memory comes before the loop.

Comes before the program, whose lines call the functions made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from tutor.compile.jax.names import NotTraceableError, as_jax, host, is_traced, on_jax
from tutor.compile.rules.loops import REVERSED
from tutor.core.arrays import dimshuffle
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.indexing import Subtensor
from tutor.core.scan import Loop
from tutor.core.types import TensorType
from tutor.core.walk import rebuild, remake

Place = tuple[Variable, bool]  # a sequence, and whether it is read from its end
DEEPEST = 16  # operations that are taken into a step one after the other


class Reading(Loop):
    """A loop that reads some of its sequences from their end."""

    turned: Sequence[bool] = ()


def reading(loop: Loop, operands: Sequence[Variable]) -> Apply:
    """The node of a loop that computes in its steps what they read of sequences."""
    sequences, initial, constants = loop.split(operands[1:])
    slices, states, rest = loop.split(loop.inputs)
    read = _Reads()
    made = {v: read.slice(whole, False) for v, whole in zip(slices, sequences, strict=True)}
    results = rebuild(loop.outputs, made)
    new = Reading([*read.slices.values(), *states, *rest, *read.constants.values()], results,
                  len(read.slices), loop.keep, False, loop.title, loop.truncate, loop.exact)
    new.turned = [turned for _, turned in read.slices]
    return new.make_node(operands[0], *[v for v, _ in read.slices], *initial, *constants,
                         *read.constants)


class _Reads:
    """What the steps of a loop read: slices of sequences, and constants."""

    def __init__(self) -> None:
        self.slices: dict[Place, Variable] = {}
        self.constants: dict[Variable, Variable] = {}
        self.computed: dict[Place, Variable] = {}

    def slice(self, v: Variable, turned: bool, depth: int = 0) -> Variable:
        """A variable of a step, or an expression, that is an element of a sequence."""
        node = v.owner
        if node is None or depth == DEEPEST:
            return self._element(v, turned)
        if isinstance(node.op, Subtensor) and node.op.index == REVERSED:
            return self.slice(node.inputs[0], not turned, depth + 1)
        if not (node.op.elementwise and node.op.cheap and len(node.outputs) == 1):
            return self._element(v, turned)
        if (v, turned) not in self.computed:
            operands = [self.slice(u, turned, depth + 1) if u.ndim == v.ndim
                        and not u.broadcastable[0] else self._constant(u, v) for u in node.inputs]
            self.computed[v, turned] = remake(node, operands).outputs[0]
        return self.computed[v, turned]

    def _element(self, v: Variable, turned: bool) -> Variable:
        return self.slices.setdefault((v, turned), TensorType(v.dtype, v.broadcastable[1:])())

    def _constant(self, u: Variable, v: Variable) -> Variable:
        """What a step reads of an operand of v that is the same in all steps."""
        if isinstance(u, Constant) and not u.ndim:
            return u
        own = self.constants.setdefault(u, u.type())
        return dimshuffle(own, *range(1, u.ndim)) if u.ndim == v.ndim else own


def scanning(loop: Loop, step: Callable[..., Any], plain: Callable[..., Any]
             ) -> Callable[..., Any]:
    """A loop as `jax.lax.scan`: the carry holds the values that later steps read. Where nothing is
    traced, `plain` runs it."""
    turned = loop.turned if isinstance(loop, Reading) else [False] * loop.sequences
    kept = loop.stacked

    def run(n: Any, *values: Any) -> Any:
        if is_traced(n):
            raise NotTraceableError
        sequences, initial, constants = loop.split(values)
        if not any(map(is_traced, values)):
            ahead = [s[::-1] if back else s for s, back in zip(sequences, turned, strict=True)]
            return [as_jax(v) for v in plain(*map(host, (n, *ahead, *initial, *constants)))]
        count = loop.ready(n, sequences)
        carry = [v.astype(r.dtype) for v, r in zip(initial, loop.results, strict=False)]
        ways = [*map(_way, sequences, turned)]
        sizes: dict[int, Any] = {}

        def body(before: Any, read: Any) -> Any:
            t, elements = read[0], iter(read[1:])
            slices = [_element(s, way, t, elements)
                      for s, way in zip(sequences, ways, strict=True)]
            found = step(*slices, *before, *constants)
            sizes.update({i: v for i, v in enumerate(found) if kept[i] and is_size(v)})
            found = [jnp.asarray(v, r.dtype) for v, r in zip(found, loop.results, strict=True)]
            return found[: loop.states], [v for i, v in enumerate(found)
                                          if kept[i] and i not in sizes]

        near = [s[:count] for s, way in zip(sequences, ways, strict=True) if way == "turn"]
        last, stacked = lax.scan(body, carry, (jnp.arange(count), *near), length=count)
        rows = iter(stacked)
        return [np.broadcast_to(sizes[i], (count, *np.shape(sizes[i]))) if i in sizes else
                next(rows) if keep else last[i] for i, keep in enumerate(kept)]

    return run


def _way(sequence: Any, turned: bool) -> str:
    """How a step gets its element of a sequence: as what all elements are, where these are sizes;
    by its place; or in turn."""
    if is_size(sequence) and (sequence == sequence[:1]).all():
        return "size"
    return "place" if turned and len(sequence) else "turn"


def _element(sequence: Any, way: str, t: Any, elements: Iterator[Any]) -> Any:
    if way == "place":
        return lax.dynamic_index_in_dim(sequence, len(sequence) - 1 - t, keepdims=False)
    if way == "size":
        return sequence[0] if len(sequence) else np.zeros(sequence.shape[1:], sequence.dtype)
    return next(elements)


def is_size(v: Any) -> bool:
    """Whether a value is of whole numbers that are known while tracing, as sizes are."""
    return not on_jax(v) and np.asarray(v).dtype.kind in "iu"
