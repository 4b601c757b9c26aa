"""The key to the exercises: solutions, why they are right, and checks that hold answers to them.

A course can be shipped without this folder: answers are then kept, and checked by whoever has it.

>>> KEY["08-1"].answer()
0.1
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from tutor.course.exercises import Key, filled, folded, read_table
from tutor.course.key.checks import CHECKS


@cache
def read_key(learner: str = "") -> dict[str, Key]:
    """The key by the names of exercises, to the numbers of a learner."""
    rows = tomllib.loads((files("tutor.course.key") / "solutions.toml").read_text("utf-8"))
    found = {}
    for name, row in rows.items():
        solution, why, right = (filled(row[word], read_table(learner)[name].numbers)
                                for word in ("solution", "why", "right"))
        found[name] = Key(solution.strip(), folded(why), folded(right), CHECKS[name])
    return found


KEY = read_key()
