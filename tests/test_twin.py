"""The notebooks as they are worked through: solved, every exercise twice, sections in any order.

Each notebook has a namespace of its own in this process, as it has a kernel elsewhere.
"""

import contextlib
import io
import json
import linecache

import pytest

from tutor import cli
from tutor.course import progress
from tutor.course.assignment import asked
from tutor.course.editions import read
from tutor.course.exercises import EXERCISES
from tutor.course.twin import main, solved

COURSE = cli.course_folder()
NOTEBOOKS = sorted(COURSE.glob("[0-9][0-9]-*.ipynb"))
# 08 makes its x anew, on purpose, and says that these two cells need the first one then.
TOLD = {"08": ["d2 = theano.function", "learning_rate = theano.shared"]}
LONG = "13", "14", "20", "23"  # train large models, twice


def run(cells, names):
    """Run cells, and say which of them did not do what their tags announce."""
    for cell in cells:
        failed, source = "nothing was raised", "".join(cell["source"])
        lines = source.splitlines(keepends=True)
        linecache.cache[cell["id"]] = len(source), None, lines, cell["id"]  # for inspect
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                exec(compile(source, cell["id"], "exec"), names)
            except Exception as problem:
                failed = f"{type(problem).__name__}: {problem}"
        raises = "raises-exception" in cell["metadata"].get("tags", ())
        if raises == (failed == "nothing was raised"):
            yield f"{cell['id']}: {failed}"


def code(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_solved_twin_has_full_marks(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    cells = code(solved(path)["cells"])
    asks = [asked(cell) for cell in code(read(path)["cells"])]
    twice = [cell for one, name in zip(cells, asks, strict=True)
             for cell in [one] * (2 if name else 1)]
    assert list(run(twice, names)) == []
    assert progress().solved == {name for name in EXERCISES if name[:2] == path.name[:2]}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_sections_may_be_run_again_in_any_order(path, tmp_path, monkeypatch, request):
    if path.name[:2] in LONG and not request.config.getoption("--all"):
        pytest.skip("trains for long: runs with --all")
    monkeypatch.chdir(tmp_path)
    names, sections = {"__name__": "__main__"}, [[]]
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown" and "\n## " in "\n" + "".join(cell["source"]):
            sections.append([])
        if cell["cell_type"] == "code":
            sections[-1].append(cell)
    alone = TOLD.get(path.name[:2], ())
    again = [cell for section in reversed(sections) for cell in section
             if not any(text in "".join(cell["source"]) for text in alone)]
    assert list(run([cell for section in sections for cell in section], names)) == []
    assert list(run(again, names)) == []


def test_the_twin_is_written_beside_the_course(tmp_path, capsys):
    assert main([str(tmp_path / "twin"), "05"]) == 0
    (path,) = (tmp_path / "twin").iterdir()
    text = path.read_text(encoding="utf-8")
    assert path.name == "05-grad.ipynb" and "answer = 3 * x ** 2 - 2" in text
    assert "answer = None" not in text and capsys.readouterr().out.strip() == str(path)
    with pytest.raises(ValueError, match="the course itself"):
        main([str(COURSE), "05"])
