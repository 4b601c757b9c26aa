"""The key to the exercises: solutions, why they are right, and checks that hold answers to them.

A course can be shipped without this folder: answers are then kept, and checked by whoever has it.
An exercise is a row of `solutions.toml`, with the wrong answers of `slips`, and one of `checks`.

>>> KEY["08-1"].answer()
0.1
"""

from __future__ import annotations

from functools import cache

from tutor.course.answers import is_close
from tutor.course.exercises import Key, filled, folded, read_table
from tutor.course.key.checks import CHECKS
from tutor.course.key.slips import SOLUTIONS, read_slips


@cache
def read_key(learner: str = "") -> dict[str, Key]:
    """The key by the names of exercises, to the numbers of a learner."""
    found = {}
    for name, row in SOLUTIONS.items():
        solution, why, right = (filled(row[word], read_table(learner)[name].numbers)
                                for word in ("solution", "why", "right"))
        check = CHECKS.get(name) or is_close(slips=read_slips(name, learner))
        found[name] = Key(solution.strip(), folded(why), folded(right), check)
    return found


KEY = read_key()
