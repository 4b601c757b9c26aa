"""Notebooks as slides, one idea on each: an exporter of nbconvert, which writes pages of reveal.js.

    jupyter nbconvert --to tutor-slides 05-grad.ipynb

(`--post serve` shows them.) A heading of a section begins a column of slides. In it a slide is a
text and the cell that shows what it says; a long text is split where a paragraph ends. Cells that
say in their metadata where they stand, in `slideshow`, stay there.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from nbconvert.exporters import SlidesExporter
from traitlets import Bool

from tutor.course.site.pages import with_mathml

MOST = 600  # characters of text on a slide
HEADING = re.compile("#+ .*")  # which does not stand alone
STYLE = """<style>
.reveal .slides section { overflow-y: auto; max-height: 100% }
.reveal .jp-InputPrompt, .reveal .jp-OutputPrompt { display: none }
</style>"""


class TutorSlidesExporter(SlidesExporter):
    """The notebook as slides."""

    export_from_notebook = "Slides (tutor)"
    reveal_scroll = Bool(True).tag(config=True)  # what is taller than the screen

    def _preprocess(self, nb: Any, resources: Any) -> Any:
        return super()._preprocess(on_slides(nb), resources)  # type: ignore[no-untyped-call]

    def from_notebook_node(self, nb: Any, resources: Any = None, **kw: Any) -> Any:
        """The page, and what lies beside it."""
        text, resources = super().from_notebook_node(  # type: ignore[no-untyped-call]
            nb, resources, **kw)
        return text.replace("</head>", f"{STYLE}</head>", 1), resources


def on_slides(nb: Any) -> Any:
    """The notebook with a place for each cell, its long texts split, formulas as MathML; a copy."""
    nb = deepcopy(nb)
    cells: list[Any] = []
    for cell in nb.cells:
        is_text = cell.cell_type == "markdown"
        for i, part in enumerate(parts(cell.source) if is_text else [cell.source]):
            one = deepcopy(cell)
            one.source = with_mathml(part) if is_text else part
            if i:
                one.id = f"{cell.get('id', 'cell')}-{i}"
            section = is_text and re.match("##? ", part)
            before = cells[-1] if cells else cell
            ended = i or before.get("outputs") or (is_text and not HEADING.fullmatch(before.source))
            kind = "slide" if section else "subslide" if ended else "-"
            one.metadata.setdefault("slideshow", {"slide_type": kind})
            cells.append(one)
    nb.cells = cells
    return nb


def parts(text: str) -> list[str]:
    """A text in pieces of one slide each: from heading to heading, and none too long.

    >>> parts("## A\\n\\none\\n\\n## B\\n\\ntwo")
    ['## A\\n\\none', '## B\\n\\ntwo']
    """
    found: list[str] = []
    for paragraph in re.split(r"\n{2,}(?![^`]*```\n)", text):
        below = found and HEADING.fullmatch(found[-1])
        fits = found and len(found[-1]) + len(paragraph) < MOST and not paragraph.startswith("#")
        if below or fits:
            found[-1] += f"\n\n{paragraph}"
        else:
            found.append(paragraph)
    return found
