"""Notebooks on paper: every page of the course is set, with its pictures, and without Inkscape."""

import json
import re
import shutil
import tomllib
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from nbformat import read as read_notebook
from nbformat.v4 import new_code_cell, new_notebook, new_output

import tutor
import tutor.tensor as T
from tutor.core.errors import ShapeError
from tutor.course.slides import HEADING, TutorSlidesExporter, on_slides
from tutor.pictures import paper
from tutor.pictures.failure import Failure

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
PNG = b"\x89PNG\r\n\x1a\n"
x = T.dmatrix("x")


@pytest.fixture
def as_html(monkeypatch):
    """In the place of pandoc: the page as it would be handed to it."""
    monkeypatch.setattr(paper, "pandoc", lambda source, *_: source)


def pages_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return ["".join(data["text/html"]) for data in found if "text/html" in data]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_page_of_the_course_is_set_once_with_all_its_pictures(path, as_html):
    assert pages_of(path) or path.stem == "glossary"  # whose words have no pictures
    for page in pages_of(path):
        files: dict[str, bytes] = {}
        found = paper.set_page(paper.read(page), files, "page")
        assert re.findall('<img src="([^"]*)"', found) == list(files)
        assert all(content.startswith(PNG) for content in files.values())
        assert len(files) == page.count("<img ")
        assert found.count("<math") == page.count("<math") and found.count("<menclose") == \
            page.count('<mrow class="tutor-failing"')
        assert not re.search("<svg|<style|<figure", found)


def test_wide_pictures_become_narrower_and_small_ones_stand_side_by_side(as_html):
    def page(*sizes):
        drawn = [f"<svg xmlns='http://www.w3.org/2000/svg' width='{w}' height='{h}'></svg>"
                 for w, h in sizes]
        figures = [f'<figure><figcaption>a</figcaption><div><img src="data:image/svg+xml,{quote(s)}'
                   '"/></div></figure>' for s in drawn]
        found = paper.set_page(paper.read("".join(figures)), {}, "page")
        return [int(w) for w in re.findall(r'width="(\d+)"', found)], found.count("<table>")

    assert page((200, 100), (300, 100)) == ([200, 300], 1)
    assert page((400, 100), (300, 100)) == ([400, 300], 2)
    assert page((1200, 100)) == ([paper.ACROSS], 1)
    assert page((100, 10 * paper.DOWN)) == ([10], 1)


def test_columns_of_long_cells_share_the_line_and_short_ones_are_left(as_html):
    rows = "<table><tr><td>1</td><td>{}</td></tr></table>"
    assert "<col " not in paper.set_page(paper.read(rows.format("short")), {}, "page")
    wide = paper.set_page(paper.read(rows.format("word " * 40)), {}, "page")
    shares = [int(share) for share in re.findall(r"width:(\d+)%", wide)]
    assert len(shares) == 2 and paper.LEAST <= shares[0] < shares[1] and sum(shares) <= 100


def notebook():
    """One of each thing that is shown."""
    f = tutor.function([x], T.sum(T.tanh(x) ** 2))
    v, w = T.dvectors("v", "w")
    with pytest.raises(ShapeError) as caught:
        tutor.function([v, w], T.sqrt(v * w))([1, 2], [1, 2, 3])
    shown = [tutor.show(T.dot(T.constant([[1.0, 2.0]]), x)), tutor.show(f),
             tutor.show(T.sum(x ** 2), wrt=x), tutor.rewrites(T.exp(x) * 1),
             tutor.explore(T.sum(T.tanh(x)), wrt=x, values={x: np.ones((2, 2))})]
    data = [one._repr_mimebundle_() for one in shown] + [Failure(caught.value).bundle()]
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Run it."}
    stored = {"text/plain": "Run this cell to play."}
    outputs = [new_output("display_data", one) for one in [*data, view, stored]]
    return new_notebook(cells=[new_code_cell("tutor", outputs=outputs)])


def test_the_exporters_need_no_inkscape_and_leave_out_what_only_a_kernel_shows(as_html):
    exporters = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    found = {}
    for name, place in exporters["nbconvert.exporters"].items():
        module, _, kind = place.partition(":")
        found[name] = getattr(import_module(module), kind)
    assert set(found) == {"tutor-latex", "tutor-pdf", "tutor-slides"}
    assert found["tutor-pdf"].mro()[1:3] == [found["tutor-latex"], paper.PDFExporter]
    given = notebook()
    tex, resources = found["tutor-latex"]().from_notebook_node(given)
    names = [name for name in resources["outputs"] if name.endswith(".png")]
    assert len(names) >= 7 and all(name in tex for name in names)
    assert not [name for name in resources["outputs"] if name.endswith((".svg", ".pdf"))]
    assert "Run it." not in tex and "Run this cell" not in tex and "The NumPy program" in tex
    assert "image/svg+xml" in given.cells[0].outputs[0].data, "the notebook itself changed"


def test_slides_need_nothing_beside_them():
    given = notebook()
    page, resources = TutorSlidesExporter().from_notebook_node(given)
    loads = r"""(?:src|href)=["']?(?:http|//)|\bimport\b[^<]*https?:|url\(http"""
    assert not re.findall(loads, page)
    assert page.count("<section") == 2 and not resources["outputs"]
    assert "ArrowRight" in page and "scroll-snap-type" in page and "MathJax" not in page


@pytest.mark.skipif(shutil.which("pandoc") is None, reason="there is no pandoc here")
def test_formulas_come_out_as_mathematics_and_signs_as_their_fonts_have_them():
    tex, resources = paper.TutorLatexExporter().from_notebook_node(notebook())
    pages = tex[tex.index("maketitle"):]
    assert pages.count(r"\includegraphics") == len(resources["outputs"])
    assert r"\sqrt{\boxed{v \cdot w}}" in pages.replace("\n", " ")
    assert r"\begin{bmatrix}" in pages and r"\begin{aligned}" in pages
    assert r"\ensuremath{\partial}" in pages and "∂" not in pages
    assert not re.search(r"\\(top|bottom)rule", pages)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_slide_has_one_idea(path):
    book = read_notebook(path, 4)
    found = on_slides(book)
    assert "slideshow" not in book.cells[0].metadata
    slides = []
    for cell in found.cells:
        if cell.metadata["slideshow"]["slide_type"] != "-":
            slides.append([])
        slides[-1].append(cell)
    assert len({cell.id for cell in found.cells}) == len(found.cells)
    for cells in slides:
        assert sum(bool(cell.get("outputs")) for cell in cells) <= 1
        texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
        assert len([text for text in texts if not HEADING.fullmatch(text)]) <= 1
    columns = sum(cells[0].source.startswith(("# ", "## ")) for cells in slides)
    assert columns == sum(cells[0].metadata["slideshow"]["slide_type"] == "slide"
                          for cells in slides) > 3
