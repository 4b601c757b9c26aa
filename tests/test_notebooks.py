"""The notebooks as they are read: three pictures a section, words around them, names that exist.

Each section of the walkthrough shows an expression, its derivative and a descent. Words before the
descent ask what will be seen, and words after it say what was.
"""

import re
from pathlib import Path

import nbformat
import numpy
import pytest
from nbformat import NotebookNode

import tutor
import tutor.tensor

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
NUMBERED = sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))
SECTIONS = sorted(NOTEBOOKS.glob("0[1-9]-*.ipynb"))
EXPRESSION = re.compile(r'<svg [^>]*aria-label="(Expression graph of|The graph as it was written)')
DERIVATIVE = re.compile(r'<svg [^>]*aria-label="Graph of the derivatives? of')
DESCENT = re.compile(r"<(Descent of|Race after) ")
CODE = re.compile(r"`([^`\n]+)`|^    (.*)$", re.MULTILINE)
NAME = re.compile(r"(?<![\w.])(T|theano|tutor|numpy)\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
MEANS = {"T": tutor.tensor, "theano": tutor, "tutor": tutor, "numpy": numpy}
ONLY_TOLD = {"How the course is organised", "How to use JupyterLab", "For teachers",
             "What you can do now", "To go on", "Fine print", "Deutsch"}
NO_NAMES = ("pytest", "python", "T.d")  # commands, and what to type before Tab


def bundles(cell: NotebookNode) -> list[dict[str, str]]:
    return [output.data for output in cell.get("outputs", ()) if "data" in output]


def is_descent(cell: NotebookNode) -> bool:
    """Say whether a run is drawn here, so that the picture stays without a kernel."""
    return any(DESCENT.match(data["text/plain"]) and "<svg" in data.get("text/html", "")
               and "image/svg+xml" in data for data in bundles(cell))


def test_the_walkthrough_has_nine_sections() -> None:
    assert [path.name[:2] for path in SECTIONS] == [f"0{number}" for number in range(1, 10)]


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: path.stem)
def test_a_section_shows_the_expression_the_derivative_and_a_descent(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    pages = [data.get("text/html", "") for cell in cells for data in bundles(cell)]
    assert any(map(EXPRESSION.search, pages))
    assert any(map(DERIVATIVE.search, pages))
    assert any(map(is_descent, cells))


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: path.stem)
def test_words_stand_before_and_after_a_descent(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    for i, cell in enumerate(cells):
        if is_descent(cell):
            assert "markdown" in {cells[i - 1].cell_type, cells[i - 2].cell_type}
            assert cells[i + 1].cell_type == "markdown"


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_the_names_in_the_prose_exist(path: Path) -> None:
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"]
    for code in ("".join(found) for cell in cells for found in CODE.findall(cell.source)):
        for name in NAME.findall("" if code.startswith(NO_NAMES[:2]) or code in NO_NAMES else code):
            assert exists(MEANS[name[0]], name[1]), f"{name} in {code!r}"


def exists(module: object, dotted: str) -> bool:
    for part in dotted.split("."):
        module = getattr(module, part, None)
    return module is not None


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_what_a_heading_announces_stands_under_it(path: Path) -> None:
    """Every section has a cell that runs, but for those that only tell."""
    ran: dict[str, int] = {}
    heading = ""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            ran[heading] = ran.get(heading, 0) + 1
        for found in re.findall(r"^## (.*)$", cell.source, re.MULTILINE):
            assert found not in ran, f"two sections are called {found}"
            heading = found
            ran[heading] = 0
    empty = {heading for heading, cells in ran.items() if not cells}
    assert empty <= ONLY_TOLD, f"nothing runs under {empty - ONLY_TOLD}"


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_a_notebook_says_what_it_is_for_and_where_it_leads(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    for part in ("**What you will do.**", "**What you will learn.**", "**What you need.**"):
        assert part in cells[0].source
    assert re.search(r"[Aa]bout \d+ minutes", cells[0].source)
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert "## What you can do now" in text and "## Fine print" in text
    place = NUMBERED.index(path)
    if place > 0:
        assert re.search(rf"Previous[^.\n]*: \[[^]]+\]\({NUMBERED[place - 1].name}\)", text)
        assert re.search(r"[Cc]ontents: \[", text)
    for following in NUMBERED[place + 1:place + 2]:
        assert re.search(rf"Next: \[[^]]+\]\({following.name}\)", text)


@pytest.mark.parametrize("path", NUMBERED[1:], ids=lambda path: path.stem)
def test_a_notebook_has_at_least_three_exercises_in_order(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    asked = [name for cell in cells if cell.cell_type == "code"
             for name in re.findall(r'course\.check\("([^"]+)"', cell.source)]
    assert len(asked) >= 3
    assert asked == sorted(set(asked)), f"{path.name} asks {asked}: exercises go up by number"
    assert all(name.startswith(path.name[:2]) for name in asked)


def test_the_contents_list_every_notebook_with_its_minutes() -> None:
    cells = nbformat.read(NUMBERED[0], as_version=4).cells
    (contents,) = (c.source for c in cells if "How the course is organised" in c.source)
    row = re.compile(r"^\| \[(\d\d) · [^]]+\]\((.+)\) \| .+ \| (\d+) \|$", re.MULTILINE)
    listed = row.findall(contents)
    assert [name for _, name, _ in listed] == [path.name for path in NUMBERED[1:]]
    assert all(name.startswith(number) for number, name, _ in listed)
    for _, name, minutes in listed:
        head = nbformat.read(NOTEBOOKS / name, as_version=4).cells[0].source
        assert re.search(rf"[Aa]bout {minutes} minutes", head), name
    assert not re.search(r"\| --- \|\n\n", contents), "a table without rows"


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_no_sentence_stands_twice_in_a_passage(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            prose = [line for line in cell.source.splitlines() if not line.startswith("|")]
            found = [part for part in re.split(r"(?<=[.:?;])\s+|\n", "\n".join(prose))
                     if len(part) > 15]
            assert len(found) == len(set(found)), cell.id
