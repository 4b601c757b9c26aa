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
    "odot": "⊙", "mid": "∣", "int": "∫", "nabla": "∇", "to": "→", "in": "∈", "pm": "±",
}
LARGE = frozenset(("∑", "∏", "⋁", "⋀"))
SPACES = {"": "0.3em", " ": "0.3em", ",": "0.17em", ";": "0.28em", "quad": "1em", "!": "0"}
FORMS = {
    "frac": (2, "<mfrac>{}{}</mfrac>"), "sqrt": (1, "<msqrt>{}</msqrt>"), "mathbin": (1, "{}"),
    "overline": (1, "<mover>{}<mo>¯</mo></mover>"), "hat": (1, "<mover>{}<mo>^</mo></mover>"),
    "boxed": (1, '<mrow class="tutor-failing">{}</mrow>'),
}
ALIGNED = {"bmatrix": "center", "aligned": "right left"}
IN_TEXT = {r"\ldots": "…", r"\wedge": "^", r"\sim": "~", r"\backslash": "\\"}
TEXT = ("text", "mathrm", "operatorname", "mathbf", "mathit", "mathsf")
TOKEN = re.compile(
    rf"\\(?:{'|'.join(TEXT)})\{{(?:\\.|[^{{}}\\])*\}}|\\(?:begin|end)\{{\w+\}}|\\mathrel\{{\+\}}="
    r"|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S", re.DOTALL)
NEW_ROW = r"\\"
NOTHING = "<mrow></mrow>"
NO_BREAK = "\N{NO-BREAK SPACE}"


class Reader:
    """Reads LaTeX from left to right; each method gives the MathML of what it read."""

    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(text)[::-1]
        self.ended = ""  # with which token the last items ended

    def next(self) -> str:
        return self.tokens.pop() if self.tokens else ""

    def items(self, *ends: str) -> list[str]:
        """What stands before one of these tokens, which is read too."""
        found: list[str] = []
        while (token := self.next()) and token not in ends:
            found.append(self.scripts(token, found.pop() if found else NOTHING)
                         if token in "^_" else self.item(token))
        self.ended = token
        return found

    def item(self, token: str) -> str:
        """One thing: a symbol, a number, an operator, a group or a command with its arguments."""
        if token == "{":
            return together(self.items("}"))
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[:1].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{escape(token)}</mi>"
        return f"<mo>{escape(token.replace('-', '−'))}</mo>" if token else NOTHING

    def argument(self) -> str:
        return self.item(self.next())

    def scripts(self, mark: str, base: str) -> str:
        """A base with an index, an exponent, or both."""
        found = {mark: self.argument()}
        if self.tokens and self.tokens[-1] in "^_" and self.tokens[-1] not in found:
            found[self.next()] = self.argument()
        large = re.fullmatch(f"<mo[^>]*>[{''.join(LARGE)}]</mo>", base)
        names = {"_": "munder", "^": "mover"} if large else {"_": "msub", "^": "msup"}
        name = names[mark] if len(found) == 1 else "munderover" if large else "msubsup"
        parts = "".join(found[key] for key in ("_", "^") if key in found)
        return f"<{name}>{base}{parts}</{name}>"

    def command(self, name: str) -> str:
        """A command: text, one of `FORMS`, a root, tall brackets, a table, a symbol, a space."""
        kind, _, inside = name.partition("{")
        if kind in TEXT and inside:
            return said(kind, inside[:-1])
        if name == "sqrt" and self.tokens[-1:] == ["["]:
            self.next()
            degree = together(self.items("]"))
            return f"<mroot>{self.argument()}{degree}</mroot>"
        if name in FORMS:
            count, form = FORMS[name]
            return form.format(*[self.argument() for _ in range(count)])
        if name == "left":
            left, items = self.fence(), self.items("\\right")
            return f"<mrow>{left}{''.join(items)}{self.fence()}</mrow>"
        if kind == "begin":
            return self.table(inside[:-1])
        if name in SYMBOLS:
            return f"<mi>{SYMBOLS[name]}</mi>"
        if name in OPERATORS:
            shown = OPERATORS[name]
            still = ' movablelimits="false"' if shown in LARGE else ""
            return f"<mo{still}>{escape(shown)}</mo>"
        if name in SPACES:
            return f'<mspace width="{SPACES[name]}"></mspace>'
        return f"<mo>{escape(name)}</mo>" if len(name) == 1 else f"<mi>{escape(name)}</mi>"

    def fence(self) -> str:
        token = self.next()
        if token in (".", ""):
            return ""
        shown = OPERATORS.get(token[1:], token.lstrip("\\"))
        return f'<mo stretchy="true">{escape(shown)}</mo>'

    def table(self, kind: str) -> str:
        """`cases`, `bmatrix` or `aligned`: rows of cells. The brackets of a matrix are drawn by its
        style, since few machines have a font in which they grow."""
        rows, ended = [""], "&"
        while ended in ("&", NEW_ROW):
            cell = self.items("&", NEW_ROW, rf"\end{{{kind}}}")
            rows[-1] += f"<mtd>{''.join(cell)}</mtd>"
            ended = self.ended
            rows += [""] * (ended == NEW_ROW)
        body = "".join(f"<mtr>{cells}</mtr>" for cells in rows)
        size = ' displaystyle="true"' if kind == "aligned" else ""
        brace = '<mo stretchy="true">{</mo>' if kind == "cases" else ""
        return (f'<mrow>{brace}<mtable columnalign="{ALIGNED.get(kind, "left")}" '
                f'class="tutor-{escape(kind)}"{size}>{body}</mtable></mrow>')


def said(kind: str, text: str) -> str:
    """Text within mathematics, without what LaTeX needs in it."""
    text = re.sub(r"\\[a-zA-Z]+\s?|\\(.)", lambda m: m[1] or IN_TEXT.get(m[0].strip(), m[0]), text)
    text = escape(text.replace(" ", NO_BREAK))
    return f"<mtext>{text}</mtext>" if kind == "text" else f'<mi mathvariant="normal">{text}</mi>'


def together(items: list[str]) -> str:
    """Several things as one."""
    return items[0] if len(items) == 1 else f"<mrow>{''.join(items)}</mrow>"


def mathml(text: str, block: bool = True) -> str:
    """The MathML of a formula in LaTeX, on a line of its own or within a line; what is nested too
    deep to be read is shown as it is."""
    display = 'display="block"' if block else 'display="inline" displaystyle="true"'
    try:
        shown = together(Reader(text).items())
    except RecursionError:
        shown = f"<mtext>{escape(text)}</mtext>"
    return f"<math {display}>{shown}</math>"
