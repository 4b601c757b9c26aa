"""A script: how the leaves and the applications of a formula are written; here that of plain text.

An application is a template over its arguments, from the notation of its op, and each stands in
parentheses where it binds less strongly than its place needs.

>>> sorted(enclosed("f({0}, {1}) + {2}"))
[0, 1]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from string import Formatter
from typing import Any, NamedTuple

from tutor.graph import Constant, Notation, Variable
from tutor.printing.words import is_plain, is_sum, quoted_name, value_text


class Piece(NamedTuple):
    """A part of a formula, how strongly it binds (10: never needs parentheses), and how strongly
    must bind what it takes in where nothing ends it."""

    text: str
    level: float = 10
    open: float = 11


class Made(NamedTuple):
    """How something is written: the notation, what of it is seen in that, and what it gives."""

    notation: Notation
    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]
    op: Any


class Script:
    """Plain text: as Python reads it, so far as the names allow."""

    left, right = "(", ")"
    rest = Piece("…")
    longest = highest = 10**9  # how long and how high a line may become
    ends_open = False  # whether signs, as Σ, stand before what they are of without brackets

    def tall(self, made: Made) -> int:
        """By how much an application is higher than its arguments."""
        return 0

    def name(self, name: str) -> Piece:
        """A name the learner gave; in quotes where it might be read as a formula."""
        return Piece(name if is_plain(name) else quoted_name(name))

    def label(self, words: str) -> Piece:
        """A name given here."""
        return Piece(words)

    def numbered(self, piece: Piece, number: int) -> Piece:
        """One of several things that would be written alike."""
        return Piece(f"{self.tight(piece)}⟨{number}⟩")

    def unnamed(self, words: str) -> Piece:
        """A variable without a name, by its type (and a number where several are alike)."""
        return Piece(f"⟨{words}⟩")

    def part(self, number: int) -> Piece:
        """The name of a part that occurs more than once."""
        return Piece(f"t{number}")

    def step(self, number: int) -> Piece:
        """What a step before gave, by its number."""
        return Piece(f"#{number}")

    def constant(self, v: Constant) -> Piece:
        """A value: a number as it is, an array abbreviated."""
        text = value_text(v.data)
        return Piece(text, 6 if is_sum(v.data) else 8 if text.startswith("-") else 10)

    def output(self, piece: Piece, index: int) -> Piece:
        """One of several outputs of an application."""
        return Piece(f"{self.tight(piece)}[{index}]")

    def tight(self, piece: Piece) -> str:
        """The piece in parentheses, unless it never needs them."""
        return piece.text if piece.level >= 10 else f"{self.left}{piece.text}{self.right}"

    def made(self, v: Variable) -> Made:
        """How a variable that is computed is written: as papers do, where they have a way."""
        if v.paper is not None:
            notation, inputs = v.paper
            return Made(notation, tuple(inputs), (v,), None)
        node = v.owner
        assert node is not None
        return Made(node.op.notation(node), tuple(node.inputs), tuple(node.outputs), node.op)

    def template(self, notation: Notation) -> tuple[str, float]:
        """The template of an application and its level."""
        return notation.text, 10 if is_call(notation.text) else notation.level

    def apply(self, made: Made, pieces: Mapping[Variable, Piece], step: str = "") -> Piece:
        """An application to arguments that are written already."""
        template, level = self.template(made.notation)
        free, needs, opened = enclosed(template), made.notation.needs, 11.0
        arguments = [""] * len(made.inputs)
        for i in shown(template):
            piece = pieces[made.inputs[i]]
            need = 0 if i in free or i >= len(needs) else needs[i]
            if i not in free and not ends(template, i) and piece.open <= level:
                arguments[i] = self.bracketed(piece)
                continue
            arguments[i] = self.argument(template, i, piece, need)
            if template.endswith(f"{{{i}}}") and arguments[i] == piece.text:
                opened = piece.open
        own = made.notation.open if self.ends_open else 11
        return Piece(template.format(*arguments, step=step), level, min(own, opened))

    def bracketed(self, piece: Piece) -> str:
        """A piece in parentheses."""
        return f"{self.left}{piece.text}{self.right}"

    def argument(self, template: str, place: int, piece: Piece, need: float) -> str:
        """An argument, in parentheses where it binds less strongly than it must."""
        return piece.text if piece.level >= need else self.bracketed(piece)


@lru_cache(maxsize=1000)
def shown(template: str) -> tuple[int, ...]:
    """The arguments that a template shows.

    >>> shown("{0}^{{2}} + {3}")
    (0, 3)
    """
    names = [name for _, name, _, _ in Formatter().parse(template)]
    return tuple(dict.fromkeys([int(name) for name in names if name and name.isdigit()]))


@lru_cache(maxsize=1000)
def enclosed(template: str) -> frozenset[int]:
    """The arguments of a template that stand between brackets or commas already.

    >>> sorted(enclosed("f({0}, {1}) + {2}"))
    [0, 1]
    """
    found = re.findall(r"(?:[(\[,]|cases\}\}|if \}\}|\\\\)\s?\{(\d+)\}(?=[)\],]|\\right| [&\\])",
                       template)
    return frozenset(map(int, found + re.findall(r"\{\{\{(\d+)\}\}\}", template)))


@lru_cache(maxsize=1000)
def ends(template: str, place: int) -> bool:
    """Whether an argument stands last, or before something that closes."""
    return re.search(rf"\{{{place}\}}\s*(?:$|[)\],]|\\right|\}}\}})", template) is not None


@lru_cache(maxsize=1000)
def is_call(template: str) -> bool:
    """Whether a template of plain text is one call or one list: nothing binds tighter."""
    return bool(re.fullmatch(r"[\w.]+\([^()]*\)|\[[^\[\]]*\]", template))
