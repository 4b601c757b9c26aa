"""nbgrader's source notebooks: what they hold; a test cell gives its points, or says why not."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tutor import cli
from tutor.core.errors import TutorError
from tutor.course import check, progress, require
from tutor.course.assignment import assignment, source_of
from tutor.course.checks import key_of
from tutor.course.exercises import EXERCISES

COURSE = cli.course_folder()
NOTEBOOKS = sorted(COURSE.glob("[0-9]*.ipynb"))


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def cells_of(text):
    return json.loads(text)["cells"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_exercise_has_its_solution_and_its_points(path):
    text, points = source_of(path)
    number = path.name.split("-")[0]
    names = [name for name in EXERCISES if name.split("-")[0] == number]
    cells = cells_of(text)
    lacking = [name for name in names if f'check("{name}", answer)' not in text.replace('\\"', '"')]
    assert not lacking, f"{path.name} has no cell that asks for {lacking}"
    assert points == sum(EXERCISES[name].points for name in names) > 0
    marked = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
    found = [one["grade_id"] for one in marked]
    assert {*found[::2]} == {f"answer-{name}" for name in names}
    assert found[1::2] == [name.replace("answer", "test") for name in found[::2]]
    assert len({cell["id"] for cell in cells}) == len(cells)
    for one in marked:
        test = one["grade_id"].startswith("test")
        assert (one["grade"], one["locked"], one["solution"]) == (test, test, not test)
        assert one["schema_version"] == 3 and one["task"] is False
        assert re.fullmatch(r"[a-zA-Z0-9_\-]+", one["grade_id"])
        assert one.get("points", 0) == (EXERCISES[one["grade_id"][5:]].points if test else 0)
    others = [cell for cell in cells if "nbgrader" not in cell["metadata"]]
    before = {cell["id"]: cell for cell in cells_of(path.read_text(encoding="utf-8"))}
    assert all(before[cell["id"]] == cell for cell in others)  # outputs are kept


def test_nbgraders_own_schema_takes_them():
    api = pytest.importorskip("nbgrader.nbgraderformat")
    for path in NOTEBOOKS:
        api.MetadataValidator().validate_nb(nbformat.reads(source_of(path)[0], as_version=4))


def test_an_assignment_runs_with_its_solutions_and_fails_without(tmp_path):
    assert cli.main(["assignment", "05", "07-updates.ipynb", "05", "out"]) == 0
    cells = cells_of((tmp_path / "out" / "05-grad.ipynb").read_text(encoding="utf-8"))
    marked = ["".join(c["source"]) for c in cells if "nbgrader" in c["metadata"]]
    head = "import numpy, tutor as theano, tutor.tensor as T"
    subprocess.run([sys.executable, "-c", "\n".join([head, *marked])], check=True)
    taken = "\n".join([head, *marked]).split("### BEGIN SOLUTION")[0] + 'require("05-1", answer)'
    done = subprocess.run([sys.executable, "-c", f"from tutor.course import require\n{taken}"],
                          capture_output=True, text=True, check=False)
    assert "exercise 05-1: answer is still None." in done.stderr
    assert (tmp_path / "out" / "07-updates.ipynb").is_file()


@pytest.mark.parametrize(("arguments", "words"), [
    (["05", "88", "out"], "there is no notebook '88'"), (["05"], "required: OUT"),
    (["05", "07", "there"], "is there already"), (["05", "file"], "is a file: name a folder")])
def test_wrong_input_is_one_error_and_writes_nothing(arguments, words, tmp_path, capsys):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "07-updates.ipynb").write_text("mine")
    (tmp_path / "file").write_text("mine")
    try:
        assert cli.main(["assignment", *arguments]) == 1
    except SystemExit as stop:
        assert stop.code == 2
    assert words in capsys.readouterr().err
    assert {path.name for path in tmp_path.rglob("*")} == {"there", "07-updates.ipynb", "file"}


def test_a_notebook_without_exercises_is_told(tmp_path):
    (tmp_path / "01-none.ipynb").write_text('{"cells": []}')
    with pytest.raises(TutorError, match="no exercises in it"):
        [*assignment(tmp_path, ["01"], Path("out"))]


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_required_is_the_right_answer(name):
    assert require(name, key_of(EXERCISES[name]).answer()) is None
    for wrong in (None, 17.25, object()):
        with pytest.raises(AssertionError) as told:
            require(name, wrong)
        assert f"exercise {name}: " in str(told.value)
        assert EXERCISES[name].hints[0] in str(told.value)
    assert not progress().solved


def test_what_is_required_where_there_is_no_key_is_never_right():
    probe = ("from tutor.course import checks, require\n"
             "vars(checks)['find_spec'] = lambda name: None\nrequire('08-1', 0.1)")
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True,
                          check=False)
    assert done.returncode and "no key" in done.stderr
    assert check("08-1", 0.1)
