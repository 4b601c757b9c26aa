"""The formula in LaTeX: the script of mathematics for the walk that writes formulas.

Names become symbols (`w_out` is w with an index, `alpha` is α), gradients fractions; whatever
else a name holds is escaped, so that it is shown and never run.

>>> symbol("w1")
'w_{1}'
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tutor.core.graph import Variable
from tutor.formulas import (
    DERIVATIVE,
    ENDLESS,
    LIMIT,
    Made,
    Piece,
    Script,
    Walk,
    Written,
    cut,
    holes,
    is_plain,
    level_of,
    pieces_of,
    value_text,
    written,
)
from tutor.notation import Notation
from tutor.pictures.mathml import SYMBOLS

GREEK = frozenset(SYMBOLS) - {"infty"}
ESCAPES = {"\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#",
           "&": r"\&", "_": r"\_", "^": r"\wedge ", "~": r"\sim ", " ": r"\ ", "…": r"\ldots "}
INDEXED = re.compile(r"([^\W\d_]+)(\d+)|([^\W_]+)_(\w+)")
NUMBERED = re.compile(r"(.+)⟨(\d+)⟩")
AT = re.compile(r"(\w+)\[(t(?:[+-]\d+)?)\]")
COLUMNS, ROWS = 6, 4
SHORT = 60  # about so long a formula gives no names to its parts
LIMITS, LONGEST_LINE = (40, 24, 12, 6), 140  # operations, characters
MOST_LINES = 14


def escape(text: str) -> str:
    """Text as mathematics shows it, letter by letter.

    >>> escape("50% $x_1")
    '50\\\\%\\\\ \\\\$x\\\\_1'
    """
    return "".join(ESCAPES.get(c, c) for c in text)


def symbol(name: str) -> str:
    """A name as a symbol.

    >>> symbol("x1"), symbol("w_out"), symbol("alpha"), symbol("w1_2")
    ('x_{1}', 'w_{\\\\mathrm{out}}', '\\\\alpha', 'w_{1,2}')
    >>> symbol("(dz/dx)")
    '\\\\frac{\\\\partial z}{\\\\partial x}'
    """
    if quotient := DERIVATIVE.fullmatch(name):
        above, below = map(_side, quotient.groups())
        return rf"\frac{{\partial {above}}}{{\partial {below}}}"
    if not is_plain(name):
        return rf"\text{{'}}{upright(repr(cut(name))[1:-1])}\text{{'}}"
    if name in GREEK:
        return rf"\{name}"
    if len(name) == 1 and name.isascii() and name.isalpha():
        return name
    if match := AT.fullmatch(name):
        return f"{symbol(match.group(1))}_{{{escape(match.group(2))}}}"
    match = INDEXED.fullmatch(name)
    if match and not re.fullmatch(r"[^\W\d_]+_\d+", name):  # x1 has the index, x_1 its own look
        base, index = match.group(1) or match.group(3), match.group(2) or match.group(4)
        below = index if index.isdigit() or len(index) == 1 else upright(index)
        inner = symbol(base)
        return f"{inner[:-1]},{below}}}" if "_{" in inner else f"{inner}_{{{below}}}"
    return upright(name)


def _side(part: str) -> str:
    """What stands in a derivative: a name, one of several alike, or a formula in brackets."""
    if match := NUMBERED.fullmatch(part):
        return rf"{{{_side(match.group(1))}}}^{{\langle {match.group(2)}\rangle}}"
    return symbol(part) if is_plain(part) or part[0] != "(" else upright(part)


def upright(words: str) -> str:
    """Words in mathematics."""
    return rf"\mathrm{{{escape(words)}}}"


class Latex(Script):
    """Mathematics, as LaTeX writes it."""

    left, right = r"\left(", r"\right)"
    rest = Piece(r"\cdots")
    unnamed, part = r"\langle\mathrm{{{}}}\rangle", "t_{{{}}}"
    numbered, output = r"{{{}}}^{{\langle {}\rangle}}", r"{}\left[{}\right]"
    longest, highest = 75, 2

    def tall(self, made: Made) -> int:
        """A fraction is higher than what stands in it."""
        return int(r"\frac" in made.notation.latex)

    def name(self, name: str) -> Piece:
        text = symbol(name)
        return Piece(text, 9 if text.startswith(r"\frac") else 10)

    def label(self, words: str) -> Piece:
        return Piece(upright(words)) if words.startswith("#") else self.name(words)

    def escaped(self, words: str) -> str:
        return escape(words)

    def constant(self, value: Any) -> Piece:
        text = value_latex(value)
        level = level_of(value, text)
        return Piece(text, 7.2 if level == 10 and r"\cdot" in text else level)

    def template(self, notation: Notation) -> tuple[str, float]:
        """A fraction, and what stands in brackets of its own, needs no others."""
        closed = {r"\frac": 9, r"\left": 10}
        return notation.latex, closed.get(notation.latex[:5], notation.level)

    def apply(self, made: Made, pieces: Mapping[Variable, Piece], step: str = "") -> Piece:
        """An application; a sign without an end of its own, as Σ, takes in what follows it."""
        whole = super().apply(made, pieces, step)
        last = re.search(r"\{(\d+)\}$", made.notation.latex)
        piece = pieces[made.inputs[int(last[1])]] if last else None
        opened = piece.open if piece and whole.text.endswith(piece.text) else 11
        return whole._replace(open=min(made.notation.open, opened))

    def argument(self, template: str, level: float, place: int, piece: Piece, need: float) -> str:
        """In parentheses also a minus sign after an operator, and a power before an exponent."""
        text, mark = piece.text, f"{{{place}}}"
        bare = not holes(template)[place]
        if (piece.level < need
                or (bare and piece.open <= level and not ends(template, place))
                or (bare and text.startswith("-") and not template.startswith(mark) and need > 0)):
            return self.tight(piece, ENDLESS)
        if mark + "^" in template and re.search(r"[\^]\{[^{}]*(\{[^{}]*\})*[^{}]*\}$", text):
            return self.tight(piece, ENDLESS)
        if mark + "_" in template or mark + "^" in template:
            return text if re.fullmatch(r"\w|\\[a-zA-Z]+", text) else f"{{{text}}}"
        return text


@lru_cache(maxsize=1000)
def ends(template: str, place: int) -> bool:
    """Whether an argument stands last, or before something that closes."""
    return re.search(rf"\{{{place}\}}\s*(?:$|[)\],]|\\right|\}}\}})", template) is not None


def value_latex(value: Any) -> str:
    """A value in mathematics: numbers, short vectors, small matrices; the shape of larger ones.

    >>> value_latex(np.array([1.0, 2.5])), value_latex(np.float64(1e-7))
    ('\\\\left[1, 2.5\\\\right]', '1 \\\\cdot 10^{-7}')
    """
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return number_latex(value_text(value))
    if value.ndim == 1 and value.size <= COLUMNS:
        return rf"\left[{', '.join(number_latex(value_text(x)) for x in value)}\right]"
    if value.ndim == 2 and value.shape[0] <= ROWS and value.shape[1] <= COLUMNS and value.size:
        rows = r" \\ ".join(" & ".join(number_latex(value_text(x)) for x in row) for row in value)
        return rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"
    shape = r"\times ".join(map(str, value.shape))
    return rf"\mathrm{{array}}_{{{shape}}}"


def number_latex(text: str) -> str:
    """A number as it was written for plain text; `1e-07` is a product with a power of ten."""
    if text in ("inf", "-inf"):
        return text.replace("inf", r"\infty")
    if match := re.fullmatch(r"(-?[\d.]+)e([+-]\d+)", text):
        return rf"{match.group(1)} \cdot 10^{{{int(match.group(2))}}}"
    return text if re.fullmatch(r"-?[\d.]+", text) else rf"\mathrm{{{escape(text)}}}"


LATEX = Latex()


def in_full(target: Variable, script: Script, limit: int = LIMIT,
            given: Mapping[Variable, Piece] = {}) -> Piece:  # fmt: skip
    """The formula as a part of another: what occurs twice is written twice, and what is `given`
    stands for its variable, in parentheses where it must.

    >>> import tutor.tensor as T
    >>> from tutor.formulas import TEXT; x, u = T.dscalars("x", "u")
    >>> in_full(u ** 2 * u, TEXT, given={u: in_full(x + 1, TEXT)}).text
    '(x + 1) ** 2 * (x + 1)'
    """
    walk = Walk(target, script, limit, names=given)
    return walk.write({**pieces_of([walk]), **given})[0]


def in_line(v: Variable, limit: int = 40) -> str:
    """The formula, and nothing beside it: what occurs twice is written twice."""
    return in_full(v, LATEX, limit).text


def fitting(targets: Sequence[Variable], names: Mapping[Variable, str] = {}) -> Written:
    """Formulas as far as each fits on a line, with one name for each part that they share; without
    names where their lines would be too many."""
    for limit in LIMITS:
        found = written(targets, LATEX, limit, SHORT, names)
        lines = [*found.texts, *[text for _, text in found.where]]
        few = not found.where or len(lines) <= MOST_LINES
        if few and max(map(shown_length, lines), default=0) <= LONGEST_LINE:
            return found
    return written(targets, LATEX, LIMITS[-1], ENDLESS, names)


def shown_length(text: str) -> int:
    """About how many characters of LaTeX are seen.

    >>> shown_length(r"\\left(x + 2 \\cdot y\\right)^{2}")
    11
    """
    return len(re.sub(r"\\(left|right|frac|mathrm|operatorname)\b|[{}^_\s]|\\(?=\w)", "", text))


def latex(v: Variable, limit: int = 40) -> str:
    """The formula on one line; with its parts below it where it has some."""
    [text], where = written([v], LATEX, limit, SHORT)
    return aligned([("", text), *where])


def aligned(rows: Sequence[tuple[str, str]]) -> str:
    """Equations under one another, at their equals signs; a side may be empty.

    >>> aligned([("y", "x + t"), ("t", "2")])
    '\\\\begin{aligned} y &= x + t \\\\\\\\ t &= 2 \\\\end{aligned}'
    """
    if all(left for left, _ in rows) and len(rows) > 1:
        body = r" \\ ".join(f"{left} &= {right}" for left, right in rows)
    else:
        lines = [f"{left} = {right}" if left else right for left, right in rows]
        if len(lines) == 1:
            return lines[0]
        body = r" \\ ".join(f"&{line}" for line in lines)
    return rf"\begin{{aligned}} {body} \end{{aligned}}"
