"""An exploration as a page that computes: what its picture says, with marks in the place of values.

Comes after what is turned with a kernel. Where branches are taken by the values, there is what is
said for each choice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.core.errors import BadValueError
from tutor.core.graph import Variable
from tutor.core.types import DISCRETE, TensorType
from tutor.core.walk import graph_inputs
from tutor.pictures import page as pages
from tutor.pictures.computed import FIRST, Computed, Mark, free
from tutor.pictures.story import Story
from tutor.pictures.turning import Turning
from tutor.pictures.values import Evaluation

if TYPE_CHECKING:
    from tutor.pictures.explore import Exploration

MOST = 4  # conditions, for each choice of which there is what is said
Choice = Mapping[Variable, bool]


def page(exploration: Exploration) -> str:
    """The page, whole. Raises BadValueError where the graph has no form in JavaScript, an operation
    fails, or there are too many conditions."""
    story = exploration.story
    if story.found.problem is not None:
        raise BadValueError("it ends at an operation that fails, and a page that computes goes "
                            "through all of them.", fix="Save it without live=True.")
    if len(story.choices) > MOST:
        raise BadValueError(f"it has {len(story.choices)} conditions, and a page that computes "
                            f"goes by {MOST} at most.", fix="Save it without live=True.")
    turning = exploration.turning or Turning(story)
    choices = [dict(zip(story.choices, taken, strict=True))
               for taken in product([False, True], repeat=len(story.choices))]
    slots: dict[Variable, int] = {}
    given = {v: story.given[v] for v in free([*story.outputs, *story.gradients])}
    templates = [said(story, turning, given, slots, taken) for taken in choices]
    made = Computed([*slots], given, turning.ids)
    begun = {key: told for key, told in turning.data().items() if key not in templates[0][0]}
    told = {"templates": [template for template, _ in templates],
            "below": [below for _, below in templates],
            "choices": [slots[v] for v in story.choices]}
    return made.page(begun["title"], exploration._still(), begun, told)


def said(story: Story, turning: Turning, given: Mapping[Variable, Any],
         slots: dict[Variable, int], taken: Choice) -> tuple[dict[str, Any], str]:
    """What the picture says by one choice of branches, with a mark for each value, whose number is
    in `slots`, and other numbers for the inputs; and its formulas with numbers below 0, which show
    where parentheses are."""
    kept = story.found, story.steps, story.given, story.back, story.instead
    story.instead = ""
    numbers = standing(given)
    try:
        story.given = {v: -one if v.dtype[0] in "fi" else one for v, one in numbers.items()}
        story.follow(partial(marked, slots, taken))
        below = turning.mathematics()
        story.given = numbers
        told: dict[str, Any] = json.loads(json.dumps(turning.numbers()))
        return {**told, "checks": list(checks(story, slots))}, below
    finally:
        story.found, story.steps, story.given, story.back, story.instead = kept


def checks(story: Story, slots: Mapping[Variable, int]) -> Iterator[tuple[Any, ...]]:
    """Of each step forwards its number, the places of its results and its operands, and what is
    said of all and of this step where nan or infinity begins there."""
    for i, step in enumerate(story.steps, 1):
        if step.phase == "forward" and step.node is not None:
            places = [[slots[v] for v in side if v in slots]
                      for side in (step.node.outputs, step.node.inputs)]
            story.found = story.found._replace(suspect=step.node)
            yield i, *places, pages.verdict(story), pages.told(story, step)


def standing(given: Mapping[Variable, Any]) -> dict[Variable, Any]:
    """Numbers that stand for those of the inputs, in formulas."""
    found: dict[Variable, Any] = {}
    first = FIRST
    for v, value in given.items():
        array = np.asarray(value)
        numbers = first + np.arange(array.size).reshape(array.shape) + (v.dtype not in DISCRETE) / 2
        found[v] = numbers.astype(v.dtype) if v.dtype != "bool" else value
        first += array.size
    return found


def marked(slots: dict[Variable, int], taken: Choice, outputs: Sequence[Variable]) -> Evaluation:
    """A mark in the place of the value of all that these are made of, by this choice."""
    values = {v: Mark(slots.setdefault(v, len(slots)), true=taken.get(v, True))
              for v in needed([*outputs, *graph_inputs(outputs)], taken)
              if isinstance(v.type, TensorType)}
    return Evaluation(values, None, None)


def needed(outputs: Sequence[Variable], taken: Choice) -> Iterator[Variable]:
    """All that is computed for these, by one choice of branches."""
    seen: set[Variable] = set()
    queue = list(outputs)
    while queue:
        v = queue.pop()
        if v in seen:
            continue
        seen.add(v)
        yield v
        if v.owner is not None:
            queue += [*v.owner.outputs, *v.owner.op.required(v.owner, taken)]
