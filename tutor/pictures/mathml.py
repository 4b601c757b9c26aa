r"""Mathematics a browser shows by itself: the LaTeX of formulas becomes MathML.

No script typesets it, so it stands in JupyterLab, in saved HTML and offline alike, and takes the
colour of the page. Reads the small part of LaTeX in which ops say how they are written; an unknown
command is shown by its name.

>>> mathml(r"x^{2}")
'<math display="block"><msup><mi>x</mi><mn>2</mn></msup></math>'
"""

from __future__ import annotations

import re
from html import escape
from typing import NamedTuple

SYMBOLS = dict(zip(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega "
    "varepsilon vartheta varrho varsigma varphi infty".split(),
    "αβγδϵζηθικλμνξπρστυϕχψωΓΔΘΛΞΠΣΥΦΨΩεϑϱςφ∞", strict=True))
OPERATORS = {
    "cdot": "⋅", "times": "×", "leq": "≤", "geq": "≥", "neq": "≠", "wedge": "∧", "vee": "∨",
    "oplus": "⊕", "neg": "¬", "ll": "≪", "gg": "≫", "sum": "∑", "prod": "∏", "bigvee": "⋁",
    "bigwedge": "⋀", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "lVert": "‖",
    "rVert": "‖", "langle": "⟨", "rangle": "⟩", "leftarrow": "←", "sim": "~", "backslash": "\\",
    "bmod": "mod", "top": "⊤", "partial": "∂", "cdots": "⋯", "ldots": "…", "circ": "∘",
    "otimes": "⊗", "ast": "∗", "star": "⋆", "mathrel{+}=": "+=",
    "approx": "≈", "le": "≤", "ge": "≥", "ne": "≠", "dots": "…", "equiv": "≡", "propto": "∝",
    "odot": "⊙", "mid": "∣", "int": "∫", "nabla": "∇", "to": "→", "in": "∈", "pm": "±",
}
LARGE = frozenset(("∑", "∏", "⋁", "⋀"))
SPACES = {"": "0.3em", " ": "0.3em", ",": "0.17em", ";": "0.28em", "quad": "1em", "qquad": "2em",
          "!": "0"}
FORMS = {**dict.fromkeys(("frac", "tfrac", "dfrac"), (2, "mfrac")),
         "sqrt": (1, "msqrt"), "mathbin": (1, "")}
ABOVE = {"overline": "¯", "hat": "^"}
ALIGNED = {"bmatrix": "center", "aligned": "right left"}
IN_TEXT = {r"\ldots": "…", r"\wedge": "^", r"\sim": "~", r"\backslash": "\\"}
TEXT = ("text", "mathrm", "operatorname", "mathbf", "mathit", "mathsf")
TOKEN = re.compile(
    rf"\\(?:{'|'.join(TEXT)})\{{(?:\\.|[^{{}}\\])*\}}|\\(?:begin|end)\{{\w+\}}|\\mathrel\{{\+\}}="
    r"|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S", re.DOTALL)
NEW_ROW = r"\\"
BOLD = str.maketrans("01", "𝟎𝟏")  # of vectors
NO_BREAK = "\N{NO-BREAK SPACE}"


class Tag(NamedTuple):
    """An element of the tree: its name, what is in it, and its attributes as they are written."""

    name: str
    inside: str | tuple[Tag, ...] = ()
    attributes: str = ""

    def __str__(self) -> str:
        inside = escape(self.inside) if isinstance(self.inside, str) else \
            "".join(map(str, self.inside))
        return f"<{self.name}{self.attributes}>{inside}</{self.name}>"


NOTHING = Tag("mrow")
STRETCHY = ' stretchy="true"'


