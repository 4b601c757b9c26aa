"""`python -m tutor.course.store`: what it stores, running again unchanged does not change."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tutor.course import editions, store

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
CELLS = (
    "import numpy, tutor, tutor.tensor as T\nc = tutor.shared(0.0, 'c')\ny = (c - 3) ** 2",
    "import sys\nfor i in range(20):\n    print(i, flush=True)\nprint('said', file=sys.stderr)",
    "run = tutor.live.Descent(tutor.function([], y, updates={c: c - 0.1 * T.grad(y, c)}))\n"
    "run.run(2)\nrun",
    "y(3)",
    "tutor.explore(y, wrt=c)",
)
RAISES = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one notebook as an editor left it, and the same stored, twice."""
    folder = tmp_path_factory.mktemp("stored")
    book = new_notebook(cells=[new_markdown_cell("# Title", id="title")])
    for i, source in enumerate(CELLS):
        cell = new_code_cell(source, id=f"cell-{i}", execution_count=40 - i)
        cell.outputs = [new_output("stream", name="stdout", text="old")]
        cell.metadata = {"tags": ["raises-exception"]} if i == RAISES else {"trusted": True}
        book.cells.append(cell)
    book.metadata = {"widgets": {"state": {}}, "language_info": {"name": "python", "version": "3"},
                     "authors": [{"name": "Ada"}]}
    nbformat.write(book, folder / "once.ipynb")
    assert store.store(folder / "once.ipynb")
    (folder / "twice.ipynb").write_bytes((folder / "once.ipynb").read_bytes())
    assert not store.store(folder / "twice.ipynb")
    return folder


def test_stored_again_it_is_the_same_file(folder: Path) -> None:
    assert (folder / "once.ipynb").read_bytes() == (folder / "twice.ipynb").read_bytes()


def test_nothing_of_one_machine_or_one_run_is_stored(folder: Path) -> None:
    text = (folder / "once.ipynb").read_text(encoding="utf-8")
    for passing in ("model_id", "widgets", "trusted", '"version"', str(folder), sys.prefix):
        assert passing not in text
    book = nbformat.reads(text, as_version=4)
    nbformat.validate(book)
    assert [cell.id for cell in book.cells] == ["title", *(f"cell-{i}" for i in range(len(CELLS)))]
    assert [cell.execution_count for cell in book.cells[1:]] == [1, 2, 3, 4, 5]
    assert book.metadata["authors"] == [{"name": "Ada"}]
    assert [(out.output_type, out.get("name")) for out in book.cells[2].outputs] == [
        ("stream", "stdout"), ("stream", "stderr")]  # fmt: skip
    still, player = book.cells[3].outputs
    assert "image/svg+xml" in still.data and set(player.data) == {"text/plain"}


def test_what_is_stored_passes_the_strict_comparison(folder: Path) -> None:
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = ["--nbval", "--nbval-current-env", "-p", "tutor.course.strict", "-c", "pytest.ini"]
    done = subprocess.run([sys.executable, "-m", "pytest", *options, "once.ipynb"], cwd=folder,
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout


def test_a_cell_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0", id="a")]), path)
    before = path.read_bytes()
    assert store.main([str(path)]) == 1
    assert path.read_bytes() == before
    assert "wrong.ipynb" in (said := capsys.readouterr().err) and "ZeroDivisionError" in said


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_course_is_stored_in_this_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert editions.text_of(store.stored_form(nbformat.reads(text, as_version=4))) == text
    counts = [cell.execution_count for cell in nbformat.reads(text, as_version=4).cells
              if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
