r"""Mathematics on a line of plain text, from the same tree as MathML.

>>> plain(r"\frac{x^{\top} \, \left(p - y\right)}{n}"), plain(r"\mathrm{e}^{-x^{2}} \cdot w_{1}")
('xᵀ(p − y)/n', 'e^(−x²)·w₁')
>>> plain(r"\frac{1}{1 + \mathrm{e}^{-x}}")
'1/(1 + e⁻ˣ)'
"""

from __future__ import annotations

from collections.abc import Sequence

from tutor.pictures.mathml import LARGE, NO_BREAK, Reader, Tag, together

HIGH = str.maketrans("0123456789+−-()⊤abcdefghijklmnoprstuvwxyz",
                     "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ᵀᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
LOW = str.maketrans("0123456789+−-()t", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎ₜ")
SPACED = frozenset("+−=<>≤≥≠⊙⊗∧∨≪≫→←∘") | {"mod", "+="}
FRACTIONS = {("1", "2"): "½", ("1", "4"): "¼", ("3", "4"): "¾"}
DIFFERENTIALS = frozenset("d∂")


def plain(latex: str) -> str:
    """A formula in LaTeX as text; what is nested too deep to be read is shown as it is."""
    try:
        return text_of(together(Reader(latex).items()))
    except RecursionError:
        return latex


def text_of(tag: Tag) -> str:
    """A tree as text."""
    if isinstance(tag.inside, str):
        if tag.name == "mspace":
            return " "
        return tag.inside.replace(NO_BREAK, " ")
    parts = tag.inside
    match tag.name:
        case "mrow":
            return row(parts)
        case "mfrac":
            above, below = map(text_of, parts)
            short = FRACTIONS.get((above, below))
            return short or f"{grouped(parts[0])}/{grouped(parts[1], tight=True)}"
        case "msup":
            return tight(parts[0]) + raised(text_of(parts[1]))
        case "msub" | "munder":
            return tight(parts[0]) + lowered(text_of(parts[1]))
        case "msubsup" | "munderover":
            return tight(parts[0]) + lowered(text_of(parts[1])) + raised(text_of(parts[2]))
        case "msqrt":
            return f"√({text_of(parts[0])})" if is_long(parts[0]) else f"√{text_of(parts[0])}"
        case "mroot":
            return f"{raised(text_of(parts[1]))}√({text_of(parts[0])})"
        case "mover":
            return f"{text_of(parts[1])}({text_of(parts[0])})"
        case "mtable":
            rows = "; ".join(text_of(row_) for row_ in parts)
            return rows + "}" * ("tutor-cases" in tag.attributes)
        case "mtr":
            return " ".join(text_of(cell) for cell in parts)
    return row(parts)


def row(parts: Sequence[Tag]) -> str:
    """Things beside one another: signs between two of them have room, and what is multiplied stands
    together where it cannot be read as a call."""
    text = before = ""
    for part in parts:
        word = text_of(part)
        if part.name == "mfrac" and text and before not in ("mo", "") and "/" in word \
                and not is_derivative(part):
            word = f"({word})"
        sign = part.name == "mo" and word in SPACED and before != "mtext"
        if word == " " and part.name == "mspace":
            text = text.rstrip() + " "
        elif sign and text.rstrip() and text.rstrip()[-1] not in "(+−=<>·/[,:":
            text = f"{text.rstrip()} {word} "
        elif word == ",":
            text = text.rstrip() + ", "
        elif word == "⋅":
            text = text.rstrip() + "·"
        elif text.endswith(" ") and word[:1] in "([" and text[-2:-1] in CLOSED:
            text = text[:-1] + word
        else:
            text += word
        if part.name == "munder" and word[0] in LARGE:
            text += " "
        before = "" if sign else part.name if part.name != "mspace" or not before else before
    return text.strip()


#: What a bracket after it does not make a call of.
CLOSED = frozenset(")]0123456789" + "".join(map(chr, HIGH.values())))


def is_derivative(tag: Tag) -> bool:
    """Whether a fraction is d/dx or ∂L/∂w."""
    below = tag.inside[-1]
    return isinstance(below, Tag) and isinstance(below.inside, tuple) and bool(below.inside) \
        and below.inside[0].inside in DIFFERENTIALS


def is_long(tag: Tag) -> bool:
    """Whether more than one thing stands there, not in brackets of its own."""
    if tag.name == "mfrac":
        return True
    if tag.name != "mrow" or isinstance(tag.inside, str):
        return False
    return not is_bracketed(tag) and len(tag.inside) > 1


def is_bracketed(tag: Tag) -> bool:
    """Whether it is all between two brackets."""
    if tag.name != "mrow" or isinstance(tag.inside, str) or len(tag.inside) < 2:
        return False
    first, last = tag.inside[0], tag.inside[-1]
    stretched = "stretchy" in first.attributes and "stretchy" in last.attributes
    return stretched or (first.inside, last.inside) == ("⟨", "⟩")


def has_sum(tag: Tag) -> bool:
    """Whether a sign + or − stands in it, outside of brackets."""
    if tag.name != "mrow" or isinstance(tag.inside, str) or is_bracketed(tag):
        return False
    return any(has_sum(part) or (i > 0 and part.name == "mo" and part.inside in SPACED)
               for i, part in enumerate(tag.inside))


def grouped(tag: Tag, tight: bool = False) -> str:
    """A side of a fraction: in brackets where it must be."""
    text = text_of(tag)
    if isinstance(tag.inside, tuple) and tag.inside and tag.inside[0].inside in DIFFERENTIALS:
        return text
    calls = tight and is_long(tag) and not is_call(tag)
    return f"({text})" if has_sum(tag) or calls else text


def is_call(tag: Tag) -> bool:
    """Whether it is a name and brackets."""
    return (isinstance(tag.inside, tuple) and len(tag.inside) == 2
            and tag.inside[0].name in ("mi", "msub") and is_bracketed(tag.inside[1]))


def tight(tag: Tag) -> str:
    """A base of an exponent or an index."""
    text = text_of(tag)
    return f"({text})" if is_long(tag) and not is_call(tag) else text


def raised(text: str) -> str:
    """An exponent."""
    letters = text.replace(" ", "")
    if all(ord(c) in HIGH for c in letters):
        return letters.translate(HIGH)
    return f"^{text}" if len(text) == 1 or text[0] == "⟨" else f"^({text})"


def lowered(text: str) -> str:
    """An index."""
    if all(ord(c) in LOW for c in text):
        return text.translate(LOW)
    return f"_{text}" if text.isalnum() else f"_({text})"
