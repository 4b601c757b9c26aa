"""Shared arrays given away to the step that makes their new values, which are written over them.

Comes before the program. What is donated is deleted, so one call that runs in C from end to end
computes all new values and stores them: an interrupt comes before it or after. Other threads that
have read a deleted array wait for the lock, and read once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, starmap
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tutor.compile.inplace import AT_ONCE, writing
from tutor.compile.jax.devices import LARGE, is_deleted, kept, on_devices, placed
from tutor.compile.jax.names import CalledBack
from tutor.containers import Cell, Container
from tutor.core.graph import Variable
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable

STORE = vars(Cell)["value"].__set__  # written in C
at_once = AT_ONCE["at_once"]


class DeletedError(Exception):
    """Another thread wrote over a value that was read."""


class Donation:
    """The updates of a function: it computes and stores them."""

    def __init__(self, updates: Mapping[SharedVariable, Variable], results: Sequence[Variable],
                 donors: tuple[int, ...]) -> None:
        self.containers = [on_devices(v.container) for v in updates]
        self.places = [results.index(new) for new in updates.values()]
        self.n = len(results)
        #: Which arguments of the program are written over.
        self.donors = donors
        self.known: set[Any] = set()  # the shapes of arguments it was compiled for

    def run(self, jitted: Callable[..., Any], leaves: Sequence[Any]) -> Sequence[Any]:
        """The results, when the new values are stored. Where JAX compiles, which runs Python of its
        own, copies are donated; and where a program calls Python back, which may fail."""
        shapes = tuple([getattr(v, "shape", ()) for v in leaves])
        if shapes not in self.known or len({id(leaves[i]) for i in self.donors}) < len(self.donors):
            before = CalledBack.times
            found = jitted(*[jnp.copy(v) if i in self.donors else v for i, v in enumerate(leaves)])
            self.store(jax.block_until_ready(found))  # type: ignore[no-untyped-call]
            if CalledBack.times == before:
                self.known.add(shapes)
            return found
        slots = [Cell() for _ in range(self.n)]
        for container, place in zip(self.containers, self.places, strict=True):
            slots[place] = container
        with writing:
            check_alive(leaves)
            at_once(map(STORE, slots, chain.from_iterable(starmap(jitted, [leaves]))))
        return [slot.held if isinstance(slot, Container) else slot.value for slot in slots]

    def store(self, found: Sequence[Any]) -> None:
        """All new values at once."""
        new = [kept(found[place]) for place in self.places]
        at_once(map(STORE, self.containers, new))


def donation(updates: Mapping[Any, Variable], leaves: Sequence[Variable],
             outputs: Sequence[Variable]) -> Donation | None:
    """How a function stores its updates itself; None where nothing large can be written over, or
    where a new value is given out too, or is not computed."""
    results = [v for v in dict.fromkeys(outputs) if v.owner is not None and v not in leaves]
    fit = all(isinstance(shared, SharedVariable) and isinstance(shared.type, TensorType)
              and new in results and outputs.count(new) == 1 for shared, new in updates.items())
    donors = tuple([i for i, v in enumerate(leaves)
                    if v in updates and v not in outputs and is_large(v)])
    return Donation(updates, results, donors) if fit and donors else None


def is_large(v: Variable) -> bool:
    """Whether the value of a shared variable, as it is now, is worth it."""
    return isinstance(v, SharedVariable) and np.asarray(v.container.value).nbytes >= LARGE


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
