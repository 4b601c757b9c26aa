"""The `tutor` command: what it opens, what it copies, what it says when something is missing."""

import errno
import importlib.util
import os
import sqlite3
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from nbformat.sign import NotebookNotary

import tutor
from tutor import cli
from tutor.course import copies

PICTURE = nbformat.v4.new_code_cell(
    "x",
    id="picture",
    execution_count=1,
    outputs=[nbformat.v4.new_output("display_data", {"text/html": "<svg></svg>"})],
)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a checkout with a course of two files, and let the command believe it is there."""
    notebooks = tmp_path / "checkout" / "notebooks"
    (notebooks / "data").mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[PICTURE]), notebooks / cli.FIRST)
    (notebooks / "data" / "digits.csv").write_text("0,1")
    (notebooks / ".ipynb_checkpoints").mkdir()
    (notebooks / ".ipynb_checkpoints" / "old.ipynb").write_text("old")
    monkeypatch.setattr(cli, "PACKAGE", tmp_path / "checkout" / "tutor")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    return notebooks


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a JupyterLab in place that only writes down what it was started with."""
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "the-teachers-own")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    options: list[str] = []
    lab = types.ModuleType("jupyterlab.labapp")
    vars(lab)["main"] = options.extend
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", lab)
    return options


def test_no_command_opens_a_copy_and_leaves_the_checkout_as_it_is(
    course: Path, started: list[str]
) -> None:
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    assert cli.main([]) == 0
    assert f"--ServerApp.root_dir={Path.home() / cli.OWN_COPY}" in started
    assert f"--LabApp.default_url=/lab/tree/{cli.FIRST}" in started
    assert "--no-browser" not in started
    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == before


def test_who_writes_the_course_opens_it_in_place(course: Path, started: list[str]) -> None:
    assert cli.main(["--folder", str(course)]) == 0
    assert f"--ServerApp.root_dir={course}" in started
    assert not (course / copies.RECORD).exists()


def test_the_course_as_it_came_is_trusted_and_what_was_written_into_it_is_not(
    course: Path, started: list[str]
) -> None:
    folder = course.parent / "mine"
    assert cli.main(["copy", str(folder)]) == 0
    assert cli.main(["--folder", str(folder)]) == 0
    notebook = nbformat.read(folder / cli.FIRST, as_version=4)
    assert NotebookNotary().check_signature(notebook)
    other = nbformat.v4.new_notebook(cells=[PICTURE, nbformat.v4.new_code_cell("y", id="y")])
    nbformat.write(other, folder / cli.FIRST)
    assert cli.main(["--folder", str(folder)]) == 0
    assert not NotebookNotary().check_signature(nbformat.read(folder / cli.FIRST, as_version=4))


def test_port_and_no_browser_reach_jupyterlab(course: Path, started: list[str]) -> None:
    assert cli.main(["--no-browser", "--port", "9123"]) == 0
    assert {"--no-browser", "--ServerApp.port=9123"} <= set(started)


