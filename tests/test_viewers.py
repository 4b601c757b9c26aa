"""What viewers of notebooks take away: what is left of each output still tells its story.

The README's table says which viewer takes what.
"""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import ShapeError
from tutor.pictures.failure import Failure
from tutor.pictures.paper import read, remove

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GONE = ("style", "script", "svg", "math")
WIDGET = "application/vnd.jupyter.widget-view+json"
x = T.dscalar("x")


def strip(part, keeps_words):
    """Take out style sheets, scripts, drawings and mathematics, and all attributes but the address
    and the words of an image; of what is taken out some viewers leave the words."""
    part.attrib = {k: v for k, v in part.attrib.items() if k in ("src", "alt")}
    for child in list(part):
        name = child.tag.rpartition("}")[2]
        if name not in GONE:
            strip(child, keeps_words)
            continue
        kept = "".join(child.itertext()) if keeps_words and name in ("svg", "math") else ""
        child.tail = kept + (child.tail or "")
        remove(part, child)


def seen(page, keeps_words):
    """What is seen of a page that was stripped: browsers do not show <rp>."""
    tree = read(page)
    strip(tree, keeps_words)
    for part in list(tree.iter()):
        for child in [child for child in part if child.tag == "rp"]:
            remove(part, child)
    return tree


def bundles(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = [output["data"] for cell in cells for output in cell.get("outputs", [])
             if "data" in output]
    return [{kind: "".join(text) if isinstance(text, list) else text
             for kind, text in data.items()} for data in found]


@pytest.mark.parametrize("keeps_words", [False, True])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_page_reads_where_style_drawings_and_mathematics_are_taken_away(path, keeps_words):
    for data in bundles(path):
        page = data.get("text/html")
        if page is None:
            continue
        found = seen(page, keeps_words)
        images = list(found.iter("img"))
        assert all(image.get("src").startswith("data:image/") and image.get("alt")
                   for image in images)
        drawn = [part for part in read(page).iter("rp") if part.find(".//math") is None]
        assert len(images) >= sum(part.find(".//details") is None for part in drawn)
        whole = re.sub("<rp>.*?</rp>", "", re.sub("<style>.*?</style>", "", page, flags=re.DOTALL),
                       flags=re.DOTALL)
        left = "".join(found.itertext())
        assert left == "".join(read(whole).itertext()), "words of what was taken away are seen"
        assert page.count("<math") <= len(list(found.iter("code")))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_output_is_there_as_text_too_and_every_picture_as_a_page(path):
    for data in bundles(path):
        text = data["text/plain"]
        assert text and " at 0x" not in text
        if "image/svg+xml" in data:
            assert "text/html" in data
        if WIDGET in data:
            assert set(data) == {WIDGET, "text/plain"}


def test_a_failure_and_an_exploration_read_in_the_right_order_without_style():
    v, w = T.dvectors("v", "w")
    with pytest.raises(ShapeError) as caught:
        tutor.function([v, w], T.sqrt(v * w))([1, 2], [1, 2, 3])
    explored = tutor.explore(x ** 2, wrt=x, values={x: 3})._repr_mimebundle_()["text/html"]
    for page, wanted in [
        (Failure(caught.value).bundle()["text/html"],
         ["cannot be computed", "sqrt(«v * w»)", "<td>shape (2,)", "<td>shape (3,)", "Fix",
          "<img"]),
        (explored, ["x ** 2", "∂y/∂x", "<img", "<code>9</code>", "<code>6</code>"]),
    ]:
        left = ET.tostring(seen(page, True), encoding="unicode")
        places = [left.index(words) for words in wanted]
        assert places == sorted(places)
