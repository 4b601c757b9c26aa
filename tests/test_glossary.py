"""The glossary: each word stands where it is said to stand, and each example gives what it says."""

import re
from pathlib import Path

import numpy
import pytest

import tutor
import tutor.tensor as T
from tutor.course.editions import read

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
GLOSSARY = NOTEBOOKS / "glossary.ipynb"
ENTRY = re.compile(r"### (?P<word>.+)\n\n(?P<sentence>.+)\n\n(?P<example>.+)\n\n"
                   r"\*(?P<german>.+)\* · \[\d\d\]\((?P<place>.+\.ipynb)\)")
PROSE = [c.source for c in read(GLOSSARY).cells if c.cell_type == "markdown"]
ENTRIES = {m["word"]: m for source in PROSE if (m := ENTRY.fullmatch(source))}
# How JupyterLab and nbviewer name the place of a heading.
PLACES = {heading.replace(" ", "-") for source in PROSE
          for heading in re.findall(r"^#+ (.+)$", source, re.MULTILINE)}
EXAMPLES = [(word, *example) for word, m in ENTRIES.items()
            for example in re.findall(r"`([^`]+)` → `([^`]+)`", m["example"])]
PAGES = sorted([*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("[a-z][a-z]/*.ipynb")])


def test_every_cell_but_the_first_and_the_last_is_a_word() -> None:
    assert len(PROSE) == len(ENTRIES) + 2
    assert list(ENTRIES) == sorted(ENTRIES, key=str.lower)


@pytest.mark.parametrize(("word", "code", "value"), EXAMPLES)
def test_an_example_gives_its_value(word: str, code: str, value: str) -> None:
    x, y = T.dscalars("x", "y")
    known = {"numpy": numpy, "theano": tutor, "T": T, "x": x, "y": y, "v": T.dvector("v")}
    assert str(eval(code, known)) == value


@pytest.mark.parametrize("word", ENTRIES)
def test_a_word_comes_in_the_notebook_that_is_named(word: str) -> None:
    path = NOTEBOOKS / ENTRIES[word]["place"]
    text = "\n".join(cell.source for cell in read(path).cells)
    stem = re.sub(r"(e|y)$", "", word.split()[0])
    assert re.search(rf"\b{stem}", text, re.IGNORECASE), f"{word} is not in {path.name}"


def test_the_german_words_are_those_of_the_entries() -> None:
    listed = re.findall(r"^\| (.+) \| \[(.+)\]\(#(.+)\) \|$", PROSE[-1], re.MULTILINE)
    wanted = {(german, word, word.replace(" ", "-")) for word, m in ENTRIES.items()
              for german in m["german"].split(", ")}
    assert set(listed) == wanted and len(listed) == len(wanted)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_link_into_the_glossary_meets_a_word(path: Path) -> None:
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    for file, place in re.findall(r"\]\(([^)#]*)#([^)]+)\)", text):
        there = path if not file else (path.parent / file)
        if there.resolve() == GLOSSARY:
            assert place in PLACES, f"the glossary has no {place}"
    if path != GLOSSARY:
        assert "glossary.ipynb#" in text, "no word is linked"
