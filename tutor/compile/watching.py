"""Functions that run node by node and are looked at as they do: `MonitorMode`, `NanGuardMode`.

Comes after modes and the table, which it walks through in the same way. Functions of other modes
have nothing of this in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np

from tutor.compile.explain import explained
from tutor.compile.lines import Line
from tutor.compile.mode import Mode
from tutor.compile.table import Row, Table
from tutor.config import config
from tutor.errors import NanGuardError
from tutor.graph import Apply, Constant, Variable
from tutor.ops.control import guards_of, node_guard
from tutor.text import formula
from tutor.tree import debugprint
from tutor.types import TensorType


class Thunk:
    """One node about to run: what goes in and what comes out, each value in a list of one."""

    def __init__(self, node: Apply, inputs: list[list[Any]], run: Callable[[], Sequence[Any]]
                 ) -> None:
        self.node, self.inputs, self.run = node, inputs, run
        self.outputs: list[list[Any]] = [[None] for _ in node.outputs]

    def __call__(self) -> None:
        for cell, v, value in zip(self.outputs, self.node.outputs, self.run(), strict=True):
            cell[0] = np.asarray(value) if isinstance(v.type, TensorType) else value


class Watcher(Protocol):
    """What is told when a call begins, for each node, and when the results are there."""

    def begin(self, values: dict[Variable, Any]) -> None:
        """The values of arguments, shared variables and constants."""

    def around(self, i: int, node: Apply, fn: Thunk) -> None:
        """Run `fn`, the node number i in the order of the graph."""

    def end(self, results: Sequence[Any]) -> None:
        """The values of outputs and updates, before any is stored."""


class Watched(Table):
    """A table that is walked through with somebody looking on."""

    quick = False

    def watched_by(self, watcher: Watcher) -> Watched:
        """Have this watcher told."""
        self.watcher = watcher
        self.guards = guards_of(self.nodes, self.outputs)
        self.body = [Line(line.text, line.node, line.shown) for line in self.body]
        return self

    def run(self, *leaves: Any) -> list[Any]:
        """The values of the results, in order."""
        values: list[Any] = [None] * len(self.places)
        told: dict[Variable, Any] = dict(zip(self.leaves, leaves, strict=True))
        told |= {v: v.data for v in self.places if isinstance(v, Constant)}
        for v, value in told.items():
            values[self.places[v]] = value
        self.watcher.begin(told)
        i = 0
        for row, node in zip(self.rows, self.made_by, strict=True):
            if self.guards and not self._needed(node, values):
                continue
            if row.place == []:
                self._computed(row, node, values)
                continue
            cells = [[self._value(v, values)] for v in node.inputs]
            thunk = Thunk(node, cells, partial(self._computed, row, node, values))
            self.watcher.around(i, node, thunk)
            for v, cell in zip(node.outputs, thunk.outputs, strict=True):
                values[self.places[v]] = cell[0]
            i += 1
        self.watcher.end([self._value(v, values) for v in self.outputs])
        return [values[k] for k in self.results]

    def _value(self, v: Variable, values: list[Any]) -> Any:
        if v in self.places:
            return values[self.places[v]]
        return stored(v)

    def _needed(self, node: Apply, values: list[Any]) -> bool:
        """Whether the conditions hold under which a node is computed."""
        guard = sorted(node_guard(node, self.guards), key=lambda part: self.places[part[0]])
        return all(values[self.places[c]] is not None and bool(values[self.places[c]]) is holds
                   for c, holds in guard)

    def _computed(self, row: Row, node: Apply, values: list[Any]) -> Sequence[Any]:
        try:
            found = row.compute(*[values[k] for k in row.operands])
        except Exception as problem:
            names = {v: str(self.places[v]) for v in node.inputs if v in self.places}
            there: Any = SimpleNamespace(f_locals={k: values[int(k)] for k in names.values()})
            raise explained(problem, node, names, there) from problem
        return [found] if isinstance(row.place, int) else found


def stored(v: Any) -> Any:
    """The value of a constant or of a shared variable."""
    return v.data if isinstance(v, Constant) else v.container.value


class MonitorMode(Mode):
    """A mode that calls `pre_func(i, node, fn)` before each node and `post_func` after it.

    `fn.inputs` and `fn.outputs` are lists of lists of one value. What a function puts there is what
    the rest of the graph gets.

    >>> import tutor, tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> mode = MonitorMode(post_func=lambda i, node, fn: print(i, node, fn.outputs[0][0]))
    >>> tutor.function([x], T.exp(x), mode=mode)(0.0)
    0 exp(x) 1.0
    array(1.)
    """

    def __init__(self, pre_func: Any = None, post_func: Any = None, optimizer: Any = "default",
                 linker: Any = None) -> None:
        super().__init__(linker, optimizer)
        self.pre_func, self.post_func = pre_func, post_func

    def watcher(self, function: Any) -> Watcher:
        return self

    def begin(self, values: dict[Variable, Any]) -> None:
        """Nothing is told of inputs."""

    def around(self, i: int, node: Apply, fn: Thunk) -> None:
        """Both functions, around one node."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)

    def end(self, results: Sequence[Any]) -> None:
        """Nothing is told of results."""


