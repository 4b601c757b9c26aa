"""Wrong answers that people arrive at, and what each of them tells: the `slips` of the key's rows.

A slip is text in the names of the solution: a formula of its variables, or of `answer`; or
`old → new`, what the solution gives with another part in it.

>>> [(formula, words), *_] = SLIPS["05-1"]; words
'That is the function itself: its slope is asked for.'
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from tutor.core.graph import Variable
from tutor.course.definition import Definition
from tutor.course.exercises import filled, names_of, read_table

SOLUTIONS = tomllib.loads((files("tutor.course.key") / "solutions.toml").read_text("utf-8"))


def wrong(solution: str, text: str) -> Callable[..., Any]:
    """The wrong answer that a text stands for, of the inputs of the right one or of its number."""
    old, arrow, new = text.partition(" → ")

    def of(*given: Any) -> Any:
        if not arrow:
            own = {getattr(v, "name", None) or "answer": v for v in given}
            return eval(text, {**names_of(solution), **own})
        names = names_of(solution.replace(old, new))
        answer = names["answer"]
        return Definition.of_expression([names[v.name] for v in given], answer) if isinstance(
            answer, Variable) else Definition.of(answer)
    return of


def read_slips(name: str, learner: str = "") -> list[tuple[Callable[..., Any], str]]:
    """The slips of an exercise, each with its words, to the numbers of a learner."""
    row, numbers = SOLUTIONS[name], read_table(learner)[name].numbers
    solution = filled(row["solution"].strip(), numbers)
    return [(wrong(solution, filled(text, numbers)), words)
            for text, words in row.get("slips", {}).items()]


SLIPS = {name: read_slips(name) for name in SOLUTIONS}
