r"""Mathematics a browser shows by itself: the LaTeX of formulas becomes MathML.

No script typesets it, so it stands in JupyterLab, in saved HTML and offline alike, and takes the
colour of the page. Reads the small part of LaTeX that formulas use; an unknown command is shown
by its name.

>>> mathml(r"x^{2}")
'<math display="block"><msup><mi>x</mi><mn>2</mn></msup></math>'
"""

from __future__ import annotations

import re
from html import escape

TOKEN = re.compile(r"\\[a-zA-Z]+\s?|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
OPERATORS = {
    "cdot": "⋅", "times": "×", "leq": "≤", "geq": "≥", "neq": "≠", "wedge": "∧", "vee": "∨",
    "oplus": "⊕", "neg": "¬", "ll": "≪", "gg": "≫", "sum": "∑", "prod": "∏", "bigvee": "⋁",
    "bigwedge": "⋀", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "lVert": "‖",
    "rVert": "‖", "langle": "⟨", "rangle": "⟩", "leftarrow": "←", "sim": "~", "backslash": "\\",
    "bmod": "mod", "top": "⊤", "partial": "∂", "cdots": "⋯", "ldots": "…", "circ": "∘",
    "otimes": "⊗", "ast": "∗", "star": "⋆",
    "odot": "⊙", "mid": "∣", "int": "∫", "nabla": "∇", "to": "→", "in": "∈", "pm": "±",
}
SYMBOLS = dict(zip(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega "
    "varepsilon vartheta varrho varsigma varphi infty".split(),
    "αβγδϵζηθικλμνξπρστυϕχψωΓΔΘΛΞΠΣΥΦΨΩεϑϱςφ∞", strict=True))
SPACES = {"": "0.3em", " ": "0.3em", ",": "0.17em", ";": "0.28em", "quad": "1em", "!": "0"}
TEXT_LIKE = frozenset("text mathrm operatorname mathit mathbf textrm mathsf".split())
NO_BREAK = "\N{NO-BREAK SPACE}"
IN_TEXT = {r"\ldots": "…", r"\wedge": "^", r"\sim": "~", r"\backslash": "\\"}
LARGE = frozenset(("∑", "∏", "⋁", "⋀"))


class Reader:
    """Reads LaTeX from left to right; each method gives the MathML of what it read.

    Braces nest as deep as a formula does; deeper ones than `DEEPEST` are shown as they are.
    """

    DEEPEST = 150

    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(text)
        self.place = self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.place += 1
        return token

    def skip_space(self) -> None:
        while self.peek().isspace():
            self.place += 1

    def row(self, *ends: str) -> list[str]:
        """What stands before one of these tokens, which is read too."""
        items: list[str] = []
        while (token := self.next()) and token.strip() not in ends:
            if token.isspace():
                continue
            if token in "^_":
                items.append(self.scripts(token, items.pop() if items else "<mrow></mrow>"))
            else:
                items.append(self.item(token))
        return items

    def item(self, token: str) -> str:
        """One thing: a symbol, a number, an operator, a group or a command with its arguments."""
        if not token:
            return "<mrow></mrow>"
        if token == "{":
            return self.group()
        if token.startswith("\\"):
            return self.command(token[1:].strip() if token.strip() != "\\" else " ")
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{escape(token)}</mi>"
        return f"<mo>{escape(token.replace('-', '−'))}</mo>"

    def group(self) -> str:
        self.depth += 1
        if self.depth > self.DEEPEST:
            self.depth -= 1
            return f"<mtext>{escape(self.raw())}</mtext>"
        items = self.row("}")
        self.depth -= 1
        return together(items)

    def argument(self) -> str:
        self.skip_space()
        self.depth += 1
        token = self.next()
        read = self.item(token) if self.depth <= self.DEEPEST else f"<mtext>{escape(token)}</mtext>"
        self.depth -= 1
        return read

    def raw(self) -> str:
        """The text up to the brace that closes."""
        parts, depth = [], 1
        while token := self.next():
            depth += (token == "{") - (token == "}")
            if depth == 0:
                break
            plain = token[1:] if re.fullmatch(r"\\[^a-zA-Z]", token) else token
            parts.append(IN_TEXT.get(token.strip(), plain))
        return "".join(parts)

    def scripts(self, mark: str, base: str) -> str:
        """A base with an index, an exponent, or both."""
        found = {mark: self.argument()}
        self.skip_space()
        if self.peek() in ("^", "_") and self.peek() not in found:
            found[self.next()] = self.argument()
        kind = "under" if re.fullmatch(f"<mo[^>]*>[{''.join(LARGE)}]</mo>", base) else "sub"
        if kind == "under":
            names = {"_": "munder", "^": "mover", "^_": "munderover"}
        else:
            names = {"_": "msub", "^": "msup", "^_": "msubsup"}
        name = names["".join(sorted(found, reverse=True)) if len(found) == 1 else "^_"]
        parts = "".join(found[key] for key in ("_", "^") if key in found)
        return f"<{name}>{base}{parts}</{name}>"

    def command(self, name: str) -> str:
        """A command: text, a fraction, a root, a box, a bar, tall brackets, a table, a symbol."""
        if name in TEXT_LIKE:
            self.skip_space()
            text = self.raw() if self.next() == "{" else ""
            if name == "text":
                return f"<mtext>{escape(text.replace(' ', NO_BREAK))}</mtext>"
            return f'<mi mathvariant="normal">{escape(text.replace(" ", NO_BREAK))}</mi>'
        if name == "frac":
            return f"<mfrac>{self.argument()}{self.argument()}</mfrac>"
        if name == "sqrt":
            return self.root()
        if name == "boxed":
            return f'<mrow class="tutor-failing">{self.argument()}</mrow>'
        if name == "overline":
            return f"<mover>{self.argument()}<mo>¯</mo></mover>"
        if name == "hat":
            return f"<mover>{self.argument()}<mo>^</mo></mover>"
        if name == "mathbin":
            return self.argument()
        if name == "mathrel":  # `\\mathrel{+}=` is one sign
            self.skip_space()
            sign = self.raw() if self.next() == "{" else ""
            return f"<mo>{escape(sign + (self.next() if self.peek() == '=' else ''))}</mo>"
        if name in ("left", "right"):
            return self.bracketed() if name == "left" else ""
        if name == "begin":
            return self.table()
        return simple(name)

    def root(self) -> str:
        """`\\sqrt{x}`, or `\\sqrt[3]{x}`."""
        if self.peek() != "[":
            return f"<msqrt>{self.argument()}</msqrt>"
        self.next()
        degree = together(self.row("]"))
        return f"<mroot>{self.argument()}{degree}</mroot>"

    def bracketed(self) -> str:
        """From `\\left(` to `\\right)`."""
        left = self.fence()
        self.depth += 1
        items = self.row("\\right") if self.depth <= self.DEEPEST else []
        self.depth -= 1
        return f"<mrow>{left}{''.join(items)}{self.fence()}</mrow>"

    def fence(self) -> str:
        self.skip_space()
        token = self.next()
        if token in (".", ""):
            return ""
        shown = OPERATORS.get(token[1:].strip(), token.lstrip("\\")) if token[0] == "\\" else token
        return f'<mo stretchy="true">{escape(shown)}</mo>'

    def table(self) -> str:
        """`cases`, `bmatrix` or `aligned`: rows of cells. The brackets of a matrix are drawn by its
        style, since few machines have a font in which they grow."""
        self.next()
        kind = self.raw()
        rows: list[str] = []
        cells: list[str] = []
        while self.place < len(self.tokens):
            items = self.row("&", "\\\\", "\\end")
            known = self.place <= len(self.tokens)
            ended = self.tokens[self.place - 1].strip() if known else "\\end"
            cells.append(f"<mtd>{''.join(items)}</mtd>")
            if ended != "&":
                rows.append(f"<mtr>{''.join(cells)}</mtr>")
                cells = []
            if ended == "\\end":
                self.next()
                self.raw()
                break
        align = {"bmatrix": "center", "aligned": "right left"}.get(kind, "left")
        size = ' displaystyle="true"' if kind == "aligned" else ""
        table = f'<mtable columnalign="{align}" class="tutor-{kind}"{size}>{"".join(rows)}</mtable>'
        brace = '<mo stretchy="true">{</mo>' if kind == "cases" else ""
        return f"<mrow>{brace}{table}</mrow>"


def simple(name: str) -> str:
    """A command without arguments."""
    if name in SYMBOLS:
        return f"<mi>{SYMBOLS[name]}</mi>"
    if name in OPERATORS:
        shown = OPERATORS[name]
        still = ' movablelimits="false"' if shown in LARGE else ""
        return f"<mo{still}>{escape(shown)}</mo>"
    if name in SPACES:
        return f'<mspace width="{SPACES[name]}"></mspace>'
    if len(name) == 1:
        return f"<mo>{escape(name)}</mo>"
    return f"<mi>{escape(name)}</mi>"


def together(items: list[str]) -> str:
    """Several things as one."""
    return items[0] if len(items) == 1 else f"<mrow>{''.join(items)}</mrow>"


def mathml(text: str, block: bool = True) -> str:
    """The MathML of a formula in LaTeX, on a line of its own or within a line."""
    display = 'display="block"' if block else 'display="inline" displaystyle="true"'
    return f"<math {display}>{together(Reader(text).row())}</math>"
