"""The notebooks' plugin is strict: each way a stored output can be wrong fails its cell.

One notebook is run and saved, then each cell's stored output is changed in one way, and nbval is
asked about all of them at once. The other tests of notebooks mean something only while this holds.
"""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

SHOWN = {"text/plain": "shown", "image/svg+xml": "<svg/>", "text/html": "<b/>", "text/latex": "$x$"}
NICK = {"text/plain": "text", "image/svg+xml": "svg", "text/html": "html", "text/latex": "latex"}
SOURCES = {
    "shows": f"from IPython.display import display\ndisplay({SHOWN!r}, raw=True)",
    "raises": "1 / 0",
    "twice": f"display({SHOWN!r}, raw=True)\nprint('said')",
    "nothing": "x = 1",
    "numbered": "print(get_ipython().execution_count > 1)",
    "skipped": "# NBVAL_SKIP",
    "ignored": "# NBVAL_IGNORE_OUTPUT",
    "png": "display({'image/png': 'iVBORw0KGgo='}, raw=True)",
}


def display(**changes: str) -> NotebookNode:
    """Return the stored form of what `shows` displays, with other text for some of its formats."""
    changed = {mime: changes.get(NICK[mime], stored) for mime, stored in SHOWN.items()}
    return new_output("display_data", data=changed)


def error(evalue: str) -> NotebookNode:
    return new_output("error", ename="ZeroDivisionError", evalue=evalue, traceback=["elsewhere"])


SAID = new_output("stream", name="stdout", text="said\n")
YES = new_output("stream", name="stdout", text="True\n")
PNG = new_output("display_data", data={"image/png": "AAAA"})
# Which source, what is stored for it, and whether it must pass.
CASES: dict[str, tuple[str, list[NotebookNode], bool]] = {
    "as it was": ("shows", [display()], True),
    "another frame in the traceback": ("raises", [error("division by zero")], True),
    "two outputs as they were": ("twice", [display(), SAID], True),
    "cells are counted": ("numbered", [YES], True),
    "another text": ("shows", [display(text="other")], False),
    "another picture": ("shows", [display(svg="<other/>")], False),
    "another page": ("shows", [display(html="<i/>")], False),
    "another formula": ("shows", [display(latex="$y$")], False),
    "another PNG": ("png", [PNG], False),
    "another order": ("twice", [SAID, display()], False),
    "an output too many": ("nothing", [SAID], False),
    "an output missing": ("twice", [display()], False),
    "another error": ("raises", [error("by nought")], False),
    "no error": ("nothing", [error("division by zero")], False),
    "never run": ("nothing", [], False),
    "asks to be skipped": ("skipped", [], False),
    "asks not to be compared": ("ignored", [], False),
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> list[bool]:
    """Return whether nbval passed the cell of each case."""
    folder = tmp_path_factory.mktemp("strict")
    book = new_notebook()
    for case, (source, stored, _) in CASES.items():
        count = None if case == "never run" else 1
        cell = new_code_cell(SOURCES[source], execution_count=count, outputs=stored)
        cell.metadata["tags"] = ["raises-exception"]
        book.cells.append(cell)
    nbformat.write(book, folder / "cases.ipynb")
    options = ["--nbval", "--nbval-current-env", "-p", "tutor.course.strict", "-c", "pytest.ini"]
    (folder / "pytest.ini").write_text("[pytest]\n")
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--junitxml=seen.xml", "cases.ipynb"],
        cwd=folder, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    return [len(case) == 0 for case in ElementTree.parse(folder / "seen.xml").iter("testcase")]


@pytest.mark.parametrize("case", CASES)
def test_a_cell_passes_only_with_the_outputs_it_gives(case: str, outcome: list[bool]) -> None:
    assert len(outcome) == len(CASES)
    assert outcome[list(CASES).index(case)] == CASES[case][2]


def test_the_course_is_compared_by_this_plugin(request: pytest.FixtureRequest, root: Path) -> None:
    manager = request.config.pluginmanager
    assert manager.has_plugin("tutor.course.strict")
    assert request.config.getoption("nbval")
    assert request.config.getoption("nbval_current_env")
