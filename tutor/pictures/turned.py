"""An exploration as a page that computes: inputs are turned in it, without a kernel.

Comes after what is turned with one. What a picture says is written once with a mark in the place of
each value; the page computes the values, by the graph as it was written, and puts them there.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.compile.function import function
from tutor.compile.javascript.module import module, script
from tutor.compile.mode import Mode
from tutor.core.errors import BadValueError
from tutor.core.graph import Constant, Variable
from tutor.core.types import DISCRETE, TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs
from tutor.pictures import html, svg
from tutor.pictures.cells import link
from tutor.pictures.steppable import literal
from tutor.pictures.story import Story
from tutor.pictures.turning import Turning

if TYPE_CHECKING:
    from tutor.pictures.explore import Exploration

MUCH = 5_000  # characters, from which on data are packed
FIRST = 7001  # of the numbers that stand for those of inputs, in formulas
#: What multiplies large matrices: what is turned by hand is small.
KERNELS = re.compile(r"(?<=const KERNELS = \[)[^\]]*")
CALLED = ("Tensor", "packed", "asTensor", "argument")


class Mark:
    """The place of a value, or of the sum of several, in what a picture says."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers

    def __add__(self, other: Mark) -> Mark:
        return Mark(*self.numbers, *other.numbers)

    def __abs__(self) -> Any:
        return np.ones(1)

    def __str__(self) -> str:
        return f"⟦{'+'.join(map(str, self.numbers))}⟧"


def page(exploration: Exploration) -> str:
    """The page, whole. Raises BadValueError where the graph has no form in JavaScript, or steps
    that depend on the values, as those of an `ifelse`."""
    story = exploration.story
    if story.branches is not None or story.found.problem is not None:
        raise BadValueError("which steps there are depends on the values here, and a page that "
                            "computes keeps its steps.", fix="Save it without live=True.")
    turning = exploration.turning or Turning(story)
    begun = turning.data()
    inputs, program, template, below = marked(story, turning)
    told = {"inputs": inputs, "template": template, "below": below}
    code = html.script()
    own = files("tutor.pictures").joinpath("turned.js").read_text(encoding="utf-8")
    still = exploration._still()
    return html.document(begun["title"], still + link(), svg.style(*html.STEPPING), "\n".join([
        code, f"const STORY = {literal(begun, MUCH)};", f"const TOLD = {literal(told, MUCH)};",
        f"const {{ evaluate, Tensor, packed, asTensor }} = (() => {{\n{program}",
        "return { evaluate, Tensor, packed, asTensor };\n})();", own]))


def marked(story: Story, turning: Turning
           ) -> tuple[list[dict[str, Any]], str, dict[str, Any], str]:
    """The inputs, the program that computes all values from them, what the picture says with marks
    in their places, and its formulas with numbers below 0, which show where parentheses are."""
    slots = [v for v in story.values if isinstance(v.type, TensorType)]
    free = [v for v in graph_inputs([*story.outputs, *story.gradients])
            if not isinstance(v, (Constant, SharedVariable))]
    f = function(free, slots, mode=Mode(optimizer=None), on_unused_input="ignore",
                 no_default_updates=True)
    program = KERNELS.sub("", script(module({"evaluate": f}, calls=CALLED)))
    numbers: dict[Variable, int] = {}
    given: dict[Variable, Any] = {}
    for v in free:
        value = np.asarray(story.given[v])
        first = FIRST + sum(np.size(other) for other in given.values())
        magic = first + np.arange(value.size).reshape(value.shape) + (v.dtype not in DISCRETE) / 2
        given[v] = magic.astype(v.dtype) if v.dtype != "bool" else value
        numbers[v] = first
    places = {v: i for i, v in enumerate(slots)}
    inputs = [{"id": next((key for key, u in turning.ids.items() if u is v), None),
               "dtype": v.dtype, "shape": list(np.shape(story.given[v])),
               "values": np.asarray(story.given[v], float).ravel().tolist(), "first": numbers[v]}
              for v in free]
    negative = {v: -value if v.dtype[0] in "fi" else value for v, value in given.items()}
    below = said(story, turning, places, negative)["mathematics"]
    return inputs, program, said(story, turning, places, given), below


def said(story: Story, turning: Turning, places: dict[Variable, int],
         given: dict[Variable, Any]) -> dict[str, Any]:
    """What the picture says, with a mark for each value and other numbers for the inputs."""
    found, steps, was = story.found, story.steps, story.given
    try:
        story.found = found._replace(values={v: Mark(i) for v, i in places.items()}, suspect=None)
        story.given = given
        story.steps = story.told_anew()
        told: dict[str, Any] = json.loads(json.dumps(turning.numbers()))
        return told
    finally:
        story.found, story.steps, story.given = found, steps, was
