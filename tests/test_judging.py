"""Judging: what a learner's answers are told, and what becomes of processes that do not do it."""

import io
import json
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from tutor.course.grading import asking, judge
from tutor.course.grading.asking import Judges
from tutor.course.grading.running import Running

ONE_TENTH = (b'{"name": "08-1", "answer": {"value": {"dtype": "float64", "shape": [], '
             b'"numbers": [0.1]}}}')


def judged(*asked):
    """What one process that judges says."""
    with Judges(Running()) as judges:
        return judges.judge(*asked)


def test_the_last_answer_that_can_be_read_counts():
    first, last = ({"value": {"dtype": "float64", "shape": [], "numbers": [n]}} for n in (0.1, 7))
    lines = [{"name": "08-1", "answer": last}, {"name": "08-1", "answer": first}, {"name": "0-0"},
             {"notebook": "a.ipynb"}, {"cell": 2, "error": "E"}, {"language": "R"},
             {"name": "08-1", "answer": first}]
    text = b"\n".join(json.dumps(line).encode() for line in lines) + b"\nnull\n[" + b"[" * 10**6
    verdicts, remarks = judged(text, ["08-1", "08-2"], 10)
    assert (verdicts["08-1"].grade, verdicts["08-2"].grade) == ("right", "missing")
    assert remarks == ["“a.ipynb”: Cell 2 raises “E”",
                       "“a.ipynb”: It is written in “R”, and its cells ran as Python.",
                       "Answered in several notebooks: 08-1. The last one by name counts.",
                       "2 of the lines that left it are no answers."]


@pytest.mark.parametrize("judging", ["false", "printf '{\"name\": \"08-1\", \"gra'", "sleep 60"])
def test_answers_that_nobody_could_judge_are_not_called_wrong(judging, monkeypatch, tmp_path):
    in_place_of_python(monkeypatch, tmp_path, judging)
    monkeypatch.setattr(asking, "HANGING", 0.2)
    verdicts, remarks = judged(ONE_TENTH, ["08-1", "08-2"], 10)
    assert [one.grade for one in verdicts.values()] == ["missing"] * 2
    assert len(remarks) == 1 and "Grade it again" in remarks[0]


JUDGES_ONE = """#!{}
import json, sys
for turn in range(2):
    told = json.loads(sys.stdin.buffer.readline())
    sys.stdin.buffer.read(told["size"])
    for name in told["names"]:
        print(json.dumps({{"begun": name, "spent": 0}}), flush=True)
        if turn:
            sys.exit()
        print(json.dumps({{"name": name, "grade": "right", "why": ""}}), flush=True)
    print(json.dumps({{"spent": 0}}), flush=True)
"""


def test_who_is_judged_after_others_does_not_pay_for_them(monkeypatch, tmp_path):
    (tmp_path / "python").write_text(JUDGES_ONE.format(sys.executable))
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with Judges(Running()) as judges:
        for _ in range(3):
            verdicts, _ = judges.judge(ONE_TENTH, ["08-1", "08-2"], 10)
            assert [one.grade for one in verdicts.values()] == ["right"] * 2


def test_who_took_much_memory_judges_nobody_else(monkeypatch):
    asked = {"learner": "", "seconds": 9, "names": ["08-1"], "size": len(ONE_TENTH)}
    requests = (json.dumps(asked).encode() + b"\n" + ONE_TENTH) * 2
    for much, answered in ((0, 2), (10**10, 1)):
        monkeypatch.setattr(judge, "most_memory", iter((0, much, much)).__next__)
        judge.main(io.BytesIO(requests), out := io.StringIO())
        assert out.getvalue().count('"right"') == answered


def test_who_interrupts_judging_waits_for_nothing(monkeypatch, tmp_path):
    in_place_of_python(monkeypatch, tmp_path, "sleep 60")
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    threads, begun = threading.active_count(), time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            judged(ONE_TENTH, ["08-1"], 10)
    finally:
        signal.signal(signal.SIGALRM, before)
    while threading.active_count() > threads:
        assert time.monotonic() - begun < 5


def in_place_of_python(monkeypatch, folder: Path, command: str) -> None:
    """Let processes that judge be this command of the shell."""
    (folder / "python").write_text(f"#!/bin/sh\nexec {command}\n")
    (folder / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))


def test_a_line_with_an_infinite_number_is_no_answer():
    value = {"dtype": "float64", "shape": [], "numbers": [7]}
    first = json.dumps({"name": "08-1", "answer": {"value": value}}).encode()
    text = first + b'\n{"error": "boo", "cell": Infinity}\n'
    verdicts, remarks = judged(text, ["08-1"], 10)
    assert verdicts["08-1"].grade != "missing" and len(remarks) == 1
