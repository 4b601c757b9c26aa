"""Memory that a step writes its new values into: of shared arrays of which it changes a part, their
own; of others, that of the values before the last ones, which nobody holds any more.

Comes before the program. What is written over is deleted, so there one call that runs in C from end
to end computes all new values and stores them: an interrupt comes before it or after. Other threads
that have read a deleted array wait for the lock, and read once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, starmap
from sys import getrefcount
from typing import Any

import jax
import jax.numpy as jnp

from tutor.compile.inplace import AT_ONCE, writing
from tutor.compile.jax.devices import LARGE, Both, is_deleted, kept, on_devices, placed
from tutor.compile.jax.names import CalledBack
from tutor.containers import Cell, Container
from tutor.core.graph import Variable
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.memory import ALONE

STORE = vars(Cell)["value"].__set__  # written in C
at_once = AT_ONCE["at_once"]


class DeletedError(Exception):
    """Another thread wrote over a value that was read."""


class Donation:
    """What a program with these results gives away: `spares`, which come before its arguments, and
    the arguments that are `donors`. With those it also stores all updates itself."""

    def __init__(self, updates: Mapping[Any, Variable], leaves: Sequence[Variable],
                 outputs: Sequence[Variable], results: Sequence[Variable]) -> None:
        new = {i: results.index(updates[v]) for i, v in enumerate(leaves)
               if v in updates and v not in outputs and updates[v] in results
               and outputs.count(updates[v]) == 1 and is_large(v)}
        self.donors = [i for i in new if _in_part(leaves[i], updates[leaves[i]])] if all(
            isinstance(v.type, TensorType) and isinstance(v, SharedVariable)
            and to in results and outputs.count(to) == 1 for v, to in updates.items()) else []
        #: Which argument is replaced by which result, written into memory that is spare.
        self.replaced = [(i, k) for i, k in new.items() if i not in self.donors]
        self.gives = bool(self.replaced or self.donors)  # whether anything is given away
        self.free: list[Sequence[Any]] = []  # what was replaced by the last call
        self.fit: dict[Any, bool] = {}  # by shapes: whether new values have those of the old ones
        #: JAX lets what is donated first have the first result of its type: these come first.
        first = [new[i] for i in self.donors]
        self.order = [*first, *[k for k in range(len(results)) if k not in first]]
        self.containers = [on_devices(v.container) for v in updates] if self.donors else []
        self.places = [self.order.index(results.index(to)) for to in updates.values()
                       ] if self.donors else []
        self.known: set[Any] = set()  # the shapes of arguments it was compiled for

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function under `jit`, which takes spares, where anything is given away, before its
        arguments."""
        if not self.gives:
            return jax.jit(function)

        def run(spares: Sequence[Any], *leaves: Any) -> Sequence[Any]:
            found = function(*leaves)
            return [*[found[k] for k in self.order], *found[len(self.order):]]

        return jax.jit(run, donate_argnums=(0, *[1 + i for i in self.donors]),
                       keep_unused=bool(self.replaced))

    def run(self, jitted: Callable[..., Any], leaves: Sequence[Any]) -> Sequence[Any]:
        """The results; where there are donors, when the new values are stored."""
        spares = self._spares(jitted, leaves) if self.replaced else ()
        if self.donors:
            found = self._stored(jitted, spares, leaves)
        else:
            found = undisturbed(jitted, leaves, spares)
        if spares:
            self.free = [[leaves[i] for i, _ in self.replaced]]
        return self.in_order(found)

    def in_order(self, found: Sequence[Any]) -> Sequence[Any]:
        """The results in their own order."""
        if not self.donors:
            return found
        return [found[self.order.index(k)] for k in range(len(self.order))]

    def _spares(self, jitted: Any, leaves: Sequence[Any]) -> Sequence[Any]:
        """Arrays like those that are replaced, which nobody holds; none where these are spread over
        devices, or the new ones have other shapes."""
        old = [leaves[i] for i, _ in self.replaced]
        if any(len(v.devices()) > 1 for v in old):
            return ()
        last = self.free.pop() if self.free else [None] * len(old)
        spares = []
        for i, like in enumerate(old):
            array = last[i]  # the list and this name hold it
            usable = array is not None and getrefcount(array) == ALONE + 1 and (
                array.shape == like.shape and array.devices() == like.devices())
            spares.append(array if usable else jnp.zeros(
                like.shape, like.dtype, device=like.sharding))
        shapes = shapes_of(leaves)
        if shapes not in self.fit:
            found = jitted.eval_shape(spares, *leaves)
            self.fit[shapes] = all(
                found[self.order.index(k)].shape == like.shape
                for like, (_, k) in zip(old, self.replaced, strict=True))
        return spares if self.fit[shapes] else ()

    def _stored(self, jitted: Callable[..., Any], spares: Sequence[Any], leaves: Sequence[Any]
                ) -> Sequence[Any]:
        """The results, when the new values are stored. Where JAX compiles, which runs Python of its
        own, copies are donated; and where a program calls Python back, which may fail."""
        shapes = shapes_of(leaves)
        if shapes not in self.known or len({id(leaves[i]) for i in self.donors}) < len(self.donors):
            before = CalledBack.times
            found = jitted(spares, *[
                jnp.copy(v) if i in self.donors else v for i, v in enumerate(leaves)])
            self.store(jax.block_until_ready(found))  # type: ignore[no-untyped-call]
            if CalledBack.times == before:
                self.known.add(shapes)
            return found
        slots = [Cell() for _ in self.order]
        for container, place in zip(self.containers, self.places, strict=True):
            slots[place] = container
        with writing:
            check_alive(leaves)
            at_once(map(STORE, slots, chain.from_iterable(starmap(jitted, [(spares, *leaves)]))))
        return [slot.held if isinstance(slot, Container) else slot.value for slot in slots]

    def store(self, found: Sequence[Any]) -> None:
        """All new values at once, of results in the order of the program."""
        new = [kept(found[place]) for place in self.places]
        at_once(map(STORE, self.containers, new))


