"""Inputs to turn: sliders for numbers and cells for small arrays, and all of a story told anew.

Comes after the page. What is turned comes from the script as numbers by input; what goes back are
numbers for the same picture, so nothing is laid out again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tutor.core.graph import Constant, Variable
from tutor.core.types import TensorType
from tutor.formulas import TEXT, Piece, Script
from tutor.pictures import html
from tutor.pictures.computed import slider, turnable
from tutor.pictures.latex import LATEX, in_full, symbol
from tutor.pictures.stage import Stage
from tutor.pictures.story import Story

FEW = 4  # numbers of an array that are written into a formula
LIMIT = 30  # operations in a formula


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
