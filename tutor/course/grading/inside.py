"""The process in which a notebook runs: walls first, then its cells; answers leave it as they come.

It is started by `sandbox`, on a copy of the package without the key. A line of JSON goes out for
each cell that begins, each answer that `check` is given, and each cell that fails; the rest of what
cells show is not looked at. A cell that fails does not stop those after it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TextIO

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tutor.course import record

LONGEST = 300  # characters of an error


class QuietHook(DisplayHook):
    """Keeps the value of a cell as `_`, and draws nothing."""

    def __call__(self, result: Any = None) -> None:
        keep: Any = self.update_user_ns
        if result is not None:
            keep(result)


class QuietShell(InteractiveShell):
    """IPython, of which nothing is shown."""

    displayhook_class = QuietHook
    display_pub_class = CapturingDisplayPublisher


def read(path: str) -> dict[str, Any]:
    """What a notebook holds; a `ValueError` that says why it is none."""
    with open(path, "rb") as file:
        content = file.read()
    if not content.strip():
        raise ValueError("it is empty")
    found = json.loads(content)
    if "worksheets" in found:
        raise ValueError("its format is that of before 2015; JupyterLab saves it in the new one")
    if "cells" not in found:
        raise ValueError("it has no cells")
    return found


def cells(found: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """The code cells that are not empty, as they are counted when they run, and whether one is
    meant to fail."""
    for cell in found["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source.strip():
            yield source, "raises-exception" in cell.get("metadata", {}).get("tags", ())


def language(found: dict[str, Any]) -> str:
    """The language that a notebook says its cells are in; Python where it says nothing."""
    with suppress(LookupError, TypeError, AttributeError):
        about = found["metadata"]
        named = about.get("kernelspec", {}).get("language") or about["language_info"]["name"]
        return str(named)
    return "python"


def run(path: str, out: TextIO) -> None:
    """Run a notebook, and write what it answers, and which of its cells fail."""
    def tell(**told: Any) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    try:
        notebook = read(path)
        found = [*cells(notebook)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        tell(unread=f"{problem}"[:LONGEST])
        return
    if "python" not in (written := language(notebook)).lower():
        tell(language=written[:LONGEST])
    record.send_to(out)
    settings = Config()
    settings.HistoryManager.enabled = False
    shell: Any = QuietShell.instance(config=settings)
    for number, (source, fails) in enumerate(found, 1):
        tell(cell=number)
        done = shell.run_cell(source, store_history=True)
        raised = done.error_before_exec or done.error_in_exec
        if raised is not None and not fails:
            tell(cell=number, error=f"{type(raised).__name__}: {raised}"[:LONGEST].rstrip(": "))
    tell(end=len(found))


def main(plan: dict[str, Any]) -> None:
    """Build the walls that the plan asks for, run the notebook, and end without a last word."""
    from tutor.course.grading import walls

    walls.end_with_parent()
    walls.stay_on(plan["processor"])
    apart = plan["separate"] and walls.separate(plan["folder"], plan["limits"]["disk"])
    closed = plan["close"] and walls.close_files(**plan["close"])
    refused = walls.refuse_calls(walls.c_library())
    limited = walls.limit(**plan["limits"])
    held = [name for name, kept in (("network", apart and refused), ("files", closed),
                                    ("memory", limited)) if kept]
    out = os.fdopen(plan["out"], "w", encoding="utf-8")
    out.write(json.dumps({"held": held}) + "\n")
    out.flush()
    if plan["notebook"]:
        path = os.path.join(plan["folder"], plan["notebook"])
        os.chdir(os.path.dirname(path))
        sys.path.insert(0, os.path.dirname(path))
        run(path, out)
    os._exit(0)
