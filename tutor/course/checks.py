"""Exercises are checked: right, or a hint that teaches; and what is solved is remembered.

Comes after the table of exercises. An answer that is still None shows the question, and a wrong one
the next hint, so that a notebook runs from top to bottom whoever has filled in what.

>>> check("07-1", None)
Exercise 07-1. Make a function that adds its argument to a shared total, starting at 0.0, and ...
"""

from __future__ import annotations

import dis
import sys
from html import escape
from types import FrameType, ModuleType
from typing import Any

from tutor.course import answers, exercises
from tutor.course.exercises import EXERCISES, OWN, Exercise
from tutor.errors import BadValueError, FailedAssertionError, TutorError
from tutor.operators import quoted
from tutor.signatures import answering

_tries: dict[str, int] = {}
_solved: set[str] = set()


def _kept(held: Any, name: str, value: Any = None) -> None:
    raise BadValueError(
        f"{held.__name__}.{name} is what answers are checked by: it stays as it is.",
        fix="Give what you make a name of its own.")


class KeptModule(ModuleType):
    """A module whose names cannot be set to something else by a cell."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self):
            _kept(self, name)
        super().__setattr__(name, value)

    __delattr__ = _kept


class KeptType(type):
    """The type of a class that a cell cannot change."""

    __setattr__ = __delattr__ = _kept


class Verdict(metaclass=KeptType):
    """What a check has to say: `right` is True, False, or None while there is no answer."""

    def __init__(self, exercise: Exercise, right: bool | None, text: str) -> None:
        self.name, self.right, self.text = exercise.name, right, text

    def __bool__(self) -> bool:
        """Whether the answer is right; `assert check(…)` raises an error that says what is not."""
        if not self.right and _asserted(sys._getframe(1)):
            raise FailedAssertionError(repr(self))
        return bool(self.right)

    @property
    def heading(self) -> str:
        """The word in front: which exercise, or how the answer is."""
        if self.right is None:
            return f"Exercise {self.name}."
        return "✓ Right." if self.right else "Not yet."

    def __repr__(self) -> str:
        return printable(f"{self.heading} {self.text}")

    def _repr_html_(self) -> str:
        edge = {True: "#009e73", False: "#d55e00", None: "#888"}[self.right]
        style = f"border-left:4px solid {edge};padding:.2em .8em;margin:.2em 0;max-width:46em"
        return f'<div style="{style}"><b>{escape(self.heading)}</b> {escape(self.text)}</div>'


@answering
def check(name: str, answer: Any = None) -> Verdict:
    """Check the answer to an exercise: a number, a variable or a function, as its question asks.

    Says right, or what is wrong and the next hint; the answer, and the shared variables it uses,
    stay as they are. `answer` None shows the question. Where it is right, what is returned is true:
    `assert check("05-1", answer)` is a test cell for nbgrader, and a wrong answer an error that
    says what is wrong. A name that no exercise has is a `BadValueError` (a `ValueError`).

    >>> check("05-1", 3.0)
    Not yet. It is a number, and the answer is an expression of x. ...
    """
    if not isinstance(name, str) or name not in {*OWN, *EXERCISES}:
        named = isinstance(answer, str) and answer in EXERCISES
        raise BadValueError(
            f"there is no exercise {quoted(name)}.",
            fix=f'The name comes first: check("{answer}", answer).' if named else
            f"Choose one of {', '.join(sorted(EXERCISES))}.")
    exercise = EXERCISES.get(name)
    if exercise is None or OWN.get(name, exercise) is not exercise:
        raise BadValueError(f"exercise {name} was replaced in the table of exercises.",
                            fix="Restart the kernel without the cell that does it.")
    if answer is None:
        return Verdict(exercise, None, exercise.question)
    wrong = _what_is_wrong(exercise, answer)
    if wrong is None:
        _solved.add(name)
        return Verdict(exercise, True, exercise.right)
    tried = _tries.get(name, 0)
    _tries[name] = tried + 1
    hint = exercise.hints[min(tried, len(exercise.hints) - 1)]
    return Verdict(exercise, False, f"{wrong} {hint}")


def _asserted(frame: FrameType) -> bool:
    """Whether what a frame is at is the condition of an `assert` that has no message of its own."""
    names = [step.opname for step in dis.get_instructions(frame.f_code)
             if step.offset >= frame.f_lasti and step.opname not in ("TO_BOOL", "NOT_TAKEN")]
    failing = (["LOAD_ASSERTION_ERROR", "RAISE_VARARGS"], ["LOAD_COMMON_CONSTANT", "RAISE_VARARGS"])
    return "IF_TRUE" in names[0] and names[1:3] in failing


def _what_is_wrong(exercise: Exercise, answer: Any) -> str | None:
    try:
        return exercise.check(answer)
    except TutorError as problem:
        return f"It raises {type(problem).__name__}: {problem.what}"
    except Exception as problem:
        return f"It raises {type(problem).__name__}: {problem}."


class Progress:
    """How far this kernel has come: the exercises by notebook, and which are solved."""

    def __init__(self, solved: set[str]) -> None:
        self.solved = frozenset(solved)

    def __repr__(self) -> str:
        lines = [f"{len(self.solved)} of {len(EXERCISES)} exercises solved."]
        books = sorted({name.split("-")[0] for name in EXERCISES})
        for book in books:
            names = [name for name in EXERCISES if name.split("-")[0] == book]
            marks = "  ".join(f"{'✓' if name in self.solved else '·'} {name}" for name in names)
            lines.append(f"  {marks}")
        return printable("\n".join(lines))


def printable(text: str) -> str:
    """The text in characters that can be printed here: under cp1252 there is no ✓."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text.translate({ord("✓"): "*", ord("−"): "-", ord("Σ"): "sum of"})
        return plain.encode(encoding, "replace").decode(encoding)
    return text


@answering
def progress() -> Progress:
    """The exercises solved since this kernel started; it is kept nowhere else."""
    return Progress(_solved)


def forget() -> None:
    """Start over: no exercise is solved or tried."""
    _tries.clear()
    _solved.clear()


for _module in (answers, exercises, sys.modules[__name__], sys.modules["tutor.course"]):
    _module.__class__ = KeptModule
