"""A class is graded: no point that is not earned, no neighbour harmed, whatever is handed in.

The class of `hostile.py` is graded once, by the command, and the tests look at what came of it.
"""

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.hostile import ASLEEP, FILES, HOSTILE, RIGHT, lay_out, notebook
from tutor import cli
from tutor.core.errors import TutorError
from tutor.course.grading import inside
from tutor.course.grading.archive import unpacked
from tutor.course.grading.collect import collect, meant
from tutor.course.grading.command import STOPPED, chosen
from tutor.course.grading.judge import answers
from tutor.course.grading.names import named
from tutor.course.grading.sandbox import Limits, Sandbox
from tutor.course.grading.walls import beside


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class, graded once: its folder, where the marks went, rows by learner, seconds."""
    if sys.platform != "linux":
        pytest.skip("only Linux holds all of it")
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    lay_out(folder, out)
    before = contents(folder)
    begun = time.monotonic()
    services = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    for service, name in zip(services, ("", "\0"), strict=True):
        service.bind(f"{name}{out / 'service'}")
        service.listen()
        service.setblocking(False)
    assert cli.main(["grade", str(folder), "--out", str(out), "--seconds", "12"]) == 0
    seconds = time.monotonic() - begun
    assert contents(folder) == before
    for service in services:
        with service, pytest.raises(BlockingIOError):
            service.accept()
    (out / "service").unlink()
    with open(out / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {row["learner"].lstrip("'"): row for row in csv.DictReader(file)}
    return folder, out, rows, seconds


def contents(folder: Path) -> dict[str, object]:
    """All that lies in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.stat().st_size < 2**20 else 0
            for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


@pytest.mark.parametrize("learner", HOSTILE)
def test_a_hostile_notebook_gets_the_points_that_it_earns(graded, learner):
    _, points, words = HOSTILE[learner]
    row = graded[2][named(learner)]
    assert int(row["points"]) == points, row["remarks"]
    assert words in row["remarks"]


@pytest.mark.parametrize("learner", FILES)
def test_what_is_no_notebook_gets_no_points_and_a_remark(graded, learner):
    row = graded[2][learner]
    assert row["points"] == "0" and row["remarks"]


def test_honest_learners_among_them_get_theirs(graded):
    rows = graded[2]
    assert [rows[name]["points"] for name in ("ada", "bo", "cy", "twins")] == ["2"] * 4
    assert not any(rows[name]["remarks"] for name in ("ada", "bo", "cy", "twins"))
    assert len(rows) == len(HOSTILE) + len(FILES) + 4


def test_nothing_is_left_of_a_class_but_its_marks(graded):
    out = graded[1]
    assert {path.name for path in out.iterdir()} == {"grades.csv", "grades.html"}
    elsewhere = [Path(place) / "tutor-grade-test" for place in ("/dev/shm", "/tmp", "/var/tmp")]
    assert not any(path.exists() for path in elsewhere)
    until = time.monotonic() + 10  # a killed process takes a moment to go
    while left_running() and time.monotonic() < until:
        time.sleep(0.1)
    assert not left_running()


def left_running() -> list[str]:
    """The commands of what a notebook or the grader started and that runs still."""
    everything = [p.info["cmdline"] or () for p in psutil.process_iter(["cmdline"])]
    ours = [p.as_dict(["cmdline"])["cmdline"] or ()
            for p in psutil.Process().children(recursive=True)]
    return [*(" ".join(command) for command in everything if ASLEEP in command),
            *(line for line in map(" ".join, ours) if "tutor.course.grading" in line)]


def test_the_page_holds_names_as_text(graded):
    page = (graded[1] / "grades.html").read_text(encoding="utf-8")
    assert "<img" not in page and "&lt;img src=x" in page and "\u202e" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "'=cmd()" in (graded[1] / "grades.csv").read_text(encoding="utf-8")


SPY = """
held = []
def tries(name, *calls):
    for call in calls:
        try: got = call()
        except Exception: continue
        if got: held.append(name)
import tutor
tries("files", lambda: open("NEIGHBOUR").read() == "secret", lambda: open("KEY").read(),
      lambda: "neighbour.txt" in os.listdir("FOLDER"), lambda: __import__("tutor.course.key"),
      lambda: open(tutor.__file__, "a"),
      lambda: os.mkdir(os.path.dirname(tutor.__file__) + "/x") is None,
      lambda: open("/proc/sys/kernel/core_pattern", "a"))
for path in "NEIGHBOUR", "MARKS":  # where it has a file of that name, it is one of its own
    try: open(path, "w").write("mine")
    except Exception: pass
tries("network", lambda: socket.create_connection(("127.0.0.1", PORT), 2))
tries("processes", lambda: os.kill(OTHER, 0) is None)
check("00-1", len(held))
check("01-1", " ".join(held))
"""


