"""Training in whole steps: forward, back to the start, and what was on the way; no view here.

Comes after the history. `Training` owns the function, its data and what its updates change; a step
that gives inf or nan is the last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from tutor.compile.compiled import Function
from tutor.compile.function import function
from tutor.compile.mode import Mode
from tutor.core.errors import ArgumentError, CostError, TutorError
from tutor.core.graph import Variable, quoted
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs
from tutor.errors import pickled
from tutor.live.batches import Batches
from tutor.live.checkpoints import Moments
from tutor.live.diagnosis import advice, explored
from tutor.live.history import Arrays, History

if TYPE_CHECKING:
    from tutor.pictures.explore import Exploration

RATES = {"learning_rate", "learningrate", "learning rate", "lr", "rate", "alpha", "eta",
         "step_size", "stepsize"}


class DivergedError(TutorError, ArithmeticError):
    """A step gave inf or nan; `step` is its number, the first being 1. `explore` looks into it."""

    step = 0
    training: Training | None = None

    def __reduce__(self) -> tuple[object, ...]:
        kind, given, words = pickled(self)
        return kind, given, {**words, "step": self.step}

    def explore(self) -> Exploration:
        """Step through the step on the graph, from the first nan or infinity on."""
        if self.training is None or self.training.problem is not self:
            raise ArgumentError("the run has gone on since this error, or was in another process.",
                                fix="Run it again, and then run.explore().")
        return self.training.explore()


class Training:
    """A training function with its data: `advance` it, `reset` it, read its `history`.

    `data` is a list of the arguments, the same for every step, or a function from the number of the
    step (0, 1, …) to such a list; that is asked once for each step, and for the first one now.
    """

    def __init__(self, f: Function, data: Any, watch: Sequence[SharedVariable] | None,
                 on: Any = None) -> None:
        _check_function(f)
        self.f = f
        self.batches = Batches(f, data, on)
        self.changes: dict[SharedVariable, Any] = dict(f._request.run.updates)
        self.watch = _checked_watch(f, watch, list(self.changes))
        self.start = {v: v.get_value() for v in self.changes}
        self.rate = self._found_rate()
        self.recorded: float | None = None  # of a run as it was: its loss then, and what came next
        self.ahead: History | None = None
        self._loss: Function | None = None
        self._forget()

    def _forget(self) -> None:
        self.problem: DivergedError | None = None
        self.history = History(self.watch)
        known = {track.variable for track in self.history.numbers}
        self.moments = Moments([v for v in self.changes if v not in known])

    @property
    def steps(self) -> int:
        """The number of steps made since the start."""
        return len(self.history)

    def caller(self) -> Callable[[], Any]:
        """One step: a call of the function that gives the loss; as little around it as can be."""
        f, batch = self.f, self.batches.batch
        if f._request.form is None:
            return partial(f, *batch)
        return lambda: _first(f(*batch))

    def beside(self, inputs: Sequence[Variable], outputs: Variable | list[Variable],
               updates: Mapping[SharedVariable, Variable] | None = None) -> Function:
        """A function of these outputs with the rules that the steps were compiled with; without
        updates, what it computes changes nothing of the run."""
        mode = Mode(optimizer=self.f.mode.optimizer)
        mode = mode.including(*self.f.mode.included).excluding(*self.f.mode.excluded)
        return function(inputs, outputs, updates=updates, mode=mode, on_unused_input="ignore",
                        no_default_updates=True)

    def loss(self) -> float:
        """The loss of the values as they are, over what pictures are drawn over; nan where it
        cannot be computed. Over the newest batch it is what the next step will return.
        """
        if self.recorded is not None:
            return self.recorded
        if self._loss is None:
            self._loss = self.beside(self.f.inputs, self.f._request.run.outputs[0])
        try:
            return float(self._loss(*self.batches.seen))
        except Exception:
            return math.nan

    def _found_rate(self) -> SharedVariable | None:
        """The shared scalar that the updates depend on and that is named as learning rates are."""
        found = [v for v in graph_inputs(self.changes.values())
                 if isinstance(v, SharedVariable) and (v.name or "").lower() in RATES
                 and v.ndim == 0 and v.dtype.startswith("float") and v not in self.changes]
        return found[0] if found else None

    def advance(self, steps: int) -> None:
        """Make so many steps. One that gives inf or nan is a `DivergedError`, and the last: the
        parameters are as it left them.

        Of batches the next one is asked for when a step is over: so pictures have it, and what went
        wrong with the last one is still there to be looked into.
        """
        if self.problem is not None:
            raise self.problem
        self.history.begin(None if self.rate is None else self.rate.container.value)
        last, varying = self.steps + steps, self.batches.varying
        while self.steps < last:
            if varying:
                if self.batches.step != self.steps:  # it could not be had before: now an error
                    self.batches.ask(self.steps)
                self.moments.keep(self.steps)
            self._turn(1 if varying else min(last, self.moments.due) - self.steps)
            self.history.thin()
            self._check_range()
            if varying:
                with suppress(Exception):
                    self.batches.ask(self.steps)
            self.moments.look(self.steps)

    def _turn(self, steps: int) -> None:
        """Make so many steps, or up to one whose loss is inf or nan; the hot loop."""
        call, record = self.caller(), self.history.losses.new.append
        numbers = [(t.new.append, t.container) for t in self.history.numbers]
        arrays = [track.take for track in self.history.tracks if isinstance(track, Arrays)]
        for _ in range(steps):
            loss = float(call())
            record(loss)
            for keep, container in numbers:
                keep(container.value)
            for take in arrays:
                take()
            if loss - loss:  # which is nan, where a finite number gives 0
                break

    def _check_range(self) -> None:
        """Raise what the step that was just made led to, if that is out of range."""
        loss = self.history.losses[-1]
        scalars = [v.container.value for v in self.watch if v.ndim == 0]
        if not all(map(math.isfinite, [loss, *scalars])):
            self.problem = self._explained(loss)
            raise self.problem

    def follow(self, variables: Sequence[SharedVariable]) -> None:
        """Watch these too, from the next start on; without steps that is now."""
        more = [v for v in variables if v not in self.watch]
        if more:
            self.watch = [*self.watch, *more]
            self.reset()

    def begin(self, start: Mapping[SharedVariable, Any]) -> None:
        """Another start for some variables, to which `reset` returns from now on."""
        if not isinstance(start, Mapping):
            raise ArgumentError(f"a start gives variables their values, and {quoted(start)} does "
                                "not.", fix=f"Write run.reset({{{next(iter(self.start))}: …}}).")
        checked = {}
        named = {v.name: v for v in self.start if v.name}
        for key, value in start.items():
            v = named.get(key, key) if isinstance(key, str) else key
            if v not in self.start:
                raise ArgumentError(f"{quoted(v)} is not trained, so it has no start.",
                                    fix=f"Start with some of {', '.join(map(str, self.start))}.")
            try:
                checked[v] = v.type.filter(value)
            except TutorError as problem:
                raise ArgumentError(f"the start of {v} {problem.what}",
                                    where=((f"{v} made at", v.origin),), fix=problem.fix) from None
        self.start |= checked
        self.reset()

    def state(self) -> list[Any]:
        """The values of what is trained, watched, or the rate of learning: the very objects."""
        rate = [] if self.rate is None else [self.rate]
        return [v.container.value for v in (*self.changes, *self.watch, *rate)]

    def reset(self) -> None:
        """Give everything that the updates change its first value back, and empty the history."""
        if self.batches.step:
            self.batches.ask(0)
        for v, value in self.start.items():
            v.set_value(value)
        self._forget()

    def explore(self) -> Exploration:
        """The step that comes next, on the graph, or the one that went wrong, and where."""
        return explored(self)

    def _explained(self, loss: float) -> DivergedError:
        """Explain why the run stops at the step that was just made."""
        history = self.history
        what = f"step {len(history)} went out of range: the loss is {loss:.4g}"
        after = [f"{v} is {v.container.value:.4g}" for v in self.watch if v.ndim == 0]
        now = self.loss() if self.batches.on is None else loss
        if after and math.isfinite(now) > math.isfinite(loss):  # a step leads to where it is fine
            after = [f"but then {after[0]}", *after[1:], f"where it is {now:.4g}"]
        what = ", ".join([what, *after])
        if len(history) > 1:
            first, last = history.losses[0], history.losses[-2]
            what += f" (the loss was {first:.4g} at the start and {last:.4g} one step before)"
        fix = f"{advice(self)} Before that, run.explore() shows where it began."
        where = (("loss made at", self.f.outputs[0].origin),)
        error = DivergedError(what + ".", where=where, fix=fix)
        error.step, error.training = len(history), self
        return error


def is_number(v: SharedVariable) -> bool:
    """Say whether a shared variable holds numbers that a loss can be drawn over."""
    return isinstance(v.type, TensorType) and v.type.numpy_dtype.kind in "fiu"


def _first(result: Any) -> Any:
    if isinstance(result, list):
        return result[0]
    return next(iter(result.values())) if isinstance(result, dict) else result


def _check_function(f: Any) -> None:
    if not isinstance(f, Function):
        raise ArgumentError(f"Descent runs a compiled function, and got {quoted(f)}.",
                            fix="Pass what tutor.function([...], loss, updates={...}) returned.")
    cost: Any = f._request.run.outputs[0] if f.outputs else None
    dtype = getattr(cost, "dtype", "")
    if getattr(cost, "ndim", None) != 0 or dtype.startswith("complex"):
        what = "it has none" if cost is None else (
            "it is no real number" if dtype.startswith("complex") else "it is no scalar")
        fix = "Compile the function with the loss as its first output"
        fix += ", a sum or a mean: T.mean(…)." if getattr(cost, "ndim", 0) else "."
        raise CostError(f"the first output of {f.title} is shown as the loss, and {what}.", fix=fix)
    if not f._request.run.updates:
        kept = "updates of inputs alone" if f._request.run.states else "no updates"
        raise ArgumentError(f"{f.title} has {kept}, so its steps change no shared variable.",
                            fix="Compile it with updates={c: c - 0.05 * tutor.grad(loss, c)}.")


def _checked_watch(f: Function, watch: Any, changed: list[SharedVariable]) -> list[SharedVariable]:
    """The variables to watch; when none are named, the trained scalars that the loss depends on, or
    the vector of two."""
    if watch is None:
        used = set(graph_inputs([f._request.run.outputs[0]]))  # what a rule remembers is not
        numbers = [v for v in changed if v in used and is_number(v)]
        floats = [v for v in numbers if v.dtype.startswith("float")] or numbers
        pair = floats if [v.container.value.shape for v in floats] == [(2,)] else []
        return [v for v in floats if v.ndim == 0][:2] or pair
    single = isinstance(watch, (str, Variable)) or not isinstance(watch, Iterable)
    watched: list[Any] = [watch] if single else list(watch)
    for v in watched:
        if not isinstance(v, SharedVariable) or not is_number(v):
            raise ArgumentError(f"only shared variables can be watched, of real numbers, and "
                                f"{quoted(v)} is none.",
                                fix=f"Watch some of {', '.join(map(str, changed))}.")
    return watched
