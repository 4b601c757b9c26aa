"""What a class handed in: a learner's notebooks and file of progress, found in a folder.

A learner is a folder in it, with all that lies beneath, or a notebook that lies in it directly; of
what Moodle gives, all that has the same name and number. Symbolic links are not followed, and
nothing is opened here.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from tutor.core.errors import BadValueError
from tutor.course.copies import EARLIER
from tutor.course.grading.names import told_apart

LARGEST = 64 * 2**20  # bytes that a learner may hand in
MOST = 1000  # files
MANY = 3  # of them are named where no notebook is among them
PROGRESS = "progress"  # begins the name of a file of progress
FOLDERS_DEEP = 8
MOODLE = re.compile(r"(.+_\d+)_assignsubmission_[a-z]+_?")
OURS = {"grades.csv", "grades.html"}  # who holds them is no learner, but where marks went


class Submission(NamedTuple):
    """What one learner handed in; `left` says what of it is not looked at, and why. `shown` is the
    learner's name as no other of the class looks."""

    learner: str
    notebooks: list[Path]
    progress: list[Path]
    data: list[Path]
    left: list[str]
    folder: Path
    shown: str = ""


def collect(folder: Path) -> list[Submission]:
    """The submissions in a folder, by learner; without any a `BadValueError`."""
    if not folder.is_dir():
        raise BadValueError(f"{folder} is no folder.", fix="Name the folder that holds a folder or "
                            "a notebook of each learner, or a zip file of it.")
    found = handed_in(folder)
    if not any(one.notebooks or one.progress or one.left for one in found.values()):
        raise BadValueError(f"{folder} has no notebooks in it.",
                            fix="Put a folder, or a notebook, of each learner into it.")
    names = told_apart(found)
    return sorted((explained(one)._replace(shown=names[key]) for key, one in found.items()),
                  key=lambda one: one.shown)


def handed_in(folder: Path) -> dict[str, Submission]:
    """What lies in the folder of a class, by names of which no two are alike."""
    found: dict[str, Submission] = {}
    moodle: dict[str, list[Path]] = {}
    entries = [entry for entry in os.scandir(folder) if not entry.name.startswith((".", "__"))]
    for entry in sorted(entries, key=lambda entry: (not _is_folder(entry), entry.name)):
        path = Path(entry.path)
        files = [*islice(_beneath(path, FOLDERS_DEEP), MOST + 1)] if _is_folder(entry) else [path]
        if whose := MOODLE.match(entry.name):
            moodle.setdefault(whose[1], []).extend(files)
        elif _is_folder(entry):
            one = of_files(entry.name, path, files)
            if one.notebooks or not {file.name for file in files} >= OURS:
                found[entry.name] = one
        elif path.suffix == ".ipynb" or _is_progress(path) or entry.is_symlink():
            name = entry.name if path.stem in found else path.stem
            found[name] = of_files(name, folder, files)
    for name, files in moodle.items():
        found[name] = of_files(name.rpartition("_")[0], folder, files[:MOST + 1])
    return found


def explained(one: Submission) -> Submission:
    """A submission; where it has no notebook, with a word on what it has."""
    if one.notebooks or one.progress or one.left:
        return one
    told = listed(one.data) if one.data else "its folder is empty"
    return one._replace(left=[f"No notebook was handed in: {told}."])


def listed(paths: Sequence[Path]) -> str:
    """The names of files, of many the first."""
    return ", ".join([*(path.name for path in paths[:MANY]), *"…"[:len(paths) > MANY]])


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _beneath(folder: Path, deep: int) -> Iterator[Path]:
    try:
        # "05 (1).ipynb", which a browser calls a second one, comes after "05.ipynb".
        inside = sorted(os.scandir(folder), key=lambda entry: os.path.splitext(entry.name))
    except OSError:  # it is named among what is left out
        yield folder
        return
    for entry in inside:
        if entry.name.startswith("."):
            continue
        if deep and _is_folder(entry):
            yield from _beneath(Path(entry.path), deep - 1)
        else:
            yield Path(entry.path)


def of_files(learner: str, folder: Path, files: list[Path]) -> Submission:
    """A learner's files by what they are; those that cannot be taken are named, with the reason."""
    found = Submission(learner, [], [], [], [], folder)
    size = 0
    if len(files) > MOST:
        found.left.append(f"There are more than {MOST} files: those after {files[MOST - 1].name!r} "
                          "are left out.")
    for path in files[:MOST]:
        name, told = path.relative_to(folder), path.lstat()
        size += told.st_size
        if stat.S_ISLNK(told.st_mode):
            found.left.append(f"{name} is a link, and links are not followed.")
        elif not stat.S_ISREG(told.st_mode):
            found.left.append(f"{name} is no file, or a folder that is closed or lies too deep.")
        elif size > LARGEST:
            found.left.append(f"{name} is left out: with it there are more than "
                              f"{LARGEST >> 20} MB.")
            size -= told.st_size
        elif laid_aside(name):
            found.left.append(f"{name} was laid aside by `tutor update` or `tutor reset`: it is "
                              "not graded.")
        elif path.suffix == ".ipynb":
            found.notebooks.append(path)
        else:
            (found.progress if _is_progress(path) else found.data).append(path)
    return found


def laid_aside(path: Path) -> bool:
    """Whether a notebook is one that `tutor update` or `tutor reset` put beside another.

    >>> laid_aside(Path("05-grad.yours.ipynb")), laid_aside(Path("earlier/05-grad.ipynb"))
    (True, True)
    """
    aside = path.parts[0] == EARLIER or path.name.endswith((".yours.ipynb", ".new.ipynb"))
    return aside and path.suffix == ".ipynb"


def meant(one: Submission, books: Collection[str], asked: Collection[str]) -> Submission:
    """A submission without the notebooks of the course that nothing is asked of, by their numbers.
    """
    def number(path: Path) -> str:
        return MOODLE.sub("", path.name).partition("-")[0]

    kept = [path for path in one.notebooks if number(path) in asked or number(path) not in books]
    if one.notebooks and not kept:
        one.left.append(f"Nothing is asked of {listed(one.notebooks)}.")
    return one._replace(notebooks=kept)


def _is_progress(path: Path) -> bool:
    return path.suffix == ".json" and path.name.startswith(PROGRESS)
