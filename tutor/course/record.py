"""What a learner has done, in one small file beside the notebooks, which all of them share.

`progress.json` holds, by exercise, how often it was tried, how many hints were given, whether it is
solved, and the last answer. It is read and written as a whole at each step, so that notebooks that
are open at the same time agree; it is sent nowhere, and copying it back restores it. Translations,
in a folder below, share it. Where no notebook lies in the current folder, nothing is written.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, TextIO

from tutor.frames import ipython_shell

FILE, BROKEN = "progress.json", "progress-that-cannot-be-read.json"
FORMAT = 2
#: Notebooks that have had other numbers, by the format of the files of that time.
NUMBERS = {1: {"14": "16", "15": "18", "16": "20"}}
_here: dict[str, dict[str, Any]] = {}  # of this process, where no file is kept
_judged: Counter[str] = Counter()  # answers of this process that came to be judged
_learner = [""]
NOBODY = "nobody"
OPEN = "answer = None"  # in a cell that is not filled in
_sent: list[TextIO] = []  # where answers go besides
EMPTY = {"tries": 0, "hints": 0, "solved": False, "answer": None}


def place() -> Path | None:
    """The file, if notebooks lie in the current folder; for translations, beside the originals."""
    folder = Path.cwd()
    notebooks = [path.name for path in folder.glob("*.ipynb")]
    if any((folder.parent / name).is_file() for name in notebooks):
        folder = folder.parent
    return folder / FILE if notebooks else None


def rows() -> dict[str, dict[str, Any]]:
    """What is recorded, by the names of exercises. A file that cannot be read is kept aside, and it
    is said once: whoever broke it may want to mend it."""
    path = place()
    if path is None:
        return _here
    found = readable(path)
    if found is None:
        os.replace(path, path.with_name(BROKEN))
        print(f"{FILE} cannot be read: it is kept as {BROKEN}, and progress begins anew. "
              "To go on where you were, put a copy of yours in its place.")
    return found or {}


def readable(path: Path) -> dict[str, dict[str, Any]] | None:
    """What a file records; None where it is there and no such file."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        numbers = NUMBERS.get(told.get("format"), {})
        return {_called(str(name), numbers): {**EMPTY, **row}
                for name, row in told["exercises"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _called(name: str, numbers: dict[str, str]) -> str:
    """The name that an exercise has now."""
    notebook, dash, number = name.partition("-")
    return f"{numbers.get(notebook, notebook)}{dash}{number}"


def row(name: str) -> dict[str, Any]:
    """What is recorded of an exercise."""
    return {**EMPTY, **rows().get(name, {})}


def note(name: str, **changes: Any) -> None:
    """Record changes of an exercise."""
    _judged[name] += "tries" in changes
    if "answer" in changes:
        send(name, changes["answer"])
    path, kept = place(), rows()
    kept[name] = {**EMPTY, **kept.get(name, {}), **changes}
    if path is not None:
        draft = path.with_suffix(f".{os.getpid()}")
        told = {"format": FORMAT, "exercises": dict(sorted(kept.items()))}
        draft.write_text(json.dumps(told, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        os.replace(draft, path)


def tries(name: str) -> int:
    """How often an exercise was tried: what was recorded, and cells of this notebook that raised an
    error before their answer came to be judged."""
    shell, asks = ipython_shell(), re.compile(rf"\bcheck\(\s*[\"']{re.escape(name)}[\"']")
    ran = [] if shell is None else shell.history_manager.input_hist_raw
    filled = [cell for cell in ran if OPEN not in cell and asks.search(cell)]
    return int(row(name)["tries"]) + max(0, len(filled) - _judged[name])


def send_to(stream: TextIO) -> None:
    """Send each answer to a stream as well, as a line of JSON, as soon as it is checked."""
    _sent.append(stream)


def send(name: str, answer: Any) -> bool:
    """Send an answer where answers are collected, and say whether they are."""
    for stream in _sent:
        stream.write(json.dumps({"name": name, "answer": answer}) + "\n")
        stream.flush()
    return bool(_sent)


def call(name: str) -> str:
    """Take this for the learner's name from now on, in this process; return it, or nothing."""
    _learner[0] = "" if name == NOBODY else name
    return _learner[0]


def learner() -> str:
    """Who learns here; nothing where nobody said."""
    return _learner[0]


def account() -> str:
    """The name by which nbgrader, whose folders bear it, or JupyterHub know a learner."""
    parts = Path.cwd().parts
    graded = len(parts) > 3 and parts[-3] in ("autograded", "submitted")
    return parts[-2] if graded else os.environ.get("JUPYTERHUB_USER", NOBODY)


def forget() -> None:
    """Start over in this process; a file stays."""
    _here.clear()
    _judged.clear()
