"""A learner's copy of the course: what was shipped with it, and how a new version comes into it.

A file that is as it was shipped is replaced; one that was edited stays, and the new one is laid
beside it. A notebook that was only run is not edited. `.tutor-course.json` in the copy records what
was shipped; for copies without it `shipped` knows the versions there have been. Nothing that a
learner wrote is ever written over.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tutor.core.errors import BadValueError
from tutor.course import record
from tutor.course.shipped import digest, fingerprint, known
from tutor.names import installing
from tutor.pictures.atomic import write_whole

RECORD = ".tutor-course.json"
EARLIER = "earlier"  # the folder for what was run, or is in the course no more


class Change(NamedTuple):
    """What is new about one file: its name, what happens to it, and the name of what lies beside.

    `kind` is `new`, `replaced`, `ran` (replaced, and kept as it was run), `kept` (edited: the new
    one is laid beside), `gone` or `left` (the course has it no more; untouched, or edited).
    """

    name: str
    kind: str
    beside: str = ""


class Shipped:
    """What a copy records: by name the fingerprint and digest of what was shipped, and what was
    laid beside it."""

    def __init__(self, copy: Path) -> None:
        self.path = copy / RECORD
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            self.version = str(told["version"])
            self.files: dict[str, dict[str, str]] = {
                str(name): dict(row) for name, row in told["files"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            self.version, self.files = "", {}

    def note(self, name: str, content: bytes) -> None:
        """Record that this is what was shipped."""
        self.files[name] = {"source": fingerprint(content), "bytes": digest(content)}

    def save(self, version: str) -> None:
        """Write the record, as of this version."""
        told: dict[str, Any] = {"format": 1, "version": version,
                                "files": dict(sorted(self.files.items()))}
        write_whole(self.path, (json.dumps(told, indent=1) + "\n").encode())


@contextmanager
def writing(failure: str, fix: str) -> Iterator[None]:
    """Let an error of the system in the block be one that says what has failed, and how to go on.
    """
    try:
        yield
    except OSError as problem:
        raise BadValueError(f"{failure}: {problem.strerror}.", fix=fix) from None


def course_files(course: Path) -> Iterator[str]:
    """The names of the files of a course; what is hidden, or a learner's progress, is none."""
    for path in sorted(course.rglob("*")):
        name = path.relative_to(course)
        hidden = any(part.startswith((".", "__")) for part in name.parts)
        if path.is_file() and not hidden and name.name != record.FILE:
            yield name.as_posix()


def remember(course: Path, copy: Path, version: str) -> None:
    """Record what in a copy is as the course has it; where that cannot be written, nothing."""
    shipped = Shipped(copy)
    before = dict(shipped.files)
    for name in course_files(course):
        content = (course / name).read_bytes()
        if (copy / name).is_file() and (copy / name).read_bytes() == content:
            shipped.note(name, content)
    if shipped.files != before:
        shipped.save(shipped.version or version)


def changes(course: Path, copy: Path) -> Iterator[Change]:
    """What an update would do to a copy, file by file; what stays as it is, is left out."""
    shipped, versions, here = Shipped(copy), known(), [*course_files(course)]
    for name in here:
        kind = change(name, course, copy, shipped, versions)
        if kind is not None:
            yield Change(name, kind)
    for name in sorted({*shipped.files, *versions} - {*here}):
        if (copy / name).is_file():
            print_ = fingerprint((copy / name).read_bytes())
            row = shipped.files.get(name, {})
            untouched = print_ in {row.get("source"), *versions.get(name, ())}
            yield Change(name, "gone" if untouched else "left")


def change(name: str, course: Path, copy: Path, shipped: Shipped, versions: dict[str, list[str]]
           ) -> str | None:
    """What an update does to one file of the course, or None."""
    there, new = copy / name, (course / name).read_bytes()
    if not there.exists():
        return "new"
    old, row = there.read_bytes(), shipped.files.get(name, {})
    if old == new:
        return None
    if digest(old) == row.get("bytes"):
        return "replaced"
    before, after = fingerprint(old), fingerprint(new)
    if before == after:
        return None  # it was run, or was saved by another program
    if before in {row.get("source"), *versions.get(name, ())}:
        return "ran"
    return None if after in (row.get("source"), row.get("laid")) else "kept"


