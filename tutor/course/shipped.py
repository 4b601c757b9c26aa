"""What the course has shipped: fingerprints of every version of each notebook, and of a text.

    python -m tutor.course.shipped          # in a checkout: adds those of its history, and of today

Outputs, numbers of runs and metadata are no part of a fingerprint, nor are empty cells: who only
ran a notebook did not edit it. `data/shipped.json` holds them, so that copies made by any version
are known.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

TABLE = Path(str(files("tutor.course") / "data/shipped.json"))
LENGTH = 12  # hexadecimal digits


def fingerprint(content: bytes) -> str:
    """The fingerprint of a file: of a notebook the sources of its cells, else all of it.

    >>> ran, fresh = ({"cells": [{"cell_type": "code", "source": ["1 + 1"], "outputs": outputs}]}
    ...               for outputs in (["2"], []))
    >>> fingerprint(json.dumps(ran).encode()) == fingerprint(json.dumps(fresh).encode())
    True
    """
    try:
        told = [[cell["cell_type"], "".join(cell["source"]), cell.get("attachments", {})]
                for cell in json.loads(content)["cells"] if "".join(cell["source"]).strip()]
        content = json.dumps(told, sort_keys=True).encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass  # no notebook
    return digest(content)


def digest(content: bytes) -> str:
    """The first digits of the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()[:LENGTH]


def known() -> dict[str, list[str]]:
    """The fingerprints of what was shipped, by the names of files in the course."""
    found: dict[str, list[str]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def of_history(checkout: Path) -> Iterator[tuple[str, bytes]]:
    """Each notebook that a checkout has had, by its name in the course."""
    def git(*words: str) -> bytes:
        return subprocess.run(["git", *words], cwd=checkout, capture_output=True, check=True).stdout

    seen: set[str] = set()
    for commit in git("log", "--format=%h", "--", "notebooks").decode().split():
        for line in git("ls-tree", "-rz", commit, "notebooks").decode().split("\0"):
            about, _, path = line.partition("\t")
            if path.endswith(".ipynb") and line not in seen:
                seen.add(line)
                yield path.removeprefix("notebooks/"), git("cat-file", "blob", about.split()[2])


def main() -> int:
    """Add to the table what it lacks, and return the exit status."""
    checkout = Path(__file__).resolve().parents[2]
    table: dict[str, Any] = {name: {*found} for name, found in known().items()}
    for name, content in of_history(checkout):
        table.setdefault(name, set()).add(fingerprint(content))
    for path in (checkout / "notebooks").rglob("*.ipynb"):
        name = path.relative_to(checkout / "notebooks").as_posix()
        if not any(part.startswith(".") for part in Path(name).parts):
            table.setdefault(name, set()).add(fingerprint(path.read_bytes()))
    told = {name: sorted(table[name]) for name in sorted(table)}
    text = json.dumps(told, indent=1).replace('",\n  "', '", "')
    TABLE.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    print(f"{sum(map(len, told.values()))} versions of {len(told)} notebooks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
