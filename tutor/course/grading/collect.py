"""What a class handed in: a learner's notebooks and file of progress, found in a folder.

A learner is a folder in it, with all that lies beneath, or a notebook that lies in it directly.
Symbolic links are not followed, and nothing is opened here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from tutor.core.errors import BadValueError
from tutor.course.copies import EARLIER

LARGEST = 64 * 2**20  # bytes that a learner may hand in
MOST = 1000  # files
PROGRESS = "progress"  # begins the name of a file of progress
FOLDERS_DEEP = 8


class Submission(NamedTuple):
    """What one learner handed in; `left` says what of it is not looked at, and why."""

    learner: str
    notebooks: list[Path]
    progress: list[Path]
    data: list[Path]
    left: list[str]
    folder: Path


def collect(folder: Path) -> list[Submission]:
    """The submissions in a folder, by learner; without any a `BadValueError`."""
    if not folder.is_dir():
        raise BadValueError(f"{folder} is no folder.", fix="Name the folder that holds a folder or "
                            "a notebook of each learner.")
    found = {}
    inside = sorted(os.scandir(folder), key=lambda entry: entry.name)
    for entry in inside:
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            found[entry.name] = of_folder(entry.name, Path(entry.path))
    for entry in inside:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False) or entry.name.startswith("."):
            continue
        alone = path.suffix == ".ipynb" or _is_progress(path)
        if alone or entry.is_symlink():
            name = entry.name if path.stem in found else path.stem
            found[name] = of_files(name, path.parent, [path])
    found = {name: one for name, one in found.items()
             if one.notebooks or one.progress or one.left}
    if not found:
        raise BadValueError(f"{folder} has no notebooks in it.",
                            fix="Put a folder, or a notebook, of each learner into it.")
    return [found[name] for name in sorted(found)]


def of_folder(learner: str, folder: Path) -> Submission:
    """A learner's folder, with all that lies beneath it."""
    return of_files(learner, folder, [*islice(_beneath(folder, FOLDERS_DEEP), MOST + 1)])


def _beneath(folder: Path, deep: int) -> Iterator[Path]:
    try:
        inside = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:  # it is named among what is left out
        yield folder
        return
    for entry in inside:
        if entry.name.startswith("."):
            continue
        if deep and entry.is_dir(follow_symlinks=False):
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
        return path.name.partition("-")[0]

    kept = [path for path in one.notebooks if number(path) in asked or number(path) not in books]
    return one._replace(notebooks=kept)


def _is_progress(path: Path) -> bool:
    return path.suffix == ".json" and path.name.startswith(PROGRESS)
