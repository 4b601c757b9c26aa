"""A training function is judged by its curve: whether the cost falls, and how far.

Comes after the checks of values. It begins where the weights began, and runs on other data.

>>> import tutor, tutor.tensor as T; w, x = tutor.shared(0.0, "w"), T.dscalar("x")
>>> f = tutor.function([x], (w - x) ** 2, updates={w: w + 0.1 * (w - x)})
>>> learns(lambda: [(1.0,)] * 20, below=0.1)(f, f)
'The cost rises, from 1 to 26.5: look at the sign of the step, and at the rate.'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tutor.core.graph import Variable
from tutor.core.walk import ancestors
from tutor.course.answers import Check, of_functions, takes
from tutor.course.definition import Definition

HIGH = 3  # times what is asked for: who begins below that was trained before
TRAINED = "Its first cost is"
LAST = 5  # steps whose mean is the end of a curve
GUESS = 20.0  # a mean cost above it is no guess among a few classes
STILL = 0.01  # of the cost: less is no change


def learns(batches: Callable[[], Sequence[Sequence[Any]]], below: float, using: str = ""
           ) -> Check:
    """A check that the first output of a training function, called with these arguments one after
    the other, falls below a number; and that the operation `using` has a part in it."""
    @of_functions
    def checked(found: Definition, right: Definition) -> str | None:
        if (wrong := takes(found, right)) is not None:
            return wrong
        if not found.updates:
            return "It changes nothing: the update is missing."
        ops = {v.owner.op.name for v in ancestors(found.outputs) if v.owner is not None}
        if using and using not in ops:
            return f"There is no {using} in its cost, and here one is asked for."
        calls = batches()
        wrong = _said(_curve(found, calls, found.start), below)
        if wrong is None or not found.now:
            return wrong
        # Who gave a weight its start by set_value is right as well; who trained it is not.
        now = _said(_curve(found, calls, found.now), below)
        return now if now is None or now.startswith(TRAINED) else wrong
    return checked


def _curve(found: Definition, calls: Sequence[Sequence[Any]], start: Mapping[Variable, Any]
           ) -> list[Any]:
    """The first output of each call."""
    with np.errstate(all="ignore"):
        return [outputs[0] for outputs in found.called(calls, start) if outputs]


def _said(curve: list[Any], below: float) -> str | None:
    """What is wrong with a curve."""
    if not curve or np.ndim(curve[0]):
        return f"Its output is {'nothing' if not curve else 'an array'}, and a cost is a number."
    costs = np.array(curve, float)
    bad = np.flatnonzero(~np.isfinite(costs))
    first, last = float(costs[0]), float(costs[-LAST:].mean())
    if bad.size:
        place = int(bad[0])
        rising = place > 0 and costs[place - 1] > first
        why = ("It rises before: look at the sign of the step, and at the rate." if rising else
               "Is the rate too large, or does a logarithm see a 0?")
        return f"Its cost is {costs[place]} at step {place + 1} of {len(costs)}. {why}"
    if last <= below:
        return None if first > HIGH * below else (
            f"{TRAINED} {first:.3g}, so it has been trained already: begin with fresh weights.")
    if last > first * (1 + STILL):
        return (f"The cost rises, from {first:.3g} to {last:.3g}: look at the sign of the step, "
                "and at the rate.")
    if first > GUESS:
        return (f"The cost falls from {first:.3g} to {last:.3g}, and {below:g} is asked for: is it "
                "the sum over the examples where the mean belongs, or do the weights start too "
                "large?")
    if last > first * (1 - STILL):
        return (f"The cost stays where it is, at {last:.3g}: do the weights that learn have a "
                "part in it, and do they start at random?")
    return (f"The cost falls from {first:.3g} to {last:.3g} in {len(costs)} steps, and {below:g} "
            "is asked for: another rate, or a better rule of learning?")
