"""The differences from Theano that a program can see: the rows of `differences.txt`, as a table.

Each row has lines of Python that show the difference, and what they print here, so that a row that
is no longer true is found out by the tests.
"""

from __future__ import annotations

from doctest import DocTestParser
from pathlib import Path
from typing import NamedTuple

BEGIN = "<!-- from tutor/theano/differences.txt: `tutor names --differences` prints it -->"
END = "<!-- the end of what that prints -->"


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
    text = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    return [_row(block) for block in text.split("\n\n")]


def table() -> str:
    """The differences as a table in Markdown, between the marks that the README has."""
    rows = [f"| {row.thing} | {row.there} | {row.here} |" for row in differences()]
    head = ["| what | Theano | here |", "| --- | --- | --- |"]
    return "\n".join([BEGIN, *head, *rows, END])
