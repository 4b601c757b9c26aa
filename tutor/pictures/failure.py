"""An error of a call on the graph: the message, the formula with the part that failed, the shapes.

In a notebook it stands above the error itself, which stays as it is. Comes after the pictures.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

from tutor.compile.marked import around, line_of
from tutor.core.errors import TutorError
from tutor.core.graph import Apply, Constant, Variable
from tutor.formulas import Piece, formula, written
from tutor.frames import as_imported
from tutor.pictures import assets, html
from tutor.pictures.latex import LATEX, SHORT, aligned, in_full
from tutor.pictures.mathml import mathml
from tutor.pictures.picture import Names, Picture, build
from tutor.pictures.words import finished

TITLE = "Where the call failed"
LIMIT, FEW = 16, 6  # operations of a formula, and of the part in a box
VISIBLE = 24  # nodes of the picture


def show_failure(error: TutorError) -> None:
    """Show an error of a call in a notebook, above the error itself."""
    from IPython.display import display

    show: Any = display
    try:
        bundle = Failure(error).bundle()
    except Exception:  # the error itself is what matters, and it is shown in any case
        return
    show(bundle, raw=True)


class Failure:
    """What failed, in what, where, and what to try."""

    def __init__(self, error: TutorError) -> None:
        self.error, self.node = error, error.node
        self.marked: Apply = error.part
        self.around = around(self.marked, error.results)
        self.part: Variable = self.around.part if self.around else self.marked.outputs[0]

    def bundle(self) -> dict[str, str]:
        """By MIME type. Where a page is not shown, the error below tells the rest."""
        return {"text/html": self.html(), "text/latex": rf"$\displaystyle {self.latex()}$",
                "text/plain": self.error.what}

    def html(self) -> str:
        """The page."""
        node, error = self.node, self.error
        rows = []
        for v, shape in zip(node.inputs, error.shapes, strict=False):
            made = "" if isinstance(v, Constant) or v.origin is None else html.code(str(v.origin))
            met = "not computed" if shape is None else f"shape {shape}"
            rows.append((html.mathematics(v), met, made))
        if node.origin is not None:
            rows.append(("<b>written at</b>", "", html.code(str(node.origin))))
        full = f'<div class="tutor-formula">{mathml(self.latex())}</div>'
        plain = line_of(self.around) if self.around else formula(self.part)[:200]
        parts = [f'<style>{assets.style("pictures/explore.css")}</style>',
                 f'<div class="tutor-failure"><b class="tutor-wrong">✗ {escape(error.what)}</b>',
                 html.twins(full, html.code(plain)), html.table(rows),
                 f"<div><b>Fix:</b> {escape(error.fix)}</div>",
                 html.graph(self.picture()),
                 html.line(as_imported("tutor.explore() steps through this call up to here.")),
                 "</div>"]
        return html.page(*parts)

    def latex(self) -> str:
        """The formula of the result, the part that failed in a box."""
        if self.around is None:
            [text], where = written([self.part], LATEX, LIMIT, SHORT)
            return aligned([("", rf"\boxed{{{text}}}"), *where])
        short = in_full(self.part, LATEX, FEW).text
        return self.around.written(LATEX, Piece(rf"\boxed{{{short}}}"))

    def picture(self) -> Picture:
        """The graph around the node that failed, with the shapes that met there."""
        outputs = [self.part if self.around is None else self.around.result]
        roles = {v: ["wrong"] for v in self.marked.outputs}
        names = Names.of(outputs)
        picture = build(outputs, names, title=TITLE, roles=roles)
        if len(picture.nodes) > VISIBLE:
            names = Names.of([self.part])
            picture = build([self.part], names, title=TITLE, roles=roles)
        met = {names.id(u): str(shape)
               for u, shape in zip(self.node.inputs, self.error.shapes, strict=False)
               if shape is not None and not isinstance(u, Constant) and u in names.index}
        nodes = [replace(n, note=met[n.id]) if n.id in met else n for n in picture.nodes]
        return finished(replace(picture, nodes=tuple(nodes)), names, VISIBLE)