def detect_nan(i: int, node: Apply, fn: Thunk) -> None:
    """For `MonitorMode(post_func=detect_nan)`: print a node that gives nan, and its values."""
    if any(isinstance(cell[0], np.ndarray) and cell[0].dtype.kind in "fc"
           and np.isnan(cell[0]).any() for cell in fn.outputs):
        print("*** NaN detected ***")
        debugprint(node.outputs[0])
        print(f"Inputs : {[cell[0] for cell in fn.inputs]}")
        print(f"Outputs: {[cell[0] for cell in fn.outputs]}")


class NanGuardMode(Mode):
    """A mode that stops at the first node whose result has a nan, an infinity, or is large.

    Each kind can be let pass; what is not said comes from `config.NanGuardMode`. Large is a number
    beyond 1e10. Arguments and shared variables are looked at too. It raises `NanGuardError`, an
    `AssertionError`, or does what `config.NanGuardMode.action` says.
    """

    def __init__(self, nan_is_error: bool | None = None, inf_is_error: bool | None = None,
                 big_is_error: bool | None = None, optimizer: Any = "default",
                 linker: Any = None) -> None:
        super().__init__(linker, optimizer)
        said, known = (nan_is_error, inf_is_error, big_is_error), config.NanGuardMode
        self.nan_is_error, self.inf_is_error, self.big_is_error = (
            bool(own if one is None else one) for one, own in zip(
                said, (known.nan_is_error, known.inf_is_error, known.big_is_error), strict=True))
        if not (self.nan_is_error or self.inf_is_error or self.big_is_error):
            raise NanGuardError("a NanGuardMode that lets everything pass guards nothing.",
                                fix="Leave one of its arguments True, or use another mode.")

    def watcher(self, function: Any) -> Watcher:
        return self

    def begin(self, values: dict[Variable, Any]) -> None:
        """Look at what comes in."""
        for v, value in values.items():
            self._look_at(v, value)

    def around(self, i: int, node: Apply, fn: Thunk) -> None:
        """Look at what a node gives."""
        fn()
        for v, cell in zip(node.outputs, fn.outputs, strict=True):
            self._look_at(v, cell[0], fn)

    def end(self, results: Sequence[Any]) -> None:
        """All of it was looked at."""

    def _look_at(self, v: Variable, value: Any, fn: Thunk | None = None) -> None:
        if not isinstance(value, np.ndarray) or not value.size or getattr(v.tag, "is_rng", False) \
                or not getattr(v.tag, "nan_guard_mode_check", True):
            return
        found = []
        if value.dtype.kind in "fc":
            found += ["NaN"] * bool(self.nan_is_error and np.isnan(value).any())
            found += ["Inf"] * bool(self.inf_is_error and np.isinf(value).any())
        if self.big_is_error and value.dtype.kind in "fciu":
            with np.errstate(invalid="ignore"):
                found += ["Big value"] * bool((np.abs(value) > 1e10).any())
        if found:
            _act(_guard_error(v, found, fn))


def _guard_error(v: Variable, found: list[str], fn: Thunk | None) -> NanGuardError:
    where: tuple[Any, ...] = (("written at", v.origin),)
    said = ", ".join(f"{kind} detected" for kind in found)
    if fn is None:
        return NanGuardError(f"{said}: NanGuardMode found an error in an input of the graph, "
                             f"{v}.", where=where, fix="Look at the value that was passed in.")
    given = ", ".join(f"{u.name or formula(u)} is {_short(cell[0])}"
                      for u, cell in zip(fn.node.inputs, fn.inputs, strict=True)
                      if not isinstance(u, Constant))
    return NanGuardError(
        f"{said}: NanGuardMode found an error in the output of a node, {formula(v)}"
        f"{', where ' if given else ''}{given}.",
        where=where, fix="Follow the values that went in back to where they become so.",
    )


def _short(value: Any) -> str:
    text = np.array2string(np.asarray(value), threshold=6, precision=4)
    return text if "\n" not in text and len(text) < 60 else f"an array of shape {np.shape(value)}"


def _act(problem: NanGuardError) -> None:
    """What `config.NanGuardMode.action` says: raise, warn, or stop in the debugger."""
    if config.NanGuardMode.action == "raise":
        raise problem
    import logging  # three milliseconds that few need

    logging.getLogger(__name__).error(str(problem))
    if config.NanGuardMode.action == "pdb":
        breakpoint()
