"""Functions that run node by node and are looked at as they do: `MonitorMode`, `NanGuardMode`, and
`profile=True`, which measures how often each operation ran, and how long it took.

Comes after modes and the table, which it walks through in the same way. Functions of other modes
have nothing of this in them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from tutor.compile.lowering import Program
from tutor.compile.mode import Mode, register_mode
from tutor.compile.scope import literal
from tutor.compile.table import Table
from tutor.config import config
from tutor.core.errors import BadValueError
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.types import TensorType
from tutor.errors import NanGuardError
from tutor.formulas import formula
from tutor.tree import debugprint


class Thunk:
    """One node about to run: what goes in and what comes out, each value in a list of one."""

    def __init__(self, node: Apply, inputs: list[list[Any]], run: Callable[[], Sequence[Any]]
                 ) -> None:
        self.node, self.inputs, self.run = node, inputs, run
        self.outputs: list[list[Any]] = [[None] for _ in node.outputs]

    def __call__(self) -> None:
        for cell, v, value in zip(self.outputs, self.node.outputs, self.run(), strict=True):
            cell[0] = np.asarray(value) if isinstance(v.type, TensorType) else value


class Watcher:
    """What is told when a call begins, for each node, and when the results are there."""

    def begin(self, values: dict[Variable, Any]) -> None:
        """The values of arguments, shared variables and constants."""

    def around(self, i: int, node: Apply, fn: Thunk) -> None:
        """Run `fn`, the node number i in the order of the graph."""
        fn()

    def end(self, results: Sequence[Any]) -> None:
        """The values of outputs and updates, before any is stored."""


class Watched(Table):
    """A program whose rows run with somebody looking on."""

    renaming = False

    def __init__(self, program: Program, watcher: Watcher) -> None:
        super().__init__(program)
        self.watcher = watcher
        self.order = {call.node: i for i, call in enumerate(program.calls)}
        self.shown = {v: v.data for call in program.calls for v in call.operands
                      if isinstance(v, Constant) and literal(call, v) is None}

    def run(self, *leaves: Any) -> Sequence[Any]:
        """The values of the results, in order."""
        given: dict[Variable, Any] = dict(zip(self.leaves, leaves, strict=True))
        self.watcher.begin(given | self.shown)
        found = super().run(*leaves)
        given |= zip(self.results, found, strict=True)
        self.watcher.end([given[v] if v in given else stored(v) for v in self.program.outputs])
        return found

    def run_rows(self, rows: Sequence[Any], values: list[Any]) -> None:
        """Have the watcher run each node, and keep what it leaves of the results."""
        for row in rows:
            node, _, _, write = row
            if isinstance(write, slice) and write.start == write.stop:  # a comparison of shapes
                super().run_rows([row], values)
                continue

            def run(row: Any = row, write: Any = write) -> Sequence[Any]:
                super(Watched, self).run_rows([row], values)
                return values[write] if isinstance(write, slice) else [values[write]]

            held = self.held(node, values)
            thunk = Thunk(node, [[held.get(v, getattr(v, "data", None))] for v in node.inputs], run)
            self.watcher.around(self.order[node], node, thunk)
            made = [cell[0] for cell in thunk.outputs]
            values[write] = made if isinstance(write, slice) else made[0]


def stored(v: Any) -> Any:
    """The value of a constant or of a shared variable."""
    return v.data if isinstance(v, Constant) else v.container.value


class MonitorMode(Mode, Watcher):
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

    def around(self, i: int, node: Apply, fn: Thunk) -> None:
        """Both functions, around one node."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)


def detect_nan(i: int, node: Apply, fn: Thunk) -> None:
    """For `MonitorMode(post_func=detect_nan)`: print a node that gives nan, and its values."""
    if any(isinstance(cell[0], np.ndarray) and cell[0].dtype.kind in "fc"
           and np.isnan(cell[0]).any() for cell in fn.outputs):
        print("*** NaN detected ***")
        debugprint(node.outputs[0])
        print(f"Inputs : {[cell[0] for cell in fn.inputs]}")
        print(f"Outputs: {[cell[0] for cell in fn.outputs]}")


