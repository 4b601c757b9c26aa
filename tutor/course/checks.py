"""Exercises are checked: right, or what is wrong and what kind of wrong; hints, and solutions.

Comes after the table of exercises. An answer that is still None shows the question, so that a
notebook runs from top to bottom whoever has filled in what.

>>> check("07-1", None)
Exercise 07-1. Make a function that adds its argument to a shared total, starting at 0.0, and ...
"""

from __future__ import annotations

import dis
import re
import sys
from html import escape
from importlib import import_module
from importlib.util import find_spec
from types import FrameType, ModuleType
from typing import Any

from tutor.core.errors import BadValueError, TutorError
from tutor.core.graph import quoted
from tutor.course import (
    answers,
    definition,
    exercises,
    mistaken,
    record,
    remarks,
    slips,
    written,
)
from tutor.course.exercises import EXERCISES, OWN, Exercise, Key, by_notebook, read_table
from tutor.errors import FailedAssertionError
from tutor.signatures import answering

ENOUGH = 2  # tries, after which a solution is shown


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
    """What a check has to say: `right` is True, False, or None where nothing was judged."""

    def __init__(self, heading: str, right: bool | None, text: str, code: str = "") -> None:
        self.heading, self.right, self.text, self.code = heading, right, text, code

    def __bool__(self) -> bool:
        """Whether the answer is right; `assert check(…)` raises an error that says what is not."""
        if not self.right and _asserted(sys._getframe(1)):
            raise FailedAssertionError(repr(self))
        return bool(self.right)

    def __repr__(self) -> str:
        code = "".join(f"\n    {line}" for line in self.code.splitlines())
        return printable(f"{self.heading} {self.text}{code}")

    def _repr_html_(self) -> str:
        edge = {True: "#009e73", False: "#d55e00", None: "#888"}[self.right]
        style = f"border-left:4px solid {edge};padding:.2em .8em;margin:.2em 0;max-width:46em"
        code = f"<pre>{escape(self.code)}</pre>" if self.code else ""
        return (f'<div style="{style}"><b>{escape(self.heading)}</b> {escape(self.text)}{code}'
                "</div>")


@answering
def check(name: str, answer: Any = None) -> Verdict:
    """Check the answer to an exercise: a number, a variable or a function, as its question asks.

    Says right, or what is wrong and what kind of wrong; the answer, and the shared variables it
    uses, stay as they are. `answer` None shows the question. Where it is right, what is returned is
    true: `assert check("05-1", answer)` is a test cell for nbgrader, and a wrong answer an error
    that says what is wrong. What was tried is kept in `progress.json` beside the notebook. A name
    that no exercise has is a `BadValueError` (a `ValueError`).

    >>> check("05-1", 3.0)
    Not yet. It is a number, and the answer is an expression of x. ...
    """
    exercise = _found(name, answer)
    if answer is None:
        return Verdict(f"Exercise {name}.", None, exercise.question)
    key, row = key_of(exercise), record.row(name)
    tries, told = row["tries"] + 1, written.written(answer)
    if key is None:
        record.note(name, tries=tries, answer=told)
        return Verdict("Kept.", None, "This copy of the course has no key: your answer is in "
                       f"{record.FILE}, and is checked by whoever has one.")
    wrong = judged(key, answer)
    if wrong is None:
        record.note(name, tries=tries, solved=True, answer=told)
        return Verdict("✓ Right.", True, key.right)
    record.note(name, tries=tries, **({} if row["solved"] else {"answer": told}))
    help_ = f' A hint: theano.course.hint("{name}").' if row["hints"] < len(exercise.hints) else (
        f' To see how it is done: theano.course.solution("{name}").')
    return Verdict("Not yet.", False, wrong + help_)


@answering
def require(name: str, answer: Any) -> None:
    """Raise an error unless the answer to an exercise is right: a test cell for nbgrader.

    The error is a `FailedAssertionError` (an `AssertionError`) that says what is wrong and gives a
    hint, so that nbgrader's feedback holds both. Nothing is recorded. Where the course has no key
    no answer passes, save where answers are collected, to be judged elsewhere.

    >>> require("08-1", 0.1)
    >>> require("08-1", 7)
    Traceback (most recent call last):
    ...
    tutor.errors.FailedAssertionError: exercise 08-1: 7 is not the value. ...
    """
    exercise = _found(name, answer)
    key = key_of(exercise)
    if answer is None:
        wrong: str | None = "answer is still None."
    elif key is not None:
        wrong = judged(key, answer)
    elif record.send(name, written.written(answer)):
        return
    else:
        raise FailedAssertionError(f"exercise {name} cannot be checked: this copy of the course "
                                   "has no key.", fix="Grade where the whole course is installed.")
    if wrong is not None:
        raise FailedAssertionError(f"exercise {name}: {wrong}", fix=f"A hint: {exercise.hints[0]}")