class Reader:
    """Reads LaTeX from left to right; each method gives the tree of what it read."""

    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(text)[::-1]
        self.ended = ""  # with which token the last items ended

    def next(self) -> str:
        return self.tokens.pop() if self.tokens else ""

    def items(self, *ends: str) -> list[Tag]:
        """What stands before one of these tokens, which is read too."""
        found: list[Tag] = []
        while (token := self.next()) and token not in ends:
            found.append(self.scripts(token, found.pop() if found else NOTHING)
                         if token in "^_" else self.item(token))
        self.ended = token
        return found

    def item(self, token: str) -> Tag:
        """One thing: a symbol, a number, an operator, a group or a command with its arguments."""
        if token == "{":
            return together(self.items("}"))
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[:1].isdigit():
            return Tag("mn", token)
        if token.isalpha():
            return Tag("mi", token)
        return Tag("mo", token.replace("-", "−")) if token else NOTHING

    def argument(self) -> Tag:
        return self.item(self.next())

    def scripts(self, mark: str, base: Tag) -> Tag:
        """A base with an index, an exponent, or both."""
        found = {mark: self.argument()}
        if self.tokens and self.tokens[-1] in "^_" and self.tokens[-1] not in found:
            found[self.next()] = self.argument()
        large = base.name == "mo" and base.inside in LARGE
        names = {"_": "munder", "^": "mover"} if large else {"_": "msub", "^": "msup"}
        name = names[mark] if len(found) == 1 else "munderover" if large else "msubsup"
        return Tag(name, (base, *[found[key] for key in ("_", "^") if key in found]))

    def command(self, name: str) -> Tag:
        """A command: text, one of `FORMS`, a root, tall brackets, a table, a symbol, a space."""
        kind, _, inside = name.partition("{")
        if kind in TEXT and inside:
            return said(kind, inside[:-1])
        if name == "sqrt" and self.tokens[-1:] == ["["]:
            self.next()
            degree = together(self.items("]"))
            return Tag("mroot", (self.argument(), degree))
        if name in FORMS:
            count, form = FORMS[name]
            arguments = tuple([self.argument() for _ in range(count)])
            return Tag(form, arguments) if form else arguments[0]
        if name in ABOVE:
            return Tag("mover", (self.argument(), Tag("mo", ABOVE[name])))
        if name == "boxed":
            return Tag("mrow", (self.argument(),), ' class="tutor-failing"')
        if name == "left":
            return Tag("mrow", (*self.fence(), *self.items("\\right"), *self.fence()))
        if kind == "begin":
            return self.table(inside[:-1])
        if name in SYMBOLS:
            return Tag("mi", SYMBOLS[name])
        if name in OPERATORS:
            shown = OPERATORS[name]
            return Tag("mo", shown, ' movablelimits="false"' if shown in LARGE else "")
        if name in SPACES:
            return Tag("mspace", "", f' width="{SPACES[name]}"')
        return Tag("mo" if len(name) == 1 else "mi", name)

    def fence(self) -> list[Tag]:
        token = self.next()
        if token in (".", ""):
            return []
        return [Tag("mo", OPERATORS.get(token[1:], token.lstrip("\\")), STRETCHY)]

    def table(self, kind: str) -> Tag:
        """`cases`, `bmatrix` or `aligned`: rows of cells. The brackets of a matrix are drawn by its
        style, since few machines have a font in which they grow."""
        rows: list[list[Tag]] = [[]]
        ended = "&"
        while ended in ("&", NEW_ROW):
            rows[-1].append(Tag("mtd", tuple(self.items("&", NEW_ROW, rf"\end{{{kind}}}"))))
            ended = self.ended
            rows += [[]] * (ended == NEW_ROW)
        size = ' displaystyle="true"' if kind == "aligned" else ""
        brace = [Tag("mo", "{", STRETCHY)] * (kind == "cases")
        align = f' columnalign="{ALIGNED.get(kind, "left")}"'
        table = Tag("mtable", tuple([Tag("mtr", tuple(row)) for row in rows]),
                    f'{align} class="tutor-{escape(kind)}"{size}')
        return Tag("mrow", (*brace, table))


def said(kind: str, text: str) -> Tag:
    """Text within mathematics, without what LaTeX needs in it."""
    text = re.sub(r"\\[a-zA-Z]+\s?|\\(.)", lambda m: m[1] or IN_TEXT.get(m[0].strip(), m[0]), text)
    text = text.translate(BOLD) if kind == "mathbf" else text.replace(" ", NO_BREAK)
    return Tag("mtext", text) if kind == "text" else Tag("mi", text, ' mathvariant="normal"')


def together(items: list[Tag]) -> Tag:
    """Several things as one."""
    return items[0] if len(items) == 1 else Tag("mrow", tuple(items))


def mathml(text: str, block: bool = True) -> str:
    """The MathML of a formula in LaTeX, on a line of its own or within a line; what is nested too
    deep to be read is shown as it is."""
    display = 'display="block"' if block else 'display="inline" displaystyle="true"'
    try:
        shown = str(together(Reader(text).items()))
    except RecursionError:
        shown = f"<mtext>{escape(text)}</mtext>"
    return f"<math {display}>{shown}</math>"
