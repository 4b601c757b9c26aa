"""A step made once more, to look into it: `explored` is what `run.explore()` gives.

Comes before training, which it is given. Where a run went wrong, the steps are repeated from the
last moment at which everything was known and finite, until nan or infinity comes up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.core.errors import BadValueError
from tutor.live.past import Past
from tutor.pictures.explore import Exploration, explore

if TYPE_CHECKING:
    from tutor.live.training import Training


def explored(training: Training) -> Exploration:
    """The next step on the graph; of a run that diverged, the step in which that began."""
    with Past(training) as past, np.errstate(all="ignore"):
        bad = training.steps - 1
        if training.problem is None or bad < 0:
            return _shown(training)
        step = _known(past, bad)
        if step < bad and training.batches.varying:
            raise BadValueError(
                f"the steps from {step + 1} to {bad + 1} cannot be made again: of the batches that "
                "data gave, the newest alone is kept.",
                fix=f"Run it again up to there, and then look: run.reset(); run.run({step}); "
                    "run.explore().")
        while step < bad:
            before = {v: v.get_value() for v in training.changes}
            loss = _made(training)
            if not (math.isfinite(loss) and _all_finite(past)):
                for v, value in before.items():
                    v.container.value = value
                break
            if training.history.losses.knows(step):
                _compare(step, loss, training.history.losses[step])
            step += 1
            if training.rate is not None:
                training.rate.container.value = training.history.rate_at(step)
        return _shown(training)


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


def _made(training: Training) -> float:
    found: Any = training.f(*training.batches.batch)
    if isinstance(found, dict):
        found = list(found.values())
    return float(found[0] if isinstance(found, list) else found)


def _shown(training: Training) -> Exploration:
    return explore(training.f, values=list(training.batches.batch))


def _all_finite(past: Past) -> bool:
    return all(bool(np.isfinite(value).all()) for v in past.variables
               if getattr(value := v.container.value, "dtype", np.dtype(object)).kind in "fc")


def _compare(step: int, loss: float, recorded: float) -> None:
    if not math.isclose(loss, recorded, rel_tol=1e-6, abs_tol=1e-300):
        raise BadValueError(
            f"the steps cannot be made again: step {step + 1} now gives the loss {loss:.4g}, and "
            f"gave {recorded:.4g}.",
            fix="What the function reads was changed since: reset the run, and run it again.")
