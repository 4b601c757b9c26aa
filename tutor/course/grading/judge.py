"""The process that judges: answers come in as lines of JSON, verdicts go out; no notebook ran here.

    python -m tutor.course.grading.judge < requests

The last answer that can be read counts. An answer has seconds of processor, so that a machine that
is busy costs nobody a point: the system ends the process of one that takes more.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import IO, Any, NamedTuple

from tutor.core.errors import UNPRINTABLE, TutorError
from tutor.course.checks import judged, key_of
from tutor.course.exercises import EXERCISES, read_table
from tutor.course.grading.walls import end_after, limit, most_memory
from tutor.course.written import read

ALTOGETHER = 60.0  # seconds of processor for all answers of a learner
LONG = 10**6  # seconds that a process may judge many learners
MEMORY = 2 * 2**30  # bytes
MUCH = MEMORY // 4
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


def main(asked: IO[bytes], out: IO[str]) -> None:
    """Judge what is asked, one learner after the other: a line of JSON says whose answers, to which
    exercises, and how many bytes of them follow. Who took much memory judges nobody else."""
    much = max(MUCH, most_memory())  # which may be that of who started this process
    while line := asked.readline():
        told = json.loads(line)
        one(told["learner"], told["seconds"], told["names"], asked.read(told["size"]), out)
        if most_memory() > much:
            break


def one(learner: str, seconds: float, names: Sequence[str], lines: bytes, out: IO[str]) -> None:
    """Judge the answers to these exercises, and write what becomes of each at once; whoever takes
    more seconds of processor for one is ended."""
    def tell(**told: Any) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    begun = time.process_time()
    end_after(ALTOGETHER)
    found, remarks = answers(lines)
    tell(remarks=remarks)
    for name in names:
        if name not in found:
            tell(name=name, grade="missing", why="")
    for name in (name for name in names if name in found):
        tell(begun=name, spent=time.process_time() - begun)
        end_after(seconds)
        grade, why = verdict(name, found[name], learner)
        tell(name=name, grade=grade, why=why)
    end_after(0)
    tell(spent=time.process_time() - begun)


if __name__ == "__main__":
    limit(LONG, MEMORY, 2**20)
    main(sys.stdin.buffer, sys.stdout)
