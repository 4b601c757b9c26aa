"""The exercises, one table: what is asked, and the hints in order; the key says what is right.

The questions stand in `data/questions.toml`. To add one in a cell of your own notebook, write
`EXERCISES["my-1"] = Exercise("my-1", question, hints, Key(solution, why, right, check))`. A check
takes an answer and the right one, and says what is wrong with the first: `means`, `does`,
`is_close` and `same_type` make such checks, which compare values and not spellings.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
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
        return _made(self.solution)


class Exercise(NamedTuple):
    """One row; without a key its answers are kept, and not checked here."""

    name: str
    question: str
    hints: tuple[str, ...]
    key: Key | None = None
    points: int = 1


@cache
def _made(solution: str) -> Any:
    """What a solution makes; it is read, and never called or changed."""
    made: dict[str, Any] = {}
    exec(f"{PROMISES}\n{solution}", made)
    return made["answer"]


def folded(text: str) -> str:
    """A text in one line: line breaks count as spaces."""
    return " ".join(text.split())


def read_table() -> dict[str, Exercise]:
    """The exercises of the course by name, without the key."""
    rows = tomllib.loads((files("tutor.course") / "data/questions.toml").read_text("utf-8"))
    return {name: Exercise(name, folded(row["question"]), tuple(map(folded, row["hints"])),
                           points=row.get("points", 1))
            for name, row in rows.items()}


EXERCISES: dict[str, Exercise] = read_table()
#: The rows above, whatever a cell does to the table.
OWN = MappingProxyType(dict(EXERCISES))
