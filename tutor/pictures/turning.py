"""Inputs to turn: sliders for numbers, cells for small arrays, and all of a story told anew.

Comes after the page. With a kernel, numbers by input come from the script, and numbers for the same
picture go back, so nothing is laid out again. A page that computes has marks in the place of
values; where branches are taken by the values, there is what is said for each choice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.core.errors import BadValueError
from tutor.core.graph import Constant, Variable
from tutor.core.types import DISCRETE, TensorType
from tutor.core.walk import graph_inputs
from tutor.formulas import TEXT, Piece, Script
from tutor.pictures import html
from tutor.pictures import page as pages
from tutor.pictures.computed import FIRST, Computed, Mark, free, slider, turnable
from tutor.pictures.latex import LATEX, in_full, symbol
from tutor.pictures.stage import Stage
from tutor.pictures.story import Story
from tutor.pictures.values import Evaluation

if TYPE_CHECKING:
    from tutor.pictures.explore import Exploration

FEW = 4  # numbers of an array that are written into a formula
LIMIT = 30  # operations in a formula
MOST = 4  # conditions, for each choice of which there is what is said
Choice = Mapping[Variable, bool]


class Turning:
    """The inputs of a story that can be turned, and what becomes of its numbers."""

    def __init__(self, story: Story) -> None:
        self.story, self.stage = story, Stage(story, turning=True)
        self.ids = {f"i{story.names.index[v]}": v for v in story.given if v in story.names.index
                    and turnable(v, story.given[v])}

    def inputs(self) -> list[dict[str, Any]]:
        """What the script needs for each."""
        return [slider(key, self.story.names.called(v), v, self.story.given[v])
                for key, v in self.ids.items()]

    def turned(self, numbers: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """What the picture says with these numbers in place of those there were."""
        given = dict(self.story.given)
        for key, values in numbers.items():
            if key in self.ids:
                v = self.ids[key]
                array = np.reshape(values, np.shape(given[v]))
                given[v] = v.type.filter(array.astype(v.dtype), False, True)
        self.story.evaluate(given)
        return self.numbers()

    def numbers(self) -> dict[str, Any]:
        """All numbers of the picture, and the formulas with numbers in them."""
        return {**self.stage.numbers(), "mathematics": self.mathematics()}

    def data(self) -> dict[str, Any]:
        """What the script needs to begin with."""
        return {**self.stage.data(), "inputs": self.inputs(), "mathematics": self.mathematics()}

    def mathematics(self) -> str:
        """Each result as a formula with numbers in it, and as a line of a program."""
        story = self.story
        rows = []
        for v in (*story.outputs, *story.gradients):
            name = story.named.get(v) or v.name or "y"
            texts = [in_full(v, script, LIMIT, self.pieces(script)).text
                     for script in (LATEX, TEXT)]
            value = story.glance(v)
            result = value.html if story.values.get(v) is not None else ""
            rows.append((html.inline_math(f"{symbol(name)} = {texts[0]}", texts[1]),
                         f"= {result}" if result else "", html.code(texts[1])))
        return html.table(rows)

    def pieces(self, script: Script) -> dict[Variable, Piece]:
        """The numbers that stand for inputs in a formula: of small arrays too."""
        return {v: in_full(Constant(v.type, value if v.dtype == "bool" else np.round(value, 4)),
                           script, 1)
                for v, value in self.story.given.items()
                if isinstance(v.type, TensorType) and np.size(value) <= FEW}


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
