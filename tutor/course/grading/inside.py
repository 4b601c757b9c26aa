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


def cells(path: str) -> Iterator[tuple[str, bool]]:
    """The code cells of a notebook, and whether one is meant to fail; an error where it is none."""
    with open(path, encoding="utf-8-sig") as file:
        found = json.load(file)
    for cell in found["cells"]:
        if cell["cell_type"] == "code":
            source = cell["source"]
            fails = "raises-exception" in cell.get("metadata", {}).get("tags", ())
            yield source if isinstance(source, str) else "".join(source), fails


def run(path: str, out: TextIO) -> None:
    """Run a notebook, and write what it answers, and which of its cells fail."""
    def tell(**told: Any) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    try:
        found = [*cells(path)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        tell(unread=f"{type(problem).__name__}: {problem}"[:LONGEST])
        return
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
    from tutor.course.grading import calls, walls

    walls.end_with_parent()
    walls.stay_on(plan["processor"])
    apart = plan["separate"] and walls.separate(plan["folder"], plan["limits"]["disk"])
    closed = plan["close"] and walls.close_files(**plan["close"])
    refused = calls.refuse_calls(walls.c_library())
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
