"""The key to the exercises: solutions, why they are right, and checks that hold answers to them.

A course can be shipped without this folder: answers are then kept, and checked by whoever has it.

>>> KEY["08-1"].answer()
0.1
"""

from __future__ import annotations

import tomllib
from importlib.resources import files

from tutor.course.exercises import Key, folded
from tutor.course.key.checks import CHECKS

_solutions = tomllib.loads((files("tutor.course.key") / "solutions.toml").read_text("utf-8"))
KEY: dict[str, Key] = {
    name: Key(row["solution"].strip(), folded(row["why"]), folded(row["right"]), CHECKS[name])
    for name, row in _solutions.items()
}
