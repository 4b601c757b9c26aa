"""A derivation as it is shown: its lines as text, LaTeX and HTML, all from the same steps.

Comes after `steps.py`, which makes the steps; `tutor.derive` gives it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any
from zlib import crc32

from tutor.core.graph import Variable
from tutor.core.walk import ancestors
from tutor.formulas import Walk, written
from tutor.pictures import html
from tutor.pictures.computed import Mark, computed
from tutor.pictures.derivation.notation import HAND
from tutor.pictures.derivation.steps import Step
from tutor.pictures.derivation.unevaluated import taken
from tutor.pictures.display import Bundle, drawn, title_of
from tutor.pictures.latex import symbol
from tutor.pictures.mathml import mathml
from tutor.pictures.picture import Names
from tutor.pictures.plain import plain

LIT = "#e69f00"
SHORT, LIMIT = 120, 90  # about so long a line gives no names to its parts; operations in it


@dataclass(frozen=True)
class Row:
    """One line as it is written: what stands left of the equals sign and right of it, in LaTeX,
    and the step that led there; of definitions there is none."""

    left: str
    right: str
    step: Step | None = None


@dataclass(frozen=True)
class Derivation:
    """The derivative of y with respect to x, line by line.

    `called` is what y is called, and `names` what others are that have no name of their own.
    `steps` go from the derivative to a formula in which none is left to take: each has the
    expression `before` and `after`, of equal value, the names of the rules, and the edges of the
    graph that it went over. It is shown as a table in a notebook, as `text`, and as `latex`.
    """

    y: Variable
    x: Variable
    steps: tuple[Step, ...]
    called: str
    names: tuple[tuple[Variable, str], ...]

    @cached_property
    def rows(self) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
        """What y is and what stands for what; and the lines."""
        names = dict(self.names)
        lines = [step.after for step in self.steps]
        parts = defined([self.y, *lines], names)
        found = written([self.y, *parts, *lines], HAND, LIMIT, SHORT, names)
        texts = iter(found.texts)
        head = [Row(symbol(name), next(texts)) for name in (
            self.called, *[names.get(v) or v.name or "" for v in parts])]
        where = [Row(name, text) for name, text in found.where]
        quotient = written([self.steps[0].before], HAND, names={**names, self.y: self.called})
        left = [quotient.texts[0]] + [""] * len(lines)
        body = [Row(side, next(texts), step) for side, step in zip(left, self.steps, strict=False)]
        return (*head, *where), tuple(body)

    @property
    def text(self) -> str:
        """The lines as plain text."""
        head, body = self.rows
        given = [f"{plain(row.left)} = {plain(row.right)}" for row in head]
        lines = [plain(row.right) for row in body]
        first, wide = plain(body[0].left), max(map(len, lines)) if max(map(len, lines)) < 80 else 0
        made = []
        for i, (row, line) in enumerate(zip(body, lines, strict=True)):
            left = first if i == 0 else " " * len(first)
            made.append(f"{left} = {line:{wide}}    {row.step.rule if row.step else ''}".rstrip())
        with_ = [f"{'  with' if i == 0 else '      '} {line}" for i, line in enumerate(given[1:])]
        return "\n".join([given[0], *with_, *made])

    @property
    def latex(self) -> str:
        """The lines in LaTeX, aligned at their equals signs."""
        head, body = self.rows
        lines = [f"{row.left} &= {row.right}" for row in head]
        lines += [rf"{row.left} &= {row.right} && \text{{{row.step.rule if row.step else ''}}}"
                  for row in body]
        body_ = r" \\ ".join(lines)
        return rf"\begin{{aligned}} {body_} \end{{aligned}}"

    def __repr__(self) -> str:
        return self.text

    def html(self, live: bool = False) -> str:
        """A page of its own: the lines, and the graph that they light; `live`, with the value of
        each line, of inputs that are turned."""
        return document(f"Derivative of {self.called}", [self], live)

    def _repr_html_(self) -> str:
        return html.page(*self.parts())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        return {"text/plain": self.text, "text/html": self._repr_html_(),
                "text/latex": rf"$\displaystyle {self.latex}$"}

    def parts(self, first: int | None = None) -> list[str]:
        """The pieces of the page: what is given, the lines, the graph in which a line lights the
        edges that it goes over. `first` is the place of the value of the first line, if there are
        such."""
        head, body = self.rows
        names = Names.of([self.y])
        names.labels.update({v: name for v, name in self.names if v in names.index})
        graph = drawn([self.y], names, title_of(self.y), roles={self.x: ["wrt"]})
        given = "".join(f'<div>{mathml(rf"{row.left} = {row.right}", block=False)}</div>'
                        for row in head)
        key = f"line{crc32(self.text.encode()):08x}"  # of other derivations on a page
        cells = "".join(line(row, f"{key}-{i}", None if first is None else first + i)
                        for i, row in enumerate(body))
        table = f'<table class="tutor-table tutor-lines"><tbody>{cells}</tbody></table>'
        full = f'<div class="tutor-formula">{given}{table}</div>'
        lines = html.twins(full, f"<pre>{escape(self.text)}</pre>")
        return [lights(body, key, names), html.beside(f"<div>{lines}</div>", graph.html())]


class Derivations(list[Derivation]):
    """Several derivations of one expression, shown below one another."""

    @property
    def text(self) -> str:
        """Each as plain text."""
        return "\n\n".join(one.text for one in self)

    def __repr__(self) -> str:
        return self.text

    def html(self, live: bool = False) -> str:
        """A page of its own; `live`, with the value of each line, of inputs that are turned."""
        return document("Derivatives", self, live)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        bundles = [one._repr_mimebundle_() for one in self]
        latex = r" \\ ".join(rf"&{one.latex}" for one in self)
        return {"text/plain": self.text, "text/html": "".join(b["text/html"] for b in bundles),
                "text/latex": rf"$\displaystyle \begin{{aligned}} {latex} \end{{aligned}}$"}


def document(title: str, derivations: Sequence[Derivation], live: bool) -> str:
    """A page with some derivations."""
    if not live:
        return html.document(title, "".join(one._repr_html_() for one in derivations))
    first, body = 0, '<div class="tutor-turned tutor-explore"></div>'
    for one in derivations:
        body += html.page(*one.parts(first))
        first += len(one.steps)
    made = computed(taken([step.after for one in derivations for step in one.steps]))
    places = [str(Mark(i)) for i in range(first)]
    return made.page(title, body, {"inputs": made.turns()},
                     {"templates": [{"places": places}], "choices": []})


def line(row: Row, key: str, place: int | None = None) -> str:
    """A line of the table, with the rule and what is said of it, and the place of its value."""
    step = row.step
    left = mathml(row.left, block=False) if row.left else ""
    right = mathml(rf"= {row.right}", block=False)
    rule = f"<b>{escape(step.rule)}</b>{html.line(step.words)}" if step else ""
    value = "" if place is None else f'<td>= <output data-value="{place}"></output></td>'
    return (f'<tr data-of="{key}" tabindex="0"><td>{left}</td><td>{right}</td>'
            f"<td>{rule}</td>{value}</tr>")


def lights(rows: Sequence[Row], key: str, names: Names) -> str:
    """The style by which a line lights its edges, under a pointer or the keyboard, and a node the
    lines that go over it."""
    found = []
    for number, row in enumerate(rows):
        here = f'[data-of="{key}-{number}"]'
        pairs = [(u, v) for u, v in (row.step.edges if row.step else ())
                 if u in names.index and v in names.index]
        nodes = dict.fromkeys(f'[data-node="{names.id(v)}"]' for _, v in pairs)
        edges = [f'[data-edge="e{names.id(v)[1:]}-{place}"]' for u, v in pairs
                 for place, w in enumerate(v.owner.inputs if v.owner is not None else ()) if w is u]
        on = f".tutor-show:has({here}:is(:hover,:focus))"
        if nodes:
            found.append(f"{on} :is({','.join(nodes)}) .tutor-shape"
                         f"{{stroke:{LIT};stroke-opacity:1;stroke-width:3.5}}")
            found.append(f".tutor-show:has(:is({','.join(nodes)}):hover) {here}"
                         "{background:rgba(230,159,0,.25)}")
        if edges:
            found.append(f"{on} :is({','.join(edges)}) .tutor-line"
                         f"{{stroke:{LIT};stroke-opacity:1;stroke-width:3}}")
    return f"<style>{''.join(found)}</style>" if found else ""


def defined(targets: Sequence[Variable], names: Mapping[Variable, str]) -> list[Variable]:
    """What stands in some formulas by a name and is made of something, in the order it is made."""
    found: dict[Variable, None] = {}
    queue = list(targets)
    while queue:
        walk = Walk(queue.pop(0), HAND, names=names)
        new = [v for v in walk.leaves if v.owner is not None and v not in found
               and v not in targets]
        found.update(dict.fromkeys(new))
        queue.extend(new)
    return [v for v in ancestors(list(found)) if v in found]
