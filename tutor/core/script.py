"""How formulas are written: names, values, types and applications as plain text.

Comes before the graph, which speaks in formulas; `text.py` walks it and decides what is written.
Mathematics is another script, in `pictures/`.

>>> TEXT.constant(np.float64(2)).text, TEXT.name("a + b").text
('2', "'a + b'")
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tutor.core.errors import shortened
from tutor.core.types import PREFIXES, TensorType

if TYPE_CHECKING:
    from tutor.core.graph import Variable
    from tutor.core.op import Notation

ENDLESS = 10**9
LONGEST_NAME = 40
DERIVATIVE = re.compile(r"\(d(.+)/d(.+)\)")  # how derivatives are called: `(dz/dx)`
VALUES = frozenset(("nan", "inf", "True", "False"))  # words that are values
_PREFIX = {dtype: prefix for prefix, dtype in PREFIXES.items()}


@lru_cache(maxsize=1000)
def is_plain(name: str) -> bool:
    """Whether a name can be read as nothing but a name: a word, or as derivatives and what stands
    in loops are called.

    >>> [is_plain(name) for name in ("x_1", "(dz/dx)", "h[t-1]", "x[1]", "a + b", "nan", "1e5")]
    [True, True, True, False, False, False, False]
    """
    if quotient := DERIVATIVE.fullmatch(name):
        return all(map(is_plain, quotient.groups()))
    word = re.fullmatch(r"(\w+)(\[t([+-]\d+)?\])?", name)
    return (word is not None and len(name) <= LONGEST_NAME and name.isprintable()
            and not name[0].isdigit() and name not in VALUES)


def cut(text: str, most: int = LONGEST_NAME) -> str:
    """The beginning of a text, where it is longer than so many characters."""
    return text if len(text) <= most else text[:most - 1] + "…"


def quoted_name(name: str) -> str:
    """Any name in quotes, on one line and shortened, with what cannot be printed escaped."""
    return repr(cut(name))


def value_text(value: Any, most: int = 6) -> str:
    """A value in a few characters: numbers as they are, long arrays by their ends or their shape.

    >>> value_text(np.arange(10.0)), value_text(np.zeros((100, 3))), value_text(np.float32(0.1))
    ('[0, 1, 2, …, 9]', 'array(100×3)', '0.1')
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        text = str(value).strip("()")  # whole numbers without .0
        return text[:-2] if text.endswith(".0") else text.replace(".0e", "e")
    if not isinstance(value, np.ndarray):
        return shortened(str(value), LONGEST_NAME)
    if value.size > most and (value.ndim > 1 or value.dtype.kind == "c"):
        return f"array({'×'.join(map(str, value.shape))})"
    if value.size > most:
        return f"[{', '.join(map(value_text, value[:3]))}, …, {value_text(value[-1])}]"
    return f"[{', '.join([value_text(row, most) for row in value])}]"


def level_of(value: Any, text: str) -> float:
    """How strongly a value binds that is written so: a complex number with two parts as a sum."""
    is_sum = np.iscomplexobj(value) and not np.ndim(value) and str(value).startswith("(")
    return 6 if is_sum else 8 if text.startswith("-") else 10


def shape_words(type_: TensorType) -> str:
    """`matrix`, `tensor3`, or the pattern as `(1, ?)`."""
    name = type_.shape_name
    if name.startswith("("):
        return "(" + ", ".join("1" if one else "?" for one in type_.broadcastable) + ")"
    return f"tensor{name[0]}" if name.endswith("D") else name


def short_type(type_: Any) -> str:
    """A type as its constructor is called: `dmatrix`; in words where there is none.

    >>> short_type(TensorType("float64", (False, False))), short_type(TensorType("bool", ()))
    ('dmatrix', 'bool scalar')
    """
    if isinstance(type_, TensorType):
        return f"{_PREFIX.get(type_.dtype) or type_.dtype + ' '}{shape_words(type_)}"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(type_).strip("<>").removesuffix("Type"))
    return words.lower() if words.isidentifier() or " " in words else words  # `RandomStateType`


