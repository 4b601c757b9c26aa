"""A run that went out of range: advice, and the step made once more to look into it.

Comes before training, which it is given. Data that holds nan, a start from where the loss is not
finite, and a rate that is no rate are looked for before steps are called too large. Steps are made
again from the last moment at which everything was known and finite, until nan or infinity comes up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.core.errors import BadValueError
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs
from tutor.live.checkpoints import Past
from tutor.pictures.charts.axes import number
from tutor.pictures.explore import Exploration, explore

if TYPE_CHECKING:
    from tutor.live.training import Training

LARGE = 1e100  # a number whose square is near the end of what can be computed


def advice(training: Training) -> str:
    """Say what to do, in a sentence or two, after the step that was just made."""
    return (_of_data(training) or _of_start(training) or _of_rate(training)
            or "Reset the run, and take smaller steps.")


def _of_data(training: Training) -> str:
    """About the arguments, or shared variables that are read and not trained."""
    named: dict[Any, Any] = dict(zip(training.f.inputs, training.batches.batch, strict=True))
    read = graph_inputs([*training.f._request.run.outputs, *training.changes.values()])
    named |= {v: v.container.value for v in read
              if isinstance(v, SharedVariable) and v not in training.changes}
    named.pop(training.rate, None)
    for v, value in named.items():
        said = _of_values(value)
        if said:
            return f"{v} {said}, so no step can be made with it: clean the data first."
    for v, value in named.items():
        if _largest(value) > LARGE:
            return f"{v} reaches {number(_largest(value))}: scale the data down."
    return ""


def _of_start(training: Training) -> str:
    """About what the run began with."""
    for v, value in training.start.items():
        said = _of_values(value)
        if said:
            return f"{v} {said} at the start: give it another, run.reset({{{v}: …}})."
    if len(training.history) == 1 and not math.isfinite(training.history.losses[0]):
        return ("That is the loss at the start, before any step: smaller steps would not help. "
                "Start elsewhere, run.reset({…}), or write the loss so that it is finite there.")
    return ""


def _of_rate(training: Training) -> str:
    """About the learning rate, where there is one."""
    rate = training.rate
    if rate is None:
        return ""
    value, name = float(rate.container.value), str(rate)
    if not math.isfinite(value):
        return f"{name} is {value:g}: reset the run, and {name}.set_value(0.01)."
    if value < 0:
        return (f"{name} is negative, so each step leads uphill: reset the run, and "
                f"{name}.set_value({_written(-value)}).")
    if value == 0:
        return (f"{name} is 0, so it is not the steps that are too large: look for what else the "
                "updates add.")
    if training.history.losses[-1] == -math.inf:
        return ("The loss falls without end: it has no lowest value. Write one that has, or take "
                "fewer steps.")
    return f"Reset the run, and take smaller steps: {name}.set_value({_written(value / 10)})."


def _of_values(value: Any) -> str:
    """Say in words how many numbers of an array are nan or infinite."""
    array = np.asarray(value)
    if array.dtype.kind not in "fc" or np.isfinite(array).all():
        return ""
    parts = [(int(np.isnan(array).sum()), "nan"), (int(np.isinf(array).sum()), "infinity")]
    if array.ndim == 0:
        return "is nan" if parts[0][0] else "is infinite"
    return "holds " + " and ".join(f"{count} {word}" for count, word in parts if count)


def _largest(value: Any) -> float:
    array = np.asarray(value)
    return float(np.abs(array).max()) if array.dtype.kind in "fc" and array.size else 0.0


def _written(value: float) -> str:
    """A number as it is typed, in two digits."""
    if not 1e-5 <= abs(value) < 1e16:
        return f"{value:.2g}"
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")


def explored(training: Training) -> Exploration:
    """Explore the next step on the graph; of a run that diverged, the step in which that began."""
    with Past(training) as past, np.errstate(all="ignore"):
        bad = training.steps - 1
        if training.problem is not None and bad >= 0:
            _repeat(training, past, bad)
        return explore(training.f, values=list(training.batches.batch))


def _repeat(training: Training, past: Past, bad: int) -> None:
    """Be where the first step begins that gives nan or infinity, at the latest the step `bad`."""
    step = _known(past, bad)
    if step < bad and training.batches.varying:
        raise BadValueError(
            f"the steps from {step + 1} to {bad + 1} cannot be made again: of the batches that "
            "data gave, the newest alone is kept.",
            fix=f"Run it again up to there, and then look: run.reset(); run.run({step}); "
                "run.explore().")
    for done in range(step, bad):
        before = {v: v.get_value() for v in training.changes}
        loss = float(training.caller()())
        if not (math.isfinite(loss) and _all_finite(past)):
            for v, value in before.items():
                v.container.value = value
            return
        if training.history.losses.knows(done):
            _compare(done, loss, training.history.losses[done])
        if training.rate is not None:
            training.rate.container.value = training.history.rate_at(done + 1)


def _known(past: Past, bad: int) -> int:
    """Go to the last step before which everything is known and finite, and return it."""
    while True:
        step, _ = past.present.moments.known(bad)
        past.go(step)
        for v in past.variables:
            v.container.value = v.get_value()  # a copy: what is kept is not to be changed
        if step == 0 or _all_finite(past):
            return step
        bad = step - 1


def _all_finite(past: Past) -> bool:
    return all(bool(np.isfinite(value).all()) for v in past.variables
               if getattr(value := v.container.value, "dtype", np.dtype(object)).kind in "fc")


def _compare(step: int, loss: float, recorded: float) -> None:
    if not math.isclose(loss, recorded, rel_tol=1e-6, abs_tol=1e-300):
        raise BadValueError(
            f"the steps cannot be made again: step {step + 1} now gives the loss {loss:.4g}, and "
            f"gave {recorded:.4g}.",
            fix="What the function reads was changed since: reset the run, and run it again.")