def _in_part(v: Variable, new: Variable) -> bool:
    """Whether a new value is the old one with some elements changed."""
    node = new.owner
    return node is not None and node.op.takes_inplace and (
        node.inputs[0] is v or _in_part(v, node.inputs[0]))


def is_large(v: Variable) -> bool:
    """Whether the value of a shared variable, as it is now, is worth it."""
    if not isinstance(v, SharedVariable) or not isinstance(v.type, TensorType):
        return False
    held = v.container.held
    return (held.device if isinstance(held, Both) else held).nbytes >= LARGE


def shapes_of(leaves: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([getattr(v, "shape", ()) for v in leaves])


def undisturbed(jitted: Callable[..., Any], leaves: Sequence[Any], *before: Any) -> Sequence[Any]:
    """The results, while no other thread writes over an argument."""
    with writing:
        check_alive(leaves)
        return jitted(*before, *leaves)


def check_alive(values: Sequence[Any]) -> None:
    """Raise DeletedError where a value was donated; else it stays while the lock is held."""
    if any(map(is_deleted, values)):
        raise DeletedError


def alive(leaves: Sequence[Variable], values: Sequence[Any]) -> Sequence[Any]:
    """The arguments of a program; where one was donated meanwhile, all shared values once more, as
    they are at one moment."""
    if not any(map(is_deleted, values)):
        return values
    containers = [v.container for v in leaves if isinstance(v, SharedVariable)]
    with writing:
        held, now = list[Any](), [c.held for c in containers]
        while list(map(id, held)) != list(map(id, now)):
            held, now = now, [c.held for c in containers]
    if any(map(is_deleted, now)):
        return values  # its successor is lost
    n = len(values) - len(containers)
    return (*values[:n], *map(placed, containers, now))