def update(course: Path, copy: Path, version: str) -> list[Change]:
    """Bring a copy to this version, and return what was done to its files."""
    shipped = Shipped(copy)
    if numbers(shipped.version) > numbers(version):
        raise BadValueError(f"{copy} is of tutor {shipped.version}, and this is {version}.",
                            fix=f"Bring tutor up to date first: {installing('lab')}")
    done = []
    for one in [*changes(course, copy)]:
        done.append(applied(one, course, copy, shipped))
    for name in course_files(course):
        content = (course / name).read_bytes()
        if (copy / name).read_bytes() == content:
            shipped.note(name, content)
    shipped.save(version)
    return done


def applied(one: Change, course: Path, copy: Path, shipped: Shipped) -> Change:
    """Do what a change says, and return it with the name of what now lies beside."""
    there = copy / one.name
    if one.kind == "left":
        return one
    if one.kind in ("ran", "gone"):
        (copy / EARLIER).mkdir(exist_ok=True)
        aside = free(copy / EARLIER / there.name)
        os.replace(there, aside)
        one = one._replace(beside=aside.relative_to(copy).as_posix())
    if one.kind == "gone":
        shipped.files.pop(one.name, None)
        return one
    new = (course / one.name).read_bytes()
    if one.kind == "kept":
        row = shipped.files.setdefault(one.name, {})
        laid = free(there.with_name(f"{there.stem}.new{there.suffix}"), row.get("laid"))
        row["laid"] = fingerprint(new)
        write_whole(laid, new)
        return one._replace(beside=laid.relative_to(copy).as_posix())
    there.parent.mkdir(parents=True, exist_ok=True)
    write_whole(there, new)
    return one


def reset(course: Path, copy: Path, name: str, version: str) -> str | None:
    """Put a fresh notebook into a copy, and return the name under which the old one is kept: empty
    where there was none, None where it was as it came."""
    there, new = copy / name, (course / name).read_bytes()
    aside = None
    if there.exists():
        if there.read_bytes() == new:
            return None
        aside = free(there.with_name(f"{there.stem}.yours{there.suffix}"))
        os.replace(there, aside)
    there.parent.mkdir(parents=True, exist_ok=True)
    write_whole(there, new)
    shipped = Shipped(copy)
    shipped.note(name, new)
    shipped.save(shipped.version or version)
    return aside.relative_to(copy).as_posix() if aside else ""


def chosen(course: Path, words: Sequence[str]) -> list[str]:
    """The notebooks of a course that are meant by numbers or names."""
    books = [name for name in course_files(course) if name.endswith(".ipynb")]
    found = []
    for word in words:
        names = [name for name in books if word in (
            name, name.removesuffix(".ipynb")) or name.split("-")[0] in (word, word.zfill(2))]
        if not names:
            numbers_ = ", ".join(name.split("-")[0] for name in books if "/" not in name)
            raise BadValueError(f"there is no notebook {word!r}.", fix=f"Choose of {numbers_}.")
        found += names
    return [*dict.fromkeys(found)]


def free(path: Path, laid: str | None = None) -> Path:
    """The path, with a number where there is such a file already, unless it has this fingerprint:
    that was laid there, and nobody works in it."""
    found, count = path, 1
    while found.exists() and (laid is None or fingerprint(found.read_bytes()) != laid):
        count += 1
        found = path.with_name(f"{path.stem}-{count}{path.suffix}")
    return found


def numbers(version: str) -> list[int]:
    """The numbers of a version, to compare: of `0.10.1` they are 0, 10, 1."""
    return [*map(int, re.findall(r"\d+", version))]
