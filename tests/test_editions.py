"""Editions in other languages: the same code cells, no passage out of date, links that lead home.

A translation that is behind is named cell by cell: that is what a translator works through.
"""

import copy
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tutor.course import editions, record, store

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
GERMAN = sorted((NOTEBOOKS / "de").glob("*.ipynb"))
LINK = re.compile(r"\]\(([^)#]+\.ipynb)(?:#[^)]*)?\)")
COURSE = re.compile(r"(\d\d)-[^/]*\.ipynb")


@pytest.mark.parametrize("path", GERMAN, ids=lambda path: path.stem)
def test_no_passage_is_out_of_date(path: Path) -> None:
    told = editions.out_of_date(editions.read(NOTEBOOKS / path.name), editions.read(path))
    assert not told, f"de/{path.name}: " + "; ".join(told)


def test_the_german_edition_has_the_first_ten_notebooks() -> None:
    names = sorted(path.name for path in NOTEBOOKS.glob("0*.ipynb"))
    assert [path.name for path in GERMAN] == names and len(names) == 10


@pytest.mark.parametrize("path", GERMAN, ids=lambda path: path.stem)
def test_what_has_a_translation_is_linked_in_its_own_language(path: Path) -> None:
    german, english = editions.read(path), editions.read(NOTEBOOKS / path.name)
    for cell, original in zip(german.cells, english.cells, strict=True):
        names = [Path(link).name for link in LINK.findall(original.source)]
        for link in LINK.findall(cell.source):
            assert (path.parent / link).is_file(), f"{cell.id}: {link} leads nowhere"
            there = (path.parent / Path(link).name).is_file()
            assert there is (".." not in link), f"{cell.id}: {link} leaves the edition"
        if cell.cell_type == "markdown" and cell.id != "start-01":
            linked = {Path(link).name for link in LINK.findall(cell.source)}
            assert linked == set(names), f"{cell.id} links to other notebooks than the English"


@pytest.mark.parametrize("path", GERMAN, ids=lambda path: path.stem)
def test_code_and_formulas_in_the_prose_are_the_english_ones(path: Path) -> None:
    english = {cell.id: cell.source for cell in editions.read(NOTEBOOKS / path.name).cells}
    for cell in editions.read(path).cells:
        for mark in (r"\$\$[^$]+\$\$", r"`(?:T|theano|numpy)\.[^`]*`"):
            here, there = (set(re.findall(mark, text)) for text in (cell.source, english[cell.id]))
            assert here == there, f"{cell.id} has {here ^ there} in one of the two"


def book(*cells: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[copy.deepcopy(cell) for cell in cells])


TITLE, CODE = new_markdown_cell("# A title", id="title"), new_code_cell("1 + 1", id="sum")
GONE = new_markdown_cell("Weg", id="gone")
TITEL = new_markdown_cell("# Ein Titel", id="title",
                          metadata={"translates": editions.fingerprint("# A title")})
OTHER = new_markdown_cell("# Ein Titel", id="title",
                          metadata={"translates": editions.fingerprint("# The title")})
RUN = new_code_cell("1 + 1", id="sum", execution_count=1)
CASES = {
    "nothing": ([TITEL, CODE], []),
    "a passage is missing": ([CODE], ["title: missing"]),
    "a passage has changed": ([OTHER, CODE], ["title: the English passage has changed"]),
    "a passage is still English": ([TITLE, CODE], ["title: not translated"]),
    "a code cell is missing": ([TITEL], ["sum: missing"]),
    "an output differs": ([TITEL, RUN], ["sum: a code cell that differs from the English one"]),
    "a cell too many": ([TITEL, CODE, GONE],
                        ["gone: left over, the English notebook has no such cell"]),
    "another order": ([CODE, TITEL], ["title: the cells stand in another order"]),
}


@pytest.mark.parametrize("case", CASES)
def test_each_way_to_be_out_of_date_is_named(case: str) -> None:
    cells, told = CASES[case]
    assert editions.out_of_date(book(TITLE, CODE), book(*cells)) == told


def test_lines_may_be_broken_elsewhere() -> None:
    english = book(new_markdown_cell("# A\ntitle", id="title"), CODE)
    assert editions.out_of_date(english, book(TITEL, CODE)) == []


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a course of one notebook, with a translation whose code cell is an old one."""
    (tmp_path / "de").mkdir()
    old = new_code_cell("2 + 2", id="sum", outputs=[new_output("stream", text="4")])
    editions.write(book(TITLE, CODE), tmp_path / "00-a.ipynb")
    editions.write(book(OTHER, old, GONE), tmp_path / "de" / "00-a.ipynb")
    monkeypatch.setattr(editions, "COURSE", [tmp_path])
    return tmp_path


def test_what_is_stored_goes_into_the_translation_too(course: Path) -> None:
    assert store.store(course / "00-a.ipynb")
    english = editions.read(course / "00-a.ipynb")
    german = editions.read(course / "de" / "00-a.ipynb")
    assert german.cells[1] == english.cells[1] and english.cells[1].outputs[0].data
    assert german.cells[0].source == "# Ein Titel" and len(german.cells) == 2
    text = (course / "de" / "00-a.ipynb").read_text(encoding="utf-8")
    editions.write(book(OTHER, GONE), course / "de" / "00-a.ipynb")
    assert editions.main(["--store"]) == 1  # the passage has changed, and the rest is taken
    assert (course / "de" / "00-a.ipynb").read_text(encoding="utf-8") == text
    assert editions.text_of(store.stored_form(nbformat.from_dict(german))) == text


def test_a_translator_says_what_is_up_to_date(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.store(course / "00-a.ipynb")
    assert editions.main([]) == 1
    assert capsys.readouterr().out == "de/00-a.ipynb title: the English passage has changed\n"
    assert editions.main(["--translated", "de", "titel"]) == 1
    assert "no cell titel in de/" in capsys.readouterr().out
    assert editions.main(["--translated", "de", "title"]) == 0
    assert editions.main([]) == 0


def test_what_is_done_is_shared_with_the_translations(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (course, course / "de"):
        monkeypatch.chdir(folder)
        assert record.place() == course / record.FILE


def test_no_two_notebooks_share_the_name_of_a_cell() -> None:
    names = [cell.id for path in NOTEBOOKS.glob("*.ipynb") for cell in editions.read(path).cells]
    assert len(names) == len(set(names))
    assert all(COURSE.fullmatch(path.name) for path in GERMAN)