class NanGuardMode(Mode, Watcher):
    """A mode that stops at the first node whose result has a nan, an infinity, or is large.

    Each kind can be let pass; what is not said comes from `config.NanGuardMode`. Large is a number
    beyond 1e10. Arguments and shared variables are looked at too. It raises `NanGuardError`, an
    `AssertionError`, or does what `config.NanGuardMode.action` says.
    """

    def __init__(self, nan_is_error: bool | None = None, inf_is_error: bool | None = None,
                 big_is_error: bool | None = None, optimizer: Any = "default",
                 linker: Any = None) -> None:
        super().__init__(linker, optimizer)
        given, known = (nan_is_error, inf_is_error, big_is_error), config.NanGuardMode
        self.nan_is_error, self.inf_is_error, self.big_is_error = (
            bool(own if one is None else one) for one, own in zip(
                given, (known.nan_is_error, known.inf_is_error, known.big_is_error), strict=True))
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
    kinds = ", ".join(f"{kind} detected" for kind in found)
    if fn is None:
        return NanGuardError(f"{kinds}: NanGuardMode found an error in an input of the graph, "
                             f"{v}.", where=where, fix="Look at the value that was passed in.")
    given = ", ".join(f"{u.name or formula(u)} is {_short(cell[0])}"
                      for u, cell in zip(fn.node.inputs, fn.inputs, strict=True)
                      if not isinstance(u, Constant))
    return NanGuardError(
        f"{kinds}: NanGuardMode found an error in the output of a node, {formula(v)}"
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


def measured(given: Any, name: str | None) -> ProfileStats | None:
    """The measurements that `profile=` asks for: those given, or new ones under a name; None is
    what `config.profile` says."""
    given = config.profile if given is None else given
    if isinstance(given, ProfileStats):
        return given
    if not isinstance(given, (bool, str)):
        raise BadValueError(f"profile is True, False or a name, and it is {given!r}.",
                            fix="Write profile=True.")
    return None if given is False else ProfileStats(name if given is True else str(given))


class ProfileStats:
    """What was measured of one function: calls, seconds, and both for each node."""

    def __init__(self, message: str | None = None) -> None:
        self.message = message
        self.compile_time = self.fct_call_time = self.vm_call_time = 0.0
        self.fct_callcount = 0
        self.apply_time: dict[Apply, float] = {}
        self.apply_callcount: dict[Apply, int] = {}

    def reset(self) -> None:
        """Forget what was measured."""
        self.__init__(self.message)  # type: ignore[misc]

    @property
    def seconds(self) -> dict[Apply, float]:
        """How long each node takes, on average."""
        return {node: total / self.apply_callcount[node]
                for node, total in self.apply_time.items()}

    def around(self, other: Watcher | None) -> Timed:
        """A watcher that measures, around another one if there is one."""
        return Timed(self, other)

    def summary(self, file: Any = None, n_ops_to_print: int = 20) -> None:
        """Print the operations that took longest."""
        file = file or sys.stderr
        total = sum(self.apply_time.values())
        print(f"Function profiling\n==================\n  Message: {self.message or ''}", file=file)
        print(f"  Time in {self.fct_callcount} calls to Function.__call__: "
              f"{self.fct_call_time:e}s", file=file)
        print(f"  Total compile time: {self.compile_time:e}s", file=file)
        print("Ops\n---\n<% time> <total time> <calls> <op>", file=file)
        names: dict[str, list[float]] = {}
        for node, seconds in self.apply_time.items():
            row = names.setdefault(str(node.op), [0.0, 0])
            row[0], row[1] = row[0] + seconds, row[1] + self.apply_callcount[node]
        ranked = sorted(names.items(), key=lambda item: -item[1][0])[:n_ops_to_print]
        for name, (seconds, calls) in ranked:
            share = 100 * seconds / total if total else 0.0
            print(f"  {share:5.1f}%  {seconds:.3e}s  {int(calls):6d}  {name}", file=file)


class Timed(Watcher):
    """A watcher that measures, around another one if there is one."""

    def __init__(self, stats: ProfileStats, other: Watcher | None) -> None:
        self.stats, self.other, self.start = stats, other or Watcher(), 0.0

    def begin(self, values: dict[Variable, Any]) -> None:
        """A call begins."""
        self.start = perf_counter()
        self.stats.fct_callcount += 1
        self.other.begin(values)

    def around(self, i: int, node: Apply, fn: Thunk) -> None:
        """Run a node, and note how long it took."""
        start, stats = perf_counter(), self.stats
        self.other.around(i, node, fn)
        stats.apply_time[node] = stats.apply_time.get(node, 0.0) + perf_counter() - start
        stats.apply_callcount[node] = stats.apply_callcount.get(node, 0) + 1

    def end(self, results: Sequence[Any]) -> None:
        """The call is over."""
        self.other.end(results)
        seconds = perf_counter() - self.start
        self.stats.fct_call_time += seconds
        self.stats.vm_call_time += seconds


register_mode("MonitorMode", MonitorMode)
register_mode("NanGuardMode", NanGuardMode)
