"""A step made once more, to look into it: `explored` is what `run.explore()` gives.

Comes before training, which it is given. Where a run went wrong, the steps are repeated from the
last moment at which everything was known and finite, until nan or infinity comes up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.errors import BadValueError
from tutor.live.past import Past
from tutor.stepping.explore import Exploration, explore

if TYPE_CHECKING:
    from tutor.live.training import Training


def explored(training: Training) -> Exploration:
    """The next step on the graph; of a run that diverged, the step in which that began."""
    with Past(training) as past:
        bad = training.steps - 1
        if training.problem is None or bad < 0:
            return _shown(training, training.steps)
        step = _known(past, bad)
        while step < bad:
            before = {v: v.get_value() for v in training.changes}
            loss = _made(training, step)
            if not (math.isfinite(loss) and _all_finite(past)):
                for v, value in before.items():
                    v.container.value = value
                break
            _compare(step, loss, training.history.losses[step])
            step += 1
            if training.rate is not None:
                training.rate.container.value = training.history.rate_at(step)
        return _shown(training, step)


def _known(past: Past, bad: int) -> int:
    """Go to the last step before which everything is known and finite, and return it."""
    while True:
        step = past.present.moments.before(bad)
        past.go(step)
        for v in past.variables:
            v.container.value = v.get_value()  # a copy: what is kept is not to be changed
        if step == 0 or _all_finite(past):
            return step
        bad = step - 1


def _made(training: Training, step: int) -> float:
    found: Any = training.f(*training.arguments(step))
    if isinstance(found, dict):
        found = list(found.values())
    return float(found[0] if isinstance(found, list) else found)


def _shown(training: Training, step: int) -> Exploration:
    return explore(training.f, values=list(training.arguments(step)))


def _all_finite(past: Past) -> bool:
    return all(bool(np.isfinite(value).all()) for v in past.variables
               if getattr(value := v.container.value, "dtype", np.dtype(object)).kind in "fc")


def _compare(step: int, loss: float, recorded: float) -> None:
    if not math.isclose(loss, recorded, rel_tol=1e-6, abs_tol=1e-300):
        raise BadValueError(
            f"the steps cannot be made again: step {step + 1} now gives the loss {loss:.4g}, and "
            f"gave {recorded:.4g}.",
            fix="Pass data that is the same each time it is asked for, by the number of the step.")