@pytest.mark.parametrize("way", ["bwrap", "own"])
def test_what_is_held_on_this_machine_is_held(way, tmp_path):
    try:
        sandbox = Sandbox(tmp_path, Limits(seconds=20), [way])
    except OSError:
        pytest.skip("bubblewrap does not work here")
    if sandbox.open:
        pytest.skip(f"here {', '.join(sandbox.open)}")
    other = subprocess.Popen(["sleep", "60"])
    listening = socket.create_server(("127.0.0.1", 0))
    words = {"NEIGHBOUR": str(tmp_path / "neighbour.txt"), "MARKS": str(tmp_path / "marks.csv"),
             "FOLDER": str(tmp_path), "OTHER": str(other.pid),
             "PORT": str(listening.getsockname()[1]),
             "KEY": str(Path(cli.PACKAGE, "course", "key", "solutions.toml"))}
    (tmp_path / "neighbour.txt").write_text("secret")
    text = SPY
    for word, value in words.items():
        text = text.replace(word, value)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "spy.ipynb").write_text(notebook(text))
    with other, listening:
        found, remarks = answers(sandbox.ran(tmp_path / "work", "spy.ipynb").answers)
        other.kill()
    assert not remarks and found["01-1"] == {"text": ""}
    assert (tmp_path / "neighbour.txt").read_text() == "secret"
    assert not (tmp_path / "marks.csv").exists()


def test_what_is_hidden_is_not_reached_by_a_link(tmp_path):
    """As in a virtual environment, where lib64 is a link to lib."""
    hidden = tmp_path / "venv" / "lib" / "site-packages" / "tutor"
    hidden.mkdir(parents=True)
    for name in ("bin", "lib/site-packages/numpy", "elsewhere"):
        (tmp_path / "venv" / name).mkdir()
    (tmp_path / "venv" / "lib64").symlink_to("lib")
    (tmp_path / "venv" / "loop").symlink_to(tmp_path)
    (tmp_path / "venv" / "key").symlink_to(hidden / "key")
    (tmp_path / "venv" / "package").symlink_to(hidden)
    (tmp_path / "other").symlink_to("venv")
    (hidden / "key").mkdir()
    for root in ("venv", "other"):
        found = {path.relative_to(tmp_path / root).as_posix()
                 for path in beside(tmp_path / root, hidden)}
        assert found == {"bin", "elsewhere", "lib/site-packages/numpy"}
    assert [*beside(hidden / "key", hidden)] == []


def test_a_notebook_is_read_in_every_encoding_and_what_is_none_is_told(tmp_path):
    path = tmp_path / "05.ipynb"
    text = notebook("", RIGHT).replace('"metadata": {}, "nbformat"',
                                       '"metadata": {"language_info": {"name": "R"}}, "nbformat"')
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_text(text, encoding)
        assert len([*inside.cells(inside.read(str(path)))]) == 2  # what is empty does not count
        assert inside.language(inside.read(str(path))) == "R"
    for text, words in ((" ", "empty"), ("{}", "no cells"), ('{"worksheets": 3}', "before 2015")):
        path.write_text(text)
        with pytest.raises(ValueError, match=words):
            inside.read(str(path))


def test_what_is_stopped_ends_at_once_and_keeps_what_is_graded(tmp_path):
    for learner, cell in ("ada", RIGHT), ("bo", f"time.sleep({ASLEEP})"):
        (tmp_path / f"{learner}.ipynb").write_text(notebook(cell), encoding="utf-8")
    code = ("import signal, sys, tutor.cli\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)  # as nohup ignores it\n"
            "sys.exit(tutor.cli.main())")
    command = [sys.executable, "-c", code, "grade", str(tmp_path), "--jobs", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and "1  ada" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert "1 learner of 2: it was stopped" in process.stdout.read()
        assert process.wait() == STOPPED
    assert "\nada,1,1," in (tmp_path / "grades.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(("names", "words"), [(["55"], "no exercise and no notebook '55'"),
                                              (["05-9"], "Choose of 00, 01")])
def test_an_exercise_that_is_none_is_told(names, words):
    with pytest.raises(TutorError, match=words):
        chosen(names)
    assert chosen(["07", "05-1", "07-1"]) == ["07-1", "07-2", "07-3", "05-1"]


