"""The exercises, one table: what is asked, and the hints in order; the key says what is right.

The questions stand in `data/questions.toml`. To add one in a cell of your own notebook, write
`EXERCISES["my-1"] = Exercise("my-1", question, hints, Key(solution, why, right, check))`. A check
takes an answer and the right one, and says what is wrong with the first: `means`, `does` and
`is_close` make such checks, which compare values and not spellings. Of the `numbers` of a row each
learner has some of their own, for which `$n` stands in its texts.
"""

from __future__ import annotations

import os
import tomllib
import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template
from types import MappingProxyType
from typing import Any, NamedTuple

#: What every notebook, and so every solution, begins with.
PROMISES = "import numpy\nimport tutor as theano\nimport tutor.tensor as T"


class Key(NamedTuple):
    """What is right: `solution` is a program that ends in `answer = …`, `why` explains it, `right`
    is said when an exercise is solved and teaches one thing more."""

    solution: str
    why: str
    right: str
    check: Callable[[Any, Any], str | None]

    def answer(self) -> Any:
        """The right answer."""
        return names_of(self.solution)["answer"]


class Exercise(NamedTuple):
    """One row; without a key its answers are kept, and not checked here."""

    name: str
    question: str
    hints: tuple[str, ...]
    key: Key | None = None
    points: int = 1
    numbers: Mapping[str, Any] = MappingProxyType({})
    learner: str = ""


@cache
def names_of(solution: str) -> Mapping[str, Any]:
    """What a solution makes, by its names; it is read, and never called or changed."""
    made: dict[str, Any] = {}
    exec(f"{PROMISES}\n{solution}", made)
    return MappingProxyType(made)


def folded(text: str) -> str:
    """A text in one line: line breaks count as spaces."""
    return " ".join(text.split())


def drawn(name: str, choices: Mapping[str, Sequence[Any]], learner: str) -> dict[str, Any]:
    """The numbers of an exercise for a learner: drawn from who it is, alike on every machine. The
    course's own, for nobody, are the first.

    >>> drawn("09-2", {"k": [64, 36, 100]}, "")
    {'k': 64}
    """
    whose = os.fsencode(unicodedata.normalize("NFC", learner))
    return {word: some[zlib.crc32(f"{name} {word} ".encode() + whose) % len(some)] if whose
            else some[0] for word, some in choices.items()}


def filled(text: str, numbers: Mapping[str, Any]) -> str:
    """A text with these numbers in place of their words."""
    return Template(text).substitute(numbers) if numbers else text


@cache
def read_table(learner: str = "") -> dict[str, Exercise]:
    """The exercises of the course by name, as a learner is asked them, without the key."""
    rows = tomllib.loads((files("tutor.course") / "data/questions.toml").read_text("utf-8"))
    table = {}
    for name, row in rows.items():
        numbers = drawn(name, row.get("numbers", {}), learner)
        question, *hints = (folded(filled(text, numbers)) for text in
                            (row["question"], *row["hints"]))
        table[name] = Exercise(name, question, tuple(hints), None, row.get("points", 1),
                               MappingProxyType(numbers), learner)
    return table


def by_notebook() -> dict[str, list[str]]:
    """The names of the exercises in the table, by the numbers of their notebooks."""
    found: dict[str, list[str]] = {}
    for name in EXERCISES:
        found.setdefault(name.partition("-")[0], []).append(name)
    return found


EXERCISES: dict[str, Exercise] = {**read_table()}
#: The rows above, whatever a cell does to the table.
OWN = MappingProxyType(dict(EXERCISES))
