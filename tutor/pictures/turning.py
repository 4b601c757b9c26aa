"""Inputs to turn: sliders for numbers and cells for small arrays, and all of a story told anew.

Comes after the page. What is turned comes from the script as numbers by input; what goes back are
numbers for the same picture, so nothing is laid out again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tutor.core.graph import Constant, Variable
from tutor.core.types import DISCRETE, TensorType
from tutor.formulas import TEXT, Piece, Script
from tutor.pictures import html
from tutor.pictures.latex import LATEX, in_full, symbol
from tutor.pictures.stage import Stage
from tutor.pictures.story import Story

CELLS = 16  # numbers of an array that can be turned one by one
PLACES = 100  # of a slider on each side of zero, at least
FEW = 4  # numbers of an array that are written into a formula
LIMIT = 30  # operations in a formula


class Turning:
    """The inputs of a story that can be turned, and what becomes of its numbers."""

    def __init__(self, story: Story) -> None:
        self.story, self.stage = story, Stage(story, turning=True)
        self.ids = {f"i{story.names.index[v]}": v for v in story.given if v in story.names.index
                    and isinstance(v.type, TensorType) and np.size(story.given[v]) <= CELLS
                    and v.ndim <= 2 and v.dtype[:7] != "complex"}

    def inputs(self) -> list[dict[str, Any]]:
        """What the script needs for each: its name, its numbers, and the range of a slider."""
        found = []
        for key, v in self.ids.items():
            value = np.nan_to_num(np.asarray(self.story.given[v], dtype=float))
            reach = 3 * max(1.0, float(np.abs(value).max(initial=0.0)))
            step = 10.0 ** math.floor(math.log10(reach / PLACES))
            whole = v.dtype in DISCRETE
            found.append({"id": key, "name": self.story.names.called(v) or "input",
                          "shape": list(value.shape), "values": value.ravel().tolist(),
                          "low": 0.0 if v.dtype == "bool" or v.dtype[0] == "u" else -reach,
                          "high": 1.0 if v.dtype == "bool" else reach,
                          "step": 1.0 if whole else step})
        return found

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
        return {v: in_full(Constant(v.type, np.round(value, 4)), script, 1)
                for v, value in self.story.given.items()
                if isinstance(v.type, TensorType) and np.size(value) <= FEW}