@answering
def hint(name: str) -> Verdict:
    """Give one more hint for an exercise, each time; after the last, all of them.

    >>> hint("05-1")
    Hint 1 of 2. Each term has its own derivative, and they are added.
    """
    hints = _found(name).hints
    given = record.row(name)["hints"]
    if given >= len(hints):
        told = " ".join(f"({i}) {text}" for i, text in enumerate(hints, 1))
        return Verdict(f"All {len(hints)} hints.", None, told)
    record.note(name, hints=given + 1)
    return Verdict(f"Hint {given + 1} of {len(hints)}.", None, hints[given])


@answering
def solution(name: str) -> Verdict:
    """Show how an exercise is solved, and why so, once it is solved or was tried twice.

    >>> solution("08-1")
    Not yet. Try it twice before you look: a wrong answer is told what is wrong with it.
    """
    exercise = _found(name)
    key = key_of(exercise)
    if key is None:
        return Verdict("No solution.", None, "This copy of the course has no key.")
    if not record.row(name)["solved"] and record.tries(name) < ENOUGH:
        return Verdict("Not yet.", None, "Try it twice before you look: a wrong answer is told "
                       "what is wrong with it.")
    return Verdict(f"Solution {name}.", None, key.why, key.solution)


@answering
def learner(name: str = "") -> Verdict:
    """Say who you are: exercises whose rows have numbers then ask with numbers of your own.

    Without a name it is the one by which JupyterHub or nbgrader know you; where neither does, the
    numbers are those of the course. A name that is no string is a `BadValueError`.

    >>> learner("ada").heading, "144 features" in check("09-2").text
    ('ada:', True)
    >>> _ = learner(record.NOBODY)
    """
    if not isinstance(name, str):
        raise BadValueError(f"a name is a string, and not {quoted(name)}.",
                            fix='Write learner("ada").')
    own = record.call(name or record.account())
    return Verdict(f"{own}:", None, "exercises ask you with numbers of your own.") if own else (
        Verdict("Nobody:", None, 'the numbers are those of the course. Write learner("ada").'))


def _found(name: Any, answer: Any = None) -> Exercise:
    """The exercise of a name, or the error that there is none, or another."""
    if not isinstance(name, str) or name not in {*OWN, *EXERCISES}:
        named = isinstance(answer, str) and answer in EXERCISES
        raise BadValueError(
            f"there is no exercise {quoted(name)}.",
            fix=f'The name comes first: check("{answer}", answer).' if named else _names(name))
    exercise = EXERCISES.get(name)
    if exercise is None or OWN.get(name, exercise) is not exercise:
        raise BadValueError(f"exercise {name} was replaced in the table of exercises.",
                            fix="Restart the kernel without the cell that does it.")
    own = record.learner()
    return read_table(own)[name] if own and name in OWN else exercise


def _names(name: Any) -> str:
    """What to write in place of a name that no exercise has."""
    if not isinstance(name, str):
        return 'Write the name in quotes: check("05-1", answer).'
    book = re.search(r"\d+", name)
    near = [one for one in EXERCISES if book and one.startswith(f"{int(book[0]):02}-")]
    return f"Choose one of {', '.join(sorted(near or EXERCISES))}."


def key_of(exercise: Exercise) -> Key | None:
    """The key of an exercise: its own, or that of the course where the course has one here."""
    if exercise.key is not None or find_spec(KEY) is None:
        return exercise.key
    module = import_module(KEY)
    if not isinstance(module, KeptModule):
        for one in (module, import_module(f"{KEY}.checks")):
            one.__class__ = KeptModule
    key: dict[str, Key] = module.read_key(exercise.learner)
    return key.get(exercise.name)


def judged(key: Key, answer: Any) -> str | None:
    """What is wrong with an answer, or None."""
    try:
        return key.check(answer, key.answer())
    except TutorError as problem:
        return f"It raises {type(problem).__name__}: {problem.what}"
    except Exception as problem:
        return f"It raises {type(problem).__name__}: {problem}."


def _asserted(frame: FrameType) -> bool:
    """Whether what a frame is at is the condition of an `assert` that has no message of its own."""
    names = [step.opname for step in dis.get_instructions(frame.f_code)
             if step.offset >= frame.f_lasti and step.opname not in ("TO_BOOL", "NOT_TAKEN")]
    failing = (["LOAD_ASSERTION_ERROR", "RAISE_VARARGS"], ["LOAD_COMMON_CONSTANT", "RAISE_VARARGS"])
    return "IF_TRUE" in names[0] and names[1:3] in failing


class Progress:
    """How far a learner has come: the exercises by notebook, and which are solved."""

    def __init__(self, solved: set[str]) -> None:
        self.solved = frozenset(solved)

    def __repr__(self) -> str:
        lines = [f"{len(self.solved)} of {len(EXERCISES)} exercises solved."]
        for _, names in sorted(by_notebook().items()):
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
    """The exercises that are solved, as `progress.json` beside the notebooks records them."""
    return Progress({name for name, row in record.rows().items() if row["solved"]})


KEY = "tutor.course.key"
for _module in (answers, definition, exercises, mistaken, remarks, slips, written,
                sys.modules[__name__], sys.modules["tutor.course"]):
    _module.__class__ = KeptModule
