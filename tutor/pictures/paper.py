r"""Notebooks on paper: exporters of nbconvert that set in LaTeX what a notebook shows.

nbconvert's own take one format of each output, a formula or a picture, and need Inkscape for
pictures. Here the whole page of an output is set: formulas, tables, programs and pictures.

    jupyter nbconvert --to tutor-pdf 05-grad.ipynb

(or tutor-latex). As nbconvert's own they need pandoc, and xelatex for the PDF.
"""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

from nbconvert.exporters import LatexExporter, PDFExporter
from nbconvert.utils.pandoc import pandoc

from tutor.pictures.saving import png_of
from tutor.pictures.tikz import SIGNS

ZOOM = 3.0  # pixels of a picture for each of its own
LINE, WIDEST = 84, 44  # characters on a line, and at most in a column
LEAST = 4  # percent of a line for a column
ACROSS, DOWN, GAP = 600, 780, 20  # pixels between the margins of a page, and between pictures
WIDGET = "application/vnd.jupyter.widget-view+json"
EQUATIONS = re.compile(r"\\\[\\begin\{matrix\}(.*?)\\end\{matrix\}\\\]", re.DOTALL)
SIDES = re.compile(r"^(.*?)& \{(= .*)\} \\\\$", re.MULTILINE)
READS = re.compile(r'<script class="tutor-reads">.*?</script>', re.DOTALL)  # a picture without it
RULES = re.compile(r"\\(?:top|bottom)rule(?:\\noalign\{\})?\n")
VERBATIM = re.compile(r"(\\begin\{verbatim\}.*?\\end\{verbatim\})", re.DOTALL)
SIGNED = {ord(c): rf"\ensuremath{{{tex.strip('$')}}}"
          for c, tex in {**SIGNS, "✗": r"$\times$"}.items() if "$" in tex}


class TutorLatexExporter(LatexExporter):
    """The notebook as LaTeX."""

    export_from_notebook = "LaTeX (tutor)"

    def _preprocess(self, nb: Any, resources: Any) -> Any:
        return super()._preprocess(*on_paper(nb, resources))  # type: ignore[no-untyped-call]


class TutorPDFExporter(TutorLatexExporter, PDFExporter):
    """The notebook as PDF."""

    export_from_notebook = "PDF (tutor)"


def on_paper(nb: Any, resources: Any) -> tuple[Any, Any]:
    """The notebook with each output that is a page in LaTeX; its pictures are files beside it."""
    folder = resources.get("output_files_dir")
    files: dict[str, bytes] = {}
    for i, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        cell.outputs = [o for o in cell.outputs if not _needs_a_kernel(o.get("data", {}))]
        for output in cell.outputs:
            page = read(output.get("data", {}).get("text/html", ""))
            if page is not None:
                stem = f"{folder}/page_{i}" if folder else f"page_{i}"
                output.data = type(output.data)({"text/latex": set_page(page, files, stem)})
    resources.setdefault("outputs", {}).update(files)
    return nb, resources


def _needs_a_kernel(data: Any) -> bool:
    """Whether an output is a widget's place; `tutor.course.store` leaves of it the words alone."""
    return WIDGET in data or data.get("text/plain", "").startswith("Run this cell to ")


def read(text: str) -> ET.Element | None:
    """A page as a tree; None where it is no page, or one that a script makes.

    >>> read("<b>1 &lt; 2</b>")[0].text, read("<b>"), read("")
    ('1 < 2', None, None)
    """
    text = READS.sub("", text)
    if not text or "<script" in text:
        return None
    try:
        return ET.fromstring(f"<div>{text.replace('&nbsp;', chr(160))}</div>")
    except ET.ParseError:
        return None


def set_page(page: ET.Element, files: dict[str, bytes], stem: str) -> str:
    """A page in LaTeX. Its pictures become files, whose names begin with `stem`."""
    chosen(page)
    opened(page)
    for image in page.iter("img"):
        name = f"{stem}_{len(files)}.png"
        files[name], width = picture(image.get("src", ""))
        image.attrib = {"src": name, "alt": "", "width": str(width)}
    for part in list(page.iter()):
        if part.find("./figure") is not None:
            arranged(part)
        elif part.tag == "table" and part.find("./colgroup") is None:
            columns(part)
        elif part.get("class") == "tutor-failing":
            part.tag, part.attrib = "menclose", {"notation": "box"}
        elif part.find("./mtable[@class='tutor-bmatrix']") is not None:
            part.insert(0, fence("["))
            part.append(fence("]"))
    source = ET.tostring(page, encoding="unicode", method="html")
    return mended(pandoc(source, "html", "latex"))  # type: ignore[no-untyped-call]