def test_wrong_input_is_one_error(tmp_path, capsys):
    (tmp_path / "notes.txt").touch()
    for no_folder in ("absent", "notes.txt"):
        assert cli.main(["grade", str(tmp_path / no_folder)]) == 1
        assert "is no folder" in capsys.readouterr().err
    assert cli.main(["grade", str(tmp_path)]) == 1
    assert "has no notebooks in it" in capsys.readouterr().err
    (tmp_path / "class.zip").write_bytes(b"PK")
    assert cli.main(["grade", str(tmp_path / "class.zip")]) == 1
    assert "cannot be unpacked: File is not a zip file." in capsys.readouterr().err
    for wrong in ("0", "-1", "many", "nan", "inf"):
        with pytest.raises(SystemExit):
            cli.main(["grade", str(tmp_path), "--seconds", wrong])
        assert "is no number" in capsys.readouterr().err
    (tmp_path / "ada.ipynb").write_text("{}")
    (tmp_path / "file").write_text("")
    assert cli.main(["grade", str(tmp_path), "--out", str(tmp_path / "file")]) == 1
    assert "marks cannot be written" in capsys.readouterr().err


def test_a_class_that_is_the_current_folder_is_not_imported_from(tmp_path, monkeypatch):
    for name in ("json.py", "numpy.py", "tutor.py", "tomllib.py", "psutil.py"):
        (tmp_path / name).write_text("open('ran', 'w')")
    (tmp_path / "ada.ipynb").write_text(notebook(RIGHT))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["grade", ".", "--exercises", "05"]) == 0
    assert "\nada,1,1,0" in (tmp_path / "grades.csv").read_text()
    assert not (tmp_path / "ran").exists()


LEARNERS = {
    "ada": ["05.ipynb", "05 (1).ipynb", "deep/07.ipynb"], "ada.ipynb": ["ada.ipynb"],
    "bo": ["bo.ipynb"], "cy": [], "zips": [], "nothing": [], "zoe\\u0308": ["05.ipynb"],
    "zoë": ["05.ipynb"], "René": ["05.ipynb"],
    "Di O\u2019Hara_12": ["Di O\u2019Hara_12_assignsubmission_file_/05.ipynb"],
    "Ed_3": ["Ed_3_assignsubmission_file_05.ipynb", "Ed_3_assignsubmission_file_mine.ipynb"]}
HANDED_IN = """ada/05.ipynb|ada/05 (1).ipynb|ada/deep/07.ipynb|ada.ipynb|bo.ipynb|cy/progress.json
zips/work.zip|nothing/.empty|zoe\u0308/05.ipynb|zo\u00eb/05.ipynb|Rene\u0301/05.ipynb
Di O\u2019Hara_12_assignsubmission_file_/05.ipynb|Ed_3_assignsubmission_file_05.ipynb
Di O\u2019Hara_12_assignsubmission_onlinetext_/onlinetext.html|marks/grades.csv|marks/grades.html
Ed_3_assignsubmission_file_mine.ipynb|Ed_3_assignsubmission_file_08-descent.ipynb|notes.txt
.hidden/05.ipynb|ada/.ipynb_checkpoints/05.ipynb|__MACOSX/ada/05.ipynb"""


@pytest.mark.parametrize("zipped", [False, True])
def test_learners_are_told_apart(zipped, tmp_path):
    for name in HANDED_IN.replace("\n", "|").split("|"):
        path = tmp_path / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    place = shutil.make_archive(tmp_path / "all", "zip", tmp_path, "class") if zipped else "class"
    with unpacked(tmp_path / place) as folder:
        found = {one.shown: meant(one, {"05", "08"}, {"05"}) for one in collect(folder)}
    assert {name: [path.relative_to(one.folder).as_posix() for path in one.notebooks]
            for name, one in found.items()} == LEARNERS
    assert found["zips"].left == ["No notebook was handed in: work.zip."]
    assert found["Ed_3"].learner == "Ed"  # whose numbers are asked for, if they are drawn


def test_what_update_and_reset_laid_aside_is_not_graded(tmp_path):
    for name in ("05-grad.ipynb", "05-grad.yours.ipynb", "08-descent.new.ipynb", "mine.ipynb",
                 "08-gradient-descent.ipynb", "earlier/05-grad.ipynb"):
        path = tmp_path / "ada" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (ada,) = collect(tmp_path)
    kept = ["05-grad.ipynb", "08-gradient-descent.ipynb", "mine.ipynb"]
    assert [path.name for path in ada.notebooks] == kept and len(ada.left) == 3
    asked = meant(ada, {"05", "08"}, {"05"})
    assert [path.name for path in asked.notebooks] == ["05-grad.ipynb", "mine.ipynb"]


def test_what_cannot_be_opened_is_told_and_nobody_else_suffers(tmp_path, monkeypatch):
    for path in ("ada/closed/05.ipynb", "ada/07.ipynb", "bo.ipynb"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}")

    def scandir(path, scan=os.scandir):
        if Path(path).name == "closed":
            raise PermissionError
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    ada, bo = collect(tmp_path)
    assert len(ada.notebooks) == len(bo.notebooks) == 1
    assert ada.left == ["closed is no file, or a folder that is closed or lies too deep."]
