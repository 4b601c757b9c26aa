"""Notebooks as slides, one idea on each: an exporter of nbconvert. A page needs nothing beside it.

    jupyter nbconvert --to tutor-slides 05-grad.ipynb

A heading of a section begins a column of slides. In it a slide is a text and the cell that shows
what it says; a long text is split where a paragraph ends. Cells that say in their metadata where
they stand, in `slideshow`, stay there. Nothing is loaded from the network.
"""

from __future__ import annotations

import re
from copy import deepcopy
from importlib.resources import files
from typing import Any

from nbconvert.exporters import SlidesExporter
from traitlets import default

from tutor.course.site.pages import with_mathml

MOST = 600  # characters of text on a slide
HEADING = re.compile("#+ .*")  # which does not stand alone
HERE = files("tutor.course.slides")


class TutorSlidesExporter(SlidesExporter):
    """The notebook as slides."""

    export_from_notebook = "Slides (tutor)"

    @default("raw_template")
    def _page(self) -> str:
        return HERE.joinpath("page.html.j2").read_text(encoding="utf-8")

    def _preprocess(self, nb: Any, resources: Any) -> Any:
        resources["slides"] = {
            kind: HERE.joinpath(f"slides.{kind}").read_text(encoding="utf-8")
            for kind in ("css", "js")}
        return super()._preprocess(on_slides(nb), resources)  # type: ignore[no-untyped-call]


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