def mended(latex: str) -> str:
    """What pandoc made: equations under one another, no rules around tables, and signs that text
    fonts lack as mathematics."""
    latex = EQUATIONS.sub(r"\\[\\begin{aligned}\1\\end{aligned}\\]", RULES.sub("", latex))
    parts = VERBATIM.split(SIDES.sub(r"\1& \2 \\\\", latex))
    parts[::2] = [part.translate(SIGNED) for part in parts[::2]]
    return "".join(parts)


def chosen(part: ET.Element) -> None:
    """Of what stands there twice, for readers of different powers, leave the mathematics, or else
    what is plain."""
    for child, after in pairwise([*part, part]):
        if child.tag == "style":
            remove(part, child)
        elif child.tag == "rp":
            child.tag = after.tag
            remove(part, after if child.find(".//math") is not None else child)
    for child in part:
        chosen(child)


def remove(part: ET.Element, child: ET.Element) -> None:
    """Take a child out, and leave the text behind it."""
    place = list(part).index(child)
    part.remove(child)
    if place:
        part[place - 1].tail = (part[place - 1].tail or "") + (child.tail or "")
    else:
        part.text = (part.text or "") + (child.tail or "")


def picture(address: str) -> tuple[bytes, int]:
    """The PNG in an address that holds a picture, and how wide it is on a page, in pixels."""
    head, _, data = address.partition(",")
    content = base64.b64decode(data) if head.endswith("base64") else unquote_to_bytes(data)
    zoom = 1.0
    if "svg" in head:
        content, zoom = png_of(content.decode(), ZOOM), ZOOM
    width, height = (int.from_bytes(content[i:i + 4]) / zoom for i in (16, 20))
    return content, round(width * min(1, ACROSS / width, DOWN / height))


def opened(page: ET.Element) -> None:
    """Boxes that open on a screen stand as pictures of their own, below the one they are in."""
    for part in list(page.iter()):
        for figure in part.findall("./figure"):
            place = list(part).index(figure)
            for drawn in list(figure.iter()):
                for box in drawn.findall("./details"):
                    drawn.remove(box)
                    if (image := box.find(".//img")) is not None:
                        place += 1
                        alone, summary = ET.Element("figure"), box.find("summary")
                        title = "" if summary is None else summary.text
                        ET.SubElement(alone, "figcaption").text = title
                        alone.append(image)
                        part.insert(place, alone)


def arranged(part: ET.Element) -> None:
    """Pictures stand where they are, not where LaTeX would let them float, each below what it is
    called, and side by side where there is room."""
    row, left = part, 0
    for child in list(part):
        image = child.find(".//img")
        if child.tag != "figure" or image is None:
            left = 0
            continue
        width = int(image.get("width", ""))
        if width > left:
            table, left = ET.Element("table"), ACROSS
            part.insert(list(part).index(child), table)
            group, row = ET.SubElement(table, "colgroup"), ET.SubElement(table, "tr")
        left -= width + GAP
        ET.SubElement(group, "col", style=f"width:{100 * (width + GAP) // (ACROSS + GAP)}%")
        cell = ET.SubElement(row, "td")
        caption = child.find("figcaption")
        if caption is not None:
            ET.SubElement(ET.SubElement(cell, "p"), "b").text = caption.text
        ET.SubElement(cell, "p").append(image)
        remove(part, child)


def fence(sign: str) -> ET.Element:
    """A bracket around a matrix, which on a screen a style sheet draws."""
    found = ET.Element("mo")
    found.text = sign
    return found


def columns(table: ET.Element) -> None:
    """The columns of a wide table share the line by how much stands in them."""
    longest: dict[int, int] = {}
    for row in table.iter("tr"):
        for i, cell in enumerate(row):
            longest[i] = max(longest.get(i, 3), 2 + len("".join(cell.itertext())))
    if sum(longest.values()) > LINE or table.find(".//br") is not None:
        wide = [min(length, WIDEST) for length in longest.values()]
        group = ET.Element("colgroup")
        table.insert(0, group)
        for width in wide:
            share = max(100 * width // max(sum(wide), LINE), LEAST)
            ET.SubElement(group, "col", style=f"width:{share}%")
