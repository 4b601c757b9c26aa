"""An error of a call on the graph: the message, the formula with the part that failed, the shapes.

In a notebook it stands above the error itself, which stays as it is. Comes after the pictures.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

from tutor.errors import TutorError
from tutor.graph import Apply, Constant, Variable, ancestors
from tutor.printing.formula import formula, written_together
from tutor.show import html, svg, words
from tutor.show.fold import fold
from tutor.show.latex import LATEX, aligned, in_latex
from tutor.show.mathml import mathml
from tutor.show.picture import Names, Picture, build, detailed
from tutor.stepping.assets import text_of

MARK = "ξ"  # stands in the formula where the part that failed is put
LIMIT = 12  # operations of a formula
VISIBLE = 24  # nodes of the picture


def show_failure(error: TutorError) -> None:
    """Show an error of a call in a notebook, above the error itself."""
    from IPython.display import display

    show: Any = display
    try:
        bundle = {"text/html": failure(error), "text/plain": error.what}
    except Exception:  # the error itself is what matters, and it is shown in any case
        return
    show(bundle, raw=True)


def failure(error: TutorError) -> str:
    """The error as a page: what failed, in what, where, and what to try."""
    node: Apply = error.node
    whole = next((v for v in error.results if v is not node.outputs[0]
                  and node.outputs[0] in set(ancestors([v]))), None)
    style = svg.minified(text_of("explore.css"))
    rows = [(html.inline_math(in_latex(v, 8).text, formula(v)[:200]),
             "not computed" if shape is None else f"shape {shape}", _made(v))
            for v, shape in zip(node.inputs, error.shapes, strict=False)]
    if node.origin is not None:
        rows.append(("<b>written at</b>", "", html.code(str(node.origin))))
    parts = [f"<style>{style}</style>",
             f'<div class="tutor-failure"><b class="tutor-wrong">✗ {escape(error.what)}</b>',
             _formula(node.outputs[0], whole), html.table(rows),
             f"<div><b>To mend it:</b> {escape(error.fix)}</div>",
             html.graph(_picture(node, error, whole)),
             html.line("tutor.explore() steps through this call up to here."), "</div>"]
    return html.page(*parts)


def _made(v: Variable) -> str:
    if isinstance(v, Constant) or v.origin is None:
        return ""
    return html.code(str(v.origin))


def _formula(part: Variable, whole: Variable | None) -> str:
    """The formula of the result, the part that failed marked in it."""
    marked = f'<mrow class="tutor-failing">{_inside(in_latex(part, LIMIT).text)}</mrow>'
    full = f'<math display="block">{marked}</math>'
    if whole is not None:
        found = written_together([whole], LATEX, LIMIT, 60, {part: MARK})
        text = mathml(aligned([("", found.texts[0]), *found.where]))
        symbol = _inside(LATEX.name(MARK).text)
        if symbol in text:  # and not beyond what is written of a long formula
            full = text.replace(symbol, marked)
    return html.twins(f'<div class="tutor-formula">{full}</div>', html.code(formula(part)[:200]))


def _inside(latex: str) -> str:
    """The MathML of a formula, without the element around it."""
    text = mathml(latex, block=False)
    return text[text.index(">") + 1:text.rindex("<")]


def _picture(node: Apply, error: TutorError, whole: Variable | None) -> Picture:
    """The graph around the node that failed, with the shapes that met there."""
    v = node.outputs[0]
    outputs = [v] if whole is None else [whole]
    names = Names.of(outputs)
    picture = build(outputs, names, title="Where the call failed", roles={v: ["wrong"]})
    if len(picture.nodes) > VISIBLE:
        names = Names.of([v])
        picture = fold(build([v], names, title="Where the call failed", roles={v: ["wrong"]}),
                       VISIBLE)
    met = {names.id(u if u.owner is None else u.owner.outputs[0]): str(shape)
           for u, shape in zip(node.inputs, error.shapes, strict=False)
           if shape is not None and not isinstance(u, Constant)}
    nodes = [replace(n, note=met[n.id]) if n.id in met else n for n in picture.nodes]
    return words.described(detailed(replace(picture, nodes=tuple(nodes)), names))