def unnamed_words(variables: Iterable[Variable]) -> dict[Variable, str]:
    """What stands for each input without a name: its type, numbered where several share it."""
    words = {v: "shared " * hasattr(v, "get_value") + short_type(v.type) for v in variables
             if v.owner is None and v.name is None and not hasattr(v, "data")}
    many, used = Counter(words.values()), Counter[str]()
    for v, word in words.items():
        used[word] += 1
        words[v] = f"{word} {used[word]}" if many[word] > 1 else word
    return words


class Piece(NamedTuple):
    """A part of a formula, how strongly it binds (10: it never needs parentheses), and how strongly
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
    """Plain text: as Python reads it, so far as the names allow.

    An application is a template over its arguments, from the notation of its op, and each stands
    in parentheses where it binds less strongly than its place needs.
    """

    left, right = "(", ")"
    rest = Piece("…")
    longest = highest = ENDLESS  # how long and how high a line may become

    def made(self, v: Variable) -> Made:
        """How a variable that is computed is written: as papers do, where they have a way."""
        if v.paper is not None:
            notation, inputs = v.paper
            return Made(notation, tuple(inputs), (v,), None)
        node: Any = v.owner
        return Made(node.op.notation(node), tuple(node.inputs), tuple(node.outputs), node.op)

    def tall(self, made: Made) -> int:
        """By how much an application is higher than its arguments."""
        return 0

    def name(self, name: str) -> Piece:
        """A name the learner gave; in quotes where it might be read as a formula."""
        return Piece(name if is_plain(name) else quoted_name(name))

    def label(self, words: str) -> Piece:
        """A name given here; `#3` is a thing by its number."""
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

    def constant(self, value: Any) -> Piece:
        """A value: a number as it is, an array abbreviated."""
        text = value_text(value)
        return Piece(text, level_of(value, text))

    def output(self, piece: Piece, index: int) -> Piece:
        """One of several outputs of an application."""
        return Piece(f"{self.tight(piece)}[{index}]")

    def template(self, notation: Notation) -> tuple[str, float]:
        """The template of an application and its level: 10 for a call or a list."""
        one = re.fullmatch(r"[\w.]+\([^()]*\)|\[[^\[\]]*\]", notation.text)
        return notation.text, 10 if one else notation.level

    def argument(self, template: str, level: float, place: int, piece: Piece, need: float) -> str:
        """An argument, in parentheses where it binds less strongly than it must."""
        return piece.text if piece.level >= need else self.bracketed(piece)

    def bracketed(self, piece: Piece) -> str:
        """A piece in parentheses."""
        return f"{self.left}{piece.text}{self.right}"

    def tight(self, piece: Piece) -> str:
        """The piece in parentheses, unless it never needs them."""
        return piece.text if piece.level >= 10 else self.bracketed(piece)

    def leaf(self, v: Variable, words: Mapping[Variable, str]) -> Piece:
        """A variable that stands by itself: by its name, its value, or its type."""
        if v.name is not None:
            return self.name(v.name)
        return self.constant(v.data) if hasattr(v, "data") else self.unnamed(words[v])

    def apply(self, made: Made, pieces: Mapping[Variable, Piece], step: str = "") -> Piece:
        """An application to arguments that are written already."""
        template, level = self.template(made.notation)
        arguments = [""] * len(made.inputs)
        for i in shown(template):
            free = i in enclosed(template) or i >= len(made.notation.needs)
            need = 0 if free else made.notation.needs[i]
            arguments[i] = self.argument(template, level, i, pieces[made.inputs[i]], need)
        return Piece(template.format(*arguments, step=step), level)


TEXT = Script()


@lru_cache(maxsize=1000)
def shown(template: str) -> tuple[int, ...]:
    """The arguments that a template shows: of `{0}^{{2}} + {3}` the first and the fourth."""
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