def test_what_a_kernel_says_is_not_held_back(
    course: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main([]) == 0
    assert f"--ServerApp.kernel_websocket_connection_class={cli.CONNECTION}" in started
    module, name = cli.CONNECTION.rsplit(".", 1)
    connection = getattr(importlib.import_module(module), name)
    said: list[Any] = []
    monkeypatch.setattr(connection.__bases__[0], "connect", lambda self: said.append("connected"))
    handler = KernelWebsocketHandler
    monkeypatch.setattr(handler, "set_nodelay", lambda self, value: said.append(value))
    link = connection.__new__(connection)
    link.websocket_handler = handler.__new__(handler)
    link.connect()
    assert said == [True, "connected"]
    binder = Path(__file__).parents[1] / "binder" / "jupyter_server_config.json"
    assert cli.CONNECTION in binder.read_text()
    started.clear()
    monkeypatch.setenv("JUPYTER_GATEWAY_URL", "http://elsewhere")
    assert cli.main([]) == 0
    assert not any("websocket" in option for option in started)


def test_jupyterlab_asks_no_questions_and_keeps_the_teachers_settings(
    course: Path, started: list[str]
) -> None:
    assert cli.main([]) == 0
    ours, theirs = os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert Path(ours) == cli.PACKAGE / "course"
    assert theirs == "the-teachers-own"


def test_an_installed_course_is_opened_as_the_learners_own_copy(
    course: Path, started: list[str]
) -> None:
    course.rename(cli.PACKAGE.parent / "moved")
    cli.PACKAGE.mkdir()
    (cli.PACKAGE.parent / "moved").rename(cli.PACKAGE / "notebooks")
    own = Path.home() / cli.OWN_COPY
    assert cli.main([]) == 0
    assert f"--ServerApp.root_dir={own}" in started
    (own / cli.FIRST).write_text("my answers")
    assert cli.main([]) == 0
    assert (own / cli.FIRST).read_text() == "my answers"


def test_copy_takes_everything_and_keeps_what_is_there(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine"
    assert cli.main(["copy", str(target)]) == 0
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert files == {cli.FIRST, "data/digits.csv", copies.RECORD}
    (target / cli.FIRST).write_text("my answers")
    assert cli.main(["copy", str(target)]) == 0
    assert (target / cli.FIRST).read_text() == "my answers"
    assert f"Kept as they were: {cli.FIRST}" in capsys.readouterr().out


def test_a_folder_may_be_named_by_the_home(
    course: Path, started: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["copy", "~/course"]) == 0
    assert (tmp_path / "home" / "course" / cli.FIRST).is_file()
    assert cli.main(["--folder", "~/other"]) == 0
    assert f"--ServerApp.root_dir={tmp_path / 'home' / 'other'}" in started
    assert not (tmp_path / "~").exists()
    with pytest.raises(SystemExit):
        cli.main(["copy", "~nobody-of-this-name/course"])


def test_a_disk_that_is_full_leaves_nothing_behind(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def full(path: Path, content: bytes) -> int:
        with open(path, "wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    y = tutor.tensor.dscalar("y")
    (tmp_path / "graph.dot").write_text("as it was")
    monkeypatch.setattr(Path, "write_bytes", full)
    assert cli.main(["copy", str(tmp_path / "mine")]) == 1
    assert "No space left" in capsys.readouterr().err
    with pytest.raises(OSError, match="No space left"):
        tutor.save(y**2, tmp_path / "graph.dot")
    assert not [*(tmp_path / "mine").iterdir()]
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"graph.dot"}
    assert (tmp_path / "graph.dot").read_text() == "as it was"


def test_a_home_that_is_full_still_opens_the_course(
    course: Path, started: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def full(self: Any, notebook: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(NotebookNotary, "sign", full)
    assert cli.main(["--no-browser"]) == 0
    assert "--no-browser" in started
    assert "cannot be marked as trusted" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_what_the_course_says_can_be_printed_everywhere(encoding: str, tmp_path: Path) -> None:
    script = (
        "import tutor; print(tutor.course.check('09-2', 650)); print(tutor.course.progress()); "
        "print(tutor.course.check('08-1', 3))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True,
                          env={**os.environ, "PYTHONIOENCODING": encoding})  # fmt: skip
    assert "Right." in done.stdout.decode(encoding) and not done.stderr
    copied = subprocess.run(
        [sys.executable, "-m", "tutor.cli", "copy", str(tmp_path / "курс")],
        capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert "The course is in" in copied.stdout.decode(encoding)


def test_copy_to_where_nothing_can_be_written_says_so(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert cli.main(["copy", str(tmp_path / "file" / "course")]) == 1
    assert "cannot be copied to" in capsys.readouterr().err


def test_where_prints_the_folder(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["where"]) == 0
    assert capsys.readouterr().out == f"{course}\n"


def test_without_notebooks_the_message_says_how_to_get_them(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / cli.FIRST).unlink()
    assert cli.main(["where"]) == 1
    assert "carries no notebooks" in capsys.readouterr().err


def test_without_jupyterlab_the_message_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert cli.main([]) == 1
    checkout = Path(__file__).resolve().parents[1]
    assert f'pip install -e "{checkout}[lab]"' in capsys.readouterr().err


def test_a_command_that_is_none_is_told_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["copi"])
    assert "argument COMMAND: invalid choice: 'copi' (choose from" in capsys.readouterr().err


def test_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("tutor 0.")


def test_a_language_is_a_folder_of_the_course(
    course: Path, started: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "de").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[PICTURE]), course / "de" / cli.FIRST)
    assert cli.main(["--language", "de"]) == 0
    assert f"--ServerApp.root_dir={Path.home() / cli.OWN_COPY}" in started
    assert f"--LabApp.default_url=/lab/tree/de/{cli.FIRST}" in started
    assert NotebookNotary().check_signature(nbformat.read(course / "de" / cli.FIRST, 4))
    own = course.parent / "mine"
    assert cli.main(["copy", "--language", "de", str(own)]) == 0
    assert f"tutor --language de --folder {own}" in capsys.readouterr().out
    assert (own / "de" / cli.FIRST).is_file() and (own / cli.FIRST).is_file()
    assert cli.main(["--language", "en", "--folder", str(own)]) == 0
    assert started[-4:] != [] and f"--LabApp.default_url=/lab/tree/{cli.FIRST}" in started
    for command in (["--language", "fr"], ["copy", "--language", "../de", str(own)]):
        assert cli.main(command) == 1
        assert "Choose of en, de." in capsys.readouterr().err


@pytest.mark.parametrize("text", ["99999", "-1", "0", "x", "1.5"])
def test_a_port_is_one_there_can_be(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--port", text, "--no-browser"])
    assert "no port" in capsys.readouterr().err
