"""A course that renews itself: what an update does to a copy, and what it never does."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tutor import cli
from tutor.course import copies, doctor
from tutor.course.exercises import EXERCISES
from tutor.course.shipped import TABLE, fingerprint, known


def notebook(*sources, outputs=(), **metadata):
    """A notebook's text: a code cell for each source, each with these outputs."""
    cells = [{"cell_type": "code", "id": f"c{i}", "source": source.splitlines(keepends=True),
              "outputs": list(outputs), "execution_count": 1 if outputs else None, "metadata": {}}
             for i, source in enumerate(sources)]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


RAN = [{"output_type": "execute_result", "execution_count": 1, "metadata": {},
        "data": {"text/plain": ["2"]}}]
NAMES = [f"{i:02}-part.ipynb" for i in range(10)]
UNTOUCHED, EDITED = NAMES[:5], NAMES[5:]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The first version of a course of ten notebooks, and the command that believes in it."""
    folder = tmp_path / "checkout" / "notebooks"
    folder.mkdir(parents=True)
    monkeypatch.setattr(cli, "PACKAGE", tmp_path / "checkout" / "tutor")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    (folder / cli.FIRST).write_text(notebook("start"))
    for name in NAMES:
        (folder / name).write_text(notebook("1 + 1", f"first = {name!r}"))
    return folder


def second_version(course):
    """Change every notebook of the course, add one, and drop one."""
    for name in NAMES:
        (course / name).write_text(notebook("1 + 1", f"second = {name!r}"))
    (course / "10-part.ipynb").write_text(notebook("new"))
    (course / cli.FIRST).write_text(notebook("start"))


def edit(copy):
    """Edit five notebooks, each in another way; run one of the others."""
    old = {name: json.loads((copy / name).read_text()) for name in EDITED}
    old[EDITED[0]]["cells"][1]["source"] = ["answer = 3"]
    old[EDITED[1]]["cells"].append({**old[EDITED[1]]["cells"][0], "source": ["mine"], "id": "m"})
    old[EDITED[2]]["cells"].pop()
    old[EDITED[3]]["cells"].reverse()
    for name in EDITED[:4]:
        (copy / name).write_text(json.dumps(old[name]))
    (copy / EDITED[4]).write_text("torn {")
    (copy / UNTOUCHED[4]).write_text(notebook("1 + 1", f"first = {UNTOUCHED[4]!r}", "",
                                              outputs=RAN, kernelspec={"name": "python3"}))
    (copy / "progress.json").write_text('{"exercises": {}}')


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_text()
            for path in folder.rglob("*") if path.is_file() and path.name != copies.RECORD}


@pytest.mark.parametrize("recorded", [True, False], ids=["with a record", "of an older version"])
def test_an_update_replaces_what_is_untouched_and_lays_the_new_beside_what_is_edited(
    course, tmp_path, capsys, monkeypatch, recorded
):
    copy = tmp_path / "home" / cli.OWN_COPY
    assert cli.main(["copy", str(copy)]) == 0
    if not recorded:  # what came without a record is known by the table of what was shipped
        table = {name: [fingerprint((course / name).read_bytes())] for name in NAMES}
        monkeypatch.setattr(copies, "known", lambda: table)
        (copy / copies.RECORD).unlink()
    edit(copy)
    before = contents(copy)
    second_version(course)
    capsys.readouterr()
    assert cli.main(["update"]) == 0
    said = capsys.readouterr().out
    after = contents(copy)
    for name in UNTOUCHED:
        assert after[name] == (course / name).read_text()
        assert f"replaced  {name}" in said
    assert after[f"earlier/{UNTOUCHED[4]}"] == before[UNTOUCHED[4]]  # it was run
    for name in EDITED:
        assert after[name] == before[name]
        beside = name.replace(".ipynb", ".new.ipynb")
        assert after[beside] == (course / name).read_text()
        assert f"kept      {name}" in said and beside in said
    assert after["10-part.ipynb"] and "new       10-part.ipynb" in said
    assert after["progress.json"] == before["progress.json"]
    assert cli.main(["update"]) == 0  # a second one has nothing to do
    assert contents(copy) == after
    assert capsys.readouterr().out.count("\n") == 1


def test_nothing_that_was_written_is_lost_however_often_it_is_updated(course, tmp_path):
    copy = tmp_path / "mine"
    assert cli.main(["copy", str(copy)]) == 0
    (copy / NAMES[0]).write_text(notebook("mine"))
    written = [(copy / NAMES[0]).read_text()]
    laid = [copy / "00-part.new.ipynb", copy / "00-part.new-2.ipynb"]
    for turn in range(5):
        (course / NAMES[0]).write_text(notebook(f"version {turn}"))
        assert cli.main(["update", "--folder", str(copy)]) == 0
        if turn % 2:
            laid[turn // 2].write_text(notebook(f"mine, in turn {turn}"))
            written.append(laid[turn // 2].read_text())
    assert {*written} <= {*contents(copy).values()}
    assert (copy / "00-part.new-3.ipynb").read_text() == notebook("version 4")
    assert len([*copy.glob("00-part*")]) == 4


def test_what_the_course_has_no_more_goes_aside_or_stays(course, tmp_path, capsys):
    copy = tmp_path / "mine"
    assert cli.main(["copy", str(copy)]) == 0
    (copy / NAMES[1]).write_text(notebook("mine"))
    for name in NAMES[:2]:
        (course / name).unlink()
    assert cli.main(["--folder", str(copy), "update"]) == 0
    assert not (copy / NAMES[0]).exists() and (copy / "earlier" / NAMES[0]).exists()
    assert (copy / NAMES[1]).read_text() == notebook("mine")
    assert "gone      00-part.ipynb" in capsys.readouterr().out


def test_a_copy_of_a_newer_version_is_left_alone(course, tmp_path, capsys):
    copy = tmp_path / "mine"
    assert cli.main(["copy", str(copy)]) == 0
    told = json.loads((copy / copies.RECORD).read_text())
    (copy / copies.RECORD).write_text(json.dumps({**told, "version": "99.0"}))
    second_version(course)
    before = contents(copy)
    assert cli.main(["update", "--folder", str(copy)]) == 1
    assert "is of tutor 99.0" in capsys.readouterr().err and contents(copy) == before


def test_an_update_that_fails_half_way_can_be_done_again(course, tmp_path, capsys, monkeypatch):
    copy = tmp_path / "mine"
    assert cli.main(["copy", str(copy)]) == 0
    edit(copy)
    second_version(course)
    whole, calls = copies.write_whole, []

    def full(path, content):
        calls.append(path)
        if len(calls) == 4:
            raise OSError(28, "No space left on device")
        whole(path, content)

    monkeypatch.setattr(copies, "write_whole", full)
    assert cli.main(["update", "--folder", str(copy)]) == 1
    assert "No space left" in capsys.readouterr().err
    monkeypatch.setattr(copies, "write_whole", whole)
    assert cli.main(["update", "--folder", str(copy)]) == 0
    after = contents(copy)
    assert all(after[name] == (course / name).read_text() for name in UNTOUCHED)
    assert all(after[name.replace(".", ".new.")] == (course / name).read_text() for name in EDITED)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3, "version": "1"}',
                                  '{"version": "1", "files": {"00-part.ipynb": 3}}'])
def test_a_record_that_cannot_be_read_counts_as_none(course, tmp_path, text):
    copy = tmp_path / "mine"
    assert cli.main(["copy", str(copy)]) == 0
    (copy / copies.RECORD).write_text(text)
    second_version(course)
    assert cli.main(["update", "--folder", str(copy)]) == 0
    assert (copy / NAMES[0]).read_text() == notebook("1 + 1", f"first = {NAMES[0]!r}")


def test_reset_gives_a_fresh_notebook_and_keeps_every_old_one(course, tmp_path, capsys):
    copy = tmp_path / "mine"
    assert cli.main(["copy", str(copy)]) == 0
    monkey = ["reset", "7", "--folder", str(copy)]
    assert cli.main(monkey) == 0 and "is as it came" in capsys.readouterr().out
    for text in ("mine", "mine too"):
        (copy / NAMES[7]).write_text(text)
        assert cli.main(monkey) == 0
        assert (copy / NAMES[7]).read_bytes() == (course / NAMES[7]).read_bytes()
    assert (copy / "07-part.yours.ipynb").read_text() == "mine"
    assert (copy / "07-part.yours-2.ipynb").read_text() == "mine too"
    (copy / NAMES[7]).unlink()
    assert cli.main(monkey) == 0 and (copy / NAMES[7]).exists()
    assert cli.main(["reset", "77", "--folder", str(copy)]) == 1
    assert "there is no notebook '77'" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["update"], ["reset", "07"]])
def test_without_a_copy_nothing_is_made(course, tmp_path, capsys, command):
    assert cli.main([*command, "--folder", str(tmp_path / "absent")]) == 1
    assert "there is no copy of the course in" in capsys.readouterr().err
    assert not (tmp_path / "absent").exists()
    assert cli.main([*command, "--folder", str(course)]) == 1
    assert "is the course itself" in capsys.readouterr().err


def test_the_current_folder_is_the_copy_when_it_is_one(course, tmp_path, monkeypatch, capsys):
    copy = tmp_path / "mine"
    assert cli.main(["copy", str(copy)]) == 0
    monkeypatch.chdir(copy)
    assert cli.main(["update"]) == 0
    assert f"{copy} is up to date" in capsys.readouterr().out


def test_a_pull_never_meets_what_a_learner_wrote(course, tmp_path, monkeypatch):
    """The course of a checkout is opened as a copy: the checkout stays clean."""
    checkout = course.parent

    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *who, *words], cwd=checkout, check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    own = cli.learners_folder(None)
    (own / NAMES[0]).write_text("mine")
    second_version(course)
    git("commit", "-a", "-m", "second")
    assert cli.learners_folder(None) == own and (own / NAMES[0]).read_text() == "mine"


def test_progress_is_a_map_of_the_real_course(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = {"05-1": {"solved": True}, "05-2": {"solved": "yes"}, "nowhere": {"solved": True}}
    (tmp_path / "progress.json").write_text(json.dumps({"exercises": rows}))
    assert cli.main(["progress", "--folder", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"1 of {len(EXERCISES)} exercises solved" in said
    (line,) = [line for line in said.splitlines() if line.startswith("05 ")]
    assert line.split()[-2:].count("✓") <= 1 and "✓" in line
    (tmp_path / "progress.json").write_text("{")
    assert cli.main(["progress", "--folder", str(tmp_path)]) == 1
    assert "progress.json cannot be read" in capsys.readouterr().err
    (tmp_path / "progress.json").unlink()
    assert cli.main(["progress", "--folder", str(tmp_path)]) == 0
    assert f"0 of {len(EXERCISES)}" in capsys.readouterr().out


def test_a_notebook_that_was_only_run_has_the_fingerprint_of_a_fresh_one():
    fresh = notebook("1 + 1").encode()
    assert fingerprint(notebook("1 + 1", "", outputs=RAN, x=1).encode()) == fingerprint(fresh)
    assert fingerprint(notebook("1 + 2").encode()) != fingerprint(fresh)
    assert fingerprint(b"torn {") != fingerprint(b"torn [") and fingerprint(b"[" * 10**6)


def test_the_versions_that_were_shipped_are_known():
    versions = known()
    assert {"00-start-here.ipynb", "05-grad.ipynb"} <= {*versions} and TABLE.is_file()
    assert all(len(print_) == 12 for prints in versions.values() for print_ in prints)


def test_a_doctor_finds_what_is_lacking(course, tmp_path, capsys, monkeypatch):
    assert cli.main(["doctor", "--folder", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert "✗" not in said and "All is there." in said and "no copy of the course" in said
    assert cli.main(["copy", str(tmp_path / "mine")]) == 0
    second_version(course)
    assert cli.main(["doctor", "--folder", str(tmp_path / "mine")]) == 1
    said = capsys.readouterr().out
    assert "lacks 11 newer files" in said and "Fix: tutor update" in said


def test_each_check_of_a_doctor_can_fail(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert not doctor.python().good
    assert not doctor.package("no-such-package", "1", "").good
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    (tmp_path / "kernels" / "python3").mkdir(parents=True)
    spec = {"argv": [str(tmp_path / "python"), "-m", "x"], "display_name": "x", "language": "p"}
    (tmp_path / "kernels" / "python3" / "kernel.json").write_text(json.dumps(spec))
    assert "does not find tutor" in doctor.kernel().what
    (tmp_path / "file").write_text("")
    assert not doctor.writable(tmp_path / "file" / "course").good
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(doctor, "PORT", taken.getsockname()[1])
        assert "is taken" in doctor.port().what
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", os.devnull)
    assert not doctor.layout().good and not doctor.widgets().good and not doctor.kernel().good
