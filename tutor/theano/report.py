"""`tutor names`: Theano's public names, module by module, with what is here and what is not.

`tutor names --differences` lists what a program can see that differs. Each row of `differences.txt`
has lines of Python that show it, and what they print here: one no longer true fails the tests.

>>> print(report(["theano.gradient"]).splitlines()[0].partition(":")[0])
theano.gradient
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from doctest import DocTestParser
from pathlib import Path
from typing import NamedTuple

from tutor.theano.finder import names
from tutor.theano.places import FRONT, public

WIDTH = 96
BEGIN = "<!-- from tutor/theano/differences.txt: `tutor names --differences` prints it -->"
END = "<!-- the end of what that prints -->"


class NoSuchModuleError(Exception):
    """Theano had no module of that name; the message says the nearest."""


def report(modules: Sequence[str] = (), *, missing: bool = False) -> str:
    """List what is here of each of `modules` (default: those that learners know), as text.

    `missing` leaves out what is there. A module that Theano did not have is a `NoSuchModuleError`.
    """
    return "\n\n".join("\n".join(_module(name, missing)) for name in modules or FRONT)


def _module(given: str, missing: bool) -> Iterator[str]:
    module = given if given.partition(".")[0] == "theano" else f"theano.{given}"
    if module not in public():
        near = get_close_matches(module, public(), 1, 0.0)
        raise NoSuchModuleError(f"Theano had no module {module}. The nearest that is: {near[0]}.")
    had, here = public()[module], names(module)
    yield f"{module}: {len(here)} of {len(had)} names are here."
    if not missing:
        yield from _wrapped("here", sorted(here))
    yield from _wrapped("not here", sorted(had - here))


def _wrapped(title: str, words: Sequence[str]) -> list[str]:
    text = f"{title}: {' '.join(words) or '–'}"
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


class Difference(NamedTuple):
    """A thing, how it was in Theano, how it is here; lines that show it, and what they print."""

    thing: str
    there: str
    here: str
    lines: str
    shown: str


def _row(block: str) -> Difference:
    words = " ".join(block.partition(">>> ")[0].split())
    thing, _, rest = words.partition(" Theano: ")
    there, _, here = rest.partition(" here: ")
    examples = DocTestParser().get_examples(block)
    return Difference(thing, there, here, "".join([e.source for e in examples]),
                      "".join([e.want for e in examples]))


def differences() -> list[Difference]:
    """The rows of the table."""
    text = Path(__file__).with_name("differences.txt").read_text(encoding="utf-8")
    return [_row(block) for block in text.split("\n\n")]


def table() -> str:
    """The differences as a table in Markdown, between the marks that the README has."""
    rows = [f"| {row.thing} | {row.there} | {row.here} |" for row in differences()]
    head = ["| what | Theano | here |", "| --- | --- | --- |"]
    return "\n".join([BEGIN, *head, *rows, END])
