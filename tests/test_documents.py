"""Documents beside the README: they are where it says, and the commands in them are there."""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from tutor import cli
from tutor.course.exercises import EXERCISES

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "tutor" / "course" / "docs" / "teaching.md",
             ROOT / "tutor" / "CHANGES.md"]
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in DOCUMENTS}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_linked_to_in_the_repository_is_there(name):
    (path,) = [path for path in DOCUMENTS if path.name == name]
    for target in re.findall(r"\]\((?!https?:|…)([^)]+)\)", TEXTS[name]):
        assert (path.parent / target).is_file(), target


def test_every_file_that_is_named_is_there():
    there = {path.name for path in ROOT.rglob("*.py")} | {"model.py", "nbgrader_config.py"}
    sources = [*(ROOT / "tutor").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *DOCUMENTS]
    named = {(path.name, found) for path in sources
             for found in re.findall(r"`(?:\w+/)*(\w+\.py)`", path.read_text(encoding="utf-8"))}
    assert len(named) > 100
    assert not [pair for pair in named if pair[1] not in there]


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_that_is_named_is_one(name, capsys):
    for word in {*re.findall(r"`tutor ([a-z]+)", TEXTS[name])}:
        with pytest.raises(SystemExit) as stop:
            cli.main([word, "--help"])
        assert stop.value.code == 0, word
    for module in {*re.findall(r"python -m (tutor\.[a-z.]+)", TEXTS[name])}:
        assert find_spec(module) is not None, module


def test_every_command_teaches(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    words = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert {"grade", "assignment", "update", "reset", "doctor", "progress"} <= {*words}
    for word in ("grade", "assignment", "update", "reset", "doctor", "progress"):
        with pytest.raises(SystemExit):
            cli.main([word, "--help"])
        said = capsys.readouterr().out
        assert f"tutor {word}" in said.split("example", 1)[1]


def test_the_version_is_said_once_in_all_of_them():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## {version}" in TEXTS["CHANGES.md"]
    assert f"version = {{{version}}}" in TEXTS["README.md"]


def test_the_points_of_an_exercise_are_numbers():
    assert all(type(row.points) is int and row.points > 0 for row in EXERCISES.values())
