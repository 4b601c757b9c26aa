"""Editions in other languages: the markdown is translated, every code cell is the English one.

    python -m tutor.course.editions                          # which passages are out of date
    python -m tutor.course.editions --store                  # take the code and outputs anew
    python -m tutor.course.editions --translated de CELL …   # these passages are up to date now

In a folder of two letters beside the notebooks. A translated cell keeps the fingerprint of what it
translates. `python -m tutor.course.store` writes what it stores into the translations as well.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

COURSE = [Path(__file__).resolve().parents[up] / "notebooks" for up in (2, 1)]  # checkout, wheel
KEPT = "translates"  # the name of the fingerprint in a cell's metadata


def fingerprint(source: str) -> str:
    """A short hash of a passage, the same however its lines are broken.

    >>> fingerprint("one two") == fingerprint("one\\ntwo") != fingerprint("one, two")
    True
    """
    return hashlib.sha256(" ".join(source.split()).encode()).hexdigest()[:16]


def translations(path: Path) -> list[Path]:
    """The notebooks that translate this one."""
    return sorted(path.parent.glob(f"[a-z][a-z]/{path.name}"))


def out_of_date(english: NotebookNode, translated: NotebookNode) -> list[str]:
    """Name each cell of a translation that is missing, changed, left over, or out of order."""
    there = {cell.id: cell for cell in translated.cells}
    told = []
    for cell in english.cells:
        if (found := there.pop(cell.id, None)) is None:
            told.append(f"{cell.id}: missing")
        elif cell.cell_type == "code" or found.cell_type == "code":
            if found != cell:
                told.append(f"{cell.id}: a code cell that differs from the English one")
        elif found.source == cell.source or KEPT not in found.metadata:
            told.append(f"{cell.id}: not translated")
        elif found.metadata[KEPT] != fingerprint(cell.source):
            told.append(f"{cell.id}: the English passage has changed")
    told += [f"{name}: left over, the English notebook has no such cell" for name in there]
    if not told and [c.id for c in translated.cells] != [c.id for c in english.cells]:
        told.append(f"{english.cells[0].id}: the cells stand in another order")
    return told


def in_step(english: NotebookNode, translated: NotebookNode) -> NotebookNode:
    """The translation with the cells of the English notebook: its code, and a passage not yet
    translated, as they are there. Cells left over are dropped."""
    there = {cell.id: cell for cell in translated.cells}
    both = ((cell, there.get(cell.id, cell)) for cell in english.cells)
    cells = [cell if "code" in (cell.cell_type, own.cell_type) else own for cell, own in both]
    joined: Any = NotebookNode
    return joined({**english, "cells": cells})


def mark(english: NotebookNode, translated: NotebookNode, names: Sequence[str]) -> set[str]:
    """Note that these cells translate what stands in English now, and return those found."""
    sources = {c.id: c.source for c in english.cells if c.id in names}
    for cell in translated.cells:
        if cell.id in sources:
            cell.metadata[KEPT] = fingerprint(sources[cell.id])
    return set(sources)


def read(path: Path) -> NotebookNode:
    """A notebook from its file."""
    load: Any = nbformat.read
    return load(path, as_version=4)


def text_of(notebook: NotebookNode) -> str:
    """The text of a notebook's file, in the form in which outputs are stored."""
    dump: Any = nbformat.writes
    return f"{dump(notebook)}\n"


def write(notebook: NotebookNode, path: Path) -> None:
    """A notebook into its file."""
    path.write_text(text_of(notebook), encoding="utf-8", newline="\n")


def pairs(language: str = "") -> Iterator[tuple[Path, Path]]:
    """The English notebooks of this installation, each with a translation of it."""
    for folder in COURSE:
        for path in sorted(folder.glob("*.ipynb")):
            yield from ((path, t) for t in translations(path) if language in ("", t.parent.name))


def main(argv: Sequence[str] | None = None) -> int:
    """Name the passages that are out of date; the exit status is 1 where there are any."""
    parser = argparse.ArgumentParser(prog="python -m tutor.course.editions", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", action="store_true", help="take code and outputs")
    parser.add_argument("--translated", nargs="+", default=[""], metavar=("LANGUAGE", "CELL"))
    args = parser.parse_args(argv)
    language, *names = args.translated
    found: set[str] = set()
    told = []
    for path, translation in pairs(language):
        english, translated = read(path), read(translation)
        if args.store:
            translated = in_step(english, translated)
        if (marked := mark(english, translated, names)) or args.store:
            write(translated, translation)
            found |= marked
        place = f"{translation.parent.name}/{translation.name}"
        told += [f"{place} {line}" for line in out_of_date(english, translated)]
    told += [f"no cell {name} in {language}/" for name in names if name not in found]
    print("\n".join(told) or "Every passage is up to date.")
    return bool(told)


if __name__ == "__main__":
    sys.exit(main())
