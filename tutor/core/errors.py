"""Errors that teach: what happened, where it was written, how to mend it.

An `Origin` is the place in the learner's own code where a variable was made; `caller()` finds it by
walking out of this package. A `TutorError` is also the built-in error a Python user would expect.
"""

from __future__ import annotations

import linecache
import os
import re
import sys
from types import CodeType, FrameType
from typing import Any, NamedTuple

from tutor.core.seams import seams

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
INSIDE = (PACKAGE, "<tutor ")  # how the files of the engine, and the code it makes, are called
#: Whose frames stand around a learner's, or alone where no line of the learner's led here.
RUNNERS = frozenset("IPython asyncio concurrent ipykernel ipywidgets runpy threading tornado "
                    "traitlets".split())
CALL = 0x2  # the flag of code with variables of its own: a function's, not a module's or a cell's
LONGEST_LINE = 80  # characters of the learner's program that a message quotes
#: What moves a cursor, turns text round or cannot be encoded, though a name may have it.
UNPRINTABLE = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")


class Origin(NamedTuple):
    """A place in the learner's code: a code object and the offset of one instruction in it, and the
    part of the model that it was written for, where a layer tells these apart; `derived` for what
    was not written there, but differentiated."""

    code: CodeType
    offset: int
    scope: Any = None
    derived: bool = False

    @property
    def backwards(self) -> Origin:
        """The same place, for what goes back through it."""
        scope = self.scope and self.scope.mirror
        key = id(self.code), self.offset, scope, True
        return _places.setdefault(key, Origin(self.code, self.offset, scope, True))

    @property
    def lines(self) -> tuple[int, int, int | None, int | None]:
        """First line, last line, first column and last column (columns count UTF-8 bytes)."""
        for number, span in enumerate(self.code.co_positions()):
            if number == self.offset // 2:
                first, last, start, stop = span
                return first or self.code.co_firstlineno, last or first or 0, start, stop
        return self.code.co_firstlineno, self.code.co_firstlineno, None, None

    @property
    def place(self) -> str:
        """Where, the same on every machine: `train.py, line 7`."""
        name, line = self.code.co_filename, self.lines[0]
        return (seams.place and seams.place(name, line)) or f"{os.path.basename(name)}, line {line}"

    @property
    def text(self) -> str:
        """The line as it was written, without its indentation; empty where it is not to be had."""
        return linecache.getline(self.code.co_filename, self.lines[0]).strip()

    @property
    def segment(self) -> str:
        """The very part of the line that made the variable, where Python kept columns."""
        first, last, start, stop = self.lines
        line = linecache.getline(self.code.co_filename, first)
        if first != last or start is None or stop is None or not line:
            return self.text
        return line.encode()[start:stop].decode(errors="replace")

    def __str__(self) -> str:
        text = self.text if len(self.text) <= LONGEST_LINE else self.segment or self.text
        text = text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"
        return f"{self.place}:  {text}" if text else self.place


def shortened(text: str, longest: int) -> str:
    """A text on one line, of a long one both ends; what cannot be printed escaped."""
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(text.split()))
    kept = (longest - 3) // 2
    return line if len(line) <= longest else f"{line[:kept].rstrip()} … {line[-kept:].lstrip()}"


def plural(n: int, word: str) -> str:
    """A number of things in words."""
    return f"{n} {word}{'s' * (n != 1)}"


def is_inside(filename: str) -> bool:
    """Whether a frame of this file is one of the engine's: it says nothing to a learner."""
    return filename.startswith(INSIDE)


#: Places by the `id` of their code, which they keep alive: a loop makes most nodes of a long graph
#: at one of a few places, and one object for each place is enough.
_places: dict[tuple[int, int, Any, bool], Origin] = {}
MOST_PLACES = 1000


def caller() -> Origin | None:
    """The innermost place outside this package that led here: the learner's line."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith(INSIDE):
            inside = code.co_flags & CALL or seams.scopes
            scope = seams.scope_of(frame) if inside else None
            key = id(code), frame.f_lasti, scope, False
            found = _places.get(key)
            if found is None:
                if str(frame.f_globals.get("__name__")).split(".")[0] in RUNNERS:
                    return None
                if len(_places) >= MOST_PLACES:
                    _places.clear()
                found = _places[key] = Origin(code, frame.f_lasti, scope)
            return found
        frame = frame.f_back
    return None


class TutorError(Exception):
    """What happened, where (the origins of the variables that take part; if nothing else is told,
    the line of the learner's that led here), and how to fix it."""

    #: Of an error of a call: the node that could not be computed and the shapes of its operands;
    #: the results it is a part of, the node that is marked in them, and their formula so marked.
    node: Any = None
    shapes: Any = ()
    results: Any = ()
    part: Any = None
    formula = ""

    def __init__(self, what: str = "", *, where: tuple[tuple[str, Origin | None], ...] = (),
                 fix: str = "", more: str = "") -> None:
        super().__init__(what)
        known = any(origin for _, origin in where)
        self.where = where if known else (("written at", caller()),)
        self.what, self.fix, self.more = what, fix, more
        if seams.reworded is not None:
            self.what, self.fix = seams.reworded(what), seams.reworded(fix)

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"  in: {self.formula}"] if self.formula else []
        lines += [f"  {role}: {origin}" for role, origin in self.where if origin is not None]
        lines += [f"  Fix: {self.fix}"] if self.fix else []
        message = "\n".join([*lines, *(["", self.more] if self.more else [])])
        return UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], message)


class ArgumentError(TutorError, TypeError):
    """A function was called with the wrong number or kind of arguments."""


class DTypeError(TutorError, TypeError):
    """A value or variable has a dtype, a number of dimensions, or a kind that does not fit."""


class ShapeError(TutorError, ValueError):
    """Shapes met that do not fit together."""


class ShapesDifferError(ValueError):
    """Two operands have different sizes where both must agree; what raises it has no words yet."""


class BadValueError(TutorError, ValueError):
    """A value is not one of those allowed."""


class BadIndexError(TutorError, IndexError):
    """An index lies outside, or is of a kind that cannot index."""


class BadAxisError(BadIndexError, ValueError):
    """There is no such axis; like NumPy's `AxisError` a `ValueError` too."""


class CostError(TutorError, TypeError):
    """The cost of a gradient is not a real scalar."""


class DisconnectedInputError(TutorError, ValueError):
    """A gradient was asked with respect to something the cost does not depend on."""


class UnusedInputError(TutorError):
    """An input has no influence on any output."""


class MissingInputError(UnusedInputError):
    """An output needs a variable that is no input; often another input stands in its place."""


class NotHereError(TutorError, AttributeError, NotImplementedError):
    """Something this engine does not have, with the nearest thing that it has."""
