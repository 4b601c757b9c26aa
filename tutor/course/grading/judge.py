"""The process that judges: answers come in as lines of JSON, verdicts go out; no notebook ran here.

    python -m tutor.course.grading.judge LEARNER NAME … < lines

The last answer that can be read counts. Where one answer takes too long, the system ends the
process; the name that came last says which, and the others are judged in a new process. What counts
is processor time: a machine that is busy costs nobody a point.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO, Any, NamedTuple

from tutor.core.errors import UNPRINTABLE, TutorError
from tutor.course.checks import judged, key_of
from tutor.course.exercises import EXERCISES, read_table
from tutor.course.grading.running import Running
from tutor.course.grading.walls import end_after, limit
from tutor.course.written import read

ALTOGETHER = 60.0  # seconds of processor for all answers of a learner
HANGING = 600.0  # seconds after which a process that judges is ended whatever it does
TRIES = 2  # of a process that says nothing: it could not be started, or was ended from outside
MEMORY = 2 * 2**30  # bytes
LONGEST = 400  # characters of a remark
MANY = 6  # remarks about cells
CELLS = range(10**6)  # the numbers that one can have
QUOTES = str.maketrans("“”„‟", '""""')


class Verdict(NamedTuple):
    """What became of an exercise: right, wrong or missing, and what is wrong."""

    grade: str
    why: str = ""


def answers(lines: bytes) -> tuple[dict[str, Any], list[str]]:
    """The last answer to each exercise, and remarks about cells; what cannot be read is passed."""
    found, remarks, passed, where = {}, [], 0, ""
    places: dict[str, str] = {}
    twice = set()
    for line in lines.split(b"\n"):
        try:
            told = json.loads(line) if line.strip() else {}
            if told.get("name") in EXERCISES and told["answer"] is not None:
                found[told["name"]] = told["answer"]
                if places.setdefault(told["name"], where) != where:
                    twice.add(told["name"])
            elif "notebook" in told:
                where = f"{said(told['notebook'])}: "
            elif "error" in told:
                if (number := int(told["cell"])) not in CELLS:
                    raise ValueError
                remarks.append(f"{where}Cell {number} raises {said(told['error'])}")
            elif "language" in told:
                remarks.append(f"{where}It is written in {said(told['language'])}, and its cells "
                               "ran as Python.")
            elif "unread" in told:
                remarks.append(f"{where}It is no notebook that can be read: {said(told['unread'])}")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError,
                ArithmeticError):
            passed += 1
    if twice:
        remarks.append(f"Answered in several notebooks: {', '.join(sorted(twice))}. The last one "
                       "by name counts.")
    if passed:
        remarks.append(f"{passed} of the lines that left it are no answers.")
    more = [f"{len(remarks) - MANY} more cells raise errors."] if len(remarks) > MANY else []
    return found, [plain(text) for text in [*remarks[:MANY], *more]]


def said(words: Any) -> str:
    """What a notebook said, in quotes that it cannot close."""
    return f"“{plain(str(words).translate(QUOTES))}”"


def plain(text: str, longest: int = LONGEST) -> str:
    """A text of one line, no longer than a remark may be, in characters that can be printed."""
    text = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[:longest] + "…"


def verdict(name: str, answer: Any, learner: str) -> Verdict:
    """The verdict on an answer as it was written, to what this learner is asked."""
    exercise = read_table(learner)[name]
    key = key_of(exercise)
    if key is None:
        return Verdict("missing", "This installation has no key.")
    try:
        wrong = judged(key, read(answer))
    except TutorError as problem:
        wrong = problem.what
    asked = f" Asked was: {exercise.question}" if learner and exercise.numbers else ""
    return Verdict("right") if wrong is None else Verdict("wrong", plain(wrong + asked))


Judged = tuple[dict[str, Verdict], list[str]]


def judge(lines: bytes, names: Sequence[str], seconds: float, running: Running, learner: str = ""
          ) -> Judged:
    """The verdicts on these exercises, and remarks; each answer has so many seconds. A learner that
    is named is asked with numbers of their own."""
    found: dict[str, Verdict] = {}
    remarks: list[str] = []
    left, spent, silent = [*names], 0.0, 0
    while left and spent < ALTOGETHER and silent < TRIES:
        told = _asked(lines, [learner, str(seconds), *left], ALTOGETHER - spent, running)
        spent += told.spent
        remarks = told.remarks or remarks
        found.update(told.verdicts)
        if told.stuck:
            spent += seconds
            found[told.stuck] = Verdict("wrong", "Judging it took too long, or too much memory.")
        silent = 0 if told.stuck or told.verdicts else silent + 1
        left = [name for name in left if name not in found]
    if silent == TRIES and not found:
        remarks = ["Its answers were not judged: the process that judges them ended by itself. "
                   "Grade it again."]
    late = Verdict("wrong", "It was not judged: those before it took too long.")
    return {name: found.get(name, late if found else Verdict("missing")) for name in names}, remarks


class Asked(NamedTuple):
    """What one process had to say: verdicts, remarks, the name it was ended at, seconds of
    processor."""

    verdicts: dict[str, Verdict]
    remarks: list[str]
    stuck: str
    spent: float


def _asked(lines: bytes, words: Sequence[str], seconds: float, running: Running) -> Asked:
    """Ask one process for the verdicts, until it is done, or has taken so many seconds."""
    verdicts: dict[str, Verdict] = {}
    remarks, stuck, spent = [], "", 0.0
    # -P: what lies in the current folder, which may be the class's, is not imported.
    command = [sys.executable, "-P", "-m", "tutor.course.grading.judge", *words]
    with tempfile.TemporaryFile() as file:
        file.write(lines)
        file.seek(0)
        with running.process(command, HANGING, stdin=file, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            for told in _told(process.stdout):
                if "remarks" in told:
                    remarks = told["remarks"]
                elif "begun" in told:
                    stuck, spent = told["begun"], told["spent"]
                    if spent > seconds:
                        stuck = ""
                        break
                else:
                    stuck = ""
                    verdicts[told["name"]] = Verdict(told["grade"], told["why"])
    return Asked(verdicts, remarks, stuck, spent)


def _told(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """What is said in whole lines: the last one is torn where the process was ended."""
    for line in stream:
        with suppress(ValueError):
            yield json.loads(line)


def main(learner: str, seconds: float, names: Sequence[str], lines: bytes, out: IO[str]) -> None:
    """Judge the answers to these exercises, and write what becomes of each at once; whoever takes
    more seconds of processor for one is ended."""
    def tell(**told: Any) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    found, remarks = answers(lines)
    tell(remarks=remarks)
    for name in names:
        if name not in found:
            tell(name=name, grade="missing", why="")
    begun = time.process_time()
    for name in (name for name in names if name in found):
        tell(begun=name, spent=time.process_time() - begun)
        end_after(seconds)
        grade, why = verdict(name, found[name], learner)
        end_after(0)
        tell(name=name, grade=grade, why=why)


if __name__ == "__main__":
    limit(int(ALTOGETHER) + 30, MEMORY, 2**20)
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:], sys.stdin.buffer.read(), sys.stdout)
