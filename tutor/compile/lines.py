"""The lines of a program, and how a reader is shown them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tutor.core.errors import shortened
from tutor.core.graph import Apply
from tutor.core.text import formula

LONGEST_COMMENT = 60


class Line(NamedTuple):
    """A line of the program, the node it computes (None for what is no node), and what a reader
    is shown in its place, where that is something else."""

    text: str
    node: Apply | None = None
    shown: str | None = None

    def indented(self) -> Line:
        """The line one level deeper."""
        shown = f"    {self.shown}" if self.shown else self.shown
        return Line(f"    {self.text}", self.node, shown)

    def under(self, levels: int = 1, hidden: bool = False) -> Line:
        """The line under others that a reader is not shown: to him it is where it was, or not
        there."""
        shown = "" if hidden else self.text if self.shown is None else self.shown
        return Line(f"{'    ' * levels}{self.text}", self.node, shown)


def readable(lines: Sequence[Line], seconds: Mapping[Apply, float] | None = None
             ) -> list[tuple[str, Apply | None]]:
    """Lines of a program as a reader is shown them, with the expression each computes behind it,
    and how many `seconds` that takes where it was measured; and the node of each."""
    shown = [(line.text if line.shown is None else line.shown, line.node) for line in lines]
    width = min(max([len(text) for text, _ in shown if text[:1] != "#"], default=0), 48)
    body = []
    for text, node in filter(lambda line: line[0], shown):
        noted = node and not text.lstrip().startswith(("if ", "#"))
        took = f"{1e6 * seconds[node]:7.1f} µs  " if seconds and node and node in seconds else ""
        note = f"  # {took}{comment(node)}" if noted and node else ""
        body.append((f"    {text:<{width}}{note}".rstrip(), node))
    return body


def comment(node: Apply) -> str:
    """The expression a node computes, on what is left of a line."""
    text = str(formula(node.outputs[0])).split("  where ")[0]
    if not text.isprintable():
        text = shortened(text, len(text))
    return text if len(text) <= LONGEST_COMMENT else text[: LONGEST_COMMENT - 2] + " …"
