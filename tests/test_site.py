"""`tutor site`: every page is small at first, leads to those around it, and needs no network."""

import json
import re
import shutil
import zipfile
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

from tutor.core.errors import BadValueError, NotHereError
from tutor.course.exercises import EXERCISES
from tutor.course.site import lite, reference
from tutor.course.site.building import build
from tutor.course.site.pages import with_mathml
from tutor.course.site.tries import told

COURSE = Path(__file__).resolve().parents[1] / "notebooks"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site") / "out"
    assert build(COURSE, out, live=False) == 0
    return out


def test_a_first_view_is_small(site) -> None:
    shared = sum((site / name).stat().st_size for name in ("site.css", "site.js"))
    pages = list(site.glob("[0-9]*.html"))
    assert len(pages) == len(list(COURSE.glob("[0-9]*.ipynb"))) > 15
    for page in pages:
        assert page.stat().st_size + shared < 300_000, page.name


def test_links_lead_to_what_is_there_and_nothing_is_loaded_from_elsewhere(site) -> None:
    for page in site.glob("*.html"):
        text = page.read_text()
        for target in re.findall(r'(?:href|src|data-src)="([^"#:]+?)(?:#[^"]*)?"', text):
            assert (site / target).exists() or target.endswith(".ipynb"), f"{page.name}: {target}"
        assert not re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="http', text)
        for part in re.findall(r'data-part="([^"]+)"', text):
            assert (site / "parts" / f"{part}.js").exists()


def test_each_exercise_is_tried_in_the_page_or_led_to_where_it_can_be(site) -> None:
    text = "".join(page.read_text() for page in site.glob("[0-9]*.html"))
    fields, led = text.count('<form class="try"'), text.count('<p class="try">')
    assert fields > 25 and fields + led >= len(EXERCISES) - 2
    assert not told("15-5")  # where many pairs of numbers are right
    assert set(re.findall(r'href="#(lab)"', text)) == {"lab"} and 'id="lab"' in text


def test_the_reference_has_each_public_name_and_its_examples(site) -> None:
    for called, module in reference.MODULES.items():
        text = (site / f"api-{called}.html").read_text(encoding="utf-8")
        for name, thing in reference.documented(import_module(module)):
            section = text.partition(f'<section id="{name}">')[2].partition("</section>")[0]
            assert f"<h2>{called}.{name}</h2>" in section, name
            assert (">>>" in reference.said(thing)) <= ("&gt;&gt;&gt;" in section), name
        assert text.count("<section") == len(set(re.findall(r'<section id="([^"]+)"', text)))
    assert '"T.exp"' in (site / "search.js").read_text("utf-8")


def test_formulas_are_mathml_and_code_stays_as_it_is() -> None:
    found = with_mathml("Let $x^2$ be `a $y$ b`.\n\n$$y = 1$$\n\n```\n$z$\n```\nIt costs 5$ or 6$.")
    assert found.count("<math") == 2 and "`a $y$ b`" in found and "$z$" in found
    assert found.endswith("It costs 5$ or 6$.")


def test_a_folder_of_something_else_is_left_alone(tmp_path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadValueError, match="no site is in it"):
        build(COURSE, tmp_path)
    with pytest.raises(BadValueError, match="no notebooks"):
        build(tmp_path, tmp_path / "out")
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_what_is_live_has_a_page_of_its_own(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    course = tmp_path / "course"
    course.mkdir()
    shutil.copy(next(COURSE.glob("08-*.ipynb")), course)
    assert build(Path("course"), Path("out")) == 0
    live = list((tmp_path / "out" / "live").iterdir())
    assert len(live) > 3
    text = (tmp_path / "out" / "08-gradient-descent.html").read_text()
    assert all(f'data-src="live/{page.name}"' in text for page in live)


def test_jupyterlite_gets_a_wheel_and_notebooks_that_install_it(tmp_path, monkeypatch) -> None:
    with zipfile.ZipFile(lite.wheel(tmp_path)) as packed:
        names = packed.namelist()
        record = packed.read(names[-1]).decode().splitlines()
        assert [line.split(",")[0] for line in record] == names
        assert {"tutor/__init__.py", "tutor/pictures/webassembly.js"} <= {*names}
        assert b"Name: theano-tutor" in packed.read(names[-3])
    told = json.loads(lite.installing(next(COURSE.glob("08-*.ipynb")).read_text()))
    assert "%pip install -q theano-tutor" in told["cells"][0]["source"]
    nbformat.validate(told)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NotHereError, match=r"theano-tutor\[lite\]"):
        build(COURSE, tmp_path / "out", lite=True)
    assert not (tmp_path / "out").exists()
